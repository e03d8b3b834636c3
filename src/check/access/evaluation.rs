//! Evaluations: a request of a person's, decided by the policies of the account.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::account_inventory::{AccountInventory, ActingPrincipal, Policy, Scope};
use super::classes::PrincipalClass;
use super::placeholders::{ACTOR_NAME, PLACEHOLDERS, Substitution, as_target, map_texts};
use super::probes::{AccessProbe, ResourcePolicyRef};
use crate::iam::{
    Context, Decision, Document, Policies, Principal, Request, ResourcePolicy, StatementSource, decide,
    is_beyond_policies,
};
use crate::model::User;
use crate::plan::Names;

/// Whether who asks has a second factor, and for how many seconds. The second key is there with the first alone.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>
pub(crate) const SECOND_FACTOR: &str = "aws:MultiFactorAuthPresent";
pub(crate) const SECOND_FACTOR_AGE: &str = "aws:MultiFactorAuthAge";

/// As what a person asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker {
    /// As their IAM user.
    User,
    /// As a role: from their notebook, which acts as one.
    Notebook,
}

/// What came of a request.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub decision: Decision,
    /// The statements that made it: the policy's index in the inventory of the account, the statement's in the policy, and
    /// whether the policy is the boundary.
    pub statements: Vec<(usize, usize, bool)>,
    /// Why it is unknown.
    pub doubts: Vec<String>,
}

/// How a person's IAM user is taken to be signed in, where the request does not say otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct SignedIn {
    pub(crate) second_factor: bool,
    /// From where: a condition key, and its value.
    pub(crate) network: Option<(&'static str, String)>,
}

/// Whoever asks, with their policies.
pub(crate) struct Actor<'a> {
    pub(crate) asker: Asker,
    arn: String,
    /// The tags, with placeholders in the place of names.
    tags: Vec<(String, String)>,
    policies: Vec<(usize, Cow<'a, Document>)>,
    boundary: Option<(usize, Cow<'a, Document>)>,
}

/// The one whose user, or whose notebook's role, is the actor.
#[derive(Clone, Copy)]
pub(crate) struct ActingAs<'a> {
    pub(crate) asker: Asker,
    pub(crate) principal: &'a ActingPrincipal,
    /// Whose it is, where it is not the asker's own: a role that is written out by name.
    pub(crate) of: Option<&'a User>,
}

impl<'a> Actor<'a> {
    /// The actor, for these people: one of a class, or with none, a role that is nobody's. A policy whose names make it no
    /// policy allows nothing.
    pub(crate) fn new(
        account_inventory: &'a AccountInventory,
        acting_as: ActingAs<'_>,
        class: Option<&PrincipalClass<'_>>,
        substitution: Substitution<'_>,
    ) -> Self {
        let (tags, user_tags) = class.map_or((&[][..], &[][..]), |class| (&class.tags, &class.user_tags));
        let substitution = Substitution { own: acting_as.of.or(substitution.own), other: None };
        let document =
            |index: &usize| Some((*index, document(account_inventory.policies.get(*index)?, substitution, false)?));
        Self {
            asker: acting_as.asker,
            arn: substitution.fill(&acting_as.principal.arn),
            tags: acting_as.principal.tags.of(tags, user_tags),
            policies: acting_as.principal.policies.iter().filter_map(document).collect(),
            boundary: acting_as.principal.boundary.as_ref().and_then(document),
        }
    }
}

/// A policy's document with names in place of its placeholders. `of_other` says that it is the other's.
fn document<'a>(policy: &'a Policy, substitution: Substitution<'_>, of_other: bool) -> Option<Cow<'a, Document>> {
    let personal = matches!(policy.home.scope, Scope::People(_)) && policy.value.to_string().contains(PLACEHOLDERS);
    if !personal || (substitution.own.is_none() && !of_other) {
        return Some(Cow::Borrowed(&policy.document));
    }
    let value = if of_other { map_texts(&policy.value, &as_target) } else { policy.value.clone() };
    Document::parse(&substitution.fill_value(&value)).ok().map(Cow::Owned)
}

