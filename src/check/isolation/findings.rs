//! The findings of what fails, each with the statement that makes it so: in the template, and as it is written.

use std::collections::BTreeMap;

use serde_json::Value;

use super::problem::Problem;
use crate::check::checked::Checked;
use crate::finding::{Finding, Rule, Severity};
use crate::inventory::{IamInventory, transform};
use crate::model::{Profile, User};
use crate::plan::{AccountPlan, Part};
use crate::render::outline::Outline;
use crate::render::{Origins, PROTOTYPE_ID, Rendered, Templates, UserShape};
use crate::source::Place;

/// Where the things of an inventory stand.
pub struct Sites<'a> {
    plan: &'a AccountPlan<'a>,
    templates: &'a Templates,
    rendered: &'a [Rendered],
    /// The parts of the stacks that hold no people, in the order of the inventory.
    parts: Vec<Part>,
    /// The shape of the people whose prototype is the last of the inventory's stacks.
    pub shape: Option<&'a UserShape>,
    origins: Option<Origins>,
}

impl<'a> Sites<'a> {
    /// The sites of an account.
    pub fn new(
        plan: &'a AccountPlan<'a>,
        templates: &'a Templates,
        rendered: &'a [Rendered],
        stacks: &[(Part, Value)],
    ) -> Self {
        let parts = stacks.iter().map(|(part, _)| *part).collect();
        Self { plan, templates, rendered, parts, shape: None, origins: None }
    }

    /// The finding of a problem.
    pub fn finding(&mut self, problem: &Problem, inventory: &IamInventory<'_>) -> Finding {
        let account = &self.plan.account.name;
        let mut finding = Finding::new(problem.rule, format!("in the account `{account}`, {}", problem.message));
        let documented = self.plan.account.policies == Profile::Documented;
        if documented || problem.is_warning {
            finding.severity = Severity::Warning;
        }
        if documented {
            finding = finding.help(format!("set `policies: hardened`, or {}", problem.help));
        } else {
            finding = finding.help(problem.help);
        }
        let origins = self.origins.get_or_insert_with(|| self.templates.origins(self.plan));
        let mut is_first = true;
        for (index, statement) in &problem.statements {
            let Some(policy) = inventory.policies.get(*index) else { continue };
            let document = &policy.document.value;
            if is_first {
                let one = document
                    .get("Statement")
                    .and_then(|all| all.get(statement).or(Some(all).filter(|all| all.is_object())));
                let sid = one.and_then(|one| one.get("Sid")).and_then(Value::as_str).map(str::to_owned);
                let sid = sid.unwrap_or_else(|| (statement + 1).to_string());
                finding = finding.about(format!("{account}/{}/{sid}", policy.name));
            }
            let of_template = origins.place(document, *statement);
            let path = format!("{}/Statement/{statement}", policy.location.path);
            let of_out = place(
                self.plan,
                self.rendered,
                &self.parts,
                self.shape,
                (policy.location.stack, policy.location.logical_id, &path),
            );
            finding = match (of_template, of_out, is_first) {
                (Some(template), Some(out), true) => finding.at(template).related(out, "as written here"),
                (Some(one), None, true) | (None, Some(one), true) => finding.at(one),
                (template, out, _) => match template.or(out) {
                    Some(place) => finding.related(place, "and by this statement"),
                    None => finding,
                },
            };
            is_first = false;
        }
        if let (None, Some((stack, id, path))) = (&finding.place, &problem.location) {
            let at = place(self.plan, self.rendered, &self.parts, self.shape, (*stack, id, path));
            finding = finding.at(at.unwrap_or_else(|| self.plan.account.policies_place.clone()));
        }
        problem.notes.iter().fold(finding, |finding, note| finding.note(note.clone()))
    }
}

/// Where something stands in the out folder; of a prototype's things, in the template of somebody of that shape.
fn place(
    plan: &AccountPlan<'_>,
    rendered: &[Rendered],
    parts: &[Part],
    shape: Option<&UserShape>,
    (stack, id, path): (usize, &str, &str),
) -> Option<Place> {
    let (index, id) = if let Some(part) = parts.get(stack) {
        (rendered.iter().position(|one| one.part == *part)?, id.to_owned())
    } else {
        let is_it = |user: &&&User| shape == Some(&UserShape::of(user));
        let holds = |(index, stack): (usize, &crate::plan::StackPlan<'_>)| {
            Some((index, stack.users.iter().find(is_it)?.logical_id.to_string()))
        };
        let (index, own) = plan.stacks.iter().enumerate().find_map(holds)?;
        (index, id.replacen(PROTOTYPE_ID, &own, 1))
    };
    let source = &rendered.get(index)?.source;
    let path = path.trim_start_matches('/');
    Some(Outline::read(source).place(&format!("/Resources/{id}/{path}")))
}

/// A fault of the reference policies, which are part of the program.
pub fn unusable(plan: &AccountPlan<'_>, why: &str) -> Finding {
    let message = format!("isolation cannot be checked: a reference policy cannot be used: {why}");
    Finding::new(Rule::IsolationUndecided, message)
        .at(plan.account.policies_place.clone())
        .help("report this as a fault of racestack")
}

/// What a macro makes of a template: isolation is proven of the text that it gets.
pub fn transformed(one: &Checked<'_>, documented: bool) -> Option<Finding> {
    let path = transform(&one.template.value)?.join("/");
    let message = "a macro changes this template as it is deployed, and isolation cannot be proven of what comes out";
    let mut finding = Finding::new(Rule::IsolationUndecided, message).at(one.place(&path));
    if documented {
        finding.severity = Severity::Warning;
    }
    Some(finding.help("write out in the template what the macro makes of it"))
}

/// The findings of all accounts: what isolation finds in several at one line of a policy template is told once.
pub fn across_accounts(accounts: Vec<Vec<Finding>>) -> Vec<Finding> {
    const RULES: [Rule; 3] = [Rule::IsolationTooWide, Rule::IsolationOwnRefused, Rule::IsolationUndecided];
    // By rule and line, and of several there in one account the how manieth: where it is told, and for how many accounts.
    let mut told: BTreeMap<(Rule, std::path::PathBuf, usize, usize), (usize, usize)> = BTreeMap::new();
    let mut all: Vec<Finding> = Vec::new();
    for findings in accounts {
        let mut here: BTreeMap<(Rule, std::path::PathBuf, usize), usize> = BTreeMap::new();
        for finding in findings {
            let place = finding.place.as_ref().filter(|_| RULES.contains(&finding.rule));
            if let Some(place) = place {
                let (path, start) = (place.path().to_owned(), place.span.start);
                let nth = here.entry((finding.rule, path.clone(), start)).or_default();
                *nth += 1;
                let (_, times) = told
                    .entry((finding.rule, path, start, *nth))
                    .and_modify(|(_, times)| *times += 1)
                    .or_insert((all.len(), 1));
                if *times > 1 {
                    continue;
                }
            }
            all.push(finding);
        }
    }
    for (index, times) in told.into_values().filter(|(_, times)| *times > 1) {
        if let Some(finding) = all.get_mut(index) {
            let more = times - 1;
            let accounts = if more == 1 { "account" } else { "accounts" };
            finding.notes.push(format!("the same in {more} more {accounts}"));
        }
    }
    all
}
