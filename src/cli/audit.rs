//! `racestack audit`: an account as it is, by what the AWS CLI wrote of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::ArgGroup;

use super::diff::{SYNTH_FIRST, refuse_missing, synth_first};
use super::sources::AccountArgs;
use super::{DEFAULT_OUT, Failure, Reply};
use crate::account::{ExpectedExport, Export};
use crate::audit;
use crate::diff::{FolderStack, OutFolder};
use crate::facts::date::Date;
use crate::files;
use crate::finding::{Finding, Severity, open_counted};
use crate::model::Account;
use crate::output;
use crate::plan::{self, AccountPlan};
use crate::report::Format;
use crate::synthesis::inputs::{self, Inputs, Sources};

/// How many days old an export may be that nothing is said of.
const FRESH_DAYS: i64 = 7;

/// The arguments of `racestack audit`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("export").required(true))]
pub struct AuditArgs {
    #[command(flatten)]
    pub of: AccountArgs,
    /// The export: the folder that the script of `--script` wrote
    #[arg(long, value_name = "DIR", group = "export")]
    pub from: Option<PathBuf>,
    /// Print the script that exports the account into a folder; it only reads
    #[arg(long, group = "export", conflicts_with = "against")]
    pub script: bool,
    /// An older export: report only findings that it does not have
    #[arg(long, value_name = "OLD")]
    pub against: Option<PathBuf>,
    /// Today's date, as YYYY-MM-DD, to expire suppressions and to count the age of keys and notebooks. Without it, ages count
    /// to the day of the export
    #[arg(long, value_name = "DATE")]
    pub today: Option<Date>,
    /// How findings are reported: for people on standard error, for machines on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// The folder that the stacks were written into
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub out: PathBuf,
}

pub(super) fn run(args: &AuditArgs, notice: &dyn Fn(&str)) -> Result<Reply, Failure> {
    let sources = Sources { today: args.today, ..args.of.sources() };
    if args.script {
        let (_, account) = inputs::one_account(&sources)?;
        let plan = plan::plan(&account, &args.out, Vec::new());
        let script = output::audit_script(account.name.as_str(), &wanted(&plan), "racestack audit");
        return Ok(script.into());
    }
    let Some(folder) = &args.from else { return Err(Failure::Usage("say from which folder: `--from DIR`".to_owned())) };
    let audited = Audited::read(&sources, &args.out, notice)?;
    let (taken, mut findings) = audited.findings(folder)?;
    let mut stdout = summary(&audited.account, &findings);
    if let Some(old) = &args.against {
        let (_, before) = audited.findings(old)?;
        stdout = against(old, &before, &mut findings);
    }
    if let Some(today) = args.today.filter(|today| !(0..=FRESH_DAYS).contains(&taken.days_until(*today))) {
        stdout += &format!("the export is of {taken}, and not of {today}: export the account again\n");
    }
    Ok(Reply { findings, stdout, ..Reply::default() })
}

/// What an export is compared with: an account by its configuration, and by its out folder.
pub(super) struct Audited<'a> {
    sources: &'a Sources<'a>,
    out: &'a Path,
    pub(super) account: Account,
    pub(super) inputs: Inputs,
    stacks: Vec<FolderStack>,
}

impl<'a> Audited<'a> {
    /// Reads the configuration of one account, and the out folder; `notice` hears that it is waited for.
    pub(super) fn read(sources: &'a Sources<'a>, out: &'a Path, notice: &dyn Fn(&str)) -> Result<Self, Failure> {
        let (inputs, account) = inputs::one_account(sources)?;
        let declared = {
            refuse_missing(out, &synth_first(out))?;
            let _claim = output::claim_shared(out, notice)?;
            OutFolder::read(out, None).map_err(|error| Failure::Usage(format!("{error}; {SYNTH_FIRST}")))?
        };
        let name = account.name.as_str();
        let Some(declared) = declared.account(name) else {
            let message = format!("`{}` has no account `{name}`: run `racestack synth` first", out.display());
            return Err(Failure::Usage(message));
        };
        Ok(Self { sources, out, stacks: declared.stacks.clone(), account, inputs })
    }

    /// What is found in an export, and its day.
    ///
    /// # Errors
    /// What keeps it from being an export of the account.
    pub(super) fn findings(&self, folder: &Path) -> Result<(Date, Vec<Finding>), Failure> {
        let (Self { sources, out, account, .. }, suppressions) = (self, &self.inputs.suppressions);
        // Whoever is in which stack has the same policies.
        let plan = plan::plan(account, &out.join(account.name.as_str()), Vec::new());
        let script = format!("racestack audit --account {} --script", account.name);
        let export = read_export(&script, folder, Some(&wanted(&plan)))?;
        let observations = audit::audit(&plan, &export, &self.stacks, sources.today).map_err(Failure::Fault)?;
        let apply = |findings: &mut [Finding]| suppressions.apply(findings, sources.config, out);
        let mut found = audit::findings(&observations, account.name.as_str(), apply);
        found.extend(suppressions.expired(false));
        let unused = suppressions.unused(&found, sources.accounts, true);
        found.extend(unused);
        Ok((export.taken, found))
    }
}

/// Reads an export of an account. `script` is the command that prints the script which writes it.
///
/// # Errors
/// What keeps it from being one.
pub(super) fn read_export(script: &str, folder: &Path, wanted: Option<&ExpectedExport<'_>>) -> Result<Export, Failure> {
    if files::list(folder)?.is_none() {
        let folder = folder.display();
        let help = format!("`{script}` prints the script that writes one");
        return Err(Failure::Usage(format!("there is no folder `{folder}`; {help}")));
    }
    Export::read(folder, wanted, script)?.map_err(Failure::Findings)
}

/// What an export of an account must be of, with the KMS keys and SNS topics whose policies decide about what people have.
pub(super) fn wanted<'a>(plan: &'a AccountPlan<'_>) -> ExpectedExport<'a> {
    let (names, settings) = (&plan.names, &plan.account.settings);
    let keys = [settings.bucket.kms_key.as_ref(), settings.notebooks.kms_key.as_ref()];
    let keys: BTreeSet<String> = keys.into_iter().flatten().map(ToString::to_string).collect();
    let budgets = settings.budgets.as_ref().map(|_| names.budgets_topic_arn.clone());
    let notices = settings.access_keys.as_ref().map(|_| names.notices_topic_arn.clone());
    let policies = keys.into_iter().chain(budgets).chain(notices).collect();
    ExpectedExport { account_id: &names.account_id, region: &names.region, bucket: &names.bucket, policies }
}

fn summary(account: &Account, found: &[Finding]) -> String {
    let [errors, warnings] = [Severity::Error, Severity::Warning].map(|severity| open_counted(found, severity));
    format!("{}: {errors}, {warnings}\n", account.name)
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
        text += &format!("gone: {severity}[{rule}]: {}\n", finding.message);
    }
    text
}
