//! What people's resources are as text: that of a prototype, in which the prototype's words give way to a person's values.

use std::borrow::Cow;

use memchr::memchr;
use serde_json::{Map, Value};

use super::expand_short_tags::expand_short_tags;
use super::prototype::{PROTOTYPE_ID, PROTOTYPE_VOLUME, words};
use super::span_index::{Scalar, scalars_of};
use super::yaml;
use crate::model::User;

/// Each word of a prototype has this character.
const MARK: u8 = b'7';

/// A prototype's part of a users template. It parses to the same resources wherever such a part can stand: it is some lines of
/// its own, all further in than the key `Resources`, which were read by themselves. So it is with a person's values in the place
/// of the words, since each of these stands in a scalar that `yaml` writes.
#[derive(Debug)]
pub struct Fragment {
    slots: Vec<Slot>,
    /// The text behind the last slot.
    end: String,
    /// What it parses to.
    resources: Map<String, Value>,
}

/// A scalar that holds a word.
#[derive(Debug)]
struct Slot {
    /// The text before it, up to the one before.
    before: String,
    value: Value,
    /// Whether it stands within brackets or braces.
    is_flow: bool,
}

impl Fragment {
    /// The fragment of a prototype. `None` where a part of it may read otherwise elsewhere, or with other values. Of a fragment:
    ///
    /// - It reads by itself: below the key `Resources` alone, it parses to resources of the prototype and nothing else. All of its
    ///   lines are further in than that key, none but a line feed ends one, and the last one ends.
    /// - Each scalar with a word stands as `yaml` writes it. So does a person's value, which is read back as that value. A tag and a key
    ///   are more than their text: `!GetAtt` parts its own at dots, and no long text is a key. There, logical IDs alone stand, which are
    ///   short and have no dots.
    /// - No word stands elsewhere, as by an alias, an escape, or another form of a number. Each scalar with a word gives the resources
    ///   an ID or a value with one, and no key within a resource has one. So, where there are as many of these as of such scalars, each
    ///   comes of a scalar of its own.
    pub(super) fn of(text: &str, prototype: &User) -> Option<Self> {
        const ABOVE: &str = "Resources:\n";
        let words = Substitution::of(prototype);
        let is_below = |line: &str| line.is_empty() || line.starts_with("  ");
        let has_other_breaks = text.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']);
        if has_other_breaks || !text.ends_with('\n') || !text.lines().all(is_below) {
            return None;
        }
        let whole = [ABOVE, text].concat();
        let mut read = expand_short_tags(&whole).ok()?;
        let resources = std::mem::take(read.get_mut("Resources")?.as_object_mut()?);
        if read.as_object()?.len() > 1 || !resources.keys().all(|id| id.starts_with(PROTOTYPE_ID)) {
            return None;
        }
        let (mut slots, mut end) = (Vec::new(), ABOVE.len());
        for Scalar { text, span, is_tagged, is_flow } in scalars_of(&whole) {
            let (written, behind) = (whole.get(span.clone())?, whole.get(span.end..)?);
            let value = if written == PROTOTYPE_VOLUME.to_string() {
                PROTOTYPE_VOLUME.into()
            } else if words.replaces(&text) {
                Value::String(text)
            } else {
                continue;
            };
            let is_id = value.as_str().is_some_and(|text| !words.replaces(&text.replace(PROTOTYPE_ID, "")));
            let is_key = behind.trim_start_matches(' ').starts_with(':');
            let slot = Slot { before: whole.get(end..span.start)?.to_owned(), value, is_flow };
            if words.written(&slot) != written || (is_tagged || is_key) && !is_id {
                return None;
            }
            slots.push(slot);
            end = span.end;
        }
        let found = resources.len() + resources.values().map(|one| words.count(one)).sum::<Option<usize>>()?;
        (found == slots.len()).then(|| Self { slots, end: whole[end..].to_owned(), resources })
    }

    /// The text with these values.
    pub fn text(&self, values: &Substitution) -> String {
        let mut text = String::new();
        for slot in &self.slots {
            text.push_str(&slot.before);
            text.push_str(&values.written(slot));
        }
        text + &self.end
    }

