//! What synth does about an account's lock before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::account::AccountOutput;
use super::deployed;
use super::former;
use super::identity;
use crate::config::{LogicalId, NotebookName};
use crate::finding::{Finding, Rule, Severity, counted};
use crate::model::{
    Account, FEW_LEAVERS, FEW_LEAVERS_PERCENT, LockEntry, PLACEHOLDER_ID, PlacementLock, UserName, stack_number,
    stack_word,
};
use crate::output::{self, DeployedBy, FormerOutput, Manifest, Relation, StackEntry, UserEntry};
use crate::source::Place;

/// What a run says of the locks that it finds.
#[derive(Default)]
pub(crate) struct LockOptions {
    /// Whether a lock that would change is an error.
    pub(crate) locked: bool,
    /// Whether nothing is written: then it is stale.
    pub(crate) stale: bool,
    /// Whether what an account's stacks were known by may change.
    pub(crate) leave_behind: bool,
    /// How many people leave an account, if that was said.
    pub(crate) leavers: Option<usize>,
}

/// Findings about the lock: gone while an out folder of the account holds users stacks, at odds with that folder, or in need
/// of a change that was not asked for.
pub(crate) fn check(
    made: &AccountOutput<'_>,
    before: &[FormerOutput],
    wanted: &LockOptions,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let (account, lock) = (made.account, &made.lock);
    let place = Place::whole(&account.lock_source);
    let path = account.lock_source.path.display();
    let found = findings.len();
    // Of what was made with the ID that stands for one, nothing can be deployed.
    let mut deployable = Vec::new();
    for before in before {
        let manifests = output::read_manifests(&before.folder)?;
        let is_placeholder = |manifest: &Manifest| manifest.account_id == PLACEHOLDER_ID;
        if manifests.iter().flatten().map(is_placeholder).reduce(|one, other| one && other) != Some(true) {
            deployable.push((before, manifests));
        }
    }
    for (before, _) in &deployable {
        if !account.lock_exists && output::holds_users(&before.folder)? {
            let shown = before.folder.display();
            findings.push(
                Finding::new(Rule::LockMissing, format!("`{shown}` holds users stacks, but there is no lock"))
                    .at(place.clone())
                    .help(former::missing_lock(account, before))
                    .notes(former::reason(account, before))
                    .note("a new lock could move users to other stacks; CloudFormation would then delete these users and their notebooks"),
            );
        }
    }
    if findings.len() > found {
        return Ok(());
    }
    let mut any_moved = false;
    for (before, manifests) in deployable {
        let found = findings.len();
        moved(account, lock, &manifests, before, findings);
        let is_moved = findings[found..].iter().any(Finding::is_error);
        any_moved |= is_moved;
        findings.extend(deployed::check(account, &manifests, before)?);
        let [Some(manifest), _] = manifests else { continue };
        let left_behind = identity::check(made, &manifest, before);
        // By a lock that is not that of the out folder, stacks are missing with all who are in them: none of these is to be deleted.
        if left_behind.is_empty() && !is_moved {
            removed(account, &manifest, before, &made.manifest, findings);
        }
        findings.extend(left_behind.into_iter().filter(|_| !wanted.leave_behind));
    }
    // Whom a wrong lock has were perhaps never in the account.
    findings.extend(many_leave(account, wanted).filter(|_| !any_moved));
    let text = lock.to_text();
    if account.id.as_str() != PLACEHOLDER_ID && text != account.lock_source.text {
        let change = changes(account, lock, &text);
        let finding = if wanted.locked {
            Some(Finding::new(Rule::LockNeedsUpdate, format!("the lock is not up to date: {change}")))
        } else {
            wanted.stale.then(|| Finding::new(Rule::OutputStale, format!("`{path}` is stale: {change}")))
        };
        let help = "run `racestack synth` and commit the lock with the out folder";
        findings.extend(finding.map(|finding| finding.at(place).help(help)));
    }
    Ok(())
}

/// Keeps the lines of many who leave at once as they are until somebody gives their number: so each run reports them, also
/// that of CI, which knows no more than what is committed.
pub(crate) fn keep_many(made: &mut AccountOutput<'_>, leavers: Option<usize>) {
    let lock = &made.account.lock.entries;
    let Some(Movement { leaving, .. }) = Movement::of_many(made.account, leavers) else { return };
    let kept = leaving.into_iter().filter_map(|name| Some((name.clone(), lock.get(name)?.clone())));
    made.lock.entries.extend(kept);
}

