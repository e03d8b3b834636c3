//! Who is let in by the policies of roles and of other resources, which name principals: of racestack's, and of what a company has of its
//! own in templates of its own, roles, topics, queues and keys that are about nobody's things.

use serde_json::{Value, json};

use super::kind::{Kind, Subject};
use super::problem::{GRAMMAR, Problem};
use crate::finding::Rule;
use crate::iam::{Context, Decision, Policies, Principal, Request, ResourcePolicy, decide};
use crate::inventory::{
    self, BUCKET_POLICY, DYNAMIC_REFERENCE, IamInventory, IdentityKind, Location, Policy, one_or_more,
};
use crate::model::{Profile, Service};
use crate::plan::{AccountPlan, Names};

/// What the names of services end with, in some partitions beside their own suffix.
const DNS_SUFFIX: &str = "amazonaws.com";

/// Types whose policies let nobody in: they narrow what goes through an endpoint, and what stands in the messages of a topic,
/// whose own policy is a resource of another type.
/// Sources: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/message-data-protection.html>
const NARROWING: [&str; 2] = ["AWS::EC2::VPCEndpoint", "AWS::SNS::Topic"];

/// Types of policies of topics, of which racestack has some.
const TOPICS: [&str; 2] = ["AWS::SNS::TopicInlinePolicy", "AWS::SNS::TopicPolicy"];

/// Types of policies of what holds nothing of people's: racestack's one queue is of undelivered calls of a function. Whoever may
/// use a key that a bucket or a volume has reads neither: that takes a permission of S3 or of EC2, too.
const OTHERS: [&str; 3] = ["AWS::KMS::Key", "AWS::SQS::QueueInlinePolicy", "AWS::SQS::QueuePolicy"];

/// Whom the policies of such things may let in.
const ALLOWED: &str = "services of AWS, this account, and roles of it that are no notebook's";
/// What to do where the trust policy of such a role lets in somebody else.
const ROLE: &str =
    "name a service, this account or a role of it as the principal, and `sts:AssumeRole` as the only action";

/// Checks who may take a role: the services of its kind, in the one way that is allowed, and nobody else.
pub fn check(subject: &Subject<'_, '_>, plan: &AccountPlan<'_>) -> Vec<Problem> {
    let Subject { identity, inventory, kind, .. } = *subject;
    if identity.kind != IdentityKind::Role {
        return Vec::new();
    }
    let undecided =
        |message, location, help| vec![Problem { help, ..Problem::at(Rule::IsolationUndecided, message, location) }];
    let Some((index, policy)) = identity.trust.and_then(|index| Some((index, inventory.policies.get(index)?))) else {
        let message = format!("the role `{}` has no trust policy", identity.name);
        let help = "give it `AssumeRolePolicyDocument`, as the built-in templates do, which `racestack templates --export DIR` writes";
        return undecided(message, &identity.location, help);
    };
    let services: &[Service] = match &kind {
        Kind::Notebook | Kind::SuspendedNotebook => &[Service::Sagemaker],
        Kind::KeyRotation => &[Service::Lambda],
        Kind::Service(service) => std::slice::from_ref(service),
        Kind::Person | Kind::SuspendedPerson | Kind::Stranger | Kind::Other => &[],
    };
    let names = &plan.names;
    // What SageMaker does for another account it does not do with this role.
    let for_account = kind == Kind::Service(Service::Sagemaker) && plan.account.policies == Profile::Hardened;
    let services: Vec<&str> = services.iter().map(|service| service.as_str()).collect();
    let is_allowed = |one: &Value| {
        let mut actions = one_or_more(one.get("Action"));
        let is_taking = one.get("Action").is_some() && actions.all(is_assume_role);
        let lets_in = match kind {
            Kind::Other => lets_in_its_own(one, names),
            _ => lets_in_only(one, &services, false, names) && (!for_account || is_for_account(one, names)),
        };
        is_taking && lets_in
    };
    let message = format!("the role of {} can be taken by somebody else, or in another way", subject.who());
    let (help, by) = if kind == Kind::Other {
        (ROLE, ALLOWED.to_owned())
    } else {
        let services: Vec<String> = services.iter().map(|one| format!("`{one}.{DNS_SUFFIX}`")).collect();
        let where_for = if for_account { ", where `aws:SourceAccount` is this account" } else { "" };
        let help = "let `sts:AssumeRole` by the role's one service be all that the trust policy allows";
        (help, services.join(" or ") + where_for)
    };
    let notes = vec![format!("allowed is `sts:AssumeRole` by {by}")];
    let problem = Problem { help, notes, ..Problem::at(Rule::IsolationTooWide, message, &policy.location) };
    let mut problems = opened(inventory, index, &problem, is_allowed);
    match kind {
        _ if policy.document.parsed().is_err() => {
            let message = format!("the trust policy of `{}` cannot be read", identity.name);
            problems.extend(undecided(message, &policy.location, GRAMMAR));
        }
        Kind::Notebook => problems.extend(refused(subject, (index, policy), "sagemaker", names)),
        Kind::KeyRotation => problems.extend(refused(subject, (index, policy), "lambda", names)),
        _ => {}
    }
    problems
}

