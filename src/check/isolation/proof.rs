//! The proof: `needs ⊆ access ⊆ limits` for a kind of principal, and that each net holds alone.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::{Kind, Subject};
use super::problem::Problem;
use super::reference::References;
use super::words::{line_in_words, spelled};
use crate::finding::Rule;
use crate::iam::{
    AccessLine, Attached, Decision, Direction, Document, Policies, Request, ResourcePolicy, Statement, access_gains,
    access_losses, decide,
};
use crate::inventory::{BUCKET_POLICY, Boundary, Undefined};
use crate::model::Profile;
use crate::plan::AccountPlan;

/// The name of somebody else.
const ANOTHER: &str = "somebody-else";

/// How many requests a finding lists.
const LISTED: usize = 4;

const NARROW: &str = "narrow the statement to the person's own, or deny what is not";
const GRANT: &str = "allow it in the policies of the person's group, of the notebook roles or of their boundary";

/// Whether it cannot be told, and the statements that make it so.
type Cause = (bool, Vec<(usize, usize)>);

/// The policies of a subject, as IAM reads them.
struct Access<'s> {
    /// The identity policies, each with its index in the inventory.
    identity: Vec<(usize, &'s Document)>,
    boundary: Option<(usize, &'s Document)>,
    /// The statements of the policies of all buckets, which are about different resources each, and those of
    /// `of_other_accounts`.
    resource: Document,
    /// Of which policy and statement each of them is, but for the last.
    of_resource: Vec<(usize, usize)>,
    /// `References::of_other_accounts`.
    of_other_accounts: &'s Document,
}

/// Proves the isolation of a subject; what fails is returned. `with_nets` says whether its nets are not proven yet.
pub fn check(
    subject: &Subject<'_, '_>,
    with_nets: bool,
    references: &References,
    plan: &AccountPlan<'_>,
) -> Vec<Problem> {
    let mut problems = undefined(subject);
    if subject.kind == Kind::Other {
        let message = format!("`{}` is of no kind that is known here", subject.identity.arn);
        problems.push(Problem::at(Rule::IsolationUndecided, message, &subject.identity.location));
    }
    let Some(limits) = references.limits(subject.kind) else { return problems };
    let access = match Access::of(subject, references) {
        Ok(access) => access,
        Err(problem) => {
            problems.push(problem);
            return problems;
        }
    };
    problems.extend(access.singled_out(subject));
    problems.extend(access.compared(subject, &format!("{} can", subject.kind.who()), limits));
    if with_nets {
        problems.extend(nets(subject, references, plan, &access));
    }
    problems.extend(refused(subject, references, &access));
    problems
}

/// What a net alone lets through: the permissions boundary with everything allowed beneath it, and the guardrails with
/// everything allowed beside them. Nets hold in `hardened`; in `documented`, only notebook roles have one.
fn nets<'s>(
    subject: &Subject<'_, '_>,
    references: &'s References,
    plan: &AccountPlan<'_>,
    access: &Access<'s>,
) -> Vec<Problem> {
    let Some(limits) = references.boundary_limits(subject.kind) else { return Vec::new() };
    let everything = &references.everything;
    let is_notebook = subject.kind.active() == Kind::Notebook;
    let hardened = plan.account.policies == Profile::Hardened;
    let who = subject.kind.active().who();
    let mut problems = Vec::new();
    if access.boundary.is_some() {
        let alone = access.with(everything);
        let who_can = format!("the permissions boundary alone would let {who}");
        problems.extend(alone.compared(subject, &who_can, limits));
        // Whose things the policies mean is what the role's tag says: that of somebody else must open nothing.
        let bound = plan.account.unbound_roles.is_none();
        let others = if bound { other_names(&subject.identity.name) } else { Vec::new() };
        let others = others.iter().map(|name| (Some(name.as_str()), "with the tag `user` of somebody else"));
        for (tag, having) in others.chain([(None, "without the tag `user`")]).filter(|_| is_notebook) {
            let who_can = format!("{having}, the permissions boundary would let {who}");
            problems.extend(alone.compared(&subject.tagged(tag), &who_can, &references.nothing));
        }
    } else if hardened || is_notebook {
        let message = format!("no permissions boundary limits {who}");
        problems.push(Problem::at(Rule::IsolationTooWide, message, &subject.identity.location));
    }
    if hardened && !is_notebook {
        problems.extend(access.guardrails(subject, references, plan));
    }
    problems
}

