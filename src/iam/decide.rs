//! What AWS decides. An ARN that does not say its account, such as a bucket's, is one of the account of whoever asks.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>

use super::document::{Document, Effect, Statement};
use super::principal::PrincipalMatch;
use super::request::{Principal, Request};
use super::tri_bool::{Doubts, TriBool};

/// What policies do not decide.
///
/// "No permissions are required to perform this operation. If an administrator attaches a policy to your identity that
/// explicitly denies access to the `sts:GetCallerIdentity` action, you can still perform this operation."
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
///
/// "No permissions are required for users to perform this operation. [...] You cannot use policies to control
/// authentication operations." A policy that names it "has no effect on a user's ability to perform the `GetSessionToken`
/// operation", whether it allows or denies.
/// Sources: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_getsessiontoken.html>
pub(super) const NOT_BY_POLICIES: [&str; 2] = ["sts:GetCallerIdentity", FOR_USERS];

/// It "must be called by using the long-term AWS security credentials of an IAM user": who has taken a role has none.
/// Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html>
const FOR_USERS: &str = "sts:GetSessionToken";

/// Whether policies have no say in an action.
pub fn is_beyond_policies(action: &str) -> bool {
    NOT_BY_POLICIES.iter().any(|one| one.eq_ignore_ascii_case(action))
}

/// Everything that a decision is made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policies<'a> {
    /// The policies of whoever asks: their own, those of their groups, inline and managed.
    pub identity: &'a [&'a Document],
    /// Their permissions boundary.
    pub boundary: Option<&'a Document>,
    /// The policy of what is asked for, which names principals, if it has one.
    pub resource: Option<&'a Document>,
    /// Whether that must allow, such as a role's trust policy for `sts:AssumeRole`. Any other, such as a bucket's, can allow on its own,
    /// and need not.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html>
    pub resource_must_allow: bool,
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

impl std::fmt::Display for Decision {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Decision::Allowed => "allowed",
            Decision::ExplicitlyDenied => "explicitly denied",
            Decision::ImplicitlyDenied => "implicitly denied",
            Decision::Unknown => "unknown",
        })
    }
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

/// A decision, and what made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The decision.
    pub decision: Decision,
    /// The statements that made it, each with its index in its policy: those that deny, or those that allow. Of an implicit denial, those that allow what the
    /// boundary or the trust policy does not; of an unknown, those of which it is not known whether they apply, and those
    /// that allow.
    pub statements: Vec<(StatementSource, usize)>,
    /// What is not known of the statements: of an unknown, why it is one.
    pub doubts: Vec<String>,
}

/// Decides a request.
pub fn decide(request: &Request, policies: &Policies<'_>) -> Outcome {
    Statements::of(policies).decide(request)
}

/// The statements of some policies, each with where it stands.
#[derive(Debug, Clone)]
pub(super) struct Statements<'a> {
    pub(super) list: Vec<((StatementSource, usize), &'a Statement)>,
    /// Whether who asks has a permissions boundary.
    pub(super) bounded: bool,
    /// Whether the policy of the resource must allow.
    pub(super) required: bool,
}

impl<'a> Statements<'a> {
    pub(super) fn of(policies: &Policies<'a>) -> Self {
        let identity =
            policies.identity.iter().enumerate().map(|(index, one)| (StatementSource::Identity(index), *one));
        let boundary = policies.boundary.map(|one| (StatementSource::Boundary, one));
        let all = identity.chain(boundary).chain(policies.resource.map(|one| (StatementSource::Resource, one)));
        let list = all.flat_map(|(source, document)| {
            document.statements.iter().enumerate().map(move |(index, one)| ((source, index), one))
        });
        let required = policies.resource_must_allow;
        Self { list: list.collect(), bounded: policies.boundary.is_some(), required }
    }

