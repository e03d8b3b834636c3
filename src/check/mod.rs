//! Checks on parsed templates: limits, references, structure, guard rules, and what is known to be weak or retired.
//!
//! Every check is a function from what it looks at to findings. None sees the text that a template was made from: all
//! look at what the very bytes to be written parse to.

pub mod guard;
pub mod isolation;
mod known;
mod lifecycle;
mod limits;
pub mod long_form;
pub mod outline;
mod references;
mod structure;
mod suppressions;

use std::cell::OnceCell;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use serde_json::{Map, Value};

use crate::facts::date::Date;
use crate::finding::{Finding, Rule};
use crate::model::User;
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::{self, Contents, RenderFailure, Rendered, Template, Templates};
use crate::source::Place;
use guard::RuleSet;
use limits::Counts;
use outline::Outline;
use references::References;

pub use isolation::access::{Answer, Owner, Question, Reason};
pub use isolation::{Asker, across_accounts};
pub use known::known;
pub use limits::PolicySize;
pub use suppressions::Suppressions;

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
    /// What else the manifest tells of the templates.
    pub contents: Vec<Contents>,
}

/// What the checks of a few templates came to.
struct Looked<'a> {
    findings: Vec<Finding>,
    policies: Vec<Vec<PolicySize>>,
    contents: Vec<Contents>,
    counts: Counts,
    references: Vec<(&'a Rendered, References)>,
    outcomes: guard::Outcomes,
    /// The resources of the templates that hold no people.
    stacks: Vec<(Part, Value)>,
}

/// Reads and checks the rendered templates of an account, with all findings at once. What they parse to is held for no
/// more of them than are looked at in one go.
///
/// # Errors
/// When one is no YAML, or the users template cannot be rendered for the comparison of structures.
pub fn check(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    rules: &RuleSet,
    suppressions: &Suppressions,
) -> Result<Checks, RenderFailure> {
    let unreadable = || rendered.iter().find_map(|one| render::read(templates, one).err());
    // Where twins come out as no YAML, so do people, at places that can be shown.
    let expected = structure::Expected::of(plan, templates).map_err(|failure| unreadable().unwrap_or(failure))?;
    let largest = rendered.iter().map(|template| template.source.text.len()).max().unwrap_or_default();
    let at_once = (BYTES_AT_ONCE / largest.max(1)).clamp(1, TEMPLATES_AT_ONCE);
    // Collected in the order of the templates, whichever is done first.
    let looked: Vec<Result<Looked<'_>, RenderFailure>> = rendered
        .par_chunks(at_once)
        .zip(plan.stacks.par_chunks(at_once))
        .map(|(rendered, stacks)| look((plan, templates, suppressions.today()), stacks, &expected, rendered, rules))
        .collect();
    let mut findings = Vec::new();
    let mut policies = Vec::with_capacity(rendered.len());
    let mut contents = Vec::with_capacity(rendered.len());
    let mut references = Vec::with_capacity(rendered.len());
    let mut outcomes = guard::Outcomes::default();
    let looked: Vec<Looked<'_>> = looked.into_iter().collect::<Result<_, _>>()?;
    let mut stacks = Vec::new();
    let counts = looked.iter().map(|looked| looked.counts).sum();
    for looked in looked {
        contents.extend(looked.contents);
        findings.extend(looked.findings);
        policies.extend(looked.policies);
        references.extend(looked.references);
        outcomes.extend(looked.outcomes);
        stacks.extend(looked.stacks);
    }
    // With a template missing, the others' references to it would seem broken, and rules never applied.
    if references.len() < rendered.len() {
        return Ok(Checks { findings, policies, contents });
    }
    findings.extend(limits::check_account(plan.account, &counts));
    findings.extend(references::between(&references));
    findings.extend(guard::findings(rules, &outcomes, suppressions));
    // A person whose resources are not their twin's is an error already, and has policies that isolation knows nothing of.
    let any = |rules: &[Rule]| findings.iter().any(|finding| rules.contains(&finding.rule));
    let references_broken = any(&[Rule::ReferenceUnresolved, Rule::ReferenceForeign]);
    if !any(&[Rule::TemplateStructure]) {
        let isolation = isolation::check(plan, templates, rendered, &stacks, &expected.long_forms).into_iter();
        // What leads nowhere allows nothing, and is an error already: that is not told again.
        findings.extend(isolation.filter(|found| !references_broken || found.rule == Rule::IsolationTooWide));
    }
    Ok(Checks { findings, policies, contents })
}

/// What a person of the account may do, by the rendered templates: the answer to one question, or without one, to all that
/// isolation is made of.
///
/// # Errors
/// When the users template cannot be rendered for a twin; and inside, a finding where a template holds what CloudFormation
/// does not know.
pub fn access(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    user: &User,
    question: Option<&Question<'_>>,
) -> Result<Result<Vec<Answer>, Finding>, RenderFailure> {
    let expected = structure::Expected::of(plan, templates)?;
    let mut stacks = Vec::new();
    for one in rendered.iter().filter(|one| !matches!(one.part, Part::Users(_))) {
        let template = render::read(templates, one)?;
        match long_form::long_form(&template) {
            Ok(json) => stacks.push((one.part, json.get("Resources").cloned().unwrap_or_default())),
            Err(finding) => return Ok(Err(finding)),
        }
    }
    let estate = isolation::estate(plan, rendered, &stacks, &expected.long_forms);
    let desk = isolation::access::Desk::new(plan, templates, rendered, &estate, user);
    Ok(Ok(question.map_or_else(|| desk.table(), |question| desk.one(question))))
}

/// Everything that can be told of a few templates without knowing the others.
fn look<'a>(
    (plan, templates, today): (&AccountPlan<'_>, &Templates, Option<Date>),
    stacks: &[StackPlan<'_>],
    expected: &structure::Expected,
    rendered: &'a [Rendered],
    rules: &RuleSet,
) -> Result<Looked<'a>, RenderFailure> {
    let mut findings = Vec::new();
    let mut policies = Vec::with_capacity(rendered.len());
    let mut references = Vec::with_capacity(rendered.len());
    let read: Vec<Template> = rendered.iter().map(|one| render::read(templates, one)).collect::<Result<_, _>>()?;
    let contents = read.iter().map(Template::contents).collect();
    let mut checked = Vec::with_capacity(rendered.len());
    let mut without_people = Vec::new();
    let bytes = plan.account.template_bucket.template_bytes();
    for ((stack, rendered), template) in stacks.iter().zip(rendered).zip(&read) {
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
        findings.extend(lifecycle::check(&one, today));
        let mut own = references::read(&plan.names, &one);
        findings.append(&mut own.findings);
        references.push((rendered, own));
        if !matches!(template.part, Part::Users(_)) {
            without_people.push((template.part, one.json.get("Resources").cloned().unwrap_or_default()));
        }
        checked.push(one);
    }
    let counts = checked.iter().map(Counts::of).sum();
    let long_forms: Vec<(&Template, &Value)> = checked.iter().map(|one| (one.template, &one.json)).collect();
    let (outcomes, unchecked) = guard::evaluate(rules, &long_forms);
    findings.extend(unchecked);
    Ok(Looked { findings, policies, contents, counts, references, outcomes, stacks: without_people })
}
