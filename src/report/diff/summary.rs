//! The first lines of a diff: what a reviewer must know before anything else.

use std::collections::BTreeMap;

use super::access::principal_words;
use super::line::{Line, LineStyle};
use crate::diff::{AccessPrincipal, Action, Diff, Direction, LossKind, PersonChange, PersonDiff};
use crate::finding::{LISTED_NAMES, counted, listed};

/// The lines: access that is widened or narrowed and for how many, who joins, leaves, is renamed or suspended, and what is
/// destroyed.
pub(super) fn lines(diff: &Diff) -> Vec<Line> {
    let mut lines: Vec<Line> = [Direction::Widened, Direction::Unknown, Direction::Narrowed]
        .into_iter()
        .filter_map(|direction| access(diff, direction))
        .collect();
    lines.extend(people(diff));
    lines.extend(destroyed(diff));
    let losing: usize = diff.changes.iter().filter(|change| change.loses()).map(|change| change.resources.len()).sum();
    let words = format!("something is lost, or may be, by the change of {}", counted(losing, "resource", "resources"));
    lines.extend((losing > 0).then(|| Line::new(LineStyle::Loss, 2, words)));
    lines
}

fn access(diff: &Diff, direction: Direction) -> Option<Line> {
    let counts = diff.access_counts.iter().filter(|count| count.direction == direction);
    let whom: Vec<String> = counts.clone().map(|count| principals(count.principal, count.count)).collect();
    let accounts = counts.map(|count| count.accounts).max()?;
    let (style, word) = match direction {
        Direction::Widened => (LineStyle::Warning, "is widened for"),
        Direction::Unknown => (LineStyle::Loss, "is perhaps widened for"),
        Direction::Narrowed | Direction::PerhapsNarrowed => (LineStyle::Destroy, "is narrowed for"),
    };
    let accounts = if accounts > 1 { format!(" in {accounts} accounts") } else { String::new() };
    Some(Line::new(style, 2, format!("access {word} {}{accounts}", joined(&whom))))
}

fn principals(kind: AccessPrincipal, count: usize) -> String {
    match (kind, principal_words(kind), count) {
        (AccessPrincipal::Anybody, (anybody, _), _) => anybody.to_owned(),
        (_, (one, _), 1) => format!("1 {one}"),
        (_, (_, many), _) => format!("{count} {many}"),
    }
}

