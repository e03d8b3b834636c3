//! Access where conditions hang on parameters. Which value a stack has for these is not known, as one that exists keeps its
//! own. So the access is compared for each way in which the conditions may come out, the same on both sides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::canonical::text;
use super::super::folder::{AccountFolder, FolderStack};
use super::super::model::{AccessChange, AccessDirection, AccessEntry, Presence};
use super::super::resources::resources;
use super::{RetainedResource, in_one_world};
use crate::inventory::each_map;

/// Of more questions only two worlds are compared: in one all hold, in the other none. What else there may be is unknown.
const MOST_QUESTIONS: usize = 5;

/// What is asked of parameters, by the stack and the question's text: the parameters that are asked.
type Questions<'a> = BTreeMap<(&'a str, String), BTreeSet<String>>;

/// What changes in the access to and within an account, in whichever world. What is `kept` of the old side goes on to hold.
pub(in super::super) fn compare(
    old: Option<&AccountFolder>,
    new: Option<&AccountFolder>,
    kept: &[RetainedResource<'_>],
) -> Vec<AccessChange> {
    let mut questions = Questions::new();
    for stack in old.into_iter().chain(new).flat_map(|account| &account.stacks) {
        for (_, resource) in resources(Some(stack)) {
            if let Some(condition) = resource.get("Condition") {
                ask(&stack.name, condition, &mut questions);
            }
            each_map(resource, &mut |entries| {
                if let Some(condition) = entries.get("Fn::If").and_then(|branches| branches.get(0)) {
                    ask(&stack.name, condition, &mut questions);
                }
            });
        }
    }
    if questions.is_empty() {
        return in_one_world(old, new, kept);
    }
    let too_many = questions.len() > MOST_QUESTIONS;
    let worlds: Vec<u64> = if too_many { vec![u64::MAX, 0] } else { (0..1 << questions.len()).rev().collect() };
    let in_world = |world: u64| {
        let numbers = questions.keys().zip(0_u32..).collect::<BTreeMap<_, _>>();
        let holds = |stack: &str, question: &Value| {
            let number = numbers.get(&(stack, text(question))).copied().unwrap_or_default();
            world.checked_shr(number).unwrap_or(world) & 1 == 1
        };
        let [old, new] = [old, new].map(|side| side.map(|account| answered(account, &holds)));
        let kept: Vec<RetainedResource<'_>> = kept.iter().filter_map(|kept| still_kept(kept, old.as_ref()?)).collect();
        in_one_world(old.as_ref(), new.as_ref(), &kept)
    };
    let all: Vec<Vec<AccessChange>> = worlds.into_iter().map(in_world).collect();
    let asked: BTreeSet<&String> = questions.values().flatten().collect();
    let names = asked.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let (several, verb) = if asked.len() == 1 { ("", "decides") } else { ("s", "decide") };
    let why = format!("as the parameter{several} {names} {verb}");
    let mut changes = merged(all, &why);
    if too_many && differ(old, new) {
        let why = format!("{why}; these are too many to try all of their values");
        changes.push(AccessChange::through("conditions", vec![AccessEntry::unknown(why)]));
    }
    changes
}

fn differ(old: Option<&AccountFolder>, new: Option<&AccountFolder>) -> bool {
    let all = |account: Option<&AccountFolder>| -> BTreeSet<String> {
        let stacks = account.into_iter().flat_map(|account| &account.stacks);
        stacks
            .flat_map(|stack| resources(Some(stack)).map(|(id, one)| format!("{} {id} {}", stack.name, text(one))))
            .collect()
    };
    all(old) != all(new)
}

/// The one function in a value, with what it is applied to.
fn function(value: &Value) -> Option<(&str, &Value)> {
    let entries = value.as_object().filter(|entries| entries.len() == 1)?;
    entries.iter().next().map(|(name, argument)| (name.as_str(), argument))
}

fn ask<'a>(stack: &'a str, condition: &Value, questions: &mut Questions<'a>) {
    if let Some(("Fn::And" | "Fn::Or" | "Fn::Not", Value::Array(parts))) = function(condition) {
        for part in parts {
            ask(stack, part, questions);
        }
    } else {
        let mut asked = BTreeSet::new();
        each_map(condition, &mut |entries| {
            let name = entries.get("Ref").or_else(|| entries.get("Condition")).and_then(Value::as_str);
            asked.extend(name.filter(|name| !name.starts_with("AWS::")).map(str::to_owned));
        });
        questions.insert((stack, text(condition)), asked);
    }
}

