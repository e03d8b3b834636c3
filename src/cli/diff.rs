//! `racestack diff`.

use super::args::{DiffArgs, FailOn};
use super::{DEFAULT_CONFIG, DEFAULT_OUT, Reply};
use crate::config::quoted;
use crate::diff::{self, Diff, Note, OPEN_SECTIONS, OutFolder, PropertyChange};
use crate::finding::{Finding, Rule, any_error, sort};
use crate::report::{self, DiffFormat};
use crate::synthesis::{Failure, run_above};
use crate::{files, output};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub(super) fn run(args: &DiffArgs, notice: &dyn Fn(&str)) -> Result<Reply, Failure> {
    let (old, new) = sides(args, notice)?;
    let (old, new) = old.without_equal_texts(new);
    let (diff, mut findings) = compared(&old, &new, &args.fail_on);
    let (stdout, failed) = (report::render_diff(args.format, &diff), any_error(&findings));
    let note = if diff.accounts.is_empty() { unsynthesised(args) } else { moved_on(args) };
    // The other formats tell the findings themselves.
    findings.retain(|_| args.format == DiffFormat::Text);
    Ok(Reply { findings, stdout, note, failed })
}

/// The note that the configuration beside the out folder has changed since a revision. What changes nothing is only the stacks:
/// perhaps nobody has made them anew.
fn unsynthesised(args: &DiffArgs) -> String {
    let Some(revision) = &args.git else { return String::new() };
    let out = args.folders.first().map_or(Path::new(DEFAULT_OUT), PathBuf::as_path);
    let config = out.with_file_name(DEFAULT_CONFIG);
    if !files::differs(revision, &config) || files::differs(revision, out) {
        return String::new();
    }
    format!(
        "note: `{}` changed since `{revision}`, but `{}` did not: if you have not run `racestack synth` yet, run it now\n",
        config.display(),
        out.display()
    )
}

/// The note that a revision is not what the working copy began with.
fn moved_on(args: &DiffArgs) -> String {
    let out = args.folders.first().map_or(Path::new(DEFAULT_OUT), PathBuf::as_path);
    let Some(revision) = args.git.as_ref().filter(|revision| files::has_moved_on(revision, out)) else {
        return String::new();
    };
    format!(
        "note: `{revision}` has commits that are not here: what they changed is shown as undone; merge `{revision}` first, or compare \
         with what `git merge-base {revision} HEAD` prints\n"
    )
}

/// What changes, with the findings about it in it and by themselves.
pub(super) fn compared(old: &OutFolder, new: &OutFolder, fails_on: &[FailOn]) -> (Diff, Vec<Finding>) {
    let (mut diff, mut findings) = diff::compare(old, new);
    findings.extend(fails_on.iter().filter_map(|what| fail_on(*what, &diff)));
    sort(&mut findings);
    findings.dedup();
    diff.findings = findings.iter().map(note).collect();
    (diff, findings)
}

/// The old and the new out folder.
fn sides(args: &DiffArgs, notice: &dyn Fn(&str)) -> Result<(OutFolder, OutFolder), Failure> {
    let default = Path::new(DEFAULT_OUT);
    match (&args.git, args.folders.as_slice()) {
        (None, [old, rest @ ..]) => {
            args.folders.iter().try_for_each(|folder| refuse_missing(folder, &or_revision("diff", folder)))?;
            let new = rest.first().map_or(default, PathBuf::as_path);
            if rest.is_empty() && files::real_path(old)? == files::real_path(new)? {
                let message = "OLD is the out folder itself; name an older copy of it, or a revision with `--git REV`";
                return Err(Failure::Usage(message.to_owned()));
            }
            let new = read(new, None, notice)?;
            Ok((read(old, Some(&new), notice)?, new))
        }
        (Some(revision), [] | [_]) => {
            let folder = args.folders.first().map_or(default, PathBuf::as_path);
            let help = "NEW is a folder; to compare two revisions, check out the newer one";
            args.folders.iter().try_for_each(|folder| refuse_missing(folder, help))?;
            let new = read(folder, None, notice)?;
            Ok((read_revision(revision, folder, &new)?, new))
        }
        (None, []) => {
            let message = "say what to compare with: `racestack diff OLD [NEW]`, or `racestack diff --git REV [NEW]`";
            Err(Failure::Usage(message.to_owned()))
        }
        (Some(_), _) => Err(Failure::Usage("with `--git`, name the new folder alone".to_owned())),
    }
}

