//! `racestack access`: what a person may do, or who may do something, and the statements that say so.

mod json;
mod words;

use std::path::Path;

use super::args::{AccessArgs, AccessAs, AccessFormat};
use super::{Failure, Outcome, outcome};
use crate::check::{self, ActingPrincipal, Answer, Asker, Question, Who};
use crate::config::did_you_mean;
use crate::facts::actions::{service_action, service_actions};
use crate::finding::Finding;
use crate::iam::Decision;
use crate::model::{Account, Mfa, User};
use crate::plan::{self, AccountPlan, Names, Placement};
use crate::render::{self, People, RenderFailure, Rendered, Templates};
use crate::report::Format;
use crate::synthesis::inputs::{self, Sources, own_or_fault, user_of};

/// What is answered: in words or as JSON, and whether something is unknown.
struct Reply {
    stdout: String,
    unknown: bool,
}

/// What a look into the policies comes to; a finding where a template cannot be used.
type OrFinding<T> = Result<Result<T, Finding>, RenderFailure>;

pub(super) fn run(args: &AccessArgs, colour: bool) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    let resource = match args.action.as_deref().or(args.who_can.as_deref()) {
        Some(action) => match resource(action, args.resource.as_deref())? {
            Ok(resource) => resource,
            Err(stderr) => return Ok(Outcome { stderr, code: 1, ..Outcome::default() }),
        },
        None => String::new(),
    };
    let question = |action| Question { action, resource: &resource, context: &args.context };
    let accounts = std::slice::from_ref(&args.account);
    // No day: what a person may do hangs on no suppression.
    let sources = Sources {
        config: &args.config,
        accounts,
        templates: args.templates.as_deref(),
        rules: None,
        today: None,
        encoding: args.encoding,
    };
    let Some((material, account)) = inputs::one_account(&sources, &mut findings)? else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    let templates = &material.templates;
    let stderr = wrong_arn(&account, &resource).map(|note| format!("note: {note}\n")).unwrap_or_default();
    let reply = match (&args.who_can, &args.user) {
        (Some(action), _) => {
            let question = question(action);
            let look = |plan: &AccountPlan<'_>, all: &[Rendered]| check::who_can(plan, templates, all, &question);
            let holders = rendered(&account, &args.out, templates, look);
            let assumed = assumed(&account, args, Some(&question));
            holders.map(|holders| holders.map(|holders| of_holders(args, &question, holders, &assumed)))
        }
        (None, user) => {
            let user = user_of(&account, user.as_deref().unwrap_or_default())?;
            let question = args.action.as_deref().map(question);
            let answers = rendered(&account, &args.out, templates, |plan, all| {
                check::answers(plan, templates, all, user, question.as_ref())
            });
            let assumed = assumed(&account, args, question.as_ref());
            if args.asker == Some(AccessAs::Notebook) && user.notebook.is_none() {
                return Err(Failure::Usage(format!("`{}` has no notebook", user.name)));
            }
            answers.map(|answers| answers.map(|answers| of_answers(args, user, answers, &assumed)))
        }
    };
    match reply {
        Ok(Ok(Reply { stdout, unknown })) => Ok(Outcome { stdout, stderr, code: u8::from(unknown) }),
        Ok(Err(finding)) => Ok(outcome(Format::Human, vec![finding], String::new(), colour)),
        Err(failure) => Ok(outcome(Format::Human, vec![own_or_fault(failure)?], String::new(), colour)),
    }
}

