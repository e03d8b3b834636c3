//! What a terminal may be shown: characters that would move its cursor, colour it, turn the reading direction or hide
//! are replaced by visible ones.

use crate::source::is_hidden_in_text;

/// The character that stands for `c`. Line feeds and tabs are replaced too; a caller that wants them asks first.
pub(super) fn character(c: char) -> char {
    match c {
        // The control pictures stand in the same order as the control characters.
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '␡',
        hidden if is_hidden_in_text(hidden) => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// A text for one line.
pub(super) fn line(text: &str) -> String {
    text.chars().map(character).collect()
}

/// A text that keeps its line breaks, each a single line feed.
pub(super) fn lines(text: &str) -> String {
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_become_visible() {
        assert_eq!(line("a\u{1b}[31mb\r\n\tc\u{7f}"), "a␛[31mb␍␊␉c␡");
        assert_eq!(
            line("\u{9b}31m \u{202e}abc \u{2066}\u{200b}\u{3164}"),
            "\u{fffd}31m \u{fffd}abc \u{fffd}\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn names_stay_as_they_are() {
        for name in ["田中 太郎", "김철수", "José", "👩\u{200d}💻", "क\u{94d}\u{200d}ष"] {
            assert_eq!(line(name), name);
        }
    }

    #[test]
    fn line_breaks_stay_where_they_are_asked_for() {
        assert_eq!(lines("one\r\ntwo\rthree\n"), "one\ntwo␍three");
    }
}
