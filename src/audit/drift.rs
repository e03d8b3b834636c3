//! Drift: what of an account differs from what its out folder says, and what only one of them has.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::observation::{Observation, Thing};
use super::owners::{Owners, owner_of_role};
use super::sides::Sides;
use crate::diff::{Stack, differences};
use crate::finding::Rule;
use crate::inventory::{Boundary, Group, IamInventory, IdentityKind, PolicyKind, Principal, Tag};
use crate::model::OLD_KEY;
use crate::source::Place;

const HELP: &str =
    "deploy the out folder again, or change the configuration to what is meant: `racestack synth`, then deploy.sh";
const REMOVE: &str =
    "add the person to the roster, or take away what nobody needs: `racestack offboard` prints the steps";

/// How many leaves of a difference are listed.
const LISTED: usize = 6;

/// What two sides say of a thing: nothing where they say the same.
struct Compared<'s> {
    thing: (Thing, &'s str),
    place: Place,
    found: Vec<Observation>,
}

impl Compared<'_> {
    fn add(&mut self, topic: impl Into<String>, what: impl Into<String>) -> &mut Observation {
        let one = Observation::of(Rule::AuditDrift, self.thing, topic, what);
        self.found.push(one.at(self.place.clone(), HELP));
        let last = self.found.len() - 1;
        &mut self.found[last]
    }

    /// A value that differs.
    fn value(&mut self, topic: &str, (live, declared): (&str, &str)) {
        if live != declared {
            self.add(topic, format!("{topic} is {}, and the out folder has {}", quoted(live), quoted(declared)));
        }
    }

    fn documents(&mut self, topic: &str, (live, declared): (Option<&Value>, Option<&Value>)) {
        let changes = differences("PolicyDocument", declared, live);
        if changes.is_empty() {
            return;
        }
        let more = changes.len().saturating_sub(LISTED);
        let mut notes: Vec<String> = changes
            .iter()
            .take(LISTED)
            .map(|change| {
                let shown =
                    |value: &Option<Value>| value.as_ref().map_or("nothing".to_owned(), |value| format!("`{value}`"));
                let path: String = change.path.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join(".");
                format!("{path}: {} is {} in the out folder", shown(&change.new), shown(&change.old))
            })
            .collect();
        if more > 0 {
            notes.push(format!("and {more} more"));
        }
        let one = self.add(topic, format!("{topic} says something else than in the out folder"));
        one.notes = notes;
    }

    fn tags(&mut self, live: &[Tag], declared: &[Tag]) {
        // The rotation of keys sets and removes its tag by itself.
        let of = |tags: &[Tag]| -> BTreeMap<String, String> {
            let all = tags.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?)));
            all.filter(|(key, _)| key != OLD_KEY).collect()
        };
        let (live, declared) = (of(live), of(declared));
        for key in live.keys().chain(declared.keys()).collect::<BTreeSet<_>>() {
            let topic = format!("tag-{key}");
            match (live.get(key), declared.get(key)) {
                (Some(live), Some(declared)) if live == declared => {}
                (Some(live), Some(declared)) => {
                    let one = self.add(topic, format!("the tag `{key}` says something else than in the out folder"));
                    one.detail = Some(format!("`{live}` for `{declared}`"));
                }
                (Some(_), None) => _ = self.add(topic, format!("the tag `{key}` is not in the out folder")),
                (None, _) => _ = self.add(topic, format!("the tag `{key}` is missing")),
            }
        }
    }

    /// Names that only one side has.
    fn names(&mut self, word: &str, live: &BTreeSet<String>, declared: &BTreeSet<String>) {
        for name in live.difference(declared) {
            self.add(format!("{word}-{name}"), format!("the {word} `{name}`, which the out folder does not give it"));
        }
        for name in declared.difference(live) {
            self.add(format!("{word}-{name}"), format!("no {word} `{name}`, which the out folder gives it"));
        }
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

/// What differs of the users, groups, roles and managed policies, and what of these only one side has.
pub fn observations(sides: &Sides<'_>, owners: &Owners<'_>) -> Vec<Observation> {
    let mut found = principals(sides, owners);
    found.extend(groups(sides));
    found.extend(policies(sides));
    found
}

/// What the out folder has and the account has not.
pub fn missing(stack: &Stack, thing: (Thing, &str)) -> Observation {
    let file = stack.source.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let what = format!("in `{file}` and not in the account");
    let place = Place::whole(&stack.source);
    Observation::of(Rule::AuditNotDeployed, thing, "missing", what).at(place, "deploy the out folder: deploy.sh")
}

/// What the account has and no stack of the out folder.
pub fn unknown(thing: (Thing, &str), place: Place) -> Observation {
    let what = "deployed, and in no stack of the out folder";
    Observation::of(Rule::AuditNotInRoster, thing, "unknown", what).at(place, REMOVE)
}

fn principals(sides: &Sides<'_>, owners: &Owners<'_>) -> Vec<Observation> {
    let key = |one: &Principal<'_>| (one.kind, one.name.to_lowercase());
    let live: BTreeMap<_, &Principal<'_>> = sides.live.principals.iter().map(|one| (key(one), one)).collect();
    let declared: BTreeMap<_, &Principal<'_>> = sides.declared.principals.iter().map(|one| (key(one), one)).collect();
    let mut found = Vec::new();
    for (key, declared) in &declared {
        let thing = Thing::of(declared);
        let Some(live) = live.get(key) else {
            found.extend(sides.stacks.get(declared.location.stack).map(|stack| missing(stack, thing)));
            continue;
        };
        let mut compared = Compared { thing, place: sides.export.place(&live.arn), found: Vec::new() };
        compared.value("the path", (&path_of(live), &path_of(declared)));
        compared.tags(&live.tags, &declared.tags);
        let boundary = |inventory: &IamInventory<'_>, one: &Principal<'_>| match &one.boundary {
            Some(Boundary::Policy(index)) => inventory.policies.get(*index).map(policy_name).unwrap_or_default(),
            Some(Boundary::Undefined(arn)) => arn.clone(),
            None => String::new(),
        };
        compared
            .value("the permissions boundary", (&boundary(&sides.live, live), &boundary(&sides.declared, declared)));
        compared.names("group", &live.groups, &declared.groups);
        attached(&mut compared, (&sides.live, live), (&sides.declared, declared));
        let trust = |inventory: &IamInventory<'_>, one: &Principal<'_>| {
            one.trust.and_then(|index| Some(inventory.policies.get(index)?.document.value.clone()))
        };
        let (of_live, of_declared) = (trust(&sides.live, live), trust(&sides.declared, declared));
        compared.documents("the trust policy", (of_live.as_ref(), of_declared.as_ref()));
        found.append(&mut compared.found);
    }
    for (_, one) in live.into_iter().filter(|(key, _)| !declared.contains_key(key)) {
        let is_ours = match one.kind {
            IdentityKind::User => owners.former.contains(&one.name) || owners.people.contains_key(one.name.as_str()),
            _ => owner_of_role(sides.plan, &one.arn).is_some(),
        };
        if is_ours {
            found.push(unknown(Thing::of(one), sides.export.place(&one.arn)));
        }
    }
    found
}

/// The policies that a principal has by itself, and not by its groups.
fn own_policies<'i>(inventory: &'i IamInventory<'_>, one: &Principal<'_>) -> BTreeMap<String, Option<&'i Value>> {
    let groups: Vec<&Group<'_>> = inventory.groups.iter().filter(|group| one.groups.contains(&group.name)).collect();
    let own = one.policies.iter().filter(|index| !groups.iter().any(|group| group.policies.contains(index)));
    let of_index = own.filter_map(|index| inventory.policies.get(*index)).map(|policy| {
        let value = (policy.kind == PolicyKind::Inline).then_some(&policy.document.value);
        (policy_name(policy), value)
    });
    let undefined =
        one.undefined.iter().filter(|undefined| !groups.iter().any(|group| group.undefined.contains(undefined)));
    let undefined = undefined.filter_map(|undefined| match undefined {
        crate::inventory::Undefined::Policy(arn) => Some((arn.clone(), None)),
        crate::inventory::Undefined::Group(_) => None,
    });
    of_index.chain(undefined).collect()
}

