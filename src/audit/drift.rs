//! Drift: what of an account differs from what its out folder says, and what only one of them has.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use serde_json::Value;

use super::observation::{Observation, Thing};
use super::sides::{Sides, boundary_arn, policy_arn, tag};
use crate::account::NOTEBOOK_PROPERTIES;
use crate::diff::{PropertyChange, differences};
use crate::finding::Rule;
use crate::inventory::{BUCKET_POLICY, IamInventory, Location, PolicyKind, Tag, Undefined, one_or_more};
use crate::model::{OLD_KEY, USER};
use crate::source::Place;

const HELP: &str =
    "deploy the out folder again, or change the configuration to what is meant: `racestack synth`, then deploy.sh";
const REMOVE: &str =
    "add the person to the roster, or take away what nobody needs: `racestack offboard` prints the steps";

/// How many leaves of a difference are listed.
const LISTED: usize = 6;

/// What of the public is blocked.
const PUBLIC_ACCESS: [&str; 4] = ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

/// What a notebook has besides `NOTEBOOK_PROPERTIES`: the words for it, and CloudFormation's name.
const OF_NOTEBOOK: [(&str, &str); 2] =
    [("the platform", "PlatformIdentifier"), ("the lifecycle configuration", "LifecycleConfigName")];

/// What one side has of a thing.
#[derive(Debug)]
struct Description<'v> {
    name: &'v str,
    arn: &'v str,
    /// Where that side tells of it.
    place: Place,
    /// By the words for them.
    values: BTreeMap<String, Value>,
    /// By the words for them; `None` where there could be one and is none.
    documents: BTreeMap<String, Option<&'v Value>>,
    /// The groups and policies by name, each with the word for what it is.
    names: BTreeSet<(&'static str, String)>,
    tags: BTreeMap<String, String>,
}

/// The things of one side: each by its kind, and by what it is known by on both sides.
type Things<'v> = BTreeMap<(Thing, String), Description<'v>>;

/// What differs, and what only one side has.
pub fn observations(sides: &Sides<'_>) -> Vec<Observation> {
    let names = &sides.plan.names;
    let own_policies = format!(
        "arn:{}:iam::{}:policy{}{}-deepracer-",
        names.partition, names.account_id, names.iam_path, sides.plan.account.company
    );
    let mut found = Vec::new();
    // One kind after the other: of thousands of people, the descriptions of users and of roles take tens of megabytes each.
    for kind in [Thing::User, Thing::Role, Thing::Group, Thing::Policy] {
        let live = identities(&sides.live, kind, |arn, _| Some(sides.export.place(arn)));
        let declared = identities(&sides.declared, kind, |_, location| {
            sides.stacks.get(location.stack).map(|stack| Place::whole(&stack.source))
        });
        found.extend(compared(&live, &declared, |one| match kind {
            Thing::User => sides.former.contains(one.name) || sides.people.contains_key(one.name),
            Thing::Role => sides.owner_of_role(one.arn).is_some(),
            Thing::Policy => one.arn.starts_with(&own_policies),
            _ => false,
        }));
    }
    found.extend(notebooks(sides));
    found.extend(lifecycles(sides));
    found.extend(bucket(sides));
    found
}

