//! Where the record of checks is kept: in the user's cache, outside the repository, so that no branch brings one along.

use std::path::{Path, PathBuf};

use super::sha256;
use crate::check::Record;
use crate::files;

/// The record of an account's out folder. One that is not there, or cannot be read, holds nothing: then everything is
/// checked.
pub fn read(cache: &Path, folder: &Path) -> Record {
    let bytes = files::read(&path(cache, folder)).ok().flatten();
    bytes.map(|bytes| Record::read(&bytes)).unwrap_or_default()
}

/// Keeps the text of a record for the next run. To be called with the out folder locked.
pub fn keep(cache: &Path, folder: &Path, record: &str) {
    // Without it, the next run takes longer and comes to the same: a run does not fail for that.
    let _ = files::write_scratch(&path(cache, folder), record.as_bytes());
}

/// One file an out folder, wherever that is on this machine.
fn path(cache: &Path, folder: &Path) -> PathBuf {
    cache.join("checked").join(sha256(&files::absolute(folder).to_string_lossy()))
}
