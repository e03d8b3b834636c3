//! The IAM of an account, as one side of a comparison has it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::super::folder::{AccountFolder, FolderStack};
use super::super::owners::Owners;
use super::RetainedResource;
use crate::inventory::{
    self, Boundary, Documents, IamInventory, IdentityKind, PRINCIPAL_TAG, PolicyDocument, Principal, Undefined,
};
use crate::model::{OLD_KEY, TAGS_OF_TEMPLATES};
use crate::output::{Manifest, UserEntry};

/// The name of a stack, and a logical ID, or the name of an output.
pub(super) type StackPlace<'a> = (&'a str, String);

/// A stack of an account.
pub(super) struct ReadStack<'a> {
    pub of: &'a FolderStack,
    /// Whose its resources are.
    owners: Owners<'a>,
    /// The logical IDs that are read of it alone, where not all are.
    only: Option<BTreeSet<&'a str>>,
}

/// The IAM of an account.
pub(super) struct AccountIam<'a> {
    pub inventory: IamInventory<'a>,
    /// The stacks, in the order of the inventory's.
    pub stacks: Vec<ReadStack<'a>>,
    /// The indexes of its users and roles, by their ARNs.
    principals: BTreeMap<String, usize>,
    /// Whether the tags of all stacks are known.
    pub tells_tags: bool,
}

impl<'a> AccountIam<'a> {
    /// What an account's stacks make, and before them what is `kept` of what those of `before` made.
    pub(super) fn of(
        account: Option<&'a AccountFolder>,
        kept: &[RetainedResource<'a>],
        before: Option<&'a AccountFolder>,
        documents: &mut Documents,
    ) -> Self {
        let kept = kept.chunk_by(|a, b| a.stack.name == b.stack.name).filter_map(|kept| {
            let only = Some(kept.iter().map(|kept| kept.logical_id).collect());
            Some((before?, kept.first()?.stack, only))
        });
        let all = account.into_iter().flat_map(|account| account.stacks.iter().map(move |one| (account, one, None)));
        let (mut read, mut stacks) = (Vec::new(), Vec::new());
        let mut tells_tags = true;
        for (folder @ AccountFolder { manifest, .. }, of, only) in kept.chain(all) {
            let tags = folder.stack_tags();
            tells_tags &= tags.is_some();
            let Manifest { account_id: id, region, partition, .. } = manifest;
            read.push(inventory::Stack {
                account: inventory::Account { id, region, partition },
                resources: of.template.get("Resources").unwrap_or(&Value::Null),
                tags: tags.unwrap_or_default(),
                only: only.clone(),
            });
            stacks.push(ReadStack { of, owners: Owners::of(None, Some(of)), only });
        }
        let inventory = IamInventory::of(&read, documents);
        // Of one ARN, the last is what there is now.
        let principals = inventory.principals.iter().enumerate().map(|(index, one)| (one.arn.clone(), index));
        Self { principals: principals.collect(), inventory, stacks, tells_tags }
    }

    /// The resources, by their stacks' indexes and their logical IDs, of the stacks that the other side has not the same.
    pub(super) fn declared(&self, other: &Self) -> impl Iterator<Item = (usize, &'a str, &'a Value)> {
        let differing = self.stacks.iter().enumerate().filter(|(_, stack)| !self.has_same(other, stack.of));
        differing.flat_map(|(at, ReadStack { of, only, .. })| {
            let all = of.resources().map(move |(id, one)| (at, id.as_str(), one));
            all.filter(|(_, id, _)| only.as_ref().is_none_or(|only| only.contains(id)))
        })
    }

    /// Whether both sides have a stack with one template, which was read once, and nothing is kept of it.
    fn has_same(&self, other: &Self, stack: &FolderStack) -> bool {
        let only = |side: &Self| -> Option<&'a FolderStack> {
            let mut of_name = side.stacks.iter().map(|one| one.of).filter(|one| one.name == stack.name);
            of_name.next().filter(|_| of_name.next().is_none())
        };
        only(self).zip(only(other)).is_some_and(|(one, two)| Arc::ptr_eq(&one.template, &two.template))
    }

    /// The outputs of the stacks: the stack, the name and what is put out.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
        self.stacks.iter().flat_map(|ReadStack { of, .. }| {
            let all = of.template.get("Outputs").and_then(Value::as_object).into_iter().flatten();
            all.map(|(name, value)| (of.name.as_str(), name.as_str(), value))
        })
    }

    /// The keys of tags, in lower case, by which some policy knows resources.
    pub(super) fn known_by(&self) -> BTreeSet<String> {
        ["resourcetag/", "buckettag/"].into_iter().flat_map(|word| self.asked_tags(word)).collect()
    }

    /// Whether a policy asks for a tag, of who asks or of a resource, that the settings may give to stacks.
    pub(super) fn asks_for_tags(&self) -> bool {
        let asked = self.asked_tags(PRINCIPAL_TAG).into_iter().chain(self.known_by());
        asked.into_iter().any(|key| key != OLD_KEY && !TAGS_OF_TEMPLATES.contains(&key.as_str()))
    }

    fn asked_tags(&self, word: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let policies = self.inventory.policies.iter().filter(|policy| seen.insert(policy.document.id));
        policies.flat_map(|policy| policy.document.tag_keys(word)).collect()
    }

    /// What may give access that nothing shows, in words.
    pub(super) fn hidden(&self) -> BTreeMap<StackPlace<'a>, BTreeSet<String>> {
        let mut placed: BTreeMap<StackPlace<'_>, BTreeSet<String>> = BTreeMap::new();
        for doubt in self.inventory.doubts.iter().filter(|doubt| doubt.hides_access) {
            if let Some(stack) = self.name_of(doubt.location.stack) {
                let place = (stack, doubt.location.logical_id.to_owned());
                placed.entry(place).or_default().insert(doubt.message.clone());
            }
        }
        placed
    }

    /// The person whose resource this is, by its stack's index and its logical ID.
    pub(super) fn owner(&self, stack: usize, logical_id: &str) -> Option<&'a UserEntry> {
        self.stacks.get(stack)?.owners.owner(logical_id)
    }

    /// The person whose somebody is.
    pub(super) fn own(&self, of: &Principal<'_>) -> Option<&'a UserEntry> {
        self.owner(of.location.stack, of.location.logical_id)
    }

    /// The name of a stack, by its index in the inventory.
    pub(super) fn name_of(&self, stack: usize) -> Option<&'a str> {
        self.stacks.get(stack).map(|stack| stack.of.name.as_str())
    }

    /// The users and roles, in the order of their ARNs.
    pub(super) fn principals(&self) -> impl Iterator<Item = &Principal<'a>> {
        self.principals.values().filter_map(|index| self.inventory.principals.get(*index))
    }

    /// The user or role of an ARN.
    pub(super) fn principal(&self, arn: &str) -> Option<&Principal<'a>> {
        self.inventory.principals.get(*self.principals.get(arn)?)
    }

    /// The text of a policy, by its index.
    pub(super) fn document(&self, policy: usize) -> Option<&Arc<PolicyDocument>> {
        self.inventory.policies.get(policy).map(|policy| &policy.document)
    }

    pub(super) fn bucket_policies(&self) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        self.inventory.bucket_policies().filter_map(|policy| self.document(policy))
    }

    /// The trust policy of somebody.
    pub(super) fn trust(&self, of: &Principal<'a>) -> Option<&Arc<PolicyDocument>> {
        self.document(of.trust?)
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
