//! What a diff says, as one value that every format is written from.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The version of this form. It rises when something is renamed, removed or gets another meaning; not when something is
/// added.
pub const VERSION: u32 = 1;

/// What deploying the new out folder would change, seen from the old one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diff {
    /// The version of this form: 1.
    pub version: u32,
    /// What was compared: the old folder, or a revision and the folder in it.
    pub old: String,
    /// What it was compared with.
    pub new: String,
    /// How many resources change in which way.
    pub plan: Plan,
    /// The accounts in which something changes, by name.
    pub accounts: Vec<AccountDiff>,
    /// What CloudFormation would refuse, and what was asked to fail on.
    pub findings: Vec<Note>,
}

/// How many resources change in which way. A resource counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Plan {
    /// Resources that are made.
    pub add: usize,
    /// Resources that change in place.
    pub change: usize,
    /// Resources of types about which it is not known whether they change in place or are replaced, or that are replaced
    /// in some cases; also counted in `change`.
    pub may_replace: usize,
    /// Resources that are made anew, whereupon the old one is deleted.
    pub replace: usize,
    /// Resources that are deleted.
    pub destroy: usize,
    /// Resources that leave their stack and are kept, by their `DeletionPolicy`.
    pub retain: usize,
}

impl Plan {
    /// Counts `count` resources with this action.
    pub(super) fn count(&mut self, action: Action, may_replace: bool, count: usize) {
        match action {
            Action::Add => self.add += count,
            Action::Change => self.change += count,
            Action::Replace => self.replace += count,
            Action::Destroy => self.destroy += count,
            Action::Retain => self.retain += count,
        }
        if may_replace {
            self.may_replace += count;
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            add: self.add + other.add,
            change: self.change + other.change,
            may_replace: self.may_replace + other.may_replace,
            replace: self.replace + other.replace,
            destroy: self.destroy + other.destroy,
            retain: self.retain + other.retain,
        }
    }
}

/// What becomes of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is deleted.
    Destroy,
    /// It is made anew, and the old one deleted.
    Replace,
    /// It leaves the stack, and is kept.
    Retain,
    /// It changes in place.
    Change,
    /// It is made.
    Add,
}

impl Action {
    /// The sign that Terraform puts before it.
    pub fn sign(self) -> &'static str {
        match self {
            Action::Add => "+",
            Action::Change => "~",
            Action::Replace => "-/+",
            Action::Destroy => "-",
            Action::Retain => "#",
        }
    }

    /// The words that follow the resource's name.
    pub fn words(self) -> &'static str {
        match self {
            Action::Add => "will be created",
            Action::Change => "will be changed in place",
            Action::Replace => "will be replaced",
            Action::Destroy => "will be destroyed",
            Action::Retain => "will leave the stack and be kept",
        }
    }
}

/// What becomes of an account, or of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// Only the new folder has it.
    Added,
    /// Only the old folder has it.
    Removed,
    /// Both have it.
    Both,
}

/// What changes in an account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountDiff {
    /// Its name in the configuration.
    pub account: String,
    /// Its ID.
    pub account_id: String,
    /// The region of its stacks.
    pub region: String,
    /// Whether it is in both folders.
    pub presence: Presence,
    /// How many of its resources change in which way.
    pub plan: Plan,
    /// The stacks that are added, removed, or in which something changes, in the order of their deployment.
    pub stacks: Vec<StackDiff>,
    /// What happens to resources; those to which the same happens together.
    pub changes: Vec<Change>,
    /// Who gains and who loses what.
    pub access: Vec<AccessChange>,
    /// Files of the folder, besides templates and manifest, that differ in more than the templates' checksums.
    pub files: Vec<FileDiff>,
}

/// What changes in the access of a principal, or of several with the same policies but for their names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessChange {
    /// What kind of principal.
    pub principal: AccessPrincipal,
    /// Who, by name.
    pub names: Vec<String>,
    /// Whether they are in both folders.
    pub presence: Presence,
    /// Of principals who are new: how many there were before who have the same access, but for their names.
    pub same_as: usize,
    /// What changes. Of principals who are gone nothing is told: all their access goes with them.
    pub entries: Vec<AccessEntry>,
}

