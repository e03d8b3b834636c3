//! What synth does about an account's lock before anything is written.

use std::path::Path;

use super::Failure;
use super::args::SynthArgs;
use crate::finding::{Finding, Rule};
use crate::model::Account;
use crate::output::{self, Manifest, OutputFile};
use crate::source::{Place, SourceFile};

/// Findings about the lock: gone while the out folder holds users stacks, at odds with the out folder, or in need of a
/// change that was not asked for. `text` is the lock that synth would write.
pub(super) fn check(
    account: &Account,
    text: &str,
    files: &[OutputFile],
    folder: &Path,
    args: &SynthArgs,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let place = Place::whole(&account.lock_source);
    let path = account.lock_source.path.display();
    if let Some(manifest) = output::read_manifest(folder)? {
        if !account.lock_exists && manifest.stacks.iter().any(|stack| !stack.users.is_empty()) {
            findings.push(
                Finding::new(
                    Rule::LockMissing,
                    format!("`{}` holds users stacks, but there is no lock", folder.display()),
                )
                .at(place)
                .help(format!(
                    "restore it: `git checkout -- {path}`; only if nothing was ever deployed, remove `{}` instead",
                    folder.display()
                ))
                .note("a lock made anew could move users to other stacks, and CloudFormation would delete them"),
            );
            return Ok(());
        }
        moved(account, &manifest, findings);
        removed(account, &manifest, folder, files, findings);
    }
    if text != account.lock_source.text {
        let (joined, left) = changes(account);
        let change = format!("{joined} to add, {left} to mark as left");
        if args.locked {
            findings.push(
                Finding::new(Rule::LockNeedsUpdate, format!("the lock is not up to date: {change}"))
                    .at(place)
                    .help("run `racestack synth` and commit the lock with the out folder"),
            );
        } else if args.check {
            findings.push(
                Finding::new(Rule::OutputStale, format!("`{path}` is stale: {change}"))
                    .at(place)
                    .help("run `racestack synth` and commit the lock with the out folder"),
            );
        }
    }
    Ok(())
}

/// Stacks that the out folder holds and synth would no longer make: nothing deletes them but a person.
fn removed(account: &Account, manifest: &Manifest, folder: &Path, files: &[OutputFile], findings: &mut Vec<Finding>) {
    for stack in manifest.stacks.iter().filter(|stack| !files.iter().any(|file| file.name == stack.file)) {
        let source = SourceFile::new(folder.join(&stack.file), "");
        findings.push(
            Finding::new(Rule::OutputRemovedStack, format!("the stack `{}` is no longer made", stack.name))
                .at(Place::whole(&source))
                .help(format!(
                    "delete it if it is deployed: `aws cloudformation delete-stack --region {} --stack-name {}`",
                    account.region, stack.name
                )),
        );
    }
}

/// Users whom the lock has elsewhere than the out folder: someone edited the lock, or merged it wrongly.
fn moved(account: &Account, manifest: &Manifest, findings: &mut Vec<Finding>) {
    for stack in &manifest.stacks {
        for was in &stack.users {
            let Some((name, entry)) = account.lock.entries.iter().find(|(name, _)| name.as_str() == was.name) else {
                continue;
            };
            let now = crate::model::stack_word(entry.stack);
            let same_notebook = match (&was.notebook, &entry.notebook) {
                (Some(was), Some(now)) => was == now.as_str(),
                _ => true,
            };
            if now == stack.part && entry.logical_id.as_str() == was.logical_id && same_notebook {
                continue;
            }
            let message = format!(
                "the lock has `{name}` in `{now}` as `{}`, the out folder in `{}` as `{}`",
                entry.logical_id, stack.part, was.logical_id
            );
            let place = line_of(account, was.name.as_str());
            findings.push(
                Finding::new(Rule::LockMoved, message)
                    .at(place)
                    .help(format!("restore the line: `git checkout -- {}`", account.lock_source.path.display()))
                    .note("CloudFormation would delete the user and the notebook, and make new ones"),
            );
        }
    }
}

fn line_of(account: &Account, name: &str) -> Place {
    let source = &account.lock_source;
    let mut offset = 0;
    for line in source.text.split_inclusive('\n') {
        if line.split_whitespace().nth(1) == Some(name) {
            return Place::new(source, offset..offset + line.trim_end().len());
        }
        offset += line.len();
    }
    Place::whole(source)
}

/// How many users the lock lacks, and how many of its users are gone.
fn changes(account: &Account) -> (usize, usize) {
    let joined =
        account.users.iter().filter(|user| account.lock.entries.get(&user.name).is_none_or(|entry| entry.left));
    let gone = account
        .lock
        .entries
        .iter()
        .filter(|(name, entry)| !entry.left && account.users.binary_search_by(|user| user.name.cmp(name)).is_err());
    (joined.count(), gone.count())
}
