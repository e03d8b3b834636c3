//! Who gains and who loses what by the change of an account's policies.

mod account;
mod external_principals;
mod openings;
mod renamed;
mod subjects;
mod unevaluated_grants;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::{Value, json};

use super::canonical::text;
use super::folder::{AccountFolder, FolderStack};
use super::model::{AccessChange, AccessEntry, OPEN_SECTIONS, Presence};
use super::owners::general;
use super::people::former;
use crate::iam::{
    AccessLine, Decision, Direction, Document, Policies, Request, StatementSource, access_delta, decide,
    is_like_pattern,
};
use crate::inventory::{Documents, Policy, PolicyDocument, PolicyKind, one_or_more, statement_name, transform};
use crate::output::DEPLOY_FILE;
use account::{AccountIam, is_user};
use external_principals::{external_principals, outsiders};
use subjects::{Subject, own_key, people};
use unevaluated_grants::changed_grants;

/// What the policies of one side say for a subject.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    /// Whether there is such a principal.
    pub exists: bool,
    pub identity: Vec<Arc<PolicyDocument>>,
    pub boundary: Option<Arc<PolicyDocument>>,
    pub resource: Vec<Arc<PolicyDocument>>,
    /// Whether the policy of the resource must allow.
    pub required: bool,
    /// Policies that are attached and not known.
    pub unknown: BTreeSet<String>,
    /// The condition keys of the principal's tags and of its ARN that are other on the new side. The context holds what they are here by
    /// `own_key`.
    pub changed_keys: BTreeSet<String>,
}

impl Side {
    /// The policies that a statement may be in.
    fn of_source(&self, source: StatementSource) -> &[Arc<PolicyDocument>] {
        match source {
            StatementSource::Identity(_) => &self.identity,
            StatementSource::Boundary => self.boundary.as_slice(),
            StatementSource::Resource => &self.resource,
        }
    }

    /// A statement, with its policy, and its index there.
    fn statement(&self, (source, index): (StatementSource, usize)) -> Option<(&PolicyDocument, usize, &Value)> {
        let policies = match (source, self.of_source(source)) {
            (StatementSource::Identity(index), policies) => policies.get(index..=index)?,
            (_, policies) => policies,
        };
        let mut all =
            policies.iter().flat_map(|policy| (0..).zip(policy.statements()).map(|(at, one)| (&**policy, at, one)));
        all.nth(index)
    }

    /// All of the policies.
    pub(super) fn policies(&self) -> impl Iterator<Item = &Arc<PolicyDocument>> {
        self.identity.iter().chain(&self.boundary).chain(&self.resource)
    }
}

/// A resource that no stack manages any longer, and that is not deleted.
pub(super) struct RetainedResource<'a> {
    /// The stack that it was in.
    pub stack: &'a FolderStack,
    pub logical_id: &'a str,
}

/// What changes in the access to and within an account. What is `kept` of the old side goes on to hold.
pub(super) fn compare(
    old: Option<&AccountFolder>,
    new: Option<&AccountFolder>,
    kept: &[RetainedResource<'_>],
) -> Vec<AccessChange> {
    let mut documents = Documents::default();
    let sides = [AccountIam::of(old, &[], None, &mut documents), AccountIam::of(new, kept, old, &mut documents)];
    let account_id = new.or(old).map_or("", |account| &account.manifest.account_id);
    let everything =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let everything = documents.of(everything);
    let [before, after] = &sides;
    let mut subjects = people(before, after, account_id, &former(old, new));
    subjects.extend(external_principals(before, after, account_id, &everything));
    subjects.extend(outsiders(before, after, account_id));
    let policies = sides.iter().flat_map(|iam| &iam.inventory.policies);
    // The trust policies of many roles are one document.
    let name = |policy: &Policy<'_>| {
        if policy.kind == PolicyKind::Trust { "trust policy".to_owned() } else { policy.name.clone() }
    };
    let names: PolicyNames = policies.map(|policy| (policy.document.id, name(policy))).collect();
    let changes: Vec<Option<AccessChange>> = subjects.into_par_iter().map(|subject| change(&subject, &names)).collect();
    let others = changed_grants(before, after).into_iter().chain(moved(before, after)).chain(left_open(old, new));
    let others = others.chain(untold_tags(&sides)).chain(retagged(old, new, &sides));
    changes.into_iter().flatten().chain(others).collect()
}

