//! Which templates are alike to rules that cannot tell everything apart (see `footprint`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::footprint::RuleFootprint;
use crate::inventory::with_inner;

/// The same for templates that are alike, and for no others.
pub(super) type Fingerprint = [u8; 32];

/// A template as a group of rule files sees it.
pub(super) struct TemplateFingerprint<'a> {
    /// What it has in common with those that are alike.
    pub fingerprint: Fingerprint,
    template: &'a Value,
    /// Of its resources that the rules see one of each kind, by logical ID.
    resources: BTreeSet<&'a str>,
}

impl<'a> TemplateFingerprint<'a> {
    /// `template` to rules of this footprint.
    pub(super) fn new(template: &'a Value, footprint: &RuleFootprint) -> Self {
        let sections = template.as_object().into_iter().flatten();
        let (resources, others): (Vec<_>, Vec<_>) =
            sections.partition(|(name, section)| *name == "Resources" && section.is_object());
        let resources = || resources.iter().filter_map(|(_, section)| section.as_object()).flatten();
        let mut kinds: BTreeMap<String, &str> = BTreeMap::new();
        for (id, resource) in resources().filter(|(_, resource)| footprint.sees(resource)) {
            kinds.entry(Normalizer::new(footprint).value(resource).to_string()).or_insert(id);
        }
        // A template without any resource is another matter to the engine than one with none of the right type. What stands for
        // resources that are not there is as good as any other.
        if let Some((id, _)) = resources().next().filter(|_| kinds.is_empty()) {
            kinds.insert("none".to_owned(), id);
        }
        // What is no resource, such as outputs, together: of no two things there are texts compared that are not within one of
        // them, no more than of two resources.
        let mut writer = Normalizer::new(footprint);
        let others: Value = others.into_iter().map(|(name, section)| (name.as_str(), writer.value(section))).collect();
        // In JSON, no value has a line break.
        let whole = kinds.keys().fold(others.to_string(), |whole, kind| whole + "\n" + kind);
        Self { fingerprint: Sha256::digest(whole).into(), template, resources: kinds.into_values().collect() }
    }

    /// The template with one resource of each kind alone: what the engine evaluates for all that are alike.
    pub(super) fn representative(&self) -> String {
        let mut representative = self.template.clone();
        if let Some(Value::Object(all)) = representative.get_mut("Resources") {
            all.retain(|id, _| self.resources.contains(id.as_str()));
        }
        representative.to_string()
    }
}

/// Makes of values that are alike the same, and of no others.
struct Normalizer<'a, 's> {
    footprint: &'s RuleFootprint,
    /// The texts of the resource, by when they were first met.
    texts: BTreeMap<&'a str, usize>,
}

impl<'a, 's> Normalizer<'a, 's> {
    fn new(footprint: &'s RuleFootprint) -> Self {
        Self { footprint, texts: BTreeMap::new() }
    }

    fn value(&mut self, value: &'a Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            _ => with_inner(value, |_, inner| self.value(inner)),
        }
    }

    /// A text by its number among the texts of the resource; when it is met first, with all that the rules could tell it
    /// from others by.
    fn text(&mut self, text: &'a str) -> String {
        if let Some(known) = self.texts.get(text) {
            return known.to_string();
        }
        let number = self.texts.len();
        self.texts.insert(text, number);
        match self.footprint.matches(text) {
            Some(matches) => format!("{number} {matches:?}"),
            None => format!("{number}={text}"),
        }
    }
}
