//! Which policy is that of what is asked for.

use serde_json::Value;

use crate::check::isolation::{DNS_SUFFIX, NARROWING};
use crate::iam::{account_of, is_like_pattern};
use crate::inventory::{BUCKET_POLICY, IamInventory, PolicyDocument, ResourcePolicy, UNNAMED_BESIDE, one_or_more};
use crate::plan::Names;

/// The types whose policies are evaluated besides those of buckets and roles: such a policy can allow on its own, and need not.
/// Sources: <https://docs.aws.amazon.com/sns/latest/dg/sns-using-identity-based-policies.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-using-identity-based-policies.html>,
/// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/determine-acccess_examine-iam-policies.html>
const DECIDING: [&str; 5] = [
    "AWS::SNS::TopicInlinePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueueInlinePolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::SecretsManager::ResourcePolicy",
];

/// The policy of what is asked for, by its index: who may take a role, or who is let in by a bucket or the like.
///
/// # Errors
/// Why it is not known, in words, where a policy is, or may be, that of the resource, and what it decides is not evaluated here.
pub(super) fn policy_of_resource(
    inventory: &IamInventory<'_>,
    names: &Names,
    action: &str,
    resource: &str,
) -> Result<Option<usize>, String> {
    if is_assume_role(action) {
        return Ok(inventory.principals.iter().find(|one| one.arn == resource).and_then(|one| one.trust));
    }
    if let Some((_, behind)) = resource.split_once(":::").filter(|_| action.to_lowercase().starts_with("s3:")) {
        let bucket = behind.split('/').next();
        let mut buckets = inventory.resource_policies.iter().filter(|one| one.resource_type == BUCKET_POLICY);
        // Of a bucket that is not known, the policy is taken for that of racestack's.
        let name = |target: &Option<String>| target.clone().unwrap_or_else(|| names.bucket.clone());
        let policy = buckets.find(|one| one.targets.first().map(name).as_deref() == bucket);
        return Ok(policy.and_then(|one| one.policies.first().copied()));
    }
    let service = resource.split(':').nth(2).unwrap_or_default();
    let is_of_service = |kind: &str| kind.split("::").nth(1).is_some_and(|of| of.eq_ignore_ascii_case(service));
    let all = inventory.resource_policies.iter().filter(|one| {
        is_of_service(one.resource_type)
            && one.resource_type != BUCKET_POLICY
            && !NARROWING.contains(&one.resource_type)
            && account_of(resource) == Some(&names.account_id)
    });
    let all = all.flat_map(|one| one.policies.iter().map(move |index| (one, *index)));
    let all: Vec<_> =
        all.filter_map(|(one, index)| Some((one, &inventory.policies.get(index)?.document, index))).collect();
    let is_named = all.iter().any(|(_, document, _)| resources_of(document).contains(&Some(resource)));
    let found = all.iter().filter_map(|(one, document, index)| {
        let is_it = is_of_resource(one, document, resource, is_named)?;
        Some((one, is_it && DECIDING.contains(&one.resource_type) && document.parsed().is_ok(), *index))
    });
    let found: Vec<_> = found.collect();
    match found.as_slice() {
        [] => Ok(None),
        [(_, true, index)] => Ok(Some(*index)),
        [(one, ..), ..] => {
            let (kind, id) = (one.resource_type, one.location.logical_id);
            Err(format!("the policy of the `{kind}` `{id}` may be about it, and is not evaluated here"))
        }
    }
}

/// What the statements of a policy are about. One that does not say it may be about anything: that is `None`.
fn resources_of(document: &PolicyDocument) -> Vec<Option<&str>> {
    let lists = document.statements().map(|one| one.get("Resource").unwrap_or(&Value::Bool(true)));
    lists.flat_map(|list| one_or_more(Some(list))).map(Value::as_str).collect()
}

/// Whether a policy is that of a resource, and of nothing else; `None` where it is not, or leaves the resource to the account's own
/// policies. `is_named` is whether a template names the resource.
fn is_of_resource(of: &ResourcePolicy<'_>, document: &PolicyDocument, resource: &str, is_named: bool) -> Option<bool> {
    let is_of_service = |statement: &Value| {
        // That of a function stands beside its principal.
        let principal = statement.get("Principal").or_else(|| statement.pointer("/Condition/Principal"));
        let is_it = |one: &Value| one.as_str().is_some_and(|one| one.contains(DNS_SUFFIX));
        let is_alone = |one: &Value| one.as_object().is_some_and(|who| who.keys().eq(["Service"]));
        principal.is_some_and(|one| is_it(one) || is_alone(one))
    };
    let leaves_all = |statement: &Value| {
        let root = statement.pointer("/Principal/AWS").and_then(Value::as_str);
        let is_all = statement.get("Effect").is_some_and(|effect| effect == "Allow")
            && statement.get("Action").is_some_and(|action| action == "kms:*");
        let is_own = |root: &str| root.ends_with(":root") && account_of(root) == account_of(resource);
        is_all && root.is_some_and(is_own) && statement.get("Condition").is_none()
    };
    // Without such a statement, a key leaves nothing to the account.
    // Source: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
    let is_left = of.resource_type != "AWS::KMS::Key" || document.statements().any(leaves_all);
    if is_left && document.statements().all(|one| is_of_service(one) || leaves_all(one)) {
        return None;
    }
    let last = |text: &str| text.rsplit([':', '/']).next().map(str::to_owned);
    // CloudFormation makes up a name where a template has none: it is that of nothing that a template names.
    let is_made_up = |text: &str| !is_named && (text.starts_with('{') || text.contains(UNNAMED_BESIDE));
    let may_be = |target: &Option<String>| match target {
        Some(target) if is_made_up(target) => true,
        Some(target) if target.starts_with("arn:") => resource.starts_with(target),
        Some(target) => last(resource).zip(last(target)).is_some_and(|(own, of)| own.starts_with(&of)),
        None => true,
    };
    let about = resources_of(document);
    // A variable is whatever who asks has.
    let is_open = |text: &str| text.contains("${") || is_made_up(text);
    let is_like = |pattern: &str| is_open(pattern) || is_like_pattern(pattern, resource);
    let is_like = about.iter().any(|pattern| pattern.is_none_or(is_like));
    let is_known = of.targets.iter().any(|target| target.as_deref() == Some(resource));
    let may_be = of.targets.is_empty() || of.targets.iter().any(may_be);
    let is_alone = is_known || about.iter().all(|pattern| *pattern == Some(resource));
    (may_be && is_like).then(|| is_alone && !about.iter().flatten().any(|pattern| is_open(pattern)))
}

/// Whether an action is that by which somebody takes a role.
pub(super) fn is_assume_role(action: &str) -> bool {
    action.eq_ignore_ascii_case("sts:AssumeRole")
}
