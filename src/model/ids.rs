//! The names that a new user's things get: made of the user's name, and never one that is or was another's.

use std::collections::{BTreeMap, BTreeSet};

use super::lock::PlacementLock;
use crate::config::{LogicalId, NotebookName, UserName};
use crate::facts::limits::TRAINING_JOB_NAME_CHARACTERS;

/// What stands between the name of a notebook and the rest of a training job's name: so a policy can name the jobs of one
/// notebook by a prefix that no other notebook's name begins with.
pub const NOTEBOOK_SEPARATOR: &str = "--";

/// The most characters of a notebook's name that version 2 of the SageMaker SDK keeps of `base_job_name`: behind them it appends
/// `-2026-11-28-04-33-40-926`, whose first hyphen may be the second of the separator. No new notebook gets a longer name by itself.
/// Source: <https://github.com/aws/sagemaker-python-sdk/blob/master-v2/src/sagemaker/utils.py> (`name_from_base`)
pub(super) const LONGEST_FOR_SDK: usize = TRAINING_JOB_NAME_CHARACTERS - "-2026-11-28-04-33-40-926".len() - 1;

impl NotebookName {
    /// Whether the name holds `--`, which ends the notebook's name in the names of training jobs. No new notebook has such
    /// a name; one from before may.
    pub fn holds_separator(&self) -> bool {
        self.as_str().contains(NOTEBOOK_SEPARATOR)
    }

    /// What stands before each `--` of the name.
    pub fn before_separators(&self) -> impl Iterator<Item = &str> {
        self.as_str().match_indices(NOTEBOOK_SEPARATOR).filter_map(|(at, _)| self.as_str().get(..at))
    }
}

/// The names that the lock does not have yet: what the things of new users are called, and new notebooks.
#[derive(Debug, Default)]
pub(super) struct AssignedNames {
    /// What the logical IDs of a new user's resources begin with.
    pub logical_ids: BTreeMap<UserName, LogicalId>,
    /// The names of new notebooks.
    pub notebooks: BTreeMap<UserName, NotebookName>,
}

impl AssignedNames {
    /// Names for everybody, in the order of the users' names: never one that the lock has of somebody, and each once. So
    /// `alice-b` and `alice.b` get `AliceB` and `AliceB2`, and keep them. `users` are those of the roster, each with the
    /// notebook's name that it sets.
    pub(super) fn of(lock: &PlacementLock, users: BTreeMap<UserName, Option<&str>>) -> Self {
        let mut ids: BTreeSet<String> = lock.entries.values().map(|entry| entry.logical_id.to_string()).collect();
        let set = users.values().copied().flatten();
        let locked = lock.entries.values().filter_map(|entry| entry.notebook.as_ref());
        let mut notebooks: BTreeSet<String> =
            set.map(str::to_lowercase).chain(locked.map(|name| name.as_str().to_lowercase())).collect();
        let mut names = Self::default();
        // The number that the last of those who are called alike got: all below it are taken.
        let (mut last_id, mut last_notebook) = (BTreeMap::new(), BTreeMap::new());
        for (name, notebook) in users {
            let entry = lock.entries.get(&name);
            if notebook.is_none()
                && entry.is_none_or(|entry| entry.notebook.is_none())
                && let Some(new) =
                    numbered(mapped_notebook_name(&name), "-", LONGEST_FOR_SDK, &mut last_notebook, |name| {
                        NotebookName::parse(name).ok().filter(|name| !notebooks.contains(&name.as_str().to_lowercase()))
                    })
            {
                notebooks.insert(new.as_str().to_lowercase());
                names.notebooks.insert(name.clone(), new);
            }
            if entry.is_none()
                && let Some(new) = numbered(mapped_logical_id(&name), "", usize::MAX, &mut last_id, |id| {
                    LogicalId::parse(id).ok().filter(|id| !ids.contains(id.as_str()))
                })
            {
                ids.insert(new.to_string());
                names.logical_ids.insert(name, new);
            }
        }
        names
    }
}

