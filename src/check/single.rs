//! What can be told of a template without knowing the others of its account.

use std::sync::Arc;

use serde_json::Value;

use super::guard::{self, Outcome, RuleSet};
use super::limits::{self, Counts};
use super::record::{Basis, Key, Record, Told};
use super::structure::Expected;
use super::{Checked, lifecycle, references, structure};
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
pub(super) struct Looked<'a> {
    pub findings: Vec<Finding>,
    /// The templates, and what was told of them; of one that CloudFormation could not read, nothing.
    pub told: Vec<(&'a Rendered, Option<Arc<Told>>)>,
    /// The guard rules that do not hold.
    pub failed: Vec<Outcome>,
    /// The resources of the templates that hold no people.
    pub stacks: Vec<(Part, Value)>,
    /// What passed, to be recorded.
    pub passed: Vec<(Key, Arc<Told>)>,
    /// How many of them a record told of.
    pub known: usize,
}

/// A template, and what is known of it before it is looked at.
struct Asked<'a, 's> {
    stack: &'s StackPlan<'s>,
    rendered: &'a Rendered,
    /// What a record holds it by, if it is one that records hold.
    key: Option<Key>,
    known: Option<Arc<Told>>,
}

/// Checks some templates, except for those that the record holds.
///
/// # Errors
/// When one that the record does not hold is no YAML.
pub(super) fn look<'a>(
    ground: &Ground<'_>,
    templates: &Templates,
    stacks: &[StackPlan<'_>],
    rendered: &'a [Rendered],
    (basis, record): (&Basis, &Record),
) -> Result<Looked<'a>, RenderFailure> {
    let asked = stacks.iter().zip(rendered).map(|(stack, rendered)| {
        // Isolation looks at the whole of the other stacks, and they are few.
        let key = matches!(stack.part, Part::Users(_)).then(|| basis.key(stack, rendered));
        let known = key.as_ref().and_then(|key| record.get(key).cloned());
        Asked { stack, rendered, key, known }
    });
    let asked: Vec<Asked<'a, '_>> = asked.collect();
    let new: Vec<&Asked<'_, '_>> = asked.iter().filter(|one| one.known.is_none()).collect();
    let Anew { findings, told: told_anew, failed, stacks } = look_anew(ground, templates, &new)?;
    let known = asked.len() - new.len();
    let mut told_anew = told_anew.into_iter();
    let (mut told, mut passed) = (Vec::with_capacity(asked.len()), Vec::new());
    for Asked { rendered, key, known, .. } in asked {
        let (one, clean) = match known {
            Some(known) => (Some(known), true),
            None => told_anew.next().flatten().map_or((None, false), |(new, clean)| (Some(Arc::new(new)), clean)),
        };
        passed.extend(key.zip(one.clone()).filter(|_| clean));
        told.push((rendered, one));
    }
    Ok(Looked { findings, told, failed, stacks, passed, known })
}

/// What the checks of templates came to that no record holds.
struct Anew {
    findings: Vec<Finding>,
    /// Of each template what was told, and whether nothing was found in it.
    told: Vec<Option<(Told, bool)>>,
    failed: Vec<Outcome>,
    stacks: Vec<(Part, Value)>,
}

fn look_anew(ground: &Ground<'_>, templates: &Templates, new: &[&Asked<'_, '_>]) -> Result<Anew, RenderFailure> {
    let read: Vec<Template> = new.iter().map(|one| render::read(templates, one.rendered)).collect::<Result<_, _>>()?;
    let mut findings = Vec::new();
    let mut told = Vec::with_capacity(new.len());
    let mut checked = Vec::with_capacity(new.len());
    let mut stacks = Vec::new();
    for (asked, template) in new.iter().zip(&read) {
        let one = match Checked::new(template) {
            Ok(one) => one,
            Err(finding) => {
                findings.push(finding);
                told.push(None);
                continue;
            }
        };
        let before = findings.len();
        findings.extend(limits::check_template(&one, ground.bytes));
        findings.extend(structure::check(asked.stack, ground.expected, &one));
        findings.extend(lifecycle::check(&one, ground.today));
        let mut references = references::read(ground.names, &one);
        findings.append(&mut references.findings);
        let clean = findings.len() == before;
        let (contents, policies) = (template.contents(), limits::policy_sizes(&one));
        let applied = guard::Applied::default();
        told.push(Some((Told { contents, policies, counts: Counts::of(&one), references, applied }, clean)));
        if !matches!(template.part, Part::Users(_)) {
            stacks.push((template.part, one.json.get("Resources").cloned().unwrap_or_default()));
        }
        checked.push(one);
    }
    let long_forms: Vec<(&Template, &Value)> = checked.iter().map(|one| (one.template, &one.json)).collect();
    let (guard::Outcomes { applied, failed }, unchecked) = guard::evaluate(ground.rules, &long_forms);
    for ((one, (told, clean)), applied) in checked.iter().zip(told.iter_mut().flatten()).zip(applied) {
        told.applied = applied;
        *clean &= unchecked.is_empty() && !failed.iter().any(|outcome| outcome.is_on(&one.template.source));
    }
    findings.extend(unchecked);
    Ok(Anew { findings, told, failed, stacks })
}
