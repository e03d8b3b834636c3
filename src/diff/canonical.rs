//! The form in which values are compared: what means the same is written the same.

use serde_json::Value;

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

/// What the keys of a map are those of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeysOf {
    Anything,
    Policy,
    Statement,
    /// The kinds of principals.
    Principal,
    /// The operators of a condition.
    Condition,
    /// The condition keys of an operator.
    Operator,
}

/// The canonical form of a value that stands under `key`.
pub(super) fn canonical(key: &str, value: &Value) -> Value {
    under(KeysOf::Anything, key, value)
}

/// The canonical form of what stands under `key`, one of the keys of something.
fn under(keys: KeysOf, key: &str, value: &Value) -> Value {
    // What the keys below are those of, and whether one entry may stand without its list.
    let (below, is_list) = match (keys, key) {
        (KeysOf::Policy, "Statement") => (KeysOf::Statement, true),
        (KeysOf::Statement, "Principal" | "NotPrincipal") => (KeysOf::Principal, false),
        (KeysOf::Statement, "Condition") => (KeysOf::Condition, false),
        (KeysOf::Statement, key) if STATEMENT_SETS.contains(&key) => (KeysOf::Anything, true),
        (KeysOf::Condition, _) => (KeysOf::Operator, false),
        (KeysOf::Principal | KeysOf::Operator, _) => (KeysOf::Anything, true),
        (_, "DependsOn") => (KeysOf::Anything, value.is_string()),
        _ => (KeysOf::Anything, false),
    };
    let entry = |value: &Value| match value {
        // IAM takes `true` and `"true"` in a condition alike.
        Value::Bool(_) | Value::Number(_) if keys == KeysOf::Operator => Value::String(value.to_string()),
        value => with_keys(below, value),
    };
    match value {
        Value::Array(values) => values.iter().map(entry).collect(),
        one if is_list => Value::Array(vec![entry(one)]),
        one => entry(one),
    }
}

/// The canonical form of a value whose keys are those of something.
fn with_keys(keys: KeysOf, value: &Value) -> Value {
    let is_known = !matches!(keys, KeysOf::Principal | KeysOf::Condition | KeysOf::Operator) || !is_intrinsic(value);
    match value {
        Value::Object(entries) if is_known => {
            let is_policy = keys == KeysOf::Anything && entries.contains_key("Statement");
            let keys = if is_policy { KeysOf::Policy } else { keys };
            Value::Object(entries.iter().map(|(key, value)| (key.clone(), under(keys, key, value))).collect())
        }
        Value::Array(values) => values.iter().map(|value| with_keys(keys, value)).collect(),
        other => other.clone(),
    }
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
