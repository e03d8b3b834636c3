//! Reporters: findings as text for people, as JSON, as SARIF, as GitHub annotations, as JUnit XML and as Markdown; and diffs.
//!
//! Each is a pure function from sorted findings to the whole text. Nothing here prints, and nothing here decides what a
//! finding says: the wording is the finding's own.

mod diff;
mod github;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;
mod visible;

use std::path::{MAIN_SEPARATOR_STR, Path};

use clap::ValueEnum;
use handlebars::Handlebars;
use serde_json::Value;

pub use diff::{DIFF_STYLE, DiffFormat, diff_fragment, diff_schema, render_diff};

use crate::finding::Finding;

/// How findings are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Each finding with the lines it is about, for reading in a terminal.
    #[default]
    Human,
    /// One JSON document with a list of findings.
    Json,
    /// SARIF 2.1.0, as GitHub code scanning takes it.
    Sarif,
    /// Workflow commands that GitHub Actions shows beside the changed lines.
    Github,
    /// JUnit XML, as GitLab and Jenkins take it.
    Junit,
    /// Markdown, for comments and tickets.
    Markdown,
}

/// The findings, which `finding::sort` has put in order, as one text in `format`. Only the format for people has colour.
pub fn render(format: Format, findings: &[Finding], colour: bool) -> String {
    match format {
        Format::Human => human::render(findings, colour),
        Format::Json => json::render(findings),
        Format::Sarif => sarif::render(findings),
        Format::Github => github::render(findings),
        Format::Junit => junit::render(findings),
        Format::Markdown => markdown::render(findings),
    }
}

/// A template filled, every `{{value}}` of it escaped. Each is a constant that the tests fill.
fn filled(template: &str, escape: fn(&str) -> String, context: &Value) -> String {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    engine.register_escape_fn(escape);
    engine.render_template(template, context).unwrap_or_else(|error| error.to_string())
}

/// A text on one line of HTML or XML, in which nothing means anything.
fn escaped(text: &str) -> String {
    handlebars::html_escape(&visible::line(text))
}

/// A path with forward slashes, on every system.
fn slashed(path: &Path) -> String {
    path.to_string_lossy().replace(MAIN_SEPARATOR_STR, "/")
}
