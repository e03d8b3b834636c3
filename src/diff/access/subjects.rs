//! About whom the access is compared: those who have the same policies but for their names together.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::folder::Stack;
use super::super::model::AccessPrincipal;
use super::super::owners::{NO_NAMES, Owners, every_text, general};
use super::Side;
use super::estate::{Estate, Holder, Shared};
use crate::iam::{Context, Principal};

/// Somebody, or several with the same policies.
pub(super) struct Subject {
    pub kind: AccessPrincipal,
    pub names: Vec<String>,
    /// The first of them.
    pub principal: Principal,
    pub base: Context,
    pub old: Side,
    pub new: Side,
    /// How many had the same access before; of somebody new.
    pub same_as: usize,
    /// What all of it is about, where that is one thing.
    pub resource: Option<String>,
    /// The own names of the first.
    pub own: Option<Own>,
}

/// A user's own names.
pub(super) struct Own {
    pub user: String,
    pub notebook: Option<String>,
}

impl Own {
    /// A text with the names replaced.
    pub(super) fn general(&self, text: &str) -> String {
        general(text, &self.user, self.notebook.as_deref())
    }
}

impl Subject {
    /// An action as the policies spell it.
    pub(super) fn spelled(&self, label: &str) -> String {
        let mut spellings = BTreeMap::new();
        for value in [&self.old, &self.new]
            .into_iter()
            .flat_map(|side| side.identity.iter().chain(&side.boundary).chain(&side.resource))
        {
            actions(value, &mut spellings);
        }
        let words = label.split_inclusive([' ', ',']).map(|word| {
            let bare = word.trim_end_matches([' ', ',']);
            spellings.get(bare).map_or_else(|| word.to_owned(), |spelled| word.replacen(bare, spelled, 1))
        });
        words.collect()
    }
}

fn actions(value: &Value, spellings: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                if key == "Action" || key == "NotAction" {
                    let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
                    for text in list.iter().filter_map(Value::as_str) {
                        spellings.entry(text.to_ascii_lowercase()).or_insert_with(|| text.to_owned());
                    }
                } else {
                    actions(value, spellings);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| actions(value, spellings)),
        _ => {}
    }
}

