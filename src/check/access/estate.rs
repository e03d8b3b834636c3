//! An account's principals and policies, as the inventory of its templates has them. People of one form have the same, but
//! for their names: these are marks.

mod reading;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::marks::{OWN_BOOK, OWN_NAME, map_texts};
use super::{ShapeId, shape_ids};
use crate::iam::Document;
use crate::inventory::{self, Documents, IamInventory};
use crate::plan::Names;
use crate::render::{PROTOTYPE_ID, PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, UserShape};
use reading::Reading;

/// Everything in an account that decides about a request.
#[derive(Debug, Default)]
pub struct Estate {
    /// All policies.
    pub policies: Vec<Policy>,
    /// What a person of each form has.
    pub people: BTreeMap<ShapeId, Holdings>,
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

/// What a person has.
#[derive(Debug, Default)]
pub struct Holdings {
    /// The IAM users; one, unless the template makes more.
    pub users: Vec<Agent>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The notebooks.
    pub notebooks: Vec<Notebook>,
    /// The secrets.
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
pub struct Agent {
    /// The ARN.
    pub arn: String,
    /// The ARNs of a user's groups.
    pub groups: Vec<String>,
    /// The policies, as indexes.
    pub policies: Vec<usize>,
    /// The permissions boundary.
    pub boundary: Option<usize>,
    /// The tags.
    pub tags: Tags,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// What it may do.
    pub agent: Agent,
    /// Who may take it.
    pub trust: Option<usize>,
}

/// A notebook.
#[derive(Debug, Clone)]
pub struct Notebook {
    /// Its name.
    pub name: String,
    /// The ARN of the role that it acts as.
    pub role: String,
    /// Its tags.
    pub tags: Tags,
}

/// A secret.
#[derive(Debug, Clone)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Tags,
}

/// A policy, and where it stands.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
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

impl Estate {
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

    /// The estate of these stacks and of these people, who are given by the resources of a twin.
    pub fn of(names: &Names, stacks: &[(usize, Value)], prototypes: &BTreeMap<UserShape, Value>) -> Self {
        let marked = |text: &str| {
            text.replace(PROTOTYPE_NAME, &OWN_NAME.to_string()).replace(PROTOTYPE_NOTEBOOK, &OWN_BOOK.to_string())
        };
        let shapes = shape_ids(prototypes);
        let values = prototypes.values().map(|value| map_texts(value, &marked));
        let twins: Vec<(ShapeId, Value)> = shapes.values().copied().zip(values).collect();
        let account = inventory::Account { id: &names.account_id, region: &names.region, partition: &names.partition };
        let read = |resources| inventory::Stack { account, name: "", resources, only: None };
        let mut documents = Documents::default();
        let mut estate = Self { shapes, ..Self::default() };
        let mut open_tags = Vec::new();
        let mut attached = Vec::new();
        // Twins have the same names, so that there is an inventory with each of them. The first has none.
        for twin in [None].into_iter().chain(twins.iter().map(Some)) {
            let own = twin.map(|(_, json)| json);
            let all: Vec<_> = stacks.iter().map(|(_, json)| json).chain(own).map(read).collect();
            let shared = stacks.iter().map(|(index, _)| Scope::Stack(*index));
            let form = twin.map(|(form, _)| *form);
            let scopes = shared.chain(form.map(Scope::People)).collect();
            let inventory = IamInventory::of(&all, &mut documents);
            let reading = Reading::new(&inventory, scopes, form, &mut estate);
            open_tags.extend(reading.open_tags());
            attached.extend(reading.attached_to_shared());
            estate.take(names, &reading);
        }
        estate.attach(&attached);
        estate.doubt_tags(open_tags);
        estate
    }

    /// Gives what the templates of some people attach to a group or a role, each by its ARN, to all who have it.
    fn attach(&mut self, attached: &[(String, usize)]) {
        let users = self.people.values_mut().flat_map(|holdings| &mut holdings.users);
        for agent in users.chain(self.roles.iter_mut().map(|role| &mut role.agent)) {
            let meant = attached.iter().filter(|(to, _)| agent.arn == *to || agent.groups.contains(to));
            for (_, policy) in meant {
                if !agent.policies.contains(policy) {
                    agent.policies.push(*policy);
                }
            }
        }
    }

    /// Takes in what is read: what a person of its form has, or what is nobody's.
    fn take(&mut self, names: &Names, reading: &Reading<'_>) {
        self.doubts.extend(reading.doubts());
        self.groups.extend(reading.groups());
        self.managed.extend(reading.managed());
        let bucket =
            |(bucket, policy): (Option<String>, usize)| (bucket.unwrap_or_else(|| names.bucket.clone()), policy);
        self.bucket_policies.extend(reading.bucket_policies().map(bucket));
        match reading.form {
            Some(form) => _ = self.people.insert(form, reading.holdings()),
            None => self.roles.extend(reading.roles()),
        }
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

    /// Doubts the tags that some policy asks for, of those whose value, or `None`, whose key is known only when the stack is
    /// deployed.
    fn doubt_tags(&mut self, open: Vec<(Option<String>, Home)>) {
        let keys = self.tag_keys();
        let asked = |key: &Option<String>| match key {
            Some(key) => keys.contains(&key.to_lowercase()),
            None => !keys.is_empty(),
        };
        let message = "a policy asks for tags that are known only when they are deployed";
        let doubts = open.into_iter().filter(|(key, _)| asked(key)).map(|(_, home)| (message.to_owned(), home));
        self.doubts.extend(doubts);
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
