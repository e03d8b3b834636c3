//! `racestack limits`: the reference policies that isolation is proven by, for others to compare with.

use std::path::Path;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::DEFAULT_OUT;
use super::sources::AccountArgs;
use crate::check::{Bound, PrincipalKind, reference_policy};
use crate::plan;
use crate::synthesis::{Failure, inputs};

/// The arguments of `racestack limits`. There are no templates among them: none replaces these policies.
#[derive(Debug, clap::Args)]
pub struct LimitsArgs {
    #[command(flatten)]
    pub of: AccountArgs,
    /// The kind of principal; without it, the command lists the kinds
    #[arg(long, value_enum)]
    pub kind: Option<PrincipalKind>,
    /// Print what it needs at least, instead of what it may do at most
    #[arg(long)]
    pub needs: bool,
}

pub(super) fn run(args: &LimitsArgs) -> Result<String, Failure> {
    let Some(kind) = args.kind else {
        let kinds = PrincipalKind::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let line = |kind: PossibleValue| {
            format!(
                "--kind {}    # {}\n",
                kind.get_name(),
                kind.get_help().map(ToString::to_string).unwrap_or_default()
            )
        };
        return Ok(kinds.map(line).collect());
    };
    let (_, account) = inputs::one_account(&args.of.sources())?;
    let bound = if args.needs { Bound::Needs } else { Bound::Limits };
    // The policies are the same whoever is in which stack.
    let plan = plan::plan(&account, Path::new(DEFAULT_OUT), Vec::new());
    let policy = reference_policy(&plan, kind, bound).map_err(Failure::Fault)?;
    Ok(format!("{policy:#}\n"))
}
