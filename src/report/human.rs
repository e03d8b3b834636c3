//! Findings as a person reads them in a terminal: the way rustc shows its errors.
//!
//! Neither a roster of 5,000 rows nor a row of 5,000 characters reaches the renderer: it gets the marked lines, and of
//! a long line a window around the highlight.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};

use super::{slashed, visible};
use crate::finding::{Finding, Severity, Suppressed, open_counted};
use crate::source::{Place, SourceFile};

/// The characters of a line that are shown.
const WINDOW: usize = 120;
/// Of these, how many stand before the highlight in a line that does not fit.
const LEAD: usize = 40;
/// Two highlights that lie further apart than these lines are shown apart.
const NEAR: usize = 200;
/// Stands between the position that is meant and the one that the renderer adds.
const POSITION_END: char = '\0';

pub(super) fn render(findings: &[Finding], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let excerpts = Excerpt::all(finding);
        let shown = renderer.render(&[group(finding, &excerpts)]);
        text += &if excerpts.is_empty() { indent_below_title(finding, &shown) } else { drop_marked_positions(&shown) };
        text += "\n\n";
    }
    text.extend(findings.iter().filter_map(|finding| Some(suppressed(finding, finding.suppressed.as_ref()?))));
    text + &tally(findings)
}

/// What is suppressed in two lines: it needs no excerpt, but must not be overlooked.
fn suppressed(finding: &Finding, by: &Suppressed) -> String {
    let line = |place: &Place| format!("{}:{}", slashed(place.path()), place.line_column().0);
    let at = finding.place.as_ref().map(|place| line(place) + ": ").unwrap_or_default();
    let message = finding.message.lines().next().unwrap_or_default();
    let why = format!("{}: {}", line(&by.place), by.reason);
    format!(
        "suppressed[{}]: {}\n  = until {}, {}; {}\n\n",
        finding.rule.info().id,
        visible::line(&format!("{at}{message}")),
        visible::line(&by.expires),
        visible::line(&by.owner),
        visible::line(&why)
    )
}

/// Where there are no line numbers the renderer leaves no room for them either; rustc leaves room for one digit.
fn indent_below_title(finding: &Finding, rendered: &str) -> String {
    let title = finding.message.lines().count().max(1);
    let indented =
        rendered.lines().enumerate().map(|(at, line)| if at < title { line.into() } else { format!(" {line}") });
    indented.collect::<Vec<_>>().join("\n")
}

fn group<'a>(finding: &Finding, excerpts: &[Excerpt]) -> Group<'a> {
    let mut group = Group::with_title(title(finding));
    if let Some(place) = finding.place.as_ref().filter(|place| !is_shown(place)) {
        group = group.element(Origin::path(visible::line(&slashed(place.path()))));
    }
    let unseen = finding.related.iter().filter(|(place, _)| !is_shown(place)).map(|(place, label)| {
        let label = if label.is_empty() { "see also" } else { label };
        format!("{label}: {}", slashed(place.path()))
    });
    group
        .elements(excerpts.iter().map(Excerpt::snippet))
        .elements(unseen.map(|note| Level::NOTE.message(visible::line(&note))))
        .elements(finding.notes.iter().map(|note| Level::NOTE.message(visible::lines(note))))
        .elements(finding.help.iter().map(|help| Level::HELP.message(visible::lines(help))))
}

fn title<'a>(finding: &Finding) -> Title<'a> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    level.primary_title(visible::lines(&finding.message)).id(finding.rule.info().id)
}

/// The last line: how many there are of each, or nothing.
fn tally(findings: &[Finding]) -> String {
    let suppressed = findings.iter().filter(|finding| finding.suppressed.is_some()).count();
    let suppressed = (suppressed > 0).then(|| format!("{suppressed} suppressed"));
    let severities = [Severity::Error, Severity::Warning].into_iter();
    let open = severities.filter(|severity| findings.iter().any(|finding| finding.is_open(*severity)));
    let counts: Vec<String> = open.map(|severity| open_counted(findings, severity)).chain(suppressed).collect();
    if counts.is_empty() { String::new() } else { format!("racestack: {}\n", counts.join(", ")) }
}

/// A run of lines of one source with highlights in it.
struct Excerpt<'a> {
    source: Arc<SourceFile>,
    highlights: Vec<Highlight<'a>>,
}

/// Whether there are lines to show of a place: not where there is no text, or where the source is meant as a whole.
fn is_shown(place: &Place) -> bool {
    place.span != (0..0) && !place.source.text.is_empty()
}

