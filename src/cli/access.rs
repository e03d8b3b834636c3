//! `racestack access`: what a person may do, or who may do something, and the statements that say so.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::Reply;
use super::args::{AccessArgs, AccessFormat};
use super::summary::aligned;
use crate::check::{self, AccessTable, Answer, Caller, Extent, Question, Reason, Row, Who};
use crate::config::{quoted, shorten, suggest};
use crate::facts::actions::{ServiceAction, service_action, service_actions};
use crate::iam::{Decision, is_beyond_policies};
use crate::model::{Account, User};
use crate::output::quote;
use crate::page::{AccessMatrix, AccessRow, PeopleOfKind, answer_word};
use crate::plan::Names;
use crate::synthesis::inputs::{self, Inputs, Sources, user_of};
use crate::synthesis::{Failure, render_account};

pub(super) fn run(args: &AccessArgs) -> Result<Reply, Failure> {
    let resource = match args.action.as_deref().or(args.who_can.as_deref()) {
        Some(action) => match resource(action, args.resource.as_deref())? {
            Ok(resource) => resource,
            Err(note) => return Ok(Reply { note, failed: true, ..Reply::default() }),
        },
        None => String::new(),
    };
    // No day: what a person may do hangs on no suppression.
    let sources = Sources { templates: args.templates.as_deref(), ..args.of.sources() };
    let (Inputs { templates, .. }, account) = inputs::one_account(&sources)?;
    let (plan, rendered, ..) = render_account(&account, &templates, &args.out)?;
    let user = args.user.as_deref().map(|name| user_of(&account, name)).transpose()?;
    if let Some(user) = user.filter(|user| args.caller == Some(Caller::Notebook) && user.notebook.is_none()) {
        return Err(Failure::Usage(format!("`{}` has no notebook", user.name)));
    }
    let Some(action) = args.who_can.as_deref().or(args.action.as_deref()) else {
        let Some(user) = user else { return Err(Failure::Usage("say about whom: `--user NAME`".to_owned())) };
        let told = check::access_table(&plan, &templates, &rendered, user)?.map_err(Failure::of)?;
        return Ok(table(args, user, told));
    };
    let question = Question { action, resource: &resource, context: &args.context };
    let mut answers = check::answers(&plan, &templates, &rendered, (user, &question))?.map_err(Failure::of)?;
    answers.retain(|answer| {
        let may = matches!(answer.decision, Decision::Allowed | Decision::Unknown) || !answer.allowed_with.is_empty();
        args.caller.is_none_or(|caller| answer.who.caller() == Some(caller)) && (may || user.is_some())
    });
    let failed = answers.iter().any(|answer| answer.decision == Decision::Unknown);
    let assumed = check::assumed_network(&account, &question).filter(|_| args.caller != Some(Caller::Notebook));
    let stdout = match args.format {
        AccessFormat::Json => {
            let assumed: BTreeMap<&str, String> = assumed.into_iter().collect();
            format!("{:#}\n", json!({"account": args.of.account, "assumed": assumed, "answers": answers}))
        }
        AccessFormat::Human => {
            let assumed = assumed.map(|(key, value)| format!("assumed of IAM users: `{key}={value}`\n"));
            decisions(&args.of.account, &question, &answers) + &assumed.unwrap_or_default()
        }
    };
    let note = wrong_arn(&account, &resource).map(|note| format!("note: {note}\n")).unwrap_or_default();
    Ok(Reply { stdout, note, failed, ..Reply::default() })
}

/// What somebody may do, one line for each statement of the reference policies.
fn table(args: &AccessArgs, user: &User, mut told: AccessTable) -> Reply {
    told.retain(|(caller, _)| args.caller.is_none_or(|wanted| *caller == wanted));
    let failed = told.iter().flat_map(|(_, rows)| rows).any(|row| row.may == Extent::Unknown);
    let stdout = match args.format {
        AccessFormat::Json => {
            let one =
                |(caller, may): &(Caller, Vec<Row>)| json!({"as": caller, "name": user.name.as_str(), "may": may});
            let told: Vec<Value> = told.iter().map(one).collect();
            format!("{:#}\n", json!({"account": args.of.account, "told": told}))
        }
        AccessFormat::Human => {
            let matrix = AccessMatrix::of(&[PeopleOfKind { people: "as user", notebooks: "from the notebook", told }]);
            let mut lines = vec![[vec![format!("what `{}` may do", user.name)], matrix.principals].concat()];
            let cells = |row: AccessRow| row.answers.into_iter().map(|answer| answer_word(answer).to_owned());
            lines.extend(matrix.rows.into_iter().map(|row| {
                let of =
                    if row.is_forbidden() { format!("weakness if allowed: {}", row.what) } else { row.what.clone() };
                std::iter::once(of).chain(cells(row)).collect()
            }));
            aligned(&lines)
        }
    };
    Reply { stdout, failed, ..Reply::default() }
}

