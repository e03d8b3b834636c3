//! The IAM of an account, as one side of a comparison has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::folder::{AccountFolder, Stack};
use super::super::owners::{Owners, general};
use super::RetainedResource;
use crate::inventory::{
    self, Boundary, Documents, Group, IamInventory, IdentityKind, Location, PolicyDocument, PolicyKind, Principal,
    Undefined,
};

#[derive(Default)]
pub(super) struct AccountIam<'a> {
    pub inventory: IamInventory<'a>,
    /// The stacks, in the order of the inventory's, and whose their resources are.
    stacks: Vec<(&'a Stack, Owners<'a>)>,
    /// The indexes of the users and roles, in the order of their ARNs; of one ARN, the last.
    by_arn: Vec<usize>,
}

/// A user's own names.
pub(super) struct Own {
    pub user: String,
    pub notebook: Option<String>,
}

impl Own {
    /// A text with the names replaced.
    pub(super) fn general(&self, text: &str) -> String {
        general(text, &self.user, self.notebook.as_deref())
    }
}

impl<'a> AccountIam<'a> {
    /// What an account's stacks make, and what is `kept` of what those of `before` made.
    pub(super) fn of(
        account: Option<&'a AccountFolder>,
        kept: &[RetainedResource<'a>],
        before: Option<&'a AccountFolder>,
        documents: &mut Documents,
    ) -> Self {
        let mut stacks: Vec<(&'a AccountFolder, &'a Stack, Option<BTreeSet<&'a str>>)> = Vec::new();
        for kept in kept.chunk_by(|a, b| a.stack.name == b.stack.name) {
            let ids = kept.iter().map(|kept| kept.logical_id).collect();
            stacks.extend(before.zip(kept.first()).map(|(before, first)| (before, first.stack, Some(ids))));
        }
        stacks
            .extend(account.into_iter().flat_map(|account| account.stacks.iter().map(move |one| (account, one, None))));
        let read: Vec<inventory::Stack<'a>> =
            stacks.iter().map(|(of, stack, only)| read(of, stack, only.as_ref())).collect();
        let mut iam = Self {
            inventory: IamInventory::of(&read, documents),
            stacks: stacks.iter().map(|(_, stack, _)| (*stack, Owners::of(None, Some(stack)))).collect(),
            ..Self::default()
        };
        let arn = |index: &usize| iam.inventory.principals.get(*index).map(|one| &one.arn);
        let mut by_arn: Vec<usize> = (0..iam.inventory.principals.len()).rev().collect();
        by_arn.sort_by(|a, b| arn(a).cmp(&arn(b)));
        by_arn.dedup_by(|a, b| arn(a) == arn(b));
        iam.by_arn = by_arn;
        iam
    }

    /// The names of the person whose resource this is.
    pub(super) fn own(&self, location: &Location<'_>) -> Option<Own> {
        let (_, owners) = self.stacks.get(location.stack)?;
        let user = owners.owner(location.logical_id)?;
        Some(Own { user: user.name.clone(), notebook: user.notebook.clone() })
    }

    /// The name of a stack, by its index in the inventory.
    pub(super) fn name_of(&self, stack: usize) -> Option<&'a str> {
        self.stacks.get(stack).map(|(stack, _)| stack.name.as_str())
    }

    pub(super) fn stack_names(&self) -> impl Iterator<Item = &'a str> {
        self.stacks.iter().map(|(stack, _)| stack.name.as_str())
    }

    /// The users and roles, by ARN.
    pub(super) fn principals(&self) -> impl Iterator<Item = (&String, &Principal<'a>)> {
        let principals = self.by_arn.iter().filter_map(|index| self.inventory.principals.get(*index));
        principals.map(|one| (&one.arn, one))
    }

