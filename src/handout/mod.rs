//! The page that a person gets on their first day: what is theirs, and the commands to use it. It holds no secret.
//!
//! A page is filled as Markdown, from the one template of its language; the HTML is made of that Markdown.

mod context;
mod html;

use crate::model::{Account, Language, User};
use crate::render::{RenderFailure, Templates, TextTemplates};

/// The forms of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum HandoutFormat {
    /// Markdown, to read as it is or to paste into a wiki
    Markdown,
    /// An HTML file that needs nothing else, to open or to print
    Html,
}

impl HandoutFormat {
    /// What the name of a file in this form ends with.
    pub fn extension(self) -> &'static str {
        match self {
            HandoutFormat::Markdown => "md",
            HandoutFormat::Html => "html",
        }
    }
}

/// What the pages of one language and form are made with.
#[derive(Debug)]
pub struct HandoutRenderer<'a> {
    templates: &'a Templates,
    markdown: TextTemplates<'a>,
    html: TextTemplates<'a>,
    language: Language,
    format: HandoutFormat,
}

impl<'a> HandoutRenderer<'a> {
    /// Reads the templates.
    ///
    /// # Errors
    /// When a template is the user's own and cannot be read.
    pub fn new(templates: &'a Templates, language: Language, format: HandoutFormat) -> Result<Self, RenderFailure> {
        Ok(Self { templates, markdown: templates.markdown()?, html: templates.html()?, language, format })
    }

    /// The page of a person.
    ///
    /// # Errors
    /// When a template is the user's own and cannot be filled.
    pub fn page(&self, account: &Account, user: &User) -> Result<String, RenderFailure> {
        let text = self.markdown.fill(self.language.as_str(), &context::of(account, user))?;
        match self.format {
            HandoutFormat::Markdown => Ok(tidy(&text)),
            HandoutFormat::Html => {
                let style = self.templates.text("handout/handout.css");
                self.html.fill("handout", &html::of(&text, self.language, style))
            }
        }
    }
}

/// The text without the empty lines that conditions leave behind.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    for line in text.trim().lines().map(str::trim_end) {
        if !(line.is_empty() && tidied.ends_with("\n\n")) {
            tidied.push_str(line);
            tidied.push('\n');
        }
    }
    tidied
}
