//! `racestack synth`.

use std::path::{Path, PathBuf};

use super::args::{DEFAULT_OUT, SynthArgs};
use super::export::{self, Export};
use super::material::{self, Sources};
use super::summary::{self, Row};
use super::synthesis::{Purpose, Synthesised, synthesise_all};
use super::{Failure, Outcome, Watch, lock, outcome, require_config};
use crate::files::{self, FileError};
use crate::finding::{Finding, Rule, any_error};
use crate::output::{self, OutputFile};
use crate::source::{Place, SourceFile};

/// What brings the out folder up to date.
const COMMIT: &str = "run `racestack synth` and commit the out folder";

pub(super) fn run(args: &SynthArgs, colour: bool, watch: &Watch<'_>) -> Result<Outcome, Failure> {
    require_config(&args.config)?;
    if args.no_check {
        refuse_unchecked(&args.out)?;
    }
    // From the first file that is read to the last that is written: what two runs at once read would not fit together.
    let _claim = if args.check {
        output::claim_shared(&args.out, watch.notice)?
    } else {
        Some(output::claim(&args.out, watch.notice)?)
    };
    let target = export::target(args, watch)?;
    let mut findings = Vec::new();
    let sources = Sources {
        config: &args.config,
        accounts: &args.accounts,
        templates: args.templates.as_deref(),
        rules: args.rules.as_deref(),
    };
    let Some(material) = material::read(&sources, &mut findings)? else {
        return Ok(outcome(args.format, findings, String::new(), colour));
    };
    let purpose = Purpose { out: &args.out, unchecked: args.no_check, assembly: args.assembly.is_some() };
    let mut synthesised = synthesise_all(&material, &purpose, watch, &mut findings)?;
    if any_error(&findings) {
        return Ok(outcome(args.format, findings, String::new(), colour));
    }
    let export = target.map(|target| Export::assembly(target, &mut synthesised));
    let names: Vec<&str> = material.names.iter().map(String::as_str).collect();
    output::orphans(&args.out, &names, &mut findings)?;
    let mut rows = Vec::new();
    for one in &synthesised {
        let folder = args.out.join(one.account.name.as_str());
        output::inspect(&folder, &one.files, &mut findings)?;
        lock::check(one, &folder, args, &mut findings)?;
    }
    if let Some(export) = &export {
        export.inspect(&mut findings)?;
    }
    if any_error(&findings) {
        if args.check {
            for one in &synthesised {
                stale(&args.out.join(one.account.name.as_str()), &one.files, COMMIT, &mut findings)?;
            }
            if let Some(export) = &export {
                export.stale(&mut findings)?;
            }
        }
        return Ok(outcome(args.format, findings, String::new(), colour));
    }
    for one in &synthesised {
        let folder = args.out.join(one.account.name.as_str());
        if args.check {
            stale(&folder, &one.files, COMMIT, &mut findings)?;
        } else {
            // The lock first: whatever a kill leaves undone, the next run makes from it what this one would have.
            if !args.no_check {
                write_lock(one)?;
            }
            let written = output::write(&folder, &one.files)?;
            let done = if written { "written" } else { "unchanged" };
            rows.push(Row { manifest: &one.manifest, users: one.account.users.len(), done });
        }
    }
    let mut summary = if rows.is_empty() { String::new() } else { summary::table(&rows) };
    if let Some(export) = &export {
        if args.check {
            export.stale(&mut findings)?;
        } else {
            summary.push_str(&export.write()?);
        }
    }
    Ok(outcome(args.format, findings, summary, colour))
}

fn write_lock(one: &Synthesised<'_>) -> Result<(), FileError> {
    let source = &one.account.lock_source;
    if one.lock == source.text {
        files::remove_draft(&source.path)
    } else {
        files::write_file_atomically(&source.path, one.lock.as_bytes())
    }
}

/// Unchecked stacks are for benchmarks, and must never stand where somebody could deploy them from.
fn refuse_unchecked(out: &Path) -> Result<(), Failure> {
    let entries = files::list(out)?.unwrap_or_default();
    let manifest = output::MANIFEST_FILE;
    let mut folders = entries.iter().filter(|entry| entry.is_folder).map(|entry| out.join(&entry.name));
    let stacks = folders.try_fold(None, |found: Option<PathBuf>, folder| {
        Ok::<_, Failure>(found.or(files::read(&folder.join(manifest))?.map(|_| folder)))
    })?;
    if let Some(folder) = stacks {
        let folder = folder.display();
        return Err(Failure::Usage(format!("`--no-check` does not replace stacks, and there are some in `{folder}`")));
    }
    let is_default = out.file_name().is_none_or(|name| name == DEFAULT_OUT);
    if is_default {
        let message = "`--no-check` is for benchmarks: name a folder other than `out` with `--out`";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(())
}

/// Finds what in a folder differs from what it should hold; `help` says how to bring it up to date.
pub(super) fn stale(
    folder: &Path,
    wanted: &[OutputFile],
    help: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    for (name, difference) in output::compare(folder, wanted)? {
        let path = folder.join(name);
        let message = format!("`{}` is stale: {}", path.display(), difference.as_str());
        findings.push(Finding::new(Rule::OutputStale, message).at(Place::whole(&SourceFile::new(path, ""))).help(help));
    }
    Ok(())
}
