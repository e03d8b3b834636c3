//! Structure: no value of a roster changed what a users template is made of, and every value came back as itself, in every
//! place where it belongs.
//!
//! Each user is compared with a twin: a user of the same form (as many tags, a notebook or none, suspended or not) whose
//! every value is a word found nowhere else. The parsed resources of the twin, with the user's words in place of the
//! twin's, must be the user's resources.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use serde_json::Value;

use super::Checked;
use crate::finding::{Finding, Rule};
use crate::model::{Account, Tag, User};
use crate::plan::{AccountPlan, Part, StackPlan, plan};
use crate::render::{
    Form, RenderFailure, TWIN_ID, TWIN_NAME, TWIN_NOTEBOOK, TWIN_TYPE, TWIN_VOLUME, Template, Templates, render,
};

/// Each word of a twin has one of these characters.
const MARKS: [u8; 2] = *b"7-";

/// The stack that twins are rendered in.
const TWIN_STACK: &str = "users-001";

/// What the users templates of an account are compared with.
#[derive(Debug)]
pub struct Expected {
    /// The resources of a template without users.
    shared: usize,
    /// For each form of user, a twin's resources, by what their logical IDs have behind the twin's.
    twins: BTreeMap<Form, Vec<(String, Value)>>,
    /// All resources of a template with that twin.
    pub resources: Vec<(Form, Value)>,
}

impl Expected {
    /// Renders a twin of every form that the users of `plan` have.
    ///
    /// # Errors
    /// When the template cannot be rendered for a twin.
    pub fn of(plan: &AccountPlan<'_>, templates: &Templates) -> Result<Self, RenderFailure> {
        let mut twins = BTreeMap::new();
        let mut all = Vec::new();
        for user in plan.stacks.iter().flat_map(|stack| &stack.users) {
            if let Entry::Vacant(entry) = twins.entry(Form::of(user)) {
                let Some(mut template) = twin(templates, plan.account, *entry.key())? else { continue };
                let own = template.resources();
                let own = own.filter_map(|(id, value)| Some((id.strip_prefix(TWIN_ID)?.to_owned(), value.clone())));
                let own = own.collect();
                all.push((*entry.key(), template.value.get_mut("Resources").map(Value::take).unwrap_or_default()));
                entry.insert(own);
            }
        }
        let nobody = render_users(templates, plan.account, Vec::new())?;
        let shared = nobody.map_or(0, |template| template.resources().count());
        Ok(Self { shared, twins, resources: all })
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

/// A template with a twin of this form.
fn twin(templates: &Templates, account: &Account, form: Form) -> Result<Option<Template>, RenderFailure> {
    match form.twin() {
        Some(twin) => render_users(templates, account, vec![&twin]),
        None => Ok(None),
    }
}

fn render_users(
    templates: &Templates,
    account: &Account,
    users: Vec<&User>,
) -> Result<Option<Template>, RenderFailure> {
    let plan = plan(account, Path::new(""), vec![users]);
    let stack = plan.stacks.iter().find(|stack| matches!(stack.part, Part::Users(_)));
    let rendered = stack.map(|stack| render(templates, &plan, stack)).transpose()?;
    // What CloudFormation does not know is found in the real templates.
    Ok(rendered.and_then(Result::ok))
}

fn compare(one: &Checked<'_>, user: &User, twin: &[(String, Value)]) -> Option<Finding> {
    let resources = one.template.value.get("Resources")?;
    let stack = one.template.part.name();
    let words = Words::of(user, &stack);
    for (suffix, expected) in twin {
        let id = format!("{}{suffix}", user.logical_id);
        let path = format!("Resources/{id}");
        let Some(found) = resources.get(&id) else {
            return Some(structure(one, &path, format!("the resource `{id}` of the user `{}` is missing", user.name)));
        };
        if !words.make(expected, found, "") {
            let message = format!(
                "the resource `{id}` is not what the template gives others, with the values of `{}`",
                user.name
            );
            return Some(structure(one, &path, message));
        }
    }
    None
}

/// The words of a user, in place of a twin's.
struct Words<'a> {
    user: &'a User,
    pairs: [(&'static str, &'a str); 5],
}

impl<'a> Words<'a> {
    fn of(user: &'a User, stack: &'a str) -> Self {
        let notebook = user.notebook.as_ref();
        let pairs = [
            (TWIN_NAME, user.name.as_str()),
            (TWIN_ID, user.logical_id.as_str()),
            (TWIN_NOTEBOOK, notebook.map_or("", |notebook| notebook.name.as_str())),
            (TWIN_TYPE, notebook.map_or("", |notebook| notebook.instance_type.as_str())),
            // A template of the user's own may name what belongs to the stack; a twin's stands in the first.
            (TWIN_STACK, stack),
        ];
        Self { user, pairs }
    }

