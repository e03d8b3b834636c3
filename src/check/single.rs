//! What can be told of a template without knowing the others of its account.

use serde_json::Value;

use super::guard::{self, Outcomes, RuleSet};
use super::isolation::{self, Proofs};
use super::lifecycle;
use super::limits::{self, Counts, PolicySize};
use super::references::{self, References};
use super::structure::Expected;
use super::suppressions::Suppressions;
use super::yaml_words;
use crate::finding::Finding;
use crate::inventory::Sections;
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::{Contents, People, RenderFailure, Rendered, Template, Templates};

/// What templates are checked by.
pub struct CheckInputs<'a> {
    /// The people as they were rendered.
    pub people: &'a People<'a>,
    /// The guard rules.
    pub rules: &'a RuleSet,
    /// What was proven of other accounts.
    pub proofs: &'a Proofs,
    /// What is suppressed, and the day of the run.
    pub suppressions: &'a Suppressions,
}

/// All that these checks know besides a template and its stack.
pub(super) struct CheckContext<'a> {
    pub plan: &'a AccountPlan<'a>,
    pub templates: &'a Templates,
    pub expected: &'a Expected<'a>,
    pub inputs: &'a CheckInputs<'a>,
}

/// What the checks of a few templates came to.
#[derive(Default)]
pub(super) struct CheckBatch<'a> {
    pub findings: Vec<Finding>,
    /// The templates, in their order, without those that CloudFormation could not read.
    pub templates: Vec<CheckedTemplate<'a>>,
    /// The resources of the templates that hold no people.
    pub stacks: Vec<(Part, Value)>,
    /// What the resources of templates that are the user's own refer to.
    pub sections: Vec<(Part, Sections)>,
}

/// What the checks of a template tell of it, besides what they find.
pub(super) struct CheckedTemplate<'a> {
    pub rendered: &'a Rendered,
    pub contents: Contents,
    pub policies: Vec<PolicySize>,
    pub counts: Counts,
    pub references: References,
    /// What became of the guard rules.
    pub outcomes: Outcomes,
}

/// Checks some templates.
///
/// # Errors
/// When one is no YAML.
pub(super) fn check<'a>(
    context: &CheckContext<'_>,
    (stacks, rendered): (&[StackPlan<'_>], &'a [Rendered]),
) -> Result<CheckBatch<'a>, RenderFailure> {
    let mut batch = CheckBatch::default();
    let mut read = Vec::new();
    for (stack, rendered) in stacks.iter().zip(rendered) {
        match context.expected.read(context.templates, stack, rendered)? {
            Ok((template, wrong)) => {
                batch.findings.extend(wrong);
                batch.add(context, rendered, &template);
                read.push(template);
            }
            Err(finding) => batch.findings.push(finding),
        }
    }
    let (outcomes, unchecked) = guard::evaluate(context.inputs.rules, &read.iter().collect::<Vec<_>>());
    batch.templates.iter_mut().zip(outcomes).for_each(|(one, outcomes)| one.outcomes = outcomes);
    batch.findings.extend(unchecked);
    Ok(batch)
}

impl<'a> CheckBatch<'a> {
    /// Checks a template, all but the guard rules.
    fn add(&mut self, context: &CheckContext<'_>, rendered: &'a Rendered, template: &Template) {
        let CheckContext { plan, templates, inputs, .. } = context;
        self.findings.extend(limits::check_template(template, plan.account.template_bytes()));
        self.findings.extend(isolation::of_template(template, plan));
        self.findings.extend(lifecycle::check(template, inputs.suppressions.today()));
        if templates.has_own_stacks() {
            self.findings.extend(yaml_words::check(&template.source));
            self.sections.push((template.part, Sections::of(&template.value)));
        }
        let mut references = references::read(&plan.names, template);
        self.findings.append(&mut references.findings);
        if !matches!(template.part, Part::Users(_)) {
            // Isolation looks at the whole of these stacks, and they are few.
            self.stacks.push((template.part, template.value.get("Resources").cloned().unwrap_or_default()));
        }
        self.templates.push(CheckedTemplate {
            rendered,
            contents: template.contents(),
            policies: limits::policy_sizes(template),
            counts: limits::counts(template),
            references,
            outcomes: Outcomes::default(),
        });
    }
}
