//! What synth says of an account whose deployed stacks would be left behind: in another AWS account or region, or with another
//! bucket or company, than its out folder was made with.

use super::account::AccountOutput;
use crate::finding::{Finding, Rule};
use crate::model::bucket_place;
use crate::output::Manifest;

/// Findings about what an account's stacks are known by, against the manifest that its out folder has.
pub(crate) fn check(made: &AccountOutput<'_>, old: &Manifest) -> Vec<Finding> {
    let (account, new) = (made.account, &made.manifest);
    let name = &account.name;
    let finding = |key: &str, message: String| {
        let place = if key == "bucket" { bucket_place(&account.settings) } else { account.settings.place_of(key) };
        Finding::new(Rule::AccountLeftBehind, message).at(place).help(format!(
            "set `{key}` back; if nothing is deployed yet, or what is deployed is to be left behind: `--leave-behind`"
        ))
    };
    let other_bucket = !old.bucket.is_empty() && old.bucket != new.bucket;
    let lost_folders = || {
        format!(
            "CloudFormation makes the empty bucket `{}`; `{}` is kept in no stack, with everybody's folders and models, and \
             nobody may use it any more",
            new.bucket, old.bucket
        )
    };
    if old.account_id != new.account_id {
        let message = format!(
            "the stacks of `{name}` are in the AWS account {}, and would now be made in {}",
            old.account_id, new.account_id
        );
        let note = "those that are deployed stay, with the notebooks and the folders; and as long as their bucket is there, no \
                    other account can have one of its name";
        return vec![finding("account_id", message).note(note)];
    }
    let mut findings = Vec::new();
    if old.region != new.region {
        let message =
            format!("the stacks of `{name}` are in `{}`, and would now be made in `{}`", old.region, new.region);
        let note = "the names of IAM and of buckets are global: each new stack would fail on what the deployed ones have; to \
                    delete these first deletes the notebooks with their volumes, and the users with their access keys";
        findings.push(finding("region", message).note(note));
    }
    if let Some((before, now)) = companies(old, new) {
        let message =
            format!("the stacks of `{name}` are those of the company `{before}`, and would now be made as `{now}`");
        let note =
            "each stack would be made beside the deployed one, and fail on the names of users and roles that this has";
        let found = finding("company", message).note(note);
        findings.push(if other_bucket { found.note(lost_folders()) } else { found });
    } else if other_bucket {
        let message = format!("the bucket of `{name}` is `{}`, and would now be `{}`", old.bucket, new.bucket);
        findings.push(finding("bucket", message).note(lost_folders()));
    }
    findings
}

/// The companies that the stacks are named after, before and now, where these are two.
fn companies<'a>(old: &'a Manifest, new: &'a Manifest) -> Option<(&'a str, &'a str)> {
    old.stacks.iter().find_map(|old| {
        let new = new.stacks.iter().find(|new| new.part == old.part && new.name != old.name)?;
        let end = format!("-deepracer-{}", old.part);
        Some((old.name.strip_suffix(&end)?, new.name.strip_suffix(&end)?))
    })
}
