//! What is gone for good when a resource is deleted, replaced or changed.

use serde_json::Value;

use super::deploy_errors::has_smaller_volume;
use super::model::{Action, Loss, LossKind, PropertyChange};
use super::resources::{ResourceChange, fixed_name, number, property, retains};
use crate::facts::{NOTEBOOK_TYPE, SECRET_TYPE, USER_TYPE};
use crate::inventory::{each_map, plain, with_inner};

/// Sentences about what the change loses, and about what stays behind; none where nothing does. `user` is whose resource
/// it is; `deployed`, whether its stack is still made.
pub(super) fn lost(change: &ResourceChange<'_>, user: Option<&str>, deployed: bool) -> Vec<Loss> {
    let Some(old) = change.old else { return Vec::new() };
    if !matches!(change.action, Action::Destroy | Action::Replace | Action::Retain) {
        let of_all = [interrupted, perhaps_refused, no_longer_kept, perhaps_deleted, made_up_anew];
        let of_each = change.properties.iter().filter_map(|one| lost_in_place(change, old, one));
        return of_all.into_iter().filter_map(|lost| lost(change)).chain(of_each).collect();
    }
    if change.is_kept() {
        return vec![LossKind::Kept.of("it is not deleted, and no stack manages it any longer")];
    }
    let name = fixed_name(old).and_then(|name| name.into_iter().next());
    let named = name.map_or_else(String::new, |name| format!(" `{name}`"));
    match change.resource_type() {
        NOTEBOOK_TYPE => {
            let size =
                property(old, "VolumeSizeInGB").map_or_else(String::new, |size| format!(" of {} GB", plain(size)));
            vec![LossKind::Lost.of(format!("the notebook's volume{size}, with everything on it"))]
        }
        USER_TYPE => data_loss_of_user(change.action, deployed, &named, user),
        resource_type => {
            let lost = LOST_WITH.iter().filter(|(of_type, _)| *of_type == resource_type);
            lost.map(|(_, what)| LossKind::Lost.of(what.replace("{named}", &named))).collect()
        }
    }
}

/// What is lost with a resource of a type, with its name in the place of `{named}`.
const LOST_WITH: &[(&str, &str)] = &[
    ("AWS::IAM::AccessKey", "the access key; programs that use it stop working"),
    ("AWS::KMS::Key", "the key, and so what is encrypted with it, once its waiting period is over"),
    ("AWS::Logs::LogGroup", "the logs of the group{named}"),
    ("AWS::S3::Bucket", "the bucket{named}; CloudFormation deletes it only while it is empty, and else fails"),
    ("AWS::SNS::Topic", "the topic{named}; its subscribers must confirm again"),
    ("AWS::SQS::Queue", "the messages of the queue{named}"),
    ("AWS::SSM::Parameter", "the parameter{named}, with its value"),
    (SECRET_TYPE, "the secret{named}, with its value"),
];

/// The properties of a notebook for whose change CloudFormation stops it and starts it again.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-notebookinstance.html>
const STOPPED_FOR: &[&str] = &["AcceleratorTypes", "InstanceType", "VolumeSizeInGB"];

/// Whether one of these properties of a resource of a type that was there before changes.
fn changes_of(resource_type: &str, change: &ResourceChange<'_>, properties: &[&str]) -> bool {
    let is_one = |one: &PropertyChange| {
        one.path.get(1).is_some_and(|property| one.path[0] == "Properties" && properties.contains(&property.as_str()))
    };
    change.resource_type() == resource_type && change.old.is_some() && change.properties.iter().any(is_one)
}

fn interrupted(change: &ResourceChange<'_>) -> Option<Loss> {
    changes_of(NOTEBOOK_TYPE, change, STOPPED_FOR)
        .then(|| LossKind::Interrupted.of("the notebook is stopped and started again; what runs on it ends"))
}

fn perhaps_refused(change: &ResourceChange<'_>) -> Option<Loss> {
    let unknown = changes_of(NOTEBOOK_TYPE, change, &["VolumeSizeInGB"]) && has_smaller_volume(change).is_none();
    unknown.then(|| {
        let why = "SageMaker refuses to make the volume of a notebook smaller, and whether this one gets smaller is known only at deployment";
        LossKind::PerhapsRefused.of(why)
    })
}

