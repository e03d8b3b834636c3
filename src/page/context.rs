//! What the templates of the page are filled with.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::access_matrix::{self, AccessRow};
use super::findings::{self, grouped, message_spans};
use super::{Page, PageAccount, picture};
use crate::check::Extent;
use crate::facts::limits::Used;
use crate::finding::{Severity, any_error, counted};
use crate::model::{DISPLAY_NAME, EMAIL, TEAM};
use crate::output::StackEntry;
use crate::render::{Templates, policy_hash};

/// An account's stacks and picture are unfolded at first in a fleet of up to so many accounts, and its stacks if there are no
/// more of them than these.
const UNFOLDED_ACCOUNTS: usize = 3;
const UNFOLDED_STACKS: usize = 30;

/// The columns of the roster: the keys of its rows, their titles, and whether one can choose among their values.
const COLUMNS: [(&str, &str, bool); 10] = [
    ("name", "name", false),
    ("display_name", "display name", false),
    ("email", "e-mail", false),
    ("team", "team", true),
    ("state", "state", true),
    ("account", "account", true),
    ("stack", "stack", false),
    ("notebook", "notebook", false),
    ("instance_type", "instance type", true),
    ("volume", "volume (GB)", false),
];

/// A row of the roster: a text for each of `COLUMNS`.
type Person = Map<String, Value>;

pub(super) fn of(templates: &Templates, page: &Page<'_>) -> Value {
    let (style, script) = (templates.text("page/page.css"), templates.text("page/page.js"));
    let styles = std::iter::once(style).chain(page.diff.as_ref().map(|diff| diff.style.as_str()));
    let style_hashes: Vec<String> = styles.map(|style| format!("'{}'", policy_hash(style))).collect();
    let people: Vec<Person> = page.accounts.iter().flat_map(people).collect();
    let is_isolated = |one: &PageAccount| !one.access.rows.is_empty() && one.access.weak() == 0;
    let open = page.accounts.len() <= UNFOLDED_ACCOUNTS;
    json!({
        "title": page.title,
        "today": page.today.map(|today| today.to_string()),
        "revision": page.revision,
        "version": env!("CARGO_PKG_VERSION"),
        "style": style,
        "style_hashes": style_hashes.join(" "),
        "script": script,
        "script_hash": policy_hash(script),
        "stale": page.stale,
        "incomplete": any_error(page.findings),
        "counts": counts(page, &people),
        // Whether nobody reaches anything of anybody else in any account.
        "isolated": !page.accounts.is_empty() && page.accounts.iter().all(is_isolated),
        "reach": access(&page.accounts),
        "accounts": page.accounts.iter().map(|one| account(one, open)).collect::<Value>(),
        "columns": COLUMNS.map(|(_, title, _)| title),
        "filters": filters(&people),
        "people": people,
        "findings": findings::open(page.findings),
        "suppressed": findings::suppressed(page.findings),
        "diff": page.diff,
    })
}

fn counts(page: &Page<'_>, people: &[Person]) -> Value {
    let stacks = || page.accounts.iter().flat_map(|one| &one.manifest.stacks);
    let open = |severity| page.findings.iter().filter(|finding| finding.is_open(severity)).count();
    let (errors, warnings) = (open(Severity::Error), open(Severity::Warning));
    [
        (page.accounts.len(), "account", "accounts"),
        (people.len(), "person", "people"),
        (people.iter().filter(|person| person["state"] == "suspended").count(), "suspended", "suspended"),
        (people.iter().filter(|person| person["notebook"] != "").count(), "notebook", "notebooks"),
        (stacks().count(), "stack", "stacks"),
        (stacks().map(|stack| stack.resources.used).sum(), "resource", "resources"),
        (errors, "error", "errors"),
        (warnings, "warning", "warnings"),
        (page.findings.len() - errors - warnings, "suppressed finding", "suppressed findings"),
    ]
    .into_iter()
    .map(|(count, one, many)| json!({"count": count, "what": if count == 1 { one } else { many }}))
    .collect()
}

fn account(one: &PageAccount, open: bool) -> Value {
    let stacks = &one.manifest.stacks;
    // The stack whose template is fullest.
    let fullest = stacks.iter().max_by_key(|stack| share(stack.bytes));
    json!({
        "name": one.account.name.as_str(),
        "id": one.account.id.as_str(),
        "region": one.account.region.as_str(),
        "profile": one.account.policies.as_str(),
        "people_counted": counted(one.account.users.len(), "person", "people"),
        "stacks_counted": counted(stacks.len(), "stack", "stacks"),
        "bucket": one.account.bucket.as_str(),
        "stacks_open": open && stacks.len() <= UNFOLDED_STACKS,
        "fullest": fullest.map_or("", |stack| &stack.part),
        "fullest_percent": fullest.map_or(0, |stack| percent(stack.bytes)),
        "stacks": stacks.iter().map(stack).collect::<Value>(),
    })
}

