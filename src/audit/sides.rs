//! What an audit compares: an account as it is, and as its out folder says; and whose the users, roles and notebooks of it are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::account::{Export, LiveNotebook, LiveTag};
use crate::check::PrincipalKind;
use crate::diff::FolderStack;
use crate::facts::SERVICE_LINKED;
use crate::iam::is_like_pattern;
use crate::inventory::{
    Boundary, Documents, IamInventory, IdentityKind, PolicyKind, Principal, Tag, existing_notebook,
};
use crate::model::{USER, User};
use crate::plan::AccountPlan;

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub struct Declared<'a> {
    pub stack: &'a FolderStack,
    pub properties: &'a Value,
}

/// An account as it is, and as its out folder says.
pub struct Sides<'a> {
    /// The configuration.
    pub plan: &'a AccountPlan<'a>,
    /// The account as it is.
    pub export: &'a Export,
    pub live: IamInventory<'a>,
    /// The IAM of the out folder's templates.
    pub declared: IamInventory<'a>,
    /// The stacks of the out folder.
    pub stacks: &'a [FolderStack],
    /// The notebooks of the out folder, by name.
    pub notebooks: BTreeMap<&'a str, Declared<'a>>,
    /// The ARNs of the account's users, by name.
    pub users: BTreeMap<String, String>,
    /// The people by the names of the notebooks that are theirs, by the roster or the lock.
    pub owners: BTreeMap<&'a str, &'a str>,
    /// Everybody of the roster, by name.
    pub people: BTreeMap<&'a str, &'a User>,
    /// Names of the lock, of the group or of a tag: people who are not in the roster any more.
    pub former: BTreeSet<String>,
    /// The ARNs of the roles that the stacks make, but for those of notebooks.
    own_roles: BTreeSet<String>,
}

impl<'a> Sides<'a> {
    /// Both sides. `stacks` are those of the out folder.
    pub fn of(plan: &'a AccountPlan<'a>, export: &'a Export, stacks: &'a [FolderStack]) -> Self {
        let names = &plan.names;
        let mut documents = Documents::default();
        let live = export.inventory(&mut documents);
        let resources = stacks.iter().map(|stack| stack.template.get("Resources").unwrap_or(&Value::Null));
        let declared = plan.inventory(resources, &mut documents);
        let notebooks = of_type(stacks, "AWS::SageMaker::NotebookInstance")
            .filter_map(|one| Some((one.properties.get("NotebookInstanceName")?.as_str()?, one)));
        let of_lock = plan.account.lock.entries.iter();
        let of_lock = of_lock.filter_map(|(name, entry)| Some((entry.notebook.as_ref()?.as_str(), name.as_str())));
        let of_roster = plan.account.users.iter();
        let of_roster = of_roster.filter_map(|user| Some((user.notebook.as_ref()?.name.as_str(), user.name.as_str())));
        let users = export.identities.users.iter().map(|user| (user.name.clone(), user.arn.clone()));
        let people: BTreeMap<&str, &User> = plan.account.users.iter().map(|user| (user.name.as_str(), user)).collect();
        let mut former: BTreeSet<String> = plan.account.lock.entries.keys().map(ToString::to_string).collect();
        let is_ours = |one: &&Principal<'_>| {
            let joined = one.groups.contains(&names.group) || tag(&one.tags, USER) == Some(one.name.as_str());
            one.kind == IdentityKind::User && joined
        };
        former.extend(live.principals.iter().filter(is_ours).map(|one| one.name.clone()));
        former.retain(|name| !people.contains_key(name.as_str()));
        let of_notebooks = role_arn(plan, &names.notebook_role_path);
        let roles = declared.principals.iter().filter(|one| one.kind == IdentityKind::Role);
        let own_roles = roles.map(|one| one.arn.clone()).filter(|arn| !arn.starts_with(&of_notebooks)).collect();
        Self {
            users: users.collect(),
            people,
            former,
            own_roles,
            plan,
            export,
            live,
            declared,
            stacks,
            notebooks: notebooks.collect(),
            owners: of_lock.chain(of_roster).collect(),
        }
    }

    /// What a principal is for; `None` of one that may reach everything, or that AWS alone uses.
    pub fn kind(&self, principal: &Principal<'_>) -> Option<PrincipalKind> {
        let user = self.people.get(principal.name.as_str());
        let is_user = principal.kind == IdentityKind::User;
        let is_personal = user.is_some() && (is_user || self.owner_of_role(&principal.arn).is_some());
        let suspended = user.is_some_and(|user| user.suspended);
        match PrincipalKind::of(principal, self.plan, is_personal, suspended) {
            kind if is_personal || self.own_roles.contains(&principal.arn) => Some(kind),
            _ if principal.arn.contains(SERVICE_LINKED) || self.is_trusted(&principal.arn) => None,
            _ => Some(PrincipalKind::External),
        }
    }

    /// Whether the settings trust a user or role.
    pub fn is_trusted(&self, arn: &str) -> bool {
        self.plan.account.settings.trusted.iter().any(|pattern| is_like_pattern(pattern.as_str(), arn))
    }

    /// The name of the person whose notebook's role has this ARN.
    pub fn owner_of_role<'n>(&self, arn: &'n str) -> Option<&'n str> {
        let name = arn.strip_prefix(&role_arn(self.plan, &self.plan.names.notebook_role_path))?;
        Some(name).filter(|name| !name.contains('/'))
    }

    /// Whose a notebook is, by its tag or its role.
    pub fn owner<'n>(&self, one: &'n LiveNotebook) -> Option<&'n str> {
        user_tag(&one.tags).or_else(|| self.owner_of_role(&one.role_arn))
    }

    /// The name of the notebook that a person has in the account, by the roster or its tag.
    pub fn notebook_of(&self, name: &str) -> Option<&'a str> {
        let wanted = self.people.get(name).and_then(|user| user.notebook.as_ref()).map(|own| own.name.as_str());
        let mut all = self.export.notebooks.values();
        wanted.or_else(|| Some(all.find(|one| user_tag(&one.tags) == Some(name))?.name.as_str()))
    }

    /// The resources of a type in the out folder.
    pub fn declared_of_type(&self, kind: &'a str) -> impl Iterator<Item = Declared<'a>> + use<'a> {
        of_type(self.stacks, kind)
    }
}

