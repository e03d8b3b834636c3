//! The HTML of a page, made of its Markdown.

use handlebars::html_escape;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use serde_json::{Value, json};

use crate::model::Language;
use crate::render::policy_hash;

/// What the page's template is filled with. HTML within the Markdown is shown as text. Each line of code is an element, so
/// that the page's style can show where a long line goes on.
pub(super) fn of(markdown: &str, language: Language, style: &str) -> Value {
    let mut title = String::new();
    let (mut in_title, mut in_code) = (false, false);
    let mut events = Vec::new();
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match &event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => in_title = title.is_empty(),
            Event::End(TagEnd::Heading(HeadingLevel::H1)) => in_title = false,
            Event::Text(text) | Event::Code(text) if in_title => title.push_str(text),
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(TagEnd::CodeBlock) => in_code = false,
            _ => {}
        }
        events.push(match event {
            Event::Text(text) if in_code => Event::Html(lines(&text)),
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            event => event,
        });
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    json!({
        "language": language.as_str(), "title": title, "style": style, "style_hash": policy_hash(style), "body": body,
    })
}

/// The lines of code, and in them the words, which no browser then breaks at a hyphen.
fn lines(code: &str) -> CowStr<'static> {
    let word = |part: &str| {
        let text = part.trim_matches(' ');
        part.replacen(text, &format!("<span>{}</span>", html_escape(text)), usize::from(!text.is_empty()))
    };
    let mut html = String::new();
    for line in code.lines() {
        html.push_str("<span>");
        html.extend(line.split_inclusive(' ').map(word));
        html.push_str("\n</span>");
    }
    html.into()
}
