//! The proof: `needs ⊆ access ⊆ limits` for a kind of principal, and that each net holds alone.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Access, KNOWN};
use super::certain::{self, Refused};
use super::kind::{PrincipalKind, Subject};
use super::problem::{Problem, Statements, line_in_words};
use super::reference::{Need, References};
use crate::finding::Rule;
use crate::iam::{Decision, Direction, Document, Effect, Request, Statement, access_delta, decide};
use crate::inventory::{self, Boundary, Undefined};
use crate::model::{NOTEBOOK, OLD_KEY, TEAM, USER};
use crate::plan::{AccountPlan, Names};
use crate::render::is_of_prototype;

const GRANT: &str = "allow it as the built-in policies do, which `racestack templates --export DIR` writes";
const EXCEPT: &str = "leave it out of what this statement denies, as the built-in policies do, which `racestack templates --export DIR` writes";
const DENY: &str = "let the policy of suspended people deny it without a condition, as the built-in one does";
const WRITE: &str = "write the policy as an `AWS::IAM::ManagedPolicy` in the templates, or for `extra_policies` into `config/policies/NAME.json`";
const ALIKE: &str = "say the same of everybody: compare resources and requests with policy variables of who asks";

/// Proves the isolation of a subject; what fails is returned.
pub fn check(subject: &Subject<'_, '_>, references: &References, plan: &AccountPlan<'_>) -> Vec<Problem> {
    let mut problems = undefined(subject);
    let Some(limits) = references.limits(subject.kind) else { return problems };
    if references.is_built_in(subject) {
        return problems;
    }
    let access = match Access::of(subject, references) {
        Ok(access) => access,
        Err(problem) => {
            problems.push(problem);
            return problems;
        }
    };
    let singled_out = if subject.is_alone { Vec::new() } else { access.singled_out(subject) };
    // What such a statement denies by a tag, it denies to the tag of the prototype, which nobody has.
    let denying = singled_out.iter().filter(|(_, denies_by_tag)| *denies_by_tag);
    let denying: Statements = denying.flat_map(|(problem, _)| problem.statements.iter().copied()).collect();
    problems.extend(singled_out.into_iter().map(|(problem, _)| problem));
    let beyond = access.beyond(subject, &format!("{} can", subject.who()), limits);
    problems.extend(access.not_denied(subject, beyond, &plan.names));
    // Whoever has an access key that is too old has a tag that others do not have.
    let with_old_key = plan.account.settings.access_keys.is_some() && subject.kind.active() == PrincipalKind::Person;
    let with_old_key = with_old_key.then(|| subject.tagged(OLD_KEY, Some("true")));
    if let Some(tagged) = &with_old_key {
        let who_can = format!("with an access key that is too old, {} can", subject.who());
        problems.extend(access.not_denied(subject, access.beyond(tagged, &who_can, limits), &plan.names));
    }
    let mut nets = std::iter::once(subject).chain(&with_old_key).map(|one| access.nets(one, references, plan));
    problems.extend(nets.find(|problems| !problems.is_empty()).unwrap_or_default());
    problems.extend(access.refused(subject, references, &plan.names, &denying));
    problems
}

/// What a subject is or has, and is not known.
fn undefined(subject: &Subject<'_, '_>) -> Vec<Problem> {
    let (kind, identity) = (subject.kind, subject.identity);
    let boundary = match &identity.boundary {
        Some(Boundary::Undefined(arn)) => Some(format!("the permissions boundary `{arn}`")),
        _ => None,
    };
    let attached = identity.undefined.iter().map(|undefined| match undefined {
        Undefined::Policy(arn) => format!("the policy `{arn}`"),
        Undefined::Group(name) => format!("the group `{name}`"),
    });
    // A boundary that is not known lets nothing more through: a service needs none.
    let unknown = attached.chain(boundary.filter(|_| !matches!(kind, PrincipalKind::Service(_))));
    let messages = unknown.map(|what| format!("{} has {what}, which no stack defines", subject.who()));
    let problem = |message| Problem::at(Rule::IsolationUndecided, message, WRITE, &identity.location);
    messages.map(problem).collect()
}