/// Names of others: one that has nothing in common with `name`, those that it begins and ends with, and one in another case.
fn other_names(name: &str) -> Vec<String> {
    let mut shorter = name.chars();
    shorter.next();
    let without_first = shorter.as_str();
    shorter = name.chars();
    shorter.next_back();
    let others = [ANOTHER, without_first, shorter.as_str(), &name.to_uppercase()];
    others.into_iter().filter(|other| !other.is_empty() && *other != name).map(str::to_owned).collect()
}

/// What is attached and not known.
fn undefined(subject: &Subject<'_, '_>) -> Vec<Problem> {
    if subject.kind == Kind::Service {
        return Vec::new();
    }
    let identity = subject.identity;
    let mut unknown: Vec<String> = identity
        .undefined
        .iter()
        .map(|undefined| match undefined {
            Undefined::Policy(arn) => format!("the policy `{arn}`"),
            Undefined::Group(name) => format!("the group `{name}`"),
        })
        .collect();
    if let Some(Boundary::Undefined(arn)) = &identity.boundary {
        unknown.push(format!("the permissions boundary `{arn}`"));
    }
    let who = subject.kind.who();
    let problem = |what: String| {
        let message = format!("{who} has {what}, which no stack defines");
        Problem::at(Rule::IsolationUndecided, message, &identity.location)
    };
    unknown.into_iter().map(problem).collect()
}

/// What a subject needs and does not get.
fn refused(subject: &Subject<'_, '_>, references: &References, access: &Access<'_>) -> Vec<Problem> {
    let needs = references.needs(subject.kind);
    if needs.is_empty() {
        return Vec::new();
    }
    let attached: Vec<Attached<'_>> =
        needs.iter().map(|need| Attached { name: "", document: &need.document }).collect();
    let resource = Some(access.resource_policy_of_others());
    let needed = Policies { identity: &attached, boundary: None, resource };
    let lines = access.with_policies(|policies| access_losses(&subject.principal, &subject.base, &needed, policies));
    let Ok(lines) = lines else { return vec![access.too_many(subject)] };
    let allows = |one: &Attached<'_>, request: &Request| {
        let alone = Policies { identity: std::slice::from_ref(one), boundary: None, resource };
        one.document.may_allow(&request.action) && decide(request, &alone).decision == Decision::Allowed
    };
    let mut problems: BTreeMap<(usize, bool), Problem> = BTreeMap::new();
    for line in lines {
        for example in line.examples() {
            let Some(index) = attached.iter().position(|one| allows(one, &example)) else { continue };
            let Some(need) = needs.get(index) else { continue };
            let is_unknown = line.direction == Direction::PerhapsNarrowed;
            // What hangs on the hour, on the network or the like may be as the company wants it; a tag that is no part of
            // isolation is in nobody's request.
            let is_partial =
                line.keys().any(|(key, when_absent)| !need.keys.contains(key) && !(when_absent && is_tag(key)));
            let (rule, may) = match (is_unknown, is_partial) {
                (true, _) => (Rule::IsolationUndecided, "perhaps cannot"),
                (false, true) => (Rule::IsolationOwnRefused, "cannot always"),
                (false, false) => (Rule::IsolationOwnRefused, "cannot"),
            };
            problems.entry((index, is_unknown || is_partial)).or_insert_with(|| {
                let mut line = line.clone();
                line.example = example;
                Problem {
                    rule,
                    is_warning: is_unknown || is_partial,
                    message: format!("{} {may} {}", subject.kind.who(), need.what),
                    help: GRANT,
                    notes: vec![line_in_words(&line, subject)],
                    statements: access.decisive(&line.example),
                    lines: vec![line],
                    location: Some(at(subject)),
                }
            });
        }
    }
    // Of needs for the same, one has to be met; where none is, the first is told of.
    let unmet: BTreeSet<usize> = problems.keys().map(|(index, _)| *index).collect();
    let alike = |index: usize| (0..needs.len()).filter(move |other| needs[*other].what == needs[index].what);
    problems.retain(|(index, _), _| {
        alike(*index).all(|other| unmet.contains(&other)) && alike(*index).min() == Some(*index)
    });
    problems.into_values().collect()
}

/// Whether a condition key, in lower case, is a tag of a request or of a resource.
fn is_tag(key: &str) -> bool {
    ["requesttag/", "resourcetag/"].iter().any(|tag| key.contains(tag))
}

