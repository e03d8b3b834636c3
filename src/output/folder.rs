//! The out folder, compared with what it should hold.

use std::collections::BTreeSet;
use std::path::Path;

use super::listing::{FolderManifest, kind_of, why_unreadable};
use super::{MANIFEST_FILE, OutputFile, RESTORE_MANIFEST};
use crate::config::conflict_line;
use crate::files::{self, FileError, FileKind};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// How a file of the out folder differs from what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    Missing,
    Changed,
    Conflict,
    Unreadable,
    /// It holds the same lines, which end otherwise, as git makes them with `core.autocrlf`.
    LineEndings,
    Mode,
    /// racestack wrote it once, and would not now.
    Surplus,
}

impl Difference {
    pub fn as_str(self) -> &'static str {
        match self {
            Difference::Missing => "missing",
            Difference::Changed => "changed",
            Difference::Conflict => "it has a merge conflict",
            Difference::Unreadable => "it does not say which files are racestack's",
            Difference::LineEndings => "it differs in line endings alone",
            Difference::Mode => "executable or not, unlike what synth makes it",
            Difference::Surplus => "no longer made",
        }
    }
}

/// Compares an account's out folder with the files that it should hold.
pub fn compare(folder: &Path, wanted: &[OutputFile]) -> Result<Vec<(String, Difference)>, FileError> {
    let mut differences = Vec::new();
    for file in wanted {
        if let Some(difference) = difference(&folder.join(&file.name), file)? {
            differences.push((file.name.clone(), difference));
        }
    }
    differences.extend(surplus(folder, wanted)?.into_iter().map(|name| (name, Difference::Surplus)));
    differences.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(differences)
}

/// The files of racestack's that should not be there.
pub(super) fn surplus(folder: &Path, wanted: &[OutputFile]) -> Result<Vec<String>, FileError> {
    let manifest = FolderManifest::read(folder)?;
    let wanted: BTreeSet<&str> = wanted.iter().map(|file| file.name.as_str()).collect();
    let ours = files::list(folder)?.unwrap_or_default().into_iter().filter(|entry| manifest.holds(entry));
    Ok(ours.map(|entry| entry.name).filter(|name| !wanted.contains(name.as_str())).collect())
}

pub(super) fn difference(path: &Path, file: &OutputFile) -> Result<Option<Difference>, FileError> {
    let executable = match files::kind(path)? {
        None => return Ok(Some(Difference::Missing)),
        Some(FileKind::File { executable }) => executable,
        // Whatever a link leads to, racestack writes none.
        Some(_) => return Ok(Some(Difference::Changed)),
    };
    match files::read(path)? {
        Some(bytes) if bytes == file.text.as_bytes() => {}
        Some(bytes) if is_same_but_for_line_endings(&bytes, &file.text) => return Ok(Some(Difference::LineEndings)),
        Some(bytes) if file.name == MANIFEST_FILE && why_unreadable(&bytes).is_some() => {
            return Ok(Some(Difference::Unreadable));
        }
        Some(bytes) if std::str::from_utf8(&bytes).is_ok_and(|text| conflict_line(text).is_some()) => {
            return Ok(Some(Difference::Conflict));
        }
        _ => return Ok(Some(Difference::Changed)),
    }
    Ok((cfg!(unix) && executable != file.executable).then_some(Difference::Mode))
}

fn is_same_but_for_line_endings(bytes: &[u8], text: &str) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|found| found.contains('\r') && found.replace("\r\n", "\n") == text)
}

/// Finds what stands in the way of an account's out folder: then it cannot be replaced. What racestack did not write there
/// and would keep is a warning.
pub fn inspect(folder: &Path, wanted: &[OutputFile], findings: &mut Vec<Finding>) -> Result<(), FileError> {
    match files::kind(folder)? {
        None => return Ok(()),
        Some(FileKind::Folder) => {}
        Some(kind) => {
            let found = if kind == FileKind::Link { "a link" } else { "a file" };
            let message = format!("`{}` is {found}, where racestack writes a folder", folder.display());
            let help = "remove it, or move it elsewhere; the out folder itself may be a link";
            findings.push(finding(Rule::OutputNotAFolder, message, folder, help));
            return Ok(());
        }
    }
    let (manifest, kind) = (FolderManifest::read(folder)?, kind_of(wanted));
    if let Some(found) = manifest.other_kind(folder, &kind)? {
        let message = format!("`{}` holds {found}, where {kind} would be written", folder.display());
        let help = "name another folder, or remove this one if nobody needs what it holds";
        findings.push(finding(Rule::OutputAnotherKind, message, folder, help));
        return Ok(());
    }
    if let Some(reason) = &manifest.unreadable {
        let path = folder.join(MANIFEST_FILE);
        let message = format!("`{}` does not say which files are racestack's: {reason}", path.display());
        let help = format!(
            "{RESTORE_MANIFEST}; without git, move what is yours out of `{0}` and remove `{0}` before",
            folder.display()
        );
        findings.push(finding(Rule::OutputUnreadableManifest, message, &path, help));
        return Ok(());
    }
    for entry in files::list(folder)?.unwrap_or_default() {
        let path = &entry.path;
        let namesake = wanted.iter().find(|file| file.name == entry.name);
        if manifest.holds(&entry) {
            continue;
        }
        let Some(file) = namesake else {
            let message = format!("`{}` was not written by racestack, and is kept", path.display());
            let help = "move it out of this folder, which racestack generates";
            findings.push(finding(Rule::OutputForeign, message, path, help));
            continue;
        };
        if matches!(difference(path, file)?, Some(difference) if difference != Difference::Mode) {
            let message = format!(
                "racestack would write `{}`, but something that racestack does not know is already there",
                path.display()
            );
            let help = "move it elsewhere if it is yours; remove it if racestack wrote it, on another branch say";
            findings.push(finding(Rule::OutputOccupied, message, path, help));
        }
    }
    Ok(())
}

fn finding(rule: Rule, message: String, path: &Path, help: impl Into<String>) -> Finding {
    Finding::new(rule, message).at(Place::of_file(path)).help(help)
}

#[cfg(test)]
mod tests;
