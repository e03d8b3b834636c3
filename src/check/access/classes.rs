//! People who are alike but for their names.

use std::collections::BTreeMap;

use super::account_inventory::AccountInventory;
use super::placeholders::ACTOR_NAME;
use super::shapes::ShapeId;
use crate::model::{Tag, User};
use crate::render::UserShape;

/// People with the same policies and tags, but for their names.
pub(crate) struct PrincipalClass<'a> {
    /// The form of some of them; what they hold is what all of them do.
    pub(crate) form: ShapeId,
    /// The tags of all their things that some policy asks for, as their roster has them. Which of their things get them,
    /// the templates say.
    pub(crate) tags: Vec<(String, String)>,
    /// The same, with those that their IAM users alone get.
    pub(crate) user_tags: Vec<(String, String)>,
    pub(crate) people: Vec<&'a User>,
}

/// The people, by what they hold and by the tags that some policy asks for.
pub(crate) fn classes<'a>(account_inventory: &AccountInventory, people: &[&'a User]) -> Vec<PrincipalClass<'a>> {
    type Tags = Vec<(String, String)>;
    type Alike<'h> = (&'h str, bool, Tags, Tags);
    let keys = account_inventory.tag_keys();
    let mut classes: BTreeMap<Alike<'_>, (ShapeId, Vec<&User>)> = BTreeMap::new();
    let texts: BTreeMap<ShapeId, String> =
        account_inventory.people.iter().map(|(form, resources)| (*form, format!("{resources:?}"))).collect();
    for user in people {
        let with_placeholder = |value: &str| {
            if value == user.name.as_str() { ACTOR_NAME.to_string() } else { value.to_owned() }
        };
        let asked = |tags: &[Tag]| -> Tags {
            let asked = tags.iter().filter(|tag| keys.contains(&tag.key.to_lowercase()));
            asked.map(|tag| (tag.key.clone(), with_placeholder(&tag.value))).collect()
        };
        let tags = asked(&user.tags);
        let user_tags = tags.iter().cloned().chain(asked(&user.person_tags)).collect();
        let Some(form) = account_inventory.shapes.get(&UserShape::of(user)).copied() else { continue };
        let resources = texts.get(&form).map(String::as_str).unwrap_or_default();
        let (_, people) =
            classes.entry((resources, form.suspended, tags, user_tags)).or_insert_with(|| (form, Vec::new()));
        people.push(user);
    }
    let classes = classes.into_iter().map(|((.., tags, user_tags), (form, people))| PrincipalClass {
        form,
        tags,
        user_tags,
        people,
    });
    classes.collect()
}
