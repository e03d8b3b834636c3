//! Texts of policies by which people differ: what a policy says of one of them need not be what it says of another.

use std::collections::{BTreeMap, BTreeSet};

use super::automaton::{Language, Step, all, arn_pattern, combinations, pattern, some_and_all};
use super::document::{Document, Statement};
use super::operator::Base;
use super::pattern::{ANY_CHAR, ANY_RUN, Filled, Pattern, segments};
use super::request::Request;

/// Texts that are compared with one value of a request, such as its resource, of which it may depend on the values of who asks which of
/// them some value is like at once.
#[derive(Debug, Default)]
pub struct Distinctions {
    pairs: Vec<(Text, Text)>,
    /// Those of which three may be to each other in another way though each two of them are not, and whether one of them is compared
    /// without regard to case.
    clusters: Vec<(Vec<Text>, bool)>,
}

/// A text that requests are compared with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    pattern: Pattern,
    /// Whether `*` and `?` are wildcards in it.
    has_wildcards: bool,
}

/// How texts are to each other, with the values of somebody filled in. Policies are compared by which texts the value of a request is like
/// (`delta`), and this says which of these can be at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Of two.
    Pair(Pair),
    /// Of a cluster: the sets of its texts, by their indexes, that some value is like, and no other; as they are, and in lower case where
    /// that matters.
    Cluster([BTreeSet<Vec<usize>>; 2]),
    /// There are too many; the texts, which nobody else has.
    TooMany(Vec<String>),
}

/// Of two texts, both can be at once, or the one and not the other.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Whether something is like both.
    overlaps: bool,
    /// Whether something is like both where case does not matter, as some operators have it.
    overlaps_in_any_case: bool,
    /// Whether all that is like the first one is like the second one, too, and the other way round.
    covers: [bool; 2],
}

impl Distinctions {
    /// Those of some policies, of which the values of who asks are in the context of `request`, or are these words in texts. `expected` are
    /// values that requests of the day have, each behind its condition key without the service, or behind `principal`, as who asks is.
    ///
    /// Two texts without an own value are to each other as they are for everybody. So are two of which the one can never overlap the
    /// other, whatever the own values are, or always covers it: with these, there is no pair.
    ///
    /// Of words and of what begins with words, each two are apart, or the one is within the other: so pairs say all of them. Where a text
    /// has a wildcard before its end, they do not, and it is looked at with all that it may overlap, and what these may overlap in turn.
    /// What is like everything tells nothing apart.
    pub fn of<'d>(
        policies: impl Iterator<Item = &'d Document>,
        request: &Request,
        words: &[String],
        expected: impl Iterator<Item = (String, String)>,
    ) -> Self {
        let mut by_key: BTreeMap<String, (BTreeSet<Text>, bool)> = BTreeMap::new();
        for (key, text, ignores_case) in policies.flat_map(|document| &document.statements).flat_map(texts) {
            // Some keys stand in several forms: with a service before them, and without.
            let key = key.split_once(':').map_or(key, |(_, key)| key).to_lowercase();
            let (texts, in_any_case) = by_key.entry(key).or_default();
            texts.insert(text);
            *in_any_case |= ignores_case;
        }
        for (key, value) in expected {
            if let Some((texts, _)) = by_key.get_mut(&key.to_lowercase()) {
                texts.insert(Text::plain(&value));
            }
        }
        let (mut pairs, mut clusters) = (Vec::new(), Vec::new());
        for (texts, in_any_case) in by_key.into_values() {
            let is_own = |text: &Text| {
                let has_value = text.pattern.variables().any(|key| request.context.get(key).is_some());
                has_value || text.widest(words) != text.widest(&[])
            };
            // Some operators compare without regard to case.
            let may_overlap = |one: &str, other: &str| overlap(&one.to_lowercase(), &other.to_lowercase());
            if texts.iter().any(is_own) && texts.iter().any(Text::is_irregular) {
                let mut apart: Vec<Vec<&Text>> = Vec::new();
                for text in texts.iter().filter(|text| text.widest(&[]).chars().ne([ANY_RUN])) {
                    let widest = text.widest(words);
                    let is_near = |of: &mut Vec<&Text>| of.iter().any(|one| may_overlap(&one.widest(words), &widest));
                    let mut cluster = vec![text];
                    cluster.extend(apart.extract_if(.., is_near).flatten());
                    apart.push(cluster);
                }
                let is_told = |of: &&Vec<&Text>| {
                    of.len() > 2 && of.iter().any(|one| is_own(one)) && of.iter().any(|one| one.is_irregular())
                };
                let clusters_of_key = apart.iter().filter(is_told);
                clusters.extend(clusters_of_key.map(|of| (of.iter().copied().cloned().collect(), in_any_case)));
            }
            let (own, others): (Vec<Text>, Vec<Text>) = texts.into_iter().partition(is_own);
            for (index, one) in own.iter().enumerate() {
                let widest = one.widest(words);
                // What is the same text for one is the same for everybody.
                let is_other = |other: &&Text| one.filled(request) != other.filled(request);
                let with_own = own.iter().skip(index + 1).filter(is_other);
                let with_own = with_own.filter(|other| may_overlap(&widest, &other.widest(words)));
                let with_others = others.iter().filter(|other| {
                    let other = other.filled(request);
                    other.is_some_and(|other| may_overlap(&widest, &other) && !covers(&other, &widest))
                });
                pairs.extend(with_own.chain(with_others).map(|other| (one.clone(), other.clone())));
            }
        }
        Self { pairs, clusters }
    }

    /// How the texts of each pair and of each cluster are to each other for who makes a request; `own` gives texts the words of who asks.
    pub fn relations(&self, request: &Request, own: &dyn Fn(&str) -> String) -> Vec<Relation> {
        let filled = |text: &Text| {
            Text { pattern: text.pattern.with_texts(own), has_wildcards: text.has_wildcards }.filled(request)
        };
        let relation = |(one, other): &(Text, Text)| {
            let Some((one, other)) = filled(one).zip(filled(other)) else { return Relation::Pair(Pair::default()) };
            let overlaps = overlap(&one, &other);
            Relation::Pair(Pair {
                overlaps,
                overlaps_in_any_case: overlaps || overlap(&one.to_lowercase(), &other.to_lowercase()),
                covers: [overlaps && covers(&other, &one), overlaps && covers(&one, &other)],
            })
        };
        let of_cluster = |(cluster, in_any_case): &(Vec<Text>, bool)| {
            let texts: Vec<Option<String>> = cluster.iter().map(filled).collect();
            // What has no value is like nothing.
            let language = |text: &Option<String>| -> Language { text.iter().map(|text| steps(text)).collect() };
            let lower = |text: &Option<String>| language(&text.as_ref().map(|text| text.to_lowercase()));
            let as_is = combinations_of(&texts.iter().map(language).collect::<Vec<_>>());
            let in_lower_case = || combinations_of(&texts.iter().map(lower).collect::<Vec<_>>());
            let in_lower_case = if *in_any_case { in_lower_case() } else { Some(BTreeSet::new()) };
            match as_is.zip(in_lower_case) {
                Some((as_is, in_lower_case)) => Relation::Cluster([as_is, in_lower_case]),
                None => Relation::TooMany(texts.into_iter().flatten().collect()),
            }
        };
        self.pairs.iter().map(relation).chain(self.clusters.iter().map(of_cluster)).collect()
    }
}

