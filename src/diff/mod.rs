//! What changes between two out folders: which resources are made, changed, replaced and deleted, and what is lost.
//!
//! What is compared is what the templates mean. Their order, their layout and the ways of writing the same thing are no
//! change. Nothing is asked of AWS: whether a change replaces a resource is known from `facts`.

mod access;
mod canonical;
mod data_loss;
mod deploy_errors;
mod folder;
mod groups;
mod model;
mod owners;
mod pairs;
mod people;
mod principal_class;
mod resources;
mod values;

pub use crate::iam::Direction;
pub use folder::{AccountFolder, Files, FolderStack, OutFolder};
pub use model::{
    AccessChange, AccessCount, AccessEntry, AccessPrincipal, AccountDiff, Action, Change, Diff, FileDiff, LossKind,
    Note, OPEN_SECTIONS, PersonChange, PersonDiff, Plan, Presence, PropertyChange, Replacement, Resource, StackDiff,
    VERSION,
};
pub use principal_class::PrincipalClasses;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::Finding;
use crate::output::MANIFEST_FILE;
use crate::render::DIGEST_OUTPUT;
use access::RetainedResource;
use groups::Groups;
use pairs::AccountPair;
pub use values::compare as differences;

/// What deploying `after` would change, seen from `before`, and what CloudFormation would refuse of it.
pub fn compare(before: &OutFolder, after: &OutFolder) -> (Diff, Vec<Finding>) {
    let pairs = pairs::pairs(before, after);
    let mut findings = pairs::collisions(&pairs);
    let (mut accounts, mut people, mut access) = (Vec::new(), Vec::new(), Vec::new());
    let mut groups = Groups::default();
    for pair in &pairs {
        let AccountPair { name, was, mut old, mut new, leftover_of } = *pair;
        let Some(known) = new.or(old) else { continue };
        // Of what is another account's, that one tells what becomes of it. Nothing tells which of the two was deployed.
        let owner = leftover_of.and_then(|owner| after.accounts.get(owner));
        let is_told = |owner| if was.is_some() { is_same(owner, known) } else { !loses_or_opens(pair, known) };
        if owner.is_some_and(is_told) {
            (old, new) = (None, None);
        }
        let (mut account, kept) = account(&AccountPair { old, new, ..*pair }, known, &mut groups);
        if new.is_none() && was.is_some() {
            account.files = people::other_files(None, pair.new);
        }
        let changes = access::compare(old, new, &kept);
        access.extend(changes.into_iter().map(|mut change| {
            change.accounts.push(name.to_owned());
            (known, change)
        }));
        if let Some((old, new)) = old.zip(new) {
            findings.extend(deploy_errors::moved(old, new));
            findings.extend(deploy_errors::handed_over(old, new));
        }
        let of_people = people::people(name, old, new);
        let changes = account.presence != Presence::Both || !account.stacks.is_empty() || !account.files.is_empty();
        accounts.extend(Some(account).filter(|account| changes || account.was.is_some() || !of_people.is_empty()));
        people.extend(of_people);
    }
    let changes = groups.finish();
    findings.extend(deploy_errors::refused(after, &changes));
    let access = groups::together(access);
    let plan = accounts.iter().fold(Plan::default(), |plan, account: &AccountDiff| plan.plus(account.plan));
    let diff = Diff {
        version: VERSION,
        old: before.label.clone(),
        new: after.label.clone(),
        plan,
        access_counts: groups::counts(&access),
        people,
        accounts,
        access,
        changes,
        findings: Vec::new(),
    };
    (diff, findings)
}

/// Whether two accounts of a folder have the same stacks, with the same people and tags.
fn is_same(one: &AccountFolder, other: &AccountFolder) -> bool {
    let name = &other.manifest.account;
    let pair = AccountPair { name, was: None, old: Some(one), new: Some(other), leftover_of: None };
    let (account, _) = account(&pair, other, &mut Groups::default());
    account.stacks.is_empty()
        && account.files.iter().all(|file| file.name != MANIFEST_FILE)
        && people::people(name, pair.old, pair.new).is_empty()
        && one.stack_tags() == other.stack_tags()
}

/// Whether the new folder has less than the old one of what an account's stacks make, or opens more of it.
fn loses_or_opens(pair: &AccountPair<'_>, known: &AccountFolder) -> bool {
    let mut groups = Groups::default();
    let (account, kept) = account(pair, known, &mut groups);
    let Plan { may_replace, replace, destroy, retain, .. } = account.plan;
    may_replace + replace + destroy + retain > 0
        || groups.finish().iter().any(Change::loses)
        || access::compare(pair.old, pair.new, &kept).iter().any(AccessChange::widens)
}

