//! Whose resources somebody has access to.

use std::collections::BTreeSet;

use super::belongings::Belongings;
use super::people::statements;
use crate::check::IsolationProblem;
use crate::inventory::IamInventory;

/// How many requests an observation lists.
const LISTED: usize = 4;

/// The people to whose resources somebody has access.
#[derive(Debug, Clone, Default)]
pub struct AffectedOwners<'a> {
    /// The people.
    pub owners: BTreeSet<&'a str>,
    /// Whether it is what all people's access depends on.
    pub of_all: bool,
}

impl<'a> AffectedOwners<'a> {
    /// Adds a thing of somebody's, or one of nobody's, by which all people's access is decided.
    fn add(&mut self, owner: Option<&'a str>) {
        self.owners.extend(owner);
        self.of_all |= owner.is_none();
    }

    /// Adds what another reaches.
    pub fn extend(&mut self, other: &Self) {
        self.owners.extend(&other.owners);
        self.of_all |= other.of_all;
    }

    /// What these people have, in words; `None` where it is nothing.
    pub fn in_words(&self) -> Option<String> {
        let of_people = match self.owners.len() {
            0 => None,
            1 => Some(format!("what `{}` has", self.owners.first().copied().unwrap_or_default())),
            count => Some(format!("what {count} people have")),
        };
        let of_all = self.of_all.then(|| "what all people's access depends on".to_owned());
        let words: Vec<String> = of_people.into_iter().chain(of_all).collect();
        (!words.is_empty()).then(|| words.join(", and "))
    }
}

/// What problems come to for the things that there are: whose these are; and the statements that allow it, what cannot be compared
/// at all, and the first requests.
pub fn affected_owners<'a, 'p>(
    inventory: &IamInventory<'_>,
    problems: impl IntoIterator<Item = &'p IsolationProblem>,
    belongings: &Belongings<'a>,
) -> (AffectedOwners<'a>, Vec<String>) {
    let (mut owners, mut reasons, mut requests) = (AffectedOwners::default(), Vec::new(), Vec::new());
    for problem in problems {
        let known = requests.len();
        for line in &problem.lines {
            let mut covered = belongings.covered(line).peekable();
            requests.extend(covered.peek().map(|(_, request)| {
                let asked = format!("`{}` on `{}`", request.action, request.resource);
                std::iter::once(asked).chain(line.conditions.iter().cloned()).collect::<Vec<_>>().join(", ")
            }));
            covered.for_each(|(belonging, _)| owners.add(belonging.owner));
        }
        // What could not be compared may reach everything.
        if problem.lines.is_empty() {
            owners.of_all = true;
            reasons.push(problem.message.clone());
        }
        if problem.lines.is_empty() || requests.len() > known {
            reasons.extend(statements(inventory, problem));
        }
    }
    let mut told = BTreeSet::new();
    reasons.retain(|reason| told.insert(reason.clone()));
    let more = requests.len().saturating_sub(LISTED);
    reasons.extend(requests.into_iter().take(LISTED));
    reasons.extend((more > 0).then(|| format!("and {more} more")));
    (owners, reasons)
}
