//! A diff for a terminal, in the look of `terraform plan`.

use super::super::visible;
use super::layout::{self, Line, Tone};
use super::{script, summary};
use crate::diff::Diff;

const RESET: &str = "\u{1b}[0m";

pub(super) fn render(diff: &Diff) -> String {
    let mut text = String::new();
    for line in lines(diff) {
        push(&mut text, &line);
    }
    text
}

fn lines(diff: &Diff) -> Vec<Line> {
    if diff.accounts.is_empty() {
        let sides = format!("No changes: `{}` and `{}` deploy the same.", diff.old, diff.new);
        return vec![Line::bare(Tone::Plain, 0, &visible::line(&sides))];
    }
    let empty = Line::bare(Tone::Plain, 0, "");
    let mut lines = vec![Line::bare(Tone::Heading, 0, &format!("Plan: {}", layout::plan(diff.plan)))];
    lines.extend(summary::lines(diff));
    lines.push(empty.clone());
    for account in &diff.accounts {
        lines.push(Line::bare(Tone::Heading, 0, &layout::account_title(account)));
        if diff.accounts.len() > 1 {
            lines.push(Line::bare(Tone::Plain, 2, &layout::plan(account.plan)));
        }
    }
    let sections = layout::sections(diff);
    let parts = std::iter::once(layout::access(diff))
        .chain(sections.iter().map(|(stacks, changes)| layout::section(stacks, changes)))
        .chain(script::files(diff));
    for part in parts.filter(|part| !part.is_empty()) {
        lines.push(empty.clone());
        lines.extend(part);
    }
    lines
}

fn push(text: &mut String, line: &Line) {
    let colour = match line.tone {
        Tone::Plain => "",
        Tone::Heading => "\u{1b}[1m",
        Tone::Add => "\u{1b}[32m",
        Tone::Destroy => "\u{1b}[31m",
        Tone::Change => "\u{1b}[33m",
        Tone::Replace => "\u{1b}[35m",
        Tone::Note => "\u{1b}[2m",
        Tone::Warning => "\u{1b}[1;33m",
        Tone::Loss => "\u{1b}[1;31m",
    };
    let reset = if colour.is_empty() { "" } else { RESET };
    *text += colour;
    *text += &line.text();
    *text += reset;
    text.push('\n');
}
