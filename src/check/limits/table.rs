//! The limits of resources: which holds for which property, and what the services refuse whatever its size.

use serde_json::Value;

use crate::facts::limits::{self, NOTEBOOK_VOLUME_GB};
use crate::facts::{NOTEBOOK_TYPE, ROLE_TYPE, SECRET_TYPE, USER_TYPE};
use crate::model::{BucketName, IamPath, NotebookName, UserName};

const GROUP: &str = "AWS::IAM::Group";
const POLICY: &str = "AWS::IAM::ManagedPolicy";
const BUDGET: &str = "AWS::Budgets::Budget";
const LIFECYCLE: &str = "AWS::SageMaker::NotebookInstanceLifecycleConfig";

/// What a policy is attached to, or is part of.
const IDENTITIES: &[&str] = &[USER_TYPE, GROUP, ROLE_TYPE];
const ANY: &[&str] = &[];

/// Types, all of them where none is named; a property, in which `*` is each of a list; how it is counted, in what words; and how
/// much of it is allowed.
type Limit = (&'static [&'static str], &'static str, fn(&Value) -> usize, &'static str, usize);

/// Types and a property, as above; and what a service refuses about its value.
type RefusedValue = (&'static [&'static str], &'static str, fn(&Value) -> Option<String>);

pub(super) const ATTACHED: &str = "attached policies";
const OF_A_NAME: &str = "characters of a name";
pub(super) const OF_POLICY: &str = "characters of a policy";
pub(super) const OF_INLINE: &str = "characters of inline policies";
const OF_SCRIPT: &str = "characters of a lifecycle script";

pub(super) const LIMITS: &[Limit] = &[
    (&[USER_TYPE], "UserName", characters, OF_A_NAME, limits::USER_NAME_CHARACTERS),
    (&[ROLE_TYPE], "RoleName", characters, OF_A_NAME, limits::USER_NAME_CHARACTERS),
    (&[GROUP], "GroupName", characters, OF_A_NAME, limits::GROUP_NAME_CHARACTERS),
    (&[POLICY], "ManagedPolicyName", characters, OF_A_NAME, limits::GROUP_NAME_CHARACTERS),
    (IDENTITIES, "ManagedPolicyArns", items, ATTACHED, limits::ATTACHED_POLICIES),
    (IDENTITIES, "Groups", items, "groups of a user", limits::USER_GROUPS),
    (&[USER_TYPE], "Policies", policy_characters, OF_INLINE, limits::USER_INLINE_POLICY_CHARACTERS),
    (&[ROLE_TYPE], "Policies", policy_characters, OF_INLINE, limits::ROLE_INLINE_POLICY_CHARACTERS),
    (&[GROUP], "Policies", policy_characters, OF_INLINE, limits::GROUP_INLINE_POLICY_CHARACTERS),
    (
        IDENTITIES,
        "AssumeRolePolicyDocument",
        policy_characters,
        "characters of a trust policy",
        limits::TRUST_POLICY_CHARACTERS,
    ),
    (&[POLICY], "PolicyDocument", policy_characters, OF_POLICY, limits::MANAGED_POLICY_CHARACTERS),
    (
        &["AWS::S3::BucketPolicy"],
        "PolicyDocument",
        |value| value.to_string().len(),
        "bytes of a bucket policy",
        limits::BUCKET_POLICY_BYTES,
    ),
    (&[BUDGET], "Budget/BudgetName", characters, "characters of a budget's name", limits::BUDGET_NAME_CHARACTERS),
    (&[BUDGET], "NotificationsWithSubscribers", items, "notifications of a budget", limits::BUDGET_NOTIFICATIONS),
    (&["AWS::Lambda::Function"], "Code/ZipFile", bytes, "bytes of a function's code", limits::LAMBDA_INLINE_BYTES),
    (&[NOTEBOOK_TYPE], "SecurityGroupIds", items, "security groups", limits::NOTEBOOK_SECURITY_GROUPS),
    (&[LIFECYCLE], "OnCreate/*/Content", sent, OF_SCRIPT, limits::LIFECYCLE_SCRIPT_CHARACTERS),
    (&[LIFECYCLE], "OnStart/*/Content", sent, OF_SCRIPT, limits::LIFECYCLE_SCRIPT_CHARACTERS),
    (&[SECRET_TYPE], "Name", bytes, "characters of a secret's name", limits::SECRET_NAME_CHARACTERS),
    (
        &[SECRET_TYPE],
        "GenerateSecretString/PasswordLength",
        number,
        "characters of a password",
        limits::PASSWORD_CHARACTERS,
    ),
    (ANY, "Tags", items, "tags", limits::TAGS),
    (ANY, "Tags/*/Key", characters, "characters of a tag's key", limits::TAG_KEY_CHARACTERS),
    (ANY, "Tags/*/Value", characters, "characters of a tag's value", limits::TAG_VALUE_CHARACTERS),
];

