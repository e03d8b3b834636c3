//! Where the record of checks is kept: beside an account's out folder, hidden and left out of git.

use std::path::Path;

use crate::check::Record;
use crate::files;

/// Tells the record's name from that of the folder's draft.
const RECORD: &str = "~checked";

/// The record beside an account's out folder. One that is not there, or cannot be read, holds nothing: then everything is
/// checked.
pub fn read(folder: &Path) -> Record {
    let bytes = files::read(&files::beside(folder, RECORD)).ok().flatten();
    bytes.map(|bytes| Record::read(&bytes)).unwrap_or_default()
}

/// Keeps the text of a record for the next run. To be called with the out folder locked.
pub fn keep(folder: &Path, record: &str) {
    // Without it, the next run takes longer and comes to the same: a run does not fail for that.
    let _ = files::write_scratch(&files::beside(folder, RECORD), record.as_bytes());
}
