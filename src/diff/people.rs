//! What changes besides resources: who comes, who goes, who has another name, and who is suspended; and the files of an account's
//! folder besides its templates and its manifest.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::AccountFolder;
use super::model::{FileDiff, PersonChange, PersonDiff, Presence};
use crate::model::rename_steps;
use crate::output::{MANIFEST_FILE, UserEntry};

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
            (Some(other), _) if old.is_some_and(|old| old.version >= 2) => match (other.suspended, user.suspended) {
                (false, true) => found.push(person(name, PersonChange::Suspended)),
                (true, false) => found.push(person(name, PersonChange::Resumed)),
                _ => {}
            },
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
    names.into_iter().filter_map(differing).chain(manifests(old, new)).collect()
}

/// What the manifests say besides what the diff tells of stacks and people, where it differs.
fn manifests(old: &AccountFolder, new: &AccountFolder) -> Option<FileDiff> {
    let names =
        |account: &AccountFolder| account.stacks.iter().map(|stack| stack.name.clone()).collect::<BTreeSet<_>>();
    let both: BTreeSet<String> = names(old).intersection(&names(new)).cloned().collect();
    let [old, new] = [old, new].map(|account| {
        let order = account.stacks.iter().filter(|stack| both.contains(&stack.name));
        let order: Vec<&str> = order.map(|stack| stack.name.as_str()).collect();
        let AccountFolder { version, partition, bucket, .. } = account;
        format!("version: {version}\npartition: {partition}\nbucket: {bucket}\norder:\n{}\n", order.join("\n"))
    });
    let name = MANIFEST_FILE.to_owned();
    (old != new).then_some(FileDiff { name, presence: Presence::Both, old: Some(old), new: Some(new) })
}

/// The heads of the lists of people in the data of a `deploy.sh`.
const LISTS: [&str; 3] = ["users='", "suspended='", "renamed='"];

/// The lines of each of these lists, as the manifest has the people, each with the line of the stack that it stands below:
/// nothing else that stands there is left out, since a shell may run it. It may run what is behind a quotation mark, too,
/// whatever manifest names that.
fn lines_of_people(account: &AccountFolder) -> [BTreeSet<(String, String)>; 3] {
    let mut lists: [BTreeSet<(String, String)>; 3] = Default::default();
    let [users, suspended, renamed] = &mut lists;
    for stack in &account.stacks {
        let file = stack.source.path.file_name().unwrap_or_default().to_string_lossy();
        let head = format!("{file} -");
        users.extend(stack.users.first().map(|_| (String::new(), head.clone())));
        for UserEntry { name, logical_id, notebook, was, suspended: is_suspended } in &stack.users {
            users.insert((head.clone(), format!("{logical_id}User {name}")));
            let notebook = notebook.as_deref().unwrap_or("-");
            suspended.extend(is_suspended.then(|| (String::new(), format!("{name} {notebook}"))));
            renamed.extend(was.as_ref().map(|was| (String::new(), format!("{was} {name}"))));
        }
    }
    lists.map(|list| list.into_iter().filter(|(_, line)| !line.contains('\'')).collect())
}

/// A text without the lines that its manifest gives the lists in it, and with a line for each that it lacks.
fn without_people(bytes: &[u8], people: &[BTreeSet<(String, String)>; 3]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    // What the manifest gives a list and is not in it, with the number of the line behind the list.
    let mut missing: Vec<(usize, String)> = Vec::new();
    // Of the list that a line is in: what was not met yet, and the line of the stack.
    let mut list: Option<(BTreeSet<(String, String)>, String)> = None;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = std::str::from_utf8(line).unwrap_or_default().trim_end_matches('\n');
        if let Some((expected, stack)) = &mut list {
            let of_nothing = (String::new(), text.to_owned());
            if expected.remove(&of_nothing) {
                *stack = of_nothing.1;
                continue;
            }
            if expected.remove(&(stack.clone(), text.to_owned())) {
                continue;
            }
            missing.extend(std::mem::take(expected).into_iter().map(|(_, line)| (kept.len(), line)));
        }
        list = LISTS.iter().position(|head| *head == text).map(|at| (people[at].clone(), String::new()));
        kept.push(line);
    }
    // Behind a line that the manifest does not give, all lines of a list are kept.
    missing.retain(|(at, line)| {
        let mut rest = kept[*at..].iter().take_while(|one| **one != b"'\n");
        !rest.any(|one| one.strip_suffix(b"\n") == Some(line.as_bytes()))
    });
    for (at, line) in missing.iter_mut().rev() {
        *line = format!("(not in this list: {line})\n");
        kept.insert(*at, line.as_bytes());
    }
    kept.concat()
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