/// The first that is free of `name`, `name-2`, `name-3` and so on, cut to `longest` characters.
fn numbered<T>(
    name: String,
    separator: &str,
    longest: usize,
    last: &mut BTreeMap<String, u32>,
    free: impl Fn(&str) -> Option<T>,
) -> Option<T> {
    let first = last.get(&name).map_or(1, |last| last + 1);
    let (number, found) = (first..).find_map(|number| {
        let suffix = if number == 1 { String::new() } else { format!("{separator}{number}") };
        let head: String = name.chars().take(longest.saturating_sub(suffix.len())).collect();
        Some((number, free(&format!("{}{suffix}", head.trim_end_matches('-')))?))
    })?;
    last.insert(name, number);
    Some(found)
}

/// `tanaka.taro` → `TanakaTaro`: each run of letters and digits, with its first letter in upper case.
fn mapped_logical_id(name: &UserName) -> String {
    let words = name.as_str().split(|c: char| !c.is_ascii_alphanumeric());
    let mut id = String::new();
    for word in words {
        let mut characters = word.chars();
        id.extend(characters.next().map(|first| first.to_ascii_uppercase()));
        id.extend(characters);
    }
    // A name of punctuation alone still needs an ID, and one of its own: its bytes spell it.
    if id.is_empty() {
        id = format!("X{}", spelled(name));
    }
    id
}

/// `tanaka.taro` → `tanaka-taro`: each run of what SageMaker does not take, or of `-`, becomes one `-`.
fn mapped_notebook_name(name: &UserName) -> String {
    let words = name.as_str().split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let notebook = words.collect::<Vec<_>>().join("-");
    if notebook.is_empty() { format!("x{}", spelled(name)) } else { notebook }
}

/// The bytes of a name in hexadecimal.
fn spelled(name: &UserName) -> String {
    name.as_str().bytes().fold(String::new(), |spelled, byte| format!("{spelled}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(users: &[&str]) -> Vec<(String, String)> {
        let users: Vec<UserName> = users.iter().map(|name| UserName::parse(name).unwrap()).collect();
        let new = AssignedNames::of(&PlacementLock::default(), users.iter().map(|name| (name.clone(), None)).collect());
        let of = |name: &UserName| (new.logical_ids[name].to_string(), new.notebooks[name].to_string());
        users.iter().map(of).collect()
    }

    #[test]
    fn many_rows_of_one_person_take_one_name_and_no_time() {
        // So many take minutes where each looks through what those before it got.
        let mut rows = vec!["a.b"; 100_000];
        rows.push("a-b");
        let found = names(&rows);
        assert_eq!((found[0].0.as_str(), found[100_000].0.as_str()), ("AB2", "AB"));
        let alike: Vec<String> = (0..1 << 13)
            .map(|bits| (0..13).map(|at| if bits >> at & 1 == 0 { "a." } else { "a-" }).collect())
            .collect();
        let found = names(&alike.iter().map(String::as_str).collect::<Vec<_>>());
        let numbers: BTreeSet<&String> = found.iter().map(|(id, _)| id).collect();
        assert!(numbers.len() == 1 << 13 && numbers.contains(&format!("{}8192", "A".repeat(13))));
    }

    #[test]
    fn names_map_to_logical_ids_and_notebook_names() {
        for (name, id, notebook) in [
            ("tanaka.taro", "TanakaTaro", "tanaka-taro"),
            ("a_b+c=d@f-g", "ABCDFG", "a-b-c-d-f-g"),
            ("-x.", "X", "x"),
            ("2nd", "2nd", "2nd"),
            ("a..b--c", "ABC", "a-b-c"),
            ("@@", "X4040", "x4040"),
        ] {
            assert_eq!(names(&[name]), [(id.to_owned(), notebook.to_owned())]);
        }
    }

    #[test]
    fn names_that_map_to_one_get_numbers_in_their_order_whatever_the_order_of_the_rows() {
        let pair = |id: &str, notebook: &str| (id.to_owned(), notebook.to_owned());
        let expected = [pair("AliceB", "alice-b"), pair("AliceB2", "alice-b2"), pair("AliceB3", "alice-b-2")];
        assert_eq!(names(&["alice-b", "alice.b2", "alice_b"]), expected);
        assert_eq!(names(&["alice_b", "alice.b2", "alice-b"]), [2, 1, 0].map(|at| expected[at].clone()));
    }

    #[test]
    fn every_user_name_has_a_logical_id_and_a_notebook_name() {
        for name in ["a".repeat(64), "@".repeat(64), format!("{}-b", "a".repeat(62)), "_".to_owned()] {
            assert_eq!(names(&[&name]).len(), 1, "{name}");
        }
    }
}
