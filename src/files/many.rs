//! Many files written at once: nearly all of the time, the disk is waited for.

use std::path::PathBuf;

use super::{FileError, NewFile, create_in_folder};

/// How many files are written at a time. In tests of this crate one, since a run that is killed after a number of changes
/// is one thread.
const AT_ONCE: usize = if cfg!(test) { 1 } else { 16 };

/// Writes files that must not exist yet into folders that do. They are on the disk when this returns.
///
/// # Errors
/// When one exists or cannot be written; others are then written or not.
pub fn create_many_in_folder(files: &[(PathBuf, NewFile<'_>)]) -> Result<(), FileError> {
    let write = |some: &[(PathBuf, NewFile<'_>)]| some.iter().try_for_each(|(path, file)| create_in_folder(path, file));
    let share = files.len().div_ceil(AT_ONCE).max(1);
    if share >= files.len() {
        return write(files);
    }
    std::thread::scope(|scope| {
        let writers: Vec<_> = files.chunks(share).map(|some| scope.spawn(move || write(some))).collect();
        // All are waited for, whichever fails; the first that did is told of.
        let wait = |writer: std::thread::ScopedJoinHandle<'_, _>| {
            writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        let written: Vec<Result<(), FileError>> = writers.into_iter().map(wait).collect();
        written.into_iter().collect()
    })
}
