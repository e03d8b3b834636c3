//! References within a template.

use std::collections::BTreeSet;

use serde_json::Value;

/// A reference: where it stands, the logical ID that it leads to, and the value that holds it.
pub type Reference<'a> = (Vec<String>, String, &'a Value);

/// Adds the references to one of `targets` that stand in a value to `found`. `path` leads to the value.
pub fn references<'a>(
    value: &'a Value,
    path: &mut Vec<String>,
    targets: &BTreeSet<String>,
    found: &mut Vec<Reference<'a>>,
) {
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                if let Some(target) = target(key, inner, targets) {
                    found.push((path.clone(), target, value));
                    continue;
                }
                path.push(key.clone());
                references(inner, path, targets, found);
                path.pop();
            }
        }
        Value::Array(values) => {
            for (index, inner) in values.iter().enumerate() {
                path.push(format!("[{}]", index + 1));
                references(inner, path, targets, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The one of `targets` that a function of CloudFormation's leads to.
fn target(function: &str, argument: &Value, targets: &BTreeSet<String>) -> Option<String> {
    let known = |id: &str| targets.get(id).cloned();
    let first = |text: &str| text.split('.').next().map(str::to_owned).unwrap_or_default();
    match function {
        "Ref" => known(argument.as_str()?),
        "Fn::GetAtt" => match argument {
            Value::Array(steps) => known(steps.first()?.as_str()?),
            other => known(&first(other.as_str()?)),
        },
        "Fn::Sub" => {
            let text = argument.as_str().or_else(|| argument.get(0)?.as_str())?;
            let mut names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
            names.find_map(|name| known(&first(name)))
        }
        _ => None,
    }
}