/// Whether an action is that of taking a role, in whatever case.
fn is_assume_role(action: &Value) -> bool {
    action.as_str().is_some_and(|action| action.eq_ignore_ascii_case("sts:AssumeRole"))
}

/// What is wrong where the one service of a role cannot take it.
fn refused(
    subject: &Subject<'_, '_>,
    (index, policy): (usize, &Policy<'_>),
    service: &str,
    names: &Names,
) -> Option<Problem> {
    let document = policy.document.parsed().ok()?;
    let trust = ResourcePolicy::Required(document);
    let Names { partition, region, account_id, .. } = names;
    let works_for = |thing: &&str| {
        let source = format!("arn:{partition}:{service}:{region}:{account_id}:{thing}/any");
        let request = Request {
            principal: Principal::Service(format!("{service}.{DNS_SUFFIX}")),
            action: "sts:AssumeRole".to_owned(),
            resource: subject.identity.arn.clone(),
            context: Context::new().with("aws:SourceAccount", account_id).with("aws:SourceArn", source),
        };
        decide(&request, &Policies { resource: Some(trust), ..Policies::default() }).decision == Decision::Allowed
    };
    let things: &[&str] = if service == "lambda" { &["function"] } else { &["notebook-instance", "training-job"] };
    let refused = things.iter().find(|thing| !works_for(thing))?;
    let message = format!("{service} cannot take on the role of {} for a {refused}", subject.kind.who());
    let help = "let the role's one service call `sts:AssumeRole`, for this account at least";
    let statements = vec![(index, 0)];
    Some(Problem { help, statements, ..Problem::at(Rule::IsolationOwnRefused, message, &policy.location) })
}

/// Whether all of it is a dynamic reference.
fn is_known_at_deployment(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(DYNAMIC_REFERENCE),
        Value::Array(all) => all.iter().all(is_known_at_deployment),
        Value::Object(all) => all.values().all(is_known_at_deployment),
        _ => false,
    }
}

/// The problem for each statement of a policy that lets somebody in and is not allowed.
pub fn opened(
    inventory: &IamInventory<'_>,
    index: usize,
    problem: &Problem,
    is_allowed: impl Fn(&Value) -> bool,
) -> Vec<Problem> {
    let Some(policy) = inventory.policies.get(index) else { return Vec::new() };
    // Whom a statement names is a doubt already where it is known only when the stack is deployed, and it names nobody else.
    let is_told = |at: usize| {
        let Location { stack, logical_id, path } = &policy.location;
        let principals = [format!("{path}/Statement/{at}/Principal"), format!("{path}/Statement/Principal")];
        let mut doubts = inventory.doubts.iter().map(|doubt| &doubt.location);
        doubts.any(|of| {
            (of.stack, of.logical_id) == (*stack, *logical_id)
                && principals.iter().any(|path| of.path.starts_with(path.as_str()))
        })
    };
    let statements = one_or_more(policy.document.value.get("Statement")).enumerate();
    let is_open = |one: &Value| one.get("Effect") != Some(&json!("Deny")) && !is_allowed(one);
    let is_unknown = |one: &Value| one.get("Principal").is_some_and(is_known_at_deployment);
    let open = statements.filter(|(at, one)| is_open(one) && !(is_unknown(one) && is_told(*at)));
    let found = |one: &Value| {
        let [principal, action] =
            ["Principal", "Action"].map(|key| one.get(key).or(one.get(format!("Not{key}"))).map(Value::to_string));
        format!("found is `{}` for `{}`", action.unwrap_or_default(), principal.unwrap_or_default())
    };
    let problem = |(at, one): (usize, &Value)| {
        let notes = [vec![found(one)], problem.notes.clone()].concat();
        Problem { statements: vec![(index, at)], notes, ..problem.clone() }
    };
    open.map(problem).collect()
}