/// A user who gets another path, and with it another ARN, of which a policy that does not change says something else: whether that
/// opens anything is not compared.
fn moved(before: &AccountIam<'_>, after: &AccountIam<'_>) -> Option<AccessChange> {
    let policies = |iam: &AccountIam<'_>| -> BTreeSet<String> {
        iam.inventory.policies.iter().map(|policy| policy.document.value.to_string()).collect()
    };
    let mut unchanged: Option<Vec<String>> = None;
    let news: BTreeMap<&str, &str> =
        after.principals().filter(|one| is_user(one)).map(|one| (one.name.as_str(), one.arn.as_str())).collect();
    let mut is_moved = |name: &str, old: &str, new: &str| {
        let texts = unchanged.get_or_insert_with(|| (&policies(before) & &policies(after)).into_iter().collect());
        let mut patterns = texts.iter().flat_map(|text| text.split('"')).filter(|text| text.starts_with("arn:"));
        patterns.any(|pattern| {
            let pattern = pattern.replace("${aws:username}", name);
            is_like_pattern(&pattern, old) != is_like_pattern(&pattern, new)
        })
    };
    let mut users = before.principals().filter(|one| is_user(one));
    let (one, new) = users.find_map(|one| {
        let new = *news.get(one.name.as_str()).filter(|new| **new != one.arn)?;
        is_moved(&one.name, &one.arn, new).then_some((one, new))
    })?;
    let why =
        format!("its ARN changes from `{}` to `{new}`, and what a policy says of one of them is not compared", one.arn);
    Some(AccessChange::through(&one.name, vec![AccessEntry::unknown(why)]))
}