/// The finding that many leave at once: a roster with a filter set, or cut off, looks so.
fn many_leave(account: &Account, wanted: &LockOptions) -> Option<Finding> {
    let Movement { joining, leaving, before } = Movement::of_many(account, wanted.leavers)?;
    let count = leaving.len();
    let other = wanted.leavers.map(|wanted| format!(", not the {wanted} of `--leavers`")).unwrap_or_default();
    let message = format!("{count} of {before} people leave `{}` at once{other}", account.name);
    let place = account.roster_place.clone().unwrap_or_else(|| Place::whole(&account.lock_source));
    let becomes = |name: &UserName| account.users.iter().find(|user| user.was.as_ref() == Some(name));
    let names: Vec<String> = leaving
        .iter()
        .map(|name| becomes(name).map_or_else(|| name.to_string(), |user| format!("{name} (becomes {})", user.name)))
        .collect();
    let all_renamed = leaving.iter().all(|name| becomes(name).is_some());
    let look = if all_renamed {
        "check whether these names are right"
    } else {
        "check whether rows are missing from the roster, for example because a spreadsheet filtered them"
    };
    let mut finding = Finding::new(Rule::RosterManyLeave, message)
        .at(place)
        .help(format!("{look}; if these people really leave, run `racestack synth --leavers {count}`"))
        .note(format!("who leaves: {}", names.join(", ")))
        .note(format!(
            "`{}` does not mark them as left until you confirm with `--leavers`",
            account.lock_source.path.display()
        ));
    if joining > 0 {
        let join = counted(joining, "person joins", "people join");
        finding = finding.note(format!("{join} at the same time: until then, nothing is written"));
    }
    finding.resource = Some(format!("{}/leavers/{count}", account.name));
    // Once they are in the lock, who joins would count among those of whom many leave: too few, at the next run.
    if wanted.locked || wanted.leavers.is_some() || joining > 0 {
        finding.severity = Severity::Error;
    }
    Some(finding)
}

/// Who comes and who goes, against the lock as it is.
pub(crate) struct Movement<'a> {
    pub(crate) joining: usize,
    pub(crate) leaving: Vec<&'a UserName>,
    before: usize,
}

impl<'a> Movement<'a> {
    pub(crate) fn of(account: &'a Account) -> Self {
        let lock = &account.lock.entries;
        let joining = account.users.iter().filter(|user| lock.get(&user.name).is_none_or(|entry| entry.left)).count();
        let gone = |name: &UserName| account.user(name.as_str()).is_none();
        let present = || lock.iter().filter(|(_, entry)| !entry.left).map(|(name, _)| name);
        Self { joining, leaving: present().filter(|name| gone(name)).collect(), before: present().count() }
    }

    /// The same, where many leave and their number was not given.
    fn of_many(account: &'a Account, leavers: Option<usize>) -> Option<Self> {
        let movement = Self::of(account);
        let count = movement.leaving.len();
        let many = count > FEW_LEAVERS && count * 100 > movement.before * FEW_LEAVERS_PERCENT;
        // With the ID that stands for one, nobody is deployed, and no lock is written.
        let is_placeholder = account.id.as_str() == PLACEHOLDER_ID;
        (many && !is_placeholder && leavers != Some(count)).then_some(movement)
    }
}

/// Stacks that the out folder holds and synth would no longer make: nothing deletes them but a person.
fn removed(account: &Account, manifest: &Manifest, before: &FormerOutput, new: &Manifest, findings: &mut Vec<Finding>) {
    // Its file may have another name. One of another name that holds the same is no stack to delete either.
    let is_made =
        |stack: &StackEntry| new.stacks.iter().any(|other| other.name == stack.name || other.part == stack.part);
    for stack in manifest.stacks.iter().filter(|stack| !is_made(stack)) {
        let help = match stack.deployed_by {
            None => format!(
                "delete it if it is deployed, with credentials of the account {}: `aws cloudformation delete-stack --region {} --stack-name {}`",
                account.id, manifest.region, stack.name
            ),
            Some(DeployedBy::StackSet) => format!(
                "delete the StackSet's stack in this account if it is deployed, with the credentials and the region of the \
                 StackSet's administrator: `aws cloudformation delete-stack-instances --stack-set-name {} --accounts {} --regions {} --no-retain-stacks`",
                stack.name, account.id, manifest.region
            ),
        };
        findings.push(
            Finding::new(Rule::OutputRemovedStack, format!("the stack `{}` is no longer made", stack.name))
                .at(Place::of_file(before.folder.join(&stack.file)))
                .help(help),
        );
    }
}

