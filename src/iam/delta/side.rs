//! The two sides of a comparison: their statements, and which of them are about which actions and resources.

use std::collections::BTreeSet;

use super::super::decide::{DeterminingStatement, Policies, StatementSource, Statements};
use super::super::document::Statement;
use super::super::request::Request;
use super::super::tri_bool::{Doubts, TriBool};
use super::classes::Classes;

/// The statements of a side, and which of them are about which classes of actions and resources.
pub(super) struct Side<'a> {
    statements: Statements<'a>,
    /// For each class of actions, the statements that name it.
    named: Vec<Vec<usize>>,
    /// For each statement, whether it reaches each class of resources.
    reached: Vec<Vec<TriBool>>,
}

impl<'a> Side<'a> {
    pub(super) fn of(side: &Policies<'a>, actions: &Classes, resources: &Classes, request: &Request) -> Self {
        let statements = Statements::of(side);
        let named = |action: &String| {
            let all = statements.list.iter().enumerate();
            all.filter(|(_, (_, statement))| statement.names_action(action)).map(|(index, _)| index).collect()
        };
        let requests: Vec<Request> = resources.witnesses.iter().map(|one| request.about(one)).collect();
        let reached = |(_, statement): &(_, &Statement)| requests.iter().map(|one| statement.reaches(one)).collect();
        Self {
            named: actions.witnesses.iter().map(named).collect(),
            reached: statements.list.iter().map(reached).collect(),
            statements,
        }
    }

    /// The statements that are about a class of actions and may be about one of resources.
    pub(super) fn indexes(&self, action: usize, resource: usize) -> Vec<(usize, TriBool)> {
        let named = self.named.get(action).into_iter().flatten();
        let truth = |index: &usize| self.reached.get(*index).and_then(|reached| reached.get(resource)).copied();
        let pairs = named.filter_map(|index| Some((*index, truth(index)?)));
        pairs.filter(|(_, truth)| *truth != TriBool::No).collect()
    }

    /// The statements of these indexes.
    pub(super) fn relevant(&self, indexes: &[(usize, TriBool)]) -> Relevant<'a> {
        let list = indexes.iter().filter_map(|(index, _)| self.statements.list.get(*index).copied()).collect();
        let truths = indexes.iter().map(|(_, truth)| *truth).collect();
        Relevant { statements: Statements { list, ..self.statements }, truths }
    }
}

/// The statements that are about an action and may be about a resource, in all the policies of a side.
pub(super) struct Relevant<'a> {
    pub(super) statements: Statements<'a>,
    /// Of each statement, whether it certainly is.
    truths: Vec<TriBool>,
}

impl<'a> Relevant<'a> {
    /// Each with where it stands, and whether it certainly is about the resource.
    pub(super) fn all(&self) -> impl Iterator<Item = (DeterminingStatement, &'a Statement, TriBool)> {
        self.statements.list.iter().zip(&self.truths).map(|((at, statement), truth)| (*at, *statement, *truth))
    }

    /// A text that two sides have in common when they say the same, however it is written.
    pub(super) fn meaning(&self) -> String {
        let text = |(at, statement, truth): (DeterminingStatement, &Statement, _)| {
            let policy = match at.policy {
                StatementSource::Identity(_) => "identity",
                StatementSource::Boundary => "boundary",
                StatementSource::Resource => "resource",
            };
            let conditions: BTreeSet<String> = statement.conditions.iter().map(|one| format!("{one:?}")).collect();
            format!("{policy} {:?} {truth:?} {:?} {conditions:?}", statement.effect, statement.principals)
        };
        let texts: BTreeSet<String> = self.all().map(text).collect();
        format!("{texts:?} {} {}", self.statements.bounded, self.statements.required)
    }
}

impl Statement {
    /// Whether the statement is about the resource of a request. One with variables that nobody knows may be.
    fn reaches(&self, request: &Request) -> TriBool {
        if self.open_variables(&request.context) && self.resources.is_some() {
            return TriBool::Unknown;
        }
        self.names_resource(request, &mut Doubts::default())
    }
}
