//! Source texts and places in them: what every finding points at.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A text that findings can point into: a file of the user's, or a template that racestack made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path as a person would type it: inside the config folder, or inside the out folder.
    pub path: PathBuf,
    /// The decoded text (UTF-8, without a byte order mark). Empty when the file could not be read or does not exist.
    pub text: String,
    /// The sheet of a workbook whose rows the lines are, as CSV.
    pub sheet: Option<String>,
}

impl SourceFile {
    /// A source with its text, shared by all places in it.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into(), sheet: None })
    }

    /// A sheet of a workbook as CSV.
    pub fn of_sheet(path: impl Into<PathBuf>, text: impl Into<String>, sheet: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into(), sheet: Some(sheet.into()) })
    }
}

/// A place in a source: the byte range in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The source that the range is in.
    pub source: Arc<SourceFile>,
    /// The bytes of `source.text` that are meant; may be empty, never out of bounds.
    pub span: Range<usize>,
}

impl Place {
    /// The place of `span` in `source`. A span that leaves the text or cuts a character is clamped, so that
    /// showing a place can never panic.
    pub fn new(source: &Arc<SourceFile>, span: Range<usize>) -> Self {
        let text = &source.text;
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = span.end.clamp(start, text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        Self { source: Arc::clone(source), span: start..end }
    }

    /// The place of a file as a whole, for what no line of it says: a missing file, an empty one.
    pub fn whole(source: &Arc<SourceFile>) -> Self {
        Self::new(source, 0..0)
    }

    /// The path of the source.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column of the first character, both counted from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        line_column(&self.source.text, self.span.start)
    }

    /// The cell of the workbook, such as `C3`, and its sheet. `None` of other files, and of a file as a whole.
    pub fn cell(&self) -> Option<(String, &str)> {
        let sheet = self.source.sheet.as_deref().filter(|_| self.span != (0..0))?;
        let (mut row, mut column, mut quoted) = (1_usize, 0_usize, false);
        for byte in self.source.text.get(..self.span.start)?.bytes() {
            match byte {
                b'"' => quoted = !quoted,
                b',' if !quoted => column += 1,
                b'\n' if !quoted => (row, column) = (row + 1, 0),
                _ => {}
            }
        }
        let mut letters = Vec::new();
        let mut rest = column + 1;
        while rest > 0 {
            letters.push(char::from(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0)));
            rest = (rest - 1) / 26;
        }
        Some((letters.iter().rev().collect::<String>() + &row.to_string(), sheet))
    }

    /// The text that the place covers.
    pub fn text(&self) -> &str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }
}

fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_from_one_and_columns_count_characters() {
        let source = SourceFile::new("a.yaml", "名: x\n  b: y\n");
        assert_eq!(Place::new(&source, 0..0).line_column(), (1, 1));
        assert_eq!(Place::new(&source, 5..6).line_column(), (1, 4));
        assert_eq!(Place::new(&source, 9..10).line_column(), (2, 3));
    }

    #[test]
    fn a_place_in_a_workbook_is_a_cell() {
        let source = SourceFile::of_sheet("a.xlsx", format!("a,b\n\"x,\ny\",{}z\n", ",".repeat(26)), "roster");
        let cell = |at: usize| Place::new(&source, at..at + 1).cell().map(|(cell, sheet)| (cell, sheet.to_owned()));
        assert_eq!(cell(2), Some(("B1".to_owned(), "roster".to_owned())));
        assert_eq!(cell(5), Some(("A2".to_owned(), "roster".to_owned())));
        assert_eq!(cell(source.text.find('z').unwrap()), Some(("AB2".to_owned(), "roster".to_owned())));
        assert_eq!(Place::new(&SourceFile::new("a", "a"), 0..1).cell(), None);
    }

    #[test]
    fn a_span_outside_the_text_or_inside_a_character_is_clamped() {
        let source = SourceFile::new("a.yaml", "名");
        assert_eq!(Place::new(&source, 1..2).text(), "名");
        assert_eq!(Place::new(&source, 7..99).text(), "");
    }
}
