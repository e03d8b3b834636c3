//! What AWS decides. An ARN that does not say its account, such as a bucket's, is one of the account of whoever asks.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>

use super::beyond::{FOR_USERS, is_beyond_policies};
use super::comparison::Doubts;
use super::document::{Document, Effect};
use super::principal::Named;
use super::request::{Principal, Request};
use super::tri_bool::TriBool;

/// Everything that a decision is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// The policies of whoever asks: their own, those of their groups, inline and managed.
    pub identity: &'a [&'a Document],
    /// Their permissions boundary.
    pub boundary: Option<&'a Document>,
    /// The policy of what is asked for, if it has one.
    pub resource: Option<ResourcePolicy<'a>>,
}

/// The policy of a resource, which names principals.
#[derive(Debug, Clone, Copy)]
pub enum ResourcePolicy<'a> {
    /// One that can allow on its own, and need not, such as a bucket's.
    Sufficient(&'a Document),
    /// One that must allow, such as a role's trust policy for `sts:AssumeRole`.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html>
    Required(&'a Document),
}

/// What AWS decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is allowed.
    Allowed,
    /// A statement denies it.
    ExplicitlyDenied,
    /// No statement allows it, or the boundary or the trust policy does not.
    ImplicitlyDenied,
    /// It hangs on what is not known.
    Unknown,
}

/// Which of the policies a statement is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatementSource {
    /// An identity policy, by its index.
    Identity(usize),
    /// The permissions boundary.
    Boundary,
    /// The policy of the resource.
    Resource,
}

/// A statement that a decision rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeterminingStatement {
    /// The policy.
    pub policy: StatementSource,
    /// The statement's index in it.
    pub statement: usize,
}

/// A decision, and what made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: Decision,
    /// The statements that made it: those that deny, or those that allow. Of an implicit denial, those that allow what the
    /// boundary or the trust policy does not; of an unknown, those of which it is not known whether they apply, and those
    /// that allow.
    pub statements: Vec<DeterminingStatement>,
    /// What is not known of the statements: of an unknown, why it is one.
    pub doubts: Vec<String>,
}

/// Decides a request.
pub fn decide(request: &Request, policies: &Policies<'_>) -> Outcome {
    let mut doubts = Doubts::default();
    if is_beyond_policies(&request.action) {
        let is_user = matches!(request.principal, Principal::User { .. });
        let for_all = !request.action.eq_ignore_ascii_case(FOR_USERS);
        let decision = if is_user || for_all { Decision::Allowed } else { Decision::ImplicitlyDenied };
        return Outcome { decision, statements: Vec::new(), doubts: Vec::new() };
    }
    let action = request.action.to_ascii_lowercase();
    let mut found = MatchingStatements { bounded: policies.boundary.is_some(), action, statements: Vec::new() };
    for (index, attached) in policies.identity.iter().enumerate() {
        found.look(StatementSource::Identity(index), attached, request, &mut doubts);
    }
    if let Some(boundary) = policies.boundary {
        found.look(StatementSource::Boundary, boundary, request, &mut doubts);
    }
    if let Some(ResourcePolicy::Sufficient(attached) | ResourcePolicy::Required(attached)) = policies.resource {
        found.look(StatementSource::Resource, attached, request, &mut doubts);
    }
    let (allowed, allowing) = found.allowed(request, policies);
    let (decision, mut statements) = match (found.denied(), allowed) {
        // An explicit denial wins, wherever it stands.
        (TriBool::Yes, _) => (Decision::ExplicitlyDenied, found.of(Effect::Deny, TriBool::Yes)),
        (_, TriBool::No) => (Decision::ImplicitlyDenied, allowing),
        (TriBool::No, TriBool::Yes) => (Decision::Allowed, allowing),
        (TriBool::Unknown, _) | (_, TriBool::Unknown) => {
            let mut statements = found.of(Effect::Deny, TriBool::Unknown);
            statements.extend(allowing);
            (Decision::Unknown, statements)
        }
    };
    statements.sort_unstable();
    statements.dedup();
    Outcome { decision, statements, doubts: doubts.0 }
}

