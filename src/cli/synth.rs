//! `racestack synth`.

use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::DEFAULT_OUT;
use super::args::SynthArgs;
use super::sources::FleetArgs;
use super::summary::{self, Row};
use super::{Reply, init};
use crate::config::AccountConfig;
use crate::files;
use crate::finding::{Finding, any_error};
use crate::model::{AccountName, PLACEHOLDER_ID};
use crate::output;
use crate::report::Format;
use crate::synthesis::export::{Export, ExportFormat, ExportPart};
use crate::synthesis::inputs::{self, Inputs};
use crate::synthesis::lock::{self, Movement};
use crate::synthesis::{
    AccountOutput, Failure, Progress, SynthOptions, claim, committed, copied, refuse_inside, require_config, stale,
    synthesise_all,
};

/// What brings the out folder up to date.
const COMMIT: &str = "run `racestack synth` and commit the out folder";

pub(super) fn run(args: &SynthArgs, watch: &Progress<'_>) -> Result<Reply, Failure> {
    require_config(&args.fleet.config.config)?;
    if args.no_check {
        refuse_unchecked(&args.fleet.out)?;
    }
    let mut reply = match synth(args, watch) {
        Err(Failure::Findings(findings)) => Reply { findings, ..Reply::default() },
        reply => reply?,
    };
    // Machines show findings beside lines, which must be those of the committed files.
    if matches!(args.format, Format::Github | Format::Sarif | Format::Junit) {
        committed::place(&mut reply.findings, &args.fleet.config.config, &args.fleet.out)?;
    }
    Ok(reply)
}

fn synth(args: &SynthArgs, watch: &Progress<'_>) -> Result<Reply, Failure> {
    let FleetArgs { config, out, .. } = &args.fleet;
    refuse_inside("--out", out, &[(&config.config, "the config folder")])?;
    if let Some(held) = output::held(out)? {
        let above = out.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".."));
        return Err(Failure::Usage(format!(
            "`--out {}` holds {held}, where synth would make a folder for each account: name the one above it: `--out {}`",
            out.display(),
            above.display()
        )));
    }
    // From the first file that is read to the last that is written: what two runs at once read would not fit together.
    let _claim =
        if args.check { output::claim_shared(out, watch.notice)? } else { Some(output::claim(out, watch.notice)?) };
    let assembly = args.assembly.as_ref().map(|folder| ("--assembly", folder));
    let asked = assembly.or(args.to.as_ref().map(|folder| ("--to", folder)));
    let taken = [(out.as_path(), "the out folder"), (config.config.as_path(), "the config folder")];
    let _claim_of_export = match asked {
        Some((option, folder)) => claim(option, folder, &taken, args.check, watch.notice)?,
        None => None,
    };
    let format = args.stackset.map_or(ExportFormat::Assembly, ExportFormat::StackSet);
    let target = asked.map(|(_, folder)| (folder.as_path(), format));
    let mut findings: Vec<Finding> = init::outdated(&config.config)?.into_iter().collect();
    let inputs = inputs::read(&args.fleet.sources(&args.accounts, args.today), &mut findings)?;
    findings.extend(inputs.suppressions.expired(args.check));
    let format = target.map(|(_, format)| format);
    let options = SynthOptions { out, unchecked: args.no_check, format, access_matrix: false };
    let accounts = &inputs.config.accounts;
    let finished = synthesise_all(&inputs, &options, watch, &mut findings, |made| finish(made, accounts, args));
    let written = finished.and_then(|finished| {
        inputs.suppressions.apply(&mut findings, &config.config, out);
        // What was found in the templates comes before what could not be read or written.
        if any_error(&findings) {
            let names: Vec<&str> = accounts.iter().map(|one| one.name.as_str()).collect();
            findings.extend(inputs.suppressions.of_no_account(&names));
            return Err(Failure::Findings(findings));
        }
        write(finished.into_iter().collect::<Result<_, _>>()?, target, &inputs, args, findings)
    });
    if !args.check {
        // What was staged and is not in its place is of no use. Should it stay, the next run removes it.
        let _ = output::discard(out);
    }
    written
}

