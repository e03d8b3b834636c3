//! What many accounts share is proven once in a run: what is the same but for the account's ID, its region and its bucket's name.
//! Only what holds is remembered, and only while the run lasts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use include_dir::File;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::distinguished::Distinguishing;
use super::kind::{PrincipalKind, Subject};
use super::reference::{References, TEMPLATES};
use crate::facts::condition_keys::condition_key;
use crate::facts::region_of_iam;
use crate::iam::compares_text;
use crate::inventory::{IamInventory, IdentityKind, one_or_more, plain};
use crate::model::User;
use crate::plan::{AccountPlan, Names, Part};
use crate::render::{PolicyValues, UserShape, is_of_prototype, words};

/// The SHA-256 of all that a proof looks at, with words in the place of the account's own values.
pub(super) type Key = [u8; 32];

/// The proofs that hold, of all accounts of a run, each with the names of which it holds.
#[derive(Debug, Default)]
pub struct Proofs(Mutex<BTreeMap<Key, Arc<Distinguishing>>>);

impl Proofs {
    /// Whether the same was proven before, and `are_alike` says that it holds for the people who are here.
    pub(super) fn hold(&self, key: &Key, are_alike: impl FnOnce(&Distinguishing) -> bool) -> bool {
        let found = self.0.lock().ok().and_then(|proven| proven.get(key).cloned());
        found.is_some_and(|names| are_alike(&names))
    }

    pub(super) fn remember(&self, key: Key, names: Distinguishing) {
        if let Ok(mut proven) = self.0.lock() {
            proven.insert(key, Arc::new(names));
        }
    }
}

/// All that the proofs of an account look at, but for its people: its settings, and the resources of the stacks without people.
/// `None` where the reference policies have a text that is one of the account's own values.
pub(super) fn of_account(plan: &AccountPlan<'_>, stacks: &[(Part, Value)]) -> Option<Key> {
    let (names, account) = (&plan.names, plan.account);
    let mut templates = TEMPLATES.files().filter_map(File::contents_utf8);
    if templates.any(|text| own_values(names).iter().any(|(own, _)| text.contains(own.as_str()))) {
        return None;
    }
    let services: Vec<_> = account.services.keys().collect();
    let switches = [account.unbound_roles.is_some(), Some(names.region.as_str()) == region_of_iam(&names.partition)];
    let tags: Vec<_> = account.stack_tags().collect();
    let settings = (account.policies, tags, services, &account.service_role_suffix, switches);
    let names_of_account = serde_json::to_string(names).ok()?;
    let stacks: String = stacks.iter().map(|(_, resources)| resources.to_string()).collect();
    let text = format!("{settings:?}{}{names_of_account}{stacks}", PolicyValues::of(plan));
    Some(digest(&text, names))
}

/// The same with the people of a shape, and the resources of their prototype.
pub(super) fn with_people(account: &Key, shape: Option<(&UserShape, &Value)>, names: &Names) -> Key {
    let text = shape.map(|(shape, resources)| format!("{shape:?}{resources}")).unwrap_or_default();
    Sha256::new().chain_update(account).chain_update(digest(&text, names)).finalize().into()
}

/// The SHA-256 of a text with words in the place of the account's own values.
fn digest(text: &str, names: &Names) -> Key {
    Sha256::digest(without_own(text, names)).into()
}

/// A text with words in the place of the account's own values.
pub(super) fn without_own(text: &str, names: &Names) -> String {
    let own = own_values(names);
    own.iter().fold(text.to_owned(), |text, (value, word)| text.replace(value.as_str(), word))
}

/// Whether somebody has an account's own value in what their things are named by: a proof of others says nothing of such names, since
/// other accounts have another value in that place.
pub(super) fn is_own_somebodys<'u>(mut users: impl Iterator<Item = &'u User>, names: &Names) -> bool {
    users.any(|user| {
        words(user).iter().any(|(_, value)| own_values(names).iter().any(|(own, _)| value.contains(own.as_str())))
    })
}

