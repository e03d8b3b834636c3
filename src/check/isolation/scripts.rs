//! What runs as root on every notebook: racestack's own start script, or what somebody answers for.

use serde_json::{Map, Value, json};

use super::problem::Problem;
use crate::finding::Rule;
use crate::inventory::{Location, Stack};

/// The lifecycle configurations that run anything but racestack's own start script. No policy says what a script does.
pub fn check(stacks: &[Stack<'_>], own: &str) -> Vec<Problem> {
    let own = json!([{ "Content": { "Fn::Base64": own.trim_end() } }]);
    let mut problems = Vec::new();
    for (index, stack) in stacks.iter().enumerate() {
        for (id, resource) in stack.resources.as_object().into_iter().flat_map(Map::iter) {
            let property = |key: &str| resource.get("Properties").and_then(|properties| properties.get(key));
            let is_lifecycle =
                resource.get("Type").and_then(Value::as_str) == Some("AWS::SageMaker::NotebookInstanceLifecycleConfig");
            if !is_lifecycle
                || (property("OnCreate").is_none() && property("OnStart").map(trimmed) == Some(own.clone()))
            {
                continue;
            }
            let message = format!(
                "racestack's own start script was replaced by that of `{id}`, which runs as root on every notebook"
            );
            let at = Location { stack: index, logical_id: id, path: "Properties".to_owned() };
            let help = "leave racestack's script as it is, or answer for what this one does: suppress this warning";
            problems.push(Problem { is_warning: true, help, ..Problem::at(Rule::IsolationUndecided, message, &at) });
        }
    }
    problems
}

/// The same value with no space at the end of its texts.
fn trimmed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), trimmed(value))).collect(),
        Value::Array(values) => values.iter().map(trimmed).collect(),
        Value::String(text) => text.trim_end().into(),
        other => other.clone(),
    }
}
