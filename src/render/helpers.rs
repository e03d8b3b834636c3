//! What the engines of the templates and their helpers share: escapes, errors and arguments.

use handlebars::{Handlebars, Helper, RenderError, RenderErrorReason};
use serde_json::Value;

/// An engine that takes a value that is not there for an error, and writes each value by `escape`.
pub(super) fn strict(escape: fn(&str) -> String) -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape);
    engine
}

/// The engine's complaint as a person would say it.
pub(super) fn describe(error: &RenderError) -> String {
    match error.reason() {
        RenderErrorReason::MissingVariable(Some(name)) => format!("there is no value `{name}`"),
        reason => reason.to_string().replace('"', "`"),
    }
}

/// The text as the inside of a JSON string.
pub(super) fn escape_json(text: &str) -> String {
    let quoted = Value::String(text.to_owned()).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

pub(super) fn indent(helper: &Helper<'_>) -> Result<usize, RenderError> {
    let indent = helper.hash_get("indent").and_then(|indent| indent.value().as_u64());
    indent.and_then(|indent| usize::try_from(indent).ok()).ok_or_else(|| refuse("it says no `indent=`"))
}

pub(super) fn refuse(why: &str) -> RenderError {
    RenderErrorReason::Other(why.to_owned()).into()
}
