//! Texts for every way in which a set of patterns can match.
//!
//! All patterns are followed at once, character by character, as automata are: a state is where in each pattern one may be.
//! Every state that some text leads to is visited, so that each combination of patterns that some text matches, and no
//! other, is found, with a shortest text for it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::pattern::{MANY, ONE};

/// A step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// This character.
    Char(char),
    /// This character, whatever its case.
    AnyCase(char),
    /// Any one character.
    One,
    /// Any characters, or none.
    Many,
    /// Any one character but `:`.
    OneInSegment,
    /// Any characters but `:`, or none.
    ManyInSegment,
    /// A digit.
    Digit,
    /// A letter or a digit, in lower case.
    Letter,
    /// Any of these, or none.
    Letters,
}

impl Step {
    fn takes(self, c: char) -> bool {
        match self {
            Step::Char(wanted) => wanted == c,
            Step::AnyCase(wanted) => wanted.to_lowercase().eq(c.to_lowercase()),
            Step::One | Step::Many => true,
            Step::OneInSegment | Step::ManyInSegment => c != ':',
            Step::Digit => c.is_ascii_digit(),
            Step::Letter | Step::Letters => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        }
    }

    fn repeats(self) -> bool {
        matches!(self, Step::Many | Step::ManyInSegment | Step::Letters)
    }
}

/// A pattern, in which `MANY` and `ONE` stand for the wildcards.
pub(super) fn pattern(text: &str) -> Vec<Step> {
    steps(text, Step::One, Step::Many)
}

/// A pattern of an ARN: in each of the first five segments, wildcards do not reach beyond it. `None` for a pattern that has
/// no six segments.
pub(super) fn arn_pattern(text: &str) -> Option<Vec<Step>> {
    let mut parts: Vec<&str> = text.splitn(6, ':').collect();
    let last = parts.pop().filter(|_| parts.len() == 5)?;
    let mut all = Vec::new();
    for part in parts {
        all.extend(steps(part, Step::OneInSegment, Step::ManyInSegment));
        all.push(Step::Char(':'));
    }
    all.extend(pattern(last));
    Some(all)
}

/// A text without wildcards, compared whatever the case.
pub(super) fn any_case(text: &str) -> Vec<Step> {
    text.chars().map(Step::AnyCase).collect()
}

fn steps(text: &str, one: Step, many: Step) -> Vec<Step> {
    let step = |c: char| match c {
        ONE => one,
        MANY => many,
        c => Step::Char(c),
    };
    text.chars().map(step).collect()
}

/// Texts that are the action of a request: `service:name`, in lower case.
pub(super) fn actions() -> Vec<Step> {
    vec![Step::Letter, Step::Letters, Step::Char(':'), Step::Letter, Step::Letters]
}

/// Texts that are an ARN.
pub(super) fn arns() -> Vec<Step> {
    let mut all: Vec<Step> = "arn:".chars().map(Step::Char).collect();
    for _ in 0..2 {
        all.extend([Step::OneInSegment, Step::ManyInSegment, Step::Char(':')]);
    }
    for _ in 0..2 {
        all.extend([Step::ManyInSegment, Step::Char(':')]);
    }
    all.extend([Step::One, Step::Many]);
    all
}

/// ARNs that are those of an account, and those that are those of any account.
pub(super) fn arns_of_accounts(account: &str) -> [Vec<Step>; 2] {
    let around = |account: Vec<Step>| {
        let mut all: Vec<Step> = "arn:".chars().map(Step::Char).collect();
        for _ in 0..3 {
            all.extend([Step::ManyInSegment, Step::Char(':')]);
        }
        all.extend(account);
        all.extend([Step::Char(':'), Step::Many]);
        all
    };
    [around(account.chars().map(Step::Char).collect()), around(vec![Step::Digit, Step::ManyInSegment])]
}

/// All texts.
pub(super) fn all() -> Vec<Step> {
    vec![Step::Many]
}