/// The ARN of a managed policy; of an inline one, its name.
fn policy_name(policy: &crate::inventory::Policy<'_>) -> String {
    match &policy.kind {
        PolicyKind::Managed(arn) => arn.clone(),
        _ => policy.name.clone(),
    }
}

fn attached(
    compared: &mut Compared<'_>,
    live: (&IamInventory<'_>, &Principal<'_>),
    declared: (&IamInventory<'_>, &Principal<'_>),
) {
    let (live, declared) = (own_policies(live.0, live.1), own_policies(declared.0, declared.1));
    let names = |of: &BTreeMap<String, Option<&Value>>| of.keys().cloned().collect::<BTreeSet<_>>();
    compared.names("policy", &names(&live), &names(&declared));
    for (name, of_live) in &live {
        if let Some(of_declared) = declared.get(name) {
            compared.documents(&format!("the inline policy `{name}`"), (*of_live, *of_declared));
        }
    }
}

fn path_of(one: &Principal<'_>) -> String {
    let (_, behind) = one.arn.split_once('/').unwrap_or_default();
    let path = behind.strip_suffix(&one.name).unwrap_or_default();
    format!("/{path}")
}

fn groups(sides: &Sides<'_>) -> Vec<Observation> {
    let live: BTreeMap<&str, &Group<'_>> = sides.live.groups.iter().map(|one| (one.name.as_str(), one)).collect();
    let mut found = Vec::new();
    for declared in &sides.declared.groups {
        let thing = (Thing::Group, declared.name.as_str());
        let Some(live) = live.get(declared.name.as_str()) else {
            found.extend(sides.stacks.get(declared.location.stack).map(|stack| missing(stack, thing)));
            continue;
        };
        let mut compared = Compared { thing, place: sides.export.place(&live.arn), found: Vec::new() };
        compared.value("the ARN", (&live.arn, &declared.arn));
        let names = |inventory: &IamInventory<'_>, one: &Group<'_>| -> BTreeSet<String> {
            let policies = one.policies.iter().filter_map(|index| inventory.policies.get(*index)).map(policy_name);
            let undefined = one.undefined.iter().filter_map(|undefined| match undefined {
                crate::inventory::Undefined::Policy(arn) => Some(arn.clone()),
                crate::inventory::Undefined::Group(_) => None,
            });
            policies.chain(undefined).collect()
        };
        compared.names("policy", &names(&sides.live, live), &names(&sides.declared, declared));
        found.append(&mut compared.found);
    }
    found
}

