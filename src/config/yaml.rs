//! Reads YAML and JSON (whose documents are YAML too) into nodes.

use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::node::{Content, Entry, Node};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// How deep maps and lists may be nested: they are read one within another, and a stack has an end.
const DEEPEST: usize = 32;
/// What input methods write for a colon, and YAML takes for a letter.
const WIDE_COLON: char = '\u{ff1a}';

/// Reads a document. `None` where the document is empty; then, or when it cannot be read, the findings say so.
pub fn parse(source: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Option<Node> {
    let parser = Parser::new_from_str(&source.text);
    let mut reader = YamlReader { source, parser, findings: Vec::new() };
    match reader.document() {
        Ok(node) => {
            findings.append(&mut reader.findings);
            // Comments alone, or `null`, say as little as an empty file.
            node.filter(|node| node.content != Content::Null)
        }
        Err(error) => {
            findings.push(error);
            None
        }
    }
}

struct YamlReader<'a> {
    source: &'a Arc<SourceFile>,
    parser: Parser<'a, StrInput<'a>>,
    /// Of keys that stand twice.
    findings: Vec<Finding>,
}

impl<'a> YamlReader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Place), Finding> {
        let is_comment = |next: &Result<(Event<'_>, Span), _>| matches!(next, Ok((Event::Comment(..), _)));
        match self.parser.find(|next| !is_comment(next)) {
            Some(Ok((event, span))) => Ok((event, self.place(&span))),
            None => Ok((Event::StreamEnd, Place::whole(self.source))),
            Some(Err(error)) => {
                let start = error.marker().byte_offset().unwrap_or_default();
                Err(self.malformed(start, &back_ticked(&error.info())))
            }
        }
    }

    /// What is wrong where the parser stops, at the character that is the cause where that is known.
    fn malformed(&self, start: usize, why: &str) -> Finding {
        let number = self.source.line_number(start);
        let line = |number: usize| self.source.line(number);
        let tab = "write spaces in the place of each TAB (U+0009) in this line";
        let is_indented_by_tab = |number: &usize| line(*number).trim_start_matches(' ').starts_with('\t');
        let has_wide_colon = |number: &usize| line(*number).contains(WIDE_COLON) && !line(*number).contains(": ");
        // Of what goes on in the next line, the parser names the line in which it begins.
        let (place, help) = if line(number).contains('\t') {
            (Place::new(self.source, start..start + 1), tab)
        } else if let Some(number) = Some(number + 1).filter(is_indented_by_tab) {
            (self.place_in(number, '\t'), tab)
        } else if let Some(number) = [number, number - 1].into_iter().find(has_wide_colon) {
            let help = "write `: ` in the place of the full-width colon `：` (U+FF1A)";
            (self.place_in(number, WIDE_COLON), help)
        } else if let Some(rest) = self.source.text.get(start..).and_then(|text| text.strip_prefix(',')) {
            let is_row = rest.trim_start().starts_with('{');
            let is_of_file = is_row && !self.source.text.trim_start().starts_with('[');
            let help = if is_of_file {
                "write `[` before the first row, and `]` behind the last"
            } else {
                "remove this comma"
            };
            let message = "this is not well-formed: the comma stands before nothing, or outside of a list";
            return broken(Place::new(self.source, start..start + 1), message, help);
        } else {
            let help = "check the indentation, the quotes and the colons here and on the line before";
            (Place::new(self.source, start..start + 1), help)
        };
        broken(place, format!("this is not well-formed: {why}"), help)
    }

    /// The place of the first such character in a line, which has one.
    fn place_in(&self, number: usize, character: char) -> Place {
        let start = self.source.line_range(number).start + self.source.line(number).find(character).unwrap_or_default();
        Place::new(self.source, start..start + character.len_utf8())
    }

    fn place(&self, span: &Span) -> Place {
        Place::new(self.source, span.byte_range().unwrap_or_default())
    }

    fn document(&mut self) -> Result<Option<Node>, Finding> {
        let mut document = None;
        loop {
            let (event, place) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(document),
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if document.is_none() => {}
                Event::DocumentStart(..) => {
                    let help = "remove the line `---`";
                    return Err(broken(place, "found a second document, allowed is one", help));
                }
                event => document = Some(self.node(event, place, 1)?),
            }
        }
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event<'a>, place: Place, depth: usize) -> Result<Node, Finding> {
        if depth > DEEPEST && !matches!(event, Event::Scalar(..)) {
            let message = format!("maps and lists are nested more than {DEEPEST} deep");
            return Err(broken(place, message, "close what is open before"));
        }
        let (Event::Scalar(_, _, _, tag) | Event::SequenceStart(_, _, tag) | Event::MappingStart(_, _, tag)) = &event
        else {
            return Err(broken(place, "found an alias, which is not read", "write the value in its place"));
        };
        if let Some(tag) = tag.as_ref().filter(|tag| !tag.is_yaml_core_schema()) {
            return Err(broken(place, format!("this is no plain value: unsupported tag `{tag}`"), "remove the tag"));
        }
        let content = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if matches!(&*text, "" | "~" | "null" | "Null" | "NULL") => {
                Content::Null
            }
            Event::Scalar(text, style, ..) => {
                Content::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(..) => {
                let mut values = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, place) => values.push(self.node(event, place, depth + 1)?),
                    }
                }
                Content::Sequence(values)
            }
            _ => Content::Map(self.entries(depth)?),
        };
        Ok(Node { place, content })
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<Entry>, Finding> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (key, key_place) = match self.next()? {
                (Event::MappingEnd, _) => break,
                (Event::Scalar(text, ..), place) => (text.into_owned(), place),
                (_, place) => return Err(broken(place, "found a key that is no text", "write the key as one word")),
            };
            let (event, place) = self.next()?;
            let value = self.node(event, place, depth + 1)?;
            if let Some(first) = entries.iter().find(|entry| entry.key == key) {
                let message = format!("the key `{key}` is twice in one map");
                let help = format!("keep one `{key}`");
                self.findings.push(Finding::twice(Rule::FileDuplicateKey, message, &key_place, &first.key_place, help));
            } else {
                entries.push(Entry { key, key_place, value });
            }
        }
        Ok(entries)
    }
}

fn broken(place: Place, message: impl Into<String>, help: &str) -> Finding {
    Finding::new(Rule::FileSyntax, message).at(place).help(help)
}

/// The parser's words, with `x` for its 'x'.
fn back_ticked(message: &str) -> String {
    let word = |word: &str| match word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
        Some(inside) if !inside.is_empty() => format!("`{inside}`"),
        _ => word.to_owned(),
    };
    message.split(' ').map(word).collect::<Vec<_>>().join(" ")
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
        assert!(findings.is_empty(), "{findings:?}");
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
    fn broken_documents_are_findings_at_their_line() {
        for text in [
            "a: [1, 2\nb: 3\n",
            "a: 'x\n",
            "a: b: c\n",
            "- a\nb: 1\n",
            "a: *x\n",
            "{{{",
            "a: !Nope 1\n",
            "a: &a [*a]\n",
            "a: &a {b: 1}\nc: {<<: *a}\n",
        ] {
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
