//! The quotas of an account: what all its stacks together may hold.

use crate::check::Checked;
use crate::finding::{Finding, Rule};
use crate::model::Account;
use crate::source::Place;

/// How many there are of what an account has quotas for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    users: usize,
    roles: usize,
    policies: usize,
    stacks: usize,
}

impl Counts {
    /// What one template has of it.
    pub fn of(one: &Checked<'_>) -> Self {
        let mut counts = Self { stacks: 1, ..Self::default() };
        for (_, resource) in one.resources() {
            match resource.get("Type").and_then(serde_json::Value::as_str) {
                Some("AWS::IAM::User") => counts.users += 1,
                Some("AWS::IAM::Role") => counts.roles += 1,
                Some("AWS::IAM::ManagedPolicy") => counts.policies += 1,
                _ => {}
            }
        }
        counts
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, one| Self {
            users: sum.users + one.users,
            roles: sum.roles + one.roles,
            policies: sum.policies + one.policies,
            stacks: sum.stacks + one.stacks,
        })
    }
}

/// Checks what all stacks of an account have together against its quotas.
pub fn check_account(account: &Account, counts: &Counts) -> Vec<Finding> {
    let quotas = &account.quotas;
    let counts = [
        ("IAM users", "users", counts.users, quotas.users),
        ("IAM roles", "roles", counts.roles, quotas.roles),
        ("customer managed policies", "policies", counts.policies, quotas.policies),
        ("stacks", "stacks", counts.stacks, quotas.stacks),
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
        .at(account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.settings.place.source)))
        .help(help)
}
