//! Actions and resources, told apart by the patterns that match them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comparison::{Comparison, Test, Truth};
use super::super::pattern::{MANY, ONE};
use super::automaton::{Step, actions, arn_pattern, arns, pattern, witnesses};

/// Texts, of which those that the same patterns match are one class.
#[derive(Debug)]
pub(super) struct Classes {
    test: Test,
    patterns: Vec<String>,
    /// A text of each class.
    pub witnesses: Vec<String>,
    by_truths: BTreeMap<Vec<Truth>, usize>,
    /// The classes that each pattern matches, or may match.
    matched: Vec<BTreeSet<usize>>,
}

impl Classes {
    /// The actions, by patterns in lower case. `None` if there are too many combinations.
    pub(super) fn of_actions(patterns: BTreeSet<String>) -> Option<Self> {
        let languages: Vec<Vec<Step>> = patterns.iter().map(|text| pattern(text)).collect();
        let texts = witnesses(&languages, &actions())?;
        Some(Self::of(Test::Like, patterns, texts))
    }

    /// The resources: ARNs, and the `*` of an action that knows none.
    pub(super) fn of_resources(patterns: BTreeSet<String>) -> Option<Self> {
        let mut languages: Vec<Vec<Step>> = patterns.iter().map(|text| pattern(text)).collect();
        // A wildcard that would have to reach beyond its segment makes the match doubtful.
        languages.extend(patterns.iter().filter_map(|text| arn_pattern(text)));
        let mut texts = witnesses(&languages, &arns())?;
        texts.push("*".to_owned());
        Some(Self::of(Test::Resource, patterns, texts))
    }

    fn of(test: Test, patterns: BTreeSet<String>, texts: Vec<String>) -> Self {
        let patterns: Vec<String> = patterns.into_iter().collect();
        let mut classes = Self {
            test,
            matched: vec![BTreeSet::new(); patterns.len()],
            patterns,
            witnesses: Vec::new(),
            by_truths: BTreeMap::new(),
        };
        for text in texts {
            let truths = classes.truths(&text);
            let class = classes.witnesses.len();
            if classes.by_truths.contains_key(&truths) {
                continue;
            }
            for (matched, _) in classes.matched.iter_mut().zip(&truths).filter(|(_, truth)| **truth != Truth::No) {
                matched.insert(class);
            }
            classes.by_truths.insert(truths, class);
            classes.witnesses.push(text);
        }
        classes
    }

    /// The class of a text; `None` for one that is no action, or no ARN.
    pub(super) fn class_of(&self, text: &str) -> Option<usize> {
        self.by_truths.get(&self.truths(text)).copied()
    }

    fn truths(&self, text: &str) -> Vec<Truth> {
        self.patterns.iter().map(|pattern| Comparison::holds(self.test, pattern, text)).collect()
    }

    /// The classes of `set` in as few words as the patterns allow.
    pub(super) fn labels(&self, set: &BTreeSet<usize>) -> Vec<String> {
        if set.len() == self.witnesses.len() {
            return vec!["*".to_owned()];
        }
        let mut labels = Vec::new();
        let mut rest = set.clone();
        let mut whole: Vec<usize> = (0..self.patterns.len())
            .filter(|at| !self.matched[*at].is_empty() && self.matched[*at].is_subset(set))
            .collect();
        whole.sort_by_key(|at| std::cmp::Reverse(self.matched[*at].len()));
        for at in whole {
            if !self.matched[at].is_disjoint(&rest) {
                labels.push(shown(&self.patterns[at]));
                rest = &rest - &self.matched[at];
            }
        }
        labels.sort();
        while let Some(class) = rest.first().copied() {
            let (label, told) = self.part(class, set);
            labels.push(label);
            rest = &rest - &told;
            rest.remove(&class);
        }
        labels
    }

    /// What a class is part of, and without what, with all classes of `set` that this tells of.
    fn part(&self, class: usize, set: &BTreeSet<usize>) -> (String, BTreeSet<usize>) {
        let all: BTreeSet<usize> = (0..self.witnesses.len()).collect();
        let around = (0..self.patterns.len())
            .filter(|at| self.matched[*at].contains(&class))
            .min_by_key(|at| self.matched[*at].len());
        let (name, inside) = around.map_or(("*".to_owned(), &all), |at| (shown(&self.patterns[at]), &self.matched[at]));
        let mut without: Vec<usize> = (0..self.patterns.len())
            .filter(|at| {
                let matched = &self.matched[*at];
                !matched.is_disjoint(inside) && matched.is_disjoint(set)
            })
            .collect();
        without.sort_by_key(|at| std::cmp::Reverse(self.matched[*at].len()));
        let mut told = inside.clone();
        let mut exceptions = Vec::new();
        for at in without {
            if !self.matched[at].is_disjoint(&told) {
                told = &told - &self.matched[at];
                exceptions.push(shown(&self.patterns[at]));
            }
        }
        if !told.is_subset(set) {
            return (format!("{name} in part, such as {}", self.witnesses[class]), BTreeSet::from([class]));
        }
        let but = if exceptions.is_empty() { String::new() } else { format!(" but {}", exceptions.join(", ")) };
        (format!("{name}{but}"), told)
    }
}

fn shown(pattern: &str) -> String {
    pattern.replace(MANY, "*").replace(ONE, "?")
}