struct Highlight<'a> {
    place: Place,
    kind: AnnotationKind,
    label: &'a str,
    line: usize,
}

impl<'a> Excerpt<'a> {
    /// What to show of a finding: its own place first, then the related ones, together where they fit together.
    fn all(finding: &'a Finding) -> Vec<Self> {
        let own = finding.place.iter().map(|place| (place, AnnotationKind::Primary, finding.label.as_str()));
        let related = finding.related.iter().map(|(place, label)| (place, AnnotationKind::Context, label.as_str()));
        let mut excerpts: Vec<Self> = Vec::new();
        for (place, kind, label) in own.chain(related).filter(|(place, ..)| is_shown(place)) {
            // The span may have been set by hand, and the text is cut at it below.
            let place = Place::new(&place.source, place.span.clone());
            let highlight = Highlight { line: place.source.line_number(place.span.start), place, kind, label };
            let source = Arc::clone(&highlight.place.source);
            match excerpts.iter_mut().find(|excerpt| excerpt.has_room_for(&highlight)) {
                Some(excerpt) => excerpt.highlights.push(highlight),
                None => excerpts.push(Self { source, highlights: vec![highlight] }),
            }
        }
        excerpts
    }

    fn has_room_for(&self, highlight: &Highlight) -> bool {
        let fits = self.source.line(highlight.line).chars().nth(WINDOW).is_none();
        Arc::ptr_eq(&self.source, &highlight.place.source)
            && self
                .highlights
                .iter()
                .all(|other| other.line.abs_diff(highlight.line) <= NEAR && (other.line != highlight.line || fits))
    }

    /// The excerpt in the renderer's terms.
    fn snippet<'b>(&self) -> Snippet<'b, Annotation<'b>> {
        let mut marked: BTreeMap<usize, Vec<&Highlight>> = BTreeMap::new();
        for highlight in &self.highlights {
            marked.entry(highlight.line).or_default().push(highlight);
        }
        let first = marked.keys().next().copied().unwrap_or(1);
        let last = marked.keys().next_back().copied().unwrap_or(1);

        let mut text = String::new();
        let mut annotations = Vec::new();
        for number in first..=last {
            let highlights = marked.get(&number).map_or(&[][..], Vec::as_slice);
            // The renderer shows a line without a highlight only between two lines with one.
            let shown =
                !highlights.is_empty() || marked.contains_key(&(number + 1)) || marked.contains_key(&(number - 1));
            if shown {
                let spans: Vec<_> = highlights.iter().map(|highlight| self.span_in_line(highlight)).collect();
                let (line, spans) = cut(self.source.line(number), &spans);
                for (highlight, span) in highlights.iter().zip(spans) {
                    let span = text.len() + span.start..text.len() + span.end;
                    let label = (!highlight.label.is_empty()).then(|| visible::line(highlight.label));
                    annotations.push(highlight.kind.span(span).label(label));
                }
                text += &line;
            }
            text.push('\n');
        }
        Snippet::source(text).line_start(first).path(self.position()).annotations(annotations)
    }

    /// The bytes of the highlight in its line: what goes on in the next line is not underlined.
    fn span_in_line(&self, highlight: &Highlight) -> Range<usize> {
        let line = self.source.line_range(highlight.line);
        let within = |offset: usize| offset.clamp(line.start, line.end) - line.start;
        within(highlight.place.span.start)..within(highlight.place.span.end)
    }

    /// The path with the line and column of the first highlight. The renderer would count columns in the window.
    fn position(&self) -> Option<String> {
        let place = &self.highlights.first()?.place;
        let (path, (line, column)) = (visible::line(&slashed(place.path())), self.source.line_column(place.span.start));
        Some(format!("{path}:{line}:{column}{POSITION_END}"))
    }
}

/// Takes out the positions that the renderer added to those of [`Excerpt::position`].
fn drop_marked_positions(rendered: &str) -> String {
    let mut parts = rendered.split(POSITION_END);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()))
}

/// A line as it can be shown, and the spans in what is shown. A long line is cut to a window around the first span.
fn cut(line: &str, spans: &[Range<usize>]) -> (String, Vec<Range<usize>>) {
    let highlight = spans.first().map_or(0, |span| span.start);
    let end_of_window = |from: usize| line[from..].char_indices().nth(WINDOW).map(|(at, _)| from + at);
    let (from, to) = if end_of_window(0).is_none() {
        (0, line.len())
    } else {
        let from = line[..highlight].char_indices().rev().nth(LEAD - 1).map_or(0, |(at, _)| at);
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
