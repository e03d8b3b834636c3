//! Evaluations: a request of a person's, decided by the policies of the account.

use std::collections::BTreeMap;

use super::owned::{OwnedInventory, ResourcePolicyRef, known_tags};
use super::probes::AccessProbe;
use crate::iam::{
    Context, Decision, Document, Policies, Principal as Who, Request, ResourcePolicy, StatementSource, allowed_with,
    decide, is_beyond_policies,
};
use crate::inventory::{Boundary, IdentityKind, Principal};
use crate::plan::Names;

/// Whether who asks has a second factor, and for how many seconds. The second key is there with the first alone.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>
pub(crate) const SECOND_FACTOR: &str = "aws:MultiFactorAuthPresent";
pub(crate) const SECOND_FACTOR_AGE: &str = "aws:MultiFactorAuthAge";

/// As what a person asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Asker {
    /// As their IAM user
    User,
    /// As a role: from their notebook, which acts as one
    Notebook,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub decision: Decision,
    /// The statements that made it: the policy's index in the inventory of the account, and the statement's in the policy.
    pub statements: Vec<(usize, usize)>,
    /// Why it is unknown.
    pub doubts: Vec<String>,
    /// The absent condition keys, each with a value, with which it would be allowed; only where the request is somebody's question.
    pub allowed_with: BTreeMap<String, String>,
}

/// How a person's IAM user is taken to be signed in, where the request does not say otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignedIn {
    pub(crate) second_factor: bool,
    /// From where: a condition key, and its value.
    pub(crate) network: Option<(&'static str, String)>,
}

/// Decides what a principal asks for, as a user or as a role.
pub(crate) fn evaluate(
    names: &Names,
    of_account: &OwnedInventory<'_>,
    actor: &Principal<'_>,
    probe: &AccessProbe,
    signed_in: &SignedIn,
) -> Evaluation {
    let account = &names.account_id;
    let mut context = Context::new()
        .with("aws:PrincipalArn", &actor.arn)
        .with("aws:PrincipalAccount", account)
        .with("aws:ResourceAccount", account)
        .with("aws:RequestedRegion", &names.region)
        .with("aws:SecureTransport", "true")
        .with("aws:ViaAWSService", "false");
    for (key, value) in known_tags(&actor.tags) {
        context = context.with(&format!("aws:PrincipalTag/{key}"), value);
    }
    context = context.with("aws:PrincipalIsAWSService", "false");
    if actor.kind == IdentityKind::User {
        context = context.with("aws:username", &actor.name).with("aws:PrincipalType", "User");
        if signed_in.second_factor {
            context = context.with(SECOND_FACTOR, "true");
        }
        context = signed_in.network.iter().fold(context, |context, (key, value)| context.with(key, value));
    } else {
        context = context.with("aws:PrincipalType", "AssumedRole");
    }
    context = context.and(&probe.context);
    // Whoever has a second factor has given it some seconds ago.
    let has_second_factor = context.get(SECOND_FACTOR).is_some_and(|values| values.list == ["true"]);
    if has_second_factor && context.get(SECOND_FACTOR_AGE).is_none() {
        context = context.with(SECOND_FACTOR_AGE, "0");
    }
    let (arn, account) = (actor.arn.clone(), account.clone());
    let principal = match actor.kind {
        IdentityKind::User => Who::User { arn, account },
        _ => Who::Role { arn, session: None, account },
    };
    let request = Request { principal, action: probe.action.clone(), resource: probe.resource.clone(), context };
    let anybody = if probe.over == ResourcePolicyRef::UnknownRole { trust_of_the_account(names) } else { None };
    let of_resource = match probe.over {
        ResourcePolicyRef::Nothing | ResourcePolicyRef::UnknownRole => None,
        ResourcePolicyRef::Bucket(index) | ResourcePolicyRef::Role(index) => {
            of_account.document(index).map(|document| (index, document))
        }
    };
    let resource = match (probe.over, of_resource) {
        (ResourcePolicyRef::Bucket(_), Some((_, document))) => Some(ResourcePolicy::Sufficient(document)),
        (ResourcePolicyRef::Role(_), Some((_, document))) => Some(ResourcePolicy::Required(document)),
        _ => anybody.as_ref().map(ResourcePolicy::Required),
    };
    // A policy that cannot be read allows nothing, and is doubtful.
    let read = |index: &usize| Some((*index, of_account.document(*index)?));
    let policies: Vec<(usize, &Document)> = actor.policies.iter().filter_map(read).collect();
    let in_boundary = match &actor.boundary {
        Some(Boundary::Policy(index)) => read(index),
        Some(Boundary::Undefined(_)) | None => None,
    };
    let identity: Vec<&Document> = policies.iter().map(|(_, document)| *document).collect();
    let boundary = in_boundary.map(|(_, document)| document);
    let policies_of_all = Policies { identity: &identity, boundary, resource };
    let outcome = decide(&request, &policies_of_all);
    let statements = outcome.statements.iter().filter_map(|decisive| {
        let (policy, _) = match decisive.policy {
            StatementSource::Identity(index) => *policies.get(index)?,
            StatementSource::Boundary => in_boundary?,
            StatementSource::Resource => of_resource?,
        };
        Some((policy, decisive.statement))
    });
    let statements = statements.collect();
    let doubts = if outcome.decision == Decision::Unknown { outcome.doubts } else { Vec::new() };
    // What of the templates could not be read may allow or deny; what is denied explicitly is denied all the same.
    let unread = &of_account.doubts;
    let is_settled = outcome.decision == Decision::ExplicitlyDenied || is_beyond_policies(&request.action);
    if is_settled || unread.is_empty() {
        let is_denied = matches!(outcome.decision, Decision::ExplicitlyDenied | Decision::ImplicitlyDenied);
        // A request of the table is as it is.
        let is_asked = probe.verb.is_empty() && unread.is_empty();
        let allowed_with =
            if is_asked && is_denied { allowed_with(&request, &policies_of_all) } else { BTreeMap::new() };
        return Evaluation { decision: outcome.decision, statements, doubts, allowed_with };
    }
    let doubts = doubts.into_iter().chain(unread.iter().cloned()).collect();
    Evaluation { decision: Decision::Unknown, statements, doubts, allowed_with: BTreeMap::new() }
}

/// What the trust policy of a role that is not known here is taken to be: it leaves everything to the account.
fn trust_of_the_account(names: &Names) -> Option<Document> {
    let statement = serde_json::json!({
        "Effect": "Allow", "Principal": {"AWS": names.account_id}, "Action": "sts:AssumeRole"
    });
    Document::parse(&serde_json::json!({"Version": "2012-10-17", "Statement": [statement]})).ok()
}
