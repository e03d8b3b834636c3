//! Structure: no value of a roster changes what a users template is made of, and every value comes back as itself, in
//! every place where it belongs.
//!
//! Each person is compared with a prototype: somebody of the same shape (the same tag keys, a notebook or none, suspended or
//! not) whose every value is a word found nowhere else. The parsed resources of the prototype, with the person's values in
//! the place of the words, must be the person's resources. What a template gives everybody alike is thus no matter.
//!
//! Most often that is known from the text, and of the people of a stack one alone is parsed: see `Expected::read`.

use std::collections::BTreeMap;
use std::sync::Arc;

use memchr::memmem;
use serde_json::{Map, Value};

use crate::finding::{Finding, Rule};
use crate::model::User;
use crate::plan::{Part, StackPlan};
use crate::render::{
    self, NOBODY_ID, PROTOTYPE_ID, People, RenderFailure, Rendered, Substitution, Template, Templates, UserShape,
    expand_short_tags, resources_of_prototypes,
};

/// What the users templates of an account are compared with.
#[derive(Debug)]
pub struct Expected<'p> {
    people: &'p People<'p>,
    /// How many resources a template without people has.
    shared: usize,
    /// The resources of a template with the prototype of each shape.
    pub prototypes: BTreeMap<UserShape, Value>,
}

impl<'p> Expected<'p> {
    /// Reads the prototypes of every shape that there is among `people`.
    ///
    /// # Errors
    /// When a template with a prototype is no YAML.
    pub fn of(people: &'p People<'p>, templates: &Templates) -> Result<Self, RenderFailure> {
        let (nobody, prototypes) = resources_of_prototypes(templates, people)?;
        let shared = nobody.as_object().map_or(0, |all| all.keys().filter(|id| *id != NOBODY_ID).count());
        Ok(Self { people, shared, prototypes })
    }

    /// Reads the template of a stack, with what is wrong with its structure; inside, a finding where it holds what CloudFormation
    /// does not know.
    ///
    /// # Errors
    /// When it is no YAML.
    pub fn read(
        &self,
        templates: &Templates,
        stack: &StackPlan<'_>,
        rendered: &Rendered,
    ) -> Result<Result<(Template, Vec<Finding>), Finding>, RenderFailure> {
        if let Some(template) = self.by_prototypes(stack, rendered) {
            return Ok(Ok((template, Vec::new())));
        }
        let read = render::read(templates, rendered)?;
        Ok(read.map(|template| {
            let wrong = check(stack, self, &template);
            (template, wrong)
        }))
    }

    /// The template of a users stack, in which each person's text is their prototype's to the byte, but for the person's values.
    /// `None` where that is not so, or not known: then all of it must be read, and its structure checked.
    ///
    /// The template is parsed with its first person alone. That shows that resources stand there; and every other person's text
    /// is a `Fragment`, too: what it parses to is what the prototype's does, with the person's values.
    fn by_prototypes(&self, stack: &StackPlan<'_>, rendered: &Rendered) -> Option<Template> {
        let person = |user: &&User| Some((self.people.fragment(&UserShape::of(user))?, Substitution::of(user)));
        let people: Vec<_> = stack.users.iter().map(person).collect::<Option<_>>()?;
        let text = rendered.source.text.as_str();
        let ((fragment, values), others) = people.split_first()?;
        let first = fragment.text(values);
        let (head, behind) = text.split_at_checked(memmem::find(text.as_bytes(), first.as_bytes())?)?;
        let behind = behind.strip_prefix(first.as_str()).filter(|_| head.ends_with('\n'))?;
        let mut texts = others.iter().map(|(fragment, values)| fragment.text(values));
        let behind = texts.try_fold(behind, |behind, text| behind.strip_prefix(text.as_str()))?;
        let mut value = expand_short_tags(&[head, &first, behind].concat()).ok()?;
        let resources = value.get_mut("Resources")?.as_object_mut()?;
        if !fragment.resources(values).all(|(id, resource)| resources.get(&id) == Some(&resource)) {
            return None;
        }
        for (id, resource) in others.iter().flat_map(|(fragment, values)| fragment.resources(values)) {
            if resources.insert(id, resource).is_some() {
                return None;
            }
        }
        debug_assert_eq!(expand_short_tags(text).ok().as_ref(), Some(&value), "{}", rendered.source.path.display());
        Some(Template::new(rendered.part, Arc::clone(&rendered.source), value))
    }
}

/// What is wrong with the structure of a template, if it is one of users. What is wrong with several people alike is one finding.
fn check(stack: &StackPlan<'_>, expected: &Expected<'_>, one: &Template) -> Vec<Finding> {
    if !matches!(stack.part, Part::Users(_)) {
        return Vec::new();
    }
    // A stack that everybody has left holds one resource at least.
    let mut count = if stack.users.is_empty() { expected.shared.max(1) } else { expected.shared };
    let nothing = Map::new();
    let resources = one.value.get("Resources").and_then(Value::as_object).unwrap_or(&nothing);
    // By what the logical ID of the first wrong resource has behind the person's.
    let mut wrong: BTreeMap<&str, (String, String, usize)> = BTreeMap::new();
    for user in &stack.users {
        let Some(prototype) = expected.prototypes.get(&UserShape::of(user)).and_then(Value::as_object) else {
            continue;
        };
        // What does not begin with the person's logical ID belongs to nobody, and is one too many below.
        let own = prototype.iter().filter_map(|(id, value)| Some((id.strip_prefix(PROTOTYPE_ID)?, value)));
        count += own.clone().count();
        let (name, values) = (&user.name, Substitution::of(user));
        let mut own = own.map(|(suffix, value)| (suffix, format!("{}{suffix}", user.logical_id), value));
        if let Some((suffix, id, _)) = own.find(|(_, id, value)| resources.get(id) != Some(&values.value(value))) {
            let what = if resources.contains_key(&id) {
                format!("the resource `{id}` is not what the template gives others, with the values of `{name}`")
            } else {
                format!("the resource `{id}` of the user `{name}` is missing")
            };
            wrong.entry(suffix).and_modify(|(.., more)| *more += 1).or_insert((what, id, 0));
        }
    }
    let finding = |(what, id, more): (String, String, usize)| {
        let others = match more {
            0 => String::new(),
            1 => "; so it is for 1 more person of this stack".to_owned(),
            _ => format!("; so it is for {more} more people of this stack"),
        };
        structure(one, &format!("Resources/{id}"), format!("{what}{others}"))
    };
    let mut findings: Vec<Finding> = wrong.into_values().map(finding).collect();
    let found = one.resources().count();
    if found != count {
        let message = format!("found {found} resources in `{}`, expected {count}", stack.part.name());
        findings.push(structure(one, "Resources", message));
    }
    findings
}

fn structure(one: &Template, path: &str, message: String) -> Finding {
    Finding::new(Rule::TemplateStructure, message).at(one.place(path)).help(
        "write every value of a person alone, as `{{value}}`, in the users template, so that it becomes one scalar",
    )
}
