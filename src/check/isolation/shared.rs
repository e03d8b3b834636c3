//! What many accounts share is proven once in a run: policies that are the same but for the account's ID, its region and its
//! bucket's name. Only what holds is remembered, and only while the run lasts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::kind::{Kind, Subject};
use super::problem::Problem;
use super::reference::{References, TEMPLATES};
use crate::inventory::BUCKET_POLICY;
use crate::plan::{AccountPlan, Names};
use crate::render::PolicyValues;

/// The proofs that hold, of all accounts of a run.
#[derive(Debug, Default)]
pub struct Proofs {
    proven: Mutex<BTreeSet<String>>,
    /// The reference policies that were compared with, by the values that they are filled with.
    references: Mutex<BTreeMap<String, Arc<Shared>>>,
}

impl Proofs {
    /// The problems that `prove` returns; none, without proof, where the same was proven before.
    ///
    /// # Errors
    /// That of `prove`.
    pub(super) fn problems(
        &self,
        key: Option<String>,
        prove: impl FnOnce() -> Result<Vec<Problem>, String>,
    ) -> Result<Vec<Problem>, String> {
        let is_proven = |key: &String| self.proven.lock().is_ok_and(|proven| proven.contains(key));
        if key.as_ref().is_some_and(is_proven) {
            return Ok(Vec::new());
        }
        let problems = prove()?;
        if let (Some(key), Ok(mut proven), true) = (key, self.proven.lock(), problems.is_empty()) {
            proven.insert(key);
        }
        Ok(problems)
    }

    /// The reference policies that are filled with these values: `make` makes them where no other account has the same values, but for
    /// its own. `None` where the templates have a text that is one of the account's own.
    ///
    /// # Errors
    /// That of `make`.
    pub(super) fn references<'r>(
        &self,
        values: &PolicyValues,
        names: &Names,
        make: impl FnOnce() -> Result<&'r References, String>,
    ) -> Result<Option<Arc<Shared>>, String> {
        if own_values(names).iter().any(|(own, _)| TEMPLATES.iter().any(|text| text.contains(own.as_str()))) {
            return Ok(None);
        }
        let text = without_own(&values.to_string(), names);
        let known = self.references.lock().ok().and_then(|known| known.get(&text).cloned());
        if known.is_some() {
            return Ok(known);
        }
        let filled = make()?.filled.iter().flatten().map(|statement| ("", statement));
        let shared = Arc::new(Shared { text: text.clone(), ..Shared::of(filled, names) });
        if let Ok(mut known) = self.references.lock() {
            known.insert(text, Arc::clone(&shared));
        }
        Ok(Some(shared))
    }
}

/// What proofs look at: the same for several accounts of which the proof is the same.
#[derive(Debug)]
pub(super) struct Shared {
    /// All of it, with words in the place of the account's own values.
    text: String,
    /// What of it is compared, by the key of the request's value.
    compared: BTreeMap<String, Compared>,
}

impl Shared {
    /// Named values, such as policies.
    pub(super) fn of<'v>(values: impl Iterator<Item = (&'v str, &'v Value)>, names: &Names) -> Self {
        let mut shared = Self { text: String::new(), compared: BTreeMap::new() };
        for (name, value) in values {
            compare(value, "", names, &mut shared.compared);
            shared.text.push_str(name);
            shared.text.push_str(&value.to_string());
        }
        shared.text = without_own(&shared.text, names);
        shared
    }
}

