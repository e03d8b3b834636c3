//! Output: the files of an account's out folder, and how they get there.

mod assembly;
mod deploy;
mod deprovision;
mod folder;
mod git_sync;
mod import;
mod listing;
mod manifest;
mod owners;
mod replace;
mod shell;
mod stack_set;

pub use assembly::{AccountAssembly, files as assembly_files, of_account as account_assembly};
pub use deploy::{stack_tags, usual_script};
pub use deprovision::credentials;
pub use folder::{Difference, compare, inspect};
pub use import::{ImportedStack, import_files};
pub use listing::{held, why_unreadable};
pub use manifest::{DeployedBy, Manifest, StackEntry, UserEntry, holds_users, of as manifest, read as read_manifests};
pub use owners::{FormerOutput, Relation, former_outputs, is_written, orphans};
pub use replace::{claim, claim_shared, commit, recover_all as discard, stage, write};
pub use shell::quote;
pub use stack_set::{Member as StackSetMember, files as stack_set_files};

use std::sync::Arc;

use serde_json::{Value, json};

use self::shell::{assignment, filled, lines};
use crate::account::ExpectedExport;
use crate::model::AccountName;
use crate::plan::AccountPlan;
use crate::render::{Contents, Rendered};

pub const MANIFEST_FILE: &str = "manifest.json";
/// The name of the script that deploys a folder's stacks: an account's, or a StackSet with those that it makes.
pub const DEPLOY_FILE: &str = "deploy.sh";

/// What resolves a conflict of git's in the out folder. synth puts the lines of a merged lock in order, too.
pub const RESOLVE_CONFLICT: &str = "run `racestack synth`, then `git add` the out and the config folder";
/// What to do where a manifest does not say which files are racestack's: synth, which would replace them, cannot know.
pub const RESTORE_MANIFEST: &str =
    "restore it from git (of two branches' manifests either one does), then run `racestack synth`";

/// The key of a manifest that says in words what its folder holds. An account's has none.
const HOLDS: &str = "holds";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    pub name: String,
    pub text: String,
    pub executable: bool,
}

/// Everything that an account's out folder is to hold, by name.
pub fn files(
    plan: &AccountPlan<'_>,
    rendered: Vec<Rendered>,
    contents: &[Contents],
    manifest: &Manifest,
) -> Vec<OutputFile> {
    let digests: Vec<Option<String>> = rendered.iter().map(|template| template.digest.clone()).collect();
    let mut files: Vec<OutputFile> = plan
        .stacks
        .iter()
        .zip(rendered)
        .map(|(stack, template)| plain(stack.file(), Arc::unwrap_or_clone(template.source).text))
        .collect();
    if let Some(out) = &plan.account.settings.deploy.git_sync {
        let own = plan.stacks.iter().filter(|stack| !stack.by_stack_set);
        files.extend(own.map(|stack| git_sync::file(plan, stack, out)));
    }
    files.push(program(DEPLOY_FILE, deploy::script(plan, &digests, contents, manifest)));
    files.push(plain(MANIFEST_FILE, manifest.to_json()));
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The files of a folder that holds an account's handouts, each by its name, and what says so. Another account's pages, and what
/// racestack did not write, never give way to them.
pub fn handout_files(account: &AccountName, pages: impl IntoIterator<Item = (String, String)>) -> Vec<OutputFile> {
    let mut files: Vec<OutputFile> = pages.into_iter().map(|(name, text)| plain(name, text)).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).chain([MANIFEST_FILE]).collect();
    let manifest = json!({HOLDS: format!("the handouts of `{account}`"), "files": names});
    files.push(json_file(MANIFEST_FILE, &manifest));
    files
}

/// The script that writes an account into a folder, with the data of the account `name`. At its end it names `next`, the command
/// that reads the folder.
pub fn audit_script(name: &str, wanted: &ExpectedExport<'_>, next: &str) -> String {
    const SCRIPT: &str = include_str!("../../templates/scripts/audit.sh");
    let data = [
        assignment("account_name", name),
        assignment("account", wanted.account_id),
        assignment("region", wanted.region),
        assignment("bucket", wanted.bucket),
        "# What reads the folder.\n".to_owned(),
        assignment("next", next),
        "# A line a KMS key or SNS topic whose policy is looked at: its ARN.\n".to_owned(),
        lines("policies", wanted.policies.iter().cloned()),
    ];
    filled(SCRIPT, &data.concat())
}

fn plain(name: impl Into<String>, text: String) -> OutputFile {
    OutputFile { name: name.into(), text, executable: false }
}

fn program(name: impl Into<String>, text: String) -> OutputFile {
    OutputFile { executable: true, ..plain(name, text) }
}

fn json_file(name: impl Into<String>, value: &Value) -> OutputFile {
    plain(name, format!("{value:#}\n"))
}
