//! The one module that touches the disk.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file or folder that could not be read or written: not a mistake in its content, hence no finding.
#[derive(Debug)]
pub struct FileError {
    /// What was tried, such as "read".
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// What the operating system said.
    pub error: io::Error,
}

impl FileError {
    fn new(action: &'static str, path: &Path, error: io::Error) -> Self {
        Self { action, path: path.to_owned(), error }
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "cannot {} `{}`: {}", self.action, self.path.display(), self.error)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// What stands in a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// The name, without the folder.
    pub name: String,
    /// Whether it is a folder itself. A link is not followed: it is none.
    pub is_folder: bool,
}

/// The bytes of a file, or `None` where there is no such file.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new("read", path, error)),
    }
}

/// What stands in a folder, by name, or `None` where there is no such folder. Names that are not UTF-8 are shown with
/// replacement characters.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn list(path: &Path) -> Result<Option<Vec<FolderEntry>>, FileError> {
    let fail = |error| FileError::new("list", path, error);
    let listing = match std::fs::read_dir(path) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    let mut entries = Vec::new();
    for entry in listing {
        let entry = entry.map_err(fail)?;
        let is_folder = entry.file_type().map_err(fail)?.is_dir();
        entries.push(FolderEntry { name: entry.file_name().to_string_lossy().into_owned(), is_folder });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(entries))
}

/// A file to be written.
#[derive(Debug)]
pub struct NewFile<'a> {
    /// Its name in the folder.
    pub name: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
    /// Whether it is a program.
    pub executable: bool,
}

/// Writes a file that must not exist yet, creating the folders above it.
///
/// # Errors
/// When the file exists, or cannot be written.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn create(path: &Path, file: &NewFile<'_>) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| FileError::new("create", folder, error))?;
    }
    let fail = |error| FileError::new("write", path, error);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if file.executable { 0o777 } else { 0o666 });
    }
    let mut opened = options.open(path).map_err(fail)?;
    opened.write_all(file.bytes).map_err(fail)?;
    opened.sync_all().map_err(fail)
}

/// Replaces a folder as a whole: the new one is written beside it, synced, and changes places with it in one step. What
/// `kept` names moves from the old folder into the new one. A run that is killed leaves the old folder or the new one;
/// `recover_folder` clears what else it left.
///
/// # Errors
/// When something cannot be written; then the old folder is as it was.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn replace_folder(folder: &Path, new: &[NewFile<'_>], kept: &[String]) -> Result<(), FileError> {
    let beside = beside(folder);
    let result = new.iter().try_for_each(|file| create(&beside.join(file.name), file));
    if let Err(error) = result.and_then(|()| sync_folder(&beside)) {
        // What was written so far is of no use; if it cannot be removed now, the next run does.
        let _ = std::fs::remove_dir_all(&beside);
        return Err(error);
    }
    if folder.exists() {
        exchange(&beside, folder)?;
        for name in kept {
            let (from, to) = (beside.join(name), folder.join(name));
            std::fs::rename(&from, &to).map_err(|error| FileError::new("move", &from, error))?;
        }
        std::fs::remove_dir_all(&beside).map_err(|error| FileError::new("remove", &beside, error))?;
    } else {
        std::fs::rename(&beside, folder).map_err(|error| FileError::new("rename", &beside, error))?;
    }
    folder.parent().map_or(Ok(()), sync_folder)
}

/// Clears what a killed run left beside a folder. What stands there and nowhere else, and is none of racestack's own
/// files, was being kept: it moves back.
///
/// # Errors
/// When it cannot be read or removed.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn recover_folder(folder: &Path) -> Result<(), FileError> {
    let beside = beside(folder);
    let Some(left) = list(&beside)? else { return Ok(()) };
    for entry in left {
        let (from, to) = (beside.join(&entry.name), folder.join(&entry.name));
        let generated = !entry.is_folder && GENERATED.iter().any(|ending| entry.name.ends_with(ending));
        if !generated && folder.exists() && std::fs::symlink_metadata(&to).is_err() {
            std::fs::rename(&from, &to).map_err(|error| FileError::new("move", &from, error))?;
        }
    }
    std::fs::remove_dir_all(&beside).map_err(|error| FileError::new("remove", &beside, error))
}

/// The endings of the files that racestack writes into an out folder.
const GENERATED: [&str; 3] = [".yaml", "manifest.json", "deploy.sh"];

/// Where a folder's successor is written: hidden, and on the same file system.
fn beside(folder: &Path) -> PathBuf {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    folder.with_file_name(format!(".{name}.racestack"))
}

/// Two folders change places in one step. Where the file system cannot do that, in two.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
fn exchange(a: &Path, b: &Path) -> Result<(), FileError> {
    let fail = |error| FileError::new("replace", b, error);
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            Err(error) => return Err(fail(error.into())),
        }
    }
    let aside = beside(a);
    std::fs::rename(b, &aside).map_err(fail)?;
    std::fs::rename(a, b).map_err(fail)?;
    std::fs::rename(&aside, a).map_err(fail)
}

/// Makes a folder's entries outlast a loss of power.
fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let fail = |error| FileError::new("sync", folder, error);
    std::fs::OpenOptions::new().read(true).open(folder).map_err(fail)?.sync_all().map_err(fail)
}

/// Replaces one file in one step: written beside, synced, renamed.
///
/// # Errors
/// When it cannot be written; then the old file is as it was.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn write_file_atomically(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let beside = beside(path);
    let _ = std::fs::remove_file(&beside);
    create(&beside, &NewFile { name: "", bytes, executable: false })?;
    std::fs::rename(&beside, path).map_err(|error| FileError::new("replace", path, error))?;
    path.parent().map_or(Ok(()), sync_folder)
}
