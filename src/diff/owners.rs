//! Whose a resource is, and what of it is their own name: two users' changes are the same when they differ in nothing
//! else.

use std::collections::BTreeMap;

use serde_json::Value;

use super::folder::FolderStack;
use super::model::{Action, Change, PropertyChange};
use super::resources::{literal_name, property};
use crate::inventory::with_inner;
use crate::model::NOTEBOOK_SEPARATOR;
use crate::output::UserEntry;

/// The users of a stack, by what their logical IDs begin with.
pub(super) struct Owners<'a> {
    by_id: BTreeMap<&'a str, &'a UserEntry>,
}

impl<'a> Owners<'a> {
    /// The users of a stack, as it is and, of those who leave, as it was.
    pub(super) fn of(old: Option<&'a FolderStack>, new: Option<&'a FolderStack>) -> Self {
        let users = old.into_iter().chain(new).flat_map(|stack| &stack.users);
        Self { by_id: users.map(|user| (user.logical_id.as_str(), user)).collect() }
    }

    /// Whose resource this is: the user's whose logical ID is the longest that it begins with.
    pub(super) fn owner(&self, logical_id: &str) -> Option<&'a UserEntry> {
        (1..=logical_id.len()).rev().find_map(|end| self.by_id.get(logical_id.get(..end)?).copied())
    }
}

/// The users' own names in texts, made the same for all.
pub(super) struct OwnNames<'a> {
    user: &'a UserEntry,
    /// What the person is called elsewhere: the values of the tags that are about the person.
    person: Vec<(&'static str, &'a str)>,
    /// The logical IDs of the user's resources, and their names that end with the user's own, each with that replaced.
    longer: Vec<(&'a str, String)>,
}

/// The tags that are about the person alone.
const PERSONAL_TAGS: &[(&str, &str)] = &[("display-name", "{display-name}"), ("email", "{email}")];
/// Keys under which no name of a user's can stand.
pub(super) const NO_NAMES: &[&str] = &["Action", "NotAction", "Effect", "Version", "Type"];

impl<'a> OwnNames<'a> {
    /// The names of `user` in what `stacks` hold.
    pub(super) fn of(
        user: &'a UserEntry,
        owners: &Owners<'_>,
        old: Option<&'a FolderStack>,
        new: Option<&'a FolderStack>,
    ) -> Self {
        let all = old.into_iter().chain(new).flat_map(FolderStack::resources);
        let own = all.filter(|(id, _)| {
            id.starts_with(&user.logical_id)
                && owners.owner(id).is_some_and(|owner| owner.logical_id == user.logical_id)
        });
        let mut names = Self { user, person: Vec::new(), longer: Vec::new() };
        for (id, resource) in own {
            names.longer.push((id, id.replacen(&user.logical_id, "{id}", 1)));
            names.longer.extend(literal_name(resource).and_then(|name| {
                let before = name.strip_suffix(user.name.as_str()).filter(|before| before.ends_with('-'))?;
                Some((name, format!("{before}{{user}}")))
            }));
            let tags = property(resource, "Tags").and_then(Value::as_array).into_iter().flatten();
            for tag in tags {
                let key = tag.get("Key").and_then(Value::as_str);
                let personal = PERSONAL_TAGS.iter().find(|(name, _)| Some(*name) == key);
                if let (Some((_, shown)), Some(value)) = (personal, tag.get("Value").and_then(Value::as_str)) {
                    names.person.push((shown, value));
                }
            }
        }
        names
    }

    /// What happens to a resource of the user's, with the user's names replaced, and without the resource.
    pub(super) fn generalised(&self, change: &Change) -> Change {
        // A person's own address is part of what is made or deleted; where it changes, it is what changes.
        let whole = matches!(change.action, Action::Add | Action::Destroy | Action::Retain);
        rewritten(
            change,
            |text| self.text(text),
            |path, value| {
                let names_nobody = path.iter().any(|step| NO_NAMES.contains(&step.as_str()));
                let is_notebook = path.last().is_some_and(|step| step == "NotebookInstanceName");
                match value.as_str() {
                    // Many a notebook is named like its user, and many cannot be.
                    Some(name) if is_notebook && self.user.notebook.as_deref() == Some(name) => "{notebook}".into(),
                    _ if names_nobody => value.clone(),
                    _ => self.value(value, whole),
                }
            },
        )
    }