/// What the versions of managed policies say that are in force.
fn policies(sides: &Sides<'_>) -> Vec<Observation> {
    let managed = |inventory: &'_ IamInventory<'_>| -> BTreeMap<String, usize> {
        let all = inventory.policies.iter().enumerate();
        all.filter_map(|(index, policy)| match &policy.kind {
            PolicyKind::Managed(arn) => Some((arn.clone(), index)),
            _ => None,
        })
        .collect()
    };
    let (live, declared) = (managed(&sides.live), managed(&sides.declared));
    let mut found = Vec::new();
    for (arn, index) in &declared {
        let Some(policy) = sides.declared.policies.get(*index) else { continue };
        let thing = (Thing::Policy, policy.name.as_str());
        let Some(of_live) = live.get(arn).and_then(|index| sides.live.policies.get(*index)) else {
            found.extend(sides.stacks.get(policy.location.stack).map(|stack| missing(stack, thing)));
            continue;
        };
        let mut compared = Compared { thing, place: sides.export.place(arn), found: Vec::new() };
        compared.documents("the policy", (Some(&of_live.document.value), Some(&policy.document.value)));
        found.append(&mut compared.found);
    }
    let prefix = format!(
        "arn:{}:iam::{}:policy{}{}-deepracer-",
        sides.plan.names.partition, sides.plan.names.account_id, sides.plan.names.iam_path, sides.plan.account.company
    );
    for (arn, index) in live.iter().filter(|(arn, _)| arn.starts_with(&prefix) && !declared.contains_key(*arn)) {
        let Some(policy) = sides.live.policies.get(*index) else { continue };
        found.push(unknown((Thing::Policy, &policy.name), sides.export.place(arn)));
    }
    found
}

/// Where two values of a resource differ, for these of its properties that the template names.
pub fn properties(
    thing: (Thing, &str),
    place: Place,
    keys: &[&str],
    (live, declared): (&BTreeMap<String, Value>, &Value),
) -> Vec<Observation> {
    let mut compared = Compared { thing, place, found: Vec::new() };
    for key in keys {
        let Some(value) = declared.get(key) else { continue };
        if differences(key, Some(value), live.get(*key)).is_empty() {
            continue;
        }
        let shown = |value: Option<&Value>| {
            value.map_or_else(String::new, |value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        };
        compared.value(&format!("`{key}`"), (&shown(live.get(*key)), &shown(Some(value))));
    }
    compared.found
}

/// The tags of a resource that differ.
pub fn tags(thing: (Thing, &str), place: Place, live: &[Tag], declared: &[Tag]) -> Vec<Observation> {
    let mut compared = Compared { thing, place, found: Vec::new() };
    compared.tags(live, declared);
    compared.found
}

/// A document that differs.
pub fn document(
    thing: (Thing, &str),
    place: Place,
    topic: &str,
    both: (Option<&Value>, Option<&Value>),
) -> Vec<Observation> {
    let mut compared = Compared { thing, place, found: Vec::new() };
    compared.documents(topic, both);
    compared.found
}

/// A value that differs.
pub fn value(thing: (Thing, &str), place: Place, topic: &str, both: (&str, &str)) -> Vec<Observation> {
    let mut compared = Compared { thing, place, found: Vec::new() };
    compared.value(topic, both);
    compared.found
}
