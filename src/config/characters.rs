//! The characters of names: one form of each, and which of them nobody sees.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::source::{SourceFile, is_hidden};

/// The text in Unicode's composed form (NFC). macOS writes names decomposed, which look the same and are other tags.
pub fn composed(source: &Arc<SourceFile>) -> Arc<SourceFile> {
    if unicode_normalization::is_nfc(&source.text) {
        return Arc::clone(source);
    }
    SourceFile::new(&source.path, source.text.nfc().collect::<String>())
}

/// The first character that is not `allowed`, for a message: as it looks, by its code point, and where it stands.
pub fn refused_character(text: &str, allowed: impl Fn(char) -> bool) -> Option<String> {
    let (index, c) = text.chars().enumerate().find(|(_, c)| !allowed(*c))?;
    let shown = if is_invisible(c) { String::new() } else { format!("`{c}`, ") };
    let name = name(c).map(|name| format!(" ({name})")).unwrap_or_default();
    Some(format!("character {} of it is {shown}U+{:04X}{name}", index + 1, u32::from(c)))
}

/// The first character that cannot be seen, or that looks like another, for a message.
pub fn hidden_character(text: &str) -> Option<String> {
    refused_character(text, |c| c == ' ' || !(is_invisible(c) || is_full_width(c))).or_else(|| mixed_alphabets(text))
}

/// What is hard to see in a value that is refused as a whole, for a note: the same, a space at an end, or a curly quote.
pub(super) fn odd_character(text: &str) -> Option<String> {
    let curly = || refused_character(text, |c| !is_curly_quote(c));
    hidden_character(text).or_else(|| space_at_end(text)).or_else(curly)
}

/// How long a name is of which that is what is wrong, for a note.
pub fn too_long(text: &str, most: usize) -> Option<String> {
    let length = text.chars().count();
    (length > most).then(|| format!("it has {length} characters"))
}

/// Whether it is a quote as word processors write them.
pub(super) fn is_curly_quote(c: char) -> bool {
    ('\u{2018}'..='\u{201f}').contains(&c)
}

fn space_at_end(text: &str) -> Option<String> {
    let number = if text.starts_with(' ') { 1 } else { text.chars().count() };
    let is_there = text.starts_with(' ') || text.ends_with(' ');
    is_there.then(|| format!("character {number} of it is U+0020 (space)"))
}

/// A word in which letters of another alphabet stand among Latin ones: where, for a message.
pub fn mixed_alphabets(text: &str) -> Option<String> {
    let looks_latin = |c: char| matches!(c, '\u{370}'..='\u{52f}') && c.is_alphabetic();
    let mut start = 0;
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric()) {
        if word.chars().any(|c| c.is_ascii_alphabetic()) && word.chars().any(looks_latin) {
            let (index, c) = word.chars().enumerate().find(|(_, c)| looks_latin(*c))?;
            let alphabet = if c < '\u{400}' { "Greek" } else { "Cyrillic" };
            return Some(format!("character {} is the {alphabet} `{c}`, U+{:04X}", start + index + 1, u32::from(c)));
        }
        start += word.chars().count();
    }
    None
}

fn is_invisible(c: char) -> bool {
    is_hidden(c) || c.is_whitespace() || is_combining_mark(c)
}

/// Whether it is a wide form of an ASCII character, as input methods write them.
fn is_full_width(c: char) -> bool {
    ('\u{ff01}'..='\u{ff5e}').contains(&c)
}

/// What people call a character that they cannot see, or take for another.
fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => "direction mark",
        _ if is_curly_quote(c) => "curly quote",
        '\u{2028}' => "line separator",
        '\u{2029}' => "paragraph separator",
        '\u{2060}' | '\u{feff}' => "zero width no-break space",
        '\u{3000}' => "ideographic space",
        '\u{ff10}'..='\u{ff19}' => "full-width digit",
        '\u{ff1a}' => "full-width colon",
        '\u{ff21}'..='\u{ff3a}' | '\u{ff41}'..='\u{ff5a}' => "full-width letter",
        _ if is_full_width(c) => "full-width sign",
        _ if c == ' ' => "space",
        _ if c.is_control() => "control character",
        _ if is_hidden(c) => "invisible character",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_named_by_what_can_be_seen_of_it() {
        let ascii = |c: char| c.is_ascii_alphanumeric();
        for (text, said) in [
            ("han\u{200b}a", "character 4 of it is U+200B (zero width space)"),
            ("h\u{430}na", "character 2 of it is `\u{430}`, U+0430"),
            ("ｈana", "character 1 of it is `ｈ`, U+FF48 (full-width letter)"),
            ("a＠b", "character 2 of it is `＠`, U+FF20 (full-width sign)"),
            ("１", "character 1 of it is `１`, U+FF11 (full-width digit)"),
            ("a b", "character 2 of it is U+0020 (space)"),
            ("a・", "character 2 of it is `・`, U+30FB"),
        ] {
            assert_eq!(refused_character(text, ascii).unwrap(), said);
        }
        assert_eq!(refused_character("hana", ascii), None);
    }

    #[test]
    fn what_cannot_be_seen_or_looks_like_another_is_named() {
        for (text, said) in [
            ("１２", Some("character 1 of it is `１`, U+FF11 (full-width digit)")),
            ("company： x", Some("character 8 of it is `：`, U+FF1A (full-width colon)")),
            ("a\u{61c}b", Some("character 2 of it is U+061C (direction mark)")),
            ("김\u{3164}", Some("character 2 of it is U+3164 (invisible character)")),
            ("a\u{2028}", Some("character 2 of it is U+2028 (line separator)")),
            ("a b", None),
        ] {
            assert_eq!(hidden_character(text).as_deref(), said, "{text:?}");
        }
        assert_eq!(space_at_end("12 ").unwrap(), "character 3 of it is U+0020 (space)");
        assert_eq!(space_at_end(" 12").unwrap(), "character 1 of it is U+0020 (space)");
        assert_eq!(space_at_end("1 2"), None);
    }

    #[test]
    fn alphabets_mix_within_a_word_alone() {
        assert_eq!(mixed_alphabets("team r\u{430}cing").unwrap(), "character 7 is the Cyrillic `\u{430}`, U+0430");
        for text in ["Иван Petrov", "Team Α", "田中 taro", "racing"] {
            assert_eq!(mixed_alphabets(text), None, "{text}");
        }
    }
}