impl Access<'_> {
    /// Statements that say something else of each principal: what they say of one person proves nothing of another. Of each, whether it
    /// denies by the value of a tag that isolation does not rest on.
    fn singled_out(&self, subject: &Subject<'_, '_>) -> Vec<(Problem, bool)> {
        let inventory::Principal { arn, name, tags, .. } = subject.identity;
        let before = arn.strip_suffix(name.as_str()).unwrap_or_default();
        // What everybody has alike is in the place of the prototype's word.
        let is_own = |key: &str| [USER, NOTEBOOK, TEAM].iter().any(|own| own.eq_ignore_ascii_case(key));
        let is_common = |key: &str| {
            let value = tags.iter().find(|tag| tag.has_key(key)).and_then(|tag| tag.value.as_deref());
            !is_own(key) && value.is_some_and(|value| !is_of_prototype(value))
        };
        let one = |(at, statement): (_, &Statement)| {
            let (who, key) = (subject.kind.who(), statement.singled_out_by(before, &is_common)?);
            let message = format!("whether the statement is about {who} depends on the value of their `{key}`");
            let problem = Problem::at(Rule::IsolationUndecided, message, ALIKE, &subject.identity.location);
            let tag = key.split_once(':').and_then(|(_, key)| key.split_once('/')).map(|(_, tag)| tag);
            let denies_by_tag = statement.effect == Effect::Deny && tag.is_some_and(|tag| !is_own(tag));
            Some((Problem { statements: vec![at], ..problem }, denies_by_tag))
        };
        self.statements().filter_map(one).collect()
    }

    /// The same problems; of somebody who is suspended, at the policy that is to deny what other policies allow.
    fn not_denied(&self, subject: &Subject<'_, '_>, mut problems: Vec<Problem>, names: &Names) -> Vec<Problem> {
        let name = match subject.kind {
            PrincipalKind::SuspendedPerson => &names.suspended_user_policy,
            PrincipalKind::SuspendedNotebook => &names.suspended_notebook_policy,
            _ => return problems,
        };
        let is_it = |index: usize| subject.inventory.policies.get(index).is_some_and(|policy| policy.name == *name);
        let denial = self.identity.iter().find(|(index, _)| is_it(*index)).map(|(index, _)| (*index, 0));
        for problem in &mut problems {
            problem.help = DENY;
            match denial {
                Some(denial) => problem.statements.insert(0, denial),
                None => problem.notes.insert(0, format!("the policy `{name}`, which is to deny it, is not attached")),
            }
        }
        problems
    }

    /// What a subject needs and does not get, but for what no other than these statements refuse.
    fn refused(
        &self,
        subject: &Subject<'_, '_>,
        references: &References,
        names: &Names,
        denying: &Statements,
    ) -> Vec<Problem> {
        let needs = references.needs(subject.kind);
        if needs.is_empty() {
            return Vec::new();
        }
        let attached: Vec<&Document> = needs.iter().map(|need| &need.document).collect();
        let needed = self.alone(&attached);
        let is_loss = |direction: Direction| !direction.is_gain();
        let lines =
            self.with_policies(|access| access_delta(&subject.principal, &subject.base, &needed, access, is_loss));
        let Ok(lines) = lines else { return vec![self.too_many(subject)] };
        let asks_for = |one: &&Document, request: &Request| {
            let alone = self.alone(std::slice::from_ref(one));
            one.is_about(&request.action) && decide(request, &alone).decision == Decision::Allowed
        };
        let mut problems: BTreeMap<(usize, bool), Problem> = BTreeMap::new();
        for line in lines {
            for (example, keys) in line.examples() {
                let index = attached.iter().position(|one| asks_for(one, &example));
                let Some((index, need)) = index.and_then(|index| Some((index, needs.get(index)?))) else { continue };
                let Some(example) = need.as_asked(&line, example) else { continue };
                let refused = certain::refused(subject, names, (needs, need), (&example, &keys));
                let by = if denying.is_empty() { Statements::new() } else { self.decisive(&example) };
                let is_told = !by.is_empty() && by.iter().all(|at| denying.contains(at));
                if refused == Refused::Never || is_told {
                    continue;
                }
                let is_unknown = line.direction == Direction::PerhapsNarrowed;
                // What hangs on the hour, on the network or the like may be as the company wants it.
                let is_partial = refused == Refused::Sometimes;
                let (rule, may) = match (is_unknown, is_partial) {
                    (true, _) => (Rule::IsolationUndecided, "perhaps cannot"),
                    (false, true) => (Rule::IsolationOwnRefused, "cannot always"),
                    (false, false) => (Rule::IsolationOwnRefused, "cannot"),
                };
                let is_warning = is_unknown || is_partial;
                problems.entry((index, is_warning)).or_insert_with(|| {
                    let message = format!("{} {may} {}", subject.kind.who(), need.what);
                    let mut line = line.clone();
                    line.example = example;
                    let (help, statements) = self.refusing(&line.example, need);
                    Problem {
                        is_warning,
                        notes: vec![line_in_words(&line, subject)],
                        statements,
                        lines: vec![line],
                        ..Problem::at(rule, message, help, &subject.identity.location)
                    }
                });
            }
        }
        // Of needs for the same, one has to be met; where none is, the first is told of.
        let unmet: BTreeSet<usize> = problems.keys().map(|(index, _)| *index).collect();
        let same = |index: usize| (0..needs.len()).filter(move |other| needs[*other].what == needs[index].what);
        problems.retain(|(index, _), _| {
            same(*index).all(|other| unmet.contains(&other)) && same(*index).next() == Some(*index)
        });
        problems.into_values().collect()
    }

    /// The statements that refuse a request of a need, with what to do: those that deny it, or else the one that allows most of the need for
    /// other things, in the boundary where that alone refuses it.
    fn refusing(&self, request: &Request, need: &Need) -> (&'static str, Statements) {
        let decision = |access: &Self| access.with_policies(|policies| decide(request, policies)).decision;
        match decision(self) {
            Decision::ImplicitlyDenied => {}
            Decision::ExplicitlyDenied => return (EXCEPT, self.decisive(request)),
            _ => return (KNOWN, self.decisive(request)),
        }
        let unbound = Self { boundary: None, ..self.clone() };
        let at_fault = if decision(&unbound) == Decision::Allowed { self.boundary.as_slice() } else { &self.identity };
        let all = at_fault.iter().flat_map(|(policy, document)| {
            document.statements.iter().enumerate().map(|(index, statement)| ((*policy, index), statement))
        });
        let alike = all.map(|(at, statement)| {
            let others = need.actions.iter().filter(|action| statement.may_allow(action)).count();
            ((statement.may_allow(&request.action), others), at)
        });
        let alike = alike.filter(|(alike, _)| *alike > (false, 0));
        // Of equals, the first.
        let most = alike.min_by_key(|(alike, _)| std::cmp::Reverse(*alike));
        (GRANT, most.map(|(_, at)| at).into_iter().collect())
    }
}
