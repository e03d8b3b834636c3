//! Checks on parsed templates: limits, references, structure, guard rules, and what is known to be weak or retired.
//!
//! Every check is a function from what it looks at to findings. None sees the text that a template was made from: all
//! look at what the very bytes to be written parse to.

pub mod access;
mod company;
pub mod guard;
pub mod isolation;
mod known;
mod lifecycle;
mod limits;
mod references;
mod single;
mod structure;
mod suppressions;
mod yaml_words;

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSlice;
use serde_json::Value;

use crate::finding::{Finding, Rule};
use crate::inventory::{Documents, IamInventory, Sections};
use crate::model::User;
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::{self, Contents, RenderFailure, Rendered, Templates};
use single::{CheckBatch, CheckContext, CheckedTemplate};

pub use access::{Answer, Caller, Question, Reason, Who, assumed_network};
pub use isolation::{
    Bound, Extent, Owner, PrincipalKind, Problem as IsolationProblem, Proofs, Row, across_accounts, allowed, deployed,
    own_role, reference_policy,
};
pub use known::known;
pub use limits::PolicySize;
pub use single::CheckInputs;
pub use suppressions::{Suppressions, unknown_guard_rules};

/// What somebody may do, as what they ask, statement by statement of the reference policies.
pub type AccessTable = Vec<(Caller, Vec<Row>)>;

/// How many templates are looked at in one go, and how many bytes they may have: enough to spread the guard engine's cost
/// of reading the rules, where templates are evaluated as they are; few enough to keep several cores busy. What the engine
/// makes of a template takes some hundred times its bytes, and is held for no more templates than these at a time, on each
/// core.
const TEMPLATES_AT_ONCE: usize = 8;
const BYTES_AT_ONCE: usize = 400_000;

/// What the checks of an account's templates came to.
#[derive(Debug, Default)]
pub struct CheckReport {
    /// All findings.
    pub findings: Vec<Finding>,
    /// The sizes of the policies, template by template. Empty, as `contents` is, where a template could not be read.
    pub policies: Vec<Vec<PolicySize>>,
    /// What else the manifest tells of the templates.
    pub contents: Vec<Contents>,
}

/// Reads and checks the rendered templates of an account, with all findings at once. What they parse to is held for no
/// more of them than are looked at in one go.
///
/// # Errors
/// When one is no YAML.
pub fn check(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    inputs: &CheckInputs<'_>,
) -> Result<CheckReport, RenderFailure> {
    let CheckInputs { people, rules, suppressions, proofs } = *inputs;
    let unreadable = || rendered.iter().find_map(|one| render::read(templates, one).err());
    // Where prototypes come out as no YAML, so do people, at places that can be shown.
    let expected = structure::Expected::of(people, templates).map_err(|failure| unreadable().unwrap_or(failure))?;
    let context = CheckContext { plan, templates, expected: &expected, inputs };
    let at_once = at_once(rendered);
    // Collected in the order of the templates, whichever is done first; the first failure is told of.
    let batches: Vec<Result<CheckBatch<'_>, RenderFailure>> = plan
        .stacks
        .par_chunks(at_once)
        .zip(rendered.par_chunks(at_once))
        .map(|some| single::check(&context, some))
        .collect();
    let mut batches: Vec<CheckBatch<'_>> = batches.into_iter().collect::<Result<_, _>>()?;
    let mut findings: Vec<Finding> = batches.iter_mut().flat_map(|batch| batch.findings.drain(..)).collect();
    let checked: Vec<&CheckedTemplate<'_>> = batches.iter().flat_map(|batch| &batch.templates).collect();
    if checked.len() < rendered.len() {
        // Why each could not be read is told. With one missing, the others' references to it would seem broken, and rules never applied.
        return Ok(CheckReport { findings, ..CheckReport::default() });
    }
    findings.extend(limits::check_account(plan.account, &checked.iter().map(|one| one.counts).collect::<Vec<_>>()));
    let references: Vec<_> = checked.iter().map(|one| (one.rendered, &one.references)).collect();
    findings.extend(references::between(&references));
    // Nobody may answer for these errors, so nothing is written until they are mended; and then, all is told that is left out here.
    let any = |rules: &[Rule]| findings.iter().any(|found| rules.contains(&found.rule));
    let leads_nowhere = any(&[Rule::ReferenceUnresolved, Rule::ReferenceForeign]);
    // A person whose resources are not their prototype's has policies that isolation knows nothing of.
    let has_prototypes = !any(&[Rule::TemplateStructure]);
    let mut stacks: Vec<(Part, Value)> = batches.iter_mut().flat_map(|batch| batch.stacks.drain(..)).collect();
    let sections: Vec<(Part, Sections)> = batches.iter_mut().flat_map(|batch| batch.sections.drain(..)).collect();
    stacks.push((Part::Access, company::resources(plan)));
    let (proven, mut compared) = if has_prototypes {
        isolation::check(plan, templates, rendered, &stacks, &expected.prototypes, (&sections, proofs))
    } else {
        (Vec::new(), Vec::new())
    };
    let checked: Vec<CheckedTemplate<'_>> = batches.into_iter().flat_map(|batch| batch.templates).collect();
    let outcomes: Vec<_> = checked.iter().map(|one| (&one.rendered.source, &one.outcomes)).collect();
    let violations = guard::findings(rules, &outcomes, suppressions);
    // Such a line is to be written anew: what of it differs from the built-in templates is told of what it is then.
    let violated = violated_lines(&violations, suppressions);
    compared.retain(|found| !line(found).is_some_and(|line| violated.contains(&line)));
    findings.extend(violations);
    // What leads nowhere allows nothing, so that needs are refused, and it is not known whom it is about. What is open is so anyway.
    let is_certain = |found: &Finding| !leads_nowhere || found.rule == Rule::IsolationTooWide;
    findings.extend(proven.into_iter().chain(compared).filter(is_certain));
    let (policies, contents) = checked.into_iter().map(|one| (one.policies, one.contents)).unzip();
    Ok(CheckReport { findings, policies, contents })
}

