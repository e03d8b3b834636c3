//! The form in which values are compared: what means the same is written the same.

use serde_json::Value;

use crate::inventory::{is_intrinsic, one_or_more, with_inner};

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

/// Whether the order of a list that stands under `key` means nothing.
pub(super) fn is_set(key: &str) -> bool {
    SETS.contains(&key)
}

/// The canonical form of a value that stands under `key`: what may stand without its list has one.
pub(super) fn canonical(key: &str, value: &Value) -> Value {
    match value {
        Value::String(_) if is_set(key) => Value::Array(vec![value.clone()]),
        Value::Object(_) if is_set(key) && is_one(value) => Value::Array(vec![value.clone()]),
        _ => with_inner(value, |key, inner| if key == "Statement" { list(inner) } else { canonical(key, inner) }),
    }
}

/// Whether a value refers to one thing, which may stand without its list; `AWS::NoValue` is none.
fn is_one(value: &Value) -> bool {
    let target = |key: &str| value.get(key).filter(|_| is_intrinsic(value));
    target("Fn::GetAtt").is_some() || target("Ref").is_some_and(|target| target != "AWS::NoValue")
}

/// One entry or more of something in a policy, each in its canonical form.
fn list(value: &Value) -> Value {
    one_or_more(Some(value)).map(in_policy).collect()
}

/// A statement, or a part of one, where whatever has no keys may be one or more, but for its name and its effect.
fn in_policy(value: &Value) -> Value {
    let has_keys = |value: &Value| value.is_object() && !is_intrinsic(value);
    let form = |key: &str, inner: &Value| {
        let is_one = has_keys(inner) || key == "Sid" || key == "Effect";
        if is_one { in_policy(inner) } else { list(inner) }
    };
    if has_keys(value) { with_inner(value, form) } else { value.clone() }
}

/// A text that two values have in common when they mean the same: without regard to the order of keys, and `5` like
/// `"5"`, as CloudFormation takes them.
pub(super) fn text(value: &Value) -> String {
    let mut value = with_strings(value);
    value.sort_all_objects();
    value.to_string()
}

fn with_strings(value: &Value) -> Value {
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
        _ => with_inner(value, |_, inner| with_strings(inner)),
    }
}
