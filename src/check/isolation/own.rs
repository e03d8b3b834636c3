//! What racestack's own resources must be where templates of one's own make them: as the built-in templates have them, but for
//! what a company may have as it wants. Policies are compared by the proof, and tags by `owner_tags`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::finding::Rule;
use crate::inventory::{Location, existing_notebook};
use crate::model::{MANAGED_BY, User};
use crate::plan::{AccountPlan, Part};
use crate::render::{self, People, RenderFailure, Templates, UserShape, resources_of_prototypes};

/// The most characters of a value that a finding shows.
const SHOWN: usize = 60;

const LEAVE: &str = "leave it as the built-in template has it, which `racestack templates --export DIR` writes";
const ANSWER: &str = "leave it as the built-in template has it, which `racestack templates --export DIR` writes, or answer for it: suppress this warning";

/// A type of racestack's own resources.
struct Own {
    kind: &'static str,
    /// What it is called.
    noun: &'static str,
    /// The property with its name, which tells it from others, whatever its logical ID; empty where it has none.
    name: &'static str,
    /// Keys, at any depth, that a company may have as it wants, or that other checks look at.
    free: &'static [&'static str],
    /// Keys, at any depth, of what the built-in template has by the settings and the roster, or to keep people apart.
    held: &'static [&'static str],
    /// What becomes of any other key: a rule, and whether somebody may answer for it.
    other: (Rule, bool),
}

const OWN: &[Own] = &[
    Own {
        kind: "AWS::Events::Rule",
        noun: "rule",
        name: "Name",
        free: &["DeadLetterConfig", "Description", "Id", "Name", "RetryPolicy", "Tags"],
        held: &["Arn", "State", "Targets"],
        other: (Rule::IsolationUndecided, true),
    },
    Own {
        kind: "AWS::IAM::User",
        noun: "user",
        name: "UserName",
        free: &["Groups", "ManagedPolicyArns", "PermissionsBoundary", "Policies", "Tags"],
        held: &["Password", "PasswordResetRequired"],
        other: (Rule::IsolationOwnRefused, false),
    },
    Own {
        kind: "AWS::Lambda::Function",
        noun: "function",
        name: "FunctionName",
        free: &[
            "Architectures",
            "Description",
            "KmsKeyArn",
            "LoggingConfig",
            "MemorySize",
            "Tags",
            "TracingConfig",
            "VpcConfig",
        ],
        held: &["Environment", "Role"],
        other: (Rule::IsolationUndecided, true),
    },
    Own {
        kind: "AWS::S3::Bucket",
        noun: "bucket",
        name: "BucketName",
        free: &[
            "AccelerateConfiguration",
            "AnalyticsConfigurations",
            "CorsConfiguration",
            "InventoryConfigurations",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "MetadataConfiguration",
            "MetadataTableConfiguration",
            "MetricsConfigurations",
            "NotificationConfiguration",
            "ReplicationConfiguration",
            "Tags",
        ],
        held: &[],
        other: (Rule::IsolationUndecided, false),
    },
    Own {
        kind: "AWS::S3::BucketPolicy",
        noun: "bucket policy",
        name: "",
        free: &["PolicyDocument"],
        held: &[],
        other: (Rule::IsolationUndecided, false),
    },
    Own {
        kind: "AWS::SNS::Subscription",
        noun: "subscription",
        name: "",
        free: &[],
        held: &[],
        other: (Rule::IsolationUndecided, true),
    },
    Own {
        kind: "AWS::SageMaker::NotebookInstance",
        noun: "notebook",
        name: "NotebookInstanceName",
        free: &["NotebookInstanceName", "RoleArn", "Tags"],
        held: &["DirectInternetAccess", "InstanceType", "KmsKeyId", "SecurityGroupIds", "SubnetId", "VolumeSizeInGB"],
        other: (Rule::IsolationUndecided, true),
    },
    Own {
        kind: "AWS::SecretsManager::Secret",
        noun: "secret",
        name: "Name",
        free: &["Description", "Tags"],
        held: &[],
        other: (Rule::IsolationTooWide, false),
    },
];

