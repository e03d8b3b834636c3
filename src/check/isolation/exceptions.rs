//! Exceptions: the people for whom a comparison comes out otherwise than for their marks.
//!
//! A comparison is asked of marks first, and then of no pair of people but those whose names could make a difference: what
//! stands before the first wildcard of a pattern is looked up among the sorted names.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use super::marks::{Cast, MARKS, OTHER, OTHER_BOOK, OWN, word};
use crate::iam::{Comparison, MANY, ONE, Test, Truth};
use crate::model::User;

/// People, by their index.
pub(super) type Index = usize;

/// For whom a comparison comes out otherwise.
#[derive(Debug, Default, Clone)]
pub(super) struct Exceptions {
    /// Whoever asks, whatever the other's name.
    pub own: BTreeSet<Index>,
    /// The other, whoever asks.
    pub other: BTreeSet<Index>,
    /// Both.
    pub pairs: BTreeSet<(Index, Index)>,
}

impl Exceptions {
    /// Adds those of another comparison.
    pub(super) fn extend(&mut self, more: &Self) {
        self.own.extend(&more.own);
        self.other.extend(&more.other);
        self.pairs.extend(&more.pairs);
    }
}

/// People, with their names in order once somebody asks.
pub(super) struct Register<'a> {
    pub(super) people: Vec<&'a User>,
    names: OnceCell<Sorted>,
    books: OnceCell<Sorted>,
}

/// Who has a name, by the name in lower case.
type Sorted = BTreeMap<String, Vec<Index>>;

impl<'a> Register<'a> {
    pub(super) fn new(people: Vec<&'a User>) -> Self {
        Self { people, names: OnceCell::new(), books: OnceCell::new() }
    }

    fn sorted(&self, book: bool) -> &Sorted {
        let sorted = if book { &self.books } else { &self.names };
        sorted.get_or_init(|| {
            let mut sorted = Sorted::new();
            for (index, user) in self.people.iter().enumerate() {
                sorted.entry(word(user, book).to_lowercase()).or_default().push(index);
            }
            sorted
        })
    }

    /// Whoever has a name that begins with `text`, or that `text` begins with, whatever the case.
    fn kin(&self, text: &str, book: bool) -> Vec<Index> {
        let sorted = self.sorted(book);
        let text = text.to_lowercase();
        let longer = sorted.range(text.clone()..).take_while(|(name, _)| name.starts_with(&text));
        let mut found: Vec<Index> = longer.flat_map(|(_, people)| people.iter().copied()).collect();
        for (at, _) in text.char_indices().skip(1) {
            found.extend(text.get(..at).and_then(|start| sorted.get(start)).into_iter().flatten());
        }
        found
    }
}

/// Finds the exceptions of a comparison, of those who ask and of the others.
pub(super) fn exceptions(comparison: &Comparison, own: &Register<'_>, other: &Register<'_>) -> Exceptions {
    let Comparison { test, pattern, text } = comparison;
    let generic = Comparison::holds(*test, pattern, text);
    let has = |marks: [char; 2]| (pattern.contains(marks), text.contains(marks));
    let ((own_in_pattern, own_in_text), (other_in_pattern, other_in_text)) = (has(OWN), has(OTHER));
    let mut found = Exceptions::default();
    if is_settled(*test, pattern, text) {
        return found;
    }
    let differs = |own: Option<&User>, other: Option<&User>| {
        let cast = Cast { own, other };
        Comparison::holds(*test, &cast.fill(pattern), &cast.fill(text)) != generic
    };
    match (own_in_pattern || own_in_text, other_in_pattern || other_in_text) {
        (false, false) => {}
        (true, false) => {
            found.own = all(own).filter(|index| differs(Some(own.people[*index]), None)).collect();
        }
        // Where the marks do not match, names do for those alone who are found by the pattern's beginning.
        (false, true) if generic == Truth::No && !other_in_pattern => {
            let candidates = candidates(*test, pattern, text, other);
            found.other = candidates.into_iter().filter(|index| differs(None, Some(other.people[*index]))).collect();
        }
        (false, true) => {
            found.other = all(other).filter(|index| differs(None, Some(other.people[*index]))).collect();
        }
        (true, true) => {
            let sided = generic == Truth::No && !other_in_pattern && !own_in_text;
            for x in all(own) {
                let asks = own.people[x];
                let candidates = if sided {
                    let pattern = Cast { own: Some(asks), other: None }.fill(pattern);
                    candidates(*test, &pattern, text, other)
                } else {
                    all(other).collect()
                };
                let pairs = candidates.into_iter().filter(|y| differs(Some(asks), Some(other.people[*y])));
                found.pairs.extend(pairs.map(|y| (x, y)));
            }
        }
    }
    found
}

