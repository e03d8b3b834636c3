//! The parts of a diff below its first lines: the access, what happens to resources, and the files besides the templates, of
//! which those that run are told in full.

use super::access;
use super::layout;
use super::line::{Line, LineStyle};
use super::values::changed_lines;
use crate::diff::{AccessChange, Action, Change, Diff, FileDiff, Presence};
use crate::finding::listed;

/// A file that does not run has more lines to tell than these: the first of them and how many there are.
const LINES_TOLD: usize = 40;

/// A part, which a format may fold or leave out.
pub(super) struct DiffPart {
    pub priority: ReviewPriority,
    /// The first is the title.
    pub lines: Vec<Line>,
}

impl DiffPart {
    pub(super) fn title(&self) -> &str {
        self.lines.first().map_or("", |line| &line.body)
    }
}

/// How much a reader must see it; the last is left out first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ReviewPriority {
    Widened,
    Runs,
    Lost,
    Narrowed,
    Access,
    Changed,
    Gone,
    Added,
    Unchanged,
}

impl ReviewPriority {
    pub(super) fn words(self) -> &'static str {
        match self {
            ReviewPriority::Widened => "widened access",
            ReviewPriority::Runs => "a script that changes",
            ReviewPriority::Lost => "what is replaced or destroyed",
            ReviewPriority::Narrowed => "narrowed access",
            ReviewPriority::Access => "other changes in access",
            ReviewPriority::Changed => "what changes in place",
            ReviewPriority::Gone => "what is no longer written",
            ReviewPriority::Added => "what is added",
            ReviewPriority::Unchanged => "no change",
        }
    }

    fn of(changes: &[&Change]) -> Self {
        let any = |actions: &[Action]| changes.iter().any(|change| actions.contains(&change.action));
        if any(&[Action::Destroy, Action::Replace]) {
            ReviewPriority::Lost
        } else if any(&[Action::Change, Action::Retain]) || changes.is_empty() {
            ReviewPriority::Changed
        } else {
            ReviewPriority::Added
        }
    }
}

/// The parts, in the order in which they are shown.
pub(super) fn parts(diff: &Diff) -> Vec<DiffPart> {
    let mut parts = Vec::new();
    let lines = access::lines(diff);
    if !lines.is_empty() {
        let any = |is_so: fn(&AccessChange) -> bool| diff.access.iter().any(is_so);
        let priority = if any(AccessChange::widens) {
            ReviewPriority::Widened
        } else if any(AccessChange::narrows) {
            ReviewPriority::Narrowed
        } else if diff.access.is_empty() {
            ReviewPriority::Unchanged
        } else {
            ReviewPriority::Access
        };
        parts.push(DiffPart { priority, lines });
    }
    let sections = layout::sections(diff).into_iter();
    parts.extend(sections.map(|(stacks, changes)| DiffPart {
        priority: ReviewPriority::of(&changes),
        lines: layout::section(&stacks, &changes),
    }));
    parts.extend(files(diff));
    parts
}

/// Whether a file runs: by its first line, or its name.
fn runs(file: &FileDiff) -> bool {
    let names_program = |text: &Option<String>| text.as_ref().is_some_and(|text| text.starts_with("#!"));
    let by_name = file.name.rsplit_once('.').is_some_and(|(_, ending)| ["sh", "bash", "py"].contains(&ending));
    by_name || names_program(&file.old) || names_program(&file.new)
}

/// A part for each file that differs; of files that differ in the same way in several accounts, one.
fn files(diff: &Diff) -> Vec<DiffPart> {
    let mut found: Vec<(&FileDiff, Vec<Line>, Vec<&str>)> = Vec::new();
    for account in &diff.accounts {
        for file in &account.files {
            let lines = file_lines(file);
            let same = |(known, of_known, _): &&mut (&FileDiff, Vec<Line>, Vec<&str>)| {
                known.name == file.name && known.presence == file.presence && *of_known == lines
            };
            match found.iter_mut().find(same) {
                Some((.., accounts)) => accounts.push(&account.account),
                None => found.push((file, lines, vec![&account.account])),
            }
        }
    }
    let part = |(file, mut lines, accounts): (&FileDiff, Vec<Line>, Vec<&str>)| {
        let (word, priority) = match file.presence {
            Presence::Added => ("is added", ReviewPriority::Added),
            Presence::Removed => ("is no longer written", ReviewPriority::Gone),
            Presence::Both => ("differs", ReviewPriority::Changed),
        };
        let whose = if diff.accounts.len() > 1 { format!(" in {}", listed(&accounts)) } else { String::new() };
        lines.insert(0, Line::bare(LineStyle::Heading, 2, format!("{} {word}{whose}", file.name)));
        DiffPart { priority: if runs(file) { ReviewPriority::Runs } else { priority }, lines }
    };
    found.into_iter().map(part).collect()
}

fn file_lines(file: &FileDiff) -> Vec<Line> {
    let mut lines = match (&file.old, &file.new, file.presence) {
        (Some(old), Some(new), Presence::Both) => changed_lines(old, new, 8),
        (old, Some(new), Presence::Added) => changed_lines(old.as_deref().unwrap_or_default(), new, 8),
        _ => Vec::new(),
    };
    let more = lines.len().saturating_sub(LINES_TOLD);
    if more > 1 && !runs(file) {
        lines.truncate(LINES_TOLD);
        lines.push(Line::bare(LineStyle::Note, 8, format!("… {more} more lines")));
    }
    lines
}
