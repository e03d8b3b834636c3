//! Texts of a policy: wildcards and policy variables.

use super::TriBool;
use super::request::{KeyValues, Request};

/// Stands for `*` in a pattern whose variables are filled in: a private character, so that the `*` of a value is none.
pub(super) const ANY_RUN: char = '\u{F8F0}';
/// Stands for `?`, likewise.
pub(super) const ANY_CHAR: char = '\u{F8F1}';
const ENCODED_RUN: &str = "\u{F8F0}";
const ENCODED_CHAR: &str = "\u{F8F1}";

/// A text of a policy, taken apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(Vec<PatternPart>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum PatternPart {
    /// A text, in which `ANY_RUN` and `ANY_CHAR` stand for `*` and `?`.
    Text(String),
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// What a pattern became for a request.
pub(super) enum Filled {
    Text(String),
    /// A variable has no value: the text matches nothing.
    Nothing,
    /// It cannot be told what a variable's value is.
    Unknown(String),
}

impl Pattern {
    /// Takes a text apart. Policy variables exist since the version 2012-10-17; before, they are plain text.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    pub(super) fn parse(text: &str, variables: bool) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let inside = rest.strip_prefix("${").filter(|_| variables);
            if let Some((inside, behind)) = inside.and_then(|inside| inside.split_once('}')) {
                pieces.push(variable(inside));
                rest = behind;
            } else {
                let next = rest.match_indices("${").map(|(at, _)| at).find(|at| *at > 0 && variables);
                let (text, behind) = rest.split_at(next.unwrap_or(rest.len()));
                pieces.push(PatternPart::Text(encoded(text)));
                rest = behind;
            }
        }
        Self(pieces)
    }

    /// The pattern with the values of a request's variables. `wildcards` says whether `*` and `?` are wildcards or text.
    ///
    /// A variable without a value and without a default makes a text that matches nothing.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
    pub(super) fn fill(&self, request: &Request, wildcards: bool) -> Filled {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                // What stands for a wildcard is no ASCII.
                PatternPart::Text(text) if wildcards || text.is_ascii() => filled.push_str(text),
                PatternPart::Text(text) => filled.push_str(&shown(text)),
                PatternPart::Variable { key, default } => match (request.find(key), default) {
                    (KeyValues::Values(values), _) if !values.multiple && values.list.len() == 1 => {
                        filled.push_str(&values.list[0]);
                    }
                    // A key of several values has no one value to fill in.
                    (KeyValues::Values(_), _) | (KeyValues::Absent, None) => return Filled::Nothing,
                    (KeyValues::Absent, Some(default)) => filled.push_str(default),
                    (KeyValues::Unknown(why), _) => return Filled::Unknown(why),
                },
            }
        }
        Filled::Text(filled)
    }

    /// Lets variables of the key `from`, in lower case, be of the key `to`.
    pub(super) fn rename_key(&mut self, from: &str, to: &str) {
        for piece in &mut self.0 {
            match piece {
                PatternPart::Variable { key, .. } if key.to_lowercase() == from => to.clone_into(key),
                PatternPart::Variable { .. } | PatternPart::Text(_) => {}
            }
        }
    }

    /// The keys of its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            PatternPart::Variable { key, .. } => Some(key.as_str()),
            PatternPart::Text(_) => None,
        })
    }

    /// The key of a principal's tag, but for `user`, that stands for a bucket or a folder at its top, if one does.
    pub(super) fn tag_that_names_folder(&self) -> Option<&str> {
        let mut before = String::new();
        for piece in &self.0 {
            match piece {
                PatternPart::Text(text) => before += text,
                PatternPart::Variable { key, .. } => {
                    let tag = key.to_lowercase();
                    let parts: Vec<&str> = before.splitn(6, ':').collect();
                    let is_near = match parts.as_slice() {
                        [_, _, service, _, _, path] => {
                            (*service == "s3" || service.contains([ANY_RUN, ANY_CHAR])) && path.matches('/').count() < 2
                        }
                        _ => true,
                    };
                    if is_near && tag.starts_with("aws:principaltag/") && tag != "aws:principaltag/user" {
                        return Some(key);
                    }
                }
            }
        }
        None
    }

    /// The pattern with a wildcard in the place of each variable and each of these words: it is like whatever the pattern is with any values.
    pub(super) fn widest(&self, wildcards: bool, words: &[String]) -> String {
        let text = self.with_values(wildcards, ENCODED_RUN);
        words.iter().fold(text, |text, word| text.replace(word.as_str(), ENCODED_RUN))
    }

    /// The text with the same in the place of each variable.
    pub(super) fn with_values(&self, wildcards: bool, value: &str) -> String {
        let text = |piece: &PatternPart| match piece {
            PatternPart::Text(text) if wildcards => text.clone(),
            PatternPart::Text(text) => shown(text),
            PatternPart::Variable { .. } => value.to_owned(),
        };
        self.0.iter().map(text).collect()
    }

    /// The pattern with other texts in the place of its own, and of the defaults of its variables.
    pub(super) fn with_texts(&self, other: &dyn Fn(&str) -> String) -> Self {
        let piece = |piece: &PatternPart| match piece {
            PatternPart::Text(text) => PatternPart::Text(other(text)),
            PatternPart::Variable { key, default } => {
                PatternPart::Variable { key: key.clone(), default: default.as_deref().map(other) }
            }
        };
        Self(self.0.iter().map(piece).collect())
    }

    /// Of a text with the name of who asks at its end, and with neither wildcards nor other variables: what stands before the
    /// name, which ends with a `/`, and the key that holds the name. No name is part of what such a text says of anybody
    /// else: compared with an ARN, which ends with a name that has no `/`, it says the same of all names.
    pub(super) fn before_own_name(&self) -> Option<(&str, &str)> {
        const OWN_NAMES: [&str; 2] = ["aws:principaltag/user", "aws:username"];
        match self.0.as_slice() {
            [PatternPart::Text(before), PatternPart::Variable { key, default: None }] => {
                let is_plain = !before.contains([ANY_RUN, ANY_CHAR]);
                let is_own = is_plain && before.ends_with('/') && OWN_NAMES.contains(&key.to_lowercase().as_str());
                is_own.then_some((before.as_str(), key.as_str()))
            }
            _ => None,
        }
    }

    /// Whether a text, compared with the ARN of a user or role, says the same of everybody whose ARN ends with a name behind
    /// `before`: it is like all of these, or like none.
    pub(super) fn is_alike_behind(&self, before: &str) -> bool {
        let [PatternPart::Text(text)] = self.0.as_slice() else { return false };
        let (Some(wanted), Some(known)) = (segments(text), segments(before)) else { return false };
        let [.., wanted_end] = wanted;
        let [.., path] = known;
        // No name has a `:`, so that even where a `*` matches one, a segment is compared with its own alone.
        if wanted.iter().zip(known).take(5).any(|(wanted, known)| !is_like(wanted, known)) {
            return true;
        }
        let plain = wanted_end.split([ANY_RUN, ANY_CHAR]).next().unwrap_or_default();
        let behind = wanted_end.get(plain.len()..).unwrap_or_default();
        if path.starts_with(plain) { matches!(behind, "" | ENCODED_RUN) } else { !plain.starts_with(path) }
    }

    /// The pattern of an action: no variables, and all in lower case.
    pub(super) fn action(text: &str) -> String {
        encoded(&text.to_ascii_lowercase())
    }
}

