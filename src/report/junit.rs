//! Findings as JUnit XML, as GitLab and Jenkins show them: a case for each finding. An error is a failure, a suppressed
//! finding is skipped, a warning passes and says so in its output.

use std::fmt::Write;

use super::{slashed, told, visible};
use crate::finding::{Finding, Severity};

pub(super) fn render(findings: &[Finding]) -> String {
    let count = |of: fn(&Finding) -> bool| findings.iter().filter(|finding| of(finding)).count();
    let failures = count(|finding| finding.severity == Severity::Error && finding.suppressed.is_none());
    let skipped = count(|finding| finding.suppressed.is_some());
    // Some tools call a report without a case broken.
    let cases = findings.len().max(1);
    let totals = format!("tests=\"{cases}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"");
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"racestack\" {totals}>\n  \
         <testsuite name=\"racestack\" {totals}>\n"
    );
    if findings.is_empty() {
        text.push_str("    <testcase classname=\"racestack\" name=\"nothing was found\"/>\n");
    }
    for finding in findings {
        text.push_str(&case(finding));
    }
    text + "  </testsuite>\n</testsuites>\n"
}

fn case(finding: &Finding) -> String {
    let mut case =
        format!("    <testcase classname=\"{}\" name=\"{}\"", finding.rule.info().id, attribute(&finding.message));
    let mut at = None;
    if let Some(place) = &finding.place {
        let path = slashed(place.path());
        // Writing to a string cannot fail.
        let _ = write!(case, " file=\"{}\"", attribute(&path));
        at = Some(match place.region() {
            Some(region) => {
                let _ = write!(case, " line=\"{}\"", region.line);
                format!("{path}:{}:{}", region.line, region.column)
            }
            None => path,
        });
    }
    let lines = escape(&visible::lines(&told(finding, at)));
    let body = match (&finding.suppressed, finding.severity) {
        (Some(by), _) => {
            let why = format!("suppressed until {} by {}: {}", by.expires, by.owner, by.reason);
            format!("<skipped message=\"{}\"/>", attribute(&why))
        }
        (None, Severity::Error) => format!(
            "<failure type=\"{}\" message=\"{}\">{lines}</failure>",
            finding.rule.info().id,
            attribute(&finding.message)
        ),
        (None, Severity::Warning) => format!("<system-out>warning: {lines}</system-out>"),
    };
    case + ">" + &body + "</testcase>\n"
}

/// The value of an attribute, in one line.
fn attribute(text: &str) -> String {
    escape(&visible::line(text))
}

/// What XML reads as the text. Control characters are visible by now; the two that are left, XML knows not at all.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
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
