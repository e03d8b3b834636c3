//! Other ways to somebody's things: the policies of resources, and resources that hand on what people have.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::finding::Rule;
use crate::inventory::{BUCKET_POLICY, IamInventory, Location, PolicyKind, Stack, one_or_more};
use crate::plan::Names;

/// The services that a resource's policy may name, by its type. Of any other type, nothing is known.
const SERVICES: &[(&str, &[&str])] = &[
    (BUCKET_POLICY, &[]),
    ("AWS::SNS::TopicPolicy", &["budgets.amazonaws.com"]),
    ("AWS::Lambda::Permission", &["events.amazonaws.com"]),
    ("AWS::KMS::Key", &[]),
    ("AWS::SecretsManager::ResourcePolicy", &[]),
    ("AWS::SNS::TopicInlinePolicy", &[]),
    ("AWS::SQS::QueueInlinePolicy", &[]),
    ("AWS::SQS::QueuePolicy", &[]),
];

/// Types by which somebody gets at what people have, without any policy that is compared.
const OTHER_WAYS: &[(&str, &str)] = &[
    ("AWS::DataSync::Task", "copies what it is pointed at to elsewhere"),
    ("AWS::EC2::Instance", "lets whoever is on it act as its role"),
    ("AWS::FSx::DataRepositoryAssociation", "copies what it is pointed at to elsewhere"),
    ("AWS::IAM::AccessKey", "makes an access key, whose secret the template hands on"),
    ("AWS::IAM::InstanceProfile", "lets instances act as a role"),
    ("AWS::IAM::OIDCProvider", "lets identities of elsewhere in"),
    ("AWS::IAM::SAMLProvider", "lets identities of elsewhere in"),
    ("AWS::Logs::AccountPolicy", "may hand on logs"),
    ("AWS::Logs::Delivery", "hands on logs"),
    ("AWS::Logs::MetricFilter", "makes figures of logs, which others see"),
    ("AWS::Logs::SubscriptionFilter", "hands on logs"),
    ("AWS::RolesAnywhere::Profile", "lets identities of elsewhere in"),
    ("AWS::S3::AccessGrant", "grants access to the bucket by itself"),
    ("AWS::S3::AccessGrantsInstance", "grants access to the bucket by itself"),
    ("AWS::S3::AccessGrantsLocation", "grants access to the bucket by itself"),
    ("AWS::SSM::Association", "runs commands on instances and notebooks"),
    ("AWS::SSO::Assignment", "lets identities of elsewhere in"),
    ("AWS::S3Express::AccessPoint", "is another way to a bucket"),
    ("AWS::S3::AccessPoint", "is another way to the bucket"),
    ("AWS::S3::MultiRegionAccessPoint", "is another way to the bucket"),
    ("AWS::S3ObjectLambda::AccessPoint", "is another way to the bucket"),
    ("AWS::SageMaker::Domain", "lets its users act as a role"),
    ("AWS::SageMaker::UserProfile", "lets its user act as a role"),
    ("AWS::SageMaker::Space", "lets its user act as a role"),
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

/// What is not as it must be in the resources of an account.
pub fn check(
    inventory: &IamInventory<'_>,
    stacks: &[Stack<'_>],
    names: &Names,
    is_personal: impl Fn(&Location<'_>) -> bool,
) -> Vec<Problem> {
    let mut problems: Vec<Problem> = inventory
        .doubts
        .iter()
        .map(|doubt| Problem::at(Rule::IsolationUndecided, doubt.message.clone(), &doubt.location))
        .collect();
    for policy in &inventory.policies {
        if let (true, Err(malformed)) = (policy.kind != PolicyKind::Resource, policy.document.parsed()) {
            let message = format!("the policy `{}` cannot be read: {}", policy.name, malformed.message);
            problems.push(Problem::at(Rule::IsolationUndecided, message, &policy.location));
        }
    }
    let groups = inventory.groups.iter().map(|group| (&group.name, &group.location, &group.policies));
    let roles = inventory.principals.iter().map(|one| (&one.name, &one.location, &one.policies));
    for (name, location, policies) in groups.chain(roles).filter(|(_, location, _)| !is_personal(location)) {
        let of_people = policies.iter().filter_map(|index| inventory.policies.get(*index));
        if let Some(policy) = of_people.into_iter().find(|policy| is_personal(&policy.location)) {
            let message =
                format!("the template of people gives `{name}`, which others have too, the policy `{}`", policy.name);
            problems.push(Problem::at(Rule::IsolationUndecided, message, location));
        }
    }
    for notebook in &inventory.notebooks {
        let own = inventory.principals.iter().filter(|one| is_personal(&one.location)).map(|one| &one.arn);
        let role = notebook.role_arn.as_ref();
        if role.is_none_or(|role| !own.clone().any(|own| own == role)) {
            let role = role.map_or("a role that is not known", String::as_str);
            let message =
                format!("the notebook `{}` acts as `{role}`, which is not its person's own role", notebook.name);
            problems.push(Problem::at(Rule::IsolationUndecided, message, &notebook.location));
        }
    }
    for (index, stack) in stacks.iter().enumerate() {
        for (id, resource) in stack.resources.as_object().into_iter().flat_map(Map::iter) {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            let at = |path: &str| Location { stack: index, logical_id: id, path: path.to_owned() };
            if let Some((_, why)) = OTHER_WAYS.iter().find(|(other, _)| *other == kind) {
                problems.push(Problem::at(Rule::IsolationUndecided, format!("`{id}` {why}"), &at("")));
            }
            if kind == "AWS::S3::Bucket" {
                for key in FROM_BUCKETS {
                    if resource.get("Properties").is_some_and(|properties| properties.get(key).is_some()) {
                        let message = format!("by `{key}`, what is in the bucket `{id}` or its names go elsewhere");
                        problems.push(Problem::at(
                            Rule::IsolationUndecided,
                            message,
                            &at(&format!("Properties/{key}")),
                        ));
                    }
                }
            }
            if kind == "AWS::Lambda::Permission" {
                problems.extend(permission(resource, &at("Properties")));
            }
        }
    }
    for of in &inventory.resource_policies {
        let Some((_, services)) = SERVICES.iter().find(|(kind, _)| *kind == of.resource_type) else {
            let message = format!("whom the policy of `{}` lets in is not known here", of.location.logical_id);
            problems.push(Problem::at(Rule::IsolationUndecided, message, &of.location));
            continue;
        };
        if of.resource_type == "AWS::Lambda::Permission" {
            continue;
        }
        for index in &of.policies {
            let Some(policy) = inventory.policies.get(*index) else { continue };
            for (statement, one) in one_or_more(policy.document.value.get("Statement")).enumerate() {
                let denies = one.get("Effect").and_then(Value::as_str) == Some("Deny");
                if denies || lets_in_only(one, services, names) {
                    continue;
                }
                problems.push(Problem {
                    rule: Rule::IsolationTooWide,
                    is_warning: false,
                    message: format!("the policy of `{}` lets somebody in by itself", of.location.logical_id),
                    help: "name the one service that needs it, or this account, as the principal",
                    notes: Vec::new(),
                    statements: vec![(*index, statement)],
                    lines: Vec::new(),
                    location: None,
                });
            }
        }
    }
    problems
}

/// Whether a statement names nobody but these services and the account, which leaves it to the account's own policies.
fn lets_in_only(statement: &Value, services: &[&str], names: &Names) -> bool {
    let root = format!("arn:{}:iam::{}:root", names.partition, names.account_id);
    let Some(principals) = statement.get("Principal").and_then(Value::as_object) else { return false };
    !principals.is_empty()
        && principals.iter().all(|(kind, value)| {
            one_or_more(Some(value)).all(|one| match (kind.as_str(), one.as_str()) {
                ("AWS", Some(one)) => one == names.account_id || one == root,
                ("Service", Some(one)) => services.contains(&one),
                _ => false,
            })
        })
}

/// Who may call a function: one rule of the account's events, by its ARN.
fn permission(resource: &Value, location: &Location<'_>) -> Option<Problem> {
    let property = |key: &str| resource.get("Properties").and_then(|properties| properties.get(key));
    let is_events = property("Principal").and_then(Value::as_str) == Some("events.amazonaws.com");
    if is_events && property("SourceArn").is_some() {
        return None;
    }
    let message = format!("`{}` lets somebody call a function", location.logical_id);
    Some(Problem::at(Rule::IsolationTooWide, message, location))
}
