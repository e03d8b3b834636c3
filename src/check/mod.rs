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

use serde_json::{Map, Value};

use crate::finding::Finding;
use crate::plan::AccountPlan;
use crate::render::{RenderFailure, Template, Templates};
use crate::source::Place;
use guard::RuleSet;
use outline::Outline;

pub use known::known;

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

/// Checks the rendered templates of an account, with all findings at once.
///
/// # Errors
/// When the users template cannot be rendered for the comparison of structures.
pub fn check(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Template],
    rules: &RuleSet,
) -> Result<Vec<Finding>, RenderFailure> {
    let mut findings = Vec::new();
    let mut checked = Vec::with_capacity(rendered.len());
    for template in rendered {
        match Checked::new(template) {
            Ok(one) => checked.push(one),
            Err(finding) => findings.push(finding),
        }
    }
    let bytes = plan.account.template_bucket.template_bytes();
    for one in &checked {
        findings.extend(limits::check_template(one, bytes));
    }
    // With a template missing, the others' references to it would seem broken, and rules never applied.
    if checked.len() < rendered.len() {
        return Ok(findings);
    }
    findings.extend(limits::check_account(plan.account, &checked));
    findings.extend(references::check(plan, &checked));
    findings.extend(structure::check(plan, templates, &checked)?);
    findings.extend(guard::check(rules, rendered));
    Ok(findings)
}
