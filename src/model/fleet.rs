//! The fleet: what must hold between accounts.

use super::account;
use crate::config::Config;
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// Finds accounts that claim the same for themselves: an account ID, a bucket.
pub fn clashes(config: &Config, findings: &mut Vec<Finding>) {
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
