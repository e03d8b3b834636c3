//! What is answered, as JSON.

use serde_json::{Map, Value, json};

use super::words::word;
use crate::check::{ActingPrincipal, Answer, Asker, Owner, Question, Reason, Who};
use crate::model::User;

/// What a person may do.
pub(super) fn of_person(account: &str, user: &User, answers: &[Answer], assumed: &[(&'static str, String)]) -> String {
    let request = |answer: &Answer| {
        json!({
            "as": match answer.asker { Asker::User => "user", Asker::Notebook => "notebook" },
            "of": match answer.whose { Owner::Own => "own", Owner::Others => "others", Owner::Shared => "shared" },
            "what": answer.verb,
            "action": answer.action,
            "resource": answer.resource,
            "second_factor": answer.second_factor,
            "decision": word(answer.decision),
            "statements": statements(&answer.statements),
            "doubts": answer.doubts,
        })
    };
    let requests: Vec<Value> = answers.iter().map(request).collect();
    format!(
        "{:#}\n",
        json!({
            "account": account, "user": user.name.as_str(), "assumed": map(assumed), "requests": requests,
        })
    )
}

/// Who may do something, or perhaps may.
pub(super) fn of_account(
    account: &str,
    question: &Question<'_>,
    holders: &[ActingPrincipal],
    assumed: &[(&'static str, String)],
) -> String {
    let principal = |holder: &ActingPrincipal| {
        let (kind, name) = match &holder.who {
            Who::User(name) => ("user", name),
            Who::Notebook(name) => ("notebook", name),
            Who::Role(arn) => ("role", arn),
        };
        json!({
            "as": kind,
            "name": name,
            "second_factor": holder.second_factor,
            "decision": word(holder.decision),
            "statements": statements(&holder.statements),
            "doubts": holder.doubts,
        })
    };
    let principals: Vec<Value> = holders.iter().map(principal).collect();
    let Question { action, resource, .. } = question;
    let reply = json!({
        "account": account, "action": action, "resource": resource, "assumed": map(assumed), "principals": principals,
    });
    format!("{reply:#}\n")
}

fn map(values: &[(&'static str, String)]) -> Map<String, Value> {
    values.iter().map(|(key, value)| ((*key).to_owned(), value.clone().into())).collect()
}

fn statements(reasons: &[Reason]) -> Vec<Value> {
    let statement = |reason: &Reason| {
        let place = reason.place.as_ref();
        json!({
            "policy": reason.policy,
            "sid": reason.sid,
            "path": place.map(|place| place.path().display().to_string()),
            "line": place.map(|place| place.line_column().0),
        })
    };
    reasons.iter().map(statement).collect()
}
