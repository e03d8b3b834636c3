//! What has to do with access and is not decided: the policies of topics, keys, secrets and functions, the roles that notebooks
//! and functions act as, and what opens something by no policy. What changes in it is told as unknown, never passed over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::canonical::{canonical, text};
use super::super::model::{AccessChange, AccessEntry};
use super::super::owners::general;
use super::account::{AccountIam, StackPlace, is_user};
use super::openings::Openings;
use crate::iam::Direction;
use crate::inventory::{self, one_or_more, plain, type_of};
use crate::output::UserEntry;

/// A resource, or an output, that may open something to somebody.
#[derive(Default)]
struct UnevaluatedGrant<'a> {
    resource_type: &'a str,
    own: Option<&'a UserEntry>,
    /// As its template has it; `None` where the other side has the same template.
    declared: Option<&'a Value>,
    /// The statements of its policies that are not decided, by what they mean.
    statements: BTreeMap<String, &'a Value>,
    /// The roles, or instance profiles, that it acts as or hands on, each with the property that says so.
    roles: BTreeSet<(&'a str, &'a str)>,
}

/// By stack and logical ID, or name of an output, what may open something.
fn unevaluated<'i, 'a: 'i>(
    iam: &'i AccountIam<'a>,
    other: &AccountIam<'a>,
) -> BTreeMap<StackPlace<'a>, UnevaluatedGrant<'i>> {
    let mut by_place: BTreeMap<(usize, &str), UnevaluatedGrant<'i>> = BTreeMap::new();
    for (stack, id, declared) in iam.declared(other) {
        let (resource_type, declared) = (type_of(declared), Some(declared));
        by_place.insert((stack, id), UnevaluatedGrant { resource_type, declared, ..UnevaluatedGrant::default() });
    }
    let policies = iam.inventory.resource_policies.iter();
    for one in policies.filter(|one| one.resource_type != inventory::BUCKET_POLICY) {
        let grant = by_place.entry((one.location.stack, one.location.logical_id)).or_default();
        grant.resource_type = one.resource_type;
        let documents = one.policies.iter().filter_map(|policy| iam.document(*policy));
        let about = grant.declared.map(about).unwrap_or_default();
        for statement in documents.flat_map(|document| document.statements()) {
            grant.statements.insert(text(&canonical("", &json!({"Statement": statement}))) + &about, statement);
        }
    }
    for one in &iam.inventory.service_roles {
        let grant = by_place.entry((one.location.stack, one.location.logical_id)).or_default();
        grant.resource_type = one.resource_type;
        grant.roles.insert((&one.property, &one.role));
    }
    // What is kept of a stack comes before the stack: what the stack has now is what counts.
    let named = by_place.into_iter().filter_map(|((stack, id), grant)| {
        let place = (iam.name_of(stack)?, id.to_owned());
        Some((place, UnevaluatedGrant { own: iam.owner(stack, id), ..grant }))
    });
    let outputs = iam.outputs().map(|(stack, name, value)| {
        ((stack, format!("Outputs.{name}")), UnevaluatedGrant { declared: Some(value), ..UnevaluatedGrant::default() })
    });
    named.chain(outputs).collect()
}

/// What a resource that is a policy is about, by its other properties: the same statements say something else of another queue or
/// secret. Of what holds a policy of its own, nothing.
fn about(declared: &Value) -> String {
    let is_policy = |key: &str| key.ends_with("Policy") || key.ends_with("PolicyDocument");
    let properties = declared.get("Properties").and_then(Value::as_object).filter(|_| is_policy(type_of(declared)));
    let others = properties.into_iter().flatten().filter(|(key, _)| !is_policy(key));
    others.map(|(key, value)| text(&canonical("", &json!({key: value})))).collect()
}

impl UnevaluatedGrant<'_> {
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
    fn entries(&self, old: &Self, created: impl Fn(&str) -> bool) -> Vec<AccessEntry> {
        let verb = if old.statements.is_empty() { "is new" } else { "changes" };
        let mut entries: Vec<AccessEntry> = policy(old, self, verb).into_iter().collect();
        for (key, role) in self.roles.difference(&old.roles).filter(|(_, role)| !created(role)) {
            let gone = old.roles.difference(&self.roles).filter(|was| was.0 == *key);
            let was: Vec<String> = gone.map(|was| format!("`{}`", was.1)).collect();
            let instead = if was.is_empty() { String::new() } else { format!(" instead of {}", was.join(", ")) };
            let why = format!("it acts as this role{instead}, and so does who can use it ({})", self.resource_type);
            let (actions, resources) = (vec!["sts:AssumeRole".to_owned()], vec![(*role).to_owned()]);
            entries.push(AccessEntry { actions, resources, ..AccessEntry::unknown(why) });
        }
        entries
    }
}

