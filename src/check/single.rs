//! What can be told of a template without knowing the others of its account.

use serde_json::Value;

use super::checked::Checked;
use super::guard::{self, Representatives, RuleSet, TemplateOutcomes};
use super::limits::{self, Counts, PolicySize};
use super::references::{self, References};
use super::structure::Expected;
use super::yaml_words;
use super::{isolation, lifecycle};
use crate::facts::date::Date;
use crate::finding::Finding;
use crate::inventory::Sections;
use crate::plan::{Names, Part, StackPlan};
use crate::render::{Contents, RenderFailure, Rendered, Template, Templates};

/// All that these checks know besides a template and its stack.
pub(super) struct CheckContext<'a> {
    pub names: &'a Names,
    /// Whether what isolation finds is no error.
    pub documented: bool,
    /// The most bytes that a template may have.
    pub bytes: usize,
    pub expected: &'a Expected<'a>,
    pub rules: &'a RuleSet,
    pub today: Option<Date>,
    /// Whether templates of stacks are the user's own.
    pub has_own_stacks: bool,
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
    stack: &'a StackPlan<'a>,
    pub rendered: &'a Rendered,
    pub contents: Contents,
    pub policies: Vec<PolicySize>,
    pub counts: Counts,
    pub references: References,
    /// What became of the guard rules.
    pub outcomes: TemplateOutcomes,
}

/// Checks some templates. What becomes of the guard rules may stay open, until something was learnt from `representatives`.
///
/// # Errors
/// When one is no YAML.
pub(super) fn check<'a>(
    context: &CheckContext<'_>,
    templates: &Templates,
    (stacks, rendered): (&'a [StackPlan<'a>], &'a [Rendered]),
    representatives: &Representatives,
) -> Result<CheckBatch<'a>, RenderFailure> {
    let mut batch = CheckBatch::default();
    let mut read = Vec::new();
    for (stack, rendered) in stacks.iter().zip(rendered) {
        match context.expected.read(templates, stack, rendered)? {
            Ok((template, wrong)) => {
                let index = batch.templates.len();
                batch.findings.extend(wrong);
                batch.add(context, stack, rendered, &template);
                read.push((index, template));
            }
            Err(finding) => batch.findings.push(finding),
        }
    }
    batch.evaluate(context, &read, Some(representatives));
    Ok(batch)
}

impl<'a> CheckBatch<'a> {
    /// Checks a template, all but the guard rules.
    fn add(
        &mut self,
        context: &CheckContext<'_>,
        stack: &'a StackPlan<'a>,
        rendered: &'a Rendered,
        template: &Template,
    ) {
        let one = Checked::new(template);
        self.findings.extend(limits::check_template(&one, context.bytes));
        self.findings.extend(isolation::of_template(&one, context.documented));
        self.findings.extend(lifecycle::check(&one, context.today));
        if context.has_own_stacks {
            self.findings.extend(yaml_words::check(&template.source));
            self.sections.push((template.part, Sections::of(&template.value)));
        }
        let mut references = references::read(context.names, &one);
        self.findings.append(&mut references.findings);
        if !matches!(template.part, Part::Users(_)) {
            // Isolation looks at the whole of these stacks, and they are few.
            self.stacks.push((template.part, template.value.get("Resources").cloned().unwrap_or_default()));
        }
        self.templates.push(CheckedTemplate {
            stack,
            rendered,
            contents: template.contents(),
            policies: limits::policy_sizes(&one),
            counts: limits::counts(&one),
            references,
            outcomes: TemplateOutcomes::default(),
        });
    }

    /// Closes what is open of the guard rules, by what was learnt. Where that tells of a failure, the template is read once
    /// more, and evaluated as it is.
    ///
    /// # Errors
    /// As `check`; what was read once is read again.
    pub fn close(&mut self, context: &CheckContext<'_>, templates: &Templates) -> Result<(), RenderFailure> {
        let mut again = Vec::new();
        for (index, one) in self.templates.iter_mut().enumerate() {
            if !context.rules.close(&mut one.outcomes) {
                match context.expected.read(templates, one.stack, one.rendered)? {
                    Ok((template, _)) => again.push((index, template)),
                    Err(finding) => self.findings.push(finding),
                }
            }
        }
        self.evaluate(context, &again, None);
        Ok(())
    }

    /// Evaluates the guard rules on templates, each with its index in the batch.
    fn evaluate(
        &mut self,
        context: &CheckContext<'_>,
        read: &[(usize, Template)],
        representatives: Option<&Representatives>,
    ) {
        let templates: Vec<&Template> = read.iter().map(|(_, template)| template).collect();
        let (outcomes, unchecked) = guard::evaluate(context.rules, &templates, representatives);
        for ((index, _), outcomes) in read.iter().zip(outcomes) {
            if let Some(one) = self.templates.get_mut(*index) {
                one.outcomes = outcomes;
            }
        }
        self.findings.extend(unchecked);
    }
}
