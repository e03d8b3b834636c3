//! A rendered template: its text, and what a YAML reader makes of that text.

use std::sync::Arc;

use crate::plan::Part;
use crate::source::SourceFile;

/// A stack's template, as it will be written, with the value that it parses to. Checks look at `value`, which was read
/// back from the very bytes of `source.text`.
#[derive(Debug, Clone)]
pub struct Template {
    /// What the stack holds.
    pub part: Part,
    /// The path that it is written to (such as `out/tokyo/users-001.yaml`) and the text.
    pub source: Arc<SourceFile>,
    /// The text read back: YAML short forms such as `!Ref` are `serde_yaml::Value::Tagged`.
    pub value: serde_yaml::Value,
}

impl Template {
    /// The resources, by logical ID, in the order of the text.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &serde_yaml::Value)> {
        let resources = self.value.get("Resources").and_then(serde_yaml::Value::as_mapping);
        resources.into_iter().flatten().filter_map(|(id, resource)| Some((id.as_str()?, resource)))
    }

    /// What CloudFormation wants acknowledged before it deploys the template.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
    pub fn capabilities(&self) -> Vec<&'static str> {
        const NAMES: [&str; 5] = ["UserName", "GroupName", "RoleName", "ManagedPolicyName", "InstanceProfileName"];
        let iam = self.resources().filter(|(_, resource)| {
            resource.get("Type").and_then(serde_yaml::Value::as_str).is_some_and(|name| name.starts_with("AWS::IAM::"))
        });
        let named = |resource: &serde_yaml::Value| {
            resource.get("Properties").is_some_and(|properties| NAMES.iter().any(|name| properties.get(name).is_some()))
        };
        let (mut any, mut any_named) = (false, false);
        for (_, resource) in iam {
            any = true;
            any_named |= named(resource);
        }
        match (any, any_named) {
            (_, true) => vec!["CAPABILITY_NAMED_IAM"],
            (true, false) => vec!["CAPABILITY_IAM"],
            (false, false) => Vec::new(),
        }
    }
}