/// A secret whose value is made up by other rules is made up anew. What was set from it stays as it is.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html>,
/// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1161>
fn made_up_anew(change: &ResourceChange<'_>) -> Option<Loss> {
    let is_made_up = change.new.is_some_and(|new| property(new, "GenerateSecretString").is_some());
    (is_made_up && changes_of(SECRET_TYPE, change, &["GenerateSecretString"])).then(|| {
        LossKind::Lost.of(
            "the value of the secret: CloudFormation makes up another one, and a password that was set from it stays",
        )
    })
}

fn no_longer_kept(change: &ResourceChange<'_>) -> Option<Loss> {
    let (old, new) = change.old.zip(change.new)?;
    let lifted = |attribute: &str| retains(old, attribute) && !retains(new, attribute);
    let what = match (lifted("DeletionPolicy"), lifted("UpdateReplacePolicy")) {
        (false, false) => return None,
        (true, false) => "once it leaves the stack, or the stack is deleted",
        (false, true) => "once it is replaced",
        (true, true) => "once it leaves the stack or is replaced, or the stack is deleted",
    };
    Some(LossKind::NoLongerKept.of(format!("from now on it is deleted {what}")))
}

fn perhaps_deleted(change: &ResourceChange<'_>) -> Option<Loss> {
    // With another condition, or another value of it, it may be deleted.
    let is_condition = |one: &PropertyChange| one.path.first().is_some_and(|step| step == "Condition");
    let other = change.old.is_some() && change.properties.iter().any(is_condition);
    other.then(|| {
        LossKind::PerhapsLost.of("it is deleted if its condition holds no longer, as the stack's parameters decide")
    })
}

const FOREVER: f64 = f64::INFINITY;
/// What is compared with nothing: the first end of uploads that are not finished takes nothing that anybody can read.
const NOTHING_SAYS: f64 = f64::NAN;

/// The properties that say for how long, or how much of it, AWS keeps something, each with what holds without it.
/// Sources: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html>
const KEPT_FOR: &[(&str, f64)] = &[
    // The parts of uploads that are not finished.
    ("DaysAfterInitiation", NOTHING_SAYS),
    ("ExpirationDate", FOREVER),
    ("ExpirationInDays", FOREVER),
    ("MessageRetentionPeriod", 345_600.0),
    ("NewerNoncurrentVersions", 0.0),
    ("NoncurrentDays", FOREVER),
    ("NoncurrentVersionExpirationInDays", FOREVER),
    ("PendingWindowInDays", 30.0),
    ("RetentionInDays", FOREVER),
];

/// The properties of a rule by which AWS deletes what is in a bucket that say whether it holds, and of what.
const RULE_IS_ABOUT: &[&str] =
    &["Filter", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "Prefix", "Status", "TagFilters"];

/// What is lost by the change of a value, if anything is, though its resource stays.
fn lost_in_place(of: &ResourceChange<'_>, resource: &Value, change: &PropertyChange) -> Option<Loss> {
    let PropertyChange { path, old, new, .. } = change;
    if is_in_disabled_rule(of, path) {
        return None;
    }
    // A bucket that never had versions has no older ones.
    let has_versions = property(resource, "VersioningConfiguration").is_some();
    let is_in = |key: &str| path.iter().any(|step| step == key);
    let shown = change.shown_path();
    if kept_less_long(path.last()?, old.as_ref(), new.as_ref(), has_versions) {
        return Some(LossKind::Lost.of(format!("what was kept longer before, by `{shown}`")));
    }
    if is_in("VersioningConfiguration") && old.is_some() {
        let status = new.as_ref().map(|new| new.get("Status").unwrap_or(new));
        let kind = match status {
            Some(Value::String(status)) if status == "Enabled" => None,
            // What a function gives is known only when the stack is deployed.
            Some(Value::Object(function)) if function.get("Ref").is_none_or(|of| of != "AWS::NoValue") => {
                Some(LossKind::PerhapsLost)
            }
            _ => Some(LossKind::Lost),
        };
        let what = "what is overwritten or deleted from now on, of which no older version is kept";
        return kind.map(|kind| kind.of(what));
    }
    if is_in("LifecycleConfiguration") && RULE_IS_ABOUT.iter().any(|key| is_in(key)) {
        return Some(LossKind::PerhapsLost.of(format!("what the rule did not delete before, by `{shown}`")));
    }
    if old.is_some() && (is_in("ObjectLockConfiguration") || is_in("ObjectLockEnabled")) {
        return Some(LossKind::PerhapsLost.of(format!("what was locked, or locked longer, by `{shown}`")));
    }
    let is_password = of.resource_type() == USER_TYPE && shown == "LoginProfile" && new.is_none();
    is_password.then(|| LossKind::Lost.of("the password of the user"))
}

