//! Who may take a role: by the one trust policy that is allowed to each kind.

use serde_json::Value;

use super::kind::{Kind, Subject};
use super::problem::Problem;
use crate::finding::Rule;
use crate::inventory::IdentityKind;
use crate::inventory::one_or_more;
use crate::model::Service;
use crate::plan::Names;

/// Checks the trust policy of a role.
pub fn check(subject: &Subject<'_, '_>, names: &Names) -> Vec<Problem> {
    if subject.identity.kind != IdentityKind::Role {
        return Vec::new();
    }
    let services: &[Service] = match subject.kind {
        Kind::Notebook | Kind::SuspendedNotebook => &[Service::Sagemaker],
        Kind::KeyRotation => &[Service::Lambda],
        Kind::Service => &Service::ALL,
        Kind::Person | Kind::SuspendedPerson | Kind::Other => &[],
    };
    let Some((index, policy)) =
        subject.identity.trust.and_then(|index| Some((index, subject.inventory.policies.get(index)?)))
    else {
        let message = format!("the role `{}` has no trust policy", subject.identity.name);
        return vec![Problem::at(Rule::IsolationUndecided, message, &subject.identity.location)];
    };
    let mut problems = Vec::new();
    for (statement, one) in one_or_more(policy.document.value.get("Statement")).enumerate() {
        if one.get("Effect").and_then(Value::as_str) == Some("Deny") || is_allowed(one, services, names) {
            continue;
        }
        problems.push(Problem {
            rule: Rule::IsolationTooWide,
            is_warning: false,
            message: format!("{}'s role can be taken by somebody else, or in another way", subject.kind.who()),
            help: "let `sts:AssumeRole` by the role's one service be all that the trust policy allows",
            notes: vec![format!("allowed is `sts:AssumeRole` by one of {}", words(services))],
            statements: vec![(index, statement)],
            lines: Vec::new(),
            location: None,
        });
    }
    if policy.document.parsed().is_err() {
        let message = format!("the trust policy of `{}` cannot be read", subject.identity.name);
        problems.push(Problem::at(Rule::IsolationUndecided, message, &policy.location));
    }
    problems
}

fn words(services: &[Service]) -> String {
    services.iter().map(|service| service.as_str()).collect::<Vec<_>>().join(", ")
}

/// Whether a statement lets one of the services take the role, and nobody do anything else. Conditions only narrow it.
fn is_allowed(statement: &Value, services: &[Service], names: &Names) -> bool {
    let allowed: Vec<String> = services
        .iter()
        .map(|service| service.as_str())
        .flat_map(|service| [format!("{service}.amazonaws.com"), format!("{service}.{}", names.dns_suffix)])
        .collect();
    let principals = statement.get("Principal").and_then(Value::as_object);
    let is_service = principals.is_some_and(|principals| {
        principals.len() == 1
            && principals.get("Service").is_some_and(|service| {
                one_or_more(Some(service))
                    .all(|one| one.as_str().is_some_and(|one| allowed.iter().any(|own| own == one)))
            })
    });
    let is_taking = one_or_more(statement.get("Action")).all(|action| action.as_str() == Some("sts:AssumeRole"));
    is_service && is_taking && statement.get("Action").is_some() && statement.get("NotPrincipal").is_none()
}
