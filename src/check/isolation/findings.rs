//! What is told of isolation: one finding for each statement that is at fault, however many people and requests it is
//! about.

use std::collections::BTreeMap;

use super::Kin;
use super::estate::{Estate, Home, Scope};
use super::marks::Cast;
use super::ruling::Asker;
use super::search::{Problem, What, role_of};
use crate::finding::{Finding, Rule, Severity};
use crate::iam::Decision;
use crate::model::{Profile, User};
use crate::plan::AccountPlan;
use crate::render::UserShape;
use crate::render::outline::Outline;
use crate::render::{Origins, Rendered, Templates};
use crate::source::Place;

/// The most actions that a finding lists of one kind of request.
const LISTED: usize = 3;

/// Where statements stand.
pub(crate) struct Places<'a> {
    plan: &'a AccountPlan<'a>,
    rendered: &'a [Rendered],
    estate: &'a Estate,
    origins: Origins,
}

impl<'a> Places<'a> {
    pub(crate) fn new(
        plan: &'a AccountPlan<'a>,
        templates: &Templates,
        rendered: &'a [Rendered],
        estate: &'a Estate,
    ) -> Self {
        Self { plan, rendered, estate, origins: templates.origins(plan) }
    }

    /// A statement in the template of its policy, if that is known.
    fn of_template(&self, (policy, statement): (usize, usize)) -> Option<Place> {
        self.origins.place(&self.estate.policies.get(policy)?.value, statement)
    }

    /// A statement in the out folder; of a person's policies, in the template of `user`'s stack.
    fn of_out(&self, (policy, statement): (usize, usize), user: &User) -> Option<Place> {
        let home = &self.estate.policies.get(policy)?.home;
        let path = format!("{}/Statement/{statement}", home.path);
        self.home(&Home { scope: home.scope, path }, Some(user))
    }

    /// Where a statement is to be changed.
    pub(crate) fn of(&self, statement: (usize, usize), user: &User) -> Option<Place> {
        self.of_template(statement).or_else(|| self.of_out(statement, user))
    }

    fn home(&self, home: &Home, user: Option<&User>) -> Option<Place> {
        let (index, path) = match home.scope {
            Scope::Stack(index) => (index, home.path.clone()),
            Scope::People(form) => {
                let is_of_form = |user: &&&User| self.estate.shapes.get(&UserShape::of(user)) == Some(&form);
                let user =
                    user.or_else(|| self.plan.stacks.iter().flat_map(|stack| &stack.users).find(is_of_form).copied())?;
                let holds = |stack: &crate::plan::StackPlan<'_>| stack.users.iter().any(|one| one.name == user.name);
                let index = self.plan.stacks.iter().position(holds)?;
                let path = match super::estate::suffix(&home.path) {
                    Some(suffix) => format!("{}{suffix}", user.logical_id),
                    None => home.path.clone(),
                };
                (index, path)
            }
        };
        let source = &self.rendered.get(index)?.source;
        Some(Outline::read(source).place(&format!("/Resources/{path}")))
    }
}