impl Text {
    /// With the values of who makes a request; `None` where there are none, or where they are unknown.
    fn filled(&self, request: &Request) -> Option<String> {
        match self.pattern.fill(request, self.has_wildcards) {
            Filled::Text(text) => Some(text),
            Filled::Nothing | Filled::Unknown(_) => None,
        }
    }

    /// Whether it is neither a word nor what begins with one; in an ARN, a segment may be a wildcard alone.
    fn is_irregular(&self) -> bool {
        let text = self.pattern.with_values(self.has_wildcards, "");
        let is_plain = |text: &str| !text.contains([ANY_RUN, ANY_CHAR]);
        let is_regular = |text: &str| is_plain(text.strip_suffix(ANY_RUN).unwrap_or(text));
        let is_whole = |text: &&str| is_plain(text) || text.chars().eq([ANY_RUN]);
        match segments(&text) {
            Some([before @ .., last]) => !before.iter().all(is_whole) || !is_regular(last),
            None => !is_regular(&text),
        }
    }

    /// With any values.
    fn widest(&self, words: &[String]) -> String {
        self.pattern.widest(self.has_wildcards, words)
    }

    /// A text in which nothing stands for anything else.
    fn plain(text: &str) -> Self {
        Self { pattern: Pattern::parse(text, false), has_wildcards: false }
    }
}

/// The sets of languages, by their indexes, that some text is of, and of no other. `None` if there are too many ways.
fn combinations_of(languages: &[Language]) -> Option<BTreeSet<Vec<usize>>> {
    let found = combinations(languages, &all())?;
    let unique: BTreeSet<&Language> = languages.iter().collect();
    let place = |language: &Language| unique.iter().position(|one| *one == language).map(|at| at + 1);
    let places: Vec<Option<usize>> = languages.iter().map(place).collect();
    let indexes = |accepted: &Vec<usize>| {
        let is_in = |place: &Option<usize>| place.is_some_and(|place| accepted.contains(&place));
        places.iter().enumerate().filter(|(_, place)| is_in(place)).map(|(index, _)| index).collect()
    };
    Some(found.keys().map(indexes).collect())
}

