//! Instance types: which of them are allowed, and what is known against them.

use super::names::{InstanceType, TypePattern};
use super::reader::Reader;
use crate::config::suggest;
use crate::facts::{self, retired};
use crate::finding::{Finding, Rule, Severity};
use crate::source::Place;

/// What examples of training jobs run on: the smallest type of the family that AWS's own example of scikit-learn has.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sklearn.html>
const EXAMPLE: &str = "ml.m5.large";

/// The instance types that an account allows for something.
#[derive(Debug, Clone)]
pub struct AllowedTypes(Vec<TypePattern>);

/// The instance types that an account allows; any where there is no list.
#[derive(Debug, Clone)]
pub struct AllowedTypesOfAccount {
    /// For notebooks.
    pub notebooks: Option<AllowedTypes>,
    /// For training jobs.
    pub training: Option<AllowedTypes>,
}

/// What can have an instance type, and the types that are known for it.
type Known<'a> = (&'static str, &'a [&'static str]);

impl AllowedTypes {
    /// Whether the type is among them.
    pub fn allow(&self, instance_type: &InstanceType) -> bool {
        self.0.iter().any(|pattern| pattern.matches(instance_type))
    }

    /// The types and families as IAM's `StringLike` takes them.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(TypePattern::as_str)
    }
}

impl AllowedTypesOfAccount {
    /// A type that training jobs may have, for the examples that people get: `EXAMPLE` where it is allowed, otherwise the first
    /// that is. Of a whole family, the size that nearly all have.
    pub fn example_of_training(&self) -> String {
        let is_allowed = |allowed: &AllowedTypes| InstanceType::parse(EXAMPLE).is_ok_and(|one| allowed.allow(&one));
        let first = self.training.as_ref().filter(|allowed| !is_allowed(allowed));
        let first = first.and_then(|allowed| allowed.patterns().next());
        first.map_or_else(|| EXAMPLE.to_owned(), |pattern| pattern.replace('*', "xlarge"))
    }
}

impl TypePattern {
    fn matches(&self, instance_type: &InstanceType) -> bool {
        match self.as_str().strip_suffix('*') {
            Some(family) => instance_type.as_str().starts_with(family),
            None => instance_type.as_str() == self.as_str(),
        }
    }
}

impl Reader<'_> {
    /// What the settings allow for notebooks and for training jobs.
    pub(super) fn all_allowed_types(&mut self) -> AllowedTypesOfAccount {
        AllowedTypesOfAccount {
            notebooks: self
                .allowed_types("notebooks.allowed_instance_types", ("notebooks", &facts::NOTEBOOK_INSTANCE_TYPES)),
            training: self
                .allowed_types("training.allowed_instance_types", ("training jobs", &facts::TRAINING_INSTANCE_TYPES)),
        }
    }

    /// The instance types that the list under `key` allows; `None` where there is no list, so that any is.
    fn allowed_types(&mut self, key: &str, known: Known<'_>) -> Option<AllowedTypes> {
        if self.config.node.values_of(key)?.is_empty() {
            self.contradict(key, format!("`{key}` allows no instance type at all"), format!("name a type in `{key}`"));
        }
        let listed = self.placed_list(key, TypePattern::parse);
        let unknown = |(pattern, place): &(TypePattern, Place)| {
            unknown(Rule::SettingsUnknownInstanceType, pattern.as_str(), known, place, key)
        };
        self.findings.extend(listed.iter().filter_map(unknown));
        // Of a list without a type that can be read, the findings tell; no type of anybody's is at fault.
        (!listed.is_empty()).then(|| AllowedTypes(listed.into_iter().map(|(pattern, _)| pattern).collect()))
    }
}

/// What speaks against an instance type for notebooks.
pub(super) fn check(instance_type: &InstanceType, allowed: Option<&AllowedTypes>, place: &Place) -> Option<Finding> {
    let finding = |rule, message: String, help: String| Finding::new(rule, message).at(place.clone()).help(help);
    let family = instance_type.family();
    if let Some(allowed) = allowed.filter(|allowed| !allowed.allow(instance_type)) {
        let patterns: Vec<String> = allowed.patterns().map(|pattern| format!("`{pattern}`")).collect();
        let message =
            format!("found the instance type `{instance_type}`, allowed for notebooks are {}", patterns.join(", "));
        let help = "set `instance_type` to one of them, or add it to `notebooks.allowed_instance_types`";
        return Some(finding(Rule::NotebookTypeNotAllowed, message, help.to_owned()));
    }
    if let Some(retired) = retired::family(family) {
        let message = format!("the platform `{}` does not offer `{instance_type}`", facts::NOTEBOOK_PLATFORM);
        let help = format!("set `instance_type` to another, such as `{}`", retired.instead);
        let note = format!("it dropped the family `{family}`");
        return Some(finding(Rule::NotebookRetiredType, message, help).note(note));
    }
    let known = ("notebooks", facts::NOTEBOOK_INSTANCE_TYPES.as_slice());
    unknown(Rule::NotebookUnknownType, instance_type.as_str(), known, place, "instance_type")
}

/// A finding where a type, or a family such as `ml.t3.*`, is none that is known.
fn unknown(rule: Rule, pattern: &str, (of, known): Known<'_>, place: &Place, key: &str) -> Option<Finding> {
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
