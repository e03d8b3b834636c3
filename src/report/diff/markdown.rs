//! A diff as the comment of a pull request.
//!
//! What templates and rosters hold stands in code alone, between fences that are longer than any in it, or with every
//! character that could mean something written as a number: it can neither end a block, nor make a link, a tag or a mention.

use super::super::visible;
use super::layout;
use super::line::{Line, LineStyle};
use super::parts::{DiffPart, ReviewPriority, parts};
use super::summary;
use crate::diff::Diff;
use crate::finding::counted;

/// The most that GitHub takes as a comment. It counts characters; bytes are never fewer.
/// Source: <https://github.com/orgs/community/discussions/27190>
pub(super) const LONGEST: usize = 65_536;
/// By this first line, which is not shown, CI finds the comment that it wrote before.
const COMMENT_MARKER: &str = "<!-- racestack diff -->\n";
/// What is kept for the head of the text, and for telling what is left out.
const HEAD: usize = 12_000;
const FOOT: usize = 2_500;
/// A part longer than this is cut.
const LONGEST_PART: usize = 14_000;
/// Findings and left-out parts that are told one by one.
const TOLD: usize = 12;

pub(super) fn render(diff: &Diff) -> String {
    let mut text = head(diff);
    let parts = parts(diff);
    let mut by_priority: Vec<usize> = (0..parts.len()).collect();
    by_priority.sort_by_key(|at| parts[*at].priority);
    let shown: Vec<String> = parts.iter().map(show).collect();
    let mut room = LONGEST.saturating_sub(text.len() + FOOT);
    let mut fits = vec![false; parts.len()];
    for at in by_priority {
        if shown[at].len() <= room {
            room -= shown[at].len();
            fits[at] = true;
        }
    }
    let left_out: Vec<&DiffPart> = parts.iter().zip(&fits).filter(|(_, fits)| !**fits).map(|(part, _)| part).collect();
    if let Some(title) = layout::parts_title(diff) {
        text += &format!("**{}**\n\n", code(&title));
    }
    for (shown, _) in shown.iter().zip(&fits).filter(|(_, fits)| **fits) {
        text += shown;
    }
    text += &foot(parts.len(), &left_out);
    text
}

fn head(diff: &Diff) -> String {
    if diff.accounts.is_empty() {
        return format!(
            "{COMMENT_MARKER}**No changes**: {} and {} deploy the same.\n",
            code(&diff.old),
            code(&diff.new)
        );
    }
    let mut text = format!("{COMMENT_MARKER}**Plan: {}**\n\n", layout::plan(diff.plan));
    text += &format!("{} → {}\n\n", code(&diff.old), code(&diff.new));
    let accounts = diff.accounts.iter().map(|account| Line::bare(LineStyle::Plain, 0, layout::account_title(account)));
    text += &block(summary::lines(diff).into_iter().chain(accounts.take(TOLD)));
    text.push('\n');
    let findings = diff.findings.iter();
    let findings = findings.map(|one| format!("**{}** {}: {}", one.severity, code(&one.rule), code(&one.message)));
    text += &listed(findings, HEAD.saturating_sub(text.len()));
    if !diff.findings.is_empty() {
        text.push('\n');
    }
    text
}

/// A part that can be unfolded; what a reader must see is unfolded already.
fn show(part: &DiffPart) -> String {
    let mut lines = String::new();
    let mut left = part.lines.len();
    for line in &part.lines {
        let line = diff_line(line);
        if lines.len() + line.len() > LONGEST_PART {
            break;
        }
        lines += &line;
        lines.push('\n');
        left -= 1;
    }
    if left > 0 {
        lines += &format!("  … {}\n", counted(left, "more line", "more lines"));
    }
    let fence = fence(&lines);
    let open = if part.priority <= ReviewPriority::Lost { " open" } else { "" };
    let title = code(part.title());
    format!(
        "<details{open}><summary>{title}: {}</summary>\n\n{fence}diff\n{lines}{fence}\n</details>\n\n",
        part.priority.words()
    )
}

/// Lines between fences.
fn block(lines: impl Iterator<Item = Line>) -> String {
    let lines: String = lines.map(|line| diff_line(&line) + "\n").collect();
    let fence = fence(&lines);
    format!("{fence}diff\n{lines}{fence}\n")
}

/// A line with its sign in front, where GitHub looks for it.
fn diff_line(line: &Line) -> String {
    let sign = line.style.look().0;
    format!("{}{}", if sign == "~" { "!" } else { sign }, line.unsigned())
}

fn foot(all: usize, left_out: &[&DiffPart]) -> String {
    if left_out.is_empty() {
        return String::new();
    }
    let mut text = format!("**Left out, since a comment holds no more: {} of {all} parts**\n\n", left_out.len());
    let parts = left_out.iter();
    let parts = parts.map(|one| {
        format!("{}: {}, {}", code(one.title()), one.priority.words(), counted(one.lines.len(), "line", "lines"))
    });
    text += &listed(parts, FOOT - 300 - text.len());
    text + "\nAll of it: `racestack diff`\n"
}

/// A list of the first texts, as far as there is room for so many bytes, and of how many more there are.
fn listed(texts: impl ExactSizeIterator<Item = String>, room: usize) -> String {
    let (mut list, count) = (String::new(), texts.len());
    for (at, text) in texts.enumerate() {
        if at == TOLD || list.len() + text.len() + 3 > room {
            list += &format!("- and {} more\n", count - at);
            break;
        }
        list += &format!("- {text}\n");
    }
    list
}

/// More of a name than this is cut.
const LONGEST_NAME: usize = 120;

/// A text as code in the middle of others: nothing in it means anything.
fn code(text: &str) -> String {
    let mut code = String::from("<code>");
    let visible = visible::line(text);
    for (at, c) in visible.chars().enumerate() {
        if at == LONGEST_NAME {
            code.push('…');
            break;
        }
        if c.is_alphanumeric() || c == ' ' || c == '-' {
            code.push(c);
        } else {
            code += &format!("&#{};", u32::from(c));
        }
    }
    code + "</code>"
}

/// More back ticks than stand together anywhere in a text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
