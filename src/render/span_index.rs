//! Where things stand in a YAML text: from a path such as `/Resources/Bucket/Properties/Tags/0` to a place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Parser, StructureStyle};

use crate::source::{Place, SourceFile};

/// The places of everything in a YAML text. Building one reads the text once: do so only when something must be found.
#[derive(Debug, Clone)]
pub struct SpanIndex {
    source: Arc<SourceFile>,
    /// By the keys and indexes that lead there, with `/` before each.
    spans: BTreeMap<String, Range<usize>>,
}

impl SpanIndex {
    /// The places in `source`. What follows an error in the YAML is missing from it.
    pub fn read(source: &Arc<SourceFile>) -> Self {
        let mut events = Parser::new_from_str(&source.text).map_while(Result::ok).filter_map(|(event, span)| {
            let range = span.byte_range()?;
            let start =
                span.tag_start.and_then(|mark| mark.byte_offset()).map_or(range.start, |tag| tag.min(range.start));
            (event.is_node() || matches!(event, Event::SequenceEnd | Event::MappingEnd))
                .then_some((event, start..range.end))
        });
        let mut spans = BTreeMap::new();
        if let Some(root) = events.next() {
            read_node(root, &mut events, &mut String::new(), &mut spans);
        }
        Self { source: Arc::clone(source), spans }
    }

    /// The place that `path` leads to, or as far as it leads: an entry is shown by its key (with its value where both
    /// stand on one line), an element by its first line. A key may hold the `/` that separates the steps.
    pub fn place(&self, path: &str) -> Place {
        let mut path = path;
        while !path.is_empty() && !self.spans.contains_key(path) {
            path = path.rsplit_once('/').map_or("", |(above, _)| above);
        }
        let span = self.spans.get(path).cloned().unwrap_or_default();
        let line = self.source.text.get(span.clone()).and_then(|text| text.lines().next()).unwrap_or_default();
        Place::new(&self.source, span.start..span.start + line.trim_end().len())
    }
}

