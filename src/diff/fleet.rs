//! The same change in several accounts as one.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::AccountFolder;
use super::model::{AccessChange, AccessCount, AccessDirection, AccessEntry, AccessPrincipal, Presence};
use super::owners::{general, replace_word};

/// What in texts is an account's own.
#[derive(Debug, Clone)]
pub(super) struct AccountTexts {
    id: String,
    region: String,
    bucket: String,
}

impl AccountTexts {
    pub(super) fn of(account: &AccountFolder) -> Self {
        let AccountFolder { id, region, bucket, .. } = account;
        Self { id: id.clone(), region: region.clone(), bucket: bucket.clone() }
    }

    /// A text with what is the account's own replaced.
    pub(super) fn general(&self, text: &str) -> String {
        let text = replace_word(text, &self.id, "{account}");
        let text = replace_word(&text, &self.region, "{region}");
        replace_word(&text, &self.bucket, "{bucket}")
    }
}

/// The changes in access of all accounts, each with its account's texts: those of several accounts that are the same but for
/// what is the accounts' and the people's own are one.
pub(super) fn together(changes: Vec<(AccountTexts, AccessChange)>) -> Vec<AccessChange> {
    type Key = (AccessPrincipal, bool, bool, bool, Vec<AccessEntry>, Vec<String>);
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut merged: Vec<(AccessChange, Vec<AccessEntry>)> = Vec::new();
    for (texts, change) in changes {
        let own = change.own.as_ref().filter(|_| change.names.len() == 1);
        let general_text = |text: &str| texts.general(&general(text, own));
        let entries: Vec<AccessEntry> = change.entries.iter().map(|entry| entry.rewritten(general_text)).collect();
        // Those that are nobody's are the same in two accounts only under one name.
        let is_person = matches!(change.principal, AccessPrincipal::User | AccessPrincipal::NotebookRole);
        let names = if is_person { Vec::new() } else { change.names.iter().map(|name| texts.general(name)).collect() };
        let (old, new) = (change.presence != Presence::Added, change.presence != Presence::Removed);
        let key = (change.principal, old, new, change.same_as > 0, entries.clone(), names);
        if let Some(&at) = places.get(&key) {
            let (known, general) = &mut merged[at];
            known.names.extend(change.names);
            known.accounts.extend(change.accounts);
            known.same_as += change.same_as;
            known.entries.clone_from(general);
            known.own = None;
        } else {
            places.insert(key, merged.len());
            merged.push((change, entries));
        }
    }
    merged.into_iter().map(|(change, _)| change).collect()
}

/// How many principals of each kind have their access changed in each direction.
pub(super) fn counts(access: &[AccessChange]) -> Vec<AccessCount> {
    let mut found: BTreeMap<(AccessDirection, AccessPrincipal), (usize, BTreeSet<&str>)> = BTreeMap::new();
    for change in access.iter().filter(|change| change.same_as == 0 && change.presence != Presence::Removed) {
        let directions: BTreeSet<AccessDirection> = change
            .entries
            .iter()
            .map(|entry| if entry.at_most_narrowed { AccessDirection::Narrowed } else { entry.direction })
            .collect();
        for direction in directions {
            let (count, accounts) = found.entry((direction, change.principal)).or_default();
            *count += change.names.len();
            accounts.extend(change.accounts.iter().map(String::as_str));
        }
    }
    let count = |((direction, principal), (count, accounts)): (_, (usize, BTreeSet<&str>))| AccessCount {
        direction,
        principal,
        count,
        accounts: accounts.len(),
    };
    found.into_iter().map(count).collect()
}
