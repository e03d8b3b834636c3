//! What synth writes besides the out folder: the same stacks in the forms of other tools, each in a folder of its own.

use std::path::{Path, PathBuf};

use super::stale::stale;
use super::{Failure, claimed};
use crate::files::FileLock;
use crate::finding::{Finding, any_error};
use crate::output::{self, AccountAssembly, Manifest, OutputFile, StackSetMember};
use crate::plan::{AccountPlan, Part};
use crate::render::{Rendered, Templates};

/// What the folder is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ExportFormat {
    Assembly,
    /// The part of each account that is to be a stack of one StackSet.
    StackSet(Part),
}

/// What of an account goes into the folder.
pub(crate) enum ExportPart {
    Assembly(AccountAssembly),
    Member(StackSetMember),
}

/// What of an account goes into a folder of this form.
pub(crate) fn piece(
    form: ExportFormat,
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    manifest: &Manifest,
) -> Option<ExportPart> {
    match form {
        ExportFormat::Assembly => {
            Some(ExportPart::Assembly(output::account_assembly(plan, templates, rendered, manifest)))
        }
        ExportFormat::StackSet(part) => StackSetMember::of(plan, templates, rendered, part).map(ExportPart::Member),
    }
}

/// A folder that was asked for, not yet filled.
pub(crate) struct Target {
    folder: PathBuf,
    pub(crate) form: ExportFormat,
    /// Keeps other runs from writing to the folder beside this one.
    #[expect(dead_code, reason = "held, never read")]
    claim: Option<FileLock>,
}

/// A folder for this form that `option` names, claimed; one that is only looked at, where it is `shared`.
///
/// # Errors
/// When what is written there would get in the way of what is `taken`, or the folder cannot be replaced.
pub(crate) fn target(
    form: ExportFormat,
    option: &str,
    folder: &Path,
    taken: &[(&Path, &str)],
    shared: bool,
    notice: &dyn Fn(&str),
) -> Result<Target, Failure> {
    let claim = claimed::claim(option, folder, taken, shared, notice)?;
    Ok(Target { folder: folder.to_owned(), form, claim })
}

/// A folder with what it is to hold.
pub(crate) struct Export {
    target: Target,
    files: Vec<OutputFile>,
}

impl Export {
    /// What these pieces come to. `None`, with findings, when it cannot be made.
    pub(crate) fn of(
        target: Target,
        pieces: impl Iterator<Item = ExportPart>,
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        let (mut assemblies, mut members) = (Vec::new(), Vec::new());
        for piece in pieces {
            match piece {
                ExportPart::Assembly(assembly) => assemblies.push(assembly),
                ExportPart::Member(member) => members.push(member),
            }
        }
        let files = match target.form {
            ExportFormat::Assembly => Ok(output::assembly_files(assemblies)),
            ExportFormat::StackSet(part) => output::stack_set_files(part.kind(), members, findings),
        };
        match files {
            Ok(files) => Some(Self { target, files }),
            Err(found) => {
                findings.extend(found);
                None
            }
        }
    }

    /// Finds what stands in the way.
    pub(crate) fn inspect(&self, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        Ok(output::inspect(&self.target.folder, &self.files, findings)?)
    }

    /// Finds what is not as it would be written, unless something stands in the way.
    pub(crate) fn stale(&self, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        let mut in_the_way = Vec::new();
        self.inspect(&mut in_the_way)?;
        if any_error(&in_the_way) {
            return Ok(());
        }
        let help = "run `racestack synth` with the same arguments, but without `--check`";
        stale(&self.target.folder, &self.files, help, findings)
    }

    /// Writes the folder, and tells what became of it.
    pub(crate) fn write(&self) -> Result<String, Failure> {
        let done = if output::write(&self.target.folder, &self.files)? { "written" } else { "unchanged" };
        let what = match self.target.form {
            ExportFormat::Assembly => "the cloud assembly",
            ExportFormat::StackSet(_) => "the StackSet",
        };
        Ok(format!("{what} `{}`: {done}\n", self.target.folder.display()))
    }
}
