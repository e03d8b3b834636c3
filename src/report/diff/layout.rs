//! What a diff says, line by line, whatever it is then shown in.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::visible;
use super::values::{block, changed_lines, inline, untagged};
use crate::diff::{
    AccessChange, AccessDirection, AccessPrincipal, AccountDiff, Action, Change, Plan, Presence, PropertyChange,
    Replacement, StackDiff,
};

/// What a line is about, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Heading,
    Add,
    Destroy,
    Change,
    Replace,
    /// Something in passing.
    Note,
    /// Something lost or refused.
    Loss,
}

impl Tone {
    fn of(action: Action) -> Self {
        match action {
            Action::Add => Self::Add,
            Action::Change => Self::Change,
            Action::Replace => Self::Replace,
            Action::Destroy => Self::Destroy,
            Action::Retain => Self::Note,
        }
    }

    /// The sign before a line of a property.
    fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Destroy => "-",
            Self::Change | Self::Replace => "~",
            Self::Loss => "!",
            Self::Plain | Self::Heading | Self::Note => " ",
        }
    }
}

/// A line, in which every character can be shown.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub tone: Tone,
    indent: usize,
    /// Whether the tone's sign stands before the body.
    signed: bool,
    pub(super) body: String,
}

impl Line {
    /// A line with its sign.
    pub(super) fn new(tone: Tone, indent: usize, body: impl Into<String>) -> Self {
        Self { tone, indent, signed: true, body: body.into() }
    }

    /// A line without a sign.
    pub(super) fn bare(tone: Tone, indent: usize, body: &str) -> Self {
        Self { tone, indent, signed: false, body: body.to_owned() }
    }

    /// The line as it stands in a terminal.
    pub(super) fn text(&self) -> String {
        let sign = if self.signed { format!("{} ", self.tone.sign()) } else { String::new() };
        format!("{:indent$}{sign}{}", "", self.body, indent = self.indent)
    }

    /// The line without its sign, which is to stand elsewhere.
    pub(super) fn unsigned(&self) -> String {
        let indent = if self.signed { self.indent + 2 } else { self.indent };
        format!("{:indent$}{}", "", self.body)
    }
}

/// Names that are told one by one; of more, the first of them and how many there are.
pub(super) const NAMES_TOLD: usize = 5;

/// The counts, in Terraform's words.
pub(super) fn plan(plan: Plan) -> String {
    let Plan { add, change, may_replace, replace, destroy, retain } = plan;
    let retain = if retain > 0 { format!(", {retain} to leave its stack and be kept") } else { String::new() };
    let unsure =
        if may_replace > 0 { format!(" ({may_replace} of the changed may be replaced)") } else { String::new() };
    format!("{add} to add, {change} to change, {replace} to replace, {destroy} to destroy{retain}{unsure}")
}

/// The first line about an account.
pub(super) fn account_title(account: &AccountDiff) -> String {
    let presence = match account.presence {
        Presence::Added => "is added",
        Presence::Removed => "is no longer there; its stacks stay until somebody deletes them",
        Presence::Both => "",
    };
    let title = format!("{} ({}, {})", account.account, account.account_id, account.region);
    visible::line(format!("{title} {presence}").trim_end())
}

/// Stacks, and what happens in all of them.
pub(super) type Section<'a> = (Vec<&'a StackDiff>, Vec<&'a Change>);

/// The stacks of an account with what happens in them. What happens in several at once stands together, where the first of
/// them would.
pub(super) fn sections(account: &AccountDiff) -> Vec<Section<'_>> {
    let mut sections: Vec<Section<'_>> = account.stacks.iter().map(|stack| (vec![stack], Vec::new())).collect();
    for change in &account.changes {
        let mut names: Vec<&str> = change.resources.iter().map(|resource| resource.stack.as_str()).collect();
        names.dedup();
        let stacks: Vec<&StackDiff> =
            account.stacks.iter().filter(|stack| names.contains(&stack.name.as_str())).collect();
        let same = |section: &&mut Section<'_>| {
            section.0.iter().map(|stack| &stack.name).eq(stacks.iter().map(|stack| &stack.name))
        };
        match sections.iter_mut().find(same) {
            Some((_, changes)) => changes.push(change),
            None => sections.push((stacks, vec![change])),
        }
    }
    // The stacks of which a section with changes says what becomes of them.
    let told: BTreeSet<String> = sections
        .iter()
        .filter(|(stacks, changes)| !changes.is_empty() && stacks.iter().all(|one| one.presence == stacks[0].presence))
        .flat_map(|(stacks, _)| stacks.iter().map(|stack| stack.name.clone()))
        .collect();
    sections.retain(|(stacks, changes)| {
        let alone = stacks.first().filter(|_| stacks.len() == 1);
        let comes_or_goes = |stack: &&StackDiff| stack.presence != Presence::Both && !told.contains(&stack.name);
        !changes.is_empty() || alone.is_some_and(|stack| comes_or_goes(stack) || !stack.attributes.is_empty())
    });
    alike(sections)
}

