//! Whose the users and roles of an account are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::inventory::{IamInventory, IdentityKind, Principal};
use crate::model::User;
use crate::plan::AccountPlan;

/// As what a person asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Caller {
    /// As their IAM user
    User,
    /// As a role: from their notebook, which acts as one
    Notebook,
}

/// A principal of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "as", content = "name", rename_all = "lowercase")]
pub enum Who {
    /// A person's IAM user, by the person's name.
    User(String),
    /// The role that a person's notebook acts as, by the person's name.
    Notebook(String),
    /// An IAM user that is nobody's of the roster, by its ARN.
    #[serde(rename = "iam-user")]
    IamUser(String),
    /// A role that is nobody's, such as a service's, by its ARN.
    Role(String),
}

impl Who {
    /// As what a person asks; `None` of what is nobody's.
    pub fn caller(&self) -> Option<Caller> {
        match self {
            Who::User(_) => Some(Caller::User),
            Who::Notebook(_) => Some(Caller::Notebook),
            Who::IamUser(_) | Who::Role(_) => None,
        }
    }
}

/// As whom a person acts; without a person, all principals of the account: the users by their names, the notebooks, and what is
/// nobody's. A notebook whose role is not found is nobody here: `isolation` reports it.
pub fn principals<'i, 'a>(
    plan: &AccountPlan<'_>,
    inventory: &'i IamInventory<'a>,
    user: Option<&User>,
) -> Vec<(Who, &'i Principal<'a>)> {
    let of_kind = |kind: IdentityKind| inventory.principals.iter().filter(move |one| one.kind == kind);
    let users: BTreeMap<&str, &Principal<'_>> =
        of_kind(IdentityKind::User).map(|one| (one.name.as_str(), one)).collect();
    let roles: BTreeMap<&str, &Principal<'_>> =
        of_kind(IdentityKind::Role).map(|one| (one.arn.as_str(), one)).collect();
    let notebooks = inventory.notebooks.iter().filter_map(|one| Some((one.name.as_str(), one.role_arn.as_deref()?)));
    let notebooks: BTreeMap<&str, &str> = notebooks.collect();
    let mut found = Vec::new();
    let mut owned = BTreeSet::new();
    for person in plan.stacks.iter().flat_map(|stack| &stack.users) {
        let notebook = person.notebook.as_ref().and_then(|one| notebooks.get(one.name.as_str()));
        let own_user = users.get(person.name.as_str());
        owned.extend([notebook.copied(), own_user.map(|one| one.arn.as_str())].into_iter().flatten());
        if user.is_some_and(|user| user.name != person.name) {
            continue;
        }
        let name = person.name.to_string();
        found.extend(own_user.map(|one| (Who::User(name.clone()), *one)));
        found.extend(notebook.and_then(|arn| roles.get(arn)).map(|one| (Who::Notebook(name), *one)));
    }
    if user.is_none() {
        let others = users.into_values().chain(roles.into_values()).filter(|one| !owned.contains(one.arn.as_str()));
        let who = |one: &Principal<'_>| match one.kind {
            IdentityKind::User => Who::IamUser(one.arn.clone()),
            IdentityKind::Group | IdentityKind::Role => Who::Role(one.arn.clone()),
        };
        found.extend(others.map(|one| (who(one), one)));
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
    }
    found
}

/// What could not be read of what decides about requests.
pub fn unread(inventory: &IamInventory<'_>) -> BTreeSet<String> {
    let of_principals = inventory.principals.iter().flat_map(Principal::all_policies);
    let deciding: BTreeSet<usize> = of_principals.chain(inventory.bucket_policies()).collect();
    let policies = deciding.iter().filter_map(|index| inventory.policies.get(*index));
    let malformed = policies.filter_map(|policy| policy.document.parsed().err());
    let malformed = malformed.map(|malformed| format!("a policy cannot be read: {}", malformed.message));
    let of_notebooks = inventory.notebooks.iter().map(|one| &one.tags);
    let tags = inventory.principals.iter().map(|one| &one.tags).chain(of_notebooks).flatten();
    let unnamed = tags.filter(|tag| tag.key.is_none()).take(1);
    let unnamed = unnamed.map(|_| "the key of a tag is known only when the stack is deployed".to_owned());
    inventory.doubts.iter().map(|doubt| doubt.message.clone()).chain(malformed).chain(unnamed).collect()
}
