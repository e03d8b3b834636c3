//! Texts for every way in which a set of languages can match, each of them some patterns.
//!
//! All patterns are followed at once, character by character, as automata are: a state is where in each pattern one may be.
//! Every state that some text leads to is visited, so that each combination of languages that some text is of, and no
//! other, is found, with a shortest text for it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::pattern::{ANY_CHAR, ANY_RUN, encoded};

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
            Step::AnyCase(wanted) if wanted.is_ascii() && c.is_ascii() => wanted.eq_ignore_ascii_case(&c),
            Step::AnyCase(wanted) => wanted.to_lowercase().eq(c.to_lowercase()),
            Step::One | Step::Many => true,
            Step::OneInSegment | Step::ManyInSegment => c != ':',
            Step::Digit => c.is_ascii_digit(),
            Step::Letter | Step::Letters => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        }
    }

    /// Whether it takes one character alone, in any case or in one.
    fn is_literal(self) -> bool {
        matches!(self, Step::Char(_) | Step::AnyCase(_))
    }

    fn repeats(self) -> bool {
        matches!(self, Step::Many | Step::ManyInSegment | Step::Letters)
    }
}

/// A pattern, in which `ANY_RUN` and `ANY_CHAR` stand for the wildcards.
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
        ANY_CHAR => one,
        ANY_RUN => many,
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
    arn_pattern(&encoded("arn:?*:?*:*:*:?*")).unwrap_or_default()
}

/// ARNs that are those of an account, and those that are those of any account.
pub(super) fn arns_of_accounts(account: &str) -> [Vec<Step>; 2] {
    let of = |account: &str| arn_pattern(&encoded(&format!("arn:*:*:*:{account}:*"))).unwrap_or_default();
    let any_digit = |step| if step == Step::Char('0') { Step::Digit } else { step };
    [of(account), of("0*").into_iter().map(any_digit).collect()]
}

/// All texts.
pub(super) fn all() -> Vec<Step> {
    vec![Step::Many]
}

/// A set of texts: those that at least one of these patterns matches.
pub(super) type Language = Vec<Vec<Step>>;

/// More states than these are not visited: patterns with many wildcards each can have any number.
const MOST_STATES: usize = 20_000;
/// Of these characters, one that is in no pattern, or else none that a state names, stands for all that are not. All digits and
/// letters in lower case are among them.
const OTHERS: &str = "xqzjkvwy0123456789abcdefghilmnoprstu-_~éあ";
/// Where a state names all of those, one from here on does.
const FIRST_OF_MORE: char = '\u{4E00}';

/// Positions in the patterns of all languages, in descending order.
type State = Vec<usize>;

/// A place in a pattern of a language.
struct Position {
    /// What the next character must be; `None` at the end of the pattern.
    step: Option<Step>,
    /// The language, by its index.
    language: usize,
    /// The pattern, by its index among those of all languages.
    pattern: usize,
    /// The positions that a text is at when it gets here: this one, and those that may follow without a character.
    closure: Vec<usize>,
}

/// All languages, followed at once.
struct Automaton {
    positions: Vec<Position>,
    /// For each language, the position at which every text that continues is in the language.
    endless: Vec<usize>,
    start: State,
    /// A character that no pattern names.
    unnamed: Option<char>,
}

impl Automaton {
    fn new(languages: &[&Language]) -> Self {
        let names =
            |c: char| languages.iter().copied().flatten().flatten().any(|step| step.is_literal() && step.takes(c));
        let unnamed = OTHERS.chars().find(|c| !names(*c));
        let mut automaton = Self { positions: Vec::new(), endless: Vec::new(), start: Vec::new(), unnamed };
        let mut pattern = 0;
        for (language, patterns) in languages.iter().enumerate() {
            let end: usize = automaton.positions.len() + patterns.iter().map(|steps| steps.len() + 1).sum::<usize>();
            for steps in *patterns {
                let first = automaton.positions.len();
                for at in 0..=steps.len() {
                    let rest = steps.get(at..).unwrap_or_default();
                    let skipped = rest.iter().take_while(|step| step.repeats()).count();
                    let closure = (0..=skipped).map(|skipped| match rest.get(skipped..) {
                        Some([Step::Many]) => end,
                        _ => first + at + skipped,
                    });
                    let closure: Vec<usize> = closure.collect();
                    if at == 0 {
                        automaton.start.extend(&closure);
                    }
                    automaton.positions.push(Position { step: rest.first().copied(), language, pattern, closure });
                }
                pattern += 1;
            }
            automaton.endless.push(end);
            let closure = vec![end];
            automaton.positions.push(Position { step: Some(Step::Many), language, pattern, closure });
            pattern += 1;
        }
        let mut start = std::mem::take(&mut automaton.start);
        automaton.reduce(&mut start);
        automaton.start = start;
        automaton
    }

