//! Reporters of diffs: text for a terminal, JSON, and what stands in a pull request or a page.
//!
//! All but JSON show the same lines, which `layout` makes, in their own way.

mod access;
mod html;
mod layout;
mod line;
mod markdown;
mod parts;
mod summary;
mod values;

use clap::ValueEnum;

pub use html::{STYLE as DIFF_STYLE, fragment as diff_fragment};

use self::line::{Line, LineStyle};
use super::json::escaped;
use crate::diff::Diff;

/// How a diff is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// For reading in a terminal.
    #[default]
    Text,
    /// One JSON document, as `racestack schema diff` describes it.
    Json,
    /// For the comment of a pull request: at most 65,536 characters, folded.
    Markdown,
    /// A page without scripts, with its style in it.
    Html,
}

/// The diff as one text in `format`. The text for a terminal is coloured; whoever prints it drops the colours where none
/// are shown.
pub fn render_diff(format: DiffFormat, diff: &Diff) -> String {
    match format {
        DiffFormat::Text => text(diff),
        DiffFormat::Markdown => markdown::render(diff),
        DiffFormat::Html => html::page(diff),
        // Strings, numbers and lists always have a form in JSON.
        DiffFormat::Json => escaped(&serde_json::to_string_pretty(diff).unwrap_or_default()) + "\n",
    }
}

/// The text for a terminal, in the look of `terraform plan`.
fn text(diff: &Diff) -> String {
    if diff.accounts.is_empty() {
        let same = format!("No changes: `{}` and `{}` deploy the same.", diff.old, diff.new);
        return Line::bare(LineStyle::Plain, 0, same).text() + "\n";
    }
    let mut lines = vec![Line::bare(LineStyle::Heading, 0, format!("Plan: {}", layout::plan(diff.plan)))];
    lines.extend(summary::lines(diff));
    let empty = Line::bare(LineStyle::Plain, 0, "");
    lines.push(empty.clone());
    for account in &diff.accounts {
        lines.push(Line::bare(LineStyle::Heading, 0, layout::account_title(account)));
        if diff.accounts.len() > 1 {
            lines.push(Line::bare(LineStyle::Plain, 2, layout::plan(account.plan)));
        }
    }
    if let Some(title) = layout::parts_title(diff) {
        lines.extend([empty.clone(), Line::bare(LineStyle::Heading, 0, title)]);
    }
    for part in parts::parts(diff) {
        lines.push(empty.clone());
        lines.extend(part.lines);
    }
    let coloured = |line: &Line| match (line.style.look().2, line.text()) {
        ("", text) => text + "\n",
        (colour, text) => format!("{colour}{text}\u{1b}[0m\n"),
    };
    lines.iter().map(coloured).collect()
}

/// The JSON Schema of what `DiffFormat::Json` gives.
pub fn diff_schema() -> serde_json::Value {
    schemars::schema_for!(Diff).to_value()
}
