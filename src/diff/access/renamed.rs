//! The users and roles of people under a new name, as they were under the former one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::owners::{names_of, without_names};
use super::account::{AccountIam, is_user};
use crate::inventory::{Principal, Tag};
use crate::output::UserEntry;

/// Whether it is a user, the name of its person, and what its logical ID has behind that of the person.
type Key<'a> = (bool, &'a str, &'a str);

/// Whose users and roles were there before under another name.
pub(super) struct Renamed<'a> {
    /// What people had who are renamed.
    before: BTreeMap<Key<'a>, (&'a Principal<'a>, &'a UserEntry)>,
    after: &'a AccountIam<'a>,
    /// Who was there before under another name, by the new one.
    former: &'a BTreeMap<&'a str, &'a UserEntry>,
}

impl<'a> Renamed<'a> {
    pub(super) fn of(
        before: &'a AccountIam<'a>,
        after: &'a AccountIam<'a>,
        former: &'a BTreeMap<&'a str, &'a UserEntry>,
    ) -> Self {
        let principals = before.principals().filter(|_| !former.is_empty());
        let before = principals.filter_map(|one| Some((key(one, before.own(one)?)?, (one, before.own(one)?))));
        Self { before: before.collect(), after, former }
    }

    /// What somebody new was before, and that with the new names.
    pub(super) fn before(&self, new: &Principal<'_>) -> Option<(&'a Principal<'a>, Principal<'a>)> {
        let own = self.after.own(new)?;
        let was = self.former.get(own.name.as_str())?;
        let (is_user, _, suffix) = key(new, own)?;
        let (before, was) = *self.before.get(&(is_user, was.name.as_str(), suffix))?;
        let mut with_names = with_names(before, was, own);
        if let Some(path) = before.arn.strip_suffix(before.name.as_str()) {
            with_names.arn = format!("{path}{}", new.name);
        }
        Some((before, with_names))
    }
}

fn key<'k>(of: &'k Principal<'_>, own: &'k UserEntry) -> Option<Key<'k>> {
    let suffix = of.location.logical_id.strip_prefix(own.logical_id.as_str())?;
    Some((is_user(of), own.name.as_str(), suffix))
}

/// Somebody of before with the tags of the new names. A notebook that is given up keeps its name.
fn with_names<'a>(of: &Principal<'a>, was: &UserEntry, now: &UserEntry) -> Principal<'a> {
    let notebook = now.notebook.as_deref().or(was.notebook.as_deref()).unwrap_or_default();
    let value = |value: &Cow<'_, str>| {
        let general = without_names(value, Some(names_of(was)));
        Cow::Owned(general.replace("{user}", &now.name).replace("{notebook}", notebook))
    };
    let tags = of.tags.iter().map(|tag| Tag { key: tag.key.clone(), value: tag.value.as_ref().map(value) });
    Principal { tags: tags.collect(), ..of.clone() }
}
