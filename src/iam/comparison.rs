//! Comparisons: everything that the evaluator asks of a text.

use super::operator::{self, Base};
use super::pattern;
use super::tri_bool::TriBool;

/// How a pattern and a text are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// The same text.
    Equal,
    /// The same text, whatever the case.
    EqualInAnyCase,
    /// The wildcards `*` and `?`.
    Like,
    /// The same, for the ARN of a resource.
    Resource,
    /// The same, for each of the six segments of an ARN on its own.
    Arn,
    /// One of the operators on numbers, dates, addresses and the like.
    Other(Base),
}

impl Test {
    /// Whether a text fits a pattern, in which the variables are filled in, and `ANY_RUN` and `ANY_CHAR` stand for the
    /// wildcards.
    pub fn holds(self, pattern: &str, text: &str) -> TriBool {
        match self {
            Test::Equal => TriBool::from(pattern == text),
            Test::EqualInAnyCase => TriBool::from(pattern.to_lowercase() == text.to_lowercase()),
            Test::Like => TriBool::from(pattern::is_like(pattern, text)),
            Test::Resource => pattern::is_resource_like(pattern, text),
            Test::Arn => pattern::is_arn_like(pattern, text),
            Test::Other(base) => operator::compare(base, pattern, text),
        }
    }
}

/// Why something is unknown, each reason once.
#[derive(Debug, Default)]
pub(super) struct Doubts(pub(super) Vec<String>);

impl Doubts {
    pub(super) fn add(&mut self, why: String) -> TriBool {
        if !self.0.contains(&why) {
            self.0.push(why);
        }
        TriBool::Unknown
    }
}