/// Users whom the lock has elsewhere than the out folder: someone edited the lock, or merged it wrongly.
///
/// The manifests, which say what is deployed, are compared with the lock that people committed, `account.lock`. The lock that this
/// run makes of it, `new`, differs for those alone who have left and are back.
///
/// In a merge there are the manifests of both branches. Where these gave the same to two people, the lock can have the line of one
/// alone: whoever merged it chose that one, which is a warning.
fn moved(
    account: &Account,
    new: &PlacementLock,
    manifests: &[Option<Manifest>; 2],
    before: &FormerOutput,
    findings: &mut Vec<Finding>,
) {
    let stacks = || manifests.iter().flatten().flat_map(|manifest| &manifest.stacks);
    let users = || stacks().flat_map(|stack| stack.users.iter().map(move |user| (stack.part.as_str(), user)));
    let is_merge = matches!(manifests, [Some(_), Some(_)]);
    let most = stacks().filter_map(|stack| stack_number(&stack.part)).max();
    // Both branches have most users alike.
    let mut seen = BTreeSet::new();
    // Of each stack, where the finding about users without a line is, and of how many it is.
    let mut missing: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (part, was) in users() {
        if !seen.insert((part, &was.name, &was.logical_id, &was.notebook)) {
            continue;
        }
        if is_in_lock(account, part, was) {
            findings.extend(no_room(account, new, was, part));
            continue;
        }
        let (message, place) = match entry_of(&account.lock, was) {
            None => (
                format!("the lock has no line of `{}`, whom the out folder has in `{part}`", was.name),
                Place::whole(&account.lock_source),
            ),
            Some((name, entry)) => (difference(name, entry, part, was), line_of(account, &was.name)),
        };
        let restore = former::restored_lock(account, before);
        let is_own = matches!(before.relation, Relation::SameName { .. } | Relation::RenamedFrom { .. });
        let line = line_by(account, part, was).map(|line| format!("the line by the out folder: `{line}`"));
        let is_beyond = stack_number(part) > Some(account.lock.stacks);
        let raised =
            most.filter(|_| is_beyond).map(|most| format!("the line `stacks` by the out folder: `stacks {most}`"));
        let lines = line.into_iter().chain(raised).filter(|_| is_own);
        let finding = disagreement(message, place).help(restore).notes(former::reason(account, before)).notes(lines);
        // Of two lines for the same, somebody removed one.
        let chosen = users().find(|(part, other)| is_same(was, other) && is_in_lock(account, part, other));
        let finding = match chosen.filter(|_| is_merge) {
            Some((_, other)) => {
                let help = format!(
                    "if what is deployed is not what the lock has of `{0}` now, write the line of `{1}` by the out folder, and remove that of `{0}`",
                    other.name, was.name
                );
                Finding { severity: Severity::Warning, ..finding.help(help) }
            }
            None if has_what_is_of(&account.lock, was) => {
                let both = format!("git checkout -m -- {}", before.folder.join(output::MANIFEST_FILE).display());
                finding
                    .note(format!("in a merge that is not committed, `{both}` shows synth the users of both branches"))
            }
            None if entry_of(&account.lock, was).is_none() => {
                let (at, count) = missing.entry(part).or_insert((findings.len(), 0));
                *count += 1;
                if let Some(first) = findings.get_mut(*at) {
                    first.message =
                        format!("the lock has no line of {count} users, whom the out folder has in `{part}`");
                    let new: Vec<String> =
                        finding.notes.into_iter().filter(|note| !first.notes.contains(note)).collect();
                    first.notes.extend(new);
                    continue;
                }
                finding
            }
            None => finding,
        };
        findings.push(finding);
    }
}

