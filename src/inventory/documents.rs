//! The policies of an inventory, of which each text is held once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::model::Location;
use super::template::one_or_more;
use crate::iam::{Document, Malformed};

/// What stands before the key of a principal's tag in conditions and variables, in lower case.
pub const PRINCIPAL_TAG: &str = "principaltag/";

/// The `Sid` of a statement, where it has one.
pub fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())
}

/// The `Sid` of a statement, or the number of the one at the index `at`.
pub fn statement_name(statement: &Value, at: usize) -> String {
    sid(statement).map_or_else(|| (at + 1).to_string(), str::to_owned)
}

/// The text of a policy. Several policies may have the same.
#[derive(Debug)]
pub struct PolicyDocument {
    /// The same number for equal texts, of all inventories that were made with the same `Documents`.
    pub id: usize,
    /// What it says, with the return values that are known in place of references.
    pub value: Value,
    parsed: OnceLock<Result<Document, Malformed>>,
}

impl PolicyDocument {
    /// The document as IAM reads it.
    ///
    /// # Errors
    /// When it is no policy document, or holds a reference of which it is not known what it returns.
    pub fn parsed(&self) -> Result<&Document, &Malformed> {
        self.parsed.get_or_init(|| Document::parse(&self.value)).as_ref()
    }

    /// The statements, as they are written.
    pub fn statements(&self) -> impl Iterator<Item = &Value> {
        one_or_more(self.value.get("Statement"))
    }

    /// The keys of tags, in lower case, that it names behind a word such as `principaltag/`.
    pub fn tag_keys(&self, word: &str) -> BTreeSet<String> {
        let text = self.value.to_string().to_lowercase();
        let behind = text.split(word).skip(1);
        behind.filter_map(|rest| rest.split(['"', '}', ',']).next()).map(|key| key.trim().to_owned()).collect()
    }

    /// The actions that its statements name, as they are spelled.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        let lists = self.statements().flat_map(|one| ["Action", "NotAction"].map(|key| one.get(key)));
        lists.flat_map(one_or_more).filter_map(Value::as_str)
    }
}

/// The texts of policies, each once.
#[derive(Debug, Default)]
pub struct Documents {
    by_text: BTreeMap<String, Arc<PolicyDocument>>,
}

impl Documents {
    /// The one document of this text.
    pub fn of(&mut self, value: Value) -> Arc<PolicyDocument> {
        let id = self.by_text.len();
        let document = self.by_text.entry(value.to_string());
        Arc::clone(document.or_insert_with(|| Arc::new(PolicyDocument { id, value, parsed: OnceLock::new() })))
    }
}

/// What a policy is to IAM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyKind {
    /// A managed policy, with its ARN.
    Managed(String),
    /// A policy that is part of a user, role or group.
    Inline,
    /// The trust policy of a role.
    Trust,
    /// The policy of a resource.
    Resource,
}

/// A policy.
#[derive(Debug)]
pub struct Policy<'a> {
    /// What it is.
    pub kind: PolicyKind,
    /// Its name; of a policy without one, what it is.
    pub name: String,
    /// Where its document stands.
    pub location: Location<'a>,
    /// What it says.
    pub document: Arc<PolicyDocument>,
}
