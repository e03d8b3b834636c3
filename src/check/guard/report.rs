//! The engine's report: read, compared with the rules that it must be on, and flattened into violations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::fingerprint::Fingerprint;
use super::rule_file::{GuardRule, RuleFile};
use super::syntax::list;
use crate::source::SourceFile;

/// By the index of a rule file that was evaluated, those of its rules that were applied, not skipped.
pub type Applied = BTreeMap<usize, BTreeSet<String>>;

/// What became of the rules of some files on a template.
#[derive(Debug, Clone)]
pub(super) enum Verdict {
    /// All hold that were applied.
    Passed(Applied),
    /// One does not hold.
    Failed,
}

/// What became of all rules on a template.
#[derive(Debug, Default)]
pub struct TemplateOutcomes {
    /// The rules that were applied.
    pub applied: Applied,
    /// What failed.
    pub failed: Vec<FileOutcome>,
    /// What is yet to be learnt of templates that are alike.
    pub(super) open: Vec<Fingerprint>,
}

impl TemplateOutcomes {
    pub(super) fn add(&mut self, outcome: FileOutcome) {
        self.add_applied(Applied::from([(outcome.file, outcome.applied.clone())]));
        if !outcome.violations.is_empty() {
            self.failed.push(outcome);
        }
    }

    pub(super) fn add_applied(&mut self, more: Applied) {
        for (file, rules) in more {
            self.applied.entry(file).or_default().extend(rules);
        }
    }
}

/// What became of the rules of one file on one template.
#[derive(Debug)]
pub struct FileOutcome {
    /// Which file of the rule set.
    pub(super) file: usize,
    /// The template's text.
    pub(super) template: Arc<SourceFile>,
    /// The rules that passed or failed; the others were skipped.
    pub(super) applied: BTreeSet<String>,
    /// What failed.
    pub(super) violations: Vec<Violation>,
}

/// A clause of a rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub rule: String,
    /// Where in the template, such as `/Resources/Bucket/Properties`; may be empty.
    pub path: String,
    /// The rule's own words, or the engine's where it has none.
    pub words: String,
}

impl FileOutcome {
    /// Whether it is about this template.
    pub fn is_on(&self, template: &Arc<SourceFile>) -> bool {
        Arc::ptr_eq(&self.template, template)
    }
}

/// The report on one template. What is not read here is not relied on.
#[derive(Debug, Deserialize)]
pub(super) struct FileReport {
    /// The rules that do not hold.
    not_compliant: Vec<Value>,
    /// The rules that were skipped.
    not_applicable: BTreeSet<String>,
    /// The rules that hold.
    compliant: BTreeSet<String>,
}

impl FileReport {
    /// Whether there is a rule that does not hold.
    pub(super) fn has_failed(&self) -> bool {
        !self.not_compliant.is_empty()
    }

    /// Whether the rule of this name holds.
    pub(super) fn holds(&self, name: &str) -> bool {
        self.compliant.contains(name)
    }

    /// Gives a rule the name that its file has for it.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        for names in [&mut self.not_applicable, &mut self.compliant] {
            if names.remove(from) {
                names.insert(to.to_owned());
            }
        }
        for check in self.not_compliant.iter_mut().filter(|check| check["Rule"]["name"] == from) {
            check["Rule"]["name"] = to.into();
        }
    }

    /// Asserts that each failure belongs to one of `rules`.
    pub(super) fn only_on<'a>(&self, rules: impl Iterator<Item = &'a GuardRule>) -> Result<(), String> {
        let names: BTreeSet<&str> = rules.map(|rule| rule.name.as_str()).collect();
        if self.not_compliant.iter().all(|check| check["Rule"]["name"].as_str().is_some_and(|of| names.contains(of))) {
            return Ok(());
        }
        Err("its report has a failure that belongs to no rule".to_owned())
    }

    /// The rules of `file` that were applied, and what fails of them. An error says why the report cannot be trusted.
    pub(super) fn of(&self, file: &RuleFile) -> Result<(BTreeSet<String>, Vec<Violation>), String> {
        let (mut applied, mut violations) = (BTreeSet::new(), Vec::new());
        for rule in &file.rules {
            let failed = self.not_compliant.iter().filter(|check| check["Rule"]["name"] == rule.name.as_str());
            let before = violations.len();
            failed.for_each(|check| violations_of(rule, &check["Rule"], &mut violations));
            if self.compliant.contains(&rule.name) || violations.len() > before {
                applied.insert(rule.name.clone());
            } else if !self.not_applicable.contains(&rule.name) {
                return Err(format!("its report says nothing of the rule `{}`", rule.name));
            }
        }
        Ok((applied, violations))
    }
}

/// Adds at least one violation of a rule that does not hold.
fn violations_of(rule: &GuardRule, report: &Value, violations: &mut Vec<Violation>) {
    let before = violations.len();
    flatten(&rule.name, &report["checks"], violations);
    if violations.len() == before {
        violations.push(violation(&rule.name, &Value::Null, report));
    }
}

fn flatten(rule: &str, checks: &Value, violations: &mut Vec<Violation>) {
    for (kind, check) in list(checks).iter().filter_map(Value::as_object).flatten() {
        match kind.as_str() {
            "Rule" => flatten(rule, &check["checks"], violations),
            // Any one of them would have done: of a resource they fail together, and the last one speaks for all.
            "Disjunctions" => {
                let mut nested = Vec::new();
                flatten(rule, &check["checks"], &mut nested);
                let mut seen = BTreeSet::new();
                nested.reverse();
                nested.retain(|violation: &Violation| seen.insert(resource(&violation.path).to_owned()));
                // What has a place says more than what has none.
                if nested.iter().any(|violation| !violation.path.is_empty()) {
                    nested.retain(|violation| !violation.path.is_empty());
                }
                violations.extend(nested.into_iter().rev());
            }
            "Block" => violations.push(violation(rule, &check["unresolved"]["traversed_to"], check)),
            // Of one value, or of two.
            _ => {
                let clause = check.as_object().and_then(|clauses| clauses.values().next()).unwrap_or(&Value::Null);
                let comparison = clause["check"].as_object().and_then(|kinds| kinds.values().next());
                let comparison = comparison.unwrap_or(&Value::Null);
                let located = [&comparison["value"]["traversed_to"], &comparison["value"], &comparison["from"]];
                let located = located.into_iter().find(|value| value["path"].is_string()).unwrap_or(&Value::Null);
                violations.push(violation(rule, located, clause));
            }
        }
    }
}

/// A violation in the rule's words, or the engine's.
fn violation(rule: &str, located: &Value, report: &Value) -> Violation {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let messages = &report["messages"];
    let custom = text(&messages["custom_message"]).trim().to_owned();
    let words = if custom.is_empty() { text(&messages["error_message"]) } else { custom };
    Violation { rule: rule.to_owned(), path: text(&located["path"]), words }
}

/// The logical ID that a path leads through, or nothing.
pub(super) fn resource(path: &str) -> &str {
    path.strip_prefix("/Resources/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}