/// What is told of the statements of a policy that come and go; `None` where none do.
fn policy(old: &UnevaluatedGrant<'_>, new: &UnevaluatedGrant<'_>, verb: &str) -> Option<AccessEntry> {
    let not_in = |one: &UnevaluatedGrant<'_>, other: &UnevaluatedGrant<'_>| -> Vec<Value> {
        let alone = one.statements.iter().filter(|(key, _)| !other.statements.contains_key(*key));
        alone.map(|(_, statement)| (*statement).clone()).collect()
    };
    let (gone, come) = (not_in(old, new), not_in(new, old));
    let all = |list: &[Value], effect: &str| list.iter().all(|one| one.get("Effect").is_some_and(|is| is == effect));
    let mentioned = |keys: [&str; 2]| -> Vec<String> {
        let all = gone.iter().chain(&come);
        let values = all.flat_map(|one| keys.into_iter().flat_map(|key| one_or_more(one.get(key))).map(plain));
        let texts: BTreeSet<String> = values.collect();
        if texts.is_empty() { vec!["*".to_owned()] } else { texts.into_iter().collect() }
    };
    let only_less = all(&gone, "Allow") && all(&come, "Deny");
    let resource_type = if new.resource_type.is_empty() { old.resource_type } else { new.resource_type };
    (!gone.is_empty() || !come.is_empty()).then(|| AccessEntry {
        direction: if only_less { Direction::PerhapsNarrowed } else { Direction::Unknown },
        actions: mentioned(["Action", "NotAction"]),
        resources: mentioned(["Resource", "NotResource"]),
        ..AccessEntry::unknown(format!("its policy ({resource_type}) {verb}, and is not evaluated here"))
    })
}

/// What changes in what is not decided.
pub(super) fn changed_grants(before: &AccountIam<'_>, after: &AccountIam<'_>) -> Vec<AccessChange> {
    let [olds, news] = [unevaluated(before, after), unevaluated(after, before)];
    let usual: BTreeSet<String> = olds.values().map(UnevaluatedGrant::key).collect();
    let has = |iam: &AccountIam<'_>, role: &str| {
        iam.principal(role).is_some() || iam.principals().any(|one| !is_user(one) && one.name == role)
    };
    let created = |role: &str| has(after, role) && !has(before, role);
    let openings = Openings::of(before, after);
    let none = UnevaluatedGrant::default();
    let mut changes: BTreeMap<String, AccessChange> = BTreeMap::new();
    for place in olds.keys().chain(news.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (olds.get(place), news.get(place));
        let Some(any) = new.or(old) else { continue };
        let entries = match new {
            // What a new person has as others had it is no news.
            Some(new) if old.is_none() && new.own.is_some() && usual.contains(&new.key()) => Vec::new(),
            Some(new) => new.entries(old.unwrap_or(&none), created),
            // A stack that is no longer made stays as it is.
            None if !after.stacks.iter().any(|stack| stack.of.name == place.0) => continue,
            // With what allows, access goes; with what denies, some may come.
            None => policy(any, &none, "is gone").into_iter().filter(|entry| entry.direction.is_gain()).collect(),
        };
        let declared = [old, new].map(|grant| grant.and_then(|grant| grant.declared));
        let opened =
            openings.between(place, declared, any.own, !entries.is_empty()).into_iter().map(AccessEntry::unknown);
        let entries: Vec<AccessEntry> = entries.into_iter().chain(opened).collect();
        if entries.is_empty() {
            continue;
        }
        let in_general: Vec<AccessEntry> = entries.iter().map(|one| one.rewritten(|text| any.general(text))).collect();
        let class = format!("{} {:?} {in_general:?}", any.resource_type, any.own.map_or(Some(&place.1), |_| None));
        match changes.get_mut(&class) {
            Some(change) => {
                change.names.push(place.1.clone());
                change.entries = in_general;
            }
            None => _ = changes.insert(class, AccessChange::through(&place.1, entries)),
        }
    }
    let unplaced = before.inventory.unresolved.symmetric_difference(&after.inventory.unresolved).next().map(|_| {
        let entry = AccessEntry::unknown("to whom it is attached is known only when it is deployed");
        AccessChange::through("policy", vec![entry])
    });
    changes.into_values().chain(unplaced).collect()
}
