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

/// A pattern, with its variables filled in, and the text that it is compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Comparison {
    /// How.
    pub test: Test,
    /// The pattern; `ANY_RUN` and `ANY_CHAR` stand for its wildcards.
    pub pattern: String,
    /// The text.
    pub text: String,
}

impl Comparison {
    /// Whether the text fits the pattern.
    pub fn holds(by: Test, pattern: &str, text: &str) -> TriBool {
        match by {
            Test::Equal => TriBool::from(pattern == text),
            Test::EqualInAnyCase => TriBool::from(pattern.to_lowercase() == text.to_lowercase()),
            Test::Like => TriBool::from(pattern::is_like(pattern, text)),
            Test::Resource => pattern::is_resource_like(pattern, text),
            Test::Arn => pattern::is_arn_like(pattern, text),
            Test::Other(base) => operator::compare(base, pattern, text),
        }
    }
}

/// What is noted while a decision is made.
#[derive(Debug, Default)]
pub struct Trace {
    /// The comparisons in which one of `marks` takes part.
    pub comparisons: Vec<Comparison>,
    /// Why something is unknown.
    pub doubts: Vec<String>,
    marks: Vec<char>,
}

impl Trace {
    /// Trace of all comparisons in which one of these characters stands on either side.
    pub fn of(marks: &[char]) -> Self {
        Self { marks: marks.to_vec(), ..Self::default() }
    }

    pub(super) fn compare(&mut self, by: Test, pattern: &str, text: &str) -> TriBool {
        let truth = Comparison::holds(by, pattern, text);
        if !self.marks.is_empty() && (pattern.contains(&*self.marks) || text.contains(&*self.marks)) {
            self.comparisons.push(Comparison { test: by, pattern: pattern.to_owned(), text: text.to_owned() });
        }
        truth
    }

    pub(super) fn doubt(&mut self, why: String) -> TriBool {
        if !self.doubts.contains(&why) {
            self.doubts.push(why);
        }
        TriBool::Unknown
    }
}
