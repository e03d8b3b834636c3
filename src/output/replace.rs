//! How an account's out folder is replaced as a whole, and how what a killed run left is put right.
//!
//! The new files are staged in a folder beside, `.ACCOUNT.racestack`, manifest first. Then the two folders change places
//! in one step: this is the moment at which the new output takes the place of the old. What the old folder holds besides
//! racestack's files moves into the new one, and the rest is removed. Wherever a run is killed, the same clearing puts it
//! right: in a folder that was left, what its own manifest lists is racestack's and goes; everything else goes home.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::folder::{difference, surplus};
use super::listing::{ACCOUNT, FolderManifest};
use super::{MANIFEST_FILE, OutputFile};
use crate::files::{self, FileError, FileKind, FileLock, FolderEntry, NewFile, OWN_ENDING};
use crate::model::AccountName;

/// The folder that is drafted, and after the exchange the old one.
const STAGING: &str = "";
/// The old folder, where the file system cannot exchange two folders in one step.
const OLD: &str = "~old";
/// The manifest that is being written. In the folder that is drafted it would be a file that no manifest lists.
const MANIFEST: &str = "~manifest";

/// How long a run waits for another one: longer than the largest fleet takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Locks the out folder against other runs that write to it, and puts right what killed runs left there. `notice` hears
/// of a wait that takes longer than a second.
///
/// # Errors
/// When the folder cannot be written to, or another run has it for too long.
pub fn claim(out: &Path, notice: &dyn Fn(&str)) -> Result<FileLock, FileError> {
    let lock = files::lock(out, PATIENCE, notice)?;
    recover_all(out)?;
    Ok(lock)
}

/// Waits until no run writes to the out folder, without writing to it.
///
/// # Errors
/// When another run has it for too long.
pub fn claim_shared(out: &Path, notice: &dyn Fn(&str)) -> Result<Option<FileLock>, FileError> {
    files::lock_shared(out, PATIENCE, notice)
}

/// Makes a folder hold exactly `wanted`, besides what racestack did not write. The folder is replaced as a whole, unless it
/// holds `wanted` already; then this is `false`. To be called with the folder locked, once `inspect` found no error.
///
/// # Errors
/// When the folder cannot be read or written; then it is as it was.
pub fn write(folder: &Path, wanted: &[OutputFile]) -> Result<bool, FileError> {
    let staged = stage(folder, wanted)?;
    if staged {
        commit(folder)?;
    }
    Ok(staged)
}

/// Writes beside a folder the new one, which `commit` puts in its place, and `recover_all` removes; unless the folder holds
/// `wanted` already; then this is `false`. To be called with the folder locked, once `inspect` found no error.
///
/// # Errors
/// When the folder cannot be read or written; then nothing is left of it.
pub fn stage(folder: &Path, wanted: &[OutputFile]) -> Result<bool, FileError> {
    recover(folder)?;
    let mut same = BTreeSet::new();
    for file in wanted {
        if difference(&folder.join(&file.name), file)?.is_none() {
            same.insert(file.name.as_str());
        }
    }
    if same.len() == wanted.len() && surplus(folder, wanted)?.is_empty() {
        return Ok(false);
    }
    // The old files go once the new folder is in place: too late to find out that they cannot.
    if files::kind(folder)?.is_some() && !files::is_writable(folder) {
        let message = "its files cannot be replaced; make the folder writable for you: `chmod u+w`";
        let error = std::io::Error::new(std::io::ErrorKind::PermissionDenied, message);
        return Err(FileError { action: "replace", path: folder.to_owned(), error });
    }
    // What was drafted is of no use. If it cannot be removed now, the next run does.
    draft(folder, wanted, &same).inspect_err(|_| drop(recover(folder)))?;
    Ok(true)
}

/// Puts the folder that was staged in the place of the old one.
///
/// # Errors
/// When the folder cannot be read or replaced; then it is as it was, or is the new one with things of others still beside
/// it, which the next run moves.
pub fn commit(folder: &Path) -> Result<(), FileError> {
    // Since the look at the folder, someone may have put something there.
    if is_taken(folder)? {
        recover(folder)?;
        return Err(taken("replace", folder, "it changed while racestack ran; run synth again"));
    }
    put_in_place(folder).inspect_err(|_| drop(recover(folder)))?;
    recover(folder)?;
    folder.parent().map_or(Ok(()), files::sync_folder)
}

/// Whether what stands in the way of the folder that was staged is not racestack's.
fn is_taken(folder: &Path) -> Result<bool, FileError> {
    match files::kind(folder)? {
        None => return Ok(false),
        Some(FileKind::Folder) => {}
        Some(_) => return Ok(true),
    }
    let (staging, manifest) = (files::beside(folder, STAGING), FolderManifest::read(folder)?);
    if manifest.other_kind(folder, FolderManifest::read(&staging)?.kind().unwrap_or(ACCOUNT))?.is_some() {
        return Ok(true);
    }
    for entry in files::list(folder)?.unwrap_or_default().into_iter().filter(|entry| !manifest.holds(entry)) {
        let staged = files::read(&staging.join(&entry.name))?;
        if staged.is_some() && (entry.is_folder || files::read(&entry.path)? != staged) {
            return Ok(true);
        }
    }
    Ok(manifest.unreadable.is_some())
}

/// Puts right what killed runs left in the out folder, of whichever accounts, and removes what is staged and not in its place.
///
/// # Errors
/// When something cannot be read, moved or removed; the next run does.
pub fn recover_all(out: &Path) -> Result<(), FileError> {
    for entry in files::list(out)?.unwrap_or_default() {
        let Some(name) = entry.name.strip_prefix('.').and_then(|name| name.strip_suffix(OWN_ENDING)) else { continue };
        let account = [OLD, MANIFEST].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
        if AccountName::parse(account).is_ok() {
            recover(&out.join(account))?;
        }
    }
    Ok(())
}

