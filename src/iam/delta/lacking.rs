//! What a request that is denied lacks: condition keys that are absent, and that are about what is asked for.

use std::collections::BTreeMap;

use super::super::decide::{Decision, Policies, decide, is_elsewhere};
use super::super::request::{Context, Request};
use super::cell::{Comparison, Region};
use super::{Direction, is_fixed};

/// The keys of AWS's own that are about what is asked for. All others are about who asks, from where and how.
const OF_REQUEST: [&str; 3] = ["aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"];

/// The absent keys, each with a value, with which a request that is denied would be allowed, as few as do it; none where no values
/// that the policies name do. These are what the policies allow beyond none at all.
pub fn allowed_with(request: &Request, policies: &Policies<'_>) -> BTreeMap<String, String> {
    let about = ([request.action.to_ascii_lowercase()], [request.resource.clone()]);
    let nothing = Policies::default();
    let mut comparison = Comparison::of(request, [&nothing, policies], (&about.0, &about.1), is_given);
    let said = comparison.said(0, 0);
    let elsewhere = is_elsewhere(&request.principal, &request.resource);
    let regions = comparison.regions(&said, elsewhere, &|direction| direction == Direction::Widened);
    let suffices = |lacking: &BTreeMap<String, String>| {
        let context = lacking.iter().fold(request.context.clone(), |context, (key, value)| context.also(key, value));
        decide(&Request { context, ..request.clone() }, policies).decision == Decision::Allowed
    };
    let lacking = regions.iter().filter_map(lacking).filter(suffices);
    lacking.min_by_key(BTreeMap::len).unwrap_or_default()
}

/// Whether a key, in lower case, is as the request has it, or absent.
fn is_given(key: &str, context: &Context) -> bool {
    let is_of_request = !key.starts_with("aws:") || OF_REQUEST.iter().any(|known| key.starts_with(known));
    is_fixed(key, context) || !is_of_request
}

/// The keys that the requests of a region have, each with a value; `None` where a key has no single one.
fn lacking(region: &Region) -> Option<BTreeMap<String, String>> {
    let mut lacking = BTreeMap::new();
    for (axis, classes) in &region.within {
        let mut classes = classes.iter().filter_map(|class| axis.classes.get(*class)).peekable();
        if classes.peek()?.values.is_some() {
            lacking.insert(axis.name().to_owned(), classes.find_map(|class| axis.named_value(class))?);
        }
    }
    Some(lacking)
}
