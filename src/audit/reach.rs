//! What of people's things somebody reaches.

use std::collections::BTreeSet;

use super::belongings::Belongings;
use super::people::statements;
use crate::check::IsolationProblem;
use crate::iam::AccessLine;
use crate::inventory::IamInventory;

/// How many requests an observation lists.
const LISTED: usize = 4;

/// Whose things somebody reaches.
#[derive(Debug, Clone, Default)]
pub struct Whose<'a> {
    /// The people.
    pub owners: BTreeSet<&'a str>,
    /// Whether it is what all people's access depends on.
    pub of_all: bool,
}

impl Whose<'_> {
    /// Adds what another reaches.
    pub fn extend(&mut self, other: &Self) {
        self.owners.extend(&other.owners);
        self.of_all |= other.of_all;
    }

    /// Whose things these are, in words; nothing where they are nobody's.
    pub fn in_words(&self) -> Option<String> {
        let of_people = match self.owners.len() {
            0 => None,
            1 => Some(format!("what `{}` has", self.owners.first().copied().unwrap_or_default())),
            count => Some(format!("what {count} people have")),
        };
        let of_all = self.of_all.then(|| "what all people's access depends on".to_owned());
        let whose: Vec<String> = of_people.into_iter().chain(of_all).collect();
        (!whose.is_empty()).then(|| whose.join(", and "))
    }
}

/// What somebody reaches, and by what.
#[derive(Default)]
pub struct Reached<'a> {
    /// Whose things.
    pub whose: Whose<'a>,
    requests: Vec<String>,
    /// The statements that allow it, and what cannot be compared at all.
    reasons: Vec<String>,
}

impl<'a> Reached<'a> {
    /// What problems come to for the things that there are.
    pub fn of<'p>(
        inventory: &IamInventory<'_>,
        problems: impl IntoIterator<Item = &'p IsolationProblem>,
        belongings: &Belongings<'a>,
    ) -> Self {
        let mut reached = Self::default();
        for problem in problems {
            let known = reached.requests.len();
            problem.lines.iter().for_each(|line| reached.add(line, belongings));
            // What could not be compared may reach everything.
            if problem.lines.is_empty() {
                reached.whose.of_all = true;
                reached.reasons.push(problem.message.clone());
            } else if reached.requests.len() == known {
                continue;
            }
            reached.reasons.extend(statements(inventory, problem));
        }
        reached
    }

    fn add(&mut self, line: &AccessLine, belongings: &Belongings<'a>) {
        let mut first = None;
        for (belonging, request) in belongings.covered(line) {
            match belonging.owner {
                Some(owner) => _ = self.whose.owners.insert(owner),
                None => self.whose.of_all = true,
            }
            first.get_or_insert(request);
        }
        self.requests.extend(first.map(|request| {
            let asked = format!("`{}` on `{}`", request.action, request.resource);
            std::iter::once(asked).chain(line.conditions.iter().cloned()).collect::<Vec<_>>().join(", ")
        }));
    }

    /// The statements, and the first requests.
    pub fn notes(&self) -> Vec<String> {
        let more = self.requests.len().saturating_sub(LISTED);
        let more = (more > 0).then(|| format!("and {more} more"));
        let mut reasons = BTreeSet::new();
        let reasons = self.reasons.iter().filter(|reason| reasons.insert(*reason));
        reasons.chain(self.requests.iter().take(LISTED)).cloned().chain(more).collect()
    }
}
