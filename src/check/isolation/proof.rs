//! The proof: `needs ⊆ access ⊆ limits` for a kind of principal, and that each net holds alone.

use std::collections::{BTreeMap, BTreeSet};

use super::certain::{self, Refusal};
use super::kind::{Kind, Subject};
use super::problem::{Problem, Statements, line_in_words, spelled};
use super::reference::{Need, References};
use crate::finding::Rule;
use crate::iam::{
    self, AccessLine, Attached, Decision, Direction, Document, Policies, Request, ResourcePolicy, access_gains,
    access_losses, decide,
};
use crate::inventory::{BUCKET_POLICY, Boundary, Policy, Undefined};
use crate::model::{OLD_KEY, Profile, USER};
use crate::plan::{AccountPlan, Names};

/// The name of somebody else.
const ANOTHER: &str = "somebody-else";

/// How many requests a finding lists.
const LISTED: usize = 4;

/// The index of a policy that is no policy of the inventory.
const NO_POLICY: usize = usize::MAX;

const NARROW: &str =
    "narrow the statement to the person's own; `racestack limits` prints the most that isolation permits";
const COMPANYS: &str =
    "narrow the statement to what is about nobody's things, or make this role in a stack that racestack does not write";
const GRANT: &str = "allow it as the built-in policies do, which `racestack templates --export DIR` writes";
const EXCEPT: &str = "leave it out of what this statement denies, as the built-in policies do, which `racestack templates --export DIR` writes";
const ATTACH: &str = "attach it to the group of people: `- !Ref GuardrailsPolicy` in its `ManagedPolicyArns`";
const FEWER: &str = "use fewer patterns with `*` in `Action` and `Resource`";
const DENY: &str = "let the policy of suspended people deny it without a condition, as the built-in one does";
const BIND: &str = "deny everything where `ArnNotEquals` compares `aws:PrincipalArn` with the role's ARN, `${aws:PrincipalTag/user}` at its end";
const KNOWN: &str = "name the owner by `${aws:username}`, or of notebooks by `${aws:PrincipalTag/user}`, and use condition keys that AWS documents";
const ALIKE: &str = "say the same of everybody: compare resources and requests with policy variables of who asks";

/// Proves the isolation of a subject; what fails is returned. `with_nets` says whether its nets are not proven yet.
pub fn check(
    subject: &Subject<'_, '_>,
    with_nets: bool,
    references: &References,
    plan: &AccountPlan<'_>,
) -> Vec<Problem> {
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
    if !subject.is_alone {
        problems.extend(access.singled_out(subject));
    }
    let beyond = access.beyond(subject, &format!("{} can", subject.who()), limits);
    problems.extend(access.not_denied(subject, beyond, &plan.names));
    if subject.kind == Kind::Person && plan.account.key_rotation.is_some() {
        let who_can = "with an access key that is too old, a person can";
        problems.extend(access.beyond(&subject.tagged(OLD_KEY, Some("true")), who_can, limits));
    }
    if with_nets {
        problems.extend(access.nets(subject, references, plan));
    }
    problems.extend(access.refused(subject, references, &plan.names));
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
    let unknown = attached.chain(boundary.filter(|_| !matches!(kind, Kind::Service(_))));
    let messages = unknown.map(|what| format!("{} has {what}, which no stack defines", subject.who()));
    messages.map(|message| Problem::at(Rule::IsolationUndecided, message, &identity.location)).collect()
}

/// Names of others: one that has nothing in common with `name`, those that it begins and ends with, and one in another case.
fn other_names(name: &str) -> Vec<String> {
    let (mut behind, mut before) = (name.chars(), name.chars());
    behind.next();
    before.next_back();
    let others = [ANOTHER, behind.as_str(), before.as_str(), &name.to_uppercase()];
    others.into_iter().filter(|other| !other.is_empty() && *other != name).map(str::to_owned).collect()
}

/// The policies of a subject, as IAM reads them.
#[derive(Clone)]
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

impl<'s> Access<'s> {
    fn of(subject: &Subject<'s, '_>, references: &'s References) -> Result<Self, Problem> {
        let inventory = subject.inventory;
        let parsed = |index: &usize| {
            let of = |policy: &'s Policy<'_>| match policy.document.parsed() {
                Ok(document) => Ok((*index, document)),
                Err(malformed) => {
                    let message = format!("the policy `{}` cannot be read: {}", policy.name, malformed.message);
                    Err(Problem::at(Rule::IsolationUndecided, message, &policy.location))
                }
            };
            inventory.policies.get(*index).map(of)
        };
        let identity = subject.identity.policies.iter().filter_map(parsed).collect::<Result<_, _>>()?;
        let boundary = subject.boundary().as_ref().and_then(parsed).transpose()?;
        let mut resource = Document { statements: Vec::new() };
        let mut of_resource = Vec::new();
        let buckets = inventory.resource_policies.iter().filter(|policy| policy.resource_type == BUCKET_POLICY);
        for policy in buckets.flat_map(|of| &of.policies).filter_map(parsed) {
            let (index, document) = policy?;
            of_resource.extend((0..document.statements.len()).map(|statement| (index, statement)));
            resource.statements.extend(document.statements.iter().cloned());
        }
        let of_other_accounts = &references.of_other_accounts;
        resource.statements.extend(of_other_accounts.statements.iter().cloned());
        Ok(Self { identity, boundary, resource, of_resource, of_other_accounts })
    }

