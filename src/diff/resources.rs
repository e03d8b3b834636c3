//! What becomes of each resource of a stack.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::folder::FolderStack;
use super::model::{Action, PropertyChange, Replacement};
use super::values::compare;
use crate::facts::replacement::{ReplacementFacts, replacement};
pub(super) use crate::inventory::type_of;
use crate::inventory::{LOOP, plain, references, with_inner};

/// What becomes of one resource.
#[derive(Debug)]
pub(super) struct ResourceChange<'a> {
    pub logical_id: &'a str,
    pub action: Action,
    /// As the old template has it.
    pub old: Option<&'a Value>,
    /// As the new template has it.
    pub new: Option<&'a Value>,
    pub properties: Vec<PropertyChange>,
}

impl ResourceChange<'_> {
    /// The type; of a resource whose type changes, the old one, since that is what is lost.
    pub fn resource_type(&self) -> &str {
        if self.logical_id.starts_with(LOOP) { LOOP } else { self.old.or(self.new).map_or("", type_of) }
    }

    /// Whether it is not known to happen in place.
    pub fn may_replace(&self) -> bool {
        let unsure = |one: &PropertyChange| matches!(one.replacement, Replacement::Maybe | Replacement::Unknown);
        self.action == Action::Change && self.properties.iter().any(unsure)
    }

    /// Whether the resource that goes is kept: by the old template when it leaves the stack, by the new one when it is
    /// replaced.
    pub fn is_kept(&self) -> bool {
        match self.action {
            Action::Retain => true,
            Action::Replace => self.new.is_some_and(|new| retains(new, "UpdateReplacePolicy")),
            _ => false,
        }
    }
}

/// The property of a resource that `path` leads to, with `/` between the steps.
pub(super) fn property<'a>(resource: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(resource.get("Properties")?, |value, step| value.get(step))
}

/// The number that a value is, whether or not it is written as a string.
pub(super) fn number(value: &Value) -> Option<f64> {
    plain(value).parse().ok().filter(|number: &f64| number.is_finite())
}

/// The name that the template gives a resource, if it gives it one: the values of all the properties that are its name.
/// One that is known only when the stack is deployed is shown as it is written.
pub(super) fn fixed_name(resource: &Value) -> Option<Vec<String>> {
    let facts = replacement(type_of(resource)).filter(|facts| !facts.name.is_empty())?;
    facts.name.iter().map(|path| property(resource, path).map(plain)).collect()
}

/// The name that the template gives a resource, if that is a name and nothing that CloudFormation fills in: the first of
/// the properties that are its name.
pub(super) fn literal_name(resource: &Value) -> Option<&str> {
    let facts = replacement(type_of(resource))?;
    property(resource, facts.name.first()?)?.as_str()
}

/// What becomes of the resources of a stack, in the order of the new template; those that only the old one has come last.
pub(super) fn changes<'a>(old: Option<&'a FolderStack>, new: Option<&'a FolderStack>) -> Vec<ResourceChange<'a>> {
    let resources = |stack: Option<&'a FolderStack>| stack.into_iter().flat_map(FolderStack::resources);
    let olds: BTreeMap<&str, &Value> = resources(old).map(|(id, value)| (id.as_str(), value)).collect();
    let news: BTreeSet<&str> = resources(new).map(|(id, _)| id.as_str()).collect();
    let [olds_of, news_of] = [old, new].map(|stack| stack.and_then(|stack| stack.template.get("Conditions")));
    let mut changes = Vec::new();
    for (id, new) in resources(new) {
        let old = olds.get(id.as_str()).copied();
        let mut properties = if old == Some(new) { Vec::new() } else { compare_resources(old, Some(new)) };
        properties.extend(condition_changes([(old, olds_of), (Some(new), news_of)]));
        let action = match old {
            None => Action::Add,
            Some(old) => action(type_of(old) != type_of(new), &properties),
        };
        changes.push(ResourceChange { logical_id: id, action, old, new: Some(new), properties });
    }
    propagate(&mut changes);
    for (id, old) in resources(old).filter(|(id, _)| !news.contains(id.as_str())) {
        let action = if retains(old, "DeletionPolicy") { Action::Retain } else { Action::Destroy };
        let properties = compare_resources(Some(old), None);
        changes.push(ResourceChange { logical_id: id, action, old: Some(old), new: None, properties });
    }
    changes.retain(|change| !change.properties.is_empty() || change.action != Action::Change);
    changes
}

/// What changes in what a resource's condition asks, where its name stays. Each side is the resource, and the conditions of the template.
fn condition_changes(sides: [(Option<&Value>, Option<&Value>); 2]) -> Vec<PropertyChange> {
    let [old, new] = sides.map(|(resource, _)| resource.and_then(|one| one.get("Condition")?.as_str()));
    let Some(name) = old.filter(|_| old == new) else { return Vec::new() };
    let [old, new] = sides.map(|(_, conditions)| Some(written_out(conditions?, conditions?.get(name)?, DEEPEST)));
    let mut changes = compare(&["Condition".to_owned(), name.to_owned()], old.as_ref(), new.as_ref());
    for change in &mut changes {
        change.replacement = effect(None, &change.path);
    }
    changes
}

