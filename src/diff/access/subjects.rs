//! About whom the access is compared: those who have the same policies but for their names together.

use std::collections::{BTreeMap, BTreeSet};

use super::super::model::AccessPrincipal;
use super::super::owners::names_of;
use super::super::principal_class::{PrincipalClasses, tag_key, tags};
use super::Side;
use super::account::{AccountIam, is_user, undefined};
use super::renamed::Renamed;
use crate::iam::{self, Context};
use crate::inventory::Principal;
use crate::model::TAGS_OF_TEMPLATES;
use crate::output::UserEntry;

/// Somebody, or several with the same policies.
pub(super) struct Subject {
    pub kind: AccessPrincipal,
    pub names: Vec<String>,
    /// The first of them.
    pub principal: iam::Principal,
    pub base: Context,
    pub old: Side,
    pub new: Side,
    /// How many had the same access before; of somebody new.
    pub same_as: usize,
    /// What all of it is about, where that is one thing.
    pub resource: Option<String>,
    /// The person whose names the first has.
    pub own: Option<UserEntry>,
}

impl Subject {
    /// One principal, of whom nothing else is known.
    pub(super) fn of(
        kind: AccessPrincipal,
        name: String,
        (principal, base): (iam::Principal, Context),
        [old, new]: [Side; 2],
    ) -> Self {
        let (same_as, resource, own) = Default::default();
        Self { kind, names: vec![name], principal, base, old, new, same_as, resource, own }
    }

    /// An action as the policies spell it.
    pub(super) fn spelled(&self, label: &str) -> String {
        let mut spellings: BTreeMap<String, &str> = BTreeMap::new();
        for action in [&self.old, &self.new].into_iter().flat_map(Side::policies).flat_map(|policy| policy.actions()) {
            spellings.entry(action.to_ascii_lowercase()).or_insert(action);
        }
        let words = label.split_inclusive([' ', ',']).map(|word| {
            let bare = word.trim_end_matches([' ', ',']);
            spellings.get(bare).map_or_else(|| word.to_owned(), |spelled| word.replacen(bare, spelled, 1))
        });
        words.collect()
    }
}

/// The users and the roles of both sides. `former` is who was there before under another name, by the new one.
pub(super) fn people(
    before: &AccountIam<'_>,
    after: &AccountIam<'_>,
    account: &str,
    former: &BTreeMap<&str, &UserEntry>,
) -> Vec<Subject> {
    let alike = PrincipalClasses::of(&[&before.inventory, &after.inventory]);
    // A user may get another path, and with it another ARN.
    let [olds, news] = [before, after].map(|iam| -> BTreeMap<(bool, &str), &Principal<'_>> {
        iam.principals().map(|one| ((is_user(one), one.name.as_str()), one)).collect()
    });
    let renamed = Renamed::of(before, after, former);
    let mut classes: BTreeMap<String, Subject> = BTreeMap::new();
    let mut old_classes: BTreeMap<String, usize> = BTreeMap::new();
    let mut added: Vec<(String, String)> = Vec::new();
    for name in olds.keys().chain(news.keys()).copied().collect::<BTreeSet<_>>() {
        let (old, new) = (olds.get(&name).copied(), news.get(&name).copied());
        let Some(any) = new.or(old) else { continue };
        let own = if new.is_some() { after } else { before }.own(any);
        let key =
            |one: &Principal<'_>, iam: &AccountIam<'_>| alike.key(&iam.inventory, one, iam.own(one).map(names_of));
        let (mut old_key, new_key) = (old.map(|one| key(one, before)), new.map(|one| key(one, after)));
        if let Some(key) = &old_key {
            *old_classes.entry(key.clone()).or_default() += 1;
        }
        // Who is renamed, and has not the same as before, is compared with what they had.
        let is_alone =
            |one: &Principal<'_>, iam: &AccountIam<'_>| alike.is_alone(&iam.inventory, one, iam.own(one).map(names_of));
        let was = new.filter(|new| old.is_none() && !is_alone(new, after)).and_then(|new| renamed.before(new));
        // In no policy is there a name of theirs: else they are compared with nobody.
        let was = was.filter(|(was, _)| !is_alone(was, before) && Some(key(was, before)) != new_key);
        if let Some((was, _)) = &was {
            old_key = Some(key(was, before));
        }
        let old = was.as_ref().map(|(_, with_new_names)| with_new_names).or(old);
        // What is alike in all may be another name than before.
        let asked = |of: Option<&Principal<'_>>| -> BTreeSet<(String, Option<String>)> {
            let all = of.into_iter().flat_map(|of| alike.asked(of));
            all.map(|(key, value)| (key.to_owned(), value.map(str::to_owned))).collect()
        };
        if old_key == new_key && asked(old) == asked(new) {
            continue;
        }
        let notebook = old.and_then(|old| before.own(old)?.notebook.clone());
        let moves = old.zip(new).is_some_and(|(old, new)| old.arn != new.arn);
        let class = format!("{} {moves} {old_key:?} {new_key:?}", is_user(any));
        if let (None, Some(key)) = (&old_key, &new_key) {
            added.push((class.clone(), key.clone()));
        }
        if let Some(subject) = classes.get_mut(&class) {
            subject.names.push(any.name.clone());
            continue;
        }
        let kind = match (is_user(any), own.is_some()) {
            (true, _) => AccessPrincipal::User,
            (false, true) => AccessPrincipal::NotebookRole,
            (false, false) => AccessPrincipal::Role,
        };
        let mut sides = [side(old, before), side(new, after)];
        let (principal, base) = any.asking(account);
        let base = with_tags(base, (old, new), &alike.asked_tags, &mut sides[0].changed_keys);
        let subject = Subject {
            // Who has no notebook any longer loses what there was of that name.
            own: own.map(|own| UserEntry { notebook: own.notebook.clone().or(notebook), ..own.clone() }),
            ..Subject::of(kind, any.name.clone(), (principal, base), sides)
        };
        classes.insert(class, subject);
    }
    for (class, key) in added {
        if let Some(subject) = classes.get_mut(&class) {
            subject.same_as = old_classes.get(&key).copied().unwrap_or(0);
        }
    }
    classes.into_values().collect()
}

