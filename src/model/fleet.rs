//! The fleet: all accounts, and what must hold between them.

use super::account::{self, Account};
use crate::config::Config;
use crate::finding::{Finding, Rule, each};
use crate::source::Place;

/// The accounts of a company, by name.
#[derive(Debug)]
pub struct Fleet {
    /// The accounts that are to be synthesised.
    pub accounts: Vec<Account>,
}

/// Validates what was read. An account with an error is left out of the fleet; its findings say why.
pub fn build(config: &Config, findings: &mut Vec<Finding>) -> Fleet {
    // What its files lack is told as well; but stacks of half a roster would tell nothing true.
    let accounts = each(&config.accounts, findings, |config, findings| {
        let account = if config.selected { account::build(config, findings) } else { None };
        account.filter(|_| config.sound)
    });
    let mut ids: Vec<(String, Place, &str)> = Vec::new();
    let mut buckets: Vec<(String, Place, &str)> = Vec::new();
    for config in &config.accounts {
        let claims = account::claims(config);
        if let Some((id, place)) = claims.account_id {
            let message = |other: &str| format!("the accounts `{other}` and `{}` have one account ID", config.name);
            let help = "correct `account_id` in one of them: IAM names are unique per account";
            clash(&mut ids, Rule::AccountDuplicateId, (id, place, &config.name), message, help, findings);
        }
        if let Some((bucket, place)) = claims.bucket {
            let message =
                |other: &str| format!("the accounts `{other}` and `{}` both name their bucket `{bucket}`", config.name);
            let help = "set `bucket: {created: …}` or `bucket: {name: …}` in each account: S3 names are global";
            clash(
                &mut buckets,
                Rule::AccountDuplicateBucket,
                (bucket.clone(), place, &config.name),
                message,
                help,
                findings,
            );
        }
    }
    Fleet { accounts: accounts.into_iter().flatten().collect() }
}

fn clash<'a>(
    seen: &mut Vec<(String, Place, &'a str)>,
    rule: Rule,
    (value, place, account): (String, Place, &'a str),
    message: impl Fn(&str) -> String,
    help: &str,
    findings: &mut Vec<Finding>,
) {
    if let Some((_, first, other)) = seen.iter().find(|(taken, _, _)| *taken == value) {
        let mut finding = Finding::new(rule, message(other)).at(place).help(help);
        if finding.place.as_ref() != Some(first) {
            finding = finding.related(first.clone(), "first here");
        }
        findings.push(finding);
    } else {
        seen.push((value, place, account));
    }
}