/// Conditions that refer to each other deeper than this are no valid template.
const DEEPEST: usize = 20;

/// A condition with those that it refers to in their places.
fn written_out(conditions: &Value, condition: &Value, depth: usize) -> Value {
    let entries = condition.as_object().filter(|entries| entries.len() == 1 && depth > 0);
    let other = entries.and_then(|entries| conditions.get(entries.get("Condition")?.as_str()?));
    other.map_or_else(
        || with_inner(condition, |_, inner| written_out(conditions, inner, depth)),
        |other| written_out(conditions, other, depth - 1),
    )
}

fn action(other_type: bool, properties: &[PropertyChange]) -> Action {
    let replaces = properties.iter().any(|property| property.replacement == Replacement::Yes);
    if other_type || replaces { Action::Replace } else { Action::Change }
}

/// Whether an attribute, `DeletionPolicy` or `UpdateReplacePolicy`, has a resource kept.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>
pub(super) fn retains(resource: &Value, attribute: &str) -> bool {
    let policy = resource.get(attribute).and_then(Value::as_str);
    matches!(policy, Some("Retain" | "RetainExceptOnCreate"))
}

/// What differs between the attributes of a resource. Of one that is added or removed, each of its properties is one
/// difference.
fn compare_resources(old: Option<&Value>, new: Option<&Value>) -> Vec<PropertyChange> {
    let entries = |resource: Option<&Value>| {
        let mut entries = resource.and_then(Value::as_object).cloned().unwrap_or_default();
        // Properties that one side lacks altogether are told one by one.
        entries.entry("Properties").or_insert_with(|| Value::Object(Map::new()));
        entries.retain(|key, _| key != "Type" || old.is_some() && new.is_some());
        Value::Object(entries)
    };
    // The body of a loop, `Fn::ForEach`, is no map of attributes.
    let is_loop = [old, new].into_iter().flatten().any(|one| !one.is_object());
    let mut found = if is_loop {
        compare(&["Properties".to_owned()], old, new)
    } else {
        compare(&[], Some(&entries(old)), Some(&entries(new)))
    };
    if let (Some(_), Some(new)) = (old, new) {
        let facts = replacement(type_of(new));
        for change in &mut found {
            change.replacement = effect(facts, &change.path);
        }
    }
    found
}

/// Whether the change of what `path` leads to replaces a resource.
fn effect(facts: Option<&ReplacementFacts>, path: &[String]) -> Replacement {
    let property = match path {
        path if path.iter().any(|step| step == "Fn::Transform") => return Replacement::Unknown,
        [first] if first == "Type" => return Replacement::Yes,
        // With another condition it may be deleted, or made.
        [first, ..] if first == "Condition" => return Replacement::Maybe,
        [first, property @ ..] if first == "Properties" => property,
        // All else is CloudFormation's own affair.
        _ => return Replacement::No,
    };
    let Some(facts) = facts else { return Replacement::Unknown };
    // A branch is where the whole of it stands.
    let mut steps: Vec<&String> = Vec::new();
    let mut in_branch = false;
    for step in property {
        if !in_branch && step != "Fn::If" {
            steps.push(step);
        }
        in_branch = step == "Fn::If";
    }
    let touches = |paths: &[&str]| {
        // Whichever of the two is longer: a change within the property, or of what it is within.
        paths.iter().any(|path| path.split('/').zip(&steps).all(|(a, b)| a == *b))
    };
    if touches(&facts.create_only) {
        Replacement::Yes
    } else if touches(&facts.conditional) {
        Replacement::Maybe
    } else {
        Replacement::No
    }
}

/// What refers to a replaced resource changes, too, and may so be replaced itself.
fn propagate(changes: &mut [ResourceChange<'_>]) {
    let mut replaced: BTreeSet<String> = BTreeSet::new();
    loop {
        let now: BTreeSet<String> = changes
            .iter()
            .filter(|change| change.action == Action::Replace && !replaced.contains(change.logical_id))
            .map(|change| change.logical_id.to_owned())
            .collect();
        if now.is_empty() {
            return;
        }
        for change in changes.iter_mut() {
            let (Some(old), Some(new)) = (change.old, change.new) else { continue };
            let Some(properties) = new.get("Properties") else { continue };
            let mut found = Vec::new();
            references(properties, &mut vec!["Properties".to_owned()], &now, &mut found);
            let facts = replacement(type_of(new));
            for (path, target, value) in found {
                // What changes in its own right, or something in it, or what it is in, is told already.
                if change.properties.iter().any(|known| known.path.iter().zip(&path).all(|(a, b)| a == b)) {
                    continue;
                }
                let replacement = effect(facts, &path);
                change.properties.push(PropertyChange {
                    path,
                    old: Some(value.clone()),
                    new: Some(value.clone()),
                    replacement,
                    replaced: Some(target),
                });
            }
            change.action = action(type_of(old) != type_of(new), &change.properties);
        }
        replaced.extend(now);
    }
}
