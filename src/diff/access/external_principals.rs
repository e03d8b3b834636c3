//! Whom the policies of buckets and roles name, besides the account's own users and roles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::model::AccessPrincipal;
use super::super::owners::{NO_NAMES, every_text};
use super::Side;
use super::account::{AccountIam, Own};
use super::subjects::Subject;
use crate::iam::{Context, Principal};
use crate::inventory::{self, one_or_more};

/// An account that is nobody's here.
const ELSEWHERE: &str = "000000000000";

/// Whom the policies of buckets name besides the account's own users and roles, and anybody else.
pub(super) fn outside(before: &AccountIam<'_>, after: &AccountIam<'_>, account: &str) -> Vec<Subject> {
    let documents =
        |iam: &AccountIam<'_>| -> Vec<Value> { iam.bucket_policies().map(|policy| policy.value.clone()).collect() };
    let (old, new) = (documents(before), documents(after));
    if old == new {
        return Vec::new();
    }
    let known: BTreeSet<&String> = before.principals().chain(after.principals()).map(|(arn, _)| arn).collect();
    let mut named = BTreeSet::new();
    old.iter().chain(&new).for_each(|document| principals(document, &mut named));
    named.retain(|(_, name)| !known.contains(name));
    strangers(named, account)
        .into_iter()
        .map(|(kind, name, principal)| Subject {
            kind,
            names: vec![name],
            base: stranger_base(&principal),
            old: stranger_side(&principal, old.clone()),
            new: stranger_side(&principal, new.clone()),
            principal,
            retagged: Vec::new(),
            same_as: 0,
            resource: None,
            own: None,
        })
        .collect()
}

/// Who may take each role.
pub(super) fn of_trust(before: &AccountIam<'_>, after: &AccountIam<'_>, account: &str) -> Vec<Subject> {
    let mut classes: BTreeMap<String, Subject> = BTreeMap::new();
    let known: BTreeSet<String> = before.principals().filter_map(|(_, role)| trust_of_people(role, before)).collect();
    for (arn, role) in after.principals() {
        let old = before.principal(arn);
        let (old_trust, new_trust) = (old.and_then(|role| before.trust(role)), after.trust(role));
        // A new person's role that the same may take as the others' is no news.
        let usual = old.is_none() && trust_of_people(role, after).is_some_and(|trust| known.contains(&trust));
        if usual || old_trust == new_trust {
            continue;
        }
        let own = after.own(&role.location);
        let documents = [old_trust, new_trust].map(|trust| trust.cloned().into_iter().collect::<Vec<_>>());
        let mut named = BTreeSet::new();
        documents.iter().flatten().for_each(|document| principals(document, &mut named));
        for (kind, name, principal) in strangers(named, account) {
            let [old, new] = &documents;
            let class =
                format!("{kind:?} {name} {} {}", general_list(old, own.as_ref()), general_list(new, own.as_ref()));
            let own = own.as_ref().map(|own| Own { user: own.user.clone(), notebook: own.notebook.clone() });
            let many = classes.contains_key(&class);
            let subject = classes.entry(class).or_insert_with(|| Subject {
                kind,
                names: vec![name],
                base: stranger_base(&principal),
                old: stranger_side(&principal, old.clone()),
                new: stranger_side(&principal, new.clone()),
                principal,
                retagged: Vec::new(),
                same_as: 0,
                resource: Some(arn.clone()),
                own,
            });
            if many && let (Some(own), Some(resource)) = (&subject.own, &subject.resource) {
                subject.resource = Some(own.general(resource));
            }
        }
    }
    classes.into_values().collect()
}

/// Who may take the role of somebody's notebook, but for their names.
fn trust_of_people(role: &inventory::Principal<'_>, iam: &AccountIam<'_>) -> Option<String> {
    let own = iam.own(&role.location)?;
    Some(general_list(iam.trust(role), Some(&own)))
}

fn general_list<'v>(values: impl IntoIterator<Item = &'v Value>, own: Option<&Own>) -> String {
    let general = |text: &str| own.map_or_else(|| text.to_owned(), |own| own.general(text));
    values.into_iter().map(|value| every_text(value, &general, NO_NAMES).to_string()).collect()
}

