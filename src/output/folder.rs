//! The out folder: compared with what it should hold, and replaced.

use std::collections::BTreeSet;
use std::path::Path;

use super::manifest::Manifest;
use super::{MANIFEST_FILE, OutputFile};
use crate::files::{self, FileError, NewFile};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// How a file of the out folder differs from what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// It is not there.
    Missing,
    /// It holds something else.
    Changed,
    /// racestack wrote it once, and would not now.
    Surplus,
}

impl Difference {
    /// The word that a person reads.
    pub fn as_str(self) -> &'static str {
        match self {
            Difference::Missing => "missing",
            Difference::Changed => "changed",
            Difference::Surplus => "no longer made",
        }
    }
}

/// Compares an account's out folder with the files that it should hold.
///
/// # Errors
/// When the folder exists but cannot be read.
pub fn compare(folder: &Path, wanted: &[OutputFile]) -> Result<Vec<(String, Difference)>, FileError> {
    let mut differences = Vec::new();
    for file in wanted {
        match files::read(&folder.join(&file.name))? {
            None => differences.push((file.name.clone(), Difference::Missing)),
            Some(bytes) if bytes != file.text.as_bytes() => {
                differences.push((file.name.clone(), Difference::Changed));
            }
            Some(_) => {}
        }
    }
    let present: BTreeSet<String> =
        files::list(folder)?.unwrap_or_default().into_iter().map(|entry| entry.name).collect();
    let surplus = listed(folder)?.into_iter().filter(|name| present.contains(name));
    let surplus = surplus.filter(|name| !wanted.iter().any(|file| file.name == *name));
    differences.extend(surplus.map(|name| (name, Difference::Surplus)));
    differences.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(differences)
}

/// Makes an account's out folder hold exactly `wanted`, besides what racestack did not write: such files are kept, and
/// are findings. The folder is replaced as a whole, unless it holds `wanted` already.
///
/// # Errors
/// When the folder cannot be read or written; then it is as it was.
pub fn write(folder: &Path, wanted: &[OutputFile], findings: &mut Vec<Finding>) -> Result<bool, FileError> {
    files::recover_folder(folder)?;
    let ours = listed(folder)?;
    let foreign: Vec<String> = files::list(folder)?
        .unwrap_or_default()
        .into_iter()
        .map(|entry| entry.name)
        .filter(|name| !ours.contains(name) && !wanted.iter().any(|file| file.name == *name))
        .collect();
    for name in &foreign {
        let path = folder.join(name);
        findings.push(
            Finding::new(
                Rule::OutputForeign,
                format!("`{}` was not written by racestack, and is kept", path.display()),
            )
            .at(Place::whole(&SourceFile::new(path, "")))
            .help("move the file elsewhere: the out folder is generated"),
        );
    }
    if compare(folder, wanted)?.is_empty() {
        return Ok(false);
    }
    let new: Vec<NewFile<'_>> = wanted
        .iter()
        .map(|file| NewFile { name: &file.name, bytes: file.text.as_bytes(), executable: file.executable })
        .collect();
    files::replace_folder(folder, &new, &foreign)?;
    Ok(true)
}

/// The folders of accounts that are no longer configured: their stacks may still be deployed.
///
/// # Errors
/// When the out folder exists but cannot be read.
pub fn orphans(out: &Path, accounts: &[&str], findings: &mut Vec<Finding>) -> Result<(), FileError> {
    for entry in files::list(out)?.unwrap_or_default() {
        let folder = out.join(&entry.name);
        let configured = accounts.contains(&entry.name.as_str());
        if !entry.is_folder || configured || files::read(&folder.join(MANIFEST_FILE))?.is_none() {
            continue;
        }
        let message = format!("`{}` belongs to no configured account", folder.display());
        findings.push(
            Finding::new(Rule::OutputOrphan, message)
                .at(Place::whole(&SourceFile::new(folder, "")))
                .help("delete the account's stacks if they are deployed, then remove the folder"),
        );
    }
    Ok(())
}

/// The manifest of an account's out folder, if there is one that can be read.
///
/// # Errors
/// When the file exists but cannot be read.
pub fn read_manifest(folder: &Path) -> Result<Option<Manifest>, FileError> {
    Ok(files::read(&folder.join(MANIFEST_FILE))?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The files that the folder's manifest lists. A manifest that cannot be read lists nothing: then nothing is deleted.
fn listed(folder: &Path) -> Result<BTreeSet<String>, FileError> {
    let manifest = read_manifest(folder)?;
    let plain = |name: &String| !name.contains(['/', '\\']) && name != "." && name != "..";
    Ok(manifest.map(|manifest| manifest.files.into_iter().filter(plain).collect()).unwrap_or_default())
}
