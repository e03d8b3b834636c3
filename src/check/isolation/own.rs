//! What racestack's own resources must be where templates of one's own make them: as the built-in templates have them, but for
//! what a company may have as it wants. Policies are compared by the proof; what a template has besides is looked at
//! by `beside`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::beside::{self, OF_SAGEMAKER, OwnResources, UNDECIDED, Verdict};
use super::problem::Problem;
use super::tags;
use crate::facts::{NOTEBOOK_TYPE, rows};
use crate::finding::Rule;
use crate::inventory::{
    Location, Resource, Sections, Texts, existing_notebook, one_or_more, plain, references_of, resources_of, type_of,
};
use crate::model::{MANAGED_BY, User};
use crate::plan::{AccountPlan, Part};
use crate::render::{self, People, RenderFailure, Templates, UserShape, resources_of_prototypes};

/// The most characters of a value that a finding shows.
const SHOWN: usize = 60;

const LEAVE: &str = "leave it as the built-in template has it, which `racestack templates --export DIR` writes";
const ANSWER: &str = "leave it as the built-in template has it, which `racestack templates --export DIR` writes, or answer for it: suppress this warning";

/// What somebody may answer for.
const DOUBT: Verdict = (Rule::IsolationUndecided, true);
const OPENED: Verdict = (Rule::IsolationTooWide, false);
const REFUSED: Verdict = (Rule::IsolationOwnRefused, false);
/// What costs more than the roster says, and opens nothing.
const ANOTHER: Verdict = (Rule::TemplateStructure, false);
/// A number of gigabytes lets nobody do anything.
const SIZE: &str = "VolumeSizeInGB";

/// A type of racestack's own resources.
struct OwnType {
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

/// The types. No policy says what a start script does, which runs as root on every notebook.
static OWN_TYPES: LazyLock<Vec<OwnType>> = LazyLock::new(|| {
    let own_type = |[kind, noun, free, held, verdict]: [&'static str; 5]| {
        let other = match verdict {
            "doubt" => DOUBT,
            "opened" => OPENED,
            "refused" => REFUSED,
            _ => UNDECIDED,
        };
        OwnType { kind, noun, free, held, other }
    };
    rows(include_str!("own-types.txt"), "; ").map(own_type).collect()
});

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
    let texts = |resources, part: &dyn Fn(Part) -> bool| {
        let stack = plan.stacks.iter().find(|one| part(one.part)).map_or("", |one| one.name.as_str());
        let sections = sections.iter().find(|(of, _)| part(*of)).map_or(&nothing, |(_, sections)| sections);
        Texts::of(plan.names.account(), stack, resources, sections)
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
    let (found, expected) = (flat(stack, texts.resources), flat(stack, expected));
    // A resource that has both the name and the logical ID comes before one that has the name, and that before the other.
    let same = |wanted: &Resource<'_>| {
        let alike = found.iter().filter(|one| one.kind == wanted.kind);
        let wanted_name = name(wanted, &expected);
        let has_name = |one: &Resource<'_>| wanted_name.is_some() && name(one, &found) == wanted_name;
        let most = alike.map(|one| ((has_name(one), one.logical_id == wanted.logical_id), *one));
        most.filter(|(alike, _)| *alike != (false, false)).max_by_key(|(alike, _)| *alike).map(|(_, one)| one)
    };
    let pairs: Vec<_> = expected.iter().map(|wanted| (wanted, same(wanted))).collect();
    let renamed =
        pairs.iter().filter_map(|(wanted, same)| Some((same.as_ref()?.logical_id, wanted.logical_id))).collect();
    let mut problems = Vec::new();
    for (wanted, same) in &pairs {
        let Some(own) = own_type(wanted).filter(|_| !is_of_operations(wanted)) else { continue };
        let Some(one) = same else {
            let message =
                format!("the {} `{}` is missing, which racestack's own template has", own.noun, wanted.logical_id);
            // A missing policy is told of at what it is of, where guard rules ask for it: it is one finding then.
            let targets = if wanted.kind.ends_with("Policy") { references_of(wanted.value) } else { Vec::new() };
            let about = pairs.iter().find(|(one, _)| targets.contains(&one.logical_id)).and_then(|(_, same)| *same);
            problems.push(problem(own.other, message, &about.unwrap_or(**wanted).location("")));
            continue;
        };
        problems.extend(of_resource(own, &renamed, one, wanted.value));
        let id = one.logical_id;
        if let Some(lost) = lost_denial(one.value, wanted.value).filter(|_| own.kind == TOPIC_POLICY) {
            let message =
                format!("the topic policy `{id}` lacks the denial `{lost}`, which racestack's own template has");
            problems.push(problem(OPENED, message, &one.location("Properties/PolicyDocument")));
        }
        if own.kind == BUCKET {
            problems.extend(beside::lost_by(one, &plan.account.settings.bucket));
        }
        if plan.account.settings.access_keys.is_some() && own.noun == "user" && !is_managed(one) {
            let message = format!("the access keys of `{id}` are not rotated: the user lacks the tag `{MANAGED_BY}`");
            let at = problem(own.other, message, &one.location("Properties/Tags"));
            problems.push(Problem { help: "give the user the tags `{{#each user_tags}}`", ..at });
        }
    }
    let own = OwnResources::of(plan, pairs.iter().filter_map(|(_, same)| *same));
    for one in &found {
        let is_own = pairs.iter().any(|(_, same)| same.is_some_and(|same| std::ptr::eq(same.value, one.value)));
        problems.extend(own.handed_on_by(one, texts, is_own, own_type(one).map(|own| own.other)));
        // What a template has besides, of people: a notebook is like the other.
        let like = expected.iter().find(|wanted| wanted.kind == one.kind);
        problems.extend(tags::check(plan, one, like.filter(|_| is_personal)));
        if let (Some(own), Some(wanted), false) = (own_type(one).filter(|own| own.kind == NOTEBOOK_TYPE), like, is_own)
        {
            problems.extend(of_resource(own, &renamed, one, wanted.value));
        }
    }
    problems
}

