//! `racestack audit`: an account as it is, by what the AWS CLI wrote of it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::{DEFAULT_OUT, Failure, Outcome, outcome, printed};
use crate::account::{ExpectedExport, Export};
use crate::audit;
use crate::config::Encoding;
use crate::diff::{FolderStack, OutFolder};
use crate::facts::date::Date;
use crate::finding::{Finding, any_error};
use crate::model::Account;
use crate::output;
use crate::plan::{self, AccountPlan};
use crate::report::Format;
use crate::synthesis::inputs::{self, Inputs, Sources};

/// How many days old an export may be that nothing is said of.
const FRESH_DAYS: i64 = 7;

/// The arguments of `racestack audit`.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The folder that the script of `--script` wrote the account into
    #[arg(long, value_name = "DIR", required_unless_present = "script")]
    pub from: Option<PathBuf>,
    /// Print the script that writes the account into a folder: it reads, and changes nothing
    #[arg(long, conflicts_with_all = ["from", "against"])]
    pub script: bool,
    /// Report only what was not found in this folder, which the script wrote before
    #[arg(long, value_name = "OLD")]
    pub against: Option<PathBuf>,
    /// Which day it is, as YYYY-MM-DD: suppressions are compared with it, and ages are told by it. Without it, ages are told
    /// by the day on which the script ran
    #[arg(long, value_name = "DATE")]
    pub today: Option<Date>,
    /// How findings are reported: for people on standard error, for machines on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The folder of the settings and rosters
    #[arg(long, value_name = "DIR", default_value = "config")]
    pub config: PathBuf,
    /// The encoding of rosters in CSV that are not UTF-8, such as `cp932` or `cp949`; wins over `roster_encoding`
    #[arg(long, value_name = "NAME", value_parser = Encoding::parse_named)]
    pub encoding: Option<Encoding>,
    /// The folder that the stacks were written into
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub out: PathBuf,
}

pub(super) fn run(args: &AuditArgs, colour: bool, notice: &dyn Fn(&str)) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    let sources = Sources {
        config: &args.config,
        accounts: std::slice::from_ref(&args.account),
        templates: None,
        rules: None,
        today: args.today,
        encoding: args.encoding,
    };
    if args.script {
        let script = inputs::one_account(&sources, &mut findings)?.map(|(_, account)| {
            let plan = plan::plan(&account, &args.out, Vec::new());
            let policies = policies_of(&plan);
            output::audit_script(plan.account.name.as_str(), &wanted(&plan, &policies))
        });
        return Ok(match script {
            Some(script) => printed(script),
            None => outcome(args.format, findings, String::new(), colour),
        });
    }
    let Some(folder) = &args.from else { return Err(Failure::Usage("say from which folder: `--from DIR`".to_owned())) };
    let audited = Auditing { sources: &sources, out: &args.out, notice }.run(&mut findings, |audited, findings| {
        let Some((taken, mut found)) = audited.findings(folder, findings)? else { return Ok(None) };
        let mut summary = summary(audited.plan.account, &found);
        if let Some(old) = &args.against {
            let Some((_, before)) = audited.findings(old, findings)? else { return Ok(None) };
            summary = against(old, &before, &mut found);
        }
        if let Some(today) = args.today.filter(|today| !(0..=FRESH_DAYS).contains(&taken.days_until(*today))) {
            // Writing to a string cannot fail.
            let _ = writeln!(summary, "the export is of {taken}, and not of {today}: export the account again");
        }
        Ok(Some((found, summary)))
    })?;
    Ok(match audited {
        Some((found, summary)) => outcome(args.format, found, summary, colour),
        None => outcome(args.format, findings, String::new(), colour),
    })
}

/// An audit that is asked for.
pub(super) struct Auditing<'a> {
    /// The configuration, of one account.
    pub(super) sources: &'a Sources<'a>,
    /// The out folder.
    pub(super) out: &'a Path,
    /// Is told that the out folder is waited for.
    pub(super) notice: &'a dyn Fn(&str),
}

/// What an export is compared with.
pub(super) struct Audited<'a> {
    pub(super) plan: &'a AccountPlan<'a>,
    pub(super) material: &'a Inputs,
    auditing: &'a Auditing<'a>,
    policies: Vec<String>,
    stacks: &'a [FolderStack],
}

