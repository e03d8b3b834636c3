//! The evaluator's side.

use racestack::iam::{
    Attached, Context, Decision, Document, Notes, Outcome, Policies, Principal, Request, ResourcePolicy, decide_noting,
};
use serde_json::Value as Json;

use crate::aim::texts;
use crate::case::Case;
use crate::who::Kind;

/// What the evaluator says of a case, in the oracle's words, and what it does not know.
#[track_caller]
pub fn decision(case: &Case) -> (&'static str, Vec<String>) {
    let identity: Vec<Document> = case.identity.iter().map(parsed).collect();
    let identity: Vec<Attached<'_>> = identity.iter().map(|document| Attached { name: "identity", document }).collect();
    let boundary = case.boundary.as_ref().map(parsed);
    let resource = case.resource_policy.as_ref().map(parsed);
    let resource = resource.as_ref().map(|document| Attached { name: "resource", document });
    let policies = Policies {
        identity: &identity,
        boundary: boundary.as_ref().map(|document| Attached { name: "boundary", document }),
        resource: resource.map(if case.request.action == "sts:AssumeRole" {
            ResourcePolicy::Required
        } else {
            ResourcePolicy::Sufficient
        }),
    };
    let mut notes = Notes::default();
    let Outcome { decision, .. } = decide_noting(&request(case), &policies, &mut notes);
    let decision = match decision {
        Decision::Allowed => "Allowed",
        Decision::ExplicitlyDenied => "ExplicitlyDenied",
        Decision::ImplicitlyDenied => "ImplicitlyDenied",
        Decision::Unknown => "Unknown",
    };
    (decision, notes.doubts)
}

#[track_caller]
fn parsed(policy: &Json) -> Document {
    Document::parse(policy).unwrap_or_else(|malformed| panic!("{malformed:?} in {policy}"))
}

fn request(case: &Case) -> Request {
    let asked = &case.request;
    let account = asked.who.account.unwrap_or_default().to_owned();
    let arn = asked.who.arn.clone();
    let principal = match asked.who.kind {
        Kind::User => Principal::User { arn, account },
        Kind::Session => Principal::Role { arn, session: Some(asked.who.principal.clone()), account },
        Kind::Service => Principal::Service(arn),
    };
    let context = asked.context.iter().fold(Context::new(), |context, (key, value)| match value {
        Json::Array(_) => context.with_all(key, texts(value)),
        only => context.with(key, only.as_str().unwrap_or_default()),
    });
    Request { principal, action: asked.action.clone(), resource: asked.resource.clone(), context }
}
