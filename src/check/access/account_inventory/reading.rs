//! An inventory of stacks that are nobody's, and of one prototype: what it is in the inventory of the account.

use std::collections::BTreeSet;

use super::{AccountInventory, ActingPrincipal, Home, Notebook, PersonResources, Role, Scope, Secret, Tags};
use crate::check::access::placeholders::of_prototype;
use crate::check::access::shapes::ShapeId;
use crate::inventory::{self, Boundary, IamInventory, IdentityKind, Location, PolicyKind, Principal, ResourcePolicy};
use crate::model::{Tag, User};

/// What is read of an inventory: what a prototype has, or without one, what is nobody's.
pub(super) struct Reading<'r> {
    /// The form of the prototype.
    pub(super) form: Option<ShapeId>,
    inventory: &'r IamInventory<'r>,
    /// The scope of each stack.
    scopes: Vec<Scope>,
    prototype: Option<User>,
    /// The index in the inventory of the account of each policy that could be read.
    policies: Vec<Option<usize>>,
}

impl<'r> Reading<'r> {
    /// The reading of an inventory of stacks of these scopes, whose policies the inventory of the account takes in.
    pub(super) fn new(
        inventory: &'r IamInventory<'r>,
        scopes: Vec<Scope>,
        form: Option<ShapeId>,
        account_inventory: &mut AccountInventory,
    ) -> Self {
        let shape = form.and_then(|form| account_inventory.shapes.iter().find(|(_, id)| **id == form));
        let prototype = shape.and_then(|(shape, _)| shape.prototype());
        let mut reading = Self { form, inventory, scopes, prototype, policies: Vec::new() };
        let of_buckets: BTreeSet<usize> = reading.of_buckets().flat_map(|one| &one.policies).copied().collect();
        let decides = |(index, policy): (usize, &inventory::Policy<'_>)| {
            policy.kind != PolicyKind::Resource || of_buckets.contains(&index)
        };
        let all = inventory.policies.iter().enumerate();
        let policies =
            all.map(
                |one| if decides(one) { account_inventory.policy(one.1, reading.home(&one.1.location)) } else { None },
            );
        reading.policies = policies.collect();
        reading
    }

    /// What could not be read.
    pub(super) fn doubts(&self) -> impl Iterator<Item = (String, Home)> {
        let doubts = self.inventory.doubts.iter().filter(|doubt| self.is_read(&doubt.location));
        doubts.map(|doubt| (doubt.message.clone(), self.home(&doubt.location)))
    }

    /// The ARNs of the groups.
    pub(super) fn groups(&self) -> impl Iterator<Item = String> {
        self.inventory.groups.iter().filter(|one| self.is_read(&one.location)).map(|one| one.arn.clone())
    }

    /// The managed policies: ARN, and index.
    pub(super) fn managed(&self) -> impl Iterator<Item = (String, usize)> {
        let policies = self.inventory.policies.iter().enumerate().filter(|(_, one)| self.is_read(&one.location));
        policies.filter_map(|(index, one)| match &one.kind {
            PolicyKind::Managed(arn) => Some((arn.clone(), self.policy(index)?)),
            PolicyKind::Inline | PolicyKind::Trust | PolicyKind::Resource => None,
        })
    }

    /// The policies of buckets, by the bucket's name.
    pub(super) fn bucket_policies(&self) -> impl Iterator<Item = (Option<String>, usize)> {
        self.of_buckets().filter(|one| self.is_read(&one.location)).flat_map(move |one| {
            let bucket = one.targets.first().cloned().flatten();
            one.policies.iter().filter_map(move |policy| Some((bucket.clone(), self.policy(*policy)?)))
        })
    }

    pub(super) fn roles(&self) -> impl Iterator<Item = Role> {
        self.principals(IdentityKind::Role)
            .map(|one| Role { principal: self.principal(one), trust: one.trust.and_then(|trust| self.policy(trust)) })
    }

    pub(super) fn resources(&self) -> PersonResources {
        let notebooks = self.inventory.notebooks.iter().filter(|one| self.is_read(&one.location));
        let notebooks = notebooks.filter_map(|one| {
            Some(Notebook { name: one.name.clone(), role: one.role_arn.clone()?, tags: self.tags(&one.tags) })
        });
        let secrets = self.inventory.secrets.iter().filter(|one| self.is_read(&one.location));
        PersonResources {
            users: self.principals(IdentityKind::User).map(|one| self.principal(one)).collect(),
            roles: self.roles().collect(),
            notebooks: notebooks.collect(),
            secrets: secrets.map(|one| Secret { name: one.name.clone(), tags: self.tags(&one.tags) }).collect(),
        }
    }

