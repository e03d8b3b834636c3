//! What synth says of an account whose deployed stacks would be left behind: in another AWS account or region, or with another
//! bucket or company, than its out folder was made with.

use super::account::AccountOutput;
use super::former;
use crate::finding::{Finding, Rule};
use crate::model::Account;
use crate::output::{FormerOutput, Manifest, Relation};

/// Findings about what an account's stacks are known by, against the manifest that its out folder has.
pub(crate) fn check(made: &AccountOutput<'_>, old: &Manifest, former: &FormerOutput) -> Vec<Finding> {
    let (account, new) = (made.account, &made.manifest);
    let finding = |key: &str, what: &str, before: &str, now: &str, note: &str| {
        let place = account.node.place_of(key);
        let message = format!("the {what} of `{}` changes from `{before}` to `{now}`", account.name);
        let help = match &former.relation {
            Relation::RenamedTo(name) => former::move_folder(former, name),
            Relation::Exchanged { with } => former::put_back(account, former, with),
            _ => format!(
                "set `{key}` back; if `{out}` is not what is deployed, restore it: `git checkout -- {out}`; if nothing is deployed \
                 yet, or what is deployed is to be left behind: `racestack synth --account {} --leave-behind`",
                account.name,
                out = former.folder.display()
            ),
        };
        let why = former::reason(account, former);
        Finding::new(Rule::AccountLeftBehind, message).at(place).help(help).notes(why).note(note)
    };
    if old.account_id != new.account_id {
        let note = format!(
            "what is deployed in `{}` stays, with the notebooks and the folders; and as long as its bucket is there, no other \
             account can have one of its name",
            old.account_id
        );
        return vec![finding("account_id", "AWS account", &old.account_id, &new.account_id, &note)];
    }
    let mut findings = Vec::new();
    if old.region != new.region {
        let note = "the names of IAM and of buckets are global: each new stack would fail on what the deployed ones have; to \
                    delete these first deletes the notebooks with their volumes, and the users with their access keys";
        findings.push(finding("region", "region", &old.region, &new.region, note));
    }
    let lost_folders = "CloudFormation makes the new bucket, which is empty; the former one is kept in no stack, with everybody's \
                        folders and models, and nobody may use it any more";
    let other_bucket = !old.bucket.is_empty() && old.bucket != new.bucket;
    let companies = old.company().zip(new.company()).filter(|(before, now)| before != now);
    if let Some((before, now)) = companies {
        let note =
            "each stack would be made beside the deployed one, and fail on the names of users and roles that this has";
        let found = finding("company", "company", before, now, note);
        findings.push(found.notes(other_bucket.then(|| lost_folders.to_owned())));
    } else if other_bucket {
        findings.push(finding(bucket_key(account, &old.bucket), "bucket", &old.bucket, &new.bucket, lost_folders));
    }
    findings
}

/// The setting by which the bucket's name is another one.
fn bucket_key(account: &Account, before: &str) -> &'static str {
    let created = account.settings.bucket.created.as_ref();
    let same_time = created.is_some_and(|created| before.ends_with(created.as_str()));
    match () {
        () if account.node.stands_in("bucket.name") => "bucket.name",
        () if same_time => "bucket.purpose",
        () => "bucket.created",
    }
}