/// More states than these are not visited: patterns with many wildcards each can have any number.
const MOST_STATES: usize = 20_000;
/// Of these characters, one that stands in no pattern stands for all that do not.
const OTHERS: &str = "xqzjkvwy0123456789abcdefghilmnoprstu-_~éあ";

/// Where in the patterns one may be: positions of all patterns, in order.
type State = Vec<u32>;

/// The steps of several patterns, one after the other.
struct Automaton {
    steps: Vec<Option<Step>>,
    /// For each position, those that may follow it without a character, itself among them.
    closures: Vec<Vec<u32>>,
    /// For each pattern, its first position; its last is the one before that of the next, and has no step.
    starts: Vec<u32>,
}

impl Automaton {
    fn new(patterns: &[&[Step]]) -> Self {
        let mut automaton = Self { steps: Vec::new(), closures: Vec::new(), starts: Vec::new() };
        for pattern in patterns {
            let start = automaton.steps.len();
            automaton.starts.push(u32::try_from(start).unwrap_or(u32::MAX));
            for position in 0..=pattern.len() {
                let from = u32::try_from(start + position).unwrap_or(u32::MAX);
                let skipped = pattern.iter().skip(position).take_while(|step| step.repeats()).count();
                automaton.steps.push(pattern.get(position).copied());
                automaton.closures.push((from..=from + u32::try_from(skipped).unwrap_or(0)).collect());
            }
        }
        automaton
    }

    fn closure(&self, position: u32) -> &[u32] {
        self.closures.get(position as usize).map_or(&[], Vec::as_slice)
    }

    fn step_at(&self, position: u32) -> Option<Step> {
        self.steps.get(position as usize).copied().flatten()
    }

    fn start(&self) -> State {
        self.starts.iter().flat_map(|start| self.closure(*start)).copied().collect()
    }

    fn after(&self, state: &State, c: char) -> State {
        let mut after = State::with_capacity(state.len());
        for position in state {
            let Some(step) = self.step_at(*position).filter(|step| step.takes(c)) else { continue };
            after.extend_from_slice(self.closure(if step.repeats() { *position } else { position + 1 }));
        }
        after.sort_unstable();
        after.dedup();
        after
    }

    /// The patterns that a text which leads to the state matches.
    fn accepted(&self, state: &State) -> Vec<usize> {
        let last = state.iter().filter(|position| self.step_at(**position).is_none());
        last.map(|position| self.starts.partition_point(|start| start <= position) - 1).collect()
    }

    /// The characters that lead on in different ways.
    fn next(&self, state: &State, other: Option<char>) -> BTreeSet<char> {
        let mut characters: BTreeSet<char> = other.into_iter().collect();
        for step in state.iter().filter_map(|position| self.step_at(*position)) {
            match step {
                Step::Char(c) => _ = characters.insert(c),
                Step::AnyCase(c) => characters.extend(c.to_lowercase().take(1).chain(c.to_uppercase().take(1))),
                Step::OneInSegment | Step::ManyInSegment => _ = characters.insert(':'),
                Step::Digit => _ = characters.insert('0'),
                Step::One | Step::Many | Step::Letter | Step::Letters => {}
            }
        }
        characters
    }
}

