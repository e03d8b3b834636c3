//! A template, as the checks of a single template look at it.

use std::cell::OnceCell;

use serde_json::Value;

use crate::render::Template;
use crate::render::span_index::SpanIndex;
use crate::source::Place;

/// A template with what the checks look at.
pub struct Checked<'a> {
    /// The template.
    pub template: &'a Template,
    outline: OnceCell<SpanIndex>,
}

impl<'a> Checked<'a> {
    /// A template, of whose text nothing is known yet.
    pub fn new(template: &'a Template) -> Self {
        Self { template, outline: OnceCell::new() }
    }

    /// The place in the template that a path of keys leads to. Only findings ask for it.
    pub fn place(&self, path: &str) -> Place {
        self.outline.get_or_init(|| SpanIndex::read(&self.template.source)).place(&format!("/{path}"))
    }

    /// The resources by logical ID.
    pub fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.template.resources()
    }
}
