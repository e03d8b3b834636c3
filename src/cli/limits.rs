//! `racestack limits`: the reference policies that isolation is proven by, for others to compare with.

use std::path::Path;

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
    /// Whose policy
    #[arg(long, value_enum)]
    pub kind: PrincipalKind,
    /// Print what it needs, in the place of the most that it may
    #[arg(long)]
    pub needs: bool,
}

pub(super) fn run(args: &LimitsArgs) -> Result<String, Failure> {
    let (_, account) = inputs::one_account(&args.of.sources())?;
    let bound = if args.needs { Bound::Needs } else { Bound::Limits };
    // The policies are the same whoever is in which stack.
    let plan = plan::plan(&account, Path::new(DEFAULT_OUT), Vec::new());
    let policy = reference_policy(&plan, args.kind, bound).map_err(Failure::Fault)?;
    Ok(format!("{policy:#}\n"))
}