    /// The positions, with their indexes, of a state.
    fn of<'a>(&'a self, state: &'a [usize]) -> impl DoubleEndedIterator<Item = (usize, &'a Position)> {
        state.iter().filter_map(|index| Some((*index, self.positions.get(*index)?)))
    }

    /// The positions that matter. Past a `Many`, what comes before it in the pattern can match nothing more; where every
    /// text that continues is in a language, no other position of the language can add one.
    fn reduce(&self, state: &mut State) {
        state.sort_unstable_by(|a, b| b.cmp(a));
        state.dedup();
        let (mut done_language, mut done_pattern) = (None, None);
        state.retain(|index| {
            let Some(position) = self.positions.get(*index) else { return false };
            if done_language == Some(position.language) || done_pattern == Some(position.pattern) {
                return false;
            }
            if self.endless.get(position.language) == Some(index) {
                done_language = Some(position.language);
            } else if position.step == Some(Step::Many) {
                done_pattern = Some(position.pattern);
            }
            true
        });
    }

    /// Makes `after` the state that a character leads to.
    fn step(&self, state: &[usize], c: char, after: &mut State) {
        after.clear();
        for (index, position) in self.of(state) {
            let Some(step) = position.step.filter(|step| step.takes(c)) else { continue };
            let reached = if step.repeats() { index } else { index + 1 };
            after.extend_from_slice(self.positions.get(reached).map_or(&[], |reached| &reached.closure));
        }
        self.reduce(after);
    }

    /// The languages that a text which leads to the state is of, in order; none where it is not of the first.
    fn accepted(&self, state: &[usize]) -> Vec<usize> {
        let is_end = |index: usize, position: &Position| {
            position.step.is_none() || self.endless.get(position.language) == Some(&index)
        };
        let ends = self.of(state).rev().filter(|(index, position)| is_end(*index, position));
        let mut ends = ends.map(|(_, position)| position.language).peekable();
        let mut languages: Vec<usize> = if ends.peek() == Some(&0) { ends.collect() } else { Vec::new() };
        languages.dedup();
        languages
    }

    /// The characters that lead on in different ways, in order, and stay in the first language.
    fn next(&self, state: &[usize]) -> Vec<char> {
        let steps = || self.of(state).filter_map(|(_, position)| position.step);
        let mut characters: Vec<char> = Vec::new();
        let (mut has_digit, mut has_letter) = (false, false);
        for step in steps() {
            match step {
                Step::Char(c) => characters.push(c),
                Step::AnyCase(c) => characters.extend(c.to_lowercase().take(1).chain(c.to_uppercase().take(1))),
                Step::OneInSegment | Step::ManyInSegment => characters.push(':'),
                Step::Digit => has_digit = true,
                Step::Letter | Step::Letters => has_letter = true,
                Step::One | Step::Many => {}
            }
        }
        // Of each kind that the steps tell apart, one that none of them names leads on as all of these do.
        let kind = |c: char| (has_digit && Step::Digit.takes(c), has_letter && Step::Letter.takes(c));
        let is_named = |c: char| self.unnamed != Some(c) && steps().any(|step| step.is_literal() && step.takes(c));
        let kinds = ['0', 'x', '_'].map(kind);
        for (at, wanted) in kinds.into_iter().enumerate() {
            if kinds.iter().take(at).any(|known| *known == wanted) {
                continue;
            }
            let more = (wanted == (false, false)).then_some(FIRST_OF_MORE..=char::MAX);
            let all = self.unnamed.into_iter().chain(OTHERS.chars()).chain(more.into_iter().flatten());
            characters.extend(all.filter(|c| kind(*c) == wanted).find(|c| !is_named(*c)));
        }
        characters.sort_unstable();
        characters.dedup();
        let domain = || self.of(state).rev().take_while(|(_, position)| position.language == 0);
        characters.retain(|c| domain().filter_map(|(_, position)| position.step).any(|step| step.takes(*c)));
        characters
    }
}

/// For every combination of `languages` that some text of `domain` is of, such a text. `None` if there are too many ways.
pub(super) fn witnesses(languages: &[Language], domain: &[Step]) -> Option<Vec<String>> {
    combinations(languages, domain).map(|found| found.into_values().collect())
}

/// Whether some of the texts that match `b` match `a`, and whether all do. `None` if there are too many ways.
pub(super) fn some_and_all(a: Vec<Step>, b: &[Step]) -> Option<(bool, bool)> {
    let found = combinations(&[vec![a]], b)?;
    Some((found.keys().any(|languages| languages.len() == 2), found.keys().all(|languages| languages.len() == 2)))
}

