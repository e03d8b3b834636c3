//! Which account of the old folder became which of the new one.

use std::collections::{BTreeMap, BTreeSet};

use super::folder::{AccountFolder, OutFolder};
use super::resources::{fixed_name, literal_name, type_of};
use crate::finding::{Finding, Rule, counted};
use crate::model::PLACEHOLDER_ID;
use crate::source::Place;

/// An account on both sides, or on one.
#[derive(Clone, Copy)]
pub(super) struct AccountPair<'a> {
    /// Its name: in the new folder, or in the old one if only that has it.
    pub name: &'a str,
    /// The name in the old folder, where that is another.
    pub was: Option<&'a str>,
    pub old: Option<&'a AccountFolder>,
    pub new: Option<&'a AccountFolder>,
    /// Of one that is gone, the account of the new folder that has its stacks, which is `new`: another name of before was left of that.
    /// Of one that has the stacks of another of the new folder, that one: either was left.
    pub leftover_of: Option<&'a str>,
}

/// The accounts, by name. An account is known by its ID, its region and its stacks, whatever it is called: another may have its name
/// now. Where these do not tell, its name does. In another account of AWS, or another region, an account has nothing in common with
/// the one before, but for names that are global.
pub(super) fn pairs<'a>(old: &'a OutFolder, new: &'a OutFolder) -> Vec<AccountPair<'a>> {
    let before = |name: &str, account: &AccountFolder| {
        let same_name = old.accounts.get_key_value(name).filter(|(_, before)| has_stacks_of(before, account));
        same_name.or_else(|| old.accounts.iter().find(|(_, before)| has_stacks_of(before, account)))
    };
    let known: BTreeMap<&str, (&String, &AccountFolder)> =
        new.accounts.iter().filter_map(|(name, account)| Some((name.as_str(), before(name, account)?))).collect();
    let taken: BTreeSet<&str> = known.values().map(|(was, _)| was.as_str()).collect();
    let gone = |name: &'a str, old: &'a AccountFolder| {
        let owner = new.accounts.iter().find(|(_, now)| has_stacks_of(old, now));
        let leftover_of = owner.map(|(name, _)| name.as_str());
        AccountPair { name, was: None, old: Some(old), new: owner.map(|(_, new)| new), leftover_of }
    };
    let mut pairs = Vec::new();
    for name in old.accounts.keys().chain(new.accounts.keys()).map(String::as_str).collect::<BTreeSet<_>>() {
        let (old, new) = (old.accounts.get(name).filter(|_| !taken.contains(name)), new.accounts.get(name));
        // Of what was made with the ID that stands for one, nothing can be deployed.
        let old = old.filter(|old| {
            let is_same = |new| account_and_region(new) == account_and_region(old);
            old.manifest.account_id != PLACEHOLDER_ID || new.is_some_and(is_same)
        });
        let pair = AccountPair { name, was: None, old, new, leftover_of: None };
        match (known.get(name), old, new) {
            (Some((was, account)), ..) => {
                pairs.extend(old.map(|old| gone(name, old)));
                let mut owners = known.iter().filter(|(_, (other, _))| other == was).map(|(name, _)| *name);
                let same_name = known.get(was.as_str()).filter(|(own, _)| own == was).map(|_| was.as_str());
                let leftover_of = same_name.or_else(|| owners.next()).filter(|owner| *owner != name);
                let was = Some(was.as_str()).filter(|was| *was != name);
                pairs.push(AccountPair { was, old: Some(account), leftover_of, ..pair });
            }
            (None, Some(before), Some(now)) if account_and_region(before) != account_and_region(now) => {
                pairs.extend([gone(name, before), AccountPair { old: None, ..pair }]);
            }
            (None, Some(before), None) => pairs.push(gone(name, before)),
            (None, None, None) => {}
            _ => pairs.push(pair),
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

/// The findings of accounts that are made anew, with names that are global and that those that are gone still have, whatever either is
/// called: within an account of AWS all of IAM's, and those of buckets everywhere.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub(super) fn collisions(pairs: &[AccountPair<'_>]) -> Vec<Finding> {
    let gone = pairs.iter().filter_map(|pair| pair.old.filter(|_| pair.new.is_none()));
    let made = pairs.iter().filter_map(|pair| Some((pair.name, pair.new.filter(|_| pair.old.is_none())?)));
    let finding = |(name, new): (&str, &AccountFolder), old: &AccountFolder| {
        let before = global_names(old, new);
        let both: Vec<(String, String)> = global_names(new, old).intersection(&before).cloned().collect();
        let (kind, first) = both.first()?;
        let (was, now) = (account_and_region(old), account_and_region(new));
        let whose = &old.manifest.account;
        let whose = if whose == name { "its stacks".to_owned() } else { format!("the stacks of `{whose}`") };
        let message = format!(
            "`{name}` is made anew in {} ({}), while {whose} are in {} ({}): {}, such as `{first}` ({kind})",
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
    made.flat_map(|new| gone.clone().filter_map(move |old| finding(new, old))).collect()
}

/// The names in `of` that may collide with those in `other`, by type.
fn global_names(of: &AccountFolder, other: &AccountFolder) -> BTreeSet<(String, String)> {
    let global = of.resources().filter(|(.., one)| {
        type_of(one) == "AWS::S3::Bucket"
            || of.manifest.account_id == other.manifest.account_id && type_of(one).starts_with("AWS::IAM::")
    });
    let named = global.filter(|(.., one)| fixed_name(one).is_some());
    named.filter_map(|(.., one)| Some((type_of(one).to_owned(), literal_name(one)?.to_owned()))).collect()
}
