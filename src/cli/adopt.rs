//! `racestack adopt`: an account that was made by hand, or a person of it, for CloudFormation to take over.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::audit::{read_export, wanted};
use super::sources::FleetArgs;
use super::{Failure, Progress, Reply};
use crate::account::{ExpectedExport, Export};
use crate::adopt;
use crate::config::{self, ACCOUNTS_FOLDER, Drafts, LOCK_FILE, ROSTER_FILES, SETTINGS_FILE, shorten, suggest};
use crate::diff::{self, Files, OutFolder};
use crate::files;
use crate::finding::{Finding, Rule, any_error, counted};
use crate::model::{AccountId, AccountName, BucketName, Company, Region, User};
use crate::output::{self, OutputFile};
use crate::plan::{self, AccountPlan};
use crate::render;
use crate::report::Format;
use crate::source::Place;
use crate::synthesis::inputs::{self, Inputs, Sources};
use crate::synthesis::{AccountOutput, SynthOptions, lock, refuse_inside, synthesise_all};

/// The arguments of `racestack adopt`.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("export").required(true))]
pub struct AdoptArgs {
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The folder that the script of `--script` wrote the account into
    #[arg(long, value_name = "DIR", group = "export")]
    pub from: Option<PathBuf>,
    /// Print the script that exports the account into a folder; it only reads
    #[arg(long, group = "export", requires_all = ["account_id", "region", "bucket"])]
    pub script: bool,
    /// With `--script`: the ID of the account
    #[arg(long, value_name = "ID")]
    pub account_id: Option<String>,
    /// With `--script`: the region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// With `--script`: the bucket with everybody's folders
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// The company's short name, if there is no configuration yet. Names of stacks, the group and policies start with it
    #[arg(long, value_name = "NAME")]
    pub company: Option<String>,
    /// Also adopt this user, who has no folder and no notebook. In an account that has a roster: adopt only these existing users.
    /// You can repeat this option
    #[arg(long = "user", value_name = "NAME")]
    pub users: Vec<String>,
    /// The folder for the import; racestack creates a folder with the account's name in it
    #[arg(long, value_name = "DIR", default_value = "import")]
    pub import: PathBuf,
    /// How findings are reported: for people on standard error, for machines on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub fleet: FleetArgs,
}

pub(super) fn run(args: &AdoptArgs, watch: &Progress<'_>) -> Result<Reply, Failure> {
    // It becomes a part of paths.
    checked("--account", &args.account, AccountName::parse)?;
    let said = (args.script, &args.account_id, &args.region, &args.bucket);
    if let (true, Some(account_id), Some(region), Some(bucket)) = said {
        checked("--account-id", account_id, AccountId::parse)?;
        checked("--region", region, Region::parse)?;
        checked("--bucket", bucket, BucketName::parse)?;
        let wanted = ExpectedExport { account_id, region, bucket, policies: Vec::new() };
        return Ok(output::audit_script(&args.account, &wanted, "racestack adopt").into());
    }
    let Some(from) = &args.from else { return Err(Failure::Usage("say from which folder: `--from DIR`".to_owned())) };
    let target = args.import.join(&args.account);
    let taken = [(args.fleet.config.config.as_path(), "the config folder"), (&args.fleet.out, "the out folder")];
    refuse_inside("--import", &target, &taken)?;
    if files::kind(&target)?.is_some() {
        let message =
            format!("`{0}` is there already: remove it, or name another folder with `--import`", target.display());
        return Err(Failure::Usage(message));
    }
    let mut findings = Vec::new();
    let stdout = (Adopting { args, from, target, watch }).run(&mut findings)?;
    Ok(Reply { findings, stdout, ..Reply::default() })
}

/// Refuses what `parse` does.
fn checked<T>(option: &str, text: &str, parse: fn(&str) -> Result<T, &'static str>) -> Result<(), Failure> {
    let refused = |allowed| format!("found `{}` for `{option}`, allowed is {allowed}", shorten(text));
    parse(text).map(drop).map_err(|allowed| Failure::Usage(refused(allowed)))
}

/// An account that is adopted.
struct Adopting<'a> {
    args: &'a AdoptArgs,
    from: &'a Path,
    /// The folder of the import.
    target: PathBuf,
    watch: &'a Progress<'a>,
}