/// Whether what holds for these subjects holds for those of every account that has the same but for its own values.
///
/// There, all texts of policies are these with that account's values in the place of this one's. A value of a request is compared with
/// all texts of its key. In both accounts, requests that are the same but for the own values come out the same if, key by key,
/// - no text has an own value: then the texts are the same; or
/// - each text takes own values as a whole or not at all: then it takes that account's values where it takes this one's here.
///
/// So a key must not have both a text with an own value, and one that takes a part of such a value, is a part of one with somebody's name,
/// or compares it as a number or in any case (`ComparedTexts`).
pub(super) fn is_alike<'i, 'a>(
    subjects: &[Subject<'i, 'a>],
    inventory: &'i IamInventory<'a>,
    references: &References,
    names: &Names,
) -> bool {
    // The policies that racestack gives the roles of services are the same text, and are compared with nothing. What others are
    // compared with tells buckets apart by wildcards (`*sagemaker*`), and is not among `filled`.
    let mut of_services = subjects.iter().filter(|subject| matches!(subject.kind, PrincipalKind::Service(_)));
    // Needs are decided by the tags of log groups, and of the person's user, role and notebook (`certain`), and `${aws:username}` is a
    // user's name.
    let of_notebooks = inventory.notebooks.iter().map(|notebook| &notebook.tags);
    let of_logs = inventory.log_groups.iter().map(|group| &group.tags);
    let mut tags = inventory.principals.iter().map(|one| &one.tags).chain(of_notebooks).chain(of_logs).flatten();
    let mut users = inventory.principals.iter().filter(|one| one.kind == IdentityKind::User);
    if !of_services.all(|subject| references.is_built_in(subject))
        || tags.any(|tag| tag.value.as_ref().is_some_and(|value| has_own(value, names)))
        || users.any(|user| has_own(&user.name, names))
    {
        return false;
    }
    let of_buckets = inventory.bucket_policies().filter_map(|index| inventory.policies.get(index));
    let of_subjects = subjects.iter().filter(|subject| !references.is_built_in(subject)).flat_map(Subject::policies);
    let proven: BTreeSet<usize> = of_subjects.chain(of_buckets).map(|policy| policy.document.id).collect();
    let documents = inventory.policies.iter().map(|policy| &policy.document);
    let statements = documents.filter(|document| proven.contains(&document.id)).flat_map(|one| one.statements());
    let mut by_key: BTreeMap<String, ComparedTexts> = BTreeMap::new();
    statements.chain(references.filled.iter().flatten()).for_each(|one| compare(one, "", names, &mut by_key));
    inventory.principals.iter().for_each(|one| add("aws:principalarn", &one.arn, names, &mut by_key));
    by_key.into_values().all(|texts| !(texts.with_own && texts.tell_apart))
}

/// The account's own values, the longest first, each with the word in its place.
fn own_values(names: &Names) -> [(&String, &'static str); 3] {
    let mut own = [(&names.account_id, "\u{1}"), (&names.bucket, "\u{2}"), (&names.region, "\u{3}")];
    own.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    own
}

/// Texts that are compared with the same value of a request.
#[derive(Debug, Default)]
struct ComparedTexts {
    /// Whether an account's own value is among them.
    with_own: bool,
    /// Whether one account's value and not another's could match one of them, by its wildcards or its operator.
    tell_apart: bool,
}

/// Adds a text to those that are compared with the value of a key. What an ARN has behind the account, or the bucket, may have wildcards,
/// which take no part of these: it is looked at by itself, too, as if it were the value of another key, `KEY, inside`. Only there do own
/// values and wildcards exclude each other again.
fn add(key: &str, text: &str, names: &Names, compared: &mut BTreeMap<String, ComparedTexts>) {
    // A variable's default may make one account's value of what stands around it.
    let in_pieces = |text: &str| text.split("${").skip(1).any(has_default);
    let whole = compared.entry(key.to_owned()).or_default();
    whole.with_own |= has_own(text, names);
    whole.tell_apart |= !is_text_alike(text) || in_pieces(text);
    if let [_, _, service, _, _, resource] = text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        let behind_bucket = resource.split_once('/').map_or("", |(_, behind)| behind);
        let inside = if *service == "s3" { behind_bucket } else { resource };
        let of_inside = compared.entry(format!("{key}, inside")).or_default();
        of_inside.with_own |= has_own(inside, names);
        of_inside.tell_apart |= is_open(inside);
    }
}

