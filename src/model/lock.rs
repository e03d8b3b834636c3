//! The lock, validated: which users stack each user is in, and the names that their things were given.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::names::{LogicalId, NotebookName, UserName};
use crate::config::{LOCK_NOTHING, LOCK_VERSION, LockConfig, LockLine, broken_lock, shorten};
use crate::finding::Finding;
use crate::source::Place;

/// The number of a users stack, counted from 1: 1 is `users-001`.
pub type StackNumber = u16;

/// What the lock says of an account's users.
#[derive(Debug, Clone, Default)]
pub struct Lock {
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
    /// The notebook's name, if there is a notebook.
    pub notebook: Option<NotebookName>,
    /// The user's e-mail address.
    pub email: Option<String>,
}

/// The name of a users stack in files and in the lock.
pub fn stack_word(number: StackNumber) -> String {
    format!("users-{number:03}")
}

impl Lock {
    /// Validates what was read. `None`, with findings, when it does not hold together.
    pub(super) fn build(config: &LockConfig, findings: &mut Vec<Finding>) -> Option<Self> {
        let before = findings.len();
        let mut lock = Self { stacks: config.stacks, entries: BTreeMap::new() };
        let mut seen = Seen::default();
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
        seen: &mut Seen<'a>,
        findings: &mut Vec<Finding>,
    ) {
        let mut clash = |message: String, first: &Place| {
            findings.push(broken_lock(&line.place, &message).related(first.clone(), "first here"));
        };
        if entry.stack == 0 || entry.stack > self.stacks {
            let message = format!("`{}` is none of the {} stacks of this lock", line.stack, self.stacks);
            findings.push(broken_lock(&line.place, &message));
            return;
        }
        if let Some(first) = seen.names.get(&name.as_str().to_lowercase()) {
            // Where one branch saw a user leave and another did not, a merge keeps both lines; the roster decides.
            let known = self.entries.get(&name).map(|known| LockEntry { left: entry.left, ..known.clone() });
            if known.as_ref() != Some(&entry) {
                clash(format!("the user `{name}` stands twice in the lock, with different words"), first);
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
            let notebook = entry.notebook.as_ref().map_or(LOCK_NOTHING, NotebookName::as_str);
            let email = entry.email.as_deref().unwrap_or(LOCK_NOTHING);
            // Writing to a string cannot fail.
            let _ =
                writeln!(text, "{state} {name} {} {} {notebook} {email}", stack_word(entry.stack), entry.logical_id);
        }
        text
    }
}

/// What was seen so far, with the line that said it.
#[derive(Default)]
struct Seen<'a> {
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
    let notebook = line.notebook.as_deref().map(NotebookName::parse).transpose();
    let notebook = notebook.map_err(|_| refused(line.notebook.as_deref().unwrap_or_default(), "notebook name"))?;
    let stack = stack.ok_or_else(|| refused(&line.stack, "users stack such as `users-001`"))?;
    Ok((name, LockEntry { left: line.left, stack, logical_id, notebook, email: line.email.clone() }))
}

/// An e-mail address as the lock can hold it: one word, or nothing.
pub(super) fn email_word(email: Option<&str>) -> Option<String> {
    email
        .filter(|email| !email.is_empty() && *email != LOCK_NOTHING && !email.contains(char::is_whitespace))
        .map(str::to_owned)
}