    /// Whether `expected`, which is a twin's, becomes `found` with this user's words. `key` is what both stand under.
    fn make(&self, expected: &Value, found: &Value, key: &str) -> bool {
        match (expected, found) {
            (Value::Array(_), Value::Array(_)) if key == "Tags" => self.are_tags(found),
            (Value::Object(a), Value::Object(b)) => {
                let same =
                    |((ka, va), (kb, vb)): ((&String, &Value), (&String, &Value))| ka == kb && self.make(va, vb, ka);
                a.len() == b.len() && a.iter().zip(b).all(same)
            }
            (Value::Array(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.make(a, b, ""))
            }
            (Value::String(a), Value::String(b)) => self.is_text(a, b),
            (Value::Number(a), Value::Number(b)) => {
                let volume = self.user.notebook.as_ref().map(|notebook| u64::from(notebook.volume_gb));
                a == b || (a.as_u64() == Some(TWIN_VOLUME.into()) && b.as_u64() == volume)
            }
            (a, b) => a == b,
        }
    }

    /// Whether `expected` becomes `found` when each word of the twin gives way to the user's.
    fn is_text(&self, expected: &str, found: &str) -> bool {
        let (mut expected, mut found) = (expected, found);
        // Most texts hold no word of the twin's, and each such word has one of these characters.
        if !expected.bytes().any(|byte| MARKS.contains(&byte)) {
            return expected == found;
        }
        loop {
            let next = self.pairs.iter().filter_map(|(twin, own)| Some((expected.find(twin)?, *twin, *own)));
            let Some((at, twin, own)) = next.min() else { return expected == found };
            let (Some(a), Some(b)) = (expected.get(..at), found.get(..at)) else { return false };
            let (Some(rest), Some(own_rest)) =
                (expected.get(at + twin.len()..), found.get(at..).and_then(|rest| rest.strip_prefix(own)))
            else {
                return false;
            };
            if a != b {
                return false;
            }
            (expected, found) = (rest, own_rest);
        }
    }

    /// Whether these are the tags of all the person's things, or with them those of the IAM user.
    fn are_tags(&self, found: &Value) -> bool {
        let found = found.as_array().into_iter().flatten();
        let found: Vec<_> = found
            .map(|tag| (tag.get("Key").and_then(Value::as_str), tag.get("Value").and_then(Value::as_str)))
            .collect();
        let pair = |tag: &'a Tag| (Some(tag.key.as_str()), Some(tag.value.as_str()));
        let own = self.user.tags.iter().map(pair);
        let more = self.user.person_tags.iter().map(pair);
        found.iter().copied().eq(own.clone()) || found.iter().copied().eq(own.chain(more))
    }
}

fn structure(one: &Checked<'_>, path: &str, message: String) -> Finding {
    Finding::new(Rule::TemplateStructure, message)
        .at(one.place(path))
        .help("let every value stand alone as `{{value}}` in the users template, so that it becomes one scalar")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_of_a_twin_has_a_mark() {
        for word in [TWIN_NAME, TWIN_ID, TWIN_NOTEBOOK, TWIN_TYPE, TWIN_STACK] {
            assert!(word.bytes().any(|byte| MARKS.contains(&byte)), "{word}");
        }
    }
}
