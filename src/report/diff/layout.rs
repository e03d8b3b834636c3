//! What a diff says, line by line, whatever it is then shown in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::line::{Line, LineStyle};
use super::values::{block, changed_lines, inline, untagged};
use crate::diff::{
    AccountDiff, Action, Change, Diff, LossKind, Plan, Presence, PropertyChange, Replacement, Resource, StackDiff,
};
use crate::finding::listed;

/// The counts, in Terraform's words.
pub(super) fn plan(plan: Plan) -> String {
    let Plan { add, change, may_replace, replace, destroy, destroy_with_stack, retain } = plan;
    let stay = if destroy_with_stack > 0 {
        format!(" ({destroy_with_stack} of these only when somebody deletes their stack)")
    } else {
        String::new()
    };
    let retain = if retain > 0 { format!(", {retain} to leave its stack and be kept") } else { String::new() };
    let unsure =
        if may_replace > 0 { format!(" ({may_replace} of the changed may be replaced)") } else { String::new() };
    format!("{add} to add, {change} to change, {replace} to replace, {destroy} to destroy{stay}{retain}{unsure}")
}

/// The first line about an account.
pub(super) fn account_title(account: &AccountDiff) -> String {
    let presence = match account.presence {
        Presence::Added => "is added",
        Presence::Removed => "is no longer there; its stacks stay until somebody deletes them",
        Presence::Both => "",
    };
    let was = account.was.as_ref().map_or_else(String::new, |was| {
        format!(", which was `{was}` before: its stacks are the same, and none is to be deleted")
    });
    let title = format!("{} ({}, {})", account.account, account.account_id, account.region);
    if let Some(owner) = &account.leftover_of {
        if account.was.is_some() {
            let told = if account.stacks.is_empty() { "" } else { "; where it is deployed, the following changes" };
            return format!(
                "{title} has the stacks of `{owner}`, too: `racestack synth` says which of the two is left over{told}"
            );
        }
        let title = format!("{title} is no longer there; its stacks are those of `{owner}`");
        if !account.stacks.is_empty() {
            return title + ", which changes the following where they were deployed from it";
        }
        return title + ", and none is to be deleted";
    }
    format!("{title} {presence}").trim_end().to_owned() + &was
}

/// What stands above the parts of a diff of several accounts: they are of all of these.
pub(super) fn parts_title(diff: &Diff) -> Option<String> {
    let mut names: Vec<&str> = diff.accounts.iter().map(|account| account.account.as_str()).collect();
    // One that is made anew elsewhere is there twice.
    names.dedup();
    (names.len() > 1).then(|| listed(&names))
}

pub(super) type StackOf<'a> = (&'a AccountDiff, &'a StackDiff);

/// Stacks of whichever accounts, and what happens in all of them.
pub(super) type Section<'a> = (Vec<StackOf<'a>>, Vec<&'a Change>);

/// The stacks with what happens in them. What happens in several at once stands together, where the first of them would.
pub(super) fn sections(diff: &Diff) -> Vec<Section<'_>> {
    let stacks: Vec<StackOf<'_>> =
        diff.accounts.iter().flat_map(|of| of.stacks.iter().map(move |one| (of, one))).collect();
    // An account that is made anew elsewhere is there twice, and so is one whose name another has now.
    let number: BTreeMap<(&str, &str, bool), usize> = stacks
        .iter()
        .zip(0..)
        .map(|((of, one), at)| ((of.account.as_str(), one.name.as_str(), one.presence == Presence::Removed), at))
        .collect();
    // Each section by the numbers of its stacks.
    let mut sections: BTreeMap<Vec<usize>, Vec<&Change>> = (0..stacks.len()).map(|at| (vec![at], Vec::new())).collect();
    for change in &diff.changes {
        let of = |resource: &Resource| {
            number.get(&(resource.account.as_str(), resource.stack.as_str(), resource.stack_stays)).copied()
        };
        let mut numbers: Vec<usize> = change.resources.iter().filter_map(of).collect();
        numbers.sort_unstable();
        numbers.dedup();
        sections.entry(numbers).or_default().push(change);
    }
    // The stacks of which a section with changes says what becomes of them.
    let presence = |at: &usize| stacks[*at].1.presence;
    let told: BTreeSet<usize> = sections
        .iter()
        .filter(|(numbers, changes)| {
            !changes.is_empty() && numbers.iter().all(|at| presence(at) == presence(&numbers[0]))
        })
        .flat_map(|(numbers, _)| numbers.iter().copied())
        .collect();
    sections.retain(|numbers, changes| {
        let alone = numbers.first().filter(|_| numbers.len() == 1);
        let comes_or_goes = |at: &usize| presence(at) != Presence::Both && !told.contains(at);
        !changes.is_empty() || alone.is_some_and(|at| comes_or_goes(at) || !stacks[*at].1.attributes.is_empty())
    });
    alike(sections.into_iter().map(|(numbers, changes)| (numbers.into_iter().map(|at| stacks[at]).collect(), changes)))
}

