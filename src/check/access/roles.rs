//! As whom a person acts: as their user, and from their notebook as its role.

use super::estate::{Agent, Estate, Holdings, Notebook, Role, Secret};
use super::kin::Kin;
use super::marks::{Cast, as_other};
use super::ruling::{Asker, Held};

/// The users of a form, and the roles that its notebooks act as. A notebook whose role is not found is nobody here;
/// `findings` reports it.
pub(crate) fn actors<'e>(estate: &'e Estate, holdings: &'e Holdings, kin: &[Kin<'e>]) -> Vec<Held<'e>> {
    let users = holdings.users.iter().map(|agent| Held { asker: Asker::User, agent, of: None });
    let notebooks = holdings.notebooks.iter().filter_map(|notebook| role_of(estate, holdings, notebook, kin));
    users.chain(notebooks).collect()
}

/// The role that a notebook acts as: its person's own, nobody's, or another person's, whom it names.
pub(crate) fn role_of<'e>(
    estate: &'e Estate,
    holdings: &'e Holdings,
    notebook: &Notebook,
    kin: &[Kin<'e>],
) -> Option<Held<'e>> {
    let held = |role: &'e Role, of| Held { asker: Asker::Notebook, agent: &role.agent, of };
    let own = holdings.roles.iter().chain(&estate.roles).find(|role| role.agent.arn == notebook.role);
    if let Some(role) = own {
        return Some(held(role, None));
    }
    kin.iter().find_map(|kin| {
        let roles = &estate.people.get(&kin.form)?.roles;
        kin.people.iter().find_map(|user| {
            let cast = Cast { own: Some(user), other: None };
            let role = roles.iter().find(|role| cast.fill(&role.agent.arn) == notebook.role)?;
            Some(held(role, Some(*user)))
        })
    })
}

/// What people of a kin have, as the other's.
pub(crate) fn as_others(estate: &Estate, kin: &Kin<'_>) -> Holdings {
    let Some(holdings) = estate.people.get(&kin.form) else { return Holdings::default() };
    let agent = |agent: &Agent| Agent { arn: as_other(&agent.arn), tags: agent.tags.map(as_other), ..agent.clone() };
    Holdings {
        users: holdings.users.iter().map(agent).collect(),
        roles: holdings.roles.iter().map(|role| Role { agent: agent(&role.agent), trust: role.trust }).collect(),
        notebooks: holdings
            .notebooks
            .iter()
            .map(|notebook| Notebook {
                name: as_other(&notebook.name),
                role: as_other(&notebook.role),
                tags: notebook.tags.map(as_other),
            })
            .collect(),
        secrets: holdings
            .secrets
            .iter()
            .map(|secret| Secret { name: as_other(&secret.name), tags: secret.tags.map(as_other) })
            .collect(),
    }
}

pub(super) fn as_other_tags(tags: &[(String, String)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.clone(), as_other(value))).collect()
}
