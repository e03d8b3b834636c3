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
pub const TWIN_VOLUME: u32 = 7_777_777;
/// The value of each tag that all of a twin's things have.
pub(super) const TWIN_TAG: &str = "q7tag";
/// The value of each tag that the IAM user of a twin has besides.
pub(super) const TWIN_PERSON_TAG: &str = "q7own";
/// The key of each tag of a twin.
pub(super) const TWIN_KEY: &str = "key";

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
    pub fn twin(self) -> Option<User> {
        let tags = |count: usize, value: &str| (0..count).map(|_| Tag::new(TWIN_KEY, value)).collect();
        let notebook = Notebook {
            name: NotebookName::parse(TWIN_NOTEBOOK).ok()?,
            instance_type: InstanceType::parse(TWIN_TYPE).ok()?,
            volume_gb: TWIN_VOLUME,
        };
        Some(User {
            name: UserName::parse(TWIN_NAME).ok()?,
            logical_id: LogicalId::parse(TWIN_ID).ok()?,
            tags: tags(self.tags, TWIN_TAG),
            person_tags: tags(self.person_tags, TWIN_PERSON_TAG),
            suspended: self.suspended,
            console: self.console,
            notebook: self.notebook.then_some(notebook),
            email: None,
            stack: None,
            place: Place::whole(&SourceFile::new("", "")),
        })
    }
}