/// The differences of things; of those that the account alone has, where `is_ours` holds.
fn compared(live: &Things<'_>, declared: &Things<'_>, is_ours: impl Fn(&Description<'_>) -> bool) -> Vec<Observation> {
    let mut found = Vec::new();
    for (key, declared) in declared {
        let thing = (key.0, declared.name);
        match live.get(key) {
            Some(live) => found.extend(live.differences(thing, declared)),
            None => found.push(missing(thing, &declared.place)),
        }
    }
    for ((kind, _), one) in live.iter().filter(|(key, one)| !declared.contains_key(*key) && is_ours(one)) {
        let what = "deployed, and in no stack of the out folder";
        let unknown = Observation::of(Rule::AuditNotInRoster, (*kind, one.name), "unknown", what);
        found.push(unknown.at(one.place.clone(), REMOVE));
    }
    found
}

/// What the out folder has and the account has not.
fn missing(thing: (Thing, &str), place: &Place) -> Observation {
    let file = place.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let what = format!("in `{file}` and not in the account");
    Observation::of(Rule::AuditNotDeployed, thing, "missing", what)
        .at(place.clone(), "deploy the out folder: deploy.sh")
}

impl<'v> Description<'v> {
    fn new(name: &'v str, arn: &'v str, place: Place) -> Self {
        let (values, documents, names, tags) = Default::default();
        Self { name, arn, place, values, documents, names, tags }
    }

    fn set(&mut self, topic: impl Into<String>, value: impl Into<Value>) {
        self.values.insert(topic.into(), value.into());
    }

    fn set_tags(&mut self, tags: &[Tag]) {
        let all =
            tags.iter().filter_map(|tag| Some((tag.key.as_deref()?.to_owned(), tag.value.as_deref()?.to_owned())));
        // The rotation of keys sets and removes its tag by itself.
        self.tags.extend(all.filter(|(key, _)| key != OLD_KEY));
    }

    /// Sets the policies that an identity has by itself, and not by its groups.
    fn set_policies<'i>(
        &mut self,
        inventory: &'v IamInventory<'_>,
        own: impl IntoIterator<Item = &'i usize>,
        undefined: impl IntoIterator<Item = &'i Undefined>,
    ) {
        for index in own {
            let Some(policy) = inventory.policies.get(*index) else { continue };
            if policy.kind == PolicyKind::Inline {
                self.documents.insert(format!("the inline policy `{}`", policy.name), Some(&policy.document.value));
            }
            let name = policy_arn(inventory, *index).unwrap_or(&policy.name);
            self.names.insert(("policy", name.to_owned()));
        }
        self.names.extend(undefined.into_iter().filter_map(|undefined| match undefined {
            Undefined::Policy(arn) => Some(("policy", arn.clone())),
            Undefined::Group(_) => None,
        }));
    }

    /// What differs between the thing as it is and as it is `declared`.
    fn differences(&self, thing: (Thing, &str), declared: &Self) -> Vec<Observation> {
        let drift = |topic: String, what: String| {
            Observation::of(Rule::AuditDrift, thing, topic, what).at(self.place.clone(), HELP)
        };
        let mut found = Vec::new();
        for (topic, declared) in &declared.values {
            let live = self.values.get(topic);
            if !differences(topic.trim_matches('`'), Some(declared), live).is_empty() {
                let (live, declared) = (quoted(live), quoted(Some(declared)));
                found.push(drift(topic.clone(), format!("{topic} is {live}, and the out folder has {declared}")));
            }
        }
        for (topic, declared) in &declared.documents {
            let Some(live) = self.documents.get(topic) else { continue };
            let changes = differences("PolicyDocument", *declared, *live);
            if !changes.is_empty() {
                let one = drift(topic.clone(), format!("{topic} says something else than in the out folder"));
                found.push(Observation { notes: leaves(&changes), ..one });
            }
        }
        found.extend(self.names.difference(&declared.names).map(|(word, name)| {
            drift(format!("{word}-{name}"), format!("the {word} `{name}`, which the out folder does not give it"))
        }));
        found.extend(declared.names.difference(&self.names).map(|(word, name)| {
            drift(format!("{word}-{name}"), format!("no {word} `{name}`, which the out folder gives it"))
        }));
        for key in self.tags.keys().chain(declared.tags.keys()).collect::<BTreeSet<_>>() {
            let (what, detail) = match (self.tags.get(key), declared.tags.get(key)) {
                (Some(live), Some(declared)) if live == declared => continue,
                (Some(live), Some(declared)) => {
                    ("says something else than in the out folder", Some(format!("`{live}` for `{declared}`")))
                }
                (Some(_), None) => ("is not in the out folder", None),
                (None, _) => ("is missing", None),
            };
            found.push(Observation { detail, ..drift(format!("tag-{key}"), format!("the tag `{key}` {what}")) });
        }
        found
    }
}

fn quoted(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) if text.is_empty() => "nothing".to_owned(),
        Some(Value::String(text)) => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
    }
}

/// What changes in a document, in words.
fn leaves(changes: &[PropertyChange]) -> Vec<String> {
    let shown = |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), |value| format!("`{value}`"));
    let leaf = |change: &PropertyChange| {
        let path = change.path.get(1..).unwrap_or_default().join(".");
        format!("{path}: {} is {} in the out folder", shown(&change.new), shown(&change.old))
    };
    let more = changes.len().saturating_sub(LISTED);
    changes.iter().take(LISTED).map(leaf).chain((more > 0).then(|| format!("and {more} more"))).collect()
}

