//! Which account of the old folder became which of the new one.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::{AccountFolder, OutFolder};
use super::resources::{fixed_name, literal_name, resources, type_of};
use crate::finding::{Finding, Rule, counted};
use crate::source::Place;

/// An account on both sides, or on one.
pub(super) struct AccountPair<'a> {
    /// Its name: in the new folder, or in the old one if only that has it.
    pub name: &'a str,
    /// The name in the old folder, where that is another.
    pub was: Option<&'a str>,
    pub old: Option<&'a AccountFolder>,
    pub new: Option<&'a AccountFolder>,
}

/// The accounts, by name. An account that has another name than before is known by its ID, its region and its stacks: then
/// what is left of the folder of before is passed over. In another account of AWS, or another region, an account has nothing
/// in common with the one before, but for names that are global.
pub(super) fn pairs<'a>(old: &'a OutFolder, new: &'a OutFolder) -> Vec<AccountPair<'a>> {
    let added = new.accounts.iter().filter(|(name, _)| !old.accounts.contains_key(*name));
    let renamed: BTreeMap<&str, &str> = added
        .filter_map(|(name, account)| {
            let (was, _) = old.accounts.iter().find(|(was, before)| {
                let elsewhere = new.accounts.get(*was).is_some_and(|other| !has_stacks_of(other, account));
                has_stacks_of(before, account) && !elsewhere
            })?;
            Some((name.as_str(), was.as_str()))
        })
        .collect();
    let former: BTreeSet<&str> = renamed.values().copied().collect();
    let names: BTreeSet<&str> = old.accounts.keys().chain(new.accounts.keys()).map(String::as_str).collect();
    let mut pairs = Vec::new();
    for name in names.into_iter().filter(|name| !former.contains(name)) {
        let was = renamed.get(name).copied();
        let sides = (old.accounts.get(was.unwrap_or(name)), new.accounts.get(name));
        match sides {
            (Some(old), Some(new)) if account_and_region(old) != account_and_region(new) => {
                pairs.push(AccountPair { name, was, old: Some(old), new: None });
                pairs.push(AccountPair { name, was, old: None, new: Some(new) });
            }
            (old, new) => pairs.push(AccountPair { name, was, old, new }),
        }
    }
    pairs
}

/// The account of AWS and the region.
fn account_and_region(account: &AccountFolder) -> (&str, &str) {
    (&account.manifest.account_id, &account.manifest.region)
}

fn has_stacks_of(one: &AccountFolder, other: &AccountFolder) -> bool {
    account_and_region(one) == account_and_region(other)
        && one.stacks.iter().any(|stack| other.stacks.iter().any(|known| known.name == stack.name))
}

/// The findings of accounts that are made anew elsewhere, with names that are global and that those of before still have:
/// within an account of AWS all of IAM's, and those of buckets everywhere.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(super) fn collisions(pairs: &[AccountPair<'_>]) -> Vec<Finding> {
    let finding = |two: &[AccountPair<'_>]| {
        let [AccountPair { old: Some(old), new: None, .. }, AccountPair { name, old: None, new: Some(new), .. }] = two
        else {
            return None;
        };
        if two[0].name != *name {
            return None;
        }
        let before = global_names(old, new);
        let both: Vec<(String, String)> = global_names(new, old).intersection(&before).cloned().collect();
        let (kind, first) = both.first()?;
        let (was, now) = (account_and_region(old), account_and_region(new));
        let message = format!(
            "`{name}` is made anew in {} ({}), while its stacks are in {} ({}): {}, such as `{first}` ({kind})",
            now.1,
            now.0,
            was.1,
            was.0,
            counted(both.len(), "name that is global collides", "names that are global collide")
        );
        let help = "undo the change; or delete the stacks of before first, with all that is in them";
        let place = new.stacks.first().map(|stack| Place::whole(&stack.source));
        Some(Finding { place, ..Finding::new(Rule::DiffCollides, message).help(help) })
    };
    pairs.windows(2).filter_map(finding).collect()
}

/// The names in `of` that may collide with those in `other`, by type.
fn global_names(of: &AccountFolder, other: &AccountFolder) -> BTreeSet<(String, String)> {
    let all = of.stacks.iter().flat_map(|stack| resources(Some(stack)));
    let global = all.filter(|(_, one)| {
        type_of(one) == "AWS::S3::Bucket"
            || of.manifest.account_id == other.manifest.account_id && type_of(one).starts_with("AWS::IAM::")
    });
    let named = global.filter(|(_, one)| fixed_name(one).is_some());
    named.filter_map(|(_, one)| Some((type_of(one).to_owned(), literal_name(one)?.to_owned()))).collect()
}
