//! The two sides of a comparison: their statements, and which of them are about which actions and resources.

use std::ops::Range;

use super::super::comparison::Doubts;
use super::super::decide::{Policies, ResourcePolicy};
use super::super::document::{Document, Statement};
use super::super::request::Request;
use super::super::tri_bool::TriBool;
use super::cell::Relevant;
use super::classes::Classes;

pub(super) fn of_side<'a>(side: &Policies<'a>) -> impl Iterator<Item = &'a Statement> {
    let resource = side.resource.map(|policy| resource_document(policy).0);
    side.identity.iter().copied().chain(side.boundary).chain(resource).flat_map(|one| &one.statements)
}

fn resource_document(policy: ResourcePolicy<'_>) -> (&Document, bool) {
    match policy {
        ResourcePolicy::Sufficient(document) => (document, false),
        ResourcePolicy::Required(document) => (document, true),
    }
}

/// The statements of a side, one after the other, and which of them are of which policy.
pub(super) struct Side<'a> {
    statements: Vec<&'a Statement>,
    identity: Range<usize>,
    boundary: Option<Range<usize>>,
    resource: Option<Range<usize>>,
    /// Whether the policy of the resource must allow.
    required: bool,
}

/// Which statements of a side are about which classes of actions and resources.
pub(super) struct Applicability {
    /// For each class of actions, the statements that name it.
    named: Vec<Vec<usize>>,
    /// For each statement, whether it reaches each class of resources.
    reached: Vec<Vec<TriBool>>,
}

impl<'a> Side<'a> {
    pub(super) fn of(side: &Policies<'a>) -> Self {
        let mut statements: Vec<&Statement> = side.identity.iter().flat_map(|document| &document.statements).collect();
        let identity = 0..statements.len();
        let mut add = |document: &'a Document| {
            let start = statements.len();
            statements.extend(&document.statements);
            start..statements.len()
        };
        let boundary = side.boundary.map(&mut add);
        let policy = side.resource.map(resource_document);
        let resource = policy.map(|(document, _)| add(document));
        Self { statements, identity, boundary, resource, required: policy.is_some_and(|(_, required)| required) }
    }

    pub(super) fn applicability(&self, actions: &Classes, resources: &Classes, request: &Request) -> Applicability {
        let named = |action: &String| {
            let all = self.statements.iter().enumerate();
            all.filter(|(_, statement)| statement.names_action(action)).map(|(index, _)| index).collect()
        };
        let requests: Vec<Request> = resources.witnesses.iter().map(|one| request.about(one)).collect();
        let reached =
            |statement: &&Statement| requests.iter().map(|request| statement.reaches_resource(request)).collect();
        Applicability {
            named: actions.witnesses.iter().map(named).collect(),
            reached: self.statements.iter().map(reached).collect(),
        }
    }

    /// The statements of these indexes.
    pub(super) fn relevant(&self, indexes: &[(usize, TriBool)]) -> Relevant<'a> {
        let part = |range: &Range<usize>| -> Vec<(&'a Statement, TriBool)> {
            let inside = indexes.iter().filter(|(index, _)| range.contains(index));
            inside.filter_map(|(index, truth)| Some((*self.statements.get(*index)?, *truth))).collect()
        };
        Relevant {
            identity: part(&self.identity),
            boundary: self.boundary.as_ref().map(part),
            resource: self.resource.as_ref().map(part),
            required: self.required,
        }
    }
}

impl Applicability {
    /// The statements that are about a class of actions and may be about one of resources.
    pub(super) fn indexes(&self, action: usize, resource: usize) -> Vec<(usize, TriBool)> {
        let named = self.named.get(action).into_iter().flatten();
        let truth = |index: &usize| self.reached.get(*index).and_then(|reached| reached.get(resource)).copied();
        let pairs = named.filter_map(|index| Some((*index, truth(index)?)));
        pairs.filter(|(_, truth)| *truth != TriBool::No).collect()
    }
}

impl Statement {
    /// Whether the statement is about a resource. One with variables that nobody knows may be.
    fn reaches_resource(&self, request: &Request) -> TriBool {
        if self.open_variables(&request.context) && self.resources.is_some() {
            return TriBool::Unknown;
        }
        self.names_resource(request, &mut Doubts::default())
    }
}