    /// What the template of the prototype attaches to groups and roles that are nobody's: the ARN of each, and the policy.
    pub(super) fn attached_to_shared(&self) -> Vec<(String, usize)> {
        let groups = self.inventory.groups.iter().map(|one| (&one.location, &one.arn, &one.policies));
        let principals = self.inventory.principals.iter().map(|one| (&one.location, &one.arn, &one.policies));
        let shared = groups.chain(principals).filter(|(location, ..)| self.form.is_some() && !self.is_read(location));
        let of_twin = |policy: &&usize| {
            self.inventory.policies.get(**policy).is_some_and(|policy| self.is_read(&policy.location))
        };
        let attached = shared.flat_map(|(_, arn, policies)| {
            policies.iter().filter(of_twin).filter_map(|policy| Some((arn.clone(), self.policy(*policy)?)))
        });
        attached.collect()
    }

    /// The keys of the tags whose value, or `None`, whose key is known only when the stack is deployed.
    pub(super) fn open_tags(&self) -> Vec<(Option<String>, Home)> {
        let principals = self.inventory.principals.iter().map(|one| (&one.location, &one.tags));
        let notebooks = self.inventory.notebooks.iter().map(|one| (&one.location, &one.tags));
        let secrets = self.inventory.secrets.iter().map(|one| (&one.location, &one.tags));
        let all = principals.chain(notebooks).chain(secrets).filter(|(location, _)| self.is_read(location));
        let open = all.flat_map(|(location, tags)| {
            let Home { scope, path } = self.home(location);
            let home = Home { scope, path: format!("{path}/Properties/Tags") };
            let open = tags.iter().filter(|tag| tag.key.is_none() || tag.value.is_none());
            open.map(move |tag| (tag.key.clone(), home.clone()))
        });
        open.collect()
    }

    /// Whether something stands where it is read: the stacks that are nobody's are in the inventory of each prototype.
    fn is_read(&self, location: &Location<'_>) -> bool {
        self.form.is_none() || matches!(self.scopes.get(location.stack), Some(Scope::People(_)))
    }

    fn home(&self, Location { stack, logical_id, path }: &Location<'_>) -> Home {
        let scope = self.scopes.get(*stack).copied().unwrap_or(Scope::Stack(*stack));
        let path = if path.is_empty() { (*logical_id).to_owned() } else { format!("{logical_id}/{path}") };
        Home { scope, path }
    }

    fn of_buckets(&self) -> impl Iterator<Item = &'r ResourcePolicy<'r>> + use<'r> {
        self.inventory.resource_policies.iter().filter(|one| one.resource_type == inventory::BUCKET_POLICY)
    }

    fn principals(&self, kind: IdentityKind) -> impl Iterator<Item = &Principal<'r>> {
        self.inventory.principals.iter().filter(move |one| one.kind == kind && self.is_read(&one.location))
    }

    fn policy(&self, index: usize) -> Option<usize> {
        self.policies.get(index).copied().flatten()
    }

    fn principal(&self, principal: &Principal<'_>) -> ActingPrincipal {
        let boundary = match principal.boundary {
            Some(Boundary::Policy(policy)) => self.policy(policy),
            // That is doubtful already.
            Some(Boundary::Undefined(_)) | None => None,
        };
        let groups = self.inventory.groups.iter().filter(|group| principal.groups.contains(&group.name));
        ActingPrincipal {
            arn: principal.arn.clone(),
            groups: groups.map(|group| group.arn.clone()).collect(),
            policies: principal.policies.iter().filter_map(|policy| self.policy(*policy)).collect(),
            boundary,
            tags: self.tags(&principal.tags),
        }
    }

    /// The tags of a resource. Those of the prototype stand for those of each person: `structure` has checked that a person's
    /// resource has them where the prototype's has.
    fn tags(&self, tags: &[inventory::Tag]) -> Tags {
        let known = tags.iter().filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?)));
        let mut others: Vec<(String, String)> = known.collect();
        let mut take = |of: &[Tag]| {
            // What is read of the prototype has placeholders in the place of its names.
            let is_it = |(key, value): &(String, String)| {
                of.iter().any(|tag| tag.key == *key && of_prototype(&tag.value) == *value)
            };
            let all = !of.is_empty() && others.iter().filter(|tag| is_it(tag)).count() == of.len();
            if all {
                others.retain(|tag| !is_it(tag));
            }
            all
        };
        let prototype = self.prototype.as_ref();
        let usual = prototype.is_some_and(|prototype| take(&prototype.tags));
        let personal = prototype.is_some_and(|prototype| take(&prototype.person_tags));
        Tags { usual, personal, others }
    }
}
