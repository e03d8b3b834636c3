//! A diff as HTML: a page of its own, or what a page holds. No scripts, nothing from elsewhere.

use serde_json::{Value, json};

use super::super::{escaped, filled};
use super::layout;
use super::line::Line;
use super::parts::{ReviewPriority, parts};
use super::summary;
use crate::diff::Diff;

/// The style of what `fragment` gives.
pub const STYLE: &str = include_str!("../../../templates/report/diff.css");

/// The page: one document, with its style in it.
pub(super) fn page(diff: &Diff) -> String {
    const PAGE: &str = include_str!("../../../templates/report/page.html.hbs");
    filled(PAGE, escaped, &json!({"style": STYLE, "body": fragment(diff)}))
}

/// More findings than these are told by their number.
const TOLD: usize = 50;

/// A part that changes nothing of what was there is folded at first if it has more lines than these.
const UNFOLDED: usize = 60;

/// The diff as a `section`, for a page that has the style.
pub fn fragment(diff: &Diff) -> String {
    let several = diff.accounts.len() > 1;
    let accounts = diff.accounts.iter().map(
        |account| json!({"title": layout::account_title(account), "plan": several.then(|| layout::plan(account.plan))}),
    );
    let parts = parts(diff).into_iter().map(|part| {
        let is_open =
            !matches!(part.priority, ReviewPriority::Changed | ReviewPriority::Added) || part.lines.len() <= UNFOLDED;
        json!({"open": is_open, "title": part.title(), "lines": lines(&part.lines)})
    });
    let context = json!({
        "none": diff.accounts.is_empty(),
        "old": diff.old,
        "new": diff.new,
        "plan": layout::plan(diff.plan),
        "findings": diff.findings.iter().take(TOLD).collect::<Vec<_>>(),
        "more": diff.findings.len().saturating_sub(TOLD),
        "lines": lines(&summary::lines(diff)),
        "accounts": accounts.collect::<Value>(),
        "title": layout::parts_title(diff),
        "parts": parts.collect::<Value>(),
    });
    filled(include_str!("../../../templates/report/diff.html.hbs"), escaped, &context)
}

fn lines(lines: &[Line]) -> Value {
    lines.iter().map(|line| json!({"class": line.style.look().1, "text": line.text()})).collect()
}
