//! Findings as one JSON document: stable keys in a stable order, `null` for what a finding does not have.

use serde::Serialize;

use super::lines::Sources;
use super::{slashed, visible};
use crate::finding::Finding;

#[derive(Serialize)]
struct Report<'a> {
    findings: Vec<Entry<'a>>,
    suppressed: Vec<SuppressedEntry<'a>>,
}

#[derive(Serialize)]
struct SuppressedEntry<'a> {
    #[serde(flatten)]
    finding: Entry<'a>,
    suppression: Suppression<'a>,
}

#[derive(Serialize)]
struct Suppression<'a> {
    reason: &'a str,
    owner: &'a str,
    expires: &'a str,
    path: String,
    line: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    rule: &'static str,
    severity: &'static str,
    guard_rule: Option<&'a str>,
    resource: Option<&'a str>,
    message: &'a str,
    path: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    help: Option<&'a str>,
    notes: &'a [String],
}

pub(super) fn render(findings: &[Finding]) -> String {
    let sources = Sources::of(findings);
    let report = Report {
        findings: findings
            .iter()
            .filter(|finding| finding.suppressed.is_none())
            .map(|finding| entry(finding, &sources))
            .collect(),
        suppressed: findings.iter().filter_map(|finding| suppressed(finding, &sources)).collect(),
    };
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
        guard_rule: finding.guard_rule.as_deref(),
        resource: finding.resource.as_deref(),
        message: &finding.message,
        path: finding.place.as_ref().map(|place| slashed(place.path())),
        line: region.map(|region| region.line),
        column: region.map(|region| region.column),
        help: finding.help.as_deref(),
        notes: &finding.notes,
    }
}

fn suppressed<'a>(finding: &'a Finding, sources: &Sources) -> Option<SuppressedEntry<'a>> {
    let by = finding.suppressed.as_ref()?;
    let suppression = Suppression {
        reason: &by.reason,
        owner: &by.owner,
        expires: &by.expires,
        path: slashed(by.place.path()),
        line: by.place.line_column().0,
    };
    Some(SuppressedEntry { finding: entry(finding, sources), suppression })
}
