//! What the resources of a stack are called, and what functions return there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::model::{Account, Stack, Tag};
use super::references::references_of;
use super::sections::Sections;
use super::template::{
    DYNAMIC_REFERENCE, MADE_UP, OPEN, Resource, is_intrinsic, one_or_more, resources_of, with_inner,
};
use super::texts::{Physical, Texts};
use crate::facts::return_values::{Reference, return_values};

/// What the names begin with that are given here to users, roles, groups and policies without one: no name in IAM has a space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const UNNAMED: &str = "unnamed ";
/// The same of all other resources, which may be called so: CloudFormation makes up another name.
pub const UNNAMED_BESIDE: &str = "unnamed-";

/// Types of what something acts as.
const ROLES: [&str; 2] = ["AWS::IAM::InstanceProfile", "AWS::IAM::Role"];

/// Of which nothing is known.
static NOTHING: LazyLock<(Physical, Sections)> = LazyLock::new(Default::default);

/// What functions return in a stack.
pub struct ReturnValues<'a> {
    account: Account<'a>,
    resources: &'a Value,
    /// `Stack::tags`.
    stack_tags: Vec<(String, String)>,
    /// By logical ID.
    physical: BTreeMap<&'a str, Physical>,
}

impl<'a> ReturnValues<'a> {
    /// What they return in `stack`.
    pub fn of(stack: &Stack<'a>) -> Self {
        let &Stack { account, resources, ref tags, .. } = stack;
        let mut values = Self { account, resources, stack_tags: tags.clone(), physical: BTreeMap::new() };
        // Names are texts, or made of pseudo parameters: at first, nothing else is known.
        let all = resources_of(0, stack.resources).map(|resource| (resource.logical_id, values.physical_of(&resource)));
        values.physical = all.collect();
        values
    }

    /// What a resource is called.
    pub fn physical(&self, logical_id: &str) -> &Physical {
        self.physical.get(logical_id).unwrap_or(&NOTHING.0)
    }

    /// The property by which it is known only when the stack is deployed what a resource is called, if there is one.
    pub fn open_name(&self, resource: &Resource<'_>) -> Option<&'static str> {
        let key = return_values(resource.kind)?.name?;
        [key, "Path"].into_iter().find(|key| resource.property(key).is_some_and(|name| self.text(name).is_none()))
    }

    fn physical_of(&self, resource: &Resource<'_>) -> Physical {
        let known = return_values(resource.kind);
        let Some((known, key)) = known.and_then(|known| Some((known, known.name?))) else { return Physical::default() };
        let Account { id, region, partition } = self.account;
        let given = resource.property(key).and_then(|name| self.text(name));
        let path = resource.property("Path").map_or_else(|| Some("/".to_owned()), |path| self.text(path));
        let is_named = given.is_some() && path.is_some();
        let name = given.unwrap_or_else(|| unnamed(resource));
        let path = path.unwrap_or_else(|| "/".to_owned());
        let arn = known.arn([partition, region, id], &path, &name).unwrap_or_default();
        let reference = match known.reference {
            Some(Reference::Name) => name.clone(),
            Some(Reference::Arn) => arn.clone(),
            None => String::new(),
        };
        Physical { name, is_named, reference, arn }
    }

    /// Whether a value refers to a role of the stack, or to an instance profile.
    pub fn refers_to_role(&self, value: &Value) -> bool {
        let kind = |id: &&str| self.resources.get(id)?.get("Type")?.as_str();
        references_of(value).iter().filter_map(kind).any(|kind| ROLES.contains(&kind))
    }

    /// A value with what its references return, as far as that is known.
    pub fn filled(&self, value: &Value) -> Value {
        if let Some(text) = self.text(value) {
            return Value::String(text);
        }
        match value {
            // What is filled in from elsewhere is a reference, which no policy is read with.
            Value::String(_) => json!({ "Fn::Sub": value }),
            _ => with_inner(value, |_, inner| self.filled(inner)),
        }
    }

    /// A text, or what a reference returns; `None` where that is not known.
    pub fn text(&self, value: &Value) -> Option<String> {
        let mut texts = Texts::of(self.account, "", self.resources, &NOTHING.1);
        texts.known = Some(&self.physical);
        let text =
            Some(value).filter(|value| value.is_string() || is_intrinsic(value)).map(|one| texts.text(one, 0))?;
        (!text.contains([OPEN, MADE_UP]) && !text.contains(DYNAMIC_REFERENCE)).then_some(text)
    }

    /// A text, or what a reference returns; where that is not known, the reference itself.
    pub fn text_or_reference(&self, value: &Value) -> String {
        self.shown(value).into_owned()
    }

    /// The same, without a copy where there is none to make.
    pub fn shown<'v>(&self, value: &'v Value) -> Cow<'v, str> {
        match value {
            Value::String(text) => Cow::Borrowed(text),
            other => Cow::Owned(self.text(other).unwrap_or_else(|| other.to_string())),
        }
    }

    /// The tags that a resource gets: its own, and those of the stack.
    pub fn tags<'t>(&self, resource: &Resource<'t>) -> Vec<Tag<'t>> {
        // What stands in the template as it is needs no copy.
        let text = |value: Option<&'t Value>| {
            let text = self.text(value?)?;
            Some(value?.as_str().filter(|own| **own == text).map_or(Cow::Owned(text), Cow::Borrowed))
        };
        let tag = |tag: &'t Value| Tag { key: text(tag.get("Key")), value: text(tag.get("Value")) };
        let mut tags: Vec<Tag<'t>> = one_or_more(resource.property("Tags")).map(tag).collect();
        let own = tags.len();
        // Groups take none.
        for (key, value) in self.stack_tags.iter().filter(|_| resource.kind != "AWS::IAM::Group") {
            if !tags.iter().take(own).any(|tag| tag.has_key(key)) {
                tags.push(Tag { key: Some(Cow::Owned(key.clone())), value: Some(Cow::Owned(value.clone())) });
            }
        }
        // Without room to grow: an account has a list of them for each of its things.
        tags.into_boxed_slice().into_vec()
    }
}

/// The name that a resource has here whose template names it nothing.
pub fn unnamed(resource: &Resource<'_>) -> String {
    let before = if resource.kind.starts_with("AWS::IAM::") { UNNAMED } else { UNNAMED_BESIDE };
    format!("{before}{}", resource.logical_id)
}
