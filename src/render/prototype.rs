//! Prototypes: made-up people of the same shape as real ones, whose every value is a word found nowhere else. A person's
//! resources must be their prototype's with the person's values in the place of the words.

use crate::model::{InstanceType, LogicalId, NOTEBOOK, Notebook, NotebookName, TEAM, Tag, USER, User, UserName};
use crate::source::Place;

/// What decides which lines a person's resources have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UserShape {
    /// The keys of the tags that all the person's things have.
    pub tags: Vec<String>,
    /// The keys of those that the IAM user has besides.
    pub person_tags: Vec<String>,
    /// Whether the person is suspended.
    pub suspended: bool,
    /// Whether the person gets a password for the console.
    pub console: bool,
    /// Whether the person has a notebook, and if so, whether it was made by hand: then no stack has it.
    pub notebook: Option<bool>,
}

/// The name of a prototype. No word of a prototype is part of another, or likely to be part of an account's own names.
pub const PROTOTYPE_NAME: &str = "q7person";
/// What the logical IDs of a prototype begin with.
pub const PROTOTYPE_ID: &str = "Q7Person";
/// The name of a prototype's notebook.
pub const PROTOTYPE_NOTEBOOK: &str = "q7notebook";
/// The team of a prototype.
pub const PROTOTYPE_TEAM: &str = "q7team";
/// What the values of a prototype's other tags begin with.
pub const PROTOTYPE_TAG: &str = "q7tag";
/// The type of a prototype's notebook.
pub const PROTOTYPE_TYPE: &str = "ml.q7.type";
/// The size of a prototype's volume: more than any volume has, or any budget.
pub const PROTOTYPE_VOLUME: u32 = 4_007_777_777;

impl UserShape {
    /// The shape of a user.
    pub fn of(user: &User) -> Self {
        let keys = |tags: &[Tag]| tags.iter().map(|tag| tag.key.clone()).collect();
        Self {
            tags: keys(&user.tags),
            person_tags: keys(&user.person_tags),
            suspended: user.suspended,
            console: user.console,
            notebook: user.notebook.as_ref().map(|notebook| notebook.existing),
        }
    }

    /// The prototype of this shape. `None` never happens: the words are valid names.
    pub fn prototype(&self) -> Option<User> {
        let tag = |(index, key): (usize, &String)| {
            let value = match key.as_str() {
                USER => PROTOTYPE_NAME.to_owned(),
                NOTEBOOK => PROTOTYPE_NOTEBOOK.to_owned(),
                _ => tag_word(index, key),
            };
            Tag::new(key.as_str(), value)
        };
        let mut tags: Vec<Tag> = self.tags.iter().chain(&self.person_tags).enumerate().map(tag).collect();
        let person_tags = tags.split_off(self.tags.len());
        let (name, kind) = (NotebookName::parse(PROTOTYPE_NOTEBOOK).ok()?, InstanceType::parse(PROTOTYPE_TYPE).ok()?);
        let notebook = |existing| Notebook { name, instance_type: kind, volume_gb: PROTOTYPE_VOLUME, existing };
        Some(User {
            name: UserName::parse(PROTOTYPE_NAME).ok()?,
            logical_id: LogicalId::parse(PROTOTYPE_ID).ok()?,
            tags,
            person_tags,
            display_name: None,
            suspended: self.suspended,
            console: self.console,
            notebook: self.notebook.map(notebook),
            email: None,
            stack: None,
            was: None,
            place: Place::of_file(""),
            existing_place: Place::of_file(""),
        })
    }
}

/// Whether a text is, or has in it, a value that only a prototype has.
pub fn is_of_prototype(text: &str) -> bool {
    text.contains("q7") || text.contains("Q7") || text.contains(&PROTOTYPE_VOLUME.to_string())
}

/// The words of a prototype's values, each with what a person has in its place.
pub fn words(user: &User) -> Vec<(String, String)> {
    let notebook = user.notebook.as_ref();
    let mut words = vec![
        (PROTOTYPE_NAME.to_owned(), user.name.to_string()),
        (PROTOTYPE_ID.to_owned(), user.logical_id.to_string()),
        (PROTOTYPE_NOTEBOOK.to_owned(), notebook.map_or_else(String::new, |notebook| notebook.name.to_string())),
        (PROTOTYPE_TYPE.to_owned(), notebook.map_or_else(String::new, |notebook| notebook.instance_type.to_string())),
    ];
    let tags = user.tags.iter().chain(&user.person_tags).enumerate();
    words.extend(tags.map(|(index, tag)| (tag_word(index, &tag.key), tag.value.clone())));
    words
}

/// The value of a prototype's tag, by its index among all of the person's.
fn tag_word(index: usize, key: &str) -> String {
    if key == TEAM {
        return PROTOTYPE_TEAM.to_owned();
    }
    // Of one length: none is the beginning of another.
    format!("{PROTOTYPE_TAG}{index:04}")
}
