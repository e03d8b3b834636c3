//! The limits of IAM: names, paths, tags, and the sizes of policies.

use serde_json::Value;

use super::Limiter;
use crate::facts::limits;
use crate::model::{IamPath, UserName};

impl Limiter<'_> {
    /// A user, a role or a group: its name, its path, and what is attached to it.
    pub(super) fn principal(&mut self, path: &str, properties: &Value, name_key: &str, inline_limit: usize) {
        let name = text(properties, name_key);
        let most = if name_key == "GroupName" { limits::GROUP_NAME_CHARACTERS } else { limits::USER_NAME_CHARACTERS };
        self.limit(&format!("{path}/{name_key}"), "characters of a name", name.chars().count(), most);
        // Groups take the characters that users and roles take.
        if !name.is_empty() && name.len() <= limits::USER_NAME_CHARACTERS && UserName::parse(name).is_err() {
            self.refuse(&format!("{path}/{name_key}"), format!("IAM refuses the name `{name}`"));
        }
        self.iam_path(path, properties);
        let attached = list(properties, "ManagedPolicyArns").len();
        self.limit(&format!("{path}/ManagedPolicyArns"), "attached policies", attached, limits::ATTACHED_POLICIES);
        let groups = list(properties, "Groups").len();
        self.limit(&format!("{path}/Groups"), "groups of a user", groups, limits::USER_GROUPS);
        let mut inline = 0;
        for (index, policy) in list(properties, "Policies").iter().enumerate() {
            let document = policy.get("PolicyDocument").unwrap_or(&Value::Null);
            inline += characters(document);
            self.policy_text(&format!("{path}/Policies/{index}/PolicyDocument"), document);
        }
        self.limit(&format!("{path}/Policies"), "characters of inline policies", inline, inline_limit);
        if let Some(trust) = properties.get("AssumeRolePolicyDocument") {
            let path = format!("{path}/AssumeRolePolicyDocument");
            self.limit(&path, "characters of a trust policy", characters(trust), limits::TRUST_POLICY_CHARACTERS);
            self.policy_text(&path, trust);
        }
    }

    pub(super) fn managed_policy(&mut self, path: &str, properties: &Value) {
        let name = text(properties, "ManagedPolicyName");
        let name_path = format!("{path}/ManagedPolicyName");
        self.limit(&name_path, "characters of a name", name.chars().count(), limits::GROUP_NAME_CHARACTERS);
        self.iam_path(path, properties);
        let document = properties.get("PolicyDocument").unwrap_or(&Value::Null);
        let path = format!("{path}/PolicyDocument");
        self.limit(&path, "characters of a policy", characters(document), limits::MANAGED_POLICY_CHARACTERS);
        self.policy_text(&path, document);
    }

    fn iam_path(&mut self, path: &str, properties: &Value) {
        let iam_path = text(properties, "Path");
        if !iam_path.is_empty() && IamPath::parse(iam_path).is_err() {
            self.refuse(&format!("{path}/Path"), format!("IAM refuses the path `{iam_path}`"));
        }
    }

    /// IAM takes tab, line feed, carriage return and U+0020 to U+00FF in policies, and nothing else.
    /// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
    pub(super) fn policy_text(&mut self, path: &str, document: &Value) {
        let allowed = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FF}');
        let text = document.to_string();
        if let Some(found) = text.chars().find(|character| !allowed(*character)) {
            let message = format!("IAM refuses the character `{found}` in a policy, allowed are U+0020 to U+00FF");
            self.refuse(path, message);
        }
    }

    pub(super) fn tags(&mut self, path: &str, properties: &Value) {
        let tags = list(properties, "Tags");
        self.limit(&format!("{path}/Tags"), "tags", tags.len(), limits::TAGS);
        for (index, tag) in tags.iter().enumerate() {
            let path = format!("{path}/Tags/{index}");
            let characters = |key| text(tag, key).chars().count();
            self.limit(&path, "characters of a tag's key", characters("Key"), limits::TAG_KEY_CHARACTERS);
            self.limit(&path, "characters of a tag's value", characters("Value"), limits::TAG_VALUE_CHARACTERS);
        }
    }
}

/// The characters of a policy as IAM counts them: without white space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(super) fn characters(document: &Value) -> usize {
    if document.is_null() { 0 } else { document.to_string().chars().filter(|c| !c.is_whitespace()).count() }
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
