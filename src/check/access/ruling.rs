//! Rulings: a request of a person's, decided by the policies of the account.

use std::borrow::Cow;

use super::asks::{Ask, Over};
use super::estate::{Agent, Estate, Policy, Scope};
use super::kin::Kin;
use super::marks::{Cast, MARKS, OWN_NAME, as_other, map_texts};
use crate::iam::{
    Attached, Context, Decision, Document, Kind, Notes, Policies, Principal, Request, ResourcePolicy, decide_noting,
};
use crate::model::User;
use crate::plan::Names;

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
pub struct Ruling {
    /// The decision.
    pub decision: Decision,
    /// The statements that made it: the policy's index in the estate, the statement's in the policy, and whether the
    /// policy is the boundary.
    pub statements: Vec<(usize, usize, bool)>,
    /// Why it is unknown.
    pub doubts: Vec<String>,
}

/// Whoever asks, with their policies.
pub(crate) struct Actor<'a> {
    pub(crate) asker: Asker,
    arn: String,
    /// The tags, with marks in the place of names.
    tags: Vec<(String, String)>,
    policies: Vec<(usize, Cow<'a, Document>)>,
    boundary: Option<(usize, Cow<'a, Document>)>,
}

/// The one whose user, or whose notebook's role, is the actor.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) asker: Asker,
    pub(crate) agent: &'a Agent,
    /// Whose it is, where it is not the asker's own: a role that is written out by name.
    pub(crate) of: Option<&'a User>,
}

impl<'a> Actor<'a> {
    /// The actor, for these people: one of `kin`, or with none, a role that is nobody's. A policy whose names make it no
    /// policy allows nothing.
    pub(crate) fn new(estate: &'a Estate, held: Held<'_>, kin: Option<&Kin<'_>>, cast: Cast<'_>) -> Self {
        let (tags, user_tags) = kin.map_or((&[][..], &[][..]), |kin| (&kin.tags, &kin.user_tags));
        let cast = Cast { own: held.of.or(cast.own), other: None };
        let document = |index: &usize| Some((*index, document(estate.policies.get(*index)?, cast, false)?));
        Self {
            asker: held.asker,
            arn: cast.fill(&held.agent.arn),
            tags: held.agent.tags.of(tags, user_tags),
            policies: held.agent.policies.iter().filter_map(document).collect(),
            boundary: held.agent.boundary.as_ref().and_then(document),
        }
    }
}

/// A policy's document with names in place of its marks. `of_other` says that it is the other's.
fn document<'a>(policy: &'a Policy, cast: Cast<'_>, of_other: bool) -> Option<Cow<'a, Document>> {
    let personal = matches!(policy.home.scope, Scope::People(_)) && policy.value.to_string().contains(MARKS);
    if !personal || (cast.own.is_none() && !of_other) {
        return Some(Cow::Borrowed(&policy.document));
    }
    let value = if of_other { map_texts(&policy.value, &as_other) } else { policy.value.clone() };
    Document::parse(&cast.fill_value(&value)).ok().map(Cow::Owned)
}

/// Decides what an actor asks for, and notes the comparisons that it hung on.
pub(crate) fn rule(
    names: &Names,
    estate: &Estate,
    actor: &Actor<'_>,
    ask: &Ask,
    (cast, mfa): (Cast<'_>, bool),
    notes: &mut Notes,
) -> Ruling {
    let own_name = cast.fill(&OWN_NAME.to_string());
    let account = &names.account_id;
    let mut context = Context::new()
        .with("aws:PrincipalArn", &actor.arn)
        .with("aws:PrincipalAccount", account)
        .with("aws:ResourceAccount", account)
        .with("aws:RequestedRegion", &names.region)
        .with("aws:SecureTransport", "true")
        .with("aws:ViaAWSService", "false");
    for (key, value) in &actor.tags {
        context = context.with(&format!("aws:PrincipalTag/{key}"), cast.fill(value));
    }
    context = match actor.asker {
        Asker::User => context.with("aws:username", own_name).with("aws:PrincipalType", "User"),
        Asker::Notebook => context.with("aws:PrincipalType", "AssumedRole"),
    };
    if mfa && actor.asker == Asker::User {
        context = context.with("aws:MultiFactorAuthPresent", "true");
    }
    for key in &ask.context {
        let mut values = key.values.iter().map(|value| cast.fill(value));
        context = if key.multiple {
            context.with_all(&key.name, values)
        } else {
            context.with(&key.name, values.next().unwrap_or_default())
        };
    }
    let (arn, account) = (actor.arn.clone(), account.clone());
    let principal = match actor.asker {
        Asker::User => Principal::User { arn, account },
        Asker::Notebook => Principal::Role { arn, session: None, account },
    };
    let request = Request { principal, action: ask.action.clone(), resource: cast.fill(&ask.resource), context };
    let anybody = if ask.over == Over::UnknownRole { trust_of_the_account(names) } else { None };
    let of_resource = match ask.over {
        Over::Nothing | Over::UnknownRole => None,
        Over::Bucket(index) | Over::Role(index) => {
            estate.policies.get(index).and_then(|policy| document(policy, cast, true)).map(|document| (index, document))
        }
    };
    let resource = match (ask.over, &of_resource, &anybody) {
        (Over::Bucket(_), Some((_, document)), _) => Some(ResourcePolicy::Sufficient(Attached { name: "", document })),
        (Over::Role(_), Some((_, document)), _) => Some(ResourcePolicy::Required(Attached { name: "", document })),
        (Over::UnknownRole, _, Some(document)) => Some(ResourcePolicy::Required(Attached { name: "", document })),
        _ => None,
    };
    let identity: Vec<Attached<'_>> =
        actor.policies.iter().map(|(_, document)| Attached { name: "", document: document.as_ref() }).collect();
    let boundary = actor.boundary.as_ref().map(|(_, document)| Attached { name: "", document: document.as_ref() });
    let outcome = decide_noting(&request, &Policies { identity: &identity, boundary, resource }, notes);
    let statements = outcome.statements.iter().filter_map(|decisive| {
        let (policy, boundary) = match decisive.policy {
            Kind::Identity(index) => (actor.policies.get(index)?.0, false),
            Kind::Boundary => (actor.boundary.as_ref()?.0, true),
            Kind::Resource => (of_resource.as_ref()?.0, false),
        };
        Some((policy, decisive.statement, boundary))
    });
    Ruling { decision: outcome.decision, statements: statements.collect(), doubts: outcome.doubts }
}

/// What the trust policy of a role that is not known here is taken to be: it leaves everything to the account.
fn trust_of_the_account(names: &Names) -> Option<Document> {
    let statement = serde_json::json!({
        "Effect": "Allow", "Principal": {"AWS": names.account_id}, "Action": "sts:AssumeRole"
    });
    Document::parse(&serde_json::json!({"Version": "2012-10-17", "Statement": [statement]})).ok()
}
