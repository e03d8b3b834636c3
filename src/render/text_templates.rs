//! The templates of texts for people, which only the commands that write such a text read.
//!
//! In HTML and in Markdown, every `{{value}}` is text, whatever characters it has. In Markdown, code takes no escapes: there
//! `{{{value}}}` stands, and only for values whose type keeps them to harmless characters, such as a user's name.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use handlebars::Handlebars;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::engine::{RenderFailure, Templates};
use super::helpers::strict;
use crate::finding::{Finding, Rule};
use crate::source::is_hidden_in_text;

/// The templates of one kind of text, ready to be filled.
#[derive(Debug)]
pub struct TextTemplates<'a> {
    templates: &'a Templates,
    /// How the names of their files end.
    ending: &'static str,
    engine: Handlebars<'static>,
}

impl Templates {
    /// The HTML templates.
    pub fn html(&self) -> Result<TextTemplates<'_>, RenderFailure> {
        self.texts(".html.hbs", handlebars::html_escape)
    }

    /// The Markdown templates.
    pub fn markdown(&self) -> Result<TextTemplates<'_>, RenderFailure> {
        self.texts(".md.hbs", escape_markdown)
    }

    fn texts(&self, ending: &'static str, escape: fn(&str) -> String) -> Result<TextTemplates<'_>, RenderFailure> {
        let mut texts = TextTemplates { templates: self, ending, engine: strict(escape) };
        for (path, source) in &self.sources {
            let Some(name) = texts.name(path) else { continue };
            if let Err(error) = texts.engine.register_template_string(name, &source.text) {
                return Err(self.failure(Finding::new(Rule::TemplateSyntax, error.to_string())));
            }
        }
        Ok(texts)
    }
}

impl TextTemplates<'_> {
    /// The name of the template in a file, which is the file's own.
    fn name<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.rsplit('/').next()?.strip_suffix(self.ending)
    }

    /// Fills the template of a name.
    pub fn fill(&self, name: &str, context: &impl Serialize) -> Result<String, RenderFailure> {
        self.engine.render(name, context).map_err(|error| {
            let name = error.template_name.as_deref().unwrap_or(name);
            let path = self.templates.sources.keys().find(|path| self.name(path) == Some(name));
            self.templates.unfilled(path.map_or("", String::as_str), &error)
        })
    }
}

/// What a Content-Security-Policy calls the text of an element.
/// Source: <https://www.w3.org/TR/CSP3/#match-element-to-source-list>
pub fn policy_hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// The text as Markdown that shows just this text, on one line.
/// Source: <https://spec.commonmark.org/0.31.2/#backslash-escapes>
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // At the beginning of a line, these make lists and underlines: `- `, `1. `, `===`.
    let first = text.find(|c: char| !c.is_ascii_digit());
    for (at, c) in text.char_indices() {
        let begins_block = Some(at) == first && "-+=.)".contains(c);
        if begins_block || "\\`*_[]<>&|~#!$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(if is_hidden_in_text(c) { ' ' } else { c });
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escape_markdown;

    #[test]
    fn markdown_escapes() {
        assert_eq!(escape_markdown("tanaka.taro@example.com"), "tanaka.taro@example.com");
        assert_eq!(escape_markdown("a<b>&`c`|*d*_e_"), r"a\<b\>\&\`c\`\|\*d\*\_e\_");
        assert_eq!(escape_markdown("1. FC Tokyo"), r"1\. FC Tokyo");
        assert_eq!(escape_markdown("- a - b\nc"), r"\- a - b c");
        assert_eq!(escape_markdown("a\u{200b}b\u{3164}c 👩\u{200d}💻"), "a b c 👩\u{200d}💻");
        assert_eq!(escape_markdown("太郎 🏎\u{fe0f}\u{202e}a\u{2028}b"), "太郎 🏎\u{fe0f} a b");
    }
}
