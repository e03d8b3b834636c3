//! What many accounts share is proven once in a run: policies that are the same but for the account's ID, its region and its
//! bucket's name. Only what holds is remembered, and only while the run lasts.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde_json::Value;

use super::kind::Subject;
use super::problem::Problem;
use crate::inventory::BUCKET_POLICY;
use crate::plan::{AccountPlan, Names};

/// The proofs that hold, of all accounts of a run.
#[derive(Debug, Default)]
pub struct Proofs(Mutex<BTreeSet<String>>);

impl Proofs {
    /// The problems that `prove` returns; none, without proof, where the same was proven before.
    pub(super) fn problems(&self, key: Option<String>, prove: impl FnOnce() -> Vec<Problem>) -> Vec<Problem> {
        let is_proven = |key: &String| self.0.lock().is_ok_and(|proven| proven.contains(key));
        if key.as_ref().is_some_and(is_proven) {
            return Vec::new();
        }
        let problems = prove();
        if let (Some(key), Ok(mut proven), true) = (key, self.0.lock(), problems.is_empty()) {
            proven.insert(key);
        }
        problems
    }
}

/// The same text for subjects of several accounts of which the proof is the same: everything that it looks at, with words in
/// the place of the account's own values. `references` is the `text` of the reference policies. `None` where a wildcard could
/// tell one account's values from another's.
pub(super) fn key(
    subject: &Subject<'_, '_>,
    with_nets: bool,
    references: Option<&String>,
    plan: &AccountPlan<'_>,
) -> Option<String> {
    let (names, account, identity) = (&plan.names, plan.account, subject.identity);
    let buckets = subject.inventory.resource_policies.iter().filter(|policy| policy.resource_type == BUCKET_POLICY);
    let of_buckets = buckets.flat_map(|policy| &policy.policies);
    let of_buckets = of_buckets.filter_map(|index| subject.inventory.policies.get(*index));
    let who = (subject.kind, &identity.arn, &identity.tags, &identity.undefined, subject.boundary().is_some());
    let settings = (with_nets, account.policies, account.unbound_roles.is_some(), &names.guardrails_policy);
    let policies = subject.policies().chain(of_buckets).map(|policy| (policy.name.as_str(), &policy.document.value));
    Some(text(format!("{who:?}{settings:?}"), policies, names)? + references?)
}

/// The text with those of named values behind it, and words in the place of the account's own values.
pub(super) fn text<'v>(
    mut text: String,
    values: impl Iterator<Item = (&'v str, &'v Value)>,
    names: &Names,
) -> Option<String> {
    for (name, value) in values {
        if !is_alike(value, "") {
            return None;
        }
        text.push_str(name);
        text.push_str(&value.to_string());
    }
    let mut own = [(&names.account_id, "\u{1}"), (&names.bucket, "\u{2}"), (&names.region, "\u{3}")];
    own.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    Some(own.iter().fold(text, |text, (value, word)| text.replace(value.as_str(), word)))
}

/// Whether no wildcard in a policy can match one account's ID, region or bucket and not another's.
fn is_alike(value: &Value, key: &str) -> bool {
    match value {
        Value::Object(entries) => entries.iter().all(|(key, value)| is_alike(value, key)),
        Value::Array(values) => values.iter().all(|value| is_alike(value, key)),
        Value::String(text) => {
            let actions = key == "Action" || key == "NotAction";
            actions || key == "s3:prefix" || key == "//" || text == "*" || is_text_alike(text)
        }
        _ => true,
    }
}

fn is_text_alike(text: &str) -> bool {
    if !text.contains(['*', '?']) {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let plain = |text: &&str| !text.contains(['*', '?']);
    let whole = |text: &&str| plain(text) || *text == "*";
    let first = resource.split('/').next().unwrap_or_default();
    *arn == "arn"
        && plain(partition)
        && plain(service)
        && whole(region)
        && whole(account)
        && (*service != "s3" || plain(&first))
}
