//! Which accounts there are: the folders of the config folder's `accounts`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::node::{quoted, shorten};
use super::suggestion::suggest;
use super::{ACCOUNTS_FOLDER, Drafts, ROSTER_FILES, SETTINGS_FILE};
use crate::files::{self, FileError, FolderEntry};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// The names of the accounts, in their order, with findings of what is none, and of those in `wanted` that there are not.
pub(super) fn names(
    folder: &Path,
    drafts: &Drafts,
    wanted: &[String],
    findings: &mut Vec<Finding>,
) -> Result<Vec<String>, FileError> {
    let accounts = folder.join(ACCOUNTS_FOLDER);
    let entries = files::list(&accounts)?.unwrap_or_default();
    let visible = |entry: &&FolderEntry| !entry.name.starts_with('.');
    let links = entries.iter().filter(visible).filter(|entry| entry.is_link && !files::leads_to_file(&entry.path));
    let errors_before = findings.len();
    findings.extend(links.map(|entry| {
        let message = format!("`{}` is a link, which is not followed", entry.path.display());
        Finding::new(Rule::AccountLink, message)
            .at(Place::of_file(&entry.path))
            .help("create a real folder; inside it, symbolic links to the settings or roster file are allowed")
    }));
    let drafted = drafts.keys().filter_map(|path| path.strip_prefix(&accounts).ok()?.iter().next()?.to_str());
    let folders = entries.iter().filter(visible).filter(|entry| entry.is_folder).map(|entry| entry.name.as_str());
    let names: BTreeSet<&str> = folders.chain(drafted).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    if names.is_empty() && findings.len() == errors_before {
        findings.push(
            Finding::new(Rule::AccountNone, "there is no account: `accounts` has no folder")
                .at(Place::of_file(&accounts))
                .help(format!("make a folder `{}/NAME` with a `{SETTINGS_FILE}` and a roster", accounts.display())),
        );
    }
    let mut by_lower_case: BTreeMap<String, &str> = BTreeMap::new();
    for name in &names {
        if let Some(other) = by_lower_case.insert(name.to_lowercase(), name) {
            let message = format!("the folders `{}` and `{}` differ by case alone", shorten(other), shorten(name));
            findings.push(
                Finding::new(Rule::AccountInvalidName, message)
                    .at(Place::of_file(accounts.join(name)))
                    .help("give one another name: where names of files have no case, their out folders are one"),
            );
        }
    }
    let is_link = |name: &String| entries.iter().any(|entry| entry.is_link && entry.name == *name);
    for name in wanted.iter().filter(|name| !names.is_empty() && !names.contains(name) && !is_link(name)) {
        let all = match names.as_slice() {
            [only] => format!("the only account is `{only}`"),
            names => format!("the accounts are {}", quoted(names)),
        };
        let help = suggest(name, names.iter().map(String::as_str), all);
        findings.push(
            Finding::new(Rule::AccountUnknown, format!("there is no account `{}`", shorten(name)))
                .at(Place::of_file(&accounts))
                .help(help),
        );
    }
    Ok(names)
}

/// Whether a folder has the people of an account.
pub(super) fn has_roster(folder: &Path) -> bool {
    ROSTER_FILES.iter().any(|name| matches!(files::kind(&folder.join(name)), Ok(Some(_))))
}
