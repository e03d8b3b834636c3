//! The evaluator's decisions against those of an independent simulator of IAM, on random policies and requests.
//!
//! The simulator is installed from npm (tests/oracle/install.sh). Each case is drawn from the seed in `PROPTEST_RNG_SEED`, or from
//! a fixed one; `RACESTACK_SLOW_TESTS=1` draws more of them. A disagreement fails the test, and is shown at its smallest.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test reads files, may fail, and says what it saw"
)]

mod aim;
mod audited;
mod case;
mod catalogue;
mod chance;
mod condition;
mod corpus;
mod day;
mod delta;
mod departures;
mod evaluator;
mod mutate;
mod node;
mod notebooks;
mod settings;
mod sharing;
mod smaller;
mod statement;
mod weakened;
mod who;
mod words;

use std::collections::BTreeMap;

use case::Case;
use catalogue::Catalogue;
use chance::Chance;
use corpus::Corpus;
use departures::Departures;
use node::Answer;

use crate::common::is_slow;

/// Cases in `make test`, and in `make test-all`.
const CASES: usize = 1_000;
const ALL_CASES: usize = 24_000;
/// Cases that are drawn and asked at a time.
const AT_ONCE: usize = 1_000;
/// The least that each decision must be of a hundred cases, and the most that cases without a comparison may be: else the
/// cases say little.
const LEAST_SHARE: usize = 15;
const LEAST_SHARE_OF_TAGS: usize = 1;
const MOST_UNKNOWN: usize = 8;
const MOST_REFUSED: usize = 2;

#[test]
fn the_evaluator_and_the_oracle_decide_alike() {
    let catalogue = Catalogue::new(&node::catalogue(&catalogue::SERVICES));
    let corpus = Corpus::read();
    let mut chance = Chance::new(start());
    let mut seen = Seen::default();
    let cases = if is_slow() { ALL_CASES } else { CASES };
    for _ in 0..cases.div_ceil(AT_ONCE) {
        let drawn: Vec<Case> = (0..AT_ONCE).map(|_| case::case(&corpus, &catalogue, &mut chance)).collect();
        let found = compared(&drawn, &mut seen);
        if let Some(first) = found.first() {
            let smallest = if std::env::var_os("NO_SHRINK").is_some() {
                drawn[first.place].clone()
            } else {
                smaller::smaller(drawn[first.place].clone())
            };
            let Disagreement { oracle, evaluator, .. } = &disagreements(std::slice::from_ref(&smallest))[0];
            let smallest = serde_json::to_string_pretty(&smallest.json()).unwrap();
            panic!(
                "{} of {AT_ONCE} cases, seed {}: the oracle says {oracle}, the evaluator {evaluator}:\n{smallest}",
                found.len(),
                start()
            );
        }
    }
    println!("{seen:#?}");
    seen.check();
}

/// The seed that cases are drawn from.
fn start() -> u64 {
    std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_221_130)
}

/// What the cases came to.
#[derive(Debug, Default)]
struct Seen {
    decisions: BTreeMap<String, usize>,
    /// Cases that the evaluator does not decide, by the first reason.
    unknown: BTreeMap<String, usize>,
    /// Cases that the oracle does not decide, by its reason.
    refused: BTreeMap<String, usize>,
    departures: Departures,
    /// Cases whose policies speak of tags of whoever asks, by what the tag `user` says, and the decision.
    tags: BTreeMap<(&'static str, String), usize>,
}

impl Seen {
    #[track_caller]
    fn check(&self) {
        let of = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let (decided, unknown, refused) = (of(&self.decisions), of(&self.unknown), of(&self.refused));
        let all = decided + unknown + refused;
        assert_eq!(self.decisions.len(), 3);
        for (decision, count) in &self.decisions {
            assert!(count * 100 > LEAST_SHARE * all, "{decision} in {count} of {all} cases");
        }
        assert!(unknown * 100 < MOST_UNKNOWN * all, "{unknown} of {all} cases are unknown");
        assert!(refused * 100 < MOST_REFUSED * all, "{refused} of {all} cases are refused");
        for says in ["the own name", "another name", "nothing"] {
            for decision in self.decisions.keys() {
                let count = self.tags.get(&(says, decision.clone())).copied().unwrap_or_default();
                assert!(count * 100 > LEAST_SHARE_OF_TAGS * all, "{decision} in {count} cases whose tag says {says}");
            }
        }
    }
}

/// A case that the two decide differently.
struct Disagreement {
    /// Where it stands among the cases.
    place: usize,
    oracle: String,
    evaluator: &'static str,
}

#[track_caller]
fn disagreements(cases: &[Case]) -> Vec<Disagreement> {
    compared(cases, &mut Seen::default())
}

/// The oracle's answers. What AWS does not send with a case's action is taken out of its request.
#[track_caller]
fn answers(cases: &mut [Case], seen: &mut Seen) -> Vec<Answer> {
    let asked: Vec<_> = cases.iter().map(Case::json).collect();
    let mut answers = node::decide(&asked);
    let mut again = Vec::new();
    for (place, case) in cases.iter_mut().enumerate() {
        if let Answer::Decided { unsent, .. } = &answers[place] {
            case.request.context.retain(|key, _| !unsent.contains(key));
        }
        let mut met = Departures::new();
        let asked = departures::without(case, &mut met);
        if !met.is_empty() {
            again.push((place, asked.json()));
            for (departure, _) in met {
                *seen.departures.entry(departure).or_default() += 1;
            }
        }
    }
    let asked: Vec<_> = again.iter().map(|(_, asked)| asked.clone()).collect();
    for ((place, _), answer) in again.iter().zip(node::decide(&asked)) {
        answers[*place] = answer;
    }
    answers
}

#[track_caller]
fn compared(cases: &[Case], seen: &mut Seen) -> Vec<Disagreement> {
    let mut cases = cases.to_vec();
    let answers = answers(&mut cases, seen);
    let mut found = Vec::new();
    for (place, (case, answer)) in cases.iter().zip(answers).enumerate() {
        let oracle = match answer {
            Answer::Decided { decision, .. } => decision,
            Answer::Refused(why) => {
                *seen.refused.entry(why).or_default() += 1;
                continue;
            }
        };
        let (evaluator, doubts) = evaluator::decision(case);
        // Where nothing allows and a denial is in doubt, the request is denied either way.
        let is_denied_in_doubt = evaluator == "ImplicitlyDenied" && oracle == "ExplicitlyDenied" && !doubts.is_empty();
        if evaluator == "Unknown" || is_denied_in_doubt {
            let why = doubts.first().cloned().unwrap_or_default();
            let why = why.split('`').step_by(2).collect::<Vec<_>>().join("…");
            *seen.unknown.entry(why).or_default() += 1;
            continue;
        }
        if evaluator != oracle {
            found.push(Disagreement { place, oracle: oracle.clone(), evaluator });
        }
        if case.speaks_of_tags() {
            *seen.tags.entry((case.tag_says(), oracle.clone())).or_default() += 1;
        }
        *seen.decisions.entry(oracle).or_default() += 1;
    }
    found
}
