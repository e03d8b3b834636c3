//! Kinds of principals: whom the policies of an account are for, each with what its requests say of it.

use crate::iam::{Context, Principal};
use crate::inventory::{self, IamInventory, IdentityKind, Policy};
use crate::model::{NOTEBOOK, Service};
use crate::plan::AccountPlan;
use crate::render::UserShape;

/// What a user or a role is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum PrincipalKind {
    /// The IAM user of a person
    Person,
    /// The IAM user of a suspended person
    SuspendedPerson,
    /// The role of a person's notebook
    Notebook,
    /// The role of a suspended person's notebook
    SuspendedNotebook,
    /// The role of the function that rotates access keys
    KeyRotation,
    /// The role of a service that the settings have, which people can neither take nor pass.
    #[value(skip)]
    Service(Service),
    /// Anybody else of an account as it is: a user or role that is nobody's of the roster.
    #[value(skip)]
    External,
    /// A user or role of the company's own, in a template of its own.
    #[value(skip)]
    Company,
}

impl PrincipalKind {
    /// What a user or role is for; `is_personal` says that it is a person's, and `suspended` that this person is.
    pub fn of(identity: &inventory::Principal<'_>, plan: &AccountPlan<'_>, is_personal: bool, suspended: bool) -> Self {
        match (identity.kind, is_personal) {
            (IdentityKind::User, true) if suspended => PrincipalKind::SuspendedPerson,
            (IdentityKind::User, true) => PrincipalKind::Person,
            (IdentityKind::Role, true) if suspended => PrincipalKind::SuspendedNotebook,
            (IdentityKind::Role, true) => PrincipalKind::Notebook,
            _ => own_role(identity, plan).unwrap_or(PrincipalKind::Company),
        }
    }

    /// The kind that it would be of if nobody were suspended: both have the same nets.
    pub fn active(self) -> Self {
        match self {
            PrincipalKind::SuspendedPerson => PrincipalKind::Person,
            PrincipalKind::SuspendedNotebook => PrincipalKind::Notebook,
            other => other,
        }
    }

    /// Whether it is a person's own: their user, or their notebook's role.
    pub fn is_persons(self) -> bool {
        matches!(self.active(), PrincipalKind::Person | PrincipalKind::Notebook)
    }

    /// The kind in words.
    pub fn who(self) -> &'static str {
        match self {
            PrincipalKind::Person => "a person",
            PrincipalKind::SuspendedPerson => "a suspended person",
            PrincipalKind::Notebook => "a notebook",
            PrincipalKind::SuspendedNotebook => "the notebook of a suspended person",
            PrincipalKind::KeyRotation => "the function that rotates access keys",
            PrincipalKind::Service(_) => "a service",
            PrincipalKind::External => "somebody else",
            PrincipalKind::Company => "a user or role of the company's own",
        }
    }
}

/// A user or a role with all its policies.
pub struct Subject<'i, 'a> {
    pub kind: PrincipalKind,
    /// It itself.
    pub identity: &'i inventory::Principal<'a>,
    /// Where its policies are.
    pub inventory: &'i IamInventory<'a>,
    /// Whoever asks.
    pub principal: Principal,
    /// What all its requests say of it.
    pub base: Context,
    /// Whether it stands for itself alone, and not for everybody of its kind.
    pub is_alone: bool,
}

impl<'i, 'a> Subject<'i, 'a> {
    /// A user or role of an account; `is_personal` says that a person's template makes it, `shape` what that person is like.
    pub fn of(
        identity: &'i inventory::Principal<'a>,
        inventory: &'i IamInventory<'a>,
        plan: &AccountPlan<'_>,
        is_personal: bool,
        shape: Option<&UserShape>,
    ) -> Self {
        let kind = PrincipalKind::of(identity, plan, is_personal, shape.is_some_and(|shape| shape.suspended));
        Self {
            is_alone: kind == PrincipalKind::Company,
            ..Self::of_kind(kind, identity, inventory, &plan.names.account_id)
        }
    }

    /// A user or role of an account, which is of this kind.
    pub fn of_kind(
        kind: PrincipalKind,
        identity: &'i inventory::Principal<'a>,
        inventory: &'i IamInventory<'a>,
        account_id: &str,
    ) -> Self {
        let (principal, base) = identity.asking(account_id);
        Self { kind, identity, inventory, principal, base, is_alone: false }
    }

    /// Who it is, in words.
    pub fn who(&self) -> String {
        match self.kind {
            PrincipalKind::Company => format!("`{}`, which is nobody's of the roster,", self.identity.arn),
            kind => kind.who().to_owned(),
        }
    }

    /// Whether it has the tag of a notebook, as everybody with a notebook.
    pub fn has_notebook(&self) -> bool {
        self.identity.tags.iter().any(|tag| tag.key.as_deref() == Some(NOTEBOOK))
    }

    /// All policies that it has, with its boundary and its trust policy.
    pub fn policies(&self) -> impl Iterator<Item = &'i Policy<'a>> {
        self.identity.all_policies().filter_map(|index| self.inventory.policies.get(index))
    }

    /// The same text for subjects that have the same policies, trust and tags, in accounts of which the buckets have the same policies;
    /// of people, and whose notebooks and roles have the same tags.
    pub fn key(&self) -> String {
        let of_buckets = self.inventory.bucket_policies().filter_map(|index| self.inventory.policies.get(index));
        let ids: Vec<usize> = self.policies().chain(of_buckets).map(|policy| policy.document.id).collect();
        let notebooks = self.inventory.notebooks.iter().filter(|_| self.kind.is_persons());
        let roles =
            self.inventory.principals.iter().filter(|one| self.kind.is_persons() && one.kind == IdentityKind::Role);
        let tagged: Vec<_> = notebooks.map(|notebook| &notebook.tags).chain(roles.map(|role| &role.tags)).collect();
        let inventory::Principal { arn, boundary, trust, tags, undefined, .. } = self.identity;
        format!("{:?}", (self.kind, arn, ids, boundary, trust, tags, undefined, tagged))
    }

    /// The same one, if it had this tag with another value, or none.
    pub fn tagged(&self, key: &str, value: Option<&str>) -> Self {
        let key = format!("aws:PrincipalTag/{key}");
        let base = self.base.clone().without(&key);
        let base = if let Some(value) = value { base.with(&key, value) } else { base };
        Self { base, principal: self.principal.clone(), ..*self }
    }
}

/// The kind of a role of racestack's own that is no person's: it has the very name and path, by which alone it has what others have not.
pub fn own_role(role: &inventory::Principal<'_>, plan: &AccountPlan<'_>) -> Option<PrincipalKind> {
    let (names, account) = (&plan.names, plan.account);
    let has_path =
        |path: &str| role.arn == format!("arn:{}:iam::{}:role{path}{}", names.partition, names.account_id, role.name);
    let is_rotation = account.settings.access_keys.is_some() && role.name == names.key_rotation_role;
    if is_rotation && has_path(&names.operations_role_path) {
        return Some(PrincipalKind::KeyRotation);
    }
    let service = Service::of_role(&role.name, &account.service_role_suffix);
    let service = service.filter(|service| account.services.contains_key(service));
    service.filter(|_| has_path(&names.service_role_path)).map(PrincipalKind::Service)
}
