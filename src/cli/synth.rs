//! `racestack synth`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::args::{DEFAULT_OUT, SynthArgs};
use super::{Failure, Outcome, outcome};
use crate::check::guard::{RULE_FILE_EXTENSION, RuleSet};
use crate::finding::{Finding, Rule, any_error};
use crate::model::Account;
use crate::output::{self, OutputFile};
use crate::plan;
use crate::render::{self, RenderFailure, Template, Templates};
use crate::source::{Place, SourceFile};
use crate::{check, config, files, model};

/// An account's files, ready to be written.
struct Synthesised<'a> {
    account: &'a Account,
    stacks: usize,
    files: Vec<OutputFile>,
}

pub(super) fn run(args: &SynthArgs, colour: bool) -> Result<Outcome, Failure> {
    if files::list(&args.config)?.is_none() {
        let message = format!("there is no folder `{}`; `racestack init DIR` makes one", args.config.display());
        return Err(Failure::Usage(message));
    }
    if args.no_check {
        refuse_unchecked(&args.out)?;
    }
    let mut findings = Vec::new();
    let config = config::read(&args.config, &args.accounts, &mut findings)?;
    let fleet = model::build(&config, &mut findings);
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
    if any_error(&findings) {
        return Ok(outcome(args.format, findings, String::new(), colour));
    }
    let mut synthesised = Vec::new();
    // As many accounts at a time as there are cores: what an account takes while it is checked is many times its files.
    for accounts in fleet.accounts.chunks(rayon::current_num_threads()) {
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
    let names: Vec<&str> = config.accounts.iter().map(|account| account.name.as_str()).collect();
    output::orphans(&args.out, &names, &mut findings)?;
    let mut summary = String::new();
    for one in &synthesised {
        let folder = args.out.join(one.account.name.as_str());
        if args.check {
            stale(&folder, &one.files, &mut findings)?;
        } else {
            let written = output::write(&folder, &one.files, &mut findings)?;
            let verb = if written { "wrote" } else { "unchanged" };
            let users = one.account.users.len();
            // Writing to a string cannot fail.
            let _ = writeln!(summary, "{verb} {}: {} stacks, {users} users", folder.display(), one.stacks);
        }
    }
    Ok(outcome(args.format, findings, summary, colour))
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
    let (capacity, size) = render::measure(templates, account)?;
    let groups = plan::place(&account.users, capacity, size);
    let plan = plan::plan(account, &args.out.join(account.name.as_str()), groups);
    let rendered: Result<Vec<Template>, RenderFailure> =
        plan.stacks.par_iter().map(|stack| render::render(templates, &plan, stack)).collect();
    let rendered = rendered?;
    if !args.no_check {
        findings.extend(check::check(&plan, templates, &rendered, rules)?);
    }
    Ok(Synthesised { account, stacks: plan.stacks.len(), files: output::files(&plan, &rendered) })
}

fn stale(folder: &Path, wanted: &[OutputFile], findings: &mut Vec<Finding>) -> Result<(), Failure> {
    for (name, difference) in output::compare(folder, wanted)? {
        let path = folder.join(name);
        let message = format!("`{}` is stale: {}", path.display(), difference.as_str());
        findings.push(
            Finding::new(Rule::OutputStale, message)
                .at(Place::whole(&SourceFile::new(path, "")))
                .help("run `make synth` and commit the out folder"),
        );
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
    Ok(RuleSet::from_files(found.into_iter().filter(|(name, _)| is_rule(name)).map(|(_, source)| source).collect()))
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
