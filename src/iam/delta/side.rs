//! The two sides of a comparison: what their statements say, and of which actions and resources.

use std::collections::{BTreeMap, BTreeSet};

use super::super::condition::Condition;
use super::super::decide::{Applying, Policies, StatementSource, Statements};
use super::super::document::{Effect, Listed, Statement};
use super::super::pattern::Pattern;
use super::super::principal::PrincipalMatch;
use super::super::request::Request;
use super::super::tri_bool::{Doubts, TriBool};
use super::is_fixed;

/// What a statement says besides which actions and resources it is about.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clause<'a> {
    source: StatementSource,
    effect: Effect,
    /// How it names who asks.
    named: PrincipalMatch,
    /// Those with values that are the same in all requests of who asks.
    pub(super) conditions: BTreeSet<&'a Condition>,
    /// Those with a variable whose value is not.
    open_conditions: BTreeSet<&'a Condition>,
    /// The resources, where they have such a variable: it may be about any.
    open_resources: Option<&'a Listed<Vec<Pattern>>>,
}

impl<'a> Clause<'a> {
    /// Of an identity policy, it makes no difference which one it is.
    fn of(source: StatementSource, statement: &'a Statement, request: &Request, is_bounded: bool) -> Self {
        let source = if let StatementSource::Identity(_) = source { StatementSource::Identity(0) } else { source };
        // Whether a variable of a pattern has a value that is not the same in all requests of who asks.
        let is_open =
            |pattern: &Pattern| pattern.variables().any(|key| !is_fixed(&key.to_lowercase(), &request.context));
        let (open_conditions, conditions) =
            statement.conditions.iter().partition(|condition| condition.values.iter().any(is_open));
        Self {
            source,
            effect: statement.effect,
            named: statement.named(&request.principal, is_bounded),
            conditions,
            open_conditions,
            open_resources: statement.resources.as_ref().filter(|resources| resources.list.iter().any(is_open)),
        }
    }

    /// Whether nobody knows whether it applies, for a variable of it.
    pub(super) fn is_open(&self) -> bool {
        self.open_resources.is_some() || !self.open_conditions.is_empty()
    }

    /// A statement that says so, of which it is known so far whether it applies.
    pub(super) fn applying(&self, truth: TriBool) -> Applying {
        let truth = if self.open_conditions.is_empty() { truth } else { truth.and(TriBool::Unknown) };
        Applying { source: self.source, effect: self.effect, named: self.named, truth }
    }
}

/// All that is said of an action and a resource: the clauses by their indexes, in order, and whether each certainly is about them.
pub(super) type ClauseSet = Vec<(usize, TriBool)>;

/// The statements of a side, and which of them are about which actions and resources.
pub(super) struct Side<'a> {
    pub(super) statements: Statements<'a>,
    /// For each action, the statements that name it.
    named: Vec<Vec<usize>>,
    /// For each statement, what it says, and whether it is about each resource.
    reached: Vec<(usize, Vec<TriBool>)>,
}

impl<'a> Side<'a> {
    /// A side, in requests for these actions and resources. `clauses` are those that are known, each with its index, and these are added to.
    pub(super) fn of(
        side: &Policies<'a>,
        (actions, resources): (&[String], &[String]),
        request: &Request,
        clauses: &mut BTreeMap<Clause<'a>, usize>,
    ) -> Self {
        let statements = Statements::of(side);
        let named = |action: &String| {
            let all = statements.list.iter().enumerate();
            all.filter(|(_, (_, statement))| statement.names_action(action)).map(|(index, _)| index).collect()
        };
        let requests: Vec<Request> =
            resources.iter().map(|one| Request { resource: one.clone(), ..request.clone() }).collect();
        let mut reached = Vec::new();
        for (at, statement) in &statements.list {
            let clause = Clause::of(at.0, statement, request, statements.bounded);
            let is_unknown = clause.open_resources.is_some();
            let is_about = |one: &Request| {
                if is_unknown { TriBool::Unknown } else { statement.names_resource(one, &mut Doubts::default()) }
            };
            let truths = requests.iter().map(is_about).collect();
            let next = clauses.len();
            reached.push((*clauses.entry(clause).or_insert(next), truths));
        }
        Self { named: actions.iter().map(named).collect(), reached, statements }
    }

    /// What is said of an action and a resource, by their indexes.
    pub(super) fn said(&self, action: usize, resource: usize) -> ClauseSet {
        let named = self.named.get(action).into_iter().flatten().filter_map(|statement| self.reached.get(*statement));
        let about = named.filter_map(|(clause, truths)| Some((*clause, *truths.get(resource)?)));
        let about: BTreeSet<_> = about.filter(|(_, truth)| *truth != TriBool::No).collect();
        about.into_iter().collect()
    }
}