    /// The resources that the text with these values parses to.
    pub fn resources(&self, values: &Substitution) -> impl Iterator<Item = (String, Value)> {
        self.resources.iter().map(|(id, resource)| (values.text(id).into_owned(), values.value(resource)))
    }
}

/// A person's values in the place of a prototype's words.
pub struct Substitution {
    /// Each word, with where its mark is and what the person has in its place.
    words: Vec<(usize, String, String)>,
    volume: Option<u32>,
}

impl Substitution {
    /// The values of this person.
    pub fn of(user: &User) -> Self {
        Self { volume: user.notebook.as_ref().map(|notebook| notebook.volume_gb), ..Self::of_words(words(user)) }
    }

    /// These values, each behind the word that gives way to it.
    pub fn of_words(words: Vec<(String, String)>) -> Self {
        let mark = |word: &str| word.bytes().position(|byte| byte == MARK);
        let words = words.into_iter().filter_map(|(word, own)| Some((mark(&word)?, word, own)));
        Self { words: words.collect(), volume: None }
    }

    /// A prototype's value with the person's values.
    pub fn value(&self, value: &Value) -> Value {
        let mut own = value.clone();
        self.put(&mut own);
        own
    }

    fn put(&self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                if map.keys().any(|key| self.replaces(key)) {
                    let entries = std::mem::take(map).into_iter();
                    *map = entries.map(|(key, value)| (self.text(&key).into_owned(), value)).collect();
                }
                map.values_mut().for_each(|value| self.put(value));
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.put(value)),
            Value::String(text) if self.replaces(text) => *text = self.text(text).into_owned(),
            value if *value == PROTOTYPE_VOLUME && self.volume.is_some() => *value = self.volume.into(),
            _ => {}
        }
    }

    /// A prototype's text, in which each word gives way to the person's, which may have such a word in it.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let (mut own, mut rest, mut from) = (String::new(), text, 0);
        // Most texts hold no word of a prototype's; each such word has the mark at its place in it.
        while let Some(mark) = memchr(MARK, rest.as_bytes().get(from..).unwrap_or_default()).map(|at| at + from) {
            let word_here = self.words.iter().find_map(|(offset, word, value)| {
                let start = mark.checked_sub(*offset)?;
                rest.get(start..)?.strip_prefix(word.as_str()).map(|behind| (&rest[..start], behind, value))
            });
            from = mark + 1;
            if let Some((before, behind, value)) = word_here {
                own.extend([before, value]);
                (rest, from) = (behind, 0);
            }
        }
        if rest.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(own + rest) }
    }

    fn replaces(&self, text: &str) -> bool {
        matches!(self.text(text), Cow::Owned(_))
    }

    /// How many values within `value` hold a word. `None` where a key does: it is a scalar, too, and no value.
    fn count(&self, value: &Value) -> Option<usize> {
        match value {
            Value::Object(map) if map.keys().any(|key| self.replaces(key)) => None,
            Value::Object(map) => map.values().map(|value| self.count(value)).sum(),
            Value::Array(values) => values.iter().map(|value| self.count(value)).sum(),
            Value::String(text) => Some(self.replaces(text).into()),
            value => Some((*value == PROTOTYPE_VOLUME).into()),
        }
    }

    /// A prototype's scalar with the person's values.
    fn written(&self, slot: &Slot) -> String {
        let Value::String(text) = &slot.value else { return self.volume.unwrap_or_default().to_string() };
        let own = self.text(text);
        (if slot.is_flow { yaml::flow_scalar(&own) } else { yaml::scalar(&own) }).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{LogicalId, NotebookName, Tag, UserName};
    use crate::render::prototype::{PROTOTYPE_NAME, UserShape};

    fn prototype() -> User {
        let shape = UserShape {
            tags: vec!["user".to_owned(), "notebook".to_owned(), "team".to_owned(), "cost".to_owned()],
            person_tags: vec!["email".to_owned()],
            suspended: false,
            console: false,
            notebook: Some(false),
        };
        shape.prototype().unwrap()
    }

    /// A person with these values, and the text that a template gives for them.
    fn person(name: &str, cost: &str, volume_gb: u32) -> (User, String) {
        let mut user = prototype();
        user.name = UserName::parse(name).unwrap();
        user.logical_id = LogicalId::parse("Some7").unwrap();
        user.tags[0].value = name.to_owned();
        user.tags[3] = Tag::new("cost", cost);
        let notebook = user.notebook.as_mut().unwrap();
        (notebook.volume_gb, notebook.name) = (volume_gb, NotebookName::parse("n").unwrap());
        let text = text_of(&user);
        (user, text)
    }

    fn text_of(user: &User) -> String {
        let (id, notebook, cost) = (&user.logical_id, user.notebook.as_ref().unwrap(), &user.tags[3].value);
        format!(
            "  {id}User:\n    Name: {}\n    Path: {}\n    Cost: {}\n\n  {id}Notebook:\n    Role: !GetAtt {id}User.Arn\n    \
             Size: {}\n    Tags: [{{Key: cost, Value: {}}}, !Ref {id}User, 7]\n",
            yaml::scalar(user.name.as_str()),
            yaml::scalar(&format!("/{}/a", user.name)),
            yaml::scalar(cost),
            notebook.volume_gb,
            yaml::flow_scalar(cost),
        )
    }

    proptest! {
        #[test]
        fn what_it_gives_is_the_text_of_anybody_and_what_that_parses_to(
            name in "[a-zA-Z0-9][a-zA-Z0-9_+=.@-]{0,63}",
            cost in prop_oneof![any::<String>(), "[ -~]{0,40}", "[a-z:]{1,5}"],
            volume in 5_u32..16_385,
        ) {
            let fragment = Fragment::of(&text_of(&prototype()), &prototype()).unwrap();
            let (user, text) = person(&name, &cost, volume);
            let values = Substitution::of(&user);
            prop_assert_eq!(fragment.text(&values), text.clone());
            let read = expand_short_tags(&format!("Resources:\n{text}{}", text.replace("  Some7", "  Other"))).unwrap();
            for (id, resource) in fragment.resources(&values) {
                prop_assert_eq!(&read["Resources"][id], &resource);
            }
            prop_assert_eq!(read["Resources"].as_object().unwrap().len(), 4);
        }
    }

    #[test]
    fn what_may_read_otherwise_elsewhere_is_no_fragment() {
        let sound = text_of(&prototype());
        assert!(Fragment::of(&sound, &prototype()).is_some());
        for (from, to) in [
            ("  Q7PersonUser:\n", "Q7PersonUser:\n"),
            ("  Q7PersonUser:\n", "  Other:\n    A: 1\n  Q7PersonUser:\n"),
            ("    Cost:", "    A: 1\r    Cost:"),
            ("    Cost:", "...\n    Cost:"),
            ("    Cost:", "    q7person: 1\n    Cost:"),
            ("    Cost:", "    A: |\n      q7person\n    Cost:"),
            ("    Cost:", "    A: \"q7person\"\n    Cost:"),
            ("    Cost:", "    A: q7person\n      b\n    Cost:"),
            ("    Cost:", "    A: 0xEEE1D5F1\n    Cost:"),
            ("    Cost:", "    Q7PersonA: 0xEEE1D5F1\n    Cost:"),
            ("    Cost:", "    A: !GetAtt q7person.Arn\n    Cost:"),
            ("    Cost:", "    A: &a q7person\n    B: *a\n    Cost:"),
            ("    Cost:", "    A: ]\n    Cost:"),
            ("7]\n", "7]\nOutputs:\n  A: 1\n"),
            ("7]\n", "7]"),
            ("7]\n", "7\n"),
        ] {
            let text = sound.replacen(from, to, 1);
            assert_ne!(text, sound, "{to}");
            assert!(Fragment::of(&text, &prototype()).is_none(), "{text}");
        }
    }

    #[test]
    fn each_word_of_a_prototype_has_the_mark_and_is_no_part_of_another() {
        let words: Vec<String> = words(&prototype()).into_iter().map(|(word, _)| word).collect();
        assert_eq!(words.iter().filter(|word| **word == PROTOTYPE_NAME).count(), 1);
        for word in &words {
            assert!(word.bytes().any(|byte| byte == MARK), "{word}");
            assert_eq!(words.iter().filter(|other| other.contains(word.as_str())).count(), 1, "{word}");
        }
    }
}
