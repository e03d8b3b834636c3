//! Other ways to somebody's things: the policies of resources and roles, which name who is let in, and resources that hand on
//! what people have.

use serde_json::{Map, Value, json};

use super::company;
use super::kind::{Kind, Subject};
use super::problem::Problem;
use crate::finding::Rule;
use crate::inventory::{BUCKET_POLICY, IamInventory, IdentityKind, Location, PolicyKind, Stack, one_or_more};
use crate::model::Service;
use crate::plan::Names;

/// What the names of services end with, in some partitions beside their own suffix.
const DNS_SUFFIX: &str = "amazonaws.com";
const PERMISSION: &str = "AWS::Lambda::Permission";

/// The service that a resource's policy may name, by its type. Of any other type, nothing is known.
const SERVICES: &[(&str, Option<&str>)] = &[
    (BUCKET_POLICY, None),
    ("AWS::SNS::TopicPolicy", Some("budgets")),
    (PERMISSION, Some("events")),
    ("AWS::KMS::Key", None),
    ("AWS::SecretsManager::ResourcePolicy", None),
    ("AWS::SNS::TopicInlinePolicy", None),
    ("AWS::SQS::QueueInlinePolicy", None),
    ("AWS::SQS::QueuePolicy", None),
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
    ("records the names of files, and for whom", &["AWS::CloudTrail::Trail"]),
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

/// What is not as it must be in the resources of an account. `start_script` is racestack's own, which runs on notebooks.
pub fn check(
    inventory: &IamInventory<'_>,
    stacks: &[Stack<'_>],
    names: &Names,
    start_script: &str,
    is_personal: impl Fn(&Location<'_>) -> bool,
) -> Vec<Problem> {
    let undecided = |message: String, location: &Location<'_>| Problem::at(Rule::IsolationUndecided, message, location);
    let mut problems: Vec<Problem> =
        inventory.doubts.iter().map(|doubt| undecided(doubt.message.clone(), &doubt.location)).collect();
    for policy in &inventory.policies {
        if let (true, Err(malformed)) = (policy.kind != PolicyKind::Resource, policy.document.parsed()) {
            let message = format!("the policy `{}` cannot be read: {}", policy.name, malformed.message);
            problems.push(undecided(message, &policy.location));
        }
    }
    let groups = inventory.groups.iter().map(|group| (&group.name, &group.location, &group.policies));
    let roles = inventory.principals.iter().map(|one| (&one.name, &one.location, &one.policies));
    for (name, location, policies) in groups.chain(roles).filter(|(_, location, _)| !is_personal(location)) {
        let mut all = policies.iter().filter_map(|index| inventory.policies.get(*index));
        if let Some(policy) = all.find(|policy| is_personal(&policy.location)) {
            let message =
                format!("the template of people gives `{name}`, which others have too, the policy `{}`", policy.name);
            problems.push(undecided(message, location));
        }
    }
    for notebook in &inventory.notebooks {
        let mut own = inventory.principals.iter().filter(|one| is_personal(&one.location));
        if !own.any(|one| notebook.role_arn.as_ref() == Some(&one.arn)) {
            let role = notebook.role_arn.as_deref().unwrap_or("a role that is not known");
            let message =
                format!("the notebook `{}` acts as `{role}`, which is not its person's own role", notebook.name);
            problems.push(undecided(message, &notebook.location));
        }
    }
    for (index, stack) in stacks.iter().enumerate() {
        for (id, resource) in stack.resources.as_object().into_iter().flat_map(Map::iter) {
            problems.extend(of_resource((index, id, resource), start_script, names));
        }
    }
    for of in inventory.resource_policies.iter().filter(|of| !company::only_narrows(of)) {
        let Some((_, service)) = SERVICES.iter().find(|(kind, _)| *kind == of.resource_type) else {
            let message = format!("whom the policy of `{}` lets in is not known here", of.location.logical_id);
            problems.push(undecided(message, &of.location));
            continue;
        };
        let message = format!("the policy of `{}` lets somebody in by itself", of.location.logical_id);
        let help = "name the one service that needs it, or this account, as the principal";
        let problem = Problem { help, ..Problem::at(Rule::IsolationTooWide, message, &of.location) };
        for index in of.policies.iter().filter(|_| of.resource_type != PERMISSION) {
            let is_allowed = |one: &Value| {
                lets_in_only(one, service.as_slice(), true, names)
                    || company::is_about_its_own(of, names) && company::lets_in_its_own(one, names)
            };
            problems.extend(opened(inventory, *index, &problem, is_allowed));
        }
    }
    problems
}

/// What a resource hands on by itself.
fn of_resource((stack, id, resource): (usize, &String, &Value), start_script: &str, names: &Names) -> Vec<Problem> {
    let property = |key: &str| resource.get("Properties").and_then(|properties| properties.get(key));
    let problem = |rule: Rule, message: String, path: &str| {
        Problem::at(rule, message, &Location { stack, logical_id: id, path: path.to_owned() })
    };
    let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
    let other_way = OTHER_WAYS.iter().find(|(_, kinds)| kinds.contains(&kind));
    let other_way = other_way.map(|(why, _)| problem(Rule::IsolationUndecided, format!("`{id}` {why}"), ""));
    let mut problems: Vec<Problem> = other_way.into_iter().collect();
    match kind {
        "AWS::S3::Bucket" => {
            let log_bucket = property("LoggingConfiguration").and_then(|logging| logging.get("DestinationBucketName"));
            let logs_as_set = log_bucket.is_some_and(|name| *name == names.log_bucket);
            let is_there = |key: &&str| property(key).is_some() && !(logs_as_set && *key == "LoggingConfiguration");
            problems.extend(FROM_BUCKETS.into_iter().filter(is_there).map(|key| {
                let message = format!("by `{key}`, what is in the bucket `{id}` or its names go elsewhere");
                problem(Rule::IsolationUndecided, message, &format!("Properties/{key}"))
            }));
        }
        // One rule of the account's events calls a function, by its ARN.
        PERMISSION
            if property("Principal") != Some(&json!("events.amazonaws.com"))
                || property("SourceArn").is_none_or(|arn| arn.as_str().is_some_and(|arn| arn.contains('*'))) =>
        {
            let message = format!("`{id}` lets somebody call a function");
            problems.push(problem(Rule::IsolationTooWide, message, "Properties"));
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

/// The same value with no space at the end of its texts.
fn trimmed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), trimmed(value))).collect(),
        Value::Array(values) => values.iter().map(trimmed).collect(),
        Value::String(text) => text.trim_end().into(),
        other => other.clone(),
    }
}

/// Checks who may take a role: by the one trust policy that is allowed to its kind.
pub fn check_trust(subject: &Subject<'_, '_>, names: &Names) -> Vec<Problem> {
    let Subject { identity, inventory, kind, .. } = *subject;
    if identity.kind != IdentityKind::Role {
        return Vec::new();
    }
    let undecided = |message, location| vec![Problem::at(Rule::IsolationUndecided, message, location)];
    let Some((index, policy)) = identity.trust.and_then(|index| Some((index, inventory.policies.get(index)?))) else {
        return undecided(format!("the role `{}` has no trust policy", identity.name), &identity.location);
    };
    let services: &[Service] = match kind {
        Kind::Notebook | Kind::SuspendedNotebook => &[Service::Sagemaker],
        Kind::KeyRotation => &[Service::Lambda],
        Kind::Service => &Service::ALL,
        Kind::Person | Kind::SuspendedPerson | Kind::Stranger | Kind::Other => &[],
    };
    let services: Vec<&str> = services.iter().map(|service| service.as_str()).collect();
    let is_allowed = |one: &Value| {
        let mut actions = one_or_more(one.get("Action"));
        let is_taking = one.get("Action").is_some() && actions.all(is_assume_role);
        let lets_in = match kind {
            Kind::Other => company::lets_in_its_own(one, names),
            _ => lets_in_only(one, &services, false, names),
        };
        is_taking && lets_in
    };
    let message = format!("the role of {} can be taken by somebody else, or in another way", subject.who());
    let (help, by) = if kind == Kind::Other {
        (company::ROLE, company::ALLOWED.to_owned())
    } else {
        let services: Vec<String> = services.iter().map(|one| format!("`{one}.{DNS_SUFFIX}`")).collect();
        ("let `sts:AssumeRole` by the role's one service be all that the trust policy allows", services.join(" or "))
    };
    let notes = vec![format!("allowed is `sts:AssumeRole` by {by}")];
    let problem = Problem { help, notes, ..Problem::at(Rule::IsolationTooWide, message, &policy.location) };
    let mut problems = opened(inventory, index, &problem, is_allowed);
    if policy.document.parsed().is_err() {
        problems.extend(undecided(format!("the trust policy of `{}` cannot be read", identity.name), &policy.location));
    }
    problems
}

/// Whether an action is that of taking a role, in whatever case.
fn is_assume_role(action: &Value) -> bool {
    action.as_str().is_some_and(|action| action.eq_ignore_ascii_case("sts:AssumeRole"))
}

/// The problem for each statement of a policy that lets somebody in and is not allowed.
fn opened(
    inventory: &IamInventory<'_>,
    index: usize,
    problem: &Problem,
    is_allowed: impl Fn(&Value) -> bool,
) -> Vec<Problem> {
    let document = inventory.policies.get(index).map(|policy| &policy.document.value);
    let statements = one_or_more(document.and_then(|document| document.get("Statement"))).enumerate();
    let open = statements.filter(|(_, one)| one.get("Effect") != Some(&json!("Deny")) && !is_allowed(one));
    open.map(|(at, _)| Problem { statements: vec![(index, at)], ..problem.clone() }).collect()
}

/// Whether a statement names nobody but these services and, where it may, the account, which leaves it to the account's own
/// policies. Conditions only narrow it.
fn lets_in_only(statement: &Value, services: &[&str], or_account: bool, names: &Names) -> bool {
    let root = format!("arn:{}:iam::{}:root", names.partition, names.account_id);
    let Some(principals) = statement.get("Principal").and_then(Value::as_object) else { return false };
    let is_named = |kind: &str, one: &str| match kind {
        "AWS" => or_account && (one == names.account_id || one == root),
        "Service" => one.split_once('.').is_some_and(|(service, suffix)| {
            services.contains(&service) && [DNS_SUFFIX, &names.dns_suffix].contains(&suffix)
        }),
        _ => false,
    };
    let all_named = |(kind, value): (&String, &Value)| {
        one_or_more(Some(value)).all(|one| one.as_str().is_some_and(|one| is_named(kind, one)))
    };
    !principals.is_empty() && principals.iter().all(all_named) && statement.get("NotPrincipal").is_none()
}