/// An account whose files are staged, or compared, and no longer held; nor are its people.
struct StagedAccount {
    name: AccountName,
    lock_path: PathBuf,
    /// The lock's text, unless it stays as it is.
    lock: Option<String>,
    /// Its part of what another tool gets, if that was asked for.
    export_part: Option<ExportPart>,
    /// Whether its new folder waits to be put in its place; `None` where something stands in the way.
    staged: Option<bool>,
    row: Row,
    /// What was found about its out folder and its lock.
    findings: Vec<Finding>,
    /// The out folders that it was compared with.
    before: Vec<output::FormerOutput>,
    /// What in its out folder is not as it would be written.
    stale: Vec<Finding>,
}

/// Looks at an account's out folder, and stages its files unless something stands in the way.
fn finish(mut made: AccountOutput<'_>, accounts: &[AccountConfig], args: &SynthArgs) -> Result<StagedAccount, Failure> {
    lock::keep_many(&mut made, args.leavers);
    let folder = args.fleet.out.join(made.account.name.as_str());
    let (mut findings, mut stale) = (Vec::new(), Vec::new());
    output::inspect(&folder, &made.files, &mut findings)?;
    let is_free = !any_error(&findings);
    let wanted = lock::LockOptions {
        locked: args.locked,
        stale: args.check,
        leave_behind: args.leave_behind,
        leavers: args.leavers,
    };
    let before = output::former_outputs(&args.fleet.out, &made.manifest, accounts)?;
    lock::check(&made, &before, &wanted, &mut findings)?;
    if before.is_empty() {
        findings.extend(copied::check(made.account, &args.fleet.out, accounts)?);
    }
    let mut staged = None;
    if args.check {
        self::stale(&folder, &made.files, COMMIT, &mut stale)?;
    } else if is_free {
        staged = Some(output::stage(&folder, &made.files)?);
    }
    let done = if staged == Some(true) { "written" } else { "unchanged" };
    // Where there is no lock yet, everybody is new.
    let movement = Some(Movement::of(made.account)).filter(|_| made.account.lock_exists);
    let change = movement.map_or((0, 0), |movement| (movement.joining, movement.leaving.len()));
    let row = summary::row(&made.manifest, made.account.users.len(), change, done);
    let source = &made.account.lock_source;
    let (name, lock_path) = (made.account.name.clone(), source.path.clone());
    // Who is in an account that has no ID yet may still change: nothing of it can be deployed.
    let has_id = made.account.id.as_str() != PLACEHOLDER_ID;
    let lock = Some(made.lock.to_text()).filter(|lock| has_id && *lock != source.text);
    Ok(StagedAccount { name, lock_path, lock, export_part: made.export_part, staged, row, findings, before, stale })
}

/// Puts what was staged in its place, unless something was found.
fn write(
    mut finished: Vec<StagedAccount>,
    target: Option<(&Path, ExportFormat)>,
    inputs: &Inputs,
    args: &SynthArgs,
    mut findings: Vec<Finding>,
) -> Result<Reply, Failure> {
    let FleetArgs { config, out, .. } = &args.fleet;
    let export_parts = finished.iter_mut().filter_map(|one| one.export_part.take());
    let export = target.and_then(|(folder, format)| Export::of(folder, format, export_parts, &mut findings));
    if let Some(export) = &export {
        export.inspect(&mut findings)?;
    }
    orphans(&finished, inputs, args, &mut findings)?;
    findings.extend(finished.iter_mut().flat_map(|one| one.findings.drain(..)));
    inputs.suppressions.apply(&mut findings, &config.config, out);
    if any_error(&findings) {
        let names: Vec<&str> = inputs.config.accounts.iter().map(|one| one.name.as_str()).collect();
        findings.extend(inputs.suppressions.of_no_account(&names));
    } else {
        findings.extend(inputs.suppressions.unused(&findings, &args.accounts, false));
    }
    if args.check {
        findings.extend(finished.iter_mut().flat_map(|one| one.stale.drain(..)));
        if let Some(export) = &export {
            export.stale(&mut findings)?;
        }
    }
    if args.check || any_error(&findings) {
        return Err(Failure::Findings(findings));
    }
    // Accounts know nothing of each other, and each waits for the disk a few times. The first failure is told of.
    let put: Vec<Result<(), Failure>> = finished.par_iter().map(|one| put_in_place(one, args)).collect();
    put.into_iter().collect::<Result<(), Failure>>()?;
    let rows: Vec<Row> = finished.into_iter().map(|one| one.row).collect();
    let mut stdout = if rows.is_empty() { String::new() } else { summary::table(rows) };
    if let Some(export) = &export {
        stdout.push_str(&export.write()?);
    }
    Ok(Reply { findings, stdout, note: unrecorded(inputs), failed: false })
}

