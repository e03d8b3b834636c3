//! What the engine of the templates and its helpers share: escapes, errors and arguments.

use handlebars::{Helper, RenderError, RenderErrorReason};
use serde_json::Value;

/// What kept a policy from becoming a document, at its line of the policy's template.
#[derive(Debug)]
pub(super) struct PolicyError {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) why: String,
}

impl std::fmt::Display for PolicyError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "policy `{}`: {}", self.name, self.why)
    }
}

impl std::error::Error for PolicyError {}

impl PolicyError {
    pub(super) fn refuse(name: &str, line: usize, why: String) -> RenderError {
        let error = Self { name: name.to_owned(), line, why };
        RenderErrorReason::NestedError(Box::new(error)).into()
    }
}

/// The engine's complaint as a person would say it.
pub(super) fn describe(error: &RenderError) -> String {
    match error.reason() {
        RenderErrorReason::MissingVariable(Some(name)) => format!("there is no value `{name}`"),
        reason => reason.to_string().replace('"', "`"),
    }
}

/// The text as the inside of a JSON string.
pub(super) fn escape_json(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

pub(super) fn indent(helper: &Helper<'_>) -> Result<usize, RenderError> {
    let indent = helper.hash_get("indent").and_then(|indent| indent.value().as_u64());
    indent.and_then(|indent| usize::try_from(indent).ok()).ok_or_else(|| refuse("it says no `indent=`"))
}

pub(super) fn refuse(why: &str) -> RenderError {
    RenderErrorReason::Other(why.to_owned()).into()
}
