//! Other ways to somebody's things: the policies of resources and roles, which name who is let in, and resources that hand on
//! what people have.

use std::collections::BTreeSet;

use serde_json::Value;

use super::access::KNOWN;
use super::beside::ELSEWHERE;
use super::kind::own_role;
use super::principals::{Allowed, COMPANYS, NOBODY, is_called_for_account, opened};
use super::problem::{Problem, document};
use crate::facts::{NOTEBOOK_TYPE, SERVICE_LINKED};
use crate::finding::Rule;
use crate::inventory::{
    BUCKET_POLICY, Doubt, IamInventory, IdentityKind, Location, Notebook, Policy, PolicyKind, Principal, Resource,
    ResourcePolicy, ServiceRole, UNNAMED, resources_of,
};
use crate::plan::{AccountPlan, Names};
use crate::render::{PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TEAM};

const ONCE: &str =
    "give one of them another name; what racestack makes, no policy of the company's can take the place of";
const WRITTEN_OUT: &str = "write out in the templates what decides what a person may do, and make other resources in a stack that racestack does not write";
const ONE_POLICY: &str = "write all statements about the bucket into one `AWS::S3::BucketPolicy`";
const PERMISSION: &str = "AWS::Lambda::Permission";

/// Types whose policies let nobody in: they narrow what goes through an endpoint, and what stands in the messages of a topic,
/// whose own policy is a resource of another type.
/// Sources: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/message-data-protection.html>
pub const NARROWING: [&str; 2] = ["AWS::EC2::VPCEndpoint", "AWS::SNS::Topic"];

/// What is not as it must be in the resources of an account. `people` is the index of the first stack of people.
pub fn check(
    inventory: &IamInventory<'_>,
    operations: Option<(usize, &Value)>,
    plan: &AccountPlan<'_>,
    people: usize,
) -> Vec<Problem> {
    [
        unread(inventory),
        given_by_people(inventory, people),
        of_one_name(inventory),
        inline_of_one_name(inventory),
        several_of_bucket(inventory, &plan.names),
        with_words_of_prototypes(inventory, people),
        of_people(inventory, people),
        with_roles(inventory, operations, plan, people),
        opened_by_resources(inventory, &plan.names),
    ]
    .concat()
}

fn undecided(message: String, location: &Location<'_>, help: &'static str) -> Problem {
    Problem::at(Rule::IsolationUndecided, message, help, location)
}

/// What is not known of the templates, and policies that cannot be read.
fn unread(inventory: &IamInventory<'_>) -> Vec<Problem> {
    let of_doubt = |doubt: &Doubt<'_>| undecided(doubt.message.clone(), &doubt.location, WRITTEN_OUT);
    // Of what is filled in from elsewhere in a policy, a doubt tells already.
    let is_told = |of: &Location<'_>| inventory.doubts.iter().any(|doubt| doubt.location.is_within(of));
    let read = inventory.policies.iter().filter(|one| one.kind != PolicyKind::Resource && !is_told(&one.location));
    inventory.doubts.iter().map(of_doubt).chain(read.filter_map(|policy| document(policy).err())).collect()
}

/// Policies that the template of people gives to what is not theirs.
fn given_by_people(inventory: &IamInventory<'_>, people: usize) -> Vec<Problem> {
    let shared = inventory.groups.iter().chain(&inventory.principals).filter(|one| one.location.stack < people);
    let problem = |one: &Principal<'_>| {
        let mut all = one.policies.iter().filter_map(|index| inventory.policies.get(*index));
        let policy = all.find(|policy| policy.location.stack >= people)?;
        let (name, policy) = (&one.name, &policy.name);
        let message = format!("the template of people gives `{name}`, which others have too, the policy `{policy}`");
        let help = "let the template of people give policies to their own users and roles alone";
        Some(undecided(message, &one.location, help))
    };
    shared.filter_map(problem).collect()
}

/// Policies of the bucket beside its one: which of them it has hangs on which is made last.
fn several_of_bucket(inventory: &IamInventory<'_>, names: &Names) -> Vec<Problem> {
    let is_of_bucket =
        |one: &&ResourcePolicy<'_>| one.resource_type == BUCKET_POLICY && !is_of_other_buckets(one, names);
    let mut of_bucket = inventory.resource_policies.iter().filter(is_of_bucket);
    let problem = of_bucket.next().zip(of_bucket.next()).map(|(one, other)| {
        let ids = [one, other].map(|policy| policy.location.logical_id);
        let message = format!("`{}` and `{}` are policies of the bucket, and S3 keeps one", ids[0], ids[1]);
        undecided(message, &other.location, ONE_POLICY)
    });
    Vec::from_iter(problem)
}