/// Whether a statement names nobody but these services and, where it may, the account, which leaves it to the account's own
/// policies. Conditions only narrow it.
pub fn lets_in_only(statement: &Value, services: &[&str], or_account: bool, names: &Names) -> bool {
    let root = format!("arn:{}:iam::{}:root", names.partition, names.account_id);
    names_only(statement, |kind, one| match kind {
        "AWS" => or_account && (one == names.account_id || one == root),
        "Service" => service(one, names).is_some_and(|service| services.contains(&service)),
        _ => false,
    })
}

/// Whether a statement that names services is about what these do for this account: without it, whoever has one of them
/// point here from an account of their own is let in.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html#cross-service-confused-deputy-prevention>
pub fn is_for_account(statement: &Value, names: &Names) -> bool {
    let names_service = statement.get("Principal").is_some_and(|principals| principals.get("Service").is_some());
    let operators = statement.get("Condition").and_then(Value::as_object).into_iter().flatten();
    let is_of_account = |(operator, keys): (&String, &Value)| {
        let operator = operator.to_ascii_lowercase();
        let is_known = ["arnequals", "arnlike", "stringequals", "stringlike"].contains(&operator.as_str());
        let is_own = |(key, values): (&String, &Value)| {
            let is_it = |value: &Value| match key.to_ascii_lowercase().as_str() {
                "aws:sourceaccount" => *value == names.account_id,
                "aws:sourcearn" => value.as_str().is_some_and(|arn| is_of(arn, names)),
                _ => false,
            };
            one_or_more(Some(values)).all(is_it)
        };
        is_known && keys.as_object().is_some_and(|keys| keys.iter().any(is_own))
    };
    !names_service || operators.into_iter().any(is_of_account)
}

/// Whether an ARN, or a pattern that ends with a wildcard, is of this account alone.
fn is_of(arn: &str, names: &Names) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    // As a text, a wildcard would reach beyond its segment.
    let are_plain = parts.iter().take(5).all(|part| !part.contains(['*', '?']));
    are_plain && matches!(parts.as_slice(), ["arn", _, _, _, account, _] if *account == names.account_id)
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
    names_only(statement, |kind, one| match kind {
        "AWS" => is_of_account(one),
        "Service" => service(one, names).is_some(),
        _ => false,
    })
}

/// Whether a statement names nobody but principals of whose kind and name this holds.
fn names_only(statement: &Value, is_named: impl Fn(&str, &str) -> bool) -> bool {
    let Some(principals) = statement.get("Principal").and_then(Value::as_object) else { return false };
    let all_named = |(kind, value): (&String, &Value)| {
        one_or_more(Some(value)).all(|one| one.as_str().is_some_and(|one| is_named(kind, one)))
    };
    !principals.is_empty() && principals.iter().all(all_named) && statement.get("NotPrincipal").is_none()
}

/// The name of a service of AWS, without its suffix.
fn service<'p>(principal: &'p str, names: &Names) -> Option<&'p str> {
    let suffixes = [DNS_SUFFIX, names.dns_suffix.as_str()];
    let service = suffixes.iter().find_map(|suffix| principal.strip_suffix(*suffix)?.strip_suffix('.'))?;
    (!service.contains(['*', '?'])).then_some(service)
}

/// Whether a service calls a function, for a source of this account alone: a resource of the same template, or an ARN.
pub fn is_called_for_account(permission: &Value, names: &Names) -> bool {
    let text = |key: &str| permission.get(key).and_then(Value::as_str);
    let source = permission.get("SourceArn").and_then(|source| source.get("Fn::GetAtt")?.get(1));
    let is_own = |arn: &str| !arn.contains(['*', '?']) && is_of(arn, names);
    text("Principal").is_some_and(|one| service(one, names).is_some())
        && (source.is_some_and(|attribute| attribute == "Arn") || text("SourceArn").is_some_and(is_own))
}

/// Whether the policies of a resource let nobody in.
pub fn only_narrows(policy: &inventory::ResourcePolicy<'_>) -> bool {
    NARROWING.contains(&policy.resource_type)
}

/// Whether the policies of a resource are about what is not racestack's.
pub fn is_about_its_own(policy: &inventory::ResourcePolicy<'_>, names: &Names) -> bool {
    let is_of_others = |is_other: &dyn Fn(&String) -> bool| {
        !policy.targets.is_empty() && policy.targets.iter().all(|target| target.as_ref().is_some_and(is_other))
    };
    match policy.resource_type {
        BUCKET_POLICY => is_of_others(&|bucket| {
            bucket.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) && *bucket != names.bucket
        }),
        kind if TOPICS.contains(&kind) => is_of_others(&|topic| {
            topic.starts_with("arn:") && ![&names.budgets_topic_arn, &names.notices_topic_arn].contains(&topic)
        }),
        kind => OTHERS.contains(&kind),
    }
}
