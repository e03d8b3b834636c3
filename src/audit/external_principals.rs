//! External principals, who are neither people nor trusted, and what of people's things they reach: by what they may do themselves, and by whom
//! they can become.

use std::collections::BTreeMap;

use serde_json::Value;

use super::affected::{AffectedOwners, affected_owners};
use super::belongings::Belongings;
use super::escalation::{Escalation, told};
use super::observation::Observation;
use super::sides::Sides;
use super::steps::is_step;
use crate::check::{PrincipalKind, deployed};
use crate::iam::Direction;
use crate::inventory::{Documents, IamInventory, one_or_more};

/// The services whose actions are about what people have: those that `limits-external.json.hbs` does not leave open.
const SERVICES: [&str; 5] = ["iam", "logs", "s3", "sagemaker", "secretsmanager"];

/// Users and roles that reach what people have.
///
/// # Errors
/// As of `check::deployed`.
pub fn observations(sides: &Sides<'_>) -> Result<Vec<Observation>, String> {
    let kinds: Vec<Option<PrincipalKind>> = sides.live.principals.iter().map(|one| sides.kind(one)).collect();
    // What the roles of services reach counts for those who can become them.
    let looked_at = kinds.iter().enumerate().filter(|(_, kind)| kind.is_some_and(|kind| !kind.is_persons()));
    let looked_at: Vec<_> = looked_at.map(|(index, _)| (index, PrincipalKind::External)).collect();
    let works = narrowed(sides, may_be_of_people);
    let belongings = Belongings::of(sides);
    let mut observations = Vec::new();
    let mut affected: BTreeMap<usize, AffectedOwners<'_>> = BTreeMap::new();
    for ((index, _), problems) in looked_at.iter().zip(deployed(sides.plan, &works, &looked_at)?) {
        let (known, unknown): (Vec<_>, Vec<_>) =
            problems.iter().partition(|problem| problem.lines.iter().any(|line| line.direction == Direction::Widened));
        for (problems, access) in [(known, "access to"), (unknown, "perhaps access to")] {
            let (owners, notes) = affected_owners(&sides.live, problems, &belongings);
            affected.entry(*index).or_default().extend(&owners);
            let external = sides.live.principals.get(*index);
            let external = external.filter(|_| kinds.get(*index) == Some(&Some(PrincipalKind::External)));
            if let (Some(external), Some(whose)) = (external, owners.in_words()) {
                let found = told(sides, external, "access", format!("{access} {whose}"));
                observations.push(Observation { notes, ..found });
            }
        }
    }
    let steps = narrowed(sides, is_step);
    observations.extend(Escalation::of(sides, &kinds, &steps, &affected).observations(works, &belongings)?);
    Ok(observations)
}

/// The inventory of the account, with nothing in its policies but the actions that are kept: all others are about nobody's things,
/// and would only make more combinations of wildcards to compare. It is made of the same export as `sides.live`, and nothing is left out:
/// an index of a principal or a policy means the same in all of these inventories.
fn narrowed<'a>(sides: &Sides<'a>, is_kept: impl Fn(&str) -> bool) -> IamInventory<'a> {
    let mut documents = Documents::default();
    let mut inventory = sides.export.inventory(&mut documents);
    for policy in &mut inventory.policies {
        let mut value = policy.document.value.clone();
        let statements = match value.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.iter_mut().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for statement in statements {
            for key in ["Action", "NotAction"] {
                if let Some(actions) = statement.get_mut(key) {
                    let may_be = |action: &&Value| action.as_str().is_none_or(&is_kept);
                    *actions = one_or_more(Some(actions)).filter(may_be).cloned().collect();
                }
            }
        }
        policy.document = documents.of(value);
    }
    inventory
}

/// Whether an action, or a pattern, may be one of the services by which people work.
fn may_be_of_people(action: &str) -> bool {
    let service = action.split(':').next().unwrap_or_default();
    service.contains(['*', '?']) || SERVICES.iter().any(|one| one.eq_ignore_ascii_case(service))
}
