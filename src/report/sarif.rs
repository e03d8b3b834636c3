//! Findings as SARIF 2.1.0, with what GitHub code scanning asks for beyond the standard: a location for every result
//! and a fingerprint that survives the moving of lines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::json::escaped;
use super::slashed;
use crate::finding::{Finding, RULES, Rule, RuleInfo, Severity};
use crate::source::{LineColumnRange, Place};

/// Where a finding goes that has no file: GitHub drops results without a location.
const HOME: &str = "settings.yaml";
/// In a longer line (a roster in one line of JSON) the place's own text is what the fingerprint stands on.
const FINGERPRINT_LINE: usize = 1_000;

pub(super) fn render(findings: &[Finding]) -> String {
    let occurring: BTreeSet<Rule> = findings.iter().map(|finding| finding.rule).collect();
    let rules: Vec<&RuleInfo> = RULES.iter().filter(|info| occurring.contains(&info.rule)).collect();
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let hash = line_hash(finding);
            let count = seen.entry(hash.clone()).and_modify(|count| *count += 1).or_insert(1);
            result(finding, &rules, &format!("{hash}:{count}"))
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "racestack",
                    "version": env!("CARGO_PKG_VERSION"),
                    "rules": rules.iter().map(|info| rule(info)).collect::<Vec<_>>(),
                },
            },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    escaped(&format!("{log:#}\n"))
}

fn rule(info: &RuleInfo) -> Value {
    let consequence = match info.severity {
        Severity::Error => "nothing is written while there is such a finding",
        Severity::Warning => "the output is written all the same",
    };
    json!({
        "id": info.id,
        "name": name(info.id),
        "shortDescription": {"text": info.summary},
        "fullDescription": {"text": format!("{}; {consequence}", info.summary)},
        "help": {"text": "Each finding says what to change. docs/findings.md lists every rule."},
        "defaultConfiguration": {"level": info.severity.as_str()},
    })
}

/// `area::the-bad-thing` as SARIF likes a name to look: `AreaTheBadThing`.
fn name(id: &str) -> String {
    id.split([':', '-']).filter_map(|word| Some(word.get(..1)?.to_uppercase() + word.get(1..)?)).collect()
}

fn result(finding: &Finding, rules: &[&RuleInfo], fingerprint: &str) -> Value {
    let mut result = json!({
        "ruleId": finding.rule.info().id,
        "ruleIndex": rules.iter().position(|info| info.rule == finding.rule),
        "level": finding.severity.as_str(),
        "message": {"text": told(finding)},
        "locations": [location(finding.place.as_ref())],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    });
    if let Some(by) = &finding.suppressed {
        let justification = format!("{} ({}, until {})", by.reason, by.owner, by.expires);
        result["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": justification}]);
    }
    if !finding.related.is_empty() {
        result["relatedLocations"] = finding.related.iter().map(|(place, label)| related(place, label)).collect();
    }
    result
}

/// What a finding says, line by line.
fn told(finding: &Finding) -> String {
    let help = finding.help.iter().map(|help| format!("help: {help}"));
    let notes = finding.notes.iter().map(|note| format!("note: {note}"));
    std::iter::once(finding.message.clone()).chain(help).chain(notes).collect::<Vec<_>>().join("\n")
}

fn related(place: &Place, label: &str) -> Value {
    let mut location = location(Some(place));
    if !label.is_empty() {
        location["message"] = json!({"text": label});
    }
    location
}

fn location(place: Option<&Place>) -> Value {
    let nowhere = LineColumnRange { line: 1, column: 1, end_line: 1, end_column: 1 };
    let LineColumnRange { line, column, end_line, end_column } =
        place.and_then(Place::line_column_range).unwrap_or(nowhere);
    json!({
        "physicalLocation": {
            "artifactLocation": {"uri": place.map_or_else(|| HOME.to_owned(), uri)},
            "region": {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column},
        },
    })
}

fn uri(place: &Place) -> String {
    let path = slashed(place.path());
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}

/// What a finding is recognised by when the lines around it have moved.
fn line_hash(finding: &Finding) -> String {
    let place = finding.place.as_ref();
    let line = place.filter(|place| !place.source.text.is_empty()).map(|place| {
        let line = place.source.line(place.source.line_number(place.span.start));
        if line.len() > FINGERPRINT_LINE { place.text() } else { line }
    });
    let path = place.map(|place| slashed(place.path())).unwrap_or_default();
    let recognised_by = [finding.rule.info().id, &path, line.unwrap_or(&finding.message).trim()].join("\0");
    let digest = Sha256::digest(recognised_by.as_bytes());
    format!("{:016x}", digest.iter().take(8).fold(0, |hash: u64, byte| hash << 8 | u64::from(*byte)))
}
