//! The IAM of an account as it is, in the form in which templates are read, too: what decides about the one decides about
//! the other.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::identities::IdentityDetail;
use super::reading::LiveTag;
use super::{Export, LiveNotebook};
use crate::inventory::{
    BUCKET_POLICY, Boundary, Documents, IamInventory, IdentityKind, Location, Notebook, Policy, PolicyKind, Principal,
    ResourcePolicy, Tag, Undefined,
};

/// An inventory that is being made.
struct Builder<'a, 'd> {
    policies: Vec<Policy<'a>>,
    documents: &'d mut Documents,
    /// The managed policies, by ARN.
    managed: BTreeMap<&'a str, usize>,
}

impl Export {
    /// The inventory of the account. A location holds the ARN in the place of a logical ID; its stack is always 0.
    pub fn inventory(&self, documents: &mut Documents) -> IamInventory<'_> {
        let mut builder = Builder { policies: Vec::new(), documents, managed: BTreeMap::new() };
        for policy in &self.identities.policies {
            let Some(document) = policy.document() else { continue };
            let kind = PolicyKind::Managed(policy.arn.clone());
            let index = builder.add(kind, policy.name(), &policy.arn, document);
            builder.managed.insert(&policy.arn, index);
        }
        let identities = &self.identities;
        let groups = identities.groups.iter().map(|one| builder.identity(IdentityKind::Group, one, &[]));
        let groups: Vec<Principal<'_>> = groups.collect();
        let users = identities.users.iter().map(|one| builder.identity(IdentityKind::User, one, &groups));
        let mut principals: Vec<Principal<'_>> = users.collect();
        principals.extend(identities.roles.iter().map(|role| {
            let principal = builder.identity(IdentityKind::Role, role, &[]);
            let trust = format!("trust of {}", role.name);
            let trust = builder.add(PolicyKind::Trust, &trust, &role.arn, &role.assume_role_policy_document);
            Principal { trust: Some(trust), ..principal }
        }));
        let bucket = self.bucket.policy.iter().map(|(policy, _)| ResourcePolicy {
            resource_type: BUCKET_POLICY,
            location: location("bucket policy"),
            targets: vec![None],
            policies: vec![builder.add(PolicyKind::Resource, "bucket policy", "bucket policy", policy)],
        });
        let resource_policies = bucket.collect();
        let notebooks = self.notebooks.values().map(notebook).collect();
        let policies = builder.policies;
        IamInventory { policies, principals, groups, resource_policies, notebooks, ..IamInventory::default() }
    }
}

impl<'a> Builder<'a, '_> {
    fn add(&mut self, kind: PolicyKind, name: &str, of: &'a str, document: &Value) -> usize {
        let document = self.documents.of(document.clone());
        self.policies.push(Policy { kind, name: name.to_owned(), location: location(of), document });
        self.policies.len() - 1
    }

    /// A user, group or role, with what it and its groups have.
    fn identity(&mut self, kind: IdentityKind, of: &'a IdentityDetail, groups: &[Principal<'a>]) -> Principal<'a> {
        let mut found = Principal::new(kind, (of.name.clone(), of.arn.clone()), location(&of.arn));
        for policy in &of.inline_policies {
            found.attach(self.add(PolicyKind::Inline, &policy.policy_name, &of.arn, &policy.policy_document));
        }
        for policy in &of.attached_managed_policies {
            match self.managed.get(policy.arn.as_str()) {
                Some(index) => found.attach(*index),
                None => _ = found.undefined.insert(Undefined::Policy(policy.arn.clone())),
            }
        }
        for name in &of.group_list {
            found.join(name.clone(), groups.iter().find(|group| group.name == *name));
        }
        found.tags = tags(&of.tags);
        found.boundary = of.permissions_boundary.as_ref().map(|policy| match self.managed.get(policy.arn.as_str()) {
            Some(index) => Boundary::Policy(*index),
            None => Boundary::Undefined(policy.arn.clone()),
        });
        found
    }
}

fn location(of: &str) -> Location<'_> {
    Location { stack: 0, logical_id: of, path: String::new() }
}

/// The tags that people and racestack set; those of AWS's own are no part of what a template says.
fn tags(tags: &[LiveTag]) -> Vec<Tag<'_>> {
    let set = tags.iter().filter(|tag| !tag.key.starts_with("aws:"));
    set.map(|tag| Tag { key: Some(Cow::Borrowed(&tag.key)), value: Some(Cow::Borrowed(&tag.value)) }).collect()
}

fn notebook(notebook: &LiveNotebook) -> Notebook<'_> {
    Notebook {
        name: notebook.name.clone(),
        location: location(&notebook.arn),
        role_arn: Some(notebook.role_arn.clone()),
        tags: tags(&notebook.tags),
    }
}
