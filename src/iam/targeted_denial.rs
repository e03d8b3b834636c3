//! Denials that are about somebody by a text in them, such as a name: what they say of one person says nothing of another.

use super::automaton::{Step, arn_pattern, pattern, some_and_all};
use super::document::{Document, Effect, Listed, Statement};
use super::operator::Base;
use super::pattern::{ANY_CHAR, ANY_RUN, Filled, Pattern, is_like, segments, shown};
use super::request::Request;

/// A text that requests are compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'p> {
    /// The condition key without the service, since some stand in several forms; empty for resources.
    pub(super) key: &'p str,
    pub(super) pattern: &'p Pattern,
    /// Whether `*` and `?` are wildcards in it.
    pub(super) wildcards: bool,
    /// Whether it says what is not meant.
    negated: bool,
}

/// What policies allow to everybody of their own: texts with variables, each with its statement and the index of its policy.
#[derive(Debug)]
pub struct OwnTexts<'p>(Vec<(usize, &'p Statement, Text<'p>)>);

impl<'p> OwnTexts<'p> {
    /// Those of some policies.
    pub fn of(policies: impl Iterator<Item = &'p Document>) -> Self {
        let statements =
            policies.enumerate().flat_map(|(index, one)| one.statements.iter().map(move |one| (index, one)));
        let texts = statements.flat_map(|(index, one)| one.texts().map(move |text| (index, one, text)));
        Self(texts.filter(|(.., text)| text.pattern.variables().next().is_some()).collect())
    }
}

/// A denial that is about somebody.
#[derive(Debug)]
pub struct TargetedDenial {
    /// The text by which it is.
    pub text: String,
    /// The index of the policy of what somebody is denied, and others are not, or the other way round.
    pub own: usize,
    /// The index of the first who is.
    pub who: usize,
}

impl Statement {
    /// By which text this denial is about what is somebody's own and not about the same of another: compared are those who make the
    /// request `usual` and each of `others`. A text with variables is taken as what it is without their values, by their defaults; one with
    /// a variable that has none is left out: it is about what each of them is.
    pub fn targeted_denial<'r, I: Iterator<Item = &'r Request>>(
        &self,
        own: &OwnTexts<'_>,
        usual: &Request,
        others: impl Fn() -> I,
    ) -> Option<TargetedDenial> {
        if self.effect != Effect::Deny {
            return None;
        }
        let everything = Pattern::parse("*", false);
        for text in self.texts().filter(|text| *text.pattern != everything) {
            let Some(denied) = text.pattern.by_defaults(text.wildcards) else { continue };
            for (index, statement, owned) in own.0.iter().filter(|(.., owned)| owned.key.eq_ignore_ascii_case(text.key))
            {
                let widest = owned.pattern.widest(owned.wildcards);
                // It is about nobody's own, or about everybody's.
                if !self.names_actions_of(statement) || !overlap(&denied, &widest) || covers(&denied, &widest) {
                    continue;
                }
                let is_met = |request: &Request| match owned.pattern.fill(request, owned.wildcards) {
                    Filled::Text(owned) if text.negated => is_like(&denied, &owned),
                    Filled::Text(owned) => overlap(&denied, &owned),
                    Filled::Nothing | Filled::Unknown(_) => false,
                };
                let usually = is_met(usual);
                if let Some(who) = others().position(|other| is_met(other) != usually) {
                    return Some(TargetedDenial { text: shown(&denied), own: *index, who });
                }
            }
        }
        None
    }

    /// Whether some of the actions that another statement lists are among those of this one.
    fn names_actions_of(&self, other: &Self) -> bool {
        matches!(&other.actions, Listed::These(actions) if actions.iter().any(|action| self.names_action(action)))
    }

    /// All texts that it compares requests with, but for actions.
    pub(super) fn texts(&self) -> impl Iterator<Item = Text<'_>> {
        let (resources, negated) = match &self.resources {
            Some(Listed::These(patterns)) => (patterns.as_slice(), false),
            Some(Listed::AllBut(patterns)) => (patterns.as_slice(), true),
            None => (&[][..], false),
        };
        let resource = move |pattern| Text { key: "", pattern, wildcards: true, negated };
        let conditions = self.conditions.iter().filter_map(|one| Some((one, one.operator?)));
        let conditions = conditions.filter(|(_, operator)| operator.base != Base::Null).flat_map(|(one, operator)| {
            let key = one.key.rsplit(':').next().unwrap_or_default();
            let (wildcards, negated) = (operator.has_wildcards(), operator.negated);
            one.values.iter().map(move |pattern| Text { key, pattern, wildcards, negated })
        });
        resources.iter().map(resource).chain(conditions)
    }
}

/// Whether some text is like both of two patterns; of ARNs, with each segment on its own.
pub(super) fn overlap(a: &str, b: &str) -> bool {
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
    use super::super::pattern::encoded;
    use super::{covers, overlap};

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
