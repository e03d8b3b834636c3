//! What has to do with access and is not decided: the policies of topics, keys, secrets and functions, and the roles that
//! notebooks and functions act as. What changes in it is told as unknown, never passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::canonical::{canonical, is_intrinsic, text};
use super::super::model::{AccessChange, AccessDirection, AccessEntry, AccessPrincipal, Presence};
use super::super::resources::type_of;
use super::estate::{Estate, Holder, Known, one_or_more};
use super::subjects::Own;

/// A resource that opens something to somebody.
pub(super) struct Other {
    resource_type: String,
    own: Option<Own>,
    /// The statements of its policies, by what they mean.
    statements: BTreeMap<String, Value>,
    /// The roles, or instance profiles, that it acts as or hands on, each with the property that says so.
    roles: BTreeSet<(String, String)>,
}

/// Types whose policies are decided.
const DECIDED: &[&str] = &[
    "AWS::IAM::Group",
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::User",
    "AWS::IAM::UserPolicy",
    "AWS::IAM::UserToGroupAddition",
    "AWS::S3::BucketPolicy",
];
/// Types that are a statement themselves.
const STATEMENTS: &[&str] =
    &["AWS::Events::EventBusPolicy", "AWS::Lambda::LayerVersionPermission", "AWS::Lambda::Permission"];

impl Other {
    /// What a resource opens; `None` of one that opens nothing, or whose policies are decided.
    pub(super) fn of(known: &Known<'_>, logical_id: &str, resource: &Value) -> Option<Self> {
        let resource_type = type_of(resource);
        if DECIDED.contains(&resource_type) {
            return None;
        }
        let properties = resource.get("Properties")?;
        let mut other = Self {
            resource_type: resource_type.to_owned(),
            own: Own::of_resource(known.stack, logical_id),
            statements: BTreeMap::new(),
            roles: BTreeSet::new(),
        };
        if STATEMENTS.contains(&resource_type) {
            let resource = properties.get("FunctionName").cloned().unwrap_or(Value::from("*"));
            let action = properties.get("Action").cloned().unwrap_or(Value::from("*"));
            let given = json!({"Effect": "Allow", "Action": action, "Resource": resource, "Condition": properties});
            other.add(&known.filled(&given));
        }
        other.look(known, "", properties);
        (!other.statements.is_empty() || !other.roles.is_empty()).then_some(other)
    }

    fn look(&mut self, known: &Known<'_>, key: &str, value: &Value) {
        match value {
            _ if names_role(known, key, value) => {
                let role = known.text(value).unwrap_or_else(|| value.to_string());
                self.roles.insert((key.to_owned(), role));
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    if key == "Statement" {
                        one_or_more(Some(value)).for_each(|statement| self.add(&known.filled(statement)));
                        continue;
                    }
                    self.look(known, key, value);
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.look(known, key, value)),
            // Some policies are written as a text.
            Value::String(text) if key.contains("Policy") => {
                if let Ok(document @ Value::Object(_)) = serde_json::from_str(text) {
                    self.look(known, "", &document);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, statement: &Value) {
        let Value::Object(document) = canonical("", &json!({"Statement": [statement]})) else { return };
        self.statements.insert(text(&Value::Object(document)), statement.clone());
    }

    fn general(&self, text: &str) -> String {
        self.own.as_ref().map_or_else(|| text.to_owned(), |own| own.general(text))
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
            policy(before, &self.statements, &self.resource_type, verb).into_iter().collect();
        for (key, role) in &self.roles {
            let one = (key.clone(), role.clone());
            if old.is_some_and(|old| old.roles.contains(&one)) || created(role) {
                continue;
            }
            let gone = |was: &&(String, String)| was.0 == *key && !self.roles.contains(*was);
            let was: Vec<String> =
                old.into_iter().flat_map(|old| &old.roles).filter(gone).map(|was| format!("`{}`", was.1)).collect();
            let instead = if was.is_empty() { String::new() } else { format!(" instead of {}", was.join(", ")) };
            entries.push(AccessEntry {
                direction: AccessDirection::Unknown,
                at_most_narrowed: false,
                actions: vec!["sts:AssumeRole".to_owned()],
                resources: vec![role.clone()],
                conditions: vec![format!(
                    "it acts as this role{instead}, and so does who can use it ({})",
                    self.resource_type
                )],
            });
        }
        entries
    }
}

/// Whether the value of a property is a role or an instance profile: by what the property is called, by its ARN, or since
/// it refers to one.
fn names_role(known: &Known<'_>, key: &str, value: &Value) -> bool {
    if !value.is_string() && !is_intrinsic(value) {
        return false;
    }
    let text = known.text(value).unwrap_or_else(|| value.to_string());
    // A policy that is written as a text is read as one.
    if key.contains("Policy")
        && serde_json::from_str::<Value>(&text).is_ok_and(|one| one.is_object())
        && value.is_string()
    {
        return false;
    }
    let key = key.to_ascii_lowercase();
    ["role", "instanceprofile"].iter().any(|word| key.contains(word))
        || [":role/", ":instance-profile/"].iter().any(|part| text.contains(part))
        || known.refers_to_role(value)
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
        let values = gone.iter().chain(&come).flat_map(|statement| {
            keys.into_iter().flat_map(|key| one_or_more(statement.get(key))).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            })
        });
        let texts: BTreeSet<String> = values.collect();
        if texts.is_empty() { vec!["*".to_owned()] } else { texts.into_iter().collect() }
    };
    (!gone.is_empty() || !come.is_empty()).then(|| AccessEntry {
        direction: AccessDirection::Unknown,
        at_most_narrowed: all(&gone, "Allow") && all(&come, "Deny"),
        actions: mentioned(["Action", "NotAction"]),
        resources: mentioned(["Resource", "NotResource"]),
        conditions: vec![format!("its policy ({resource_type}) {verb}, and is not evaluated here")],
    })
}

