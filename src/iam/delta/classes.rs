//! Actions and resources, told apart by the patterns that match them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::comparison::{Comparison, Test, Truth};
use super::super::decide::is_elsewhere;
use super::super::pattern::{MANY, ONE};
use super::super::request::{Context, Principal, Request};
use super::automaton::{Step, actions, arn_pattern, arns, arns_of_accounts, pattern, witnesses};

/// Texts, of which those that the same patterns match are one class.
#[derive(Debug)]
pub(super) struct Classes {
    test: Test,
    /// Who asks, where it makes a difference in whose account a resource is.
    asking: Option<Principal>,
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
        Some(Self::of(Test::Like, patterns, texts, None))
    }

    /// The resources: ARNs, and the `*` of an action that knows none.
    ///
    /// In another account than that of who asks, more must allow.
    pub(super) fn of_resources(patterns: BTreeSet<String>, request: &Request) -> Option<Self> {
        let mut languages: Vec<Vec<Step>> = patterns.iter().map(|text| pattern(text)).collect();
        // A wildcard that would have to reach beyond its segment makes the match doubtful.
        languages.extend(patterns.iter().filter_map(|text| arn_pattern(text)));
        if let Principal::User { account, .. } | Principal::Role { account, .. } | Principal::Root(account) =
            &request.principal
        {
            languages.extend(arns_of_accounts(account));
        }
        let mut texts = witnesses(&languages, &arns())?;
        texts.push("*".to_owned());
        Some(Self::of(Test::Resource, patterns, texts, Some(request.principal.clone())))
    }

    fn of(test: Test, patterns: BTreeSet<String>, texts: Vec<String>, asking: Option<Principal>) -> Self {
        let patterns: Vec<String> = patterns.into_iter().collect();
        let mut classes = Self {
            test,
            asking,
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
        let of_patterns = self.patterns.iter().map(|pattern| Comparison::holds(self.test, pattern, text));
        of_patterns.chain([Truth::from(self.is_elsewhere(text))]).collect()
    }

    /// Whether a resource is in another account than that of who asks.
    pub(super) fn is_elsewhere(&self, text: &str) -> bool {
        self.asking.as_ref().is_some_and(|principal| {
            is_elsewhere(&Request {
                principal: principal.clone(),
                action: String::new(),
                resource: text.to_owned(),
                context: Context::new(),
            })
        })
    }

    /// The classes of `set` in as few words as the patterns allow. That it is about this account alone is not said.
    pub(super) fn labels(&self, set: &BTreeSet<usize>) -> Vec<String> {
        let here = |class: &usize| !self.is_elsewhere(&self.witnesses[*class]);
        let all = 0..self.witnesses.len();
        let universe: BTreeSet<usize> = if set.iter().all(here) { all.filter(here).collect() } else { all.collect() };
        if *set == universe {
            return vec!["*".to_owned()];
        }
        let matched: Vec<BTreeSet<usize>> = self.matched.iter().map(|matched| matched & &universe).collect();
        let mut labels = Vec::new();
        let mut rest = set.clone();
        let mut whole: Vec<usize> =
            (0..matched.len()).filter(|at| !matched[*at].is_empty() && matched[*at].is_subset(set)).collect();
        whole.sort_by_key(|at| std::cmp::Reverse(matched[*at].len()));
        for at in whole {
            if !matched[at].is_disjoint(&rest) {
                labels.push(shown(&self.patterns[at]));
                rest = &rest - &matched[at];
            }
        }
        labels.sort();
        while let Some(class) = rest.first().copied() {
            let (label, told) = self.part(class, set, &universe, &matched);
            labels.push(label);
            rest = &rest - &told;
            rest.remove(&class);
        }
        labels
    }

    /// What a class is part of, and without what, with all classes of `set` that this tells of.
    fn part(
        &self,
        class: usize,
        set: &BTreeSet<usize>,
        universe: &BTreeSet<usize>,
        matched: &[BTreeSet<usize>],
    ) -> (String, BTreeSet<usize>) {
        let around = (0..matched.len()).filter(|at| matched[*at].contains(&class)).min_by_key(|at| matched[*at].len());
        let (name, inside) = around.map_or(("*".to_owned(), universe), |at| (shown(&self.patterns[at]), &matched[at]));
        let mut without: Vec<usize> = (0..matched.len())
            .filter(|at| !matched[*at].is_disjoint(inside) && matched[*at].is_disjoint(set))
            .collect();
        without.sort_by_key(|at| std::cmp::Reverse(matched[*at].len()));
        let mut told = inside.clone();
        let mut exceptions = Vec::new();
        for at in without {
            if !matched[at].is_disjoint(&told) {
                told = &told - &matched[at];
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
