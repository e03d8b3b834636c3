//! What a diff says of the files besides the templates. Those that run are told in full.

use std::collections::BTreeSet;

use super::super::visible;
use super::layout::{Line, NAMES_TOLD, Tone, told};
use super::values::changed_lines;
use crate::diff::{FileDiff, Presence};

/// A file that does not run has more lines to tell than these: the first of them and how many there are.
const LINES_TOLD: usize = 40;

/// Whether a file runs: by its first line, or its name.
pub(super) fn runs(file: &FileDiff) -> bool {
    let names_program = |text: &Option<String>| text.as_ref().is_some_and(|text| text.starts_with("#!"));
    let by_name = file.name.rsplit_once('.').is_some_and(|(_, ending)| ["sh", "bash", "py"].contains(&ending));
    by_name || names_program(&file.old) || names_program(&file.new)
}

/// The lines about a file.
pub(super) fn file(file: &FileDiff) -> Vec<Line> {
    let word = match file.presence {
        Presence::Added => "is added",
        Presence::Removed => "is no longer written",
        Presence::Both => "differs",
    };
    let mut lines = vec![Line::bare(Tone::Heading, 2, &visible::line(&format!("{} {word}", file.name)))];
    let old = file.old.as_deref().filter(|_| file.presence != Presence::Added);
    match (old, &file.new, file.presence) {
        (Some(old), Some(new), _) => lines.extend(changed_lines(old, new, 8)),
        (None, Some(new), Presence::Added) => lines.extend(changed_lines("", new, 8)),
        _ => {}
    }
    if runs(file) {
        let texts = [&file.old, &file.new].map(|text| text.as_deref().unwrap_or_default());
        return without_users(lines, &users(texts));
    }
    let more = lines.len().saturating_sub(LINES_TOLD);
    if more > 1 {
        lines.truncate(LINES_TOLD);
        lines.push(Line::bare(Tone::Note, 8, &format!("… {more} more lines")));
    }
    lines
}

/// The lines that stand in a script's list of its users, a logical ID and a name each, and nowhere else.
fn users(texts: [&str; 2]) -> BTreeSet<&str> {
    let (mut listed, mut elsewhere) = (BTreeSet::new(), BTreeSet::new());
    for text in texts {
        let mut in_list = false;
        for line in text.lines() {
            in_list = line == "users='" || in_list && is_user(line);
            if in_list && is_user(line) { &mut listed } else { &mut elsewhere }.insert(line);
        }
    }
    listed.retain(|line| !elsewhere.contains(line));
    listed
}

fn is_user(line: &str) -> bool {
    line.split_once(' ').is_some_and(|(id, name)| {
        id.ends_with("User")
            && id.chars().all(|c| c.is_ascii_alphanumeric())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
    })
}

/// The lines, in which those of many users are told by their number.
fn without_users(lines: Vec<Line>, users: &BTreeSet<&str>) -> Vec<Line> {
    let changed = |tone: Tone| -> Vec<&str> {
        lines
            .iter()
            .filter(|line| line.tone == tone)
            .map(|line| line.body.as_str())
            .filter(|one| users.contains(one))
            .collect()
    };
    let (come, gone) = (changed(Tone::Add), changed(Tone::Destroy));
    if come.len() + gone.len() <= NAMES_TOLD {
        return lines;
    }
    let summary: Vec<Line> = [(Tone::Destroy, gone), (Tone::Add, come)]
        .into_iter()
        .filter(|(_, all)| !all.is_empty())
        .map(|(tone, all)| Line::new(tone, 8, format!("{} users: {}", all.len(), told(&all))))
        .collect();
    let mut kept: Vec<Line> = Vec::new();
    let mut summary = Some(summary);
    for line in lines {
        if users.contains(line.body.as_str()) {
            kept.extend(summary.take().into_iter().flatten());
        } else if line.body != "…" || kept.last().is_none_or(|last| last.body != "…") {
            kept.push(line);
        }
    }
    kept
}