/// The sections, in which stacks that change in nothing but the same attributes stand together.
fn alike(sections: Vec<Section<'_>>) -> Vec<Section<'_>> {
    let mut together: Vec<Section<'_>> = Vec::new();
    for (stacks, changes) in sections {
        let only = stacks.first().filter(|_| changes.is_empty());
        let same = |section: &&mut Section<'_>| {
            let first = section.0.first().filter(|_| section.1.is_empty());
            only.zip(first)
                .is_some_and(|(one, other)| one.presence == other.presence && one.attributes == other.attributes)
        };
        match together.iter_mut().find(same) {
            Some(section) => section.0.extend(stacks),
            None => together.push((stacks, changes)),
        }
    }
    together
}

/// The lines about one section: its stacks, and what happens in them.
pub(super) fn section(stacks: &[&StackDiff], changes: &[&Change]) -> Vec<Line> {
    let mut lines = vec![stacks_title(stacks)];
    // Where the same happens to resources of several stacks, their attributes stand elsewhere.
    if let Some(stack) = stacks.first().filter(|_| stacks.len() == 1 || changes.is_empty()) {
        lines.extend(stack.attributes.iter().flat_map(|attribute| property(attribute, 4)));
    }
    for change in changes {
        lines.extend(change_lines(change));
    }
    lines
}

fn stacks_title(stacks: &[&StackDiff]) -> Line {
    match stacks {
        [stack] => {
            let (tone, presence) = match stack.presence {
                Presence::Added => (Tone::Add, ", is added"),
                Presence::Removed => (Tone::Destroy, ", is no longer made; it stays until somebody deletes it"),
                Presence::Both => (Tone::Heading, ""),
            };
            Line::bare(tone, 2, &visible::line(&format!("stack {} ({}){presence}", stack.name, stack.file)))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|stack| stack.name.as_str()).collect();
            let all = |presence| several.iter().all(|stack| stack.presence == presence);
            let (tone, presence) = match () {
                () if all(Presence::Added) => (Tone::Add, ", which are added"),
                () if all(Presence::Removed) => {
                    (Tone::Destroy, ", no longer made; they stay until somebody deletes them")
                }
                () => (Tone::Heading, ""),
            };
            Line::bare(tone, 2, &format!("{} stacks{presence}: {}", several.len(), told(&names)))
        }
    }
}

/// The lines about one change.
pub(super) fn change_lines(change: &Change) -> Vec<Line> {
    let tone = Tone::of(change.action);
    let name = match change.resources.as_slice() {
        [one] => one.name.as_ref().map_or_else(String::new, |name| format!(" \"{name}\"")),
        several => {
            let users: Vec<&str> = several.iter().filter_map(|resource| resource.user.as_deref()).collect();
            if users.is_empty() {
                let stacks: Vec<&str> = several.iter().map(|resource| resource.stack.as_str()).collect();
                format!(" in {} stacks: {}", stacks.len(), told(&stacks))
            } else {
                format!(" of {} users: {}", several.len(), told(&users))
            }
        }
    };
    let title = format!("{} {} {}{name}", change.action.sign(), change.resource_type, change.logical_id);
    let note = if change.action == Action::Retain { " # leaves the stack, and is kept" } else { "" };
    let mut lines = vec![Line::bare(tone, 4, &visible::line(&format!("{title}{note}")))];
    if matches!(change.action, Action::Add | Action::Change | Action::Replace) {
        let indent = 8;
        for one in &change.properties {
            match (&change.action, &one.new) {
                (Action::Add, Some(value)) => block(&one.shown_path(), value, indent, Tone::Add, true, &mut lines),
                _ => lines.extend(property(one, indent)),
            }
        }
    }
    lines.extend(change.lost.iter().map(|lost| {
        // What stays is no loss.
        let stays = lost.starts_with("kept:") || lost.starts_with("stays:");
        Line::new(if stays { Tone::Note } else { Tone::Loss }, 8, visible::line(lost))
    }));
    lines.extend(
        change.refused.iter().map(|refused| Line::new(Tone::Loss, 8, format!("refused: {}", visible::line(refused)))),
    );
    lines
}

