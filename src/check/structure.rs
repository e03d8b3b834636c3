//! Structure: no value of a roster changes what a users template is made of, and every value comes back as itself, in
//! every place where it belongs.
//!
//! Each person is compared with a prototype: somebody of the same shape (the same tag keys, a notebook or none, suspended or
//! not) whose every value is a word found nowhere else. The parsed resources of the prototype, with the person's values in
//! the place of the words, must be the person's resources. What a template gives everybody alike is thus no matter.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use super::checked::Checked;
use crate::finding::{Finding, Rule};
use crate::model::User;
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::{
    NOBODY_ID, PROTOTYPE_ID, PROTOTYPE_VOLUME, RenderFailure, Templates, UserShape, resources_of, words,
};

/// Each word of a prototype has this character.
const MARK: u8 = b'7';

/// What the users templates of an account are compared with.
#[derive(Debug)]
pub struct Expected {
    /// How many resources a template without people has.
    shared: usize,
    /// The resources of a template with the prototype of each shape.
    pub prototypes: BTreeMap<UserShape, Value>,
}

impl Expected {
    /// Renders a prototype of every shape that the people of `plan` have.
    ///
    /// # Errors
    /// When the template cannot be rendered for a prototype.
    pub fn of(plan: &AccountPlan<'_>, templates: &Templates) -> Result<Self, RenderFailure> {
        let mut prototypes = BTreeMap::new();
        for user in plan.stacks.iter().flat_map(|stack| &stack.users) {
            if let Entry::Vacant(entry) = prototypes.entry(UserShape::of(user)) {
                let prototype = entry.key().prototype();
                entry.insert(resources_of(templates, plan, &prototype.iter().collect::<Vec<_>>())?);
            }
        }
        let nobody = resources_of(templates, plan, &[])?;
        let shared = nobody.as_object().map_or(0, |all| all.keys().filter(|id| *id != NOBODY_ID).count());
        Ok(Self { shared, prototypes })
    }
}

/// Checks the template of a stack, if it is one of users. What is wrong with several people alike is one finding.
pub fn check(stack: &StackPlan<'_>, expected: &Expected, one: &Checked<'_>) -> Vec<Finding> {
    if !matches!(stack.part, Part::Users(_)) {
        return Vec::new();
    }
    // A stack that everybody has left holds one resource at least.
    let mut count = if stack.users.is_empty() { expected.shared.max(1) } else { expected.shared };
    let mut wrong: BTreeMap<String, (Mismatch, usize)> = BTreeMap::new();
    for user in &stack.users {
        let Some(prototype) = expected.prototypes.get(&UserShape::of(user)).and_then(Value::as_object) else {
            continue;
        };
        // What does not begin with the person's logical ID belongs to nobody, and is one too many below.
        let own = prototype.iter().filter_map(|(id, value)| Some((id.strip_prefix(PROTOTYPE_ID)?, value)));
        count += own.clone().count();
        if let Some(mismatch) = mismatch(one, user, own) {
            let (_, more) = wrong.entry(mismatch.suffix.clone()).or_insert((mismatch, 0));
            *more += 1;
        }
    }
    let mut findings: Vec<Finding> =
        wrong.into_values().map(|(mismatch, people)| mismatch.finding(one, people)).collect();
    let found = one.template.resources().count();
    if found != count {
        let message = format!("found {found} resources in `{}`, expected {count}", stack.part.name());
        findings.push(structure(one, "Resources", message));
    }
    findings
}

/// The first resource in which a person differs from their prototype.
struct Mismatch {
    /// What the logical ID has behind the person's.
    suffix: String,
    user: String,
    id: String,
    missing: bool,
}

impl Mismatch {
    /// `people` are those with the same mismatch, this person among them.
    fn finding(&self, one: &Checked<'_>, people: usize) -> Finding {
        let Self { id, user, .. } = self;
        let what = if self.missing {
            format!("the resource `{id}` of the user `{user}` is missing")
        } else {
            format!("the resource `{id}` is not what the template gives others, with the values of `{user}`")
        };
        let others = match people {
            1 => String::new(),
            2 => "; so it is for 1 more person of this stack".to_owned(),
            _ => format!("; so it is for {} more people of this stack", people - 1),
        };
        structure(one, &format!("Resources/{id}"), format!("{what}{others}"))
    }
}

