//! `racestack rules` and `racestack templates`: what is built in, to read and to start from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::DEFAULT_OUT;
use crate::check::guard::RuleSet;
use crate::files;
use crate::render::embedded_templates;
use crate::source::SourceFile;
use crate::synthesis::{Failure, refuse_inside};

/// The arguments of `racestack rules` and `racestack templates`.
#[derive(Debug, clap::Args)]
pub struct BuiltInArgs {
    /// The folder that they are written into; without it, their paths are printed, and of rules the names
    #[arg(long, value_name = "DIR")]
    pub export: Option<PathBuf>,
}

pub(super) fn rules(args: &BuiltInArgs) -> Result<String, Failure> {
    list_or_write(args, &RuleSet::embedded_files(), "rules")
}

pub(super) fn templates(args: &BuiltInArgs) -> Result<String, Failure> {
    list_or_write(args, &embedded_templates(), "templates")
}

/// Prints the paths, or writes the files without the folder that all of them are in.
fn list_or_write(args: &BuiltInArgs, all: &[Arc<SourceFile>], within: &str) -> Result<String, Failure> {
    let inside = |file: &Arc<SourceFile>| file.path.strip_prefix(within).unwrap_or(&file.path).to_owned();
    let Some(folder) = &args.export else {
        let mut stdout = String::new();
        for file in all {
            stdout += &format!("{}\n", inside(file).display());
            // Only rule files have lines that begin so.
            for rule in file.text.lines().filter_map(|line| line.strip_prefix("rule ")) {
                stdout += &format!("  {}\n", rule.split_whitespace().next().unwrap_or_default());
            }
        }
        return Ok(stdout);
    };
    refuse_inside("--export", folder, &[(Path::new(DEFAULT_OUT), "the out folder")])?;
    // All are looked for before any is written, so that a refusal leaves nothing half made.
    let places: Vec<_> = all.iter().map(|file| (folder.join(inside(file)), file)).collect();
    for (place, _) in &places {
        if files::kind(place)?.is_some() {
            return Err(Failure::Usage(format!("`{}` exists; nothing was written", place.display())));
        }
    }
    let mut stdout = String::new();
    for (place, file) in &places {
        files::create(place, file.text.as_bytes(), false)?;
        stdout += &format!("wrote {}\n", place.display());
    }
    Ok(stdout)
}
