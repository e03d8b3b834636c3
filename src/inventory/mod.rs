//! The IAM of an account, as the templates of its stacks have it: who has which policies, which policies resources have,
//! and what it is that policies are about.
//!
//! What a template leaves open is never passed over: a reference that leads to nothing known stays in a policy as it is,
//! so that `PolicyDocument::parsed` refuses it; what is attached and not defined stands with whom it is attached to; and
//! all else is a doubt.

mod attachments;
mod documents;
mod doubts;
mod model;
mod principals;
mod references;
mod resource_policies;
mod resources;
mod return_values;
mod template;

use std::collections::BTreeSet;

use attachments::Attachments;
use documents::PolicyList;
use principals::{IdentityReader, Memberships};
use resources::ResourcesOfPolicies;
use return_values::ReturnValues;
use template::Resource;

pub use documents::{Documents, Policy, PolicyDocument, PolicyKind};
pub use model::{
    Account, Boundary, Doubt, IdentityKind, Location, Notebook, Principal, ResourcePolicy, Secret, ServiceRole, Stack,
    Tag, Undefined,
};
pub use references::references;
pub use resource_policies::BUCKET_POLICY;
pub use template::{SECRET_REFERENCE, each_map, existing_notebook, is_intrinsic, one_or_more, path_to, transform};

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
    /// The secrets.
    pub secrets: Vec<Secret<'a>>,
    /// References to identities of which it is known only when the stack is deployed who they are, each with the policy or
    /// the group that they are given.
    pub unresolved: BTreeSet<String>,
    /// What could not be read, with where it stands.
    pub doubts: Vec<Doubt<'a>>,
}

impl<'a> IamInventory<'a> {
    /// The inventory of an account's stacks. The texts of its policies are held in `documents`.
    pub fn of(stacks: &[Stack<'a>], documents: &mut Documents) -> Self {
        let read = |(index, stack): (usize, &Stack<'a>)| {
            let is_read = |one: &Resource<'a>| stack.only.as_ref().is_none_or(|only| only.contains(one.logical_id));
            let all: Vec<Resource<'a>> = template::resources(index, stack.resources).filter(is_read).collect();
            (ReturnValues::of(stack), all)
        };
        let stacks: Vec<(ReturnValues<'a>, Vec<Resource<'a>>)> = stacks.iter().enumerate().map(read).collect();
        let all = || stacks.iter().flat_map(|(values, all)| all.iter().map(move |resource| (values, resource)));
        let mut inventory = Self::default();
        let mut list = PolicyList::new(documents);
        let mut attachments = Attachments::default();
        let mut found = ResourcesOfPolicies::default();
        for (values, resource) in all() {
            inventory.doubts.extend(doubts::of_resource(values, resource));
            attachments.read(values, resource, &mut list);
            found.read(values, resource, &mut inventory.doubts);
            let (policy, roles) = resource_policies::read(values, resource, &mut list, &mut inventory.doubts);
            inventory.resource_policies.extend(policy);
            inventory.service_roles.extend(roles);
        }
        let mut memberships = Memberships::default();
        let mut reader = IdentityReader { attachments: &attachments, list: &mut list, doubts: &mut inventory.doubts };
        for (values, resource) in all() {
            memberships.read(values, resource, &mut reader);
        }
        for (values, resource) in all() {
            inventory.principals.extend(reader.principal(values, resource, &memberships));
        }
        let mut policies = list.policies;
        // A diff holds two of thousands of people.
        policies.shrink_to_fit();
        inventory.principals.shrink_to_fit();
        found.notebooks.shrink_to_fit();
        inventory.doubts.extend(doubts::of_names((&attachments, &policies), &memberships, &inventory.principals));
        let attached = attachments.unresolved.iter().filter_map(|(policy, to)| {
            let policy = policies.get(*policy)?;
            Some(format!("{to} {}", policy.document.value))
        });
        let added = memberships.unresolved.iter().map(|(user, group)| format!("{user} {group}"));
        inventory.unresolved = attached.chain(added).collect();
        let ResourcesOfPolicies { notebooks, secrets } = found;
        Self { policies, groups: memberships.groups, notebooks, secrets, ..inventory }
    }
}

#[cfg(test)]
mod tests;