/// Whether a path leads into a rule of a bucket that is disabled from now on: it deletes nothing.
fn is_in_disabled_rule(change: &ResourceChange<'_>, path: &[String]) -> bool {
    let step = path.iter().position(|step| step == "Rules").and_then(|at| path.get(at + 1));
    let rules = change.new.and_then(|new| property(new, "LifecycleConfiguration/Rules")?.as_array());
    let Some((step, rules)) = step.zip(rules) else { return false };
    let is_meant = |number: usize, rule: &Value| {
        *step == format!("[{number}]") || rule.get("Id").is_some_and(|id| *step == format!("[{}]", plain(id)))
    };
    let mut meant = (1..).zip(rules).filter(|(number, rule)| is_meant(*number, rule)).peekable();
    meant.peek().is_some() && meant.all(|(_, rule)| is_disabled(rule))
}

fn is_disabled(rule: &Value) -> bool {
    rule.get("Status").is_some_and(|status| status == "Disabled")
}

/// A value without the rules in it that are disabled.
fn without_disabled(value: &Value) -> Value {
    if is_disabled(value) { Value::Null } else { with_inner(value, |_, inner| without_disabled(inner)) }
}

/// Whether something that stands under `key`, or in it, is kept less long than before, or may be; older versions only where
/// there are any.
fn kept_less_long(key: &str, old: Option<&Value>, new: Option<&Value>, has_versions: bool) -> bool {
    let without = |key: &str| {
        let found = KEPT_FOR.iter().find(|(known, _)| *known == key && (has_versions || !key.contains("Noncurrent")));
        found.map(|(_, without)| *without)
    };
    let is_less = |without: f64, old: Option<&Value>, new: Option<&Value>| {
        let time = |value: Option<&Value>| value.map_or(Some(without), number);
        time(new).is_none_or(f64::is_finite) && time(old).zip(time(new)).is_none_or(|(old, new)| new < old)
    };
    if let Some(without) = without(key) {
        return is_less(without, old, new);
    }
    let mut less_long = false;
    for (value, is_new) in [(old, false), (new, true)] {
        each_map(&value.map_or(Value::Null, without_disabled), &mut |entries| {
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
fn data_loss_of_user(action: Action, deployed: bool, named: &str, user: Option<&str>) -> Vec<Loss> {
    let what = format!("the access keys, the password and the MFA devices of the user{named}");
    let mut lost = if action == Action::Destroy && deployed {
        vec![LossKind::Lost.of(format!("{what}, which `deploy.sh` deletes before"))]
    } else {
        let prints = |user| format!(", as `racestack offboard {user} --account NAME` prints");
        let how = if deployed { user.map(prints) } else { user.map(|_| ", as docs/remove.md shows".to_owned()) };
        let how = how.unwrap_or_default();
        let first = "delete those that were made outside the stack; while there are any, CloudFormation cannot \
                     delete the user";
        vec![LossKind::Lost.of(what), LossKind::ToDoFirst.of(format!("{first}{how}"))]
    };
    lost.extend(user.map(|user| LossKind::Stays.of(format!("the folder `{user}/` in the bucket"))));
    lost
}