/// The condition key of an ARN.
const ARN_KEY: &str = "aws:principalarn";

/// A condition key that is other on the new side, as the old side has it: no tag's, since none has an asterisk.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html>
pub(super) fn own_key(key: &str) -> String {
    format!("{key}*")
}

/// The context of who is `new`, or was `old`, with what is known of the tags that policies ask for. One that neither side gives may be set
/// at any time by somebody else, as the function that rotates keys does; but none of `TAGS_OF_TEMPLATES` that no template gives.
fn with_tags(
    mut base: Context,
    (old, new): (Option<&Principal<'_>>, Option<&Principal<'_>>),
    asked: &BTreeSet<String>,
    changed_keys: &mut BTreeSet<String>,
) -> Context {
    let values = |of: Option<&Principal<'_>>| -> BTreeMap<String, Option<String>> {
        let all = of.into_iter().flat_map(tags);
        all.map(|(key, value)| (key.to_lowercase(), value.map(str::to_owned))).collect()
    };
    let (before, now) = (values(old), values(new));
    for tag in asked {
        let was = before.get(tag);
        if was.is_none() && !now.contains_key(tag) {
            if !TAGS_OF_TEMPLATES.contains(&tag.as_str()) {
                base = base.with_varying(&tag_key(tag));
            }
        } else if old.is_some() && new.is_some() && was != now.get(tag) {
            let key = tag_key(tag);
            base = match was {
                Some(Some(value)) => base.with(&own_key(&key), value.as_str()),
                Some(None) => base.with_unknown(&own_key(&key)),
                None => base,
            };
            changed_keys.insert(key);
        }
    }
    // A policy of before that names the ARN means the one of before.
    if let Some((old, _)) = old.zip(new).filter(|(old, new)| old.arn != new.arn) {
        base = base.with(&own_key(ARN_KEY), old.arn.as_str());
        changed_keys.insert(ARN_KEY.to_owned());
    }
    base
}

fn side(of: Option<&Principal<'_>>, iam: &AccountIam<'_>) -> Side {
    let Some(of) = of else { return Side::default() };
    let mut identity: Vec<_> = of.policies.iter().filter_map(|policy| iam.document(*policy)).cloned().collect();
    // In an order that does not hang on that of the stacks.
    identity.sort_by_cached_key(|policy| policy.value.to_string());
    Side {
        exists: true,
        identity,
        boundary: of.boundary_policy().and_then(|policy| iam.document(policy)).cloned(),
        resource: iam.bucket_policies().cloned().collect(),
        required: false,
        unknown: undefined(of),
        changed_keys: BTreeSet::new(),
    }
}
