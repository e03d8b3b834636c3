//! The folders that commands write as a whole: who may write to one, and what of one is not as it would be written.

use std::path::Path;

use super::Failure;
use crate::files::{self, FileLock};
use crate::finding::{Finding, Rule};
use crate::output::{self, OutputFile};
use crate::source::Place;

/// What keeps git from changing line endings.
const KEEP_LINE_ENDINGS: &str = "add the line `out/** text=auto eol=lf` to `.gitattributes`, as `racestack init` does, and \
                                 run `racestack synth`";

/// Finds what in a folder differs from what it should hold; `help` says how to bring it up to date.
pub(crate) fn stale(
    folder: &Path,
    wanted: &[OutputFile],
    help: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    for (name, difference) in output::compare(folder, wanted)? {
        let path = folder.join(name);
        let message = format!("`{}` is stale: {}", path.display(), difference.as_str());
        let help = match difference {
            output::Difference::LineEndings => KEEP_LINE_ENDINGS,
            output::Difference::Unreadable => output::RESTORE_MANIFEST,
            output::Difference::Conflict => output::RESOLVE_CONFLICT,
            _ => help,
        };
        findings.push(Finding::new(Rule::OutputStale, message).at(Place::of_file(path)).help(help));
    }
    Ok(())
}

/// Refuses to write into what is `taken`.
pub(crate) fn refuse_inside(option: &str, path: &Path, taken: &[(&Path, &str)]) -> Result<(), Failure> {
    let real = files::real_path(path)?;
    for (taken, what) in taken {
        if real.starts_with(files::real_path(taken)?) {
            return Err(in_the_way(option, path, what));
        }
    }
    Ok(())
}

fn in_the_way(option: &str, path: &Path, what: &str) -> Failure {
    let message = format!("`{option} {}` overlaps with {what}", path.display());
    Failure::Usage(format!("{message}; choose another folder"))
}

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
    for (taken, what) in taken {
        refuse_inside(option, folder, &[(taken, what)])?;
        if files::real_path(taken)?.starts_with(files::real_path(folder)?) {
            return Err(in_the_way(option, folder, what));
        }
    }
    let Some(parent) = folder.parent().filter(|_| folder.file_name().is_some()) else {
        return Err(Failure::Usage(format!("`{option} {}` names no folder to be replaced", folder.display())));
    };
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    if shared { Ok(output::claim_shared(parent, notice)?) } else { Ok(Some(output::claim(parent, notice)?)) }
}
