//! What a template leaves open, whoever reads it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::attachments::Attachments;
use super::documents::Policy;
use super::model::{Doubt, IdentityKind, Principal};
use super::principals::Memberships;
use super::resource_policies::holds_policies;
use super::return_values::ReturnValues;
use super::template::{Resource, path_to};

const OTHER_TEMPLATES: &str = "what resources this makes is known only when it is deployed";
const OTHER_CODE: &str = "code that no template here shows makes this, and may give anybody access";

/// Types of which no template here shows what they make. A name that ends with `::` is that of a service; a type that is
/// none of AWS's, such as `Custom::…` or a module, is somebody's own code.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html>
const OPEN_TYPES: &[(&str, &str)] = &[
    ("AWS::CloudFormation::CustomResource", OTHER_CODE),
    ("AWS::CloudFormation::Macro", "this changes what templates say as they are deployed"),
    ("AWS::CloudFormation::Stack", OTHER_TEMPLATES),
    ("AWS::CloudFormation::StackSet", OTHER_TEMPLATES),
    ("AWS::Serverless::", OTHER_TEMPLATES),
];

/// What CloudFormation fills in from Systems Manager or Secrets Manager.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
const DYNAMIC_REFERENCE: &str = "{{resolve:";

/// What a resource leaves open by itself.
pub fn of_resource<'a>(values: &ReturnValues<'a>, resource: &Resource<'a>) -> Vec<Doubt<'a>> {
    let kind = resource.kind;
    let mut doubts = Vec::new();
    let mut doubt = |message: &str, path: &str| {
        doubts.push(Doubt { message: message.to_owned(), location: resource.location(path) });
    };
    if kind.is_empty() {
        doubt("a resource has no type", "");
    }
    let is_open = |of: &str| of == kind || of.ends_with("::") && kind.starts_with(of);
    match OPEN_TYPES.iter().find(|(of, _)| is_open(of)) {
        Some((_, why)) => doubt(why, ""),
        None if !kind.is_empty() && !kind.starts_with("AWS::") => doubt(OTHER_CODE, ""),
        None => {}
    }
    let decides = kind.starts_with("AWS::IAM::") || matches!(kind, "AWS::S3::BucketPolicy");
    let is_dynamic = |key: &str, value: &Value| {
        key != "Password" && value.as_str().is_some_and(|text| text.contains(DYNAMIC_REFERENCE))
    };
    if let Some(path) = path_to(resource.value, &is_dynamic).filter(|_| decides || holds_policies(kind)) {
        doubt("what this says is known only when it is deployed", &path.join("/"));
    }
    if decides && resource.value.get("Condition").is_some() {
        doubt("whether this is there is known only when it is deployed", "Condition");
    }
    // What has no name at all is given one that nobody can know beforehand; no policy can mean it by name.
    if let Some(path) = values.open_name(resource).filter(|_| decides) {
        doubt("what this is called is known only when it is deployed", &format!("Properties/{path}"));
    }
    doubts
}

/// Who is meant by name, and of whom no stack knows.
pub fn of_names<'a>(
    (attachments, policies): (&Attachments, &[Policy<'a>]),
    memberships: &Memberships<'a>,
    principals: &[Principal<'a>],
) -> Vec<Doubt<'a>> {
    let groups = memberships
        .groups
        .iter()
        .map(|group| (IdentityKind::Group, group.name.as_str(), (!group.is_named).then_some(group.location.stack)));
    let principals = principals.iter().map(|principal| {
        (principal.kind, principal.name.as_str(), (!principal.is_named).then_some(principal.location.stack))
    });
    let known: BTreeSet<(IdentityKind, &str, Option<usize>)> = groups.chain(principals).collect();
    let exists = |kind: IdentityKind, name: &str, stack: usize| {
        known.contains(&(kind, name, None)) || known.contains(&(kind, name, Some(stack)))
    };
    let mut doubts = Vec::new();
    let mut attached = |policy: usize, to: &str| {
        if let Some(policy) = policies.get(policy) {
            let message = format!("the policy `{}` is attached to `{to}`, whom no stack names so", policy.name);
            doubts.push(Doubt { message, location: policy.location.clone() });
        }
    };
    for (kind, name, stack, policy) in attachments.named() {
        if !exists(kind, name, stack) {
            attached(policy, name);
        }
    }
    for (policy, reference) in &attachments.unresolved {
        attached(*policy, reference);
    }
    for (name, location) in memberships.added() {
        if !exists(IdentityKind::User, name, location.stack) {
            let message = format!("`{name}` is added to a group, and no stack names a user so");
            doubts.push(Doubt { message, location: location.clone() });
        }
    }
    doubts
}
