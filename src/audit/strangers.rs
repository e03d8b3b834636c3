//! Everybody who is neither a person nor trusted, and what of people's things they reach.

use std::collections::BTreeSet;

use serde_json::Value;

use super::belongings::Belongings;
use super::observation::{Observation, Thing};
use super::owners::Owners;
use super::people::notes;
use super::sides::Sides;
use crate::check::{IsolationProblem, PrincipalKind, deployed};
use crate::finding::Rule;
use crate::iam::{Context, Decision, Direction, Document, Policies, Principal as Who, Request, ResourcePolicy, decide};
use crate::inventory::{Boundary, Documents, IamInventory, IdentityKind, Principal, one_or_more};

/// The services whose actions are about what people have: those that `limits-stranger.json.hbs` does not leave open.
const SERVICES: [&str; 5] = ["iam", "logs", "s3", "sagemaker", "secretsmanager"];

/// How many requests an observation lists.
const LISTED: usize = 4;

const HELP: &str =
    "narrow what it may do, or name it in `trusted` of the settings if it is an administrator or a service";

/// Users and roles that reach what people have.
///
/// # Errors
/// As of `check::deployed`.
pub fn observations(sides: &Sides<'_>, owners: &Owners<'_>) -> Result<Vec<Observation>, String> {
    let live = &sides.live;
    let is_stranger =
        |(_, one): &(usize, &Principal<'_>)| owners.kind(sides.plan, one) == Some(PrincipalKind::Stranger);
    let strangers: Vec<(usize, PrincipalKind)> = live
        .principals
        .iter()
        .enumerate()
        .filter(is_stranger)
        .map(|(index, _)| (index, PrincipalKind::Stranger))
        .collect();
    let narrowed = narrowed(sides);
    let belongings = Belongings::of(sides, owners);
    let mut observations = Vec::new();
    for ((index, _), problems) in strangers.iter().zip(deployed(sides.plan, &narrowed, &strangers)?) {
        let Some(principal) = live.principals.get(*index) else { continue };
        let thing =
            (if principal.kind == IdentityKind::User { Thing::User } else { Thing::Role }, principal.name.as_str());
        let place = sides.export.place(&principal.arn);
        let (known, unknown): (Vec<_>, Vec<_>) =
            problems.iter().partition(|problem| problem.lines.iter().any(|line| line.direction == Direction::Widened));
        for (problems, access) in [(known, "access to"), (unknown, "perhaps access to")] {
            let mut reached = Reached::default();
            for problem in problems {
                reached.add(live, problem, &belongings);
            }
            observations.extend(reached.in_words().map(|whose| {
                let one = Observation::of(Rule::AuditReached, thing, "access", format!("{access} {whose}"));
                Observation { notes: reached.notes(), ..one.at(place.clone(), HELP) }
            }));
        }
        observations.extend(taken_roles(sides, owners, principal).into_iter().map(|(role, is_unknown)| {
            let takes = if is_unknown { "perhaps takes" } else { "takes" };
            let what = format!("{takes} the role `{role}`, which the settings trust");
            Observation::of(Rule::AuditReached, thing, format!("assume-{role}"), what).at(place.clone(), HELP)
        }));
    }
    Ok(observations)
}

/// The inventory of the account, with nothing in its policies but the actions of these services: those of all others are about
/// nobody's things, and would only make more combinations of wildcards to compare.
fn narrowed<'a>(sides: &Sides<'a>) -> IamInventory<'a> {
    let mut documents = Documents::default();
    let mut inventory = sides.export.inventory(&mut documents);
    for policy in &mut inventory.policies {
        let mut value = policy.document.value.clone();
        let statements = match value.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.iter_mut().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for statement in statements {
            for key in ["Action", "NotAction"] {
                if let Some(actions) = statement.get_mut(key) {
                    let may_be = |action: &&Value| action.as_str().is_none_or(may_be_of_people);
                    *actions = one_or_more(Some(actions)).filter(may_be).cloned().collect();
                }
            }
        }
        policy.document = documents.of(value);
    }
    inventory
}

/// Whether an action, or a pattern, may be one of the services by which people work.
fn may_be_of_people(action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    service.contains(['*', '?']) || SERVICES.iter().any(|one| one.eq_ignore_ascii_case(service))
}

