//! Tags: the ones that racestack sets, the company's and a person's.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::config::{Node, quoted, refused_character, shorten};
use crate::facts::limits;
use crate::finding::{Finding, Rule};

/// A tag that AWS takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

impl Tag {
    /// A tag that racestack sets itself, or whose parts were found valid.
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into() }
    }
}

/// The tag that says whose a thing is. Policies compare it with the user name of a person, and with the same tag of a
/// notebook's role.
pub const USER: &str = "user";
/// The tag that says which notebook the person has, with its name; a person without a notebook has no such tag.
pub const NOTEBOOK: &str = "notebook";
/// The tag that says which team the person is in.
pub const TEAM: &str = "team";
/// The tag that says what made the thing.
pub const MANAGED_BY: &str = "managed-by";
/// The value of `managed-by`.
pub const MANAGED_BY_RACESTACK: &str = "racestack";
/// The tag, on an IAM user alone, with the name that people read.
pub const DISPLAY_NAME: &str = "display-name";
/// The tag, on an IAM user alone, with the person's e-mail address.
pub const EMAIL: &str = "email";

/// The tag, on an IAM user alone, that the function which rotates keys sets on whoever has an access key that is too old.
pub const OLD_KEY: &str = "old-access-key";

/// The keys of the tags that templates set: a resource without one in its template has no such tag.
pub const OF_TEMPLATES: [&str; 6] = [USER, NOTEBOOK, TEAM, MANAGED_BY, DISPLAY_NAME, EMAIL];

/// The keys of the tags that racestack sets, in its templates or later.
fn own_keys() -> impl Iterator<Item = &'static str> {
    OF_TEMPLATES.into_iter().chain([OLD_KEY])
}

/// Whether racestack sets the tag of this key, and nobody else may, in any case: IAM compares the key of a condition such as
/// `aws:ResourceTag/user` without regard to case, so that a tag `User` could speak for another person.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub fn is_reserved(key: &str) -> bool {
    own_keys().any(|own| own.eq_ignore_ascii_case(key))
}

/// A tag's key in every other case of its letters, which must be ASCII: `User`, `uSER` … .
pub fn other_spellings(key: &str) -> Vec<String> {
    let spelling = |upper: u32| {
        let cased = |(place, letter): (usize, char)| {
            if upper & (1 << place) == 0 { letter } else { letter.to_ascii_uppercase() }
        };
        key.chars().enumerate().map(cased).collect()
    };
    (1..1 << key.len()).map(spelling).collect()
}

const CHARACTERS: &str = "letters, digits, spaces and `_ . : / = + - @`";

#[expect(clippy::expect_used, reason = "the expression is a constant that the tests run")]
static TAGGABLE: LazyLock<Regex> = LazyLock::new(|| {
    // Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
    Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$").expect("a valid expression")
});

/// Whether AWS takes the text as a tag's value.
pub fn is_value(text: &str) -> bool {
    text.chars().count() <= limits::TAG_VALUE_CHARACTERS && TAGGABLE.is_match(text)
}

/// Whether AWS takes a character in a tag.
pub fn takes(c: char) -> bool {
    let mut buffer = [0; 4];
    TAGGABLE.is_match(c.encode_utf8(&mut buffer))
}

fn is_key(text: &str) -> bool {
    (1..=limits::TAG_KEY_CHARACTERS).contains(&text.chars().count()) && TAGGABLE.is_match(text)
}

