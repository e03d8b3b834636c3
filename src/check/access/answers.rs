//! The answers to a question: who may make a request, and the statements that say so.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::evaluation::{Evaluation, Evaluator, Question, assumed_network};
use super::people::{Who, principals, unread};
use crate::check::company;
use crate::iam::Decision;
use crate::inventory::{IamInventory, Location};
use crate::model::User;
use crate::plan::AccountPlan;
use crate::render::Rendered;
use crate::render::span_index::SpanIndex;
use crate::source::Place;

/// A decision about a request of somebody's.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// Who asks.
    #[serde(flatten)]
    pub who: Who,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Whether the IAM user has a second factor; `None` where that makes no difference, or where the question says it.
    pub second_factor: Option<bool>,
    /// The decision.
    #[serde(serialize_with = "shown")]
    pub decision: Decision,
    /// The statements that made it.
    pub statements: Vec<Reason>,
    /// Why it is unknown.
    pub doubts: BTreeSet<String>,
    /// The condition keys, each with a value, with which a request that lacks them would be allowed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed_with: BTreeMap<String, String>,
}

fn shown<S: serde::Serializer>(decision: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(decision)
}

/// A statement that made a decision.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The name of its policy.
    pub policy: String,
    /// Its own name.
    pub sid: Option<String>,
    /// The file that it stands in.
    pub path: Option<String>,
    /// Its line there, counted from 1.
    pub line: Option<usize>,
}

/// The answers to a question, as a user, and from a notebook if there is one; without a person, those of every principal of the account.
/// `inventory` is of the stacks of the plan, in their order, and of the company's policies behind them.
pub fn answers(
    plan: &AccountPlan<'_>,
    rendered: &[Rendered],
    inventory: &IamInventory<'_>,
    (user, question): (Option<&User>, &Question<'_>),
) -> Vec<Answer> {
    let network = assumed_network(plan.account, question);
    let evaluator = Evaluator { names: &plan.names, inventory, question, network, unread: unread(inventory) };
    // The templates, each with its spans once these have been asked for.
    let templates: Vec<(&Rendered, OnceCell<SpanIndex>)> = rendered.iter().map(|one| (one, OnceCell::new())).collect();
    let reason = |(policy, statement): &(usize, usize)| {
        let of = inventory.policies.get(*policy)?;
        let sid = evaluator.document(*policy)?.statements.get(*statement).and_then(|one| one.sid.clone());
        let Location { stack, logical_id, path } = &of.location;
        let path = format!("{logical_id}/{path}/Statement/{statement}");
        // In a template, or of the company's policies, in their files.
        let place: Option<Place> = match templates.get(*stack) {
            Some((rendered, spans)) => {
                let spans = spans.get_or_init(|| SpanIndex::read(&rendered.source));
                Some(spans.place(&format!("/Resources/{path}")))
            }
            None => company::place(plan, &path),
        };
        let path = place.as_ref().map(|place| place.path().display().to_string());
        Some(Reason { policy: of.name.clone(), sid, path, line: place.map(|place| place.line_column().0) })
    };
    let mut answers = Vec::new();
    for (who, principal) in principals(plan, inventory, user) {
        for (second_factor, evaluation) in evaluator.evaluations(principal) {
            let Evaluation { decision, statements, doubts, allowed_with } = evaluation;
            answers.push(Answer {
                who: who.clone(),
                action: question.action.to_owned(),
                resource: question.resource.to_owned(),
                second_factor,
                decision,
                statements: statements.iter().filter_map(reason).collect(),
                doubts,
                allowed_with,
            });
        }
    }
    answers
}
