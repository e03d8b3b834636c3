//! Where a path leads in the end.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::FileError;

/// The absolute path that `path` leads to, with every link followed. What does not exist yet is appended as it is written.
pub fn real_path(path: &Path) -> Result<PathBuf, FileError> {
    let mut real = PathBuf::from(".").canonicalize().map_err(|error| FileError::new("read", path, error))?;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                real.pop();
            }
            part => real.push(part),
        }
        match real.canonicalize() {
            Ok(found) => real = found,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(FileError::new("read", &real, error)),
        }
    }
    Ok(real)
}
