//! What changes in access.

use schemars::JsonSchema;
use serde::Serialize;

use super::Presence;
use crate::iam::Direction;
use crate::output::UserEntry;

/// What changes in the access of a principal, or of several with the same policies but for their names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessChange {
    /// What kind of principal.
    pub principal: AccessPrincipal,
    /// Who, by name.
    pub names: Vec<String>,
    /// The accounts, by name.
    pub accounts: Vec<String>,
    /// Whether they are in both folders; of somebody renamed who has not the same access as before, under whichever name.
    pub presence: Presence,
    /// Of principals who are new: how many there were before who have the same access, but for their names.
    pub same_as: usize,
    /// What changes. Of principals who are gone nothing is told: all their access goes with them.
    pub entries: Vec<AccessEntry>,
    /// The person whose names the entries hold, where it is about one.
    #[serde(skip)]
    pub(in super::super) own: Option<UserEntry>,
}

impl AccessChange {
    /// What changes through a resource, or what cannot be told of one.
    pub(in super::super) fn through(resource: &str, entries: Vec<AccessEntry>) -> Self {
        Self {
            principal: AccessPrincipal::Resource,
            names: vec![resource.to_owned()],
            accounts: Vec::new(),
            presence: Presence::Both,
            same_as: 0,
            entries,
            own: None,
        }
    }

    /// Whether somebody may do more than anybody of the kind could before.
    pub fn widens(&self) -> bool {
        self.same_as == 0 && self.entries.iter().any(|entry| entry.direction.is_gain())
    }

    /// Whether somebody may do less, or goes with all access.
    pub fn narrows(&self) -> bool {
        self.presence == Presence::Removed || self.entries.iter().any(|entry| !entry.direction.is_gain())
    }
}

/// A kind of principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AccessPrincipal {
    /// An IAM user.
    User,
    /// The role of a user's notebook.
    NotebookRole,
    /// Another role.
    Role,
    /// A service of AWS.
    Service,
    /// Whoever in an account is allowed it by the account.
    Account,
    /// Anybody in any other account, as far as their own policies allow it.
    Anybody,
    /// Whoever uses a resource, or is named by its policy, or is given a policy: by the resource's logical ID.
    Resource,
}

/// Requests that are decided otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct AccessEntry {
    /// In which direction.
    pub direction: Direction,
    /// The actions, as patterns, with what is not meant of them.
    pub actions: Vec<String>,
    /// The resources, likewise.
    pub resources: Vec<String>,
    /// When, if not always; all of these hold together. Of what is unknown, why.
    pub conditions: Vec<String>,
    /// The conditions as the lines for people have them: one with many alternatives by an example.
    #[serde(skip)]
    pub short_conditions: Vec<String>,
    /// The statements that make the difference: of each the name of its policy, and its `Sid` or its number. Those that allow it on
    /// the one side; where these are on both, those that deny it on the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<String>,
    /// Whether these statements deny.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_denial: bool,
}

impl AccessEntry {
    /// What cannot be told of all access, and why.
    pub(in super::super) fn unknown(why: impl Into<String>) -> Self {
        let (all, why) = (vec!["*".to_owned()], vec![why.into()]);
        Self { actions: all.clone(), resources: all, conditions: why.clone(), short_conditions: why, ..Self::default() }
    }

    /// The same with each of its texts rewritten.
    pub(in super::super) fn rewritten(&self, text: impl Fn(&str) -> String) -> Self {
        let texts = |texts: &[String]| texts.iter().map(|one| text(one)).collect();
        Self {
            actions: texts(&self.actions),
            resources: texts(&self.resources),
            conditions: texts(&self.conditions),
            short_conditions: texts(&self.short_conditions),
            statements: texts(&self.statements),
            ..*self
        }
    }
}

/// How many principals of a kind have their access changed in a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AccessCount {
    /// The direction; of what is perhaps narrowed, `narrowed`. Who is new with the access that others had before counts as nothing.
    pub direction: Direction,
    /// The kind.
    pub principal: AccessPrincipal,
    /// How many.
    pub count: usize,
    /// In how many accounts.
    pub accounts: usize,
}
