//! The resources of people: each person's are a text of their own, most often their prototype's with the person's values, and a
//! users stack is what is common to all users stacks with the texts of its people in it. So the length of a person's text is what
//! the person takes of a stack, and one person's values cannot change what another's resources are.

use std::collections::{BTreeMap, BTreeSet};

use handlebars::Context;
use memchr::memmem;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::context;
use super::engine::{RenderFailure, Templates};
use super::fragment::{Fragment, Substitution};
use super::prototype::{UserShape, is_of_prototype};
use super::template::count_resources;
use crate::finding::{Finding, Rule};
use crate::model::{Account, StackNumber, User, UserName};
use crate::plan::{Names, Part, Size};

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
    /// The text of a prototype of each shape, and its fragment if it is one.
    prototypes: BTreeMap<UserShape, (String, Option<Fragment>)>,
}

impl<'a> People<'a> {
    /// Renders these people of an account, and a prototype of each shape that they have. `users` are in the order of their names.
    ///
    /// The template is filled for prototypes alone where it is racestack's own, in which no value of a person decides what
    /// another text is, and where no other value could be taken for a prototype's.
    ///
    /// # Errors
    /// When the users template cannot be filled, or gives something else than text before, for and behind the people.
    pub fn render(
        templates: &Templates,
        account: &Account,
        names: &Names,
        users: impl IntoIterator<Item = &'a User>,
    ) -> Result<Self, RenderFailure> {
        let users: Vec<(&User, UserShape)> = users.into_iter().map(|user| (user, UserShape::of(user))).collect();
        let context = context::of(account, names, Part::Users(StackNumber::MIN), |_| "");
        let first = users.first().map(|(user, _)| context::user(account, user)).unwrap_or_default();
        let all_told = format!("{}{first}", context.data());
        let by_prototypes = !templates.has_own_stacks() && !is_of_prototype(&all_told);
        let fill = |own: &mut Option<Context>, user: &User| {
            let context = own.get_or_insert_with(|| context.clone());
            if let Some(root) = context.data_mut().as_object_mut() {
                root.insert(USERS.to_owned(), vec![context::user(account, user)].into());
            }
            templates.fill(USERS, context)
        };
        let empty = templates.fill(USERS, &context)?;
        let shapes: BTreeSet<&UserShape> = users.iter().map(|(_, shape)| shape).collect();
        let prototypes = shapes.into_iter().filter_map(|shape| Some((shape, shape.prototype()?)));
        let prototypes = prototypes.map(|(shape, user)| Ok((shape, fill(&mut None, &user)?, user)));
        let prototypes: Vec<_> = prototypes.collect::<Result<_, RenderFailure>>()?;
        let common = |text: &str| empty.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let mut shared = prototypes.iter().map(|(_, text, _)| common(text)).min().unwrap_or(empty.len());
        while !empty.is_char_boundary(shared) {
            shared -= 1;
        }
        // Prototypes and what comes behind may begin with the same letter: people begin with a line, unless they are within one.
        let line = empty[..shared].rfind('\n').map_or(0, |at| at + 1);
        let is_behind = prototypes.iter().all(|(_, text, _)| text.ends_with(&empty[line..]));
        let (before, behind) = empty.split_at(if is_behind { line } else { shared });
        let own = |name: &UserName, text: &str| {
            let own = text.strip_prefix(before).and_then(|text| text.strip_suffix(behind));
            own.map(str::to_owned).ok_or_else(|| {
                let who = if is_of_prototype(name.as_str()) { "a person".to_owned() } else { format!("`{name}`") };
                let message = format!("what this template gives for {who} is no addition to what it gives for nobody");
                let finding = Finding::new(Rule::TemplateStructure, message)
                    .help("let only what is between `{{#each users}}` and `{{/each}}` depend on `users`");
                templates.failure(templates.at_first_line(USERS, finding))
            })
        };
        let prototypes = prototypes.iter().map(|(shape, text, prototype)| {
            let text = own(&prototype.name, text)?;
            let fragment = Fragment::of(&text, prototype);
            Ok(((*shape).clone(), (text, fragment)))
        });
        let prototypes: BTreeMap<_, (_, Option<Fragment>)> = prototypes.collect::<Result<_, RenderFailure>>()?;
        let text = |context: &mut Option<Context>, (user, shape): &(&User, UserShape)| match prototypes
            .get(shape)
            .and_then(|(_, fragment)| fragment.as_ref())
            .filter(|_| by_prototypes)
        {
            Some(fragment) => Ok(fragment.text(&Substitution::of(user))),
            None => own(&user.name, &fill(context, user)?),
        };
        let texts: Vec<Result<String, RenderFailure>> = users.par_iter().map_init(|| None, text).collect();
        let texts = users.iter().zip(texts).map(|((user, _), text)| Ok((&user.name, text?)));
        // The first failure is reported, whichever came first.
        let texts = texts.collect::<Result<_, RenderFailure>>()?;
        let has_passwords = account.has_console();
        Ok(Self { before: before.to_owned(), behind: behind.to_owned(), has_passwords, texts, prototypes })
    }

    /// What the text of somebody of this shape is made of; `None` where it is not known to be.
    pub fn fragment(&self, shape: &UserShape) -> Option<&Fragment> {
        self.prototypes.get(shape)?.1.as_ref()
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

    /// A users stack with these people.
    pub(super) fn stack(&self, users: &[&User]) -> String {
        self.with(users.iter().map(|user| self.text(&user.name)))
    }

    /// A users stack with nobody in it.
    pub(super) fn nobody(&self) -> String {
        self.with(std::iter::empty())
    }

    /// Of each shape, a users stack with its prototype alone.
    pub(super) fn prototypes(&self) -> impl Iterator<Item = (&UserShape, String)> {
        self.prototypes.iter().map(|(shape, (text, _))| (shape, self.with(std::iter::once(text.as_str()))))
    }

    fn with<'t>(&'t self, people: impl Iterator<Item = &'t str>) -> String {
        let mut people = people.peekable();
        let nobody = if people.peek().is_none() && self.empty().resources == 0 { NOBODY } else { "" };
        std::iter::once(self.before.as_str()).chain(people).chain([nobody, &self.behind]).collect()
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
pub(super) const NOBODY_ID: &str = "Nobody";

fn size_of(text: &str) -> Size {
    let references = memmem::find_iter(text.as_bytes(), "{{resolve:").count();
    Size { bytes: text.len(), resources: count_resources(text), references }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_anybody_has_a_password_there_is_room_for_one_of_everybody() {
        let keys = Vec::new();
        let shape =
            UserShape { tags: keys.clone(), person_tags: keys, suspended: false, console: false, notebook: None };
        let user = shape.prototype().unwrap();
        let references = |has_passwords| {
            let texts = vec![(&user.name, "  A:\n    Type: B\n".to_owned())];
            let (before, behind, prototypes) = (String::new(), String::new(), BTreeMap::new());
            People { before, behind, has_passwords, texts, prototypes }.size(&user).references
        };
        assert_eq!([references(false), references(true)], [0, 1]);
    }
}
