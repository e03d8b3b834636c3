//! `racestack synth`.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use super::args::SynthArgs;
use super::{Failure, Outcome, lock, outcome, require_config};
use crate::check::guard::{RULE_FILE_EXTENSION, RuleSet};
use crate::finding::{Finding, Rule, any_error};
use crate::model::{Account, Lock};
use crate::output::{self, OutputFile};
use crate::plan::{self, Placement};
use crate::render::{self, RenderFailure, Sizer, Template, Templates};
use crate::source::{Place, SourceFile};
use crate::{check, config, files, model};

/// An account's files, ready to be written.
struct Synthesised<'a> {
    account: &'a Account,
    stacks: usize,
    files: Vec<OutputFile>,
    /// The lock, and its text.
    placed: Lock,
    lock: String,
}

pub(super) fn run(args: &SynthArgs, colour: bool) -> Result<Outcome, Failure> {
    require_config(&args.config)?;
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
    for account in &fleet.accounts {
        match synthesise(account, &args.out, &templates, &rules, &mut findings) {
            Ok(one) => synthesised.push(one),
            Err(failure) => findings.push(own_or_fault(failure)?),
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
        lock::check(one.account, (&one.placed, &one.lock), &folder, args, &mut findings)?;
    }
    if any_error(&findings) {
        if args.check {
            for one in &synthesised {
                stale(&args.out.join(one.account.name.as_str()), &one.files, &mut findings)?;
            }
        }
        return Ok(outcome(args.format, findings, String::new(), colour));
    }
    for one in &synthesised {
        let folder = args.out.join(one.account.name.as_str());
        if args.check {
            stale(&folder, &one.files, &mut findings)?;
        } else {
            // The lock first: whatever a kill leaves undone, the next run makes from it what this one would have.
            if one.lock != one.account.lock_source.text {
                files::write_file_atomically(&one.account.lock_source.path, one.lock.as_bytes())?;
            }
            let written = output::write(&folder, &one.files, &mut findings)?;
            let verb = if written { "wrote" } else { "unchanged" };
            let stacks = counted(one.stacks, "stack");
            let users = counted(one.account.users.len(), "user");
            // Writing to a string cannot fail.
            let _ = writeln!(summary, "{verb} {}: {stacks}, {users}", folder.display());
        }
    }
    Ok(outcome(args.format, findings, summary, colour))
}

/// `1 user`, `2 users`.
fn counted(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn synthesise<'a>(
    account: &'a Account,
    out: &Path,
    templates: &Templates,
    rules: &RuleSet,
    findings: &mut Vec<Finding>,
) -> Result<Synthesised<'a>, RenderFailure> {
    let sizer = Sizer::new(templates, account)?;
    let room = plan::room(account.template_bucket.template_bytes(), sizer.empty);
    let Placement { stacks, lock } = plan::place(account, room, |user| sizer.size(user));
    let plan = plan::plan(account, &out.join(account.name.as_str()), stacks);
    let rendered: Result<Vec<Template>, RenderFailure> =
        plan.stacks.iter().map(|stack| render::render(templates, &plan, stack)).collect();
    let rendered = rendered?;
    findings.extend(check::check(&plan, templates, &rendered, rules)?);
    let files = output::files(&plan, &rendered);
    Ok(Synthesised { account, stacks: plan.stacks.len(), files, lock: lock.to_text(), placed: lock })
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
