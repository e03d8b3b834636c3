//! About whom the access is compared: those who have the same policies but for their names together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::model::AccessPrincipal;
use super::super::owners::{NO_NAMES, every_text, general};
use super::account::{AccountIam, is_user, undefined};
use super::{Side, base};
use crate::iam::{self, Context};
use crate::inventory::Principal;
use crate::model::NOTEBOOK;
use crate::output::UserEntry;

/// Somebody, or several with the same policies.
pub(super) struct Subject {
    pub kind: AccessPrincipal,
    pub names: Vec<String>,
    /// The first of them.
    pub principal: iam::Principal,
    pub base: Context,
    pub old: Side,
    pub new: Side,
    /// The tags that are other than before, where policies know the principal by them.
    pub retagged: Vec<String>,
    /// How many had the same access before; of somebody new.
    pub same_as: usize,
    /// What all of it is about, where that is one thing.
    pub resource: Option<String>,
    /// The person whose names the first has.
    pub own: Option<UserEntry>,
}

impl Subject {
    /// One principal, of whom nothing else is known.
    pub(super) fn of(
        kind: AccessPrincipal,
        name: String,
        (principal, base): (iam::Principal, Context),
        [old, new]: [Side; 2],
    ) -> Self {
        let (retagged, same_as, resource, own) = Default::default();
        Self { kind, names: vec![name], principal, base, old, new, retagged, same_as, resource, own }
    }

    /// An action as the policies spell it.
    pub(super) fn spelled(&self, label: &str) -> String {
        let mut spellings: BTreeMap<String, &str> = BTreeMap::new();
        for action in [&self.old, &self.new].into_iter().flat_map(Side::policies).flat_map(|policy| policy.actions()) {
            spellings.entry(action.to_ascii_lowercase()).or_insert(action);
        }
        let words = label.split_inclusive([' ', ',']).map(|word| {
            let bare = word.trim_end_matches([' ', ',']);
            spellings.get(bare).map_or_else(|| word.to_owned(), |spelled| word.replacen(bare, spelled, 1))
        });
        words.collect()
    }
}

/// The users and the roles of both sides.
pub(super) fn people(before: &AccountIam<'_>, after: &AccountIam<'_>, account: &str) -> Vec<Subject> {
    let arns: BTreeSet<&String> = before.principals().chain(after.principals()).map(|(arn, _)| arn).collect();
    let tagged = mentioned_tags([before, after]);
    // A user may get another path, and with it another ARN.
    let [old_arns, new_arns] = [before, after].map(|iam| -> BTreeMap<(bool, &str), &String> {
        iam.principals().map(|(arn, one)| ((is_user(one), one.name.as_str()), arn)).collect()
    });
    let mut classes: BTreeMap<String, Subject> = BTreeMap::new();
    let mut old_classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeSet<(bool, String)> = BTreeSet::new();
    let mut added: Vec<(String, String)> = Vec::new();
    for arn in arns {
        let Some(any) = after.principal(arn).or_else(|| before.principal(arn)) else { continue };
        if !seen.insert((is_user(any), any.name.clone())) {
            continue;
        }
        let of = (is_user(any), any.name.as_str());
        let old = old_arns.get(&of).and_then(|arn| before.principal(arn));
        let new_arn = new_arns.get(&of).copied();
        let new = new_arn.and_then(|arn| after.principal(arn));
        let own = if after.principal(arn).is_some() { after } else { before }.own(&any.location);
        let old_key = old.map(|one| key(one, before, &tagged));
        let new_key = new.map(|one| key(one, after, &tagged));
        if let Some(key) = &old_key {
            *old_classes.entry(key.clone()).or_default() += 1;
        }
        if old_key == new_key {
            continue;
        }
        let class = format!("{} {old_key:?} {new_key:?}", is_user(any));
        if let (None, Some(key)) = (&old_key, &new_key) {
            added.push((class.clone(), key.clone()));
        }
        if let Some(subject) = classes.get_mut(&class) {
            subject.names.push(any.name.clone());
            continue;
        }
        let arn = new_arn.unwrap_or(arn);
        let kind = match (is_user(any), own.is_some()) {
            (true, _) => AccessPrincipal::User,
            (false, true) => AccessPrincipal::NotebookRole,
            (false, false) => AccessPrincipal::Role,
        };
        let principal = principal(is_user(any), arn, account);
        let base = tags(new.unwrap_or(any)).fold(base(&principal, &any.name), |context, (key, value)| {
            context.with(&format!("aws:PrincipalTag/{key}"), value)
        });
        let sides = [side(old, before), side(new, after)];
        let subject = Subject {
            retagged: old.zip(new).map(|(old, new)| retagged(old, new, before)).unwrap_or_default(),
            own: own.cloned(),
            ..Subject::of(kind, any.name.clone(), (principal, base), sides)
        };
        classes.insert(class, subject);
    }
    for (class, key) in added {
        if let Some(subject) = classes.get_mut(&class) {
            subject.same_as = old_classes.get(&key).copied().unwrap_or(0);
        }
    }
    classes.into_values().collect()
}

