//! `stacks.lock`: which users stack each user is in, and the names that their things were given.
//!
//! One line a user, by name, so that two branches which add users merge. Someone who leaves keeps a line: what they had
//! is never given to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{LogicalId, NotebookName, UserName, shorten};
use crate::finding::{Finding, Rule, counted};
use crate::source::{Place, SourceFile};

/// The number of a users stack, counted from 1: 1 is `users-001`.
pub type StackNumber = u16;

/// Of the people of an account, so many may leave at once, or so many of a hundred: more look like a roster that is cut off.
pub const FEW_LEAVERS: usize = 2;
/// The percentage of that.
pub const FEW_LEAVERS_PERCENT: usize = 10;

/// The version of the form that this racestack reads and writes.
const VERSION: &str = "1";
/// Stands where there is nothing: no notebook, no e-mail address.
const NOTHING: &str = "-";

/// What the lock says of an account's users.
#[derive(Debug, Clone, Default)]
pub struct PlacementLock {
    /// How many users stacks there are; once made, a stack stays, even when everyone in it has left.
    pub stacks: StackNumber,
    /// Everyone who is or was a user, by name.
    pub entries: BTreeMap<UserName, LockEntry>,
}

/// What the lock says of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockEntry {
    /// Whether the user has left.
    pub left: bool,
    /// The users stack.
    pub stack: StackNumber,
    /// What the logical IDs of the user's resources begin with.
    pub logical_id: LogicalId,
    /// The notebook's name, if there is or was a notebook.
    pub notebook: Option<NotebookName>,
    /// Whether the user gave the notebook up. Its name stays the user's.
    pub gave_up: bool,
    /// The user's e-mail address, to notice a person under a new name.
    pub email: Option<String>,
}

/// The name of a users stack in files and in the lock.
pub fn stack_word(number: StackNumber) -> String {
    format!("users-{number:03}")
}

/// The number of a users stack of this name.
pub fn stack_number(word: &str) -> Option<StackNumber> {
    let number = word.strip_prefix("users-")?.parse().ok()?;
    (number > 0 && stack_word(number) == word).then_some(number)
}

impl PlacementLock {
    /// Reads a lock file. `None`, with findings, when it is damaged or does not hold together.
    pub(super) fn read(source: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Option<Self> {
        let before = findings.len();
        let (mut has_version, mut stacks, mut users) = (false, None, Vec::new());
        for number in 1..=source.text.lines().count() {
            let place = Place::line(source, number);
            let wrong = match source.line(number).split_whitespace().collect::<Vec<_>>().as_slice() {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                ["version", VERSION] => {
                    has_version = true;
                    continue;
                }
                ["version", other, ..] => {
                    let message = format!("found a lock of version `{other}`, allowed is {VERSION}");
                    let finding = Finding::new(Rule::LockVersion, message).at(place);
                    findings.push(finding.help("use the racestack that wrote the lock, or a newer one"));
                    return None;
                }
                // Two branches that each added a stack merge into two lines.
                ["stacks", count] => match count.parse::<StackNumber>() {
                    Ok(count) => {
                        stacks = stacks.max(Some((count, number)));
                        continue;
                    }
                    Err(_) => format!("found `{count}` stacks, allowed is a whole number up to {}", StackNumber::MAX),
                },
                [state @ ("user" | "left"), name, words @ ..] if words.len() == 4 => {
                    match entry(*state == "left", name, words) {
                        Ok((name, entry)) => {
                            users.push((name, entry, place));
                            continue;
                        }
                        Err(message) => message,
                    }
                }
                ["user" | "left", rest @ ..] => {
                    format!("found {} behind the first, allowed are 5", counted(rest.len(), "word", "words"))
                }
                [word, ..] => {
                    format!("found a line that begins with `{}`, allowed are `user` and `left`", shorten(word))
                }
            };
            findings.push(broken(place, wrong));
        }
        if findings.len() == before && (!has_version || stacks.is_none()) {
            let missing = if has_version { "`stacks` line" } else { "`version` line" };
            let message = format!("the lock has no {missing}: it is cut off, or no lock");
            findings.push(broken(Place::whole(source), message));
        }
        let (stacks, line) = stacks.filter(|_| has_version)?;
        let mut lock = Self { stacks, entries: BTreeMap::new() };
        let beyond = users.iter().filter(|(_, entry, _)| entry.stack > stacks);
        if let Some((_, most, place)) = beyond.clone().max_by_key(|(_, entry, _)| entry.stack) {
            let lines = counted(beyond.count(), "line names a later one", "lines name later ones");
            let count = counted(stacks.into(), "users stack", "users stacks");
            let (number, last) = (most.stack, stack_word(most.stack));
            let message = format!("the lock has {count}, and {lines}, up to `{last}`");
            let mut finding = broken(Place::line(source, line), message).related(place.clone(), format!("`{last}`"));
            finding.help.get_or_insert_default().push_str(&format!(", or write `stacks {number}`"));
            findings.push(finding);
        }
        let mut seen = BTreeMap::new();
        for (name, entry, place) in users {
            findings.extend(lock.add(name, entry, place, &mut seen));
        }
        (findings.len() == before).then_some(lock)
    }

    /// Adds a user. `seen` has the places of what is given to one user alone.
    fn add(
        &mut self,
        name: UserName,
        entry: LockEntry,
        place: Place,
        seen: &mut BTreeMap<(&'static str, String), Place>,
    ) -> Option<Finding> {
        let user = ("user", name.as_str().to_lowercase());
        if let Some(first) = seen.get(&user) {
            // A merge keeps both lines where one branch changed a line and another one beside it.
            let Some((known, merged)) =
                self.entries.get_mut(&name).and_then(|known| known.merged(&entry).map(|merged| (known, merged)))
            else {
                let message = format!("the lock has two different lines for the user `{name}`");
                let help = "keep the line of what is deployed, and remove the other; if nothing of it is deployed, keep either";
                let note = "two branches that each added the user may have placed the user differently";
                return Some(Finding::twice(Rule::LockBroken, message, &place, first, help).note(note));
            };
            *known = merged;
            return None;
        }
        let notebook = entry.notebook.as_ref().map(|notebook| ("notebook", notebook.to_string()));
        let given: Vec<_> = std::iter::once(("logical ID", entry.logical_id.to_string())).chain(notebook).collect();
        for (what, word) in &given {
            let key = (*what, if *what == "notebook" { word.to_lowercase() } else { word.clone() });
            if let Some(first) = seen.get(&key) {
                let message = format!("two users have the {what} `{word}` in the lock");
                let help = "restore the line; if two branches each added a user, remove the line that was not deployed";
                return Some(Finding::twice(Rule::LockBroken, message, &place, first, help));
            }
            seen.insert(key, place.clone());
        }
        seen.insert(user, place);
        self.entries.insert(name, entry);
        None
    }

    /// Whether the notebook name is or was another user's, without regard to case.
    pub(super) fn has_notebook(&self, name: &NotebookName) -> bool {
        let mut notebooks = self.entries.values().filter_map(|entry| entry.notebook.as_ref());
        notebooks.any(|notebook| notebook.as_str().eq_ignore_ascii_case(name.as_str()))
    }

    /// The file's text: one line a user, by name.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# Which users stack each user is in, and the names that their things were given. Written by `racestack synth`:\n\
             # commit it with the roster and the out folder, and do not edit it. Those who left keep their line, so that\n\
             # nobody is given what was theirs.\n\
             # user NAME STACK LOGICAL-ID NOTEBOOK E-MAIL\n\
             version {VERSION}\nstacks {}\n",
            self.stacks
        );
        for (name, entry) in &self.entries {
            text += &entry.line(name, &stack_word(entry.stack));
            text.push('\n');
        }
        text
    }
}

