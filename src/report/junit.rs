//! Findings as JUnit XML, as GitLab and Jenkins show them: a case for each finding. An error is a failure, a suppressed
//! finding is skipped, a warning passes and says so in its output.

use super::{filled, json, visible};
use crate::finding::Finding;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut context = json::by_weight(findings);
    // Some tools call a report without a case broken.
    context["cases"] = findings.len().max(1).into();
    context["none"] = findings.is_empty().into();
    filled(include_str!("../../templates/report/junit.xml.hbs"), escape, &context)
}

/// What XML reads as the text, on one line. Two characters XML knows not at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible::line(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
        }
    }
    escaped
}
