//! What an account has of a resource that a template declares, in CloudFormation's words.

use serde_json::{Value, json};

use crate::account::{Export, IdentityDetail, LiveTag, path_of};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// What an account has under the name of a resource.
pub enum LiveResource {
    /// Nothing.
    Absent,
    /// The resource: the value of its identifier, and its properties as they are.
    Same(String, Value),
    /// Something that CloudFormation can neither import nor make another of.
    Taken(Finding),
}

/// What the account has of a resource of this type and these properties.
pub fn live_resource(export: &Export, kind: &str, declared: &Value) -> LiveResource {
    let (identities, bucket) = (&export.identities, &export.bucket);
    let name = |key: &str| declared.get(key).and_then(Value::as_str).unwrap_or_default();
    let found = match kind {
        "AWS::S3::Bucket" => bucket.exists.then(|| {
            let properties = json!({
                "BucketName": export.bucket_name,
                "PublicAccessBlockConfiguration": bucket.public_access_block.0,
                "VersioningConfiguration": bucket.versioning.0.as_ref().map(|status| json!({"Status": status})),
                "Tags": tags(&bucket.tags),
            });
            LiveResource::Same(export.bucket_name.clone(), said(properties))
        }),
        "AWS::S3::BucketPolicy" => bucket.policy.as_ref().map(|(policy, _)| {
            // The bucket as the template refers to it: CloudFormation replaces a policy whose bucket is written otherwise.
            let properties = json!({"Bucket": declared.get("Bucket"), "PolicyDocument": policy});
            LiveResource::Same(export.bucket_name.clone(), properties)
        }),
        "AWS::IAM::User" => identity(export, ("user", "UserName"), &identities.users, declared),
        "AWS::IAM::Role" => identity(export, ("role", "RoleName"), &identities.roles, declared),
        "AWS::IAM::Group" => identity(export, ("group", "GroupName"), &identities.groups, declared),
        "AWS::IAM::ManagedPolicy" => policy(export, name("ManagedPolicyName"), name("Path")),
        "AWS::SageMaker::NotebookInstance" => notebook(export, name("NotebookInstanceName")),
        "AWS::SageMaker::NotebookInstanceLifecycleConfig" => {
            lifecycle(export, name("NotebookInstanceLifecycleConfigName"))
        }
        _ => None,
    };
    found.unwrap_or(LiveResource::Absent)
}

/// The tags, but for those of AWS's own.
fn tags(tags: &[LiveTag]) -> Value {
    let tags = tags.iter().filter(|tag| !tag.key.starts_with("aws:"));
    tags.map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect()
}

/// The properties without those of which there is nothing.
fn said(mut properties: Value) -> Value {
    if let Some(properties) = properties.as_object_mut() {
        properties.retain(|_, value| !value.is_null() && *value != json!([]));
    }
    properties
}

fn name_taken(message: String, place: Place, help: impl Into<String>) -> LiveResource {
    LiveResource::Taken(Finding::new(Rule::AdoptNameTaken, message).at(place).help(help))
}

/// What has a name that differs in the case of its letters alone, which to IAM is the same, or stands under another path than is
/// wanted, which neither CloudFormation nor IAM can change.
fn taken(
    export: &Export,
    (what, found, wanted): (&str, &str, &str),
    arn: &str,
    path: Option<&str>,
) -> Option<LiveResource> {
    let taken = |message: String, help: String| Some(name_taken(message, export.place(arn), help));
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

/// What the account has of a user, role or group, among `all` of them: of the word for it, and the key of its name.
fn identity(
    export: &Export,
    (what, key): (&str, &str),
    all: &[IdentityDetail],
    declared: &Value,
) -> Option<LiveResource> {
    let text = |key: &str| declared.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = text(key);
    let one = all.iter().find(|one| one.name.eq_ignore_ascii_case(name))?;
    // The path of a role is no more than its declaration says: IAM moves none.
    let path = (what == "role").then(|| text("Path"));
    if let Some(taken) = taken(export, (what, &one.name, name), &one.arn, path) {
        return Some(taken);
    }
    let has_password = export.credentials.get(name).is_some_and(|credentials| credentials.has_password);
    if has_password && declared.get("LoginProfile").is_some() {
        let message = format!("the user `{name}` has a password already, and CloudFormation would make another");
        let help = format!("set `console: false` for `{name}`: the password stays, and no stack has it");
        return Some(name_taken(message, export.place(&one.arn), help));
    }
    let properties = json!({
        key: name,
        "Path": path_of(&one.arn, name),
        "AssumeRolePolicyDocument": one.assume_role_policy_document,
        "Groups": one.group_list,
        "ManagedPolicyArns": one.attached_managed_policies.iter().map(|policy| &policy.arn).collect::<Vec<_>>(),
        "Policies": one.inline_policies,
        "PermissionsBoundary": one.permissions_boundary.as_ref().map(|policy| &policy.arn),
        "Tags": tags(&one.tags),
    });
    Some(LiveResource::Same(name.to_owned(), said(properties)))
}

fn policy(export: &Export, name: &str, path: &str) -> Option<LiveResource> {
    let policy = export.identities.policies.iter().find(|policy| policy.name().eq_ignore_ascii_case(name))?;
    if let Some(taken) = taken(export, ("policy", policy.name(), name), &policy.arn, Some(path)) {
        return Some(taken);
    }
    let properties = json!({"ManagedPolicyName": name, "Path": path, "PolicyDocument": policy.document()?});
    Some(LiveResource::Same(policy.arn.clone(), properties))
}

fn notebook(export: &Export, name: &str) -> Option<LiveResource> {
    let notebook = export.notebooks.values().find(|one| one.name.eq_ignore_ascii_case(name))?;
    let message = format!("the account has a notebook `{}`, and CloudFormation cannot import notebooks", notebook.name);
    let help = format!("say in the roster that it is there: `notebook: {{name: {}, existing: true}}`", notebook.name);
    Some(name_taken(message, notebook.place.clone(), help))
}

fn lifecycle(export: &Export, name: &str) -> Option<LiveResource> {
    let (_, place) = export.lifecycles.get(name)?;
    let message = format!(
        "the account has a lifecycle configuration `{name}`, and CloudFormation cannot import lifecycle configurations"
    );
    let help = "take it from the notebooks that have it, and delete it: the first deployment makes it anew";
    Some(name_taken(message, place.clone(), help))
}