/// Policies for all that have a name of a prototype's: what is proven of these names is proven of everybody's only while none has.
fn with_words_of_prototypes(inventory: &IamInventory<'_>, people: usize) -> Vec<Problem> {
    let problem = |policy: &Policy<'_>| {
        let text = policy.document.value.to_string();
        let words = [PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TEAM];
        let word = words.iter().find(|word| text.contains(**word))?;
        let message = format!("the policy `{}` has the word `{word}`, which stands for everybody here", policy.name);
        Some(undecided(message, &policy.location, KNOWN))
    };
    inventory.policies.iter().filter(|policy| policy.location.stack < people).filter_map(problem).collect()
}

/// Users that the template of people makes beside a person's own, and notebooks that act as somebody else.
fn of_people(inventory: &IamInventory<'_>, people: usize) -> Vec<Problem> {
    let own = || inventory.principals.iter().filter(|one| one.location.stack >= people);
    let user = own().find(|one| one.kind == IdentityKind::User && one.name != PROTOTYPE_NAME).map(|other| {
        let message = format!("`{}` is a user besides the person's own", other.location.logical_id);
        let help = "let the template of people make one `AWS::IAM::User`, with the `UserName` of the built-in one";
        undecided(message, &other.location, help)
    });
    let acts_as_other = |notebook: &&Notebook<'_>| !own().any(|one| notebook.role_arn.as_ref() == Some(&one.arn));
    let notebooks = inventory.notebooks.iter().filter(acts_as_other).map(|notebook| {
        let role = notebook.role_arn.as_deref().unwrap_or("a role that is not known");
        let message = format!("the notebook `{}` acts as `{role}`, which is not its person's own role", notebook.name);
        let help = "let its `RoleArn` be `{Fn::GetAtt: [{{ids.notebook_role}}, Arn]}`";
        undecided(message, &notebook.location, help)
    });
    user.into_iter().chain(notebooks).collect()
}

/// What acts as a role that is not for it.
fn with_roles(
    inventory: &IamInventory<'_>,
    operations: Option<(usize, &Value)>,
    plan: &AccountPlan<'_>,
    people: usize,
) -> Vec<Problem> {
    let problem = |one: &ServiceRole<'_>| {
        let mut roles = inventory.principals.iter();
        let known = roles.find(|principal| principal.arn == one.role || principal.name == one.role);
        let what = match known {
            Some(role) if role.location.stack >= people => "which is the role of a person's notebook",
            // What a role of racestack's own may do was weighed for what has it there: the rotation's function, and people's consoles.
            Some(role) if own_role(role, plan).is_some() && !is_rotation(one, operations, plan) => {
                "which is a role of racestack's own"
            }
            // AWS alone takes and changes these. What a function makes is no ARN, whatever stands in it.
            None if one.role.starts_with("arn:") && one.role.contains(SERVICE_LINKED) => return None,
            None => "which no stack defines",
            Some(_) => return None,
        };
        let message = format!("`{}` acts as `{}`, {what}", one.location.logical_id, one.role);
        let help = "give it a role of its own in the templates, with what it needs and no more";
        Some(undecided(message, &one.location, help))
    };
    // What a notebook acts as is looked at with the people.
    let others = inventory.service_roles.iter().filter(|one| one.resource_type != NOTEBOOK_TYPE);
    others.filter_map(problem).collect()
}

/// Policies of resources that let somebody in, or of which it is not known whom.
fn opened_by_resources(inventory: &IamInventory<'_>, names: &Names) -> Vec<Problem> {
    let problems = |of: &ResourcePolicy<'_>| {
        let Some(allowed) = allowed(of, names) else {
            let (id, kind) = (of.location.logical_id, of.resource_type);
            let message = format!("racestack does not know what the policy of `{id}`, an `{kind}`, opens");
            return vec![undecided(message, &of.location, ELSEWHERE)];
        };
        let message = format!("the policy of `{}` lets somebody in by itself", of.location.logical_id);
        let help = "name the one service that needs it, for this account by `aws:SourceAccount`, or this account, as the principal";
        let problem = Problem::at(Rule::IsolationTooWide, message, help, &of.location);
        let is_allowed = |one: &Value| match of.resource_type {
            PERMISSION => one.get("Condition").is_some_and(|given| is_called_for_account(given, names)),
            _ => allowed.is_all_of(one, names),
        };
        of.policies.iter().flat_map(|index| opened(inventory, *index, &problem, is_allowed)).collect()
    };
    let opening = inventory.resource_policies.iter().filter(|of| !NARROWING.contains(&of.resource_type));
    opening.flat_map(problems).collect()
}