/// The same text for subjects of several accounts of which the proof is the same: everything that it looks at. `None` where a
/// wildcard could tell one account's values from another's.
pub(super) fn key(
    subject: &Subject<'_, '_>,
    with_nets: bool,
    references: Option<&Shared>,
    plan: &AccountPlan<'_>,
) -> Option<String> {
    let references = references?;
    // What services may hangs on more than the references that are given.
    if matches!(subject.kind, Kind::Service(_)) {
        return None;
    }
    let (names, account, identity) = (&plan.names, plan.account, subject.identity);
    // Needs are decided by the tags of the person's user, role and notebook (`certain`).
    let inventory = subject.inventory;
    let of_notebooks = inventory.notebooks.iter().map(|notebook| &notebook.tags);
    let tags: Vec<_> = inventory.principals.iter().map(|one| &one.tags).chain(of_notebooks).collect();
    if tags.iter().copied().flatten().filter_map(|tag| tag.value.as_ref()).any(|value| has_own(value, names)) {
        return None;
    }
    let buckets = subject.inventory.resource_policies.iter().filter(|policy| policy.resource_type == BUCKET_POLICY);
    let of_buckets = buckets.flat_map(|policy| &policy.policies);
    let of_buckets = of_buckets.filter_map(|index| subject.inventory.policies.get(*index));
    let policies = subject.policies().chain(of_buckets).map(|policy| (policy.name.as_str(), &policy.document.value));
    let own = Shared::of(policies, names);
    let tells_apart = |key: &String| {
        let both = [&own, references].map(|one| one.compared.get(key).copied().unwrap_or_default());
        both.iter().any(|one| one.with_own) && both.iter().any(|one| one.with_wildcards)
    };
    if own.compared.keys().chain(references.compared.keys()).any(tells_apart) {
        return None;
    }
    let who = (subject.kind, &identity.arn, &identity.tags, &identity.undefined, subject.boundary().is_some(), tags);
    let nets = (account.company_policies.boundary.is_some(), account.key_rotation.is_some());
    let settings = (with_nets, account.policies, account.unbound_roles.is_some(), &names.guardrails_policy, nets);
    Some(without_own(&format!("{who:?}{settings:?}"), names) + &own.text + &references.text)
}

/// The text with words in the place of the account's own values.
fn without_own(text: &str, names: &Names) -> String {
    own_values(names).iter().fold(text.to_owned(), |text, (value, word)| text.replace(value.as_str(), word))
}

/// The account's own values, the longest first, each with the word in its place.
fn own_values(names: &Names) -> [(&String, &'static str); 3] {
    let mut own = [(&names.account_id, "\u{1}"), (&names.bucket, "\u{2}"), (&names.region, "\u{3}")];
    own.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    own
}

/// What is compared with the same value of a request.
#[derive(Debug, Default, Clone, Copy)]
struct Compared {
    /// Whether an account's own value is among it.
    with_own: bool,
    /// Whether a text among it has wildcards that could match one account's value and not another's.
    with_wildcards: bool,
}

/// Collects what a policy compares, by the key of the request's value.
fn compare(value: &Value, key: &str, names: &Names, compared: &mut BTreeMap<String, Compared>) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(key, value)| compare(value, key, names, compared)),
        Value::Array(values) => values.iter().for_each(|value| compare(value, key, names, compared)),
        Value::String(_) if matches!(key, "Action" | "NotAction" | "//") => {}
        Value::String(text) => {
            let key = key.trim_start_matches("Not").to_lowercase();
            // Each account's requests have others of these.
            let of_account = key.starts_with("aws:principal") && !key.starts_with("aws:principaltag/")
                || matches!(key.as_str(), "aws:requestedregion" | "aws:resourceaccount" | "s3:resourceaccount");
            let compared = compared.entry(key).or_default();
            compared.with_own |= of_account || has_own(text, names);
            compared.with_wildcards |= !is_text_alike(text);
        }
        _ => {}
    }
}

/// Whether a text has a value of an account, or may have by a variable. A principal's tags have none (`key`), nor has its name.
fn has_own(text: &str, names: &Names) -> bool {
    let mut variables = text.split("${").skip(1).map(str::to_lowercase);
    let is_name = |variable: &String| {
        let own = ["aws:username", "aws:principaltag/", "*}", "?}", "$}"];
        own.iter().any(|own| variable.starts_with(own))
    };
    !variables.all(|variable| is_name(&variable))
        || own_values(names).iter().any(|(own, _)| text.contains(own.as_str()))
}

/// Whether the wildcards of a text match the same of every account's values.
fn is_text_alike(text: &str) -> bool {
    if text == "*" || !text.contains(['*', '?']) {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let plain = |text: &&str| !text.contains(['*', '?']);
    let whole = |text: &&str| plain(text) || *text == "*";
    // No bucket's name has a letter in upper case, and around it are a colon and a slash: what has such a letter, and neither
    // of the two, matches no part of it.
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    let no_bucket = |text: &&str| {
        let mut parts = text.split('*').filter(|part| !part.is_empty());
        !text.contains([':', '?', '$']) && parts.all(|part| part.contains(|c: char| c.is_ascii_uppercase()))
    };
    let first = resource.split('/').next().unwrap_or_default();
    *arn == "arn"
        && plain(partition)
        && plain(service)
        && whole(region)
        && whole(account)
        && (*service != "s3" || plain(&first) || no_bucket(&first))
}
