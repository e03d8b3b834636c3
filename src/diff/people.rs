//! Who comes, who goes, who has another name, and who is suspended.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::AccountFolder;
use super::model::{PersonChange, PersonDiff};
use crate::model::rename_steps;
use crate::output::UserEntry;

/// What becomes of the people of an account. Of one that is gone nothing is told: its stacks stay.
pub(super) fn people(account: &str, old: Option<&AccountFolder>, new: Option<&AccountFolder>) -> Vec<PersonDiff> {
    let Some(new) = new else { return Vec::new() };
    let (before, now) = (by_name(old), by_name(Some(new)));
    let person = |name: &str, change| PersonDiff {
        account: account.to_owned(),
        name: name.to_owned(),
        change,
        was: None,
        steps: Vec::new(),
    };
    let mut found = Vec::new();
    let mut renamed = BTreeSet::new();
    for (name, user) in &now {
        let was = user.was.as_deref().filter(|was| before.contains_key(was) && !now.contains_key(was));
        match (before.get(name), was) {
            (None, Some(was)) => {
                renamed.insert(was);
                let steps = rename_steps(&new.bucket, was, name).to_vec();
                found.push(PersonDiff { was: Some(was.to_owned()), steps, ..person(name, PersonChange::Renamed) });
            }
            (None, None) => found.push(person(name, PersonChange::Joins)),
            // An older manifest does not say who is suspended.
            (Some(other), _) if old.is_some_and(|old| old.says_who_is_suspended) => {
                match (other.suspended, user.suspended) {
                    (false, true) => found.push(person(name, PersonChange::Suspended)),
                    (true, false) => found.push(person(name, PersonChange::Resumed)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name) && !renamed.contains(*name));
    found.extend(gone.map(|name| person(name, PersonChange::Leaves)));
    found
}

fn by_name(account: Option<&AccountFolder>) -> BTreeMap<&str, &UserEntry> {
    let users = account.into_iter().flat_map(|account| &account.stacks).flat_map(|stack| &stack.users);
    users.map(|user| (user.name.as_str(), user)).collect()
}