/// The findings of an account's problems, and of what could not be read.
pub(super) fn findings(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    (estate, kin): (&Estate, &[Kin<'_>]),
    problems: Vec<Problem<'_>>,
) -> Vec<Finding> {
    let unknown_roles = unknown_roles(estate, kin);
    if problems.is_empty() && estate.doubts.is_empty() && unknown_roles.is_empty() {
        return Vec::new();
    }
    let places = Places::new(plan, templates, rendered, estate);
    let severity = match plan.account.policies {
        Profile::Hardened => Severity::Error,
        Profile::Documented => Severity::Warning,
    };
    let mut groups: BTreeMap<_, Vec<Problem<'_>>> = BTreeMap::new();
    for problem in problems {
        groups.entry(Key::of(&places, &problem)).or_default().push(problem);
    }
    let mut findings: Vec<Finding> = groups.into_values().filter_map(|group| grouped(&places, &group)).collect();
    let mut unread: Vec<(&str, Option<Place>)> =
        estate.doubts.iter().map(|(message, home)| (message.as_str(), places.home(home, None))).collect();
    unread.extend(unknown_roles.iter().map(|(message, user)| (message.as_str(), Some(user.place.clone()))));
    for (message, place) in unread {
        let finding = Finding::new(Rule::IsolationUndecided, message)
            .help("let the templates define everything that decides what a person may do")
            .note("what is not known is never taken to keep people apart");
        findings.push(finding.at(place.unwrap_or_else(|| plan.account.policies_place.clone())));
    }
    findings.dedup();
    // That people may be kept from their own, at some hour or place, is for the reader to know.
    let warns = |finding: &Finding| finding.severity == Severity::Warning;
    for finding in findings.iter_mut().filter(|finding| !warns(finding)) {
        finding.severity = severity;
    }
    findings
}

/// The findings of all accounts: what isolation finds in several at one line of a policy template is told once.
pub fn across_accounts(accounts: Vec<Vec<Finding>>) -> Vec<Finding> {
    const RULES: [Rule; 3] = [Rule::IsolationTooWide, Rule::IsolationOwnRefused, Rule::IsolationUndecided];
    // By rule and line, and of several there in one account the how manieth: where it is told, and for how many accounts.
    let mut told: BTreeMap<(Rule, std::path::PathBuf, usize, usize), (usize, usize)> = BTreeMap::new();
    let mut all: Vec<Finding> = Vec::new();
    for findings in accounts {
        let mut here: BTreeMap<(Rule, std::path::PathBuf, usize), usize> = BTreeMap::new();
        for finding in findings {
            let place = finding.place.as_ref().filter(|_| RULES.contains(&finding.rule));
            if let Some(place) = place {
                let (path, start) = (place.path().to_owned(), place.span.start);
                let nth = here.entry((finding.rule, path.clone(), start)).or_default();
                *nth += 1;
                let (_, times) = told
                    .entry((finding.rule, path, start, *nth))
                    .and_modify(|(_, times)| *times += 1)
                    .or_insert((all.len(), 1));
                if *times > 1 {
                    continue;
                }
            }
            all.push(finding);
        }
    }
    for (index, times) in told.into_values().filter(|(_, times)| *times > 1) {
        if let Some(finding) = all.get_mut(index) {
            let more = times - 1;
            let accounts = if more == 1 { "account" } else { "accounts" };
            finding.notes.push(format!("the same in {more} more {accounts}"));
        }
    }
    all
}

/// Notebooks of which no stack defines the role.
fn unknown_roles<'a>(estate: &Estate, kin: &[Kin<'a>]) -> Vec<(String, &'a User)> {
    let of_kin = |one: &Kin<'a>| {
        let user = *one.people.first()?;
        let holdings = estate.people.get(&one.form)?;
        let notebook = holdings.notebooks.iter().find(|notebook| role_of(estate, holdings, notebook, kin).is_none())?;
        let role = Cast { own: Some(user), other: None }.fill(&notebook.role);
        Some((format!("the notebook of `{}` acts as `{role}`, which no stack defines", user.name), user))
    };
    kin.iter().filter_map(of_kin).collect()
}

impl Places<'_> {
    /// What a suppression calls a statement: its policy, and its own name or, counted from 1, its number.
    fn name_of(&self, (policy, statement): (usize, usize)) -> Option<String> {
        let policy = self.estate.policies.get(policy)?;
        let sid = policy.document.statements.get(statement)?.sid.clone();
        Some(format!("{}/{}", policy.name, sid.unwrap_or_else(|| (statement + 1).to_string())))
    }
}

/// What problems of one finding have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    what: What,
    asker: Asker,
    /// Where the statements stand, each as a path and an offset.
    places: Vec<(std::path::PathBuf, usize)>,
    doubts: Vec<String>,
}

impl Key {
    fn of(places: &Places<'_>, problem: &Problem<'_>) -> Self {
        // What the boundary allows besides is not what is at fault.
        let statements = at_fault(problem).filter_map(|statement| {
            let place = places.of(statement, problem.own)?;
            Some((place.path().to_owned(), place.span.start))
        });
        let doubts = match problem.what {
            What::Undecided | What::OwnUndecided => problem.ruling.doubts.clone(),
            What::TooWide | What::OwnRefused => Vec::new(),
        };
        Self { what: problem.what, asker: problem.asker, places: statements.collect(), doubts }
    }
}

/// The statements of a problem, but for the boundary's where others share the fault.
fn at_fault<'p>(problem: &'p Problem<'_>) -> impl Iterator<Item = (usize, usize)> + 'p {
    let denies = problem.ruling.decision == Decision::ExplicitlyDenied;
    let others = problem.ruling.statements.iter().any(|(.., boundary)| !boundary);
    let statements = problem.ruling.statements.iter().filter(move |(.., boundary)| denies || !others || !boundary);
    statements.map(|(policy, statement, _)| (*policy, *statement))
}

