//! AWS CloudFormation Guard, in process: rule files against parsed templates.
//!
//! Three things about cfn-guard 3.2.1 shape this module:
//! - A rule that asks for a misspelt type is skipped everywhere and the run passes; rules that refer to each other in a
//!   circle overflow the stack and abort the process. So `RuleSet` reads the syntax tree of each file and refuses both.
//! - `run_checks` cuts reports at 8 KiB. So `engine` runs the command with its structured report instead.
//! - Reading a template takes the engine long, and each rule file copies it several times over. So `footprint` finds the types
//!   that a file asks for, and what it can tell apart: of the templates that it cannot, the engine is handed one, and of that one
//!   resource of each kind; and files that see the same go together.

mod cycles;
mod engine;
mod fingerprint;
mod footprint;
mod report;
mod rule_file;
mod rule_set;
mod syntax;
mod types;
mod violations;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::check::Suppressions;
use crate::finding::{Finding, Rule};
use crate::render::Template;
use crate::source::SourceFile;
use fingerprint::TemplateFingerprint;
pub use report::Outcomes;
use report::Verdict;
use rule_set::RuleFileGroup;
pub use rule_set::{RULE_FILE_EXTENSIONS, RuleSet};

/// Evaluates every rule on `templates`. The files that are known to hold for templates which are alike hold for this one;
/// those that do not are evaluated on the template as it is, so that every violation is named with its own values.
///
/// Besides the outcomes, there are findings about what could not be evaluated. Evaluations can run at the same time.
pub fn evaluate(rules: &RuleSet, templates: &[&Template]) -> (Vec<Outcomes>, Vec<Finding>) {
    let evaluated: Vec<_> = rules.groups().par_iter().map(|group| by_group(rules, group, templates)).collect();
    let mut all: Vec<Outcomes> = templates.iter().map(|_| Outcomes::default()).collect();
    let mut findings = Vec::new();
    for (outcomes, unreadable) in evaluated {
        all.iter_mut().zip(outcomes).for_each(|(all, outcome)| all.extend(outcome));
        findings.extend(unreadable);
    }
    (all, findings)
}

/// Evaluates the files of a group.
fn by_group(rules: &RuleSet, group: &RuleFileGroup, templates: &[&Template]) -> (Vec<Outcomes>, Vec<Finding>) {
    let (mut outcomes, mut findings) = (Vec::new(), Vec::new());
    let mut as_they_are: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (at, verdict) in verdicts(rules, group, templates).into_iter().enumerate() {
        outcomes.push(Outcomes { applied: verdict.applied, violations: Vec::new() });
        if !verdict.open.is_empty() {
            as_they_are.entry(verdict.open).or_default().push(at);
        }
    }
    for (files, of) in as_they_are {
        let some: Vec<&Template> = of.iter().map(|at| templates[*at]).collect();
        let (evaluated, unreadable) = engine::evaluate(&rules.files_of(&files), &some);
        evaluated.into_iter().zip(of).for_each(|(outcome, at)| outcomes[at].extend(outcome));
        findings.extend(unreadable);
    }
    (outcomes, findings)
}

/// What is known of each template by those that are alike. Where nothing is, the engine evaluates the rules on one of them first;
/// should it fail, all files stay open.
fn verdicts(rules: &RuleSet, group: &RuleFileGroup, templates: &[&Template]) -> Vec<Verdict> {
    let unknown = || Verdict { open: group.files.clone(), ..Verdict::default() };
    if group.footprint.is_opaque {
        return templates.iter().map(|_| unknown()).collect();
    }
    let seen: Vec<_> =
        templates.iter().map(|template| TemplateFingerprint::new(&template.value, &group.footprint)).collect();
    let mut known = group.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
    let mut representatives = BTreeMap::new();
    for seen in seen.iter().filter(|seen| !known.contains_key(&seen.fingerprint)) {
        representatives.entry(seen.fingerprint).or_insert_with(|| seen.representative());
    }
    let (fingerprints, documents): (Vec<_>, Vec<_>) = representatives.into_iter().unzip();
    let learnt = match engine::outcomes(&rules.files_of(&group.files), &documents) {
        Ok(outcomes) => outcomes.into_iter().map(Verdict::of).collect(),
        Err(_) => vec![unknown(); fingerprints.len()],
    };
    known.extend(fingerprints.into_iter().zip(learnt));
    seen.iter().map(|seen| known.get(&seen.fingerprint).cloned().unwrap_or_else(unknown)).collect()
}

/// What the outcomes on all templates come to: the violations, those that are suppressed each by itself, and the rules
/// that never applied.
pub fn findings(
    rules: &RuleSet,
    outcomes: &[(&Arc<SourceFile>, &Outcomes)],
    suppressions: &Suppressions,
) -> Vec<Finding> {
    let mut findings = violations::findings(rules, outcomes, suppressions);
    // Rules that no template was a case for, though they do not ask for types: their conditions may be misspelt.
    for (index, file) in rules.files().iter().enumerate() {
        let mut evaluated = outcomes.iter().filter_map(|(_, outcome)| outcome.applied.get(&index)).peekable();
        if evaluated.peek().is_none() {
            continue;
        }
        let applied: BTreeSet<&String> = evaluated.flat_map(|rules| rules.iter()).collect();
        let never = file.rules.iter().filter(|rule| !rule.names_types && !applied.contains(&rule.name));
        findings.extend(never.map(|rule| {
            let message = format!("the guard rule `{}` was skipped on every template", rule.name);
            Finding::new(Rule::GuardNeverApplied, message)
                .at(rule.place.clone())
                .help("correct the condition of the rule, or let it name the resource types that it is about")
        }));
    }
    findings
}
