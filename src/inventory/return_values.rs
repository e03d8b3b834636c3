//! What the functions `Ref`, `Fn::GetAtt`, `Fn::Sub` and `Fn::Join`, and the pseudo parameters, return in a stack.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::model::{Account, Stack, Tag};
use super::references::references;
use super::template::{DYNAMIC_REFERENCE, Resource, one_or_more, resources};

/// Types of resources that are named, each with the property that does it; what follows the partition in the ARN, and what
/// `Ref` returns, both of which are empty where they are not known.
const TYPES: &[(&str, &str, &str, Returned)] = &[
    ("AWS::IAM::Group", "GroupName", "iam::{id}:group{path}{name}", Returned::Name),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName", "iam::{id}:instance-profile{path}{name}", Returned::Name),
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", "iam::{id}:policy{path}{name}", Returned::Arn),
    ("AWS::IAM::Role", "RoleName", "iam::{id}:role{path}{name}", Returned::Name),
    ("AWS::IAM::User", "UserName", "iam::{id}:user{path}{name}", Returned::Name),
    ("AWS::Lambda::Function", "FunctionName", "lambda:{region}:{id}:function:{name}", Returned::Name),
    ("AWS::S3::Bucket", "BucketName", "s3:::{name}", Returned::Name),
    ("AWS::SNS::Topic", "TopicName", "sns:{region}:{id}:{name}", Returned::Arn),
    ("AWS::SQS::Queue", "QueueName", "sqs:{region}:{id}:{name}", Returned::Unknown),
    ("AWS::SageMaker::NotebookInstance", "NotebookInstanceName", "", Returned::Unknown),
    ("AWS::SageMaker::NotebookInstanceLifecycleConfig", "NotebookInstanceLifecycleConfigName", "", Returned::Unknown),
];

/// What `Ref` returns.
#[derive(PartialEq, Eq)]
enum Returned {
    Name,
    Arn,
    Unknown,
}

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

static NOTHING: Physical =
    Physical { name: String::new(), is_named: false, reference: String::new(), arn: String::new() };

/// What functions return in a stack.
pub struct ReturnValues<'a> {
    account: Account<'a>,
    /// By logical ID.
    physical: BTreeMap<&'a str, Physical>,
    /// The logical IDs of roles and instance profiles.
    roles: BTreeSet<String>,
}

impl<'a> ReturnValues<'a> {
    /// What they return in `stack`.
    pub fn of(stack: &Stack<'a>) -> Self {
        let mut values = Self { account: stack.account, physical: BTreeMap::new(), roles: BTreeSet::new() };
        let is_role = |one: &Resource<'_>| matches!(one.kind, "AWS::IAM::Role" | "AWS::IAM::InstanceProfile");
        values.roles = resources(0, stack.resources).filter(is_role).map(|one| one.logical_id.to_owned()).collect();
        // Names are texts, or made of pseudo parameters: at first, nothing else is known.
        values.physical = resources(0, stack.resources)
            .map(|resource| (resource.logical_id, values.physical_of(&resource)))
            .collect();
        values
    }

    /// What a resource is called.
    pub fn physical(&self, logical_id: &str) -> &Physical {
        self.physical.get(logical_id).unwrap_or(&NOTHING)
    }

