//! What racestack's own resources must be where templates of one's own make them: as the built-in templates have them, but for
//! what a company may have as it wants. Policies are compared by the proof; what a template has besides is looked at
//! by `beside`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::beside::{self, Known, NOTEBOOK, OF_SAGEMAKER, Verdict};
use super::problem::Problem;
use super::tags;
use crate::finding::Rule;
use crate::inventory::{Account, Location, Sections, Texts, existing_notebook, one_or_more, plain, references_of};
use crate::model::{MANAGED_BY, User};
use crate::plan::{AccountPlan, Part};
use crate::render::{self, People, RenderFailure, Templates, UserShape, resources_of_prototypes};

/// The most characters of a value that a finding shows.
const SHOWN: usize = 60;

const LEAVE: &str = "leave it as the built-in template has it, which `racestack templates --export DIR` writes";
const ANSWER: &str = "leave it as the built-in template has it, which `racestack templates --export DIR` writes, or answer for it: suppress this warning";

/// What somebody may answer for.
const DOUBT: Verdict = (Rule::IsolationUndecided, true);

/// A type of racestack's own resources.
struct Own {
    kind: &'static str,
    /// What it is called.
    noun: &'static str,
    /// Keys, at any depth, that a company may have as it wants, or that other checks look at.
    free: &'static str,
    /// Keys, at any depth, of what the built-in template has by the settings and the roster, or to keep people apart.
    held: &'static str,
    /// What becomes of any other key.
    other: Verdict,
}

const fn own(kind: &'static str, noun: &'static str, free: &'static str, held: &'static str, other: Verdict) -> Own {
    Own { kind, noun, free, held, other }
}

const OWN: &[Own] = &[
    own(
        "AWS::Events::Rule",
        "rule",
        "DeadLetterConfig Description Id Name RetryPolicy Tags",
        "Arn State Targets",
        DOUBT,
    ),
    own(
        "AWS::IAM::User",
        "user",
        "Groups ManagedPolicyArns PermissionsBoundary Policies Tags",
        "Password PasswordResetRequired",
        (Rule::IsolationOwnRefused, false),
    ),
    own(
        "AWS::Lambda::EventInvokeConfig",
        "invocation settings",
        "MaximumEventAgeInSeconds MaximumRetryAttempts",
        "",
        DOUBT,
    ),
    own(
        "AWS::Lambda::Function",
        "function",
        "Architectures Description KmsKeyArn LoggingConfig MemorySize Tags TracingConfig VpcConfig",
        "Environment Role",
        DOUBT,
    ),
    own("AWS::Lambda::Permission", "permission", "Principal SourceAccount SourceArn", "", DOUBT),
    own(
        LOG_GROUP,
        "log group",
        "DataProtectionPolicy FieldIndexPolicies KmsKeyId Tags",
        "KmsKeyId",
        (Rule::IsolationOwnRefused, false),
    ),
    own(
        BUCKET,
        "bucket",
        "AccelerateConfiguration CorsConfiguration LifecycleConfiguration MetricsConfigurations Tags",
        "",
        (Rule::IsolationUndecided, false),
    ),
    own("AWS::S3::BucketPolicy", "bucket policy", "PolicyDocument", "", (Rule::IsolationUndecided, false)),
    own(
        "AWS::SNS::Topic",
        "topic",
        "DataProtectionPolicy DeliveryStatusLogging DisplayName KmsMasterKeyId SignatureVersion Tags TracingConfig",
        "",
        DOUBT,
    ),
    own("AWS::SNS::Subscription", "subscription", "", "", DOUBT),
    own(TOPIC_POLICY, "topic policy", "PolicyDocument", "", (Rule::IsolationUndecided, false)),
    own(
        NOTEBOOK,
        "notebook",
        "NotebookInstanceName RoleArn Tags",
        "DirectInternetAccess InstanceType KmsKeyId SecurityGroupIds SubnetId VolumeSizeInGB",
        DOUBT,
    ),
    // No policy says what a script does, which runs as root on every notebook.
    own("AWS::SageMaker::NotebookInstanceLifecycleConfig", "start script", "Tags", "", DOUBT),
    own("AWS::SecretsManager::Secret", "secret", "Description Tags", "", (Rule::IsolationTooWide, false)),
];