    fn text(&self, text: &str) -> String {
        let longer = self.longer.iter().fold(text.to_owned(), |text, (name, shown)| replace_word(&text, name, shown));
        general(&longer, Some(self.user))
    }

    fn value(&self, value: &Value, whole: bool) -> Value {
        let text = |text: &str| match self.person.iter().find(|(_, value)| *value == text) {
            Some((shown, _)) if whole => (*shown).to_owned(),
            _ => self.text(text),
        };
        every_text(value, &text, NO_NAMES)
    }
}

/// What happens to a resource, with each of its texts rewritten, and without the resource.
pub(super) fn general_change(change: &Change, text: impl Fn(&str) -> String) -> Change {
    rewritten(change, &text, |_, value| every_text(value, &text, &[]))
}

fn rewritten(change: &Change, text: impl Fn(&str) -> String, value: impl Fn(&[String], &Value) -> Value) -> Change {
    let property = |one: &PropertyChange| PropertyChange {
        path: one.path.iter().map(|step| text(step)).collect(),
        old: one.old.as_ref().map(|old| value(&one.path, old)),
        new: one.new.as_ref().map(|new| value(&one.path, new)),
        replacement: one.replacement,
        replaced: one.replaced.as_ref().map(|id| text(id)),
    };
    Change {
        action: change.action,
        resource_type: change.resource_type.clone(),
        logical_id: text(&change.logical_id),
        resources: Vec::new(),
        properties: change.properties.iter().map(property).collect(),
        lost: change.lost.iter().map(|loss| loss.kind.of(text(&loss.text))).collect(),
        refused: change.refused,
    }
}

/// The value with each of its texts rewritten, but for what stands under the keys `but`.
pub(super) fn every_text(value: &Value, text: &impl Fn(&str) -> String, but: &[&str]) -> Value {
    let inside = |key: &str, inner: &Value| {
        if but.contains(&key) { inner.clone() } else { every_text(inner, text, but) }
    };
    value.as_str().map_or_else(|| with_inner(value, inside), |one| Value::String(text(one)))
}

/// `text` with the names of a user, if it is one's, and of their notebook replaced.
pub(super) fn general(text: &str, of: Option<&UserEntry>) -> String {
    without_names(text, of.map(names_of))
}

/// A user's name, and that of their notebook.
pub(super) fn names_of(user: &UserEntry) -> (&str, Option<&str>) {
    (&user.name, user.notebook.as_deref())
}

/// `text` with these names of a user and of their notebook replaced.
pub(super) fn without_names(text: &str, of: Option<(&str, Option<&str>)>) -> String {
    let Some((name, notebook)) = of else { return text.to_owned() };
    let mut words = vec![(name, "{user}")];
    words.extend(notebook.filter(|notebook| *notebook != name).map(|notebook| (notebook, "{notebook}")));
    // A notebook from before may be called `NAME--x`.
    words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    words.into_iter().fold(text.to_owned(), |text, (word, shown)| replace_word(&text, word, shown))
}

/// `text` with `word` replaced where it stands alone: not within a longer name. In the names of training jobs, `--` ends that of the
/// notebook.
pub(super) fn replace_word(text: &str, word: &str, with: &str) -> String {
    if word.is_empty() {
        return text.to_owned();
    }
    let is_part = |c: char| c.is_alphanumeric() || "_+=,.@-".contains(c);
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, from) = rest.split_at(at);
        let after = &from[word.len()..];
        let last = before.chars().next_back().or_else(|| replaced.chars().next_back());
        let ends = after.starts_with(NOTEBOOK_SEPARATOR) || !after.starts_with(is_part);
        let alone = ends && !last.is_some_and(is_part);
        replaced += before;
        replaced += if alone { with } else { word };
        rest = after;
    }
    replaced + rest
}