    pub(super) fn decide(&self, request: &Request) -> Outcome {
        if is_beyond_policies(&request.action) {
            let is_user = matches!(request.principal, Principal::User { .. });
            let for_all = !request.action.eq_ignore_ascii_case(FOR_USERS);
            let decision = if is_user || for_all { Decision::Allowed } else { Decision::ImplicitlyDenied };
            return Outcome { decision, statements: Vec::new(), doubts: Vec::new() };
        }
        let action = request.action.to_ascii_lowercase();
        let mut doubts = Doubts::default();
        let mut applying = Vec::new();
        for (at, statement) in self.list.iter().filter(|(_, statement)| statement.names_action(&action)) {
            let named = statement.named(&request.principal, self.bounded);
            let truth = if named == PrincipalMatch::No { TriBool::No } else { statement.applies(request, &mut doubts) };
            if truth != TriBool::No {
                applying.push((*at, Applying { source: at.0, effect: statement.effect, named, truth }));
            }
        }
        let elsewhere = is_elsewhere(&request.principal, &request.resource);
        let decision = self.decision(&request.principal, elsewhere, applying.iter().map(|(_, one)| *one));
        // What the boundary allows besides matters where something else allows.
        let is_bounding = applying.iter().any(|(_, one)| {
            let is_of_role = one.source == StatementSource::Resource && one.named == PrincipalMatch::ByRole;
            one.effect == Effect::Allow && (is_of_role || matches!(one.source, StatementSource::Identity(_)))
        });
        let determines = |one: &Applying| match (one.effect, decision) {
            (Effect::Deny, Decision::ExplicitlyDenied) => one.truth == TriBool::Yes,
            (Effect::Deny, _) => decision == Decision::Unknown,
            (Effect::Allow, Decision::ExplicitlyDenied) => false,
            (Effect::Allow, _) => one.source != StatementSource::Boundary || is_bounding,
        };
        let statements = applying.iter().filter(|(_, one)| determines(one)).map(|(at, _)| *at).collect();
        Outcome { decision, statements, doubts: doubts.0 }
    }

    /// What those of the statements decide that are about a request, which is for something in another account where `elsewhere`
    /// says so. Where it is not known of some whether they are, the decision is only what it is in either case.
    ///
    /// Within an account, a resource's policy that names a user or everybody allows on its own, and no boundary limits it.
    /// One that names a role does so within the role's boundary; one that names the account leaves it to the identity
    /// policies.
    /// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>,
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
    pub(super) fn decision(
        &self,
        principal: &Principal,
        elsewhere: bool,
        applying: impl Iterator<Item = Applying>,
    ) -> Decision {
        let mut denied = TriBool::No;
        let mut identity = TriBool::No;
        let mut in_boundary = if self.bounded { TriBool::No } else { TriBool::Yes };
        let [mut direct, mut by_role, mut by_account] = [TriBool::No; 3];
        for one in applying {
            let part = match (one.effect, one.source, one.named) {
                (_, _, PrincipalMatch::No) => continue,
                (Effect::Deny, ..) => &mut denied,
                (_, StatementSource::Identity(_), _) => &mut identity,
                (_, StatementSource::Boundary, _) => &mut in_boundary,
                (_, StatementSource::Resource, PrincipalMatch::Directly) => &mut direct,
                (_, StatementSource::Resource, PrincipalMatch::ByRole) => &mut by_role,
                (_, StatementSource::Resource, PrincipalMatch::ByAccount) => &mut by_account,
            };
            *part = part.or(one.truth);
        }
        // What is in another account, that account must allow, too.
        // Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>
        let by_itself = if elsewhere { TriBool::No } else { direct.or(by_role.and(in_boundary)) };
        let by_identity = match principal {
            // Services have no policies of their own.
            Principal::Service(_) => TriBool::No,
            _ if elsewhere => direct.or(by_role).or(by_account).and(identity).and(in_boundary),
            _ if self.required => by_account.and(identity).and(in_boundary),
            _ => identity.and(in_boundary),
        };
        match (denied, by_itself.or(by_identity)) {
            // An explicit denial wins, wherever it stands.
            (TriBool::Yes, _) => Decision::ExplicitlyDenied,
            (_, TriBool::No) => Decision::ImplicitlyDenied,
            (TriBool::No, TriBool::Yes) => Decision::Allowed,
            (TriBool::Unknown, _) | (_, TriBool::Unknown) => Decision::Unknown,
        }
    }
}

/// A statement that is about a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Applying {
    pub(super) source: StatementSource,
    pub(super) effect: Effect,
    /// How it names who asks.
    pub(super) named: PrincipalMatch,
    /// Whether it is.
    pub(super) truth: TriBool,
}

/// Whether the ARN of a resource is one of another account than that of whoever asks.
pub(super) fn is_elsewhere(principal: &Principal, resource: &str) -> bool {
    principal.account().zip(account_of(resource)).is_some_and(|(own, of_resource)| own != of_resource)
}

/// The account that the ARN of a resource says. AWS's own policies are those of the account `aws`, and everybody's.
pub fn account_of(resource: &str) -> Option<&str> {
    resource.split(':').nth(4).filter(|account| account.starts_with(|first: char| first.is_ascii_digit()))
}
