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
    /// The IAM user name, and the name of the person's folder: 1 to 64 of `A-Z a-z 0-9 _ + = . @ -`.
    pub name: String,
    /// The name that people read, in any script.
    pub display_name: Option<String>,
    /// The person's e-mail address.
    pub email: Option<String>,
    /// The person's team: becomes the tag `team`.
    pub team: Option<String>,
    /// The person's old name, if you change `name`. racestack then prints the steps that keep the person's data. Remove it when you
    /// have taken them.
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
    /// The name of the notebook instance: up to 38 of `A-Z a-z 0-9 -`. If not set: the IAM name, cut to 38 characters. Set it if two
    /// people would get the same name. Up to 60 characters are possible, but people must then give training jobs a full name.
    pub name: Option<String>,
    /// The instance type, such as `ml.t3.medium`.
    pub instance_type: Option<String>,
    /// The size of the volume in GB, 5 to 16,384.
    #[schemars(range(min = 5, max = 16384))]
    pub volume_gb: Option<u32>,
    /// `true` for a notebook that existed before racestack: CloudFormation cannot import it, so it stays outside the stacks.
    /// `racestack adopt` sets this.
    pub existing: Option<bool>,
}
