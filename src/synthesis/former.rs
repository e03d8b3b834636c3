//! What is said of an account whose stacks are in an out folder of another name: its folder in the configuration was renamed.

use std::path::{Path, PathBuf};

use crate::model::Account;
use crate::output::{FormerOutput, Relation};

/// Why an out folder is the account's, where its name does not say it.
pub(super) fn reason(account: &Account, before: &FormerOutput) -> Option<String> {
    let Relation::RenamedFrom { has, .. } = &before.relation else { return None };
    Some(format!("`{}` is of `{}`, under another name: it has {has}", before.folder.display(), account.name))
}

/// What to do where the lock is gone.
pub(super) fn missing_lock(account: &Account, before: &FormerOutput) -> String {
    let path = account.lock_source.path.display();
    let or_remove = format!("only if nothing was ever deployed, remove `{}` instead", before.folder.display());
    match &before.relation {
        Relation::SameName { within } if *within == account.name.as_str() => {
            format!(
                "restore it: `git checkout -- {path}`; if its removal is committed, `git checkout $(git rev-list -1 HEAD -- {path})^ \
                 -- {path}`; {or_remove}"
            )
        }
        Relation::SameName { within: name } | Relation::RenamedFrom { name, .. } => {
            format!("the lock moves with the account: {}; {or_remove}", take_along(account, name))
        }
        Relation::RenamedTo(name) => move_folder(before, name),
        Relation::Exchanged { with } => put_back(account, before, with),
    }
}

/// What to do where the lock says something else than the out folder.
pub(super) fn restored_lock(account: &Account, before: &FormerOutput) -> String {
    match &before.relation {
        Relation::SameName { within } if *within == account.name.as_str() => {
            let (path, out) = (account.lock_source.path.display(), before.folder.display());
            format!(
                "restore the lock: `git checkout -- {path}`; if the committed lock is the same, write the line as the out folder has it; if \
                 the lock is right, restore the out folder, `git checkout -- {out}`, or remove it"
            )
        }
        Relation::SameName { within: name } | Relation::RenamedFrom { name, .. } => {
            format!("restore the line: {}", take_along(account, name))
        }
        Relation::RenamedTo(name) => move_folder(before, name),
        Relation::Exchanged { with } => put_back(account, before, with),
    }
}

/// How an out folder gets to the account that has another name now.
pub(super) fn move_folder(before: &FormerOutput, name: &str) -> String {
    let (shown, target) = (before.folder.display(), before.folder.with_file_name(name));
    format!("the stacks in `{shown}` are those of `{name}` now: `git mv {shown} {}`", target.display())
}

/// What to do where folders of the configuration have changed names among each other, or what is in them has.
pub(super) fn put_back(account: &Account, before: &FormerOutput, with: &str) -> String {
    let accounts = account.lock_source.path.parent().and_then(Path::parent).unwrap_or(Path::new(""));
    let out = before.folder.parent().unwrap_or(Path::new(""));
    format!(
        "`{}` has the stacks of what `{with}` is now: put back what was exchanged in `{}`, settings, rosters and locks; or, if the \
         new names are meant, give the folders in `{}` the same names",
        before.folder.display(),
        accounts.display(),
        out.display()
    )
}

/// The command that makes the account's lock that of its former name, wherever this is.
fn take_along(account: &Account, name: &str) -> String {
    taken_along(&lock_of(account, name), name, &account.lock_source.path)
}

fn taken_along(lock: &Path, name: &str, own: &Path) -> String {
    let own = own.display();
    // Git knows no path from the root of the disk.
    match lock.parent().zip(lock.file_name()).filter(|_| lock.is_absolute()) {
        None => format!("`git show HEAD:./{} > {own}`", lock.display()),
        Some((folder, file)) => {
            let accounts = folder.parent().unwrap_or(folder).display();
            format!("`git -C {accounts} show HEAD:./{name}/{} > {own}`", file.display())
        }
    }
}

/// The lock of another account, or of a former one, beside the account's own.
pub(super) fn lock_of(account: &Account, name: &str) -> PathBuf {
    let own = &account.lock_source.path;
    let folder = own.parent().map(|folder| folder.with_file_name(name)).unwrap_or_default();
    own.file_name().map(|file| folder.join(file)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_gets_no_path_from_the_root() {
        let [lock, own] = ["config/accounts/tokyo/stacks.lock", "config/accounts/kyoto/stacks.lock"].map(Path::new);
        let taken = taken_along(lock, "tokyo", own);
        assert_eq!(taken, "`git show HEAD:./config/accounts/tokyo/stacks.lock > config/accounts/kyoto/stacks.lock`");
        let [lock, own] = [lock, own].map(|path| Path::new("/srv").join(path));
        let taken = taken_along(&lock, "tokyo", &own);
        let expected =
            "`git -C /srv/config/accounts show HEAD:./tokyo/stacks.lock > /srv/config/accounts/kyoto/stacks.lock`";
        assert_eq!(taken, expected);
    }
}