pub(super) const REFUSED_VALUES: &[RefusedValue] = &[
    (&[USER_TYPE], "UserName", iam_name),
    (&[ROLE_TYPE], "RoleName", iam_name),
    // Groups take the characters that users and roles take.
    (&[GROUP], "GroupName", iam_name),
    (&[USER_TYPE, GROUP, ROLE_TYPE, POLICY], "Path", |path| {
        refused(path, "IAM refuses the path", |path| IamPath::parse(path).is_ok())
    }),
    (IDENTITIES, "Policies/*/PolicyDocument", policy_text),
    (IDENTITIES, "AssumeRolePolicyDocument", policy_text),
    (&[POLICY], "PolicyDocument", policy_text),
    (&["AWS::S3::Bucket"], "BucketName", |name| {
        refused(name, "S3 refuses the bucket name", |name| BucketName::parse(name).is_ok())
    }),
    (&[NOTEBOOK_TYPE], "NotebookInstanceName", notebook_name),
    (&[LIFECYCLE], "NotebookInstanceLifecycleConfigName", notebook_name),
    (&[NOTEBOOK_TYPE], "VolumeSizeInGB", |volume| {
        let volume = volume.as_u64().filter(|volume| !NOTEBOOK_VOLUME_GB.contains(volume))?;
        let (least, most) = NOTEBOOK_VOLUME_GB.into_inner();
        Some(format!("found a volume of {volume} GB, allowed are {least} to {most}"))
    }),
    (&[SECRET_TYPE], "Name", |name| {
        let is_taken = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
        refused(name, "Secrets Manager refuses the name", |name| name.chars().all(is_taken))
    }),
];

/// Each value of the properties that a property of the tables leads to, with its index in the list.
pub(super) fn each<'v>(properties: &'v Value, property: &str) -> impl Iterator<Item = (usize, &'v Value)> {
    let at = |value: &'v Value, path: &str| path.split('/').try_fold(value, |value, key| value.get(key));
    let (list, rest) = property.split_once("/*/").map_or((property, None), |(list, rest)| (list, Some(rest)));
    let found = at(properties, list);
    let list = found.filter(|_| rest.is_some()).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let one = found.filter(|_| rest.is_none()).into_iter().map(|value| (0, value));
    let inside = list.iter().enumerate().filter_map(move |(index, value)| Some((index, value.get(rest?)?)));
    one.chain(inside)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn characters(value: &Value) -> usize {
    text(value).chars().count()
}

fn bytes(value: &Value) -> usize {
    text(value).len()
}

fn items(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
}

/// The limit holds for what is sent, which is base64: four characters for three bytes.
fn sent(content: &Value) -> usize {
    content.get("Fn::Base64").map_or_else(|| bytes(content), |plain| bytes(plain).div_ceil(3) * 4)
}

/// The characters of a policy; of the inline policies of a principal, those of all of them.
fn policy_characters(value: &Value) -> usize {
    let documents = value.as_array().into_iter().flatten().filter_map(|policy| policy.get("PolicyDocument"));
    if value.is_array() { documents.map(policy_text_characters).sum() } else { policy_text_characters(value) }
}

/// The characters of a policy as IAM counts them: without white space.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn policy_text_characters(document: &Value) -> usize {
    if document.is_null() { 0 } else { document.to_string().chars().filter(|c| !c.is_whitespace()).count() }
}

fn refused(value: &Value, message: &str, is_allowed: impl Fn(&str) -> bool) -> Option<String> {
    let text = text(value);
    (!text.is_empty() && !is_allowed(text)).then(|| format!("{message} `{text}`"))
}

fn iam_name(name: &Value) -> Option<String> {
    // A name that is too long is over the limit, and told of so.
    let is_allowed = |name: &str| name.len() > limits::USER_NAME_CHARACTERS || UserName::parse(name).is_ok();
    refused(name, "IAM refuses the name", is_allowed)
}

fn notebook_name(name: &Value) -> Option<String> {
    refused(name, "SageMaker refuses the name", |name| NotebookName::parse(name).is_ok())
}

/// IAM takes tab, line feed, carriage return and U+0020 to U+00FF in policies, and nothing else.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>
fn policy_text(document: &Value) -> Option<String> {
    // Those below U+0020 are escaped in JSON.
    let found = document.to_string().chars().find(|character| *character > '\u{FF}')?;
    Some(format!("IAM refuses the character `{found}` in a policy, allowed are U+0020 to U+00FF"))
}
