//! Findings as a person reads them in a terminal: the way rustc shows its errors.

mod excerpt;

use annotate_snippets::{Group, Level, Origin, Renderer, Title};

use self::excerpt::Excerpt;
use super::lines::Sources;
use super::{slashed, visible};
use crate::finding::{Finding, Severity, Suppressed};
use crate::source::Place;

pub(super) fn render(findings: &[Finding], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let sources = Sources::of(findings);
    let mut text = String::new();
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let excerpts = Excerpt::all(finding, &sources);
        let shown = renderer.render(&[group(finding, &excerpts, &sources)]);
        text += &if excerpts.is_empty() {
            indent_below_title(finding, &shown)
        } else {
            excerpt::drop_marked_positions(&shown)
        };
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

fn group<'a>(finding: &Finding, excerpts: &[Excerpt], sources: &Sources) -> Group<'a> {
    let mut group = Group::with_title(title(finding));
    if let Some(place) = finding.place.as_ref().filter(|place| sources.shown(place).is_none()) {
        group = group.element(Origin::path(visible::line(&slashed(place.path()))));
    }
    let unseen = finding.related.iter().filter(|(place, _)| sources.shown(place).is_none()).map(|(place, label)| {
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
    let counts: Vec<String> = [Severity::Error, Severity::Warning]
        .into_iter()
        .filter_map(|severity| {
            let count =
                findings.iter().filter(|finding| finding.suppressed.is_none() && finding.severity == severity).count();
            let plural = if count == 1 { "" } else { "s" };
            (count > 0).then(|| format!("{count} {}{plural}", severity.as_str()))
        })
        .chain(suppressed)
        .collect();
    if counts.is_empty() { String::new() } else { format!("racestack: {}\n", counts.join(", ")) }
}
