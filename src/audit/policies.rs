//! Policies of the bucket, its access points, keys and topics that let somebody in by themselves.

use serde_json::Value;

use super::observation::{Observation, ResourceKind};
use super::sides::Sides;
use crate::finding::Rule;
use crate::inventory::{one_or_more, plain, statement_name};

const HELP: &str = "let the policy name this account, the one service that needs it, or whom the settings trust";

/// The services that may be named, by what the policy is of: budgets tell a topic of the costs.
const SERVICES: &[(ResourceKind, &str)] = &[(ResourceKind::Topic, "budgets.amazonaws.com")];

/// Statements that let somebody in who is neither of this account nor trusted.
pub fn observations(sides: &Sides<'_>) -> Vec<Observation> {
    let (bucket, name) = (&sides.export.bucket, sides.plan.names.bucket.as_str());
    let of_bucket = bucket.policy.iter().map(|(policy, place)| ((ResourceKind::Bucket, name), Some(policy), place));
    let of_points = bucket.access_points.iter();
    let of_points =
        of_points.map(|(name, (policy, place))| ((ResourceKind::AccessPoint, name.as_str()), policy.as_ref(), place));
    let of_others = sides.export.policies.iter().map(|(arn, (policy, place))| {
        let kind = if arn.contains(":sns:") { ResourceKind::Topic } else { ResourceKind::Key };
        ((kind, arn.as_str()), policy.as_ref(), place)
    });
    let mut found = Vec::new();
    for (resource, policy, place) in of_bucket.chain(of_points).chain(of_others) {
        let Some(policy) = policy else { continue };
        let statements: Vec<&Value> = one_or_more(policy.get("Statement")).collect();
        if statements.is_empty() {
            let what = "a policy that cannot be read";
            found.push(Observation::of(Rule::AuditReached, resource, "policy", what).at(place.clone(), HELP));
        }
        for (at, statement) in statements.into_iter().enumerate() {
            let named = let_in(sides, resource.0, statement);
            if named.is_empty() || statement.get("Effect").is_some_and(|effect| effect == "Deny") {
                continue;
            }
            let sid = statement_name(statement, at);
            let what = format!("a policy that lets in {}", named.join(", "));
            let one = Observation::of(Rule::AuditReached, resource, format!("policy/{sid}"), what);
            let notes = vec![format!("by the statement `{sid}`")];
            found.push(Observation { notes, ..one.at(place.clone(), HELP) });
        }
    }
    found
}

/// Whom a statement names besides the account, the service that it is for, and whom the settings trust.
fn let_in(sides: &Sides<'_>, resource: ResourceKind, statement: &Value) -> Vec<String> {
    let names = &sides.plan.names;
    let root = format!("arn:{}:iam::{}:root", names.partition, names.account_id);
    let Some(principals) = statement.get("Principal").filter(|_| statement.get("NotPrincipal").is_none()) else {
        return vec!["everybody but some".to_owned()];
    };
    let Some(principals) = principals.as_object() else { return vec![format!("`{}`", plain(principals))] };
    let is_own = |kind: &str, one: &str| match kind {
        "AWS" => one == names.account_id || one == root || sides.is_trusted(one),
        "Service" => SERVICES.contains(&(resource, one)),
        _ => false,
    };
    // SNS lets its owner's account in by a condition.
    let is_known = |kind: &str, one: &str| is_own(kind, one) || one == "*" && is_of_owner(statement, &names.account_id);
    let all = principals.iter().flat_map(|(kind, value)| one_or_more(Some(value)).map(move |one| (kind, one)));
    let external = all.filter(|(kind, one)| !one.as_str().is_some_and(|one| is_known(kind, one)));
    external.map(|(_, one)| format!("`{}`", plain(one))).collect()
}

/// Whether a statement asks for the account that owns the resource, as the policy does that SNS gives each topic.
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
fn is_of_owner(statement: &Value, account: &str) -> bool {
    let equals = statement.get("Condition").and_then(|condition| condition.get("StringEquals"));
    let keys = equals.and_then(Value::as_object).into_iter().flatten();
    keys.into_iter().any(|(key, value)| {
        let of_owner = ["aws:sourceowner", "aws:sourceaccount", "aws:principalaccount"];
        of_owner.contains(&key.to_lowercase().as_str()) && one_or_more(Some(value)).all(|one| one == account)
    })
}