/// The kinds and names of the principals that a policy names.
fn principals(document: &Value, named: &mut BTreeSet<(String, String)>) {
    for statement in one_or_more(document.get("Statement")) {
        let maps = ["Principal", "NotPrincipal"].into_iter().filter_map(|key| statement.get(key)?.as_object());
        for (kind, list) in maps.flatten() {
            named.extend(one_or_more(Some(list)).filter_map(Value::as_str).map(|name| (kind.clone(), name.to_owned())));
        }
    }
}

/// Those who are named, and somebody who is not.
fn strangers(named: BTreeSet<(String, String)>, account: &str) -> Vec<(AccessPrincipal, String, Principal)> {
    let user = |account: &str| Principal::User {
        arn: format!("arn:aws:iam::{account}:user/anybody"),
        account: account.to_owned(),
    };
    let mut all = Vec::new();
    let mut accounts: BTreeSet<String> = BTreeSet::new();
    for (kind, name) in named {
        let of_arn = name.split(':').nth(4).unwrap_or_default().to_owned();
        match kind.as_str() {
            "Service" => all.push((AccessPrincipal::Service, name.clone(), Principal::Service(name))),
            "AWS" if name.len() == 12 || name.ends_with(":root") => {
                accounts.insert(if name.len() == 12 { name } else { of_arn });
            }
            "AWS" if name.contains(":role/") => {
                let role = Principal::Role { arn: name.clone(), session: None, account: of_arn };
                all.push((AccessPrincipal::Role, name, role));
            }
            "AWS" if name != "*" => {
                let user = Principal::User { arn: name.clone(), account: of_arn };
                all.push((AccessPrincipal::User, name, user));
            }
            _ => {}
        }
    }
    accounts.extend([account.to_owned(), ELSEWHERE.to_owned()]);
    for one in accounts {
        let kind = if one == ELSEWHERE { AccessPrincipal::Anybody } else { AccessPrincipal::Account };
        all.push((kind, if one == ELSEWHERE { "anybody".to_owned() } else { one.clone() }, user(&one)));
    }
    all
}

fn stranger_base(principal: &Principal) -> Context {
    match principal {
        Principal::User { arn, account } => Context::new()
            .with("aws:PrincipalArn", arn.as_str())
            .with("aws:PrincipalAccount", account.as_str())
            .with("aws:PrincipalType", "User")
            .with("aws:PrincipalIsAWSService", "false")
            .with("aws:username", "anybody"),
        Principal::Role { arn, account, .. } => Context::new()
            .with("aws:PrincipalArn", arn.as_str())
            .with("aws:PrincipalAccount", account.as_str())
            .with("aws:PrincipalType", "AssumedRole")
            .with("aws:PrincipalIsAWSService", "false"),
        Principal::Service(_) => Context::new(),
    }
}

/// What their own policies say is not known: they are taken to allow everything that the resource's policy does.
fn stranger_side(principal: &Principal, resource: Vec<Value>) -> Side {
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let identity = match principal {
        Principal::Service(_) => Vec::new(),
        Principal::User { .. } | Principal::Role { .. } => vec![all],
    };
    let unknown = if is_anybody(principal) { undecided(&resource) } else { BTreeSet::new() };
    Side { exists: true, identity, resource, required: true, unknown, ..Side::default() }
}

fn is_anybody(principal: &Principal) -> bool {
    matches!(principal, Principal::User { account, .. } if account == ELSEWHERE)
}

/// The statements about principals that no request is decided for: those of identity providers, and canonical users.
fn undecided(documents: &[Value]) -> BTreeSet<String> {
    let statements = documents.iter().flat_map(|document| one_or_more(document.get("Statement")));
    let names_others = |statement: &&Value| {
        let maps = ["Principal", "NotPrincipal"].into_iter().filter_map(|key| statement.get(key)?.as_object());
        maps.flatten().any(|(kind, _)| kind != "AWS" && kind != "Service")
    };
    statements.filter(names_others).map(|statement| sorted(statement).to_string()).collect()
}

/// The value with the keys of its maps in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let by_key: BTreeMap<&String, Value> = entries.iter().map(|(key, value)| (key, sorted(value))).collect();
            by_key.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