/// What changes in what is not decided.
pub(super) fn undecided(before: &Estate<'_>, after: &Estate<'_>) -> Vec<AccessChange> {
    let usual: BTreeSet<String> = before.others.values().map(Other::key).collect();
    let has = |estate: &Estate<'_>, role: &str| {
        let named = |holder: &Holder<'_>| !holder.is_user && holder.name == role;
        estate.holders.contains_key(role) || estate.holders.values().any(named)
    };
    let created = |role: &str| has(after, role) && !has(before, role);
    let mut changes: BTreeMap<String, AccessChange> = BTreeMap::new();
    let mut tell = |id: &str, other: &Other, entries: Vec<AccessEntry>| {
        if entries.is_empty() {
            return;
        }
        let general = |texts: &[String]| texts.iter().map(|text| other.general(text)).collect::<Vec<_>>();
        let generalised = |entry: &AccessEntry| AccessEntry {
            direction: entry.direction,
            at_most_narrowed: entry.at_most_narrowed,
            actions: general(&entry.actions),
            resources: general(&entry.resources),
            conditions: general(&entry.conditions),
        };
        let in_general: Vec<AccessEntry> = entries.iter().map(generalised).collect();
        let class =
            format!("{} {:?} {in_general:?}", other.resource_type, other.own.as_ref().map_or(Some(id), |_| None));
        match changes.get_mut(&class) {
            Some(change) => {
                change.names.push(id.to_owned());
                change.entries = in_general;
            }
            None => _ = changes.insert(class, through(id, entries)),
        }
    };
    for (place, other) in &after.others {
        let old = before.others.get(place);
        // What a new person has as others had it is no news.
        if old.is_none() && other.own.is_some() && usual.contains(&other.key()) {
            continue;
        }
        tell(place.1, other, other.entries(old, created));
    }
    for (place, other) in before.others.iter().filter(|(place, _)| !after.others.contains_key(*place)) {
        // With what allows, access goes; with what denies, some may come, as long as there is something to reach.
        let entry = policy(&other.statements, &BTreeMap::new(), &other.resource_type, "is gone");
        let denied = entry.filter(|entry| !entry.at_most_narrowed && after.stacks.contains(place.0));
        tell(place.1, other, denied.into_iter().collect());
    }
    let unplaced = before.unplaced.symmetric_difference(&after.unplaced).next().map(|_| {
        let entry = AccessEntry {
            direction: AccessDirection::Unknown,
            at_most_narrowed: false,
            actions: vec!["*".to_owned()],
            resources: vec!["*".to_owned()],
            conditions: vec!["to whom it is attached is known only when it is deployed".to_owned()],
        };
        through("policy", vec![entry])
    });
    changes.into_values().chain(unplaced).collect()
}

fn through(id: &str, entries: Vec<AccessEntry>) -> AccessChange {
    AccessChange {
        principal: AccessPrincipal::Resource,
        names: vec![id.to_owned()],
        presence: Presence::Both,
        same_as: 0,
        entries,
    }
}
