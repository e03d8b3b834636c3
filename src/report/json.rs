//! Findings as one JSON document: stable keys in a stable order, `null` for what a finding does not have.

use serde_json::{Value, json};

use super::{slashed, visible};
use crate::finding::{Finding, Severity};
use crate::source::Place;

pub(super) fn render(findings: &[Finding]) -> String {
    let report = json!({"findings": open(findings, None), "suppressed": suppressed(findings)});
    escaped(&format!("{report:#}\n"))
}

/// The same for templates, errors and warnings apart.
pub(super) fn by_weight(findings: &[Finding]) -> Value {
    json!({
        "errors": open(findings, Some(Severity::Error)),
        "warnings": open(findings, Some(Severity::Warning)),
        "suppressed": suppressed(findings),
    })
}

/// Those that nobody answers for, all or those of a severity.
fn open(findings: &[Finding], severity: Option<Severity>) -> Value {
    let open = findings.iter().filter(|finding| finding.suppressed.is_none());
    open.filter(|finding| severity.is_none_or(|one| one == finding.severity)).map(entry).collect()
}

fn suppressed(findings: &[Finding]) -> Value {
    let suppressed = findings.iter().filter_map(|finding| {
        let by = finding.suppressed.as_ref()?;
        let mut entry = entry(finding);
        entry["suppression"] = json!({
            "reason": by.reason,
            "owner": by.owner,
            "expires": by.expires,
            "path": slashed(by.place.path()),
            "line": by.place.line_column().0,
        });
        Some(entry)
    });
    suppressed.collect()
}

fn entry(finding: &Finding) -> Value {
    let region = finding.place.as_ref().and_then(Place::line_column_range);
    json!({
        "rule": finding.rule.info().id,
        "severity": finding.severity.as_str(),
        "guard_rule": finding.guard_rule,
        "resource": finding.resource,
        "message": finding.message,
        "path": finding.place.as_ref().map(|place| slashed(place.path())),
        "line": region.map(|region| region.line),
        "column": region.map(|region| region.column),
        "help": finding.help,
        "notes": finding.notes,
    })
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