fn grouped(places: &Places<'_>, group: &[Problem<'_>]) -> Option<Finding> {
    // Both are named, where two take part.
    let first = group.iter().find(|problem| problem.other.is_some()).or(group.first())?;
    let who = match first.asker {
        Asker::User => format!("`{}`", first.own.name),
        Asker::Notebook => format!("the notebook of `{}`", first.own.name),
    };
    let (rule, may, help) = match first.what {
        What::TooWide => {
            (Rule::IsolationTooWide, "can", "narrow the statement to the person's own, or deny what is not")
        }
        What::OwnRefused => {
            (Rule::IsolationOwnRefused, "cannot", "allow it in the person's policies and in the permissions boundary")
        }
        What::Undecided | What::OwnUndecided => (
            Rule::IsolationUndecided,
            "may or may not",
            "use condition keys and operators whose outcome is known before anybody asks",
        ),
    };
    let mut kinds: Vec<&str> = group.iter().map(|problem| problem.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let more = kinds.len() - 1;
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    let account = &places.plan.account.name;
    let message = format!("in the account `{account}`, {who} {may} {}{more}", first.verb);
    let help = match places.plan.account.policies {
        Profile::Hardened => help.to_owned(),
        Profile::Documented => format!("set `policies: hardened`, or {help}"),
    };
    let mut finding = Finding::new(rule, message).help(help);
    if first.what == What::OwnUndecided {
        finding.severity = Severity::Warning;
    }
    let statements: Vec<(usize, usize)> = at_fault(first).collect();
    if let Some(name) = statements.first().and_then(|statement| places.name_of(*statement)) {
        finding = finding.about(format!("{account}/{name}"));
    }
    for (index, statement) in statements.iter().enumerate() {
        let in_out = places.of_out(*statement, first.own);
        match (places.of_template(*statement), in_out, index) {
            (Some(place), in_out, 0) => {
                finding = finding.at(place);
                if let Some(out) = in_out {
                    finding = finding.related(out, "as written here");
                }
            }
            (None, Some(place), 0) => finding = finding.at(place),
            (template, out, _) => {
                if let Some(place) = template.or(out) {
                    finding = finding.related(place, "and by this statement");
                }
            }
        }
    }
    if finding.place.is_none() {
        finding = finding.at(first.own.place.clone());
        finding = finding.note("no statement allows it");
    }
    for request in requests(group) {
        finding = finding.note(request);
    }
    for reached in reached(group) {
        finding = finding.note(reached);
    }
    for doubt in &first.ruling.doubts {
        finding = finding.note(doubt.clone());
    }
    Some(finding)
}

/// One line for each kind of request, with an example: the people of another form are others by name alone.
fn requests(group: &[Problem<'_>]) -> Vec<String> {
    let mut kinds: Vec<(&Problem<'_>, Vec<&str>)> = Vec::new();
    for problem in group {
        let index = kinds.iter().position(|(first, _)| first.kind == problem.kind).unwrap_or_else(|| {
            kinds.push((problem, Vec::new()));
            kinds.len() - 1
        });
        if let Some((_, actions)) = kinds.get_mut(index)
            && !actions.contains(&problem.action.as_str())
        {
            actions.push(&problem.action);
        }
    }
    let line = |(problem, actions): (&Problem<'_>, Vec<&str>)| {
        let listed: Vec<String> = actions.iter().take(LISTED).map(|action| format!("`{action}`")).collect();
        let more = actions.len().saturating_sub(LISTED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        format!("{}: {}{more} of `{}`", problem.verb, listed.join(", "), problem.resource)
    };
    kinds.into_iter().map(line).collect()
}

/// One line for each role that can be handed over and leads somewhere, with the most that it leads to.
fn reached(group: &[Problem<'_>]) -> Vec<String> {
    let mut roles: BTreeMap<&str, &[String]> = BTreeMap::new();
    for problem in group.iter().filter(|problem| !problem.reaches.is_empty()) {
        let reaches = roles.entry(&problem.resource).or_default();
        if reaches.len() < problem.reaches.len() {
            *reaches = &problem.reaches;
        }
    }
    let line = |(role, reaches): (&str, &[String])| {
        let more = reaches.len().saturating_sub(LISTED);
        let more = if more == 0 { String::new() } else { format!(", and {more} more") };
        let listed = reaches.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
        format!("as `{role}`: {listed}{more}")
    };
    roles.into_iter().map(line).collect()
}