    /// The property by which it is known only when the stack is deployed what a resource is called, if there is one.
    pub fn open_name(&self, resource: &Resource<'_>) -> Option<&'static str> {
        let (_, key, ..) = TYPES.iter().find(|(of, ..)| *of == resource.kind)?;
        [*key, "Path"].into_iter().find(|key| resource.property(key).is_some_and(|name| self.text(name).is_none()))
    }

    fn physical_of(&self, resource: &Resource<'_>) -> Physical {
        let Some((_, key, arn, returned)) = TYPES.iter().find(|(of, ..)| *of == resource.kind) else {
            return Physical::default();
        };
        let Account { id, region, partition } = self.account;
        let given = resource.property(key).and_then(|name| self.text(name));
        let path = resource.property("Path").map_or_else(|| Some("/".to_owned()), |path| self.text(path));
        let is_named = given.is_some() && path.is_some();
        let name = given.unwrap_or_else(|| format!("unnamed-{}", resource.logical_id));
        let path = path.unwrap_or_else(|| "/".to_owned());
        let arn = match arn.strip_suffix("{name}") {
            Some(arn) => arn.replace("{id}", id).replace("{region}", region).replace("{path}", &path) + &name,
            None => String::new(),
        };
        let arn = if arn.is_empty() { arn } else { format!("arn:{partition}:{arn}") };
        let reference = match returned {
            Returned::Name => name.clone(),
            Returned::Arn => arn.clone(),
            Returned::Unknown => String::new(),
        };
        Physical { name, is_named, reference, arn }
    }

    /// Whether a value refers to a role of the stack, or to an instance profile.
    pub fn refers_to_role(&self, value: &Value) -> bool {
        let mut found = Vec::new();
        references(value, &mut Vec::new(), &self.roles, &mut found);
        !found.is_empty()
    }

    /// A value with what its references return, as far as that is known.
    pub fn filled(&self, value: &Value) -> Value {
        if let Some(text) = self.text(value) {
            return Value::String(text);
        }
        match value {
            // What is filled in from elsewhere is a reference, which no policy is read with.
            Value::String(_) => json!({ "Fn::Sub": value }),
            Value::Array(values) => Value::Array(values.iter().map(|value| self.filled(value)).collect()),
            Value::Object(entries) => Value::Object(
                entries.iter().map(|(key, value)| (key.clone(), self.filled(value))).collect::<Map<_, _>>(),
            ),
            other => other.clone(),
        }
    }

    /// A text, or what a reference returns; `None` where that is not known.
    pub fn text(&self, value: &Value) -> Option<String> {
        self.with_dynamic(value).filter(|text| !text.contains(DYNAMIC_REFERENCE))
    }

    /// The same, with the dynamic references in it as they are written.
    fn with_dynamic(&self, value: &Value) -> Option<String> {
        if let Some(text) = value.as_str() {
            return Some(text.to_owned());
        }
        let (function, argument) = value.as_object().filter(|entries| entries.len() == 1)?.iter().next()?;
        match (function.as_str(), argument) {
            ("Ref", Value::String(id)) => self.returned(id),
            ("Fn::GetAtt", Value::Array(steps)) => {
                self.returned(&format!("{}.{}", steps.first()?.as_str()?, steps.get(1)?.as_str()?))
            }
            ("Fn::Sub", Value::String(text)) => self.substituted(text, None),
            ("Fn::Sub", Value::Array(parts)) => self.substituted(parts.first()?.as_str()?, parts.get(1)),
            ("Fn::Join", Value::Array(parts)) => {
                let texts = parts.get(1)?.as_array()?.iter().map(|part| self.text(part)).collect::<Option<Vec<_>>>()?;
                Some(texts.join(parts.first()?.as_str()?))
            }
            _ => None,
        }
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

    pub fn tags<'t>(&self, resource: &Resource<'t>) -> Vec<Tag<'t>> {
        // What stands in the template as it is needs no copy.
        let text = |value: Option<&'t Value>| {
            let text = self.text(value?)?;
            Some(value?.as_str().filter(|own| **own == text).map_or(Cow::Owned(text), Cow::Borrowed))
        };
        let tag = |tag: &'t Value| Tag { key: text(tag.get("Key")), value: text(tag.get("Value")) };
        let tags: Vec<Tag<'t>> = one_or_more(resource.property("Tags")).map(tag).collect();
        // Without room to grow: an account has a list of them for each of its things.
        tags.into_boxed_slice().into_vec()
    }

    /// A text with values in the place of names, of which `variables` has those that the function is given.
    fn substituted(&self, text: &str, variables: Option<&Value>) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, after) = behind.split_once('}')?;
            filled += before;
            if let Some(literal) = name.strip_prefix('!') {
                filled.extend(["${", literal, "}"]);
            } else {
                let given = variables.and_then(|variables| variables.get(name));
                filled += &given.map_or_else(|| self.returned(name), |value| self.text(value))?;
            }
            rest = after;
        }
        Some(filled + rest)
    }

    fn returned(&self, name: &str) -> Option<String> {
        let found = match name {
            "AWS::AccountId" => self.account.id,
            "AWS::Region" => self.account.region,
            "AWS::Partition" => self.account.partition,
            "AWS::URLSuffix" if self.account.partition == "aws-cn" => "amazonaws.com.cn",
            "AWS::URLSuffix" => "amazonaws.com",
            _ => match name.split_once('.') {
                None => &self.physical.get(name)?.reference,
                Some((id, "Arn")) => &self.physical.get(id)?.arn,
                Some((id, "NotebookInstanceLifecycleConfigName")) => &self.physical.get(id)?.name,
                Some(_) => return None,
            },
        };
        Some(found.to_owned()).filter(|found| !found.is_empty())
    }
}