fn at(subject: &Subject<'_, '_>) -> (usize, String, String) {
    let location = &subject.identity.location;
    (location.stack, location.logical_id.to_owned(), location.path.clone())
}

impl<'s> Access<'s> {
    fn of(subject: &Subject<'s, '_>, references: &'s References) -> Result<Self, Problem> {
        let inventory = subject.inventory;
        let parsed = |index: usize| -> Result<Option<(usize, &'s Document)>, Problem> {
            let Some(policy) = inventory.policies.get(index) else { return Ok(None) };
            match policy.document.parsed() {
                Ok(document) => Ok(Some((index, document))),
                Err(malformed) => {
                    let message = format!("the policy `{}` cannot be read: {}", policy.name, malformed.message);
                    Err(Problem::at(Rule::IsolationUndecided, message, &policy.location))
                }
            }
        };
        let mut identity = Vec::new();
        for index in &subject.identity.policies {
            identity.extend(parsed(*index)?);
        }
        let boundary = match &subject.identity.boundary {
            Some(Boundary::Policy(index)) => parsed(*index)?,
            _ => None,
        };
        let mut resource = Document { statements: Vec::new() };
        let mut of_resource = Vec::new();
        for of in inventory.resource_policies.iter().filter(|policy| policy.resource_type == BUCKET_POLICY) {
            for index in &of.policies {
                let Some((index, document)) = parsed(*index)? else { continue };
                of_resource.extend((0..document.statements.len()).map(|statement| (index, statement)));
                resource.statements.extend(document.statements.iter().cloned());
            }
        }
        let of_other_accounts = &references.of_other_accounts;
        resource.statements.extend(of_other_accounts.statements.iter().cloned());
        Ok(Self { identity, boundary, resource, of_resource, of_other_accounts })
    }