/// Puts right what a killed run left of one account.
fn recover(folder: &Path) -> Result<(), FileError> {
    let [staging, old, manifest] = [STAGING, OLD, MANIFEST].map(|suffix| files::beside(folder, suffix));
    match files::kind(folder)? {
        // Killed between the two steps of `put_in_place`: the old folder is whole, and the new one is not in place.
        None if files::kind(&old)?.is_some() => {
            files::move_if_free(&old, folder)?;
        }
        Some(FileKind::Folder) | None => {}
        // Not a folder of racestack's: nothing moves into it.
        Some(_) => return Ok(()),
    }
    clear(&old, folder)?;
    clear(&staging, folder)?;
    if files::kind(&manifest)?.is_some() {
        files::remove_file(&manifest)?;
    }
    Ok(())
}

/// Writes the new folder beside, to the last byte.
fn draft(folder: &Path, wanted: &[OutputFile], same: &BTreeSet<&str>) -> Result<(), FileError> {
    let (staging, manifest) = (files::beside(folder, STAGING), files::beside(folder, MANIFEST));
    if let Some(parent) = folder.parent() {
        files::create_folders(parent)?;
    }
    files::create_folder(&staging)?;
    // From its first file on, the draft holds a manifest that lists it.
    for file in wanted.iter().filter(|file| file.name == MANIFEST_FILE) {
        files::create_in_folder(&manifest, &new_file(file, None))?;
        files::replace_file(&manifest, &staging.join(MANIFEST_FILE))?;
    }
    let others = wanted.iter().filter(|file| file.name != MANIFEST_FILE);
    let same = |file: &OutputFile| same.contains(file.name.as_str()).then(|| folder.join(&file.name));
    let others: Vec<_> = others.map(|file| (staging.join(&file.name), new_file(file, same(file)))).collect();
    files::create_many_in_folder(&others)?;
    files::sync_folder(&staging)
}

fn new_file(file: &OutputFile, same: Option<PathBuf>) -> NewFile<'_> {
    NewFile { bytes: file.text.as_bytes(), executable: file.executable, same }
}

/// Puts the drafted folder in the place of the old one, which then has the draft's name.
fn put_in_place(folder: &Path) -> Result<(), FileError> {
    let (staging, old) = (files::beside(folder, STAGING), files::beside(folder, OLD));
    if files::kind(folder)?.is_none() {
        return moved(&staging, folder);
    }
    if !files::exchange(&staging, folder)? {
        moved(folder, &old)?;
        moved(&staging, folder)?;
    }
    // The new folder's name is on the disk before the old files go.
    folder.parent().map_or(Ok(()), files::sync_folder)
}

fn moved(from: &Path, to: &Path) -> Result<(), FileError> {
    if files::move_if_free(from, to)? { Ok(()) } else { Err(taken("replace", to, "something else is there")) }
}

/// Removes a folder that was left beside `home`: what its manifest lists, and the folder itself. Everything else in it
/// moves to `home`.
fn clear(left: &Path, home: &Path) -> Result<(), FileError> {
    match files::kind(left)? {
        None => return Ok(()),
        Some(FileKind::Folder) => {}
        Some(_) => return Err(taken("remove", left, "it is not a folder of racestack's; move it elsewhere")),
    }
    // It lies where only racestack puts folders; a mode that it had in its place must not keep every later run from its work.
    if !files::is_writable(left) {
        files::make_writable(left)?;
    }
    let manifest = FolderManifest::read(left)?;
    if manifest.unreadable.is_some() {
        let message = "its manifest.json does not say what is racestack's; move what is yours elsewhere and remove it";
        return Err(taken("remove", left, message));
    }
    let (own, foreign): (Vec<_>, Vec<_>) =
        files::list(left)?.unwrap_or_default().into_iter().partition(|entry| manifest.holds(entry));
    if !foreign.is_empty() {
        if files::kind(home)?.is_none() {
            files::create_folder(home)?;
        }
        foreign.iter().try_for_each(|entry| send_home(entry, home))?;
        files::sync_folder(home)?;
    }
    // The manifest goes last: as long as anything is left, it says whose that is.
    let (manifest, own): (Vec<_>, Vec<_>) = own.into_iter().partition(|entry| entry.name == MANIFEST_FILE);
    own.iter().chain(&manifest).try_for_each(|entry| files::remove_file(&entry.path))?;
    files::remove_empty_folder(left)
}

fn send_home(entry: &FolderEntry, home: &Path) -> Result<(), FileError> {
    let to: PathBuf = home.join(entry.path.file_name().unwrap_or_default());
    if files::move_if_free(&entry.path, &to)? {
        return Ok(());
    }
    // A file that no manifest listed, but that held just what racestack then wrote: nothing is lost.
    if is_file(&entry.path)? && is_file(&to)? && files::read(&entry.path)? == files::read(&to)? {
        return files::remove_file(&entry.path);
    }
    Err(taken("move", &entry.path, &format!("there is a `{}` as well; move one of them elsewhere", to.display())))
}

fn is_file(path: &Path) -> Result<bool, FileError> {
    Ok(matches!(files::kind(path)?, Some(FileKind::File { .. })))
}

fn taken(action: &'static str, path: &Path, message: &str) -> FileError {
    FileError { action, path: path.to_owned(), error: std::io::Error::other(message) }
}

#[cfg(test)]
mod tests;
