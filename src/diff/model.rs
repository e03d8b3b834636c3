//! What a diff says, as one value that every format is written from.

mod access;
mod losses;

pub use access::{AccessChange, AccessCount, AccessEntry, AccessPrincipal};
pub use losses::{Loss, LossKind, NAME_KEPT, Refusal, SMALLER_VOLUME, TYPE_CHANGED};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The version of this form. It rises when something is renamed, removed or gets another meaning; not when something is
/// added.
pub const VERSION: u32 = 3;

/// The sections of a template that decide, when it is deployed, what its resources are. A diff evaluates none of them: the
/// values of a stack that exists are its own.
pub const OPEN_SECTIONS: &[&str] = &["Conditions", "Fn::Transform", "Mappings", "Parameters", "Transform"];

/// What deploying the new out folder would change, seen from the old one.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diff {
    /// The version of this form: 3.
    pub version: u32,
    /// What was compared: the old folder, or a revision and the folder in it.
    pub old: String,
    /// What it was compared with.
    pub new: String,
    /// How many resources change in which way.
    pub plan: Plan,
    /// Whose access is widened, is narrowed, or cannot be told, and how many they are of each kind.
    pub access_counts: Vec<AccessCount>,
    /// Who joins, leaves, is renamed or suspended, by account and name.
    pub people: Vec<PersonDiff>,
    /// The accounts in which something changes, by name.
    pub accounts: Vec<AccountDiff>,
    /// Who gains and who loses what; of several accounts at once, where it is the same but for names.
    pub access: Vec<AccessChange>,
    /// What happens to resources; those to which the same happens together, of whichever accounts.
    pub changes: Vec<Change>,
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
    /// Resources of stacks that are no longer made, which stay until somebody deletes their stack; also counted in `destroy`.
    pub destroy_with_stack: usize,
    /// Resources that leave their stack and are kept, by their `DeletionPolicy`.
    pub retain: usize,
}

impl Plan {
    /// Counts a resource with this action.
    pub(super) fn count(&mut self, action: Action, may_replace: bool) {
        *match action {
            Action::Add => &mut self.add,
            Action::Change => &mut self.change,
            Action::Replace => &mut self.replace,
            Action::Destroy => &mut self.destroy,
            Action::Retain => &mut self.retain,
        } += 1;
        self.may_replace += usize::from(may_replace);
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self {
            add: self.add + other.add,
            change: self.change + other.change,
            may_replace: self.may_replace + other.may_replace,
            replace: self.replace + other.replace,
            destroy: self.destroy + other.destroy,
            destroy_with_stack: self.destroy_with_stack + other.destroy_with_stack,
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
}

impl Presence {
    /// What is on these sides.
    pub(super) fn of(old: bool, new: bool) -> Self {
        match (old, new) {
            (true, true) => Self::Both,
            (true, false) => Self::Removed,
            (false, _) => Self::Added,
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
    /// The name that it had in the old folder, where that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// Of one that only the old folder has, the account of the new folder that has its stacks: what becomes of them stands there. What
    /// stands here is what that changes in stacks that were deployed from this one, where it deletes or opens anything of them. Of one of
    /// two accounts of the new folder with stacks of the same names, the other one: what stands here is what this one changes, unless it is
    /// the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leftover_of: Option<String>,
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
    /// Files of the folder, besides templates and manifest, that differ in more than the templates' checksums.
    pub files: Vec<FileDiff>,
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
    /// The old text, without checksums and the people of the manifest; absent where there was none, or no text. Of the `deploy.sh` of
    /// an account that is added, the usual one.
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
    /// nobody's, `{stack}` is the name of the stack; `{account}`, `{region}` and `{bucket}` are the account's ID, its region and
    /// its bucket.
    pub logical_id: String,
    /// The resources.
    pub resources: Vec<Resource>,
    /// What changes in them; of an added or removed resource, all its properties. With several resources, what differs
    /// stands as in `logical_id`.
    pub properties: Vec<PropertyChange>,
    /// What is lost for good, one sentence each, and what stays behind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub lost: Vec<Loss>,
    /// Why CloudFormation refuses it, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub refused: Option<Refusal>,
}

impl Change {
    /// Whether something is lost, or may be, though the resource is changed in place.
    pub fn loses(&self) -> bool {
        let is_loss = |loss: &Loss| matches!(loss.kind, LossKind::Lost | LossKind::PerhapsLost);
        self.action == Action::Change && self.lost.iter().any(is_loss)
    }
}

/// A resource to which something happens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Resource {
    /// The account, by its name in the new folder.
    pub account: String,
    /// The stack.
    pub stack: String,
    /// Whether the stack is no longer made, and stays until somebody deletes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stack_stays: bool,
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
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
    #[serde(default, skip_serializing_if = "Replacement::is_no")]
    pub replacement: Replacement,
    /// The resource that the value refers to, where the value changes because that one is replaced: then both values
    /// are the same reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced: Option<String>,
}

impl PropertyChange {
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
    /// Whose e-mail address it was, of somebody who has another's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_of: Option<String>,
    /// The e-mail address of before, of somebody who has another that nobody had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_was: Option<String>,
    /// What a person must do to keep the data of somebody who is renamed, step by step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// What may become of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PersonChange {
    /// The person is new.
    Joins,
    /// The person is new, under the name of somebody who left, and reaches what is still in the folder of that name.
    Returns,
    /// The person has the e-mail address that another had: names were moved without the rest of their rows, or it is that person.
    #[serde(rename = "takes-email")]
    TakesEmail,
    /// The person of this name has an e-mail address that differs in more than its domain, and that nobody had: perhaps it is another
    /// person, who gets the keys, the folder and the notebook of the one before.
    #[serde(rename = "other-email")]
    OtherEmail,
    /// The person is gone.
    Leaves,
    /// The person has another name: CloudFormation deletes one user and makes another.
    Renamed,
    /// The person keeps everything and may do nothing.
    Suspended,
    /// The person is no longer suspended.
    Resumed,
}
