//! `racestack access`: what a person may do, and the statements that say so.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use super::args::{AccessArgs, AccessFormat, DEFAULT_OUT};
use super::material::{self, Sources, own_or_fault};
use super::{Failure, Outcome, outcome};
use crate::check::{self, Answer, Asker, Owner, Question};
use crate::config::did_you_mean;
use crate::finding::any_error;
use crate::iam::Decision;
use crate::model::User;
use crate::plan::{self, Names, Placement};
use crate::render::{self, People, RenderFailure, Rendered};
use crate::report::Format;

pub(super) fn run(args: &AccessArgs, colour: bool) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    let accounts = std::slice::from_ref(&args.account);
    // No day: what a person may do hangs on no suppression.
    let sources =
        Sources { config: &args.config, accounts, templates: args.templates.as_deref(), rules: None, today: None };
    let Some(material) = material::read(&sources, &mut findings)? else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    let templates = &material.templates;
    let account = match material.selected().first() {
        Some(config) => material.account(config, &mut findings)?,
        None => None,
    };
    findings.retain(|finding| any_error(std::slice::from_ref(finding)));
    let Some(account) = account.as_ref().filter(|_| findings.is_empty()) else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    let Some(user) = account.users.iter().find(|user| user.name.as_str() == args.user) else {
        let help = match did_you_mean(&args.user, account.users.iter().map(|user| user.name.as_str())) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "its roster names everybody".to_owned(),
        };
        return Err(Failure::Usage(format!(
            "there is no user `{}` in the account `{}`; {help}",
            args.user, args.account
        )));
    };
    let answers = || -> Result<Result<Vec<Answer>, crate::finding::Finding>, RenderFailure> {
        let people = People::render(templates, account, &Names::of(account), &account.users)?;
        let room = render::room(account, &people);
        let Placement { stacks, .. } = plan::place(account, room, |user| people.size(user));
        let folder = Path::new(DEFAULT_OUT).join(account.name.as_str());
        let plan = plan::plan(account, &folder, stacks);
        let rendered: Vec<Rendered> =
            plan.stacks.iter().map(|stack| render::fill(templates, &plan, stack, &people)).collect::<Result<_, _>>()?;
        let question = args.action.as_deref().map(|action| Question {
            action,
            resource: args.resource.as_deref().unwrap_or("*"),
            context: &args.context,
        });
        check::answers(&plan, templates, &rendered, user, question.as_ref())
    };
    let answers = match answers() {
        Ok(Ok(answers)) => answers,
        Ok(Err(finding)) => return Ok(outcome(Format::Human, vec![finding], String::new(), colour)),
        Err(failure) => {
            return Ok(outcome(Format::Human, vec![own_or_fault(failure)?], String::new(), colour));
        }
    };
    let stdout = match (args.format, &args.action) {
        (AccessFormat::Json, _) => to_json(args, &answers),
        (AccessFormat::Human, Some(_)) => decisions(user, &answers),
        (AccessFormat::Human, None) => table(user, &answers),
    };
    Ok(Outcome { stdout, ..Outcome::default() })
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitlyDenied => "explicitly denied",
        Decision::ImplicitlyDenied => "implicitly denied",
        Decision::Unknown => "unknown",
    }
}

/// The decisions about one request, each with its statements.
fn decisions(user: &User, answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let who = match answer.asker {
            Asker::User => format!("`{}`", user.name),
            Asker::Notebook => format!("the notebook of `{}`", user.name),
        };
        let why = match (answer.decision, answer.statements.is_empty()) {
            (Decision::ImplicitlyDenied, true) => ": no statement allows it",
            (Decision::ImplicitlyDenied, false) => {
                ": these statements allow it, but the permissions boundary or the trust policy does not"
            }
            _ => "",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{who}: {}{why}", word(answer.decision));
        for reason in &answer.statements {
            let sid = reason.sid.as_deref().map_or_else(|| "a statement".to_owned(), |sid| format!("`{sid}`"));
            let place = reason.place.as_ref().map_or_else(String::new, |place| {
                format!("    # {}:{}", place.path().display(), place.line_column().0)
            });
            let _ = writeln!(text, "  {sid} of `{}`{place}", reason.policy);
        }
        for doubt in &answer.doubts {
            let _ = writeln!(text, "  {doubt}");
        }
    }
    text
}

/// One line for each kind of request, with what comes of it as the user and from the notebook.
fn table(user: &User, answers: &[Answer]) -> String {
    let mut rows: Vec<(Owner, &str)> = Vec::new();
    for answer in answers {
        let row = (answer.whose, answer.verb.as_str());
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    rows.sort_by_key(|(whose, _)| *whose);
    let notebook = answers.iter().any(|answer| answer.asker == Asker::Notebook);
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
    let width = rows.iter().map(|(_, verb)| verb.chars().count()).max().unwrap_or_default();
    let heading = format!("what `{}` may do", user.name);
    let width = width.max(heading.chars().count());
    let line = |what: &str, as_user: &str, from_notebook: &str| {
        let line = format!("{what:width$}  {as_user:7}  {from_notebook}");
        format!("{}\n", line.trim_end())
    };
    let mut text = line(&heading, "as user", if notebook { "from the notebook" } else { "" });
    for row in rows {
        let from_notebook = if notebook { cell(row, Asker::Notebook) } else { "" };
        text.push_str(&line(row.1, cell(row, Asker::User), from_notebook));
    }
    text
}

fn to_json(args: &AccessArgs, answers: &[Answer]) -> String {
    let requests: Vec<serde_json::Value> = answers
        .iter()
        .map(|answer| {
            let statements: Vec<serde_json::Value> = answer
                .statements
                .iter()
                .map(|reason| {
                    let place = reason.place.as_ref();
                    json!({
                        "policy": reason.policy,
                        "sid": reason.sid,
                        "path": place.map(|place| place.path().display().to_string()),
                        "line": place.map(|place| place.line_column().0),
                    })
                })
                .collect();
            json!({
                "as": match answer.asker { Asker::User => "user", Asker::Notebook => "notebook" },
                "of": match answer.whose { Owner::Own => "own", Owner::Others => "others", Owner::Shared => "shared" },
                "what": answer.verb,
                "action": answer.action,
                "resource": answer.resource,
                "decision": word(answer.decision),
                "statements": statements,
                "doubts": answer.doubts,
            })
        })
        .collect();
    format!("{:#}\n", json!({ "account": args.account, "user": args.user, "requests": requests }))
}
