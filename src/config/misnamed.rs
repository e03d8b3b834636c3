//! What stands in the config folder under nearly the name of something that racestack reads, and so is not read.

use std::path::{Path, PathBuf};

use super::accounts::has_roster;
use super::suggestion::did_you_mean;
use super::{
    ACCOUNTS_FOLDER, POLICIES_FOLDER, ROSTER_FILES, RULES_FOLDER, SCHEMAS_FOLDER, SETTINGS_FILE, SUPPRESSIONS_FILE,
    TEMPLATES_FOLDER,
};
use crate::files::{self, FileError, FolderEntry};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// The folders of the config folder.
const FOLDERS: [&str; 5] = [ACCOUNTS_FOLDER, POLICIES_FOLDER, RULES_FOLDER, SCHEMAS_FOLDER, TEMPLATES_FOLDER];
/// Those that somebody may look for in the folder of an account.
const FLEET_FOLDERS: [&str; 3] = [POLICIES_FOLDER, RULES_FOLDER, TEMPLATES_FOLDER];
/// How the name of a file ends that somebody wrote to be read, rather than a copy or a page about it.
const EXTENSIONS: [&str; 5] = ["yaml", "yml", "json", "csv", "xlsx"];

/// The files beside one under nearly its name. `known` are the names that are read.
pub(super) fn beside(path: &Path, known: &[&str]) -> Result<Vec<PathBuf>, FileError> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let entries = path.parent().map(shown).transpose()?.unwrap_or_default();
    let is_near = |name: &str| name.to_lowercase().starts_with(&*stem) || near_file(name, known).is_some();
    let near = entries.into_iter().filter(|entry| !entry.is_folder && is_near(&entry.name));
    Ok(near.filter(|entry| !known.contains(&entry.name.as_str())).map(|entry| entry.path).collect())
}

/// The tables in the folder of a file, under whatever name.
pub(super) fn tables(path: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = path.parent().map(shown).transpose()?.unwrap_or_default();
    let is_table = |name: &str| [".csv", ".xlsx"].iter().any(|ending| name.to_lowercase().ends_with(ending));
    Ok(entries.into_iter().filter(|entry| !entry.is_folder && is_table(&entry.name)).map(|entry| entry.path).collect())
}

/// Findings of the files beside one that is read that have nearly its name.
pub(super) fn not_read(beside: Vec<PathBuf>, read: &Path) -> impl Iterator<Item = Finding> {
    let name = read.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let is_near = |other: &PathBuf, name: &str| near_file(&file_name(other), &[name]).is_some();
    beside.into_iter().filter_map(move |other| is_near(&other, &name).then(|| twice(&other, &name)))
}

/// Notes of the files beside one that is missing.
pub(super) fn renamed(beside: &[PathBuf], how: &str) -> Vec<String> {
    beside.iter().map(|path| format!("`{}` is not read: {how}", file_name(path))).collect()
}

/// Finds what is not read in the config folder itself, and in the folder of the accounts.
pub(super) fn check(config: &Path, findings: &mut Vec<Finding>) -> Result<(), FileError> {
    let in_account = |name: &str| config.join(ACCOUNTS_FOLDER).join("NAME").join(name);
    for entry in shown(config)? {
        let name = entry.name.as_str();
        if let Some(known) = near_folder(&entry, &FOLDERS) {
            findings.extend(unread(&entry.path, known)?);
        } else if let Some(known) = near_file(name, &[SUPPRESSIONS_FILE]).filter(|_| !entry.is_folder) {
            if known != name {
                findings.extend(unread(&entry.path, known)?);
            }
        } else if let Some(known) = near_file(name, &ROSTER_FILES).filter(|_| !entry.is_folder) {
            findings.push(elsewhere(&entry.path, "a roster is one of an account", &in_account(known)));
        } else if entry.is_folder && !FOLDERS.contains(&name) && has_roster(&entry.path) {
            let target = config.join(ACCOUNTS_FOLDER).join(name);
            findings.push(elsewhere(&entry.path, "an account is a folder of `accounts`", &target));
        }
    }
    let accounts = shown(&config.join(ACCOUNTS_FOLDER))?;
    let folders: Vec<&str> = accounts.iter().filter(|entry| entry.is_folder).map(|entry| entry.name.as_str()).collect();
    for entry in accounts.iter().filter(|entry| !entry.is_folder) {
        let Some((stem, extension)) = entry.name.rsplit_once('.') else { continue };
        let is_settings = ["yaml", "yml"].contains(&extension);
        let target = if let Some(known) = near_file(&entry.name, &[SETTINGS_FILE]) {
            in_account(known)
        } else if let Some(known) = near_file(&entry.name, &ROSTER_FILES) {
            in_account(known)
        } else if is_settings {
            config.join(ACCOUNTS_FOLDER).join(stem).join(SETTINGS_FILE)
        } else if EXTENSIONS.contains(&extension) && folders.contains(&stem) {
            config.join(ACCOUNTS_FOLDER).join(stem).join(format!("roster.{extension}"))
        } else {
            continue;
        };
        findings.push(elsewhere(&entry.path, "an account is a folder", &target));
    }
    Ok(())
}

