//! Isolation in an account as it is: the same proof, for users and roles that nobody's template need have made.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::kind::{PrincipalKind, Subject};
use super::problem::Problem;
use super::reference::References;
use super::{proof, trust};
use crate::iam::{AccessLine, Direction, Document, Policies, Principal, TooManyWays, access_delta};
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
    principals: &[(usize, PrincipalKind)],
) -> Result<Vec<Vec<Problem>>, String> {
    let references = References::of(plan)?;
    let of_one = |(index, kind): &(usize, PrincipalKind)| {
        let Some(identity) = inventory.principals.get(*index) else { return Vec::new() };
        let subject =
            Subject { is_alone: true, ..Subject::of_kind(*kind, identity, inventory, &plan.names.account_id) };
        let mut problems = proof::check(&subject, &references, plan);
        if *kind != PrincipalKind::External {
            problems.extend(trust::check(&subject, plan));
        }
        problems
    };
    Ok(principals.par_iter().map(of_one).collect())
}

/// What the policies of a principal, by its index, allow by themselves; with the trust policy of a role, of taking that role, in a
/// session of this ARN where the policy names one. A policy that cannot be read, or that the inventory lacks, allows nothing here:
/// `deployed` tells of it.
///
/// # Errors
/// If there are more combinations of wildcards than can be tried.
pub fn allowed(
    plan: &AccountPlan<'_>,
    inventory: &IamInventory<'_>,
    principal: usize,
    trust: Option<(&Document, Option<&str>)>,
) -> Result<Vec<AccessLine>, TooManyWays> {
    let Some(identity) = inventory.principals.get(principal) else { return Ok(Vec::new()) };
    let subject = Subject::of_kind(PrincipalKind::External, identity, inventory, &plan.names.account_id);
    let document = |index: usize| inventory.parsed(index);
    let policies: Vec<&Document> = identity.policies.iter().copied().filter_map(document).collect();
    let access = Policies {
        identity: &policies,
        boundary: identity.boundary_policy().and_then(document),
        resource: trust.map(|(document, _)| document),
        resource_must_allow: trust.is_some(),
    };
    let mut asking = subject.principal;
    if let (Principal::Role { session, .. }, Some((_, Some(named)))) = (&mut asking, trust) {
        *session = Some(named.to_owned());
    }
    access_delta(&asking, &subject.base, &Policies::default(), &access, Direction::is_gain)
}
