//! The policies of resources, and the roles that resources act as or hand on, wherever in a resource they stand.

use serde_json::{Map, Value, json};

use super::documents::PolicyKind;
use super::model::{BUCKET_POLICY, ResourcePolicy, ServiceRole};
use super::reader::Reader;
use super::return_values::ReturnValues;
use super::template::{Resource, is_intrinsic, plain};

/// Types whose policies are those of IAM identities.
const IDENTITY_TYPES: &[&str] = &[
    "AWS::IAM::Group",
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::UserToGroupAddition",
];

/// Types that are a statement themselves.
const STATEMENTS: &[&str] =
    &["AWS::Events::EventBusPolicy", "AWS::Lambda::LayerVersionPermission", "AWS::Lambda::Permission"];

/// The property that says what a policy is about, by the type of the resource that holds it; without one, it is about that
/// resource.
const TARGETS: &[(&str, Option<&str>)] = &[
    ("AWS::Events::EventBusPolicy", Some("EventBusName")),
    ("AWS::KMS::Key", None),
    ("AWS::Lambda::LayerVersionPermission", Some("LayerVersionArn")),
    ("AWS::Lambda::Permission", Some("FunctionName")),
    (BUCKET_POLICY, Some("Bucket")),
    ("AWS::S3::AccessPoint", None),
    ("AWS::SNS::TopicInlinePolicy", Some("TopicArn")),
    ("AWS::SNS::TopicPolicy", Some("Topics")),
    ("AWS::SQS::QueueInlinePolicy", Some("Queue")),
    ("AWS::SQS::QueuePolicy", Some("Queues")),
    ("AWS::SecretsManager::ResourcePolicy", Some("SecretId")),
];

/// What the properties that hold a policy document are called, or end with.
const DOCUMENT_KEYS: &[&str] = &["PolicyDocument", "PolicyText", "AccessPolicies", "Policy"];

/// Whether resources of a type hold policies that say who is let in.
pub fn holds_policies(kind: &str) -> bool {
    TARGETS.iter().any(|(of, _)| *of == kind)
}

/// What lists of names with values are called that nothing acts by.
const OF_WORDS: [&str; 2] = ["Dimensions", "Tags"];

/// The name of an option, where an object holds one and its value, such as `{OptionName: IamInstanceProfile, Value: any}`.
fn option_of(entries: &Map<String, Value>) -> Option<&str> {
    let is_name = |key: &str| ["Key", "Name"].iter().any(|end| key.ends_with(end)) || key == "Id";
    let mut names = entries.iter().filter(|(key, _)| is_name(key)).filter_map(|(_, value)| value.as_str());
    names.rfind(|name| is_of_role(name))
}

/// Whether something that is called so is a role or an instance profile.
fn is_of_role(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["role", "instanceprofile"].iter().any(|word| key.contains(word))
}

/// What is found in a resource.
struct ResourceReader<'a, 'd, 'r> {
    resource: &'r Resource<'a>,
    values: &'r ReturnValues<'a>,
    reader: &'r mut Reader<'a, 'd>,
    policies: Vec<usize>,
}

/// Takes in what a resource opens by its own policies, and the roles that it acts as or hands on.
pub fn read<'a>(values: &ReturnValues<'a>, resource: &Resource<'a>, reader: &mut Reader<'a, '_>) {
    let properties = resource.value.get("Properties");
    let Some(properties) = properties.filter(|_| !IDENTITY_TYPES.contains(&resource.kind)) else { return };
    let mut found = ResourceReader { resource, values, reader, policies: Vec::new() };
    if resource.kind == BUCKET_POLICY {
        if let Some(document) = properties.get("PolicyDocument") {
            found.add("Properties/PolicyDocument".to_owned(), document);
        }
    } else {
        if STATEMENTS.contains(&resource.kind) {
            let of = |key: &str| properties.get(key).cloned().unwrap_or(Value::from("*"));
            let (action, target) = (of("Action"), of("FunctionName"));
            // To whom, and under which conditions, stands in other properties for each type.
            let given = json!({"Effect": "Allow", "Action": action, "Resource": target, "Condition": properties});
            found.add("Properties".to_owned(), &json!({ "Statement": [given] }));
        }
        found.look("", &mut "Properties".to_owned(), properties);
    }
    let ResourceReader { policies, reader, .. } = found;
    if !policies.is_empty() {
        reader.inventory.resource_policies.push(ResourcePolicy {
            resource_type: resource.kind,
            location: resource.location(""),
            targets: targets(values, resource),
            policies,
        });
    }
}

