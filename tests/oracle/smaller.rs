//! The smallest part of a case that the two still disagree on, for whoever has to find out why.

use serde_json::Value as Json;

use crate::oracle::case::{ALWAYS, Case};
use crate::oracle::disagreements;

/// Leaves out policies, statements, conditions, values and context keys as long as the two disagree.
pub fn smaller(mut case: Case) -> Case {
    loop {
        let parts = parts(&case);
        let Some(index) = disagreements(&parts).first().map(|found| found.place) else { return case };
        case = parts[index].clone();
    }
}

/// The case without each of its parts.
fn parts(case: &Case) -> Vec<Case> {
    let mut parts = Vec::new();
    for index in 0..case.identity.len() {
        let mut part = case.clone();
        part.identity.remove(index);
        parts.push(part);
    }
    parts.push(Case { boundary: None, ..case.clone() });
    parts.push(Case { resource_policy: None, ..case.clone() });
    for key in case.request.context.keys().filter(|key| !ALWAYS.contains(&key.as_str())) {
        let mut part = case.clone();
        part.request.context.remove(key);
        parts.push(part);
    }
    let slots = case.identity.len();
    for slot in 0..slots + 2 {
        let policy = match slot.checked_sub(slots) {
            None => Some(&case.identity[slot]),
            Some(0) => case.boundary.as_ref(),
            Some(_) => case.resource_policy.as_ref(),
        };
        for policy in policy.into_iter().flat_map(without_each) {
            let mut part = case.clone();
            match slot.checked_sub(slots) {
                None => part.identity[slot] = policy,
                Some(0) => part.boundary = Some(policy),
                Some(_) => part.resource_policy = Some(policy),
            }
            parts.push(part);
        }
    }
    parts.retain(|part| part.json() != case.json());
    parts
}

/// A value without each member of its lists, and without each condition.
fn without_each(value: &Json) -> Vec<Json> {
    match value {
        Json::Array(values) if values.len() > 1 => {
            let mut found: Vec<Json> = Vec::new();
            for index in 0..values.len() {
                let mut rest = values.clone();
                rest.remove(index);
                found.push(Json::Array(rest));
            }
            found.extend(inside(values.iter().enumerate(), |index, part| {
                let mut rest = values.clone();
                rest[index] = part;
                Json::Array(rest)
            }));
            found
        }
        Json::Array(values) => inside(values.iter().enumerate(), |_, part| Json::Array(vec![part])),
        Json::Object(map) => {
            let mut found = Vec::new();
            for key in map.keys().filter(|key| !NEEDED.contains(&key.as_str())) {
                let mut rest = map.clone();
                rest.remove(key);
                found.push(Json::Object(rest));
            }
            found.extend(inside(map.iter(), |key, part| {
                let mut rest = map.clone();
                rest.insert(key.clone(), part);
                Json::Object(rest)
            }));
            found
        }
        _ => Vec::new(),
    }
}

fn inside<'a, K: Copy>(parts: impl Iterator<Item = (K, &'a Json)>, with: impl Fn(K, Json) -> Json) -> Vec<Json> {
    parts
        .flat_map(|(key, value)| without_each(value).into_iter().map(move |part| (key, part)))
        .map(|(key, part)| with(key, part))
        .collect()
}

/// What every policy and statement has.
const NEEDED: [&str; 9] =
    ["Version", "Statement", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"];
