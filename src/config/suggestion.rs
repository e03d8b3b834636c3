//! "Did you mean": the known word nearest to an unknown one, or of the same meaning.

use std::path::PathBuf;

/// A line a word of a roster: whether it is a column or a state, the word, and what others say for it.
const SYNONYMS: &str = include_str!("synonyms.txt");

/// The word of this kind that somebody meant by another one.
fn meant(kind: &str, by: &str) -> Option<&'static str> {
    SYNONYMS.lines().find_map(|line| {
        let mut words = line.strip_prefix(kind)?.split_whitespace();
        words.next().filter(|_| words.any(|word| word == by))
    })
}

/// The column that somebody meant by a word that means the same.
pub fn column_of(word: &str) -> Option<&'static str> {
    let plain: String =
        word.chars().filter(|c| !c.is_whitespace() && !"_-.".contains(*c)).flat_map(char::to_lowercase).collect();
    meant("column ", &plain)
}

/// What somebody meant who wrote a word for a person's state that is none of ours: one of ours, or that the person has left.
pub fn state_of(word: &str) -> Option<&'static str> {
    Some(match meant("state ", &word.trim().to_lowercase())? {
        "suspended" => "did you mean `suspended`?",
        "active" => "did you mean `active`?",
        _ => "take the row out for somebody who has left (`racestack offboard` prints the steps), or write `suspended`",
    })
}

/// The help for a word that is none of `known`: the nearest of them, or else what `otherwise` says.
pub fn suggest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>, otherwise: impl Into<String>) -> String {
    did_you_mean(found, known).map_or_else(|| otherwise.into(), |near| format!("did you mean `{near}`?"))
}

/// The nearest of `known`, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    // Whoever wrote no more than the beginning meant this word rather than one that is as long.
    let is_rest = |word: &str| word.to_lowercase().starts_with(&lower) && word.len() <= 2 * lower.len();
    let (is_other, distance, nearest) = known
        .into_iter()
        .map(|word| (!is_rest(word), strsim::damerau_levenshtein(&lower, &word.to_lowercase()), word))
        .min_by_key(|(is_other, distance, _)| (*is_other, *distance))?;
    // A third of the letters may differ: beyond that, a guess misleads more often than it helps.
    let most = (found.chars().count().max(nearest.chars().count()) / 3).max(1);
    (!is_other || distance <= most).then_some(nearest)
}

/// What to do with the first of these files whose name says by its ending which of `known` it is.
pub fn rename(misnamed: &[PathBuf], known: &[&str]) -> Option<String> {
    misnamed.iter().find_map(|path| {
        let name = path.file_name()?.to_string_lossy();
        let lower = name.to_lowercase().replace(".yml", ".yaml");
        let is_meant = |known: &&&str| lower.split('.').skip(1).any(|ending| known.ends_with(&format!(".{ending}")));
        Some(format!("rename `{name}` to `{}`", known.iter().find(is_meant)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_near_words_are_meant() {
        let known = ["company", "bucket", "notebooks"];
        assert_eq!(did_you_mean("compnay", known), Some("company"));
        assert_eq!(did_you_mean("Bucket", known), Some("bucket"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean("ROOT_ACCES", ["ROOT_TAGGED", "ROOT_ACCESS_DISABLED"]), Some("ROOT_ACCESS_DISABLED"));
        assert_eq!(did_you_mean("ROOT", ["ROOT_ACCESS_DISABLED"]), None);
    }

    #[test]
    fn words_of_the_same_meaning_are_meant() {
        for (word, column) in [
            ("username", "name"),
            ("user_name", "name"),
            ("User Name", "name"),
            ("user", "name"),
            ("氏名", "display_name"),
            ("이름", "display_name"),
            ("instance_type", "notebook.instance_type"),
            ("E-Mail Address", "email"),
        ] {
            assert_eq!(column_of(word), Some(column), "{word}");
        }
        assert_eq!(column_of("colour"), None);
        for word in ["inactive", "Disabled", "停止", "정지"] {
            assert_eq!(state_of(word), Some("did you mean `suspended`?"), "{word}");
        }
        assert!(state_of("left").unwrap().contains("offboard"));
        assert_eq!(state_of("actve"), None);
    }
}
