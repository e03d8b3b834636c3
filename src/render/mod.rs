//! Rendering: from a plan to templates, as text and as the value that the text parses back to.

mod template;

pub use template::Template;
