//! What a company has of its own beside racestack's things in templates of its own: roles, topics, queues and keys that are about
//! nobody's things. A role must besides lie within its limits, as `limits-company.json.hbs` has them.

use serde_json::Value;

use crate::inventory::{ResourcePolicy, one_or_more};
use crate::plan::Names;

/// Types whose policies let nobody in: they narrow what goes through an endpoint, and what stands in the messages of a topic,
/// whose own policy is a resource of another type.
/// Sources: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/message-data-protection.html>
const NARROWING: [&str; 2] = ["AWS::EC2::VPCEndpoint", "AWS::SNS::Topic"];

/// Types of policies of topics, of which racestack has some.
const TOPICS: [&str; 2] = ["AWS::SNS::TopicInlinePolicy", "AWS::SNS::TopicPolicy"];

/// Types of policies of what holds nothing of people's: racestack's one queue is of undelivered calls of a function. Whoever may use a key that a bucket or a volume has reads neither: that
/// takes a permission of S3 or of EC2, too.
const OTHERS: [&str; 3] = ["AWS::KMS::Key", "AWS::SQS::QueueInlinePolicy", "AWS::SQS::QueuePolicy"];

/// Whom the policies of such things may let in.
pub const ALLOWED: &str = "services of AWS, this account, and roles of it that are no notebook's";
/// What to do where the trust policy of such a role lets in somebody else.
pub const ROLE: &str =
    "name a service, this account or a role of it as the principal, and `sts:AssumeRole` as the only action";

/// Whether the policies of a resource let nobody in.
pub fn only_narrows(policy: &ResourcePolicy<'_>) -> bool {
    NARROWING.contains(&policy.resource_type)
}

/// Whether the policies of a resource are about what is not racestack's.
pub fn is_about_its_own(policy: &ResourcePolicy<'_>, names: &Names) -> bool {
    let ours = [&names.budgets_topic_arn, &names.notices_topic_arn];
    let is_other = |target: &Option<String>| {
        target.as_ref().is_some_and(|target| target.starts_with("arn:") && !ours.contains(&target))
    };
    let is_of_others = !policy.targets.is_empty() && policy.targets.iter().all(is_other);
    OTHERS.contains(&policy.resource_type) || TOPICS.contains(&policy.resource_type) && is_of_others
}

/// Whether a statement lets in nobody but services of AWS, this account, which leaves it to the account's own policies, and
/// roles of this account that are no person's notebook's.
pub fn lets_in_its_own(statement: &Value, names: &Names) -> bool {
    let account = format!("arn:{}:iam::{}:", names.partition, names.account_id);
    let is_of_account = |one: &str| {
        let Some(what) = one.strip_prefix(&account) else { return one == names.account_id };
        let role = what.strip_prefix("role").filter(|role| !role.contains(['*', '?']));
        what == "root" || role.is_some_and(|path| path.starts_with('/') && !path.starts_with(&names.notebook_role_path))
    };
    let is_service = |one: &str| {
        let suffixes = [".amazonaws.com", &format!(".{}", names.dns_suffix)];
        suffixes.iter().any(|suffix| one.ends_with(suffix)) && !one.contains(['*', '?'])
    };
    let is_named = |kind: &str, one: &str| match kind {
        "AWS" => is_of_account(one),
        "Service" => is_service(one),
        _ => false,
    };
    let Some(principals) = statement.get("Principal").and_then(Value::as_object) else { return false };
    let all_named = |(kind, value): (&String, &Value)| {
        one_or_more(Some(value)).all(|one| one.as_str().is_some_and(|one| is_named(kind, one)))
    };
    !principals.is_empty() && principals.iter().all(all_named) && statement.get("NotPrincipal").is_none()
}