/// Findings of the out folders that belong to no account's name. Where something is wrong with the account that one is of, that is
/// said instead: to remove the folder would hide it.
fn orphans(
    finished: &[StagedAccount],
    inputs: &Inputs,
    args: &SynthArgs,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let nothing_wrong = !any_error(findings) && !finished.iter().any(|one| any_error(&one.findings));
    let new: Vec<&str> =
        finished.iter().filter(|_| nothing_wrong && !args.check).map(|one| one.name.as_str()).collect();
    let mut found = Vec::new();
    output::orphans(&args.fleet.out, &inputs.config.accounts, &new, &mut found)?;
    let wrong = finished.iter().filter(|one| any_error(&one.findings)).flat_map(|one| &one.before);
    let explained: Vec<&Path> = wrong.map(|before| before.folder.as_path()).collect();
    found.retain(|finding| finding.place.as_ref().is_none_or(|place| !explained.contains(&place.path())));
    findings.extend(found);
    Ok(())
}

/// The note on what nobody can show later: who read what, where no settings say whether that is logged.
fn unrecorded(inputs: &Inputs) -> String {
    let mut unsaid = inputs.config.selected();
    unsaid.retain(|account| account.settings.bucket.access_logs.is_none());
    let whose = match unsaid.as_slice() {
        [] => return String::new(),
        [account] => format!("the bucket of `{}`", account.name),
        accounts => format!("the buckets of {} accounts", accounts.len()),
    };
    format!(
        "note: S3 access logs are off for {whose}, so you cannot find out later who read a file; to turn them on, set `bucket.access_logs` to a bucket of the same account and region; to hide this note, set it to `none`\n"
    )
}

/// Puts what was staged of an account in its place, with its lock.
fn put_in_place(one: &StagedAccount, args: &SynthArgs) -> Result<(), Failure> {
    // The lock first: whatever a kill leaves undone, the next run makes from it what this one would have.
    match &one.lock {
        _ if args.no_check => {}
        Some(lock) => files::write_file_atomically(&files::followed(&one.lock_path), lock.as_bytes(), false)?,
        None => files::remove_draft(&files::followed(&one.lock_path))?,
    }
    match one.staged {
        Some(true) => output::commit(&args.fleet.out.join(one.name.as_str())).map_err(Failure::from),
        Some(false) => Ok(()),
        None => Err(Failure::Fault(format!("the files of `{}` were not staged", one.name))),
    }
}

/// Unchecked stacks are for benchmarks, and must never stand where somebody could deploy them from.
fn refuse_unchecked(out: &Path) -> Result<(), Failure> {
    for entry in files::list(out)?.unwrap_or_default() {
        if files::kind(&entry.path.join(output::MANIFEST_FILE))?.is_some() {
            let folder = entry.path.display();
            let message = format!("`--no-check` does not replace stacks, and there are some in `{folder}`");
            return Err(Failure::Usage(message));
        }
    }
    if out.file_name().is_none_or(|name| name == DEFAULT_OUT) {
        let message = "`--no-check` is for benchmarks: name a folder other than `out` with `--out`";
        return Err(Failure::Usage(message.to_owned()));
    }
    Ok(())
}
