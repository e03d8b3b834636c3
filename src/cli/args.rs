//! The arguments of the command line.

use std::path::PathBuf;

use clap::{ArgGroup, Parser, Subcommand};

use super::DEFAULT_OUT;
use super::adopt::AdoptArgs;
use super::audit::AuditArgs;
use super::built_in::BuiltInArgs;
use super::limits::LimitsArgs;
use super::sources::{AccountArgs, FleetArgs};
use crate::check::Caller;
use crate::config::{Language, Part};
use crate::facts::date::Date;
use crate::handout::HandoutFormat;
use crate::report::{DiffFormat, Format};

/// The version, and in a release build the revision.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("RACESTACK_SHOWN_REVISION"));

/// Turns a roster of people and a few settings into the CloudFormation stacks of their AWS DeepRacer training
/// environment.
#[derive(Debug, Parser)]
#[command(name = "racestack", version = VERSION, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the stacks of every account into the out folder
    Synth(SynthArgs),
    /// Show what a change does in AWS: what it creates, replaces or deletes, which data is lost, and who gets more access
    Diff(DiffArgs),
    /// Write an HTML page about all accounts: stacks, people, access and findings
    Report(ReportArgs),
    /// Create a new configuration with comments, to start from
    Init(InitArgs),
    /// Print the JSON Schema of a kind of file, for editors and other tools
    Schema {
        /// The kind of file
        #[arg(value_enum)]
        kind: SchemaKind,
    },
    /// Show the value of a setting for an account, and the file and line that set it
    Explain(ExplainArgs),
    /// Write the instructions for a person: their folder, notebook and role, and the commands to use them
    Handout(HandoutArgs),
    /// Check a deployed account: who can reach the data of others, what differs from the out folder, what to clean up
    Audit(AuditArgs),
    /// Create a configuration and a CloudFormation import for an account that already has users, notebooks or a bucket
    Adopt(AdoptArgs),
    /// Print the steps to remove a person; runs none of them
    Offboard(OffboardArgs),
    /// Show what a person may do, or who may call an action, and which policy statements decide it
    ///
    /// For an IAM user, the answer is given with and without MFA if that makes a difference. If the settings have
    /// `allowed_networks`, the request comes from the first of them. Change this with `--context`. If the answer is unknown,
    /// the exit code is 1.
    Access(AccessArgs),
    /// Print what a kind of principal may do at most, or needs at least, as an IAM policy for Access Analyzer
    Limits(LimitsArgs),
    /// List the built-in CloudFormation Guard rules, or write them into a folder to change them
    Rules(BuiltInArgs),
    /// List the built-in templates, or write them into a folder to change them
    Templates(BuiltInArgs),
    /// Print the completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
}

/// The arguments of `racestack init`.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// The folder to make it in
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Also write the CI files that check pull requests and deploy. If DIR has a configuration, write only these
    #[arg(long, value_enum)]
    pub ci: Option<Ci>,
    /// Replace the schemas, and `deploy-all.sh` and existing CI files unless you edited them, with those of this version.
    /// Add `.gitattributes` and `.gitignore` if they are missing
    #[arg(long, conflicts_with = "ci")]
    pub update: bool,
}

/// Where a configuration is checked when somebody changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Ci {
    /// A workflow of GitHub Actions
    Github,
    /// Jobs of GitLab CI
    Gitlab,
}

/// The kinds of files that have a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaKind {
    /// The company's settings.yaml
    Settings,
    /// An account's settings.yaml
    Account,
    /// A roster.yaml or roster.json
    Roster,
    /// A suppressions.yaml
    Suppressions,
    /// What `racestack diff --format json` prints
    Diff,
}

/// The arguments of `racestack explain`.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The setting, such as `notebooks.volume_gb`. A map, such as `notebooks`, shows all its settings; `''` shows all settings
    #[arg(value_name = "KEY")]
    pub key: String,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The folder of the settings and rosters
    #[arg(long, value_name = "DIR", default_value = "config")]
    pub config: PathBuf,
}

/// The arguments of `racestack handout`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("whose").required(true))]
pub struct HandoutArgs {
    #[command(flatten)]
    pub of: AccountArgs,
    /// The person, whose page goes to standard output
    #[arg(long, value_name = "NAME", group = "whose")]
    pub user: Option<String>,
    /// A page for everybody in the account, suspended people too
    #[arg(long, group = "whose", requires = "out")]
    pub all: bool,
    /// The folder for the pages of `--all`; existing pages in it are replaced
    #[arg(long, value_name = "DIR", requires = "all", conflicts_with = "user")]
    pub out: Option<PathBuf>,
    /// The language; without it, the setting `language`
    #[arg(long, value_enum)]
    pub lang: Option<Language>,
    /// The form of a page
    #[arg(long, value_enum, default_value_t = HandoutFormat::Markdown)]
    pub format: HandoutFormat,
    /// A folder of templates to try, instead of `templates/` in the config folder
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
}

/// The arguments of `racestack offboard`.
#[derive(Debug, clap::Args)]
pub struct OffboardArgs {
    /// The user name; the person can already be removed from the roster
    #[arg(value_name = "USER")]
    pub user: String,
    #[command(flatten)]
    pub of: AccountArgs,
    /// The folder that the stacks are written into
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub out: PathBuf,
}

