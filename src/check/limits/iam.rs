//! The limits of IAM: names, paths, tags, and the sizes of policies.

use std::fmt::Display;

use serde_json::Value;

use super::{Count, Limiter};
use crate::check::Checked;
use crate::facts::limits;
use crate::model::{IamPath, UserName};
use crate::plan::Part;

const FEWER_POLICIES: &str = "name fewer `extra_policies`, or leave out a setting that adds a policy of racestack's: \
    `bucket.kms_key`, shared and team folders, `console` and `mfa`, `allowed_networks`, allowed instance types, what limits training jobs";

impl Limiter<'_> {
    /// A user, a role or a group: its name, its path, and what is attached to it.
    pub(super) fn principal(&mut self, path: &str, properties: &Value, name_key: &str, inline_limit: usize) {
        let name = text(properties, name_key);
        let most = if name_key == "GroupName" { limits::GROUP_NAME_CHARACTERS } else { limits::USER_NAME_CHARACTERS };
        self.limit(format_args!("{path}/{name_key}"), "characters of a name", name.chars().count(), most);
        // Groups take the characters that users and roles take.
        if !name.is_empty() && name.len() <= limits::USER_NAME_CHARACTERS && UserName::parse(name).is_err() {
            self.refuse(format_args!("{path}/{name_key}"), format!("IAM refuses the name `{name}`"));
        }
        self.iam_path(path, properties);
        let attached = list(properties, "ManagedPolicyArns").len();
        if attached > limits::ATTACHED_POLICIES {
            let path = format!("{path}/ManagedPolicyArns");
            let limit = limits::ATTACHED_POLICIES;
            self.over(&Count { path: &path, what: "attached policies", used: attached, limit }, FEWER_POLICIES);
        }
        let groups = list(properties, "Groups").len();
        self.limit(format_args!("{path}/Groups"), "groups of a user", groups, limits::USER_GROUPS);
        let mut inline = 0;
        for (index, policy) in list(properties, "Policies").iter().enumerate() {
            let document = policy.get("PolicyDocument").unwrap_or(&Value::Null);
            inline += characters(document);
            self.policy_text(format_args!("{path}/Policies/{index}/PolicyDocument"), document);
        }
        self.limit(format_args!("{path}/Policies"), "characters of inline policies", inline, inline_limit);
        if let Some(trust) = properties.get("AssumeRolePolicyDocument") {
            let path = format_args!("{path}/AssumeRolePolicyDocument");
            self.limit(path, "characters of a trust policy", characters(trust), limits::TRUST_POLICY_CHARACTERS);
            self.policy_text(path, trust);
        }
    }

    pub(super) fn managed_policy(&mut self, path: &str, properties: &Value) {
        let name = text(properties, "ManagedPolicyName");
        let name_path = format_args!("{path}/ManagedPolicyName");
        self.limit(name_path, "characters of a name", name.chars().count(), limits::GROUP_NAME_CHARACTERS);
        self.iam_path(path, properties);
        let document = properties.get("PolicyDocument").unwrap_or(&Value::Null);
        let path = format_args!("{path}/PolicyDocument");
        self.limit(path, "characters of a policy", characters(document), limits::MANAGED_POLICY_CHARACTERS);
        self.policy_text(path, document);
    }

    fn iam_path(&mut self, path: &str, properties: &Value) {
        let iam_path = text(properties, "Path");
        if !iam_path.is_empty() && IamPath::parse(iam_path).is_err() {
            self.refuse(format_args!("{path}/Path"), format!("IAM refuses the path `{iam_path}`"));
        }
    }

    /// IAM takes tab, line feed, carriage return and U+0020 to U+00FF in policies, and nothing else.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
    pub(super) fn policy_text(&mut self, path: impl Display, document: &Value) {
        if let Some(found) = refused_character(document) {
            let message = format!("IAM refuses the character `{found}` in a policy, allowed are U+0020 to U+00FF");
            self.refuse(path, message);
        }
    }

    pub(super) fn tags(&mut self, path: &str, properties: &Value) {
        let tags = list(properties, "Tags");
        self.limit(format_args!("{path}/Tags"), "tags", tags.len(), limits::TAGS);
        for (index, tag) in tags.iter().enumerate() {
            let path = format_args!("{path}/Tags/{index}");
            let characters = |key| text(tag, key).chars().count();
            self.limit(path, "characters of a tag's key", characters("Key"), limits::TAG_KEY_CHARACTERS);
            self.limit(path, "characters of a tag's value", characters("Value"), limits::TAG_VALUE_CHARACTERS);
        }
    }
}

/// The first character of a document that IAM does not take. Those below U+0020 are escaped in JSON.
fn refused_character(document: &Value) -> Option<char> {
    let in_text = |text: &str| text.chars().find(|character| *character > '\u{FF}');
    match document {
        Value::String(text) => in_text(text),
        Value::Array(values) => values.iter().find_map(refused_character),
        Value::Object(map) => map.iter().find_map(|(key, value)| in_text(key).or_else(|| refused_character(value))),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// How much of IAM's limit a policy uses, or all inline policies of a principal together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySize {
    /// The logical ID of the policy, or of the principal.
    pub resource: String,
    /// Characters, white space not counted.
    pub used: usize,
    /// The most that IAM takes.
    pub limit: usize,
}

/// The sizes of the policies of a template. Of many principals, as in a users stack, only the fullest is told.
pub fn policy_sizes(checked: &Checked<'_>) -> Vec<PolicySize> {
    let mut sizes = Vec::new();
    let mut fullest: Option<PolicySize> = None;
    for (id, resource) in checked.resources() {
        let Some(properties) = resource.get("Properties") else { continue };
        let limit = match text(resource, "Type") {
            "AWS::IAM::ManagedPolicy" => limits::MANAGED_POLICY_CHARACTERS,
            "AWS::IAM::User" => limits::USER_INLINE_POLICY_CHARACTERS,
            "AWS::IAM::Role" => limits::ROLE_INLINE_POLICY_CHARACTERS,
            "AWS::IAM::Group" => limits::GROUP_INLINE_POLICY_CHARACTERS,
            _ => continue,
        };
        let own = properties.get("PolicyDocument").map_or(0, characters);
        let used = own
            + list(properties, "Policies")
                .iter()
                .filter_map(|p| p.get("PolicyDocument"))
                .map(characters)
                .sum::<usize>();
        let size = PolicySize { resource: id.clone(), used, limit };
        if !matches!(checked.template.part, Part::Users(_)) {
            sizes.extend((used > 0).then_some(size));
        } else if used > 0 && fullest.as_ref().is_none_or(|fullest| used * fullest.limit > fullest.used * limit) {
            fullest = Some(size);
        }
    }
    sizes.extend(fullest);
    sizes
}

/// The characters of a policy as IAM counts them: without white space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn characters(document: &Value) -> usize {
    let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    match document {
        Value::Null => 0,
        // The quotes; what a string needs to have escaped is rare enough to be counted by the serializer.
        Value::String(text) if !text.contains(['"', '\\']) => visible(text) + 2,
        Value::Array(values) => values.iter().map(characters).sum::<usize>() + 2 + values.len().saturating_sub(1),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| visible(key) + 3 + characters(value)).sum::<usize>();
            entries + 2 + map.len().saturating_sub(1)
        }
        other => visible(&other.to_string()),
    }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
