//! What changes between two out folders: which resources are made, changed, replaced and deleted, and what is lost.
//!
//! What is compared is what the templates mean. Their order, their layout and the ways of writing the same thing are no
//! change. Nothing is asked of AWS: whether a change replaces a resource is known from `facts`.

mod access;
mod canonical;
mod folder;
mod groups;
mod losses;
mod model;
mod owners;
mod refusals;
mod resolve;
mod resources;
mod statements;
mod values;

pub use folder::{Files, FolderError, OutFolder};
pub use model::{
    AccessChange, AccessDirection, AccessEntry, AccessPrincipal, AccountDiff, Action, Change, Diff, FileDiff, Note,
    Plan, Presence, PropertyChange, Replacement, Resource, StackDiff, VERSION,
};

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::finding::Finding;
use access::Kept;
use folder::{AccountFolder, Stack};
use groups::Groups;
use values::compare as compare_values;

/// What deploying `new` would change, seen from `old`, and what CloudFormation would refuse of it.
pub fn compare(old: &OutFolder, new: &OutFolder) -> (Diff, Vec<Finding>) {
    let names: BTreeSet<&String> = old.accounts.keys().chain(new.accounts.keys()).collect();
    let mut accounts = Vec::new();
    let mut findings = Vec::new();
    for name in names {
        match (old.accounts.get(name), new.accounts.get(name)) {
            // Another account in AWS, or another region, has nothing in common with the one before.
            (Some(old), Some(new)) if (&old.id, &old.region) != (&new.id, &new.region) => {
                accounts.push(account(name, Some(old), None, &mut findings));
                accounts.push(account(name, None, Some(new), &mut findings));
            }
            (old, new) => accounts.push(account(name, old, new, &mut findings)),
        }
    }
    accounts.retain(|account| {
        account.presence != Presence::Both || !account.stacks.is_empty() || !account.files.is_empty()
    });
    let plan = accounts.iter().fold(Plan::default(), |plan, account| plan.plus(account.plan));
    let (old, new) = (old.label.clone(), new.label.clone());
    (Diff { version: VERSION, old, new, plan, accounts, findings: Vec::new() }, findings)
}

fn account(
    name: &str,
    old: Option<&AccountFolder>,
    new: Option<&AccountFolder>,
    findings: &mut Vec<Finding>,
) -> AccountDiff {
    let known = new.or(old);
    let mut groups = Groups::default();
    let mut stacks = Vec::new();
    let mut kept = Vec::new();
    for (old, new) in stack_pairs(old, new) {
        stacks.extend(stack(old, new, &mut groups, &mut kept));
    }
    let changes = groups.finish();
    if let Some(new) = new {
        findings.extend(refusals::refused(new, &changes));
        findings.extend(old.map(|old| refusals::moved(old, new)).unwrap_or_default());
        findings.extend(old.map(|old| refusals::handed_over(old, new)).unwrap_or_default());
    }
    AccountDiff {
        account: name.to_owned(),
        account_id: known.map(|known| known.id.clone()).unwrap_or_default(),
        region: known.map(|known| known.region.clone()).unwrap_or_default(),
        presence: presence(old.is_some(), new.is_some()),
        plan: stacks.iter().fold(Plan::default(), |plan, stack: &StackDiff| plan.plus(stack.plan)),
        stacks,
        changes,
        access: access::compare(old, new, &kept),
        files: other_files(old, new),
    }
}

/// The stacks of both sides by name, in the order of the new side; those that are gone come last.
fn stack_pairs<'a>(
    old: Option<&'a AccountFolder>,
    new: Option<&'a AccountFolder>,
) -> Vec<(Option<&'a Stack>, Option<&'a Stack>)> {
    let stacks = |account: Option<&'a AccountFolder>| account.map_or(&[] as &[Stack], |account| &account.stacks);
    let olds: BTreeMap<&str, &Stack> = stacks(old).iter().map(|stack| (stack.name.as_str(), stack)).collect();
    let news: BTreeSet<&str> = stacks(new).iter().map(|stack| stack.name.as_str()).collect();
    let kept = stacks(new).iter().map(|stack| (olds.get(stack.name.as_str()).copied(), Some(stack)));
    let gone = stacks(old).iter().filter(|stack| !news.contains(stack.name.as_str())).map(|stack| (Some(stack), None));
    kept.chain(gone).collect()
}

