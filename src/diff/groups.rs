//! The same change to many resources as one.

use std::collections::BTreeMap;

use super::data_loss::lost;
use super::deploy_errors::refusal;
use super::fleet::AccountTexts;
use super::folder::FolderStack;
use super::model::{Change, Resource};
use super::owners::{OwnNames, Owners, general_change, replace_word};
use super::resources::{ResourceChange, literal_name};

/// The changes of all accounts on their way to being grouped.
#[derive(Default)]
pub(super) struct Groups {
    /// By what they have in common, with the order in which they were met.
    groups: BTreeMap<String, (usize, ChangeGroup)>,
}

struct ChangeGroup {
    /// As it is in the first resource.
    first: Change,
    /// With the names of its user replaced, or of its stack if it is nobody's, and without resources.
    general: Change,
    /// With what is the account's own replaced, too.
    everywhere: Change,
}

impl Groups {
    /// Adds the changes of a stack of an account.
    pub(super) fn add(
        &mut self,
        (account, texts): (&str, &AccountTexts),
        stack: &str,
        old: Option<&FolderStack>,
        new: Option<&FolderStack>,
        changes: Vec<ResourceChange<'_>>,
    ) {
        let owners = Owners::of(old, new);
        let mut names: BTreeMap<&str, OwnNames<'_>> = BTreeMap::new();
        for change in changes {
            let owner = owners.owner(change.logical_id);
            let names = owner.map(|user| {
                &*names.entry(user.logical_id.as_str()).or_insert_with(|| OwnNames::of(user, &owners, old, new))
            });
            let user = owner.map(|user| user.name.clone());
            let lost = lost(&change, user.as_deref(), new.is_some());
            let resource = Resource {
                account: account.to_owned(),
                stack: stack.to_owned(),
                logical_id: change.logical_id.to_owned(),
                name: change.new.or(change.old).and_then(literal_name).map(str::to_owned),
                user,
            };
            let first = Change {
                action: change.action,
                resource_type: change.resource_type().to_owned(),
                logical_id: change.logical_id.to_owned(),
                resources: vec![resource],
                refused: refusal(&change),
                properties: change.properties,
                lost,
            };
            let general = match names {
                Some(names) => names.generalised(&first),
                None => general_change(&first, |text| replace_word(text, stack, "{stack}")),
            };
            let everywhere = general_change(&general, |text| texts.general(text));
            self.insert(ChangeGroup { first, general, everywhere }, names.is_some());
        }
    }

    fn insert(&mut self, new: ChangeGroup, of_user: bool) {
        let order = self.groups.len();
        // Strings, numbers and lists always have a form in JSON.
        let key = format!("{of_user} {}", serde_json::to_string(&new.everywhere).unwrap_or_default());
        match self.groups.get_mut(&key) {
            Some((_, group)) => group.first.resources.extend(new.first.resources),
            None => {
                self.groups.insert(key, (order, new));
            }
        }
    }

    /// The groups: what destroys first, then in the order in which they were met.
    pub(super) fn finish(self) -> Vec<Change> {
        let mut groups: Vec<(usize, ChangeGroup)> = self.groups.into_values().collect();
        groups.sort_by_key(|(order, _)| *order);
        let mut changes: Vec<Change> = groups.into_iter().map(|(_, group)| group.finish()).collect();
        changes.sort_by_key(|change| change.action);
        changes
    }
}

impl ChangeGroup {
    fn finish(self) -> Change {
        let (first, last) = (self.first.resources.first(), self.first.resources.last());
        let in_one = first.map(|one| &one.account) == last.map(|one| &one.account);
        match self.first.resources.len() {
            0 | 1 => self.first,
            _ if in_one => Change { resources: self.first.resources, ..self.general },
            _ => Change { resources: self.first.resources, ..self.everywhere },
        }
    }
}