/// A text in which `*` and `?` are wildcards, with what stands for these.
pub(super) fn encoded(text: &str) -> String {
    text.replace('*', ENCODED_RUN).replace('?', ENCODED_CHAR)
}

/// A pattern as people write it.
pub(super) fn shown(pattern: &str) -> String {
    pattern.replace(ANY_RUN, "*").replace(ANY_CHAR, "?")
}

/// Whether a text is like a pattern with the wildcards `*` and `?`.
pub fn is_like_pattern(pattern: &str, text: &str) -> bool {
    is_like(&encoded(pattern), text)
}

/// What stands between `${` and `}`: a key, with a default in single quotes or without; or one of the characters `*`, `?`
/// and `$`, which are then plain text.
fn variable(inside: &str) -> PatternPart {
    if matches!(inside, "*" | "?" | "$") {
        return PatternPart::Text(inside.to_owned());
    }
    let (key, default) = match inside.split_once(',') {
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|default| default.strip_suffix('\''));
            (key, quoted.map(str::to_owned))
        }
        None => (inside, None),
    };
    PatternPart::Variable { key: key.trim().to_owned(), default }
}

/// The first byte of a wildcard in UTF-8, and of few other characters.
const WILDCARDS_BEGIN: u8 = 0xEF;

/// Whether a text fits a pattern with wildcards.
pub(super) fn is_like(pattern: &str, text: &str) -> bool {
    // What stands before the first wildcard decides most comparisons, byte by byte.
    let bytes = pattern.bytes().zip(text.bytes());
    let same = bytes.take_while(|(wanted, found)| wanted == found && *wanted != WILDCARDS_BEGIN).count();
    if pattern.as_bytes().get(same) != Some(&WILDCARDS_BEGIN) {
        return same == pattern.len() && same == text.len();
    }
    let (Some(mut pattern), Some(mut text)) = (pattern.get(same..), text.get(same..)) else { return false };
    // Where to go on from when what follows the last `*` does not fit: with one more character behind that `*`.
    let mut again: Option<(&str, &str)> = None;
    loop {
        let mut rest = pattern.chars();
        match rest.next() {
            Some(ANY_RUN) => {
                pattern = rest.as_str();
                if pattern.is_empty() {
                    return true;
                }
                again = Some((pattern, text));
                continue;
            }
            Some(wanted) => {
                let mut behind = text.chars();
                if behind.next().is_some_and(|found| wanted == ANY_CHAR || wanted == found) {
                    (pattern, text) = (rest.as_str(), behind.as_str());
                    continue;
                }
            }
            None if text.is_empty() => return true,
            None => {}
        }
        let Some((from, skipped)) = again else { return false };
        let mut behind = skipped.chars();
        if behind.next().is_none() {
            return false;
        }
        (pattern, text) = (from, behind.as_str());
        again = Some((from, text));
    }
}

