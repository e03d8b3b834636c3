//! What a person may do: requests of theirs, each decided by the policies of the account. See `isolation` for the proof that
//! nobody may do more.

mod asks;
pub mod desk;
mod estate;
mod marks;
mod places;
mod roles;
mod ruling;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Tag, User};
use crate::plan::{AccountPlan, Part};
use crate::render::{Rendered, UserShape};

pub use estate::Estate;
pub use ruling::Asker;

/// A shape of people, by its place among those of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShapeId {
    index: usize,
    pub(crate) suspended: bool,
    pub(crate) notebook: bool,
}

/// The shapes of an account's people.
pub(crate) fn shape_ids(prototypes: &BTreeMap<UserShape, Value>) -> BTreeMap<UserShape, ShapeId> {
    let id = |(index, shape): (usize, &UserShape)| {
        (shape.clone(), ShapeId { index, suspended: shape.suspended, notebook: shape.notebook })
    };
    prototypes.keys().enumerate().map(id).collect()
}

/// People with the same policies and tags, but for their names.
pub(crate) struct Kin<'a> {
    /// The form of some of them; what they hold is what all of them do.
    pub(crate) form: ShapeId,
    /// The tags of all their things that some policy asks for, as their roster has them. Which of their things get them,
    /// the templates say.
    pub(crate) tags: Vec<(String, String)>,
    /// The same, with those that their IAM users alone get.
    pub(crate) user_tags: Vec<(String, String)>,
    pub(crate) people: Vec<&'a User>,
}

/// The estate of an account.
pub(super) fn estate(
    plan: &AccountPlan<'_>,
    rendered: &[Rendered],
    stacks: &[(Part, Value)],
    prototypes: &BTreeMap<UserShape, Value>,
) -> Estate {
    let index = |part: Part| rendered.iter().position(|one| one.part == part);
    let stacks: Vec<(usize, Value)> =
        stacks.iter().filter_map(|(part, json)| Some((index(*part)?, json.clone()))).collect();
    Estate::of(&plan.names, &stacks, prototypes)
}

/// The people, by what they hold and by the tags that some policy asks for.
pub(crate) fn kin<'a>(estate: &Estate, people: &[&'a User]) -> Vec<Kin<'a>> {
    type Tags = Vec<(String, String)>;
    type Alike<'h> = (&'h str, bool, Tags, Tags);
    let keys = estate.tag_keys();
    let mut kin: BTreeMap<Alike<'_>, (ShapeId, Vec<&User>)> = BTreeMap::new();
    let held: BTreeMap<ShapeId, String> =
        estate.people.iter().map(|(form, holdings)| (*form, format!("{holdings:?}"))).collect();
    for user in people {
        let marked = |value: &str| {
            if value == user.name.as_str() { marks::OWN_NAME.to_string() } else { value.to_owned() }
        };
        let asked = |tags: &[Tag]| -> Tags {
            let asked = tags.iter().filter(|tag| keys.contains(&tag.key.to_lowercase()));
            asked.map(|tag| (tag.key.clone(), marked(&tag.value))).collect()
        };
        let tags = asked(&user.tags);
        let user_tags = tags.iter().cloned().chain(asked(&user.person_tags)).collect();
        let Some(form) = estate.shapes.get(&UserShape::of(user)).copied() else { continue };
        let holdings = held.get(&form).map(String::as_str).unwrap_or_default();
        let (_, people) = kin.entry((holdings, form.suspended, tags, user_tags)).or_insert_with(|| (form, Vec::new()));
        people.push(user);
    }
    let kin = kin.into_iter().map(|((.., tags, user_tags), (form, people))| Kin { form, tags, user_tags, people });
    kin.collect()
}