/// The resource of a request: what is given, or `*` for an action that can do without. Inside, what is to be said of an
/// action that no service has.
fn resource(action: &str, given: Option<&str>) -> Result<Result<String, String>, Failure> {
    let Some(known) = service_action(action) else {
        let service = action.split(':').next().unwrap_or_default();
        let (mut near, mut all) = (Vec::new(), Vec::new());
        for one in service_actions() {
            if one.service.eq_ignore_ascii_case(service) {
                near.push(one.to_string());
            }
            all.push(one.to_string());
        }
        let known = if near.is_empty() { &all } else { &near };
        let help = match did_you_mean(action, known.iter().map(String::as_str)) {
            _ if !action.contains(':') => "an action is written as in `s3:GetObject`".to_owned(),
            _ if action.contains(['*', '?']) => "ask for one action at a time".to_owned(),
            Some(near) => format!("did you mean `{near}`?"),
            None => "the Service Authorization Reference of AWS names all".to_owned(),
        };
        return Ok(Err(format!("error: no service has the action `{action}`; {help}\n")));
    };
    match given {
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
    let user = account.users.iter().find(|user| user.name.as_str() == name)?;
    let Names { partition, account_id, user_path, notebook_role_path, .. } = Names::of(account);
    let (what, path) = match before.splitn(6, ':').nth(5)?.split('/').next()? {
        "user" => ("user", user_path),
        "role" if user.notebook.is_some() => ("role", notebook_role_path),
        _ => return None,
    };
    let right = format!("arn:{partition}:iam::{account_id}:{what}{path}{name}");
    (right != resource).then(|| format!("the {what} `{name}` of this account has another ARN: `--resource {right}`"))
}

/// The values of condition keys that requests of IAM users are taken to have.
fn assumed(account: &Account, args: &AccessArgs, question: Option<&Question<'_>>) -> Vec<(&'static str, String)> {
    if args.asker == Some(AccessAs::Notebook) {
        return Vec::new();
    }
    let is_signed_in = question.is_none() && account.mfa == Mfa::Required;
    let second_factor = is_signed_in.then(|| ("aws:MultiFactorAuthPresent", "true".to_owned()));
    second_factor.into_iter().chain(check::assumed_network(account, question)).collect()
}

/// What `look` finds in the stacks of an account, as they are written.
fn rendered<T>(
    account: &Account,
    out: &Path,
    templates: &Templates,
    look: impl FnOnce(&AccountPlan<'_>, &[Rendered]) -> OrFinding<T>,
) -> OrFinding<T> {
    let people = People::render(templates, account, &Names::of(account), &account.users)?;
    let room = render::capacity(account, &people);
    let Placement { stacks, .. } = plan::place(account, room, |user| people.size(user));
    let folder = out.join(account.name.as_str());
    let plan = plan::plan(account, &folder, stacks);
    let rendered: Vec<Rendered> =
        plan.stacks.iter().map(|stack| render::fill(templates, &plan, stack, &people)).collect::<Result<_, _>>()?;
    look(&plan, &rendered)
}

fn of_answers(args: &AccessArgs, user: &User, mut answers: Vec<Answer>, assumed: &[(&'static str, String)]) -> Reply {
    answers.retain(|answer| match args.asker {
        None => true,
        Some(AccessAs::User) => answer.asker == Asker::User,
        Some(AccessAs::Notebook) => answer.asker == Asker::Notebook,
    });
    let unknown = answers.iter().any(|answer| answer.decision == Decision::Unknown);
    let stdout = match (args.format, &args.action) {
        (AccessFormat::Json, _) => json::of_person(&args.account, user, &answers, assumed),
        (AccessFormat::Human, Some(_)) => words::decisions(user, &answers) + &words::assumed(assumed),
        (AccessFormat::Human, None) => words::table(user, &answers) + &words::assumed(assumed),
    };
    Reply { stdout, unknown }
}

fn of_holders(
    args: &AccessArgs,
    question: &Question<'_>,
    mut holders: Vec<ActingPrincipal>,
    assumed: &[(&'static str, String)],
) -> Reply {
    holders.retain(|holder| {
        let asked = match args.asker {
            None => true,
            Some(AccessAs::User) => matches!(holder.who, Who::User(_)),
            Some(AccessAs::Notebook) => matches!(holder.who, Who::Notebook(_)),
        };
        asked && matches!(holder.decision, Decision::Allowed | Decision::Unknown)
    });
    let unknown = holders.iter().any(|holder| holder.decision == Decision::Unknown);
    let stdout = match args.format {
        AccessFormat::Json => json::of_account(&args.account, question, &holders, assumed),
        AccessFormat::Human => words::holders(&args.account, question, &holders) + &words::assumed(assumed),
    };
    Reply { stdout, unknown }
}
