//! The tree that settings and rosters are read into: every key and value knows its place.

use crate::source::Place;

/// A value of a settings or roster file.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where the value stands.
    pub place: Place,
    /// What stands there.
    pub content: Content,
}

/// What a value is, before anyone asks for a type.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Nothing: `key:`, `null` or `~`.
    Null,
    /// Any scalar, as it was written. `plain` scalars may be read as numbers and booleans, quoted ones only as text.
    Scalar {
        /// The text, unescaped.
        text: String,
        /// Whether it stood without quotes.
        plain: bool,
    },
    /// A list.
    Sequence(Vec<Node>),
    /// A map, in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_place: Place,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value under `path`, whose parts are separated by dots.
    pub fn get(&self, path: &str) -> Option<&Node> {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let value = &self.entries().iter().find(|entry| entry.key == first)?.value;
        rest.map_or(Some(value), |rest| value.get(rest))
    }

    /// The value under `path`, or its nearest ancestor that exists, and whether it is the value itself.
    fn nearest(&self, path: &str) -> (&Node, bool) {
        let mut node = self;
        for part in path.split('.') {
            match node.get(part) {
                Some(child) => node = child,
                None => return (node, false),
            }
        }
        (node, true)
    }

    /// Whether something stands under `path`, or in the way to it. `null` is nothing.
    pub fn stands_in(&self, path: &str) -> bool {
        let (node, found) = self.nearest(path);
        match &node.content {
            Content::Null => false,
            Content::Map(_) => found,
            Content::Scalar { .. } | Content::Sequence(_) => true,
        }
    }

    /// The entries of a map; none for everything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The place of the value under `path`, or of its nearest ancestor that exists.
    pub fn place_of(&self, path: &str) -> Place {
        self.nearest(path).0.place.clone()
    }

    /// The values of the list under `path`.
    pub fn values_of(&self, path: &str) -> Option<&[Node]> {
        match &self.get(path)?.content {
            Content::Sequence(values) => Some(values),
            _ => None,
        }
    }

    /// What the value is, in words for a message.
    pub fn describe(&self) -> String {
        match &self.content {
            Content::Null => "nothing".to_owned(),
            Content::Scalar { text, .. } => format!("`{}`", shorten(text)),
            Content::Sequence(_) => "a list".to_owned(),
            Content::Map(_) => "a map".to_owned(),
        }
    }
}

/// Names in back ticks, for a message.
pub fn quoted<T: std::fmt::Display>(names: impl IntoIterator<Item = T>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A value cut to a length, and to the one line, that a message can hold.
pub fn shorten(text: &str) -> String {
    const LONGEST: usize = 80;
    let text = text.replace('\n', "␊").replace('\r', "␍");
    if text.chars().count() <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}…")
}
