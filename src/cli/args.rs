//! The arguments of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::report::Format;

/// Turns a roster of people and a few settings into the CloudFormation stacks of their AWS DeepRacer training
/// environment.
#[derive(Debug, Parser)]
#[command(name = "racestack", version, max_term_width = 100)]
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
}

/// The arguments of `racestack synth`.
#[derive(Debug, clap::Args)]
pub struct SynthArgs {
    /// The folder of the settings and rosters
    #[arg(long, value_name = "DIR", default_value = "config")]
    pub config: PathBuf,
    /// The folder that the stacks are written into
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Only this account; may be given several times
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Write nothing; exit with 1 when the out folder differs from what would be written
    #[arg(long)]
    pub check: bool,
    /// A folder of templates that replace the embedded ones of the same path
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// A folder of guard rules that are checked instead of the embedded ones
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// How findings are reported: for people on standard error, for machines on standard output
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