fn mismatch<'v>(
    one: &Checked<'_>,
    user: &User,
    prototype: impl Iterator<Item = (&'v str, &'v Value)>,
) -> Option<Mismatch> {
    let resources = one.template.value.get("Resources")?;
    let substitution = Substitution::of(user);
    for (suffix, expected) in prototype {
        let id = format!("{}{suffix}", user.logical_id);
        let found = resources.get(&id);
        if !found.is_some_and(|found| substitution.makes(expected, found)) {
            let missing = found.is_none();
            return Some(Mismatch { suffix: suffix.to_owned(), user: user.name.to_string(), id, missing });
        }
    }
    None
}

/// A person's values in the place of a prototype's words.
struct Substitution {
    /// Each word, with where its mark is and what the person has in its place.
    words: Vec<(usize, String, String)>,
    volume: Option<u64>,
}

impl Substitution {
    fn of(user: &User) -> Self {
        let volume = user.notebook.as_ref().map(|notebook| u64::from(notebook.volume_gb));
        let mark = |word: &str| word.bytes().position(|byte| byte == MARK);
        let words = words(user).into_iter().filter_map(|(word, own)| Some((mark(&word)?, word, own)));
        Self { words: words.collect(), volume }
    }

    /// Whether `expected`, which is a prototype's, becomes `found` with the person's values.
    fn makes(&self, expected: &Value, found: &Value) -> bool {
        match (expected, found) {
            (Value::Object(a), Value::Object(b)) => {
                let same = |((ka, va), (kb, vb)): ((&String, &Value), (&String, &Value))| {
                    self.makes_text(ka, kb) && self.makes(va, vb)
                };
                a.len() == b.len() && a.iter().zip(b).all(same)
            }
            (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.makes(a, b)),
            (Value::String(a), Value::String(b)) => self.makes_text(a, b),
            (Value::Number(a), Value::Number(b)) => {
                a == b || (a.as_u64() == Some(PROTOTYPE_VOLUME.into()) && b.as_u64() == self.volume)
            }
            (a, b) => a == b,
        }
    }

    /// Whether `expected` becomes `found` when each word of the prototype gives way to the person's.
    fn makes_text(&self, mut expected: &str, mut found: &str) -> bool {
        // Most texts hold no word of a prototype's; each such word has the mark at its place in it.
        let mut from = 0;
        while let Some(mark) = expected.bytes().skip(from).position(|byte| byte == MARK).map(|at| at + from) {
            let word_here = self.words.iter().find_map(|(offset, word, own)| {
                let start = mark.checked_sub(*offset)?;
                expected.get(start..)?.strip_prefix(word.as_str()).map(|rest| (start, rest, own))
            });
            let Some((start, rest, own)) = word_here else {
                from = mark + 1;
                continue;
            };
            let (before, after) = (expected.get(..start), found.get(..start));
            let own_rest = found.get(start..).and_then(|rest| rest.strip_prefix(own.as_str()));
            let (true, Some(own_rest)) = (before == after, own_rest) else { return false };
            (expected, found, from) = (rest, own_rest, 0);
        }
        expected == found
    }
}

fn structure(one: &Checked<'_>, path: &str, message: String) -> Finding {
    Finding::new(Rule::TemplateStructure, message).at(one.place(path)).help(
        "let every value of a person stand alone as `{{value}}` in the users template, so that it becomes one scalar",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{NotebookShape, PROTOTYPE_NAME};

    #[test]
    fn each_word_of_a_prototype_has_the_mark_and_is_no_part_of_another() {
        let shape = UserShape {
            tags: vec!["user".to_owned(), "notebook".to_owned(), "team".to_owned()],
            person_tags: vec!["email".to_owned()],
            suspended: false,
            console: false,
            notebook: NotebookShape::Made,
        };
        let words: Vec<String> = words(&shape.prototype().unwrap()).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words.iter().filter(|word| **word == PROTOTYPE_NAME).count(), 1);
        for word in &words {
            assert!(word.bytes().any(|byte| byte == MARK), "{word}");
            assert_eq!(words.iter().filter(|other| other.contains(word.as_str())).count(), 1, "{word}");
        }
    }
}
