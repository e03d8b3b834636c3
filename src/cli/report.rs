//! `racestack report`: the page of a fleet.

use std::path::Path;

use super::Reply;
use super::args::ReportArgs;
use super::audit::Audited;
use super::diff::{compared, or_revision, read, read_revision, refuse_missing};
use super::sources::FleetArgs;
use crate::finding::{Finding, sort};
use crate::page::{self, AuditPage, Fragment, Page, PageAccount};
use crate::report::{DIFF_STYLE, diff_fragment};
use crate::synthesis::inputs::{self, Sources};
use crate::synthesis::{AccountOutput, Failure, Progress, SynthOptions, refuse_inside, synthesise_all};
use crate::{files, output};

/// The title of a page for which none is given.
const TITLE: &str = "DeepRacer training environments";

/// What every page begins with, in any case of letters.
const PAGE_BEGINS: &[u8] = b"<!doctype html>";

pub(super) fn run(args: &ReportArgs, watch: &Progress<'_>) -> Result<Reply, Failure> {
    refuse_page(args)?;
    let sources = args.fleet.sources(&args.accounts, args.today);
    let (html, findings) = match &args.audit {
        Some(folder) => audit_page(args, &Sources { rules: None, ..sources }, folder, watch.notice)?,
        None => fleet_page(args, &sources, watch)?,
    };
    files::write_file_atomically(&args.page, html.as_bytes(), false)?;
    Ok(Reply { findings, stdout: format!("{}\n", args.page.display()), ..Reply::default() })
}

/// Refuses to write the page over what it is made from, and over anything else that is no page.
fn refuse_page(args: &ReportArgs) -> Result<(), Failure> {
    let FleetArgs { config, out, .. } = &args.fleet;
    refuse_inside("--page", &args.page, &[(&config.config, "the config folder")])?;
    // An out folder that the configuration is in, such as `.`, has other files as well.
    if !files::real_path(&config.config)?.starts_with(files::real_path(out)?) {
        refuse_inside("--page", &args.page, &[(out, "the out folder")])?;
    }
    let is_page = |old: &[u8]| old.get(..PAGE_BEGINS.len()).is_some_and(|old| old.eq_ignore_ascii_case(PAGE_BEGINS));
    match files::read(&args.page)? {
        Some(old) if !old.is_empty() && !is_page(&old) => {
            let page = args.page.display();
            Err(Failure::Usage(format!("`{page}` is no page, and would be lost: name another file with `--page`")))
        }
        _ => Ok(()),
    }
}

fn fleet_page(
    args: &ReportArgs,
    sources: &Sources<'_>,
    watch: &Progress<'_>,
) -> Result<(String, Vec<Finding>), Failure> {
    let FleetArgs { config, out, .. } = &args.fleet;
    let diff = diff(args, watch.notice)?;
    let _claim = output::claim_shared(out, watch.notice)?;
    let mut findings = Vec::new();
    let inputs = inputs::read(sources, &mut findings)?;
    findings.extend(inputs.suppressions.expired(false));
    let options = SynthOptions { out, unchecked: false, format: None, access_matrix: true };
    let made = synthesise_all(&inputs, &options, watch, &mut findings, |made| of_page(made, out))?;
    inputs.suppressions.apply(&mut findings, &config.config, out);
    let made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    let stale = made.iter().any(|(_, stale)| *stale);
    let accounts = made.into_iter().map(|(account, _)| account).collect();
    sort(&mut findings);
    findings.dedup();
    let title = args.title.clone().unwrap_or_else(|| TITLE.to_owned());
    let revision = files::revision(&config.config);
    let page = Page { title, today: args.today, revision, accounts, findings: &findings, stale, diff };
    Ok((page::render(&inputs.templates, &page)?, findings))
}

fn audit_page(
    args: &ReportArgs,
    sources: &Sources<'_>,
    folder: &Path,
    notice: &dyn Fn(&str),
) -> Result<(String, Vec<Finding>), Failure> {
    let [account] = args.accounts.as_slice() else {
        return Err(Failure::Usage("the page of an audit is about one account: name one `--account`".to_owned()));
    };
    let audited = Audited::read(sources, &args.fleet.out, notice)?;
    let (taken, mut found) = audited.findings(folder)?;
    sort(&mut found);
    found.dedup();
    let title = args.title.clone().unwrap_or_else(|| format!("Audit of {account}"));
    let page = AuditPage { title, account: &audited.account, taken: taken.to_string(), findings: &found };
    Ok((page::render_audit(&audited.inputs.templates, &page)?, found))
}

/// An account in the page, and whether what stands in its out folder is not what synth would write.
fn of_page(made: AccountOutput<'_>, out: &Path) -> Result<(PageAccount, bool), Failure> {
    let folder = out.join(made.account.name.as_str());
    let stale = !output::compare(&folder, &made.files)?.is_empty();
    Ok((PageAccount { account: made.account.clone(), manifest: made.manifest, access: made.access_matrix }, stale))
}

/// What changes from the folder or the revision that the page is to compare with.
fn diff(args: &ReportArgs, notice: &dyn Fn(&str)) -> Result<Option<Fragment>, Failure> {
    if args.against.is_none() && args.git.is_none() {
        return Ok(None);
    }
    let out = &args.fleet.out;
    args.against.iter().try_for_each(|folder| refuse_missing(folder, &or_revision("report", folder)))?;
    let new = read(out, None, notice)?;
    let old = match (&args.against, &args.git) {
        (Some(folder), _) => read(folder, Some(&new), notice)?,
        (None, revision) => read_revision(revision.as_deref().unwrap_or_default(), out, &new)?,
    };
    let (diff, _) = compared(&old, &new, &[]);
    Ok(Some(Fragment { body: diff_fragment(&diff), style: DIFF_STYLE.to_owned() }))
}