/// Collects what a policy compares, by the key of the request's value.
fn compare(value: &Value, key: &str, names: &Names, compared: &mut BTreeMap<String, ComparedTexts>) {
    match value {
        Value::Object(operators) if key == "Condition" => {
            for (operator, keys) in operators {
                for (key, values) in keys.as_object().into_iter().flatten() {
                    let key = key.to_lowercase();
                    let of_key = compared.entry(key.clone()).or_default();
                    of_key.with_own |= condition_key(&key).is_none_or(|key| !key.is_same_everywhere);
                    // As a number or without regard to case, an account's own value may be what no other's is.
                    of_key.tell_apart |= !compares_text(operator);
                    one_or_more(Some(values)).for_each(|value| add(&key, &plain(value), names, compared));
                }
            }
        }
        Value::Object(entries) => entries.iter().for_each(|(key, value)| compare(value, key, names, compared)),
        Value::Array(values) => values.iter().for_each(|value| compare(value, key, names, compared)),
        Value::String(_) if matches!(key, "Action" | "NotAction" | "//") => {}
        Value::String(text) => add(&key.trim_start_matches("Not").to_lowercase(), text, names, compared),
        _ => {}
    }
}

/// Whether a variable, of which this is what stands behind its `${`, says what is in its place where it has no value.
fn has_default(variable: &str) -> bool {
    variable.split('}').next().is_some_and(|variable| variable.contains(','))
}

/// Whether a text has a value of an account, or may have by a variable. A principal's tags have none (`key`), nor has its name; what is
/// in the place of one that is not there may be a part of one.
fn has_own(text: &str, names: &Names) -> bool {
    let mut variables = text.split("${").skip(1).map(str::to_lowercase);
    let is_name = |variable: &String| {
        let own = ["aws:username", "aws:principaltag/", "*}", "?}", "$}"];
        !has_default(variable) && own.iter().any(|own| variable.starts_with(own))
    };
    !variables.all(|variable| is_name(&variable))
        || own_values(names).iter().any(|(own, _)| text.contains(own.as_str()))
}

/// Whether a text takes the values of an account as a whole, or not at all, so that it matches the same of every account's. In an ARN, the
/// region, the account, and the bucket of S3 are either wildcards alone or plain; no wildcard before them reaches into them, since
/// the partition and the service have none.
fn is_text_alike(text: &str) -> bool {
    if text == "*" || !is_open(text) {
        return true;
    }
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    let plain = |text: &&str| !is_open(text);
    let whole = |text: &&str| plain(text) || *text == "*";
    let first = resource.split('/').next().unwrap_or_default();
    *arn == "arn"
        && plain(partition)
        && plain(service)
        && whole(region)
        && whole(account)
        && (*service != "s3" || whole(&first))
}

/// Whether something else may stand in a text: in the place of a wildcard, a variable, or a value of the prototype.
fn is_open(text: &str) -> bool {
    text.contains(['*', '?', '$']) || is_of_prototype(text)
}

#[cfg(test)]
mod tests {
    use super::is_text_alike;

    #[test]
    fn only_wildcards_that_could_match_a_part_of_an_accounts_value_tell_accounts_apart() {
        let alike =
            ["*", "ml.t3", "arn:aws:s3:::*", "arn:aws:s3:::a/*", "arn:aws:iam::*:role/a*", "arn:aws:s3:::a/${b}/*"];
        let apart = ["a*", "arn:aws:s3:::a*", "arn:aws:s3:::*a/b", "arn:aws:s3:us-*:1:b", "arn:aws:iam::1*:user/b"];
        let by_names = ["arn:aws:s3:::${b}-a/*", "arn:aws:s3:::q7person-a", "arn:aws:iam::1${b}:user/b", "${b}-a"];
        assert_eq!(alike.map(is_text_alike), [true; 6]);
        assert_eq!(apart.map(is_text_alike), [false; 5]);
        assert_eq!(by_names.map(is_text_alike), [false; 4]);
    }
}
