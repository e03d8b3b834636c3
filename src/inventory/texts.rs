//! What texts the functions of CloudFormation's make in a template, as far as the template tells it.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::Account;
use super::references::references_of;
use super::sections::Sections;
use super::template::{MADE_UP, OPEN, function, plain, type_of};
use crate::facts::dns_suffix;
use crate::facts::return_values::return_values;

/// Functions that stand in functions are followed so deep, each resource that they lead to counting for several: CloudFormation
/// refuses those that lead to themselves.
const DEEPEST: usize = 12;
const DEPTH_OF_RESOURCE: usize = 4;

/// What a resource is called once it is deployed. What is not known is empty.
#[derive(Debug, Clone, Default)]
pub struct Physical {
    /// The name; of a resource that the template names nothing, one that nobody has.
    pub name: String,
    /// Whether the template tells the name and the path.
    pub is_named: bool,
    /// What `Ref` returns.
    pub reference: String,
    pub arn: String,
}

/// The texts of a template.
#[derive(Clone, Copy)]
pub struct Texts<'a> {
    /// The account that it is deployed to.
    account: Account<'a>,
    /// The name of the stack; empty where that is not known.
    stack: &'a str,
    /// Its resources, in long form.
    pub resources: &'a Value,
    /// What these refer to.
    sections: &'a Sections,
    /// Which of the ways to choose the values of parameters they are of.
    choice: usize,
    /// What the resources are called, by logical ID, as far as that is known; with `None`, whatever they may be called.
    pub(super) known: Option<&'a BTreeMap<&'a str, Physical>>,
}

impl<'a> Texts<'a> {
    /// Those of a template, whatever its resources may be called.
    pub fn of(account: Account<'a>, stack: &'a str, resources: &'a Value, sections: &'a Sections) -> Self {
        Self { account, stack, resources, sections, choice: 0, known: None }
    }

    /// Calls `found` with each text within a value, keys too: with what functions make of it, and `OPEN` where that is known only when
    /// the stack is deployed; each with the property that it stands in, and the resources of the template that it refers to.
    /// Returns whether `found` did of any.
    pub fn any(&self, key: &str, value: &Value, found: &impl Fn(&str, &str, &[&str]) -> bool) -> bool {
        (0..self.sections.choices()).any(|choice| Self { choice, ..*self }.any_chosen(key, value, found))
    }

    fn any_chosen(&self, key: &str, value: &Value, found: &impl Fn(&str, &str, &[&str]) -> bool) -> bool {
        let made = |text: String, targets: &[&str]| found(key, &text, targets);
        match value {
            Value::Object(entries) => match function(value) {
                Some(("Fn::If", Value::Array(branches))) => {
                    branches.iter().skip(1).any(|one| self.any_chosen(key, one, found))
                }
                Some(_) => {
                    let targets = references_of(value);
                    let texts = self.list(value, 0).unwrap_or_else(|| vec![self.text(value, 0)]);
                    texts.into_iter().any(|text| made(text, &targets))
                }
                None => entries.iter().any(|(key, value)| found(key, key, &[]) || self.any_chosen(key, value, found)),
            },
            Value::Array(values) => values.iter().any(|value| self.any_chosen(key, value, found)),
            // Such as the definition of a state machine, in which characters may be escaped.
            Value::String(text) if text.trim_start().starts_with(['{', '[']) => {
                let inner: Option<Value> = serde_json::from_str(text).ok();
                found(key, text, &[]) || inner.is_some_and(|inner| self.any_chosen(key, &inner, found))
            }
            Value::String(text) => found(key, text, &[]),
            _ => false,
        }
    }

    /// A text, or what a function makes of it.
    pub fn text(&self, value: &Value, depth: usize) -> String {
        let open = || OPEN.to_string();
        let of = |value: &Value| self.text(value, depth + 1);
        match function(value).filter(|_| depth < DEEPEST) {
            None if value.is_object() || value.is_array() || value.is_null() => open(),
            None => plain(value),
            Some(("Ref" | "Fn::GetAtt", Value::String(name))) => self.returned(name, depth),
            Some(("Fn::GetAtt", Value::Array(steps))) => {
                self.returned(&steps.iter().map(of).collect::<Vec<_>>().join("."), depth)
            }
            Some(("Fn::Base64", inner)) => of(inner) + &MADE_UP.to_string(),
            Some(("Fn::Sub", Value::String(text))) => self.substituted(text, &Value::Null, depth),
            Some(("Fn::Sub", Value::Array(parts))) => match parts.as_slice() {
                [Value::String(text), variables] => self.substituted(text, variables, depth),
                _ => open(),
            },
            Some(("Fn::Join", Value::Array(parts))) => match parts.as_slice() {
                [Value::String(between), all] => self.list(all, depth + 1).map_or_else(open, |all| all.join(between)),
                _ => open(),
            },
            Some(("Fn::Select", Value::Array(parts))) => {
                let index = parts.first().and_then(|index| of(index).parse::<usize>().ok());
                let all = parts.get(1).and_then(|all| self.list(all, depth + 1));
                // Which one it is hangs on all before it: an open text may be split further, and an entry may be left out.
                let is_known = |text: &String| !text.contains([OPEN, MADE_UP]);
                let one = index.zip(all).filter(|(index, all)| all.iter().take(*index).all(is_known));
                one.and_then(|(index, all)| all.into_iter().nth(index)).unwrap_or_else(open)
            }
            Some(("Fn::FindInMap", Value::Array(keys))) => self.mapped(keys, depth).map_or_else(open, of),
            Some(("Fn::Cidr" | "Fn::GetAZs" | "Fn::Length", _)) => MADE_UP.to_string(),
            _ => open(),
        }
    }

