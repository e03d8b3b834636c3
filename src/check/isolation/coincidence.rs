//! People of whom several values are the same, such as one whose notebook is named like them: what holds of the prototype, all of whose
//! values differ, need not hold of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::access::Access;
use super::kind::Subject;
use super::problem::Problem;
use super::reference::References;
use crate::finding::Rule;
use crate::iam::{Document, Principal, Request, coinciding};
use crate::render::{PROTOTYPE_NAME, is_of_prototype};

/// Of more values than these, not all ways to be the same are tried.
const MOST_VALUES: usize = 4;
/// The keys of the values of who asks that a roster decides, in lower case: the name, and what those of tags begin with.
const NAME: &str = "aws:username";
const TAG: &str = "aws:principaltag/";
const FEWER: &str = "compare resources and requests with fewer of the tags of who asks";

/// A prototype of whom some values are the same: its resources, and what is the same, in words.
type Coincidence = (Value, String);

/// What does not hold of people of whom several values are the same, beside what does not hold of their prototype with these resources
/// and subjects: `usual`. `prove` proves a prototype with other resources.
pub fn check(
    subjects: &[Subject<'_, '_>],
    references: &References,
    resources: &Value,
    usual: &[Problem],
    mut prove: impl FnMut(&Value) -> Vec<Problem>,
) -> Vec<Problem> {
    let coincidences = match coincidences(subjects, references, resources) {
        Ok(coincidences) => coincidences,
        Err(problem) => return vec![problem],
    };
    let said = |one: &Problem| (one.rule, one.message.clone(), one.statements.clone());
    let mut told: BTreeSet<_> = usual.iter().map(said).collect();
    let mut problems = Vec::new();
    for (resources, what) in coincidences {
        let new = prove(&resources).into_iter().filter(|problem| told.insert(said(problem)));
        problems.extend(new.map(|mut problem| {
            problem.notes.push(format!("of somebody of whom {what}"));
            problem
        }));
    }
    problems
}

/// The prototypes to prove besides the one with these resources and subjects: those of whom values are the same that policies compare
/// with the same.
///
/// # Errors
/// If there are too many.
fn coincidences(
    subjects: &[Subject<'_, '_>],
    references: &References,
    resources: &Value,
) -> Result<Vec<Coincidence>, Problem> {
    let mut pairs: BTreeSet<(&str, &str)> = BTreeSet::new();
    // By value, a key that has it.
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    for subject in subjects.iter().filter(|subject| subject.kind.is_persons()) {
        let own = subject.base.iter().filter(|(key, _)| *key == NAME || key.starts_with(TAG));
        let own = own.flat_map(|(key, values)| {
            values.into_iter().flat_map(move |values| values.list.iter().map(move |one| (key, one)))
        });
        let own: Vec<(&str, &str)> =
            own.map(|(key, value)| (key, value.as_str())).filter(|(_, value)| is_of_prototype(value)).collect();
        // What has another value in it is the same as another's where that is.
        let is_whole = |value: &str| !own.iter().any(|(_, other)| *other != value && value.contains(other));
        let own: Vec<_> = own.iter().copied().filter(|(_, value)| is_whole(value)).collect();
        for (key, value) in &own {
            keys.entry(value).or_insert(key);
        }
        pairs.extend(pairs_of(subject, references, &own.iter().map(|(_, value)| *value).collect()));
    }
    let values: BTreeSet<&str> = pairs.iter().flat_map(|(one, other)| [*one, *other]).collect();
    if let Some(subject) = subjects.first().filter(|_| values.len() > MOST_VALUES) {
        let message =
            "there are too many ways in which values of people that policies compare with the same may be the same";
        let location = &subject.identity.location;
        return Err(Problem::at(Rule::IsolationUndecided, message.to_owned(), FEWER, location));
    }
    let one = |groups: Vec<BTreeSet<&str>>| {
        let (mut words, mut what) = (Vec::new(), Vec::new());
        for group in groups.iter().filter(|group| group.len() > 1) {
            let kept = group.get(PROTOTYPE_NAME).or_else(|| group.first()).copied().unwrap_or_default();
            words.extend(group.iter().map(|value| (*value, kept)));
            let keys = group.iter().filter_map(|value| keys.get(value));
            let keys: Vec<String> = keys.map(|key| format!("`{}`", key.replace(TAG, "aws:PrincipalTag/"))).collect();
            what.push(format!("{} are the same", keys.join(" and ")));
        }
        (with_words(resources, &words), what.join(", and "))
    };
    let ways = partitions(&values).into_iter().filter(|groups| groups.len() < values.len());
    Ok(ways.map(one).collect())
}

/// Pairs of the values of a subject, of which it may make a difference to the proof whether they are the same.
fn pairs_of<'v>(
    subject: &Subject<'_, '_>,
    references: &References,
    values: &BTreeSet<&'v str>,
) -> BTreeSet<(&'v str, &'v str)> {
    // What cannot be read is told of by the proof.
    let Ok(access) = Access::of(subject, references) else { return BTreeSet::new() };
    let own = access.identity.iter().chain(&access.boundary).map(|(_, document)| *document);
    let bounds = [references.limits(subject.kind), references.boundary_limits(subject.kind)];
    let needs = references.needs(subject.kind).iter().map(|need| &need.document);
    let documents: Vec<&Document> =
        own.chain(bounds.into_iter().flatten()).chain(needs).chain([&access.resource, &references.forbidden]).collect();
    let context = subject.base.clone();
    let principal: Principal = subject.principal.clone();
    let request = Request { principal, action: String::new(), resource: String::new(), context };
    coinciding(documents.into_iter(), &request, values)
}

/// A value with other words in the place of some.
fn with_words(value: &Value, words: &[(&str, &str)]) -> Value {
    let word = |text: &str| words.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    match value {
        Value::String(text) => Value::String(word(text)),
        Value::Array(all) => all.iter().map(|one| with_words(one, words)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, one)| (word(key), with_words(one, words))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// All ways to put values into groups.
fn partitions<'v>(values: &BTreeSet<&'v str>) -> Vec<Vec<BTreeSet<&'v str>>> {
    values.iter().fold(vec![Vec::new()], |ways, value| {
        let with_it = |groups: Vec<BTreeSet<&'v str>>| {
            (0..=groups.len()).map(move |at| {
                let mut groups = groups.clone();
                match groups.get_mut(at) {
                    Some(group) => _ = group.insert(value),
                    None => groups.push(BTreeSet::from([*value])),
                }
                groups
            })
        };
        ways.into_iter().flat_map(with_it).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::partitions;

    #[test]
    fn values_are_put_into_groups_in_all_ways() {
        let ways = |values: &[&'static str]| partitions(&values.iter().copied().collect());
        assert_eq!([0, 1, 2, 3, 4].map(|count| ways(&["a", "b", "c", "d"][..count]).len()), [1, 1, 2, 5, 15]);
        assert!(ways(&["a", "b", "c"]).contains(&vec![BTreeSet::from(["a", "c"]), BTreeSet::from(["b"])]));
    }
}
