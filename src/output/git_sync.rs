//! The deployment files of CloudFormation's Git sync: which template of the repository a stack follows, with which tags.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/git-sync-concepts-terms.html>

use super::{OutputFile, plain};
use crate::model::RepositoryPath;
use crate::plan::{AccountPlan, StackPlan};
use crate::render::scalar;

pub(super) fn file_name(stack: &StackPlan<'_>) -> String {
    format!("{}.git-sync.yaml", stack.part.name())
}

/// A stack's deployment file. `out` is the out folder, as seen from the root of the repository.
pub(super) fn file(plan: &AccountPlan<'_>, stack: &StackPlan<'_>, out: &RepositoryPath) -> OutputFile {
    let account = plan.account;
    let template = format!("{out}/{}/{}", account.name, stack.file());
    let mut text = format!(
        "# Made by `racestack synth`. For the stack {} in the account {}, {}.\ntemplate-file-path: {}\ntags:\n",
        stack.name,
        account.id,
        account.region,
        scalar(&template)
    );
    for tag in account.stack_tags() {
        text += &format!("  {}: {}\n", scalar(&tag.key), scalar(&tag.value));
    }
    plain(file_name(stack), text)
}
