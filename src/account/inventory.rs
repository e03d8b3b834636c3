//! The IAM of an account as it is, in the form in which templates are read, too: what decides about the one decides about
//! the other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::identities::{Attached, AttachedBoundary, InlinePolicy};
use super::reading::LiveTag;
use super::{Export, LiveNotebook};
use crate::inventory::{
    BUCKET_POLICY, Boundary, Documents, Group, IamInventory, IdentityKind, Location, Notebook, Policy, PolicyKind,
    Principal, ResourcePolicy, Tag, Undefined,
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
        let mut groups = Vec::new();
        for group in &self.identities.groups {
            let (policies, undefined) =
                builder.attached(&group.arn, &group.group_policy_list, &group.attached_managed_policies);
            let (arn, name, location) = (group.arn.clone(), group.group_name.clone(), location(&group.arn));
            groups.push(Group { arn, name, is_named: true, location, policies, undefined });
        }
        let by_name: BTreeMap<&str, usize> =
            groups.iter().enumerate().map(|(index, group)| (group.name.as_str(), index)).collect();
        let mut principals = Vec::new();
        for user in &self.identities.users {
            let (policies, undefined) =
                builder.attached(&user.arn, &user.user_policy_list, &user.attached_managed_policies);
            let mut principal = Principal {
                kind: IdentityKind::User,
                arn: user.arn.clone(),
                name: user.user_name.clone(),
                is_named: true,
                location: location(&user.arn),
                tags: tags(&user.tags),
                policies,
                boundary: builder.boundary(user.permissions_boundary.as_ref()),
                trust: None,
                groups: user.group_list.iter().cloned().collect(),
                undefined,
            };
            for name in &user.group_list {
                match by_name.get(name.as_str()).and_then(|index| groups.get(*index)) {
                    Some(group) => {
                        add_new(&mut principal.policies, &group.policies);
                        principal.undefined.extend(group.undefined.iter().cloned());
                    }
                    None => _ = principal.undefined.insert(Undefined::Group(name.clone())),
                }
            }
            principals.push(principal);
        }
        for role in &self.identities.roles {
            let (policies, undefined) =
                builder.attached(&role.arn, &role.role_policy_list, &role.attached_managed_policies);
            let trust = format!("trust of {}", role.role_name);
            principals.push(Principal {
                kind: IdentityKind::Role,
                arn: role.arn.clone(),
                name: role.role_name.clone(),
                is_named: true,
                location: location(&role.arn),
                tags: tags(&role.tags),
                policies,
                boundary: builder.boundary(role.permissions_boundary.as_ref()),
                trust: Some(builder.add(PolicyKind::Trust, &trust, &role.arn, &role.assume_role_policy_document)),
                groups: BTreeSet::new(),
                undefined,
            });
        }
        let bucket = self.bucket.policy.iter().map(|(policy, _)| ResourcePolicy {
            resource_type: BUCKET_POLICY,
            location: location("bucket policy"),
            targets: vec![None],
            policies: vec![builder.add(PolicyKind::Resource, "bucket policy", "bucket policy", policy)],
        });
        let resource_policies = bucket.collect();
        let notebooks = self.notebooks.iter().map(notebook).collect();
        let policies = builder.policies;
        IamInventory { policies, principals, groups, resource_policies, notebooks, ..IamInventory::default() }
    }
}

impl<'a> Builder<'a, '_> {
    fn add(&mut self, kind: PolicyKind, name: &str, of: &'a str, document: &Value) -> usize {
        let document: Arc<_> = self.documents.of(document.clone());
        self.policies.push(Policy { kind, name: name.to_owned(), location: location(of), document });
        self.policies.len() - 1
    }

    /// The policies that an identity has by itself, and what of them the export does not hold.
    fn attached(
        &mut self,
        of: &'a str,
        inline: &'a [InlinePolicy],
        managed: &[Attached],
    ) -> (Vec<usize>, BTreeSet<Undefined>) {
        let mut policies = Vec::new();
        let mut undefined = BTreeSet::new();
        for policy in inline {
            policies.push(self.add(PolicyKind::Inline, &policy.policy_name, of, &policy.policy_document));
        }
        for Attached { policy_arn } in managed {
            match self.managed.get(policy_arn.as_str()) {
                Some(index) => add_new(&mut policies, &[*index]),
                None => _ = undefined.insert(Undefined::Policy(policy_arn.clone())),
            }
        }
        (policies, undefined)
    }

    fn boundary(&self, boundary: Option<&AttachedBoundary>) -> Option<Boundary> {
        let arn = &boundary?.permissions_boundary_arn;
        let known = self.managed.get(arn.as_str());
        Some(known.map_or_else(|| Boundary::Undefined(arn.clone()), |index| Boundary::Policy(*index)))
    }
}

fn location(of: &str) -> Location<'_> {
    Location { stack: 0, logical_id: of, path: String::new() }
}

/// The tags that people and racestack set; those of AWS's own are no part of what a template says.
pub fn tags(tags: &[LiveTag]) -> Vec<Tag> {
    let set = tags.iter().filter(|tag| !tag.key.starts_with("aws:"));
    set.map(|tag| Tag { key: Some(tag.key.clone()), value: Some(tag.value.clone()) }).collect()
}

fn notebook(notebook: &LiveNotebook) -> Notebook<'_> {
    Notebook {
        name: notebook.name.clone(),
        location: location(&notebook.arn),
        role_arn: Some(notebook.role_arn.clone()),
        tags: tags(&notebook.tags),
    }
}

fn add_new(policies: &mut Vec<usize>, more: &[usize]) {
    for policy in more {
        if !policies.contains(policy) {
            policies.push(*policy);
        }
    }
}
