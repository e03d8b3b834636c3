//! The one module that touches the disk. What changes it does one thing each: their order, and what becomes of a run that
//! is killed between two of them, is for `output` to say.
#![expect(clippy::disallowed_methods, reason = "this module is the one that may")]

mod git;
mod lock;
mod many;
mod mode;
mod real;

pub use git::{RevisionFiles, differs, has_moved_on, read_revision, revision};
pub use lock::{FileLock, lock, lock_shared};
pub use many::create_many_in_folder;
pub use mode::{is_writable, make_writable};
pub use real::real_path;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file or folder that could not be read or written: not a mistake in its content, hence no finding.
#[derive(Debug)]
pub struct FileError {
    /// What was tried, such as "read".
    pub action: &'static str,
    pub path: PathBuf,
    pub error: io::Error,
}

impl FileError {
    fn new(action: &'static str, path: &Path, error: io::Error) -> Self {
        Self { action, path: path.to_owned(), error }
    }
}

impl std::fmt::Display for FileError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "cannot {} `{}`: ", self.action, self.path.display())?;
        match self.error.kind() {
            io::ErrorKind::NotADirectory => {
                formatter.write_str("a part of this path is a file, and no folder; name another, or move the file")
            }
            io::ErrorKind::IsADirectory => formatter.write_str("it is a folder, and no file; name another path"),
            io::ErrorKind::AlreadyExists => formatter.write_str("it is there already; name another path"),
            io::ErrorKind::NotFound => formatter.write_str("its folder is not there; make it, or name another path"),
            _ => write!(formatter, "{}", self.error),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// What a path leads to. A link is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    File {
        /// Whether its owner may run it.
        executable: bool,
    },
    Folder,
    /// A link, whatever it leads to.
    Link,
    /// A device, a pipe, a socket.
    Other,
}

impl FileKind {
    fn of(metadata: &std::fs::Metadata) -> Self {
        let kind = metadata.file_type();
        if kind.is_file() {
            Self::File { executable: is_executable(metadata) }
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_symlink() {
            Self::Link
        } else {
            Self::Other
        }
    }
}

#[cfg(unix)]
fn is_executable(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

/// Where files have no such mode, none is executable.
#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    false
}

/// What stands in a folder.
#[derive(Debug, PartialEq, Eq)]
pub struct FolderEntry {
    /// The name, without the folder. What is not UTF-8 in it is shown with replacement characters.
    pub name: String,
    /// Where it is, with the name as it really is.
    pub path: PathBuf,
    /// Whether it is a folder itself. A link is not followed: it is none.
    pub is_folder: bool,
    pub is_link: bool,
}

/// The bytes of a file, or `None` where there is no such file. What may have no end, such as a pipe or a device, is not read.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let kind = std::fs::metadata(path).map(|metadata| FileKind::of(&metadata));
    let endless =
        || io::Error::new(io::ErrorKind::InvalidInput, "it is a pipe or a device, and no file; save it as one");
    let bytes = match kind {
        Ok(FileKind::Other) => Err(endless()),
        Ok(_) => std::fs::read(path),
        Err(error) => Err(error),
    };
    match bytes {
        Ok(bytes) => Ok(Some(bytes)),
        // Below what is a file itself, there is none either.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(FileError::new("read", path, error)),
    }
}

/// What a path leads to, or `None` where there is nothing.
pub fn kind(path: &Path) -> Result<Option<FileKind>, FileError> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(FileKind::of(&metadata))),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(FileError::new("read", path, error)),
    }
}

/// Whether a link leads to a file. One that leads nowhere does not.
pub fn leads_to_file(link: &Path) -> bool {
    link.is_file()
}

pub fn leads_to_folder(link: &Path) -> bool {
    link.is_dir()
}

pub fn leads_nowhere(path: &Path) -> bool {
    path.is_symlink() && !path.exists()
}

/// What stands in a folder, by name, or `None` where there is no such folder.
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
        let kind = entry.file_type().map_err(fail)?;
        entries.push(FolderEntry {
            name: entry.file_name().to_string_lossy().into_owned(),
            path: entry.path(),
            is_folder: kind.is_dir(),
            is_link: kind.is_symlink(),
        });
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Some(entries))
}

/// A file to be written.
#[derive(Debug)]
pub struct NewFile<'a> {
    pub bytes: &'a [u8],
    pub executable: bool,
    /// A file that is just this one. Where the file system can, it gets one more name, rather than that it is written anew.
    pub same: Option<PathBuf>,
}

/// Writes a file that must not exist yet, creating the folders above it. It is on the disk when this returns.
pub fn create(path: &Path, bytes: &[u8], executable: bool) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        create_folders(folder)?;
    }
    create_in_folder(path, &NewFile { bytes, executable, same: None })
}

/// Writes a file that must not exist yet into a folder that does. It is on the disk when this returns.
pub fn create_in_folder(path: &Path, file: &NewFile<'_>) -> Result<(), FileError> {
    let fail = |error| FileError::new("write", path, error);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(if file.executable { 0o777 } else { 0o666 });
    }
    if file.same.as_ref().is_some_and(|same| std::fs::hard_link(same, path).is_ok()) {
        kill_point();
        // Whoever wrote it, such as git, may not have waited for the disk.
        return std::fs::OpenOptions::new().read(true).open(path).and_then(|linked| linked.sync_all()).map_err(fail);
    }
    let mut opened = options.open(path).map_err(fail)?;
    kill_point();
    opened.write_all(file.bytes).map_err(fail)?;
    kill_point();
    opened.sync_all().map_err(fail)
}

