//! The page of an audit: what was found in an account as it is.

use serde_json::{Value, json};

use super::findings;
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

/// The page as HTML.
///
/// # Errors
/// When a template of the page is the user's own and cannot be filled.
pub fn render(templates: &Templates, page: &AuditPage<'_>) -> Result<String, RenderFailure> {
    let style = templates.text("page/page.css");
    let mut open = findings::open(page.findings);
    let count = |severity: Severity| open.iter().filter(|one| one["severity"] == severity.as_str()).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let part = |(index, (title, rules)): (usize, (&str, &[&str]))| {
        let is_of = |finding: &mut Value| {
            let id = finding["rule"].as_str().unwrap_or_default();
            rules.iter().any(|rule| id.starts_with(rule))
        };
        let findings: Vec<Value> = open.extract_if(.., is_of).collect();
        json!({"title": title, "anchor": format!("part-{}", index + 1), "findings": findings})
    };
    let parts: Vec<Value> = PARTS.into_iter().enumerate().map(part).collect();
    let account = page.account;
    let context = json!({
        "title": page.title,
        "style": style,
        "style_hash": policy_hash(style),
        "account": account.name.as_str(),
        "id": account.id.as_str(),
        "region": account.region.as_str(),
        "taken": page.taken,
        "people": account.users.len(),
        "errors": errors,
        "warnings": warnings,
        "parts": parts,
        "suppressed": findings::suppressed(page.findings),
    });
    templates.html()?.fill("audit", &context)
}
