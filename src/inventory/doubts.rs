//! What a template leaves open, whoever reads it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::attachments::Attachments;
use super::model::{Doubt, IdentityKind};
use super::principals::Memberships;
use super::reader::Reader;
use super::resource_policies::holds_policies;
use super::return_values::ReturnValues;
use super::template::{DYNAMIC_REFERENCE, LOOP, Resource, path_to};

const OTHER_TEMPLATES: &str = "makes resources that are known only when the stack is deployed";
const OTHER_CODE: &str = "is made by code that no template here shows, and may give anybody access";

/// What the type of a module ends with, whosever namespace it is in.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/modules.html>
const MODULE: &str = "::MODULE";

const ONLY_THEN: &str = "is known only when the stack is deployed";

/// Types of which no template here shows what they make. A name that ends with `::` is that of a service; a type that is
/// none of AWS's, such as `Custom::…` or a module, is somebody's own code.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-template-resource-type-ref.html>
const OPEN_TYPES: &[(&str, &str)] = &[
    ("AWS::CloudFormation::CustomResource", OTHER_CODE),
    ("AWS::CloudFormation::Macro", "changes what templates say as they are deployed"),
    ("AWS::CloudFormation::Stack", OTHER_TEMPLATES),
    ("AWS::CloudFormation::StackSet", OTHER_TEMPLATES),
    ("AWS::Serverless::", OTHER_TEMPLATES),
];

/// What a resource leaves open by itself.
pub fn of_resource<'a>(values: &ReturnValues<'a>, resource: &Resource<'a>, reader: &mut Reader<'a, '_>) {
    let kind = resource.kind;
    let of = |key: &str| format!("`{key}` of an `{kind}`");
    let is_open = |of: &str| of == kind || of.ends_with("::") && kind.starts_with(of);
    let hidden = match OPEN_TYPES.iter().find(|(of, _)| is_open(of)) {
        _ if resource.logical_id.starts_with(LOOP) => Some(format!("`{LOOP}` {OTHER_TEMPLATES}")),
        _ if kind.is_empty() => Some("a resource has no `Type`".to_owned()),
        Some((_, why)) => Some(format!("`{kind}` {why}")),
        None => (!kind.starts_with("AWS::") || kind.ends_with(MODULE)).then(|| format!("`{kind}` {OTHER_CODE}")),
    };
    if let Some(message) = hidden {
        reader.hidden(message, resource.location(""));
    }
    let mut doubt = |message: String, path: &str| reader.doubt(message, resource.location(path));
    let decides = kind.starts_with("AWS::IAM::") || matches!(kind, "AWS::S3::BucketPolicy");
    // A tag has a `Value`: where that is a reference, nothing is known of it. See `ReturnValues::tags`.
    let is_dynamic = |key: &str, value: &Value| {
        !["Password", "Value"].contains(&key) && value.as_str().is_some_and(|text| text.contains(DYNAMIC_REFERENCE))
    };
    let tells = decides || holds_policies(kind);
    if let Some(path) = tells.then(|| path_to(resource.value, &is_dynamic)).flatten() {
        let found = path.iter().try_fold(resource.value, |value, step| {
            value.get(step).or_else(|| step.parse::<usize>().ok().and_then(|index| value.get(index)))
        });
        let found = found.and_then(Value::as_str).unwrap_or_default();
        let key = path.iter().rfind(|step| step.parse::<usize>().is_err()).map_or("", String::as_str);
        doubt(format!("{}, `{found}`, {ONLY_THEN}", of(key)), &path.join("/"));
    } else if let Some(key) = values.open_name(resource).filter(|_| decides) {
        // What has no name at all is given one that nobody can know beforehand; no policy can mean it by name.
        let found = resource.property(key).map(|name| values.text_or_reference(name)).unwrap_or_default();
        doubt(format!("{}, `{found}`, {ONLY_THEN}", of(key)), &format!("Properties/{key}"));
    }
    if let Some(condition) = resource.value.get("Condition").and_then(Value::as_str).filter(|_| decides) {
        doubt(format!("whether there is an `{kind}`, by the condition `{condition}`, {ONLY_THEN}"), "Condition");
    }
}

/// Who is meant by name, and of whom no stack knows.
pub fn of_names<'a>(attachments: &Attachments, memberships: &Memberships<'a>, reader: &mut Reader<'a, '_>) {
    let known: BTreeSet<(IdentityKind, &str, Option<usize>)> = memberships
        .groups
        .iter()
        .chain(&reader.inventory.principals)
        .map(|one| (one.kind, one.name.as_str(), (!one.is_named).then_some(one.location.stack)))
        .collect();
    let exists = |kind: IdentityKind, name: &str, stack: usize| {
        known.contains(&(kind, name, None)) || known.contains(&(kind, name, Some(stack)))
    };
    let named = attachments.named().filter(|(kind, name, stack, _)| !exists(*kind, name, *stack));
    let named = named.map(|(_, name, _, policy)| (policy, name, true));
    // Those that lead nowhere are in `unresolved`.
    let unresolved = attachments.unresolved.iter().map(|(policy, reference)| (*policy, reference.as_str(), false));
    let attached = named.chain(unresolved).filter_map(|(policy, to, hides_access)| {
        let policy = reader.inventory.policies.get(policy)?;
        let message = format!("the policy `{}` is attached to `{to}`, whom no stack names so", policy.name);
        Some(Doubt { message, location: policy.location.clone(), hides_access })
    });
    let added = memberships.added().filter(|(name, location)| !exists(IdentityKind::User, name, location.stack));
    let added = added.map(|(name, location)| {
        let message = format!("`{name}` is added to a group, and no stack names a user so");
        Doubt { message, location: location.clone(), hides_access: true }
    });
    let doubts: Vec<_> = attached.chain(added).collect();
    reader.inventory.doubts.extend(doubts);
}
