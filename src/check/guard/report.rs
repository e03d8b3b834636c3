//! The engine's report: read, compared with the rules that it must be on, and flattened into violations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::rule_file::RuleFile;
use super::syntax::list;

/// What the engine calls the clauses of a file that stand outside its rules, behind the file's name.
const DEFAULT_RULE: &str = "default";

/// By the index of a rule file that was evaluated, those of its rules that were applied, not skipped.
pub type Applied = BTreeMap<usize, Arc<BTreeSet<String>>>;

/// What became of rules on a template.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// The rules that passed or failed.
    pub applied: Applied,
    /// What failed.
    pub(super) violations: Vec<Violation>,
}

impl Outcomes {
    /// Adds what became of other files.
    pub(super) fn extend(&mut self, more: Self) {
        self.applied.extend(more.applied);
        self.violations.extend(more.violations);
    }
}

/// What is known of templates that are alike.
#[derive(Debug, Clone, Default)]
pub(super) struct Verdict {
    /// The rules that were applied, of the files that hold.
    pub applied: Applied,
    /// The files that must be evaluated on each template.
    pub open: Vec<usize>,
}

impl Verdict {
    /// What the outcomes on one template tell of those that are alike.
    pub(super) fn of(mut outcomes: Outcomes) -> Self {
        let broken: BTreeSet<usize> = outcomes.violations.iter().map(|violation| violation.file).collect();
        outcomes.applied.retain(|file, _| !broken.contains(file));
        Self { applied: outcomes.applied, open: broken.into_iter().collect() }
    }
}

/// A clause of a rule that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    /// Which file of the rule set.
    pub file: usize,
    pub rule: String,
    /// Where in the template, such as `/Resources/Bucket/Properties`; may be empty.
    pub path: String,
    /// The rule's own words, or the engine's where it has none.
    pub words: String,
}

/// The report on one template. What is not read here is not relied on.
#[derive(Debug, Deserialize)]
pub(super) struct FileReport {
    /// The rules that do not hold.
    pub not_compliant: Vec<Value>,
    /// The rules that were skipped.
    not_applicable: BTreeSet<String>,
    /// The rules that hold.
    pub compliant: BTreeSet<String>,
}

impl FileReport {
    /// What became of the rules of `files`, each with its index. An error says why the report cannot be trusted.
    pub(super) fn outcomes(&self, files: &[(usize, &RuleFile)]) -> Result<Outcomes, String> {
        let mut outcomes = Outcomes::default();
        let mut known = BTreeSet::new();
        for (number, (index, file)) in files.iter().enumerate() {
            let mut applied = BTreeSet::new();
            for rule in &file.rules {
                // The engine calls the clauses outside rules by the name of the file, which it does not know.
                let reported = match rule.name.rsplit_once('/') {
                    Some((_, DEFAULT_RULE)) => format!("RULES_STDIN[{}]/{DEFAULT_RULE}", number + 1),
                    _ => rule.name.clone(),
                };
                let all = self.not_compliant.iter().map(|check| &check["Rule"]);
                let failed: Vec<&Value> = all.filter(|check| check["name"] == reported.as_str()).collect();
                if !failed.is_empty() || self.compliant.contains(&reported) {
                    applied.insert(rule.name.clone());
                } else if !self.not_applicable.contains(&reported) {
                    return Err(format!("its report says nothing of the rule `{}`", rule.name));
                }
                known.insert(reported);
                for check in failed {
                    let mut found = Vec::new();
                    flatten(&check["checks"], &mut found);
                    if found.is_empty() {
                        found.push(located(&Value::Null, check));
                    }
                    let violation = |(path, words)| Violation { file: *index, rule: rule.name.clone(), path, words };
                    outcomes.violations.extend(found.into_iter().map(violation));
                }
            }
            outcomes.applied.insert(*index, Arc::new(applied));
        }
        let of_rule = |check: &Value| check["Rule"]["name"].as_str().is_some_and(|name| known.contains(name));
        if !self.not_compliant.iter().all(of_rule) {
            return Err("its report has a failure that belongs to no rule".to_owned());
        }
        Ok(outcomes)
    }
}

/// The path and the words of a violation.
type Located = (String, String);

fn flatten(checks: &Value, violations: &mut Vec<Located>) {
    for (kind, check) in list(checks).iter().filter_map(Value::as_object).flatten() {
        match kind.as_str() {
            "Rule" => flatten(&check["checks"], violations),
            // Any one of them would have done: of a resource they fail together, and the last one speaks for all.
            "Disjunctions" => {
                let mut nested = Vec::new();
                flatten(&check["checks"], &mut nested);
                let mut seen = BTreeSet::new();
                nested.reverse();
                nested.retain(|(path, _)| seen.insert(resource(path).to_owned()));
                // What has a place says more than what has none.
                if nested.iter().any(|(path, _)| !path.is_empty()) {
                    nested.retain(|(path, _)| !path.is_empty());
                }
                violations.extend(nested.into_iter().rev());
            }
            "Block" => violations.push(located(&check["unresolved"]["traversed_to"], check)),
            // Of one value, or of two.
            _ => {
                let clause = check.as_object().and_then(|clauses| clauses.values().next()).unwrap_or(&Value::Null);
                let comparison = clause["check"].as_object().and_then(|kinds| kinds.values().next());
                let comparison = comparison.unwrap_or(&Value::Null);
                let places = [&comparison["value"]["traversed_to"], &comparison["value"], &comparison["from"]];
                let place = places.into_iter().find(|value| value["path"].is_string()).unwrap_or(&Value::Null);
                violations.push(located(place, clause));
            }
        }
    }
}

/// A violation in the rule's words, or the engine's.
fn located(place: &Value, report: &Value) -> Located {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let messages = &report["messages"];
    let custom = text(&messages["custom_message"]).trim().to_owned();
    let words = if custom.is_empty() { text(&messages["error_message"]) } else { custom };
    (text(&place["path"]), words)
}

/// The logical ID that a path leads through, or nothing.
pub(super) fn resource(path: &str) -> &str {
    path.strip_prefix("/Resources/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}
