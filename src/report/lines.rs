//! Where the lines of each source begin, found out once for a source however many findings it has.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::finding::Finding;
use crate::source::{Place, SourceFile};

/// The lines of every source that the findings point into.
pub(super) struct Sources<'a>(BTreeMap<*const SourceFile, Lines<'a>>);

/// One source, cut into lines.
pub(super) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

/// A place in lines and columns, all counted from 1; columns count characters, and the end is just behind the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl<'a> Sources<'a> {
    /// The sources of all places of `findings`.
    pub(super) fn of(findings: &'a [Finding]) -> Self {
        let mut sources = BTreeMap::new();
        for finding in findings {
            for place in finding.place.iter().chain(finding.related.iter().map(|(place, _)| place)) {
                sources.entry(Arc::as_ptr(&place.source)).or_insert_with(|| Lines::new(&place.source.text));
            }
        }
        Self(sources)
    }

    /// The lines of the place's source; `None` when that has no text to show.
    pub(super) fn lines(&self, place: &Place) -> Option<&Lines<'a>> {
        self.0.get(&Arc::as_ptr(&place.source)).filter(|lines| !lines.text.is_empty())
    }

    /// The lines to show of a place; `None` when there are none, or when the source is meant as a whole.
    pub(super) fn shown(&self, place: &Place) -> Option<&Lines<'a>> {
        self.lines(place).filter(|_| place.span != (0..0))
    }

    /// The place in lines and columns; `None` when its source has no text to count in.
    pub(super) fn region(&self, place: &Place) -> Option<Region> {
        let lines = self.lines(place)?;
        let (line, column) = lines.line_column(place.span.start);
        let (end_line, end_column) = lines.line_column(place.span.end);
        Some(Region { line, column, end_line, end_column })
    }
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The number of the line that `offset` is in, counted from 1.
    pub(super) fn number(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// The bytes of a line without its line break; empty for a line that does not exist.
    pub(super) fn range(&self, number: usize) -> Range<usize> {
        let Some(&start) = number.checked_sub(1).and_then(|index| self.starts.get(index)) else { return 0..0 };
        let end = self.starts.get(number).map_or(self.text.len(), |next| next - 1);
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    /// The text of a line without its line break.
    pub(super) fn line(&self, number: usize) -> &'a str {
        self.text.get(self.range(number)).unwrap_or_default()
    }

    /// Line and column of `offset`, both counted from 1.
    pub(super) fn line_column(&self, offset: usize) -> (usize, usize) {
        let line = self.number(offset);
        let before = self.text.get(self.range(line).start..offset).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_lose_their_breaks_of_either_kind() {
        let lines = Lines::new("名前\r\nb\n\nd");
        assert_eq!((1..=5).map(|number| lines.line(number)).collect::<Vec<_>>(), ["名前", "b", "", "d", ""]);
        assert_eq!(lines.line(0), "");
    }

    #[test]
    fn positions_agree_with_those_of_the_place() {
        let source = SourceFile::new("a", "名前,x\r\nb\n\nd\n");
        let lines = Lines::new(&source.text);
        for offset in 0..=source.text.len() {
            let place = Place::new(&source, offset..offset);
            assert_eq!(lines.line_column(place.span.start), place.line_column(), "at {offset}");
        }
    }
}