/// Whether the ARN of a resource fits the pattern of a `Resource`: each of the first five segments on its own, and all
/// that follows as one. "If the `*` wildcard is the last character of a resource ARN segment, it can expand to match
/// beyond the colon boundaries": where a match hangs on that in one of the first five, nobody can tell.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
pub(super) fn is_resource_like(pattern: &str, text: &str) -> TriBool {
    if !is_like(pattern, text) {
        return TriBool::No;
    }
    let last_is_many = pattern.ends_with(ANY_RUN);
    match (segments(pattern), segments(text)) {
        (Some(patterns), Some(texts)) => {
            let all = patterns.iter().zip(texts).all(|(pattern, text)| is_like(pattern, text));
            if all { TriBool::Yes } else { TriBool::Unknown }
        }
        // `*`, and what ends with it early.
        (None, _) if last_is_many => TriBool::Yes,
        // What is no ARN, such as the `*` of an action that knows no resource.
        (_, None) => TriBool::Yes,
        (None, Some(_)) => TriBool::Unknown,
    }
}

/// Whether an ARN fits the pattern of an operator on ARNs, which compares each of the six segments on its own.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>
pub(super) fn is_arn_like(pattern: &str, text: &str) -> TriBool {
    match (segments(pattern), segments(text)) {
        (Some(patterns), Some(texts)) => {
            TriBool::from(patterns.iter().zip(texts).all(|(pattern, text)| is_like(pattern, text)))
        }
        (Some(_), None) => TriBool::No,
        (None, _) => TriBool::Unknown,
    }
}

pub(super) fn segments(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let segments = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    (segments[0] == "arn").then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_of_arns_is_like_all_names_behind_a_path_or_like_none() {
        let alike = [
            "arn:aws:iam::*:role/Admin*",
            "arn:aws:iam::222233334444:role/a/b/c*",
            "arn:aws:iam::*:role/a/b/*",
            "arn:aws:iam::*:role/a*",
            "arn:aws:iam::*:role/a",
            "arn:aws:iam::*:user/*bob",
        ];
        let apart = [
            "arn:aws:iam::*:role/a/b/c*",
            "arn:aws:iam::*:role/a/b/bob",
            "arn:aws:iam::*:role/*bob",
            "arn:aws:iam::*:role/a/*b*",
            "arn:aws:iam::*:role/a/b/?*",
            "arn:aws:iam::*:role/${aws:PrincipalTag/team}*",
            "*bob",
            "arn:aws:iam::*",
        ];
        let is_alike = |text: &&str| Pattern::parse(text, true).is_alike_behind("arn:aws:iam::111122223333:role/a/b/");
        assert_eq!(alike.iter().filter(|text| !is_alike(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(apart.iter().filter(|text| is_alike(text)).collect::<Vec<_>>(), Vec::<&&str>::new());
        // A user without a path.
        let bare = |text| Pattern::parse(text, true).is_alike_behind("arn:aws:iam::111122223333:user/");
        assert!(bare("arn:aws:iam::*:user/*") && !bare("arn:aws:iam::*:user/a*"));
    }

    #[test]
    fn wildcards_match_any_characters_and_any_one_character() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("a", "a", true),
            ("a", "A", false),
            ("*", "", true),
            ("*", "a:b/c", true),
            ("a*", "a", true),
            ("a*b", "ab", true),
            ("a*b", "axxb", true),
            ("a*b", "axxbc", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*ab", "aab", true),
            ("*aab", "aaab", true),
            ("a?c", "abc", true),
            ("a?c", "a佐c", true),
            ("a?c", "ac", false),
            ("?*", "", false),
            ("?*", "a", true),
            ("b/bob/*", "b/bobby/x", false),
            ("b/bob*", "b/bobby/x", true),
        ] {
            assert_eq!(is_like(&encoded(pattern), text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_wildcard_of_an_arn_stays_in_its_segment() {
        for (pattern, text, expected) in [
            ("*", "arn:aws:s3:::b/k", TriBool::Yes),
            ("*", "*", TriBool::Yes),
            ("arn:aws:s3:::*", "*", TriBool::No),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/x:y/z", TriBool::Yes),
            ("arn:aws:sagemaker:*:1:*", "arn:aws:sagemaker:eu:1:notebook-instance/n", TriBool::Yes),
            ("arn:aws:sagemaker:*:1:*", "arn:aws:sagemaker:eu:2:x:1:n", TriBool::Unknown),
            ("arn:aws:*", "arn:aws:s3:::b", TriBool::Yes),
            ("arn:aws:s3:*:b", "arn:aws:s3:::b", TriBool::Unknown),
            ("arn:aws:iam::1:role/a", "arn:aws:iam::1:role/A", TriBool::No),
        ] {
            assert_eq!(is_resource_like(&encoded(pattern), text), expected, "{pattern} {text}");
        }
    }
}
