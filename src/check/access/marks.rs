//! Marks: private characters that stand for names. What is true of a mark is true of every name, but for the names that
//! some comparison tells from it.

use serde_json::Value;

use crate::model::User;

/// Stands for the name of whoever asks.
pub(super) const OWN_NAME: char = '\u{E001}';
/// Stands for the name of their notebook.
pub(super) const OWN_BOOK: char = '\u{E002}';
/// Stands for the name of the other person.
pub(super) const OTHER_NAME: char = '\u{E003}';
/// Stands for the name of the other's notebook.
pub(super) const OTHER_BOOK: char = '\u{E004}';

/// All of them.
pub(super) const MARKS: [char; 4] = [OWN_NAME, OWN_BOOK, OTHER_NAME, OTHER_BOOK];

/// Who stands for the marks; `None` leaves them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cast<'a> {
    pub own: Option<&'a User>,
    pub other: Option<&'a User>,
}

impl Cast<'_> {
    /// The text with names in place of the marks.
    pub(super) fn fill(self, text: &str) -> String {
        if !text.contains(MARKS) {
            return text.to_owned();
        }
        let mut filled = String::with_capacity(text.len() + 64);
        for c in text.chars() {
            let word = match c {
                OWN_NAME | OWN_BOOK => self.own.map(|user| word(user, c == OWN_BOOK)),
                OTHER_NAME | OTHER_BOOK => self.other.map(|user| word(user, c == OTHER_BOOK)),
                _ => None,
            };
            match word {
                Some(word) => filled.push_str(word),
                None => filled.push(c),
            }
        }
        filled
    }

    /// A value with names in place of the marks of all its texts.
    pub(super) fn fill_value(self, value: &Value) -> Value {
        map_texts(value, &|text| self.fill(text))
    }
}

/// The name of a person, or of their notebook. Who has no notebook is never asked for its name.
pub(super) fn word(user: &User, book: bool) -> &str {
    match &user.notebook {
        Some(notebook) if book => notebook.name.as_str(),
        _ => user.name.as_str(),
    }
}

/// A text in which whoever asks becomes the other.
pub(super) fn as_other(text: &str) -> String {
    text.replace(OWN_NAME, &OTHER_NAME.to_string()).replace(OWN_BOOK, &OTHER_BOOK.to_string())
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
