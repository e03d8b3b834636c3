//! What has to do with access and is not decided: the policies of topics, keys, secrets and functions, and the roles that
//! notebooks and functions act as. What changes in it is told as unknown, never passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::canonical::{canonical, text};
use super::super::model::{AccessChange, AccessEntry};
use super::super::owners::general;
use super::account::{AccountIam, is_user};
use super::openings::{Opening, openings};
use crate::iam::Direction;
use crate::inventory::{self, Location, one_or_more, plain};
use crate::output::UserEntry;

/// A resource that opens something to somebody.
struct Other<'a> {
    resource_type: &'a str,
    own: Option<&'a UserEntry>,
    /// The statements of its policies, by what they mean.
    statements: BTreeMap<String, Value>,
    /// The roles, or instance profiles, that it acts as or hands on, each with the property that says so.
    roles: BTreeSet<(String, String)>,
}

/// By stack and logical ID, the resources that open something, but for those whose policies are decided.
fn others<'a>(iam: &AccountIam<'a>) -> BTreeMap<(&'a str, &'a str), Other<'a>> {
    let policies = iam.inventory.resource_policies.iter();
    let policies = policies.filter(|one| one.resource_type != inventory::BUCKET_POLICY);
    let mut by_place: BTreeMap<(usize, &str), Other<'a>> = BTreeMap::new();
    let mut at = |location: &Location<'a>, resource_type: &'a str, change: &mut dyn FnMut(&mut Other<'a>)| {
        let place = (location.stack, location.logical_id);
        change(by_place.entry(place).or_insert_with(|| Other::new(resource_type, iam.own(location))));
    };
    for one in policies {
        let documents = one.policies.iter().filter_map(|policy| iam.document(*policy));
        let statements: Vec<&Value> = documents.flat_map(|document| document.statements()).collect();
        if !statements.is_empty() {
            at(&one.location, one.resource_type, &mut |other| statements.iter().for_each(|one| other.add(one)));
        }
    }
    for one in &iam.inventory.service_roles {
        at(&one.location, one.resource_type, &mut |other| {
            other.roles.insert((one.property.clone(), one.role.clone()));
        });
    }
    // What is kept of a stack comes before the stack: what the stack has now is what counts.
    let named = by_place.into_iter().filter_map(|((stack, id), other)| Some(((iam.name_of(stack)?, id), other)));
    named.collect()
}

impl<'a> Other<'a> {
    fn new(resource_type: &'a str, own: Option<&'a UserEntry>) -> Self {
        Self { resource_type, own, statements: BTreeMap::new(), roles: BTreeSet::new() }
    }

    fn add(&mut self, statement: &Value) {
        let Value::Object(document) = canonical("", &json!({"Statement": [statement]})) else { return };
        self.statements.insert(text(&Value::Object(document)), statement.clone());
    }

    fn general(&self, text: &str) -> String {
        general(text, self.own)
    }

    /// What resources of several people have in common when they open the same.
    fn key(&self) -> String {
        let roles: Vec<String> = self.roles.iter().map(|(key, role)| self.general(&format!("{key} {role}"))).collect();
        let statements: Vec<String> = self.statements.keys().map(|text| self.general(text)).collect();
        format!("{} {statements:?} {roles:?}", self.resource_type)
    }

    /// What is told of a change from `old`; `created` says whether a role is new, with all that it may do.
    fn entries(&self, old: Option<&Self>, created: impl Fn(&str) -> bool) -> Vec<AccessEntry> {
        let none = BTreeMap::new();
        let before = old.map_or(&none, |old| &old.statements);
        let verb = if before.is_empty() { "is new" } else { "changes" };
        let mut entries: Vec<AccessEntry> =
            policy(before, &self.statements, self.resource_type, verb).into_iter().collect();
        for (key, role) in &self.roles {
            let one = (key.clone(), role.clone());
            if old.is_some_and(|old| old.roles.contains(&one)) || created(role) {
                continue;
            }
            let gone = |was: &&(String, String)| was.0 == *key && !self.roles.contains(*was);
            let was: Vec<String> =
                old.into_iter().flat_map(|old| &old.roles).filter(gone).map(|was| format!("`{}`", was.1)).collect();
            let instead = if was.is_empty() { String::new() } else { format!(" instead of {}", was.join(", ")) };
            let why = format!("it acts as this role{instead}, and so does who can use it ({})", self.resource_type);
            let (actions, resources) = (vec!["sts:AssumeRole".to_owned()], vec![role.clone()]);
            entries.push(AccessEntry { actions, resources, ..AccessEntry::unknown(why) });
        }
        entries
    }
}