/// Words as a sentence has them: `a, b and c`.
fn joined(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

fn people(diff: &Diff) -> Vec<Line> {
    let several = diff.accounts.len() > 1;
    let of = |change: PersonChange| diff.people.iter().filter(move |person| person.change == change);
    let name = |person: &PersonDiff| {
        let name = &person.name;
        let name = match (&person.was, &person.email_of, &person.email_was) {
            (Some(was), ..) => format!("{was} becomes {name}"),
            (_, Some(other), _) => format!("{name} has that of {other}"),
            (.., Some(email)) => format!("{name} had {email}"),
            (None, None, None) => name.clone(),
        };
        if several { format!("{name} ({})", person.account) } else { name }
    };
    let line = |change, style, one: &str, many: &str| {
        let names: Vec<String> = of(change).map(name).collect();
        let who = counted(names.len(), &format!("person {one}"), &format!("people {many}"));
        // Who joins or is suspended loses nothing by a mistake; all others are to be looked at one by one.
        let is_told_in_part = matches!(change, PersonChange::Joins | PersonChange::Suspended | PersonChange::Resumed);
        let names = if is_told_in_part { listed(&names) } else { names.join(", ") };
        (!names.is_empty()).then(|| Line::new(style, 2, format!("{who}: {names}")))
    };
    let mut lines = Vec::new();
    lines.extend(line(PersonChange::Joins, LineStyle::Add, "joins", "join"));
    let (one, many) =
        ("has the name of somebody who left, and their folder", "have the names of people who left, and their folders");
    lines.extend(line(PersonChange::Returns, LineStyle::Warning, one, many));
    let (one, many) = ("has the e-mail address that another had", "have the e-mail addresses that others had");
    lines.extend(line(PersonChange::TakesEmail, LineStyle::Warning, one, many));
    let (one, many) = (
        "has another e-mail address; if it is another person, they get keys, folder and notebook of the one before",
        "have other e-mail addresses; those who are other people get keys, folders and notebooks of the ones before",
    );
    lines.extend(line(PersonChange::OtherEmail, LineStyle::Warning, one, many));
    lines.extend(line(PersonChange::Leaves, LineStyle::Destroy, "leaves", "leave"));
    lines.extend(line(PersonChange::Renamed, LineStyle::Warning, "gets another name", "get another name"));
    let several_renamed = of(PersonChange::Renamed).nth(1).is_some();
    for person in of(PersonChange::Renamed).take(LISTED_NAMES) {
        lines.extend(several_renamed.then(|| Line::bare(LineStyle::Plain, 6, format!("{}:", name(person)))));
        let steps = (1..).zip(&person.steps);
        lines.extend(steps.map(|(number, step)| Line::bare(LineStyle::Plain, 8, format!("{number}. {step}"))));
    }
    lines.extend(line(PersonChange::Suspended, LineStyle::Change, "is suspended", "are suspended"));
    lines.extend(line(PersonChange::Resumed, LineStyle::Change, "is no longer suspended", "are no longer suspended"));
    lines
}

/// Of more other types, only how many resources there are is told.
const KINDS_TOLD: usize = 3;

/// What goes with a resource of a type, of one and of many; of all others, the type is told.
const GONE: &[(&str, &str, &str)] = &[
    ("AWS::IAM::AccessKey", "access key", "access keys"),
    ("AWS::IAM::User", "user with all credentials", "users with all credentials"),
    ("AWS::KMS::Key", "key with what it encrypts", "keys with what they encrypt"),
    ("AWS::S3::Bucket", "bucket", "buckets"),
    ("AWS::SageMaker::NotebookInstance", "notebook with its volume", "notebooks with their volumes"),
    ("AWS::SecretsManager::Secret", "secret with its value", "secrets with their values"),
];

/// What is destroyed or replaced by the deployment, and what stays until somebody deletes its stack.
fn destroyed(diff: &Diff) -> Vec<Line> {
    // What is replaced and kept is not gone.
    let gone = diff.changes.iter().filter(|change| {
        let kept = change.lost.iter().any(|loss| loss.kind == LossKind::Kept);
        matches!(change.action, Action::Destroy | Action::Replace) && !kept
    });
    let (mut now, mut later) = (BTreeMap::new(), BTreeMap::new());
    for change in gone {
        for resource in &change.resources {
            let counts = if resource.stack_stays { &mut later } else { &mut now };
            *counts.entry(change.resource_type.as_str()).or_default() += 1;
        }
    }
    let line = |what: &str, counts| Some(Line::new(LineStyle::Loss, 2, format!("{what}: {}", counted_types(counts)?)));
    let later = line("destroyed only when somebody deletes their stack", later);
    line("destroyed or replaced", now).into_iter().chain(later).collect()
}

/// How many resources there are of each type, in words; `None` where there is none.
fn counted_types(mut counts: BTreeMap<&str, usize>) -> Option<String> {
    let known = GONE.iter().filter_map(|(kind, one, many)| {
        let count = counts.remove(kind)?;
        Some(counted(count, one, many))
    });
    let mut words: Vec<String> = known.collect();
    if counts.len() > KINDS_TOLD {
        words.push(format!("{} other resources", counts.values().sum::<usize>()));
    } else {
        words.extend(counts.iter().map(|(kind, count)| match *kind {
            "AWS::IAM::Group" => counted(*count, "group", "groups"),
            "AWS::IAM::ManagedPolicy" => counted(*count, "policy", "policies"),
            "AWS::IAM::Role" => counted(*count, "role", "roles"),
            kind => format!("{count} {kind}"),
        }));
    }
    (!words.is_empty()).then(|| joined(&words))
}