const PROPERTIES: &str = "Properties";
const BUCKET: &str = "AWS::S3::Bucket";
const TOPIC_POLICY: &str = "AWS::SNS::TopicPolicy";
const LOG_GROUP: &str = "AWS::Logs::LogGroup";
/// Keys of numbers that may be larger, or missing.
const AT_LEAST: [&str; 2] = ["PasswordLength", "RetentionInDays"];
/// Properties with the name that tells a resource from others of its type, whatever its logical ID.
const NAMES: [&str; 11] = [
    "Bucket",
    "BucketName",
    "FunctionName",
    "LogGroupName",
    "Name",
    "NotebookInstanceName",
    "QueueName",
    "RoleName",
    "TopicName",
    "Topics",
    "UserName",
];
/// Attributes of a resource by which it stays, with what is in it, when its stack goes.
const KEEPING: [&str; 2] = ["DeletionPolicy", "UpdateReplacePolicy"];

/// Resources by logical ID, with what a template says of notebooks that were made by hand.
type Resources<'a> = Vec<(&'a String, &'a Value)>;

/// What of the resources is not as the built-in templates have it: the problems, each with the shape of the person whose it
/// is.
///
/// # Errors
/// When a built-in template cannot be filled, which is a fault of the program.
pub fn check<'a>(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    stacks: &[(Part, Value)],
    prototypes: &'a BTreeMap<UserShape, Value>,
    sections: &[(Part, Sections)],
) -> Result<Vec<(Problem, Option<&'a UserShape>)>, RenderFailure> {
    let mut all = Vec::new();
    let Some(built_in) = templates.built_in() else { return Ok(all) };
    let users: Vec<User> = prototypes.keys().filter_map(UserShape::prototype).collect();
    let people = People::render(built_in, plan.account, &plan.names, &users)?;
    let nothing = Sections::default();
    let texts = |resources, part: &dyn Fn(Part) -> bool| Texts {
        account: Account { id: &plan.names.account_id, region: &plan.names.region, partition: &plan.names.partition },
        stack: plan.stacks.iter().find(|one| part(one.part)).map_or("", |one| one.name.as_str()),
        resources,
        sections: sections.iter().find(|(of, _)| part(*of)).map_or(&nothing, |(_, sections)| sections),
        choice: 0,
        known: None,
    };
    for stack in plan.stacks.iter().filter(|one| !matches!(one.part, Part::Users(_))) {
        let rendered = render::fill(built_in, plan, stack, &people)?;
        let expected = render::read(built_in, &rendered)?.map(|template| template.value).unwrap_or_default();
        let found = stacks.iter().enumerate().find(|(_, (part, _))| *part == stack.part);
        if let (Some((index, (_, found))), Some(expected)) = (found, expected.get("Resources")) {
            let texts = texts(found, &|part| part == stack.part);
            all.extend(differences(plan, (index, false), &texts, expected).into_iter().map(|problem| (problem, None)));
        }
    }
    let (_, built_in) = resources_of_prototypes(built_in, &people)?;
    for ((shape, found), expected) in prototypes.iter().zip(built_in.values()) {
        let texts = texts(found, &|part| matches!(part, Part::Users(_)));
        let differing = differences(plan, (stacks.len(), true), &texts, expected);
        all.extend(differing.into_iter().map(|problem| (problem, Some(shape))));
    }
    Ok(all)
}

