//! `racestack synth`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::args::{DEFAULT_OUT, SynthArgs};
use super::export::{self, Export};
use super::summary::{self, Row};
use super::{Failure, Outcome, Watch, lock, outcome, require_config};
use crate::check::Checks;
use crate::check::guard::{RULE_FILE_EXTENSION, RuleSet};
use crate::files::FileError;
use crate::finding::{Finding, Rule, any_error};
use crate::model::{Account, Lock};
use crate::output::{self, AccountAssembly, Manifest, OutputFile};
use crate::plan::{self, Placement};
use crate::render::{self, RenderFailure, Sizer, Template, Templates};
use crate::source::{Place, SourceFile};
use crate::{check, config, files, model};

/// What brings the out folder up to date.
const COMMIT: &str = "run `racestack synth` and commit the out folder";

/// An account's files, ready to be written.
pub(super) struct Synthesised<'a> {
    pub(super) account: &'a Account,
    pub(super) files: Vec<OutputFile>,
    pub(super) manifest: Manifest,
    /// Its part of the cloud assembly, if one was asked for.
    pub(super) assembly: Option<AccountAssembly>,
    /// The lock, and its text.
    pub(super) placed: Lock,
    pub(super) lock: String,
}

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
    let config = config::read(&args.config, &args.accounts, &mut findings)?;
    let fleet = model::build(&config, &mut findings);
    let names: Vec<String> = config.accounts.iter().map(|account| account.name.clone()).collect();
    // What was read takes as much room as what will be written, and is of no more use.
    drop(config);
    let templates = match read_templates(args.templates.as_deref())? {
        Ok(templates) => templates,
        Err(failures) => {
            for failure in failures {
                findings.push(own_or_fault(failure)?);
            }
            return Ok(outcome(args.format, findings, String::new(), colour));
        }
    };
    let rules = match read_rules(args.rules.as_deref())? {
        Ok(rules) => rules,
        Err(broken) => {
            findings.extend(broken);
            return Ok(outcome(args.format, findings, String::new(), colour));
        }
    };
    findings.extend(check::known(&fleet));
    let mut synthesised = Vec::new();
    // As many accounts at a time as there are cores: what an account takes while it is checked is many times its files.
    let at_once = rayon::current_num_threads();
    for (batch, accounts) in fleet.accounts.chunks(at_once).enumerate() {
        (watch.progress)(batch * at_once, fleet.accounts.len());
        let each = |account| {
            let mut findings = Vec::new();
            (synthesise(account, args, &templates, &rules, &mut findings), findings)
        };
        let results: Vec<_> = accounts.par_iter().map(each).collect();
        for (result, found) in results {
            findings.extend(found);
            match result {
                Ok(one) => synthesised.push(one),
                Err(failure) => findings.push(own_or_fault(failure)?),
            }
        }
    }
    if any_error(&findings) {
        return Ok(outcome(args.format, findings, String::new(), colour));
    }
    let export = target.map(|target| Export::assembly(target, &mut synthesised));
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
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

fn synthesise<'a>(
    account: &'a Account,
    args: &SynthArgs,
    templates: &Templates,
    rules: &RuleSet,
    findings: &mut Vec<Finding>,
) -> Result<Synthesised<'a>, RenderFailure> {
    let sizer = Sizer::new(templates, account)?;
    let room = plan::room(account.template_bucket.template_bytes(), sizer.empty);
    let Placement { stacks, lock } = plan::place(account, room, |user| sizer.size(user));
    let plan = plan::plan(account, &args.out.join(account.name.as_str()), stacks);
    let rendered: Result<Vec<Template>, RenderFailure> =
        plan.stacks.par_iter().map(|stack| render::render(templates, &plan, stack)).collect();
    let rendered = rendered?;
    let checks = if args.no_check { Checks::default() } else { check::check(&plan, templates, &rendered, rules)? };
    findings.extend(checks.findings);
    let manifest = output::manifest(&plan, &rendered, &checks.policies);
    let files = output::files(&plan, &rendered, &manifest);
    let assembly = args.assembly.is_some().then(|| output::account_assembly(&plan, &rendered, &manifest));
    Ok(Synthesised { account, files, manifest, assembly, lock: lock.to_text(), placed: lock })
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

/// The finding of a failed template, if the template is the user's own.
fn own_or_fault(failure: RenderFailure) -> Result<Finding, Failure> {
    if failure.overridden { Ok(*failure.finding) } else { Err(Failure::Fault(failure.finding.message)) }
}

fn read_templates(folder: Option<&Path>) -> Result<Result<Templates, Vec<RenderFailure>>, Failure> {
    let mut own = Vec::new();
    if let Some(folder) = folder {
        collect(folder, "", &mut own)?;
    }
    Ok(Templates::new(own))
}

fn read_rules(folder: Option<&Path>) -> Result<Result<RuleSet, Vec<Finding>>, Failure> {
    let Some(folder) = folder else {
        // The embedded rules are racestack's own: what is wrong with them is no finding.
        return match RuleSet::embedded() {
            Ok(rules) => Ok(Ok(rules)),
            Err(broken) => Err(Failure::Fault(broken.into_iter().map(|finding| finding.message).collect())),
        };
    };
    let mut found = Vec::new();
    collect(folder, "", &mut found)?;
    let is_rule = |name: &String| Path::new(name).extension().is_some_and(|extension| extension == RULE_FILE_EXTENSION);
    let files = found.into_iter().filter(|(name, _)| is_rule(name)).map(|(_, source)| source).collect();
    let placed = |finding: Finding| match finding.place {
        Some(_) => finding,
        None => finding.at(Place::whole(&SourceFile::new(folder, ""))),
    };
    Ok(RuleSet::from_files(files).map_err(|findings| findings.into_iter().map(placed).collect()))
}

/// All files below a folder, by their path in it.
fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, Arc<SourceFile>)>) -> Result<(), Failure> {
    let Some(entries) = files::list(folder)? else {
        return Err(Failure::Usage(format!("there is no folder `{}`", folder.display())));
    };
    for entry in entries.into_iter().filter(|entry| !entry.name.starts_with('.')) {
        let path = folder.join(&entry.name);
        let name = format!("{prefix}{}", entry.name);
        if entry.is_folder {
            collect(&path, &format!("{name}/"), found)?;
        } else if let Some(bytes) = files::read(&path)? {
            let text =
                String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("`{}` is not UTF-8", path.display())))?;
            found.push((name, SourceFile::new(path, text)));
        }
    }
    Ok(())
}
