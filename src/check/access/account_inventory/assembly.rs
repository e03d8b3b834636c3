//! How an account's inventory is put together of its stacks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::reading::Reading;
use super::{AccountInventory, Home, Scope};
use crate::check::access::placeholders::{map_texts, of_prototype};
use crate::check::access::shapes::{ShapeId, shape_ids};
use crate::inventory::{self, Documents, IamInventory};
use crate::plan::{AccountPlan, Names, Part};
use crate::render::{Rendered, UserShape};

impl AccountInventory {
    /// The inventory of an account. `stacks` are the resources of the templates that hold no people, `prototypes` those of a
    /// template with a prototype of each shape.
    pub(crate) fn of_account(
        plan: &AccountPlan<'_>,
        rendered: &[Rendered],
        stacks: &[(Part, Value)],
        prototypes: &BTreeMap<UserShape, Value>,
    ) -> Self {
        let index = |part: Part| rendered.iter().position(|one| one.part == part);
        let stacks: Vec<(usize, Value)> =
            stacks.iter().filter_map(|(part, json)| Some((index(*part)?, json.clone()))).collect();
        Self::of(&plan.names, &stacks, prototypes)
    }

    /// The inventory of these stacks and of these people, who are given by the resources of a prototype.
    fn of(names: &Names, stacks: &[(usize, Value)], prototypes: &BTreeMap<UserShape, Value>) -> Self {
        let shapes = shape_ids(prototypes);
        let values = prototypes.values().map(|value| map_texts(value, &of_prototype));
        let prototypes: Vec<(ShapeId, Value)> = shapes.values().copied().zip(values).collect();
        let account = inventory::Account { id: &names.account_id, region: &names.region, partition: &names.partition };
        let read = |resources| inventory::Stack { account, name: "", resources, only: None };
        let mut documents = Documents::default();
        let mut account_inventory = Self { shapes, ..Self::default() };
        let mut open_tags = Vec::new();
        let mut attached = Vec::new();
        // Prototypes have the same names, so that there is an inventory with each of them. The first has none.
        for prototype in [None].into_iter().chain(prototypes.iter().map(Some)) {
            let own = prototype.map(|(_, json)| json);
            let all: Vec<_> = stacks.iter().map(|(_, json)| json).chain(own).map(read).collect();
            let shared = stacks.iter().map(|(index, _)| Scope::Stack(*index));
            let form = prototype.map(|(form, _)| *form);
            let scopes = shared.chain(form.map(Scope::People)).collect();
            let inventory = IamInventory::of(&all, &mut documents);
            let reading = Reading::new(&inventory, scopes, form, &mut account_inventory);
            open_tags.extend(reading.open_tags());
            attached.extend(reading.attached_to_shared());
            account_inventory.take(names, &reading);
        }
        account_inventory.attach(&attached);
        account_inventory.doubt_tags(open_tags);
        account_inventory
    }

    /// Gives what the templates of some people attach to a group or a role, each by its ARN, to all who have it.
    fn attach(&mut self, attached: &[(String, usize)]) {
        let users = self.people.values_mut().flat_map(|resources| &mut resources.users);
        for principal in users.chain(self.roles.iter_mut().map(|role| &mut role.principal)) {
            let meant = attached.iter().filter(|(to, _)| principal.arn == *to || principal.groups.contains(to));
            for (_, policy) in meant {
                if !principal.policies.contains(policy) {
                    principal.policies.push(*policy);
                }
            }
        }
    }

    /// Takes in what is read: what a person of its form has, or what is nobody's.
    fn take(&mut self, names: &Names, reading: &Reading<'_>) {
        self.doubts.extend(reading.doubts());
        self.groups.extend(reading.groups());
        self.managed.extend(reading.managed());
        let bucket =
            |(bucket, policy): (Option<String>, usize)| (bucket.unwrap_or_else(|| names.bucket.clone()), policy);
        self.bucket_policies.extend(reading.bucket_policies().map(bucket));
        match reading.form {
            Some(form) => _ = self.people.insert(form, reading.resources()),
            None => self.roles.extend(reading.roles()),
        }
    }

    /// Doubts the tags that some policy asks for, of those whose value, or `None`, whose key is known only when the stack is
    /// deployed.
    fn doubt_tags(&mut self, open: Vec<(Option<String>, Home)>) {
        let keys = self.tag_keys();
        let asked = |key: &Option<String>| match key {
            Some(key) => keys.contains(&key.to_lowercase()),
            None => !keys.is_empty(),
        };
        let message = "a policy asks for tags that are known only when they are deployed";
        let doubts = open.into_iter().filter(|(key, _)| asked(key)).map(|(_, home)| (message.to_owned(), home));
        self.doubts.extend(doubts);
    }
}