/// What is told of the statements of a policy that come and go; `None` where none do.
fn policy(
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    resource_type: &str,
    verb: &str,
) -> Option<AccessEntry> {
    let not_in = |of: &BTreeMap<String, Value>, other: &BTreeMap<String, Value>| -> Vec<Value> {
        of.iter().filter(|(key, _)| !other.contains_key(*key)).map(|(_, statement)| statement.clone()).collect()
    };
    let (gone, come) = (not_in(before, after), not_in(after, before));
    let all =
        |list: &[Value], effect: &str| list.iter().all(|one| one.get("Effect").and_then(Value::as_str) == Some(effect));
    let mentioned = |keys: [&str; 2]| -> Vec<String> {
        let values = gone
            .iter()
            .chain(&come)
            .flat_map(|statement| keys.into_iter().flat_map(|key| one_or_more(statement.get(key))).map(plain));
        let texts: BTreeSet<String> = values.collect();
        if texts.is_empty() { vec!["*".to_owned()] } else { texts.into_iter().collect() }
    };
    (!gone.is_empty() || !come.is_empty()).then(|| AccessEntry {
        direction: if all(&gone, "Allow") && all(&come, "Deny") {
            Direction::PerhapsNarrowed
        } else {
            Direction::Unknown
        },
        actions: mentioned(["Action", "NotAction"]),
        resources: mentioned(["Resource", "NotResource"]),
        ..AccessEntry::unknown(format!("its policy ({resource_type}) {verb}, and is not evaluated here"))
    })
}

/// What changes in what is not decided.
pub(super) fn undecided(before: &AccountIam<'_>, after: &AccountIam<'_>) -> Vec<AccessChange> {
    let (old_others, new_others) = (others(before), others(after));
    let usual: BTreeSet<String> = old_others.values().map(Other::key).collect();
    let has = |iam: &AccountIam<'_>, role: &str| {
        iam.principal(role).is_some() || iam.principals().any(|one| !is_user(one) && one.name == role)
    };
    let created = |role: &str| has(after, role) && !has(before, role);
    let mut changes: BTreeMap<String, AccessChange> = BTreeMap::new();
    let mut tell = |id: &str, other: &Other<'_>, entries: Vec<AccessEntry>| {
        if entries.is_empty() {
            return;
        }
        let in_general: Vec<AccessEntry> =
            entries.iter().map(|entry| entry.rewritten(|text| other.general(text))).collect();
        let class = format!("{} {:?} {in_general:?}", other.resource_type, other.own.map_or(Some(id), |_| None));
        match changes.get_mut(&class) {
            Some(change) => {
                change.names.push(id.to_owned());
                change.entries = in_general;
            }
            None => _ = changes.insert(class, AccessChange::through(id, entries)),
        }
    };
    for (place, other) in &new_others {
        let old = old_others.get(place);
        // What a new person has as others had it is no news.
        if old.is_none() && other.own.is_some() && usual.contains(&other.key()) {
            continue;
        }
        tell(place.1, other, other.entries(old, created));
    }
    for (place, other) in old_others.iter().filter(|(place, _)| !new_others.contains_key(*place)) {
        // With what allows, access goes; with what denies, some may come, as long as there is something to reach.
        let entry = policy(&other.statements, &BTreeMap::new(), other.resource_type, "is gone");
        let denied = entry.filter(|entry| entry.direction.is_gain() && after.stack_names().any(|name| name == place.0));
        tell(place.1, other, denied.into_iter().collect());
    }
    for Opening { id, resource_type, own, entries } in openings(before, after) {
        tell(&id, &Other::new(resource_type, own), entries);
    }
    let unplaced = before.inventory.unresolved.symmetric_difference(&after.inventory.unresolved).next().map(|_| {
        let entry = AccessEntry::unknown("to whom it is attached is known only when it is deployed");
        AccessChange::through("policy", vec![entry])
    });
    changes.into_values().chain(unplaced).collect()
}
