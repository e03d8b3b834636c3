//! What synth writes besides the out folder: the same stacks in the forms of other tools, each in a folder of its own.

use std::path::{Path, PathBuf};

use super::args::SynthArgs;
use super::synth::stale;
use super::{Failure, Watch};
use crate::files::{self, Lock};
use crate::finding::Finding;
use crate::output::{self, AccountAssembly, OutputFile};

/// A folder that was asked for, not yet filled.
pub(super) struct Target {
    folder: PathBuf,
    /// How it is called in the messages.
    name: &'static str,
    /// Keeps other runs from writing to the folder beside this one.
    #[expect(dead_code, reason = "held, never read")]
    claim: Option<Lock>,
}

/// The folder that is asked for, claimed.
///
/// # Errors
/// When what is written there would get in the way of the configuration or the out folder.
pub(super) fn target(args: &SynthArgs, watch: &Watch<'_>) -> Result<Option<Target>, Failure> {
    let Some(folder) = &args.assembly else { return Ok(None) };
    let (name, option) = ("the cloud assembly", "--assembly");
    let real = files::real_path(folder)?;
    for (taken, what) in [(&args.out, "the out folder"), (&args.config, "the config folder")] {
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
    let claim = if args.check {
        output::claim_shared(parent, watch.notice)?
    } else {
        Some(output::claim(parent, watch.notice)?)
    };
    Ok(Some(Target { folder: folder.clone(), name, claim }))
}

/// A folder with what it is to hold.
pub(super) struct Export {
    target: Target,
    files: Vec<OutputFile>,
}

impl Export {
    /// The cloud assembly of these accounts.
    pub(super) fn assembly(target: Target, accounts: impl Iterator<Item = AccountAssembly>) -> Self {
        let files = output::assembly_files(accounts);
        Self { target, files }
    }

    /// Finds what stands in the way, or, when nothing is to be written, what is not as it would be.
    pub(super) fn inspect(&self, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        Ok(output::inspect(&self.target.folder, &self.files, findings)?)
    }

    /// Finds what is not as it would be written.
    pub(super) fn stale(&self, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        let help = "run `racestack synth` with the same arguments, but without `--check`";
        stale(&self.target.folder, &self.files, help, findings)
    }

    /// Writes the folder, and tells what became of it.
    pub(super) fn write(&self) -> Result<String, Failure> {
        let done = if output::write(&self.target.folder, &self.files)? { "written" } else { "unchanged" };
        Ok(format!("{} `{}`: {done}\n", self.target.name, self.target.folder.display()))
    }
}
