//! What changes besides resources: who comes, who goes, who has another name, and who is suspended; and the files of an account's
//! folder besides its templates and its manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::AccountFolder;
use super::model::{FileDiff, PersonChange, PersonDiff, Presence};
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

/// The files that differ in more than checksums, which differ whenever a template does, and than people, whom the diff tells
/// of already.
pub(super) fn other_files(old: Option<&AccountFolder>, new: Option<&AccountFolder>) -> Vec<FileDiff> {
    let (Some(old), Some(new)) = (old, new) else { return Vec::new() };
    let names: BTreeSet<&String> = old.others.keys().chain(new.others.keys()).collect();
    let lists = [lines_of_people(old), lines_of_people(new)];
    let differing = |name: &String| {
        let bytes = |account: &AccountFolder, people| {
            account.others.get(name).map(|bytes| without_checksums(&without_people(bytes, people)))
        };
        let (old, new) = (bytes(old, &lists[0]), bytes(new, &lists[1]));
        (old != new).then(|| FileDiff {
            name: name.clone(),
            presence: Presence::of(old.is_some(), new.is_some()),
            old: old.and_then(|bytes| String::from_utf8(bytes).ok()),
            new: new.and_then(|bytes| String::from_utf8(bytes).ok()),
        })
    };
    names.into_iter().filter_map(differing).collect()
}

/// The heads of the lists of people in the data of a `deploy.sh`.
const LISTS: &[&str] = &["users='", "suspended='", "renamed='"];

/// The lines of these lists, as the manifest has the people: nothing else that stands there is left out, since a shell may
/// run it. It may run what is behind a quotation mark, too, whatever manifest names that.
fn lines_of_people(account: &AccountFolder) -> BTreeSet<String> {
    let users = account.stacks.iter().flat_map(|stack| &stack.users);
    let files = account.stacks.iter().filter_map(|stack| stack.source.path.file_name());
    let heads = files.map(|file| format!("{} -", file.to_string_lossy()));
    let lines = users.flat_map(|user| {
        let UserEntry { name, logical_id, notebook, was, .. } = user;
        let renamed = was.as_ref().map(|was| format!("{was} {name}"));
        [format!("{logical_id}User {name}"), format!("{name} {}", notebook.as_deref().unwrap_or("-"))]
            .into_iter()
            .chain(renamed)
    });
    heads.chain(lines).filter(|line| !line.contains('\'')).collect()
}

fn without_people(bytes: &[u8], people: &BTreeSet<String>) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut in_list = false;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = std::str::from_utf8(line).unwrap_or_default().trim_end_matches('\n');
        if in_list && people.contains(text) {
            continue;
        }
        in_list = LISTS.contains(&text);
        kept.extend_from_slice(line);
    }
    kept
}

/// The bytes without runs of the 64 hexadecimal digits that a SHA-256 has.
fn without_checksums(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: usize = 64;
    let mut kept = Vec::with_capacity(bytes.len());
    for run in bytes.chunk_by(|a, b| a.is_ascii_hexdigit() == b.is_ascii_hexdigit()) {
        if run.len() != DIGITS || !run.iter().all(u8::is_ascii_hexdigit) {
            kept.extend_from_slice(run);
        }
    }
    kept
}
