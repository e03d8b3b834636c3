//! What IAM's grammar asks of any value in a policy document.

use serde_json::{Map, Value};

use super::pattern::{ANY_CHAR, ANY_RUN};

/// Why a value is no policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The path of keys in the document, such as `Statement/0/Effect`.
    pub path: String,
    /// What was found there.
    pub message: String,
}

impl Malformed {
    pub(super) fn at(path: &str, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), message: message.into() }
    }
}

/// One text or several. Numbers and truths count as the texts that IAM makes of them.
pub(super) fn texts(value: &Value, path: &str) -> Result<Vec<String>, Malformed> {
    let text = |value: &Value| match value {
        Value::String(text) if text.contains([ANY_RUN, ANY_CHAR]) => {
            Err(Malformed::at(path, "found a character of the private use area"))
        }
        Value::String(text) => Ok(text.clone()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(Malformed::at(path, "found what is no text")),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => Ok(vec![text(value)?]),
    }
}

/// Refuses keys that IAM does not have.
pub(super) fn known(map: &Map<String, Value>, path: &str, keys: &[&str]) -> Result<(), Malformed> {
    match map.keys().find(|key| !keys.contains(&key.as_str())) {
        Some(key) => Err(Malformed::at(path, format!("found the key `{key}`, which IAM does not have"))),
        None => Ok(()),
    }
}
