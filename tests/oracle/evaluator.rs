//! The evaluator's side.

use racestack::iam::{Context, Decision, Document, Outcome, Policies, Principal, Request, decide};
use serde_json::{Map, Value as Json};

use crate::oracle::aim::texts;
use crate::oracle::case::Case;
use crate::oracle::who::Kind;

/// What the evaluator says of a case, in the oracle's words, and what it does not know.
#[track_caller]
pub fn decision(case: &Case) -> (&'static str, Vec<String>) {
    let Outcome { decision, doubts, .. } = with_policies(case, |policies| decide(&request(case), policies));
    let decision = match decision {
        Decision::Allowed => "Allowed",
        Decision::ExplicitlyDenied => "ExplicitlyDenied",
        Decision::ImplicitlyDenied => "ImplicitlyDenied",
        Decision::Unknown => "Unknown",
    };
    (decision, doubts)
}

/// Hands on the policies of a case.
#[track_caller]
pub fn with_policies<T>(case: &Case, to: impl FnOnce(&Policies<'_>) -> T) -> T {
    let identity: Vec<Document> = case.identity.iter().map(parsed).collect();
    let identity: Vec<&Document> = identity.iter().collect();
    let boundary = case.boundary.as_ref().map(parsed);
    let resource = case.resource_policy.as_ref().map(parsed);
    to(&Policies {
        identity: &identity,
        boundary: boundary.as_ref(),
        resource: resource.as_ref(),
        resource_must_allow: resource.is_some() && case.request.action == "sts:AssumeRole",
    })
}

#[track_caller]
fn parsed(policy: &Json) -> Document {
    Document::parse(policy).unwrap_or_else(|malformed| panic!("{malformed:?} in {policy}"))
}

pub fn request(case: &Case) -> Request {
    let asked = &case.request;
    let account = asked.who.account.unwrap_or_default().to_owned();
    let arn = asked.who.arn.clone();
    let principal = match asked.who.kind {
        Kind::User => Principal::User { arn, account },
        Kind::Session => Principal::Role { arn, session: Some(asked.who.principal.clone()), account },
        Kind::Service => Principal::Service(arn),
    };
    let context = context(&asked.context);
    Request { principal, action: asked.action.clone(), resource: asked.resource.clone(), context }
}

/// What a request says, by key.
pub fn context(said: &Map<String, Json>) -> Context {
    said.iter().fold(Context::new(), |context, (key, value)| match value {
        Json::Array(_) => context.with_all(key, texts(value)),
        only => context.with(key, only.as_str().unwrap_or_default()),
    })
}
