//! What synth says of a lock that was copied with the folder of another account.

use std::collections::BTreeSet;
use std::path::Path;

use super::Failure;
use super::former;
use crate::config::AccountConfig;
use crate::files;
use crate::finding::{Finding, Rule};
use crate::model::Account;
use crate::output::is_written;
use crate::source::Place;

/// The finding that an account of which the out folder holds nothing has a lock with no line of its own: another account that
/// is in the out folder has them all.
pub(crate) fn check(account: &Account, out: &Path, accounts: &[AccountConfig]) -> Result<Option<Finding>, Failure> {
    let own: BTreeSet<&str> = people(&account.lock_source.text).collect();
    if own.is_empty() {
        return Ok(None);
    }
    for folder in files::list(out)?.unwrap_or_default() {
        let is_other = |other: &AccountConfig| other.name == folder.name && other.name != account.name.as_str();
        if !accounts.iter().any(is_other) || !is_written(out, &folder.name)? {
            continue;
        }
        let theirs = files::read(&former::lock_of(account, &folder.name))?.unwrap_or_default();
        let theirs = String::from_utf8_lossy(&theirs);
        if own.is_subset(&people(&theirs).collect()) {
            let message = format!(
                "every line of the lock is one of the account `{}`, and `{}` has no stacks yet",
                folder.name, account.name
            );
            let help = format!(
                "restore the stacks, if there were any: `git checkout -- {}`; only if the lock was just copied, and was never committed, \
                 remove `{}` and `{0}`, then run `racestack synth`: it makes a lock for the account",
                out.join(account.name.as_str()).display(),
                account.lock_source.path.display()
            );
            return Ok(Some(
                Finding::new(Rule::LockCopied, message)
                    .at(Place::whole(&account.lock_source))
                    .help(help)
                    .note("who is in it and not in the roster counts as somebody who leaves"),
            ));
        }
    }
    Ok(None)
}

/// The lines of people.
fn people(lock: &str) -> impl Iterator<Item = &str> {
    lock.lines().map(str::trim_end).filter(|line| line.starts_with("user ") || line.starts_with("left "))
}
