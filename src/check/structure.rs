//! Structure: no value of a roster changes what a users template is made of, and every value comes back as itself, in
//! every place where it belongs.
//!
//! Each person is compared with a prototype: somebody of the same shape (the same tag keys, a notebook or none, suspended or
//! not) whose every value is a word found nowhere else. The parsed resources of the prototype, with the person's values in
//! the place of the words, must be the person's resources. What a template gives everybody alike is thus no matter. What is nobody's
//! is in every stack as it is in one without people: a line of somebody's that went on in it would be read by others, too.
//!
//! Most often that is known from the text, and of the people of a stack one alone is parsed: see `Expected::read`.

use std::collections::BTreeMap;
use std::sync::Arc;

use memchr::memmem;
use serde_json::{Map, Value};

use crate::finding::{Finding, Rule, counted};
use crate::model::User;
use crate::plan::{Part, StackPlan};
use crate::render::{
    self, PLACEHOLDER, PROTOTYPE_ID, People, RenderFailure, Rendered, Substitution, Template, Templates, UserShape,
    expand_short_tags, resources_of_prototypes,
};

const RESOURCES: &str = "Resources";

/// What the users templates of an account are compared with.
#[derive(Debug)]
pub struct Expected<'p> {
    people: &'p People<'p>,
    /// A template without people.
    nobody: Value,
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
        Ok(Self { people, nobody, prototypes })
    }

    /// The resources of a template without people.
    fn shared(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.nobody.get(RESOURCES).and_then(Value::as_object).into_iter().flatten()
    }

    /// The path of something that is nobody's, and that a template with this digest has otherwise than one without people.
    fn difference(&self, value: &Value, digest: Option<&str>) -> Option<String> {
        let is_same = |one: Option<&Value>, other: Option<&Value>| {
            let with_digest = |one: &Value| digest.map(|digest| one.to_string().replace(PLACEHOLDER, digest));
            one == other || one.and_then(with_digest).is_some_and(|text| Some(text) == other.map(Value::to_string))
        };
        let (resources, sections) = (value.get(RESOURCES), [&self.nobody, value].map(Value::as_object));
        let mut shared = self.shared().filter(|(id, one)| !is_same(Some(one), resources.and_then(|all| all.get(id))));
        let mut sections = sections.into_iter().flatten().flat_map(Map::keys).filter(|section| *section != RESOURCES);
        let section = sections.find(|section| !is_same(self.nobody.get(section), value.get(section)));
        shared.next().map(|(id, _)| format!("{RESOURCES}/{id}")).or_else(|| section.cloned())
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
            let wrong = check(stack, self, (&template, rendered.digest.as_deref()));
            (template, wrong)
        }))
    }

    /// The template of a users stack, in which each person's text is their prototype's to the byte, but for the person's values.
    /// `None` where that is not so, or not known: then all of it must be read, and its structure checked.
    ///
    /// The text is `head`, the texts of all people one behind the other, and `behind`. With its first person alone it is parsed, and
    /// holds what is nobody's as a template without people does, the resources of the first person's `Fragment`, and nothing else. So
    /// people's resources stand where the first person does. The other people stand there, too, and a `Fragment` parses to the same
    /// wherever resources stand: theirs are added without being parsed.
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
        if self.difference(&value, rendered.digest.as_deref()).is_some() {
            return None;
        }
        let resources = value.get_mut(RESOURCES)?.as_object_mut()?;
        let own: Vec<_> = fragment.resources(values).collect();
        let are_same = own.iter().all(|(id, resource)| resources.get(id) == Some(resource));
        if !are_same || resources.len() != own.len() + self.shared().count() {
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
fn check(stack: &StackPlan<'_>, expected: &Expected<'_>, (one, digest): (&Template, Option<&str>)) -> Vec<Finding> {
    if !matches!(stack.part, Part::Users(_)) {
        return Vec::new();
    }
    // A stack that everybody has left holds one resource at least.
    let shared = expected.shared().count();
    let mut count = if stack.users.is_empty() { shared.max(1) } else { shared };
    let nothing = Map::new();
    let resources = one.value.get(RESOURCES).and_then(Value::as_object).unwrap_or(&nothing);
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
            _ => format!("; so it is for {} of this stack", counted(more, "more person", "more people")),
        };
        structure(one, &format!("{RESOURCES}/{id}"), format!("{what}{others}"))
    };
    let mut findings: Vec<Finding> = wrong.into_values().map(finding).collect();
    if let Some(path) = expected.difference(&one.value, digest) {
        let message = format!("what belongs to nobody is other in `{path}` than in a template without people");
        findings.push(structure(one, &path, message));
    }
    let found = one.resources().count();
    if found != count {
        let found = counted(found, "resource", "resources");
        let message = format!("found {found} in `{}`, expected {count}", stack.part.name());
        findings.push(structure(one, RESOURCES, message));
    }
    findings
}

fn structure(one: &Template, path: &str, message: String) -> Finding {
    Finding::new(Rule::TemplateStructure, message).at(one.place(path)).help(
        "write every value of a person alone, as `{{value}}`, in the users template, so that it becomes one scalar",
    )
}
