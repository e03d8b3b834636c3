//! Output: the files of an account's out folder, and how they get there.

mod assembly;
mod audit;
mod deploy;
mod deprovision;
mod folder;
mod folder_kind;
mod git_sync;
mod handouts;
mod import;
mod manifest;
mod replace;
mod shell;
mod stack_set;

pub use assembly::{AccountAssembly, files as assembly_files, of_account as account_assembly};
pub use audit::audit_script;
pub use deprovision::{delete_commands, strip_commands};
pub use folder::{
    Configured, Difference, claim, claim_shared, commit, compare, discard, inspect, orphans, stage, write,
};
pub use handouts::files as handout_files;
pub use import::{ImportedStack, import_files};
pub use manifest::{
    DeployedBy, Manifest, StackEntry, Used, UserEntry, holds_users, of as manifest, read as read_manifest,
};
pub use shell::quote;
pub use stack_set::{Member as StackSetMember, files as stack_set_files};

use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::plan::AccountPlan;
use crate::render::{Contents, Rendered, hexadecimal};

/// The name of the manifest in an account's out folder.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The name of the script that deploys a folder's stacks: an account's, or a StackSet with those that it makes.
pub const DEPLOY_FILE: &str = "deploy.sh";

/// A file of an account's out folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name in the folder.
    pub name: String,
    /// What it holds.
    pub text: String,
    /// Whether it is a program.
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
    if let Some(out) = &plan.account.git_sync {
        let own = plan.stacks.iter().filter(|stack| !stack.by_stack_set);
        files.extend(own.map(|stack| git_sync::file(plan, stack, out)));
    }
    files.push(OutputFile {
        name: DEPLOY_FILE.to_owned(),
        text: deploy::script(plan, &digests, contents, manifest),
        executable: true,
    });
    files.push(plain(MANIFEST_FILE.to_owned(), manifest.to_json()));
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn plain(name: String, text: String) -> OutputFile {
    OutputFile { name, text, executable: false }
}

/// The SHA-256 of a text, in lower-case hexadecimal.
fn sha256(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}
