//! A diff as HTML: a page of its own, or what a page holds. No scripts, nothing from elsewhere.

use super::super::visible;
use super::layout::{self, Line, Tone};
use super::{script, summary};
use crate::diff::{Action, Diff};

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

/// The diff as a `section`, for a page that has the style.
pub fn fragment(diff: &Diff) -> String {
    let mut html = String::from("<section class=\"diff\" aria-label=\"diff\">\n");
    if diff.accounts.is_empty() {
        let sides = (escaped(&diff.old), escaped(&diff.new));
        html.extend([
            "<p>No changes: <code>",
            &sides.0,
            "</code> and <code>",
            &sides.1,
            "</code> deploy the same.</p>\n",
        ]);
        return html + "</section>\n";
    }
    html.extend(["<h2>Plan: ", &layout::plan(diff.plan), "</h2>\n<p><code>", &escaped(&diff.old)]);
    html.extend(["</code> → <code>", &escaped(&diff.new), "</code></p>\n"]);
    if !diff.findings.is_empty() {
        html += "<ul class=\"findings\">\n";
        for finding in diff.findings.iter().take(TOLD) {
            html.extend(["<li class=\"loss\">", &escaped(&finding.severity), " <code>", &escaped(&finding.rule)]);
            html.extend(["</code>: ", &escaped(&finding.message), "</li>\n"]);
        }
        if let Some(more) = diff.findings.len().checked_sub(TOLD).filter(|more| *more > 0) {
            html.extend(["<li>and ", &more.to_string(), " more</li>\n"]);
        }
        html += "</ul>\n";
    }
    let first = summary::lines(diff);
    if !first.is_empty() {
        html += "<div class=\"lines\">\n";
        push(&mut html, &first);
        html += "</div>\n";
    }
    let several = diff.accounts.len() > 1;
    for account in &diff.accounts {
        html.extend(["<h3>", &escaped(&layout::account_title(account)), "</h3>\n"]);
        if several {
            html.extend(["<p>", &layout::plan(account.plan), "</p>\n"]);
        }
    }
    let access = layout::access(diff);
    if !access.is_empty() {
        folded(&mut html, "access", &access, true);
    }
    for (stacks, changes) in layout::sections(diff) {
        let loses = changes.iter().any(|change| matches!(change.action, Action::Destroy | Action::Replace));
        let title = layout::section_name(&stacks, several);
        folded(&mut html, &title, &layout::section(&stacks, &changes), loses || changes.len() < 10);
    }
    for lines in script::files(diff) {
        folded(&mut html, lines.first().map_or("", |line| &line.body), &lines, true);
    }
    html + "</section>\n"
}

fn folded(html: &mut String, title: &str, lines: &[Line], open: bool) {
    html.extend([
        "<details",
        if open { " open" } else { "" },
        "><summary>",
        &escaped(title),
        "</summary>\n<div class=\"lines\">\n",
    ]);
    push(html, lines);
    *html += "</div></details>\n";
}

fn push(html: &mut String, lines: &[Line]) {
    for line in lines {
        let class = match line.tone {
            Tone::Plain => "",
            Tone::Heading => "heading",
            Tone::Add => "add",
            Tone::Destroy => "destroy",
            Tone::Change => "change",
            Tone::Replace => "replace",
            Tone::Note => "note",
            Tone::Warning => "warning",
            Tone::Loss => "loss",
        };
        let text = escaped(&line.text());
        if class.is_empty() {
            html.extend(["<div>", &text, "</div>\n"]);
        } else {
            html.extend(["<div class=\"", class, "\">", &text, "</div>\n"]);
        }
    }
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in visible::line(text).chars() {
        match c {
            '&' => html += "&amp;",
            '<' => html += "&lt;",
            '>' => html += "&gt;",
            '"' => html += "&quot;",
            '\'' => html += "&#39;",
            other => html.push(other),
        }
    }
    html
}
