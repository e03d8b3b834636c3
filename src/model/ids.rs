//! The names that a new user's things get: made of the user's name, and never one that is or was another's.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::lock::Lock;
use super::names::{LogicalId, NotebookName, UserName};
use crate::facts::limits;

/// What stands between the name of a notebook and the rest of a training job's name: so a policy can name the jobs of one
/// notebook by a prefix that no other notebook's name begins with.
const NOTEBOOK_SEPARATOR: &str = "--";

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

/// The names of people who are not in the roster: of those who left, and of those who leave in this very run. With them
/// the names of notebooks that people gave up.
#[derive(Debug, Default)]
pub(super) struct Former {
    logical_ids: BTreeSet<String>,
    notebooks: BTreeSet<String>,
}

impl Former {
    /// The names that the lock has of those who are not among `stay`.
    pub(super) fn of(lock: &Lock, stay: &BTreeSet<&str>) -> Self {
        let mut former = Self::default();
        for (name, entry) in &lock.entries {
            let gone = !stay.contains(name.as_str());
            if gone {
                former.logical_ids.insert(entry.logical_id.to_string());
            }
            if gone || entry.gave_up {
                former.notebooks.extend(entry.notebook.as_ref().map(|name| name.as_str().to_lowercase()));
            }
        }
        former
    }
}

/// What the logical IDs of a new user's resources begin with. Where someone who left had it, a number makes it another:
/// a resource that keeps its logical ID would be handed on, with what is in it.
pub(super) fn logical_id(name: &UserName, former: &Former) -> Option<LogicalId> {
    let free = |id: &LogicalId| !former.logical_ids.contains(id.as_str());
    numbered(&mapped_logical_id(name), "", usize::MAX).filter_map(|id| LogicalId::parse(&id).ok()).find(free)
}

/// The name of a new user's notebook; as with logical IDs, never that of someone who left.
pub(super) fn notebook_name(name: &UserName, former: &Former) -> Option<NotebookName> {
    let mapped = mapped_notebook_name(name);
    let free = |name: &NotebookName| !former.notebooks.contains(&name.as_str().to_lowercase());
    let longest = limits::NOTEBOOK_NAME_CHARACTERS;
    numbered(&mapped, "-", longest).filter_map(|name| NotebookName::parse(&name).ok()).find(free)
}

/// `name`, `name-2`, `name-3` and so on, cut to `longest` characters.
fn numbered(name: &str, separator: &str, longest: usize) -> impl Iterator<Item = String> {
    (1_u32..).map(move |number| {
        let suffix = if number == 1 { String::new() } else { format!("{separator}{number}") };
        let head: String = name.chars().take(longest.saturating_sub(suffix.len())).collect();
        format!("{}{suffix}", head.trim_end_matches('-'))
    })
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

/// `tanaka.taro` → `tanaka-taro`: each run of what SageMaker does not take, or of `-`, becomes one `-`. The one character that IAM allows beyond
/// SageMaker's 63 is cut; two names that meet are a finding.
fn mapped_notebook_name(name: &UserName) -> String {
    let words = name.as_str().split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let cut: String = words.collect::<Vec<_>>().join("-").chars().take(limits::NOTEBOOK_NAME_CHARACTERS).collect();
    let mut notebook = cut.trim_end_matches('-').to_owned();
    if notebook.is_empty() {
        notebook = format!("x{}", spelled(name)).chars().take(limits::NOTEBOOK_NAME_CHARACTERS).collect();
    }
    notebook
}

fn spelled(name: &UserName) -> String {
    name.as_str().bytes().fold(String::new(), |mut spelled, byte| {
        // Writing to a string cannot fail.
        let _ = write!(spelled, "{byte:02x}");
        spelled
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let name = UserName::parse(name).unwrap();
            assert_eq!(logical_id(&name, &Former::default()).unwrap().as_str(), id);
            assert_eq!(notebook_name(&name, &Former::default()).unwrap().as_str(), notebook);
        }
    }

    #[test]
    fn every_user_name_has_a_logical_id_and_a_notebook_name() {
        for name in ["a".repeat(64), "@".repeat(64), format!("{}-b", "a".repeat(62)), "_".to_owned()] {
            let name = UserName::parse(&name).unwrap();
            assert!(
                logical_id(&name, &Former::default()).is_some() && notebook_name(&name, &Former::default()).is_some(),
                "{name}"
            );
        }
    }
}
