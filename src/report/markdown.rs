//! Findings as Markdown, for comments and tickets. Nothing that a finding says means anything in it.

use super::{filled, json, visible};
use crate::finding::Finding;

pub(super) fn render(findings: &[Finding]) -> String {
    filled(include_str!("../../templates/report/findings.md.hbs"), escaped, &json::by_weight(findings))
}

/// A text on one line, in which back ticks still make code, and nothing else means anything.
/// Source: <https://spec.commonmark.org/0.31.2/#backslash-escapes>
fn escaped(text: &str) -> String {
    let line = visible::line(text);
    let closed = line.matches('`').count() & !1;
    let mut escaped = String::new();
    for (at, part) in line.splitn(closed + 1, '`').enumerate() {
        if at % 2 == 1 {
            // An empty pair of back ticks would open code that ends elsewhere.
            if !part.is_empty() {
                escaped.extend(["`", part, "`"]);
            }
            continue;
        }
        for c in part.chars() {
            if "\\`*_[]<>&|~#!$".contains(c) {
                escaped.push('\\');
            }
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn code_stays_code_and_nothing_else_means_anything() {
        assert_eq!(escaped("the user `a*b` has [x](y) <b>"), r"the user `a*b` has \[x\](y) \<b\>");
        assert_eq!(escaped("one `"), r"one \`");
        assert_eq!(escaped("a\n# b `` c"), r"a␊\# b  c");
    }
}
