//! What an access delta tells of a change of policies, against what the oracle decides before and after it.

use std::collections::BTreeMap;

use racestack::iam::{AccessLine, Direction, Principal, access_delta};
use serde_json::{Map, Value as Json, json};

use crate::common::is_slow;
use crate::oracle::case::{Case, Request};
use crate::oracle::catalogue::{Catalogue, SERVICES};
use crate::oracle::chance::Chance;
use crate::oracle::corpus::{Corpus, Policies};
use crate::oracle::departures::{self, Departures};
use crate::oracle::node::{self, Answer};
use crate::oracle::statement::Place;
use crate::oracle::who::Who;
use crate::oracle::{Seen, aim, answers, evaluator, mutate, start, words};

/// Changes of policies in `make test`, and in `make test-all`.
const CHANGES: usize = 12;
const ALL_CHANGES: usize = 1_200;
/// Requests that are asked about each.
const REQUESTS: usize = 40;
/// The least of a hundred requests that a change must decide otherwise, in each direction.
const LEAST_SHARE: usize = 1;

/// A change of somebody's policies, and requests of theirs.
struct Change {
    who: Who,
    /// What every request of theirs says.
    base: Map<String, Json>,
    /// The policies and the boundary before and after.
    sides: [(Vec<Json>, Option<Json>); 2],
    requests: Vec<Request>,
}

#[test]
fn a_line_covers_each_request_that_the_oracle_decides_otherwise_and_each_line_has_one() {
    let catalogue = Catalogue::new(&node::catalogue(&SERVICES));
    let corpus = Corpus::read();
    let mut chance = Chance::new(start());
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for _ in 0..if is_slow() { ALL_CHANGES / CHANGES } else { 1 } {
        let changes: Vec<Change> = (0..CHANGES).map(|_| change(&corpus, &catalogue, &mut chance)).collect();
        check(&changes, &mut counts);
    }
    println!("{counts:#?}");
    let of = |what| counts.get(what).copied().unwrap_or_default();
    let all = of("narrowed") + of("widened") + of("alike") + of("unknown");
    for direction in ["narrowed", "widened"] {
        assert!(of(direction) * 100 > LEAST_SHARE * all, "{direction}: {} of {all} requests", of(direction));
    }
}

fn change(corpus: &Corpus, catalogue: &Catalogue, chance: &mut Chance) -> Change {
    let Policies { is_role, identity, boundary, .. } = chance.one(&corpus.policies).clone();
    let who = if is_role { Who::session(chance) } else { Who::user(chance) };
    let base = who.context();
    let of_request = |policy: &Json, chance: &mut Chance| {
        let mut request = aim::request(policy, &who, catalogue, chance);
        if chance.percent(40) {
            aim::aside(&mut request, catalogue, chance);
        }
        request.context.retain(|key, _| !is_of_principal(key));
        request.context.extend(base.clone());
        with_one_second_factor(&mut request.context);
        request
    };
    let boundary = boundary.filter(|_| chance.percent(25));
    let old = (identity, boundary);
    let mut new = old.clone();
    for _ in 0..=chance.below(3) {
        let request = of_request(chance.one(&old.0), chance);
        let place = chance.below(new.0.len());
        let policy = if chance.percent(20) { new.1.as_mut() } else { new.0.get_mut(place) };
        mutate::policy(policy, Place::Identity, &request, &who, catalogue, chance);
    }
    // Requests that the changed statements speak of tell most.
    let changed: Vec<Json> =
        [(&old, &new), (&new, &old)].into_iter().flat_map(|(one, other)| only_in(one, other)).collect();
    let changed = json!({"Version": "2012-10-17", "Statement": changed});
    let requests = (0..REQUESTS).map(|_| {
        let is_near = changed["Statement"] != json!([]) && chance.percent(90);
        of_request(if is_near { &changed } else { chance.one(&new.0) }, chance)
    });
    let requests = requests.collect();
    // What is taken away from a policy is seldom what it denies: seen the other way round, it is what widens.
    let sides = if chance.percent(50) { [old, new] } else { [new, old] };
    Change { who, base, sides, requests }
}

/// Makes the keys of a second factor agree: its age is in a request where there is one, and in no other.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>
fn with_one_second_factor(context: &mut Map<String, Json>) {
    const AGE: &str = "aws:MultiFactorAuthAge";
    let is = |key: &str, other: &str| key.eq_ignore_ascii_case(other);
    let mut all = context.iter();
    let has = all.any(|(key, value)| is(key, "aws:MultiFactorAuthPresent") && value.to_string().contains("true"));
    let age = context.keys().find(|key| is(key, AGE)).cloned();
    match (has, age) {
        (false, Some(key)) => _ = context.remove(&key),
        (true, None) => _ = context.insert(AGE.to_owned(), json!("300")),
        _ => {}
    }
}

fn is_of_principal(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("aws:principal") || key == "aws:username" || key == "aws:userid"
}

/// The statements of one side that the other does not have.
fn only_in(one: &(Vec<Json>, Option<Json>), other: &(Vec<Json>, Option<Json>)) -> Vec<Json> {
    let of = |side: &'_ (Vec<Json>, Option<Json>)| -> Vec<Json> {
        side.0.iter().chain(&side.1).flat_map(aim::statements).cloned().collect()
    };
    let others = of(other);
    of(one).into_iter().filter(|statement| !others.contains(statement)).collect()
}