/// The users, roles, groups or managed policies of an inventory, each with the place that there is for its ARN and location.
fn identities<'v>(
    inventory: &'v IamInventory<'_>,
    wanted: Thing,
    place: impl Fn(&str, &Location<'_>) -> Option<Place>,
) -> Things<'v> {
    let mut things = Things::new();
    for one in &inventory.principals {
        let (kind, name) = Thing::of(one);
        if kind != wanted {
            continue;
        }
        let Some(place) = place(&one.arn, &one.location) else { continue };
        let mut described = Description::new(name, &one.arn, place);
        let (_, behind) = one.arn.split_once('/').unwrap_or_default();
        described.set("the path", format!("/{}", behind.strip_suffix(name).unwrap_or_default()));
        described.set("the permissions boundary", boundary_arn(inventory, one).unwrap_or_default());
        described.set_tags(&one.tags);
        described.names.extend(one.groups.iter().map(|group| ("group", group.clone())));
        let groups = inventory.groups.iter().filter(|group| one.groups.contains(&group.name));
        let of_groups: BTreeSet<usize> = groups.clone().flat_map(|group| group.policies.iter().copied()).collect();
        let own = one.policies.iter().filter(|index| !of_groups.contains(index));
        let undefined = one.undefined.iter().filter(|one| !groups.clone().any(|group| group.undefined.contains(one)));
        described.set_policies(inventory, own, undefined);
        if let Some(trust) = one.trust.and_then(|index| inventory.policies.get(index)) {
            described.documents.insert("the trust policy".to_owned(), Some(&trust.document.value));
        }
        things.insert((kind, name.to_lowercase()), described);
    }
    for group in inventory.groups.iter().filter(|_| wanted == Thing::Group) {
        let Some(place) = place(&group.arn, &group.location) else { continue };
        let mut described = Description::new(&group.name, &group.arn, place);
        described.set("the ARN", group.arn.as_str());
        described.set_policies(inventory, &group.policies, &group.undefined);
        things.insert((Thing::Group, group.name.clone()), described);
    }
    for policy in inventory.policies.iter().filter(|_| wanted == Thing::Policy) {
        let PolicyKind::Managed(arn) = &policy.kind else { continue };
        let Some(place) = place(arn, &policy.location) else { continue };
        let mut described = Description::new(&policy.name, arn, place);
        described.documents.insert("the policy".to_owned(), Some(&policy.document.value));
        things.insert((Thing::Policy, arn.clone()), described);
    }
    things
}

fn notebooks(sides: &Sides<'_>) -> Vec<Observation> {
    let (mut live, mut declared) = (Things::new(), Things::new());
    for one in &sides.export.notebooks {
        let mut described = Description::new(&one.name, &one.arn, one.place());
        described.values.extend(one.properties.iter().map(|(key, value)| (format!("`{key}`"), value.clone())));
        for ((topic, _), value) in OF_NOTEBOOK.into_iter().zip([&one.platform, &one.lifecycle]) {
            described.set(topic, value.as_deref().unwrap_or_default());
        }
        described.set_tags(&crate::account::tags(&one.tags));
        live.insert((Thing::Notebook, one.name.clone()), described);
    }
    for (name, one) in &sides.notebooks {
        let mut described = Description::new(name, "", Place::whole(&one.stack.source));
        // Of a notebook that was made by hand, no stack says on which platform it is.
        let topics = NOTEBOOK_PROPERTIES.iter().map(|key| (format!("`{key}`"), *key));
        for (topic, key) in topics.chain(OF_NOTEBOOK.map(|(topic, key)| (topic.to_owned(), key))) {
            described.values.extend(one.properties.get(key).map(|value| (topic, value.clone())));
        }
        let tags = one_or_more(one.properties.get("Tags")).map(|tag| {
            let [key, value] = ["Key", "Value"].map(|key| tag.get(key).and_then(Value::as_str).map(Cow::Borrowed));
            Tag { key, value }
        });
        described.set_tags(&tags.collect::<Vec<_>>());
        declared.insert((Thing::Notebook, (*name).to_owned()), described);
    }
    let owner = |name: &str| {
        let one = sides.live.notebooks.iter().find(|one| one.name == name)?;
        let tagged = tag(&one.tags, USER);
        tagged.or_else(|| sides.owner_of_role(one.role_arn.as_deref().unwrap_or_default()))
    };
    let mut found = compared(&live, &declared, |one| owner(one.name).is_some());
    let roles: BTreeMap<&str, Option<&str>> =
        sides.declared.notebooks.iter().map(|one| (one.name.as_str(), one.role_arn.as_deref())).collect();
    for one in &sides.export.notebooks {
        let (name, thing) = (one.name.as_str(), (Thing::Notebook, one.name.as_str()));
        let is_declared = sides.notebooks.contains_key(name);
        if is_declared && roles.get(name).copied().flatten().is_some_and(|wanted| wanted != one.role_arn) {
            let what = format!("acts as `{}`, which is not its person's own role", one.role_arn);
            let help = "let it act as the role of its person: deploy the out folder, or stop it until that is done";
            found.push(Observation::of(Rule::AuditNotebookRole, thing, "role", what).at(one.place(), help));
        }
        if !is_declared && owner(name).is_none() {
            let what = "no tag `user`, and in no stack of the out folder, so that it belongs to nobody";
            let help = "give it the tags `user` and `notebook` of its person, or delete it once nobody misses it";
            found.push(Observation::of(Rule::AuditOwnerless, thing, "owner", what).at(one.place(), help));
        }
    }
    found
}