fn still_kept<'a>(kept: &RetainedResource<'_>, old: &'a AccountFolder) -> Option<RetainedResource<'a>> {
    let stack = old.stacks.iter().find(|stack| stack.name == kept.stack.name)?;
    let (id, _) = resources(Some(stack)).find(|(id, _)| *id == kept.logical_id)?;
    Some(RetainedResource { stack, logical_id: id })
}

/// An account in one world.
fn answered(account: &AccountFolder, holds: &impl Fn(&str, &Value) -> bool) -> AccountFolder {
    let in_stack = |stack: &FolderStack| {
        let mut stack = stack.clone();
        let name = stack.name.clone();
        let holds = |condition: &Value| decided(condition, &|question| holds(&name, question));
        if let Some(resources) = Arc::make_mut(&mut stack.template).get_mut("Resources").and_then(Value::as_object_mut)
        {
            resources.retain(|_, resource| resource.get("Condition").is_none_or(&holds));
            resources.values_mut().for_each(|resource| *resource = chosen(resource, &holds));
        }
        stack
    };
    AccountFolder {
        id: account.id.clone(),
        partition: account.partition.clone(),
        region: account.region.clone(),
        bucket: account.bucket.clone(),
        says_who_is_suspended: account.says_who_is_suspended,
        stacks: account.stacks.iter().map(in_stack).collect(),
        others: BTreeMap::new(),
    }
}

fn decided(condition: &Value, holds: &impl Fn(&Value) -> bool) -> bool {
    match function(condition) {
        Some(("Fn::And", Value::Array(parts))) => parts.iter().all(|part| decided(part, holds)),
        Some(("Fn::Or", Value::Array(parts))) => parts.iter().any(|part| decided(part, holds)),
        Some(("Fn::Not", Value::Array(parts))) => !parts.iter().all(|part| decided(part, holds)),
        _ => holds(condition),
    }
}

/// A value with the branches that are taken.
fn chosen(value: &Value, holds: &impl Fn(&Value) -> bool) -> Value {
    let is_something = |value: &Value| value.get("Ref").and_then(Value::as_str) != Some("AWS::NoValue");
    if let Some(("Fn::If", Value::Array(parts))) = function(value)
        && let [condition, yes, no] = parts.as_slice()
    {
        return chosen(if holds(condition) { yes } else { no }, holds);
    }
    match value {
        Value::Array(values) => values.iter().map(|value| chosen(value, holds)).filter(is_something).collect(),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), chosen(value, holds)));
            Value::Object(entries.filter(|(_, value)| is_something(value)).collect())
        }
        scalar => scalar.clone(),
    }
}

/// What is told of all worlds together. What does not happen in each of them is marked; what may only take away is then
/// not told as a narrowing.
fn merged(worlds: Vec<Vec<AccessChange>>, why: &str) -> Vec<AccessChange> {
    let count = worlds.len();
    // Each change with its entries, and in how many worlds each of these is.
    let mut order: Vec<(String, AccessChange, usize, Vec<usize>)> = Vec::new();
    for mut change in worlds.into_iter().flatten() {
        let entries = std::mem::take(&mut change.entries);
        let key = format!("{change:?}");
        let at = order.iter().position(|(known, ..)| *known == key).unwrap_or_else(|| {
            order.push((key, change, 0, Vec::new()));
            order.len() - 1
        });
        let (_, known, times, in_worlds) = &mut order[at];
        *times += 1;
        for entry in entries {
            let text = format!("{entry:?}");
            if let Some(at) = known.entries.iter().position(|one| format!("{one:?}") == text) {
                in_worlds[at] += 1;
            } else {
                known.entries.push(entry);
                in_worlds.push(1);
            }
        }
    }
    let marked = |(_, mut change, times, in_worlds): (String, AccessChange, usize, Vec<usize>)| {
        for (entry, _) in change.entries.iter_mut().zip(in_worlds).filter(|(_, worlds)| *worlds < count) {
            entry.conditions.push(why.to_owned());
            if entry.direction == AccessDirection::Narrowed {
                (entry.direction, entry.at_most_narrowed) = (AccessDirection::Unknown, true);
            }
        }
        if change.presence == Presence::Removed && times < count {
            change.presence = Presence::Both;
            change.entries =
                vec![AccessEntry { at_most_narrowed: true, ..AccessEntry::unknown(format!("gone, {why}")) }];
        }
        change
    };
    order.into_iter().map(marked).collect()
}
