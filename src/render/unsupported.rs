//! What of YAML is refused before it is read: it takes a reader time out of all proportion, and CloudFormation has no use for it.

use granit_parser::{Event, Parser};

/// How deep flow collections may be nested. Readers of YAML take time by the square of it.
const DEEPEST: usize = 1_000;

/// What is nested beyond all measure, and aliases, which make much of little, in words; `None` where there is neither.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>, "supported YAML features"
pub(super) fn unsupported(text: &str) -> Option<String> {
    let mut depth = 0_usize;
    let (mut may_be_deep, mut may_have_alias, mut may_have_anchor) = (false, false, false);
    let bytes = text.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            // Brackets in texts and comments count here, and not below.
            b'[' | b'{' => {
                depth += 1;
                may_be_deep |= depth > DEEPEST;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            // Nearly all of these stand in texts, or for themselves; of the rest, the parser decides.
            b'*' | b'&' => {
                let before = index.checked_sub(1).map_or(b'\n', |at| bytes[at]);
                let after = bytes.get(index + 1).unwrap_or(&b'\n');
                let may_begin = b" \t\n[{,:".contains(&before) && !b" \t\r\n\"',]}&".contains(after);
                may_have_alias |= may_begin && *byte == b'*';
                may_have_anchor |= may_begin && *byte == b'&';
            }
            _ => {}
        }
    }
    if may_be_deep && is_deep(text) {
        return Some(format!("brackets are nested more than {DEEPEST} deep"));
    }
    let is_alias = |event: &Event<'_>| matches!(event, Event::Alias(..) | Event::UnresolvedAlias(..));
    let mut events = Parser::new_from_str(text).map_while(Result::ok).map(|(event, _)| event);
    (may_have_alias && may_have_anchor && events.any(|event| is_alias(&event)))
        .then(|| "found an alias (`*NAME`), which CloudFormation does not support".to_owned())
}

/// Whether anything is nested deeper than `DEEPEST`, or than the parser follows, in a text with so many brackets.
fn is_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::SequenceStart(..) | Event::MappingStart(..), _)) => depth += 1,
            Ok((Event::SequenceEnd | Event::MappingEnd, _)) => depth = depth.saturating_sub(1),
            Ok(_) => {}
            // The parser itself gives up on what is nested so deep.
            Err(_) => return true,
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_and_towers_are_refused_and_what_looks_like_them_is_not() {
        let said = unsupported("a: &a {b: 1}\nc: [*a, *a]\n").unwrap();
        assert!(said.contains("alias"), "{said}");
        for name in ["_a", "-a", "é", "0"] {
            assert!(unsupported(&format!("a: &{name} 1\nc: *{name}\n")).is_some(), "{name}");
        }
        assert!(unsupported(&"[".repeat(100_000)).unwrap().contains("deep"));
        let many = "[".repeat(2_000);
        for text in [format!("# {many}\na: 1\n"), format!("a: '{many}'\n"), format!("a: |\n  {many}\n")] {
            assert_eq!(unsupported(&text), None);
        }
        for text in ["a: '*b'\n", "a: s3:*x\n", "a: |\n  rm *b\n  [ *c ]\n", "# *a\na: 1\n", "a: [\"*\", '*']\n"] {
            assert_eq!(unsupported(text), None, "{text}");
        }
    }
}
