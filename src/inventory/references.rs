//! References within a template.

use std::collections::BTreeSet;

use serde_json::Value;

use super::template::each_map;

/// A reference: where it stands, the logical ID that it leads to, and the value that holds it.
pub type Reference<'a> = (Vec<String>, String, &'a Value);

/// Adds the references to one `of` these logical IDs that stand in a value to `found`. `path` leads to the value.
pub fn references<'a>(value: &'a Value, path: &mut Vec<String>, of: &BTreeSet<String>, found: &mut Vec<Reference<'a>>) {
    match value {
        Value::Object(entries) => {
            for (key, inner) in entries {
                if let Some(target) = targets(key, inner).into_iter().find(|name| of.contains(*name)) {
                    found.push((path.clone(), target.to_owned(), value));
                    continue;
                }
                path.push(key.clone());
                references(inner, path, of, found);
                path.pop();
            }
        }
        Value::Array(values) => {
            for (index, inner) in values.iter().enumerate() {
                path.push(format!("[{}]", index + 1));
                references(inner, path, of, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// The names that functions within a value refer to, of parameters too.
pub fn references_of(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    each_map(value, &mut |entries| {
        found.extend(entries.iter().flat_map(|(function, argument)| targets(function, argument)));
    });
    found
}

/// The names that a function refers to by itself, but for those that it is given.
fn targets<'v>(function: &str, argument: &'v Value) -> Vec<&'v str> {
    let first = |name: &'v str| name.split('.').next().unwrap_or_default().trim();
    let text = argument.as_str().or_else(|| argument.get(0)?.as_str());
    match (function, text) {
        ("Ref" | "Fn::GetAtt", Some(name)) => vec![first(name)],
        ("Fn::Sub", Some(text)) => {
            let names = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
            names.filter(|name| argument.get(1).and_then(|given| given.get(name)).is_none()).map(first).collect()
        }
        _ => Vec::new(),
    }
}
