//! About whom the access is compared: those who have the same policies but for their names together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::model::AccessPrincipal;
use super::super::owners::{NO_NAMES, every_text, general};
use super::Side;
use super::account::{AccountIam, is_user, undefined};
use crate::iam::{self, Context};
use crate::inventory::{PRINCIPAL_TAG, Principal};
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
    let tagged = mentioned_tags([before, after]);
    // A user may get another path, and with it another ARN.
    let [olds, news] = [before, after].map(|iam| -> BTreeMap<(bool, &str), &Principal<'_>> {
        iam.principals().map(|one| ((is_user(one), one.name.as_str()), one)).collect()
    });
    let mut classes: BTreeMap<String, Subject> = BTreeMap::new();
    let mut old_classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut added: Vec<(String, String)> = Vec::new();
    for name in olds.keys().chain(news.keys()).copied().collect::<BTreeSet<_>>() {
        let (old, new) = (olds.get(&name).copied(), news.get(&name).copied());
        let Some(any) = new.or(old) else { continue };
        let own = if new.is_some() { after } else { before }.own(any);
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
        let kind = match (is_user(any), own.is_some()) {
            (true, _) => AccessPrincipal::User,
            (false, true) => AccessPrincipal::NotebookRole,
            (false, false) => AccessPrincipal::Role,
        };
        let sides = [side(old, before), side(new, after)];
        let subject = Subject {
            retagged: old.zip(new).map(|(old, new)| retagged(old, new, before)).unwrap_or_default(),
            own: own.cloned(),
            ..Subject::of(kind, any.name.clone(), any.asking(account), sides)
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
    let own = iam.own(of);
    let general = |text: &str| general(text, own);
    let general_text = |value: &Value| every_text(value, &general, NO_NAMES).to_string();
    // What is shared holds nobody's name.
    let policy = |index: &usize| {
        let document = iam.document(*index)?;
        let is_part = iam.is_part_of(*index, of);
        Some(if is_part { general_text(&document.value) } else { document.id.to_string() })
    };
    let identity: BTreeSet<String> = of.policies.iter().filter_map(policy).collect();
    let tag = |(key, value): (&str, Option<&str>)| {
        // Many a notebook is named like its user, and many cannot be.
        let is_own =
            key == NOTEBOOK && value.is_some_and(|value| own.and_then(|own| own.notebook.as_deref()) == Some(value));
        if is_own { format!("{key}={{notebook}}") } else { format!("{key}={:?}", value.map(&general)) }
    };
    let tags: Vec<String> = tags(of).filter(|(key, _)| tagged.contains(&key.to_lowercase())).map(tag).collect();
    let boundary = iam.boundary(of).map(|policy| policy.id);
    let buckets: BTreeSet<usize> = iam.bucket_policies().map(|policy| policy.id).collect();
    // Who may take a role is part of what the role opens.
    let trust = iam.trust(of).map(|trust| general_text(&trust.value));
    format!("{:?}", (is_user(of), identity, boundary, buckets, undefined(of), tags, trust))
}

/// The tags of a principal: of a key that is known only when the stack is deployed, it is empty, and of such a value, `None`.
fn tags<'p>(of: &'p Principal<'_>) -> impl Iterator<Item = (&'p str, Option<&'p str>)> {
    of.tags.iter().map(|tag| (tag.key.as_deref().unwrap_or_default(), tag.value.as_deref()))
}

/// The keys of the tags, in lower case, by which some policy knows whoever asks. Those that tell people apart and nothing else, such
/// as their addresses, are in no policy, and so make nobody's access another than that of others.
fn mentioned_tags(sides: [&AccountIam<'_>; 2]) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let of_side = |iam: &'_ AccountIam<'_>| {
        let of_principals = iam.principals().flat_map(|of| iam.identity(of).chain(iam.boundary(of)));
        let policies = iam.bucket_policies().chain(of_principals).filter(|policy| seen.insert(policy.id));
        policies.flat_map(|policy| policy.tag_keys(PRINCIPAL_TAG)).collect::<Vec<_>>()
    };
    sides.map(of_side).into_iter().flatten().collect()
}

/// The tags that are other than before and by which the policies from before knew the principal. Both sides are decided with
/// the new tags, so that what such a change opens or closes does not show.
fn retagged(old: &Principal<'_>, new: &Principal<'_>, before: &AccountIam<'_>) -> Vec<String> {
    let policies = before.identity(old).chain(before.boundary(old));
    let asked: BTreeSet<String> = policies.flat_map(|policy| policy.tag_keys(PRINCIPAL_TAG)).collect();
    let values = |of| tags(of).collect::<BTreeMap<&str, Option<&str>>>();
    let (before, now) = (values(old), values(new));
    let keys: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
    let is_other = |key: &&str| before.get(key) != now.get(key) && asked.contains(&key.to_lowercase());
    keys.into_iter().filter(is_other).map(str::to_owned).collect()
}

fn side(of: Option<&Principal<'_>>, iam: &AccountIam<'_>) -> Side {
    let Some(of) = of else { return Side::default() };
    let mut identity: Vec<_> = iam.identity(of).cloned().collect();
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
