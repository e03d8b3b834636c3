//! What can be told of a template without knowing the others of its account.

use std::cell::LazyCell;
use std::collections::BTreeMap;

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
use crate::inventory::{Sections, type_of};
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::{self, Contents, People, RenderFailure, Rendered, Template, Templates};

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
                batch.add(context, (stack, rendered), &template);
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

impl CheckContext<'_> {
    /// The built-in template of a stack that holds no people, where templates are the user's own.
    fn built_in(&self, stack: &StackPlan<'_>) -> Option<Template> {
        let built_in = self.templates.built_in().filter(|_| !matches!(stack.part, Part::Users(_)))?;
        let rendered = render::fill(built_in, self.plan, stack, self.inputs.people).ok()?;
        render::read(built_in, &rendered).ok()?.ok()
    }
}

/// Whether a resource is none of racestack's own: the built-in template has none of its logical ID, and lacks none of its type that it
/// could be under another.
fn is_beside(id: &str, template: &Template, built_in: &Template) -> bool {
    let ids: BTreeMap<&str, &Value> = template.resources().map(|(id, one)| (id.as_str(), one)).collect();
    let may_be = |(own, wanted): (&String, &Value)| {
        own == id || !ids.contains_key(own.as_str()) && ids.get(id).is_some_and(|one| type_of(one) == type_of(wanted))
    };
    !built_in.resources().any(may_be)
}

impl<'a> CheckBatch<'a> {
    /// Checks a template, all but the guard rules.
    fn add(
        &mut self,
        context: &CheckContext<'_>,
        (stack, rendered): (&StackPlan<'_>, &'a Rendered),
        template: &Template,
    ) {
        let CheckContext { plan, templates, inputs, .. } = context;
        self.findings.extend(limits::check_template(template, plan.account.template_bytes()));
        self.findings.extend(isolation::of_template(template, plan));
        self.findings.extend(lifecycle::check(template, inputs.suppressions.today()));
        if templates.has_own_stacks() {
            self.findings.extend(yaml_words::check(&template.source));
            self.sections.push((template.part, Sections::of(&template.value)));
        }
        let built_in = LazyCell::new(|| context.built_in(stack));
        let is_beside = |id: &str| built_in.as_ref().is_some_and(|built_in| is_beside(id, template, built_in));
        let mut references = references::read(&plan.names, template, &is_beside);
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
