//! Who gains and who loses what by the change of an account's policies.

mod account;
mod condition_assignments;
mod external_principals;
mod subjects;
mod unevaluated_grants;

use std::collections::BTreeSet;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::Value;

use super::folder::{AccountFolder, Stack};
use super::model::{AccessChange, AccessDirection, AccessEntry, Presence};
use crate::iam::{AccessLine, Direction, Document, Policies, ResourcePolicy, access_delta};
use crate::inventory::{Documents, one_or_more};
use account::AccountIam;
use external_principals::{of_trust, outside};
use subjects::{Subject, people};
use unevaluated_grants::undecided;

/// What the policies of one side say for a subject.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    /// Whether there is such a principal.
    pub exists: bool,
    pub identity: Vec<Value>,
    pub boundary: Option<Value>,
    pub resource: Vec<Value>,
    /// Whether the policy of the resource must allow.
    pub required: bool,
    /// Policies that are attached and not known.
    pub unknown: BTreeSet<String>,
}

/// A resource that no stack manages any longer, and that is not deleted.
pub(super) struct RetainedResource<'a> {
    /// The stack that it was in.
    pub stack: &'a Stack,
    pub logical_id: &'a str,
}

/// What changes in the access to and within an account. What is `kept` of the old side goes on to hold.
pub(super) fn compare(
    old: Option<&AccountFolder>,
    new: Option<&AccountFolder>,
    kept: &[RetainedResource<'_>],
) -> Vec<AccessChange> {
    condition_assignments::compare(old, new, kept)
}

/// The same where no condition is open.
fn in_one_world(
    old: Option<&AccountFolder>,
    new: Option<&AccountFolder>,
    kept: &[RetainedResource<'_>],
) -> Vec<AccessChange> {
    let mut documents = Documents::default();
    let sides = [AccountIam::of(old, &[], None, &mut documents), AccountIam::of(new, kept, old, &mut documents)];
    let known = new.or(old);
    let account_id = known.map(|account| account.id.clone()).unwrap_or_default();
    let [before, after] = &sides;
    let mut subjects = people(before, after, &account_id);
    subjects.extend(outside(before, after, &account_id));
    subjects.extend(of_trust(before, after, &account_id));
    let changes: Vec<Option<AccessChange>> = subjects.into_par_iter().map(|subject| change(&subject)).collect();
    changes.into_iter().flatten().chain(undecided(before, after)).collect()
}

/// What changes for a subject; `None` if nothing does.
fn change(subject: &Subject) -> Option<AccessChange> {
    let (old, new) = (&subject.old, &subject.new);
    let presence = match (old.exists, new.exists) {
        (true, true) => Presence::Both,
        (true, false) => Presence::Removed,
        (false, _) => Presence::Added,
    };
    let mut entries = Vec::new();
    // With a principal goes all access of theirs.
    if presence != Presence::Removed {
        match lines(subject) {
            Ok(lines) => entries.extend(lines.iter().map(|line| entry(subject, line))),
            Err(why) => entries.push(unknown(&why)),
        }
        for tag in &subject.retagged {
            entries.push(unknown(&format!(
                "the tag `{tag}` is another than before, and policies know the principal by it"
            )));
        }
        for policy in old.unknown.symmetric_difference(&new.unknown) {
            let verb = if new.unknown.contains(policy) { "is new" } else { "is gone" };
            entries.push(unknown(&format!("`{policy}` {verb}, and what it says is not known here")));
        }
    }
    let grouped = subject.names.len() > 1;
    if grouped && let Some(own) = &subject.own {
        for entry in &mut entries {
            let texts = entry.actions.iter_mut().chain(&mut entry.resources).chain(&mut entry.conditions);
            texts.for_each(|text| *text = own.general(text));
        }
    }
    // Whoever may do nothing any more, or hardly anything, has lost all else.
    let only_narrowed = entries.iter().all(|entry| entry.direction == AccessDirection::Narrowed);
    let spared = new.identity.iter().find_map(spared_by_denial).filter(|_| only_narrowed && entries.len() > 1);
    if let Some(spared) =
        spared.filter(|spared| !entries.iter().flat_map(|entry| &entry.actions).any(|one| spared.contains(one)))
    {
        entries.truncate(1);
        let but = if spared.is_empty() { String::new() } else { format!(" but {}", spared.join(", ")) };
        let (actions, resources) = (vec![format!("*{but}")], vec!["*".to_owned()]);
        entries[0] = AccessEntry { actions, resources, conditions: Vec::new(), ..entries[0].clone() };
    }
    let nothing = entries.is_empty() && presence == Presence::Both;
    (!nothing).then(|| AccessChange {
        principal: subject.kind,
        names: subject.names.clone(),
        accounts: Vec::new(),
        own: subject.own.as_ref().map(|own| (own.user.clone(), own.notebook.clone())),
        presence,
        same_as: subject.same_as,
        entries,
    })
}

fn lines(subject: &Subject) -> Result<Vec<AccessLine>, String> {
    let parse = |value: &Value| {
        Document::parse(value).map_err(|malformed| {
            let at = if malformed.path.is_empty() { String::new() } else { format!(" at `{}`", malformed.path) };
            format!("a policy cannot be read: {}{at}", malformed.message)
        })
    };
    let documents = |side: &Side| -> Result<_, String> {
        let identity: Vec<Document> = side.identity.iter().map(parse).collect::<Result<_, _>>()?;
        let boundary = side.boundary.as_ref().map(parse).transpose()?;
        // The policies of several resources are about different resources each, and so can be taken as one.
        let mut resource = Document { statements: Vec::new() };
        for value in &side.resource {
            resource.statements.extend(parse(value)?.statements);
        }
        Ok((identity, boundary, resource))
    };
    let (old, new) = (documents(&subject.old)?, documents(&subject.new)?);
    let identities = [&old.0, &new.0].map(|documents| documents.iter().collect::<Vec<_>>());
    let kind = if subject.new.required { ResourcePolicy::Required } else { ResourcePolicy::Sufficient };
    let before = Policies { identity: &identities[0], boundary: old.1.as_ref(), resource: Some(kind(&old.2)) };
    let after = Policies { identity: &identities[1], boundary: new.1.as_ref(), resource: Some(kind(&new.2)) };
    access_delta(&subject.principal, &subject.base, &before, &after)
        .map_err(|_| "there are too many combinations of wildcards".to_owned())
}

/// What a policy leaves that otherwise denies everything at any time, whatever others allow: the actions, if any. `None` where
/// it does not.
fn spared_by_denial(policy: &Value) -> Option<Vec<String>> {
    one_or_more(policy.get("Statement")).find_map(|statement| {
        let texts = |key: &str| -> Vec<String> {
            one_or_more(statement.get(key)).filter_map(|value| Some(value.as_str()?.to_owned())).collect()
        };
        let denies = statement.get("Effect").is_some_and(|effect| effect == "Deny");
        let always = texts("Resource") == ["*"] && statement.get("Condition").is_none();
        let spared = texts("NotAction");
        (denies && always && (!spared.is_empty() || texts("Action") == ["*"])).then_some(spared)
    })
}

fn unknown(why: &str) -> AccessEntry {
    AccessEntry {
        direction: AccessDirection::Unknown,
        at_most_narrowed: false,
        actions: vec!["*".to_owned()],
        resources: vec!["*".to_owned()],
        conditions: vec![why.to_owned()],
    }
}

fn entry(subject: &Subject, line: &AccessLine) -> AccessEntry {
    let direction = match line.direction {
        Direction::Widened => AccessDirection::Widened,
        Direction::Narrowed => AccessDirection::Narrowed,
        Direction::Unknown | Direction::PerhapsNarrowed => AccessDirection::Unknown,
    };
    let actions = line.actions.iter().map(|label| subject.spelled(label)).collect();
    let resources = match &subject.resource {
        Some(resource) => vec![resource.clone()],
        None => line.resources.clone(),
    };
    let at_most_narrowed = line.direction == Direction::PerhapsNarrowed;
    AccessEntry { direction, at_most_narrowed, actions, resources, conditions: line.conditions.clone() }
}
