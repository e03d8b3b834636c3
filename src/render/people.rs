//! The resources of people: each person's are rendered once, by themselves, and a users stack is what is common to all
//! users stacks with the texts of its people in it. So the length of a person's text is what the person takes of a stack,
//! and one person's values cannot change what another's resources are.

use handlebars::Context;
use memchr::memmem;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::context;
use super::engine::{RenderFailure, Templates};
use crate::finding::{Finding, Rule};
use crate::model::{Account, User, UserName};
use crate::plan::{Names, Size};

/// The kind of stack that people are in, and the key of its context that holds them.
const USERS: &str = "users";

/// The dynamic references that a password takes. Where anybody has a password they are reserved for everybody: who has none
/// today may get one, and cannot move to another stack then.
const PASSWORD_REFERENCES: usize = 1;

/// The rendered resources of people.
#[derive(Debug)]
pub struct People<'a> {
    /// What a users stack has before and behind its people.
    before: String,
    behind: String,
    /// Whether anybody of the account has a password.
    has_passwords: bool,
    texts: Vec<(&'a UserName, String)>,
}

impl<'a> People<'a> {
    /// Renders these people of an account. `users` are in the order of their names.
    ///
    /// # Errors
    /// When the users template cannot be filled, or gives something else than text before, for and behind the people.
    pub fn render(
        templates: &Templates,
        account: &Account,
        names: &Names,
        users: impl IntoIterator<Item = &'a User>,
    ) -> Result<Self, RenderFailure> {
        let users: Vec<&User> = users.into_iter().collect();
        let context = Context::wraps(context::users(account, names)).unwrap_or_else(|_| Context::null());
        let template = templates.folded(USERS, &context, USERS);
        let empty = templates.fill_folded(USERS, &template, &context)?;
        let one = |context: &mut Context, user: &&'a User| {
            let value = serde_json::to_value(context::user_context(account, user)).unwrap_or_default();
            if let Some(root) = context.data_mut().as_object_mut() {
                root.insert(USERS.to_owned(), vec![value].into());
            }
            let mut text = templates.fill_folded(USERS, &template, context)?;
            // The engine gives texts of several times the room that a person takes.
            text.shrink_to_fit();
            Ok((&user.name, text))
        };
        let filled: Vec<Result<(&UserName, String), RenderFailure>> =
            users.par_iter().map_init(|| context.clone(), one).collect();
        let mut texts: Vec<(&UserName, String)> = filled.into_iter().collect::<Result<_, _>>()?;
        let common = |text: &str| empty.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let mut before = texts.iter().map(|(_, text)| common(text)).min().unwrap_or(empty.len());
        while !empty.is_char_boundary(before) {
            before -= 1;
        }
        let (before, behind) = empty.split_at(before);
        for (name, text) in &mut texts {
            let own = text.strip_prefix(before).and_then(|text| text.strip_suffix(behind));
            *text = own.map(str::to_owned).ok_or_else(|| {
                let message =
                    format!("what this template gives for `{name}` is no addition to what it gives for nobody");
                let finding = Finding::new(Rule::TemplateStructure, message)
                    .help("let only what stands between `{{#each users}}` and `{{/each}}` depend on `users`");
                templates.failure(templates.at_first_line(USERS, finding))
            })?;
        }
        Ok(Self { before: before.to_owned(), behind: behind.to_owned(), has_passwords: account.has_console(), texts })
    }

    /// What a person takes of a users stack; nothing for somebody who was not rendered.
    pub fn size(&self, user: &User) -> Size {
        let own = size_of(self.text(&user.name));
        let reserved = if self.has_passwords { PASSWORD_REFERENCES } else { 0 };
        Size { references: own.references.max(reserved), ..own }
    }

    /// What a users stack takes without any people and without the comment at its head.
    pub fn empty(&self) -> Size {
        size_of(&self.before) + size_of(&self.behind)
    }

    /// Appends a users stack with these people.
    pub(super) fn write(&self, users: &[&User], text: &mut String) {
        text.push_str(&self.before);
        text.extend(users.iter().map(|user| self.text(&user.name)));
        if users.is_empty() && self.empty().resources == 0 {
            text.push_str(NOBODY);
        }
        text.push_str(&self.behind);
    }

    fn text(&self, name: &UserName) -> &str {
        let found = self.texts.binary_search_by(|(other, _)| (*other).cmp(name));
        found.ok().and_then(|index| self.texts.get(index)).map_or("", |(_, text)| text)
    }
}

/// What stands in a stack that everybody has left: a template must have a resource, and this one makes nothing.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
const NOBODY: &str = "  Nobody:\n    Type: AWS::CloudFormation::WaitConditionHandle\n";

/// The logical ID of that resource.
pub const NOBODY_ID: &str = "Nobody";

/// The size of a text. A resource is a line `Type:` at the depth of a resource's keys: the text is not parsed for it.
fn size_of(text: &str) -> Size {
    Size { bytes: text.len(), resources: count(text, "\n    Type: "), references: count(text, "{{resolve:") }
}

fn count(text: &str, word: &str) -> usize {
    memmem::find_iter(text.as_bytes(), word).count()
}
