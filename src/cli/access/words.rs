//! What is answered, in words.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::check::{Answer, Question, Reason, Who};
use crate::iam::{Decision, is_beyond_policies};
use crate::output::quote;

/// The decisions about one request: those that the same statements make one after the other, and then these.
pub(super) fn decisions(account: &str, question: &Question<'_>, answers: &[Answer]) -> String {
    let Question { action, resource, .. } = question;
    if answers.is_empty() {
        return format!("nobody in the account `{account}` may call `{action}` on `{resource}`\n");
    }
    let mut text = String::new();
    for (at, answer) in answers.iter().enumerate() {
        let who = match &answer.who {
            Who::User(name) => format!("`{name}`"),
            Who::Notebook(name) => format!("the notebook of `{name}`"),
            Who::Role(arn) => format!("the role `{arn}`"),
        };
        let with = match answer.second_factor {
            None => "",
            Some(true) => ", with a second factor",
            Some(false) => ", without a second factor",
        };
        let why = match (answer.decision, answer.statements.is_empty()) {
            (Decision::Allowed, _) if is_beyond_policies(action) => ": policies have no say in it",
            (Decision::ImplicitlyDenied, _) if is_beyond_policies(action) => ": AWS lets users alone call it",
            (Decision::ImplicitlyDenied, true) => ": no statement allows it",
            (Decision::ImplicitlyDenied, false) => {
                ": these statements allow it, but the permissions boundary or the trust policy does not"
            }
            _ => "",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{who}{with}: {}{why}", answer.decision);
        let reasons = |answer: &Answer| reasons(&answer.statements, &answer.doubts) + &lacking(answer);
        if answers.get(at + 1).map(reasons) != Some(reasons(answer)) {
            text += &reasons(answer);
        }
    }
    text
}

/// What a request that is denied would be allowed with.
fn lacking(answer: &Answer) -> String {
    let keys = &answer.allowed_with;
    if keys.is_empty() {
        return String::new();
    }
    let names: Vec<String> = keys.keys().map(|key| format!("`{key}`")).collect();
    let options: Vec<String> =
        keys.iter().map(|(key, value)| format!("--context {}", quote(&format!("{key}={value}")))).collect();
    format!("  the request has no {}; it would be allowed with {}\n", names.join(", "), options.join(" "))
}

fn reasons(statements: &[Reason], doubts: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for Reason { policy, sid, path, line } in statements {
        let sid = sid.as_deref().map_or_else(|| "a statement".to_owned(), |sid| format!("`{sid}`"));
        let place = path.as_ref().zip(*line).map_or_else(String::new, |(path, line)| format!("    # {path}:{line}"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {sid} of `{policy}`{place}");
    }
    for doubt in doubts {
        let _ = writeln!(text, "  {doubt}");
    }
    text
}