impl Adopting<'_> {
    /// What there is to say. With an error, nothing is written.
    fn run(&self, findings: &mut Vec<Finding>) -> Result<String, Failure> {
        let mut drafts = Drafts::new();
        let said = self.configure(&mut drafts, findings)?;
        if any_error(findings) {
            return Ok(String::new());
        }
        let adopted = match self.adopt(&drafts, findings) {
            Err(Failure::Findings(more)) => {
                findings.extend(more);
                String::new()
            }
            adopted => adopted?,
        };
        if any_error(findings) {
            return Ok(adopted + &to_correct(&drafts, findings));
        }
        Ok(said + &adopted)
    }

    /// Adopts the account by its configuration, of which `drafts` are not written yet.
    fn adopt(&self, drafts: &Drafts, findings: &mut Vec<Finding>) -> Result<String, Failure> {
        let accounts = std::slice::from_ref(&self.args.account);
        let sources = Sources { drafts: Some(drafts), ..self.args.fleet.sources(accounts, None) };
        let (material, account) = inputs::one_account(&sources)?;
        if let Some(name) = self.args.company.as_ref().filter(|name| *name != account.company.as_str()) {
            let message = format!("found `{}` for `--company`, the settings have `{}`", shorten(name), account.company);
            return Err(Failure::Usage(format!("{message}: leave it out, or change the settings")));
        }
        let plan = plan::plan(&account, &self.args.fleet.out.join(account.name.as_str()), Vec::new());
        let wanted = ExpectedExport { policies: Vec::new(), ..wanted(&plan) };
        let export = read_export(&self.script(Some(&wanted)), self.from, Some(&wanted))?;
        let is_in = |name: &String| account.users.iter().any(|user| user.name.as_str() == name);
        let missing: Vec<String> = self.args.users.iter().filter(|name| !is_in(name)).cloned().collect();
        if !missing.is_empty() {
            return self.rows(&export, &plan, &missing, findings);
        }
        self.import((drafts, &material), &plan, &export, findings)
    }

    /// The command that prints the script of an export.
    fn script(&self, wanted: Option<&ExpectedExport<'_>>) -> String {
        let (account_id, region, bucket) =
            wanted.map_or(("ID", "REGION", "BUCKET"), |wanted| (wanted.account_id, wanted.region, wanted.bucket));
        let options = format!("--account-id {account_id} --region {region} --bucket {bucket}");
        format!("racestack adopt --account {} --script {options}", self.args.account)
    }

    fn folder(&self) -> PathBuf {
        self.args.fleet.config.config.join(ACCOUNTS_FOLDER).join(&self.args.account)
    }

    fn roster_file(&self) -> Result<Option<PathBuf>, Failure> {
        let mut found = None;
        for name in ROSTER_FILES {
            let path = self.folder().join(name);
            if files::kind(&path)?.is_some() {
                found = Some(path);
            }
        }
        Ok(found)
    }

    /// What the configuration of the account lacks yet.
    fn configure(&self, drafts: &mut Drafts, findings: &mut Vec<Finding>) -> Result<String, Failure> {
        let company = self.args.fleet.config.config.join(SETTINGS_FILE);
        let own = self.folder().join(SETTINGS_FILE);
        let (has_company, has_own) = (files::kind(&company)?.is_some(), files::kind(&own)?.is_some());
        let has_roster = self.roster_file()?.is_some();
        if has_company && has_own && has_roster {
            return Ok(String::new());
        }
        let export = read_export(&self.script(None), self.from, None)?;
        if !has_company {
            let Some(name) = &self.args.company else {
                let message =
                    format!("there is no `{}`: name the company, such as `--company mycompany`", company.display());
                return Err(Failure::Usage(message));
            };
            checked("--company", name, Company::parse)?;
            drafts.insert(company, format!("company: {}\n", render::scalar(name)));
        }
        if !has_own {
            let settings = adopt::settings(&export, &self.settings(drafts)?.services, findings);
            drafts.insert(own, settings);
        }
        if has_roster {
            return Ok(String::new());
        }
        self.unknown(&export, &self.args.users, findings);
        let iam_path = self.settings(drafts)?.iam_path.map(|path| path.to_string()).unwrap_or_default();
        let roster = adopt::roster(&export, &format!("{iam_path}notebook/"), &self.args.users, findings);
        let file = self.folder().join("roster.yaml");
        let people = counted(roster.rows.len(), "person", "people");
        let mut said = format!("{}: {people}, in {}\n", self.args.account, file.display());
        let header = "# Written by `racestack adopt`. See who is in it, and who is not, before anything is imported.\n";
        drafts.insert(file, header.to_owned() + &render::block(&Value::Array(roster.rows), 0) + "\n");
        if !roster.others.is_empty() {
            said += &format!(
                "left as they are, since they have neither a folder nor a notebook nor a policy on the bucket: {}\n",
                roster.others.join(", ")
            );
        }
        Ok(said)
    }

    /// The settings that hold for the account, by the files and drafts as they are.
    fn settings(&self, drafts: &Drafts) -> Result<config::Settings, Failure> {
        // What is wrong with them is found when they are read to make stacks.
        let accounts = std::slice::from_ref(&self.args.account);
        let config = config::read_with(drafts, &self.args.fleet.config.config, accounts, &mut Vec::new())?;
        let own = config.accounts.into_iter().find(|account| account.selected);
        Ok(own.map_or_else(config::default_settings, |account| account.settings))
    }

    /// Findings about those of `names` who are no users of the account.
    fn unknown(&self, export: &Export, names: &[String], findings: &mut Vec<Finding>) {
        let users = || export.identities.users.iter().map(|user| user.name.as_str());
        for name in names.iter().filter(|name| !users().any(|user| user == *name)) {
            let message = format!("there is no user `{}` in the account `{}`", shorten(name), self.args.account);
            let place = Place::of_file(self.from.join(crate::account::IDENTITIES_FILE));
            let help = suggest(name, users(), "names of IAM are written as IAM has them");
            findings.push(Finding::new(Rule::RosterUnknownUser, message).at(place).help(help));
        }
    }

    /// What the roster lacks of people who exist.
    fn rows(
        &self,
        export: &Export,
        plan: &AccountPlan<'_>,
        missing: &[String],
        findings: &mut Vec<Finding>,
    ) -> Result<String, Failure> {
        let mut found = Vec::new();
        let all = adopt::roster(export, &plan.names.notebook_role_path, missing, &mut found);
        let name_of = |row: &Value| row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let rows: Vec<Value> = all.rows.into_iter().filter(|row| missing.contains(&name_of(row))).collect();
        self.unknown(export, missing, findings);
        let about = |finding: &Finding| missing.iter().any(|name| finding.message.contains(&format!("`{name}`")));
        findings.extend(found.into_iter().filter(about));
        if rows.is_empty() {
            return Ok(String::new());
        }
        let file = self.roster_file()?.unwrap_or_default();
        let rows = render::block(&Value::Array(rows), 0);
        Ok(format!("add to {}, then run this again:\n{rows}\n", file.display()))
    }

    /// Writes the import, what the configuration lacked, and the lock that says what goes where.
    fn import(
        &self,
        (drafts, material): (&Drafts, &Inputs),
        plan: &AccountPlan<'_>,
        export: &Export,
        findings: &mut Vec<Finding>,
    ) -> Result<String, Failure> {
        let (out, mut found) = (&self.args.fleet.out, Vec::new());
        let purpose = SynthOptions { out, unchecked: false, format: None, access_matrix: false };
        // An out folder that is there holds to its lock, as it does for synth.
        let finish = |made: AccountOutput<'_>| {
            let mut of_lock = Vec::new();
            let before = output::former_outputs(out, &made.manifest, &material.config.accounts)?;
            lock::check(&made, &before, &lock::LockOptions::default(), &mut of_lock)?;
            Ok::<_, Failure>((made.files, made.lock.to_text(), of_lock))
        };
        let made = synthesise_all(material, &purpose, self.watch, &mut found, finish)?;
        let made = made.into_iter().next().transpose()?.map(|(stacks, lock, of_lock)| {
            found.extend(of_lock);
            (stacks, lock)
        });
        // What is merely worth knowing is synth's to tell.
        findings.extend(found.into_iter().filter(Finding::is_error));
        let Some((stacks, lock)) = made.filter(|_| !any_error(findings)) else { return Ok(String::new()) };
        let name = plan.account.name.as_str();
        let new = self.out_folder(out, stacks)?;
        let old = match files::kind(&plan.folder)? {
            Some(_) => Some(super::diff::read(out, None, self.watch.notice)?),
            None => None,
        };
        let Some(of_new) = new.account(name) else { return Ok(String::new()) };
        let stacks = adopt::import(export, of_new, old.as_ref().and_then(|old| old.account(name)), findings);
        let limit = plan.account.template_bytes();
        for stack in stacks.iter().filter(|stack| stack.template.len() > limit) {
            let message = format!("`{}` has {} bytes, allowed are {limit}", stack.file, stack.template.len());
            let place = Place::of_file(self.target.join(&stack.file));
            let help = "set `deploy: {template_bucket: NAME}`; or take inline policies away before, which the first deployment does anyway";
            findings.push(Finding::new(Rule::LimitExceeded, message).at(place).help(help));
        }
        let live = |user: &User| {
            let notebook = user.notebook.as_ref().filter(|notebook| notebook.existing)?;
            export.notebooks.get(notebook.name.as_str())
        };
        let own_role = |user: &User| format!(":role{}{}", plan.names.notebook_role_path, user.name);
        let users = plan.account.users.iter();
        let users: Vec<&User> =
            users.filter(|user| live(user).is_some_and(|one| !one.role_arn.ends_with(&own_role(user)))).collect();
        let files = output::import_files(plan, &stacks, &users);
        let imported = self.out_folder(&self.args.import, files.clone())?;
        findings.extend(refused(&imported, &new)?);
        if any_error(findings) {
            return Ok(String::new());
        }
        let counts = stacks.iter().map(|stack| stack.resources.len()).filter(|count| *count > 0);
        let (stacks, resources) = counts.fold((0, 0), |(stacks, resources), count| (stacks + 1, resources + count));
        let is_nothing = stacks == 0 && users.is_empty();
        // The configuration last: once it is there, another run goes by it.
        for file in files.iter().filter(|_| !is_nothing) {
            files::create(&self.target.join(&file.name), file.text.as_bytes(), file.executable)?;
        }
        for (path, text) in drafts {
            files::create(path, text.as_bytes(), false)?;
        }
        if is_nothing {
            return Ok(format!("{name}: there is nothing to import\n"));
        }
        if !plan.account.lock_exists {
            files::write_file_atomically(&files::followed(&self.folder().join(LOCK_FILE)), lock.as_bytes(), false)?;
        }
        Ok(self.next_steps(resources, stacks, users.len()))
    }

    fn out_folder(&self, folder: &Path, files: Vec<OutputFile>) -> Result<OutFolder, Failure> {
        let files = files.into_iter().map(|file| (file.name, file.text.into_bytes())).collect();
        let files = Files::from([(self.args.account.clone(), files)]);
        OutFolder::of_files(folder.display().to_string(), folder, files, None).map_err(Failure::Fault)
    }

    fn next_steps(&self, resources: usize, stacks: usize, notebooks: usize) -> String {
        let out = &self.args.fleet.out;
        let (target, deploy) = (self.target.display(), out.join(&self.args.account).join(output::DEPLOY_FILE));
        let mut text = format!(
            "{target}: {} to import into {}\nnext:\n  bash {target}/import.sh\n  \
             racestack synth\n  racestack diff {} {}\n  bash {}\n",
            counted(resources, "resource", "resources"),
            counted(stacks, "stack", "stacks"),
            self.args.import.display(),
            out.display(),
            deploy.display()
        );
        if notebooks > 0 {
            text += &format!("  bash {target}/import.sh --notebooks\n");
        }
        text
    }
}