/// All texts that a statement compares requests with, but for actions, each with the condition key; of resources, that is empty, and of
/// principals `principal`; and whether that is without regard to case.
fn texts(statement: &Statement) -> impl Iterator<Item = (&str, Text, bool)> {
    let resources = statement.resource_patterns();
    let resource = |pattern: &Pattern| ("", Text { pattern: pattern.clone(), has_wildcards: true }, false);
    let conditions = statement.conditions.iter().filter_map(|one| Some((one, one.operator?)));
    let conditions = conditions.filter(|(_, operator)| operator.base != Base::Null).flat_map(|(one, operator)| {
        let text = move |pattern: &Pattern| Text { pattern: pattern.clone(), has_wildcards: operator.has_wildcards() };
        let ignores_case = operator.base == Base::StringEqualsIgnoreCase;
        one.values.iter().map(move |pattern| (one.key.as_str(), text(pattern), ignores_case))
    });
    let principals = statement.principals.iter().flat_map(|principals| principals.list.arns());
    let principals = principals.map(|arn| ("principal", Text::plain(arn), false));
    resources.iter().map(resource).chain(conditions).chain(principals)
}

/// Whether some text is like both of two patterns; of ARNs, with each segment on its own.
fn overlap(a: &str, b: &str) -> bool {
    // Up to the first wildcard, both are plain, and behind it, most are a wildcard alone: that decides without an automaton.
    let plain = |text: &str| text.find([ANY_RUN, ANY_CHAR]).unwrap_or(text.len());
    let start = plain(a).min(plain(b));
    let is_any = |text: &str| text.get(start..).is_some_and(|rest| rest.chars().eq([ANY_RUN]));
    a.as_bytes().get(..start) == b.as_bytes().get(..start)
        && (is_any(a) || is_any(b) || some_and_all(steps(a), &steps(b)).is_none_or(|(some, _)| some))
}

/// Whether all texts that are like `b` are like `a`, too; of ARNs, with each segment on its own.
fn covers(a: &str, b: &str) -> bool {
    // In an ARN, a wildcard that is not the last character may not reach beyond a colon.
    let is_within = segments(a).is_none() && segments(b).is_some() && !a.ends_with(ANY_RUN);
    !is_within && some_and_all(steps(a), &steps(b)).is_some_and(|(_, all)| all)
}

fn steps(text: &str) -> Vec<Step> {
    segments(text).and_then(|_| arn_pattern(text)).unwrap_or_else(|| pattern(text))
}

#[cfg(test)]
mod tests {
    use super::super::pattern::{Pattern, encoded};
    use super::{Text, combinations_of, covers, overlap, steps};

    #[test]
    fn two_patterns_overlap_where_some_text_is_like_both() {
        for (a, b, expected) in [
            ("b/bob/*", "b/bob/*", true),
            ("b/bob/*", "b/bobby/*", false),
            ("b/bo*", "b/bob/*", true),
            ("b/?ob/*", "b/bob/*", true),
            ("b/?ob/*", "b/ob/*", false),
            ("b/???/*", "b/bob/*", true),
            ("b/???", "b/bob/*", false),
            ("b/*ob/x", "b/bob/*", true),
            ("b/*", "b/bob/*", true),
            ("*", "", true),
            ("?", "", false),
            ("a*c", "*b*", true),
            ("ac", "*b*", false),
            ("bob", "bob", true),
            ("bob", "bo", false),
            ("arn:aws:logs:*:*:log-stream:bob/*", "arn:aws:logs:eu:1:log-stream:anna/*", false),
        ] {
            assert_eq!(overlap(&encoded(a), &encoded(b)), expected, "{a} {b}");
            assert_eq!(overlap(&encoded(b), &encoded(a)), expected, "{b} {a}");
        }
    }

    #[test]
    fn a_text_is_irregular_where_a_wildcard_stands_before_its_end() {
        let is_irregular =
            |text: &str| Text { pattern: Pattern::parse(text, true), has_wildcards: true }.is_irregular();
        for text in
            ["b", "b*", "*", "${aws:username}/*", "arn:aws:logs:*:*:log-group:a*", "arn:aws:s3:::b/${aws:username}"]
        {
            assert!(!is_irregular(text), "{text}");
        }
        for text in ["*b", "b?", "a*b", "${aws:username}*/b", "arn:aws:logs:eu-*:1:a", "arn:aws:s3:::*b/*"] {
            assert!(is_irregular(text), "{text}");
        }
        assert!(!Text::plain("*b").is_irregular());
    }

    #[test]
    fn languages_that_are_the_same_are_in_the_same_combinations() {
        let languages = ["b*", "a", "b*", "*a"].map(|text| vec![steps(&encoded(text))]);
        let found = combinations_of(&languages).unwrap();
        assert_eq!(found, [vec![], vec![0, 2], vec![0, 2, 3], vec![1, 3], vec![3]].into());
        assert_eq!(combinations_of(&[Vec::new()]).unwrap(), [vec![]].into());
    }

    #[test]
    fn a_pattern_covers_another_where_all_texts_of_the_other_are_like_it() {
        for (a, b, expected) in [
            ("b/*", "b/*/x", true),
            ("b/*/x", "b/*", false),
            ("b/?/x", "b/*/x", false),
            ("b/*", "b/?", true),
            ("*", "*", true),
            ("arn:aws:logs:*", "arn:aws:logs:eu:1:log-group:*", true),
            ("arn:aws:logs:*:x", "arn:aws:logs:eu:1:log-group:x", false),
        ] {
            assert_eq!(covers(&encoded(a), &encoded(b)), expected, "{a} {b}");
        }
    }
}
