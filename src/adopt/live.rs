//! What an account has of a resource that a template declares, in CloudFormation's words.

use serde_json::{Value, json};

use crate::account::{Export, IdentityDetail, InlinePolicy, LiveTag};
use crate::source::Place;

/// What an account has under the name of a resource.
pub enum Live {
    /// Nothing.
    Absent,
    /// The resource: the value of its identifier, and its properties as they are.
    Same(String, Value),
    /// Something that CloudFormation can neither import nor make another of: what, where it is told, and what to do.
    Taken(String, Place, String),
}

/// The path in the ARN of an identity or a policy of this name.
pub fn path_of(arn: &str, name: &str) -> String {
    let (_, behind) = arn.split_once('/').unwrap_or_default();
    format!("/{}", behind.strip_suffix(name).unwrap_or_default())
}

/// What the account has of a resource of this type and these properties.
pub fn live(export: &Export, kind: &str, declared: &Value) -> Live {
    let text = |key: &str| declared.get(key).and_then(Value::as_str).unwrap_or_default();
    let found = match kind {
        "AWS::S3::Bucket" => {
            let properties = || json!({"BucketName": export.bucket_name});
            export.bucket.exists.then(|| Live::Same(export.bucket_name.clone(), bucket(export, properties())))
        }
        "AWS::S3::BucketPolicy" => export.bucket.policy.as_ref().map(|(policy, _)| {
            // The bucket as the template refers to it: CloudFormation replaces a policy whose bucket is written otherwise.
            let bucket = declared.get("Bucket").cloned().unwrap_or_default();
            Live::Same(export.bucket_name.clone(), json!({"Bucket": bucket, "PolicyDocument": policy}))
        }),
        "AWS::IAM::User" => {
            identity(export, ("user", "UserName", text("UserName")), &export.identities.users, declared)
        }
        "AWS::IAM::Role" => {
            identity(export, ("role", "RoleName", text("RoleName")), &export.identities.roles, declared)
        }
        "AWS::IAM::Group" => {
            identity(export, ("group", "GroupName", text("GroupName")), &export.identities.groups, declared)
        }
        "AWS::IAM::ManagedPolicy" => policy(export, text("ManagedPolicyName"), text("Path")),
        "AWS::SageMaker::NotebookInstance" => notebook(export, text("NotebookInstanceName")),
        "AWS::SageMaker::NotebookInstanceLifecycleConfig" => {
            lifecycle(export, text("NotebookInstanceLifecycleConfigName"))
        }
        _ => None,
    };
    found.unwrap_or(Live::Absent)
}

fn bucket(export: &Export, mut properties: Value) -> Value {
    let live = &export.bucket;
    if let Some((block, _)) = live.public_access_block.as_ref().filter(|(block, _)| block.is_object()) {
        properties["PublicAccessBlockConfiguration"] = block.clone();
    }
    if let Some(status) = &live.versioning {
        properties["VersioningConfiguration"] = json!({"Status": status});
    }
    with_tags(properties, &live.tags)
}

/// Adds tags, but for those of AWS's own.
fn with_tags(mut properties: Value, tags: &[LiveTag]) -> Value {
    let tags = tags.iter().filter(|tag| !tag.key.starts_with("aws:"));
    let tags: Vec<Value> = tags.map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    if !tags.is_empty() {
        properties["Tags"] = tags.into();
    }
    properties
}

/// What has a name that differs in the case of its letters alone, which to IAM is the same, or stands under another path than is
/// wanted, which neither CloudFormation nor IAM can change.
fn taken(export: &Export, (what, found, wanted): (&str, &str, &str), arn: &str, path: Option<&str>) -> Option<Live> {
    let taken = |message: String, help: String| Some(Live::Taken(message, export.place(arn), help));
    if found != wanted {
        let message = format!("the account has the {what} `{wanted}` as `{found}`, which is the same name to IAM");
        return taken(message, format!("write `{found}`, or rename the {what} in the account"));
    }
    let (has, path) = (path_of(arn, found), path?);
    if has == path {
        return None;
    }
    let message = format!(
        "the account has a {what} `{found}` under the path `{has}`, and synth would make it under `{path}`: names are \
         unique whatever the path, and IAM cannot change one"
    );
    taken(
        message,
        format!("once nothing uses it, delete the {what} `{found}` in the account, then export and adopt again"),
    )
}

/// What the account has of a user, role or group, among `all` of them: of the word, the key and the value of its name.
fn identity(
    export: &Export,
    (what, key, name): (&str, &str, &str),
    all: &[IdentityDetail],
    declared: &Value,
) -> Option<Live> {
    let one = all.iter().find(|one| one.name.eq_ignore_ascii_case(name))?;
    // The path of a role is no more than its declaration says: IAM moves none.
    let path = declared.get("Path").and_then(Value::as_str).unwrap_or_default();
    if let Some(taken) = taken(export, (what, &one.name, name), &one.arn, (what == "role").then_some(path)) {
        return Some(taken);
    }
    let has_password = export.credentials.get(name).is_some_and(|credentials| credentials.has_password);
    if has_password && declared.get("LoginProfile").is_some() {
        let message = format!("the user `{name}` has a password already, and CloudFormation would make another");
        let help = format!("set `console: false` for `{name}`: the password stays, and no stack has it");
        return Some(Live::Taken(message, export.place(&one.arn), help));
    }
    let mut properties = json!({key: name, "Path": path_of(&one.arn, name)});
    let mut add = |key: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            properties[key] = value;
        }
    };
    let policy = |one: &InlinePolicy| json!({"PolicyName": one.policy_name, "PolicyDocument": one.policy_document});
    add("AssumeRolePolicyDocument", one.assume_role_policy_document.clone());
    add("Groups", json!(one.group_list));
    add("ManagedPolicyArns", one.attached_managed_policies.iter().map(|one| json!(one.policy_arn)).collect());
    add("Policies", one.inline_policies.iter().map(policy).collect());
    add("PermissionsBoundary", json!(one.permissions_boundary.as_ref().map(|one| &one.permissions_boundary_arn)));
    Some(Live::Same(name.to_owned(), with_tags(properties, &one.tags)))
}

fn policy(export: &Export, name: &str, path: &str) -> Option<Live> {
    let policy = export.identities.policies.iter().find(|policy| policy.name().eq_ignore_ascii_case(name))?;
    if let Some(taken) = taken(export, ("policy", policy.name(), name), &policy.arn, Some(path)) {
        return Some(taken);
    }
    let properties = json!({"ManagedPolicyName": name, "Path": path, "PolicyDocument": policy.document()?});
    Some(Live::Same(policy.arn.clone(), properties))
}

fn notebook(export: &Export, name: &str) -> Option<Live> {
    let notebook = export.notebooks.iter().find(|one| one.name.eq_ignore_ascii_case(name))?;
    let message = format!("the account has a notebook `{}`, and CloudFormation cannot import notebooks", notebook.name);
    let help = format!("say in the roster that it is there: `notebook: {{name: {}, existing: true}}`", notebook.name);
    Some(Live::Taken(message, notebook.place(), help))
}

fn lifecycle(export: &Export, name: &str) -> Option<Live> {
    let (_, place) = export.lifecycles.get(name)?;
    let message = format!(
        "the account has a lifecycle configuration `{name}`, and CloudFormation cannot import lifecycle configurations"
    );
    let help = "take it from the notebooks that have it, and delete it: the first deployment makes it anew";
    Some(Live::Taken(message, place.clone(), help.to_owned()))
}
