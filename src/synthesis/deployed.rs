//! What synth says of what people have by their account's out folder, which a change of the roster would lose in silence.

use super::Failure;
use crate::files;
use crate::finding::{Finding, Rule};
use crate::model::{Account, User};
use crate::output::{FormerOutput, Manifest};

/// Findings about notebooks that a stack made and that the roster has as made by hand, and about people who get another name again.
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
        for (was, first) in stack.users.iter().filter_map(|was| Some((was, was.was.as_ref()?))) {
            let is_it = |user: &&User| user.was.as_ref().is_some_and(|name| name.as_str() == was.name);
            let Some(user) = account.users.iter().find(is_it) else { continue };
            let message = format!("`{}` was `{}`, who was `{first}` when synth last ran", user.name, was.name);
            let taken_back = format!("remove `was` and take none of the steps: `{first}` stays as deployed");
            let again = format!("write `{first}` into `was` of `{}`", user.name);
            let then = if first == user.name.as_str() { taken_back } else { again };
            let help = format!("if `{}` is not deployed yet, {then}", was.name);
            findings.push(Finding::new(Rule::RosterRenamed, message).at(user.was_place.clone()).help(help));
        }
    }
    Ok(findings)
}