fn own_type(resource: &Resource<'_>) -> Option<&'static OwnType> {
    OWN_TYPES.iter().find(|own| own.kind == resource.kind)
}

/// Whether a resource is a log group that is nobody's.
fn is_of_operations(resource: &Resource<'_>) -> bool {
    let name = name(resource, &[]).and_then(Value::as_str);
    resource.kind == LOG_GROUP && !name.is_some_and(|name| name.starts_with(OF_SAGEMAKER))
}

/// The name of a resource among all of its template; where it is that of another one, such as of the bucket of a policy, that one's.
fn name<'v>(resource: &Resource<'v>, all: &[Resource<'v>]) -> Option<&'v Value> {
    let own = |resource: &Resource<'v>| NAMES.iter().find_map(|key| resource.property(key));
    let name = own(resource)?;
    let other = name.get("Ref").and_then(|id| all.iter().find(|other| id == other.logical_id));
    other.and_then(own).or(Some(name))
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
fn is_managed(resource: &Resource<'_>) -> bool {
    let tags = resource.property("Tags").and_then(Value::as_array);
    tags.into_iter().flatten().any(|tag| tag.get("Key").is_some_and(|key| key == MANAGED_BY))
}

/// The resources, with what a template says of notebooks that were made by hand.
fn flat(stack: usize, resources: &Value) -> Vec<Resource<'_>> {
    let with_existing = |one| {
        let Resource { value, .. } = one;
        let existing = existing_notebook(value).map(|value| Resource { kind: type_of(value), value, ..one });
        [Some(one), existing]
    };
    resources_of(stack, resources).flat_map(with_existing).flatten().collect()
}

/// Logical IDs of racestack's own resources, each with that of the built-in templates.
type Renamed<'a> = BTreeMap<&'a str, &'a str>;

/// The first difference in each property of a resource, and in whether there is one at all.
fn of_resource(own: &OwnType, renamed: &Renamed<'_>, resource: &Resource<'_>, expected: &Value) -> Vec<Problem> {
    let (id, found) = (resource.logical_id, resource.value);
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
        let verdict = match words.last() {
            Some(&SIZE) if is_held => ANOTHER,
            _ if is_held => OPENED,
            _ => own.other,
        };
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
        problem(verdict, message, &resource.location(path.join("/")))
    };
    all.filter_map(|one| difference(own, renamed, one)).map(told).collect()
}

/// The keys and indexes that lead to two values, and these.
type Difference<'v> = (Vec<String>, Option<&'v Value>, Option<&'v Value>);

/// Where two values differ first, in what matters.
fn difference<'v>(own: &OwnType, renamed: &Renamed<'_>, at: Difference<'v>) -> Option<Difference<'v>> {
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
    let text = plain(value);
    (text.chars().count() <= SHOWN && !text.contains('\n')).then_some(text)
}

fn problem((rule, is_warning): Verdict, message: String, location: &Location<'_>) -> Problem {
    let help = if is_warning { ANSWER } else { LEAVE };
    Problem { is_warning, ..Problem::at(rule, message, help, location) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_row_says_all_of_one_type() {
        let lines = || include_str!("own-types.txt").lines();
        assert!(lines().all(|line| line.starts_with("AWS::") && line.split("; ").count() == 5));
        let verdicts = ["; doubt", "; opened", "; refused", "; undecided"];
        assert!(lines().all(|line| verdicts.iter().any(|verdict| line.ends_with(verdict))));
    }
}