    fn resource_policy_of_others(&self) -> ResourcePolicy<'s> {
        ResourcePolicy::Sufficient(Attached { name: "", document: self.of_other_accounts })
    }

    /// The same with everything allowed in the place of the identity policies.
    fn with(&self, everything: &'s Document) -> Self {
        Self {
            identity: vec![(usize::MAX, everything)],
            boundary: self.boundary,
            resource: self.resource.clone(),
            of_resource: self.of_resource.clone(),
            of_other_accounts: self.of_other_accounts,
        }
    }

    /// Statements that say something else of each principal: what they say of one person proves nothing of another.
    fn singled_out(&self, subject: &Subject<'_, '_>) -> Vec<Problem> {
        let own = self.identity.iter().chain(&self.boundary);
        let own = own.flat_map(|(policy, document)| {
            document.statements.iter().enumerate().map(move |(index, statement)| ((*policy, index), statement))
        });
        let of_resource = self.of_resource.iter().copied().zip(&self.resource.statements);
        let problem = |(at, statement): ((usize, usize), &Statement)| {
            let key = statement.singled_out_by()?;
            let who = subject.kind.who();
            let message = format!("whether the statement is about {who} depends on the value of their `{key}`");
            let mut problem = Problem::at(Rule::IsolationUndecided, message, &subject.identity.location);
            problem.help =
                "say the same of everybody: compare resources and requests with policy variables of who asks";
            problem.statements = vec![at];
            Some(problem)
        };
        own.chain(of_resource).filter_map(problem).collect()
    }

    fn with_policies<T>(&self, use_them: impl FnOnce(&Policies<'_>) -> T) -> T {
        let attached = |document: &'s Document| Attached { name: "", document };
        let identity: Vec<Attached<'_>> = self.identity.iter().map(|(_, document)| attached(document)).collect();
        let boundary = self.boundary.map(|(_, document)| attached(document));
        let resource = Some(ResourcePolicy::Sufficient(Attached { name: "", document: &self.resource }));
        use_them(&Policies { identity: &identity, boundary, resource })
    }

    /// What is beyond `limits`, or cannot be told; `who_can` are the words for it.
    fn compared(&self, subject: &Subject<'_, '_>, who_can: &str, limits: &Document) -> Vec<Problem> {
        match self.beyond(subject, limits) {
            Ok(lines) => self.problems(subject, who_can, lines),
            Err(problem) => vec![problem],
        }
    }

    /// What `limits` do not allow.
    fn beyond(&self, subject: &Subject<'_, '_>, limits: &Document) -> Result<Vec<AccessLine>, Problem> {
        let attached = [Attached { name: "", document: limits }];
        let resource = Some(self.resource_policy_of_others());
        let limits = Policies { identity: &attached, boundary: None, resource };
        self.with_policies(|access| access_gains(&subject.principal, &subject.base, &limits, access))
            .map_err(|_| self.too_many(subject))
    }

    fn too_many(&self, subject: &Subject<'_, '_>) -> Problem {
        let who = subject.kind.who();
        let message = format!("what {who} may do cannot be compared: there are too many combinations of wildcards");
        let mut problem = Problem::at(Rule::IsolationUndecided, message, &subject.identity.location);
        problem.statements = self.identity.iter().map(|(policy, _)| (*policy, 0)).take(1).collect();
        problem
    }

    /// What the guardrails leave open with everything allowed beside them.
    fn guardrails(
        &self,
        subject: &Subject<'_, '_>,
        references: &'s References,
        plan: &AccountPlan<'_>,
    ) -> Vec<Problem> {
        let name = &plan.names.guardrails_policy;
        let is_it = |index: usize| subject.inventory.policies.get(index).is_some_and(|policy| policy.name == *name);
        let guardrails = self.identity.iter().find(|(index, _)| is_it(*index)).copied();
        let Some(guardrails) = guardrails else {
            let message = format!("a person does not have the policy `{name}`, which denies what nobody may");
            return vec![Problem::at(Rule::IsolationTooWide, message, &subject.identity.location)];
        };
        let alone = Self {
            identity: vec![(usize::MAX, &references.everything), guardrails],
            boundary: Some((usize::MAX, &references.forbidden)),
            resource: self.of_other_accounts.clone(),
            of_resource: Vec::new(),
            of_other_accounts: self.of_other_accounts,
        };
        match alone.beyond(subject, &references.nothing) {
            Ok(lines) => {
                let mut problems =
                    alone.problems(subject, "with some other policy, the guardrails would let a person", lines);
                for problem in &mut problems {
                    problem.statements = vec![(guardrails.0, 0)];
                }
                problems
            }
            Err(problem) => vec![problem],
        }
    }

    /// The problems that these lines are, those of the same statements together.
    fn problems(&self, subject: &Subject<'_, '_>, who_can: &str, lines: Vec<AccessLine>) -> Vec<Problem> {
        let mut groups: BTreeMap<Cause, Vec<AccessLine>> = BTreeMap::new();
        for line in lines {
            let is_unknown = line.direction == Direction::Unknown;
            groups.entry((is_unknown, self.decisive(&line.example))).or_default().push(line);
        }
        let problem = |((is_unknown, statements), lines): (Cause, Vec<AccessLine>)| {
            let first = lines.first()?;
            let action = spelled(subject, &first.example.action);
            let more = lines.len().saturating_sub(LISTED);
            let mut notes: Vec<String> = lines.iter().take(LISTED).map(|line| line_in_words(line, subject)).collect();
            if more > 0 {
                notes.push(format!("and {more} more"));
            }
            let (rule, message, help) = if is_unknown {
                let message = format!("it cannot be told whether {who_can} call `{action}`");
                (
                    Rule::IsolationUndecided,
                    message,
                    "use condition keys and operators whose outcome is known beforehand",
                )
            } else {
                let message = format!("{who_can} call `{action}` where isolation does not permit it");
                (Rule::IsolationTooWide, message, NARROW)
            };
            Some(Problem {
                rule,
                is_warning: false,
                message,
                help,
                notes,
                statements,
                lines,
                location: Some(at(subject)),
            })
        };
        groups.into_iter().filter_map(problem).collect()
    }

    /// The statements that decide a request.
    fn decisive(&self, request: &Request) -> Vec<(usize, usize)> {
        let outcome = self.with_policies(|policies| decide(request, policies));
        let denies = outcome.decision == Decision::ExplicitlyDenied;
        let statement = |decisive: &crate::iam::Decisive| match decisive.policy {
            crate::iam::Kind::Identity(index) => Some((self.identity.get(index)?.0, decisive.statement)),
            // What the boundary allows besides is not what is at fault, unless nothing else is.
            crate::iam::Kind::Boundary if denies || self.identity.iter().all(|(index, _)| *index == usize::MAX) => {
                Some((self.boundary?.0, decisive.statement))
            }
            crate::iam::Kind::Boundary => None,
            crate::iam::Kind::Resource => self.of_resource.get(decisive.statement).copied(),
        };
        outcome.statements.iter().filter_map(statement).filter(|(policy, _)| *policy != usize::MAX).collect()
    }
}