/// Who may do what, of accounts in which it is the same once.
fn access(accounts: &[PageAccount]) -> Value {
    let mut alike: Vec<(&PageAccount, Vec<&str>)> = Vec::new();
    for one in accounts.iter().filter(|one| !one.access.rows.is_empty()) {
        let same = |(known, _): &&mut (&PageAccount, Vec<&str>)| {
            (known.account.policies, &known.access) == (one.account.policies, &one.access)
        };
        match alike.iter_mut().find(same) {
            Some((_, names)) => names.push(one.account.name.as_str()),
            None => alike.push((one, vec![one.account.name.as_str()])),
        }
    }
    let open = alike.len() <= UNFOLDED_ACCOUNTS;
    let shown = alike.into_iter().map(|(one, names)| (one, names.join(", "))).map(|(one, names)| {
        json!({
            "picture": picture::svg(&names, &one.access),
            "names": names,
            "profile": one.account.policies.as_str(),
            "open": open,
            "weak": one.access.weak(),
            "principals": one.access.principals,
            "rows": one.access.rows.iter().map(row).collect::<Value>(),
        })
    });
    shown.collect()
}

fn stack(stack: &StackEntry) -> Value {
    let fullest = stack.policies.iter().max_by_key(|policy| share(policy.characters));
    json!({
        "name": stack.name,
        "file": stack.file,
        "people": stack.users.len(),
        "bytes": bar("bytes of the template", None, stack.bytes),
        "resources": bar("resources", None, stack.resources),
        "policy": fullest.map(|policy| {
            bar("characters of the fullest policy", Some(&policy.resource), policy.characters)
        }),
    })
}

/// How much of a limit is used, in millionths.
fn share(used: Used) -> u128 {
    used.used as u128 * 1_000_000 / used.limit.max(1) as u128
}

fn percent(Used { used, limit }: Used) -> usize {
    used * 100 / limit.max(1)
}

/// How much of a limit is used, as a bar.
fn bar(label: &str, name: Option<&str>, used: Used) -> Value {
    json!({
        "label": label,
        "name": name,
        "used": used.used,
        "limit": used.limit,
        "used_shown": grouped(used.used),
        "limit_shown": grouped(used.limit),
        "percent": percent(used),
        // From where on the bar warns, and from where on it alarms: a stack is filled up to 85 hundredths by placement, and above
        // nine tenths an edit may overflow it.
        "low": used.limit * 86 / 100,
        "high": used.limit * 95 / 100,
    })
}

fn row(row: &AccessRow) -> Value {
    let cell = |answer: &Option<Extent>| {
        let (class, more) = match answer {
            Some(Extent::All | Extent::Part) if row.is_forbidden() => ("weak", "!"),
            Some(Extent::All | Extent::Part) => ("allowed", ""),
            Some(Extent::Nothing) | None => ("denied", ""),
            Some(Extent::Unknown) => ("unknown", ""),
        };
        let text = format!("{}{more}", access_matrix::answer_word(*answer));
        json!({"class": class, "text": text})
    };
    json!({
        "on": format!("{} {}", access_matrix::word(row.whose), row.thing),
        "what": message_spans(&row.what),
        "cells": row.answers.iter().map(cell).collect::<Value>(),
    })
}

fn people(one: &PageAccount) -> impl Iterator<Item = Person> {
    let stacks = one.manifest.stacks.iter();
    let stack_of: BTreeMap<&str, &str> =
        stacks.flat_map(|stack| stack.users.iter().map(|user| (user.name.as_str(), stack.part.as_str()))).collect();
    one.account.users.iter().map(move |user| {
        let tag = |key: &str| {
            let found = user.person_tags.iter().chain(&user.tags).find(|tag| tag.key == key);
            found.map_or("", |tag| tag.value.as_str())
        };
        let notebook = user.notebook.as_ref();
        let values = [
            user.name.as_str(),
            tag(DISPLAY_NAME),
            tag(EMAIL),
            tag(TEAM),
            if user.suspended { "suspended" } else { "active" },
            one.account.name.as_str(),
            stack_of.get(user.name.as_str()).copied().unwrap_or_default(),
            notebook.map_or("", |notebook| notebook.name.as_str()),
            notebook.map_or("", |notebook| notebook.instance_type.as_str()),
            &notebook.map_or(String::new(), |notebook| notebook.volume_gb.to_string()),
        ];
        COLUMNS.iter().zip(values).map(|((key, ..), value)| ((*key).to_owned(), value.into())).collect()
    })
}

fn filters(people: &[Person]) -> Value {
    let filter = |(column, (key, title, _)): (usize, &(&str, &str, bool))| {
        let values = people.iter().filter_map(|person| person[*key].as_str()).filter(|value| !value.is_empty());
        json!({"label": title, "column": column, "values": values.collect::<BTreeSet<_>>()})
    };
    COLUMNS.iter().enumerate().filter(|(_, (.., is_choice))| *is_choice).map(filter).collect()
}