/// For every combination of `patterns` that some text of `domain` matches, such a text. `None` if there are too many ways.
pub(super) fn witnesses(patterns: &[Vec<Step>], domain: &[Step]) -> Option<Vec<String>> {
    let unique: BTreeSet<&Vec<Step>> = patterns.iter().collect();
    let mut all: Vec<&[Step]> = vec![domain];
    all.extend(unique.into_iter().map(Vec::as_slice));
    let literals: BTreeSet<char> =
        all.iter().flat_map(|steps| steps.iter()).filter_map(|step| literal(*step)).collect();
    let in_domain = |c: char| domain.iter().any(|step| literal(*step).is_none() && step.takes(c));
    let other = OTHERS.chars().find(|c| !literals.contains(c) && in_domain(*c));
    let automaton = Automaton::new(&all);
    let of_domain = u32::try_from(domain.len()).unwrap_or(u32::MAX);
    // Each state that was reached, with the one before it and the character between.
    let mut reached: Vec<(State, usize, Option<char>)> = vec![(automaton.start(), 0, None)];
    #[expect(clippy::disallowed_types, reason = "it is only asked what is in it, and in what order shows nowhere")]
    let mut seen: std::collections::HashSet<State> = reached.iter().map(|(state, ..)| state.clone()).collect();
    let mut found: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let mut index = 0;
    while let Some((state, ..)) = reached.get(index) {
        let accepted = automaton.accepted(state);
        if accepted.first() == Some(&0) {
            found.entry(accepted).or_insert(index);
        }
        let afters: Vec<(char, State)> =
            automaton.next(state, other).into_iter().map(|c| (c, automaton.after(state, c))).collect();
        for (c, after) in afters {
            // Only texts of the domain are of interest.
            if after.first().is_some_and(|first| *first <= of_domain) && seen.insert(after.clone()) {
                if seen.len() > MOST_STATES {
                    return None;
                }
                reached.push((after, index, Some(c)));
            }
        }
        index += 1;
    }
    let text = |mut index: usize| {
        let mut characters = Vec::new();
        while let Some((_, before, Some(c))) = reached.get(index) {
            characters.push(*c);
            index = *before;
        }
        characters.iter().rev().collect()
    };
    Some(found.into_values().map(text).collect())
}

/// Whether a text matches a pattern.
pub(super) fn matches(steps: &[Step], text: &str) -> bool {
    let end = text.chars().fold(closure(steps, [0]), |positions, c| step(steps, &positions, c));
    end.last().is_some_and(|last| *last == steps.len())
}

fn literal(step: Step) -> Option<char> {
    match step {
        Step::Char(c) | Step::AnyCase(c) => Some(c),
        _ => None,
    }
}

fn step(steps: &[Step], positions: &[usize], c: char) -> Vec<usize> {
    let reached = positions.iter().filter_map(|&position| {
        let step = steps.get(position).filter(|step| step.takes(c))?;
        Some(if step.repeats() { position } else { position + 1 })
    });
    closure(steps, reached)
}

/// The positions, and those that may follow without a character.
fn closure(steps: &[Step], positions: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut all = BTreeSet::new();
    for mut position in positions {
        while all.insert(position) && steps.get(position).is_some_and(|step| step.repeats()) {
            position += 1;
        }
    }
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        text.replace('*', &MANY.to_string()).replace('?', &ONE.to_string())
    }

    fn texts(patterns: &[&str], domain: &[Step]) -> Vec<String> {
        let patterns: Vec<Vec<Step>> = patterns.iter().map(|text| pattern(&encoded(text))).collect();
        let mut texts = witnesses(&patterns, domain).unwrap();
        texts.sort();
        texts
    }

    #[test]
    fn every_combination_has_a_text_and_no_impossible_one_has() {
        // None, the first, the second, both; a text of `a*` that is `*b` but not `ab`.
        assert_eq!(texts(&["a*", "*b"], &all()), ["", "a", "ab", "b"]);
        assert_eq!(texts(&["a?", "ab"], &all()), ["", "ab", "ax"]);
        assert_eq!(texts(&["ab", "ab"], &all()), ["", "ab"]);
        assert_eq!(texts(&[], &all()), [""]);
    }

    #[test]
    fn texts_are_of_the_domain() {
        let found = texts(&["s3:get*", "s3:getobject"], &actions());
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|text| matches(&actions(), text)), "{found:?}");
        let found = texts(&["arn:aws:s3:::b/*", "s3:*"], &arns());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().all(|text| matches(&arns(), text)), "{found:?}");
    }

    #[test]
    fn more_states_than_can_be_visited_are_told() {
        let many: Vec<String> = (0..26).map(|at| encoded(&format!("*{}*", char::from(b'a' + at)))).collect();
        let patterns: Vec<Vec<Step>> = many.iter().map(|text| pattern(text)).collect();
        assert_eq!(witnesses(&patterns, &all()), None);
    }
}
