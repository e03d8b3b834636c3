//! Findings: what is wrong in the user's material, or worth knowing about it, each at its place.
//!
//! A finding is data. Nothing here prints: the reporters of `report` turn findings into text, JSON, SARIF and GitHub
//! annotations.

mod rules;

pub use rules::{RULES, Rule, RuleInfo};

use std::borrow::Borrow;
use std::collections::BTreeMap;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::source::Place;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is written while there is one of these.
    Error,
    /// Written all the same; the reader decides.
    Warning,
}

impl Severity {
    /// The lower-case word that every format uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// One thing that is wrong, or worth knowing, in the user's material.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The entry of the rule table that it falls under.
    pub rule: Rule,
    /// Whether it stops the writing.
    pub severity: Severity,
    /// One sentence, lower case, no full stop, names in back ticks: what was found against what is allowed.
    pub message: String,
    /// Where it is; `None` only for what has no file at all.
    pub place: Option<Place>,
    /// A few words beside the underlined text, such as "found here"; may be empty.
    pub label: String,
    /// Further places that belong to it, such as the first of two that clash, with a few words each.
    pub related: Vec<(Place, String)>,
    /// What the reader can do: names the key to change.
    pub help: Option<String>,
    /// Reasons and sources, one sentence each.
    pub notes: Vec<String>,
    /// What it is about, as suppressions name it: `tokyo/users-001/SatoHanaNotebook`. `None` until somebody asks.
    pub resource: Option<String>,
    /// The guard rule that is violated, if one is.
    pub guard_rule: Option<String>,
    /// Who answers for it, if somebody does.
    pub suppressed: Option<Suppressed>,
}

/// A suppression, as reports tell it.
#[derive(Debug, Clone, PartialEq)]
pub struct Suppressed {
    /// Why the finding may stand.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it is suppressed: `YYYY-MM-DD`.
    pub expires: String,
    /// Where it is suppressed.
    pub place: Place,
}

impl Finding {
    /// A finding of `rule` with the severity that the table gives it.
    pub fn new(rule: Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.info().severity,
            message: message.into(),
            place: None,
            label: String::new(),
            related: Vec::new(),
            help: None,
            notes: Vec::new(),
            resource: None,
            guard_rule: None,
            suppressed: None,
        }
    }

    /// A finding of something at `place` that was there before, `first`.
    pub fn twice(
        rule: Rule,
        message: impl Into<String>,
        place: &Place,
        first: &Place,
        help: impl Into<String>,
    ) -> Self {
        Self::new(rule, message).at(place.clone()).related(first.clone(), "first here").help(help)
    }

    /// Whether it stops the writing: an error that is not suppressed.
    pub fn is_error(&self) -> bool {
        self.is_open(Severity::Error)
    }

    /// Whether it has this severity, and nobody answers for it.
    pub fn is_open(&self, severity: Severity) -> bool {
        self.severity == severity && self.suppressed.is_none()
    }

    /// The same finding, at `place`.
    pub fn at(mut self, place: Place) -> Self {
        // A workbook has no lines.
        self.notes.extend(place.cell().map(|(cell, sheet)| format!("this is the cell {cell} of the sheet `{sheet}`")));
        self.place = Some(place);
        self
    }

    /// The same finding, with a few words beside the underlined text.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same finding, with another place that belongs to it.
    pub fn related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }

    /// The same finding, with what the reader can do about it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same finding, with what it is about, as suppressions name it.
    pub fn about(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// The same finding, with reasons or sources, if there are any.
    pub fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// The same finding, with one more reason or source.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

/// How many findings there are of a severity, without the suppressed, in words: `1 error`.
pub fn open_counted(findings: &[Finding], severity: Severity) -> String {
    let word = severity.as_str();
    counted(findings.iter().filter(|finding| finding.is_open(severity)).count(), word, &format!("{word}s"))
}

/// A number of things, in words for a message: `1 person`, `2 people`.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// More names than these are not listed one by one.
pub const LISTED_NAMES: usize = 5;

/// Names, of many the first ones and how many more there are.
pub fn listed(names: &[impl Borrow<str>]) -> String {
    let shown = names[..names.len().min(LISTED_NAMES)].join(", ");
    match names.len().saturating_sub(LISTED_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Whether any of `findings` stops the writing.
pub fn any_error(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::is_error)
}

/// The most findings of one rule that a report shows: more tell a reader nothing new, and no viewer shows them.
const SHOWN: usize = 100;

/// Keeps the first findings of each rule, and says at the next one how many more there are. Suppressed ones all stay.
pub fn cap(findings: &mut Vec<Finding>) {
    let kind = |finding: &Finding| (finding.rule, finding.severity, finding.guard_rule.clone());
    // How many there are of a kind, and how many of them were seen.
    let mut counts: BTreeMap<_, (usize, usize)> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.suppressed.is_none()) {
        counts.entry(kind(finding)).or_default().0 += 1;
    }
    findings.retain_mut(|finding| {
        let counted = counts.get_mut(&kind(finding)).filter(|_| finding.suppressed.is_none());
        let Some((count, seen)) = counted else { return true };
        *seen += 1;
        if *count > SHOWN && *seen == SHOWN {
            let more = *count - SHOWN + 1;
            let of = finding.guard_rule.clone().unwrap_or_else(|| finding.rule.info().id.to_owned());
            *finding = Finding {
                severity: finding.severity,
                guard_rule: finding.guard_rule.take(),
                place: finding.place.take(),
                ..Finding::new(finding.rule, format!("{more} more findings of `{of}`, from here on, are not shown"))
            }
            .help("mend those that are shown, and run it again");
        }
        *seen <= SHOWN
    });
}

/// Does the same with each of `things`, several at a time. What comes of it, and what was found, stand in the order of the
/// things, whichever was done first.
pub fn each<T: Sync, R: Send>(
    things: &[T],
    findings: &mut Vec<Finding>,
    work: impl Fn(&T, &mut Vec<Finding>) -> R + Sync,
) -> Vec<R> {
    let one = |thing: &T| {
        let mut found = Vec::new();
        (work(thing, &mut found), found)
    };
    let done: Vec<(R, Vec<Finding>)> = things.par_iter().map(one).collect();
    let and_found = |(result, found)| {
        findings.extend::<Vec<Finding>>(found);
        result
    };
    done.into_iter().map(and_found).collect()
}

/// Puts findings into the one order in which every reporter shows them: by path, place, rule and message; those without
/// a place come last.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
}

fn key(finding: &Finding) -> (bool, Option<&std::path::Path>, usize, &'static str, &str) {
    let place = finding.place.as_ref();
    (
        place.is_none(),
        place.map(Place::path),
        place.map_or(0, |place| place.span.start),
        finding.rule.info().id,
        &finding.message,
    )
}
