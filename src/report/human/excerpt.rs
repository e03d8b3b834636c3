//! The few lines of a source that a finding is about, cut to what a terminal can hold.
//!
//! Neither a roster of 5,000 rows nor a row of 5,000 characters reaches the renderer: it gets the marked lines, and of
//! a long line a window around the mark.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use crate::finding::Finding;
use crate::report::lines::{Lines, Sources};
use crate::report::{slashed, visible};
use crate::source::Place;

/// The characters of a line that are shown.
const WINDOW: usize = 120;
/// Of these, how many stand before the mark in a line that does not fit.
const LEAD: usize = 40;
/// Two marks that lie further apart than these lines are shown apart.
const NEAR: usize = 200;
/// Stands between the position that is meant and the one that the renderer adds.
const MARK: char = '\0';

/// A run of lines of one source with marks in it.
pub(super) struct Excerpt<'a> {
    lines: &'a Lines<'a>,
    marks: Vec<Mark<'a>>,
}

struct Mark<'a> {
    place: Place,
    kind: AnnotationKind,
    label: &'a str,
    line: usize,
}

impl<'a> Excerpt<'a> {
    /// What to show of a finding: its own place first, then the related ones, together where they fit together.
    pub(super) fn all(finding: &'a Finding, sources: &'a Sources<'a>) -> Vec<Self> {
        let own = finding.place.iter().map(|place| (place, AnnotationKind::Primary, finding.label.as_str()));
        let related = finding.related.iter().map(|(place, label)| (place, AnnotationKind::Context, label.as_str()));
        let mut excerpts: Vec<Self> = Vec::new();
        for (place, kind, label) in own.chain(related) {
            let Some(lines) = sources.shown(place) else { continue };
            // The span may have been set by hand, and the text is cut at it below.
            let place = Place::new(&place.source, place.span.clone());
            let mark = Mark { line: lines.number(place.span.start), place, kind, label };
            match excerpts.iter_mut().find(|excerpt| excerpt.has_room_for(&mark)) {
                Some(excerpt) => excerpt.marks.push(mark),
                None => excerpts.push(Self { lines, marks: vec![mark] }),
            }
        }
        excerpts
    }

    fn has_room_for(&self, mark: &Mark) -> bool {
        let fits = self.lines.line(mark.line).chars().nth(WINDOW).is_none();
        self.marks.iter().all(|other| {
            Arc::ptr_eq(&other.place.source, &mark.place.source)
                && other.line.abs_diff(mark.line) <= NEAR
                && (other.line != mark.line || fits)
        })
    }

    /// The excerpt in the renderer's terms.
    pub(super) fn snippet<'b>(&self) -> Snippet<'b, Annotation<'b>> {
        let mut marked: BTreeMap<usize, Vec<&Mark>> = BTreeMap::new();
        for mark in &self.marks {
            marked.entry(mark.line).or_default().push(mark);
        }
        let first = marked.keys().next().copied().unwrap_or(1);
        let last = marked.keys().next_back().copied().unwrap_or(1);

        let mut text = String::new();
        let mut annotations = Vec::new();
        for number in first..=last {
            let marks = marked.get(&number).map_or(&[][..], Vec::as_slice);
            // The renderer shows a line without a mark only between two lines with one.
            let shown = !marks.is_empty() || marked.contains_key(&(number + 1)) || marked.contains_key(&(number - 1));
            if shown {
                let spans: Vec<_> = marks.iter().map(|mark| self.span_in_line(mark)).collect();
                let (line, spans) = cut(self.lines.line(number), &spans);
                for (mark, span) in marks.iter().zip(spans) {
                    let span = text.len() + span.start..text.len() + span.end;
                    let label = (!mark.label.is_empty()).then(|| visible::line(mark.label));
                    annotations.push(mark.kind.span(span).label(label));
                }
                text += &line;
            }
            text.push('\n');
        }
        Snippet::source(text).line_start(first).path(self.position()).annotations(annotations)
    }

    /// The bytes of the mark in its line: what goes on in the next line is not underlined.
    fn span_in_line(&self, mark: &Mark) -> Range<usize> {
        let line = self.lines.range(mark.line);
        let within = |offset: usize| offset.clamp(line.start, line.end) - line.start;
        within(mark.place.span.start)..within(mark.place.span.end)
    }

    /// The path with the line and column of the first mark. The renderer would count columns in the window.
    fn position(&self) -> Option<String> {
        let place = &self.marks.first()?.place;
        let (path, (line, column)) = (visible::line(&slashed(place.path())), self.lines.line_column(place.span.start));
        Some(format!("{path}:{line}:{column}{MARK}"))
    }
}

/// Takes out the positions that the renderer added to those of [`Excerpt::position`].
pub(super) fn drop_marked_positions(rendered: &str) -> String {
    let mut parts = rendered.split(MARK);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()))
}

/// A line as it can be shown, and the spans in what is shown. A long line is cut to a window around the first span.
fn cut(line: &str, spans: &[Range<usize>]) -> (String, Vec<Range<usize>>) {
    let mark = spans.first().map_or(0, |span| span.start);
    let end_of_window = |from: usize| line[from..].char_indices().nth(WINDOW).map(|(at, _)| from + at);
    let (from, to) = if end_of_window(0).is_none() {
        (0, line.len())
    } else {
        let from = line[..mark].char_indices().rev().nth(LEAD - 1).map_or(0, |(at, _)| at);
        (from, end_of_window(from).unwrap_or(line.len()))
    };
    let lead = if from > 0 { "..." } else { "" };
    let tail = if to < line.len() { "..." } else { "" };
    let shown =
        |text: &str| text.chars().map(|c| if c == '\t' { c } else { visible::character(c) }).collect::<String>();
    let offset = |at: usize| lead.len() + shown(&line[from..at.clamp(from, to)]).len();
    let spans = spans.iter().map(|span| offset(span.start)..offset(span.end)).collect();
    (format!("{lead}{}{tail}", shown(&line[from..to])), spans)
}
