//! Checks on parsed templates: limits, references, structure, guard rules, and what is known to be weak or retired.
//!
//! Every check is a function from what it looks at to findings. None sees the text that a template was made from: all
//! look at what the very bytes to be written parse to.

pub mod guard;
mod known;
mod limits;
pub mod long_form;
pub mod outline;
mod references;
mod structure;

use std::cell::OnceCell;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use serde_json::{Map, Value};

use crate::finding::Finding;
use crate::plan::{AccountPlan, StackPlan};
use crate::render::{RenderFailure, Template, Templates};
use crate::source::Place;
use guard::RuleSet;
use limits::Counts;
use outline::Outline;
use references::References;

pub use known::known;
pub use limits::PolicySize;

/// A template with what the checks look at.
pub struct Checked<'a> {
    /// The template.
    pub template: &'a Template,
    /// Its value in long form.
    pub json: Value,
    outline: OnceCell<Outline>,
}

impl<'a> Checked<'a> {
    fn new(template: &'a Template) -> Result<Self, Finding> {
        Ok(Self { template, json: long_form::long_form(template)?, outline: OnceCell::new() })
    }

    /// The place in the template that a path of keys leads to. Only findings ask for it.
    pub fn place(&self, path: &str) -> Place {
        self.outline.get_or_init(|| Outline::read(&self.template.source)).place(&format!("/{path}"))
    }

    /// The resources by logical ID.
    pub fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.json.get("Resources").and_then(Value::as_object).into_iter().flat_map(Map::iter)
    }
}

/// How many templates are looked at in one go, and how many bytes they may have: enough to spread the guard engine's cost
/// of reading the rules, few enough to keep several cores busy. What the engine makes of a template takes some hundred
/// times its bytes, and is held for no more templates than these at a time, on each core.
const TEMPLATES_AT_ONCE: usize = 8;
const BYTES_AT_ONCE: usize = 400_000;

/// What the checks of an account's templates came to.
#[derive(Debug, Default)]
pub struct Checks {
    /// All findings.
    pub findings: Vec<Finding>,
    /// The sizes of the policies, template by template; empty for one that could not be read.
    pub policies: Vec<Vec<PolicySize>>,
}

/// What the checks of a few templates came to.
struct Looked<'a> {
    findings: Vec<Finding>,
    policies: Vec<Vec<PolicySize>>,
    counts: Counts,
    references: Vec<(&'a Template, References)>,
    outcomes: guard::Outcomes,
}

/// Checks the rendered templates of an account, with all findings at once.
///
/// # Errors
/// When the users template cannot be rendered for the comparison of structures.
pub fn check(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Template],
    rules: &RuleSet,
) -> Result<Checks, RenderFailure> {
    let expected = structure::Expected::of(plan, templates)?;
    let largest = rendered.iter().map(|template| template.source.text.len()).max().unwrap_or_default();
    let at_once = (BYTES_AT_ONCE / largest.max(1)).clamp(1, TEMPLATES_AT_ONCE);
    // Collected in the order of the templates, whichever is done first.
    let looked: Vec<Looked<'_>> = rendered
        .par_chunks(at_once)
        .zip(plan.stacks.par_chunks(at_once))
        .map(|(rendered, stacks)| look(plan, stacks, &expected, rendered, rules))
        .collect();
    let mut findings = Vec::new();
    let mut policies = Vec::with_capacity(rendered.len());
    let mut references = Vec::with_capacity(rendered.len());
    let mut outcomes = guard::Outcomes::default();
    let counts = looked.iter().map(|looked| looked.counts).sum();
    for looked in looked {
        findings.extend(looked.findings);
        policies.extend(looked.policies);
        references.extend(looked.references);
        outcomes.extend(looked.outcomes);
    }
    // With a template missing, the others' references to it would seem broken, and rules never applied.
    if references.len() < rendered.len() {
        return Ok(Checks { findings, policies });
    }
    findings.extend(limits::check_account(plan.account, &counts));
    findings.extend(references::between(&references));
    findings.extend(guard::findings(rules, &outcomes));
    Ok(Checks { findings, policies })
}

/// Everything that can be told of a few templates without knowing the others.
fn look<'a>(
    plan: &AccountPlan<'_>,
    stacks: &[StackPlan<'_>],
    expected: &structure::Expected,
    rendered: &'a [Template],
    rules: &RuleSet,
) -> Looked<'a> {
    let mut findings = Vec::new();
    let mut policies = Vec::with_capacity(rendered.len());
    let mut references = Vec::with_capacity(rendered.len());
    let mut checked = Vec::with_capacity(rendered.len());
    let bytes = plan.account.template_bucket.template_bytes();
    for (stack, template) in stacks.iter().zip(rendered) {
        let one = match Checked::new(template) {
            Ok(one) => one,
            Err(finding) => {
                findings.push(finding);
                policies.push(Vec::new());
                continue;
            }
        };
        findings.extend(limits::check_template(&one, bytes));
        policies.push(limits::policy_sizes(&one));
        findings.extend(structure::check(stack, expected, &one));
        let mut read = references::read(&plan.names, &one);
        findings.append(&mut read.findings);
        references.push((template, read));
        checked.push(one);
    }
    let counts = checked.iter().map(Counts::of).sum();
    let long_forms: Vec<(&Template, &Value)> = checked.iter().map(|one| (one.template, &one.json)).collect();
    let (outcomes, unchecked) = guard::evaluate(rules, &long_forms);
    findings.extend(unchecked);
    Looked { findings, policies, counts, references, outcomes }
}