impl LockEntry {
    /// The line of the user, in this users stack.
    pub fn line(&self, name: &UserName, stack: &str) -> String {
        let state = if self.left { "left" } else { "user" };
        let notebook = match &self.notebook {
            None => NOTHING.to_owned(),
            Some(notebook) if self.gave_up => format!("({notebook})"),
            Some(notebook) => notebook.to_string(),
        };
        let email = self.email.as_deref().unwrap_or(NOTHING);
        format!("{state} {name} {stack} {} {notebook} {email}", self.logical_id)
    }

    /// One of two lines of a user, if they are the same place and names: who left on one branch has left, and what else differs, the
    /// roster decides.
    fn merged(&self, other: &Self) -> Option<Self> {
        let same_notebook = self.notebook.is_none() || other.notebook.is_none() || self.notebook == other.notebook;
        (self.stack == other.stack && self.logical_id == other.logical_id && same_notebook).then(|| Self {
            left: self.left || other.left,
            notebook: self.notebook.clone().or_else(|| other.notebook.clone()),
            gave_up: self.gave_up && other.gave_up,
            email: self.email.clone().or_else(|| other.email.clone()),
            ..self.clone()
        })
    }
}

/// A finding about a lock that is not as racestack wrote it.
fn broken(place: Place, message: impl Into<String>) -> Finding {
    let path = place.path().display().to_string();
    Finding::new(Rule::LockBroken, message)
        .at(place)
        .help(format!("restore the committed file: `git checkout -- {path}`"))
        .note(
            "the lock keeps users where they are; made anew, it could move them, and CloudFormation would delete them",
        )
}

/// A user's line. The notebook's name is in brackets when the user gave it up.
fn entry(left: bool, name: &str, words: &[&str]) -> Result<(UserName, LockEntry), String> {
    let refused = |word: &str, what: &str| format!("found `{}`, which is no {what}", shorten(word));
    let [stack, logical_id, notebook, email] = words else { return Err(refused(name, "line of a user")) };
    let given = |word: &&str| *word != NOTHING;
    let notebook = Some(*notebook).filter(given);
    let given_up = notebook.and_then(|word| word.strip_prefix('(')?.strip_suffix(')'));
    let entry = LockEntry {
        left,
        logical_id: LogicalId::parse(logical_id).map_err(|_| refused(logical_id, "logical ID"))?,
        notebook: given_up
            .or(notebook)
            .map(NotebookName::parse)
            .transpose()
            .map_err(|_| refused(notebook.unwrap_or_default(), "notebook name"))?,
        gave_up: given_up.is_some(),
        stack: stack_number(stack).ok_or_else(|| refused(stack, "users stack such as `users-001`"))?,
        email: Some(*email).filter(given).map(str::to_owned),
    };
    Ok((UserName::parse(name).map_err(|_| refused(name, "user name"))?, entry))
}

/// An e-mail address as the lock can hold it: one word, or nothing.
pub(super) fn email_word(email: Option<&str>) -> Option<String> {
    email
        .filter(|email| !email.is_empty() && *email != NOTHING && !email.contains(char::is_whitespace))
        .map(str::to_owned)
}
