//! What several accounts' templates have in common: one template, in which every value that is an account's own has become
//! a reference to a parameter.

use serde_json::{Map, Value, json};

use crate::config::quoted;
use crate::inventory::each_map;

/// A value that is an account's own, and the parameter that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountLiteral {
    /// The name of the parameter, or of the pseudo parameter.
    pub name: &'static str,
    /// What the account has there.
    pub text: String,
}

/// A place where a template differs from the first by more than parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateDifference {
    /// Which of the templates it is.
    pub account: usize,
    pub path: Vec<String>,
    /// What it has there, in a few words.
    pub found: String,
    /// What the first has there, in a few words.
    pub expected: String,
}

/// An account's template as it is, and with parameters for what is the account's own.
struct Pair<'a> {
    own: &'a Value,
    general: Value,
}

/// The template that, with each account's own values put in, is that account's template; and where there is none such.
pub(super) fn general<'a>(
    templates: impl Iterator<Item = (&'a Value, &'a [AccountLiteral])>,
) -> (Value, Vec<TemplateDifference>) {
    let mut templates = templates.map(|(own, literals)| Pair { own, general: with_parameters(own, literals) });
    let Some(first) = templates.next() else { return (Value::Null, Vec::new()) };
    let others: Vec<Pair<'_>> = templates.collect();
    let mut paths = Vec::new();
    for other in &others {
        differing([first.own, &first.general], [other.own, &other.general], &mut Vec::new(), &mut paths);
    }
    let (mut template, mut differences) = (first.general.clone(), Vec::new());
    for path in paths {
        let pointer: String = path.iter().map(|key| pointer(key)).collect();
        let (own, general) = (at(first.own, &pointer), at(&first.general, &pointer));
        let is_own = |other: &Pair<'_>| at(other.own, &pointer) == own;
        let is_general = |other: &Pair<'_>| at(&other.general, &pointer) == general;
        // What only looks like an account's own, such as a region that all of them name.
        let is_as_written = others.iter().any(|other| is_own(other) && !is_general(other));
        if let Some(place) = template.pointer_mut(&pointer).filter(|_| is_as_written) {
            *place = own.clone();
        }
        let differs = |other: &Pair<'_>| !is_own(other) && (is_as_written || !is_general(other));
        for (index, other) in others.iter().enumerate().filter(|(_, other)| differs(other)) {
            let (found, expected) = words(at(other.own, &pointer), own);
            differences.push(TemplateDifference { account: index + 1, path: path.clone(), found, expected });
        }
    }
    (template, differences)
}

/// A key as a step of a JSON pointer.
pub(super) fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

/// Notes the paths at which two templates differ. Each is given as it is, which says where its values are, and with parameters.
fn differing(first: [&Value; 2], other: [&Value; 2], path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    let keys: Vec<String> = match [first[0], other[0]] {
        _ if first[1] == other[1] => return,
        [Value::Object(one), Value::Object(two)]
            if one.len() == two.len() && one.keys().all(|key| two.contains_key(key)) =>
        {
            one.keys().cloned().collect()
        }
        [Value::Array(one), Value::Array(two)] if one.len() == two.len() => {
            (0..one.len()).map(|index| index.to_string()).collect()
        }
        _ => {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
            return;
        }
    };
    for key in keys {
        let below = pointer(&key);
        let (first, other) = (first.map(|value| at(value, &below)), other.map(|value| at(value, &below)));
        path.push(key);
        differing(first, other, path, paths);
        path.pop();
    }
}

/// Whether a template refers to a parameter.
pub(super) fn mentions(template: &Value, name: &str) -> bool {
    let mut is_there = false;
    each_map(template, &mut |entries| {
        let text = |key: &str| entries.get(key).and_then(|value| value.get(0).unwrap_or(value).as_str());
        is_there |=
            text("Ref") == Some(name) || text("Fn::Sub").is_some_and(|text| text.contains(&format!("${{{name}}}")));
    });
    is_there
}

/// A template with parameters in the place of an account's own values. Functions are allowed in properties and outputs alone.
fn with_parameters(template: &Value, literals: &[AccountLiteral]) -> Value {
    let mut general = template.clone();
    let resources = general.get_mut("Resources").and_then(Value::as_object_mut).into_iter().flatten();
    resources.filter_map(|(_, resource)| resource.get_mut("Properties")).for_each(|value| put(value, literals, false));
    general.get_mut("Outputs").into_iter().for_each(|outputs| put(outputs, literals, false));
    general
}

/// The same for a value of a template. `is_sub` says that it is the text of a `Fn::Sub`, in which `${` has its meaning already.
fn put(value: &mut Value, literals: &[AccountLiteral], is_sub: bool) {
    match value {
        // What these name is of the template, and so the same for all accounts.
        Value::Object(map) => map
            .iter_mut()
            .filter(|(key, _)| !["Ref", "Fn::GetAtt"].contains(&key.as_str()))
            .for_each(|(key, value)| put(value, literals, key == "Fn::Sub")),
        Value::Array(values) => {
            values.iter_mut().enumerate().for_each(|(index, value)| put(value, literals, is_sub && index == 0));
        }
        Value::String(text) => {
            let general = substituted(text, literals, is_sub);
            if general == substituted(text, &[], is_sub) {
                return;
            }
            *value = match literals.iter().find(|literal| literal.text == *text) {
                _ if is_sub => general.into(),
                Some(literal) => json!({"Ref": literal.name}),
                None => json!({"Fn::Sub": general}),
            };
        }
        _ => {}
    }
}

/// A text with its account's own values as `${NAME}`, and what had that form already escaped.
fn substituted(text: &str, literals: &[AccountLiteral], is_sub: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(literal) = literals.iter().find(|literal| starts_with(rest, literal, result.chars().last())) {
            result.extend(["${", literal.name, "}"]);
            rest = &rest[literal.text.len()..];
        } else if rest.starts_with("${") && !is_sub {
            result.push_str("${!");
            rest = &rest[2..];
        } else {
            result.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    result
}

/// Whether a text begins with a literal as a word of its own: twelve of the digits of a longer number are no account ID.
fn starts_with(text: &str, literal: &AccountLiteral, before: Option<char>) -> bool {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    text.strip_prefix(&literal.text).is_some_and(|after| !inside(before) && !inside(after.chars().next()))
}

/// What is found of a map that has only what the other one has, too.
pub(super) const NOTHING_MORE: &str = "nothing more";

/// Two values in a few words each, that tell them apart.
fn words(found: &Value, expected: &Value) -> (String, String) {
    if let (Value::Object(found), Value::Object(expected)) = (found, expected) {
        let more = |these: &Map<String, Value>, those: &Map<String, Value>| {
            let keys = quoted(these.keys().filter(|key| !those.contains_key(*key)));
            if keys.is_empty() { NOTHING_MORE.to_owned() } else { keys }
        };
        return (more(found, expected), more(expected, found));
    }
    let short = |value: &Value| match value {
        Value::String(text) if text.chars().count() > 60 => {
            format!("`{}…`", text.chars().take(60).collect::<String>())
        }
        Value::String(text) => format!("`{text}`"),
        Value::Array(values) => format!("{} values", values.len()),
        Value::Object(_) => "a map".to_owned(),
        other => format!("`{other}`"),
    };
    (short(found), short(expected))
}

#[cfg(test)]
mod tests;
