//! Structure: no value of a roster changed what a users template is made of, and every value came back as itself.
//!
//! Each user is compared with a twin: a user of the same form (as many tags, a notebook or none, suspended or not) whose
//! every value is a harmless word. The parsed resources of both must have the same keys, as many elements, and the same
//! kinds of scalars.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use serde_yaml::Value;

use super::Checked;
use crate::finding::{Finding, Rule};
use crate::model::{Account, User};
use crate::plan::{AccountPlan, Part, StackPlan, plan};
use crate::render::{Form, Longer, RenderFailure, TWIN_ID, Template, Templates, render};

/// What the users templates of an account are compared with.
#[derive(Debug)]
pub struct Expected {
    /// The resources of a template without users.
    shared: usize,
    /// For each form of user, a twin's resources, by what their logical IDs have behind the twin's.
    twins: BTreeMap<Form, Vec<(String, Value)>>,
}

impl Expected {
    /// Renders a twin of every form that the users of `plan` have.
    ///
    /// # Errors
    /// When the template cannot be rendered for a twin.
    pub fn of(plan: &AccountPlan<'_>, templates: &Templates) -> Result<Self, RenderFailure> {
        let mut twins = BTreeMap::new();
        for user in plan.stacks.iter().flat_map(|stack| &stack.users) {
            if let Entry::Vacant(entry) = twins.entry(Form::of(user)) {
                let twin = twin_resources(templates, plan.account, *entry.key())?;
                entry.insert(twin);
            }
        }
        let shared = resources(render_users(templates, plan.account, Vec::new())?.as_ref()).len();
        Ok(Self { shared, twins })
    }
}

/// Checks the template of a stack, if it is one of users.
pub fn check(stack: &StackPlan<'_>, expected: &Expected, one: &Checked<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !matches!(stack.part, Part::Users(_)) {
        return findings;
    }
    let mut count = expected.shared;
    for user in &stack.users {
        let twin = expected.twins.get(&Form::of(user)).map(Vec::as_slice).unwrap_or_default();
        count += twin.len();
        findings.extend(compare(one, user, twin));
    }
    let found = one.template.resources().count();
    if found != count {
        let message = format!("found {found} resources in `{}`, expected {count}", stack.part.name());
        findings.push(structure(one, "Resources", message));
    }
    findings
}

/// The resources of a twin of this form, by what their logical IDs have behind the twin's.
fn twin_resources(templates: &Templates, account: &Account, form: Form) -> Result<Vec<(String, Value)>, RenderFailure> {
    let Some(twin) = form.twin(Longer::Nothing) else { return Ok(Vec::new()) };
    let template = render_users(templates, account, vec![&twin])?;
    let own = resources(template.as_ref()).into_iter();
    Ok(own.filter_map(|(id, value)| Some((id.strip_prefix(TWIN_ID)?.to_owned(), value))).collect())
}

fn render_users(
    templates: &Templates,
    account: &Account,
    users: Vec<&User>,
) -> Result<Option<Template>, RenderFailure> {
    let plan = plan(account, Path::new(""), vec![users]);
    let stack = plan.stacks.iter().find(|stack| matches!(stack.part, Part::Users(_)));
    stack.map(|stack| render(templates, &plan, stack)).transpose()
}

fn resources(template: Option<&Template>) -> Vec<(String, Value)> {
    let resources = template.into_iter().flat_map(Template::resources);
    resources.map(|(id, value)| (id.to_owned(), value.clone())).collect()
}

fn compare(one: &Checked<'_>, user: &User, twin: &[(String, Value)]) -> Option<Finding> {
    let resources = one.template.value.get("Resources")?;
    for (suffix, expected) in twin {
        let id = format!("{}{suffix}", user.logical_id);
        let path = format!("Resources/{id}");
        let Some(found) = resources.get(&id) else {
            return Some(structure(one, &path, format!("the resource `{id}` of the user `{}` is missing", user.name)));
        };
        if !same_shape(expected, found) {
            let message =
                format!("the resource `{id}` has another structure than that of other users like `{}`", user.name);
            return Some(structure(one, &path, message));
        }
        let returned = |key: &str| found.get("Properties").and_then(|properties| properties.get(key));
        if let Some(name) = returned("UserName")
            && (name.as_str() != Some(user.name.as_str()) || !tags_returned(user, returned("Tags")))
        {
            return Some(structure(one, &path, format!("the values of the user `{}` did not come back", user.name)));
        }
    }
    None
}

fn tags_returned(user: &User, tags: Option<&Value>) -> bool {
    let expected = user.tags.iter().chain(&user.person_tags);
    let found = tags.and_then(Value::as_sequence).into_iter().flatten();
    found
        .map(|tag| (tag.get("Key").and_then(Value::as_str), tag.get("Value").and_then(Value::as_str)))
        .eq(expected.map(|tag| (Some(tag.key.as_str()), Some(tag.value.as_str()))))
}

/// Whether two values differ in their scalars' texts alone.
fn same_shape(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Mapping(a), Value::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((ka, va), (kb, vb))| ka == kb && same_shape(va, vb))
        }
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_shape(a, b))
        }
        (Value::Tagged(a), Value::Tagged(b)) => a.tag == b.tag && same_shape(&a.value, &b.value),
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

fn structure(one: &Checked<'_>, path: &str, message: String) -> Finding {
    Finding::new(Rule::TemplateStructure, message)
        .at(one.place(path))
        .help("let every value stand alone as `{{value}}` in the users template, so that it becomes one scalar")
}
