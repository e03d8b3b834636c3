//! What the templates of the page are filled with.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::access_matrix::{AccessRow, CellAnswer};
use super::findings::{self, FindingContext, SuppressedContext};
use super::words::{Words, grouped, words};
use super::{Fragment, Page, PageAccount, access_matrix, picture};
use crate::finding::{Severity, any_error};
use crate::model::{DISPLAY_NAME, EMAIL, TEAM};
use crate::output::{StackEntry, Used};
use crate::render::{Templates, policy_hash};

/// An account's stacks and picture are unfolded at first in a fleet of up to so many accounts, and its stacks if there are no
/// more of them than these.
const UNFOLDED_ACCOUNTS: usize = 3;
const UNFOLDED_STACKS: usize = 30;

/// The columns of the roster, and whether one can choose among their values.
const COLUMNS: [(&str, bool); 10] = [
    ("name", false),
    ("display name", false),
    ("e-mail", false),
    ("team", true),
    ("state", true),
    ("account", true),
    ("stack", false),
    ("notebook", false),
    ("instance type", true),
    ("volume (GB)", false),
];

#[derive(Debug, Serialize)]
pub(super) struct PageContext<'a> {
    title: &'a str,
    today: Option<String>,
    revision: Option<&'a str>,
    version: &'static str,
    style: &'a str,
    style_hashes: String,
    script: &'a str,
    script_hash: String,
    stale: bool,
    incomplete: bool,
    counts: Vec<Count>,
    reach: Vec<ReachContext<'a>>,
    /// Whether nobody reaches anything of anybody else in any account.
    isolated: bool,
    accounts: Vec<AccountContext<'a>>,
    columns: Vec<&'static str>,
    filters: Vec<Filter>,
    people: Vec<Person<'a>>,
    findings: Vec<FindingContext<'a>>,
    suppressed: Vec<SuppressedContext<'a>>,
    diff: Option<FragmentContext<'a>>,
}

#[derive(Debug, Serialize)]
struct Count {
    count: usize,
    what: &'static str,
}

#[derive(Debug, Serialize)]
struct AccountContext<'a> {
    name: &'a str,
    id: &'a str,
    region: &'a str,
    profile: &'static str,
    people: usize,
    stack_count: usize,
    bucket: String,
    stacks_open: bool,
    /// The stack whose template is fullest, and how full it is.
    fullest: &'a str,
    fullest_percent: usize,
    stacks: Vec<StackContext<'a>>,
}

#[derive(Debug, Serialize)]
struct StackContext<'a> {
    name: &'a str,
    file: &'a str,
    people: usize,
    bytes: Bar<'a>,
    resources: Bar<'a>,
    policy: Option<Bar<'a>>,
}

/// How much of a limit is used, as a bar.
#[derive(Debug, Serialize)]
struct Bar<'a> {
    label: &'static str,
    name: Option<&'a str>,
    used: usize,
    limit: usize,
    /// Both with a comma at each thousand.
    used_shown: String,
    limit_shown: String,
    percent: usize,
    /// From where on the bar warns, and from where on it alarms.
    low: usize,
    high: usize,
}

/// Who may do what in accounts that are alike.
#[derive(Debug, Serialize)]
struct ReachContext<'a> {
    names: String,
    profile: &'static str,
    open: bool,
    /// How many requests are allowed, or perhaps, that nobody may make.
    weak: usize,
    picture: String,
    principals: &'a [String],
    rows: Vec<RowContext<'a>>,
}

#[derive(Debug, Serialize)]
struct RowContext<'a> {
    on: String,
    what: Vec<Words<'a>>,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    class: &'static str,
    text: &'static str,
}

#[derive(Debug, Serialize)]
struct Filter {
    label: &'static str,
    column: usize,
    values: BTreeSet<String>,
}

#[derive(Debug, Serialize)]
struct Person<'a> {
    name: &'a str,
    display_name: &'a str,
    email: &'a str,
    team: &'a str,
    state: &'static str,
    account: &'a str,
    stack: &'a str,
    notebook: &'a str,
    instance_type: &'a str,
    volume: Option<u32>,
}

#[derive(Debug, Serialize)]
struct FragmentContext<'a> {
    body: &'a str,
    style: &'a str,
}

