//! The lock, validated: which users stack each user is in, and the names that their things were given.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::names::{LogicalId, NotebookName, UserName};
use crate::config::{LOCK_NOTHING, LOCK_VERSION, LockConfig, LockLine, broken_lock, shorten};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// The number of a users stack, counted from 1: 1 is `users-001`.
pub type StackNumber = u16;

/// Of the people of an account, so many may leave at once, or so many of a hundred: more look like a roster that is cut off.
pub const FEW_LEAVERS: usize = 2;
/// The percentage of that.
pub const FEW_LEAVERS_PERCENT: usize = 10;

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
    /// The user's e-mail address.
    pub email: Option<String>,
}

/// The name of a users stack in files and in the lock.
pub fn stack_word(number: StackNumber) -> String {
    format!("users-{number:03}")
}

impl PlacementLock {
    /// Validates what was read. `None`, with findings, when it does not hold together.
    pub(super) fn build(config: &LockConfig, findings: &mut Vec<Finding>) -> Option<Self> {
        let before = findings.len();
        let mut lock = Self { stacks: config.stacks, entries: BTreeMap::new() };
        let mut seen = FirstLines::default();
        for line in &config.lines {
            match entry(line) {
                Ok((name, entry)) => lock.add(name, entry, line, &mut seen, findings),
                Err(message) => findings.push(broken_lock(&line.place, &message)),
            }
        }
        (findings.len() == before).then_some(lock)
    }

    fn add<'a>(
        &mut self,
        name: UserName,
        entry: LockEntry,
        line: &'a LockLine,
        seen: &mut FirstLines<'a>,
        findings: &mut Vec<Finding>,
    ) {
        let mut clash = |message: String, first: &Place| {
            findings.push(
                Finding::new(Rule::LockBroken, message)
                    .at(line.place.clone())
                    .related(first.clone(), "first here")
                    .help("restore the line; if two branches each added a user, remove the line that was not deployed"),
            );
        };
        if entry.stack == 0 || entry.stack > self.stacks {
            let message = format!("found `{}`, the lock has {} by its `stacks` line", line.stack, self.stacks);
            findings.push(broken_lock(&line.place, &message));
            return;
        }
        if let Some(first) = seen.names.get(&name.as_str().to_lowercase()) {
            // A merge keeps both lines where one branch changed a line and another one beside it.
            match self.entries.get_mut(&name).and_then(|known| known.merged(&entry).map(|merged| (known, merged))) {
                Some((known, merged)) => *known = merged,
                None => findings.push(twice(&name, &line.place, first)),
            }
            return;
        }
        if let Some(first) = seen.logical_ids.get(entry.logical_id.as_str()) {
            clash(format!("two users have the logical ID `{}` in the lock", entry.logical_id), first);
            return;
        }
        if let Some(notebook) = &entry.notebook {
            if let Some(first) = seen.notebooks.get(&notebook.as_str().to_lowercase()) {
                clash(format!("two users have the notebook `{notebook}` in the lock"), first);
                return;
            }
            seen.notebooks.insert(notebook.as_str().to_lowercase(), &line.place);
        }
        seen.names.insert(name.as_str().to_lowercase(), &line.place);
        seen.logical_ids.insert(entry.logical_id.to_string(), &line.place);
        self.entries.insert(name, entry);
    }

    /// Whether the notebook name is or was another user's, without regard to case.
    pub(super) fn has_notebook(&self, name: &NotebookName) -> bool {
        let own =
            |entry: &LockEntry| entry.notebook.as_ref().is_some_and(|n| n.as_str().eq_ignore_ascii_case(name.as_str()));
        self.entries.values().any(own)
    }

    /// The file's text: one line a user, by name.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# Which users stack each user is in, and the names that their things were given. Written by `racestack synth`:\n\
             # commit it with the roster and the out folder, and do not edit it. Those who left keep their line, so that\n\
             # nobody is given what was theirs.\n\
             # user NAME STACK LOGICAL-ID NOTEBOOK E-MAIL\n\
             version {LOCK_VERSION}\nstacks {}\n",
            self.stacks
        );
        for (name, entry) in &self.entries {
            let state = if entry.left { "left" } else { "user" };
            let notebook = match &entry.notebook {
                None => LOCK_NOTHING.to_owned(),
                Some(notebook) if entry.gave_up => format!("({notebook})"),
                Some(notebook) => notebook.to_string(),
            };
            let email = entry.email.as_deref().unwrap_or(LOCK_NOTHING);
            // Writing to a string cannot fail.
            let _ =
                writeln!(text, "{state} {name} {} {} {notebook} {email}", stack_word(entry.stack), entry.logical_id);
        }
        text
    }
}

impl LockEntry {
    /// One of two lines of a user, if they are the same place and names: who is there on one branch is there, and what
    /// else differs, the roster decides.
    fn merged(&self, other: &Self) -> Option<Self> {
        let same_notebook = self.notebook.is_none() || other.notebook.is_none() || self.notebook == other.notebook;
        (self.stack == other.stack && self.logical_id == other.logical_id && same_notebook).then(|| Self {
            left: self.left && other.left,
            stack: self.stack,
            logical_id: self.logical_id.clone(),
            notebook: self.notebook.clone().or_else(|| other.notebook.clone()),
            gave_up: self.gave_up && other.gave_up,
            email: self.email.clone().or_else(|| other.email.clone()),
        })
    }
}

fn twice(name: &UserName, place: &Place, first: &Place) -> Finding {
    let message = format!("the user `{name}` stands twice in the lock, with different words");
    Finding::new(Rule::LockBroken, message)
        .at(place.clone())
        .related(first.clone(), "first here")
        .help("keep the line of what is deployed, and remove the other; if nothing of it is deployed, keep either")
        .note("two branches that each added the user may have placed the user differently")
}

/// What was seen so far, with the line that said it.
#[derive(Default)]
struct FirstLines<'a> {
    names: BTreeMap<String, &'a Place>,
    logical_ids: BTreeMap<String, &'a Place>,
    notebooks: BTreeMap<String, &'a Place>,
}

/// The words of a line, as names.
fn entry(line: &LockLine) -> Result<(UserName, LockEntry), String> {
    let refused = |word: &str, what: &str| format!("found `{}`, which is no {what}", shorten(word));
    let name = UserName::parse(&line.name).map_err(|_| refused(&line.name, "user name"))?;
    let stack = line.stack.strip_prefix("users-").and_then(|number| number.parse().ok());
    let stack = stack.filter(|number| stack_word(*number) == line.stack);
    let logical_id = LogicalId::parse(&line.logical_id).map_err(|_| refused(&line.logical_id, "logical ID"))?;
    let word = line.notebook.as_deref();
    let given_up = word.and_then(|word| word.strip_prefix('(')?.strip_suffix(')'));
    let notebook = given_up.or(word).map(NotebookName::parse).transpose();
    let notebook = notebook.map_err(|_| refused(word.unwrap_or_default(), "notebook name"))?;
    let stack = stack.ok_or_else(|| refused(&line.stack, "users stack such as `users-001`"))?;
    Ok((
        name,
        LockEntry {
            left: line.left,
            stack,
            logical_id,
            notebook,
            gave_up: given_up.is_some(),
            email: line.email.clone(),
        },
    ))
}

/// An e-mail address as the lock can hold it: one word, or nothing.
pub(super) fn email_word(email: Option<&str>) -> Option<String> {
    email
        .filter(|email| !email.is_empty() && *email != LOCK_NOTHING && !email.contains(char::is_whitespace))
        .map(str::to_owned)
}