    /// The user or role of an ARN.
    pub(super) fn principal(&self, arn: &str) -> Option<&Principal<'a>> {
        let of = |index: &usize| self.inventory.principals.get(*index).map(|one| one.arn.as_str());
        let at = self.by_arn.binary_search_by(|index| of(index).cmp(&Some(arn))).ok()?;
        self.inventory.principals.get(*self.by_arn.get(at)?)
    }

    /// The text of a policy, by its index.
    pub(super) fn document(&self, policy: usize) -> Option<&Arc<PolicyDocument>> {
        self.inventory.policies.get(policy).map(|policy| &policy.document)
    }

    pub(super) fn bucket_policies(&self) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        let buckets =
            self.inventory.resource_policies.iter().filter(|one| one.resource_type == inventory::BUCKET_POLICY);
        buckets.flat_map(|one| &one.policies).filter_map(|policy| self.document(*policy))
    }

    /// The policies that are part of somebody.
    pub(super) fn inline(&self, of: &Principal<'a>) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        of.policies.iter().filter(|policy| self.is_own(of, **policy)).filter_map(|policy| self.document(*policy))
    }

    /// The policies of somebody that others may have, too.
    pub(super) fn shared(&self, of: &Principal<'a>) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        of.policies.iter().filter(|policy| !self.is_own(of, **policy)).filter_map(|policy| self.document(*policy))
    }

    /// The same, in an order that does not hang on that of the stacks.
    pub(super) fn sorted(&self, of: &Principal<'a>) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        let shared = of.policies.iter().filter(|policy| !self.is_own(of, **policy));
        let by_key = shared.filter_map(|policy| Some((self.key(*policy)?, self.document(*policy)?)));
        by_key.collect::<BTreeMap<_, _>>().into_values()
    }

    /// What tells a policy from the others that somebody has besides their own: its ARN, or where it stands.
    fn key(&self, policy: usize) -> Option<String> {
        let policy = self.inventory.policies.get(policy)?;
        let Location { stack, logical_id, path } = &policy.location;
        let is_it = |group: &&Group<'_>| (group.location.stack, group.location.logical_id) == (*stack, *logical_id);
        let group = || self.inventory.groups.iter().find(is_it);
        Some(match &policy.kind {
            PolicyKind::Managed(arn) => arn.clone(),
            _ => match group() {
                Some(group) => format!("{} {path}", group.name),
                None => format!("{} {logical_id}", self.name_of(*stack)?),
            },
        })
    }

    fn is_own(&self, of: &Principal<'a>, policy: usize) -> bool {
        self.inventory.policies.get(policy).is_some_and(|policy| {
            (policy.location.stack, policy.location.logical_id) == (of.location.stack, of.location.logical_id)
        })
    }

    /// The permissions boundary of somebody, if a stack defines it.
    pub(super) fn boundary(&self, of: &Principal<'a>) -> Option<&Arc<PolicyDocument>> {
        match of.boundary {
            Some(Boundary::Policy(policy)) => self.document(policy),
            Some(Boundary::Undefined(_)) | None => None,
        }
    }

    /// The trust policy of somebody.
    pub(super) fn trust(&self, of: &Principal<'a>) -> Option<&Value> {
        Some(&self.document(of.trust?)?.value)
    }
}

fn read<'a>(account: &'a AccountFolder, stack: &'a Stack, only: Option<&BTreeSet<&'a str>>) -> inventory::Stack<'a> {
    let AccountFolder { id, region, partition, .. } = account;
    inventory::Stack {
        account: inventory::Account { id, region, partition },
        resources: stack.template.get("Resources").unwrap_or(&Value::Null),
        only: only.cloned(),
    }
}

/// Policies and groups that somebody has and that no stack of the account defines, in words.
pub(super) fn undefined(of: &Principal<'_>) -> BTreeSet<String> {
    let attached = of.undefined.iter().map(|one| match one {
        Undefined::Policy(arn) => arn.clone(),
        Undefined::Group(name) => format!("the group {name}"),
    });
    let boundary = of.boundary.iter().filter_map(|boundary| match boundary {
        Boundary::Undefined(arn) => Some(arn.clone()),
        Boundary::Policy(_) => None,
    });
    attached.chain(boundary).collect()
}

/// Whether somebody is a user, and no role.
pub(super) fn is_user(of: &Principal<'_>) -> bool {
    of.kind == IdentityKind::User
}
