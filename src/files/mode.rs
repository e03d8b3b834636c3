//! Who may change a folder.

use std::path::Path;

use super::FileError;

/// Whether entries of a folder can be made and removed.
#[cfg(unix)]
pub fn is_writable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Where folders have no such mode, trying it out is all that helps.
#[cfg(not(unix))]
pub fn is_writable(_: &Path) -> bool {
    true
}

/// Lets the owner of a folder make and remove entries.
#[cfg(unix)]
pub fn make_writable(folder: &Path) -> Result<(), FileError> {
    use std::os::unix::fs::PermissionsExt;
    let fail = |error| FileError::new("change", folder, error);
    let mut permissions = std::fs::metadata(folder).map_err(fail)?.permissions();
    permissions.set_mode(permissions.mode() | 0o700);
    std::fs::set_permissions(folder, permissions).map_err(fail)
}

/// Where folders have no such mode, there is nothing to do.
#[cfg(not(unix))]
pub fn make_writable(_: &Path) -> Result<(), FileError> {
    Ok(())
}
