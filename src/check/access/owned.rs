//! The inventory of an account, by whose things are in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::iam::Document;
use crate::inventory::{BUCKET_POLICY, IamInventory, IdentityKind, Location, Notebook, Policy, PolicyKind};
use crate::inventory::{Principal, Secret, Tag};
use crate::plan::AccountPlan;

/// Everything in an account that decides about a request.
pub struct OwnedInventory<'i> {
    /// All of it.
    pub inventory: &'i IamInventory<'i>,
    /// What people have, by their names.
    people: BTreeMap<&'i str, PersonResources<'i>>,
    /// The roles that are nobody's, such as those of services.
    pub roles: Vec<&'i Principal<'i>>,
    /// The policies of buckets, by the bucket's name.
    pub bucket_policies: Vec<(String, usize)>,
    /// The keys, in lower case, of the tags that some policy asks for.
    pub tag_keys: BTreeSet<String>,
    /// What could not be read.
    pub doubts: BTreeSet<String>,
}

/// The policy of the resource that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourcePolicyRef {
    /// It has none.
    Nothing,
    /// A bucket policy, by its index.
    Bucket(usize),
    /// A trust policy, by its index.
    Role(usize),
    /// The trust policy of a role that no stack defines: taken to trust the whole account.
    UnknownRole,
}

#[derive(Default)]
pub struct PersonResources<'i> {
    /// The IAM users; one, unless the template makes more.
    pub users: Vec<&'i Principal<'i>>,
    pub roles: Vec<&'i Principal<'i>>,
    pub notebooks: Vec<&'i Notebook<'i>>,
    pub secrets: Vec<&'i Secret<'i>>,
}

impl<'i> OwnedInventory<'i> {
    /// The inventory of the stacks of a plan, in their order.
    pub fn of(plan: &'i AccountPlan<'_>, inventory: &'i IamInventory<'i>) -> Self {
        // Whose logical ID is the longest that a resource's begins with.
        let owner = |location: &Location<'_>| {
            let users = plan.stacks.get(location.stack)?.users.iter().map(|user| (&user.logical_id, &user.name));
            let own = users.filter(|(id, _)| location.logical_id.starts_with(id.as_str()));
            own.max_by_key(|(id, _)| id.as_str().len()).map(|(_, name)| name.as_str())
        };
        let of_buckets = inventory.resource_policies.iter().filter(|one| one.resource_type == BUCKET_POLICY);
        let in_buckets: BTreeSet<usize> = of_buckets.clone().flat_map(|one| &one.policies).copied().collect();
        let mut of_account = Self {
            inventory,
            people: BTreeMap::new(),
            roles: Vec::new(),
            bucket_policies: Vec::new(),
            tag_keys: BTreeSet::new(),
            doubts: inventory.doubts.iter().map(|doubt| doubt.message.clone()).collect(),
        };
        for one in of_buckets {
            let bucket = one.targets.first().cloned().flatten().unwrap_or_else(|| plan.names.bucket.clone());
            let read = one.policies.iter().filter(|policy| of_account.document(**policy).is_some());
            let read: Vec<(String, usize)> = read.map(|policy| (bucket.clone(), *policy)).collect();
            of_account.bucket_policies.extend(read);
        }
        let decides =
            |(index, policy): &(usize, &Policy<'_>)| policy.kind != PolicyKind::Resource || in_buckets.contains(index);
        let mut known = BTreeSet::new();
        for (_, policy) in inventory.policies.iter().enumerate().filter(decides) {
            if let Err(malformed) = policy.document.parsed() {
                of_account.doubts.insert(format!("a policy cannot be read: {}", malformed.message));
            } else if known.insert(policy.document.id) {
                of_account.tag_keys.extend(tag_keys(&policy.document.value.to_string()));
            }
        }
        for one in &inventory.principals {
            of_account.doubt_tags(&one.tags);
            match (owner(&one.location), one.kind) {
                (Some(name), IdentityKind::User) => of_account.people.entry(name).or_default().users.push(one),
                (Some(name), _) => of_account.people.entry(name).or_default().roles.push(one),
                (None, IdentityKind::Role) => of_account.roles.push(one),
                (None, _) => {}
            }
        }
        for one in &inventory.notebooks {
            of_account.doubt_tags(&one.tags);
            if let Some(name) = owner(&one.location).filter(|_| one.role_arn.is_some()) {
                of_account.people.entry(name).or_default().notebooks.push(one);
            }
        }
        for one in &inventory.secrets {
            of_account.doubt_tags(&one.tags);
            if let Some(name) = owner(&one.location) {
                of_account.people.entry(name).or_default().secrets.push(one);
            }
        }
        of_account
    }

    /// What a person has.
    pub fn of_person(&self, name: &str) -> Option<&PersonResources<'i>> {
        self.people.get(name)
    }

    /// What a policy says; `None` where it cannot be read, which is doubtful.
    pub fn document(&self, policy: usize) -> Option<&'i Document> {
        self.inventory.policies.get(policy)?.document.parsed().ok()
    }

    /// The role of an ARN.
    pub fn role(&self, arn: &str) -> Option<&'i Principal<'i>> {
        self.inventory.principals.iter().find(|one| one.kind == IdentityKind::Role && one.arn == arn)
    }

    /// The policy that says who may take a role.
    pub fn trust(&self, role: &Principal<'_>) -> ResourcePolicyRef {
        let trust = role.trust.filter(|policy| self.document(*policy).is_some());
        trust.map_or(ResourcePolicyRef::UnknownRole, ResourcePolicyRef::Role)
    }

    /// The tags of a thing, by its ARN: a notebook's, a user's, a role's, if it is a person's.
    pub fn tags_of(&self, arn: &str) -> Vec<(String, String)> {
        let is_notebook = |one: &&&Notebook<'_>| {
            arn.strip_suffix(&one.name).is_some_and(|rest| rest.ends_with(":notebook-instance/"))
        };
        let tags = self.people.values().find_map(|of| {
            let identity = of.users.iter().chain(&of.roles).find(|one| one.arn == arn).map(|one| &one.tags);
            of.notebooks.iter().find(is_notebook).map(|one| &one.tags).or(identity)
        });
        tags.map(|tags| known_tags(tags)).unwrap_or_default()
    }

    /// Doubts the tags that some policy asks for, and that are known only when they are deployed.
    fn doubt_tags(&mut self, tags: &[Tag]) {
        let asked = |tag: &Tag| match &tag.key {
            Some(key) => tag.value.is_none() && self.tag_keys.contains(&key.to_lowercase()),
            None => !self.tag_keys.is_empty(),
        };
        if tags.iter().any(asked) {
            self.doubts.insert("a policy requires tags that are known only when they are deployed".to_owned());
        }
    }
}

/// The keys, in lower case, of the tags that a policy asks for.
fn tag_keys(policy: &str) -> Vec<String> {
    let policy = policy.to_lowercase();
    let rests = policy.split("tag/").skip(1);
    rests.map(|rest| rest.split(['"', '}', ',', '\'']).next().unwrap_or_default().trim().to_owned()).collect()
}

/// The tags that are known before they are deployed: keys and values.
pub fn known_tags(tags: &[Tag]) -> Vec<(String, String)> {
    tags.iter().filter_map(|tag| Some((tag.key.as_deref()?.to_owned(), tag.value.as_deref()?.to_owned()))).collect()
}
