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
mod record;
mod references;
mod single;
mod structure;
mod suppressions;

use std::cell::OnceCell;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use serde_json::{Map, Value};

use crate::finding::{Finding, Rule};
use crate::model::User;
use crate::plan::{AccountPlan, Part};
use crate::render::{self, Contents, RenderFailure, Rendered, Template, Templates};
use crate::source::Place;
use guard::RuleSet;
use outline::Outline;
use record::{Basis, Told};
use single::{Ground, Looked};

pub use isolation::access::{Answer, Owner, Question, Reason};
pub use isolation::{Asker, across_accounts};
pub use known::known;
pub use limits::PolicySize;
pub use record::Record;
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
    /// The templates in which nothing was found, for the next run.
    pub record: Record,
}

/// What templates are checked by.
pub struct Against<'a> {
    /// The guard rules.
    pub rules: &'a RuleSet,
    /// What is suppressed, and the day of the run.
    pub suppressions: &'a Suppressions,
    /// The templates in which nothing was found before. They are not checked by themselves again.
    pub record: &'a Record,
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
    against: &Against<'_>,
) -> Result<Checks, RenderFailure> {
    let Against { rules, suppressions, record } = *against;
    let unreadable = || rendered.iter().find_map(|one| render::read(templates, one).err());
    // Where twins come out as no YAML, so do people, at places that can be shown.
    let expected = structure::Expected::of(plan, templates).map_err(|failure| unreadable().unwrap_or(failure))?;
    let ground = Ground {
        names: &plan.names,
        bytes: plan.account.template_bucket.template_bytes(),
        expected: &expected,
        rules,
        today: suppressions.today(),
    };
    let basis = Basis::of(&ground);
    let largest = rendered.iter().map(|template| template.source.text.len()).max().unwrap_or_default();
    let at_once = (BYTES_AT_ONCE / largest.max(1)).clamp(1, TEMPLATES_AT_ONCE);
    // Collected in the order of the templates, whichever is done first.
    let looked: Vec<Result<Looked<'_>, RenderFailure>> = rendered
        .par_chunks(at_once)
        .zip(plan.stacks.par_chunks(at_once))
        .map(|(rendered, stacks)| single::look(&ground, templates, stacks, rendered, (&basis, record)))
        .collect();
    let (mut findings, mut told, mut failed, mut stacks) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut passed, mut known) = (Vec::new(), 0);
    for looked in looked {
        let looked = looked?;
        findings.extend(looked.findings);
        told.extend(looked.told);
        failed.extend(looked.failed);
        stacks.extend(looked.stacks);
        passed.extend(looked.passed);
        known += looked.known;
    }
    let record = Record::of(passed.into_iter());
    // With a template missing, the others' references to it would seem broken, and rules never applied.
    let all: Option<Vec<_>> = told.iter().map(|(rendered, told)| Some((*rendered, told.as_deref()?))).collect();
    let Some(all) = all else { return Ok(Checks { findings, record, ..Checks::default() }) };
    let references: Vec<_> = all.iter().map(|(rendered, told)| (*rendered, &told.references)).collect();
    let unresolved = references::unresolved(&references);
    if !unresolved.is_empty() && known > 0 {
        // A record does not hold where in its templates the names stand.
        return check(plan, templates, rendered, &Against { record: &Record::default(), ..*against });
    }
    let all: Vec<&Told> = all.into_iter().map(|(_, told)| told).collect();
    findings.extend(limits::check_account(plan.account, &all.iter().map(|told| told.counts).sum()));
    let references_broken =
        !unresolved.is_empty() || any(&findings, &[Rule::ReferenceUnresolved, Rule::ReferenceForeign]);
    findings.extend(references::findings(&unresolved));
    let applied: Vec<&guard::Applied> = all.iter().map(|told| &told.applied).collect();
    findings.extend(guard::findings(rules, &applied, &failed, suppressions));
    // A person whose resources are not their twin's is an error already, and has policies that isolation knows nothing of.
    if !any(&findings, &[Rule::TemplateStructure]) {
        let isolation = isolation::check(plan, templates, rendered, &stacks, &expected.long_forms).into_iter();
        // What leads nowhere allows nothing, and is an error already: that is not told again.
        findings.extend(isolation.filter(|found| !references_broken || found.rule == Rule::IsolationTooWide));
    }
    let policies = all.iter().map(|told| told.policies.clone()).collect();
    let contents = all.iter().map(|told| told.contents.clone()).collect();
    Ok(Checks { findings, policies, contents, record })
}

fn any(findings: &[Finding], rules: &[Rule]) -> bool {
    findings.iter().any(|finding| rules.contains(&finding.rule))
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
