//! AWS CloudFormation Guard, in process: rule files against parsed templates.
//!
//! Three things about cfn-guard 3.2.1 shape this module:
//! - A rule that asks for a misspelt type is skipped everywhere and the run passes; rules that refer to each other in a
//!   circle overflow the stack and abort the process. So `RuleSet` reads the syntax tree of each file and refuses both.
//! - `run_checks` cuts reports at 8 KiB. So `engine` runs the command with its structured report instead.
//! - Reading a template takes the engine long, and each rule file copies it several times over. So `reach` finds the types
//!   that a file asks for, the engine is handed those resources alone, and files of the same reach go together. And `sight`
//!   finds what a file can tell apart: of the templates that it cannot, one is evaluated.

mod cycles;
mod engine;
mod likeness;
mod reach;
mod report;
mod rule_file;
mod rule_set;
mod sight;
mod syntax;
mod tree;
mod types;
mod violations;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::check::Suppressions;
use crate::check::long_form::long_form;
use crate::finding::{Finding, Rule};
use crate::render::Template;
use likeness::{Likeness, Seen};
use report::Verdict;
pub use report::{Applied, Outcome, Outcomes};
use rule_file::RuleFile;
use rule_set::Group;
pub use rule_set::{RULE_FILE_EXTENSION, RuleSet};

/// Checks every template against every rule.
///
/// A violation is found at its line in the template; a rule that many resources break is one finding. What keeps a rule
/// from being checked is a finding, too.
pub fn check(rules: &RuleSet, templates: &[Template]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut readable: Vec<(&Template, Value)> = Vec::new();
    for template in templates {
        match long_form(template) {
            Ok(value) => readable.push((template, value)),
            Err(finding) => found.push(finding),
        }
    }
    let readable: Vec<(&Template, &Value)> = readable.iter().map(|(template, value)| (*template, value)).collect();
    let (Outcomes { applied, failed }, unchecked) = evaluate(rules, &readable);
    found.extend(unchecked);
    found.extend(findings(rules, &applied.iter().collect::<Vec<_>>(), &failed, &Suppressions::new(Vec::new(), None)));
    found
}

/// Evaluates every rule on `templates`, each with its long form. Besides the outcomes, there are findings about what could
/// not be evaluated. Evaluations can run at the same time.
pub fn evaluate(rules: &RuleSet, templates: &[(&Template, &Value)]) -> (Outcomes, Vec<Finding>) {
    let (mut outcomes, mut findings) = (Outcomes::none(templates.len()), Vec::new());
    if templates.is_empty() {
        return (outcomes, findings);
    }
    for group in rules.groups() {
        let files = rules.files_of(group);
        let unlike = unlike(rules, group, &files, templates, &mut outcomes);
        if !unlike.is_empty() {
            let (evaluated, unreadable) = engine::evaluate(&files, &unlike);
            for outcome in evaluated {
                let is_of = |(template, _): &(&Template, &Value)| outcome.is_on(&template.source);
                if let Some(index) = templates.iter().position(is_of) {
                    outcomes.add(index, outcome);
                }
            }
            findings.extend(unreadable);
        }
    }
    (outcomes, findings)
}

/// Those of `templates` that must be evaluated as they are, since no template that is alike to the rules is known to pass.
///
/// Of templates that are alike, one is evaluated, with one of each kind of its resources. Should it fail, each is evaluated
/// as it is, so that every violation is named with its own values.
fn unlike<'a>(
    rules: &RuleSet,
    group: &Group,
    files: &[(usize, &RuleFile)],
    templates: &[(&'a Template, &'a Value)],
    outcomes: &mut Outcomes,
) -> Vec<(&'a Template, &'a Value)> {
    let Some(sight) = &group.sight else { return templates.to_vec() };
    let seen: Vec<Seen> =
        templates.iter().map(|(_, value)| Seen::new(value, sight, &group.reach, group.first())).collect();
    let mut new: BTreeMap<Likeness, (&Value, &BTreeSet<&str>)> = BTreeMap::new();
    for ((_, value), seen) in templates.iter().zip(&seen).filter(|(_, seen)| rules.known(seen.likeness).is_none()) {
        new.entry(seen.likeness).or_insert((value, &seen.resources));
    }
    let examples: Vec<_> = new.values().copied().collect();
    // Where the engine fails, the evaluation of the templates as they are says why.
    let verdicts = engine::verdicts(files, &examples).unwrap_or_else(|_| vec![Verdict::Failed; examples.len()]);
    for (likeness, verdict) in new.keys().zip(verdicts) {
        rules.learn(*likeness, verdict);
    }
    let mut unlike = Vec::new();
    for (index, (template, seen)) in templates.iter().zip(&seen).enumerate() {
        match rules.known(seen.likeness) {
            Some(Verdict::Passed(applied)) => outcomes.add_applied(index, applied),
            _ => unlike.push(*template),
        }
    }
    unlike
}

/// What the outcomes on all templates come to: the violations, those that are suppressed each by itself, and the rules
/// that never applied. `applied` tells of each template, `failed` of those that break a rule.
pub fn findings(
    rules: &RuleSet,
    applied: &[&Applied],
    failed: &[Outcome],
    suppressions: &Suppressions,
) -> Vec<Finding> {
    let mut findings = violations::findings(rules, failed, suppressions);
    findings.extend(never_applied(rules, applied));
    findings
}

/// The rules that no template was a case for, though they do not ask for types: their conditions may be misspelt.
fn never_applied(rules: &RuleSet, applied: &[&Applied]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in rules.files().iter().enumerate() {
        let mut evaluated = applied.iter().filter_map(|applied| applied.get(&index)).peekable();
        if evaluated.peek().is_none() {
            continue;
        }
        let applied: BTreeSet<&String> = evaluated.flatten().collect();
        let never = file.rules.iter().filter(|rule| !rule.names_types && !applied.contains(&rule.name));
        findings.extend(never.map(|rule| {
            let message = format!("the guard rule `{}` was skipped on every template", rule.name);
            Finding::new(Rule::GuardNeverApplied, message)
                .at(rule.place.clone())
                .help("correct the condition of the rule, or let it ask for the resource types that it is about")
        }));
    }
    findings
}