fn all(register: &Register<'_>) -> std::ops::Range<Index> {
    0..register.people.len()
}

/// Whether the comparison comes out the same for all people, by its form alone.
fn is_settled(by: Test, pattern: &str, text: &str) -> bool {
    if matches!(by, Test::Other(_)) {
        return false;
    }
    let (start, wildcards) = literal_start(by, pattern);
    // `…*` of a text that begins so, marks and all.
    if wildcards && by != Test::Arn && text.starts_with(start) && pattern.len() == start.len() + MANY.len_utf8() {
        return pattern.ends_with(MANY);
    }
    if pattern == text {
        return !wildcards;
    }
    if by == Test::EqualInAnyCase {
        return false;
    }
    let (own, other) = (start.find(MARKS), text.find(MARKS));
    // What stands before the first mark is already different: no name makes it the same.
    let compared = own.unwrap_or(start.len()).min(other.unwrap_or(text.len()));
    if start.get(..compared).zip(text.get(..compared)).is_some_and(|(a, b)| a != b) {
        return true;
    }
    // `A‹own›/…` of `A‹other›/…`: no name holds what follows, so that both would have to be one name.
    let (Some(own), Some(other)) = (own, other) else { return false };
    let ends = |text: &str, at: usize| behind(text, at).is_none_or(|c| !is_of_names(c));
    let wildcard_follows = behind(pattern, own).is_some_and(|c| c == MANY || c == ONE);
    start.get(..own) == text.get(..other)
        && !wildcard_follows
        && ends(pattern, own)
        && ends(text, other)
        && is_same_kind(pattern, own, text, other)
}

/// The character behind the one at an offset.
fn behind(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().nth(1))
}

/// Whether a mark of whoever asks and one of the other's stand for the same kind of name: that of a person can be that of
/// somebody's notebook.
fn is_same_kind(pattern: &str, a: usize, text: &str, b: usize) -> bool {
    let of = |text: &str, at: usize| text.get(at..).and_then(|rest| rest.chars().next());
    let pair = (of(pattern, a), of(text, b));
    pair == (Some(OWN[0]), Some(OTHER[0])) || pair == (Some(OWN[1]), Some(OTHER[1]))
}

/// The characters of names. Notebooks' are among them.
fn is_of_names(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) || MARKS.contains(&c)
}

/// What stands before the first wildcard, and whether there is one.
fn literal_start(test: Test, pattern: &str) -> (&str, bool) {
    match test {
        Test::Equal | Test::EqualInAnyCase => (pattern, false),
        _ => match pattern.find([MANY, ONE]) {
            Some(at) => (pattern.get(..at).unwrap_or_default(), true),
            None => (pattern, false),
        },
    }
}

/// The others whose name could make `text` match `pattern`, which holds no mark. All of them, where a wildcard comes first.
fn candidates(by: Test, pattern: &str, text: &str, other: &Register<'_>) -> Vec<Index> {
    let everybody = || all(other).collect();
    if matches!(by, Test::Other(_)) {
        return everybody();
    }
    let (start, wildcards) = literal_start(by, pattern);
    let Some(at) = text.find(OTHER) else { return everybody() };
    let before = text.get(..at).unwrap_or_default();
    let begins = |text: &str, with: &str| match by {
        Test::EqualInAnyCase => text.to_lowercase().starts_with(&with.to_lowercase()),
        _ => text.starts_with(with),
    };
    if start.len() <= before.len() {
        return if begins(before, start) && wildcards { everybody() } else { Vec::new() };
    }
    if !begins(start, before) {
        return Vec::new();
    }
    let book = text.get(at..).is_some_and(|rest| rest.starts_with(OTHER_BOOK));
    // In another case, a text may have another length: then everybody is asked.
    start.get(before.len()..).map_or_else(everybody, |rest| other.kin(rest, book))
}

#[cfg(test)]
mod tests;
