//! The quotas of an account: what all its stacks together may hold.

use crate::check::Checked;
use crate::finding::{Finding, Rule};
use crate::model::Account;
use crate::source::Place;

/// Checks the resources of all stacks of an account against its quotas.
pub fn check_account(account: &Account, checked: &[Checked<'_>]) -> Vec<Finding> {
    let count = |type_name: &str| {
        checked.iter().flat_map(Checked::resources).filter(|(_, resource)| resource["Type"] == type_name).count()
    };
    let quotas = &account.quotas;
    let counts = [
        ("IAM users", "users", count("AWS::IAM::User"), quotas.users),
        ("IAM roles", "roles", count("AWS::IAM::Role"), quotas.roles),
        ("customer managed policies", "policies", count("AWS::IAM::ManagedPolicy"), quotas.policies),
        ("stacks", "stacks", checked.len(), quotas.stacks),
    ];
    let over = counts.into_iter().filter(|(_, _, used, quota)| used > quota);
    over.map(|(what, key, used, quota)| {
        let help = if key == "users" {
            "move people to another account: AWS does not raise this quota".to_owned()
        } else {
            format!("ask AWS to raise the account's quota, then set `quotas: {{{key}: …}}` to it; or move people")
        };
        Finding::new(Rule::LimitQuota, format!("`{}` would have {used} {what}, its quota is {quota}", account.name))
            .at(account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.policies_place.source)))
            .help(help)
    })
    .collect()
}