/// The users and the roles of both sides.
pub(super) fn people(before: &Estate<'_>, after: &Estate<'_>, account: &str) -> Vec<Subject> {
    let arns: BTreeSet<&String> = before.holders.keys().chain(after.holders.keys()).collect();
    let tagged = mentions_tags(before) || mentions_tags(after);
    // A user may get another path, and with it another ARN.
    let [old_arns, new_arns] = [before, after].map(|estate| -> BTreeMap<(bool, &str), &String> {
        estate.holders.iter().map(|(arn, one)| ((one.is_user, one.name.as_str()), arn)).collect()
    });
    let mut classes: BTreeMap<String, Subject> = BTreeMap::new();
    let mut old_classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen: BTreeSet<(bool, String)> = BTreeSet::new();
    let mut added: Vec<(String, String)> = Vec::new();
    for arn in arns {
        let Some(any) = after.holders.get(arn).or_else(|| before.holders.get(arn)) else { continue };
        if !seen.insert((any.is_user, any.name.clone())) {
            continue;
        }
        let of = (any.is_user, any.name.as_str());
        let old = old_arns.get(&of).and_then(|arn| before.holders.get(*arn));
        let new_arn = new_arns.get(&of).copied();
        let new = new_arn.and_then(|arn| after.holders.get(arn));
        let own = Own::of(any);
        let old_key = old.map(|holder| key(holder, before, tagged));
        let new_key = new.map(|holder| key(holder, after, tagged));
        if let Some(key) = &old_key {
            *old_classes.entry(key.clone()).or_default() += 1;
        }
        if old_key == new_key {
            continue;
        }
        let class = format!("{} {old_key:?} {new_key:?}", any.is_user);
        if let (None, Some(key)) = (&old_key, &new_key) {
            added.push((class.clone(), key.clone()));
        }
        if let Some(subject) = classes.get_mut(&class) {
            subject.names.push(any.name.clone());
            continue;
        }
        let arn = new_arn.unwrap_or(arn).clone();
        let kind = match (any.is_user, own.is_some()) {
            (true, _) => AccessPrincipal::User,
            (false, true) => AccessPrincipal::NotebookRole,
            (false, false) => AccessPrincipal::Role,
        };
        let subject = Subject {
            kind,
            names: vec![any.name.clone()],
            principal: principal(any.is_user, &arn, account),
            base: base(new.unwrap_or(any), &arn, account),
            old: side(old, before),
            new: side(new, after),
            same_as: 0,
            resource: None,
            own,
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

impl Own {
    pub(super) fn of(holder: &Holder<'_>) -> Option<Self> {
        Self::of_resource(holder.stack, holder.logical_id)
    }

    /// The names of the user whose resource this is.
    pub(super) fn of_resource(stack: &Stack, logical_id: &str) -> Option<Self> {
        let owners = Owners::of(None, Some(stack));
        let user = owners.owner(logical_id)?;
        Some(Self { user: user.name.clone(), notebook: user.notebook.clone() })
    }
}

/// What two holders have in common when they have the same policies but for their names.
fn key(holder: &Holder<'_>, estate: &Estate<'_>, tagged: bool) -> String {
    let own = Own::of(holder);
    let general = |text: &str| own.as_ref().map_or_else(|| text.to_owned(), |own| own.general(text));
    let mut inline: Vec<String> =
        holder.inline.iter().map(|value| every_text(value, &general, NO_NAMES).to_string()).collect();
    inline.sort();
    let tags: Vec<String> =
        holder.tags.iter().filter(|_| tagged).map(|(key, value)| format!("{key}={}", general(value))).collect();
    let shared: BTreeSet<usize> = holder.shared.values().map(|policy| policy.id).collect();
    let boundary = holder.boundary.as_ref().map(|policy| policy.id);
    let buckets: BTreeSet<usize> = estate.bucket_policies.iter().map(|policy| policy.id).collect();
    // Who may take a role is part of what the role opens.
    let trust = holder.trust.as_ref().map(|value| every_text(value, &general, NO_NAMES).to_string());
    format!("{:?}", (holder.is_user, inline, shared, boundary, buckets, &holder.unknown, tags, trust))
}

/// Whether some policy asks for the tags of whoever asks.
fn mentions_tags(estate: &Estate<'_>) -> bool {
    let asks = |value: &Value| value.to_string().to_lowercase().contains("principaltag");
    let asked = |policy: &Shared| asks(&policy.value);
    let mut seen = BTreeSet::new();
    let shared = estate.holders.values().flat_map(|holder| holder.shared.values().chain(&holder.boundary));
    estate.bucket_policies.iter().any(|policy| asked(policy))
        || estate.holders.values().any(|holder| holder.inline.iter().any(asks))
        || shared.filter(|policy| seen.insert(policy.id)).any(|policy| asked(policy))
}

fn side(holder: Option<&Holder<'_>>, estate: &Estate<'_>) -> Side {
    let resource = estate.bucket_policies.iter().map(|policy| policy.value.clone()).collect();
    let Some(holder) = holder else { return Side { resource: Vec::new(), ..Side::default() } };
    Side {
        exists: true,
        identity: holder
            .inline
            .iter()
            .cloned()
            .chain(holder.shared.values().map(|policy| policy.value.clone()))
            .collect(),
        boundary: holder.boundary.as_ref().map(|policy| policy.value.clone()),
        resource,
        required: false,
        unknown: holder.unknown.clone(),
    }
}

fn principal(is_user: bool, arn: &str, account: &str) -> Principal {
    if is_user {
        Principal::User { arn: arn.to_owned(), account: account.to_owned() }
    } else {
        Principal::Role { arn: arn.to_owned(), session: None, account: account.to_owned() }
    }
}

/// What all requests of a principal say.
fn base(holder: &Holder<'_>, arn: &str, account: &str) -> Context {
    let kind = if holder.is_user { "User" } else { "AssumedRole" };
    let context = Context::new()
        .with("aws:PrincipalArn", arn)
        .with("aws:PrincipalAccount", account)
        .with("aws:PrincipalType", kind);
    let context = if holder.is_user { context.with("aws:username", holder.name.as_str()) } else { context };
    holder
        .tags
        .iter()
        .fold(context, |context, (key, value)| context.with(&format!("aws:PrincipalTag/{key}"), value.as_str()))
}
