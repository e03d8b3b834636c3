//! An account's principals and policies, as the inventory of its templates has them. People of one form have the same, but
//! for their names: these are placeholders.

mod assembly;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::shapes::ShapeId;
use crate::iam::Document;
use crate::inventory;
use crate::render::{PROTOTYPE_ID, UserShape};

/// Everything in an account that decides about a request.
#[derive(Debug, Default)]
pub struct AccountInventory {
    /// All policies.
    pub policies: Vec<Policy>,
    /// What a person of each form has.
    pub people: BTreeMap<ShapeId, PersonResources>,
    /// The shapes of people.
    pub shapes: BTreeMap<UserShape, ShapeId>,
    /// The roles that are nobody's, such as those of services.
    pub roles: Vec<Role>,
    /// The ARNs of the groups.
    pub groups: Vec<String>,
    /// The managed policies: ARN, and index.
    pub managed: Vec<(String, usize)>,
    /// The policies of buckets, by the bucket's name.
    pub bucket_policies: Vec<(String, usize)>,
    /// What could not be read, and where.
    pub doubts: Vec<(String, Home)>,
}

#[derive(Debug, Default)]
pub struct PersonResources {
    /// The IAM users; one, unless the template makes more.
    pub users: Vec<ActingPrincipal>,
    pub roles: Vec<Role>,
    pub notebooks: Vec<Notebook>,
    pub secrets: Vec<Secret>,
}

/// The tags that a template gives a resource.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// Whether those of all the person's things are among them.
    usual: bool,
    /// Whether those are among them that the person's IAM user has besides.
    personal: bool,
    /// The others: keys and values.
    others: Vec<(String, String)>,
}

/// Who has policies.
#[derive(Debug, Clone)]
pub struct ActingPrincipal {
    pub arn: String,
    /// The ARNs of a user's groups.
    pub groups: Vec<String>,
    /// The policies, as indexes.
    pub policies: Vec<usize>,
    /// The permissions boundary.
    pub boundary: Option<usize>,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Role {
    /// What it may do.
    pub principal: ActingPrincipal,
    /// Who may take it.
    pub trust: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Notebook {
    pub name: String,
    /// The ARN of the role that it acts as.
    pub role: String,
    pub tags: Tags,
}

#[derive(Debug, Clone)]
pub struct Secret {
    pub name: String,
    pub tags: Tags,
}

/// A policy, and where it stands.
#[derive(Debug)]
pub struct Policy {
    pub name: String,
    /// Where it stands.
    pub home: Home,
    /// What it says, as it stands there.
    pub value: Value,
    /// What it says.
    pub document: Document,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// In which resources.
    pub scope: Scope,
    /// The path of keys in these.
    pub path: String,
}

/// Resources that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those of a template that holds no people, by its index.
    Stack(usize),
    /// Those of each person of this form.
    People(ShapeId),
}

impl AccountInventory {
    /// The keys, in lower case, of the tags that some policy asks for.
    pub(super) fn tag_keys(&self) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for policy in &self.policies {
            let text = policy.value.to_string().to_lowercase();
            for rest in text.split("tag/").skip(1) {
                keys.insert(rest.split(['"', '}', ',', '\'']).next().unwrap_or_default().trim().to_owned());
            }
        }
        keys
    }

    /// A policy, unless it cannot be read: that is doubtful.
    pub(super) fn policy(&mut self, policy: &inventory::Policy<'_>, home: Home) -> Option<usize> {
        let value = &policy.document.value;
        // The stacks of nobody are read with each form, and people of several forms often have one policy.
        let is_it = |known: &Policy| {
            let same = match (known.home.scope, home.scope) {
                (Scope::Stack(one), Scope::Stack(other)) => one == other,
                (Scope::People(_), Scope::People(_)) => known.name == policy.name && known.value == *value,
                _ => false,
            };
            same && known.home.path == home.path
        };
        if let Some(index) = self.policies.iter().position(is_it) {
            return Some(index);
        }
        match policy.document.parsed() {
            Ok(document) => {
                let document = document.clone();
                self.policies.push(Policy { name: policy.name.clone(), home, value: value.clone(), document });
                Some(self.policies.len() - 1)
            }
            Err(malformed) => {
                let path = format!("{}/{}", home.path, malformed.path);
                let doubt =
                    (format!("a policy cannot be read: {}", malformed.message), Home { scope: home.scope, path });
                if !self.doubts.contains(&doubt) {
                    self.doubts.push(doubt);
                }
                None
            }
        }
    }
}

impl Tags {
    /// The tags of somebody's resource, of whom `usual` are the tags of all their things, and `of_user` the same with those
    /// of their IAM user.
    pub(super) fn of(&self, usual: &[(String, String)], of_user: &[(String, String)]) -> Vec<(String, String)> {
        let personal = of_user.get(usual.len()..).unwrap_or_default();
        let usual = usual.iter().filter(|_| self.usual);
        let personal = personal.iter().filter(|_| self.personal);
        usual.chain(personal).chain(&self.others).cloned().collect()
    }

    /// The same tags, with texts as `change` makes them.
    pub(super) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        let others = self.others.iter().map(|(key, value)| (key.clone(), change(value)));
        Self { others: others.collect(), ..*self }
    }
}

/// The part of a logical ID that says what a thing of a person's is.
pub fn suffix(path: &str) -> Option<&str> {
    path.strip_prefix(PROTOTYPE_ID)
}