/// The statements that apply, or may.
struct MatchingStatements {
    /// Whether who asks has a permissions boundary.
    bounded: bool,
    /// The action, in lower case.
    action: String,
    statements: Vec<(DeterminingStatement, Effect, TriBool, Named)>,
}

impl MatchingStatements {
    fn look(&mut self, policy: StatementSource, document: &Document, request: &Request, doubts: &mut Doubts) {
        for (statement, one) in document.statements.iter().enumerate() {
            if !one.names_action(&self.action) {
                continue;
            }
            let mut named = Named::Directly;
            let truth = one.applies(request, self.bounded, doubts, &mut named);
            if truth != TriBool::No {
                self.statements.push((DeterminingStatement { policy, statement }, one.effect, truth, named));
            }
        }
    }

    fn denied(&self) -> TriBool {
        let denials = self.statements.iter().filter(|(_, effect, ..)| *effect == Effect::Deny);
        denials.fold(TriBool::No, |denied, (_, _, truth, _)| denied.or(*truth))
    }

    fn of(&self, effect: Effect, truth: TriBool) -> Vec<DeterminingStatement> {
        let wanted = self.statements.iter().filter(|(_, of, at, _)| *of == effect && *at == truth);
        wanted.map(|(decisive, ..)| *decisive).collect()
    }

    /// What allows among the statements of a kind of policy, and whether any does.
    fn allowing(&self, of: impl Fn(StatementSource, Named) -> bool) -> (TriBool, Vec<DeterminingStatement>) {
        let mut truth = TriBool::No;
        let mut statements = Vec::new();
        for (decisive, effect, applies, named) in &self.statements {
            if *effect == Effect::Allow && of(decisive.policy, *named) {
                truth = truth.or(*applies);
                statements.push(*decisive);
            }
        }
        (truth, statements)
    }

    /// Whether anything allows the request, leaving denials aside.
    ///
    /// Within an account, a resource's policy that names a user or everybody allows on its own, and no boundary limits it.
    /// One that names a role does so within the role's boundary; one that names the account leaves it to the identity
    /// policies.
    /// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    fn allowed(&self, request: &Request, policies: &Policies<'_>) -> (TriBool, Vec<DeterminingStatement>) {
        let (identity, mut statements) = self.allowing(|kind, _| matches!(kind, StatementSource::Identity(_)));
        let (in_boundary, bounding) = match policies.boundary {
            Some(_) => self.allowing(|kind, _| kind == StatementSource::Boundary),
            None => (TriBool::Yes, Vec::new()),
        };
        let (direct, directly) =
            self.allowing(|kind, named| kind == StatementSource::Resource && named == Named::Directly);
        let (by_role, of_role) =
            self.allowing(|kind, named| kind == StatementSource::Resource && named == Named::ByRole);
        let (by_account, of_account) =
            self.allowing(|kind, named| kind == StatementSource::Resource && named == Named::ByAccount);
        // What is in another account, that account must allow, too.
        // Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
        let elsewhere = is_elsewhere(request);
        let by_itself = if elsewhere { TriBool::No } else { direct.or(by_role.and(in_boundary)) };
        let by_identity = match (policies.resource, &request.principal) {
            // Services have no policies of their own.
            (_, Principal::Service(_)) => TriBool::No,
            _ if elsewhere => direct.or(by_role).or(by_account).and(identity).and(in_boundary),
            (Some(ResourcePolicy::Required(_)), _) => by_account.and(identity).and(in_boundary),
            _ => identity.and(in_boundary),
        };
        if identity != TriBool::No || by_role != TriBool::No {
            statements.extend(bounding);
        }
        statements.extend(directly);
        statements.extend(of_role);
        statements.extend(of_account);
        (by_itself.or(by_identity), statements)
    }
}

/// Whether the ARN of the resource is one of another account than that of whoever asks.
pub(super) fn is_elsewhere(request: &Request) -> bool {
    let (Principal::User { account, .. } | Principal::Role { account, .. }) = &request.principal else {
        return false;
    };
    let of_resource = request.resource.split(':').nth(4).unwrap_or_default();
    // AWS's own policies are those of the account `aws`, and everybody's.
    of_resource.starts_with(|first: char| first.is_ascii_digit()) && of_resource != account
}