/// The lines that violate guard rules, but for violations that somebody answers for: these stay, and who answers for a violation
/// answers for no difference.
fn violated_lines(findings: &[Finding], suppressions: &Suppressions) -> BTreeSet<(PathBuf, usize)> {
    let is_held = |found: &Finding| {
        let of = found.guard_rule.as_deref().zip(found.resource.as_deref());
        of.is_some_and(|(rule, resource)| suppressions.hold_guard(rule, resource))
    };
    let violations = findings.iter().filter(|found| found.rule == Rule::GuardViolation && !is_held(found));
    violations.filter_map(line).collect()
}

/// The file that a finding is in, and where its line begins there.
fn line(found: &Finding) -> Option<(PathBuf, usize)> {
    found.place.as_ref().map(|place| (place.path().to_owned(), place.span.start))
}

/// How many templates are looked at in one go.
fn at_once(rendered: &[Rendered]) -> usize {
    let largest = rendered.iter().map(|template| template.source.text.len()).max().unwrap_or_default();
    (BYTES_AT_ONCE / largest.max(1)).clamp(1, TEMPLATES_AT_ONCE)
}

/// The answers to a question about a person of the account, or about every principal, by the rendered templates.
///
/// # Errors
/// When a template is no YAML; and inside, a finding where one holds what CloudFormation does not know.
pub fn answers(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    asked: (Option<&User>, &Question<'_>),
) -> Result<Result<Vec<Answer>, Finding>, RenderFailure> {
    with_inventory(plan, templates, rendered, |_| true, |inventory| access::answers(plan, rendered, inventory, asked))
}

/// What a person of the account may do, by the rendered templates: as their user, and from their notebook if there is one.
///
/// # Errors
/// As of `answers`.
pub fn access_table(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    user: &User,
) -> Result<Result<AccessTable, Finding>, RenderFailure> {
    // Nobody else's stack counts, unless templates of one's own make something of it.
    let is_own = |stack: &StackPlan<'_>| {
        templates.has_own_stacks() || stack.users.is_empty() || stack.users.iter().any(|one| one.name == user.name)
    };
    let told = with_inventory(plan, templates, rendered, is_own, |inventory| {
        let is_known = access::unread(inventory).is_empty();
        let table = |(who, principal): (Who, _)| {
            let caller = who.caller()?;
            let kind = PrincipalKind::of(principal, plan, true, user.suspended);
            Some(isolation::rows(plan, inventory, (principal, kind), is_known).map(|rows| (caller, rows)))
        };
        access::principals(plan, inventory, Some(user)).into_iter().filter_map(table).collect()
    })?;
    Ok(told.and_then(|rows| rows))
}

/// What `use_it` makes of the inventory of the stacks that count.
fn with_inventory<T>(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    counts: impl Fn(&StackPlan<'_>) -> bool,
    use_it: impl FnOnce(&IamInventory<'_>) -> T,
) -> Result<Result<T, Finding>, RenderFailure> {
    let mut resources = Vec::new();
    for (stack, one) in plan.stacks.iter().zip(rendered) {
        if !counts(stack) {
            resources.push(Value::Null);
            continue;
        }
        match render::read(templates, one)? {
            Ok(template) => resources.push(template.value.get("Resources").cloned().unwrap_or_default()),
            Err(finding) => return Ok(Err(finding)),
        }
    }
    resources.push(company::resources(plan));
    Ok(Ok(use_it(&plan.inventory(resources.iter(), &mut Documents::default()))))
}
