//! A diff as HTML: a page of its own, or what a page holds. No scripts, nothing from elsewhere.

use super::super::visible;
use super::layout::{self, Line};
use super::parts::{Rank, parts};
use super::summary;
use crate::diff::Diff;

/// The page: one document, with its style in it.
pub(super) fn page(diff: &Diff) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>racestack diff</title>\n<style>\n:root {{ color-scheme: light dark; }}\n\
         body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }}\n\
         {STYLE}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
        fragment(diff)
    )
}

/// The style of what `fragment` gives.
pub const STYLE: &str = "\
.diff { --add: light-dark(#116329, #56d364); --destroy: light-dark(#b3261e, #ff8f87); --change: light-dark(#7d4e00, #e3b341);
  --replace: light-dark(#8250df, #d2a8ff); --note: light-dark(#59636e, #9198a1); }
.diff .lines { font: 13px/1.45 ui-monospace, monospace; margin: 0.25rem 0 1rem; padding: 0 0.9rem; }
.diff .lines div { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 14ch; text-indent: -14ch; }
.diff summary { cursor: pointer; font-weight: 600; }
.diff .add { color: var(--add); } .diff .destroy { color: var(--destroy); } .diff .change { color: var(--change); }
.diff .replace { color: var(--replace); } .diff .note { color: var(--note); }
.diff .warning { color: var(--change); font-weight: 600; } .diff .loss { color: var(--destroy); font-weight: 600; } .diff .heading { font-weight: 600; }
";

/// More findings than these are told by their number.
const TOLD: usize = 50;

/// A part that changes nothing of what was there is folded at first if it has more lines than these.
const UNFOLDED: usize = 60;

/// The diff as a `section`, for a page that has the style.
pub fn fragment(diff: &Diff) -> String {
    let mut html = vec!["<section class=\"diff\" aria-label=\"diff\">\n".to_owned()];
    let (old, new) = (escaped(&diff.old), escaped(&diff.new));
    if diff.accounts.is_empty() {
        html.push(format!("<p>No changes: <code>{old}</code> and <code>{new}</code> deploy the same.</p>\n"));
        return html.concat() + "</section>\n";
    }
    let plan = layout::plan(diff.plan);
    html.push(format!("<h2>Plan: {plan}</h2>\n<p><code>{old}</code> → <code>{new}</code></p>\n"));
    if !diff.findings.is_empty() {
        html.push("<ul class=\"findings\">\n".to_owned());
        for finding in diff.findings.iter().take(TOLD) {
            let (severity, rule) = (escaped(&finding.severity), escaped(&finding.rule));
            let message = escaped(&finding.message);
            html.push(format!("<li class=\"loss\">{severity} <code>{rule}</code>: {message}</li>\n"));
        }
        if let Some(more) = diff.findings.len().checked_sub(TOLD).filter(|more| *more > 0) {
            html.push(format!("<li>and {more} more</li>\n"));
        }
        html.push("</ul>\n".to_owned());
    }
    let first = summary::lines(diff);
    if !first.is_empty() {
        html.push(format!("<div class=\"lines\">\n{}</div>\n", lines(&first)));
    }
    for account in &diff.accounts {
        html.push(format!("<h3>{}</h3>\n", escaped(&layout::account_title(account))));
        if diff.accounts.len() > 1 {
            html.push(format!("<p>{}</p>\n", layout::plan(account.plan)));
        }
    }
    for part in parts(diff) {
        let is_open = !matches!(part.rank, Rank::Changed | Rank::Added) || part.lines.len() <= UNFOLDED;
        let (open, title) = (if is_open { " open" } else { "" }, escaped(&part.title));
        html.push(format!("<details{open}><summary>{title}</summary>\n<div class=\"lines\">\n"));
        html.push(lines(&part.lines) + "</div></details>\n");
    }
    html.concat() + "</section>\n"
}

fn lines(lines: &[Line]) -> String {
    let line = |line: &Line| match (line.tone.look().1, escaped(&line.text())) {
        ("", text) => format!("<div>{text}</div>\n"),
        (class, text) => format!("<div class=\"{class}\">{text}</div>\n"),
    };
    lines.iter().map(line).collect()
}

fn escaped(text: &str) -> String {
    handlebars::html_escape(&visible::line(text))
}
