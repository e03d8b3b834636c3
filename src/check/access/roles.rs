//! As whom a person acts: as their user, and from their notebook as its role.

use super::account_inventory::{AccountInventory, ActingPrincipal, Notebook, PersonResources, Role, Secret};
use super::classes::PrincipalClass;
use super::evaluation::{ActingAs, Asker};
use super::placeholders::{Substitution, as_target};

/// The users of a form, and the roles that its notebooks act as. A notebook whose role is not found is nobody here;
/// `findings` reports it.
pub(crate) fn acting_principals<'e>(
    account_inventory: &'e AccountInventory,
    resources: &'e PersonResources,
    classes: &[PrincipalClass<'e>],
) -> Vec<ActingAs<'e>> {
    let users = resources.users.iter().map(|principal| ActingAs { asker: Asker::User, principal, of: None });
    let notebooks =
        resources.notebooks.iter().filter_map(|notebook| role_of(account_inventory, resources, notebook, classes));
    users.chain(notebooks).collect()
}

/// The role that a notebook acts as: its person's own, nobody's, or another person's, whom it names.
pub(crate) fn role_of<'e>(
    account_inventory: &'e AccountInventory,
    resources: &'e PersonResources,
    notebook: &Notebook,
    classes: &[PrincipalClass<'e>],
) -> Option<ActingAs<'e>> {
    let acting_as = |role: &'e Role, of| ActingAs { asker: Asker::Notebook, principal: &role.principal, of };
    let own = resources.roles.iter().chain(&account_inventory.roles).find(|role| role.principal.arn == notebook.role);
    if let Some(role) = own {
        return Some(acting_as(role, None));
    }
    classes.iter().find_map(|class| {
        let roles = &account_inventory.people.get(&class.form)?.roles;
        class.people.iter().find_map(|user| {
            let substitution = Substitution { own: Some(user), other: None };
            let role = roles.iter().find(|role| substitution.fill(&role.principal.arn) == notebook.role)?;
            Some(acting_as(role, Some(*user)))
        })
    })
}

/// What people of a class have, as the other's.
pub(crate) fn as_targets(account_inventory: &AccountInventory, class: &PrincipalClass<'_>) -> PersonResources {
    let Some(resources) = account_inventory.people.get(&class.form) else { return PersonResources::default() };
    let principal = |principal: &ActingPrincipal| ActingPrincipal {
        arn: as_target(&principal.arn),
        tags: principal.tags.map(as_target),
        ..principal.clone()
    };
    PersonResources {
        users: resources.users.iter().map(principal).collect(),
        roles: resources
            .roles
            .iter()
            .map(|role| Role { principal: principal(&role.principal), trust: role.trust })
            .collect(),
        notebooks: resources
            .notebooks
            .iter()
            .map(|notebook| Notebook {
                name: as_target(&notebook.name),
                role: as_target(&notebook.role),
                tags: notebook.tags.map(as_target),
            })
            .collect(),
        secrets: resources
            .secrets
            .iter()
            .map(|secret| Secret { name: as_target(&secret.name), tags: secret.tags.map(as_target) })
            .collect(),
    }
}

pub(super) fn as_target_tags(tags: &[(String, String)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.clone(), as_target(value))).collect()
}
