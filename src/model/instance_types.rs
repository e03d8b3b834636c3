//! Instance types: which of them are allowed, and what is known against them.

use std::sync::LazyLock;

use super::reader::Reader;
use crate::config::{Content, Entry, InstanceType, Settings, TypePattern, quoted, suggest};
use crate::facts::{self, retired::retired};
use crate::finding::{Finding, Rule, Severity};
use crate::source::Place;

/// What examples of training jobs run on: the smallest type of the family that AWS's own example of scikit-learn has.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sklearn.html>
const EXAMPLE: &str = "ml.m5.large";

/// What can have an instance type, and the types that are known for it.
type KnownTypes = (&'static str, &'static LazyLock<Vec<&'static str>>);
static NOTEBOOKS: KnownTypes = ("notebooks", &facts::NOTEBOOK_INSTANCE_TYPES);
static TRAINING_JOBS: KnownTypes = ("training jobs", &facts::TRAINING_INSTANCE_TYPES);

/// A type that training jobs may have, for the examples that people get: `EXAMPLE` where it is allowed, otherwise the first
/// that is. Of a whole family, the size that nearly all have.
pub fn example_of_training(settings: &Settings) -> String {
    let allowed = settings.training.allowed_instance_types.as_deref().unwrap_or_default();
    let allows_example = allowed.iter().any(|pattern| pattern.matches(EXAMPLE));
    let first = allowed.first().filter(|_| !allows_example);
    first.map_or_else(|| EXAMPLE.to_owned(), |pattern| pattern.as_str().replace('*', "xlarge"))
}

impl Reader<'_> {
    /// Checks what the settings say of instance types.
    pub(super) fn instance_types(&mut self) {
        self.allowed_types("notebooks.allowed_instance_types", NOTEBOOKS);
        self.allowed_types("training.allowed_instance_types", TRAINING_JOBS);
        let quotas = self.config.node.get("quotas.notebooks").map(|node| &node.content);
        if let Some(Content::Map(entries)) = quotas {
            let types = entries.iter().filter(|entry| InstanceType::parse(&entry.key).is_ok());
            let of = |entry: &Entry| {
                unknown(Rule::SettingsUnknownInstanceType, &entry.key, NOTEBOOKS, &entry.key_place, "quotas.notebooks")
            };
            self.findings.extend(types.filter_map(of));
        }
        let notebooks = &self.config.settings.notebooks;
        if let Some(instance_type) = &notebooks.instance_type {
            let place = self.config.node.place_of("notebooks.instance_type");
            self.findings.extend(check(instance_type, notebooks.allowed_instance_types.as_deref(), &place));
        }
    }

    fn allowed_types(&mut self, key: &str, known: KnownTypes) {
        if self.config.node.values_of(key).is_some_and(<[_]>::is_empty) {
            self.contradict(key, format!("`{key}` allows no instance type at all"), format!("name a type in `{key}`"));
        }
        for (pattern, place) in self.placed(key, TypePattern::parse) {
            let finding = unknown(Rule::SettingsUnknownInstanceType, pattern.as_str(), known, &place, key);
            self.findings.extend(finding);
        }
    }
}

/// What speaks against an instance type for notebooks.
pub(super) fn check(instance_type: &InstanceType, allowed: Option<&[TypePattern]>, place: &Place) -> Option<Finding> {
    let finding = |rule, message: String, help: String| Finding::new(rule, message).at(place.clone()).help(help);
    let family = instance_type.family();
    let allows = |allowed: &[TypePattern]| allowed.iter().any(|pattern| pattern.matches(instance_type.as_str()));
    // Of a list without a type that can be read, the findings tell; no type of anybody's is at fault.
    if let Some(allowed) = allowed.filter(|allowed| !allowed.is_empty() && !allows(allowed)) {
        let patterns = quoted(allowed);
        let message = format!("found the instance type `{instance_type}`, allowed for notebooks are {patterns}");
        let help = "set `instance_type` to one of them, or add it to `notebooks.allowed_instance_types`";
        return Some(finding(Rule::NotebookTypeNotAllowed, message, help.to_owned()));
    }
    if let Some(retired) = retired("family", family) {
        let message = format!("the platform `{}` does not offer `{instance_type}`", facts::NOTEBOOK_PLATFORM);
        let help = format!("set `instance_type` to another, such as `{}`", retired.instead);
        let note = format!("it dropped the family `{family}`");
        return Some(finding(Rule::NotebookRetiredType, message, help).note(note));
    }
    unknown(Rule::NotebookUnknownType, instance_type.as_str(), NOTEBOOKS, place, "instance_type")
}

/// A finding where a type, or a family such as `ml.t3.*`, is none that is known.
fn unknown(rule: Rule, pattern: &str, (of, known): KnownTypes, place: &Place, key: &str) -> Option<Finding> {
    let is_known = |one: &&str| pattern.strip_suffix('*').map_or(*one == pattern, |family| one.starts_with(family));
    if known.iter().any(is_known) {
        return None;
    }
    let help = suggest(pattern, known.iter().copied(), format!("check `{key}`"));
    let message = format!("the instance type `{pattern}` is not among those known for {of}");
    let finding = Finding::new(rule, message).at(place.clone()).help(help);
    let family = pattern.split('.').nth(1).unwrap_or_default();
    if facts::COMPLETE_FAMILIES.contains(&family) {
        let note = format!("AWS adds no sizes to `{family}` any more, so AWS would refuse it");
        return Some(Finding { severity: Severity::Error, ..finding }.note(note));
    }
    Some(finding)
}
