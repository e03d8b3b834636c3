//! Placeholders: private characters that stand for names. What is true of a placeholder is true of every name,
//! but for the names that some comparison tells from it.

use serde_json::Value;

use crate::model::User;
use crate::render::{PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK};

/// Stands for the name of whoever asks.
pub(super) const ACTOR_NAME: char = '\u{E001}';
/// Stands for the name of their notebook.
pub(super) const ACTOR_NOTEBOOK: char = '\u{E002}';
/// Stands for the name of the other person.
pub(super) const TARGET_NAME: char = '\u{E003}';
/// Stands for the name of the other's notebook.
pub(super) const TARGET_NOTEBOOK: char = '\u{E004}';

pub(super) const PLACEHOLDERS: [char; 4] = [ACTOR_NAME, ACTOR_NOTEBOOK, TARGET_NAME, TARGET_NOTEBOOK];

/// Who stands for the placeholders; `None` leaves them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Substitution<'a> {
    pub own: Option<&'a User>,
    pub other: Option<&'a User>,
}

impl Substitution<'_> {
    /// The text with names in place of the placeholders.
    pub(super) fn fill(self, text: &str) -> String {
        if !text.contains(PLACEHOLDERS) {
            return text.to_owned();
        }
        let mut filled = String::with_capacity(text.len() + 64);
        for c in text.chars() {
            let word = match c {
                ACTOR_NAME | ACTOR_NOTEBOOK => self.own.map(|user| word(user, c == ACTOR_NOTEBOOK)),
                TARGET_NAME | TARGET_NOTEBOOK => self.other.map(|user| word(user, c == TARGET_NOTEBOOK)),
                _ => None,
            };
            match word {
                Some(word) => filled.push_str(word),
                None => filled.push(c),
            }
        }
        filled
    }

    /// A value with names in place of the placeholders of all its texts.
    pub(super) fn fill_value(self, value: &Value) -> Value {
        map_texts(value, &|text| self.fill(text))
    }
}

/// The name of a person, or of their notebook. Who has no notebook is never asked for its name.
pub(super) fn word(user: &User, of_notebook: bool) -> &str {
    match &user.notebook {
        Some(notebook) if of_notebook => notebook.name.as_str(),
        _ => user.name.as_str(),
    }
}

/// A text of a prototype, who becomes whoever asks.
pub(super) fn of_prototype(text: &str) -> String {
    text.replace(PROTOTYPE_NAME, &ACTOR_NAME.to_string()).replace(PROTOTYPE_NOTEBOOK, &ACTOR_NOTEBOOK.to_string())
}

/// A text in which whoever asks becomes the other.
pub(super) fn as_target(text: &str) -> String {
    text.replace(ACTOR_NAME, &TARGET_NAME.to_string()).replace(ACTOR_NOTEBOOK, &TARGET_NOTEBOOK.to_string())
}

/// A value with all its texts, keys included, as `change` makes them.
pub(super) fn map_texts(value: &Value, change: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(text)),
        Value::Array(values) => Value::Array(values.iter().map(|value| map_texts(value, change)).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (change(key), map_texts(value, change))).collect())
        }
        other => other.clone(),
    }
}