/// What of the resources of a stack is not as expected.
fn differences(
    plan: &AccountPlan<'_>,
    (stack, is_personal): (usize, bool),
    texts: &Texts<'_>,
    expected: &Value,
) -> Vec<Problem> {
    let (found, expected) = (flat(texts.resources), flat(expected));
    // A resource that has both the name and the logical ID comes before one that has the name, and that before the other.
    let same = |(id, wanted): &(&String, &Value)| {
        let alike = found.iter().filter(|(_, value)| value.get("Type") == wanted.get("Type"));
        let wanted_name = name(wanted, &expected);
        let has_name = |value: &Value| wanted_name.is_some() && name(value, &found) == wanted_name;
        let most = alike.map(|(other, value)| ((has_name(value), other == id), (*other, *value)));
        most.filter(|(alike, _)| *alike != (false, false)).max_by_key(|(alike, _)| *alike).map(|(_, one)| one)
    };
    let pairs: Vec<_> = expected.iter().map(|one| (*one, same(one))).collect();
    let renamed = pairs.iter().filter_map(|((id, _), same)| Some((same.as_ref()?.0.as_str(), id.as_str()))).collect();
    let mut problems = Vec::new();
    for ((id, wanted), same) in &pairs {
        let Some(own) = type_of(wanted).filter(|_| !is_of_operations(wanted)) else { continue };
        let Some((other, value)) = same else {
            let message = format!("the {} `{id}` is missing, which racestack's own template has", own.noun);
            // A missing policy is told of at what it is of, where guard rules ask for it: it is one finding then.
            let is_policy = wanted.get("Type").and_then(Value::as_str).is_some_and(|one| one.ends_with("Policy"));
            let targets = if is_policy { references_of(wanted) } else { Vec::new() };
            let about = pairs.iter().find(|((id, _), _)| targets.contains(&id.as_str())).and_then(|(_, same)| *same);
            problems.push(problem(own.other, message, &location(stack, about.map_or(*id, |(id, _)| id), "")));
            continue;
        };
        problems.extend(of_resource(own, &renamed, (stack, other), value, wanted));
        if let Some(lost) = lost_denial(value, wanted).filter(|_| own.kind == TOPIC_POLICY) {
            let message =
                format!("the topic policy `{other}` lacks the denial `{lost}`, which racestack's own template has");
            let at = location(stack, other, "Properties/PolicyDocument");
            problems.push(problem((Rule::IsolationTooWide, false), message, &at));
        }
        if own.kind == BUCKET {
            problems.extend(beside::lost_by((stack, other, value), &plan.account.settings.bucket));
        }
        if plan.account.settings.access_keys.is_some() && own.noun == "user" && !is_managed(value) {
            let message =
                format!("the access keys of `{other}` are not rotated: the user lacks the tag `{MANAGED_BY}`");
            let at = problem(own.other, message, &location(stack, other, "Properties/Tags"));
            problems.push(Problem { help: "give the user the tags `{{#each user_tags}}`", ..at });
        }
    }
    let own = Known::of(plan, pairs.iter().filter_map(|(_, same)| *same));
    for (id, value) in &found {
        let is_own = pairs.iter().any(|(_, same)| same.is_some_and(|(_, other)| std::ptr::eq(other, *value)));
        problems.extend(own.handed_on_by((stack, id, value), texts, is_own, type_of(value).map(|own| own.other)));
        // What a template has besides, of people: a notebook is like the other.
        let like =
            expected.iter().find(|(_, wanted)| wanted.get("Type") == value.get("Type")).map(|(_, wanted)| *wanted);
        problems.extend(tags::check(plan, (stack, id, value), like.filter(|_| is_personal)));
        if let (Some(own), Some(wanted), false) = (type_of(value).filter(|own| own.kind == NOTEBOOK), like, is_own) {
            problems.extend(of_resource(own, &renamed, (stack, id), value, wanted));
        }
    }
    problems
}

fn type_of(resource: &Value) -> Option<&'static Own> {
    OWN.iter().find(|own| resource.get("Type").is_some_and(|kind| kind == own.kind))
}

/// Whether a resource is a log group that is nobody's.
fn is_of_operations(resource: &Value) -> bool {
    let is_group = resource.get("Type").is_some_and(|kind| kind == LOG_GROUP);
    is_group && !name(resource, &Vec::new()).and_then(Value::as_str).is_some_and(|name| name.starts_with(OF_SAGEMAKER))
}

/// The name of a resource among all of its template; where it is that of another one, such as of the bucket of a policy, that one's.
fn name<'v>(resource: &'v Value, all: &Resources<'v>) -> Option<&'v Value> {
    let own = |resource: &'v Value| NAMES.iter().find_map(|key| resource.get(PROPERTIES)?.get(key));
    let name = own(resource)?;
    let other = name.get("Ref").and_then(|id| all.iter().find(|(other, _)| id == *other));
    other.and_then(|(_, other)| own(other)).or(Some(name))
}

