//! What each net alone lets through: the permissions boundary, and the guardrails.

use std::cmp::Reverse;

use super::access::{Access, NO_POLICY};
use super::kind::{PrincipalKind, Subject};
use super::problem::Problem;
use super::reference::References;
use crate::finding::Rule;
use crate::iam::{Document, Request, Statement};
use crate::model::{Profile, USER};
use crate::plan::AccountPlan;

/// The name of somebody else.
const ANOTHER: &str = "somebody-else";
const ATTACH: &str = "attach it to the group of people: `- !Ref GuardrailsPolicy` in its `ManagedPolicyArns`";
const FORBID: &str = "deny it here, as the built-in guardrails do, which `racestack templates --export DIR` writes";
const ATTACH_NET: &str = "attach it as the built-in templates do, which `racestack templates --export DIR` writes";
const BIND: &str = "deny everything where `ArnNotEquals` compares `aws:PrincipalArn` with the role's ARN, `${aws:PrincipalTag/user}` at its end";

impl<'s> Access<'s> {
    /// What a net alone lets through: the permissions boundary with everything allowed beneath it, and the guardrails with
    /// everything allowed beside them. Nets hold in `hardened`; in `documented`, only notebook roles have one.
    pub(super) fn nets(
        &self,
        subject: &Subject<'_, '_>,
        references: &'s References,
        plan: &AccountPlan<'_>,
    ) -> Vec<Problem> {
        let Some(limits) = references.boundary_limits(subject.kind) else { return Vec::new() };
        let is_notebook = subject.kind.active() == PrincipalKind::Notebook;
        let hardened = plan.account.policies == Profile::Hardened;
        let who = subject.kind.active().who();
        let mut problems = Vec::new();
        // Where the company's boundary takes the place of the notebooks', denials are the net.
        let by_denials = is_notebook && plan.account.company_policies.boundary.is_some();
        let (net, alone) = if by_denials {
            let denials = plan.names.notebook_denials.iter().map(|name| self.attached(subject, name));
            let all = std::iter::once(Some((NO_POLICY, &references.everything))).chain(denials).collect();
            ("guardrails", all)
        } else {
            let everything = vec![(NO_POLICY, &references.everything)];
            ("permissions boundary", self.boundary.map(|_| everything))
        };
        let boundary = self.boundary.filter(|_| !by_denials);
        let alone = alone.map(|identity| Self { identity, boundary, ..self.clone() });
        if let Some(alone) = alone {
            let who_can = format!("the {net} alone would let {who}");
            problems.extend(alone.beyond(subject, &who_can, limits));
            let tagged = |tag: Option<&str>, having: &str| {
                let who_can = format!("{having}, the {net} would let {who}");
                alone.beyond(&subject.tagged(USER, tag), &who_can, &Document::default())
            };
            if is_notebook {
                problems.extend(tagged(None, "without the tag `user`"));
            }
            // Whose things the policies mean is what the role's tag says: that of somebody else must open nothing.
            if is_notebook && plan.account.unbound_roles.is_none() && !alone.is_bound_to_name(subject) {
                let others = other_names(&subject.identity.name);
                let open = others.iter().flat_map(|name| tagged(Some(name), "with the tag `user` of somebody else"));
                let open: Vec<Problem> = open.collect();
                let message = format!("no statement of the {net} binds the tag `user` of {who} to its name");
                let unbound = Problem::at(Rule::IsolationUndecided, message, BIND, &subject.identity.location);
                let net = alone.identity.iter().chain(&alone.boundary).find(|(policy, _)| *policy != NO_POLICY);
                let statements = net.map(|(policy, _)| (*policy, 0)).into_iter().collect();
                let unbound = Problem { statements, ..unbound };
                problems.extend(if open.is_empty() { vec![unbound] } else { open });
            }
        } else if hardened || is_notebook {
            let message = if by_denials {
                let names = plan.names.notebook_denials.join("` and `");
                format!("{who} does not have the policies `{names}`, which deny what none may")
            } else {
                format!("no {net} limits {who}")
            };
            problems.push(Problem::at(Rule::IsolationTooWide, message, ATTACH_NET, &subject.identity.location));
        }
        if hardened && !is_notebook {
            problems.extend(self.guardrails(subject, references, &plan.names.guardrails_policy));
        }
        problems
    }

    /// Whether a statement denies everything to a role whose tag `user` is not the end of its ARN, which nobody can change.
    fn is_bound_to_name(&self, subject: &Subject<'_, '_>) -> bool {
        let before = subject.identity.arn.strip_suffix(subject.identity.name.as_str());
        let mut statements = self.identity.iter().chain(&self.boundary).flat_map(|(_, policy)| &policy.statements);
        before.is_some_and(|before| statements.any(|one| one.denies_all_but(before, "aws:PrincipalTag/user")))
    }

    /// What the guardrails leave open with everything allowed beside them.
    fn guardrails(&self, subject: &Subject<'_, '_>, references: &'s References, name: &str) -> Vec<Problem> {
        let Some(guardrails) = self.attached(subject, name) else {
            let message = format!("a person does not have the policy `{name}`, which denies what nobody may");
            return vec![Problem::at(Rule::IsolationTooWide, message, ATTACH, &subject.identity.location)];
        };
        let alone = Self {
            identity: vec![(NO_POLICY, &references.everything), guardrails],
            boundary: Some((NO_POLICY, &references.forbidden)),
            resource: self.of_other_accounts.clone(),
            of_resource: Vec::new(),
            of_other_accounts: self.of_other_accounts,
        };
        let who_can = "with some other policy, the guardrails would let a person";
        let at_fault =
            |request: &Request| vec![(guardrails.0, missing_in(guardrails.1, &references.forbidden, request))];
        let problems = alone.beyond_by(subject, who_can, &Document::default(), at_fault);
        problems.into_iter().map(|one| Problem { help: FORBID, ..one }).collect()
    }
}

/// The statement of the guardrails that is to deny a request: the one that names most of what the statement of `forbidden` names
/// that is about it; of equals, the one in its place.
fn missing_in(guardrails: &Document, forbidden: &Document, request: &Request) -> usize {
    let place = forbidden.statements.iter().position(|one| one.may_allow(&request.action)).unwrap_or_default();
    let Some(wanted) = forbidden.statements.get(place) else { return 0 };
    let shared = |(at, one): (usize, &Statement)| ((one.denied_of(wanted), at == place), at);
    let most = guardrails.statements.iter().enumerate().map(shared).min_by_key(|(shared, _)| Reverse(*shared));
    most.map_or(0, |(_, at)| at)
}

/// Names of others: one that has nothing in common with `name`, those that it begins and ends with, and one in another case.
fn other_names(name: &str) -> Vec<String> {
    let (mut behind, mut before) = (name.chars(), name.chars());
    behind.next();
    before.next_back();
    let others = [ANOTHER, behind.as_str(), before.as_str(), &name.to_uppercase()];
    others.into_iter().filter(|other| !other.is_empty() && *other != name).map(str::to_owned).collect()
}
