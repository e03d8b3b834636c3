//! An account as it is, looked at with the engine that synth checks templates with: whether its people are isolated, what
//! differs from the out folder, and what should be cleaned up.
//!
//! People are compared with the same limits and needs as their prototypes are. Everybody else is looked at by what of people's
//! things they reach; whom the settings trust, and the roles that AWS alone uses, are not. See docs/audit.md.

mod belongings;
mod drift;
mod drift_resources;
mod escalation;
mod hygiene;
mod observation;
mod owners;
mod people;
mod policies;
mod reach;
mod sides;
mod steps;
mod strangers;

pub use observation::{Observation, findings};

use crate::account::Export;
use crate::diff::Stack;
use crate::facts::date::Date;
use crate::plan::AccountPlan;
use owners::Owners;
use sides::Sides;

/// What is found in an account. `stacks` are those of its out folder; without a day, it is the one of the export.
///
/// # Errors
/// Why a reference policy cannot be used, which is a fault of the program.
pub fn audit(
    plan: &AccountPlan<'_>,
    export: &Export,
    stacks: &[Stack],
    today: Option<Date>,
) -> Result<Vec<Observation>, String> {
    let sides = Sides::of(plan, export, stacks);
    let owners = Owners::of(plan, &sides.declared, &sides.live);
    let mut found = people::observations(&sides, &owners)?;
    found.extend(people::wrong_tags(&sides, &owners));
    found.extend(strangers::observations(&sides, &owners)?);
    found.extend(policies::observations(&sides, &owners));
    found.extend(drift::observations(&sides, &owners));
    found.extend(drift_resources::observations(&sides));
    found.extend(hygiene::observations(&sides, &owners, today.unwrap_or(export.taken)));
    Ok(found)
}
