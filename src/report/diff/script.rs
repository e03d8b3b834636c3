//! What a diff says of the files besides the templates. Those that run are told in full.

use super::super::visible;
use super::layout::{Line, Tone, told};
use super::values::changed_lines;
use crate::diff::{Diff, FileDiff, Presence};

/// A file that does not run has more lines to tell than these: the first of them and how many there are.
const LINES_TOLD: usize = 40;

/// Whether a file runs: by its first line, or its name.
pub(super) fn runs(file: &FileDiff) -> bool {
    let names_program = |text: &Option<String>| text.as_ref().is_some_and(|text| text.starts_with("#!"));
    let by_name = file.name.rsplit_once('.').is_some_and(|(_, ending)| ["sh", "bash", "py"].contains(&ending));
    by_name || names_program(&file.old) || names_program(&file.new)
}

/// The lines about each file that differs; of files that differ in the same way in several accounts, once.
pub(super) fn files(diff: &Diff) -> Vec<Vec<Line>> {
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
    let titled = |(file, lines, accounts): (&FileDiff, Vec<Line>, Vec<&str>)| {
        let word = match file.presence {
            Presence::Added => "is added",
            Presence::Removed => "is no longer written",
            Presence::Both => "differs",
        };
        let whose = if diff.accounts.len() > 1 { format!(" in {}", told(&accounts)) } else { String::new() };
        let title = Line::bare(Tone::Heading, 2, &visible::line(&format!("{} {word}{whose}", file.name)));
        std::iter::once(title).chain(lines).collect()
    };
    found.into_iter().map(titled).collect()
}

fn file_lines(file: &FileDiff) -> Vec<Line> {
    let mut lines = match (&file.old, &file.new, file.presence) {
        (Some(old), Some(new), Presence::Both) => changed_lines(old, new, 8),
        (_, Some(new), Presence::Added) => changed_lines("", new, 8),
        _ => Vec::new(),
    };
    let more = lines.len().saturating_sub(LINES_TOLD);
    if more > 1 && !runs(file) {
        lines.truncate(LINES_TOLD);
        lines.push(Line::bare(Tone::Note, 8, &format!("… {more} more lines")));
    }
    lines
}