/// The combinations, each with a text: of a combination, the domain is the first language, and behind it those that are the same are one.
pub(super) fn combinations(languages: &[Language], domain: &[Step]) -> Option<BTreeMap<Vec<usize>, String>> {
    let unique: BTreeSet<&Language> = languages.iter().collect();
    let of_domain = vec![domain.to_vec()];
    let mut all = vec![&of_domain];
    all.extend(unique);
    let automaton = Automaton::new(&all);
    // Each state that was reached, with the one before it and the character between.
    let start: Rc<[usize]> = automaton.start.as_slice().into();
    let mut reached = vec![(Rc::clone(&start), 0, None)];
    #[expect(clippy::disallowed_types, reason = "it is only asked what is in it, and in what order shows nowhere")]
    let mut seen = std::collections::HashSet::from([start]);
    let mut found: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
    let (mut index, mut after) = (0, State::new());
    while let Some(state) = reached.get(index).map(|(state, ..)| Rc::clone(state)) {
        let accepted = automaton.accepted(&state);
        if !accepted.is_empty() {
            found.entry(accepted).or_insert(index);
        }
        // Only texts of the domain, the first language, are of interest.
        for c in automaton.next(&state) {
            automaton.step(&state, c, &mut after);
            if !seen.contains(after.as_slice()) {
                if seen.len() == MOST_STATES {
                    return None;
                }
                let after: Rc<[usize]> = after.as_slice().into();
                seen.insert(Rc::clone(&after));
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
    Some(found.into_iter().map(|(languages, index)| (languages, text(index))).collect())
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    fn texts(patterns: &[&str], domain: &[Step]) -> Vec<String> {
        let languages: Vec<Language> = patterns.iter().map(|text| vec![pattern(&encoded(text))]).collect();
        sorted(witnesses(&languages, domain).unwrap())
    }

    fn sorted(mut texts: Vec<String>) -> Vec<String> {
        texts.sort();
        texts
    }

    #[test]
    fn which_pattern_of_a_language_matches_makes_no_difference() {
        let language = |patterns: &[&str]| patterns.iter().map(|text| pattern(&encoded(text))).collect::<Language>();
        let of = |languages: &[Language]| sorted(witnesses(languages, &all()).unwrap());
        assert_eq!(of(&[language(&["*a*", "*b*", "*c*"])]), ["", "a"]);
        assert_eq!(of(&[language(&["a*", "b"]), language(&["*b"])]), ["", "a", "b", "bb"]);
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
        let is_action = Regex::new("^[a-z0-9-]+:[a-z0-9-]+$").unwrap();
        assert!(found.iter().all(|text| is_action.is_match(text)), "{found:?}");
        let found = texts(&["arn:aws:s3:::b/*", "s3:*"], &arns());
        assert_eq!(found.len(), 2, "{found:?}");
        let is_arn = Regex::new("^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$").unwrap();
        assert!(found.iter().all(|text| is_arn.is_match(text)), "{found:?}");
    }

    #[test]
    fn a_character_that_no_pattern_names_is_tried_wherever_there_is_one() {
        // All that stand for others are named, elsewhere.
        assert_eq!(texts(&[OTHERS, "A?", "Ax"], &all()), ["", "Aq", "Ax", OTHERS]);
        let actions_named: String = OTHERS.chars().filter(|c| Step::Letter.takes(*c)).collect();
        assert_eq!(texts(&[&format!("zz:{actions_named}"), "s3:*"], &actions()).len(), 3);
        // Or here, where there is still another one.
        let every: Vec<String> = OTHERS.chars().chain(['A']).map(|c| c.to_string()).collect();
        let every: Vec<&str> = every.iter().map(String::as_str).chain(["?"]).collect();
        let found = texts(&every, &all());
        assert!(found.contains(&FIRST_OF_MORE.to_string()), "{found:?}");
        // A letter that is named in one case is named in the other.
        let languages = [vec![pattern(&encoded("b?bby"))], vec![any_case("bXbby")]];
        assert_eq!(witnesses(&languages, &all()).unwrap().len(), 4);
        // A digit that is none of the named.
        let accounts = arns_of_accounts("000000000000").map(|steps| vec![steps]);
        assert_eq!(witnesses(&accounts, &arns()).unwrap().len(), 3);
    }

    #[test]
    fn more_states_than_can_be_visited_are_told() {
        let many: Vec<String> = (0..26).map(|at| encoded(&format!("*{}*", char::from(b'a' + at)))).collect();
        let languages: Vec<Language> = many.iter().map(|text| vec![pattern(text)]).collect();
        assert_eq!(witnesses(&languages, &all()), None);
        assert_eq!(witnesses(&[languages.concat()], &all()).map(|texts| texts.len()), Some(2));
    }
}
