//! IAM: policy documents as types, and what AWS decides by them.
//!
//! `decide` answers a request as AWS documents it for one account: identity policies, a permissions boundary, the policy of
//! a resource, the trust policy of a role. What it cannot know, a condition key or an operator, never becomes a yes or a no:
//! the decision is `Unknown`, with the reason, unless it comes out the same either way.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

mod automaton;
mod condition;
mod decide;
mod delta;
mod distinctions;
mod document;
mod grammar;
mod operator;
mod pattern;
mod principal;
mod request;
mod tri_bool;

pub use decide::{Decision, Outcome, Policies, StatementSource, account_of, decide, is_beyond_policies};
pub use delta::{AccessLine, Dependence, Direction, TooManyWays, access_delta, allowed_with};
pub use distinctions::{Distinctions, Relation};
pub use document::{Document, Effect, Statement};
pub use grammar::Malformed;
pub use operator::compares_text;
pub use pattern::is_like_pattern;
pub use request::{Context, Principal, Request, Values};
pub use tri_bool::TriBool;

#[cfg(test)]
mod tests;
