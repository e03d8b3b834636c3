//! The IAM of an account, as one side of a comparison has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::folder::{AccountFolder, FolderStack};
use super::super::owners::Owners;
use super::RetainedResource;
use crate::inventory::{
    self, Boundary, Documents, IamInventory, IdentityKind, Location, PolicyDocument, Principal, Undefined,
};
use crate::output::UserEntry;

/// The name of a stack, and a logical ID, or the name of an output.
pub(super) type Place<'a> = (&'a str, &'a str);

/// A stack of an account.
struct ReadStack<'a> {
    of: &'a FolderStack,
    /// Whose its resources are.
    owners: Owners<'a>,
    /// The logical IDs that are read of it alone, where not all are.
    only: Option<BTreeSet<&'a str>>,
}

/// The IAM of an account.
pub(super) struct AccountIam<'a> {
    pub inventory: IamInventory<'a>,
    /// The stacks, in the order of the inventory's.
    stacks: Vec<ReadStack<'a>>,
    /// The indexes of the users and roles, in the order of their ARNs; of one ARN, the last.
    by_arn: Vec<usize>,
}

impl<'a> AccountIam<'a> {
    /// What an account's stacks make, and what is `kept` of what those of `before` made.
    pub(super) fn of(
        account: Option<&'a AccountFolder>,
        kept: &[RetainedResource<'a>],
        before: Option<&'a AccountFolder>,
        documents: &mut Documents,
    ) -> Self {
        let mut stacks: Vec<(&'a AccountFolder, &'a FolderStack, Option<BTreeSet<&'a str>>)> = Vec::new();
        for kept in kept.chunk_by(|a, b| a.stack.name == b.stack.name) {
            let ids = kept.iter().map(|kept| kept.logical_id).collect();
            stacks.extend(before.zip(kept.first()).map(|(before, first)| (before, first.stack, Some(ids))));
        }
        stacks
            .extend(account.into_iter().flat_map(|account| account.stacks.iter().map(move |one| (account, one, None))));
        let read: Vec<inventory::Stack<'a>> =
            stacks.iter().map(|(of, stack, only)| read(of, stack, only.as_ref())).collect();
        let inventory = IamInventory::of(&read, documents);
        let arn = |index: usize| inventory.principals.get(index).map(|one| one.arn.as_str());
        let mut by_arn: Vec<usize> = (0..inventory.principals.len()).rev().collect();
        by_arn.sort_by_key(|index| arn(*index));
        by_arn.dedup_by_key(|index| arn(*index));
        let read = |(_, of, only)| ReadStack { of, owners: Owners::of(None, Some(of)), only };
        Self { inventory, stacks: stacks.into_iter().map(read).collect(), by_arn }
    }

    /// By stack and logical ID, the resources of stacks that the other side has not the same, each with whose it is. What is kept
    /// of a stack comes before the stack: what the stack has now counts.
    pub(super) fn resources(&self, other: &Self) -> BTreeMap<Place<'a>, (&'a Value, Option<&'a UserEntry>)> {
        let mut found = BTreeMap::new();
        for ReadStack { of, owners, only } in self.stacks.iter().filter(|stack| !self.has_same(other, stack.of)) {
            let is_read = |id: &str| only.as_ref().is_none_or(|only| only.contains(id));
            let read = of.resources().filter(|(id, _)| is_read(id));
            found.extend(read.map(|(id, one)| ((of.name.as_str(), id.as_str()), (one, owners.owner(id)))));
        }
        found
    }

    /// Whether both sides have a stack with one template, which was read once, and nothing is kept of it.
    fn has_same(&self, other: &Self, stack: &FolderStack) -> bool {
        let only = |side: &Self| -> Option<&'a FolderStack> {
            let mut of_name = side.stacks.iter().map(|one| one.of).filter(|one| one.name == stack.name);
            of_name.next().filter(|_| of_name.next().is_none())
        };
        only(self).zip(only(other)).is_some_and(|(one, two)| Arc::ptr_eq(&one.template, &two.template))
    }

    /// The outputs of the stacks.
    pub(super) fn outputs(&self) -> BTreeMap<Place<'a>, &'a Value> {
        let of = |stack: &'a FolderStack| {
            let all = stack.template.get("Outputs").and_then(Value::as_object).into_iter().flatten();
            all.map(|(name, value)| ((stack.name.as_str(), name.as_str()), value))
        };
        self.stacks.iter().flat_map(|stack| of(stack.of)).collect()
    }

    /// The people of the stacks.
    pub(super) fn people(&self) -> impl Iterator<Item = &'a UserEntry> {
        self.stacks.iter().flat_map(|stack| &stack.of.users)
    }

    /// What may give access that nothing shows, in words.
    pub(super) fn hidden(&self) -> BTreeMap<Place<'a>, &str> {
        let hidden = self.inventory.doubts.iter().filter(|doubt| doubt.hides_access);
        let placed = hidden.filter_map(|doubt| {
            let stack = self.name_of(doubt.location.stack)?;
            Some(((stack, doubt.location.logical_id), doubt.message.as_str()))
        });
        placed.collect()
    }

    /// The person whose resource this is.
    pub(super) fn own(&self, location: &Location<'_>) -> Option<&'a UserEntry> {
        self.stacks.get(location.stack)?.owners.owner(location.logical_id)
    }

    /// The name of a stack, by its index in the inventory.
    pub(super) fn name_of(&self, stack: usize) -> Option<&'a str> {
        self.stacks.get(stack).map(|stack| stack.of.name.as_str())
    }

    pub(super) fn stack_names(&self) -> impl Iterator<Item = &'a str> {
        self.stacks.iter().map(|stack| stack.of.name.as_str())
    }

    /// The users and roles, in the order of their ARNs.
    pub(super) fn principals(&self) -> impl Iterator<Item = &Principal<'a>> {
        self.by_arn.iter().filter_map(|index| self.inventory.principals.get(*index))
    }

    /// The user or role of an ARN.
    pub(super) fn principal(&self, arn: &str) -> Option<&Principal<'a>> {
        let known = |index: &usize| self.inventory.principals.get(*index).map(|one| one.arn.as_str());
        let at = self.by_arn.binary_search_by_key(&Some(arn), known).ok()?;
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

    /// All policies of somebody, and the boundary.
    pub(super) fn of_identity(&self, of: &Principal<'a>) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        of.policies.iter().filter_map(|policy| self.document(*policy)).chain(self.boundary(of))
    }

    /// The trust policy of somebody.
    pub(super) fn trust(&self, of: &Principal<'a>) -> Option<&Arc<PolicyDocument>> {
        self.document(of.trust?)
    }
}

fn read<'a>(
    account: &'a AccountFolder,
    stack: &'a FolderStack,
    only: Option<&BTreeSet<&'a str>>,
) -> inventory::Stack<'a> {
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
