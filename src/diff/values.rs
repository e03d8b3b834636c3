//! The leaves in which two values differ.

use std::collections::BTreeSet;

use serde_json::Value;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::canonical::{canonical, is_set, text};
use super::model::PropertyChange;
use crate::inventory::{is_intrinsic, one_or_more, plain, sid, statement_name, with_inner};

/// What differs between two values that stand under `path`, leaf by leaf, in the order of the new value. Order, where it
/// means nothing, and the ways of writing the same are no difference.
pub fn compare(path: &[String], old: Option<&Value>, new: Option<&Value>) -> Vec<PropertyChange> {
    let key = path.last().map_or("", String::as_str);
    let (old, new) = (old.map(|value| canonical(key, value)), new.map(|value| canonical(key, value)));
    let mut comparison = Comparison { path: path.to_vec(), found: Vec::new() };
    comparison.values(old.as_ref(), new.as_ref());
    comparison.found
}

/// The comparison on its way through two values.
struct Comparison {
    path: Vec<String>,
    found: Vec<PropertyChange>,
}

/// A step of a path, and what is there on each side. An entry of a set has no step of its own.
type Pair<'a> = (Option<String>, Option<&'a Value>, Option<&'a Value>);

impl Comparison {
    fn values(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(Value::Object(old_entries)), Some(Value::Object(new_entries)))
                if !is_reference(old) && !is_reference(new) && function(old) == function(new) =>
            {
                let gone = old_entries.iter().filter(|(key, _)| !new_entries.contains_key(*key));
                let kept = new_entries.iter().map(|(key, new)| (Some(key.clone()), old_entries.get(key), Some(new)));
                self.pairs(kept.chain(gone.map(|(key, old)| (Some(key.clone()), Some(old), None))));
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.lists(old, new),
            (old, new) if old.map(text) == new.map(text) => {}
            (old, new) => self.leaf(self.path.clone(), old, new),
        }
    }

    fn leaf(&mut self, path: Vec<String>, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (old.cloned(), new.cloned());
        self.found.push(PropertyChange { path, old, new, ..PropertyChange::default() });
    }

    fn pairs<'a>(&mut self, pairs: impl IntoIterator<Item = Pair<'a>>) {
        let length = self.path.len();
        for (step, old, new) in pairs {
            self.path.extend(step);
            self.values(old, new);
            self.path.truncate(length);
        }
    }

    fn lists(&mut self, old: &[Value], new: &[Value]) {
        let key = self.path.last().cloned().unwrap_or_default();
        let in_statement = self.path.iter().any(|step| step == "Statement");
        if key == "Statement" {
            self.pairs(statements(old, new));
        } else if is_set(&key) || in_statement && !key.starts_with("Fn::") {
            self.pairs(members(old, new));
        } else if key.starts_with("Fn::") {
            // What an argument means hangs on its place.
            let both = (0..old.len().max(new.len())).map(|at| (Some(number(at)), old.get(at), new.get(at)));
            self.pairs(both);
        } else if let Some(id) = identity(&key, old, new) {
            self.keyed(id, old, new);
        } else {
            self.pairs(entries(old, new));
        }
    }

    /// Lists whose entries are known by what stands under their key `id`.
    fn keyed(&mut self, id: &str, old: &[Value], new: &[Value]) {
        let name = |value: &Value| value.get(id).map(plain).unwrap_or_default();
        let find = |values: &'_ [Value], wanted: &Value| values.iter().position(|one| name(one) == name(wanted));
        let step = |value: &Value| Some(format!("[{}]", name(value)));
        let mut renamed = old.to_vec();
        // What has another `Id` and is else the same, such as a rule of a bucket, is neither gone nor new; nor is what is the same
        // but for numbers, such as the days after which a rule deletes.
        for rest in [but_for, but_for_numbers] {
            for one in new.iter().filter(|_| id == "Id") {
                let is_same = |other: &&mut Value| find(new, other).is_none() && rest(id, other) == rest(id, one);
                if find(&renamed, one).is_some() {
                    continue;
                }
                let Some(same) = renamed.iter_mut().find(is_same) else { continue };
                let path = self.path.iter().cloned().chain(step(one)).chain([id.to_owned()]).collect();
                self.leaf(path, same.get(id), one.get(id));
                same[id] = one[id].clone();
            }
        }
        let old = &renamed;
        let gone = old.iter().filter(|value| find(new, value).is_none());
        let kept = new.iter().map(|new| (step(new), find(old, new).map(|at| &old[at]), Some(new)));
        self.pairs(kept.chain(gone.map(|old| (step(old), Some(old), None))));
        if UNORDERED.iter().any(|(list, _)| self.path.last().is_some_and(|key| key == list)) {
            return;
        }
        let common = |values: &[Value], others: &[Value]| -> Value {
            values.iter().filter(|value| find(others, value).is_some()).map(name).collect()
        };
        let (old_order, new_order) = (common(old, new), common(new, old));
        if old_order != new_order {
            let path = self.path.iter().cloned().chain(["[order]".to_owned()]).collect();
            self.leaf(path, Some(&old_order), Some(&new_order));
        }
    }
}

