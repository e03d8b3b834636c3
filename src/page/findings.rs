//! Findings, as the pages show them.

use serde::Serialize;

use super::words::{Words, words};
use crate::finding::Finding;

/// A finding, in words.
#[derive(Debug, Serialize)]
pub(super) struct FindingContext<'a> {
    pub(super) severity: &'static str,
    pub(super) rule: &'static str,
    message: Vec<Words<'a>>,
    place: Option<String>,
    help: Option<Vec<Words<'a>>>,
    notes: Vec<Vec<Words<'a>>>,
}

/// A finding that somebody answers for, in words.
#[derive(Debug, Serialize)]
pub(super) struct SuppressedContext<'a> {
    rule: &'static str,
    message: Vec<Words<'a>>,
    place: Option<String>,
    reason: &'a str,
    owner: &'a str,
    expires: &'a str,
}

/// Those that nobody answers for.
pub(super) fn open(findings: &[Finding]) -> Vec<FindingContext<'_>> {
    findings.iter().filter(|finding| finding.suppressed.is_none()).map(finding).collect()
}

/// Those that somebody answers for.
pub(super) fn suppressed(findings: &[Finding]) -> Vec<SuppressedContext<'_>> {
    findings.iter().filter_map(suppressed_one).collect()
}

fn finding(finding: &Finding) -> FindingContext<'_> {
    FindingContext {
        severity: finding.severity.as_str(),
        rule: finding.rule.info().id,
        message: words(&finding.message),
        place: place(finding),
        help: finding.help.as_deref().map(words),
        notes: finding.notes.iter().map(|note| words(note)).collect(),
    }
}

fn suppressed_one(finding: &Finding) -> Option<SuppressedContext<'_>> {
    let suppressed = finding.suppressed.as_ref()?;
    Some(SuppressedContext {
        rule: finding.rule.info().id,
        message: words(&finding.message),
        place: place(finding),
        reason: &suppressed.reason,
        owner: &suppressed.owner,
        expires: &suppressed.expires,
    })
}

fn place(finding: &Finding) -> Option<String> {
    let place = finding.place.as_ref()?;
    let (line, column) = place.line_column();
    Some(format!("{}:{line}:{column}", place.path().display()))
}
