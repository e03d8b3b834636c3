//! Reads YAML and JSON (whose documents are YAML too) into nodes.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use super::node::{Content, Entry, Node};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// How deep maps and lists may be nested.
const DEEPEST: usize = 32;

/// Reads a document. `None` where the document is empty; then, or when it cannot be read, the findings say so.
pub fn parse(source: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Option<Node> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        reject_unsupported_tags: true,
        with_snippet: false,
        // Nobody means more; the levels are read one within another, and a stack has an end.
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_reader_input_bytes: None,
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            enforce_alias_anchor_ratio: false,
        },
    };
    if source.text.trim().is_empty() {
        return None;
    }
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(&source.text, options) {
        // Comments alone, or `null`, say as little as an empty file.
        Ok(raw) => Some(node(source, raw, findings)).filter(|node| node.content != Content::Null),
        Err(error) => {
            findings.push(syntax_error(source, &error));
            None
        }
    }
}

fn syntax_error(source: &Arc<SourceFile>, error: &serde_saphyr::Error) -> Finding {
    let place = error.location().map_or_else(|| Place::whole(source), |location| error_place(source, &location));
    let text = error.to_string();
    // The place is shown beside the message, so the reader's own words about it are cut.
    let message = text.lines().next().unwrap_or_default();
    let message = message.split(" at line ").next().unwrap_or(message);
    let message = message.split_once("line ").and_then(|(_, rest)| rest.split_once(": ")).map_or(message, |(_, m)| m);
    let (message, help) = if message.starts_with("multiple YAML documents") {
        ("found a second document, allowed is one".to_owned(), "remove the line `---`, and what stands behind it")
    } else if message.starts_with("unsupported tag") {
        (format!("this is no plain value: {message}"), "remove the tag")
    } else if message.starts_with("budget breached: Depth") {
        (format!("maps and lists are nested more than {DEEPEST} deep"), "close what stands open before")
    } else if message == "expected string scalar" {
        ("found a key that is no text".to_owned(), "write the key as one word")
    } else {
        let help = "check the indentation, the quotes and the colons here and on the line before";
        (format!("this is not well-formed: {}", back_ticked(message)), help)
    };
    Finding::new(Rule::FileSyntax, message).at(place).help(help)
}

/// The reader's words, with `x` for its 'x'.
fn back_ticked(message: &str) -> String {
    let word = |word: &str| match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
        Some(inside) if !inside.is_empty() => format!("`{inside}`"),
        _ => word.to_owned(),
    };
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn node(source: &Arc<SourceFile>, raw: Spanned<Raw>, findings: &mut Vec<Finding>) -> Node {
    let place = place_at(source, &raw.referenced);
    let content = match raw.value {
        Raw::Null => Content::Null,
        Raw::Literal => Content::Scalar { text: place.text().trim().to_owned(), plain: true },
        Raw::Text(text) => {
            // Only a plain scalar stands in the source just as it reads: quotes and block marks make a difference.
            let plain = place.text().trim() == text;
            Content::Scalar { text, plain }
        }
        Raw::Sequence(values) => {
            Content::Sequence(values.into_iter().map(|value| node(source, value, findings)).collect())
        }
        Raw::Map(pairs) => Content::Map(entries(source, pairs, findings)),
    };
    Node { place, content }
}

fn entries(
    source: &Arc<SourceFile>,
    pairs: Vec<(Spanned<String>, Spanned<Raw>)>,
    findings: &mut Vec<Finding>,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let key_place = place_at(source, &key.referenced);
        if let Some(first) = entries.iter().find(|entry| entry.key == key.value) {
            findings.push(
                Finding::new(Rule::FileDuplicateKey, format!("the key `{}` stands twice in one map", key.value))
                    .at(key_place.clone())
                    .related(first.key_place.clone(), "first here")
                    .help(format!("keep one `{}`", key.value)),
            );
            continue;
        }
        entries.push(Entry { key: key.value, key_place, value: node(source, value, findings) });
    }
    entries
}

fn place_at(source: &Arc<SourceFile>, location: &serde_saphyr::Location) -> Place {
    let span = location.span();
    let start = span.byte_offset().unwrap_or(0);
    let length = span.byte_len().unwrap_or(0);
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let end = start.saturating_add(usize::try_from(length).unwrap_or(0));
    Place::new(source, start..end)
}