impl Auditing<'_> {
    /// Reads the configuration and the out folder, and does the work with them. Where they are not sound, which are
    /// findings, there is nothing to do.
    pub(super) fn run<T>(
        &self,
        findings: &mut Vec<Finding>,
        work: impl FnOnce(&Audited<'_>, &mut Vec<Finding>) -> Result<Option<T>, Failure>,
    ) -> Result<Option<T>, Failure> {
        let Some((material, account)) = inputs::one_account(self.sources, findings)? else { return Ok(None) };
        let out = {
            let _claim = output::claim_shared(self.out, self.notice)?;
            OutFolder::read(self.out, None)
                .map_err(|error| Failure::Usage(format!("{error}; run `racestack synth` first")))?
        };
        let name = account.name.as_str();
        let Some(declared) = out.account(name) else {
            let message = format!("`{}` has no account `{name}`: run `racestack synth` first", self.out.display());
            return Err(Failure::Usage(message));
        };
        // Whoever is in which stack has the same policies.
        let plan = plan::plan(&account, &self.out.join(name), Vec::new());
        let policies = policies_of(&plan);
        let audited = Audited { plan: &plan, material: &material, auditing: self, policies, stacks: &declared.stacks };
        work(&audited, findings)
    }
}

impl Audited<'_> {
    /// What is found in an export, and its day; nothing where it is no export of the account, which are findings.
    pub(super) fn findings(
        &self,
        folder: &Path,
        refused: &mut Vec<Finding>,
    ) -> Result<Option<(Date, Vec<Finding>)>, Failure> {
        let wanted = wanted(self.plan, &self.policies);
        let Some(export) = Export::read(folder, Some(&wanted), refused)? else { return Ok(None) };
        let (sources, suppressions) = (self.auditing.sources, &self.material.suppressions);
        let observations = audit::audit(self.plan, &export, self.stacks, sources.today).map_err(Failure::Fault)?;
        let apply = |findings: &mut [Finding]| suppressions.apply(findings, sources.config, self.auditing.out);
        let mut found = audit::findings(&observations, self.plan.account.name.as_str(), apply);
        found.extend(suppressions.expired(false));
        let unused = suppressions.unused(&found, sources.accounts, true);
        found.extend(unused);
        Ok(Some((export.taken, found)))
    }
}

/// What an export of an account must be of.
pub(super) fn wanted<'a>(plan: &'a AccountPlan<'_>, policies: &'a [String]) -> ExpectedExport<'a> {
    let names = &plan.names;
    ExpectedExport { account_id: &names.account_id, region: &names.region, bucket: &names.bucket, policies }
}

/// The KMS keys and SNS topics whose policies decide about what people have.
fn policies_of(plan: &AccountPlan<'_>) -> Vec<String> {
    let account = plan.account;
    let keys = [account.bucket.kms_key.as_ref(), account.notebook_kms_key.as_ref()];
    let keys: BTreeSet<String> = keys.into_iter().flatten().map(ToString::to_string).collect();
    let budgets = account.budgets.as_ref().map(|_| plan.names.budgets_topic_arn.clone());
    let notices = account.key_rotation.as_ref().map(|_| plan.names.notices_topic_arn.clone());
    keys.into_iter().chain(budgets).chain(notices).collect()
}

fn summary(account: &Account, found: &[Finding]) -> String {
    let count = |is_error: bool| {
        let open = found.iter().filter(|finding| finding.suppressed.is_none());
        open.filter(|finding| any_error(std::slice::from_ref(finding)) == is_error).count()
    };
    format!("{}: {}, {}\n", account.name, counted(count(true), "error"), counted(count(false), "warning"))
}

fn counted(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Keeps what is new in `found`, and tells what of `before` is gone.
fn against(old: &Path, before: &[Finding], found: &mut Vec<Finding>) -> String {
    let key = |finding: &Finding| (finding.rule, finding.message.clone(), finding.notes.clone());
    let known: BTreeSet<_> = before.iter().map(key).collect();
    let now: BTreeSet<_> = found.iter().map(key).collect();
    let of_both = known.intersection(&now).count();
    found.retain(|finding| !known.contains(&key(finding)));
    let gone: Vec<&Finding> = before.iter().filter(|finding| !now.contains(&key(finding))).collect();
    let mut text =
        format!("compared with {}: {} new, {} gone, {of_both} as before\n", old.display(), found.len(), gone.len());
    for finding in gone {
        let (severity, rule) = (finding.severity.as_str(), finding.rule.info().id);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "gone: {severity}[{rule}]: {}", finding.message);
    }
    text
}