/// The tags of a `tags:` map, checked. `node` is the map, for the places; the findings are of `rule`.
pub fn read(tags: &BTreeMap<String, String>, node: Option<&Node>, rule: Rule, findings: &mut Vec<Finding>) -> Vec<Tag> {
    let mut taken: Vec<Tag> = Vec::new();
    for (key, value) in tags {
        let entry = node.and_then(|node| node.entries().iter().find(|entry| entry.key == *key));
        let mut refuse = |message: String, help: String, at_value: bool| {
            let odd = refused_character(if at_value { value } else { key }, takes);
            let mut finding = Finding::new(rule, message).help(help).notes(odd);
            if let Some(entry) = entry {
                finding = finding.at(if at_value { entry.value.place.clone() } else { entry.key_place.clone() });
            }
            findings.push(finding);
        };
        let shown = shorten(key);
        if !is_key(key) || key.to_lowercase().starts_with("aws:") {
            let allowed = format!("1 to {} {CHARACTERS}, not beginning with `aws:`", limits::TAG_KEY_CHARACTERS);
            let help = format!("rename `tags.{shown}`: allowed are {allowed}");
            refuse(format!("AWS refuses the tag key `{shown}`"), help, false);
        } else if is_reserved(key) {
            let help = format!("rename or remove `tags.{shown}`: racestack sets {}", quoted(own_keys()));
            refuse(format!("the tag `{shown}` is racestack's own"), help, false);
        } else if let Some(other) = taken.iter().find(|tag| tag.key.eq_ignore_ascii_case(key)) {
            let message = format!("the tags `{}` and `{shown}` differ in case alone", other.key);
            refuse(message, format!("keep one of them: IAM takes them for one key (`tags.{shown}`)"), false);
        } else if !is_value(value) {
            let allowed = format!("up to {} {CHARACTERS}", limits::TAG_VALUE_CHARACTERS);
            let message = format!("AWS refuses the value `{}` of the tag `{shown}`", shorten(value));
            refuse(message, format!("allowed in `tags.{shown}` are {allowed}"), true);
        } else {
            taken.push(Tag::new(key, value));
        }
    }
    taken
}

/// Lays a person's tags over the company's; keys are compared without regard to case, as IAM does.
pub fn merge(base: &[Tag], over: &[Tag]) -> Vec<Tag> {
    let replaced = |tag: &Tag| over.iter().any(|own| own.key.eq_ignore_ascii_case(&tag.key));
    let mut tags: Vec<Tag> = base.iter().filter(|tag| !replaced(tag)).chain(over).cloned().collect();
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(pairs: &[(&str, &str)]) -> Vec<String> {
        let tags = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let mut findings = Vec::new();
        read(&tags, None, Rule::RosterInvalidTag, &mut findings);
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn values_are_those_that_aws_takes() {
        for value in ["", "田中 太郎", "김철수", "a_b.c:d/e=f+g-h@i", "٣"] {
            assert!(is_value(value), "{value:?}");
        }
        for value in ["O'Neil", "a\nb", "a\tb", "太郎・田中", "か\u{3099}", "<b>", &"x".repeat(257)] {
            assert!(!is_value(value), "{value:?}");
        }
    }

    #[test]
    fn reserved_keys_are_refused_in_any_case() {
        assert_eq!(messages(&[("User", "bob")]), ["the tag `User` is racestack's own"]);
        assert_eq!(messages(&[("MANAGED-BY", "x")]), ["the tag `MANAGED-BY` is racestack's own"]);
    }

    #[test]
    fn other_refusals() {
        assert_eq!(messages(&[("AWS:x", "1")]), ["AWS refuses the tag key `AWS:x`"]);
        assert_eq!(messages(&[("", "1")]), ["AWS refuses the tag key ``"]);
        assert_eq!(messages(&[("Cost", "1"), ("cost", "2")]), ["the tags `Cost` and `cost` differ in case alone"]);
        assert_eq!(messages(&[("cost", "a*b")]), ["AWS refuses the value `a*b` of the tag `cost`"]);
    }

    #[test]
    fn a_persons_tags_win_without_regard_to_case() {
        let merged = merge(&[Tag::new("Cost", "1"), Tag::new("a", "2")], &[Tag::new("cost", "3")]);
        assert_eq!(merged, [Tag::new("a", "2"), Tag::new("cost", "3")]);
    }
}
