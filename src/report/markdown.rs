//! Findings as Markdown, for comments and tickets. Nothing that a finding says means anything in it.

use std::fmt::Write;

use super::{slashed, visible};
use crate::finding::{Finding, Severity};

pub(super) fn render(findings: &[Finding]) -> String {
    let open: Vec<&Finding> = findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    let count = |severity: Severity| open.iter().filter(|finding| finding.severity == severity).count();
    let suppressed = findings.len() - open.len();
    let mut text = format!(
        "**{} errors, {} warnings, {suppressed} suppressed**\n",
        count(Severity::Error),
        count(Severity::Warning)
    );
    let of = |severity: Severity| open.iter().filter(move |finding| finding.severity == severity);
    // Writing to a string cannot fail.
    for finding in of(Severity::Error).chain(of(Severity::Warning)) {
        let (severity, rule) = (finding.severity.as_str(), finding.rule.info().id);
        let _ = writeln!(text, "\n- **{severity}** `{rule}`: {}", escaped(&finding.message));
        let place = finding.place.as_ref().map(|place| {
            let line = place.region().map(|region| format!(":{}", region.line));
            slashed(place.path()) + &line.unwrap_or_default()
        });
        let help = finding.help.as_ref().map(|help| format!("help: {help}"));
        for line in place.into_iter().chain(finding.notes.iter().cloned()).chain(help) {
            let _ = writeln!(text, "  - {}", escaped(&line));
        }
    }
    for (finding, by) in findings.iter().filter_map(|finding| Some((finding, finding.suppressed.as_ref()?))) {
        let why = format!("until {} by {}: {}", by.expires, by.owner, by.reason);
        let (rule, message) = (finding.rule.info().id, escaped(&finding.message));
        let _ = writeln!(text, "\n- suppressed `{rule}`: {message}\n  - {}", escaped(&why));
    }
    text
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
