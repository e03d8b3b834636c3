//! Values of who asks that may happen to be the same: a text with one of them and a text with another are then about the same.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Statement};
use super::pattern::{ANY_RUN, Filled};
use super::request::Request;
use super::targeted_denial::overlap;

/// Pairs of values of who asks, of which it may make a difference whether they are the same: two texts of the policies are compared with
/// the same value of a request, some text may be like both of them, and each pair of values stands in these two. `request` is what is the
/// same in all requests of who asks; no value is part of another, or of what the policies have besides.
pub fn coinciding<'d, 'v>(
    policies: impl Iterator<Item = &'d Document>,
    request: &Request,
    values: &BTreeSet<&'v str>,
) -> BTreeSet<(&'v str, &'v str)> {
    // By the key that they are compared with: what a text is with any values, and which it has.
    let mut by_key: BTreeMap<String, BTreeSet<(String, BTreeSet<&'v str>)>> = BTreeMap::new();
    for text in policies.flat_map(|document| &document.statements).flat_map(Statement::texts) {
        let Filled::Text(filled) = text.pattern.fill(request, text.wildcards) else { continue };
        let of_text: BTreeSet<&str> = values.iter().copied().filter(|value| filled.contains(value)).collect();
        if !of_text.is_empty() {
            let any = |text: String, value: &&str| text.replace(value, ANY_RUN.encode_utf8(&mut [0; 4]));
            // Some operators compare without regard to case.
            let widest = of_text.iter().fold(filled, any).to_lowercase();
            by_key.entry(text.key.to_lowercase()).or_default().insert((widest, of_text));
        }
    }
    let mut pairs = BTreeSet::new();
    for texts in by_key.values() {
        for (at, (a, of_a)) in texts.iter().enumerate() {
            for (b, of_b) in texts.iter().skip(at) {
                let both = of_a | of_b;
                if both.len() > 1 && overlap(a, b) {
                    let of_one =
                        |one| both.range::<&str, _>((std::ops::Bound::Excluded(one), std::ops::Bound::Unbounded));
                    pairs.extend(both.iter().flat_map(|one| of_one(*one).map(move |other| (*one, *other))));
                }
            }
        }
    }
    pairs
}
