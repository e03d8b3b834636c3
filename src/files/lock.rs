//! A lock between runs: a file in the folder that only one run at a time may change.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{FileError, FileKind, create_folders, kind, remove_empty_folder, remove_file};

/// The lock file's name. It begins with a dot, as no account's name does.
const LOCK_FILE: &str = ".racestack.lock";
const PAUSE: Duration = Duration::from_millis(20);
/// From here on the user should know why nothing happens.
const SILENCE: Duration = Duration::from_secs(1);

/// A folder is locked while this lives.
#[derive(Debug)]
pub struct FileLock {
    /// The operating system unlocks it when it is closed, also when the run is killed.
    #[expect(dead_code, reason = "held open, never read")]
    file: File,
    /// The lock file, if this run is to remove it.
    path: Option<PathBuf>,
    /// The folder, if it was made for the lock.
    made: Option<PathBuf>,
}

/// Locks a folder against other runs that write to it, making it if need be. Waits for another run as long as `limit`;
/// `notice` hears of it after a second.
///
/// # Errors
/// When the lock file cannot be written, or another run still has the folder after `limit`.
pub fn lock(folder: &Path, limit: Duration, notice: &dyn Fn(&str)) -> Result<FileLock, FileError> {
    let path = folder.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    do_not_follow(&mut options);
    let mut made = None;
    wait(folder, limit, notice, || {
        if kind(folder)?.is_none() {
            match create_folders(folder) {
                Ok(()) => made = Some(folder.to_owned()),
                // Another run made the folder at the same time, and has perhaps removed it again.
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let file = match options.open(&path) {
            Ok(file) => file,
            // The run that made the folder removed it again, and perhaps a third has made it anew by now.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && matches!(kind(folder)?, None | Some(FileKind::Folder)) =>
            {
                return Ok(None);
            }
            // Nobody gave the lock file's name: what is wrong is the folder.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                return Err(FileError::new("write into", folder, error));
            }
            Err(error) => return Err(FileError::new("write", &path, error)),
        };
        match file.try_lock() {
            // Otherwise the run that had it removed it meanwhile: who comes next makes another.
            Ok(()) if is_at(&file, &path)? => {
                Ok(Some(FileLock { file, path: cfg!(unix).then(|| path.clone()), made: made.take() }))
            }
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(FileError::new("lock", folder, error)),
        }
    })
}

/// Waits until no run writes to a folder, and keeps those away that want to. Writes nothing: where there is no lock file
/// or it cannot be locked, as in a checkout that is read-only, there is no lock.
///
/// # Errors
/// When another run still writes to the folder after `limit`.
pub fn lock_shared(folder: &Path, limit: Duration, notice: &dyn Fn(&str)) -> Result<Option<FileLock>, FileError> {
    let path = folder.join(LOCK_FILE);
    let mut options = OpenOptions::new();
    options.read(true);
    do_not_follow(&mut options);
    wait(folder, limit, notice, || {
        let Ok(file) = options.open(&path) else { return Ok(Some(None)) };
        match file.try_lock_shared() {
            Ok(()) if is_at(&file, &path)? => Ok(Some(Some(FileLock { file, path: None, made: None }))),
            Ok(()) | Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(_)) => Ok(Some(None)),
        }
    })
}

/// Tries until something comes of it.
fn wait<T>(
    folder: &Path,
    limit: Duration,
    notice: &dyn Fn(&str),
    mut attempt: impl FnMut() -> Result<Option<T>, FileError>,
) -> Result<T, FileError> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(done) = attempt()? {
            return Ok(done);
        }
        if waited >= limit {
            let message = format!("another racestack has been writing to it for {} seconds", limit.as_secs());
            return Err(FileError::new("lock", folder, io::Error::new(io::ErrorKind::TimedOut, message)));
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
        if waited >= SILENCE && waited < SILENCE + PAUSE {
            notice(&format!("waiting for another racestack that writes to `{}`", folder.display()));
        }
    }
}

impl Drop for FileLock {
    /// Removes the lock file while it is still locked. That is safe because who gets the lock looks whether its file is
    /// still the one of that name: a run that waited for the removed file starts again, with the next one. Outside Unix
    /// that cannot be seen, and the file stays.
    fn drop(&mut self) {
        // What cannot be removed does no harm: the next run locks the same file.
        if let Some(path) = &self.path {
            let _ = remove_file(path);
        }
        // Fails, as it should, if something stands in it by now.
        if let Some(folder) = &self.made {
            let _ = remove_empty_folder(folder);
        }
    }
}

/// A link in the place of the lock file could make a file elsewhere.
#[cfg(unix)]
fn do_not_follow(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
}

#[cfg(not(unix))]
fn do_not_follow(_: &mut OpenOptions) {}

/// Whether `path` still leads to `file`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> Result<bool, FileError> {
    use std::os::unix::fs::MetadataExt;
    let fail = |error| FileError::new("read", path, error);
    let own = file.metadata().map_err(fail)?;
    match std::fs::symlink_metadata(path) {
        Ok(other) => Ok((own.dev(), own.ino()) == (other.dev(), other.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(fail(error)),
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> Result<bool, FileError> {
    Ok(true)
}