/// The `Sid` of the first denial in the policy of a built-in topic that the one that is found has not, or has otherwise. Whom it
/// lets in, other checks look at.
fn lost_denial(found: &Value, wanted: &Value) -> Option<String> {
    let denials = |policy: &Value| -> Vec<Value> {
        let statements = one_or_more(policy.pointer("/Properties/PolicyDocument/Statement"));
        statements.filter(|one| one.get("Effect").is_some_and(|effect| effect == "Deny")).cloned().collect()
    };
    let said = |mut statement: Value| {
        let sid = statement.as_object_mut().and_then(|entries| entries.shift_remove("Sid"));
        (statement, sid.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned())
    };
    let found: Vec<Value> = denials(found).into_iter().map(|one| said(one).0).collect();
    denials(wanted).into_iter().map(said).find(|(one, _)| !found.contains(one)).map(|(_, sid)| sid)
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

/// Logical IDs of racestack's own resources, each with that of the built-in templates.
type Renamed<'a> = BTreeMap<&'a str, &'a str>;

/// The first difference in each property of a resource, and in whether there is one at all.
fn of_resource(
    own: &Own,
    renamed: &Renamed<'_>,
    (stack, id): (usize, &String),
    found: &Value,
    expected: &Value,
) -> Vec<Problem> {
    let nothing = Map::new();
    let [found_in, wanted_in] =
        [found, expected].map(|one| one.get(PROPERTIES).and_then(Value::as_object).unwrap_or(&nothing));
    let keys = wanted_in.keys().chain(found_in.keys().filter(|key| !wanted_in.contains_key(*key)));
    let of_property = |key: &String| (vec![PROPERTIES.to_owned(), key.clone()], found_in.get(key), wanted_in.get(key));
    let attribute = |key: &str| (vec![key.to_owned()], found.get(key), expected.get(key));
    let stays = |value: Option<&Value>| value.and_then(Value::as_str).is_some_and(|kept| kept.starts_with("Retain"));
    let lost = KEEPING.into_iter().map(attribute).filter(|(_, found, wanted)| stays(*wanted) && !stays(*found));
    let all = keys.map(of_property).chain(lost).chain([attribute("Condition")]);
    let told = |(path, found, wanted): Difference<'_>| {
        let is_word = |step: &&str| step.parse::<usize>().is_err() && *step != PROPERTIES;
        let words: Vec<&str> = path.iter().map(String::as_str).filter(is_word).collect();
        let is_held = wanted.is_some() && words.iter().any(|key| has(own.held, key)) || words == ["Condition"];
        let verdict = if is_held { (Rule::IsolationTooWide, false) } else { own.other };
        let of = format!("`{}` of the {} `{id}`", words.join("/"), own.noun);
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
        problem(verdict, message, &location(stack, id, &path.join("/")))
    };
    all.filter_map(|one| difference(own, renamed, one)).map(told).collect()
}

/// The keys and indexes that lead to two values, and these.
type Difference<'v> = (Vec<String>, Option<&'v Value>, Option<&'v Value>);

/// Where two values differ first, in what matters.
fn difference<'v>(own: &Own, renamed: &Renamed<'_>, at: Difference<'v>) -> Option<Difference<'v>> {
    let (path, found, wanted) = at;
    let key = path.iter().rfind(|step| step.parse::<usize>().is_err()).map(String::as_str).unwrap_or_default();
    if has(own.free, key) && !(has(own.held, key) && wanted.is_some()) || found == wanted {
        return None;
    }
    let within = |step: String, found, wanted| {
        let path = path.iter().cloned().chain([step]).collect();
        difference(own, renamed, (path, found, wanted))
    };
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (found, wanted) {
        let mut keys = b.keys().chain(a.keys().filter(|key| !b.contains_key(*key)));
        return keys.find_map(|key| within(key.clone(), a.get(key), b.get(key)));
    }
    if let (Some(Value::Array(a)), Some(Value::Array(b))) = (found, wanted)
        && a.len() == b.len()
    {
        return a.iter().zip(b).enumerate().find_map(|(at, (a, b))| within(at.to_string(), Some(a), Some(b)));
    }
    let is_more =
        AT_LEAST.contains(&key) && found.is_none_or(|found| beside::number(found) >= wanted.and_then(beside::number));
    // Texts in templates end with a line's end or do not, and numbers and truths are texts or not.
    let is_same = |(a, b): (&Value, &Value)| match (a, b) {
        (Value::String(a), Value::String(b)) => {
            let is_reference = ["Ref", "Fn::GetAtt"].contains(&key);
            a.trim_end() == b.trim_end() || is_reference && renamed.get(a.as_str()) == Some(&b.as_str())
        }
        (Value::String(text), other @ (Value::Number(_) | Value::Bool(_)))
        | (other @ (Value::Number(_) | Value::Bool(_)), Value::String(text)) => text.as_str() == plain(other),
        _ => false,
    };
    let is_alike = is_more || found.zip(wanted).is_some_and(is_same);
    (!is_alike).then_some((path, found, wanted))
}

/// Whether a word is one of some.
fn has(words: &str, word: &str) -> bool {
    words.split(' ').any(|one| one == word)
}

/// A value, if it is short enough to be shown.
fn shown(value: &Value) -> Option<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    (text.chars().count() <= SHOWN && !text.contains('\n')).then_some(text)
}

fn location<'l>(stack: usize, logical_id: &'l str, path: &str) -> Location<'l> {
    Location { stack, logical_id, path: path.to_owned() }
}

fn problem((rule, is_warning): Verdict, message: String, location: &Location<'_>) -> Problem {
    let help = if is_warning { ANSWER } else { LEAVE };
    Problem { is_warning, help, ..Problem::at(rule, message, location) }
}
