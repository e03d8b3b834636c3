//! What is answered, in words.

use std::fmt::Write;

use super::super::summary::aligned;
use crate::check::{ActingPrincipal, Answer, Asker, Owner, Question, Reason, Who};
use crate::iam::{Decision, is_beyond_policies};
use crate::model::User;

pub(super) fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitlyDenied => "explicitly denied",
        Decision::ImplicitlyDenied => "implicitly denied",
        Decision::Unknown => "unknown",
    }
}

/// The decisions about one request, each with its statements.
pub(super) fn decisions(user: &User, answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let who = match answer.asker {
            Asker::User => format!("`{}`", user.name),
            Asker::Notebook => format!("the notebook of `{}`", user.name),
        };
        let why = match (answer.decision, answer.statements.is_empty()) {
            (Decision::Allowed, _) if is_beyond_policies(&answer.action) => ": policies have no say in it",
            (Decision::ImplicitlyDenied, _) if is_beyond_policies(&answer.action) => ": AWS lets users alone call it",
            (Decision::ImplicitlyDenied, true) => ": no statement allows it",
            (Decision::ImplicitlyDenied, false) => {
                ": these statements allow it, but the permissions boundary or the trust policy does not"
            }
            _ => "",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{who}{}: {}{why}", with(answer.second_factor), word(answer.decision));
        text.push_str(&reasons(&answer.statements, &answer.doubts));
    }
    text
}

/// With or without a second factor, where it makes a difference.
fn with(second_factor: Option<bool>) -> &'static str {
    match second_factor {
        None => "",
        Some(true) => ", with a second factor",
        Some(false) => ", without a second factor",
    }
}

fn reasons(statements: &[Reason], doubts: &[String]) -> String {
    let mut text = String::new();
    for reason in statements {
        let sid = reason.sid.as_deref().map_or_else(|| "a statement".to_owned(), |sid| format!("`{sid}`"));
        let place = reason
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!("    # {}:{}", place.path().display(), place.line_column().0));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {sid} of `{}`{place}", reason.policy);
    }
    for doubt in doubts {
        let _ = writeln!(text, "  {doubt}");
    }
    text
}

/// Who may, or perhaps may: those of whom the same statements say so one after the other, and then these.
pub(super) fn holders(account: &str, question: &Question<'_>, holders: &[ActingPrincipal]) -> String {
    if holders.is_empty() {
        let Question { action, resource, .. } = question;
        return format!("nobody in the account `{account}` may call `{action}` on `{resource}`\n");
    }
    let mut groups: Vec<(String, String)> = Vec::new();
    for holder in holders {
        let who = match &holder.who {
            Who::User(name) => format!("`{name}`"),
            Who::Notebook(name) => format!("the notebook of `{name}`"),
            Who::Role(arn) => format!("the role `{arn}`"),
        };
        let why = match holder.decision {
            Decision::Allowed if is_beyond_policies(question.action) => ": policies have no say in it",
            _ => "",
        };
        let line = format!("{who}{}: {}{why}\n", with(holder.second_factor), word(holder.decision));
        let reasons = reasons(&holder.statements, &holder.doubts);
        match groups.last_mut().filter(|(_, last)| *last == reasons) {
            Some((lines, _)) => lines.push_str(&line),
            None => groups.push((line, reasons)),
        }
    }
    groups.into_iter().flat_map(|(lines, reasons)| [lines, reasons]).collect()
}

/// What of the requests of IAM users was not asked for, and is taken to be so.
pub(super) fn assumed(values: &[(&'static str, String)]) -> String {
    let values: Vec<String> = values.iter().map(|(key, value)| format!("`{key}={value}`")).collect();
    if values.is_empty() { String::new() } else { format!("assumed of IAM users: {}\n", values.join(", ")) }
}

/// One line for each kind of request, with what comes of it as the user and from the notebook.
pub(super) fn table(user: &User, answers: &[Answer]) -> String {
    let mut rows: Vec<(Owner, &str)> = Vec::new();
    for answer in answers {
        let row = (answer.whose, answer.verb.as_str());
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.sort_by_key(|(whose, _)| *whose);
    let columns: Vec<(Asker, &str)> = [(Asker::User, "as user"), (Asker::Notebook, "from the notebook")]
        .into_iter()
        .filter(|(column, _)| answers.iter().any(|answer| answer.asker == *column))
        .collect();
    let cell = |(whose, verb): (Owner, &str), asker: Asker| {
        let of = |answer: &&Answer| answer.whose == whose && answer.verb == verb && answer.asker == asker;
        let decisions: Vec<Decision> = answers.iter().filter(of).map(|answer| answer.decision).collect();
        let count = |decision| decisions.iter().filter(|one| **one == decision).count();
        match (count(Decision::Allowed), count(Decision::Unknown)) {
            (_, 1..) => "unknown",
            (0, 0) => "no",
            (allowed, 0) if allowed == decisions.len() => "yes",
            _ => "in part",
        }
    };
    let headings = columns.iter().map(|(_, heading)| (*heading).to_owned());
    let mut lines = vec![std::iter::once(format!("what `{}` may do", user.name)).chain(headings).collect()];
    lines.extend(rows.into_iter().map(|row| {
        let cells = columns.iter().map(|(asker, _)| cell(row, *asker).to_owned());
        std::iter::once(row.1.to_owned()).chain(cells).collect()
    }));
    aligned(&lines)
}
