//! The form in which values are compared: what means the same is written the same.

use serde_json::{Map, Value};

use crate::inventory::is_intrinsic;

/// Lists in which the order means nothing, by the key that they stand under.
/// Source: `insertionOrder: false` or the property's page in the CloudFormation template reference.
const SETS: &[&str] = &[
    "DependsOn",
    "Groups",
    "ManagedPolicyArns",
    "Roles",
    "SecurityGroupIds",
    "Topics",
    "Users",
    "capabilities",
    "depends_on",
];
/// The lists of a policy's statement, in which the order means nothing and one entry may stand without its list.
const STATEMENT_SETS: &[&str] = &["Action", "NotAction", "Resource", "NotResource"];

/// Whether the order of a list that stands under `key` means nothing.
pub(super) fn is_set(key: &str) -> bool {
    SETS.contains(&key)
}

/// The canonical form of a value that stands under `key`.
pub(super) fn canonical(key: &str, value: &Value) -> Value {
    match value {
        Value::Object(entries) if entries.contains_key("Statement") => policy(entries),
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), canonical(key, value))).collect())
        }
        Value::Array(values) => Value::Array(values.iter().map(|value| canonical("", value)).collect()),
        // One entry may stand without its list here, too.
        Value::String(_) if key == "DependsOn" => listed(value),
        scalar => scalar.clone(),
    }
}

fn policy(entries: &Map<String, Value>) -> Value {
    let canonical_of = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("Statement", Value::Array(statements)) => Value::Array(statements.iter().map(statement).collect()),
            ("Statement", one) => Value::Array(vec![statement(one)]),
            _ => canonical(key, value),
        };
        (key.clone(), value)
    };
    Value::Object(entries.iter().map(canonical_of).collect())
}

fn statement(value: &Value) -> Value {
    let Some(entries) = value.as_object() else { return canonical("", value) };
    let canonical_of = |(key, value): (&String, &Value)| {
        let value = match key.as_str() {
            name if STATEMENT_SETS.contains(&name) => listed(value),
            "Principal" | "NotPrincipal" => map_values(value, listed),
            "Condition" => map_values(value, |keys| map_values(keys, |values| strings(&listed(values)))),
            _ => canonical(key, value),
        };
        (key.clone(), value)
    };
    Value::Object(entries.iter().map(canonical_of).collect())
}

fn listed(value: &Value) -> Value {
    match value {
        Value::Array(values) => Value::Array(values.iter().map(|value| canonical("", value)).collect()),
        one => Value::Array(vec![canonical("", one)]),
    }
}

fn map_values(value: &Value, change: impl Fn(&Value) -> Value) -> Value {
    match value {
        Value::Object(entries) if !is_intrinsic(value) => {
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), change(value))).collect())
        }
        other => other.clone(),
    }
}

/// IAM takes `true` and `"true"` in a condition alike.
fn strings(value: &Value) -> Value {
    let string = |value: &Value| match value {
        Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        other => other.clone(),
    };
    value.as_array().map_or_else(|| value.clone(), |values| Value::Array(values.iter().map(string).collect()))
}

/// A text that two values have in common when they mean the same: without regard to the order of keys, and `5` like
/// `"5"`, as CloudFormation takes them.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    write_text(value, &mut text);
    text
}

fn write_text(value: &Value, text: &mut String) {
    match value {
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in sorted {
                *text += &Value::from(key.as_str()).to_string();
                text.push(':');
                write_text(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(values) => {
            text.push('[');
            for value in values {
                write_text(value, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::String(string) => *text += &Value::from(string.as_str()).to_string(),
        Value::Bool(_) | Value::Number(_) => *text += &Value::String(value.to_string()).to_string(),
        Value::Null => *text += "null",
    }
}
