//! Drift: what of an account differs from what its out folder says, and what only one of them has.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use serde_json::{Map, Value};

use super::observation::{Observation, ResourceKind};
use super::sides::{Declared, Sides, boundary_arn, policy_arn};
use crate::account::{NOTEBOOK_PROPERTIES, path_of};
use crate::diff::{PropertyChange, differences};
use crate::finding::Rule;
use crate::inventory::{
    BUCKET_POLICY, IamInventory, Location, Notebook, PolicyKind, Principal, Tag, Undefined, one_or_more, plain,
};
use crate::model::OLD_KEY;
use crate::source::Place;

const HELP: &str =
    "deploy the out folder again, or change the configuration to what is meant: `racestack synth`, then deploy.sh";
const REMOVE: &str =
    "add the person to the roster, or take away what nobody needs: `racestack offboard` prints the steps";

/// How many leaves of a difference are listed.
const LISTED: usize = 6;

/// One of the facts that are compared.
#[derive(Debug)]
enum Fact<'v> {
    /// A value: of what the out folder does not say, nothing is told.
    Value(Value),
    /// A document: where one side has none at all, something else tells of it.
    Document(Option<&'v Value>),
    /// A tag with its value, or a policy or a group that it has. Its topic is the word for it, and its name.
    Member(Value),
}

/// What one side has of a resource.
#[derive(Debug)]
struct Description<'v> {
    name: &'v str,
    arn: &'v str,
    /// Where that side tells of it.
    place: Place,
    /// By the words for them, as suppressions know them.
    facts: BTreeMap<String, Fact<'v>>,
}

/// The resources of a kind that one side has, by what both sides know them by.
type DescribedResources<'v> = BTreeMap<String, Description<'v>>;

/// What differs, and what only one side has.
pub fn observations(sides: &Sides<'_>) -> Vec<Observation> {
    let names = &sides.plan.names;
    let own_policies = format!(
        "arn:{}:iam::{}:policy{}{}-deepracer-",
        names.partition, names.account_id, names.iam_path, sides.plan.account.company
    );
    let mut found = Vec::new();
    // One kind after the other: of thousands of people, the descriptions of users and of roles take tens of megabytes each.
    for kind in [ResourceKind::User, ResourceKind::Role, ResourceKind::Group, ResourceKind::Policy] {
        let live = identities(&sides.live, kind, |arn, _| Some(sides.export.place(arn)));
        let declared = identities(&sides.declared, kind, |_, location| {
            sides.stacks.get(location.stack).map(|stack| Place::whole(&stack.source))
        });
        found.extend(compared(kind, &live, &declared, |one| match kind {
            ResourceKind::User => sides.former.contains(one.name) || sides.people.contains_key(one.name),
            ResourceKind::Role => sides.owner_of_role(one.arn).is_some(),
            ResourceKind::Policy => one.arn.starts_with(&own_policies),
            _ => false,
        }));
    }
    found.extend(notebooks(sides));
    found.extend(lifecycles(sides));
    found.extend(bucket(sides));
    found
}

