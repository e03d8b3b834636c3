//! A record of templates that passed the checks before, so that what was checked in these very bytes is not checked anew.
//!
//! Nothing was found in a template that a record holds: neither an error nor a warning. It is held by a digest of
//! everything that the checks of a single template look at, the program among it; and it tells what the checks between
//! templates need of it. A record that is damaged, or of another version, holds nothing.
//! See docs/decisions/0023-a-record-of-what-passed.md.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::guard::Applied;
use super::limits::{Counts, PolicySize};
use super::references::References;
use super::single::Ground;
use crate::model::User;
use crate::plan::StackPlan;
use crate::render::{Contents, Rendered};

/// A digest of the sources of this very program, which the build script makes.
const PROGRAM: &str = env!("RACESTACK_SOURCES");

/// What checks tell of a template, besides what they find.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Told {
    pub contents: Contents,
    pub policies: Vec<PolicySize>,
    pub counts: Counts,
    pub references: References,
    pub applied: Applied,
}

/// What a template is held by, in hexadecimal.
pub(super) type Key = String;

/// Templates that passed.
#[derive(Debug, Default)]
pub struct Record {
    passed: BTreeMap<Key, Arc<Told>>,
}

impl Record {
    /// Reads what `to_text` gave. Anything else is a record of nothing.
    pub fn read(text: &[u8]) -> Self {
        let Some((seal, json)) = text.split_at_checked(SEAL_BYTES) else { return Self::default() };
        if seal != seal_of(json).as_bytes() {
            return Self::default();
        }
        let passed: BTreeMap<Key, Told> = serde_json::from_slice(json).unwrap_or_default();
        Self { passed: passed.into_iter().map(|(key, told)| (key, Arc::new(told))).collect() }
    }

    /// The record as it is kept: a seal, which tells whether it is whole, and JSON.
    pub fn to_text(&self) -> String {
        let passed: BTreeMap<&Key, &Told> = self.passed.iter().map(|(key, told)| (key, told.as_ref())).collect();
        // A value made of texts and numbers always has a JSON form.
        let json = serde_json::to_string(&passed).unwrap_or_default();
        seal_of(json.as_bytes()) + &json
    }

    /// Whether both hold the same templates.
    pub fn is_like(&self, other: &Self) -> bool {
        self.passed.keys().eq(other.passed.keys())
    }

    pub(super) fn of(passed: impl Iterator<Item = (Key, Arc<Told>)>) -> Self {
        Self { passed: passed.collect() }
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Arc<Told>> {
        self.passed.get(key)
    }
}

/// A SHA-256 in hexadecimal, and a line feed.
const SEAL_BYTES: usize = 65;

fn seal_of(json: &[u8]) -> String {
    Digester::default().with(json).hexadecimal() + "\n"
}

/// A digest of all that the checks of a single template look at besides the template and its stack.
pub(super) struct Basis(String);

impl Basis {
    pub(super) fn of(ground: &Ground<'_>) -> Self {
        // Named one by one, so that nothing is added to the ground and forgotten here.
        let Ground { names, bytes, expected, rules, today } = ground;
        let digester = Digester::default()
            .with(PROGRAM.as_bytes())
            .with(format!("{names:?}").as_bytes())
            .with(format!("{bytes:?} {today:?}").as_bytes())
            .with(format!("{expected:?}").as_bytes());
        let with_rule = |digester: Digester, (path, text): (&std::path::Path, &str)| {
            digester.with(path.to_string_lossy().as_bytes()).with(text.as_bytes())
        };
        Self(rules.texts().fold(digester, with_rule).hexadecimal())
    }

    /// What the template of a stack is held by.
    pub(super) fn key(&self, stack: &StackPlan<'_>, rendered: &Rendered) -> Key {
        let StackPlan { part, name, users, by_stack_set } = stack;
        let digester = Digester::default()
            .with(self.0.as_bytes())
            .with(format!("{part:?} {name} {by_stack_set}").as_bytes())
            .with(&rendered.sha256);
        users.iter().fold(digester, |digester, user| digester.with(told_apart(user).as_bytes())).hexadecimal()
    }
}

/// Everything of a person that a template can be compared with.
fn told_apart(user: &User) -> String {
    // Named one by one, so that nothing is added to a user and forgotten here.
    let User { name, logical_id, tags, person_tags, suspended, console, notebook, email: _, stack: _, place: _ } = user;
    format!("{:?}", (name, logical_id, tags, person_tags, suspended, console, notebook))
}

/// Digests texts so that no two rows of texts come out the same.
#[derive(Default)]
struct Digester(Sha256);

impl Digester {
    fn with(mut self, text: &[u8]) -> Self {
        self.0.update(text.len().to_le_bytes());
        self.0.update(text);
        self
    }

    fn hexadecimal(self) -> String {
        self.0.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
