//! The shape of a roster: one row a person.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::schema::Schema;

/// The schema of a roster in YAML or JSON.
pub fn roster_schema() -> Schema {
    Schema::of::<Roster>()
}

/// The people of an account.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(title = "racestack roster")]
pub struct Roster(pub Vec<RosterRow>);

/// A person.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterRow {
    /// The IAM friendly name, which is also the name of the person's folder: 1 to 64 of `A-Z a-z 0-9 _ + = . @ -`.
    pub name: String,
    /// The name that people read, in any script.
    pub display_name: Option<String>,
    /// The person's e-mail address.
    pub email: Option<String>,
    /// The person's team: becomes the tag `team`.
    pub team: Option<String>,
    /// The person's former name, when `name` has changed: racestack then shows what CloudFormation will do, and the steps
    /// to take.
    pub was: Option<String>,
    /// Whether the person may use their things. Without it, `active`.
    pub state: Option<State>,
    /// Whether the person gets a password for the AWS console. Without it, as the settings say.
    pub console: Option<bool>,
    /// `false` for no notebook, or what is different about this person's.
    pub notebook: Option<RosterNotebook>,
    /// Tags on the person's things: key to value. They win over the settings' tags of the same key.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Whether a person may use their things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// May use their things.
    Active,
    /// Keeps everything, and may do nothing.
    Suspended,
}

/// Whether a person has a notebook, and what is different about it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum RosterNotebook {
    /// `false`: no notebook; `true`: one as the settings describe.
    Wanted(bool),
    /// A notebook that differs from what the settings describe.
    Settings(RosterNotebookSettings),
}

/// What is different about a person's notebook.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RosterNotebookSettings {
    /// The name of the notebook instance, for a person whose IAM name maps to another's: up to 38 of `A-Z a-z 0-9 -`. With up to
    /// 60, people name their training jobs in full. Without it, the IAM name, cut to 38 characters.
    pub name: Option<String>,
    /// The instance type, such as `ml.t3.medium`.
    pub instance_type: Option<String>,
    /// The size of the volume in GB, 5 to 16,384.
    #[schemars(range(min = 5, max = 16384))]
    pub volume_gb: Option<u32>,
    /// Whether the instance was made by hand and stays: CloudFormation cannot import it, so no stack has it. Its role, which a
    /// stack makes, says what it is to be like.
    pub existing: Option<bool>,
}
