//! What is gone for good when a resource is deleted, replaced or changed.

use serde_json::Value;

use super::model::{Action, PropertyChange};
use super::resources::{ResourceChange, fixed_name, property, retains};
use crate::inventory::{each_map, plain};

/// Sentences about what the change loses, and about what stays behind; none where nothing does. `user` is whose resource
/// it is; `deployed`, whether its stack is still made.
pub(super) fn lost(change: &ResourceChange<'_>, user: Option<&str>, deployed: bool) -> Vec<String> {
    let Some(old) = change.old else { return Vec::new() };
    if !matches!(change.action, Action::Destroy | Action::Replace | Action::Retain) {
        let of_all = [interrupted(change), no_longer_kept(change), perhaps_deleted(change)].into_iter().flatten();
        return of_all
            .chain(change.properties.iter().filter_map(|one| lost_in_place(change.resource_type(), old, one)))
            .collect();
    }
    if change.is_kept() {
        return vec!["kept: it is not deleted, and no stack manages it any longer".to_owned()];
    }
    let name = fixed_name(old).and_then(|name| name.into_iter().next());
    let named = name.map_or_else(String::new, |name| format!(" `{name}`"));
    match change.resource_type() {
        "AWS::SageMaker::NotebookInstance" => {
            let size =
                property(old, "VolumeSizeInGB").map_or_else(String::new, |size| format!(" of {} GB", plain(size)));
            vec![format!("lost: the notebook's volume{size}, with everything on it")]
        }
        "AWS::IAM::User" => user_losses(change.action == Action::Destroy && deployed, &named, user),
        "AWS::IAM::AccessKey" => vec!["lost: the access key; programs that use it stop working".to_owned()],
        "AWS::S3::Bucket" => {
            vec![format!("lost: the bucket{named}; CloudFormation deletes it only while it is empty, and else fails")]
        }
        "AWS::SecretsManager::Secret" => vec![format!("lost: the secret{named}, with its value")],
        "AWS::KMS::Key" => {
            vec!["lost: the key, and so what is encrypted with it, once its waiting period is over".to_owned()]
        }
        "AWS::Logs::LogGroup" => vec![format!("lost: the logs of the group{named}")],
        "AWS::SQS::Queue" => vec![format!("lost: the messages of the queue{named}")],
        "AWS::SNS::Topic" => vec![format!("lost: the topic{named}; its subscribers must confirm again")],
        "AWS::SSM::Parameter" => vec![format!("lost: the parameter{named}, with its value")],
        _ => Vec::new(),
    }
}

/// The properties of a notebook for whose change CloudFormation stops it and starts it again.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-notebookinstance.html>
const STOPPED_FOR: &[&str] = &["AcceleratorTypes", "InstanceType", "VolumeSizeInGB"];

fn interrupted(change: &ResourceChange<'_>) -> Option<String> {
    let stops = |one: &PropertyChange| {
        one.path.get(1).is_some_and(|property| one.path[0] == "Properties" && STOPPED_FOR.contains(&property.as_str()))
    };
    let is_notebook = change.resource_type() == "AWS::SageMaker::NotebookInstance" && change.old.is_some();
    (is_notebook && change.properties.iter().any(stops))
        .then(|| "interrupted: the notebook is stopped and started again; what runs on it ends".to_owned())
}

fn no_longer_kept(change: &ResourceChange<'_>) -> Option<String> {
    let (old, new) = change.old.zip(change.new)?;
    let lifted = |attribute: &str| retains(old, attribute) && !retains(new, attribute);
    let what = match (lifted("DeletionPolicy"), lifted("UpdateReplacePolicy")) {
        (false, false) => return None,
        (true, false) => "once it leaves the stack, or the stack is deleted",
        (false, true) => "once it is replaced",
        (true, true) => "once it leaves the stack or is replaced, or the stack is deleted",
    };
    Some(format!("no longer kept: from now on it is deleted {what}"))
}

fn perhaps_deleted(change: &ResourceChange<'_>) -> Option<String> {
    let other = change.old.is_some() && change.properties.iter().any(PropertyChange::is_condition);
    other.then(|| {
        "perhaps lost: it is deleted if its condition holds no longer, as the stack's parameters decide".to_owned()
    })
}

const FOREVER: u64 = u64::MAX;

