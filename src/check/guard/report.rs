//! The engine's report: read, compared with the rules that it must be on, and flattened into violations.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;

use super::fingerprint::Fingerprint;
use super::rule_file::{GuardRule, RuleFile};
use crate::render::Template;
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

    /// Takes out of a report what is on `file`, at `index`; an error says why it cannot be trusted.
    ///
    /// Of some failures the engine does not say where they are; where there is but one resource to fail, it is that one.
    pub(super) fn read(
        index: usize,
        file: &RuleFile,
        template: &Template,
        only_resource: Option<&str>,
        report: &FileReport,
    ) -> Result<Self, String> {
        let mut outcome = Self {
            file: index,
            template: Arc::clone(&template.source),
            applied: BTreeSet::new(),
            violations: Vec::new(),
        };
        for rule in &file.rules {
            let mut known = report.not_applicable.contains(&rule.name);
            if report.compliant.contains(&rule.name) {
                outcome.applied.insert(rule.name.clone());
                known = true;
            }
            for failed in report.failed().filter(|failed| failed.name == rule.name) {
                outcome.applied.insert(rule.name.clone());
                outcome.violations.extend(failed.violations());
                known = true;
            }
            if !known {
                return Err(unknown(rule));
            }
        }
        for violation in outcome.violations.iter_mut().filter(|violation| violation.path.is_empty()) {
            violation.path = only_resource.map(|name| format!("/Resources/{name}")).unwrap_or_default();
        }
        Ok(outcome)
    }
}

fn unknown(rule: &GuardRule) -> String {
    format!("its report says nothing of the rule `{}`", rule.name)
}

fn flatten(rule: &str, checks: &[Check], violations: &mut Vec<Violation>) {
    for check in checks {
        match check {
            Check::Rule(nested) => flatten(rule, &nested.checks, violations),
            // Any one of them would have done: of a resource they fail together, and the last one speaks for all.
            Check::Disjunctions(alternatives) => {
                let mut nested = Vec::new();
                flatten(rule, &alternatives.checks, &mut nested);
                let mut seen = BTreeSet::new();
                nested.reverse();
                nested.retain(|violation: &Violation| seen.insert(resource(&violation.path).to_owned()));
                // What has a place says more than what has none.
                if nested.iter().any(|violation| !violation.path.is_empty()) {
                    nested.retain(|violation| !violation.path.is_empty());
                }
                violations.extend(nested.into_iter().rev());
            }
            Check::Block(block) => violations.push(Violation {
                rule: rule.to_owned(),
                path: block.unresolved.as_ref().map(|value| value.traversed_to.path.clone()).unwrap_or_default(),
                words: block.messages.words(),
            }),
            Check::Clause(ClauseResult::Unary(clause) | ClauseResult::Binary(clause)) => violations.push(Violation {
                rule: rule.to_owned(),
                path: clause.check.path().to_owned(),
                words: clause.messages.words(),
            }),
        }
    }
}

/// The logical ID that a path leads through, or nothing.
pub(super) fn resource(path: &str) -> &str {
    path.strip_prefix("/Resources/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

/// The report on one template. What is not read here is not relied on.
#[derive(Debug, Deserialize)]
pub(super) struct FileReport {
    /// The rules that do not hold.
    pub not_compliant: Vec<Check>,
    /// The rules that were skipped.
    pub not_applicable: BTreeSet<String>,
    /// The rules that hold.
    pub compliant: BTreeSet<String>,
}

impl FileReport {
    /// Gives a rule the name that its file has for it.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        for names in [&mut self.not_applicable, &mut self.compliant] {
            if names.remove(from) {
                names.insert(to.to_owned());
            }
        }
        for check in &mut self.not_compliant {
            if let Check::Rule(rule) = check
                && rule.name == from
            {
                to.clone_into(&mut rule.name);
            }
        }
    }

    /// Asserts that each failure belongs to one of `rules`.
    pub(super) fn only_on<'a>(&self, rules: impl Iterator<Item = &'a GuardRule>) -> Result<(), String> {
        let names: BTreeSet<&str> = rules.map(|rule| rule.name.as_str()).collect();
        if self.failed().filter(|rule| names.contains(rule.name.as_str())).count() == self.not_compliant.len() {
            return Ok(());
        }
        Err("its report has a failure that belongs to no rule".to_owned())
    }

    /// The rules of `file` that hold; `None` where one does not. An error says why the report cannot be trusted.
    pub(super) fn passed(&self, file: &RuleFile) -> Result<Option<BTreeSet<String>>, String> {
        let mut passed = BTreeSet::new();
        for rule in &file.rules {
            if self.failed().any(|failed| failed.name == rule.name) {
                return Ok(None);
            }
            if self.compliant.contains(&rule.name) {
                passed.insert(rule.name.clone());
            } else if !self.not_applicable.contains(&rule.name) {
                return Err(unknown(rule));
            }
        }
        Ok(Some(passed))
    }

    fn failed(&self) -> impl Iterator<Item = &RuleReport> {
        self.not_compliant.iter().filter_map(|check| match check {
            Check::Rule(rule) => Some(rule),
            _ => None,
        })
    }
}

impl RuleReport {
    fn violations(&self) -> Vec<Violation> {
        let mut violations = Vec::new();
        flatten(&self.name, &self.checks, &mut violations);
        if violations.is_empty() {
            violations.push(Violation { rule: self.name.clone(), path: String::new(), words: self.messages.words() });
        }
        violations
    }
}

#[derive(Debug, Deserialize)]
pub(super) enum Check {
    Rule(RuleReport),
    Block(BlockReport),
    Disjunctions(Alternatives),
    Clause(ClauseResult),
}

#[derive(Debug, Deserialize)]
pub(super) struct RuleReport {
    name: String,
    messages: Messages,
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BlockReport {
    messages: Messages,
    unresolved: Option<Unresolved>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Alternatives {
    checks: Vec<Check>,
}

#[derive(Debug, Deserialize)]
pub(super) enum ClauseResult {
    Unary(ClauseReport),
    Binary(ClauseReport),
}

#[derive(Debug, Deserialize)]
pub(super) struct ClauseReport {
    check: Comparison,
    messages: Messages,
}

#[derive(Debug, Deserialize)]
enum Comparison {
    UnResolved {
        value: Unresolved,
    },
    Resolved {
        #[serde(alias = "from")]
        value: Located,
    },
    InResolved {
        from: Located,
    },
    UnResolvedContext(serde::de::IgnoredAny),
}

impl Comparison {
    fn path(&self) -> &str {
        match self {
            Comparison::UnResolved { value } => &value.traversed_to.path,
            Comparison::Resolved { value } | Comparison::InResolved { from: value } => &value.path,
            Comparison::UnResolvedContext(_) => "",
        }
    }
}

#[derive(Debug, Deserialize)]
struct Unresolved {
    traversed_to: Located,
}

#[derive(Debug, Deserialize)]
struct Located {
    path: String,
}

#[derive(Debug, Deserialize)]
struct Messages {
    custom_message: Option<String>,
    error_message: Option<String>,
}

impl Messages {
    fn words(&self) -> String {
        let custom = self.custom_message.as_deref().map(str::trim).filter(|message| !message.is_empty());
        custom.or(self.error_message.as_deref()).unwrap_or_default().to_owned()
    }
}
