//! The page of a fleet: one HTML file that needs nothing else, for people who review or run it.
//!
//! What a roster, the settings or a template say is text in the page and nothing more: every value is escaped, and the page's
//! own policy lets run the one script, and apply the one style sheet, whose hashes it names.

mod access_matrix;
mod audit;
mod context;
mod findings;
mod picture;

pub use access_matrix::{AccessMatrix, AccessRow, PeopleOfKind, answer_word};
pub use audit::{AuditPage, render as render_audit};

use serde::Serialize;

use crate::facts::date::Date;
use crate::finding::Finding;
use crate::model::Account;
use crate::output::Manifest;
use crate::render::{RenderFailure, Templates};

/// What a page shows.
#[derive(Debug)]
pub struct Page<'a> {
    pub title: String,
    /// The day of the run, if it was given.
    pub today: Option<Date>,
    /// The revision of the configuration, if it is in git.
    pub revision: Option<String>,
    /// The accounts, in the order of the page.
    pub accounts: Vec<PageAccount>,
    /// What synth has to say, in the order of `finding::sort`, the suppressed among it.
    pub findings: &'a [Finding],
    /// Whether what synth would write is not what stands in the out folder.
    pub stale: bool,
    /// What changes, if the page is asked to compare.
    pub diff: Option<Fragment>,
}

#[derive(Debug)]
pub struct PageAccount {
    /// The account, with its people.
    pub account: Account,
    /// Its stacks.
    pub manifest: Manifest,
    /// Who may do what in it.
    pub access: AccessMatrix,
}

/// A part of a page that is HTML already.
#[derive(Debug, Serialize)]
pub struct Fragment {
    /// The elements.
    pub body: String,
    /// The style sheet that they need.
    pub style: String,
}

/// The page as HTML.
///
/// # Errors
/// When a template of the page is the user's own and cannot be filled.
pub fn render(templates: &Templates, page: &Page<'_>) -> Result<String, RenderFailure> {
    templates.html()?.fill("page", &context::of(templates, page))
}
