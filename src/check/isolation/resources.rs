//! Other ways to somebody's things: the policies of resources and roles, which name who is let in, and resources that hand on
//! what people have.

use serde_json::{Map, Value, json};

use super::company;
use super::problem::{GRAMMAR, Problem};
use super::trust::{is_for_account, is_of, lets_in_only, opened};
use crate::finding::Rule;
use crate::inventory::{
    self, BUCKET_POLICY, Doubt, IamInventory, Location, PolicyKind, ServiceRole, Stack, is_intrinsic, one_or_more,
};
use crate::model::{Bucket, Service};
use crate::plan::{AccountPlan, Names};

const PERMISSION: &str = "AWS::Lambda::Permission";
const ELSEWHERE: &str = "make it in a stack that racestack does not write, if it must be";
const NOTEBOOK: &str = "AWS::SageMaker::NotebookInstance";
/// What notebooks and training jobs write their logs into.
const LOG_GROUPS: [&str; 2] = ["/aws/sagemaker/NotebookInstances", "/aws/sagemaker/TrainingJobs"];
/// In the ARNs of the roles that AWS makes for its services.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
const SERVICE_LINKED: &str = ":role/aws-service-role/";

/// The services that a resource's policy may name, by its type. Of any other type, nothing is known.
const SERVICES: &[(&str, &[&str])] = &[
    (BUCKET_POLICY, &[]),
    ("AWS::SNS::TopicPolicy", &["budgets", "cloudwatch"]),
    (PERMISSION, &["events"]),
    ("AWS::KMS::Key", &[]),
    ("AWS::SecretsManager::ResourcePolicy", &[]),
    ("AWS::SNS::TopicInlinePolicy", &[]),
    ("AWS::SQS::QueueInlinePolicy", &[]),
    ("AWS::SQS::QueuePolicy", &[]),
];

/// Types by which somebody gets at what people have, without any policy that is compared.
const OTHER_WAYS: &[(&str, &[&str])] = &[
    ("copies what it is pointed at to elsewhere", &["AWS::DataSync::Task", "AWS::FSx::DataRepositoryAssociation"]),
    // `ImportPath` and `ExportPath` of a Lustre file system are buckets, and whoever mounts it is asked for no policy.
    ("copies what it is pointed at to elsewhere", &["AWS::FSx::FileSystem"]),
    ("grants access to the bucket by itself", &["AWS::LakeFormation::Resource"]),
    ("grants access to the bucket by itself", &["AWS::S3::AccessGrant", "AWS::S3::AccessGrantsInstance"]),
    ("grants access to the bucket by itself", &["AWS::S3::AccessGrantsLocation"]),
    ("hands on logs", &["AWS::Logs::Delivery", "AWS::Logs::SubscriptionFilter"]),
    ("is another way to a bucket", &["AWS::S3Express::AccessPoint"]),
    ("is another way to the bucket", &["AWS::S3::AccessPoint", "AWS::S3::MultiRegionAccessPoint"]),
    ("is another way to the bucket", &["AWS::S3ObjectLambda::AccessPoint"]),
    ("lets identities of elsewhere in", &["AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider"]),
    ("lets identities of elsewhere in", &["AWS::RolesAnywhere::Profile", "AWS::SSO::Assignment"]),
    ("lets instances act as a role", &["AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::LaunchTemplate"]),
    ("lets instances act as a role", &["AWS::IAM::InstanceProfile"]),
    ("lets its user act as a role", &["AWS::SageMaker::Space", "AWS::SageMaker::UserProfile"]),
    ("lets its users act as a role", &["AWS::SageMaker::Domain"]),
    ("lets whoever is on it act as its role", &["AWS::EC2::Instance"]),
    ("makes an access key, whose secret the template hands on", &["AWS::IAM::AccessKey"]),
    ("makes a second factor, whose seed whoever makes it knows", &["AWS::IAM::VirtualMFADevice"]),
    ("makes figures of logs, which others see", &["AWS::Logs::MetricFilter"]),
    ("makes what another template says", &["AWS::ServiceCatalog::CloudFormationProvisionedProduct"]),
    ("may hand on logs", &["AWS::Logs::AccountPolicy"]),
    ("records the names of files, and for whom", &["AWS::CloudTrail::EventDataStore", "AWS::CloudTrail::Trail"]),
    ("records the names of files, and for whom", &["AWS::S3::StorageLens", "AWS::S3::StorageLensGroup"]),
    ("runs commands on instances and notebooks", &["AWS::SSM::Association"]),
    ("shares what it names with other accounts", &["AWS::RAM::ResourceShare"]),
];

