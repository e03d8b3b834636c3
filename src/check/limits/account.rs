//! The quotas of an account: what all its stacks together may hold.

use crate::facts::limits;
use crate::finding::{Finding, Rule, counted};
use crate::inventory::type_of;
use crate::model::Account;
use crate::render::Template;
use crate::source::Place;

/// What an account has quotas for: the type of the resources, in words, and the key of the quota in the settings.
const COUNTED: [(&str, &str, &str); 4] = [
    ("AWS::IAM::User", "IAM users", "users"),
    ("AWS::IAM::Role", "IAM roles", "roles"),
    ("AWS::IAM::ManagedPolicy", "customer managed policies", "policies"),
    ("", "stacks", "stacks"),
];

/// How many there are of each.
pub type Counts = [usize; 4];

/// What one template has of it.
pub fn counts(template: &Template) -> Counts {
    COUNTED.map(|(kind, ..)| match kind {
        "" => 1,
        kind => template.resources().filter(|(_, resource)| type_of(resource) == kind).count(),
    })
}

/// Checks what the templates of an account have together against its quotas.
pub fn check_account(account: &Account, templates: &[Counts]) -> Vec<Finding> {
    let quotas = &account.settings.quotas;
    let mut findings = Vec::new();
    let allowed = [limits::ACCOUNT_USERS, quotas.roles, quotas.policies, quotas.stacks];
    for (at, ((_, what, key), quota)) in COUNTED.into_iter().zip(allowed).enumerate() {
        let used: usize = templates.iter().map(|counts| counts[at]).sum();
        if used > quota {
            findings.push(exceeded(account, &format!("{used} {what}"), key, quota));
        }
    }
    for (instance_type, quota) in &quotas.notebooks {
        let notebooks = account.users.iter().filter_map(|user| user.notebook.as_ref());
        let used = notebooks.filter(|notebook| notebook.instance_type == *instance_type).count();
        if used > *quota {
            let of_type = format!(" of type `{instance_type}`");
            findings.push(exceeded(
                account,
                &counted(used, &format!("notebook{of_type}"), &format!("notebooks{of_type}")),
                "notebooks",
                *quota,
            ));
        }
    }
    findings
}

fn exceeded(account: &Account, what: &str, key: &str, quota: usize) -> Finding {
    let help = if key == "users" {
        "move people to another account: AWS does not raise this quota".to_owned()
    } else {
        format!(
            "ask AWS to raise the account's quota, then set `quotas: {{{key}: …}}` to it; or move people to another account"
        )
    };
    Finding::new(Rule::LimitQuota, format!("`{}` would have {what}, its quota is {quota}", account.name))
        .at(account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.node.place.source)))
        .help(help)
}