/// What changes in an account but for its access, and the resources that no stack manages any longer, and that are kept.
fn account<'a>(
    pair: &AccountPair<'a>,
    known: &AccountFolder,
    groups: &mut Groups,
) -> (AccountDiff, Vec<RetainedResource<'a>>) {
    let AccountPair { name, was, old, new, leftover_of } = *pair;
    let (mut stacks, mut kept) = (Vec::new(), Vec::new());
    for (old, new) in stack_pairs(old, new) {
        stacks.extend(stack((name, known), old, new, groups, &mut kept));
    }
    let account = AccountDiff {
        account: name.to_owned(),
        was: was.map(str::to_owned),
        account_id: known.manifest.account_id.clone(),
        region: known.manifest.region.clone(),
        leftover_of: leftover_of.map(str::to_owned),
        presence: match leftover_of {
            Some(_) => Presence::of(true, was.is_some()),
            None => Presence::of(old.is_some(), new.is_some()),
        },
        plan: stacks.iter().fold(Plan::default(), |plan, stack: &StackDiff| plan.plus(stack.plan)),
        stacks,
        files: people::other_files(old, new),
    };
    (account, kept)
}

/// The stacks of both sides by name, in the order of the new side; those that are gone come last.
fn stack_pairs<'a>(
    old: Option<&'a AccountFolder>,
    new: Option<&'a AccountFolder>,
) -> Vec<(Option<&'a FolderStack>, Option<&'a FolderStack>)> {
    let stacks = |account: Option<&'a AccountFolder>| account.map_or(&[] as &[FolderStack], |account| &account.stacks);
    let olds: BTreeMap<&str, &FolderStack> = stacks(old).iter().map(|stack| (stack.name.as_str(), stack)).collect();
    let news: BTreeSet<&str> = stacks(new).iter().map(|stack| stack.name.as_str()).collect();
    let kept = stacks(new).iter().map(|stack| (olds.get(stack.name.as_str()).copied(), Some(stack)));
    let gone = stacks(old).iter().filter(|stack| !news.contains(stack.name.as_str())).map(|stack| (Some(stack), None));
    kept.chain(gone).collect()
}

/// What changes in a stack. `kept` gets the resources that it no longer manages, and that are not deleted.
fn stack<'a>(
    account: (&str, &AccountFolder),
    old: Option<&'a FolderStack>,
    new: Option<&'a FolderStack>,
    groups: &mut Groups,
    kept: &mut Vec<RetainedResource<'a>>,
) -> Option<StackDiff> {
    let known = new.or(old)?;
    let changes = resources::changes(old, new);
    let attributes = match (old, new) {
        (Some(old), Some(new)) => stack_attributes(old, new),
        _ => Vec::new(),
    };
    let presence = Presence::of(old.is_some(), new.is_some());
    if changes.is_empty() && attributes.is_empty() && presence == Presence::Both {
        return None;
    }
    let mut plan = Plan::default();
    for change in &changes {
        plan.count(change.action, change.may_replace());
        // A stack that is no longer made stays as it is until somebody deletes it.
        let of_old = old.filter(|_| change.old.is_some() && (change.is_kept() || new.is_none()));
        kept.extend(of_old.map(|stack| RetainedResource { stack, logical_id: change.logical_id }));
    }
    plan.destroy_with_stack = if new.is_none() { plan.destroy } else { 0 };
    groups.add(account, &known.name, old, new, changes);
    Some(StackDiff {
        name: known.name.clone(),
        file: known.source.path.display().to_string(),
        presence,
        plan,
        attributes,
    })
}

/// What changes beside the resources.
fn stack_attributes(old: &FolderStack, new: &FolderStack) -> Vec<PropertyChange> {
    let attributes = |stack: &FolderStack| {
        let deployed_by = if stack.deployed_by.is_some() { "stack-set" } else { "deploy.sh" };
        let sections = stack.template.as_object().into_iter().flatten().filter(|(key, _)| *key != "Resources");
        let sections = sections.map(|(key, value)| (key.clone(), value.clone()));
        let others: [(_, Value); 3] = [
            ("depends_on", stack.depends_on.clone().into()),
            ("capabilities", stack.capabilities.clone().into()),
            ("deployed_by", deployed_by.into()),
        ];
        Value::Object(sections.chain(others.map(|(key, value)| (key.to_owned(), value))).collect())
    };
    differences(&[], Some(&attributes(old)), Some(&attributes(new)))
        .into_iter()
        // It changes with whatever else does.
        .filter(|one| !(one.path == ["Outputs", DIGEST_OUTPUT, "Value"] && one.old.is_some() && one.new.is_some()))
        .collect()
}
