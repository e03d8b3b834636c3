//! Reporters of diffs: text for a terminal, JSON, and what stands in a pull request or a page.
//!
//! All but JSON show the same lines, which `layout` makes, in their own way.

mod html;
mod layout;
mod markdown;
mod script;
mod summary;
mod text;
mod values;

use clap::ValueEnum;

pub use html::{STYLE as DIFF_STYLE, fragment as diff_fragment};

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
        DiffFormat::Text => text::render(diff),
        DiffFormat::Markdown => markdown::render(diff),
        DiffFormat::Html => html::page(diff),
        // Strings, numbers and lists always have a form in JSON.
        DiffFormat::Json => escaped(&serde_json::to_string_pretty(diff).unwrap_or_default()) + "\n",
    }
}

/// The JSON Schema of what `DiffFormat::Json` gives.
pub fn diff_schema() -> serde_json::Value {
    schemars::schema_for!(Diff).to_value()
}
