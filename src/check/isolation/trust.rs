//! Who may take a role, by its trust policy.

use serde_json::Value;

use super::kind::{PrincipalKind, Subject};
use super::principals::{Allowed, COMPANYS, DNS_SUFFIX, NOBODY, opened};
use super::problem::{Problem, document};
use crate::finding::Rule;
use crate::iam::{Context, Decision, Policies, Principal, Request, decide};
use crate::inventory::{IdentityKind, one_or_more};
use crate::model::{Profile, Service};
use crate::plan::{AccountPlan, Names};

/// What to do where the trust policy of a role of the company's own lets in somebody else.
const OWN: &str =
    "name a service, this account or a role of it as the principal, and `sts:AssumeRole` as the only action";

/// Checks who may take a role: the services of its kind, in the one way that is allowed, and nobody else.
pub fn check(subject: &Subject<'_, '_>, plan: &AccountPlan<'_>) -> Vec<Problem> {
    let Subject { identity, inventory, kind, .. } = *subject;
    if identity.kind != IdentityKind::Role {
        return Vec::new();
    }
    let Some((index, policy)) = identity.trust.and_then(|index| Some((index, inventory.policies.get(index)?))) else {
        let message = format!("the role `{}` has no trust policy", identity.name);
        let help = "give it `AssumeRolePolicyDocument`, as the built-in templates do, which `racestack templates --export DIR` writes";
        return vec![Problem::at(Rule::IsolationUndecided, message, help, &identity.location)];
    };
    // What takes the role, and the resources that it must be able to take it for.
    let (service, things): (Option<Service>, &[&str]) = match kind {
        PrincipalKind::Notebook => (Some(Service::Sagemaker), &["notebook-instance", "training-job"]),
        PrincipalKind::SuspendedNotebook => (Some(Service::Sagemaker), &[]),
        PrincipalKind::KeyRotation => (Some(Service::Lambda), &["function"]),
        PrincipalKind::Service(service) => (Some(service), &[]),
        PrincipalKind::Person | PrincipalKind::SuspendedPerson | PrincipalKind::External | PrincipalKind::Company => {
            (None, &[])
        }
    };
    // What SageMaker does for another account it does not do with this role.
    let for_account = kind == PrincipalKind::Service(Service::Sagemaker) && plan.account.policies == Profile::Hardened;
    let services: Vec<&str> = service.iter().map(|service| service.as_str()).collect();
    let (allowed, help, by) = if kind == PrincipalKind::Company {
        (COMPANYS, OWN, "services of AWS, this account, and roles of it that are no notebook's".to_owned())
    } else {
        let help = "let `sts:AssumeRole` by the role's one service be all that the trust policy allows";
        let by = service.map(|one| format!("`{}.{DNS_SUFFIX}`", one.as_str())).unwrap_or_default();
        let where_for = if for_account { ", where `aws:SourceAccount` is this account" } else { "" };
        (Allowed { services: Some(&services), for_account, ..NOBODY }, help, by + where_for)
    };
    let is_allowed = |one: &Value| {
        let is_taking =
            |action: &Value| action.as_str().is_some_and(|action| action.eq_ignore_ascii_case("sts:AssumeRole"));
        one.get("Action").is_some()
            && one_or_more(one.get("Action")).all(is_taking)
            && allowed.is_all_of(one, &plan.names)
    };
    let message = format!("the role of {} can be taken by somebody else, or in another way", subject.who());
    let notes = vec![format!("allowed is `sts:AssumeRole` by {by}")];
    let problem = Problem { notes, ..Problem::at(Rule::IsolationTooWide, message, help, &policy.location) };
    let mut problems = opened(inventory, index, &problem, is_allowed);
    let trust = match document(policy) {
        Ok(document) => Some(document),
        Err(problem) => {
            problems.push(problem);
            return problems;
        }
    };
    let service = services.concat();
    let is_refused = |thing: &&&str| {
        let request = taking(&identity.arn, &service, thing, &plan.names);
        decide(&request, &Policies { resource: trust, resource_must_allow: true, ..Policies::default() }).decision
            != Decision::Allowed
    };
    if let Some(thing) = things.iter().find(is_refused) {
        let message = format!("{service} cannot take on the role of {} for a {thing}", kind.who());
        let help = "let the role's one service call `sts:AssumeRole`, for this account at least";
        let statements = vec![(index, 0)];
        let problem = Problem::at(Rule::IsolationOwnRefused, message, help, &policy.location);
        problems.push(Problem { statements, ..problem });
    }
    problems
}

/// How a service takes a role for something of the account.
fn taking(role: &str, service: &str, thing: &str, names: &Names) -> Request {
    let Names { partition, region, account_id, .. } = names;
    let source = format!("arn:{partition}:{service}:{region}:{account_id}:{thing}/any");
    Request {
        principal: Principal::Service(format!("{service}.{DNS_SUFFIX}")),
        action: "sts:AssumeRole".to_owned(),
        resource: role.to_owned(),
        context: Context::new().with("aws:SourceAccount", account_id).with("aws:SourceArn", source),
    }
}