/// Managed policies, users, roles and groups of which another has the name, and be it one of the company's policies: the account has one
/// of them, and only that was looked at which comes last.
fn of_one_name(inventory: &IamInventory<'_>) -> Vec<Problem> {
    let managed = inventory.policies.iter().filter(|policy| matches!(policy.kind, PolicyKind::Managed(_)));
    let policies = managed.map(|policy| ("policy", &policy.name, &policy.location));
    let identities = inventory.principals.iter().chain(&inventory.groups).map(|one| {
        let what = match one.kind {
            IdentityKind::User => "user",
            IdentityKind::Role => "role",
            IdentityKind::Group => "group",
        };
        (what, &one.name, &one.location)
    });
    let mut known = BTreeSet::new();
    // Names differ in more than case. Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    let all = policies.chain(identities).filter(|(_, name, _)| !name.starts_with(UNNAMED));
    let again = all.filter(|(what, name, _)| !known.insert((*what, name.to_ascii_lowercase())));
    let problem = |(what, name, location): (&str, &String, &Location<'_>)| {
        let message =
            format!("the {what} `{name}` is defined twice, and an account has one of a name, in whatever case");
        undecided(message, location, ONCE)
    };
    again.map(problem).collect()
}

/// Inline policies of a user, a role or a group of which another has the name: it has one of them, whichever is made last.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutGroupPolicy.html>
fn inline_of_one_name(inventory: &IamInventory<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for one in inventory.principals.iter().chain(&inventory.groups) {
        let mut known = BTreeSet::new();
        let policies = one.policies.iter().take(one.attached).filter_map(|index| inventory.policies.get(*index));
        let inline = policies.filter(|policy| !matches!(policy.kind, PolicyKind::Managed(_)));
        for policy in inline.filter(|policy| !policy.name.starts_with(UNNAMED)) {
            if !known.insert(policy.name.to_ascii_lowercase()) {
                let message = format!("`{}` has two inline policies `{}`, and IAM keeps one", one.name, policy.name);
                problems.push(undecided(message, &policy.location, ONCE));
            }
        }
    }
    problems
}

/// Whether all that the policies of a resource are about is known, and is so.
fn is_about(of: &ResourcePolicy<'_>, is_so: impl Fn(&String) -> bool) -> bool {
    !of.targets.is_empty() && of.targets.iter().all(|target| target.as_ref().is_some_and(&is_so))
}

fn is_of_other_buckets(of: &ResourcePolicy<'_>, names: &Names) -> bool {
    is_about(of, |bucket| {
        bucket.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) && *bucket != names.bucket
    })
}

/// Whom the policies of a resource may let in; `None` of a type of which nothing is known.
fn allowed(of: &ResourcePolicy<'_>, names: &Names) -> Option<Allowed<'static>> {
    let is_other_topic = |topic: &String| {
        topic.starts_with("arn:") && ![&names.budgets_topic_arn, &names.notices_topic_arn].contains(&topic)
    };
    Some(match of.resource_type {
        BUCKET_POLICY if is_of_other_buckets(of, names) => COMPANYS,
        "AWS::SNS::TopicInlinePolicy" | "AWS::SNS::TopicPolicy" if is_about(of, is_other_topic) => COMPANYS,
        BUCKET_POLICY | PERMISSION => NOBODY,
        "AWS::SNS::TopicPolicy" => {
            Allowed { services: Some(&["budgets", "cloudwatch"]), for_account: true, account: true, roles: false }
        }
        "AWS::SNS::TopicInlinePolicy" | "AWS::SecretsManager::ResourcePolicy" => Allowed { account: true, ..NOBODY },
        // They hold nothing of people's: racestack's one queue is of undelivered calls of a function. Whoever may use a key that a
        // bucket or a volume has reads neither: that takes a permission of S3 or of EC2, too.
        "AWS::KMS::Key" | "AWS::SQS::QueueInlinePolicy" | "AWS::SQS::QueuePolicy" => COMPANYS,
        _ => return None,
    })
}

/// Whether the function that rotates access keys, the only one of its name in the stack of operations, acts as a role: `own` compares
/// which.
fn is_rotation(one: &ServiceRole<'_>, operations: Option<(usize, &Value)>, plan: &AccountPlan<'_>) -> bool {
    let Some((stack, resources)) = operations else { return false };
    let has_name =
        |one: &Resource<'_>| one.property("FunctionName").is_some_and(|name| *name == plan.names.key_rotation_function);
    let named: Vec<&str> = resources_of(stack, resources).filter(has_name).map(|one| one.logical_id).collect();
    one.location.stack == stack && named == [one.location.logical_id]
}
