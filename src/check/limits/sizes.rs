//! The sizes of policies, as IAM counts them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::facts::limits::{self, Used};
use crate::plan::Part;
use crate::render::Template;

/// How much of IAM's limit a policy uses, or all inline policies of a principal together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySize {
    /// The logical ID of the policy, or of the principal.
    pub resource: String,
    /// Characters, white space not counted, and the most that IAM takes.
    pub characters: Used,
}

/// The sizes of the policies of a template. Of many principals, as in a users stack, only the fullest is told.
pub fn policy_sizes(template: &Template) -> Vec<PolicySize> {
    let mut sizes = Vec::new();
    let mut fullest: Option<PolicySize> = None;
    for (id, resource) in template.resources() {
        let Some(properties) = resource.get("Properties") else { continue };
        let limit = match resource.get("Type").and_then(Value::as_str).unwrap_or_default() {
            "AWS::IAM::ManagedPolicy" => limits::MANAGED_POLICY_CHARACTERS,
            "AWS::IAM::User" => limits::USER_INLINE_POLICY_CHARACTERS,
            "AWS::IAM::Role" => limits::ROLE_INLINE_POLICY_CHARACTERS,
            "AWS::IAM::Group" => limits::GROUP_INLINE_POLICY_CHARACTERS,
            _ => continue,
        };
        let documents = ["PolicyDocument", "Policies"].into_iter().filter_map(|key| properties.get(key));
        let used = documents.map(policy_characters).sum();
        if used == 0 {
            continue;
        }
        let size = PolicySize { resource: id.clone(), characters: Used { used, limit } };
        let is_fuller = |fullest: &PolicySize| used * fullest.characters.limit > fullest.characters.used * limit;
        if !matches!(template.part, Part::Users(_)) {
            sizes.push(size);
        } else if fullest.as_ref().is_none_or(is_fuller) {
            fullest = Some(size);
        }
    }
    sizes.extend(fullest);
    sizes
}

/// The characters of a policy; of the inline policies of a principal, those of all of them.
pub(super) fn policy_characters(value: &Value) -> usize {
    let documents = value.as_array().into_iter().flatten().filter_map(|policy| policy.get("PolicyDocument"));
    if value.is_array() { documents.map(characters).sum() } else { characters(value) }
}

/// The characters of a policy as IAM counts them: without white space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn characters(document: &Value) -> usize {
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