/// Resources by logical ID, with what a template says of notebooks that were made by hand.
type Resources<'a> = Vec<(&'a String, &'a Value)>;

/// What of racestack's own resources is not as the built-in templates have it: the problems, each with the shape of the person
/// whose it is.
///
/// # Errors
/// When a built-in template cannot be filled, which is a fault of the program.
pub fn check<'a>(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    stacks: &[(Part, Value)],
    prototypes: &'a BTreeMap<UserShape, Value>,
) -> Result<Vec<(Problem, Option<&'a UserShape>)>, RenderFailure> {
    let mut all = Vec::new();
    let Some(built_in) = templates.built_in() else { return Ok(all) };
    let users: Vec<User> = prototypes.keys().filter_map(UserShape::prototype).collect();
    let people = People::render(built_in, plan.account, &plan.names, &users)?;
    for stack in plan.stacks.iter().filter(|one| matches!(one.part, Part::Storage | Part::Operations)) {
        let rendered = render::fill(built_in, plan, stack, &people)?;
        let expected = render::read(built_in, &rendered)?.map(|template| template.value).unwrap_or_default();
        let found = stacks.iter().enumerate().find(|(_, (part, _))| *part == stack.part);
        if let (Some((index, (_, found))), Some(expected)) = (found, expected.get("Resources")) {
            all.extend(differences(plan, index, found, expected).into_iter().map(|problem| (problem, None)));
        }
    }
    let (_, built_in) = resources_of_prototypes(built_in, &people)?;
    for ((shape, found), expected) in prototypes.iter().zip(built_in.values()) {
        let differing = differences(plan, stacks.len(), found, expected);
        all.extend(differing.into_iter().map(|problem| (problem, Some(shape))));
    }
    Ok(all)
}

/// What of the resources of a stack is not as expected.
fn differences(plan: &AccountPlan<'_>, stack: usize, found: &Value, expected: &Value) -> Vec<Problem> {
    let (found, expected) = (flat(found), flat(expected));
    let mut problems = Vec::new();
    let mut compared = Vec::new();
    for (id, wanted) in &expected {
        let Some(own) = own(wanted) else { continue };
        let is_same = |(other, value): &&(&String, &Value)| {
            let names = [*wanted, value].map(|one| one.get("Properties").and_then(|all| all.get(own.name)));
            value.get("Type") == wanted.get("Type") && (other == id || names[0].is_some() && names[0] == names[1])
        };
        let Some((other, value)) = found.iter().find(is_same) else {
            let message = format!("the {} `{id}` is missing, which racestack's own template has", own.noun);
            problems.push(problem(own.other, message, &location(stack, id, "")));
            continue;
        };
        compared.push(*other);
        problems.extend(of_resource(own, (stack, other), value, wanted));
        if plan.account.key_rotation.is_some() && own.noun == "user" && !is_managed(value) {
            let message =
                format!("the access keys of `{other}` are not rotated: the user lacks the tag `{MANAGED_BY}`");
            let at = problem(own.other, message, &location(stack, other, "Properties/Tags"));
            problems.push(Problem { help: "give the user the tags `{{#each user_tags}}`", ..at });
        }
    }
    // What a template has besides, of people: a notebook is like the other.
    for (id, value) in found.iter().filter(|(id, _)| !compared.contains(id)) {
        let Some(own) = own(value).filter(|own| own.noun == "notebook") else { continue };
        let like = expected.iter().find(|(_, wanted)| wanted.get("Type") == value.get("Type"));
        if let Some((_, wanted)) = like {
            problems.extend(of_resource(own, (stack, id), value, wanted));
        }
    }
    problems
}

fn own(resource: &Value) -> Option<&'static Own> {
    OWN.iter().find(|own| resource.get("Type").is_some_and(|kind| kind == own.kind))
}

/// Whether a resource has the tag by which the rotation of access keys knows people.
fn is_managed(resource: &Value) -> bool {
    let tags = resource.get("Properties").and_then(|properties| properties.get("Tags")).and_then(Value::as_array);
    tags.into_iter().flatten().any(|tag| tag.get("Key").is_some_and(|key| key == MANAGED_BY))
}