pub(super) fn of<'a>(templates: &'a Templates, page: &'a Page<'_>) -> PageContext<'a> {
    let (style, script) = (templates.text("page/page.css"), templates.text("page/page.js"));
    let diff = page.diff.as_ref().map(|Fragment { body, style }| FragmentContext { body, style });
    let styles = [Some(style), diff.as_ref().map(|diff| diff.style)];
    let style_hashes: Vec<String> =
        styles.into_iter().flatten().map(|style| format!("'{}'", policy_hash(style))).collect();
    let people: Vec<Person<'_>> = page.accounts.iter().flat_map(people).collect();
    PageContext {
        title: &page.title,
        today: page.today.map(|today| today.to_string()),
        revision: page.revision.as_deref(),
        version: env!("CARGO_PKG_VERSION"),
        style,
        style_hashes: style_hashes.join(" "),
        script,
        script_hash: policy_hash(script),
        stale: page.stale,
        incomplete: any_error(page.findings),
        counts: counts(page, &people),
        isolated: !page.accounts.is_empty()
            && page.accounts.iter().all(|one| !one.reach.rows.is_empty() && one.reach.weak() == 0),
        reach: reaches(&page.accounts),
        accounts: page.accounts.iter().map(|one| account(one, page.accounts.len() <= UNFOLDED_ACCOUNTS)).collect(),
        columns: COLUMNS.map(|(name, _)| name).to_vec(),
        filters: filters(&people),
        people,
        findings: findings::open(page.findings),
        suppressed: findings::suppressed(page.findings),
        diff,
    }
}

fn counts(page: &Page<'_>, people: &[Person<'_>]) -> Vec<Count> {
    let stacks = || page.accounts.iter().flat_map(|one| &one.manifest.stacks);
    let open = || page.findings.iter().filter(|finding| finding.suppressed.is_none());
    let errors = open().filter(|finding| finding.severity == Severity::Error).count();
    [
        (page.accounts.len(), "account", "accounts"),
        (people.len(), "person", "people"),
        (people.iter().filter(|person| person.state == "suspended").count(), "suspended", "suspended"),
        (people.iter().filter(|person| !person.notebook.is_empty()).count(), "notebook", "notebooks"),
        (stacks().count(), "stack", "stacks"),
        (stacks().map(|stack| stack.resources.used).sum(), "resource", "resources"),
        (errors, "error", "errors"),
        (open().count() - errors, "warning", "warnings"),
        (page.findings.len() - open().count(), "suppressed finding", "suppressed findings"),
    ]
    .into_iter()
    .map(|(count, one, many)| Count { count, what: if count == 1 { one } else { many } })
    .collect()
}

fn account(one: &PageAccount, open: bool) -> AccountContext<'_> {
    let fullest = one.manifest.stacks.iter().max_by_key(|stack| share(stack.bytes));
    AccountContext {
        name: one.account.name.as_str(),
        id: one.account.id.as_str(),
        region: one.account.region.as_str(),
        profile: one.account.policies.as_str(),
        people: one.account.users.len(),
        stack_count: one.manifest.stacks.len(),
        bucket: one.account.bucket.name.to_string(),
        stacks_open: open && one.manifest.stacks.len() <= UNFOLDED_STACKS,
        fullest: fullest.map_or("", |stack| stack.part.as_str()),
        fullest_percent: fullest.map_or(0, |stack| percent(stack.bytes)),
        stacks: one.manifest.stacks.iter().map(stack).collect(),
    }
}

/// Who may do what, of accounts in which it is the same once.
fn reaches(accounts: &[PageAccount]) -> Vec<ReachContext<'_>> {
    let mut alike: Vec<(&PageAccount, Vec<&str>)> = Vec::new();
    for one in accounts.iter().filter(|one| !one.reach.rows.is_empty()) {
        let same = |(known, _): &&mut (&PageAccount, Vec<&str>)| {
            (known.account.policies, &known.reach) == (one.account.policies, &one.reach)
        };
        match alike.iter_mut().find(same) {
            Some((_, names)) => names.push(one.account.name.as_str()),
            None => alike.push((one, vec![one.account.name.as_str()])),
        }
    }
    let open = alike.len() <= UNFOLDED_ACCOUNTS;
    let contexts = alike.into_iter().map(|(one, names)| (one, names.join(", "))).map(|(one, names)| ReachContext {
        picture: picture::svg(&names, &one.reach),
        names,
        profile: one.account.policies.as_str(),
        open,
        weak: one.reach.weak(),
        principals: &one.reach.principals,
        rows: one.reach.rows.iter().map(row).collect(),
    });
    contexts.collect()
}

