//! A line of what a diff says, and what it is about.

use super::super::visible;
use crate::diff::Action;

/// What a line is about, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineStyle {
    Plain,
    Heading,
    Add,
    Destroy,
    Change,
    Replace,
    /// Something in passing.
    Note,
    /// What is to be looked at first: access that is widened.
    Warning,
    /// Something lost or refused.
    Loss,
}

impl LineStyle {
    pub(super) fn of(action: Action) -> Self {
        match action {
            Action::Add => Self::Add,
            Action::Change => Self::Change,
            Action::Replace => Self::Replace,
            Action::Destroy => Self::Destroy,
            Action::Retain => Self::Note,
        }
    }

    /// The sign before a line, the class in HTML, and the colour in a terminal.
    pub(super) fn look(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Plain => (" ", "", ""),
            Self::Heading => (" ", "heading", "\u{1b}[1m"),
            Self::Add => ("+", "add", "\u{1b}[32m"),
            Self::Destroy => ("-", "destroy", "\u{1b}[31m"),
            Self::Change => ("~", "change", "\u{1b}[33m"),
            Self::Replace => ("~", "replace", "\u{1b}[35m"),
            Self::Note => (" ", "note", "\u{1b}[2m"),
            Self::Warning => ("!", "warning", "\u{1b}[1;33m"),
            Self::Loss => ("!", "loss", "\u{1b}[1;31m"),
        }
    }
}

/// A line, in which every character can be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub style: LineStyle,
    indent: usize,
    /// Whether the style's sign stands before the body.
    signed: bool,
    pub(super) body: String,
}

impl Line {
    /// A line with its sign.
    pub(super) fn new(style: LineStyle, indent: usize, body: impl AsRef<str>) -> Self {
        Self { style, indent, signed: true, body: visible::line(body.as_ref()) }
    }

    /// A line without a sign.
    pub(super) fn bare(style: LineStyle, indent: usize, body: impl AsRef<str>) -> Self {
        Self { signed: false, ..Self::new(style, indent, body) }
    }

    /// The line as it stands in a terminal.
    pub(super) fn text(&self) -> String {
        let sign = if self.signed { format!("{} ", self.style.look().0) } else { String::new() };
        format!("{:indent$}{sign}{}", "", self.body, indent = self.indent)
    }

    /// The line without its sign, which is to stand elsewhere.
    pub(super) fn unsigned(&self) -> String {
        let indent = if self.signed { self.indent + 2 } else { self.indent };
        format!("{:indent$}{}", "", self.body)
    }
}
