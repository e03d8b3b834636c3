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
    /// `template` to rules of this footprint.
    pub(super) fn new(template: &'a Value, footprint: &RuleFootprint) -> Self {
        let sections = template.as_object().into_iter().flatten();
        let (resources, others): (Vec<_>, Vec<_>) =
            sections.partition(|(name, section)| *name == "Resources" && section.is_object());
        let resources = || resources.iter().filter_map(|(_, section)| section.as_object()).flatten();
        let mut kinds: BTreeMap<Vec<u8>, &str> = BTreeMap::new();
        for (id, resource) in resources().filter(|(_, resource)| footprint.sees(resource)) {
            kinds.entry(Writer::written(footprint, |writer| writer.value(resource))).or_insert(id);
        }
        // A template without any resource is another matter to the engine than one with none of the right type. What stands for
        // resources that are not there is as good as any other.
        if let Some((id, _)) = resources().next().filter(|_| kinds.is_empty()) {
            kinds.insert(b"none".to_vec(), id);
        }
        // What is no resource, such as outputs, together: of no two things there are texts compared that are not within one of
        // them, no more than of two resources.
        let mut whole = Sha256::digest(Writer::written(footprint, |writer| {
            for (name, section) in &others {
                writer.text(name);
                writer.value(section);
            }
        }));
        for kind in kinds.keys() {
            whole = Sha256::digest([&whole[..], kind].concat());
        }
        Self { fingerprint: Fingerprint(whole.into()), template, resources: kinds.into_values().collect() }
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

/// Writes values so that what is alike comes out the same, and nothing else does.
struct Writer<'a, 's> {
    footprint: &'s RuleFootprint,
    out: Vec<u8>,
    /// The texts of the resource, by when they were first met.
    texts: BTreeMap<&'a str, usize>,
}

impl<'a, 's> Writer<'a, 's> {
    fn written(footprint: &'s RuleFootprint, write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut writer = Self { footprint, out: Vec::new(), texts: BTreeMap::new() };
        write(&mut writer);
        writer.out
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