/// The line that the lock would have of a user as the out folder has them.
fn line_by(account: &Account, part: &str, was: &UserEntry) -> Option<String> {
    let known = entry_of(&account.lock, was).map(|(_, entry)| entry);
    let user = account.user(&was.name);
    let own = was.notebook.as_deref().and_then(|name| NotebookName::parse(name).ok());
    let gave_up = own.is_none();
    let entry = LockEntry {
        left: false,
        stack: known.map_or(1, |entry| entry.stack),
        logical_id: LogicalId::parse(&was.logical_id).ok()?,
        notebook: own.or_else(|| known?.notebook.clone()),
        gave_up,
        email: known.and_then(|entry| entry.email.clone()).or_else(|| user?.email.clone()),
    };
    Some(entry.line(&UserName::parse(&was.name).ok()?, part))
}

/// Whether the committed lock has a user as the out folder has them.
fn is_in_lock(account: &Account, part: &str, was: &UserEntry) -> bool {
    entry_of(&account.lock, was).is_some_and(|(_, entry)| {
        let same_notebook = match (&was.notebook, &entry.notebook) {
            (Some(was), Some(now)) => was == now.as_str(),
            _ => true,
        };
        stack_word(entry.stack) == part && entry.logical_id.as_str() == was.logical_id && same_notebook
    })
}

/// Whether two users cannot both be in a lock.
fn is_same(one: &UserEntry, other: &UserEntry) -> bool {
    let notebook = |user: &UserEntry| user.notebook.as_deref().map(str::to_lowercase);
    one.name == other.name
        || one.logical_id == other.logical_id
        || one.notebook.is_some() && notebook(one) == notebook(other)
}

/// Whether the lock gives somebody what was a user's.
fn has_what_is_of(lock: &PlacementLock, was: &UserEntry) -> bool {
    let mut entries = lock.entries.iter().filter(|(name, _)| name.as_str() != was.name);
    entries.any(|(_, entry)| entry.logical_id.as_str() == was.logical_id)
}

/// What the lock has otherwise than the out folder.
fn difference(name: &UserName, entry: &LockEntry, part: &str, was: &UserEntry) -> String {
    match (&was.notebook, &entry.notebook) {
        (Some(was), Some(now)) if was != now.as_str() => {
            format!("the lock has the notebook of `{name}` as `{now}`, the out folder as `{was}`")
        }
        _ => format!(
            "the lock has `{name}` in `{}` as `{}`, the out folder in `{part}` as `{}`",
            stack_word(entry.stack),
            entry.logical_id,
            was.logical_id
        ),
    }
}

/// Someone whom the lock has as left and the roster has again, before the out folder had them gone.
fn no_room(account: &Account, new: &PlacementLock, was: &UserEntry, part: &str) -> Option<Finding> {
    let (name, entry) = entry_of(new, was)?;
    let now = stack_word(entry.stack);
    (now != part).then(|| {
        let message = format!("`{name}` is back, but `{part}` has no room any more, and `{now}` would be the next");
        let help = format!(
            "deploy once without `{name}`, or remove one who was added to `{part}` since; {}",
            "`deploy: {template_bucket: NAME}` gives every stack more room"
        );
        disagreement(message, line_of(account, &was.name)).help(help)
    })
}

fn entry_of<'a>(lock: &'a PlacementLock, was: &UserEntry) -> Option<(&'a UserName, &'a LockEntry)> {
    lock.entries.get_key_value(&UserName::parse(&was.name).ok()?)
}

fn disagreement(message: String, place: Place) -> Finding {
    Finding::new(Rule::LockMoved, message)
        .at(place)
        .note("CloudFormation would delete the user and the notebook, and make new ones")
}

/// The line of a user in the account's lock.
pub(crate) fn line_of(account: &Account, name: &str) -> Place {
    let source = &account.lock_source;
    let at = source.text.lines().position(|line| line.split_whitespace().nth(1) == Some(name));
    at.map_or_else(|| Place::whole(source), |at| Place::line(source, at + 1))
}

/// What would change in the lock.
fn changes(account: &Account, lock: &PlacementLock, text: &str) -> String {
    if !account.lock_exists {
        return "there is none yet".to_owned();
    }
    let Movement { joining, leaving, .. } = Movement::of(account);
    let leaving = leaving.into_iter().filter(|name| lock.entries.get(*name).is_some_and(|entry| entry.left)).count();
    if joining + leaving > 0 {
        return format!("{joining} to add, {leaving} to mark as left");
    }
    let old: BTreeSet<&str> = account.lock_source.text.lines().collect();
    match text.lines().filter(|line| !old.contains(line)).count() {
        0 => "lines to remove, or to put in order".to_owned(),
        changed => counted(changed, "line to change", "lines to change"),
    }
}