/// The resource of a request: what is given, or `*` for an action that can do without. Inside, what is to be said of an
/// action that no service has.
fn resource(action: &str, given: Option<&str>) -> Result<Result<String, String>, Failure> {
    let Some(known) = service_action(action) else {
        let service = action.split(':').next().unwrap_or_default();
        let is_near = |one: &ServiceAction| one.service.eq_ignore_ascii_case(service);
        let any_near = service_actions().any(|one| is_near(&one));
        let known: Vec<String> =
            service_actions().filter(|one| !any_near || is_near(one)).map(|one| one.to_string()).collect();
        let help = match action {
            _ if !action.contains(':') => "an action is written as in `s3:GetObject`".to_owned(),
            _ if action.contains(['*', '?']) => "ask for one action at a time".to_owned(),
            _ => {
                let all = "the Service Authorization Reference of AWS names all";
                suggest(action, known.iter().map(String::as_str), all)
            }
        };
        return Ok(Err(format!("error: no service has the action `{action}`; {help}\n")));
    };
    match given {
        Some(given) if given != "*" && !(given.starts_with("arn:") && given.splitn(6, ':').count() == 6) => {
            let help = "such as `arn:aws:s3:::BUCKET/KEY`, or `*`";
            Err(Failure::Usage(format!("found `{}` for `--resource`, allowed is an ARN, {help}", shorten(given))))
        }
        Some(given) => Ok(Ok(given.to_owned())),
        None if known.needs_resource => {
            Err(Failure::Usage(format!("`{known}` is an action on a resource; `--resource ARN` says on which")))
        }
        None => Ok(Ok("*".to_owned())),
    }
}

/// What is wrong with the ARN of a user or role that has a person's name, and not the path that theirs has.
fn wrong_arn(account: &Account, resource: &str) -> Option<String> {
    let (before, name) = resource.rsplit_once('/')?;
    let user = account.user(name)?;
    let Names { partition, account_id, user_path, notebook_role_path, .. } = Names::of(account);
    let (what, path) = match before.splitn(6, ':').nth(5)?.split('/').next()? {
        "user" => ("user", user_path),
        "role" if user.notebook.is_some() => ("role", notebook_role_path),
        _ => return None,
    };
    let right = format!("arn:{partition}:iam::{account_id}:{what}{path}{name}");
    (right != resource).then(|| format!("the {what} `{name}` of this account has another ARN: `--resource {right}`"))
}

/// The decisions about one request: those that are alike in one, with the statements that make them.
fn decisions(account: &str, question: &Question<'_>, answers: &[Answer]) -> String {
    let Question { action, resource, .. } = question;
    if answers.is_empty() {
        return format!("nobody in the account `{account}` may call `{action}` on `{resource}`\n");
    }
    let told = |answer: &Answer| {
        let with = match answer.second_factor {
            None => "",
            Some(true) => ", with a second factor",
            Some(false) => ", without a second factor",
        };
        let why = match (answer.decision, answer.statements.is_empty()) {
            (Decision::Allowed, _) if is_beyond_policies(action) => ": policies have no say in it",
            (Decision::ImplicitlyDenied, _) if is_beyond_policies(action) => ": AWS lets users alone call it",
            (Decision::ImplicitlyDenied, true) if !answer.allowed_with.is_empty() => {
                ": it lacks what a statement asks for"
            }
            (Decision::ImplicitlyDenied, true) => ": no statement allows it",
            (Decision::ImplicitlyDenied, false) => {
                ": these statements allow it, and what must allow it besides does not: the trust policy, the permissions boundary, or a policy of their own"
            }
            _ => "",
        };
        let reasons = reasons(&answer.statements, &answer.doubts);
        format!("{with}: {}{why}\n{reasons}{}", answer.decision, lacking(answer))
    };
    let alike = answers.chunk_by(|one, other| told(one) == told(other));
    let text = alike.map(|alike| {
        let who = alike.iter().map(|answer| match &answer.who {
            Who::User(name) => format!("`{name}`"),
            Who::Notebook(name) => format!("the notebook of `{name}`"),
            Who::IamUser(arn) => format!("the user `{arn}`"),
            Who::Role(arn) => format!("the role `{arn}`"),
        });
        // Of many, each is a line of its own.
        let between = if alike.len() > 2 { ",\n" } else { ", and " };
        who.collect::<Vec<_>>().join(between) + &told(&alike[0])
    });
    text.collect()
}

/// What a request that is denied would be allowed with.
fn lacking(answer: &Answer) -> String {
    let keys = &answer.allowed_with;
    if keys.is_empty() {
        return String::new();
    }
    let options: Vec<String> =
        keys.iter().map(|(key, value)| format!("--context {}", quote(&format!("{key}={value}")))).collect();
    format!("  the request has no {}; it would be allowed with {}\n", quoted(keys.keys()), options.join(" "))
}

fn reasons(statements: &[Reason], doubts: &BTreeSet<String>) -> String {
    let mut text = String::new();
    for Reason { policy, sid, path, line } in statements {
        let sid = sid.as_deref().map_or_else(|| "a statement".to_owned(), |sid| format!("`{sid}`"));
        let place = path.as_ref().zip(*line).map_or_else(String::new, |(path, line)| format!("    # {path}:{line}"));
        text += &format!("  {sid} of `{policy}`{place}\n");
    }
    for doubt in doubts {
        text += &format!("  {doubt}\n");
    }
    text
}