/// The lines about a value that changes.
pub(super) fn property(change: &PropertyChange, indent: usize) -> Vec<Line> {
    let path = visible::line(&change.shown_path());
    let note = match change.replacement {
        Replacement::No => "",
        Replacement::Yes => " # forces replacement",
        Replacement::Maybe => " # may force replacement",
        Replacement::Unknown => " # unknown whether it forces replacement",
    };
    let replaced = change.replaced.as_ref().map(|id| format!(" (`{}` is replaced)", visible::line(id)));
    let mut lines = Vec::new();
    match (&change.old, &change.new) {
        (Some(old), Some(new)) => {
            let values = match (inline(old), inline(new)) {
                (Some(old), Some(new)) => Some(format!(" {old} -> {new}")),
                _ => None,
            };
            let replaced = replaced.unwrap_or_default();
            let shown = values.as_deref().unwrap_or_default();
            lines.push(Line::new(Tone::Change, indent, format!("{path}:{shown}{replaced}{note}")));
            match (old, new) {
                _ if values.is_some() => {}
                (Value::String(old), Value::String(new)) => lines.extend(changed_lines(old, new, indent + 4)),
                (old, new) => {
                    block("old", old, indent + 4, Tone::Destroy, false, &mut lines);
                    block("new", new, indent + 4, Tone::Add, false, &mut lines);
                }
            }
        }
        (Some(value), None) => block(&path, untagged(value), indent, Tone::Destroy, false, &mut lines),
        (None, Some(value)) => block(&path, untagged(value), indent, Tone::Add, false, &mut lines),
        (None, None) => {}
    }
    if let (Some(first), false) = (lines.first_mut(), change.old.is_some() && change.new.is_some()) {
        first.body += note;
    }
    lines
}

/// The lines about who gains and who loses what; none where no policy changes.
pub(super) fn access(account: &AccountDiff) -> Vec<Line> {
    let about_access = |change: &Change| {
        change.resource_type.starts_with("AWS::IAM::") || change.resource_type == "AWS::S3::BucketPolicy"
    };
    if account.access.is_empty() {
        let asked = account.changes.iter().any(about_access);
        return asked.then(|| Line::bare(Tone::Heading, 2, "no change in access")).into_iter().collect();
    }
    let mut lines = vec![Line::bare(Tone::Heading, 2, "access")];
    lines.extend(account.access.iter().flat_map(access_lines));
    lines
}

/// The lines about the access of one principal, or of several.
pub(super) fn access_lines(change: &AccessChange) -> Vec<Line> {
    let names: Vec<&str> = change.names.iter().map(String::as_str).collect();
    let (one, several) = match change.principal {
        AccessPrincipal::User => ("the user", "users"),
        AccessPrincipal::NotebookRole => ("the notebook role", "notebook roles"),
        AccessPrincipal::Role => ("the role", "roles"),
        AccessPrincipal::Service => ("the service", "services"),
        AccessPrincipal::Account => ("the account", "accounts"),
        AccessPrincipal::Anybody => ("", ""),
        AccessPrincipal::Resource => ("through the resource", "resources"),
    };
    let who = match names.as_slice() {
        [name] => visible::line(format!("{one} {name}").trim()),
        many => format!("{} {several}: {}", many.len(), told(many)),
    };
    let gone = change.presence == Presence::Removed;
    let (tone, suffix) = match (change.presence, change.same_as) {
        (Presence::Removed, _) => (Tone::Destroy, " (gone, with all access)".to_owned()),
        (Presence::Added, 0) => (Tone::Add, " (new)".to_owned()),
        (Presence::Added, others) => (Tone::Add, format!(" (new, with the access that {others} had before)")),
        (Presence::Both, _) => (Tone::Plain, String::new()),
    };
    let mut lines = vec![Line::new(tone, 4, format!("{who}{suffix}"))];
    // What those who are new have in common with others is known.
    let told = change.entries.iter().filter(|_| !gone && change.same_as == 0);
    lines.extend(told.map(|entry| {
        let (tone, word) = match entry.direction {
            AccessDirection::Widened => (Tone::Add, "widened"),
            AccessDirection::Narrowed => (Tone::Destroy, "narrowed"),
            AccessDirection::Unknown if entry.at_most_narrowed => (Tone::Destroy, "unknown, at most narrowed"),
            AccessDirection::Unknown => (Tone::Loss, "unknown"),
        };
        let list = |texts: &[String]| texts.iter().map(|text| visible::line(text)).collect::<Vec<_>>().join(", ");
        let conditions = match entry.conditions.as_slice() {
            [] => String::new(),
            all => format!(", {}", all.iter().map(|text| visible::line(text)).collect::<Vec<_>>().join(", and ")),
        };
        Line::new(tone, 8, format!("{word}: {} on {}{conditions}", list(&entry.actions), list(&entry.resources)))
    }));
    lines
}

/// Names, of many the first ones.
pub(super) fn told(names: &[&str]) -> String {
    let shown = names.iter().take(NAMES_TOLD).map(|name| visible::line(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_TOLD) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
