//! Findings as one JSON document: stable keys in a stable order, `null` for what a finding does not have.

use serde::Serialize;

use super::lines::Sources;
use super::{slashed, visible};
use crate::finding::Finding;

#[derive(Serialize)]
struct Report<'a> {
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    rule: &'static str,
    severity: &'static str,
    message: &'a str,
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    help: Option<&'a str>,
}

pub(super) fn render(findings: &[Finding]) -> String {
    let sources = Sources::of(findings);
    let report = Report { findings: findings.iter().map(|finding| entry(finding, &sources)).collect() };
    // Strings, numbers and lists always have a form in JSON.
    escaped(&serde_json::to_string_pretty(&report).unwrap_or_default()) + "\n"
}

/// The same document, with every character that a terminal should not see written as an escape. Such characters stand
/// only inside strings.
pub(super) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || visible::character(c) == c {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn entry<'a>(finding: &'a Finding, sources: &Sources) -> Entry<'a> {
    let region = finding.place.as_ref().and_then(|place| sources.region(place));
    Entry {
        rule: finding.rule.info().id,
        severity: finding.severity.as_str(),
        message: &finding.message,
        path: finding.place.as_ref().map(|place| slashed(place.path())),
        line: region.map(|region| region.line),
        column: region.map(|region| region.column),
        help: finding.help.as_deref(),
    }
}
