//! AWS CloudFormation Guard, in process: rule files against parsed templates.
//!
//! Three things about cfn-guard 3.2.1 shape this module:
//! - A rule that asks for a misspelt type is skipped everywhere and the run passes; rules that refer to each other in a
//!   circle overflow the stack and abort the process. So `RuleSet` reads the syntax tree of each file and refuses both.
//! - `run_checks` cuts reports at 8 KiB. So `engine` runs the command with its structured report instead.
//! - Reading a template takes the engine long, and each rule file copies it several times over. So `reach` finds the types
//!   that a file asks for, the engine is handed those resources alone, and files of the same reach go together.

mod cycles;
mod engine;
mod reach;
mod report;
mod rule_file;
mod rule_set;
mod syntax;
mod types;
mod violations;

use serde_json::Value;

use crate::check::long_form::long_form;
use crate::finding::{Finding, Rule};
use crate::render::Template;
pub use report::Outcome;
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
    let (outcomes, unchecked) = evaluate(rules, &readable);
    found.extend(unchecked);
    found.extend(findings(rules, &outcomes));
    found
}

/// Evaluates every rule on `templates`, each with its long form. Besides the outcomes, there are findings about what could
/// not be evaluated. Evaluations share nothing and can run at the same time.
pub fn evaluate(rules: &RuleSet, templates: &[(&Template, &Value)]) -> (Vec<Outcome>, Vec<Finding>) {
    let (mut outcomes, mut findings) = (Vec::new(), Vec::new());
    if templates.is_empty() {
        return (outcomes, findings);
    }
    for files in rules.groups() {
        let (evaluated, unreadable) = engine::evaluate(&files, templates);
        outcomes.extend(evaluated);
        findings.extend(unreadable);
    }
    (outcomes, findings)
}

/// What the outcomes on all templates come to: the violations, and the rules that never applied.
pub fn findings(rules: &RuleSet, outcomes: &[Outcome]) -> Vec<Finding> {
    let mut findings = violations::findings(rules, outcomes);
    findings.extend(never_applied(rules, outcomes));
    findings
}

/// The rules that no template was a case for, though they do not ask for types: their conditions may be misspelt.
fn never_applied(rules: &RuleSet, outcomes: &[Outcome]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, file) in rules.files().iter().enumerate() {
        let outcomes: Vec<_> = outcomes.iter().filter(|outcome| outcome.file == index).collect();
        let skipped = |name: &str| !outcomes.iter().any(|outcome| outcome.applied.contains(name));
        let never = file.rules.iter().filter(|rule| !outcomes.is_empty() && !rule.names_types && skipped(&rule.name));
        findings.extend(never.map(|rule| {
            let message = format!("the guard rule `{}` was skipped on every template", rule.name);
            Finding::new(Rule::GuardNeverApplied, message)
                .at(rule.place.clone())
                .help("correct the condition of the rule, or let it ask for the resource types that it is about")
        }));
    }
    findings
}