fn stack(stack: &StackEntry) -> StackContext<'_> {
    let fullest = stack.policies.iter().max_by_key(|policy| share(policy.characters));
    StackContext {
        name: &stack.name,
        file: &stack.file,
        people: stack.users.len(),
        bytes: bar("bytes of the template", None, stack.bytes),
        resources: bar("resources", None, stack.resources),
        policy: fullest
            .map(|policy| bar("characters of the fullest policy", Some(&policy.resource), policy.characters)),
    }
}

/// How much of a limit is used, in millionths.
fn share(used: Used) -> u128 {
    used.used as u128 * 1_000_000 / used.limit.max(1) as u128
}

fn percent(Used { used, limit }: Used) -> usize {
    used * 100 / limit.max(1)
}

fn bar<'a>(label: &'static str, name: Option<&'a str>, Used { used, limit }: Used) -> Bar<'a> {
    let percent = percent(Used { used, limit });
    // A stack is filled up to 85 hundredths by placement; above nine tenths an edit may overflow it.
    let (low, high) = (limit * 86 / 100, limit * 95 / 100);
    Bar { label, name, used, limit, used_shown: grouped(used), limit_shown: grouped(limit), percent, low, high }
}

fn row(row: &AccessRow) -> RowContext<'_> {
    let cell = |answer: &CellAnswer| match answer {
        CellAnswer::Allowed if row.forbidden => Cell { class: "weak", text: "allowed!" },
        CellAnswer::Some if row.forbidden => Cell { class: "weak", text: "partly!" },
        CellAnswer::Allowed => Cell { class: "allowed", text: "allowed" },
        CellAnswer::Some => Cell { class: "allowed", text: "partly" },
        CellAnswer::Denied => Cell { class: "denied", text: "no" },
        CellAnswer::Unknown => Cell { class: "unknown", text: "unknown" },
        CellAnswer::Nothing => Cell { class: "denied", text: "–" },
    };
    RowContext {
        on: format!("{} {}", access_matrix::word(row.whose), row.thing),
        what: words(&row.what),
        cells: row.answers.iter().map(cell).collect(),
    }
}

fn people(one: &PageAccount) -> impl Iterator<Item = Person<'_>> {
    let stacks = one.manifest.stacks.iter();
    let stack_of: BTreeMap<&str, &str> =
        stacks.flat_map(|stack| stack.users.iter().map(|user| (user.name.as_str(), stack.part.as_str()))).collect();
    one.account.users.iter().map(move |user| {
        let tag = |key: &str| {
            let found = user.person_tags.iter().chain(&user.tags).find(|tag| tag.key == key);
            found.map_or("", |tag| tag.value.as_str())
        };
        let notebook = user.notebook.as_ref();
        Person {
            name: user.name.as_str(),
            display_name: tag(DISPLAY_NAME),
            email: tag(EMAIL),
            team: tag(TEAM),
            state: if user.suspended { "suspended" } else { "active" },
            account: one.account.name.as_str(),
            stack: stack_of.get(user.name.as_str()).copied().unwrap_or_default(),
            notebook: notebook.map_or("", |notebook| notebook.name.as_str()),
            instance_type: notebook.map_or("", |notebook| notebook.instance_type.as_str()),
            volume: notebook.map(|notebook| notebook.volume_gb),
        }
    })
}

fn filters(people: &[Person<'_>]) -> Vec<Filter> {
    let value = |person: &Person<'_>, column: &str| match column {
        "team" => person.team.to_owned(),
        "state" => person.state.to_owned(),
        "account" => person.account.to_owned(),
        _ => person.instance_type.to_owned(),
    };
    let chosen = COLUMNS.iter().enumerate().filter(|(_, (_, choice))| *choice);
    chosen
        .map(|(column, (label, _))| Filter {
            label,
            column,
            values: people.iter().map(|person| value(person, label)).filter(|value| !value.is_empty()).collect(),
        })
        .collect()
}
