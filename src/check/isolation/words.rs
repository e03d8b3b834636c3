//! Lines of a comparison in words.

use super::kind::Subject;
use crate::iam::AccessLine;
use crate::render::{PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TEAM};

/// What a line is about, in words, with a request.
pub fn line_in_words(line: &AccessLine, subject: &Subject<'_, '_>) -> String {
    let list = |texts: &[String]| texts.iter().map(|text| format!("`{}`", shown(text))).collect::<Vec<_>>().join(", ");
    let actions: Vec<String> = line.actions.iter().map(|action| spelled(subject, action)).collect();
    let conditions: Vec<String> = line.conditions.iter().map(|text| shown(text)).collect();
    let conditions = if conditions.is_empty() { String::new() } else { format!(", {}", conditions.join(", ")) };
    let example = &line.example;
    let action = spelled(subject, &example.action);
    format!(
        "{} on {}{conditions}: for example `{action}` on `{}`",
        list(&actions),
        list(&line.resources),
        shown(&example.resource)
    )
}

/// A text with words in the place of a prototype's names.
fn shown(text: &str) -> String {
    text.replace(PROTOTYPE_NOTEBOOK, "NOTEBOOK").replace(PROTOTYPE_NAME, "NAME").replace(PROTOTYPE_TEAM, "TEAM")
}

/// An action as the policies spell it.
pub fn spelled(subject: &Subject<'_, '_>, action: &str) -> String {
    let policies = subject.inventory.policies.iter();
    let spelled =
        policies.flat_map(|policy| policy.document.actions()).find(|spelled| spelled.eq_ignore_ascii_case(action));
    spelled.map_or_else(|| action.to_owned(), str::to_owned)
}