/// The script that every notebook runs as root.
fn lifecycles(sides: &Sides<'_>) -> Vec<Observation> {
    let mut found = Vec::new();
    for declared in sides.declared_of_type("AWS::SageMaker::NotebookInstanceLifecycleConfig") {
        let name = declared.properties.get("NotebookInstanceLifecycleConfigName");
        let name = name.and_then(Value::as_str).unwrap_or_default();
        let thing = (Thing::Lifecycle, name);
        let Some((live, place)) = sides.export.lifecycles.get(name) else {
            found.push(missing(thing, &Place::whole(&declared.stack.source)));
            continue;
        };
        let hooks = ["OnCreate", "OnStart"].into_iter().flat_map(|key| one_or_more(declared.properties.get(key)));
        let scripts = hooks.map(|hook| hook.get("Content").and_then(content).unwrap_or_default());
        if !live.iter().cloned().eq(scripts) {
            let what = "the script that notebooks run as root is another one than in the out folder";
            let help = "deploy the out folder again: stack `notebooks`";
            found.push(Observation::of(Rule::AuditDrift, thing, "script", what).at(place.clone(), help));
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
    let (bucket, name) = (&sides.export.bucket, sides.plan.names.bucket.as_str());
    let thing = (Thing::Bucket, name);
    let mut found = Vec::new();
    if let Some((block, place)) = &bucket.public_access_block {
        let describe = |block: &Value, versioning: Option<&str>| {
            let mut described = Description::new(name, "", place.clone());
            let blocked = PUBLIC_ACCESS.iter().filter_map(|key| Some((format!("`{key}`"), block.get(key)?.clone())));
            described.values.extend(blocked);
            described.set("the versioning", versioning.unwrap_or_default());
            described
        };
        let live = describe(block, bucket.versioning.as_deref());
        for declared in sides.declared_of_type("AWS::S3::Bucket") {
            let Some(block) = declared.properties.get("PublicAccessBlockConfiguration") else { continue };
            let versioning = declared.properties.get("VersioningConfiguration").and_then(|one| one.get("Status"));
            found.extend(live.differences(thing, &describe(block, versioning.and_then(Value::as_str))));
        }
    }
    let place = bucket.policy.as_ref().or(bucket.public_access_block.as_ref()).map(|(_, place)| place);
    let declared = sides.declared.resource_policies.iter().find(|one| one.resource_type == BUCKET_POLICY);
    let declared = declared.and_then(|one| sides.declared.policies.get(*one.policies.first()?));
    if let (Some(declared), Some(place)) = (declared, place) {
        let both = [bucket.policy.as_ref().map(|(policy, _)| policy), Some(&declared.document.value)];
        let [live, declared] = both.map(|policy| Description {
            documents: BTreeMap::from([("the bucket policy".to_owned(), policy)]),
            ..Description::new(name, "", place.clone())
        });
        found.extend(live.differences(thing, &declared));
    }
    found
}
