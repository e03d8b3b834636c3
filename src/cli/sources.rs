//! The arguments that several commands have: where the configuration is, which accounts are meant, and what takes the place of
//! what is built in.

use std::path::PathBuf;

use super::DEFAULT_OUT;
use crate::config::Encoding;
use crate::facts::date::Date;
use crate::synthesis::inputs::Sources;

/// Where the configuration is, and how it is read.
#[derive(Debug, clap::Args)]
pub struct ConfigArgs {
    /// The folder of the settings and rosters
    #[arg(long, value_name = "DIR", default_value = "config")]
    pub config: PathBuf,
    /// The encoding of rosters in CSV that are not UTF-8, such as `cp932` or `cp949`; wins over `roster_encoding`
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<Encoding>,
}

/// The account that a command is about.
#[derive(Debug, clap::Args)]
pub struct AccountArgs {
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What the stacks of all accounts are made of, and where they are.
#[derive(Debug, clap::Args)]
pub struct FleetArgs {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// The folder that the stacks are written into
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub out: PathBuf,
    /// Use the templates of this folder instead of `templates/` in the config folder
    #[arg(long, value_name = "DIR")]
    pub templates: Option<PathBuf>,
    /// Use only these Guard rules (a folder or a file), instead of the built-in ones and `rules/` in the config folder. With
    /// `+DIR`, use them in addition to the built-in ones
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
}

impl ConfigArgs {
    /// The configuration of these accounts, with what is built in.
    pub(super) fn sources<'a>(&'a self, accounts: &'a [String]) -> Sources<'a> {
        let Self { config, encoding } = self;
        Sources { config, accounts, encoding: *encoding, templates: None, rules: None, today: None, drafts: None }
    }
}

impl AccountArgs {
    pub(super) fn sources(&self) -> Sources<'_> {
        self.config.sources(std::slice::from_ref(&self.account))
    }
}

impl FleetArgs {
    pub(super) fn sources<'a>(&'a self, accounts: &'a [String], today: Option<Date>) -> Sources<'a> {
        let (templates, rules) = (self.templates.as_deref(), self.rules.as_deref());
        Sources { templates, rules, today, ..self.config.sources(accounts) }
    }
}
