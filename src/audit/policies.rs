//! Policies of the bucket, its access points, keys and topics that let somebody in by themselves.

use serde_json::Value;

use super::observation::{Observation, Thing};
use super::sides::Sides;
use crate::finding::Rule;
use crate::inventory::{one_or_more, plain};
use crate::source::Place;

const HELP: &str = "let the policy name this account, the one service that needs it, or whom the settings trust";

/// The services that may be named, by what the policy is of: budgets tell a topic of the costs.
const SERVICES: &[(Thing, &str)] = &[(Thing::Topic, "budgets.amazonaws.com")];

/// Statements that let somebody in who is neither of this account nor trusted.
pub fn observations(sides: &Sides<'_>) -> Vec<Observation> {
    let bucket = &sides.export.bucket;
    let name = sides.plan.names.bucket.as_str();
    let mut found = Vec::new();
    let mut look = |thing: (Thing, &str), policy: Option<&Value>, place: &Place| {
        let Some(policy) = policy else { return };
        let statements: Vec<&Value> = one_or_more(policy.get("Statement")).collect();
        if statements.is_empty() {
            let what = "a policy that cannot be read";
            found.push(Observation::of(Rule::AuditReached, thing, "policy", what).at(place.clone(), HELP));
        }
        for (index, statement) in statements.into_iter().enumerate() {
            if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
                continue;
            }
            let strangers = strangers(sides, thing.0, statement);
            if strangers.is_empty() {
                continue;
            }
            let sid =
                statement.get("Sid").and_then(Value::as_str).map_or_else(|| (index + 1).to_string(), str::to_owned);
            let what = format!("a policy that lets in {}", strangers.join(", "));
            let one = Observation::of(Rule::AuditReached, thing, format!("policy/{sid}"), what);
            let mut one = one.at(place.clone(), HELP);
            one.notes.push(format!("by the statement `{sid}`"));
            found.push(one);
        }
    };
    if let Some((policy, place)) = &bucket.policy {
        look((Thing::Bucket, name), Some(policy), place);
    }
    for one in &bucket.access_points {
        look((Thing::AccessPoint, &one.name), one.policy.as_ref(), &one.place);
    }
    for one in &sides.export.policies {
        let thing = if one.arn.contains(":sns:") { Thing::Topic } else { Thing::Key };
        look((thing, &one.arn), one.policy.as_ref(), &one.place);
    }
    found
}

/// Whom a statement names besides the account, the service that it is for, and whom the settings trust.
fn strangers(sides: &Sides<'_>, thing: Thing, statement: &Value) -> Vec<String> {
    let names = &sides.plan.names;
    let root = format!("arn:{}:iam::{}:root", names.partition, names.account_id);
    let Some(principals) = statement.get("Principal").filter(|_| statement.get("NotPrincipal").is_none()) else {
        return vec!["everybody but some".to_owned()];
    };
    let Some(principals) = principals.as_object() else { return vec![format!("`{}`", plain(principals))] };
    let is_own = |kind: &str, one: &str| match kind {
        "AWS" => one == names.account_id || one == root || sides.is_trusted(one),
        "Service" => SERVICES.contains(&(thing, one)),
        _ => false,
    };
    // SNS lets its owner's account in by a condition.
    let is_known = |kind: &str, one: &str| is_own(kind, one) || one == "*" && is_of_owner(statement, &names.account_id);
    let all = principals.iter().flat_map(|(kind, value)| one_or_more(Some(value)).map(move |one| (kind, one)));
    let strangers = all.filter(|(kind, one)| !one.as_str().is_some_and(|one| is_known(kind, one)));
    strangers.map(|(_, one)| format!("`{}`", plain(one))).collect()
}

/// Whether a statement asks for the account that owns the thing, as the policy does that SNS gives each topic.
/// Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html>
fn is_of_owner(statement: &Value, account: &str) -> bool {
    let equals = statement.get("Condition").and_then(|condition| condition.get("StringEquals"));
    let keys = equals.and_then(Value::as_object).into_iter().flatten();
    keys.into_iter().any(|(key, value)| {
        let of_owner = ["aws:sourceowner", "aws:sourceaccount", "aws:principalaccount"];
        of_owner.contains(&key.to_lowercase().as_str()) && one_or_more(Some(value)).all(|one| one == account)
    })
}
