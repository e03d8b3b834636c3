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
    let mut findings: Vec<Finding> =
        over.map(|(what, key, used, quota)| exceeded(account, &format!("{used} {what}"), key, quota)).collect();
    for (instance_type, quota) in &quotas.notebooks {
        let notebooks = account.users.iter().filter_map(|user| user.notebook.as_ref());
        let used = notebooks.filter(|notebook| notebook.instance_type.as_str() == instance_type).count();
        if used > *quota {
            findings.push(exceeded(
                account,
                &format!("{used} notebooks of type `{instance_type}`"),
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
        format!("ask AWS to raise the account's quota, then set `quotas: {{{key}: …}}` to it; or move people")
    };
    Finding::new(Rule::LimitQuota, format!("`{}` would have {what}, its quota is {quota}", account.name))
        .at(account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.policies_place.source)))
        .help(help)
}