/// Notes what the node that begins with an event holds, and returns its end. Where the events end early, that is what came before.
fn read_node<'i>(
    (event, span): (Event<'i>, Range<usize>),
    events: &mut impl Iterator<Item = (Event<'i>, Range<usize>)>,
    path: &mut String,
    spans: &mut BTreeMap<String, Range<usize>>,
) -> usize {
    let (mut end, above) = (span.end, path.len());
    let is_map = matches!(event, Event::MappingStart(..));
    if !is_map && !matches!(event, Event::SequenceStart(..)) {
        return end;
    }
    for index in 0_usize.. {
        let Some(first) = events.next().filter(|(event, _)| event.is_node()) else { break };
        let start = first.1.start;
        let step = match &first.0 {
            Event::Scalar(key, ..) if is_map => key.to_string(),
            _ if is_map => String::new(),
            _ => index.to_string(),
        };
        path.extend(["/", &step]);
        end = end.max(read_node(first, events, path, spans));
        if is_map && let Some(value) = events.next() {
            end = end.max(read_node(value, events, path, spans));
        }
        spans.insert(path.clone(), start..end);
        path.truncate(above);
    }
    end
}

/// The words that YAML 1.1 takes for true or false, and later versions for texts.
/// Source: <https://yaml.org/type/bool.html>
const WORDS_OF_YAML_1_1: &[&str] =
    &["y", "Y", "yes", "Yes", "YES", "n", "N", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"];

/// Where such words stand in a text without quotes, each with the word.
pub fn words_of_yaml_1_1(source: &Arc<SourceFile>) -> Vec<(Place, &'static str)> {
    let words = scalars_of(&source.text).filter_map(|Scalar { text, span, is_tagged, .. }| {
        let word = WORDS_OF_YAML_1_1.iter().find(|word| **word == text)?;
        let is_plain = source.text.get(span.clone()) == Some(*word);
        (is_plain && !is_tagged).then(|| (Place::new(source, span), *word))
    });
    words.collect()
}

/// A scalar of a YAML text.
pub struct Scalar {
    /// What it reads as.
    pub text: String,
    /// Where it stands, without its tag.
    pub span: Range<usize>,
    /// Whether it has a tag.
    pub is_tagged: bool,
    /// Whether it stands within brackets or braces.
    pub is_flow: bool,
}

/// The scalars of a text, up to where it is no YAML.
pub fn scalars_of(text: &str) -> impl Iterator<Item = Scalar> {
    let mut flows = 0_usize;
    Parser::new_from_str(text).map_while(Result::ok).filter_map(move |(event, span)| match event {
        Event::Scalar(text, _, _, tag) => {
            let text = text.into_owned();
            Some(Scalar { text, span: span.byte_range()?, is_tagged: tag.is_some(), is_flow: flows > 0 })
        }
        Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
            flows += usize::from(flows > 0 || style == StructureStyle::Flow);
            None
        }
        Event::SequenceEnd | Event::MappingEnd => {
            flows = flows.saturating_sub(1);
            None
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# a comment
Resources:
  Bücket:
    Type: AWS::S3::Bucket   # what it is
    Properties:
      BucketName: !Sub "${A}-b"
      Tags:
        - Key: a
          Value: b
        - {Key: c, Value: !Ref D}
      "s3:Tag/Deep": x
      Script: !Base64 |
        #!/bin/bash
        Tags: no
      Role: !GetAtt
        - A
        - Arn
  Last:
    Type: AWS::IAM::User
"#;

    #[track_caller]
    fn check(path: &str, line: usize, column: usize, text: &str) {
        let place = SpanIndex::read(&SourceFile::new("a.yaml", TEXT)).place(path);
        assert_eq!((place.line_column(), place.text()), ((line, column), text), "{path}");
    }

    #[test]
    fn an_entry_is_found_by_its_key_and_an_element_by_its_first_line() {
        check("/Resources/Bücket", 3, 3, "Bücket:");
        check("/Resources/Bücket/Type", 4, 5, "Type: AWS::S3::Bucket");
        check("/Resources/Bücket/Properties/Tags", 7, 7, "Tags:");
        check("/Resources/Bücket/Properties/Tags/0", 8, 11, "Key: a");
        check("/Resources/Bücket/Properties/Tags/0/Value", 9, 11, "Value: b");
        check("/Resources/Bücket/Properties/Tags/1/Value", 10, 20, "Value: !Ref D");
        check("/Resources/Last", 18, 3, "Last:");
    }

    #[test]
    fn tags_and_block_texts_do_not_disturb() {
        check("/Resources/Bücket/Properties/BucketName", 6, 7, r#"BucketName: !Sub "${A}-b""#);
        check("/Resources/Bücket/Properties/Script", 12, 7, "Script: !Base64 |");
        check("/Resources/Last/Type", 19, 5, "Type: AWS::IAM::User");
    }

    #[test]
    fn a_key_may_hold_a_slash() {
        check("/Resources/Bücket/Properties/s3:Tag/Deep", 11, 7, r#""s3:Tag/Deep": x"#);
    }

    #[test]
    fn what_is_not_there_is_shown_at_the_nearest_ancestor() {
        check("/Resources/Bücket/Properties/Tags/7/Key", 7, 7, "Tags:");
        check("/Resources/Bücket/Properties/Role/Fn::GetAtt/0", 15, 7, "Role: !GetAtt");
        check("/Resources/Nobody", 2, 1, "Resources:");
        check("/Metadata", 1, 1, "");
        check("", 1, 1, "");
    }

    #[test]
    fn a_text_that_is_no_yaml_is_shown_as_far_as_it_was_read() {
        let place = SpanIndex::read(&SourceFile::new("a.yaml", "A:\n  B: 1\n  C: ]\n")).place("/A/B");
        assert_eq!(place.line_column(), (2, 3));
        assert_eq!(SpanIndex::read(&SourceFile::new("a.yaml", "")).place("/A").line_column(), (1, 1));
    }
}
