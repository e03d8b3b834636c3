//! What can be told of a template without knowing the others of its account.

use std::sync::Arc;

use serde_json::Value;

use super::guard::{self, Applied, Examples, Outcomes, RuleSet};
use super::limits::{self, Counts};
use super::record::{Basis, Key, Record, Told};
use super::structure::Expected;
use super::{Checked, lifecycle, owner_tags, references, structure};
use crate::facts::date::Date;
use crate::finding::Finding;
use crate::plan::{Names, Part, StackPlan};
use crate::render::{self, RenderFailure, Rendered, Template, Templates};

/// All that these checks know besides a template and its stack. `record` makes its keys of all of it.
pub(super) struct Ground<'a> {
    pub names: &'a Names,
    /// The most bytes that a template may have.
    pub bytes: usize,
    pub expected: &'a Expected,
    pub rules: &'a RuleSet,
    pub today: Option<Date>,
}

/// What the checks of a few templates came to.
pub(super) struct Batch<'a> {
    pub findings: Vec<Finding>,
    /// The templates, in their order.
    pub looked: Vec<Looked<'a>>,
    /// The resources of the templates that hold no people.
    pub stacks: Vec<(Part, Value)>,
}

/// What the checks of a template came to.
pub(super) struct Looked<'a> {
    pub rendered: &'a Rendered,
    /// What was told of it; of one that CloudFormation could not read, nothing.
    pub told: Option<Arc<Told>>,
    /// What became of the guard rules.
    pub outcomes: Outcomes,
    /// What a record holds it by, if it is one that records hold.
    key: Option<Key>,
    /// Whether a record told of it.
    pub is_known: bool,
    /// Whether nothing was found, apart from what the guard rules find.
    clean: bool,
}

impl Looked<'_> {
    /// What is to be recorded of it: nothing, if anything was found.
    pub fn passed(&self) -> Option<(Key, Arc<Told>)> {
        self.key.clone().zip(self.told.clone()).filter(|_| self.clean && self.outcomes.failed.is_empty())
    }
}

/// Checks some templates, except for those that the record holds. What becomes of the guard rules may stay open, until
/// something was learnt from `examples`.
///
/// # Errors
/// When one that the record does not hold is no YAML.
pub(super) fn look<'a>(
    ground: &Ground<'_>,
    templates: &Templates,
    (stacks, rendered): (&[StackPlan<'_>], &'a [Rendered]),
    (basis, record): (&Basis, &Record),
    examples: &Examples,
) -> Result<Batch<'a>, RenderFailure> {
    let mut batch = Batch { findings: Vec::new(), looked: Vec::with_capacity(rendered.len()), stacks: Vec::new() };
    let mut read = Vec::new();
    for (stack, rendered) in stacks.iter().zip(rendered) {
        // Isolation looks at the whole of the other stacks, and they are few.
        let key = matches!(stack.part, Part::Users(_)).then(|| basis.key(stack, rendered));
        let told = key.as_ref().and_then(|key| record.get(key).cloned());
        let is_known = told.is_some();
        if !is_known {
            match render::read(templates, rendered)? {
                Ok(template) => read.push((batch.looked.len(), stack, template)),
                Err(finding) => batch.findings.push(finding),
            }
        }
        batch.looked.push(Looked { rendered, told, outcomes: Outcomes::default(), key, is_known, clean: is_known });
    }
    for (index, stack, template) in &read {
        let found = batch.findings.len();
        let told = tell(ground, stack, template, &mut batch);
        let clean = batch.findings.len() == found;
        if let Some(looked) = batch.looked.get_mut(*index) {
            (looked.told, looked.clean) = (Some(Arc::new(told)), clean);
        }
    }
    let read: Vec<(usize, &Template)> = read.iter().map(|(index, _, template)| (*index, template)).collect();
    batch.evaluate(ground, &read, Some(examples));
    Ok(batch)
}

/// Checks a template, all but the guard rules.
fn tell(ground: &Ground<'_>, stack: &StackPlan<'_>, template: &Template, batch: &mut Batch<'_>) -> Told {
    let one = Checked::new(template);
    batch.findings.extend(limits::check_template(&one, ground.bytes));
    batch.findings.extend(structure::check(stack, ground.expected, &one));
    batch.findings.extend(owner_tags::check(&one, ground.names));
    batch.findings.extend(lifecycle::check(&one, ground.today));
    let mut references = references::read(ground.names, &one);
    batch.findings.append(&mut references.findings);
    if !matches!(template.part, Part::Users(_)) {
        batch.stacks.push((template.part, template.value.get("Resources").cloned().unwrap_or_default()));
    }
    Told {
        contents: template.contents(),
        policies: limits::policy_sizes(&one),
        counts: Counts::of(&one),
        references,
        applied: Applied::default(),
    }
}

impl Batch<'_> {
    /// Closes what is open of the guard rules, by what was learnt. Where that tells of a failure, the template is read once
    /// more, and evaluated as it is.
    ///
    /// # Errors
    /// As `look`; what was read once is read again.
    pub fn close(&mut self, ground: &Ground<'_>, templates: &Templates) -> Result<(), RenderFailure> {
        let mut again = Vec::new();
        for (index, looked) in self.looked.iter_mut().enumerate() {
            if !looked.outcomes.close(ground.rules) {
                match render::read(templates, looked.rendered)? {
                    Ok(template) => again.push((index, template)),
                    Err(finding) => self.findings.push(finding),
                }
            }
        }
        let again: Vec<(usize, &Template)> = again.iter().map(|(index, template)| (*index, template)).collect();
        self.evaluate(ground, &again, None);
        for looked in self.looked.iter_mut().filter(|looked| !looked.is_known) {
            if let Some(told) = &mut looked.told {
                Arc::make_mut(told).applied.clone_from(&looked.outcomes.applied);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, ground: &Ground<'_>, templates: &[(usize, &Template)], examples: Option<&Examples>) {
        let (indices, templates): (Vec<usize>, Vec<&Template>) = templates.iter().copied().unzip();
        let (outcomes, unchecked) = guard::evaluate(ground.rules, &templates, examples);
        for (index, outcomes) in indices.into_iter().zip(outcomes) {
            if let Some(looked) = self.looked.get_mut(index) {
                looked.outcomes = outcomes;
                looked.clean &= unchecked.is_empty();
            }
        }
        self.findings.extend(unchecked);
    }
}