/// The reader gives the lines and columns of its errors, but not always their bytes.
fn error_place(source: &Arc<SourceFile>, location: &serde_saphyr::Location) -> Place {
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).saturating_sub(1);
    let lines = source.text.split_inclusive('\n').take(count(location.line()));
    let line_start: usize = lines.map(str::len).sum();
    let line = source.text.get(line_start..).unwrap_or_default();
    let column: usize = line.chars().take(count(location.column())).map(char::len_utf8).sum();
    Place::new(source, line_start + column..line_start + column + 1)
}

/// What the reader hands over before places are attached.
enum Raw {
    Null,
    /// A plain boolean or number; its text is taken from the source, so that `1_000` and `0x10` stay as written.
    Literal,
    Text(String),
    Sequence(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Literal)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        Ok(Raw::Sequence(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = access.next_entry()? {
            pairs.push(pair);
        }
        Ok(Raw::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Node>, Vec<Finding>) {
        let mut findings = Vec::new();
        let node = parse(&SourceFile::new("a.yaml", text), &mut findings);
        (node, findings)
    }

    fn scalar(node: &Node, path: &str) -> (String, bool) {
        match &node.get(path).unwrap().content {
            Content::Scalar { text, plain } => (text.clone(), *plain),
            other => panic!("{path} is {other:?}"),
        }
    }

    #[test]
    fn scalars_keep_the_text_that_was_written() {
        let (node, findings) = read(
            "a: 012345670123\nb: '07'\nc: 1_000\nd: true\ne: 1.50\nf: 名前 # comment\ng: |\n  two\n  lines\nh: 0x10\ni: no\nj: 12:30\nk: 2012-10-17\n",
        );
        assert!(findings.is_empty());
        let node = node.unwrap();
        assert_eq!(scalar(&node, "a"), ("012345670123".into(), true));
        assert_eq!(scalar(&node, "b"), ("07".into(), false));
        assert_eq!(scalar(&node, "c"), ("1_000".into(), true));
        assert_eq!(scalar(&node, "d"), ("true".into(), true));
        assert_eq!(scalar(&node, "e"), ("1.50".into(), true));
        assert_eq!(scalar(&node, "f"), ("名前".into(), true));
        assert_eq!(scalar(&node, "g"), ("two\nlines\n".into(), false));
        assert_eq!(scalar(&node, "h"), ("0x10".into(), true));
        assert_eq!(scalar(&node, "i"), ("no".into(), true));
        assert_eq!(scalar(&node, "j"), ("12:30".into(), true));
        assert_eq!(scalar(&node, "k"), ("2012-10-17".into(), true));
    }

    #[test]
    fn places_are_those_of_the_text() {
        let (node, _) = read("a:\n  b: [x, 'y z']\n");
        let node = node.unwrap();
        let Content::Sequence(values) = &node.get("a.b").unwrap().content else { panic!() };
        assert_eq!(values[1].place.text(), "'y z'");
        assert_eq!(values[1].place.line_column(), (2, 10));
    }

    #[test]
    fn a_key_that_stands_twice_is_a_finding_with_both_places() {
        let (_, findings) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(findings[0].message, "the key `a` stands twice in one map");
        assert_eq!(findings[0].place.as_ref().unwrap().line_column(), (3, 1));
        assert_eq!(findings[0].related[0].0.line_column(), (1, 1));
    }

    #[test]
    fn broken_documents_are_findings_at_their_line() {
        for text in ["a: [1, 2\nb: 3\n", "a: 'x\n", "a: b: c\n", "- a\nb: 1\n", "a: *x\n", "{{{", "a: !Nope 1\n"] {
            let (node, findings) = read(text);
            assert!(node.is_none(), "{text:?}");
            assert_eq!(findings.len(), 1, "{text:?}");
            assert!(!findings[0].message.contains("line "), "{text:?}: {}", findings[0].message);
        }
    }

    #[test]
    fn json_with_tabs_is_read() {
        let (node, findings) = read("[\n\t{\"name\": \"a\\u00e9\\/b\", \"notebook\": false}\n]\n");
        assert!(findings.is_empty(), "{findings:?}");
        let Content::Sequence(values) = node.unwrap().content else { panic!() };
        assert_eq!(scalar(&values[0], "name"), ("aé/b".into(), false));
    }
}