    /// The texts of a list; `None` of one that is known only when the stack is deployed, or is none.
    fn list(&self, value: &Value, depth: usize) -> Option<Vec<String>> {
        if let Value::Array(values) = value {
            return Some(values.iter().map(|value| self.text(value, depth)).collect());
        }
        match function(value).filter(|_| depth < DEEPEST)? {
            ("Ref", Value::String(name)) => self.sections.parameter(name, self.choice).map(|value| vec![value.clone()]),
            ("Fn::FindInMap", Value::Array(keys)) => self.list(self.mapped(keys, depth)?, depth + 1),
            ("Fn::GetAZs", _) => Some(vec![MADE_UP.to_string()]),
            ("Fn::Split", Value::Array(parts)) => {
                let [Value::String(at), text] = parts.as_slice() else { return None };
                // Which part is which hangs on all that is in it, such as the account in an ARN. What AWS makes up has letters, too.
                let is_of_resources = references_of(text).iter().any(|name| self.resources.get(name).is_some());
                let is_stack_id = at == "/" && function(text) == Some(("Ref", &Value::from("AWS::StackId")));
                let text = self.text(text, depth + 1);
                let is_known = is_stack_id || !text.contains([OPEN, MADE_UP]);
                (is_known && !is_of_resources).then(|| text.split(at.as_str()).map(str::to_owned).collect())
            }
            _ => None,
        }
    }

    fn mapped(&self, keys: &[Value], depth: usize) -> Option<&Value> {
        keys.iter().try_fold(&self.sections.mappings, |map, key| map.get(self.text(key, depth + 1)))
    }

    /// A text with values in the place of names, of which `variables` has those that the function is given.
    fn substituted(&self, text: &str, variables: &Value, depth: usize) -> String {
        let mut parts = text.split("${");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for (name, after) in parts.map(|part| part.split_once('}').unwrap_or((part, ""))) {
            match (name.strip_prefix('!'), variables.get(name)) {
                (Some(literal), _) => filled.extend(["${", literal, "}"]),
                (None, Some(given)) => filled += &self.text(given, depth + 1),
                (None, None) => filled += &self.returned(name.trim(), depth),
            }
            filled += after;
        }
        filled
    }

    /// What a name stands for: a parameter, a pseudo parameter, or a resource with or without an attribute.
    fn returned(&self, name: &str, depth: usize) -> String {
        if let Some(value) = self.sections.parameter(name, self.choice) {
            return value.clone();
        }
        let Account { id, region, partition } = self.account;
        match name {
            "AWS::AccountId" => id.to_owned(),
            "AWS::Region" => region.to_owned(),
            "AWS::Partition" => partition.to_owned(),
            "AWS::StackName" if !self.stack.is_empty() => self.stack.to_owned(),
            "AWS::URLSuffix" => dns_suffix(partition).to_owned(),
            // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html>
            "AWS::StackId" => {
                let stack = self.returned("AWS::StackName", depth);
                format!("arn:{partition}:cloudformation:{region}:{id}:stack/{stack}/{MADE_UP}")
            }
            _ => self.of_resource(name, depth).unwrap_or_else(|| OPEN.to_string()),
        }
    }

    /// What a resource is called, or has as an attribute.
    fn of_resource(&self, name: &str, depth: usize) -> Option<String> {
        let (target, attribute) = name.split_once('.').unwrap_or((name, ""));
        if let Some(known) = self.known {
            let Physical { name, reference, arn, .. } = known.get(target)?;
            let returned = match attribute {
                "" => reference,
                "Arn" => arn,
                "NotebookInstanceLifecycleConfigName" => name,
                _ => return None,
            };
            return Some(returned.clone()).filter(|text| !text.is_empty());
        }
        let resource = self.resources.get(target)?;
        let property = |key: &str| {
            let value = resource.get("Properties").and_then(|properties| properties.get(key));
            value.map(|value| self.text(value, depth + DEPTH_OF_RESOURCE))
        };
        let name = return_values(type_of(resource))?.name.and_then(property).unwrap_or_else(|| MADE_UP.to_string());
        // An attribute says what a property does, or has the name in it: with something before or behind it, or not.
        let returned = if attribute.is_empty() { Some(name.clone()) } else { property(attribute) };
        Some(returned.unwrap_or_else(|| format!("{name}{MADE_UP}{name}")))
    }
}
