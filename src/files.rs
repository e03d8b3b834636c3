//! The one module that touches the disk.

use std::io;
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

/// Writes a file that must not exist yet, creating the folders above it.
#[expect(clippy::disallowed_methods, reason = "this module is the one that may")]
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    use std::io::Write;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| FileError::new("create", folder, error))?;
    }
    let fail = |error| FileError::new("write", path, error);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(fail)?;
    file.write_all(bytes).map_err(fail)?;
    file.sync_all().map_err(fail)
}