/// Properties of a bucket by which its objects, or their names, go elsewhere.
const FROM_BUCKETS: [&str; 7] = [
    "AnalyticsConfigurations",
    "InventoryConfigurations",
    "LoggingConfiguration",
    "MetadataConfiguration",
    "MetadataTableConfiguration",
    "NotificationConfiguration",
    "ReplicationConfiguration",
];

/// What is not as it must be in the resources of an account. `start_script` is racestack's own, which runs on notebooks. `is_new` says of
/// a stack, by its index, that its resources were not looked at before.
pub fn check(
    inventory: &IamInventory<'_>,
    stacks: &[Stack<'_>],
    plan: &AccountPlan<'_>,
    start_script: &str,
    (is_personal, is_new): (impl Fn(&Location<'_>) -> bool, impl Fn(usize) -> bool),
) -> Vec<Problem> {
    let undecided = |message: String, location: &Location<'_>, help: &'static str| Problem {
        help,
        ..Problem::at(Rule::IsolationUndecided, message, location)
    };
    let of_doubt = |doubt: &Doubt<'_>| Problem::at(Rule::IsolationUndecided, doubt.message.clone(), &doubt.location);
    let mut problems: Vec<Problem> = inventory.doubts.iter().map(of_doubt).collect();
    let names = &plan.names;
    for policy in &inventory.policies {
        if let (true, Err(malformed)) = (policy.kind != PolicyKind::Resource, policy.document.parsed()) {
            let message = format!("the policy `{}` cannot be read: {}", policy.name, malformed.message);
            problems.push(undecided(message, &policy.location, GRAMMAR));
        }
    }
    let groups = inventory.groups.iter().map(|group| (&group.name, &group.location, &group.policies));
    let roles = inventory.principals.iter().map(|one| (&one.name, &one.location, &one.policies));
    for (name, location, policies) in groups.chain(roles).filter(|(_, location, _)| !is_personal(location)) {
        let mut all = policies.iter().filter_map(|index| inventory.policies.get(*index));
        if let Some(policy) = all.find(|policy| is_personal(&policy.location)) {
            let message =
                format!("the template of people gives `{name}`, which others have too, the policy `{}`", policy.name);
            let help = "let the template of people give policies to their own users and roles alone";
            problems.push(undecided(message, location, help));
        }
    }
    for notebook in &inventory.notebooks {
        let mut own = inventory.principals.iter().filter(|one| is_personal(&one.location));
        if !own.any(|one| notebook.role_arn.as_ref() == Some(&one.arn)) {
            let role = notebook.role_arn.as_deref().unwrap_or("a role that is not known");
            let message =
                format!("the notebook `{}` acts as `{role}`, which is not its person's own role", notebook.name);
            let help = "let its `RoleArn` be `{Fn::GetAtt: [{{ids.notebook_role}}, Arn]}`";
            problems.push(undecided(message, &notebook.location, help));
        }
    }
    for one in inventory.service_roles.iter().filter(|one| one.resource_type != NOTEBOOK) {
        let mut roles = inventory.principals.iter();
        let known = roles.find(|principal| principal.arn == one.role || principal.name == one.role);
        let what = match known {
            Some(role) if is_personal(&role.location) => "which is the role of a person's notebook",
            // What a role of racestack's own may do was weighed for what has it there: the rotation's function, and people's consoles.
            Some(role) if is_own_role(role, plan) && !is_rotation(one, stacks, plan) => {
                "which is a role of racestack's own"
            }
            // AWS alone takes and changes these.
            None if !one.role.contains(SERVICE_LINKED) => "which no stack defines",
            _ => continue,
        };
        let message = format!("`{}` acts as `{}`, {what}", one.location.logical_id, one.role);
        let help = "give it a role of its own in the templates, with what it needs and no more";
        problems.push(undecided(message, &one.location, help));
    }
    for (index, stack) in stacks.iter().enumerate().filter(|(index, _)| is_new(*index)) {
        for (id, resource) in stack.resources.as_object().into_iter().flat_map(Map::iter) {
            problems.extend(of_resource((index, id, resource), start_script, plan));
        }
    }
    for of in inventory.resource_policies.iter().filter(|of| !company::only_narrows(of)) {
        let Some((_, services)) = SERVICES.iter().find(|(kind, _)| *kind == of.resource_type) else {
            let (id, kind) = (of.location.logical_id, of.resource_type);
            let message = format!("racestack does not know what the policy of `{id}`, an `{kind}`, opens");
            problems.push(undecided(message, &of.location, ELSEWHERE));
            continue;
        };
        let message = format!("the policy of `{}` lets somebody in by itself", of.location.logical_id);
        let help = "name the one service that needs it, for this account by `aws:SourceAccount`, or this account, as the principal";
        let problem = Problem { help, ..Problem::at(Rule::IsolationTooWide, message, &of.location) };
        for index in of.policies.iter().filter(|_| of.resource_type != PERMISSION) {
            let is_allowed = |one: &Value| {
                lets_in_only(one, services, true, names) && is_for_account(one, names)
                    || company::is_about_its_own(of, names) && company::lets_in_its_own(one, names)
            };
            problems.extend(opened(inventory, *index, &problem, is_allowed));
        }
    }
    problems
}

/// Whether a role is one of racestack's own that is no person's.
fn is_own_role(role: &inventory::Principal<'_>, plan: &AccountPlan<'_>) -> bool {
    let service = Service::of_role(&role.name, &plan.account.service_role_suffix);
    role.name == plan.names.key_rotation_role || service.is_some_and(|one| plan.account.services.contains_key(&one))
}

/// Whether the function that rotates access keys acts as a role: `own` compares which.
fn is_rotation(one: &ServiceRole<'_>, stacks: &[Stack<'_>], plan: &AccountPlan<'_>) -> bool {
    let resource = stacks.get(one.location.stack).and_then(|stack| stack.resources.get(one.location.logical_id));
    let name = resource.and_then(|resource| resource.get("Properties")?.get("FunctionName"));
    name.is_some_and(|name| *name == plan.names.key_rotation_function)
}

/// What a resource hands on by itself.
fn of_resource(
    (stack, id, resource): (usize, &String, &Value),
    start_script: &str,
    plan: &AccountPlan<'_>,
) -> Vec<Problem> {
    let names = &plan.names;
    let property = |key: &str| resource.get("Properties").and_then(|properties| properties.get(key));
    let problem = |rule: Rule, message: String, path: &str| {
        Problem::at(rule, message, &Location { stack, logical_id: id, path: path.to_owned() })
    };
    let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
    let other_way = OTHER_WAYS.iter().find(|(_, kinds)| kinds.contains(&kind));
    let other_way = other_way.map(|(why, _)| Problem {
        help: ELSEWHERE,
        ..problem(Rule::IsolationUndecided, format!("`{id}`, an `{kind}`, {why}"), "")
    });
    let mut problems: Vec<Problem> = other_way.into_iter().collect();
    let of_password = format!("{{{{resolve:secretsmanager:{}", names.secrets_path);
    let hands_on = |(key, value): &(&String, &Value)| *key != "LoginProfile" && has_text(value, &of_password);
    let properties = resource.get("Properties").and_then(Value::as_object);
    problems.extend(properties.into_iter().flatten().find(hands_on).map(|(key, _)| {
        let message = format!("by `{key}`, `{id}` hands on somebody's first password");
        let at = problem(Rule::IsolationTooWide, message, &format!("Properties/{key}"));
        Problem { help: "name the secret of a password in `LoginProfile` alone", ..at }
    }));
    match kind {
        "AWS::S3::Bucket" => {
            let log_bucket = property("LoggingConfiguration").and_then(|logging| logging.get("DestinationBucketName"));
            let logs_as_set = log_bucket.is_some_and(|name| *name == names.log_bucket);
            let is_there = |key: &&str| property(key).is_some() && !(logs_as_set && *key == "LoggingConfiguration");
            problems.extend(FROM_BUCKETS.into_iter().filter(is_there).map(|key| {
                let message = format!("by `{key}`, what is in the bucket `{id}` or its names go elsewhere");
                let at = problem(Rule::IsolationUndecided, message, &format!("Properties/{key}"));
                Problem { help: "leave it out; where a log of requests goes, `bucket.access_logs` says", ..at }
            }));
            if property("BucketName").is_some_and(|name| *name == names.bucket) {
                problems
                    .extend(lost_by(property("LifecycleConfiguration"), &plan.account.bucket).map(|(rule, what)| {
                    let path = format!("Properties/LifecycleConfiguration/Rules/{rule}");
                    let help =
                        "leave what people have to them; `bucket.old_version_days` and `bucket.incomplete_upload_days` say what is deleted when";
                    let at = problem(Rule::IsolationOwnRefused, format!("by a rule of the bucket, {what}"), &path);
                    Problem { help, ..at }
                }));
            }
        }
        "AWS::Logs::LogGroup"
            if property("LogGroupName").is_some_and(|name| LOG_GROUPS.iter().any(|own| name == own)) =>
        {
            let days = property("RetentionInDays").and_then(Value::as_u64);
            let is_short = days.zip(plan.account.log_days).is_some_and(|(days, set)| days < set.into());
            let is_unread = property("LogGroupClass").is_some_and(|class| class != "STANDARD");
            let lost = [
                (is_short, "RetentionInDays", "are deleted sooner than the settings say"),
                // Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>
                (is_unread, "LogGroupClass", "cannot be read stream by stream"),
            ];
            problems.extend(lost.into_iter().filter(|(is_lost, ..)| *is_lost).map(|(_, key, what)| {
                let message = format!("the logs of people's notebooks and training jobs in `{id}` {what}");
                let help = "leave the class out; how long logs stay, the settings say";
                Problem { help, ..problem(Rule::IsolationOwnRefused, message, &format!("Properties/{key}")) }
            }));
        }
        // One rule of the account's events calls a function, by its ARN.
        PERMISSION
            if property("Principal") != Some(&json!("events.amazonaws.com"))
                || !property("SourceArn").is_some_and(|arn| is_own_source(arn, names)) =>
        {
            let message = format!("`{id}` lets somebody call a function");
            let help = "let the one rule of this account call it: `Fn::GetAtt` of the rule as `SourceArn`";
            let at = problem(Rule::IsolationTooWide, message, "Properties");
            problems.push(Problem { help, ..at });
        }
        // No policy says what a script does.
        "AWS::SageMaker::NotebookInstanceLifecycleConfig" => {
            let own = json!([{ "Content": { "Fn::Base64": start_script.trim_end() } }]);
            if property("OnCreate").is_some() || property("OnStart").map(trimmed) != Some(own) {
                let message = format!(
                    "racestack's own start script was replaced by that of `{id}`, which runs as root on every notebook"
                );
                let help = "leave racestack's script as it is, or answer for what this one does: suppress this warning";
                let at = problem(Rule::IsolationUndecided, message, "Properties");
                problems.push(Problem { is_warning: true, help, ..at });
            }
        }
        _ => {}
    }
    problems
}

/// What of people's files the rules of a bucket take away, each with the index of its rule.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html>
fn lost_by(lifecycle: Option<&Value>, bucket: &Bucket) -> impl Iterator<Item = (usize, &'static str)> {
    let days = |value: Option<&Value>| value.and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
    let of_rule = move |(index, rule): (usize, &Value)| {
        let archived = |keys: [&str; 2]| {
            let all = keys.iter().flat_map(|key| one_or_more(rule.get(*key)));
            let mut classes = all.filter_map(|one| one.get("StorageClass"));
            classes.any(|class| class.as_str().is_none_or(|class| ["DEEP_ARCHIVE", "GLACIER"].contains(&class)))
        };
        // A number of days that is not known may be any.
        let is_early = |key: &str, of: &str, set: u32| {
            rule.get(key).is_some_and(|value| days(value.get(of).or(Some(value))).is_none_or(|days| days < set.into()))
        };
        let is_old = ["NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays"]
            .iter()
            .any(|key| is_early(key, "NoncurrentDays", bucket.old_version_days));
        let is_broken_off =
            is_early("AbortIncompleteMultipartUpload", "DaysAfterInitiation", bucket.incomplete_upload_days);
        let lost = [
            (["ExpirationDate", "ExpirationInDays"].iter().any(|key| rule.get(key).is_some()), "files are deleted"),
            (is_old, "older versions of files are deleted sooner than the settings say"),
            (is_broken_off, "uploads are broken off sooner than the settings say"),
            (archived(["Transition", "Transitions"]), "files go where they cannot be read"),
            (
                archived(["NoncurrentVersionTransition", "NoncurrentVersionTransitions"]),
                "older versions of files go where they cannot be read",
            ),
            (is_intrinsic(rule), "files are lost or not, which is known only when the stack is deployed"),
        ];
        let is_on = rule.get("Status").is_none_or(|status| status != "Disabled");
        lost.into_iter().filter(move |(is_lost, _)| is_on && *is_lost).map(move |(_, what)| (index, what))
    };
    let rules = lifecycle.and_then(|lifecycle| lifecycle.get("Rules").or(Some(lifecycle)));
    one_or_more(rules).enumerate().flat_map(of_rule).collect::<Vec<_>>().into_iter()
}

/// Whether the source of a function's calls is one of this account alone: a rule of the same template, or an ARN.
fn is_own_source(arn: &Value, names: &Names) -> bool {
    let of_template = arn.get("Fn::GetAtt").and_then(|of| of.get(1)).is_some_and(|attribute| attribute == "Arn");
    of_template || arn.as_str().is_some_and(|arn| !arn.contains(['*', '?']) && is_of(arn, names))
}

/// Whether some text of a value has another in it.
fn has_text(value: &Value, text: &str) -> bool {
    match value {
        Value::Object(entries) => entries.values().any(|value| has_text(value, text)),
        Value::Array(values) => values.iter().any(|value| has_text(value, text)),
        value => value.as_str().is_some_and(|value| value.contains(text)),
    }
}

/// The same value with no space at the end of its texts.
fn trimmed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), trimmed(value))).collect(),
        Value::Array(values) => values.iter().map(trimmed).collect(),
        Value::String(text) => text.trim_end().into(),
        other => other.clone(),
    }
}