/// The properties that say for how long, or how much of it, AWS keeps something, each with what holds without it.
/// Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
const KEPT_FOR: &[(&str, u64)] = &[
    ("ExpirationDate", FOREVER),
    ("ExpirationInDays", FOREVER),
    ("MessageRetentionPeriod", 345_600),
    ("NewerNoncurrentVersions", 0),
    ("NoncurrentDays", FOREVER),
    ("NoncurrentVersionExpirationInDays", FOREVER),
    ("PendingWindowInDays", 30),
    ("RetentionInDays", FOREVER),
];

/// The properties of a rule by which AWS deletes what is in a bucket that say whether it holds, and of what.
const RULE_IS_ABOUT: &[&str] =
    &["Filter", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "Prefix", "Status", "TagFilters"];

/// What is lost by the change of a value, if anything is, though its resource stays.
fn lost_in_place(resource_type: &str, resource: &Value, change: &PropertyChange) -> Option<String> {
    let PropertyChange { path, old, new, .. } = change;
    // A bucket that never had versions has no older ones.
    let has_versions = property(resource, "VersioningConfiguration").is_some();
    let is_in = |key: &str| path.iter().any(|step| step == key);
    let shown = change.shown_path();
    if kept_less_long(path.last()?, old.as_ref(), new.as_ref(), has_versions) {
        return Some(format!("lost: what was kept longer before, by `{shown}`"));
    }
    let enabled = |value: &Option<Value>| value.as_ref().is_some_and(|value| value.to_string().contains("Enabled"));
    if is_in("VersioningConfiguration") && old.is_some() && !enabled(new) {
        return Some("lost: what is overwritten or deleted from now on, of which no older version is kept".to_owned());
    }
    let disabled = new.as_ref().is_some_and(|value| value == "Disabled");
    if is_in("LifecycleConfiguration") && RULE_IS_ABOUT.iter().any(|key| is_in(key)) && !disabled {
        return Some(format!("perhaps lost: what the rule did not delete before, by `{shown}`"));
    }
    if old.is_some() && (is_in("ObjectLockConfiguration") || is_in("ObjectLockEnabled")) {
        return Some(format!("perhaps lost: what was locked, or locked longer, by `{shown}`"));
    }
    let is_password = resource_type == "AWS::IAM::User" && shown == "LoginProfile" && new.is_none();
    is_password.then(|| "lost: the password of the user".to_owned())
}

/// Whether something that stands under `key`, or in it, is kept less long than before, or may be; older versions only where
/// there are any.
fn kept_less_long(key: &str, old: Option<&Value>, new: Option<&Value>, has_versions: bool) -> bool {
    let without = |key: &str| {
        let found = KEPT_FOR.iter().find(|(known, _)| *known == key && (has_versions || !key.contains("Noncurrent")));
        found.map(|(_, without)| *without)
    };
    let is_less = |without: u64, old: Option<&Value>, new: Option<&Value>| {
        let time = |value: Option<&Value>| value.map_or(Some(without), |value| plain(value).parse().ok());
        time(new) != Some(FOREVER) && time(old).zip(time(new)).is_none_or(|(old, new)| new < old)
    };
    if let Some(without) = without(key) {
        return is_less(without, old, new);
    }
    let mut less_long = false;
    for (value, is_new) in [(old, false), (new, true)] {
        each_map(value.unwrap_or(&Value::Null), &mut |entries| {
            less_long |= entries.iter().any(|(key, value)| {
                let (old, new) = if is_new { (None, Some(value)) } else { (Some(value), None) };
                without(key).is_some_and(|without| is_less(without, old, new))
            });
        });
    }
    less_long
}

/// What goes with a user. `deploy.sh` takes from whoever leaves what CloudFormation cannot delete a user with; not from a user
/// who is replaced, nor before somebody deletes a whole stack.
fn user_losses(leaves: bool, named: &str, user: Option<&str>) -> Vec<String> {
    let what = format!("the access keys, the password and the MFA devices of the user{named}");
    let mut lost = if leaves {
        vec![format!("lost: {what}, which `deploy.sh` deletes before")]
    } else {
        let how = user.map_or_else(String::new, |user| format!(", as `racestack offboard {user}` prints"));
        let first = "to do first: delete those that were made outside the stack; while there are any, CloudFormation cannot \
                     delete the user";
        vec![format!("lost: {what}"), format!("{first}{how}")]
    };
    lost.extend(user.map(|user| format!("stays: the folder `{user}/` in the bucket")));
    lost
}
