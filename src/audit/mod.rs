//! An account as it is, looked at with the engine that synth checks templates with: whether its people are isolated, what
//! differs from the out folder, and what should be cleaned up.
//!
//! People are compared with the same limits and needs as their prototypes are. Everybody else is looked at by what of people's
//! things they reach; whom the settings trust, and the roles that AWS alone uses, are not. See docs/audit.md.

mod affected;
mod belongings;
mod drift;
mod escalation;
mod external_principals;
mod hygiene;
mod observation;
mod people;
mod policies;
mod sides;
mod steps;

pub use observation::{Observation, findings};

use crate::account::Export;
use crate::diff::FolderStack;
use crate::facts::date::Date;
use crate::plan::AccountPlan;
use sides::Sides;

/// What is found in an account. `stacks` are those of its out folder; without a day, it is the one of the export.
///
/// # Errors
/// Why a reference policy cannot be used, which is a fault of the program.
pub fn audit(
    plan: &AccountPlan<'_>,
    export: &Export,
    stacks: &[FolderStack],
    today: Option<Date>,
) -> Result<Vec<Observation>, String> {
    let sides = Sides::of(plan, export, stacks);
    let mut found = people::observations(&sides)?;
    found.extend(people::wrong_owners(&sides));
    found.extend(external_principals::observations(&sides)?);
    found.extend(policies::observations(&sides));
    found.extend(drift::observations(&sides));
    found.extend(hygiene::observations(&sides, today.unwrap_or(export.taken)));
    Ok(found)
}
