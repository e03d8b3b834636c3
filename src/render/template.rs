//! A rendered template: its text, and what a YAML reader makes of that text.

use std::sync::Arc;

use crate::source::SourceFile;

/// A stack's template, as it will be written, with the value that it parses to. Checks look at `value`, which was read
/// back from the very bytes of `source.text`.
#[derive(Debug, Clone)]
pub struct Template {
    /// The path inside the out folder (such as `tokyo/users-001.yaml`) and the text to be written.
    pub source: Arc<SourceFile>,
    /// The text read back: YAML short forms such as `!Ref` are `serde_yaml::Value::Tagged`.
    pub value: serde_yaml::Value,
}
