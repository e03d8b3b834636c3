//! Instance types: which of them are allowed, and what is known against them.

use super::names::InstanceType;
use super::reader::Reader;
use crate::config::{Content, did_you_mean, shorten};
use crate::facts::{self, retired};
use crate::finding::{Finding, Rule, Severity};
use crate::source::Place;

/// What examples of training jobs run on: the smallest type of the family that AWS's own example of scikit-learn has.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/sklearn.html>
const EXAMPLE: &str = "ml.m5.large";

/// The instance types that an account allows for something.
#[derive(Debug, Clone)]
pub struct AllowedTypes(Vec<TypePattern>);

/// An instance type, or all types of a family: `ml.t3.medium`, `ml.t3.*`.
#[derive(Debug, Clone)]
struct TypePattern(String);

/// The instance types that an account allows; any where there is no list.
#[derive(Debug, Clone)]
pub struct AllowedTypesOfAccount {
    /// For notebooks.
    pub notebooks: Option<AllowedTypes>,
    /// For training jobs.
    pub training: Option<AllowedTypes>,
}

impl AllowedTypes {
    /// Whether the type is among them.
    pub fn allow(&self, instance_type: &InstanceType) -> bool {
        self.0.iter().any(|pattern| pattern.matches(instance_type))
    }

    /// The types and families as IAM's `StringLike` takes them.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pattern| pattern.0.as_str())
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
    fn parse(text: &str) -> Option<Self> {
        let type_of_family = text.strip_suffix(".*").map(|family| format!("{family}.any"));
        InstanceType::parse(type_of_family.as_deref().unwrap_or(text)).ok().map(|_| Self(text.to_owned()))
    }

    fn matches(&self, instance_type: &InstanceType) -> bool {
        match self.0.strip_suffix('*') {
            Some(family) => instance_type.as_str().starts_with(family),
            None => instance_type.as_str() == self.0,
        }
    }
}

impl Reader<'_> {
    /// What the settings allow for notebooks and for training jobs.
    pub(super) fn all_allowed_types(&mut self) -> AllowedTypesOfAccount {
        let settings = &self.config.settings;
        let notebooks = settings.notebooks.as_ref().and_then(|notebooks| notebooks.allowed_instance_types.as_deref());
        let training = settings.training.as_ref().and_then(|training| training.allowed_instance_types.as_deref());
        AllowedTypesOfAccount {
            notebooks: self.allowed_types("notebooks.allowed_instance_types", notebooks),
            training: self.allowed_types("training.allowed_instance_types", training),
        }
    }

    /// The instance types that the list under `key` allows; `None` where there is no list, so that any is.
    fn allowed_types(&mut self, key: &str, listed: Option<&[String]>) -> Option<AllowedTypes> {
        let listed = listed?;
        let node = self.config.node.get(key);
        if listed.is_empty() {
            let finding = Finding::new(Rule::SettingsContradiction, format!("`{key}` allows no instance type at all"));
            self.findings.push(finding.at(self.config.node.place_of(key)).help(format!("name a type in `{key}`")));
        }
        let places = match node.map(|node| &node.content) {
            Some(Content::Sequence(values)) => values.iter().map(|value| value.place.clone()).collect(),
            _ => Vec::new(),
        };
        let mut allowed = Vec::new();
        for (text, place) in listed.iter().zip(places) {
            if let Some(pattern) = TypePattern::parse(text) {
                allowed.push(pattern);
                continue;
            }
            let message = format!(
                "found `{}` in `{key}`, allowed is an instance type such as `ml.t3.medium`, or a family such as `ml.t3.*`",
                shorten(text)
            );
            let finding = Finding::new(Rule::SettingsInvalidName, message);
            self.findings.push(finding.at(place).help(format!("correct `{key}`")));
        }
        Some(AllowedTypes(allowed))
    }
}

/// What speaks against an instance type for notebooks.
pub(super) fn check(instance_type: &InstanceType, allowed: Option<&AllowedTypes>, place: &Place) -> Option<Finding> {
    let refused = allowed.filter(|allowed| !allowed.allow(instance_type));
    if let Some(allowed) = refused {
        let patterns: Vec<String> = allowed.patterns().map(|pattern| format!("`{pattern}`")).collect();
        let message =
            format!("found the instance type `{instance_type}`, allowed for notebooks are {}", patterns.join(", "));
        let finding = Finding::new(Rule::NotebookTypeNotAllowed, message).at(place.clone());
        return Some(
            finding.help("set `instance_type` to one of them, or add it to `notebooks.allowed_instance_types`"),
        );
    }
    if let Some(retired) = retired::family(instance_type.family()) {
        let finding = Finding::new(
            Rule::NotebookRetiredType,
            format!("the platform `{}` does not offer `{instance_type}`", facts::NOTEBOOK_PLATFORM),
        );
        return Some(
            finding
                .at(place.clone())
                .help(format!("set `instance_type` to another, such as `{}`", retired.instead))
                .note(format!("it dropped the family `{}`", instance_type.family())),
        );
    }
    if facts::NOTEBOOK_INSTANCE_TYPES.contains(&instance_type.as_str()) {
        return None;
    }
    let help = match did_you_mean(instance_type.as_str(), facts::NOTEBOOK_INSTANCE_TYPES.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Otherwise check `instance_type`"),
        None => "check `instance_type`".to_owned(),
    };
    let message = format!("the instance type `{instance_type}` is not among those known for notebooks");
    let finding = Finding::new(Rule::NotebookUnknownType, message).at(place.clone()).help(help);
    if facts::COMPLETE_FAMILIES.contains(&instance_type.family()) {
        let note =
            format!("AWS adds no sizes to `{}` any more, so CloudFormation would refuse it", instance_type.family());
        return Some(Finding { severity: Severity::Error, ..finding }.note(note));
    }
    Some(finding)
}