/// What somebody reaches.
#[derive(Default)]
struct Reached<'a> {
    owners: BTreeSet<&'a str>,
    /// Whether it is what all people's access depends on.
    of_all: bool,
    requests: Vec<String>,
    /// The statements that allow it, and what cannot be compared at all.
    reasons: Vec<String>,
}

impl<'a> Reached<'a> {
    /// Adds what a problem comes to for the things that there are.
    fn add(&mut self, live: &IamInventory<'_>, problem: &IsolationProblem, belongings: &Belongings<'a>) {
        let mut is_new = problem.lines.is_empty();
        // What could not be compared may reach everything.
        if is_new {
            self.of_all = true;
            self.reasons.push(problem.message.clone());
        }
        for line in &problem.lines {
            let mut first = None;
            for (belonging, request) in belongings.covered(line) {
                match belonging.owner {
                    Some(owner) => _ = self.owners.insert(owner),
                    None => self.of_all = true,
                }
                first.get_or_insert(request);
            }
            if let Some(request) = first {
                is_new = true;
                let asked = format!("`{}` on `{}`", request.action, request.resource);
                let asked = std::iter::once(asked).chain(line.conditions.iter().cloned());
                self.requests.push(asked.collect::<Vec<_>>().join(", "));
            }
        }
        if is_new {
            let of_problem = IsolationProblem { notes: Vec::new(), ..problem.clone() };
            self.reasons.extend(notes(live, &of_problem));
        }
    }

    /// Whose things these are, in words; nothing where they are nobody's.
    fn in_words(&self) -> Option<String> {
        let of_people = match self.owners.len() {
            0 => None,
            1 => Some(format!("what `{}` has", self.owners.first().copied().unwrap_or_default())),
            count => Some(format!("what {count} people have")),
        };
        let of_all = self.of_all.then(|| "what all people's access depends on".to_owned());
        let whose: Vec<String> = of_people.into_iter().chain(of_all).collect();
        (!whose.is_empty()).then(|| whose.join(", and "))
    }

    fn notes(&self) -> Vec<String> {
        let more = self.requests.len().saturating_sub(LISTED);
        let more = (more > 0).then(|| format!("and {more} more"));
        let mut reasons = BTreeSet::new();
        let reasons = self.reasons.iter().filter(|reason| reasons.insert(*reason));
        reasons.chain(self.requests.iter().take(LISTED)).cloned().chain(more).collect()
    }
}

/// The trusted roles that somebody can take, each with whether that cannot be told.
fn taken_roles(sides: &Sides<'_>, owners: &Owners<'_>, principal: &Principal<'_>) -> Vec<(String, bool)> {
    let live = &sides.live;
    let roles = live.principals.iter().filter(|one| one.kind == IdentityKind::Role && owners.is_trusted(&one.arn));
    let can = |role: &Principal<'_>| {
        let trust = live.policies.get(role.trust?)?.document.parsed().ok()?;
        let decision = assume(live, principal, role, trust, &sides.plan.names.account_id);
        match decision {
            Decision::Allowed => Some((role.name.clone(), false)),
            Decision::Unknown => Some((role.name.clone(), true)),
            _ => None,
        }
    };
    roles.filter_map(can).collect()
}

fn assume(
    live: &IamInventory<'_>,
    who: &Principal<'_>,
    role: &Principal<'_>,
    trust: &Document,
    account: &str,
) -> Decision {
    let document = |index: &usize| live.policies.get(*index)?.document.parsed().ok();
    let identity: Vec<&Document> = who.policies.iter().filter_map(document).collect();
    let boundary = match &who.boundary {
        Some(Boundary::Policy(index)) => document(index),
        _ => None,
    };
    let (arn, account) = (who.arn.clone(), account.to_owned());
    let context = Context::new().with("aws:PrincipalArn", &arn).with("aws:PrincipalAccount", &account);
    let context = if who.kind == IdentityKind::User { context.with("aws:username", &who.name) } else { context };
    let principal = match who.kind {
        IdentityKind::User => Who::User { arn, account },
        _ => Who::Role { arn, session: None, account },
    };
    let request = Request { principal, action: "sts:AssumeRole".to_owned(), resource: role.arn.clone(), context };
    let resource = Some(ResourcePolicy::Required(trust));
    decide(&request, &Policies { identity: &identity, boundary, resource }).decision
}