/// What cannot be told where a policy asks for tags that stacks give, and the tags of some are not known.
fn untold_tags(sides: &[AccountIam<'_>; 2]) -> Option<AccessChange> {
    let is_open = sides.iter().any(|side| !side.tells_tags) && sides.iter().any(AccountIam::asks_for_tags);
    let why = format!("a policy asks for a tag that stacks may give, and no `{DEPLOY_FILE}` tells the tags of some");
    is_open.then(|| AccessChange::through("stacks", vec![AccessEntry::unknown(why)]))
}

/// What cannot be told where stacks give other tags than before, and policies know resources by these: which resources have such a tag,
/// and whether one of their own goes before it, is not compared.
fn retagged(
    old: Option<&AccountFolder>,
    new: Option<&AccountFolder>,
    sides: &[AccountIam<'_>; 2],
) -> Option<AccessChange> {
    let [old, new] = [old?.stack_tags()?, new?.stack_tags()?].map(|tags| tags.into_iter().collect::<BTreeSet<_>>());
    let changed: BTreeSet<&str> = old.symmetric_difference(&new).map(|(key, _)| key.as_str()).collect();
    let known_by: BTreeSet<String> = sides.iter().flat_map(AccountIam::known_by).collect();
    let is_known = |key: &&str| known_by.contains(&key.to_lowercase());
    let entry = |key| {
        AccessEntry::unknown(format!(
            "the tag `{key}` that stacks give is another, new or gone, and policies know resources by it"
        ))
    };
    let entries: Vec<AccessEntry> = changed.into_iter().filter(is_known).map(entry).collect();
    (!entries.is_empty()).then(|| AccessChange::through("stacks", entries))
}

/// What cannot be told where templates leave something open: a denial may stand under a condition, and hide what others gain.
fn left_open<'a>(old: Option<&'a AccountFolder>, new: Option<&'a AccountFolder>) -> Option<AccessChange> {
    let stacks = |account: Option<&'a AccountFolder>| account.into_iter().flat_map(|account| &account.stacks);
    let is_open = |stack: &FolderStack| {
        OPEN_SECTIONS.iter().any(|section| stack.template.get(section).is_some())
            || transform(&stack.template).is_some()
    };
    if !stacks(old).chain(stacks(new)).any(is_open) {
        return None;
    }
    let [old, new] = [old, new].map(|account| -> BTreeMap<&str, String> {
        let all = |stack: &FolderStack| {
            let sections = OPEN_SECTIONS.iter().chain(&["Resources"]);
            sections.map(|section| stack.template.get(section).map(text).unwrap_or_default()).collect()
        };
        stacks(account).map(|stack| (stack.name.as_str(), all(stack))).collect()
    });
    (old != new).then(|| {
        let why = "conditions, macros, mappings and parameters of templates are not evaluated here";
        AccessChange::through("templates", vec![AccessEntry::unknown(why)])
    })
}

/// What changes for a subject; `None` if nothing does.
fn change(subject: &Subject, names: &PolicyNames) -> Option<AccessChange> {
    let (old, new) = (&subject.old, &subject.new);
    let presence = Presence::of(old.exists, new.exists);
    let mut entries = Vec::new();
    // With a principal goes all access of theirs.
    if presence != Presence::Removed {
        match lines(subject, names) {
            Ok(lines) => entries.extend(lines),
            Err(why) => entries.push(AccessEntry::unknown(why)),
        }
        for policy in old.unknown.symmetric_difference(&new.unknown) {
            let verb = if new.unknown.contains(policy) { "is new" } else { "is gone" };
            entries.push(AccessEntry::unknown(format!("`{policy}` {verb}, and what it says is not known here")));
        }
    }
    let own = subject.own.as_ref().filter(|_| subject.names.len() > 1);
    for entry in &mut entries {
        *entry = entry.rewritten(|text| general(text, own));
    }
    // Whoever may do nothing any more, or hardly anything, has lost all else.
    let only_narrowed = entries.iter().all(|entry| entry.direction == Direction::Narrowed);
    let spared =
        new.identity.iter().find_map(|policy| spared_by_denial(policy)).filter(|_| only_narrowed && entries.len() > 1);
    if let Some(spared) =
        spared.filter(|spared| !entries.iter().flat_map(|entry| &entry.actions).any(|one| spared.contains(one)))
    {
        entries.truncate(1);
        let but = if spared.is_empty() { String::new() } else { format!(" but {}", spared.join(", ")) };
        let (actions, resources) = (vec![format!("*{but}")], vec!["*".to_owned()]);
        entries[0] = AccessEntry { direction: Direction::Narrowed, actions, resources, ..AccessEntry::default() };
    }
    let nothing = entries.is_empty() && presence == Presence::Both;
    (!nothing).then(|| AccessChange {
        principal: subject.kind,
        names: subject.names.clone(),
        accounts: Vec::new(),
        own: subject.own.clone(),
        presence,
        same_as: subject.same_as,
        entries,
    })
}

fn lines(subject: &Subject, names: &PolicyNames) -> Result<Vec<AccessEntry>, String> {
    let sides = [&subject.old, &subject.new];
    let [old, new] = [documents(sides[0], subject)?, documents(sides[1], subject)?];
    let identities = [&old, &new].map(|side| side.identity.iter().map(|document| &**document).collect::<Vec<_>>());
    let policies = [(&old, &identities[0]), (&new, &identities[1])].map(|(side, identity)| Policies {
        identity,
        boundary: side.boundary.as_deref(),
        resource: Some(&side.resource),
        resource_must_allow: subject.new.required,
    });
    let lines = access_delta(&subject.principal, &subject.base, &policies[0], &policies[1], |_| true)
        .map_err(|_| "there are too many combinations of wildcards".to_owned())?;
    let entry = |line: &AccessLine| {
        let (statements, by_denial) = statements(line, sides, &policies, names);
        AccessEntry {
            direction: line.direction,
            actions: line.actions.iter().map(|label| subject.spelled(label)).collect(),
            resources: subject.resource.clone().map_or_else(|| line.resources.clone(), |resource| vec![resource]),
            conditions: line.conditions.clone(),
            short_conditions: line.short_conditions(),
            statements,
            by_denial,
        }
    };
    Ok(lines.iter().map(entry).collect())
}

/// The names of policies, by the numbers of their documents.
type PolicyNames = BTreeMap<usize, String>;

/// The statements that make the difference for the requests of a line, and whether they deny.
fn statements(
    line: &AccessLine,
    sides: [&Side; 2],
    policies: &[Policies<'_>; 2],
    names: &PolicyNames,
) -> (Vec<String>, bool) {
    let (allows, refuses) = if line.direction.is_gain() { (1, 0) } else { (0, 1) };
    let examples: Vec<Request> = line.examples().map(|(example, _)| example).collect();
    let only_of = |one: usize, other: usize, is_denied: bool| -> Vec<String> {
        let outcomes = examples.iter().map(|example| decide(example, &policies[one]));
        let of = outcomes.filter(|outcome| (outcome.decision == Decision::ExplicitlyDenied) == is_denied);
        let determining: BTreeSet<_> = of.flat_map(|outcome| outcome.statements).collect();
        let cited = determining.into_iter().filter_map(|at| {
            let (policy, index, statement) = sides[one].statement(at)?;
            if sides[other].of_source(at.0).iter().any(|policy| policy.statements().any(|one| one == statement)) {
                return None;
            }
            Some(format!("{}/{}", names.get(&policy.id)?, statement_name(statement, index)))
        });
        cited.collect::<BTreeSet<String>>().into_iter().collect()
    };
    let allowing = only_of(allows, refuses, false);
    let denying = if allowing.is_empty() { only_of(refuses, allows, true) } else { Vec::new() };
    let by_denial = !denying.is_empty();
    (if by_denial { denying } else { allowing }, by_denial)
}

/// What the policies of a side say. Those of resources are one document: they are about different resources each.
struct SideDocuments<'s> {
    identity: Vec<Cow<'s, Document>>,
    boundary: Option<Cow<'s, Document>>,
    resource: Document,
}

fn documents<'s>(side: &'s Side, subject: &Subject) -> Result<SideDocuments<'s>, String> {
    let parsed = |policy| parsed(policy, &side.changed_keys);
    let resource: Vec<Cow<'_, Document>> = side.resource.iter().map(parsed).collect::<Result<_, _>>()?;
    // The policy of a role is the only one of it. Behind those of buckets, there is what other accounts are taken to leave to this one.
    let account = subject.principal.account().filter(|_| !subject.new.required);
    let elsewhere = account.map(|account| Cow::Owned(Document::of_other_accounts(account)));
    let resource = resource.into_iter().chain(elsewhere);
    let statements = resource.flat_map(|document| document.into_owned().statements).collect();
    Ok(SideDocuments {
        identity: side.identity.iter().map(parsed).collect::<Result<_, _>>()?,
        boundary: side.boundary.as_ref().map(parsed).transpose()?,
        resource: Document { statements },
    })
}

