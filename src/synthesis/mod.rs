//! From what people hand in to the files of each account: the configuration, templates and rules are read, each account's stacks
//! are made and checked, and compared with what stands in its folder. Nothing here knows of the command line, prints, or
//! puts anything in its place.

mod account;
pub(crate) mod committed;
pub(crate) mod copied;
mod deployed;
pub(crate) mod export;
mod folders;
mod former;
mod identity;
pub(crate) mod inputs;
pub(crate) mod lock;

use std::path::{Component, Path, PathBuf};

pub(crate) use account::{AccountOutput, SynthOptions, render_account, synthesise_all};
pub(crate) use folders::{claim, refuse_inside, stale};

use crate::config::{ACCOUNTS_FOLDER, SETTINGS_FILE};
use crate::files::{self, FileError};
use crate::finding::Finding;
use crate::render::RenderFailure;

/// Why a command could not do its work.
#[derive(Debug)]
pub enum Failure {
    /// What was found in the user's files.
    Findings(Vec<Finding>),
    File(FileError),
    /// The arguments ask for what cannot be.
    Usage(String),
    /// Something in racestack itself is wrong.
    Fault(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Findings(found) => found.iter().try_for_each(|finding| writeln!(formatter, "{}", finding.message)),
            Failure::File(error) => write!(formatter, "{error}"),
            Failure::Usage(message) => formatter.write_str(message),
            Failure::Fault(message) => {
                write!(formatter, "this is a fault in racestack, not in your files; please report it: {message}")
            }
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

/// What is wrong with a template is a finding if the template is the user's own.
impl From<RenderFailure> for Failure {
    fn from(failure: RenderFailure) -> Self {
        if failure.overridden { Self::of(*failure.finding) } else { Self::Fault(failure.finding.message) }
    }
}

impl Failure {
    /// That of a command which one finding stops.
    pub(crate) fn of(finding: Finding) -> Self {
        Self::Findings(vec![finding])
    }
}

/// Who is told, while a command runs, what cannot wait for its end.
pub struct Progress<'a> {
    /// Is told how many accounts are done, and of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
    /// Is told what a user should know at once, such as that a run waits for another.
    pub notice: &'a dyn Fn(&str),
}

/// Refuses a config folder that is not there, or is a folder of one: with another folder, what is missing in it are findings.
pub(crate) fn require_config(folder: &Path) -> Result<(), Failure> {
    if files::list(folder)?.is_none() {
        let help = run_above(folder).unwrap_or_else(|| "`racestack init DIR` makes one".to_owned());
        return Err(Failure::Usage(format!("there is no folder `{}`; {help}", folder.display())));
    }
    let real = files::real_path(folder)?;
    let above = real.ancestors().skip(1).find(|above| is_configuration(above)).filter(|_| !is_configuration(folder));
    above.and_then(Path::file_name).map_or(Ok(()), |above| {
        let above = above.display();
        let help = format!("run it in the folder that holds `{above}`, with `--account NAME` for one account");
        Err(Failure::Usage(format!("`{}` is a folder of the configuration `{above}`; {help}", folder.display())))
    })
}

/// So many folders up a configuration is looked for.
const LEVELS: usize = 8;

/// What to do in a folder below the one that holds the config folder `config`, if there is such a one.
pub(crate) fn run_above(config: &Path) -> Option<String> {
    if !config.components().all(|part| matches!(part, Component::Normal(_))) || is_configuration(config) {
        return None;
    }
    let mut above = PathBuf::new();
    for _ in 0..LEVELS {
        above.push("..");
        if is_configuration(&above.join(config)) {
            let above = above.display();
            return Some(format!("a folder above holds a configuration: `cd {above}`, then run it again"));
        }
    }
    None
}

/// Whether a folder holds settings and accounts.
pub(crate) fn is_configuration(folder: &Path) -> bool {
    let is_there = |name: &str| matches!(files::kind(&folder.join(name)), Ok(Some(_)));
    is_there(SETTINGS_FILE) && is_there(ACCOUNTS_FOLDER)
}