/// What to do about a folder that is not there, and by whose name perhaps a revision was meant.
pub(super) fn or_revision(command: &str, folder: &Path) -> String {
    format!("if it is a revision, run `racestack {command} --git {}`", folder.display())
}
/// The same of an out folder.
pub(super) const SYNTH_FIRST: &str = "run `racestack synth` first";

/// The same of one that perhaps is in a folder further up.
pub(super) fn synth_first(folder: &Path) -> String {
    run_above(&folder.with_file_name(DEFAULT_CONFIG)).unwrap_or_else(|| SYNTH_FIRST.to_owned())
}

/// Refuses a folder that is not there.
pub(super) fn refuse_missing(folder: &Path, help: &str) -> Result<(), Failure> {
    match files::list(folder)? {
        Some(_) => Ok(()),
        None => Err(Failure::Usage(format!("there is no folder `{}`; {help}", folder.display()))),
    }
}

/// Reads an out folder. What is the same in the folder `like` is not read anew.
pub(super) fn read(folder: &Path, like: Option<&OutFolder>, notice: &dyn Fn(&str)) -> Result<OutFolder, Failure> {
    refuse_missing(folder, &synth_first(folder))?;
    let _claim = output::claim_shared(folder, notice)?;
    OutFolder::read(folder, like).map_err(Failure::Usage)
}

/// Reads an out folder as a revision has it, likewise.
pub(super) fn read_revision(revision: &str, folder: &Path, like: &OutFolder) -> Result<OutFolder, Failure> {
    OutFolder::read_revision(revision, folder, Some(like)).map_err(Failure::Usage)
}

fn fail_on(what: FailOn, diff: &Diff) -> Option<Finding> {
    let plan = diff.plan;
    // Under another condition than before, it is not known whether a resource stays; nor what it is, with another parameter.
    let perhaps: usize = diff.changes.iter().filter(|change| change.loses()).map(|change| change.resources.len()).sum();
    let attributes = diff.accounts.iter().flat_map(|account| &account.stacks).flat_map(|stack| &stack.attributes);
    let is_open = |one: &PropertyChange| one.path.first().is_some_and(|section| OPEN_SECTIONS.contains(&&**section));
    let open = attributes.filter(|one| is_open(one)).count();
    let (rule, sure, unsure, found, or) = match what {
        FailOn::Widened => return widened(diff),
        FailOn::Replaced => (Rule::DiffReplaced, plan.replace, plan.may_replace + open, "replaced", ", or may be"),
        FailOn::Deleted => {
            let later = plan.destroy_with_stack;
            (
                Rule::DiffDeleted,
                plan.destroy - later,
                later + perhaps + open,
                "deleted",
                ", or may be, in whole or in part",
            )
        }
    };
    let (count, or) = (sure + unsure, if unsure == 0 { "" } else { or });
    let resources = if count == 1 { "resource is" } else { "resources are" };
    (count > 0).then(|| Finding::new(rule, format!("{count} {resources} {found}{or}")))
}

fn widened(diff: &Diff) -> Option<Finding> {
    let wider = diff.access.iter().filter(|change| change.widens());
    let names: Vec<&String> = wider.clone().flat_map(|change| &change.names).collect();
    let accounts: BTreeSet<&String> = wider.flat_map(|change| &change.accounts).collect();
    let (first, rest) = names.split_first()?;
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    let message = format!("the access of `{first}`{more} in {} is widened, or may be", quoted(accounts));
    Some(Finding::new(Rule::DiffWidened, message))
}

fn note(finding: &Finding) -> Note {
    Note {
        rule: finding.rule.info().id.to_owned(),
        severity: finding.severity.as_str().to_owned(),
        message: finding.message.clone(),
        help: finding.help.clone(),
        path: finding.place.as_ref().map(|place| place.path().display().to_string()),
        line: finding.place.as_ref().map(|place| place.line_column().0),
    }
}
