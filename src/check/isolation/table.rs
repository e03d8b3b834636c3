//! What somebody may do of what they need, and what they may do that isolation permits nobody: told by the comparisons of the proof,
//! statement by statement of the reference policies.

use serde::Serialize;

use super::access::Access;
use super::certain::{self, NOTEBOOKS, Refused};
use super::findings;
use super::kind::{PrincipalKind, Subject};
use super::reference::{self, Need, References};
use crate::finding::Finding;
use crate::iam::{AccessLine, Decision, Direction, Document, Policies, access_delta, decide};
use crate::inventory::{IamInventory, Principal};
use crate::plan::AccountPlan;

/// What is beyond the limits, and in none of the statements of what nobody may do.
const REST: &str = "anything else that isolation does not permit";

/// Whose things a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// The person's own, and what everybody needs.
    Own,
    /// Another person's.
    Others,
    /// Everybody's, or nobody's.
    Shared,
}

/// How much of something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Extent {
    /// All of it.
    #[serde(rename = "allowed")]
    All,
    /// Some of it, or all of it at times.
    #[serde(rename = "partly")]
    Part,
    /// None of it.
    #[serde(rename = "no")]
    Nothing,
    /// The policies ask for what cannot be known.
    #[serde(rename = "unknown")]
    Unknown,
}

/// A statement of the reference policies, and how much of it somebody may do.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Whose things it is about.
    #[serde(rename = "of")]
    pub whose: Owner,
    /// What it is for, in words.
    pub what: String,
    /// One of its actions.
    pub action: String,
    /// One of its resources.
    pub resource: String,
    /// How much of it is allowed.
    pub may: Extent,
}