fn flat(resources: &Value) -> Resources<'_> {
    let resources = resources.as_object().into_iter().flat_map(Map::iter);
    resources.flat_map(|(id, one)| [Some((id, one)), existing_notebook(one).map(|one| (id, one))]).flatten().collect()
}

/// The first difference in each property of a resource, and in whether there is one at all.
fn of_resource(own: &Own, (stack, id): (usize, &String), found: &Value, expected: &Value) -> Vec<Problem> {
    let nothing = Map::new();
    let [found_in, wanted_in] =
        [found, expected].map(|one| one.get("Properties").and_then(Value::as_object).unwrap_or(&nothing));
    let keys = wanted_in.keys().chain(found_in.keys().filter(|key| !wanted_in.contains_key(*key)));
    let both = keys.map(|key| (vec![key.as_str()], found_in.get(key), wanted_in.get(key)));
    let condition = (vec!["Condition"], found.get("Condition"), expected.get("Condition"));
    let at_fault = both.chain([condition]).filter_map(|(path, found, wanted)| difference(own, path, found, wanted));
    let found = at_fault.map(|(path, found, wanted)| {
        let is_held = wanted.is_some() && path.iter().any(|key| own.held.contains(key)) || path == ["Condition"];
        let verdict = if is_held { (Rule::IsolationTooWide, false) } else { own.other };
        let of = format!("`{}` of the {} `{id}`", path.join("/"), own.noun);
        let message = match (found.map(shown), wanted.map(shown)) {
            (None, None | Some(None)) => format!("{of} is missing, which racestack's own template has"),
            (None, Some(Some(wanted))) => format!("{of} is missing, and `{wanted}` in racestack's own template"),
            (Some(Some(found)), Some(Some(wanted))) => {
                format!("{of} is `{found}`, and `{wanted}` in racestack's own template")
            }
            (Some(Some(found)), None) => format!("{of} is `{found}`, and racestack's own template has none"),
            (Some(None), None) => format!("{of} is there, and racestack's own template has none"),
            _ => format!("{of} is not that of racestack's own template"),
        };
        let within = if path == ["Condition"] { path.join("/") } else { format!("Properties/{}", path.join("/")) };
        problem(verdict, message, &location(stack, id, &within))
    });
    found.collect()
}

/// Where two values differ first, in what matters.
fn difference<'v>(
    own: &Own,
    path: Vec<&'v str>,
    found: Option<&'v Value>,
    wanted: Option<&'v Value>,
) -> Option<(Vec<&'v str>, Option<&'v Value>, Option<&'v Value>)> {
    if path.last().is_some_and(|key| own.free.contains(key)) || found == wanted {
        return None;
    }
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (found, wanted) {
        let mut keys = b.keys().chain(a.keys().filter(|key| !b.contains_key(*key)));
        let within = |key: &'v String| {
            let path = path.iter().copied().chain([key.as_str()]).collect();
            difference(own, path, a.get(key), b.get(key))
        };
        return keys.find_map(within);
    }
    if let (Some(Value::Array(a)), Some(Value::Array(b))) = (found, wanted)
        && a.len() == b.len()
    {
        return a.iter().zip(b).find_map(|(a, b)| difference(own, path.clone(), Some(a), Some(b)));
    }
    // Texts in templates end with a line's end or do not.
    let is_same = |(a, b): (&str, &str)| a.trim_end() == b.trim_end();
    if found.and_then(Value::as_str).zip(wanted.and_then(Value::as_str)).is_some_and(is_same) {
        return None;
    }
    Some((path, found, wanted))
}

/// A value, if it is short enough to be shown.
fn shown(value: &Value) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    (text.chars().count() <= SHOWN && !text.contains('\n')).then_some(text)
}

fn location<'l>(stack: usize, logical_id: &'l str, path: &str) -> Location<'l> {
    Location { stack, logical_id, path: path.to_owned() }
}

fn problem((rule, is_warning): (Rule, bool), message: String, location: &Location<'_>) -> Problem {
    let help = if is_warning { ANSWER } else { LEAVE };
    Problem { is_warning, help, ..Problem::at(rule, message, location) }
}
