//! Whom the policies of buckets and roles name, besides the account's own users and roles.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::model::AccessPrincipal;
use super::super::owners::{NO_NAMES, every_text, general};
use super::super::principal_class::tag_key;
use super::Side;
use super::account::{AccountIam, StackPlace, undefined};
use super::subjects::Subject;
use crate::iam::{Context, Principal};
use crate::inventory::{self, Location, PRINCIPAL_TAG, PolicyDocument, PolicyKind, one_or_more};
use crate::output::UserEntry;

/// An account that is nobody's here.
const ELSEWHERE: &str = "000000000000";

/// Whom the policies of buckets name besides the account's own users and roles, who may take each role, and anybody else.
pub(super) fn external_principals(
    before: &AccountIam<'_>,
    after: &AccountIam<'_>,
    account: &str,
    everything: &Arc<PolicyDocument>,
) -> Vec<Subject> {
    let known: BTreeSet<&String> = before.principals().chain(after.principals()).map(|one| &one.arn).collect();
    let usual: BTreeSet<String> = before.principals().filter_map(|role| trust_of_people(role, before)).collect();
    // All policies of buckets as one, and those of each role, with the role and whose it is.
    let buckets = [before, after].map(|iam| iam.bucket_policies().cloned().collect::<Vec<_>>());
    let roles = after.principals().filter_map(|role| {
        let old = before.principal(&role.arn);
        // A new person's role that the same may take as the others' is no news.
        let is_usual = old.is_none() && trust_of_people(role, after).is_some_and(|trust| usual.contains(&trust));
        let trusts = [old.and_then(|role| before.trust(role)), after.trust(role)];
        let trusts = trusts.map(|trust| trust.cloned().into_iter().collect::<Vec<_>>());
        (!is_usual).then(|| (Some(&role.arn), after.own(role), trusts))
    });
    // Whom buckets name first, as they stand; then those who may take roles, one for all roles that are alike.
    let mut classes: BTreeMap<(usize, String), Subject> = BTreeMap::new();
    for (role, own, policies) in std::iter::once((None, None, buckets)).chain(roles) {
        let [old, new] = &policies;
        if old.iter().map(|policy| policy.id).eq(new.iter().map(|policy| policy.id)) {
            continue;
        }
        let mut named = BTreeSet::new();
        policies.iter().flatten().for_each(|policy| principals(policy, &mut named));
        // What a bucket's policy says of the account's own is part of their access.
        named.retain(|(_, name)| role.is_some() || !known.contains(name));
        for (at, (kind, name, principal)) in named_and_unnamed(named, account).into_iter().enumerate() {
            let class = format!("{kind:?} {name} {} {}", general_list(old, own), general_list(new, own));
            let class = (if role.is_some() { usize::MAX } else { at }, class);
            let many = classes.contains_key(&class);
            let subject = classes.entry(class).or_insert_with(|| Subject {
                resource: role.cloned(),
                own: own.cloned(),
                ..external_principal(kind, name, principal, [old, new], everything)
            });
            if many {
                subject.resource = subject.resource.as_ref().map(|resource| general(resource, subject.own.as_ref()));
            }
        }
    }
    classes.into_values().collect()
}

/// Whoever has by hand what no stack gives to anybody: groups in which the stacks have no user, and managed policies. A user whose name
/// and tags are not known stands for them.
pub(super) fn outsiders(before: &AccountIam<'_>, after: &AccountIam<'_>, account: &str) -> Vec<Subject> {
    let [olds, mut news] = [before, after].map(given_to_nobody);
    news.retain(|place, new| {
        let policies = |side: &Side| side.identity.iter().map(|policy| policy.id).collect::<BTreeSet<_>>();
        olds.get(place).is_some_and(|old| policies(old) != policies(new) || old.unknown != new.unknown)
    });
    let subject = |(place, new): (StackPlace<'_>, Side)| {
        let sides = [olds[&place].clone(), new];
        let arn = format!("arn:aws:iam::{account}:user/anybody");
        let user = Principal::User { arn, account: account.to_owned() };
        let base = with_any_tags(user.context("anybody"), sides.iter().flat_map(|side| &side.identity));
        Subject::of(AccessPrincipal::Resource, place.1, (user, base), sides)
    };
    news.into_iter().map(subject).collect()
}

