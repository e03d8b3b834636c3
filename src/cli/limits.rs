//! `racestack limits`: the reference policies that isolation is proven by, for others to compare with.

use std::path::{Path, PathBuf};

use super::DEFAULT_OUT;
use super::{Outcome, outcome, printed};
use crate::check::{Bound, PrincipalKind, reference_policy};
use crate::plan;
use crate::report::Format;
use crate::synthesis::Failure;
use crate::synthesis::inputs::{self, Sources};

/// The arguments of `racestack limits`. There are no templates among them: none replaces these policies.
#[derive(Debug, clap::Args)]
pub struct LimitsArgs {
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// Whose policy
    #[arg(long, value_enum)]
    pub kind: LimitsKind,
    /// Print what it needs, in the place of the most that it may
    #[arg(long)]
    pub needs: bool,
    /// The folder of the settings and rosters
    #[arg(long, value_name = "DIR", default_value = "config")]
    pub config: PathBuf,
}

/// The kinds of principals that isolation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LimitsKind {
    /// The IAM user of a person
    Person,
    /// The role of a person's notebook
    Notebook,
    /// The IAM user of a suspended person
    SuspendedPerson,
    /// The role of a suspended person's notebook
    SuspendedNotebook,
}

pub(super) fn run(args: &LimitsArgs, colour: bool) -> Result<Outcome, Failure> {
    let mut findings = Vec::new();
    let accounts = std::slice::from_ref(&args.account);
    let sources = Sources { config: &args.config, accounts, templates: None, rules: None, today: None, encoding: None };
    let Some((_, account)) = inputs::one_account(&sources, &mut findings)? else {
        return Ok(outcome(Format::Human, findings, String::new(), colour));
    };
    let kind = match args.kind {
        LimitsKind::Person => PrincipalKind::Person,
        LimitsKind::Notebook => PrincipalKind::Notebook,
        LimitsKind::SuspendedPerson => PrincipalKind::SuspendedPerson,
        LimitsKind::SuspendedNotebook => PrincipalKind::SuspendedNotebook,
    };
    let bound = if args.needs { Bound::Needs } else { Bound::Limits };
    // The policies are the same whoever is in which stack.
    let plan = plan::plan(&account, Path::new(DEFAULT_OUT), Vec::new());
    let policy = reference_policy(&plan, kind, bound).map_err(Failure::Fault)?;
    Ok(printed(format!("{policy:#}\n")))
}
