//! Twins: made-up users of the same form as real ones, whose every value is a harmless word. By them the size of a user
//! is reckoned, and the structure of a user's resources is checked.

use crate::model::{InstanceType, LogicalId, Notebook, NotebookName, Tag, User, UserName};
use crate::source::{Place, SourceFile};

/// What decides which lines a user's resources have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Form {
    /// How many tags all the person's things have.
    pub tags: usize,
    /// How many more the IAM user has.
    pub person_tags: usize,
    /// Whether the person is suspended.
    pub suspended: bool,
    /// Whether the person gets a password for the console.
    pub console: bool,
    /// Whether the person has a notebook.
    pub notebook: bool,
}

/// The value of a twin that is longer than usual, by one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Longer {
    /// None is.
    Nothing,
    /// The name.
    Name,
    /// What the logical IDs begin with.
    LogicalId,
    /// The value of the first tag.
    Tag,
    /// The value of the IAM user's first tag.
    PersonTag,
    /// The notebook's name.
    NotebookName,
    /// The notebook's instance type.
    InstanceType,
    /// The size of the notebook's volume.
    Volume,
}

/// The name of a twin. None of a twin's words is part of another, or likely to be part of an account's own names: so a
/// twin's resource with the words of a real user in their place must be that user's resource.
pub const TWIN_NAME: &str = "q7twin";
/// What the twins' logical IDs begin with.
pub const TWIN_ID: &str = "Q7Twin";
/// The name of a twin's notebook.
pub const TWIN_NOTEBOOK: &str = "q7book";
/// The type of a twin's notebook.
pub const TWIN_TYPE: &str = "ml.q7.type";
/// The size of a twin's volume.
pub const TWIN_VOLUME: u32 = 7;

impl Form {
    /// The form of a user.
    pub fn of(user: &User) -> Self {
        Self {
            tags: user.tags.len(),
            person_tags: user.person_tags.len(),
            suspended: user.suspended,
            console: user.console,
            notebook: user.notebook.is_some(),
        }
    }

    /// A twin of this form. `None` never happens: the words are valid names.
    pub fn twin(self, longer: Longer) -> Option<User> {
        let word =
            |word: &str, of: Longer, more: &str| if longer == of { format!("{word}{more}") } else { word.to_owned() };
        let tags = |count: usize, of: Longer| {
            (0..count)
                .map(|index| Tag::new("key", if index == 0 { word("value", of, "x") } else { "value".to_owned() }))
                .collect()
        };
        let notebook = Notebook {
            name: NotebookName::parse(&word(TWIN_NOTEBOOK, Longer::NotebookName, "x")).ok()?,
            instance_type: InstanceType::parse(&word(TWIN_TYPE, Longer::InstanceType, "x")).ok()?,
            volume_gb: if longer == Longer::Volume { 10 * TWIN_VOLUME } else { TWIN_VOLUME },
        };
        Some(User {
            name: UserName::parse(&word(TWIN_NAME, Longer::Name, "x")).ok()?,
            logical_id: LogicalId::parse(&word(TWIN_ID, Longer::LogicalId, "x")).ok()?,
            tags: tags(self.tags, Longer::Tag),
            person_tags: tags(self.person_tags, Longer::PersonTag),
            suspended: self.suspended,
            console: self.console,
            notebook: self.notebook.then_some(notebook),
            email: None,
            stack: None,
            place: Place::whole(&SourceFile::new("", "")),
        })
    }
}
