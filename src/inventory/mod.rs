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
mod reader;
mod references;
mod resource_policies;
mod resources;
mod return_values;
mod secret_references;
mod sections;
mod template;
mod texts;

use attachments::Attachments;
use principals::Memberships;
use reader::Reader;
use return_values::ReturnValues;

pub use documents::{Documents, PRINCIPAL_TAG, Policy, PolicyDocument, PolicyKind, sid, statement_name};
pub use model::{
    Account, BUCKET_POLICY, Boundary, Doubt, IdentityKind, Location, LogGroup, Notebook, Principal, ResourcePolicy,
    ServiceRole, Stack, Tag, Undefined,
};
pub use reader::IamInventory;
pub use references::{references, references_of};
pub use return_values::{UNNAMED, UNNAMED_BESIDE};
pub use secret_references::{SECRET_REFERENCE, perhaps_reads_secret};
pub use sections::Sections;
pub use template::{
    DYNAMIC_REFERENCE, LOOP, OPEN, Resource, each_map, existing_notebook, is_intrinsic, one_or_more, path_to, plain,
    resources_of, transform, type_of, walk, with_inner,
};
pub use texts::Texts;

impl<'a> IamInventory<'a> {
    /// The inventory of an account's stacks. The texts of its policies are held in `documents`.
    pub fn of(stacks: &[Stack<'a>], documents: &mut Documents) -> Self {
        let read = |(index, stack): (usize, &Stack<'a>)| {
            let is_read = |one: &Resource<'a>| stack.only.as_ref().is_none_or(|only| only.contains(one.logical_id));
            let all: Vec<Resource<'a>> = resources_of(index, stack.resources).filter(is_read).collect();
            (ReturnValues::of(stack), all)
        };
        let stacks: Vec<(ReturnValues<'a>, Vec<Resource<'a>>)> = stacks.iter().enumerate().map(read).collect();
        let all = || stacks.iter().flat_map(|(values, all)| all.iter().map(move |resource| (values, resource)));
        let mut reader = Reader::new(documents);
        let mut attachments = Attachments::default();
        for (values, resource) in all() {
            doubts::of_resource(values, resource, &mut reader);
            attachments.read(values, resource, &mut reader);
            resources::read(values, resource, &mut reader);
            resource_policies::read(values, resource, &mut reader);
        }
        let mut memberships = Memberships::default();
        for (values, resource) in all() {
            memberships.read(values, resource, &attachments, &mut reader);
        }
        for (values, resource) in all() {
            principals::read(values, resource, (&attachments, &memberships), &mut reader);
        }
        doubts::of_names(&attachments, &memberships, &mut reader);
        let mut inventory = reader.inventory;
        let attached = attachments.unresolved.iter().filter_map(|(policy, to)| {
            let policy = inventory.policies.get(*policy)?;
            Some(format!("{to} {}", policy.document.value))
        });
        let added = memberships.unresolved.iter().map(|(user, group)| format!("{user} {group}"));
        inventory.unresolved = attached.chain(added).collect();
        inventory.groups = memberships.groups;
        // A diff holds two of thousands of people.
        inventory.policies.shrink_to_fit();
        inventory.principals.shrink_to_fit();
        inventory.notebooks.shrink_to_fit();
        inventory
    }
}

#[cfg(test)]
mod tests;
