//! What kind of folder it is that racestack wrote: an account's stacks, or the same in another tool's form. One never takes
//! the place of the other, since the files of the old go.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{MANIFEST_FILE, OutputFile};
use crate::files::{self, FileError, FileKind};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// What an account's out folder holds.
const ACCOUNT: &str = "an account's stacks";

/// What a cloud assembly holds.
pub(super) const ASSEMBLY: &str = "a cloud assembly";

/// What the StackSet of a part holds.
pub(super) fn stack_set(part: &str) -> String {
    format!("the StackSet `{part}`")
}

/// What a manifest says that its folder holds.
fn held(manifest: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Manifest {
        holds: Option<String>,
        account_id: Option<IgnoredAny>,
    }
    let manifest: Manifest = serde_json::from_slice(manifest).ok()?;
    manifest.holds.or_else(|| manifest.account_id.map(|_| ACCOUNT.to_owned()))
}

/// What the folder of these files is to hold.
fn wanted(files: &[OutputFile]) -> Option<String> {
    files.iter().find(|file| file.name == MANIFEST_FILE).and_then(|file| held(file.text.as_bytes()))
}

/// What a folder holds; `None` when racestack did not write it.
fn found(folder: &Path) -> Result<Option<String>, FileError> {
    let manifest = folder.join(MANIFEST_FILE);
    let Some(FileKind::File { .. }) = files::kind(&manifest)? else { return Ok(None) };
    Ok(files::read(&manifest)?.and_then(|manifest| held(&manifest)))
}

/// Whether racestack wrote something else than an account's stacks into a folder.
///
/// # Errors
/// When its manifest exists but cannot be read.
pub(super) fn is_no_account(folder: &Path) -> Result<bool, FileError> {
    Ok(found(folder)?.is_some_and(|found| found != ACCOUNT))
}

/// What a folder holds in words, where that is something else than what is wanted there. What racestack did not write may
/// stand in an account's folder, and is kept; a folder of another form is racestack's alone from the first.
fn other(folder: &Path, wanted: &str) -> Result<Option<String>, FileError> {
    match found(folder)? {
        Some(found) => Ok(Some(found).filter(|found| found != wanted)),
        None if wanted == ACCOUNT || files::list(folder)?.is_none_or(|entries| entries.is_empty()) => Ok(None),
        None => Ok(Some("what racestack did not write".to_owned())),
    }
}

/// Whether what a folder holds is of another kind than what was staged for it.
///
/// # Errors
/// When a folder cannot be read.
pub(super) fn is_other(folder: &Path, staging: &Path) -> Result<bool, FileError> {
    let wanted = found(staging)?.unwrap_or_else(|| ACCOUNT.to_owned());
    Ok(other(folder, &wanted)?.is_some())
}

/// What is wrong where a folder holds something of another kind than these files.
///
/// # Errors
/// When the folder exists but cannot be read.
pub(super) fn check(folder: &Path, files: &[OutputFile]) -> Result<Option<Finding>, FileError> {
    let wanted = wanted(files).unwrap_or_else(|| ACCOUNT.to_owned());
    let Some(found) = other(folder, &wanted)? else { return Ok(None) };
    let message = format!("`{}` holds {found}, where {wanted} would be written", folder.display());
    let place = Place::whole(&SourceFile::new(folder, ""));
    let help = "name another folder, or remove this one if nobody needs what it holds";
    Ok(Some(Finding::new(Rule::OutputAnotherKind, message).at(place).help(help)))
}