/// What a value says, but for what stands under a key.
fn but_for(key: &str, value: &Value) -> String {
    let entries = value.as_object().into_iter().flatten().filter(|(other, _)| *other != key);
    text(&entries.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// The same without its numbers, however they are written.
fn but_for_numbers(key: &str, value: &Value) -> String {
    fn without(value: &Value) -> Value {
        match value {
            Value::Object(_) | Value::Array(_) => with_inner(value, |_, inner| without(inner)),
            scalar if plain(scalar).parse::<f64>().is_ok() => Value::Null,
            other => other.clone(),
        }
    }
    but_for(key, &without(value))
}

/// The entries of two lists in which order and number mean nothing: those of one side alone.
fn members<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Pair<'a>> {
    let only_in = |values: &'a [Value], others: &[Value]| {
        let mut seen: BTreeSet<String> = others.iter().map(text).collect();
        values.iter().filter(move |value| seen.insert(text(value)))
    };
    let gone = only_in(old, new).map(|value| (None, Some(value), None));
    gone.chain(only_in(new, old).map(|value| (None, None, Some(value)))).collect()
}

/// The step to the entry at an index.
fn number(at: usize) -> String {
    format!("[{}]", at + 1)
}

/// The entries of two lists in which the order matters, but for those that both have: by their numbers in the new one, and of those that
/// are gone, in the old one.
fn entries<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Pair<'a>> {
    let texts = |values: &[Value]| values.iter().map(text).collect::<Vec<_>>();
    let operations = capture_diff_slices(Algorithm::Patience, &texts(old), &texts(new));
    let differing = operations.into_iter().map(|one| one.as_tag_tuple()).filter(|(tag, ..)| *tag != DiffTag::Equal);
    let pairs = differing.flat_map(|(_, before, after)| {
        (0..before.len().max(after.len())).map(move |at| {
            let start = if at < after.len() { after.start } else { before.start };
            (Some(number(start + at)), old[before.clone()].get(at), new[after.clone()].get(at))
        })
    });
    pairs.collect()
}

/// The statements of two policies: those of one `Sid`, then those that differ least. In the order of the new policy; those that are
/// gone come last.
fn statements<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Pair<'a>> {
    let [olds, news] = [old, new].map(|list| list.iter().map(values_of).collect::<Vec<_>>());
    let mut candidates = Vec::new();
    for (at_new, (one, of_one)) in new.iter().zip(&news).enumerate() {
        for (at_old, (other, of_other)) in old.iter().zip(&olds).enumerate() {
            let one_name = sid(one).is_some() && sid(one) == sid(other);
            let common = of_one.intersection(of_other).count();
            let is_same = text(one) == text(other);
            if one_name || is_same || common > 0 && one.get("Effect") == other.get("Effect") {
                candidates.push((!one_name, !is_same, of_one.len() + of_other.len() - 2 * common, at_new, at_old));
            }
        }
    }
    candidates.sort_unstable();
    let (mut partners, mut gone) = (vec![None; new.len()], old.iter().map(Some).collect::<Vec<_>>());
    for (.., at_new, at_old) in candidates {
        if partners[at_new].is_none() {
            partners[at_new] = gone[at_old].take();
        }
    }
    let step = |statement: &Value, at: usize| Some(format!("[{}]", statement_name(statement, at)));
    let kept = new.iter().enumerate().zip(partners).map(|((at, new), old)| (step(new, at), old, Some(new)));
    let gone = gone.into_iter().enumerate().filter_map(|(at, old)| Some((step(old?, at), old, None)));
    kept.chain(gone).collect()
}

/// What a statement says, but for its effect and its name, each with its key.
fn values_of(statement: &Value) -> BTreeSet<String> {
    let entries = statement.as_object().into_iter().flatten().filter(|(key, _)| *key != "Effect" && *key != "Sid");
    entries.flat_map(|(key, value)| one_or_more(Some(value)).map(move |one| format!("{key}:{}", text(one)))).collect()
}

/// Lists in which the order means nothing, and what their entries are known by.
const UNORDERED: &[(&str, &str)] = &[("Tags", "Key"), ("ResourceTags", "Key"), ("Policies", "PolicyName")];
/// What entries of other lists may be known by.
const IDENTITIES: &[&str] = &["Id", "Sid", "Name", "Key"];

/// What the entries of both lists are known by, each by another value, if they are.
fn identity<'a>(key: &str, old: &[Value], new: &[Value]) -> Option<&'a str> {
    let known = UNORDERED.iter().find(|(list, _)| *list == key).map(|(_, id)| *id);
    let candidates = known.into_iter().chain(IDENTITIES.iter().copied());
    let unique = |values: &[Value], id: &str| {
        let ids: Option<BTreeSet<String>> = values.iter().map(|value| value.get(id).map(plain)).collect();
        ids.is_some_and(|ids| ids.len() == values.len())
    };
    candidates.into_iter().find(|id| unique(old, id) && unique(new, id) && !(old.is_empty() && new.is_empty()))
}

fn function(value: Option<&Value>) -> Option<&str> {
    value.filter(|value| is_intrinsic(value)).and_then(Value::as_object)?.keys().next().map(String::as_str)
}

/// References are shown as a whole.
fn is_reference(value: Option<&Value>) -> bool {
    function(value).is_some_and(|key| key == "Ref" || key == "Fn::GetAtt")
}
