//! What becomes of people.

use schemars::JsonSchema;
use serde::Serialize;

/// What becomes of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PersonDiff {
    /// The account, by its name in the new folder.
    pub account: String,
    /// The name of the IAM user.
    pub name: String,
    /// What becomes of the person.
    pub change: PersonChange,
    /// The name of before, of somebody who is renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What a person must do to keep the data of somebody who is renamed, step by step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub steps: Vec<String>,
}

/// What may become of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PersonChange {
    /// The person is new.
    Joins,
    /// The person is gone.
    Leaves,
    /// The person has another name: CloudFormation deletes one user and makes another.
    Renamed,
    /// The person keeps everything and may do nothing.
    Suspended,
    /// The person is no longer suspended.
    Resumed,
}