    fn with_policies<T>(&self, use_them: impl FnOnce(&Policies<'_>) -> T) -> T {
        let attached = |document: &'s Document| Attached { name: "", document };
        let identity: Vec<Attached<'_>> = self.identity.iter().map(|(_, document)| attached(document)).collect();
        let boundary = self.boundary.map(|(_, document)| attached(document));
        let resource = Some(ResourcePolicy::Sufficient(Attached { name: "", document: &self.resource }));
        use_them(&Policies { identity: &identity, boundary, resource })
    }

    /// These identity policies and nothing else in this account.
    fn alone<'p>(&self, identity: &'p [Attached<'p>]) -> Policies<'p>
    where
        's: 'p,
    {
        let resource = Some(ResourcePolicy::Sufficient(Attached { name: "", document: self.of_other_accounts }));
        Policies { identity, boundary: None, resource }
    }

    /// What a net alone lets through: the permissions boundary with everything allowed beneath it, and the guardrails with
    /// everything allowed beside them. Nets hold in `hardened`; in `documented`, only notebook roles have one.
    fn nets(&self, subject: &Subject<'_, '_>, references: &'s References, plan: &AccountPlan<'_>) -> Vec<Problem> {
        let Some(limits) = references.boundary_limits(subject.kind) else { return Vec::new() };
        let is_notebook = subject.kind.active() == Kind::Notebook;
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
                alone.beyond(&subject.tagged(USER, tag), &who_can, &references.nothing)
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
                let unbound = Problem::at(Rule::IsolationUndecided, message, &subject.identity.location);
                let net = alone.identity.iter().chain(&alone.boundary).find(|(policy, _)| *policy != NO_POLICY);
                let statements = net.map(|(policy, _)| (*policy, 0)).into_iter().collect();
                let unbound = Problem { help: BIND, statements, ..unbound };
                problems.extend(if open.is_empty() { vec![unbound] } else { open });
            }
        } else if hardened || is_notebook {
            let message = if by_denials {
                let names = plan.names.notebook_denials.join("` and `");
                format!("{who} does not have the policies `{names}`, which deny what none may")
            } else {
                format!("no {net} limits {who}")
            };
            problems.push(Problem::at(Rule::IsolationTooWide, message, &subject.identity.location));
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

    /// The identity policy of a name.
    fn attached(&self, subject: &Subject<'_, '_>, name: &str) -> Option<(usize, &'s Document)> {
        let is_it = |index: usize| subject.inventory.policies.get(index).is_some_and(|policy| policy.name == *name);
        self.identity.iter().copied().find(|(index, _)| is_it(*index))
    }

    /// What the guardrails leave open with everything allowed beside them.
    fn guardrails(&self, subject: &Subject<'_, '_>, references: &'s References, name: &str) -> Vec<Problem> {
        let Some(guardrails) = self.attached(subject, name) else {
            let message = format!("a person does not have the policy `{name}`, which denies what nobody may");
            let problem = Problem::at(Rule::IsolationTooWide, message, &subject.identity.location);
            return vec![Problem { help: ATTACH, ..problem }];
        };
        let alone = Self {
            identity: vec![(NO_POLICY, &references.everything), guardrails],
            boundary: Some((NO_POLICY, &references.forbidden)),
            resource: self.of_other_accounts.clone(),
            of_resource: Vec::new(),
            of_other_accounts: self.of_other_accounts,
        };
        let who_can = "with some other policy, the guardrails would let a person";
        let problems = alone.beyond(subject, who_can, &references.nothing);
        problems.into_iter().map(|one| Problem { statements: vec![(guardrails.0, 0)], ..one }).collect()
    }

    /// Statements that say something else of each principal: what they say of one person proves nothing of another.
    fn singled_out(&self, subject: &Subject<'_, '_>) -> Vec<Problem> {
        let own = self.identity.iter().chain(&self.boundary).flat_map(|(policy, document)| {
            document.statements.iter().enumerate().map(|(index, statement)| ((*policy, index), statement))
        });
        let all = own.chain(self.of_resource.iter().copied().zip(&self.resource.statements));
        all.filter_map(|(at, statement)| {
            let (who, key) = (subject.kind.who(), statement.singled_out_by()?);
            let message = format!("whether the statement is about {who} depends on the value of their `{key}`");
            let problem = Problem::at(Rule::IsolationUndecided, message, &subject.identity.location);
            Some(Problem { help: ALIKE, statements: vec![at], ..problem })
        })
        .collect()
    }

    /// What is beyond `limits`, or cannot be told, that of the same statements together; `who_can` are the words for it.
    fn beyond(&self, subject: &Subject<'_, '_>, who_can: &str, limits: &Document) -> Vec<Problem> {
        let limits = [Attached { name: "", document: limits }];
        let limits = self.alone(&limits);
        let lines = self.with_policies(|access| access_gains(&subject.principal, &subject.base, &limits, access));
        let Ok(lines) = lines else { return vec![self.too_many(subject)] };
        // By whether it cannot be told, and the statements that make it so.
        let mut groups: BTreeMap<(bool, Statements), Vec<AccessLine>> = BTreeMap::new();
        for line in lines {
            let is_unknown = line.direction == Direction::Unknown;
            groups.entry((is_unknown, self.decisive(&line.example))).or_default().push(line);
        }
        let problem = |((is_unknown, statements), lines): (_, Vec<AccessLine>)| {
            let action = spelled(subject, &lines.first()?.example.action);
            let mut notes: Vec<String> = lines.iter().take(LISTED).map(|line| line_in_words(line, subject)).collect();
            if lines.len() > LISTED {
                notes.push(format!("and {} more", lines.len() - LISTED));
            }
            let (rule, message, help) = if is_unknown {
                (Rule::IsolationUndecided, format!("it cannot be told whether {who_can} call `{action}`"), KNOWN)
            } else {
                let message = format!("{who_can} call `{action}` where isolation does not permit it");
                (Rule::IsolationTooWide, message, if subject.kind == Kind::Other { COMPANYS } else { NARROW })
            };
            let problem = Problem::at(rule, message, &subject.identity.location);
            Some(Problem { help, notes, statements, lines, ..problem })
        };
        groups.into_iter().filter_map(problem).collect()
    }

    /// The same problems; of somebody who is suspended, at the policy that is to deny what other policies allow.
    fn not_denied(&self, subject: &Subject<'_, '_>, mut problems: Vec<Problem>, names: &Names) -> Vec<Problem> {
        let name = match subject.kind {
            Kind::SuspendedPerson => &names.suspended_user_policy,
            Kind::SuspendedNotebook => &names.suspended_notebook_policy,
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

    /// What a subject needs and does not get.
    fn refused(&self, subject: &Subject<'_, '_>, references: &References, names: &Names) -> Vec<Problem> {
        let needs = references.needs(subject.kind);
        // Beside the role of the function there may be others of operations.
        let is_another = subject.kind == Kind::KeyRotation && subject.identity.name != names.key_rotation_role;
        if needs.is_empty() || is_another {
            return Vec::new();
        }
        let attached: Vec<Attached<'_>> =
            needs.iter().map(|need| Attached { name: "", document: &need.document }).collect();
        let needed = self.alone(&attached);
        let lines = self.with_policies(|access| access_losses(&subject.principal, &subject.base, &needed, access));
        let Ok(lines) = lines else { return vec![self.too_many(subject)] };
        let asks_for = |one: &Attached<'_>, request: &Request| {
            let alone = self.alone(std::slice::from_ref(one));
            one.document.may_allow(&request.action) && decide(request, &alone).decision == Decision::Allowed
        };
        let mut problems: BTreeMap<(usize, bool), Problem> = BTreeMap::new();
        for line in lines {
            for (example, keys) in line.examples() {
                let index = attached.iter().position(|one| asks_for(one, &example));
                let Some((index, need)) = index.and_then(|index| Some((index, needs.get(index)?))) else { continue };
                let refusal = certain::refusal(subject, names, need, (&example, &keys));
                if refusal == Refusal::Never {
                    continue;
                }
                let is_unknown = line.direction == Direction::PerhapsNarrowed;
                // What hangs on the hour, on the network or the like may be as the company wants it.
                let is_partial = refusal == Refusal::Sometimes;
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
                        help,
                        notes: vec![line_in_words(&line, subject)],
                        statements,
                        lines: vec![line],
                        ..Problem::at(rule, message, &subject.identity.location)
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

    fn too_many(&self, subject: &Subject<'_, '_>) -> Problem {
        let who = subject.kind.who();
        let message = format!("what {who} may do cannot be compared: there are too many combinations of wildcards");
        let statements = self.identity.iter().map(|(policy, _)| (*policy, 0)).take(1).collect();
        Problem {
            help: FEWER,
            statements,
            ..Problem::at(Rule::IsolationUndecided, message, &subject.identity.location)
        }
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

    /// The statements that decide a request.
    fn decisive(&self, request: &Request) -> Statements {
        let outcome = self.with_policies(|policies| decide(request, policies));
        let denies = outcome.decision == Decision::ExplicitlyDenied;
        let statement = |decisive: &iam::DeterminingStatement| match decisive.policy {
            iam::Kind::Identity(index) => Some((self.identity.get(index)?.0, decisive.statement)),
            // What the boundary allows besides is not what is at fault, unless nothing else is.
            iam::Kind::Boundary if denies || self.identity.iter().all(|(index, _)| *index == NO_POLICY) => {
                Some((self.boundary?.0, decisive.statement))
            }
            iam::Kind::Boundary => None,
            iam::Kind::Resource => self.of_resource.get(decisive.statement).copied(),
        };
        outcome.statements.iter().filter_map(statement).filter(|(policy, _)| *policy != NO_POLICY).collect()
    }
}
