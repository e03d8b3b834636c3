//! The lines about access: who gains and who loses what.

use super::layout::in_accounts;
use super::line::{Line, LineStyle};
use crate::diff::{AccessChange, AccessPrincipal, Change, Diff, Direction, Presence};
use crate::finding::listed;

/// The lines about who gains and who loses what; none where no policy changes.
pub(super) fn lines(diff: &Diff) -> Vec<Line> {
    let about_access = |change: &Change| {
        change.resource_type.starts_with("AWS::IAM::") || change.resource_type == "AWS::S3::BucketPolicy"
    };
    if diff.access.is_empty() {
        let asked = diff.changes.iter().any(about_access);
        return asked.then(|| Line::bare(LineStyle::Heading, 2, "no change in access")).into_iter().collect();
    }
    let mut lines = vec![Line::bare(LineStyle::Heading, 2, "access")];
    lines.extend(diff.access.iter().flat_map(|change| access_lines(change, diff.accounts.len() > 1)));
    lines
}

/// The lines about the access of one principal, or of several.
fn access_lines(change: &AccessChange, several_accounts: bool) -> Vec<Line> {
    let mut names: Vec<&str> = change.names.iter().map(String::as_str).collect();
    let count = names.len();
    names.dedup();
    let accounts = match change.accounts.as_slice() {
        [account] if several_accounts => format!(" in {account}"),
        accounts => in_accounts(accounts.iter().map(String::as_str)),
    };
    let (one, several) = principal_words(change.principal);
    let who = match (names.as_slice(), change.principal) {
        ([name], AccessPrincipal::Anybody) => format!("{name}{accounts}"),
        ([name], AccessPrincipal::Resource) => format!("through the {one} {name}{accounts}"),
        ([name], _) => format!("the {one} {name}{accounts}"),
        (many, _) => format!("{count} {several}{accounts}: {}", listed(many)),
    };
    let gone = change.presence == Presence::Removed;
    let (style, suffix) = match (change.presence, change.same_as) {
        (Presence::Removed, _) => (LineStyle::Destroy, " (gone, with all access)".to_owned()),
        (Presence::Added, 0) => (LineStyle::Add, " (new)".to_owned()),
        (Presence::Added, others) => (LineStyle::Add, format!(" (new, with the same access as {others} that exist)")),
        (Presence::Both, _) => (LineStyle::Plain, String::new()),
    };
    let mut lines = vec![Line::new(style, 4, format!("{who}{suffix}"))];
    // What those who are new have in common with others is known.
    let entries = change.entries.iter().filter(|_| !gone && change.same_as == 0);
    lines.extend(entries.map(|entry| {
        let (style, word) = match entry.direction {
            Direction::Widened => (LineStyle::Warning, "widened"),
            Direction::Narrowed => (LineStyle::Destroy, "narrowed"),
            Direction::PerhapsNarrowed => (LineStyle::Destroy, "unknown, at most narrowed"),
            Direction::Unknown => (LineStyle::Loss, "unknown"),
        };
        let how = match (entry.direction, entry.by_denial) {
            (Direction::Widened, false) => "allowed by",
            (Direction::Widened, true) => "no longer denied by",
            (Direction::Narrowed, false) => "no longer allowed by",
            (Direction::Narrowed, true) => "denied by",
            (Direction::Unknown | Direction::PerhapsNarrowed, _) => "by",
        };
        let statements = &entry.statements;
        let by = if statements.is_empty() { String::new() } else { format!(" ({how} {})", listed(statements)) };
        let conditions = entry.short_conditions.join(", and ");
        // All actions on everything, but for some.
        let all_but = match entry.actions.as_slice() {
            [one] if entry.resources == ["*"] && by.is_empty() => one.strip_prefix('*'),
            _ => None,
        };
        let what = match (entry.direction, all_but) {
            // It is about all that a resource opens, or nobody knows about what.
            (Direction::Unknown, Some("")) => conditions,
            (Direction::Narrowed, Some(but)) if conditions.is_empty() => format!("all there was{but}"),
            _ => {
                let when = if conditions.is_empty() { conditions } else { format!(", {conditions}") };
                format!("{} on {}{when}{by}", entry.actions.join(", "), entry.resources.join(", "))
            }
        };
        Line::new(style, 8, format!("{word}: {what}"))
    }));
    lines
}

/// The words for one principal of a kind, and for several.
pub(super) fn principal_words(kind: AccessPrincipal) -> (&'static str, &'static str) {
    match kind {
        AccessPrincipal::User => ("user", "users"),
        AccessPrincipal::NotebookRole => ("notebook role", "notebook roles"),
        AccessPrincipal::Role => ("role", "roles"),
        AccessPrincipal::Service => ("service", "services"),
        AccessPrincipal::Account => ("account", "accounts as a whole"),
        AccessPrincipal::Anybody => ("anybody", "anybody"),
        AccessPrincipal::Resource => ("resource", "resources"),
    }
}