impl Change {
    fn case(&self, side: usize, request: &Request) -> Case {
        let (identity, boundary) = self.sides[side].clone();
        Case { identity, boundary, resource_policy: None, request: request.clone() }
    }
}

fn check(changes: &[Change], counts: &mut BTreeMap<&'static str, usize>) {
    let both = |change: &Change, request: &Request| [change.case(0, request), change.case(1, request)];
    let asked = changes.iter().flat_map(|change| change.requests.iter().map(move |request| (change, request)));
    let mut cases: Vec<Case> = asked.flat_map(|(change, request)| both(change, request)).collect();
    let mut decided = answers(&mut cases, &mut Seen::default()).into_iter();
    let mut cases = cases.chunks(2);
    let mut examples: Vec<(Direction, Case)> = Vec::new();
    for change in changes {
        let lines = lines(change);
        for _ in &change.requests {
            let (old, new) = (decided.next().unwrap(), decided.next().unwrap());
            let cases = cases.next().unwrap();
            let (Answer::Decided { decision: old, .. }, Answer::Decided { decision: new, .. }) = (old, new) else {
                continue;
            };
            let is_unknown = cases.iter().any(|case| evaluator::decision(case).0 == "Unknown");
            let expected = match (old == "Allowed", new == "Allowed") {
                (true, false) => Some(Direction::Narrowed),
                (false, true) => Some(Direction::Widened),
                _ => None,
            };
            let request = evaluator::request(&cases[0]);
            let covering: Vec<Direction> =
                lines.iter().filter(|line| line.covers(&request)).map(|line| line.direction).collect();
            let kind = match (is_unknown, expected) {
                (true, _) => "unknown",
                (_, Some(Direction::Narrowed)) => "narrowed",
                (_, Some(_)) => "widened",
                (_, None) => "alike",
            };
            *counts.entry(kind).or_default() += 1;
            // Whatever is meant by what is not known: nobody gains by it.
            let gained = expected == Some(Direction::Widened) && covering.contains(&Direction::PerhapsNarrowed);
            assert!(!gained, "{lines:?}\n{}\n{}", cases[0].json(), cases[1].json());
            if !is_unknown {
                let shown = || format!("{:?}\n{}\n{}", lines, cases[0].json(), cases[1].json());
                assert_eq!(covering, Vec::from_iter(expected), "{old} before, {new} after: {}", shown());
            }
        }
        for line in lines {
            *counts.entry("lines").or_default() += 1;
            if line.direction != Direction::Unknown {
                let request = example(change, &line);
                examples.extend((0..2).map(|side| (line.direction, change.case(side, &request))));
            }
        }
    }
    check_examples(&examples, counts);
}

/// Asks the oracle about the request that each line gives as an example. Nobody may be able to make it: its action may be none
/// of the service's.
fn check_examples(examples: &[(Direction, Case)], counts: &mut BTreeMap<&'static str, usize>) {
    let asked: Vec<Json> = examples
        .iter()
        .map(|(_, case)| {
            let mut asked = departures::without(case, &mut Departures::new()).json();
            asked["made_up"] = json!(true);
            asked
        })
        .collect();
    for (pair, answers) in examples.chunks(2).zip(node::decide(&asked).chunks(2)) {
        let allowed = answers.iter().map(|answer| match answer {
            Answer::Decided { decision, .. } => decision == "Allowed",
            Answer::Refused(why) => panic!("{why}: {}", pair[0].1.json()),
        });
        let allowed: Vec<bool> = allowed.collect();
        let as_told = match pair[0].0 {
            Direction::Widened => allowed == [false, true],
            Direction::Narrowed => allowed == [true, false],
            Direction::PerhapsNarrowed | Direction::Unknown => allowed != [false, true],
        };
        assert!(as_told, "{:?} {allowed:?}\n{}\n{}", pair[0].0, pair[0].1.json(), pair[1].1.json());
        *counts.entry("examples").or_default() += 1;
    }
}

fn lines(change: &Change) -> Vec<AccessLine> {
    let request = &change.requests[0];
    let (old, new) = (change.case(0, request), change.case(1, request));
    let principal: Principal = evaluator::request(&old).principal;
    let base = evaluator::context(&change.base);
    evaluator::with_policies(&old, |old| {
        evaluator::with_policies(&new, |new| access_delta(&principal, &base, old, new, |_| true))
    })
    .unwrap()
}

/// A line's example in the words of a case.
fn example(change: &Change, line: &AccessLine) -> Request {
    let said = line.example.context.iter().filter_map(|(key, values)| {
        let values = values?;
        let said = if values.multiple { json!(values.list) } else { json!(values.list.first()?) };
        Some((key.to_owned(), said))
    });
    let (action, resource) = (line.example.action.clone(), line.example.resource.clone());
    let account = resource.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or(words::ACCOUNT).to_owned();
    Request { who: change.who.clone(), action, resource, account, context: said.collect(), possible: Vec::new() }
}
