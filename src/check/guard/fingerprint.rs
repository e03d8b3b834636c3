//! Which templates are alike to rules that cannot tell everything apart (see `footprint`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::footprint::RuleFootprint;

/// The same for templates that are alike, and for no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint([u8; 32]);

/// A template as a group of rule files sees it.
pub(super) struct TemplateFingerprint<'a> {
    /// What it has in common with those that are alike.
    pub fingerprint: Fingerprint,
    template: &'a Value,
    /// Of its resources that the rules see one of each kind, by logical ID.
    resources: BTreeSet<&'a str>,
}

impl<'a> TemplateFingerprint<'a> {
    /// `template` to rules of this footprint. `group` tells the rules from others.
    pub(super) fn new(template: &'a Value, footprint: &RuleFootprint, group: usize) -> Self {
        let mut kinds: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
        let mut whole = Sha256::new();
        whole.update(group.to_le_bytes());
        let mut writer = Writer { footprint, out: Vec::new(), texts: BTreeMap::new() };
        let mut others = Vec::new();
        for (name, section) in template.as_object().into_iter().flatten() {
            match section {
                Value::Object(resources) if name == "Resources" => {
                    let mut seen: Vec<_> = resources.iter().filter(|(_, one)| footprint.sees(one)).collect();
                    if seen.is_empty() {
                        // A template without any resource is another matter to the engine than one with none of the right type.
                        // What stands for resources that are not there is as good as any other.
                        seen.extend(resources.iter().take(1));
                    }
                    for (id, resource) in seen {
                        let seen = if footprint.sees(resource) { writer.resource(resource) } else { b"none" };
                        if !kinds.contains_key(seen) {
                            kinds.insert(seen.to_vec(), id.as_str());
                        }
                    }
                }
                _ => others.push((name, section)),
            }
        }
        whole.update(writer.sections(&others));
        for kind in kinds.keys() {
            whole.update(kind.len().to_le_bytes());
            whole.update(kind);
        }
        Self { fingerprint: Fingerprint(whole.finalize().into()), template, resources: kinds.into_values().collect() }
    }

    /// The template with one resource of each kind alone: what the engine evaluates for all that are alike.
    pub(super) fn representative(&self) -> String {
        let own = |(name, section): (&String, &Value)| match section {
            Value::Object(all) if name == "Resources" => {
                let some = all.iter().filter(|(id, _)| self.resources.contains(id.as_str()));
                (name.clone(), some.map(|(id, resource)| (id.clone(), resource.clone())).collect())
            }
            _ => (name.clone(), section.clone()),
        };
        self.template.as_object().into_iter().flatten().map(own).collect::<Value>().to_string()
    }
}

/// Writes values so that what is alike comes out the same, and nothing else does.
struct Writer<'a, 's> {
    footprint: &'s RuleFootprint,
    out: Vec<u8>,
    /// The texts of the resource, by when they were first met.
    texts: BTreeMap<&'a str, usize>,
}

impl<'a> Writer<'a, '_> {
    fn resource(&mut self, resource: &'a Value) -> &[u8] {
        self.out.clear();
        self.texts.clear();
        self.value(resource);
        &self.out
    }

    /// What is no resource, such as outputs, together: of no two things there are texts compared that are not within one of
    /// them, no more than of two resources.
    fn sections(&mut self, sections: &[(&'a String, &'a Value)]) -> &[u8] {
        self.out.clear();
        self.texts.clear();
        for (name, section) in sections {
            self.text(name);
            self.value(section);
        }
        &self.out
    }

    fn value(&mut self, value: &'a Value) {
        match value {
            Value::Null => self.out.push(b'0'),
            Value::Bool(truth) => self.out.push(if *truth { b't' } else { b'f' }),
            Value::Number(number) => {
                self.out.push(b'n');
                self.text(&number.to_string());
            }
            Value::String(text) => self.scalar(text),
            Value::Array(values) => {
                self.out.push(b'[');
                self.number(values.len());
                for value in values {
                    self.value(value);
                }
            }
            Value::Object(entries) => {
                self.out.push(b'{');
                self.number(entries.len());
                for (key, value) in entries {
                    self.text(key);
                    self.value(value);
                }
            }
        }
    }

    /// A text by its number among the texts of the resource; when it is met first, with all that the rules could tell it
    /// from others by.
    fn scalar(&mut self, text: &'a str) {
        let next = self.texts.len();
        let known = self.texts.get(text).copied();
        if known.is_none() {
            self.texts.insert(text, next);
        }
        self.out.push(b'\'');
        self.number(known.unwrap_or(next));
        if known.is_none() {
            if let Some(matches) = self.footprint.matches(text) {
                self.out.extend(matches.into_iter().map(u8::from));
            } else {
                self.out.push(b'=');
                self.text(text);
            }
        }
    }

    /// A text so that nothing behind it can be taken for a part of it.
    fn text(&mut self, text: &str) {
        self.number(text.len());
        self.out.extend_from_slice(text.as_bytes());
    }

    fn number(&mut self, number: usize) {
        self.out.extend_from_slice(&number.to_le_bytes());
    }
}