fn parsed<'p>(policy: &'p Arc<PolicyDocument>, changed_keys: &BTreeSet<String>) -> Result<Cow<'p, Document>, String> {
    let document = policy.parsed().map_err(|malformed| {
        let at = if malformed.path.is_empty() { String::new() } else { format!(" at `{}`", malformed.path) };
        format!("a policy cannot be read: {}{at}", malformed.message)
    })?;
    let renamed = |document: Cow<'p, Document>, key: &String| {
        Cow::Owned(document.into_owned().with_key_renamed(key, &own_key(key)))
    };
    Ok(changed_keys.iter().fold(Cow::Borrowed(document), renamed))
}

/// What a policy leaves that otherwise denies everything at any time, whatever others allow: the actions, if any. `None` where
/// it does not.
fn spared_by_denial(policy: &PolicyDocument) -> Option<Vec<String>> {
    policy.statements().find_map(|statement| {
        let texts = |key: &str| -> Vec<String> {
            one_or_more(statement.get(key)).filter_map(|value| Some(value.as_str()?.to_owned())).collect()
        };
        let denies = statement.get("Effect").is_some_and(|effect| effect == "Deny");
        let always = texts("Resource") == ["*"] && statement.get("Condition").is_none();
        let spared = texts("NotAction");
        (denies && always && (!spared.is_empty() || texts("Action") == ["*"])).then_some(spared)
    })
}
