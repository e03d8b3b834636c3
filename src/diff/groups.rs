//! The same change to many resources, or to the access of several accounts' people, as one.

use std::collections::{BTreeMap, BTreeSet};

use super::data_loss::lost;
use super::deploy_errors::refusal;
use super::folder::{AccountFolder, FolderStack};
use super::model::{AccessChange, AccessCount, AccessEntry, AccessPrincipal, Change, Presence, Resource};
use super::owners::{OwnNames, Owners, general, general_change, replace_word};
use super::resources::{ResourceChange, literal_name};
use crate::iam::Direction;
use crate::output::Manifest;

/// The changes of all accounts on their way to being grouped.
#[derive(Default)]
pub(super) struct Groups {
    /// In the order in which they were met.
    groups: Vec<ChangeGroup>,
    /// The place of each, by what its changes have in common.
    places: BTreeMap<String, usize>,
}

struct ChangeGroup {
    /// As it is in the first resource.
    first: Change,
    /// With the names of its user replaced, or of its stack if it is nobody's, and what is the account's own; without resources.
    general: Change,
}

impl Groups {
    /// Adds the changes of a stack of an account.
    pub(super) fn add(
        &mut self,
        (account, folder): (&str, &AccountFolder),
        stack: &str,
        old: Option<&FolderStack>,
        new: Option<&FolderStack>,
        changes: Vec<ResourceChange<'_>>,
    ) {
        let owners = Owners::of(old, new);
        let former_owners = Owners::of(None, old);
        let mut names: BTreeMap<&str, OwnNames<'_>> = BTreeMap::new();
        for change in changes {
            let owner = owners.owner(change.logical_id);
            let names = owner.map(|user| {
                &*names.entry(user.logical_id.as_str()).or_insert_with(|| OwnNames::of(user, &owners, old, new))
            });
            let user = owner.map(|user| user.name.clone());
            // Somebody else may have the logical ID now: what is lost is theirs who had it.
            let former = former_owners.owner(change.logical_id).or(owner);
            let lost = lost(&change, former.map(|user| user.name.as_str()), new.is_some());
            let resource = Resource {
                account: account.to_owned(),
                stack: stack.to_owned(),
                stack_stays: new.is_none(),
                logical_id: change.logical_id.to_owned(),
                name: change.new.or(change.old).and_then(literal_name).map(str::to_owned),
                user,
            };
            let first = Change {
                action: change.action,
                resource_type: change.resource_type().to_owned(),
                logical_id: change.logical_id.to_owned(),
                resources: vec![resource],
                refused: refusal(&change),
                properties: change.properties,
                lost,
            };
            let general = match names {
                Some(names) => names.generalised(&first),
                None => general_change(&first, |text| replace_word(text, stack, "{stack}")),
            };
            let general = general_change(&general, |text| folder.general(text));
            self.insert(ChangeGroup { first, general });
        }
    }

    fn insert(&mut self, new: ChangeGroup) {
        // Strings, numbers and lists always have a form in JSON.
        let key = serde_json::to_string(&new.general).unwrap_or_default();
        if let Some(at) = self.places.get(&key) {
            self.groups[*at].first.resources.extend(new.first.resources);
        } else {
            self.places.insert(key, self.groups.len());
            self.groups.push(new);
        }
    }

    /// The groups: what destroys first, then in the order in which they were met.
    pub(super) fn finish(self) -> Vec<Change> {
        let finish = |ChangeGroup { first, general }: ChangeGroup| match first.resources.len() {
            0 | 1 => first,
            _ => Change { resources: first.resources, ..general },
        };
        let mut changes: Vec<Change> = self.groups.into_iter().map(finish).collect();
        changes.sort_by_key(|change| change.action);
        changes
    }
}

impl AccountFolder {
    /// A text with what is the account's own replaced.
    pub(super) fn general(&self, text: &str) -> String {
        let Manifest { account_id, region, bucket, .. } = &self.manifest;
        let words = [(account_id, "{account}"), (region, "{region}"), (bucket, "{bucket}")];
        words.into_iter().fold(text.to_owned(), |text, (word, shown)| replace_word(&text, word, shown))
    }
}

/// The changes in access of all accounts, each with its account: those of several accounts that are the same but for
/// what is the accounts' and the people's own are one.
pub(super) fn together(changes: Vec<(&AccountFolder, AccessChange)>) -> Vec<AccessChange> {
    type Key = (AccessPrincipal, bool, bool, bool, Vec<AccessEntry>, Vec<String>);
    let mut places: BTreeMap<Key, usize> = BTreeMap::new();
    let mut merged: Vec<(AccessChange, Vec<AccessEntry>)> = Vec::new();
    for (account, change) in changes {
        let own = change.own.as_ref().filter(|_| change.names.len() == 1);
        let general_text = |text: &str| account.general(&general(text, own));
        let entries: Vec<AccessEntry> = change.entries.iter().map(|entry| entry.rewritten(general_text)).collect();
        // Those that are nobody's are the same in two accounts only under one name.
        let is_person = matches!(change.principal, AccessPrincipal::User | AccessPrincipal::NotebookRole);
        let names =
            if is_person { Vec::new() } else { change.names.iter().map(|name| account.general(name)).collect() };
        let (old, new) = (change.presence != Presence::Added, change.presence != Presence::Removed);
        let key = (change.principal, old, new, change.same_as > 0, entries.clone(), names);
        if let Some(&at) = places.get(&key) {
            let (known, general) = &mut merged[at];
            known.names.extend(change.names);
            known.accounts.extend(change.accounts);
            known.accounts.dedup();
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
    let mut found: BTreeMap<(Direction, AccessPrincipal), (usize, BTreeSet<&str>)> = BTreeMap::new();
    for change in access.iter().filter(|change| change.same_as == 0 && change.presence != Presence::Removed) {
        let direction = |entry: &AccessEntry| match entry.direction {
            Direction::PerhapsNarrowed => Direction::Narrowed,
            direction => direction,
        };
        let directions: BTreeSet<Direction> = change.entries.iter().map(direction).collect();
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
