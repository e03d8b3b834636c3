//! Whose the users, roles and notebooks of an account are.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Export;
use crate::check::PrincipalKind;
use crate::iam::{ANY_CHAR, ANY_RUN, Test, TriBool};
use crate::inventory::{IamInventory, IdentityKind, Principal, Tag};
use crate::model::{Service, USER, User};
use crate::plan::AccountPlan;

/// The path of the roles that AWS makes for its services, which these services alone can take, and whose policies nobody
/// else can change.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub const SERVICE_LINKED: &str = ":role/aws-service-role/";

/// The people of an account, and what is theirs.
pub struct Owners<'a> {
    /// Everybody of the roster, by name.
    pub people: BTreeMap<&'a str, &'a User>,
    /// Names of the lock, of the group or of a tag: people who are not in the roster any more.
    pub former: BTreeSet<String>,
    /// The names of the roles that racestack's stacks make for services, and the name of the one that rotates keys.
    service_roles: BTreeMap<String, PrincipalKind>,
    trusted: &'a [String],
}

impl<'a> Owners<'a> {
    /// The people of an account. `declared` is what its out folder says.
    pub fn of(plan: &'a AccountPlan<'_>, declared: &IamInventory<'_>, live: &IamInventory<'_>) -> Self {
        let account = plan.account;
        let people: BTreeMap<&str, &User> = account.users.iter().map(|user| (user.name.as_str(), user)).collect();
        let of_lock = account.lock.entries.keys().map(ToString::to_string);
        let users = live.principals.iter().filter(|one| one.kind == IdentityKind::User);
        let joined =
            users.filter(|one| one.groups.contains(&plan.names.group) || tag(&one.tags, USER) == Some(&one.name));
        let former = of_lock.chain(joined.map(|one| one.name.clone()));
        let former = former.filter(|name| !people.contains_key(name.as_str())).collect();
        let of_notebooks = role_arn(plan, &plan.names.notebook_role_path);
        let of_operations = role_arn(plan, &plan.names.operations_role_path);
        let roles = declared.principals.iter().filter(|one| one.kind == IdentityKind::Role);
        let service_roles = roles
            .filter(|one| !one.arn.starts_with(&of_notebooks))
            .map(|one| {
                let rotates = one.arn.starts_with(&of_operations);
                let service = Service::of_role(&one.name, &account.service_role_suffix);
                let service = service.filter(|service| account.services.contains_key(service));
                let of_service = service.map_or(PrincipalKind::Other, PrincipalKind::Service);
                let kind = if rotates { PrincipalKind::KeyRotation } else { of_service };
                (one.arn.clone(), kind)
            })
            .collect();
        Self { people, former, service_roles, trusted: &account.trusted }
    }

    /// What a principal is for; `None` of one that may reach everything, or that AWS alone uses.
    pub fn kind(&self, plan: &AccountPlan<'_>, principal: &Principal<'_>) -> Option<PrincipalKind> {
        let user = self.people.get(principal.name.as_str());
        let suspended = user.is_some_and(|user| user.suspended);
        match principal.kind {
            IdentityKind::User if user.is_some() => {
                Some(if suspended { PrincipalKind::SuspendedPerson } else { PrincipalKind::Person })
            }
            IdentityKind::Role if user.is_some() && owner_of_role(plan, &principal.arn).is_some() => {
                Some(if suspended { PrincipalKind::SuspendedNotebook } else { PrincipalKind::Notebook })
            }
            IdentityKind::Role if principal.arn.contains(SERVICE_LINKED) => None,
            _ if self.service_roles.contains_key(&principal.arn) => self.service_roles.get(&principal.arn).copied(),
            _ if self.is_trusted(&principal.arn) => None,
            _ => Some(PrincipalKind::Stranger),
        }
    }

    /// Whether the settings trust a user or role.
    pub fn is_trusted(&self, arn: &str) -> bool {
        self.trusted.iter().any(|pattern| is_like(pattern, arn))
    }
}

/// Whether a text is like a pattern with the wildcards `*` and `?`.
pub fn is_like(pattern: &str, text: &str) -> bool {
    let pattern = pattern.replace('*', &ANY_RUN.to_string()).replace('?', &ANY_CHAR.to_string());
    Test::Like.holds(&pattern, text) == TriBool::Yes
}

/// The name of the person whose notebook's role has this ARN.
pub fn owner_of_role<'n>(plan: &AccountPlan<'_>, arn: &'n str) -> Option<&'n str> {
    let name = arn.strip_prefix(&role_arn(plan, &plan.names.notebook_role_path))?;
    Some(name).filter(|name| !name.contains('/'))
}

fn role_arn(plan: &AccountPlan<'_>, path: &str) -> String {
    format!("arn:{}:iam::{}:role{path}", plan.names.partition, plan.names.account_id)
}

/// The value of a tag. IAM compares the keys of tags without regard to case.
pub fn tag<'t>(tags: &'t [Tag], key: &str) -> Option<&'t String> {
    let is_it = |tag: &&Tag| tag.key.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(key));
    tags.iter().find(is_it)?.value.as_ref()
}

/// The name of the notebook that a person has in the account, by the role that it acts as, its tag, or the roster.
pub fn notebook_of<'e>(export: &'e Export, name: &str, user: Option<&'e User>) -> Option<&'e str> {
    let wanted = user.and_then(|user| user.notebook.as_ref()).map(|notebook| notebook.name.as_str());
    let tagged = |tags: &[crate::account::LiveTag]| tags.iter().any(|tag| tag.key == USER && tag.value == name);
    wanted.or_else(|| export.notebooks.iter().find(|one| tagged(&one.tags)).map(|one| one.name.as_str()))
}