/// The differences of resources of a kind; of those that the account alone has, where `is_ours` holds.
fn compared(
    kind: ResourceKind,
    live: &DescribedResources<'_>,
    declared: &DescribedResources<'_>,
    is_ours: impl Fn(&Description<'_>) -> bool,
) -> Vec<Observation> {
    let mut found = Vec::new();
    for (key, declared) in declared {
        match live.get(key) {
            Some(live) => found.extend(live.differences(kind, declared)),
            None => found.push(missing((kind, declared.name), &declared.place)),
        }
    }
    for (_, one) in live.iter().filter(|(key, one)| !declared.contains_key(*key) && is_ours(one)) {
        let what = "deployed, and in no stack of the out folder";
        let unknown = Observation::of(Rule::AuditNotInRoster, (kind, one.name), "unknown", what);
        found.push(unknown.at(one.place.clone(), REMOVE));
    }
    found
}

/// What the out folder has and the account has not.
fn missing(resource: (ResourceKind, &str), place: &Place) -> Observation {
    let file = place.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let what = format!("in `{file}` and not in the account");
    Observation::of(Rule::AuditNotDeployed, resource, "missing", what)
        .at(place.clone(), "deploy the out folder: deploy.sh")
}

impl<'v> Description<'v> {
    fn new(name: &'v str, arn: &'v str, place: Place) -> Self {
        Self { name, arn, place, facts: BTreeMap::new() }
    }

    fn set(&mut self, topic: impl Into<String>, fact: Fact<'v>) {
        self.facts.insert(topic.into(), fact);
    }

    fn set_value(&mut self, topic: &str, value: impl Into<Value>) {
        self.set(topic, Fact::Value(value.into()));
    }

    fn set_tags(&mut self, tags: &[Tag<'_>]) {
        let tags = tags.iter().filter_map(|tag| Some((tag.key.as_deref()?, tag.value.as_deref()?)));
        // The rotation of keys sets and removes its tag by itself.
        for (key, value) in tags.filter(|(key, _)| *key != OLD_KEY) {
            self.set(format!("tag-{key}"), Fact::Member(value.into()));
        }
    }

    /// Sets the policies that an identity has by itself, and not by its groups.
    fn set_policies(&mut self, inventory: &'v IamInventory<'_>, one: &Principal<'_>) {
        let groups: Vec<_> = inventory.groups.iter().filter(|group| one.groups.contains(&group.name)).collect();
        let is_own = |index: &&usize| !groups.iter().any(|group| group.policies.contains(index));
        for index in one.policies.iter().filter(is_own) {
            let Some(policy) = inventory.policies.get(*index) else { continue };
            if policy.kind == PolicyKind::Inline {
                let topic = format!("the inline policy `{}`", policy.name);
                self.set(topic, Fact::Document(Some(&policy.document.value)));
            }
            let name = policy_arn(inventory, *index).unwrap_or(&policy.name);
            self.set(format!("policy-{name}"), Fact::Member(Value::Null));
        }
        for undefined in one.undefined.iter().filter(|one| !groups.iter().any(|group| group.undefined.contains(one))) {
            if let Undefined::Policy(arn) = undefined {
                self.set(format!("policy-{arn}"), Fact::Member(Value::Null));
            }
        }
    }

    /// What differs between the resource as it is and as it is `declared`.
    fn differences(&self, kind: ResourceKind, declared: &Self) -> Vec<Observation> {
        let topics: BTreeSet<&String> = self.facts.keys().chain(declared.facts.keys()).collect();
        let resource = (kind, declared.name);
        let drift =
            |topic: &String| drift(resource, &self.place, topic, self.facts.get(topic), declared.facts.get(topic));
        topics.into_iter().filter_map(drift).collect()
    }
}

/// What differs between a fact about a resource as it is, which `place` tells, and as it is declared.
fn drift(
    resource: (ResourceKind, &str),
    place: &Place,
    topic: &str,
    live: Option<&Fact<'_>>,
    declared: Option<&Fact<'_>>,
) -> Option<Observation> {
    let (what, detail, notes) = difference(topic, live, declared)?;
    let drift = Observation::of(Rule::AuditDrift, resource, topic, what).at(place.clone(), HELP);
    Some(Observation { detail, notes, ..drift })
}

/// What differs between a fact as it is and as it is declared, in words; what is not the same for all; and how a document differs.
fn difference(
    topic: &str,
    live: Option<&Fact<'_>>,
    declared: Option<&Fact<'_>>,
) -> Option<(String, Option<String>, Vec<String>)> {
    const OTHER: &str = "says something else than in the out folder";
    let member = || topic.split_once('-').map_or_else(|| topic.to_owned(), |(word, name)| format!("{word} `{name}`"));
    match (live, declared) {
        (live, Some(Fact::Value(declared))) => {
            let live = if let Some(Fact::Value(live)) = live { Some(live) } else { None };
            let changes = differences(&[topic.trim_matches('`').to_owned()], Some(declared), live);
            let what = format!("{topic} is {}, and the out folder has {}", quoted(live), quoted(Some(declared)));
            (!changes.is_empty()).then_some((what, None, Vec::new()))
        }
        (Some(Fact::Document(live)), Some(Fact::Document(declared))) => {
            let changes = differences(&["PolicyDocument".to_owned()], *declared, *live);
            (!changes.is_empty()).then(|| (format!("{topic} {OTHER}"), None, leaves(&changes)))
        }
        (Some(Fact::Member(live)), Some(Fact::Member(declared))) => {
            let values = format!("{} for {}", quoted(Some(live)), quoted(Some(declared)));
            (live != declared).then(|| (format!("the {} {OTHER}", member()), Some(values), Vec::new()))
        }
        (Some(Fact::Member(_)), None) => {
            Some((format!("the {}, which it does not have in the out folder", member()), None, Vec::new()))
        }
        (None, Some(Fact::Member(_))) => {
            Some((format!("no {}, which it has in the out folder", member()), None, Vec::new()))
        }
        _ => None,
    }
}

fn shown(value: Option<&Value>) -> Option<String> {
    let text = value.filter(|value| !value.is_null()).map(plain).filter(|text| !text.is_empty());
    text.map(|text| format!("`{text}`"))
}

fn quoted(value: Option<&Value>) -> String {
    shown(value).unwrap_or_else(|| "nothing".to_owned())
}

/// What changes in a document, in words.
fn leaves(changes: &[PropertyChange]) -> Vec<String> {
    let leaf = |change: &PropertyChange| {
        let path = change.path.get(1..).filter(|steps| !steps.is_empty()).map(|steps| format!("{}: ", steps.join(".")));
        let values = match (shown(change.new.as_ref()), shown(change.old.as_ref())) {
            (Some(live), None) => format!("only in the account: {live}"),
            (None, Some(declared)) => format!("only in the out folder: {declared}"),
            _ => format!(
                "{} in the account, {} in the out folder",
                quoted(change.new.as_ref()),
                quoted(change.old.as_ref())
            ),
        };
        path.unwrap_or_default() + &values
    };
    let more = changes.len().saturating_sub(LISTED);
    changes.iter().take(LISTED).map(leaf).chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// The users, roles, groups or managed policies of an inventory, each with the place that there is for its ARN and location.
fn identities<'v>(
    inventory: &'v IamInventory<'_>,
    kind: ResourceKind,
    place: impl Fn(&str, &Location<'_>) -> Option<Place>,
) -> DescribedResources<'v> {
    let mut described_all = DescribedResources::new();
    for one in inventory.principals.iter().chain(&inventory.groups).filter(|one| ResourceKind::of(one).0 == kind) {
        let Some(place) = place(&one.arn, &one.location) else { continue };
        let mut described = Description::new(&one.name, &one.arn, place);
        described.set_value("the path", path_of(&one.arn, &one.name));
        described.set_value("the permissions boundary", boundary_arn(inventory, one).unwrap_or_default());
        described.set_tags(&one.tags);
        one.groups.iter().for_each(|group| described.set(format!("group-{group}"), Fact::Member(Value::Null)));
        described.set_policies(inventory, one);
        if let Some(trust) = one.trust.and_then(|index| inventory.policies.get(index)) {
            described.set("the trust policy", Fact::Document(Some(&trust.document.value)));
        }
        described_all.insert(one.name.to_lowercase(), described);
    }
    for policy in inventory.policies.iter().filter(|_| kind == ResourceKind::Policy) {
        let PolicyKind::Managed(arn) = &policy.kind else { continue };
        let Some(place) = place(arn, &policy.location) else { continue };
        let mut described = Description::new(&policy.name, arn, place);
        described.set("the policy", Fact::Document(Some(&policy.document.value)));
        described_all.insert(arn.clone(), described);
    }
    described_all
}

fn notebooks(sides: &Sides<'_>) -> Vec<Observation> {
    let live = sides.live.notebooks.iter().filter_map(|one| {
        let known = sides.export.notebooks.get(&one.name)?;
        Some(notebook(one, known.place.clone(), &known.properties))
    });
    // Of a notebook that was made by hand, no stack says on which platform it is.
    let declared = sides.declared.notebooks.iter().filter_map(|one| {
        let Declared { stack, properties } = sides.notebooks.get(one.name.as_str())?;
        Some(notebook(one, Place::whole(&stack.source), properties.as_object()?))
    });
    compared(ResourceKind::Notebook, &live.collect(), &declared.collect(), |one| {
        sides.export.notebooks.get(one.name).is_some_and(|one| sides.owner(one).is_some())
    })
}

fn notebook<'v>(one: &'v Notebook<'_>, place: Place, properties: &Map<String, Value>) -> (String, Description<'v>) {
    let mut described = Description::new(&one.name, "", place);
    for (_, key) in NOTEBOOK_PROPERTIES {
        if let Some(value) = properties.get(key) {
            described.set_value(&property(key), value.clone());
        }
    }
    described.set_tags(&one.tags);
    (one.name.clone(), described)
}

/// The words for a property of a notebook.
fn property(key: &str) -> String {
    match key {
        "PlatformIdentifier" => "the platform".to_owned(),
        "LifecycleConfigName" => "the lifecycle configuration".to_owned(),
        key => format!("`{key}`"),
    }
}

/// The script that every notebook runs as root.
fn lifecycles(sides: &Sides<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    for Declared { stack, properties } in sides.declared_of_type("AWS::SageMaker::NotebookInstanceLifecycleConfig") {
        let name = properties.get("NotebookInstanceLifecycleConfigName");
        let resource = (ResourceKind::Lifecycle, name.and_then(Value::as_str).unwrap_or_default());
        let Some((live, place)) = sides.export.lifecycles.get(resource.1) else {
            found.push(missing(resource, &Place::whole(&stack.source)));
            continue;
        };
        let hooks = ["OnCreate", "OnStart"].into_iter().flat_map(|key| one_or_more(properties.get(key)));
        let scripts = hooks.map(|hook| hook.get("Content").and_then(content).unwrap_or_default());
        if !live.iter().cloned().eq(scripts) {
            let what = "the script that notebooks run as root is another one than in the out folder";
            found.push(Observation::of(Rule::AuditDrift, resource, "script", what).at(place.clone(), HELP));
        }
    }
    found
}

/// A script as SageMaker has it: in Base64.
fn content(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        other => Some(base64::engine::general_purpose::STANDARD.encode(other.get("Fn::Base64")?.as_str()?)),
    }
}

