//! `stacks.lock`: which users stack each user is in, and the names that their things were given. Read here word by word;
//! what the words must be, and whether they hold together, `model` says.
//!
//! One line a user, by name, so that two branches which add users merge. Someone who leaves keeps a line: what they had
//! is never given to another.

use std::path::Path;
use std::sync::Arc;

use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// The name of the file, in the account's folder.
pub const LOCK_FILE: &str = "stacks.lock";
/// The version of the form that this racestack reads and writes.
pub const LOCK_VERSION: &str = "1";
/// Stands where there is nothing: no notebook, no e-mail address.
pub const LOCK_NOTHING: &str = "-";

/// A lock file, as it was read.
#[derive(Debug, Clone)]
pub struct LockConfig {
    /// The file. Its text is empty when it does not exist.
    pub source: Arc<SourceFile>,
    /// Whether the file exists.
    pub exists: bool,
    /// How many users stacks there are, by the largest `stacks` line.
    pub stacks: u16,
    /// The lines of users.
    pub lines: Vec<LockLine>,
}

/// The line of a user.
#[derive(Debug, Clone)]
pub struct LockLine {
    /// Whether the user has left.
    pub left: bool,
    /// The user's name.
    pub name: String,
    /// The users stack: `users-001`.
    pub stack: String,
    /// What the logical IDs of the user's resources begin with.
    pub logical_id: String,
    /// The notebook's name, if the user has or had a notebook; in brackets when the user gave it up.
    pub notebook: Option<String>,
    /// The user's e-mail address, to notice a person under a new name.
    pub email: Option<String>,
    /// The whole line.
    pub place: Place,
}

/// Reads a lock file; `bytes` is `None` where there is no such file. `None`, with findings, when it is damaged.
pub fn read(path: &Path, bytes: Option<&[u8]>, findings: &mut Vec<Finding>) -> Option<LockConfig> {
    let Some(bytes) = bytes else {
        return Some(LockConfig { source: SourceFile::new(path, ""), exists: false, stacks: 0, lines: Vec::new() });
    };
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let source = SourceFile::new(path, String::from_utf8_lossy(bytes));
            let at = error.valid_up_to();
            findings.push(broken(&Place::new(&source, at..at + 1), "the lock is not UTF-8"));
            return None;
        }
    };
    let source = SourceFile::new(path, text);
    let mut reader =
        LockReader { source: &source, findings, version: false, stacks: None, lines: Vec::new(), failed: false };
    let mut offset = 0;
    for line in source.text.split_inclusive('\n') {
        let end = offset + line.trim_end().len();
        if !reader.line(line.trim_end(), &Place::new(&source, offset..end)) {
            break;
        }
        offset += line.len();
    }
    if !reader.failed && (!reader.version || reader.stacks.is_none()) {
        let missing = if reader.version { "`stacks` line" } else { "`version` line" };
        let message = format!("the lock has no {missing}: it is cut off, or no lock");
        reader.fail(&Place::whole(&source), &message);
    }
    let (failed, stacks, lines) = (reader.failed, reader.stacks, reader.lines);
    (!failed).then_some(LockConfig { source, exists: true, stacks: stacks.unwrap_or(0), lines })
}

/// A finding about a lock that is not as racestack wrote it.
pub fn broken(place: &Place, message: &str) -> Finding {
    Finding::new(Rule::LockBroken, message)
        .at(place.clone())
        .help(format!("restore the committed file: `git checkout -- {}`", place.path().display()))
        .note(
            "the lock keeps users where they are; made anew, it could move them, and CloudFormation would delete them",
        )
}

struct LockReader<'a> {
    source: &'a Arc<SourceFile>,
    findings: &'a mut Vec<Finding>,
    version: bool,
    stacks: Option<u16>,
    lines: Vec<LockLine>,
    failed: bool,
}

impl LockReader<'_> {
    /// Reads a line; `false` when the rest of the file makes no sense.
    fn line(&mut self, line: &str, place: &Place) -> bool {
        if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| line.starts_with(marker)) {
            self.failed = true;
            self.findings.push(
                Finding::new(Rule::LockConflict, "the lock has a merge conflict")
                    .at(place.clone())
                    .help("keep the lines of both sides, remove the three marker lines, and run synth again")
                    .note("a line `config/accounts/*/stacks.lock merge=union` in `.gitattributes` lets git do that"),
            );
            return false;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [] => true,
            [first, ..] if first.starts_with('#') => true,
            ["version", LOCK_VERSION] => {
                self.version = true;
                true
            }
            ["version", other, ..] => {
                let message = format!("found a lock of version `{other}`, allowed is {LOCK_VERSION}");
                self.failed = true;
                self.findings.push(
                    Finding::new(Rule::LockVersion, message)
                        .at(place.clone())
                        .help("use the racestack that wrote the lock, or a newer one"),
                );
                false
            }
            ["stacks", count] => {
                match count.parse::<u16>() {
                    // Two branches that each added a stack merge into two lines.
                    Ok(count) => self.stacks = Some(self.stacks.unwrap_or(0).max(count)),
                    Err(_) => self.fail(place, &format!("found `{count}` stacks, allowed is a whole number")),
                }
                true
            }
            [state @ ("user" | "left"), name, stack, logical_id, notebook, email] => {
                let given = |word: &str| (word != LOCK_NOTHING).then(|| word.to_owned());
                self.lines.push(LockLine {
                    left: *state == "left",
                    name: (*name).to_owned(),
                    stack: (*stack).to_owned(),
                    logical_id: (*logical_id).to_owned(),
                    notebook: given(notebook),
                    email: given(email),
                    place: place.clone(),
                });
                true
            }
            ["user" | "left", rest @ ..] => {
                let message = format!("found {} words behind the first, allowed are 5", rest.len());
                self.fail(place, &message);
                true
            }
            [word, ..] => {
                let word = super::shorten(word);
                let message = format!("found a line that begins with `{word}`, allowed are `user` and `left`");
                self.fail(place, &message);
                true
            }
        }
    }

    fn fail(&mut self, place: &Place, message: &str) {
        self.failed = true;
        debug_assert!(Arc::ptr_eq(self.source, &place.source));
        self.findings.push(broken(place, message));
    }
}
