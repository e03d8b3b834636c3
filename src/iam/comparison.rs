//! Comparisons: everything that the evaluator asks of a text.

use super::operator::{self, Base};
use super::pattern;
use super::truth::Truth;

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
    /// The pattern; `MANY` and `ONE` stand for its wildcards.
    pub pattern: String,
    /// The text.
    pub text: String,
}

impl Comparison {
    /// Whether the text fits the pattern.
    pub fn holds(by: Test, pattern: &str, text: &str) -> Truth {
        match by {
            Test::Equal => Truth::from(pattern == text),
            Test::EqualInAnyCase => Truth::from(pattern.to_lowercase() == text.to_lowercase()),
            Test::Like => Truth::from(pattern::is_like(pattern, text)),
            Test::Resource => pattern::is_resource_like(pattern, text),
            Test::Arn => pattern::is_arn_like(pattern, text),
            Test::Other(base) => operator::compare(base, pattern, text),
        }
    }
}

/// What is noted while a decision is made.
#[derive(Debug, Default)]
pub struct Notes {
    /// The comparisons in which one of `marks` takes part.
    pub comparisons: Vec<Comparison>,
    /// Why something is unknown.
    pub doubts: Vec<String>,
    marks: Vec<char>,
}

impl Notes {
    /// Notes of all comparisons in which one of these characters stands on either side.
    pub fn of(marks: &[char]) -> Self {
        Self { marks: marks.to_vec(), ..Self::default() }
    }

    pub(super) fn compare(&mut self, by: Test, pattern: &str, text: &str) -> Truth {
        let truth = Comparison::holds(by, pattern, text);
        if !self.marks.is_empty() && (pattern.contains(&*self.marks) || text.contains(&*self.marks)) {
            self.comparisons.push(Comparison { test: by, pattern: pattern.to_owned(), text: text.to_owned() });
        }
        truth
    }

    pub(super) fn doubt(&mut self, why: String) -> Truth {
        if !self.doubts.contains(&why) {
            self.doubts.push(why);
        }
        Truth::Unknown
    }
}
