//! The leaves in which two values differ.

use std::collections::BTreeSet;

use serde_json::Value;

use super::canonical::{canonical, is_set, text};
use super::model::{PropertyChange, Replacement};
use super::statements;
use crate::inventory::{is_intrinsic, plain};

/// What differs between two values that stand under `path`, leaf by leaf, in the order of the new value. Order, where it
/// means nothing, and the ways of writing the same are no difference.
pub(super) fn compare(path: &[String], old: Option<&Value>, new: Option<&Value>) -> Vec<PropertyChange> {
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

impl Comparison {
    fn values(&mut self, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(Value::Object(old_entries)), Some(Value::Object(new_entries)))
                if !is_leaf(old) && !is_leaf(new) && is_function(old) == is_function(new) =>
            {
                for (key, new) in new_entries {
                    self.at(key.clone(), |inner| inner.values(old_entries.get(key), Some(new)));
                }
                for (key, old) in old_entries.iter().filter(|(key, _)| !new_entries.contains_key(*key)) {
                    self.at(key.clone(), |inner| inner.values(Some(old), None));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.lists(old, new),
            (old, new) => self.leaf(old, new),
        }
    }

    fn lists(&mut self, old: &[Value], new: &[Value]) {
        let key = self.path.last().cloned().unwrap_or_default();
        let in_statement = self.path.iter().any(|step| step == "Statement");
        if key == "Statement" {
            for (name, old, new) in statements::pairs(old, new) {
                self.at(format!("[{name}]"), |inner| inner.values(old, new));
            }
        } else if is_set(&key) || in_statement && !key.starts_with("Fn::") {
            self.sets(old, new);
        } else if let Some(id) = identity(&key, old, new) {
            self.keyed(id, old, new);
        } else {
            self.ordered(old, new);
        }
    }

    fn sets(&mut self, old: &[Value], new: &[Value]) {
        let texts = |values: &[Value]| values.iter().map(text).collect::<BTreeSet<_>>();
        let (olds, news) = (texts(old), texts(new));
        for (value, _) in distinct(old).filter(|(_, text)| !news.contains(text)) {
            self.leaf(Some(value), None);
        }
        for (value, _) in distinct(new).filter(|(_, text)| !olds.contains(text)) {
            self.leaf(None, Some(value));
        }
    }

    /// Lists whose entries are known by what stands under their key `id`.
    fn keyed(&mut self, id: &str, old: &[Value], new: &[Value]) {
        let name = |value: &Value| value.get(id).map(plain).unwrap_or_default();
        let find = |values: &[Value], wanted: &str| values.iter().position(|value| name(value) == wanted);
        for value in new {
            let old = find(old, &name(value)).and_then(|at| old.get(at));
            self.at(format!("[{}]", name(value)), |inner| inner.values(old, Some(value)));
        }
        for value in old.iter().filter(|value| find(new, &name(value)).is_none()) {
            self.at(format!("[{}]", name(value)), |inner| inner.values(Some(value), None));
        }
        let common = |values: &[Value], others: &[Value]| -> Vec<Value> {
            values.iter().map(&name).filter(|name| find(others, name).is_some()).map(Value::from).collect()
        };
        let (old_order, new_order) = (common(old, new), common(new, old));
        if !UNORDERED.iter().any(|(list, _)| self.path.last().is_some_and(|key| key == list)) && old_order != new_order
        {
            self.at("[order]".to_owned(), |inner| {
                inner.leaf(Some(&old_order.into()), Some(&new_order.into()));
            });
        }
    }

    /// Lists in which the order matters: what they begin and end with in common is left out, the rest compared entry by
    /// entry.
    fn ordered(&mut self, old: &[Value], new: &[Value]) {
        let same = |a: &Value, b: &Value| compare(&self.path, Some(a), Some(b)).is_empty();
        let start = old.iter().zip(new).take_while(|(a, b)| same(a, b)).count();
        let (old_rest, new_rest) = (&old[start..], &new[start..]);
        let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| same(a, b)).count();
        let (old, new) = (&old_rest[..old_rest.len() - end], &new_rest[..new_rest.len() - end]);
        for index in 0..old.len().max(new.len()) {
            self.at(format!("[{}]", start + index + 1), |inner| inner.values(old.get(index), new.get(index)));
        }
    }

    fn leaf(&mut self, old: Option<&Value>, new: Option<&Value>) {
        if old.map(text) == new.map(text) {
            return;
        }
        self.found.push(PropertyChange {
            path: self.path.clone(),
            old: old.cloned(),
            new: new.cloned(),
            replacement: Replacement::No,
            replaced: None,
        });
    }

    fn at(&mut self, step: String, look: impl FnOnce(&mut Self)) {
        self.path.push(step);
        look(self);
        self.path.pop();
    }
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

fn distinct(values: &[Value]) -> impl Iterator<Item = (&Value, String)> {
    let mut seen = BTreeSet::new();
    values.iter().map(|value| (value, text(value))).filter(move |(_, text)| seen.insert(text.clone()))
}

fn is_function(value: Option<&Value>) -> Option<&str> {
    value.filter(|value| is_intrinsic(value)).and_then(Value::as_object)?.keys().next().map(String::as_str)
}

/// References are shown as a whole.
fn is_leaf(value: Option<&Value>) -> bool {
    is_function(value).is_some_and(|key| key == "Ref" || key == "Fn::GetAtt")
}
