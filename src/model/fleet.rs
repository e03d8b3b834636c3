//! The fleet: what must hold between accounts.

use std::collections::BTreeMap;

use super::account::PLACEHOLDER_ID;
use super::bucket::{bucket_name, bucket_place, log_bucket};
use crate::config::Config;
use crate::finding::{Finding, Rule};

/// Finds accounts that claim the same for themselves: an account ID, a bucket, the bucket of its logs, which S3 takes from the owner's
/// account and region alone.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html>
pub fn clashes(config: &Config, findings: &mut Vec<Finding>) {
    let mut claims = BTreeMap::new();
    for config in &config.accounts {
        let (name, node, settings) = (&config.name, &config.node, &config.settings);
        let id = settings.account_id.as_ref().map(ToString::to_string);
        let id = id.map(|id| (Rule::AccountDuplicateId, id, node.place_of("account_id")));
        let bucket = bucket_name(settings, node).and_then(Result::ok).map(|bucket| bucket.to_string());
        let bucket = bucket.map(|bucket| (Rule::AccountDuplicateBucket, bucket, bucket_place(node)));
        let logs = log_bucket(settings).map(ToString::to_string);
        let logs = logs.map(|bucket| (Rule::SettingsContradiction, bucket, node.place_of("bucket.access_logs")));
        for (rule, value, place) in id.into_iter().chain(bucket).chain(logs) {
            let Some((other, first)) = claims.get(&(rule, value.clone())) else {
                claims.insert((rule, value), (name, place));
                continue;
            };
            let (message, help) = if rule == Rule::AccountDuplicateId {
                let help = if value == PLACEHOLDER_ID {
                    "set `account_id` of both: this one stands for an ID"
                } else {
                    "correct `account_id` in one of them: IAM names are unique per account"
                };
                (format!("the accounts `{other}` and `{name}` have one account ID"), help)
            } else if rule == Rule::SettingsContradiction {
                let help = "set `bucket.access_logs` in each account, to a bucket of the same account and region";
                (format!("the accounts `{other}` and `{name}` would both log into the bucket `{value}`"), help)
            } else {
                let help = if place == *first {
                    "set `bucket: {created: …}` or `bucket: {name: …}` in each account: S3 names are global"
                } else if node.stands_in("bucket.name") {
                    "choose another `bucket.name` for the account that is not deployed yet: S3 names are global"
                } else {
                    "set `bucket.created` of the account that is not deployed yet to the current time: it is a part of the bucket's \
                     name, and S3 names are global"
                };
                (format!("the accounts `{other}` and `{name}` both name their bucket `{value}`"), help)
            };
            findings.push(if place == *first {
                Finding::new(rule, message).at(place).help(help)
            } else {
                Finding::twice(rule, message, &place, first, help)
            });
        }
    }
}
