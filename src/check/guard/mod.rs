//! AWS CloudFormation Guard, in process: rule files against parsed templates.
//!
//! Three things about cfn-guard 3.2.1 shape this module:
//! - A rule that asks for a misspelt type is skipped everywhere and the run passes; rules that refer to each other in a
//!   circle overflow the stack and abort the process. So `RuleSet` reads the syntax tree of each file and refuses both.
//! - `run_checks` cuts reports at 8 KiB. So `engine` runs the command with its structured report instead.
//! - Reading a template takes the engine long, and each rule file copies it several times over. So `footprint` finds the types
//!   that a file asks for, the engine is handed those resources alone, and files of the same type filter go together. And it
//!   finds what a file can tell apart: of the templates that it cannot, one is evaluated.

mod cycles;
mod engine;
mod fingerprint;
mod footprint;
mod report;
mod rule_file;
mod rule_set;
mod syntax;
mod type_filter;
mod types;
mod violations;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::check::Suppressions;
use crate::finding::{Finding, Rule};
use crate::render::Template;
use fingerprint::{Fingerprint, TemplateFingerprint};
use report::Verdict;
pub use report::{Applied, FileOutcome, TemplateOutcomes};
use rule_set::RuleFileGroup;
pub use rule_set::{RULE_FILE_EXTENSIONS, RuleSet};
use type_filter::Projection;

/// Checks every template against every rule.
///
/// A violation is found at its line in the template; a rule that many resources break is one finding. What keeps a rule
/// from being checked is a finding, too.
pub fn check(rules: &RuleSet, templates: &[Template]) -> Vec<Finding> {
    let templates: Vec<&Template> = templates.iter().collect();
    let representatives = Representatives::default();
    evaluate(rules, &templates, Some(&representatives));
    evaluate_representatives(rules, representatives);
    let (outcomes, mut found) = evaluate(rules, &templates, None);
    let applied: Vec<&Applied> = outcomes.iter().map(|outcomes| &outcomes.applied).collect();
    let failed: Vec<&FileOutcome> = outcomes.iter().flat_map(|outcomes| &outcomes.failed).collect();
    found.extend(findings(rules, &applied, &failed, &Suppressions::new(Vec::new(), None)));
    found
}

/// Of templates that are alike, and of which nothing is known yet, one each: what the engine is to be handed of it.
#[derive(Debug, Default)]
pub struct Representatives(Mutex<BTreeMap<Fingerprint, Representative>>);

#[derive(Debug)]
struct Representative {
    /// Which group of the rule set it is for.
    group: usize,
    document: String,
}

/// Evaluates every rule on `templates`. Where it is known that templates which are alike pass, this one does. Where nothing
/// is known of them yet, the outcome stays open and `representatives` get one of them, to be learnt from; without `representatives`, and
/// where they failed, the template is evaluated as it is.
///
/// Besides the outcomes, there are findings about what could not be evaluated. Evaluations can run at the same time.
pub fn evaluate(
    rules: &RuleSet,
    templates: &[&Template],
    representatives: Option<&Representatives>,
) -> (Vec<TemplateOutcomes>, Vec<Finding>) {
    let mut outcomes: Vec<TemplateOutcomes> = templates.iter().map(|_| TemplateOutcomes::default()).collect();
    let mut findings = Vec::new();
    for (index, group) in rules.groups().iter().enumerate() {
        let mut unlike = Vec::new();
        for (template, outcomes) in templates.iter().zip(&mut outcomes) {
            let seen = group.footprint.as_ref().map(|footprint| {
                TemplateFingerprint::new(&template.value, footprint, &group.type_filter, group.first())
            });
            let known = seen.as_ref().and_then(|seen| rules.verdict(seen.fingerprint));
            match (known, seen, representatives) {
                (Some(Verdict::Passed(applied)), ..) => outcomes.add_applied(applied),
                (None, Some(seen), Some(representatives)) => {
                    representatives.add(index, group, template, &seen);
                    outcomes.open.push(seen.fingerprint);
                }
                _ => unlike.push(*template),
            }
        }
        let (evaluated, unreadable) = engine::evaluate(&rules.files_of(group), &unlike);
        for outcome in evaluated {
            let of = templates.iter().position(|template| outcome.is_on(&template.source));
            if let Some(outcomes) = of.and_then(|of| outcomes.get_mut(of)) {
                outcomes.add(outcome);
            }
        }
        findings.extend(unreadable);
    }
    (outcomes, findings)
}

/// How many representatives the engine is handed in one run: enough to spread the cost of reading the rules, which it does anew
/// in each; few enough to bound what it makes of them, and to keep several cores busy.
const REPRESENTATIVES_AT_ONCE: usize = 24;

/// Evaluates the rules on the representatives, many of those of a group in one run.
///
/// Where one fails, or the engine does, each template that is alike must be evaluated as it is: so every violation is
/// named with its own values, and what the engine has to say is told.
pub fn evaluate_representatives(rules: &RuleSet, representatives: Representatives) {
    let mut of_groups: BTreeMap<usize, Vec<(Fingerprint, String)>> = BTreeMap::new();
    for (fingerprint, Representative { group, document }) in representatives.into_inner() {
        of_groups.entry(group).or_default().push((fingerprint, document));
    }
    let runs: Vec<(usize, &[(Fingerprint, String)])> = of_groups
        .iter()
        .flat_map(|(group, representatives)| representatives.chunks(REPRESENTATIVES_AT_ONCE).map(|some| (*group, some)))
        .collect();
    runs.into_par_iter().for_each(|(group, representatives)| {
        let Some(group) = rules.groups().get(group) else { return };
        let (fingerprints, documents): (Vec<Fingerprint>, Vec<&str>) =
            representatives.iter().map(|(fingerprint, document)| (*fingerprint, document.as_str())).unzip();
        let verdicts = engine::verdicts(&rules.files_of(group), &documents);
        let verdicts = verdicts.unwrap_or_else(|_| vec![Verdict::Failed; documents.len()]);
        for (fingerprint, verdict) in fingerprints.into_iter().zip(verdicts) {
            rules.note_verdict(fingerprint, verdict);
        }
    });
}

impl Representatives {
    /// Adds a template as an example, unless there is one that is alike.
    fn add(&self, index: usize, group: &RuleFileGroup, template: &Template, seen: &TemplateFingerprint<'_>) {
        let Ok(mut representatives) = self.0.lock() else { return };
        representatives.entry(seen.fingerprint).or_insert_with(|| {
            let projection =
                Projection { template: &template.value, type_filter: &group.type_filter, only: Some(&seen.resources) };
            // A value always has a JSON form; the engine refuses an empty one.
            Representative { group: index, document: serde_json::to_string(&projection).unwrap_or_default() }
        });
    }

    fn into_inner(self) -> BTreeMap<Fingerprint, Representative> {
        self.0.into_inner().unwrap_or_default()
    }
}

/// What the outcomes on all templates come to: the violations, those that are suppressed each by itself, and the rules
/// that never applied. `applied` tells of each template, `failed` of those that break a rule.
pub fn findings(
    rules: &RuleSet,
    applied: &[&Applied],
    failed: &[&FileOutcome],
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
                .help("correct the condition of the rule, or let it name the resource types that it is about")
        }));
    }
    findings
}
