//! What is known of a fleet's choices and worth a warning: services that AWS has retired, and the weaknesses of the
//! documented policies.

use std::collections::BTreeMap;

use crate::config::ACCOUNTS_FOLDER;
use crate::facts::retired;
use crate::finding::{Finding, Rule};
use crate::model::{Account, Profile, Service};
use crate::source::Place;

/// A weakness of the documented policies, with the reason why it matters.
struct Weakness {
    /// What suppressions name it by.
    name: &'static str,
    message: &'static str,
    reason: &'static str,
}

/// What is weak in the documented policies besides what isolation finds in their statements: what they do not deny, and
/// what a person can do to their own. `hardened` closes each.
const WEAKNESSES: [Weakness; 3] = [
    Weakness {
        name: "sagemaker:AddTags",
        message: "nothing keeps the tag `user` on a notebook",
        reason: "no policy denies `sagemaker:AddTags` and `sagemaker:DeleteTags` of the tag that says whose a notebook is",
    },
    Weakness {
        name: "sagemaker:UpdateNotebookInstance",
        message: "every user can change their notebook's role and lifecycle configuration",
        reason: "`sagemaker:UpdateNotebookInstance` offers no condition on either",
    },
    Weakness {
        name: "user/${aws:username}",
        message: "the users have no path of their own",
        reason: "the policy on access keys names `user/${aws:username}`, which matches users without a path alone: their \
                 ARNs cannot be told from those of the account's other users",
    },
];

/// What an account chooses, and where.
#[derive(Debug)]
pub struct Choices {
    services: BTreeMap<Service, Place>,
    /// Where the documented policies are chosen, if they are.
    documented: Option<Place>,
    /// Where notebook roles are left unbound, if they are.
    unbound_roles: Option<Place>,
}

impl Choices {
    /// The choices of an account.
    pub fn of(account: &Account) -> Self {
        let documented = (account.policies == Profile::Documented).then(|| account.settings.place_of("policies"));
        Self { services: account.services.clone(), documented, unbound_roles: account.unbound_roles.clone() }
    }
}

/// Warnings about what the accounts of a fleet choose, each once per place that chooses it.
pub fn known(accounts: &[Choices]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut services: BTreeMap<(&str, usize, String), (&Place, Service)> = BTreeMap::new();
    let mut documented: BTreeMap<(usize, String), &Place> = BTreeMap::new();
    let key = |place: &Place| (place.span.start, place.path().display().to_string());
    for choices in accounts {
        for (service, place) in &choices.services {
            let (start, path) = key(place);
            services.entry((service.as_str(), start, path)).or_insert((place, *service));
        }
        if let Some(place) = &choices.documented {
            documented.entry(key(place)).or_insert(place);
        }
    }
    for (place, service) in services.into_values() {
        let Some(fact) = retired::service(service.as_str()) else { continue };
        findings.push(
            Finding::new(Rule::ServiceRetired, format!("{} ended {}", fact.name, fact.when()))
                .at(place.clone())
                .help(format!("remove `{}` from `services`, unless the role is still needed", service.as_str()))
                .note(format!(
                    "whether IAM still accepts `{}.amazonaws.com` in a trust policy is unverified, so its role is in a \
                     stack of its own",
                    service.as_str()
                ))
                .note(format!("{}: {}", fact.instead, fact.source)),
        );
    }
    let unbound: BTreeMap<_, &Place> =
        accounts.iter().filter_map(|choices| choices.unbound_roles.as_ref()).map(|place| (key(place), place)).collect();
    for place in unbound.into_values() {
        findings.push(
            Finding::new(
                Rule::IsolationUnboundRoles,
                "nothing binds the tag `user` of a notebook role to the role's name",
            )
            .at(place.clone())
            .help("set `bind_roles: true`, unless AWS then denies notebooks everything in this account")
            .note(
                "whoever can change the tag of a notebook role can make it another person's: only IAM's own \
                       permissions keep it as it is",
            )
            .note("docs/upgrade.md has the command that tells whether the binding works in an account"),
        );
    }
    for place in documented.into_values() {
        let account = account_of(place).map(|name| format!("{name}/")).unwrap_or_default();
        for weakness in &WEAKNESSES {
            findings.push(
                Finding::new(Rule::PolicyWeak, format!("with the documented policies, {}", weakness.message))
                    .at(place.clone())
                    .about(format!("{account}{}", weakness.name))
                    .help("set `policies: hardened`")
                    .note(weakness.reason),
            );
        }
    }
    findings
}

/// The account in whose own settings a place is; `None` in the company's.
fn account_of(place: &Place) -> Option<String> {
    let account = place.path().parent()?;
    let is_account = account.parent()?.file_name()? == ACCOUNTS_FOLDER;
    is_account.then(|| account.file_name().map(|name| name.to_string_lossy().into_owned()))?
}