fn targets(values: &ReturnValues<'_>, resource: &Resource<'_>) -> Vec<Option<String>> {
    match TARGETS.iter().find(|(of, _)| *of == resource.kind) {
        Some((_, Some(property))) => resource.list(property).map(|(_, value)| values.text(value)).collect(),
        Some((_, None)) => {
            let arn = &values.physical(resource.logical_id).arn;
            vec![Some(arn.clone()).filter(|arn| !arn.is_empty())]
        }
        None => vec![None],
    }
}

impl ResourceReader<'_, '_, '_> {
    fn add(&mut self, path: String, document: &Value) {
        let name = if self.resource.kind == BUCKET_POLICY { "bucket policy" } else { "resource policy" };
        let kind = (PolicyKind::Resource, name.to_owned());
        self.policies.push(self.reader.add(self.values, self.resource, kind, (path, document)));
    }

    /// Looks for policies and roles in a value, which `path` leads to and which stands under `key`.
    fn look(&mut self, key: &str, path: &mut String, value: &Value) {
        match value {
            _ if self.names_role(key, value) => self.reader.inventory.service_roles.push(ServiceRole {
                resource_type: self.resource.kind,
                location: self.resource.location(path.as_str()),
                property: key.to_owned(),
                role: self.values.text_or_reference(value),
            }),
            Value::Object(entries) => {
                let known = self.policies.len();
                if entries.contains_key("Statement") {
                    self.add(path.clone(), value);
                }
                let option = option_of(entries).filter(|_| !OF_WORDS.contains(&key));
                for (key, value) in entries.iter().filter(|(key, _)| *key != "Statement") {
                    let option = option.filter(|_| key.contains("Value"));
                    self.look_below(key, option.unwrap_or(key), path, value);
                }
                let holds_one = DOCUMENT_KEYS.iter().any(|word| key.ends_with(word)) && is_intrinsic(value);
                if holds_one && self.policies.len() == known {
                    self.look_into_returned(key, path, value);
                }
            }
            Value::Array(values) => {
                for (index, value) in values.iter().enumerate() {
                    self.look_below(&index.to_string(), key, path, value);
                }
            }
            // Some policies are written as a text, or filled in from elsewhere.
            Value::String(text) if key.contains("Policy") => {
                if let Some(document) = document_of(text) {
                    self.look("", path, &document);
                } else if DOCUMENT_KEYS.iter().any(|word| key.ends_with(word)) {
                    self.look_into_returned(key, path, value);
                }
            }
            _ => {}
        }
    }

    fn look_below(&mut self, step: &str, key: &str, path: &mut String, value: &Value) {
        let length = path.len();
        path.push('/');
        path.push_str(step);
        self.look(key, path, value);
        path.truncate(length);
    }

    /// A policy that a function of CloudFormation's returns.
    fn look_into_returned(&mut self, key: &str, path: &mut String, value: &Value) {
        match self.values.text(value).as_deref().map(document_of) {
            Some(Some(document)) => self.look("", path, &document),
            // A name, such as that of a managed policy, is no document.
            Some(None) => {}
            None => {
                let kind = self.resource.kind;
                let message =
                    format!("`{key}` of an `{kind}`, `{}`, is known only when the stack is deployed", plain(value));
                let location = self.resource.location(path.as_str());
                // What is filled in there from elsewhere is a doubt already.
                match self.reader.inventory.doubts.iter_mut().find(|doubt| doubt.location.is_within(&location)) {
                    Some(doubt) => doubt.hides_access = true,
                    None => self.reader.hidden(message, location),
                }
            }
        }
    }

    /// Whether the value of a property is a role or an instance profile: by what the property is called, by its ARN, or
    /// since it refers to one.
    fn names_role(&self, key: &str, value: &Value) -> bool {
        if !value.is_string() && !is_intrinsic(value) {
            return false;
        }
        let text = self.values.shown(value);
        // A policy that is written as a text is read as one.
        if key.contains("Policy") && value.is_string() && document_of(&text).is_some() {
            return false;
        }
        is_of_role(key)
            || [":role/", ":instance-profile/"].iter().any(|part| text.contains(part))
            || self.values.refers_to_role(value)
    }
}

fn document_of(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}