/// What changes in a stack. `kept` gets the resources that it no longer manages, and that are not deleted.
fn stack<'a>(
    old: Option<&'a Stack>,
    new: Option<&'a Stack>,
    groups: &mut Groups,
    kept: &mut Vec<Kept<'a>>,
) -> Option<StackDiff> {
    let known = new.or(old)?;
    let changes = resources::changes(old, new);
    let attributes = match (old, new) {
        (Some(old), Some(new)) => stack_attributes(old, new),
        _ => Vec::new(),
    };
    let presence = presence(old.is_some(), new.is_some());
    if changes.is_empty() && attributes.is_empty() && presence == Presence::Both {
        return None;
    }
    let mut plan = Plan::default();
    for change in &changes {
        plan.count(change.action, change.may_replace(), 1);
        let of_old = old.filter(|_| change.old.is_some() && change.is_kept());
        kept.extend(of_old.map(|stack| Kept { stack, logical_id: change.logical_id }));
    }
    groups.add(&known.name, old, new, changes);
    Some(StackDiff {
        name: known.name.clone(),
        file: known.source.path.display().to_string(),
        presence,
        plan,
        attributes,
    })
}

/// What changes beside the resources.
fn stack_attributes(old: &Stack, new: &Stack) -> Vec<PropertyChange> {
    let section = |stack: &Stack, key: &str| match key {
        "depends_on" => Some(Value::from(stack.depends_on.clone())),
        "capabilities" => Some(Value::from(stack.capabilities.clone())),
        "deployed_by" => Some(stack.deployed_by.clone().unwrap_or_else(|| "deploy.sh".to_owned()).into()),
        _ => stack.template.get(key).cloned(),
    };
    let keys = |stack: &Stack| -> Vec<String> {
        let sections = stack.template.as_object().into_iter().flat_map(serde_json::Map::keys).cloned();
        sections
            .filter(|key| key != "Resources")
            .chain(["depends_on", "capabilities", "deployed_by"].map(str::to_owned))
            .collect()
    };
    let mut all = keys(new);
    all.extend(keys(old).into_iter().filter(|key| !new.template.as_object().is_some_and(|new| new.contains_key(key))));
    let mut seen = BTreeSet::new();
    all.retain(|key| seen.insert(key.clone()));
    all.into_iter()
        .flat_map(|key| {
            let (old, new) = (section(old, &key), section(new, &key));
            compare_values(&[key], old.as_ref(), new.as_ref())
        })
        .collect()
}

/// The files besides templates and manifest that differ. `deploy.sh` names the templates' checksums, which differ whenever
/// a template does, and are left out.
fn other_files(old: Option<&AccountFolder>, new: Option<&AccountFolder>) -> Vec<FileDiff> {
    let (Some(old), Some(new)) = (old, new) else { return Vec::new() };
    let names: BTreeSet<&String> = old.others.keys().chain(new.others.keys()).collect();
    let differing = |name: &String| {
        let bytes = |account: &AccountFolder| account.others.get(name).map(|bytes| without_checksums(bytes));
        let (old, new) = (bytes(old), bytes(new));
        (old != new).then(|| FileDiff {
            name: name.clone(),
            presence: presence(old.is_some(), new.is_some()),
            old: old.and_then(|bytes| String::from_utf8(bytes).ok()),
            new: new.and_then(|bytes| String::from_utf8(bytes).ok()),
        })
    };
    names.into_iter().filter_map(differing).collect()
}

/// The bytes without runs of the 64 hexadecimal digits that a SHA-256 has.
fn without_checksums(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: usize = 64;
    let mut kept = Vec::with_capacity(bytes.len());
    for run in bytes.chunk_by(|a, b| a.is_ascii_hexdigit() == b.is_ascii_hexdigit()) {
        if run.len() != DIGITS || !run.iter().all(u8::is_ascii_hexdigit) {
            kept.extend_from_slice(run);
        }
    }
    kept
}

fn presence(old: bool, new: bool) -> Presence {
    match (old, new) {
        (true, true) => Presence::Both,
        (true, false) => Presence::Removed,
        (false, _) => Presence::Added,
    }
}
