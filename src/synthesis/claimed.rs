//! A folder that a command replaces as a whole.

use std::path::Path;

use super::Failure;
use crate::files::{self, FileLock};
use crate::output;

/// Keeps other runs from writing to the folder that `option` names beside this one. With `shared`, this run only reads it.
///
/// # Errors
/// When what is written there would get in the way of what is `taken`, or the folder cannot be replaced.
pub(crate) fn claim(
    option: &str,
    folder: &Path,
    taken: &[(&Path, &str)],
    shared: bool,
    notice: &dyn Fn(&str),
) -> Result<Option<FileLock>, Failure> {
    let real = files::real_path(folder)?;
    for (taken, what) in taken {
        let taken = files::real_path(taken)?;
        if real.starts_with(&taken) || taken.starts_with(&real) {
            let message = format!("`{option} {}` and {what} are in each other's way", folder.display());
            return Err(Failure::Usage(format!("{message}; name a folder beside it")));
        }
    }
    let Some(parent) = folder.parent().filter(|_| folder.file_name().is_some()) else {
        return Err(Failure::Usage(format!("`{option} {}` names no folder to be replaced", folder.display())));
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    if shared { Ok(output::claim_shared(parent, notice)?) } else { Ok(Some(output::claim(parent, notice)?)) }
}
