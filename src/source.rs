//! Source texts and places in them, which every finding points at; and which characters of texts nobody sees.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// A text that findings can point into: a file of the user's, or a template that racestack made.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The path as a person would type it: inside the config folder, or inside the out folder.
    pub path: PathBuf,
    /// The decoded text (UTF-8, without a byte order mark). Empty when the file could not be read or does not exist.
    pub text: String,
    /// The sheet of a workbook whose rows the lines are, as CSV.
    pub sheet: Option<String>,
    line_index: LineIndex,
}

/// What is found out of a text once, and no part of what makes one source another.
#[derive(Debug, Clone, Default)]
struct LineIndex {
    /// Where its lines begin.
    lines: OnceLock<Vec<usize>>,
    /// How many characters begin before each of its blocks: a line may be as long as a file, with thousands of places in it.
    characters: OnceLock<Vec<usize>>,
}

/// The bytes of a block.
const BLOCK: usize = 1024;

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, &self.text, &self.sheet) == (&other.path, &other.text, &other.sheet)
    }
}

impl Eq for SourceFile {}

/// A place in lines and columns, all counted from 1; columns count characters, and the end is just behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineColumnRange {
    /// The line of its first character.
    pub line: usize,
    /// The column of that.
    pub column: usize,
    /// The line that it ends in.
    pub end_line: usize,
    /// The column behind its last character.
    pub end_column: usize,
}

impl SourceFile {
    /// A source with its text, shared by all places in it.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self { path: path.into(), text: text.into(), sheet: None, line_index: LineIndex::default() })
    }

    /// A sheet of a workbook as CSV.
    pub fn of_sheet(path: impl Into<PathBuf>, text: impl Into<String>, sheet: impl Into<String>) -> Arc<Self> {
        let (path, text, sheet) = (path.into(), text.into(), Some(sheet.into()));
        Arc::new(Self { path, text, sheet, line_index: LineIndex::default() })
    }

    fn starts(&self) -> &[usize] {
        let begins = || self.text.match_indices('\n').map(|(at, _)| at + 1);
        self.line_index.lines.get_or_init(|| std::iter::once(0).chain(begins()).collect())
    }

    /// How many characters begin before `offset`.
    fn characters(&self, offset: usize) -> usize {
        let begin = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte & 0b1100_0000 != 0b1000_0000).count();
        let (bytes, offset) = (self.text.as_bytes(), offset.min(self.text.len()));
        let blocks = self.line_index.characters.get_or_init(|| {
            let within = bytes.chunks(BLOCK).map(begin);
            within.scan(0, |before, count| Some(std::mem::replace(before, *before + count))).collect()
        });
        // An offset behind the last byte of whole blocks has no block of its own.
        let block = (offset / BLOCK).min(blocks.len().saturating_sub(1));
        blocks.get(block).copied().unwrap_or_default() + begin(bytes.get(block * BLOCK..offset).unwrap_or_default())
    }

    /// The number of the line that `offset` is in, counted from 1.
    pub fn line_number(&self, offset: usize) -> usize {
        self.starts().partition_point(|&start| start <= offset)
    }

    /// The bytes of a line without its line break; empty for a line that does not exist.
    pub fn line_range(&self, number: usize) -> Range<usize> {
        let starts = self.starts();
        let Some(&start) = number.checked_sub(1).and_then(|index| starts.get(index)) else { return 0..0 };
        let end = starts.get(number).map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// The text of a line without its line break.
    pub fn line(&self, number: usize) -> &str {
        self.text.get(self.line_range(number)).unwrap_or_default()
    }

    /// Line and column of `offset`, both counted from 1; columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let line = self.line_number(offset);
        (line, self.characters(offset) - self.characters(self.line_range(line).start) + 1)
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

    /// A line of the source, counted from 1, without its indentation.
    pub fn line(source: &Arc<SourceFile>, number: usize) -> Self {
        let line = source.line_range(number);
        let text = source.text.get(line.clone()).unwrap_or_default();
        Self::new(source, line.end - text.trim_start().len()..line.start + text.trim_end().len())
    }

    /// The place of a file of which no text is shown.
    pub fn of_file(path: impl Into<PathBuf>) -> Self {
        Self::whole(&SourceFile::new(path, ""))
    }

    /// The path of the source.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column of the first character, both counted from 1; columns count characters.
    pub fn line_column(&self) -> (usize, usize) {
        self.source.line_column(self.span.start)
    }

    /// The place in lines and columns; `None` when its source has no text to count in.
    pub fn line_column_range(&self) -> Option<LineColumnRange> {
        let ((line, column), (end_line, end_column)) = (self.line_column(), self.source.line_column(self.span.end));
        (!self.source.text.is_empty()).then_some(LineColumnRange { line, column, end_line, end_column })
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

/// Ranges of characters that nobody sees, or that turn, join or end what stands around them: Unicode's categories `Cc`, `Cf`, `Zl`
/// and `Zp`, its `Default_Ignorable_Code_Point` without marks, and U+FFFE and U+FFFF, which are no characters.
/// Source: <https://www.unicode.org/Public/17.0.0/ucd/extracted/DerivedGeneralCategory.txt>,
/// <https://www.unicode.org/Public/17.0.0/ucd/DerivedCoreProperties.txt>
pub const HIDDEN: [(char, char); 26] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e00ff}'),
    ('\u{e01f0}', '\u{e0fff}'),
];

/// Whether a character is `HIDDEN`.
pub fn is_hidden(c: char) -> bool {
    !(' '..='~').contains(&c) && HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Whether a character hides, turns or ends text that people read. The joiners do not: names and emoji are written with them.
pub fn is_hidden_in_text(c: char) -> bool {
    is_hidden(c) && !matches!(c, '\u{200c}' | '\u{200d}')
}

/// The path and the line, as a person would type them: `config/accounts/tokyo/roster.csv:3`.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.path().display(), self.line_column().0)
    }
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
    fn columns_are_those_of_counting_however_long_the_text() {
        let source = SourceFile::new("a", format!("名前{}\r\n{}", "a名".repeat(1_500), "é".repeat(512)));
        for (offset, _) in source.text.char_indices().chain([(source.text.len(), ' '), (9_999, ' ')]) {
            let before = source.text.get(..offset).unwrap_or(&source.text);
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(source.line_column(offset), (before.matches('\n').count() + 1, column), "{offset}");
        }
        assert_eq!(SourceFile::new("a", "").line_column(3), (1, 1));
    }

    #[test]
    fn lines_lose_their_breaks_of_either_kind() {
        let source = SourceFile::new("a", "名前\r\nb\n\nd");
        assert_eq!((0..=5).map(|number| source.line(number)).collect::<Vec<_>>(), ["", "名前", "b", "", "d", ""]);
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
    fn what_is_hidden_is_what_unicode_says() {
        let of_unicode = r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\x{fffe}\x{ffff}[\p{Default_Ignorable_Code_Point}--\p{M}]]$";
        let of_unicode = regex::Regex::new(of_unicode).unwrap();
        let differ = |c: &char| is_hidden(*c) != of_unicode.is_match(c.encode_utf8(&mut [0; 4]));
        assert_eq!(('\0'..=char::MAX).filter(differ).collect::<Vec<_>>(), []);
    }

    #[test]
    fn a_span_outside_the_text_or_inside_a_character_is_clamped() {
        let source = SourceFile::new("a.yaml", "名");
        assert_eq!(Place::new(&source, 1..2).text(), "名");
        assert_eq!(Place::new(&source, 7..99).text(), "");
    }
}