/// Finds what is not read in the folder of an account, besides settings and rosters, since it holds for all accounts.
pub(super) fn check_account(config: &Path, account: &Path, findings: &mut Vec<Finding>) -> Result<(), FileError> {
    for entry in shown(account)? {
        let file = near_file(&entry.name, &[SUPPRESSIONS_FILE]).filter(|_| !entry.is_folder);
        let folder = FLEET_FOLDERS.into_iter().find(|known| *known == entry.name && entry.is_folder);
        let known = file.or(folder).or_else(|| near_folder(&entry, &FLEET_FOLDERS));
        findings.extend(known.map(|known| elsewhere(&entry.path, "it is one of all accounts", &config.join(known))));
    }
    Ok(())
}

/// What stands in a folder, but for hidden names.
fn shown(folder: &Path) -> Result<Vec<FolderEntry>, FileError> {
    let mut entries = files::list(folder)?.unwrap_or_default();
    // Excel keeps `~$roster.xlsx` while the workbook is open.
    entries.retain(|entry| !entry.name.starts_with(['.', '~']));
    Ok(entries)
}

/// Which of `known` a folder, or a link, has nearly the name of.
fn near_folder<'a>(entry: &FolderEntry, known: &[&'a str]) -> Option<&'a str> {
    let is_known = known.contains(&entry.name.as_str());
    did_you_mean(&entry.name, known.iter().copied()).filter(|_| !is_known && (entry.is_folder || entry.is_link))
}

/// Which of the files `known` a name is, or nearly is.
fn near_file<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = name.to_lowercase();
    // Editors of Windows add `.txt` to a name.
    let lower = lower.strip_suffix(".txt").unwrap_or(&lower);
    if known.contains(&lower) {
        return known.iter().copied().find(|known| *known == lower);
    }
    let (stem, extension) = lower.rsplit_once('.').unwrap_or((lower, ""));
    let stem_of = |known: &'a str| known.rsplit_once('.').map_or(known, |(stem, _)| stem);
    let same = known.iter().copied().find(|known| stem_of(known) == stem);
    same.or_else(|| {
        let mut stems = known.iter().copied().map(stem_of);
        // `roster (1).csv`, `roster-new.csv`
        let is_copy_of =
            |known: &&str| stem.strip_prefix(known).is_some_and(|rest| rest.starts_with([' ', '-', '_', '(', '.']));
        let near = stems.clone().find(is_copy_of).or_else(|| did_you_mean(stem, stems.by_ref()));
        let near = near.filter(|_| EXTENSIONS.contains(&extension))?;
        known.iter().copied().find(|known| stem_of(known) == near)
    })
}

/// A finding of what stands there under nearly the name `known`. `None` where names have no case, and it is what is read.
fn unread(path: &Path, known: &str) -> Result<Option<Finding>, FileError> {
    let right = path.with_file_name(known);
    if shown(right.parent().unwrap_or(path))?.iter().any(|entry| entry.name == known) {
        return Ok(Some(twice(path, known)));
    }
    let message = format!("`{}` is not read, but `{known}` would be", path.display());
    let help = format!("rename it to `{known}`, or remove it");
    let finding = Finding::new(Rule::FileMisnamed, message).at(Place::of_file(path)).help(help);
    Ok(files::kind(&right)?.is_none().then_some(finding))
}

fn twice(path: &Path, known: &str) -> Finding {
    let message = format!("`{}` is not read, but `{known}` beside it", path.display());
    Finding::new(Rule::FileMisnamed, message).at(Place::of_file(path)).help("remove it, or rename it")
}

fn elsewhere(path: &Path, why: &str, target: &Path) -> Finding {
    let message = format!("`{}` is not read there: {why}", path.display());
    let help = format!("move it to `{}`, or remove it", target.display());
    Finding::new(Rule::FileMisnamed, message).at(Place::of_file(path)).help(help)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_names_of_files_are_meant() {
        let known = [SETTINGS_FILE, SUPPRESSIONS_FILE];
        for name in [
            "setings.yaml",
            "settings.yml",
            "Settings.yaml",
            "settings.yaml.txt",
            "setting.json",
            "settings",
            "settings (1).yaml",
            "settings-old.yml",
            "settings.yaml.json",
        ] {
            assert_eq!(near_file(name, &known), Some(SETTINGS_FILE), "{name}");
        }
        for name in ["suppression.yaml", "suppressions.yml", "supressions.yaml"] {
            assert_eq!(near_file(name, &known), Some(SUPPRESSIONS_FILE), "{name}");
        }
        for name in ["settings.yaml.bak", "README.md", "notes.yaml", "setings.md"] {
            assert_eq!(near_file(name, &known), None, "{name}");
        }
    }
}