/// Decides what an actor asks for.
pub(crate) fn evaluate(
    names: &Names,
    account_inventory: &AccountInventory,
    actor: &Actor<'_>,
    probe: &AccessProbe,
    (substitution, signed_in): (Substitution<'_>, &SignedIn),
) -> Evaluation {
    let own_name = substitution.fill(&ACTOR_NAME.to_string());
    let account = &names.account_id;
    let mut context = Context::new()
        .with("aws:PrincipalArn", &actor.arn)
        .with("aws:PrincipalAccount", account)
        .with("aws:ResourceAccount", account)
        .with("aws:RequestedRegion", &names.region)
        .with("aws:SecureTransport", "true")
        .with("aws:ViaAWSService", "false");
    for (key, value) in &actor.tags {
        context = context.with(&format!("aws:PrincipalTag/{key}"), substitution.fill(value));
    }
    context = match actor.asker {
        Asker::User => context
            .with("aws:username", own_name)
            .with("aws:PrincipalType", "User")
            .with("aws:PrincipalIsAWSService", "false"),
        Asker::Notebook => context.with("aws:PrincipalType", "AssumedRole").with("aws:PrincipalIsAWSService", "false"),
    };
    if actor.asker == Asker::User {
        if signed_in.second_factor {
            context = context.with(SECOND_FACTOR, "true");
        }
        context = signed_in.network.iter().fold(context, |context, (key, value)| context.with(key, value));
    }
    for key in &probe.context {
        let mut values = key.values.iter().map(|value| substitution.fill(value));
        context = if key.multiple {
            context.with_all(&key.name, values)
        } else {
            context.with(&key.name, values.next().unwrap_or_default())
        };
    }
    // Whoever has a second factor has given it some seconds ago.
    let value =
        |key: &str| context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).and_then(|(_, values)| values);
    let has_second_factor = value(SECOND_FACTOR).is_some_and(|values| values.list == ["true"]);
    if has_second_factor && value(SECOND_FACTOR_AGE).is_none() {
        context = context.with(SECOND_FACTOR_AGE, "0");
    }
    let (arn, account) = (actor.arn.clone(), account.clone());
    let principal = match actor.asker {
        Asker::User => Principal::User { arn, account },
        Asker::Notebook => Principal::Role { arn, session: None, account },
    };
    let request =
        Request { principal, action: probe.action.clone(), resource: substitution.fill(&probe.resource), context };
    let anybody = if probe.over == ResourcePolicyRef::UnknownRole { trust_of_the_account(names) } else { None };
    let of_resource = match probe.over {
        ResourcePolicyRef::Nothing | ResourcePolicyRef::UnknownRole => None,
        ResourcePolicyRef::Bucket(index) | ResourcePolicyRef::Role(index) => account_inventory
            .policies
            .get(index)
            .and_then(|policy| document(policy, substitution, true))
            .map(|document| (index, document)),
    };
    let resource = match (probe.over, &of_resource, &anybody) {
        (ResourcePolicyRef::Bucket(_), Some((_, document)), _) => Some(ResourcePolicy::Sufficient(document)),
        (ResourcePolicyRef::Role(_), Some((_, document)), _) => Some(ResourcePolicy::Required(document)),
        (ResourcePolicyRef::UnknownRole, _, Some(document)) => Some(ResourcePolicy::Required(document)),
        _ => None,
    };
    let identity: Vec<&Document> = actor.policies.iter().map(|(_, document)| document.as_ref()).collect();
    let boundary = actor.boundary.as_ref().map(|(_, document)| document.as_ref());
    let outcome = decide(&request, &Policies { identity: &identity, boundary, resource });
    let statements = outcome.statements.iter().filter_map(|decisive| {
        let (policy, boundary) = match decisive.policy {
            StatementSource::Identity(index) => (actor.policies.get(index)?.0, false),
            StatementSource::Boundary => (actor.boundary.as_ref()?.0, true),
            StatementSource::Resource => (of_resource.as_ref()?.0, false),
        };
        Some((policy, decisive.statement, boundary))
    });
    let statements = statements.collect();
    // What of the templates could not be read may allow or deny; what is denied explicitly is denied all the same.
    let unread: BTreeSet<&String> = account_inventory.doubts.iter().map(|(message, _)| message).collect();
    let is_settled = outcome.decision == Decision::ExplicitlyDenied || is_beyond_policies(&request.action);
    if is_settled || unread.is_empty() {
        return Evaluation { decision: outcome.decision, statements, doubts: outcome.doubts };
    }
    let doubts = outcome.doubts.into_iter().chain(unread.into_iter().cloned()).collect();
    Evaluation { decision: Decision::Unknown, statements, doubts }
}

/// What the trust policy of a role that is not known here is taken to be: it leaves everything to the account.
fn trust_of_the_account(names: &Names) -> Option<Document> {
    let statement = serde_json::json!({
        "Effect": "Allow", "Principal": {"AWS": names.account_id}, "Action": "sts:AssumeRole"
    });
    Document::parse(&serde_json::json!({"Version": "2012-10-17", "Statement": [statement]})).ok()
}
