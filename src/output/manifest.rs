//! `manifest.json`: what an account's out folder holds, for people and for other tools.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::listing::FolderManifest;
use super::{DEPLOY_FILE, MANIFEST_FILE, git_sync};
use crate::check::PolicySize;
use crate::config::{Part, conflict_sides};
use crate::facts::limits::{self, Used};
use crate::files::{self, FileError};
use crate::model::User;
use crate::plan::{AccountPlan, StackPlan};
use crate::render::{Contents, Rendered, sha256};

/// The version of the manifest's form. From 2 on it says who is suspended, and who had another name.
const VERSION: u32 = 2;

/// The manifest of an account's out folder. One of another version may hold more, or less.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    #[serde(default)]
    pub version: u32,
    pub account: String,
    pub account_id: String,
    pub region: String,
    #[serde(default = "usual_partition")]
    pub partition: String,
    /// The bucket with everybody's folders; empty where a version of racestack wrote it that did not say so.
    #[serde(default)]
    pub bucket: String,
    /// Every file of the folder that racestack wrote, by name: only these will it ever replace or delete.
    #[serde(default)]
    pub files: Vec<String>,
    /// The stacks, in the order in which they are deployed.
    pub stacks: Vec<StackEntry>,
}

fn usual_partition() -> String {
    "aws".to_owned()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StackEntry {
    pub name: String,
    /// What it holds: `storage`, `access`, `service-roles`, `users-001`, `retired-roles`.
    #[serde(default)]
    pub part: String,
    pub file: String,
    #[serde(default)]
    pub sha256: String,
    /// Its place in the order, counted from 1.
    #[serde(default)]
    pub order: usize,
    /// The stacks that must be deployed before it.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// What deploys it, where that is not `deploy.sh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed_by: Option<DeployedBy>,
    /// Its deployment file for CloudFormation's Git sync, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_sync: Option<String>,
    /// What `aws cloudformation deploy` needs as `--capabilities`.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// Its users, by name, with what their things are called; only of users stacks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<UserEntry>,
    /// Who was in it and left, by name: a folder in the bucket may have the name still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<String>,
    #[serde(default)]
    pub bytes: Used,
    #[serde(default)]
    pub resources: Used,
    /// The characters of its policies, as IAM counts them; of a users stack, of its fullest role or user.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicySize>,
}

/// What deploys a stack other than `deploy.sh`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployedBy {
    /// The StackSet of the same name.
    StackSet,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserEntry {
    pub name: String,
    /// What the logical IDs of the user's resources begin with.
    pub logical_id: String,
    pub notebook: Option<String>,
    /// Whether the user keeps everything and may do nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
    /// The name that the user had before, as long as the roster says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

impl Manifest {
    pub fn to_json(&self) -> String {
        // A value made of strings and numbers always has a JSON form.
        serde_json::to_string_pretty(self).map(|json| json + "\n").unwrap_or_default()
    }

    /// The company that its stacks are named after, where one of them says it.
    pub fn company(&self) -> Option<&str> {
        self.stacks.iter().find_map(StackEntry::company)
    }
}

impl StackEntry {
    /// The company that it is named after, where its name says it.
    pub fn company(&self) -> Option<&str> {
        self.name.strip_suffix(&format!("-deepracer-{}", self.part))
    }
}

/// Whether a part of an account holds users.
pub(super) fn is_users(part: &str) -> bool {
    part.starts_with("users-")
}

fn user_entry(user: &User) -> UserEntry {
    UserEntry {
        name: user.name.to_string(),
        logical_id: user.logical_id.to_string(),
        notebook: user.notebook.as_ref().map(|notebook| notebook.name.to_string()),
        suspended: user.suspended,
        was: user.was.as_ref().map(ToString::to_string),
    }
}

/// The manifest of an account's out folder, if there is one that this version can read; of one with a merge conflict, that of the
/// branch that is checked out, and then that of the other one.
pub fn read(folder: &Path) -> Result<[Option<Manifest>; 2], FileError> {
    let Some(bytes) = files::read(&folder.join(MANIFEST_FILE))? else { return Ok([None, None]) };
    let sides = std::str::from_utf8(&bytes).ok().and_then(conflict_sides);
    let [ours, theirs] = sides.map_or_else(|| [bytes, Vec::new()], |sides| sides.map(String::into_bytes));
    Ok([ours, theirs].map(|side| serde_json::from_slice(&side).ok()))
}

/// Whether an account's out folder holds users stacks: by its manifest or, where that is of another version's form, by the files
/// that it lists.
pub fn holds_users(folder: &Path) -> Result<bool, FileError> {
    let mut stacks = read(folder)?.into_iter().flatten().flat_map(|manifest| manifest.stacks);
    let by_stacks = stacks.any(|stack| is_users(&stack.part));
    Ok(by_stacks || FolderManifest::read(folder)?.lists(|name| name.strip_suffix(".yaml").is_some_and(is_users)))
}

pub fn of(
    plan: &AccountPlan<'_>,
    rendered: &[Rendered],
    contents: &[Contents],
    policies: &[Vec<PolicySize>],
) -> Manifest {
    let nothing = Contents::default();
    let account = plan.account;
    let rendered = plan.stacks.iter().zip(rendered).zip(contents.iter().chain(std::iter::repeat(&nothing)));
    let entry = |(index, ((stack, template), contents)): (usize, ((&StackPlan<'_>, &Rendered), &Contents))| {
        let needed = plan.stacks.iter().filter(|other| stack.part.depends_on(other.part));
        let gone = account.lock.entries.iter().filter(|(name, _)| account.user(name.as_str()).is_none());
        let left = gone.filter(|(_, entry)| stack.part == Part::Users(entry.stack));
        let git_sync = account.settings.deploy.git_sync.as_ref().filter(|_| !stack.by_stack_set);
        StackEntry {
            name: stack.name.to_string(),
            part: stack.part.name(),
            file: stack.file(),
            sha256: sha256(&template.source.text),
            order: index + 1,
            depends_on: needed.map(|other| other.name.to_string()).collect(),
            deployed_by: stack.by_stack_set.then_some(DeployedBy::StackSet),
            git_sync: git_sync.map(|_| git_sync::file_name(stack)),
            capabilities: contents.capabilities.clone(),
            users: stack.users.iter().map(|user| user_entry(user)).collect(),
            left: left.map(|(name, _)| name.to_string()).collect(),
            bytes: Used { used: template.source.text.len(), limit: account.template_bytes() },
            resources: Used { used: contents.resources, limit: limits::TEMPLATE_RESOURCES },
            policies: policies.get(index).cloned().unwrap_or_default(),
        }
    };
    let stacks: Vec<StackEntry> = rendered.enumerate().map(entry).collect();
    let mut files: Vec<String> = stacks.iter().map(|stack| stack.file.clone()).collect();
    files.extend(stacks.iter().filter_map(|stack| stack.git_sync.clone()));
    files.extend([DEPLOY_FILE.to_owned(), MANIFEST_FILE.to_owned()]);
    files.sort();
    Manifest {
        version: VERSION,
        account: account.name.to_string(),
        account_id: account.id.to_string(),
        region: account.region.to_string(),
        partition: account.region.partition().to_owned(),
        bucket: account.bucket.to_string(),
        files,
        stacks,
    }
}
