//! What several accounts' templates have in common: one template, in which every value that is an account's own has become
//! a reference to a parameter.

use serde_json::{Map, Value, json};

use crate::inventory::each_map;

/// A value that is an account's own, and the parameter that stands for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AccountLiteral {
    /// The name of the parameter, or of the pseudo parameter.
    pub name: &'static str,
    /// What the account has there.
    pub text: String,
}

/// A place where the templates differ by more than parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateDifference {
    /// Which of the templates differs from the first.
    pub account: usize,
    /// The keys that lead there.
    pub path: Vec<String>,
    /// What it has there, in a few words.
    pub found: String,
    /// What the first has there, in a few words.
    pub expected: String,
}

/// The functions whose arguments name things of the template, and so are the same for all accounts.
const REFERENCES: [&str; 2] = ["Ref", "Fn::GetAtt"];

/// The template that, with each account's own values put in, is that account's template; and where there is none such.
pub(super) fn general<'a>(
    templates: impl Iterator<Item = (&'a Value, &'a [AccountLiteral])>,
) -> (Value, Vec<TemplateDifference>) {
    let (templates, literals): (Vec<&Value>, Vec<&[AccountLiteral]>) = templates.unzip();
    let mut generalisation = Generalisation { literals, path: Vec::new(), differences: Vec::new() };
    let template = generalisation.value(&templates, Position::Template);
    (template, generalisation.differences)
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

/// Where in a template a value stands: functions are allowed in properties and outputs alone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Template,
    Resources,
    Resource,
    Outputs,
    Literal,
    Property,
    /// The text of a `Fn::Sub`, in which `${` has its meaning already.
    Sub,
}

impl Position {
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Position::Template, "Resources") => Position::Resources,
            (Position::Template, "Outputs") => Position::Outputs,
            (Position::Resources, _) => Position::Resource,
            (Position::Property, "Fn::Sub") => Position::Sub,
            (Position::Property | Position::Sub, key) if REFERENCES.contains(&key) => Position::Literal,
            (Position::Resource, "Properties") | (Position::Outputs | Position::Property | Position::Sub, _) => {
                Position::Property
            }
            _ => Position::Literal,
        }
    }
}

struct Generalisation<'a> {
    literals: Vec<&'a [AccountLiteral]>,
    path: Vec<String>,
    differences: Vec<TemplateDifference>,
}

impl Generalisation<'_> {
    fn value(&mut self, values: &[&Value], place: Position) -> Value {
        let Some((first, others)) = values.split_first() else { return Value::Null };
        match first {
            Value::Object(entries) => {
                let same = |other: &&Value| {
                    other.as_object().is_some_and(|other| {
                        other.len() == entries.len() && entries.keys().all(|key| other.contains_key(key))
                    })
                };
                if !self.alike(first, others, same) {
                    return Value::Null;
                }
                let inner =
                    |key: &String| (key.clone(), self.below(key, values, place.below(key), |value| value.get(key)));
                entries.keys().map(inner).collect::<Map<_, _>>().into()
            }
            Value::Array(entries) => {
                let same = |other: &&Value| other.as_array().is_some_and(|other| other.len() == entries.len());
                if !self.alike(first, others, same) {
                    return Value::Null;
                }
                (0..entries.len()).map(|at| self.below(&at.to_string(), values, place, |value| value.get(at))).collect()
            }
            Value::String(text) if matches!(place, Position::Property | Position::Sub) => {
                self.text(text, values, place)
            }
            _ => {
                self.alike(first, others, |other| other == first);
                (*first).clone()
            }
        }
    }

    fn below<'v>(
        &mut self,
        key: &str,
        values: &[&'v Value],
        place: Position,
        get: impl Fn(&'v Value) -> Option<&'v Value>,
    ) -> Value {
        let inner: Vec<&Value> = values.iter().filter_map(|value| get(value)).collect();
        self.path.push(key.to_owned());
        let value = self.value(&inner, place);
        self.path.pop();
        value
    }

    fn text(&mut self, first: &str, values: &[&Value], place: Position) -> Value {
        let texts: Vec<Option<&str>> = values.iter().map(|value| value.as_str()).collect();
        let general: Vec<Option<String>> = texts
            .iter()
            .zip(&self.literals)
            .map(|(text, literals)| Some(substituted((*text)?, literals, place == Position::Sub)))
            .collect();
        let agreed = general.iter().all(|text| *text == general[0]);
        let Some(text) = general.into_iter().next().flatten().filter(|_| agreed) else {
            // What only looks like the account's own, such as a region that all of them name.
            let first = Value::String(first.to_owned());
            self.alike(&first, &values[1..], |other| **other == first);
            return first;
        };
        let plain = if place == Position::Sub { first.to_owned() } else { first.replace("${", "${!") };
        if place == Position::Sub || text == plain {
            return if place == Position::Sub { text.into() } else { first.into() };
        }
        let name = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
        match name.filter(|name| !name.contains(['$', '{', '}', '!'])) {
            Some(name) => json!({"Ref": name}),
            None => json!({"Fn::Sub": text}),
        }
    }

    /// Whether all others are as `same` asks; where not, that is a difference.
    fn alike(&mut self, first: &Value, others: &[&Value], same: impl Fn(&&Value) -> bool) -> bool {
        let before = self.differences.len();
        for (at, other) in others.iter().enumerate().filter(|(_, other)| !same(other)) {
            let (found, expected) = words(other, first);
            self.differences.push(TemplateDifference { account: at + 1, path: self.path.clone(), found, expected });
        }
        self.differences.len() == before
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

/// Two values in a few words each, that tell them apart.
fn words(found: &Value, expected: &Value) -> (String, String) {
    if let (Value::Object(found), Value::Object(expected)) = (found, expected) {
        let more = |these: &Map<String, Value>, those: &Map<String, Value>| -> Vec<String> {
            these.keys().filter(|key| !those.contains_key(*key)).map(|key| format!("`{key}`")).collect()
        };
        let or_none = |keys: Vec<String>| if keys.is_empty() { "nothing more".to_owned() } else { keys.join(", ") };
        return (or_none(more(found, expected)), or_none(more(expected, found)));
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