fn of_type<'a>(stacks: &'a [FolderStack], kind: &'a str) -> impl Iterator<Item = Declared<'a>> + use<'a> {
    let resources = stacks.iter().flat_map(|stack| {
        let own_and_beside = |resource| [Some(resource), existing_notebook(resource)].into_iter().flatten();
        stack.resources().flat_map(move |(_, one)| own_and_beside(one)).map(move |resource| (stack, resource))
    });
    let of_type = resources.filter(move |(_, resource)| resource.get("Type").and_then(Value::as_str) == Some(kind));
    of_type.filter_map(|(stack, resource)| Some(Declared { stack, properties: resource.get("Properties")? }))
}

/// What the ARNs of roles under a path begin with.
pub fn role_arn(plan: &AccountPlan<'_>, path: &str) -> String {
    format!("arn:{}:iam::{}:role{path}", plan.names.partition, plan.names.account_id)
}

/// Whom the tag `user` of a notebook or a job names.
pub fn user_tag(tags: &[LiveTag]) -> Option<&str> {
    tags.iter().find(|tag| tag.key == USER).map(|tag| tag.value.as_str())
}

/// The value of a tag.
pub fn tag<'t>(tags: &'t [Tag<'_>], key: &str) -> Option<&'t str> {
    tags.iter().find(|tag| tag.has_key(key))?.value.as_deref()
}

/// The ARN of a managed policy, by its index.
pub fn policy_arn<'i>(inventory: &'i IamInventory<'_>, index: usize) -> Option<&'i str> {
    match &inventory.policies.get(index)?.kind {
        PolicyKind::Managed(arn) => Some(arn),
        _ => None,
    }
}

/// The ARN of the permissions boundary of a principal.
pub fn boundary_arn<'i>(inventory: &'i IamInventory<'_>, one: &'i Principal<'_>) -> Option<&'i str> {
    match one.boundary.as_ref()? {
        Boundary::Policy(index) => policy_arn(inventory, *index),
        Boundary::Undefined(arn) => Some(arn),
    }
}
