//! The page of an audit: what was found in an account as it is.

use serde::Serialize;

use super::findings::{self, FindingContext, SuppressedContext};
use crate::finding::{Finding, Severity};
use crate::model::Account;
use crate::render::{RenderFailure, Templates, policy_hash};

/// What the page of an audit shows.
#[derive(Debug)]
pub struct AuditPage<'a> {
    pub title: String,
    pub account: &'a Account,
    /// The day of the export, `YYYY-MM-DD`.
    pub taken: String,
    /// What was found, in the order of `finding::sort`, the suppressed among it.
    pub findings: &'a [Finding],
}

/// The parts of the page: their titles, and the rules whose findings are in them, by what their IDs begin with.
const PARTS: [(&str, &[&str]); 3] = [
    ("Isolation", &["isolation::", "audit::reached", "audit::notebook-role"]),
    ("Differences from the out folder", &["audit::drift", "audit::not-in-roster", "audit::not-deployed"]),
    ("To clean up", &[""]),
];

#[derive(Debug, Serialize)]
struct AuditContext<'a> {
    title: &'a str,
    style: &'a str,
    style_hash: String,
    account: &'a str,
    id: &'a str,
    region: &'a str,
    taken: &'a str,
    people: usize,
    errors: usize,
    warnings: usize,
    parts: Vec<Section<'a>>,
    suppressed: Vec<SuppressedContext<'a>>,
}

#[derive(Debug, Serialize)]
struct Section<'a> {
    title: &'static str,
    anchor: String,
    findings: Vec<FindingContext<'a>>,
}

/// The page as HTML.
///
/// # Errors
/// When a template of the page is the user's own and cannot be filled.
pub fn render(templates: &Templates, page: &AuditPage<'_>) -> Result<String, RenderFailure> {
    let style = templates.text("page/page.css");
    let mut parts: Vec<Section<'_>> = PARTS
        .iter()
        .enumerate()
        .map(|(index, (title, _))| Section { title, anchor: format!("part-{}", index + 1), findings: Vec::new() })
        .collect();
    let open: Vec<FindingContext<'_>> = findings::open(page.findings);
    let count = |severity: Severity| open.iter().filter(|one| one.severity == severity.as_str()).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    for finding in open {
        let of = |(_, rules): &(&str, &[&str])| rules.iter().any(|rule| finding.rule.starts_with(rule));
        if let Some(part) = PARTS.iter().position(of).and_then(|index| parts.get_mut(index)) {
            part.findings.push(finding);
        }
    }
    let context = AuditContext {
        title: &page.title,
        style,
        style_hash: policy_hash(style),
        account: page.account.name.as_str(),
        id: page.account.id.as_str(),
        region: page.account.region.as_str(),
        taken: &page.taken,
        people: page.account.users.len(),
        errors,
        warnings,
        parts,
        suppressed: findings::suppressed(page.findings),
    };
    templates.html()?.fill("audit", &context)
}