/// The arguments of `racestack access`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("about").required(true))]
pub struct AccessArgs {
    #[command(flatten)]
    pub of: AccountArgs,
    /// The person
    #[arg(long, value_name = "NAME", group = "about")]
    pub user: Option<String>,
    /// Show only the IAM user, or only the notebook
    #[arg(long = "as", value_name = "WHO", value_enum)]
    pub caller: Option<Caller>,
    /// Ask for this action alone, such as `s3:GetObject`
    #[arg(long, value_name = "ACTION", group = "asked")]
    pub action: Option<String>,
    /// Ask who may call this action: all users, notebooks and roles that the stacks make
    #[arg(long, value_name = "ACTION", groups = ["asked", "about"])]
    pub who_can: Option<String>,
    /// The ARN of the resource; most actions need one
    #[arg(long, value_name = "ARN", requires = "asked")]
    pub resource: Option<String>,
    /// A condition key of the request, such as `s3:prefix=bob/`; replaces the value that racestack assumes. You can repeat this
    /// option
    #[arg(long, value_name = "KEY=VALUE", requires = "asked", value_parser = key_and_value)]
    pub context: Vec<(String, String)>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = AccessFormat::Human)]
    pub format: AccessFormat,
    /// A folder of templates to try, instead of `templates/` in the config folder
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// The out folder; the answer names the lines of statements in it
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub out: PathBuf,
}

/// How the answer of `racestack access` is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum AccessFormat {
    /// For people
    Human,
    /// For machines
    Json,
}

fn count(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "allowed is a whole number: how many leave")
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if key.contains(':') => Ok((key.to_owned(), value.to_owned())),
        _ => Err(
            "allowed is `KEY=VALUE` with a condition key of IAM, such as `s3:prefix=bob/` or `aws:RequestTag/user=bob`"
                .to_owned(),
        ),
    }
}

/// The arguments of `racestack synth`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct SynthArgs {
    #[command(flatten)]
    pub fleet: FleetArgs,
    /// Only this account; may be given several times
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Write nothing; exit with 1 when the out folder differs from what would be written
    #[arg(long)]
    pub check: bool,
    /// Write the stacks without checking them, for benchmarks
    #[arg(long, hide = true, conflicts_with = "check")]
    pub no_check: bool,
    /// Also write the stacks into this folder as a cloud assembly, for `cdk --app DIR`
    #[arg(long, value_name = "DIR", conflicts_with = "no_check")]
    pub assembly: Option<PathBuf>,
    /// Today's date, as YYYY-MM-DD; racestack does not read the clock. Needed to expire suppressions, and to warn of what AWS
    /// retires soon
    #[arg(long, value_name = "DATE")]
    pub today: Option<Date>,
    /// Also write this part of all accounts as one StackSet, into the folder that `--to` names
    #[arg(long, value_name = "PART", value_enum, requires = "to", conflicts_with_all = ["no_check", "assembly"])]
    pub stackset: Option<Part>,
    /// The folder that the StackSet is written into
    #[arg(long, value_name = "DIR", requires = "stackset")]
    pub to: Option<PathBuf>,
    /// Report an error if stacks.lock would change; use this in CI
    #[arg(long)]
    pub locked: bool,
    /// If more than two people and more than a tenth of an account leave at once, confirm that they are exactly N
    #[arg(long, value_name = "N", value_parser = count)]
    pub leavers: Option<usize>,
    /// Continue although an account's ID, region, bucket or company differs from that of its out folder. The deployed stacks
    /// stay in AWS, and racestack no longer manages them
    #[arg(long)]
    pub leave_behind: bool,
    /// The format of findings. `human` goes to standard error, all others to standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The arguments of `racestack diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The old and the new out folder; NEW is `out` if you leave it out. With --git, give only NEW
    #[arg(value_names = ["OLD", "NEW"], num_args = 0..=2)]
    pub folders: Vec<PathBuf>,
    /// Compare with the out folder of this Git revision, such as `main`
    #[arg(long, value_name = "REV")]
    pub git: Option<String>,
    /// Exit with 1 if the change has any of these; separate several with commas
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub fail_on: Vec<FailOn>,
    /// How the diff is written
    #[arg(long, value_enum, default_value_t)]
    pub format: DiffFormat,
}

/// What a diff can be asked to fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Somebody may do more than before, or perhaps more
    Widened,
    /// A resource is replaced, or may be
    Replaced,
    /// A resource is deleted
    Deleted,
}

/// The arguments of `racestack report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The file that the page is written to
    #[arg(long, value_name = "FILE", default_value = "racestack.html")]
    pub page: PathBuf,
    /// Show what changes from this out folder, too
    #[arg(long, value_name = "DIR", conflicts_with = "git")]
    pub against: Option<PathBuf>,
    /// Show what changes from the out folder of this revision, too
    #[arg(long, value_name = "REV")]
    pub git: Option<String>,
    /// Write the page of an audit instead, of the account in `--account`. DIR is the export that the script of `racestack
    /// audit` wrote
    #[arg(long, value_name = "DIR", requires = "accounts", conflicts_with_all = ["git", "against", "rules"])]
    pub audit: Option<PathBuf>,
    /// Today's date, as YYYY-MM-DD, to expire suppressions; racestack does not read the clock
    #[arg(long, value_name = "DATE")]
    pub today: Option<Date>,
    /// The page's title
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    #[command(flatten)]
    pub fleet: FleetArgs,
    /// Only this account; may be given several times
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
}