/// What a user or role of this kind may do. `is_known` says whether all of the account's policies could be read.
///
/// # Errors
/// Why a reference policy cannot be used, which is a fault of the program.
pub fn rows(
    plan: &AccountPlan<'_>,
    inventory: &IamInventory<'_>,
    (identity, kind): (&Principal<'_>, PrincipalKind),
    is_known: bool,
) -> Result<Vec<Row>, Finding> {
    let unusable = |why: String| findings::unusable(plan, &why);
    let references = References::of(plan).map_err(unusable)?;
    let subject = Subject::of_kind(kind, identity, inventory, &plan.names.account_id);
    let access = Access::of(&subject, &references).ok().filter(|_| is_known);
    let table = Table { subject, access, plan, references: &references };
    let mut rows: Vec<Row> = Vec::new();
    for need in references.needs(kind.active()).iter().filter(|need| !need.is_denial) {
        let Some(row) = table.need(need) else { continue };
        match rows.iter_mut().find(|known| known.what == row.what) {
            // Of needs with the same words, one has to be met.
            Some(known) if row.may == Extent::All => *known = row,
            Some(_) => {}
            None => rows.push(row),
        }
    }
    rows.extend(table.beyond(&reference::forbidden(plan).map_err(unusable)?));
    Ok(rows)
}

struct Table<'s, 'a> {
    subject: Subject<'s, 'a>,
    /// `None` where it cannot be told.
    access: Option<Access<'s>>,
    plan: &'s AccountPlan<'s>,
    references: &'s References,
}

impl Table<'_, '_> {
    /// What differs from `old` to `new`; `None` where there are too many combinations of wildcards.
    fn delta(&self, old: &Policies<'_>, new: &Policies<'_>, is_gain: bool) -> Option<Vec<AccessLine>> {
        let wanted = |direction: Direction| direction.is_gain() == is_gain;
        access_delta(&self.subject.principal, &self.subject.base, old, new, wanted).ok()
    }

    /// These identity policies and nothing else in this account.
    fn alone<'p>(&'p self, identity: &'p [&'p Document]) -> Policies<'p> {
        Policies { identity, resource: Some(&self.references.of_other_accounts), ..Policies::default() }
    }

    /// How much of a need is met; `None` of one that says nothing to them, such as of a team to who has none.
    fn need(&self, need: &Need) -> Option<Row> {
        let names = &self.plan.names;
        let needs = self.references.needs(self.subject.kind.active());
        let denials = needs.iter().filter(|one| one.is_denial);
        let needed: Vec<&Document> = std::iter::once(need).chain(denials).map(|one| &one.document).collect();
        let needed = self.alone(&needed);
        let row = |resource: &str, may: Option<Extent>| Row {
            whose: Owner::Own,
            what: need.what.clone(),
            action: need.actions.first().cloned().unwrap_or_default(),
            resource: resource.to_owned(),
            may: may.unwrap_or(Extent::Unknown),
        };
        let Some(examples) = self.delta(&Policies::default(), &needed, true) else { return Some(row("*", None)) };
        let first = &examples.first()?.example;
        if !self.subject.has_notebook()
            && [NOTEBOOKS, &names.notebook_role_path].iter().any(|of| first.resource.contains(of))
        {
            return None;
        }
        let may = self.access.as_ref().and_then(|access| {
            let lines = access.with_policies(|access| self.delta(&needed, access, false))?;
            let refused = lines.iter().flat_map(|line| {
                line.examples().filter_map(move |(example, keys)| {
                    let example = need.as_asked(line, example)?;
                    let refused = certain::refused(&self.subject, names, (needs, need), (&example, &keys));
                    // What is denied is so, whatever the policies of another account say.
                    let is_unknown = line.direction == Direction::PerhapsNarrowed
                        && access.with_policies(|access| decide(&example, access)).decision == Decision::Unknown;
                    Some((is_unknown, refused))
                })
            });
            let refused: Vec<_> = refused.filter(|(_, refused)| *refused != Refused::Never).collect();
            let is_allowed = |line: &AccessLine| {
                line.examples().any(|(example, _)| {
                    access.with_policies(|access| decide(&example, access)).decision == Decision::Allowed
                })
            };
            Some(match refused.as_slice() {
                [] => Extent::All,
                some if some.iter().any(|(is_unknown, _)| *is_unknown) => Extent::Unknown,
                some if some.iter().all(|(_, refused)| *refused == Refused::Sometimes) => Extent::Part,
                _ if examples.iter().any(is_allowed) => Extent::Part,
                _ => Extent::Nothing,
            })
        });
        Some(row(&first.resource, may))
    }

    /// What is beyond the limits, by the statements of what nobody may do, and the rest.
    fn beyond(&self, forbidden: &[(bool, Need)]) -> Vec<Row> {
        let limits = self.references.limits(self.subject.kind);
        let lines = self.access.as_ref().zip(limits).and_then(|(access, limits)| {
            let limits = [limits];
            access.with_policies(|wide| self.delta(&self.alone(&limits), wide, true))
        });
        let may = if lines.is_some() { Extent::Nothing } else { Extent::Unknown };
        let row = |whose: Owner, what: &str, action: Option<&String>| {
            let (what, action, resource) = (what.to_owned(), action.cloned().unwrap_or_default(), "*".to_owned());
            Row { whose, what, action, resource, may }
        };
        let all = forbidden.iter().map(|(is_of_owner, need)| {
            let whose = if *is_of_owner { Owner::Others } else { Owner::Shared };
            row(whose, &need.what, need.actions.first())
        });
        let mut rows: Vec<Row> = all.chain([row(Owner::Shared, REST, None)]).collect();
        for line in lines.iter().flatten() {
            let request = &line.example;
            let is_about = |(_, need): &(bool, Need)| need.document.may_allow(&request.action);
            let is_it = |(_, need): &(bool, Need)| {
                decide(request, &self.alone(&[&need.document])).decision == Decision::Allowed
            };
            let index = forbidden.iter().position(is_it).or_else(|| forbidden.iter().position(is_about));
            let index = index.unwrap_or(forbidden.len());
            if let Some(row) = rows.get_mut(index) {
                let is_certain = line.direction == Direction::Widened || row.may == Extent::All;
                row.may = if is_certain { Extent::All } else { Extent::Unknown };
            }
        }
        rows
    }
}
