//! A rendered template: its text, and what a YAML reader makes of that text.

use std::sync::{Arc, OnceLock};

use memchr::memmem;
use serde_json::{Map, Value};

use super::span_index::SpanIndex;
use crate::facts::USER_TYPE;
use crate::plan::Part;
use crate::source::{Place, SourceFile};

/// Must be acknowledged for resources of IAM that are given names.
const NAMED_IAM: &str = "CAPABILITY_NAMED_IAM";
/// Before the type of a resource: in the templates of racestack, each has a line `Type:` at the depth of its keys.
const RESOURCE: &str = "\n    Type: ";

/// A stack's template, as it will be written.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// What the stack holds.
    pub part: Part,
    /// The path that it is written to (such as `out/tokyo/users-001.yaml`) and the text.
    pub source: Arc<SourceFile>,
    /// The digest that the template has as an output, in hexadecimal; `None` where a replaced template has none.
    pub digest: Option<String>,
}

/// What the manifest tells of a template, besides its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many resources it has.
    pub resources: usize,
    /// What CloudFormation wants acknowledged before it deploys the template.
    pub capabilities: Vec<String>,
    /// Its IAM users: the logical ID, and the name where it is a plain text.
    pub users: Vec<(String, Option<String>)>,
}

impl Rendered {
    /// The contents by the lines of the text, for a template that is not to be read.
    pub fn contents_by_lines(&self) -> Contents {
        let text = &self.source.text;
        let is_named = memmem::find(text.as_bytes(), format!("{RESOURCE}AWS::IAM::").as_bytes()).is_some();
        Contents {
            resources: count_resources(text),
            capabilities: Vec::from_iter(is_named.then(|| NAMED_IAM.to_owned())),
            users: Vec::new(),
        }
    }
}

/// A stack's template, as it will be written, with the value that it parses to. Checks look at `value`, which was read
/// back from the very bytes of `source.text`.
#[derive(Debug, Clone)]
pub struct Template {
    /// What the stack holds.
    pub part: Part,
    /// The path that it is written to (such as `out/tokyo/users-001.yaml`) and the text.
    pub source: Arc<SourceFile>,
    /// The text read back, with YAML's short forms such as `!Ref` in their long form.
    pub value: Value,
    spans: OnceLock<SpanIndex>,
}

impl Template {
    /// A template with the value that its text parses to.
    pub fn new(part: Part, source: Arc<SourceFile>, value: Value) -> Self {
        Self { part, source, value, spans: OnceLock::new() }
    }

    /// The place that a path of keys leads to. Only findings ask for it.
    pub fn place(&self, path: &str) -> Place {
        self.spans.get_or_init(|| SpanIndex::read(&self.source)).place(&format!("/{path}"))
    }

    /// The resources, by logical ID, in the order of the text.
    pub fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.value.get("Resources").and_then(Value::as_object).into_iter().flat_map(Map::iter)
    }

    /// What the manifest tells of it.
    pub fn contents(&self) -> Contents {
        let users = self.resources().filter(|(_, resource)| resource["Type"] == USER_TYPE);
        let name = |resource: &Value| resource["Properties"]["UserName"].as_str().map(str::to_owned);
        Contents {
            resources: self.resources().count(),
            capabilities: self.capabilities(),
            users: users.map(|(id, resource)| (id.clone(), name(resource))).collect(),
        }
    }

    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
    fn capabilities(&self) -> Vec<String> {
        const NAMES: [&str; 5] = ["UserName", "GroupName", "RoleName", "ManagedPolicyName", "InstanceProfileName"];
        let is_iam = |resource: &Value| resource["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::IAM::"));
        let is_named = |resource: &Value| NAMES.iter().any(|name| !resource["Properties"][name].is_null());
        let mut iam = self.resources().map(|(_, resource)| resource).filter(|resource| is_iam(resource)).peekable();
        let any = iam.peek().map(|_| "CAPABILITY_IAM".to_owned());
        if iam.any(is_named) { vec![NAMED_IAM.to_owned()] } else { Vec::from_iter(any) }
    }
}

/// How many resources a text has, which is not parsed for it.
pub(super) fn count_resources(text: &str) -> usize {
    memmem::find_iter(text.as_bytes(), RESOURCE).count()
}
