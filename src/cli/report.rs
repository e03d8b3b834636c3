//! `racestack report`: the page of a fleet.

use std::path::Path;

use super::args::ReportArgs;
use super::audit::Auditing;
use super::diff::{compared, read, read_revision};
use super::{Outcome, outcome};
use crate::finding::sort;
use crate::page::{self, AuditPage, Fragment, Page, PageAccount};
use crate::report::{DIFF_STYLE, Format, diff_fragment};
use crate::synthesis::inputs::{self, Sources, own_or_fault};
use crate::synthesis::{AccountOutput, Failure, Progress, SynthOptions, synthesise_all};
use crate::{files, output};

/// The title of a page for which none is given.
const TITLE: &str = "DeepRacer training environments";

pub(super) fn run(args: &ReportArgs, colour: bool, watch: &Progress<'_>) -> Result<Outcome, Failure> {
    if let Some(folder) = &args.audit {
        return audit_page(args, folder, colour, watch.notice);
    }
    let diff = diff(args, watch.notice)?;
    let _claim = output::claim_shared(&args.out, watch.notice)?;
    let mut findings = Vec::new();
    let sources = Sources {
        config: &args.config,
        accounts: &args.accounts,
        templates: args.templates.as_deref(),
        rules: args.rules.as_deref(),
        today: args.today,
        encoding: args.encoding,
    };
    let Some(material) = inputs::read(&sources, &mut findings)? else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    findings.extend(material.suppressions.expired(false));
    let purpose = SynthOptions { out: &args.out, unchecked: false, form: None, reach: true };
    let made = synthesise_all(&material, &purpose, watch, &mut findings, |made| of_page(made, args))?;
    material.suppressions.apply(&mut findings, &args.config, &args.out);
    let mut accounts = Vec::new();
    let mut any_stale = false;
    for one in made {
        let (account, stale) = one?;
        any_stale |= stale;
        accounts.push(account);
    }
    sort(&mut findings);
    findings.dedup();
    let title = args.title.clone().unwrap_or_else(|| TITLE.to_owned());
    let revision = files::revision(&args.config);
    let page = Page { title, today: args.today, revision, accounts, findings: &findings, stale: any_stale, diff };
    let html = match page::render(&material.templates, &page) {
        Ok(html) => html,
        Err(failure) => return Ok(outcome(Format::Human, vec![own_or_fault(failure)?], String::new(), colour)),
    };
    files::write_file_atomically(&args.page, html.as_bytes())?;
    Ok(outcome(Format::Human, findings, format!("{}\n", args.page.display()), colour))
}

/// Writes the page of an audit.
fn audit_page(args: &ReportArgs, folder: &Path, colour: bool, notice: &dyn Fn(&str)) -> Result<Outcome, Failure> {
    let [account] = args.accounts.as_slice() else {
        return Err(Failure::Usage("the page of an audit is about one account: name one `--account`".to_owned()));
    };
    let sources = Sources {
        config: &args.config,
        accounts: std::slice::from_ref(account),
        templates: args.templates.as_deref(),
        rules: None,
        today: args.today,
        encoding: args.encoding,
    };
    let mut findings = Vec::new();
    let page = Auditing { sources: &sources, out: &args.out, notice }.run(&mut findings, |audited, findings| {
        let Some((taken, mut found)) = audited.findings(folder, findings)? else { return Ok(None) };
        sort(&mut found);
        let title = args.title.clone().unwrap_or_else(|| format!("Audit of {account}"));
        let page = AuditPage { title, account: audited.plan.account, taken: taken.to_string(), findings: &found };
        match page::render_audit(&audited.material.templates, &page) {
            Ok(html) => Ok(Some((html, found))),
            Err(failure) => {
                findings.push(own_or_fault(failure)?);
                Ok(None)
            }
        }
    })?;
    let Some((html, found)) = page else { return Ok(outcome(Format::Human, findings, String::new(), colour)) };
    files::write_file_atomically(&args.page, html.as_bytes())?;
    Ok(outcome(Format::Human, found, format!("{}\n", args.page.display()), colour))
}

/// An account in the page, and whether what stands in its out folder is not what synth would write.
fn of_page(made: AccountOutput<'_>, args: &ReportArgs) -> Result<(PageAccount, bool), Failure> {
    let folder = args.out.join(made.account.name.as_str());
    let stale = !output::compare(&folder, &made.files)?.is_empty();
    Ok((PageAccount { account: made.account.clone(), manifest: made.manifest, reach: made.reach }, stale))
}

/// What changes from the folder or the revision that the page is to compare with.
fn diff(args: &ReportArgs, notice: &dyn Fn(&str)) -> Result<Option<Fragment>, Failure> {
    if args.against.is_none() && args.git.is_none() {
        return Ok(None);
    }
    let new = read(&args.out, None, notice)?;
    let old = match (&args.against, &args.git) {
        (Some(folder), _) => read(folder, Some(&new), notice)?,
        (None, revision) => read_revision(revision.as_deref().unwrap_or_default(), &args.out, &new)?,
    };
    let (diff, _) = compared(&old, &new, &[]);
    Ok(Some(Fragment { body: diff_fragment(&diff), style: DIFF_STYLE.to_owned() }))
}
