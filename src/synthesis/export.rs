//! What synth writes besides the out folder: the same stacks in the forms of other tools, each in a folder of its own.

use std::path::Path;

use super::Failure;
use super::folders::stale;
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

impl ExportFormat {
    /// What of an account goes into a folder of this format.
    pub(crate) fn export_part(
        self,
        plan: &AccountPlan<'_>,
        templates: &Templates,
        rendered: &[Rendered],
        manifest: &Manifest,
    ) -> Option<ExportPart> {
        match self {
            Self::Assembly => Some(ExportPart::Assembly(output::account_assembly(plan, templates, rendered, manifest))),
            Self::StackSet(part) => StackSetMember::of(plan, templates, rendered, part).map(ExportPart::Member),
        }
    }
}

pub(crate) struct Export<'a> {
    folder: &'a Path,
    format: ExportFormat,
    files: Vec<OutputFile>,
}

impl<'a> Export<'a> {
    /// The folder that these parts make up. `None`, with findings, when it cannot be made.
    pub(crate) fn of(
        folder: &'a Path,
        format: ExportFormat,
        export_parts: impl Iterator<Item = ExportPart>,
        findings: &mut Vec<Finding>,
    ) -> Option<Self> {
        let (mut assemblies, mut members) = (Vec::new(), Vec::new());
        for export_part in export_parts {
            match export_part {
                ExportPart::Assembly(assembly) => assemblies.push(assembly),
                ExportPart::Member(member) => members.push(member),
            }
        }
        let files = match format {
            ExportFormat::Assembly => Ok(output::assembly_files(assemblies)),
            ExportFormat::StackSet(part) => output::stack_set_files(part.kind(), members, findings),
        };
        files.map_err(|found| findings.extend(found)).ok().map(|files| Self { folder, format, files })
    }

    pub(crate) fn inspect(&self, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        Ok(output::inspect(self.folder, &self.files, findings)?)
    }

    /// Finds what is not as it would be written, unless something stands in the way.
    pub(crate) fn stale(&self, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        let mut in_the_way = Vec::new();
        self.inspect(&mut in_the_way)?;
        if any_error(&in_the_way) {
            return Ok(());
        }
        let help = "run `racestack synth` with the same arguments, but without `--check`";
        stale(self.folder, &self.files, help, findings)
    }

    /// Writes the folder, and tells what became of it.
    pub(crate) fn write(&self) -> Result<String, Failure> {
        let done = if output::write(self.folder, &self.files)? { "written" } else { "unchanged" };
        let what = match self.format {
            ExportFormat::Assembly => "the cloud assembly".to_owned(),
            ExportFormat::StackSet(part) => format!("the StackSet `{}` in", part.kind()),
        };
        Ok(format!("{what} `{}`: {done}\n", self.folder.display()))
    }
}