/// The policies of the groups in which the stacks have no user, and the managed policies that the stacks give to nobody, by their places.
fn given_to_nobody<'a>(iam: &AccountIam<'a>) -> BTreeMap<StackPlace<'a>, Side> {
    let groups = iam.inventory.groups.iter();
    let given: BTreeSet<usize> =
        iam.principals().chain(groups.clone()).flat_map(inventory::Principal::all_policies).collect();
    let unattached = iam
        .inventory
        .policies
        .iter()
        .enumerate()
        .filter(|(index, policy)| matches!(policy.kind, PolicyKind::Managed(_)) && !given.contains(index));
    let unattached = unattached.map(|(index, policy)| (&policy.location, vec![index], BTreeSet::new()));
    let empty = groups.filter(|group| !iam.principals().any(|one| one.groups.contains(&group.name)));
    let empty = empty.map(|group| (&group.location, group.policies.clone(), undefined(group)));
    let side = |(location, policies, unknown): (&Location<'a>, Vec<usize>, BTreeSet<String>)| {
        let identity = policies.iter().filter_map(|policy| iam.document(*policy).cloned()).collect();
        let resource = iam.bucket_policies().cloned().collect();
        let side = Side { exists: true, identity, resource, unknown, ..Side::default() };
        Some(((iam.name_of(location.stack)?, location.logical_id.to_owned()), side))
    };
    unattached.chain(empty).filter_map(side).collect()
}

/// The context of whoever may have any of the tags that policies ask for.
fn with_any_tags<'p>(base: Context, policies: impl Iterator<Item = &'p Arc<PolicyDocument>>) -> Context {
    let asked = policies.flat_map(|policy| policy.tag_keys(PRINCIPAL_TAG));
    asked.fold(base, |base, tag| base.with_varying(&tag_key(&tag)))
}

/// Who may take the role of somebody's notebook, but for their names.
fn trust_of_people(role: &inventory::Principal<'_>, iam: &AccountIam<'_>) -> Option<String> {
    let own = iam.own(role)?;
    Some(general_list(iam.trust(role), Some(own)))
}

fn general_list<'p>(policies: impl IntoIterator<Item = &'p Arc<PolicyDocument>>, own: Option<&UserEntry>) -> String {
    let general = |text: &str| general(text, own);
    policies.into_iter().map(|policy| every_text(&policy.value, &general, NO_NAMES).to_string()).collect()
}

/// The kinds and names of the principals that a policy names.
fn principals(policy: &PolicyDocument, named: &mut BTreeSet<(String, String)>) {
    for statement in policy.statements() {
        let maps = ["Principal", "NotPrincipal"].into_iter().filter_map(|key| statement.get(key)?.as_object());
        for (kind, list) in maps.flatten() {
            named.extend(one_or_more(Some(list)).filter_map(Value::as_str).map(|name| (kind.clone(), name.to_owned())));
        }
    }
}

/// Those who are named, and somebody who is not.
fn named_and_unnamed(named: BTreeSet<(String, String)>, account: &str) -> Vec<(AccessPrincipal, String, Principal)> {
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

/// One who is named. What their own policies say is not known: they are taken to allow everything that the resource's policy does.
fn external_principal(
    kind: AccessPrincipal,
    name: String,
    principal: Principal,
    sides: [&[Arc<PolicyDocument>]; 2],
    everything: &Arc<PolicyDocument>,
) -> Subject {
    // Whatever tags they have, no stack gives them; a service has none.
    let policies = sides.into_iter().flatten().filter(|_| kind != AccessPrincipal::Service);
    let base = with_any_tags(principal.context("anybody"), policies);
    let is_anybody = matches!(&principal, Principal::User { account, .. } if account == ELSEWHERE);
    let sides = sides.map(|resource| Side {
        exists: true,
        identity: Some(everything).filter(|_| kind != AccessPrincipal::Service).cloned().into_iter().collect(),
        unknown: if is_anybody { unevaluated_statements(resource) } else { BTreeSet::new() },
        resource: resource.to_vec(),
        required: true,
        ..Side::default()
    });
    Subject::of(kind, name, (principal, base), sides)
}

/// The statements about principals that no request is decided for: those of identity providers, and canonical users.
fn unevaluated_statements(policies: &[Arc<PolicyDocument>]) -> BTreeSet<String> {
    let statements = policies.iter().flat_map(|policy| policy.statements());
    let names_others = |statement: &&Value| {
        let maps = ["Principal", "NotPrincipal"].into_iter().filter_map(|key| statement.get(key)?.as_object());
        maps.flatten().any(|(kind, _)| kind != "AWS" && kind != "Service")
    };
    let sorted = |statement: &Value| {
        let mut statement = statement.clone();
        statement.sort_all_objects();
        statement.to_string()
    };
    statements.filter(names_others).map(sorted).collect()
}