fn bucket(sides: &Sides<'_>) -> Vec<Observation> {
    let (bucket, resource) = (&sides.export.bucket, (ResourceKind::Bucket, sides.plan.names.bucket.as_str()));
    let (block, block_place) = &bucket.public_access_block;
    let (versioning, versioning_place) = &bucket.versioning;
    let value = |value: Option<&Value>| Fact::Value(value.cloned().unwrap_or_default());
    let mut found = Vec::new();
    for Declared { properties, .. } in sides.declared_of_type("AWS::S3::Bucket") {
        let Some(declared) = properties.get("PublicAccessBlockConfiguration") else { continue };
        for (key, declared) in declared.as_object().into_iter().flatten() {
            let [live, declared] = [block.get(key), Some(declared)].map(value);
            found.extend(drift(resource, block_place, &format!("`{key}`"), Some(&live), Some(&declared)));
        }
        let declared = properties.pointer("/VersioningConfiguration/Status").and_then(Value::as_str);
        let both = [versioning.as_deref(), declared].map(|status| Fact::Value(status.unwrap_or_default().into()));
        found.extend(drift(resource, versioning_place, "the versioning", Some(&both[0]), Some(&both[1])));
    }
    let declared = sides.declared.resource_policies.iter().find(|one| one.resource_type == BUCKET_POLICY);
    if let Some(declared) = declared.and_then(|one| sides.declared.policies.get(*one.policies.first()?)) {
        let place = bucket.policy.as_ref().map_or(block_place, |(_, place)| place);
        let live = Fact::Document(bucket.policy.as_ref().map(|(policy, _)| policy));
        let declared = Fact::Document(Some(&declared.document.value));
        found.extend(drift(resource, place, "the bucket policy", Some(&live), Some(&declared)));
    }
    found
}