/// The sections, in which stacks that change in nothing but the same attributes stand together.
fn alike<'a>(sections: impl Iterator<Item = Section<'a>>) -> Vec<Section<'a>> {
    let mut together: Vec<Section<'_>> = Vec::new();
    for (stacks, changes) in sections {
        let only = stacks.first().filter(|_| changes.is_empty());
        let same = |section: &&mut Section<'_>| {
            let first = section.0.first().filter(|_| section.1.is_empty());
            only.zip(first).is_some_and(|((_, one), (_, other))| {
                one.presence == other.presence && one.attributes == other.attributes
            })
        };
        match together.iter_mut().find(same) {
            Some(section) => section.0.extend(stacks),
            None => together.push((stacks, changes)),
        }
    }
    together
}

/// Where something happens, if that is in several accounts: ` in 2 accounts: seoul, tokyo`.
pub(super) fn in_accounts<'a>(accounts: impl Iterator<Item = &'a str>) -> String {
    let names: BTreeSet<&str> = accounts.collect();
    let names: Vec<&str> = names.into_iter().collect();
    if names.len() < 2 { String::new() } else { format!(" in {} accounts ({})", names.len(), listed(&names)) }
}

/// The lines about one section: its stacks, and what happens in them.
pub(super) fn section(stacks: &[StackOf<'_>], changes: &[&Change]) -> Vec<Line> {
    let mut lines = vec![stacks_title(stacks)];
    // Where the same happens to resources of several stacks, their attributes stand elsewhere.
    if let Some((_, stack)) = stacks.first().filter(|_| stacks.len() == 1 || changes.is_empty()) {
        lines.extend(stack.attributes.iter().flat_map(|attribute| property(attribute, 4)));
    }
    for change in changes {
        lines.extend(change_lines(change));
    }
    lines
}

fn stacks_title(stacks: &[StackOf<'_>]) -> Line {
    let all = |presence| stacks.iter().all(|(_, stack)| stack.presence == presence);
    let (style, one, many) = if all(Presence::Added) {
        (LineStyle::Add, ", is added", ", which are added")
    } else if all(Presence::Removed) {
        let many = ", no longer made; they stay until somebody deletes them";
        (LineStyle::Destroy, ", is no longer made; it stays until somebody deletes it", many)
    } else {
        (LineStyle::Heading, "", "")
    };
    let title = if let [(_, stack)] = stacks {
        format!("stack {} ({}){one}", stack.name, stack.file)
    } else {
        let mut names: Vec<&str> = stacks.iter().map(|(_, stack)| stack.name.as_str()).collect();
        names.dedup();
        let accounts = in_accounts(stacks.iter().map(|(of, _)| of.account.as_str()));
        format!("{} stacks{accounts}{many}: {}", stacks.len(), listed(&names))
    };
    Line::bare(style, 2, title)
}

/// The lines about one change.
pub(super) fn change_lines(change: &Change) -> Vec<Line> {
    let style = LineStyle::of(change.action);
    let name = match change.resources.as_slice() {
        [one] => one.name.as_ref().map_or_else(String::new, |name| format!(" \"{name}\"")),
        several => {
            let accounts: BTreeSet<&str> = several.iter().map(|resource| resource.account.as_str()).collect();
            // One person may be in several accounts.
            let user = |resource: &Resource| {
                let name = resource.user.as_ref()?;
                Some(if accounts.len() > 1 { format!("{name} ({})", resource.account) } else { name.clone() })
            };
            let users: Vec<String> = several.iter().filter_map(user).collect();
            let accounts = if accounts.len() > 1 { format!(" in {} accounts", accounts.len()) } else { String::new() };
            if users.is_empty() && accounts.is_empty() {
                let stacks: Vec<&str> = several.iter().map(|resource| resource.stack.as_str()).collect();
                format!(" in {} stacks: {}", stacks.len(), listed(&stacks))
            } else if users.is_empty() {
                accounts
            } else {
                format!(" of {} users{accounts}: {}", several.len(), listed(&users))
            }
        }
    };
    let title = format!("{} {} {}{name}", change.action.sign(), change.resource_type, change.logical_id);
    let note = if change.action == Action::Retain { " # leaves the stack, and is kept" } else { "" };
    let mut lines = vec![Line::bare(style, 4, format!("{title}{note}"))];
    if matches!(change.action, Action::Add | Action::Change | Action::Replace) {
        let indent = 8;
        for one in &change.properties {
            match (&change.action, &one.new) {
                (Action::Add, Some(value)) => block(&one.shown_path(), value, indent, LineStyle::Add, true, &mut lines),
                _ => lines.extend(property(one, indent)),
            }
        }
    }
    lines.extend(change.lost.iter().map(|loss| {
        // What stays is no loss.
        let stays = matches!(loss.kind, LossKind::Kept | LossKind::Stays);
        Line::new(if stays { LineStyle::Note } else { LineStyle::Loss }, 8, loss.to_string())
    }));
    lines.extend(
        change.refused.iter().map(|refused| Line::new(LineStyle::Loss, 8, format!("refused: {}", refused.reason))),
    );
    lines
}

/// The lines about a value that changes.
pub(super) fn property(change: &PropertyChange, indent: usize) -> Vec<Line> {
    let path = change.shown_path();
    let note = match change.replacement {
        Replacement::No => "",
        Replacement::Yes => " # forces replacement",
        Replacement::Maybe => " # may force replacement",
        Replacement::Unknown => " # unknown whether it forces replacement",
    };
    let replaced = change.replaced.as_ref().map(|id| format!(" (`{id}` is replaced)"));
    let mut lines = Vec::new();
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let values = match (inline(old), inline(new)) {
                // What looks the same and is not, such as a list of one, is told with its brackets.
                (Some(one), Some(other)) if one == other && old != new => Some(format!(" {old} -> {new}")),
                (Some(old), Some(new)) => Some(format!(" {old} -> {new}")),
                _ => None,
            };
            let replaced = replaced.unwrap_or_default();
            let shown = values.as_deref().unwrap_or_default();
            lines.push(Line::new(LineStyle::Change, indent, format!("{path}:{shown}{replaced}{note}")));
            match (old, new) {
                _ if values.is_some() => {}
                (Value::String(old), Value::String(new)) => lines.extend(changed_lines(old, new, indent + 4)),
                (old, new) => {
                    block("old", old, indent + 4, LineStyle::Destroy, false, &mut lines);
                    block("new", new, indent + 4, LineStyle::Add, false, &mut lines);
                }
            }
        }
        (Some(value), None) => block(&path, untagged(value), indent, LineStyle::Destroy, false, &mut lines),
        (None, Some(value)) => block(&path, untagged(value), indent, LineStyle::Add, false, &mut lines),
        (None, None) => {}
    }
    if let (Some(first), false) = (lines.first_mut(), change.old.is_some() && change.new.is_some()) {
        first.body += note;
    }
    lines
}
