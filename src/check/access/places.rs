//! Where the statements of policies stand: in the files that are deployed.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::account_inventory::{AccountInventory, Home, Scope};
use crate::check::company;
use crate::model::User;
use crate::plan::AccountPlan;
use crate::render::span_index::SpanIndex;
use crate::render::{Rendered, UserShape};
use crate::source::Place;

/// Where statements stand.
pub(crate) struct Places<'a> {
    plan: &'a AccountPlan<'a>,
    account_inventory: &'a AccountInventory,
    /// The templates, each with its outline once that has been asked for.
    templates: Vec<(&'a Rendered, OnceCell<SpanIndex>)>,
    /// The template that each person is in.
    homes: BTreeMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(
        plan: &'a AccountPlan<'a>,
        rendered: &'a [Rendered],
        account_inventory: &'a AccountInventory,
    ) -> Self {
        let people = plan
            .stacks
            .iter()
            .enumerate()
            .flat_map(|(index, stack)| stack.users.iter().map(move |user| (user.name.as_str(), index)));
        let templates = rendered.iter().map(|one| (one, OnceCell::new()));
        Self { plan, account_inventory, templates: templates.collect(), homes: people.collect() }
    }

    /// A statement; of a person's policies, in the template of `user`'s stack.
    pub(crate) fn of(&self, (policy, statement): (usize, usize), user: Option<&User>) -> Option<Place> {
        let home = &self.account_inventory.policies.get(policy)?.home;
        let path = format!("{}/Statement/{statement}", home.path);
        self.home(&Home { scope: home.scope, path }, user)
    }

    fn home(&self, home: &Home, user: Option<&User>) -> Option<Place> {
        let (index, path) = match home.scope {
            Scope::Stack(index) => match company::place(self.plan, &home.path) {
                Some(place) => return Some(place),
                None => (index, home.path.clone()),
            },
            Scope::People(form) => {
                let is_of_form = |user: &&&User| self.account_inventory.shapes.get(&UserShape::of(user)) == Some(&form);
                let user =
                    user.or_else(|| self.plan.stacks.iter().flat_map(|stack| &stack.users).find(is_of_form).copied())?;
                let path = match super::account_inventory::suffix(&home.path) {
                    Some(suffix) => format!("{}{suffix}", user.logical_id),
                    None => home.path.clone(),
                };
                (*self.homes.get(user.name.as_str())?, path)
            }
        };
        let (rendered, outline) = self.templates.get(index)?;
        let outline = outline.get_or_init(|| SpanIndex::read(&rendered.source));
        Some(outline.place(&format!("/Resources/{path}")))
    }
}
