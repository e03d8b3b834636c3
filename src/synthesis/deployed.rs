//! What synth says of what people have by their account's out folder, which a change of the roster would lose in silence, or a
//! merge bring back.

use super::Failure;
use crate::files;
use crate::finding::{Finding, Rule};
use crate::model::{Account, StackNumber, User, left_in_merge, stack_number, stack_word};
use crate::output::{FormerOutput, Manifest};
use crate::source::Place;

/// Findings about notebooks that a stack made and that the roster has as made by hand, and about people whom one side of a merge let go.
pub(super) fn check(
    account: &Account,
    manifests: &[Option<Manifest>; 2],
    before: &FormerOutput,
) -> Result<Vec<Finding>, Failure> {
    let by_hand =
        |user: &User| user.notebook.as_ref().filter(|notebook| notebook.existing).map(|one| one.name.to_string());
    let mut findings = Vec::new();
    for stack in manifests.iter().flatten().flat_map(|manifest| &manifest.stacks) {
        let kept: Vec<(&User, String)> = stack
            .users
            .iter()
            .filter_map(|was| {
                let user =
                    account.user(&was.name).filter(|user| was.notebook.is_some() && by_hand(user) == was.notebook)?;
                Some((user, format!("\n  {}Notebook:", was.logical_id)))
            })
            .collect();
        let template = if kept.is_empty() { None } else { files::read(&before.folder.join(&stack.file))? };
        let template = String::from_utf8(template.unwrap_or_default()).unwrap_or_default();
        for (user, _) in kept.iter().filter(|(_, made)| template.contains(made)) {
            let out = before.folder.display();
            let message = format!(
                "`{out}` has the notebook of `{}` as made by the stack `{}`, not by hand",
                user.name, stack.name
            );
            let help = format!(
                "remove `existing: true`; if it was made by hand, and that stack is not deployed: `git checkout -- {out}`, or run synth \
                 once with `notebook: false`"
            );
            findings.push(
                Finding::new(Rule::NotebookOfStack, message)
                    .at(user.existing_place.clone())
                    .help(help)
                    .note("CloudFormation would delete the notebook with its volume"),
            );
        }
    }
    // In a merge, what one branch alone changed stands in the lock and both manifests without a conflict: so whom it let go is left there,
    // and whom a branch brings back is not.
    if let [Some(_), Some(_)] = manifests {
        findings.extend(account.users.iter().filter_map(|user| left_in_merge(account, user)));
    }
    findings.extend(too_many_stacks(account, manifests));
    Ok(findings)
}

/// A number of stacks in the lock beyond all that have or had anybody: once such a stack is made, it stays.
fn too_many_stacks(account: &Account, manifests: &[Option<Manifest>; 2]) -> Option<Finding> {
    let (source, stacks) = (&account.lock_source, account.lock.stacks);
    let made = manifests.iter().flatten().flat_map(|manifest| &manifest.stacks);
    let made = made.filter_map(|stack| stack_number(&stack.part)).max()?;
    let last = account.lock.entries.values().map(|entry| entry.stack).fold(made, StackNumber::max);
    let line = source.text.lines().position(|line| line.split_whitespace().eq(["stacks", &stacks.to_string()]))?;
    let message = format!(
        "the lock has {stacks} users stacks, but nobody and no template is in one beyond `{}`",
        stack_word(last)
    );
    let finding = Finding::new(Rule::LockBroken, message).at(Place::line(source, line + 1));
    (stacks > last).then(|| finding.help(format!("write `stacks {last}`")))
}
