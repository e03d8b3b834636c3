//! The condition keys that are known. Of all others nobody here can say whether a request has them.

use std::sync::LazyLock;

use super::rows;

/// What is known of a condition key.
#[derive(Debug)]
pub struct ConditionKey {
    /// The name, in lower case. A `/` or `:` at the end: what follows is the key of a tag, or the like.
    name: &'static str,
    /// Whether every request has it; otherwise whoever makes a request says so, or it is not there.
    pub is_always_there: bool,
    /// Whether it may have several values, since its type is `ArrayOf…`, or the page of the global keys calls it multivalued.
    pub has_several_values: bool,
    /// Whether requests that are the same but for their account have the same values.
    pub is_same_everywhere: bool,
    /// What its values are.
    pub kind: ValueKind,
}

/// What the values of a condition key are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueKind {
    /// Any text, ARNs among them.
    Text,
    /// A number.
    Number,
    /// A date.
    Date,
    /// The seconds since 1970, which AWS compares as a number or as a date.
    Epoch,
    /// `true` or `false`.
    Truth,
    /// An IP address.
    Address,
}

impl ValueKind {
    /// Whether values of this kind are such as an operator on the other compares.
    pub fn holds(self, other: Self) -> bool {
        self == other || self == Self::Epoch && matches!(other, Self::Number | Self::Date)
    }
}

/// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>, and for each service its
/// page of <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
static KEYS: LazyLock<Vec<ConditionKey>> = LazyLock::new(|| {
    let key = |[name, presence, number, sameness, kind]: [&'static str; 5]| ConditionKey {
        name,
        is_always_there: presence == "always",
        has_several_values: number == "several",
        is_same_everywhere: sameness == "same",
        kind: match kind {
            "number" => ValueKind::Number,
            "date" => ValueKind::Date,
            "epoch" => ValueKind::Epoch,
            "truth" => ValueKind::Truth,
            "address" => ValueKind::Address,
            _ => ValueKind::Text,
        },
    };
    rows(include_str!("condition-keys.txt"), " ").map(key).collect()
});

/// What is known of a key, whose name is in lower case.
pub fn condition_key(name: &str) -> Option<&'static ConditionKey> {
    let stem = name.split_inclusive('/').next().unwrap_or(name);
    let before_colon = name.rsplit_once(':').map_or(name, |(stem, _)| name.get(..=stem.len()).unwrap_or(name));
    KEYS.iter().find(|key| [name, stem, before_colon].contains(&key.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_all_of_one_key() {
        let kinds = ["text", "number", "date", "epoch", "truth", "address"];
        let words: [&[&str]; 4] = [&["always", "sometimes"], &["one", "several"], &["same", "own"], &kinds];
        for line in include_str!("condition-keys.txt").lines() {
            let columns: Vec<&str> = line.split(' ').collect();
            assert!(columns[0].contains(':') && columns[0] == columns[0].to_lowercase(), "{line}");
            assert!(columns[1..].iter().zip(words).all(|(column, words)| words.contains(column)), "{line}");
        }
        assert!(KEYS.is_sorted_by(|one, other| one.name < other.name));
    }

    #[test]
    fn a_key_of_a_tag_is_found_by_what_it_begins_with() {
        let has = |key: &str| condition_key(key).map(|key| (key.is_always_there, key.has_several_values));
        assert_eq!(has("aws:principaltag/team/sub"), Some((false, false)));
        assert_eq!(has("kms:encryptioncontext:deepracer"), Some((false, false)));
        assert_eq!(has("aws:tagkeys"), Some((false, true)));
        assert_eq!(has("aws:currenttime"), Some((true, false)));
        assert_eq!(has("aws:tag"), None);
    }
}
