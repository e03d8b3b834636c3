//! Isolation in an account as it is: the same proof, for users and roles that nobody's template need have made.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::kind::{Kind, Subject};
use super::problem::Problem;
use super::reference::References;
use super::{proof, trust};
use crate::inventory::IamInventory;
use crate::plan::AccountPlan;

/// What of the isolation of these principals does not hold, for each of them: `principals` are indexes in the inventory, each
/// with what it is for. What is found is true of that principal alone, and says nothing of others.
///
/// # Errors
/// Why a reference policy cannot be used, which is a fault of the program.
pub fn deployed(
    plan: &AccountPlan<'_>,
    inventory: &IamInventory<'_>,
    principals: &[(usize, Kind)],
) -> Result<Vec<Vec<Problem>>, String> {
    let references = References::of(plan)?;
    let of_one = |(index, kind): &(usize, Kind)| {
        let Some(identity) = inventory.principals.get(*index) else { return Vec::new() };
        let subject =
            Subject { is_alone: true, ..Subject::of_kind(*kind, identity, inventory, &plan.names.account_id) };
        let mut problems = proof::check(&subject, true, &references, plan);
        if *kind != Kind::Stranger {
            problems.extend(trust::check(&subject, plan));
        }
        problems
    };
    Ok(principals.par_iter().map(of_one).collect())
}
