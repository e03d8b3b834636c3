//! Where the statements of policies stand.

use super::estate::{Estate, Home, Scope};
use crate::model::User;
use crate::plan::AccountPlan;
use crate::render::outline::Outline;
use crate::render::{Origins, Rendered, Templates, UserShape};
use crate::source::Place;

/// Where statements stand.
pub(crate) struct Places<'a> {
    plan: &'a AccountPlan<'a>,
    rendered: &'a [Rendered],
    estate: &'a Estate,
    origins: Origins,
}

impl<'a> Places<'a> {
    pub(crate) fn new(
        plan: &'a AccountPlan<'a>,
        templates: &Templates,
        rendered: &'a [Rendered],
        estate: &'a Estate,
    ) -> Self {
        Self { plan, rendered, estate, origins: templates.origins(plan) }
    }

    /// A statement in the template of its policy, if that is known.
    fn of_template(&self, (policy, statement): (usize, usize)) -> Option<Place> {
        self.origins.place(&self.estate.policies.get(policy)?.value, statement)
    }

    /// A statement in the out folder; of a person's policies, in the template of `user`'s stack.
    fn of_out(&self, (policy, statement): (usize, usize), user: &User) -> Option<Place> {
        let home = &self.estate.policies.get(policy)?.home;
        let path = format!("{}/Statement/{statement}", home.path);
        self.home(&Home { scope: home.scope, path }, Some(user))
    }

    /// Where a statement is to be changed.
    pub(crate) fn of(&self, statement: (usize, usize), user: &User) -> Option<Place> {
        self.of_template(statement).or_else(|| self.of_out(statement, user))
    }

    fn home(&self, home: &Home, user: Option<&User>) -> Option<Place> {
        let (index, path) = match home.scope {
            Scope::Stack(index) => (index, home.path.clone()),
            Scope::People(form) => {
                let is_of_form = |user: &&&User| self.estate.shapes.get(&UserShape::of(user)) == Some(&form);
                let user =
                    user.or_else(|| self.plan.stacks.iter().flat_map(|stack| &stack.users).find(is_of_form).copied())?;
                let holds = |stack: &crate::plan::StackPlan<'_>| stack.users.iter().any(|one| one.name == user.name);
                let index = self.plan.stacks.iter().position(holds)?;
                let path = match super::estate::suffix(&home.path) {
                    Some(suffix) => format!("{}{suffix}", user.logical_id),
                    None => home.path.clone(),
                };
                (index, path)
            }
        };
        let source = &self.rendered.get(index)?.source;
        Some(Outline::read(source).place(&format!("/Resources/{path}")))
    }
}
