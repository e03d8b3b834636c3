//! "Did you mean": the known word nearest to an unknown one.

/// The nearest of `known`, if it is near enough to be what was meant.
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = found.to_lowercase();
    let (distance, nearest) = known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&lower, &word.to_lowercase()), word))
        .min_by_key(|(distance, _)| *distance)?;
    // A third of the letters may differ: beyond that, a guess misleads more often than it helps.
    let most = (found.chars().count().max(nearest.chars().count()) / 3).max(1);
    (distance <= most).then_some(nearest)
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
    }
}
