//! What is known of a fleet's choices and worth a warning: services that AWS has retired, and the weaknesses of the
//! documented policies.

use crate::config::ACCOUNTS_FOLDER;
use crate::facts::retired::retired;
use crate::finding::{Finding, Rule};
use crate::model::{Account, Profile};
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

/// Warnings about what an account chooses, each at the place that chooses it: of accounts that share a choice, they are the same.
pub fn known(account: &Account) -> Vec<Finding> {
    let retired = account.services.iter().filter_map(|(service, place)| {
        let (fact, word) = (retired("service", service.as_str())?, service.as_str());
        Some(
            Finding::new(Rule::ServiceRetired, format!("{} ended {}", fact.name, fact.when()))
                .at(place.clone())
                .help(format!("remove `{word}` from `services`, unless the role is still needed"))
                .note(format!(
                    "whether IAM still accepts `{word}.amazonaws.com` in a trust policy is unverified, so its role is in a \
                     stack of its own"
                ))
                .note(format!("{}: {}", fact.instead, fact.source)),
        )
    });
    let unbound = account.unbound_roles.iter().map(|place| {
        let message = "nothing binds the tag `user` of a notebook role to the role's name";
        Finding::new(Rule::IsolationUnboundRoles, message)
            .at(place.clone())
            .help("set `bind_roles: true`, unless AWS then denies notebooks everything in this account")
            .note(
                "whoever can change the tag of a notebook role can make it another person's: only IAM's own permissions \
                 keep it as it is",
            )
            .note("docs/upgrade.md has the command that shows whether the binding works in an account")
    });
    let documented = (account.policies == Profile::Documented).then(|| account.node.place_of("policies"));
    let weak = documented.iter().flat_map(|place| {
        let account = account_of(place).map(|name| format!("{name}/")).unwrap_or_default();
        WEAKNESSES.iter().map(move |weakness| {
            Finding::new(Rule::PolicyWeak, format!("with the documented policies, {}", weakness.message))
                .at(place.clone())
                .about(format!("{account}{}", weakness.name))
                .help("set `policies: hardened`")
                .note(weakness.reason)
        })
    });
    retired.chain(unbound).chain(weak).collect()
}

/// The account in whose own settings a place is; `None` in the company's.
fn account_of(place: &Place) -> Option<String> {
    let account = place.path().parent()?;
    let is_account = account.parent()?.file_name()? == ACCOUNTS_FOLDER;
    is_account.then(|| account.file_name().map(|name| name.to_string_lossy().into_owned()))?
}
