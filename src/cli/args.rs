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
    /// Show what changes between two out folders, and what is lost
    Diff(DiffArgs),
    /// Write a page about the fleet: its stacks, its people, who reaches what, and the findings
    Report(ReportArgs),
    /// Make a new, commented configuration to start from
    Init(InitArgs),
    /// Print the JSON Schema of a kind of file, for editors and other tools
    Schema {
        /// The kind of file
        #[arg(value_enum)]
        kind: SchemaKind,
    },
    /// Show what a setting is for an account, and the file and line that set it
    Explain(ExplainArgs),
    /// Write the page that a person gets on their first day: what is theirs, and the commands to use it
    Handout(HandoutArgs),
    /// Look at an account as it is: who reaches whose things, what differs from the out folder, what to clean up
    Audit(AuditArgs),
    /// Turn an account that was made by hand into a configuration and an import for CloudFormation
    Adopt(AdoptArgs),
    /// Print the steps by which somebody leaves, and run none of them
    Offboard(OffboardArgs),
    /// Show what a person may do, or who may do something, and which statements of which policies say so
    ///
    /// A request of an IAM user is decided with and without a second factor, where that makes a difference, and from the
    /// first of the `allowed_networks`, where there are any; `--context` says otherwise. An unknown makes the exit code 1.
    Access(AccessArgs),
    /// Print the most that isolation permits to a kind of principal, or what it needs, as an IAM policy for Access Analyzer
    Limits(LimitsArgs),
    /// List the built-in guard rules, or write them into a folder to start from
    Rules(BuiltInArgs),
    /// List the built-in templates, or write them into a folder to start from
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
    /// Also write what CI needs to check pull requests; alone where DIR has a configuration already
    #[arg(long, value_enum)]
    pub ci: Option<Ci>,
    /// Write the schemas, `deploy-all.sh`, and the files for CI where they are, anew as this version has them; add
    /// `.gitattributes` and `.gitignore` where they are missing
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
    /// The setting, such as `notebooks.volume_gb`; a map shows all that is in it, and `''` all settings
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
    /// The folder of everybody's pages; it is replaced as a whole
    #[arg(long, value_name = "DIR", requires = "all", conflicts_with = "user")]
    pub out: Option<PathBuf>,
    /// The language, in the place of the settings' `language`
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
    /// The name of the user, who may have left the roster already
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
    /// Only what the person may as their IAM user, or only what their notebook may
    #[arg(long = "as", value_name = "WHO", value_enum)]
    pub caller: Option<Caller>,
    /// Ask for this action alone, such as `s3:GetObject`
    #[arg(long, value_name = "ACTION", group = "asked")]
    pub action: Option<String>,
    /// Ask who may call this action: all users, notebooks and roles that the stacks make
    #[arg(long, value_name = "ACTION", groups = ["asked", "about"])]
    pub who_can: Option<String>,
    /// The ARN of what the action is about, unless it can do without
    #[arg(long, value_name = "ARN", requires = "asked")]
    pub resource: Option<String>,
    /// A condition key of the request, such as `s3:prefix=bob/`, in the place of what is known of it; may be given several
    /// times
    #[arg(long, value_name = "KEY=VALUE", requires = "asked", value_parser = key_and_value)]
    pub context: Vec<(String, String)>,
    /// How the answer is printed
    #[arg(long, value_enum, default_value_t = AccessFormat::Human)]
    pub format: AccessFormat,
    /// A folder of templates to try, instead of `templates/` in the config folder
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// The folder that the stacks are written into: statements are cited by their lines in it
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
        _ => Err("found no `KEY=VALUE`, such as `s3:prefix=bob/`".to_owned()),
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
    /// Which day it is, as YYYY-MM-DD: racestack never asks the clock. Suppressions are compared with it, and what AWS
    /// soon retires is known by it
    #[arg(long, value_name = "DATE")]
    pub today: Option<Date>,
    /// Also write this part of all accounts as one StackSet, into the folder that `--to` names
    #[arg(long, value_name = "PART", value_enum, requires = "to", conflicts_with_all = ["no_check", "assembly"])]
    pub stackset: Option<Part>,
    /// The folder that the StackSet is written into
    #[arg(long, value_name = "DIR", requires = "stackset")]
    pub to: Option<PathBuf>,
    /// Refuse to change an account's stacks.lock, as CI should
    #[arg(long)]
    pub locked: bool,
    /// Where more than two people and more than a tenth of an account's leave: let them, if they are exactly N
    #[arg(long, value_name = "N", value_parser = count)]
    pub leavers: Option<usize>,
    /// Go on where an account's ID, region, bucket or company is another than its out folder was made with: what is deployed
    /// stays where it is
    #[arg(long)]
    pub leave_behind: bool,
    /// How findings are reported: for people on standard error, for machines on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The arguments of `racestack diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The out folder as it was, and as it is now [default: out]; with --git, as it is now
    #[arg(value_names = ["OLD", "NEW"], num_args = 0..=2)]
    pub folders: Vec<PathBuf>,
    /// Take the out folder as it was from this revision of the git repository
    #[arg(long, value_name = "REV")]
    pub git: Option<String>,
    /// Exit with 1 when there is any of these; may be given several times, or with commas
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
    /// Write the page of an audit instead: of the one account that `--account` names, as the script of `racestack audit`
    /// wrote it into this folder
    #[arg(long, value_name = "DIR", requires = "accounts", conflicts_with_all = ["git", "against", "rules"])]
    pub audit: Option<PathBuf>,
    /// The day on which suppressions are compared with, as YYYY-MM-DD: racestack never asks the clock
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