/// What two principals have in common when they have the same policies but for their names.
fn key(of: &Principal<'_>, iam: &AccountIam<'_>, tagged: &BTreeSet<String>) -> String {
    let own = iam.own(&of.location);
    let general = |text: &str| general(text, own);
    let general_text = |value: &Value| every_text(value, &general, NO_NAMES).to_string();
    let mut inline: Vec<String> = iam.inline(of).map(|policy| general_text(&policy.value)).collect();
    inline.sort();
    let tag = |(key, value): (&str, &str)| {
        // Many a notebook is named like its user, and many cannot be.
        let is_own = key == NOTEBOOK && own.is_some_and(|own| own.notebook.as_deref() == Some(value));
        if is_own { format!("{key}={{notebook}}") } else { format!("{key}={}", general(value)) }
    };
    let tags: Vec<String> = tags(of).filter(|(key, _)| tagged.contains(*key)).map(tag).collect();
    let shared: BTreeSet<usize> = iam.shared(of).map(|policy| policy.id).collect();
    let boundary = iam.boundary(of).map(|policy| policy.id);
    let buckets: BTreeSet<usize> = iam.bucket_policies().map(|policy| policy.id).collect();
    // Who may take a role is part of what the role opens.
    let trust = iam.trust(of).map(|trust| general_text(&trust.value));
    format!("{:?}", (is_user(of), inline, shared, boundary, buckets, undefined(of), tags, trust))
}

/// The tags of a principal; empty where they are known only when the stack is deployed.
fn tags<'p>(of: &'p Principal<'_>) -> impl Iterator<Item = (&'p str, &'p str)> {
    of.tags.iter().map(|tag| (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref().unwrap_or_default()))
}

/// The tags of principals by which some policy knows whoever asks. Those that tell people apart and nothing else, such as their
/// addresses, are in no policy, and so make nobody's access another than that of others.
fn mentioned_tags(sides: [&AccountIam<'_>; 2]) -> BTreeSet<String> {
    let mut texts = Vec::new();
    for iam in sides {
        let mut seen = BTreeSet::new();
        let of_principals = iam.principals().flat_map(|(_, of)| iam.of_identity(of));
        let policies = iam.bucket_policies().chain(of_principals).filter(|policy| seen.insert(policy.id));
        texts.extend(policies.map(|policy| policy.value.to_string().to_lowercase()).filter(|text| text.contains(TAG)));
    }
    let all = sides.into_iter().flat_map(AccountIam::principals).flat_map(|(_, of)| tags(of));
    let mut keys: BTreeSet<String> = all.map(|(key, _)| key.to_owned()).collect();
    keys.retain(|key| {
        let name = format!("{TAG}/{}", key.to_lowercase());
        texts.iter().any(|text| text.contains(&name))
    });
    keys
}

/// What the keys of conditions begin with that hold a principal's tags, and the variables of policies, in lower case.
const TAG: &str = "principaltag";

/// The tags that are other than before and by which the policies from before knew the principal. Both sides are decided with
/// the new tags, so that what such a change opens or closes does not show.
fn retagged(old: &Principal<'_>, new: &Principal<'_>, before: &AccountIam<'_>) -> Vec<String> {
    let policies: Vec<String> = before.of_identity(old).map(|policy| policy.value.to_string().to_lowercase()).collect();
    let value =
        |of: &Principal<'_>, key: &str| tags(of).find(|(own, _)| *own == key).map(|(_, value)| value.to_owned());
    let keys: BTreeSet<&str> = tags(old).chain(tags(new)).map(|(key, _)| key).collect();
    let is_known_by = |key: &&str| {
        let name = format!("{TAG}/{}", key.to_lowercase());
        value(old, key) != value(new, key) && policies.iter().any(|policy| policy.contains(&name))
    };
    keys.into_iter().filter(is_known_by).map(str::to_owned).collect()
}

fn side(of: Option<&Principal<'_>>, iam: &AccountIam<'_>) -> Side {
    let Some(of) = of else { return Side::default() };
    let mut identity: Vec<_> = iam.inline(of).chain(iam.shared(of)).cloned().collect();
    // In an order that does not hang on that of the stacks.
    identity.sort_by_cached_key(|policy| policy.value.to_string());
    Side {
        exists: true,
        identity,
        boundary: iam.boundary(of).cloned(),
        resource: iam.bucket_policies().cloned().collect(),
        required: false,
        unknown: undefined(of),
    }
}

fn principal(is_user: bool, arn: &str, account: &str) -> iam::Principal {
    let (arn, account) = (arn.to_owned(), account.to_owned());
    if is_user { iam::Principal::User { arn, account } } else { iam::Principal::Role { arn, session: None, account } }
}
