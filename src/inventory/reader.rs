//! An inventory, and what it is read by.

use std::collections::BTreeSet;

use serde_json::Value;

use super::documents::{Documents, Policy, PolicyKind};
use super::model::{BUCKET_POLICY, Doubt, Location, LogGroup, Notebook, Principal, ResourcePolicy, ServiceRole};
use super::return_values::ReturnValues;
use super::template::Resource;
use crate::iam::Document;

/// The IAM of an account.
#[derive(Debug, Default)]
pub struct IamInventory<'a> {
    /// All policies.
    pub policies: Vec<Policy<'a>>,
    /// The users and roles.
    pub principals: Vec<Principal<'a>>,
    /// The groups.
    pub groups: Vec<Principal<'a>>,
    /// The policies of resources.
    pub resource_policies: Vec<ResourcePolicy<'a>>,
    /// The roles that resources act as or hand on.
    pub service_roles: Vec<ServiceRole<'a>>,
    /// The notebook instances.
    pub notebooks: Vec<Notebook<'a>>,
    /// The log groups.
    pub log_groups: Vec<LogGroup<'a>>,
    /// References to identities of which it is known only when the stack is deployed who they are, each with the policy or
    /// the group that they are given.
    pub unresolved: BTreeSet<String>,
    /// What could not be read, with where it stands.
    pub doubts: Vec<Doubt<'a>>,
}

impl IamInventory<'_> {
    /// The policies of buckets, by their indexes.
    pub fn bucket_policies(&self) -> impl Iterator<Item = usize> {
        let buckets = self.resource_policies.iter().filter(|policy| policy.resource_type == BUCKET_POLICY);
        buckets.flat_map(|of| of.policies.iter().copied())
    }

    /// What a policy says, by its index; `None` where it cannot be read.
    pub fn parsed(&self, policy: usize) -> Option<&Document> {
        self.policies.get(policy)?.document.parsed().ok()
    }
}

/// An inventory that is being read.
pub struct Reader<'a, 'd> {
    pub inventory: IamInventory<'a>,
    documents: &'d mut Documents,
}

impl<'a, 'd> Reader<'a, 'd> {
    /// An empty one. The texts of its policies are held in `documents`.
    pub fn new(documents: &'d mut Documents) -> Self {
        Self { inventory: IamInventory::default(), documents }
    }

    /// Adds a policy of a resource, of which `path` leads to the document. Returns its index.
    pub fn add(
        &mut self,
        values: &ReturnValues<'_>,
        resource: &Resource<'a>,
        (kind, name): (PolicyKind, String),
        (path, document): (String, &Value),
    ) -> usize {
        let document = self.documents.of(values.filled(document));
        self.inventory.policies.push(Policy { kind, name, location: resource.location(path), document });
        self.inventory.policies.len() - 1
    }

    /// Adds what could not be read.
    pub fn doubt(&mut self, message: String, location: Location<'a>) {
        self.inventory.doubts.push(Doubt { message, location, hides_access: false });
    }

    /// Adds what could not be read, and may give access that nothing else in the inventory shows.
    pub fn hidden(&mut self, message: String, location: Location<'a>) {
        self.inventory.doubts.push(Doubt { message, location, hides_access: true });
    }
}