/// Writes a file as a whole: a reader, a run that is killed, a full disk find the old bytes or the new ones. A link in
/// its place is replaced, not followed.
///
/// # Errors
/// When something cannot be written; then the file is as it was.
pub fn write_file_atomically(path: &Path, bytes: &[u8], executable: bool) -> Result<(), FileError> {
    let beside = beside(path, "");
    // Nobody knows the file beside it, unless something stands in its way.
    let of_path = |error| FileError { path: path.to_owned(), ..error };
    remove_draft(path).map_err(|error| if beside.exists() { error } else { of_path(error) })?;
    let written = create_in_folder(&beside, &NewFile { bytes, executable, same: None })
        .and_then(|()| replace_file(&beside, path))
        .map_err(of_path);
    if written.is_err() {
        // If it cannot be removed now, the next run does.
        let _ = remove_file(&beside);
    }
    written?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// The file that a link leads to, and any other path as it is: what is written there is written for whoever else reads it.
pub fn followed(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).ok().filter(|_| path.is_symlink()).unwrap_or_else(|| path.to_owned())
}

/// Removes what a run left that was killed while it wrote a file atomically.
pub fn remove_draft(path: &Path) -> Result<(), FileError> {
    remove_file(&beside(path, ""))
}

/// A name beside `path` that is racestack's own: hidden, on the same file system, left out of git by `.*.racestack`.
/// `suffix` is empty or begins with a character that no account's name has.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!(".{name}{suffix}{OWN_ENDING}"))
}

/// How the names end that `beside` gives.
pub const OWN_ENDING: &str = ".racestack";

/// What comes of a change of the disk.
fn changed(action: &'static str, path: &Path, done: io::Result<()>) -> Result<(), FileError> {
    done.map_err(|error| FileError::new(action, path, error))?;
    kill_point();
    Ok(())
}

/// Makes a folder, and those above it.
pub fn create_folders(folder: &Path) -> Result<(), FileError> {
    changed("create", folder, std::fs::create_dir_all(folder))
}

/// Makes a folder that must not exist yet.
pub fn create_folder(folder: &Path) -> Result<(), FileError> {
    changed("create", folder, std::fs::create_dir(folder))
}

/// Gives a file another name; what has that name already is replaced.
pub fn replace_file(from: &Path, to: &Path) -> Result<(), FileError> {
    changed("replace", to, std::fs::rename(from, to))
}

/// Gives a file or folder another name, unless something has that name already: then nothing happens, and it is `false`.
pub fn move_if_free(from: &Path, to: &Path) -> Result<bool, FileError> {
    let moved = match rename_with(from, to, Flag::NoReplace) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        // The file system cannot do it in one step.
        Err(error) if error.kind() == io::ErrorKind::Unsupported => match kind(to)? {
            Some(_) => return Ok(false),
            None => std::fs::rename(from, to),
        },
        renamed => renamed,
    };
    changed("move", from, moved).map(|()| true)
}

/// Two folders change places in one step. Where the file system cannot do that, nothing happens, and it is `false`.
pub fn exchange(a: &Path, b: &Path) -> Result<bool, FileError> {
    match rename_with(a, b, Flag::Exchange) {
        Ok(()) => {
            kill_point();
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(false),
        Err(error) => Err(FileError::new("replace", b, error)),
    }
}

/// Removes a file or a link, if it is there.
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        // Below what is a file itself, there is none either.
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Err(FileError::new("remove", path, error));
        }
        _ => {}
    }
    kill_point();
    Ok(())
}

/// Removes a folder in which nothing stands.
pub fn remove_empty_folder(path: &Path) -> Result<(), FileError> {
    changed("remove", path, std::fs::remove_dir(path))
}

/// Makes a folder's entries outlast a loss of power.
pub fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let fail = |error| FileError::new("sync", folder, error);
    std::fs::OpenOptions::new().read(true).open(folder).map_err(fail)?.sync_all().map_err(fail)
}

#[derive(Clone, Copy)]
enum Flag {
    Exchange,
    NoReplace,
}

/// An error of `ErrorKind::AlreadyExists` where something has the name, of `Unsupported` where the file system has no such flag.
#[cfg(target_os = "linux")]
fn rename_with(from: &Path, to: &Path, flag: Flag) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    #[cfg(test)]
    if kill::rename_flags_are_unsupported() {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let flag = match flag {
        Flag::Exchange => RenameFlags::EXCHANGE,
        Flag::NoReplace => RenameFlags::NOREPLACE,
    };
    renameat_with(CWD, from, CWD, to, flag).map_err(|error| match error {
        Errno::INVAL | Errno::NOSYS | Errno::NOTSUP => io::ErrorKind::Unsupported.into(),
        error => error.into(),
    })
}

#[cfg(not(target_os = "linux"))]
fn rename_with(_: &Path, _: &Path, _: Flag) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Where a run can be killed with a difference: after each change of the disk. In tests, `kill` does it there.
#[cfg(test)]
fn kill_point() {
    kill::reached();
}

#[cfg(not(test))]
fn kill_point() {}

#[cfg(test)]
pub mod kill;
#[cfg(test)]
mod tests;