/// What CloudFormation would refuse of the first deployment. It replaces and deletes nothing: what would be, `adopt` does not import.
fn refused(imported: &OutFolder, new: &OutFolder) -> Result<Vec<Finding>, Failure> {
    let (diff, mut findings) = diff::compare(imported, new);
    findings.retain(Finding::is_error);
    let count = diff.plan.replace + diff.plan.may_replace + diff.plan.destroy;
    if count > 0 && findings.is_empty() {
        let resources = counted(count, "resource", "resources");
        let message = format!("the deployment behind the import would replace or delete {resources}");
        return Err(Failure::Usage(format!("{message}: run `racestack synth`, deploy, and then adopt")));
    }
    Ok(findings)
}

/// The files that are not written for what is wrong in them, to be corrected by hand.
fn to_correct(drafts: &Drafts, findings: &[Finding]) -> String {
    let is_wrong = |path: &Path| {
        findings.iter().any(|one| one.is_error() && one.place.as_ref().is_some_and(|place| place.path() == path))
    };
    let mut printed = String::new();
    for (path, text) in drafts.iter().filter(|(path, _)| is_wrong(path)) {
        printed +=
            &format!("nothing is written; write this into {}, corrected, then run this again:\n", path.display());
        printed += text;
    }
    printed
}