impl AccessChange {
    /// Whether somebody may do more than anybody of the kind could before.
    pub fn widens(&self) -> bool {
        let widens = |entry: &AccessEntry| entry.direction != AccessDirection::Narrowed && !entry.at_most_narrowed;
        self.same_as == 0 && self.entries.iter().any(widens)
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
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessEntry {
    /// In which direction.
    pub direction: AccessDirection,
    /// Of what is unknown: whether nobody gains anything by it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[serde(default)]
    pub at_most_narrowed: bool,
    /// The actions, as patterns, with what is not meant of them.
    pub actions: Vec<String>,
    /// The resources, likewise.
    pub resources: Vec<String>,
    /// When, if not always; all of these hold together. Of what is unknown, why.
    pub conditions: Vec<String>,
}

/// Whether access is gained or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessDirection {
    /// What was denied is allowed.
    Widened,
    /// It cannot be told.
    Unknown,
    /// What was allowed is denied.
    Narrowed,
}

/// A stack in which something changes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct StackDiff {
    /// Its name.
    pub name: String,
    /// Its template's path, in the new folder, or in the old one if only that has it.
    pub file: String,
    /// Whether it is in both folders.
    pub presence: Presence,
    /// How many of its resources change in which way.
    pub plan: Plan,
    /// What changes beside the resources: outputs, parameters, conditions, metadata, what it depends on.
    pub attributes: Vec<PropertyChange>,
}

/// A file that differs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileDiff {
    /// Its name in the account's folder.
    pub name: String,
    /// Whether it is in both folders.
    pub presence: Presence,
    /// The old text, without checksums; absent where there was none, or no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new text, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What happens to one resource, or to several in the same way.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Change {
    /// What becomes of them.
    pub action: Action,
    /// Their type, such as `AWS::IAM::User`.
    pub resource_type: String,
    /// The logical ID. With several resources, what differs from one to the other stands as `{user}`, `{id}` or
    /// `{notebook}`: the user's name, what the user's logical IDs begin with, the notebook's name. Of resources that are
    /// nobody's, `{stack}` is the name of the stack.
    pub logical_id: String,
    /// The resources.
    pub resources: Vec<Resource>,
    /// What changes in them; of an added or removed resource, all its properties. With several resources, what differs
    /// stands as in `logical_id`.
    pub properties: Vec<PropertyChange>,
    /// What is lost for good, one sentence each, and what stays behind.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(default)]
    pub lost: Vec<String>,
    /// Why CloudFormation refuses it, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

impl Change {
    /// Whether it is not known to happen in place.
    pub fn may_replace(&self) -> bool {
        let unsure =
            |property: &PropertyChange| matches!(property.replacement, Replacement::Maybe | Replacement::Unknown);
        self.action == Action::Change && self.properties.iter().any(unsure)
    }
}

/// A resource to which something happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Resource {
    /// The stack.
    pub stack: String,
    /// The logical ID.
    pub logical_id: String,
    /// The fixed name, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The user whose it is, if it is one user's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// A value that changes.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PropertyChange {
    /// The keys that lead to it, such as `Properties`, `Tags`, `[team]`. An entry of a list stands in brackets: by what
    /// it is known by, such as a tag's key or a statement's `Sid`, or else by its number, counted from 1.
    pub path: Vec<String>,
    /// The old value; absent where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// The new value; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// Whether the change replaces the resource.
    #[serde(skip_serializing_if = "Replacement::is_no")]
    #[serde(default)]
    pub replacement: Replacement,
    /// The resource that the value refers to, where the value changes because that one is replaced: then both values
    /// are the same reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
}

impl PropertyChange {
    /// Whether it is the condition under which the resource is made: with another one it may be deleted.
    pub fn is_condition(&self) -> bool {
        self.path.first().is_some_and(|step| step == "Condition")
    }

    /// The path as a person reads it: `Tags[team]`, without the `Properties` that nearly all begin with.
    pub fn shown_path(&self) -> String {
        let mut shown = String::new();
        let steps = match self.path.as_slice() {
            [first, rest @ ..] if first == "Properties" && !rest.is_empty() => rest,
            all => all,
        };
        for step in steps {
            if !shown.is_empty() && !step.starts_with('[') {
                shown.push('.');
            }
            shown.push_str(step);
        }
        shown
    }
}

/// Whether the change of a value replaces the resource.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Replacement {
    /// It does not.
    #[default]
    No,
    /// It does.
    Yes,
    /// In some cases.
    Maybe,
    /// Nothing is known of the type.
    Unknown,
}

impl Replacement {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
    fn is_no(&self) -> bool {
        *self == Self::No
    }
}

/// A finding of the diff.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Note {
    /// The rule, such as `diff::refused-replacement`.
    pub rule: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What was found.
    pub message: String,
    /// What the reader can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}
