//! Properties of placement: whoever joins, leaves, changes or comes back, nobody else moves, and no limit is exceeded;
//! two branches that each did so can be merged; and the sizes that placement works with are those of the templates.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use crate::common::{Workspace, resources};
use proptest::prelude::*;
use racestack::cli::Outcome;
use racestack::render::{People, Templates};
use racestack::{config, model, plan, render};
use serde_json::{Value as Json, json};

const LOCK: &str = "config/accounts/tokyo/stacks.lock";
const ROSTER: &str = "config/accounts/tokyo/roster.csv";
const TEMPLATE_BYTES: usize = 51_200;
/// How many different people there are; each has two names, which map to one logical ID.
const PEOPLE: usize = 60;

/// As many cases as `make test` has time for; `PROPTEST_CASES` asks for more.
fn cases(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// What the roster says of a person beside the name.
#[derive(Debug, Clone)]
struct Details {
    team: Option<String>,
    display_name: Option<String>,
    email: Option<String>,
    tags: Vec<String>,
    suspended: bool,
    console: bool,
    notebook: bool,
}

fn details() -> impl Strategy<Value = Details> {
    (
        prop::option::of("[a-z]{1,12}"),
        prop::option::of("[A-Za-z .:-]{1,30}"),
        prop::option::of("[a-z]{1,8}@example\\.com"),
        prop::collection::vec("[a-z0-9 :=-]{0,60}", 0..3),
        prop::bool::weighted(0.15),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.8),
    )
        .prop_map(|(team, display_name, email, tags, suspended, console, notebook)| Details {
            team,
            display_name,
            email,
            tags,
            suspended,
            console,
            notebook,
        })
}

fn row(name: &str, details: &Details) -> Json {
    let tags: BTreeMap<String, &String> =
        details.tags.iter().enumerate().map(|(index, value)| (format!("Tag{index}"), value)).collect();
    json!({
        "name": name,
        "team": details.team,
        "display_name": details.display_name,
        "email": details.email,
        "tags": tags,
        "state": if details.suspended { "suspended" } else { "active" },
        "console": details.console,
        "notebook": details.notebook,
    })
}

/// What a roster goes through between two runs.
#[derive(Debug, Clone)]
enum Change {
    /// Someone joins or comes back, under the first or the second name.
    Join(usize, bool, Details),
    Leave(usize),
    Edit(usize, Details),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    prop_oneof![
        // A few changes, as in any week, and a crowd that comes or goes.
        prop::collection::vec(change(), 1..12),
        prop::collection::vec(
            (0..PEOPLE, any::<bool>(), details()).prop_map(|(n, b, d)| Change::Join(n, b, d)),
            20..80
        ),
        prop::collection::vec((0..PEOPLE).prop_map(Change::Leave), 20..60),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (0..PEOPLE, any::<bool>(), details()).prop_map(|(n, second, details)| Change::Join(n, second, details)),
        (0..PEOPLE).prop_map(Change::Leave),
        (0..PEOPLE, details()).prop_map(|(n, details)| Change::Edit(n, details)),
    ]
}

/// The people of the roster: by their number, the name and the details.
type Roster = BTreeMap<usize, (String, Details)>;

fn apply(roster: &mut Roster, changes: &[Change], with_edits: bool) {
    for change in changes {
        match change {
            Change::Join(n, second, details) => {
                let name = format!("racer{}{n:02}", if *second { "." } else { "-" });
                roster.entry(*n).or_insert_with(|| (name, details.clone()));
            }
            Change::Leave(n) => {
                roster.remove(n);
            }
            Change::Edit(n, details) if with_edits => {
                if let Some((_, known)) = roster.get_mut(n) {
                    *known = details.clone();
                }
            }
            Change::Edit(..) => {}
        }
    }
}

/// The roster's file, the rows in an order that the seed decides.
fn json_of(roster: &Roster, seed: u64) -> String {
    let mut rows: Vec<(u64, Json)> = roster
        .iter()
        .map(|(n, (name, details))| ((*n as u64 + 1).wrapping_mul(seed | 1).rotate_left(17), row(name, details)))
        .collect();
    rows.sort_by_key(|(key, _)| *key);
    Json::from(rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>()).to_string()
}

/// What a template says of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    stack: String,
    logical_id: String,
    role: Option<(String, String)>,
    notebook: Option<(String, String)>,
}

/// Everyone in the users templates of an out folder; no template may exceed a limit.
#[track_caller]
fn found(workspace: &Workspace) -> BTreeMap<String, Found> {
    let mut people = BTreeMap::new();
    for (file, text) in workspace.files() {
        if Path::new(&file).extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        assert!(text.len() <= TEMPLATE_BYTES, "{file} has {} bytes", text.len());
        assert!(text.matches("{{resolve:").count() <= 60, "{file} has too many dynamic references");
        if !file.starts_with("users-") {
            continue;
        }
        let all = resources(&text);
        assert!(all.len() <= 500, "{file} has {} resources", all.len());
        let named = |kind: &str, property: &str, user: &str| {
            all.iter().find_map(|(id, resource)| {
                let tags = resource["Properties"]["Tags"].as_sequence()?;
                let own =
                    resource["Type"] == kind && tags.iter().any(|tag| tag["Key"] == "user" && tag["Value"] == user);
                own.then(|| (id.clone(), resource["Properties"][property].as_str().unwrap().to_owned()))
            })
        };
        for (id, resource) in all.iter().filter(|(_, resource)| resource["Type"] == "AWS::IAM::User") {
            let name = resource["Properties"]["UserName"].as_str().unwrap();
            let person = Found {
                stack: file.clone(),
                logical_id: id.clone(),
                role: named("AWS::IAM::Role", "RoleName", name),
                notebook: named("AWS::SageMaker::NotebookInstance", "NotebookInstanceName", name),
            };
            assert!(people.insert(name.to_owned(), person).is_none(), "{name} is in two stacks");
        }
    }
    people
}

/// Whether a person is where they were, under the names that they had.
fn untouched(before: &Found, after: &Found) -> bool {
    fn same<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> bool {
        before.is_none() || after.is_none() || before == after
    }
    before.stack == after.stack
        && before.logical_id == after.logical_id
        && same(before.role.as_ref(), after.role.as_ref())
        && same(before.notebook.as_ref(), after.notebook.as_ref())
}

proptest! {
    #![proptest_config(cases(3))]

    #[test]
    fn nobody_moves_whoever_joins_leaves_changes_or_returns(
        steps in prop::collection::vec((changes(), any::<u64>()), 2..7)
    ) {
        let workspace = Workspace::new("", "roster.json", b"[]");
        let mut roster = Roster::new();
        let mut before: BTreeMap<String, Found> = BTreeMap::new();
        let mut owners: BTreeMap<String, String> = BTreeMap::new();
        for (changes, seed) in steps {
            let mut next = roster.clone();
            apply(&mut next, &changes, true);
            workspace.write("config/accounts/tokyo/roster.json", json_of(&next, seed).as_bytes());
            let mut outcome = workspace.synth(&[]);
            if outcome.code == 1 && outcome.stderr.contains("limit::exceeded") {
                // Edits may overflow a stack; nothing is written then. Joining, leaving and returning never does.
                next = roster.clone();
                apply(&mut next, &changes, false);
                workspace.write("config/accounts/tokyo/roster.json", json_of(&next, seed).as_bytes());
                outcome = workspace.synth(&[]);
            }
            if next.is_empty() {
                continue;
            }
            // Where many leave at once, the lock keeps their lines until somebody gives their number.
            if let Some(leavers) = leavers(&outcome) {
                prop_assert_eq!(workspace.synth(&["--locked"]).code, 1);
                outcome = workspace.synth(&["--leavers", &leavers]);
            }
            prop_assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            let after = found(&workspace);
            let names: BTreeSet<&String> = next.values().map(|(name, _)| name).collect();
            prop_assert_eq!(&names, &after.keys().collect());
            for (name, person) in &after {
                if let Some(old) = before.get(name) {
                    prop_assert!(untouched(old, person), "{name}: {old:?} became {person:?}");
                }
                for own in [Some(&person.logical_id), person.notebook.as_ref().map(|(_, name)| name)].into_iter().flatten() {
                    let owner = owners.entry(own.clone()).or_insert_with(|| name.clone());
                    prop_assert_eq!(&*owner, name, "`{}` went to another person", own);
                }
            }
            let lock = workspace.read(LOCK);
            let again = workspace.synth(&["--locked"]);
            prop_assert!(again.stdout.trim_end().ends_with("unchanged"), "{}{}", again.stdout, again.stderr);
            prop_assert_eq!(lock, workspace.read(LOCK));
            (roster, before) = (next, after);
        }
    }

    #[test]
    fn two_branches_that_each_change_the_roster_can_be_merged(
        base in prop::collection::btree_set(0..100_u32, 1..50),
        ours in branch(),
        theirs in branch(),
        out_of_ours in any::<bool>(),
    ) {
        let rows = |numbers: &BTreeSet<u32>, branch: &str| -> BTreeSet<String> {
            // Users of many sizes, the largest of them twice the smallest.
            let note = |n: u32| "n".repeat((n as usize * 97 + branch.len() * 31) % 250);
            let row = |n: &u32| {
                format!("racer-{n:02}{branch},team-{},{n}{branch}@example.com,{},{}", n % 7, note(*n), note(n * 7))
            };
            numbers.iter().map(row).collect()
        };
        let base_rows = rows(&base, "");
        let workspace = Workspace::new("", "roster.csv", csv(&base_rows).as_bytes());
        workspace.synthesised();
        let grown = |branch: &Branch, letter: &str| {
            let leaving: BTreeSet<u32> = branch.leave.iter().filter_map(|n| base.iter().nth(*n).copied()).collect();
            let changed: BTreeSet<u32> = branch.edit.iter().filter_map(|n| base.iter().nth(*n).copied()).collect();
            let staying = rows(&base.difference(&leaving).copied().collect(), "");
            let edited = |row: &String| {
                let edit = changed.iter().any(|n| row.starts_with(&format!("racer-{n:02},")));
                if edit { row.replace("@example.com", &format!("@{letter}.example.com")) } else { row.clone() }
            };
            let all: BTreeSet<String> =
                staying.iter().map(edited).chain(rows(&branch.join, letter)).collect();
            let copy = workspace.copied();
            // A roster without anybody is no branch that somebody merges.
            if !all.is_empty() {
                copy.write(ROSTER, csv(&all).as_bytes());
                let outcome = synthesised(&copy);
                assert_eq!(outcome.code, 0, "{}", outcome.stderr);
            }
            copy
        };
        let (a, b) = (grown(&ours, "a"), grown(&theirs, "b"));
        let merged = if out_of_ours { a.copied() } else { b.copied() };
        for path in [LOCK, ROSTER] {
            let text = union(&a.path(path), &workspace.path(path), &b.path(path));
            merged.write(path, text.as_bytes());
        }
        // A union may leave a row twice where both branches changed it or one beside it; that is for people to clear up.
        let text = merged.read(ROSTER);
        let rows = text.lines().filter(|row| *row != HEADER).map(|row| (row.split(',').next(), row.to_owned()));
        let rows: BTreeSet<String> = rows.collect::<BTreeMap<_, _>>().into_values().collect();
        // Who left on one side has left: a row that is there all the same is an error where the lock has both lines.
        let [in_base, in_a, in_b] = [&workspace, &a, &b].map(|one| names(&one.read(ROSTER)));
        let is_gone = |name: &String| in_base.contains(name) && !(in_a.contains(name) && in_b.contains(name));
        let stay: BTreeSet<String> =
            rows.iter().filter(|row| !names(row).iter().any(is_gone)).cloned().collect();
        if stay.len() < rows.len() {
            let kept = merged.copied();
            kept.write(ROSTER, csv(&rows).as_bytes());
            let outcome = synthesised(&kept);
            prop_assert!(outcome.stderr.contains("[roster::returned]"), "{}", outcome.stderr);
        }
        let rows = stay;
        prop_assume!(!rows.is_empty());
        merged.write(ROSTER, csv(&rows).as_bytes());
        let outcome = synthesised(&merged);
        prop_assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        let people = found(&merged);
        prop_assert_eq!(people.len(), rows.len());
        for branch in [&a, &b] {
            for (name, was) in found(branch) {
                if let Some(now) = people.get(&name) {
                    prop_assert!(untouched(&was, now), "{name}: {was:?} became {now:?}");
                }
            }
        }
    }
}

const HEADER: &str = "name,team,email,tags.Note,tags.More";

/// The first cells of rows.
fn names(text: &str) -> BTreeSet<String> {
    text.lines().filter_map(|row| row.split(',').next()).map(str::to_owned).collect()
}

/// How many leave, where so many do that synth asks for their number.
fn leavers(outcome: &Outcome) -> Option<String> {
    let (_, leavers) = outcome.stderr.split_once("synth --leavers ")?;
    Some(leavers.chars().take_while(char::is_ascii_digit).collect())
}

/// Runs synth, and once more with the number that it asks for.
fn synthesised(workspace: &Workspace) -> Outcome {
    let outcome = workspace.synth(&[]);
    match leavers(&outcome) {
        Some(leavers) => workspace.synth(&["--leavers", &leavers]),
        None => outcome,
    }
}

fn csv(rows: &BTreeSet<String>) -> String {
    rows.iter().fold(format!("{HEADER}\n"), |text, row| text + row + "\n")
}

/// What one branch does to the roster of the base.
#[derive(Debug, Clone)]
struct Branch {
    join: BTreeSet<u32>,
    leave: BTreeSet<usize>,
    /// Who gets another e-mail address.
    edit: BTreeSet<usize>,
}

fn branch() -> impl Strategy<Value = Branch> {
    let some = || prop::collection::btree_set(0..50_usize, 0..15);
    (prop::collection::btree_set(0..100_u32, 0..30), some(), some()).prop_map(|(join, leave, edit)| Branch {
        join,
        leave,
        edit,
    })
}

/// What git makes of a file that both branches changed, where `.gitattributes` says `merge=union`.
#[track_caller]
fn union(ours: &Path, base: &Path, theirs: &Path) -> String {
    let merge = Command::new("git").args(["merge-file", "--union", "-p"]).args([ours, base, theirs]).output().unwrap();
    assert!(merge.status.success(), "{}", String::from_utf8_lossy(&merge.stderr));
    String::from_utf8(merge.stdout).unwrap()
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_person_takes_the_length_of_their_text(
        people in prop::collection::vec(("[a-zA-Z0-9+=,.@_-]{1,64}", details()), 1..5),
        policies in prop::sample::select(vec!["hardened", "documented"]),
    ) {
        let rows = Json::from(people.iter().map(|(name, details)| row(name, details)).collect::<Vec<_>>());
        let workspace = Workspace::new(&format!("policies: {policies}\n"), "roster.json", rows.to_string().as_bytes());
        let mut findings = Vec::new();
        let config = config::read(&workspace.path("config"), &[], &mut findings).unwrap();
        let templates = Templates::new(Vec::new()).unwrap_or_else(|_| panic!("the embedded templates are well-formed"));
        for account in &config.accounts {
            let people = config::people(&workspace.path("config"), account, &mut findings).unwrap();
            let account = model::account(account, &people, &mut findings);
            let Some(account) = &account else { continue };
            let names = plan::Names::of(account);
            let people = People::render(&templates, account, &names, &account.users).unwrap();
            let rendered = |users| {
                let plan = plan::plan(account, Path::new("out"), vec![users]);
                let stack = plan.stacks.iter().find(|stack| stack.part.name() == "users-001").unwrap();
                render::fill(&templates, &plan, stack, &people).unwrap().source.text.len()
            };
            // A stack that everybody has left has a resource besides.
            let empty = rendered(Vec::new()) - "  Nobody:\n    Type: AWS::CloudFormation::WaitConditionHandle\n".len();
            let limit = account.template_bytes();
            // The comment at the head holds the number of the stack, which may have more digits.
            prop_assert!((0..=2).contains(&(limit - empty - render::capacity(account, &people).bytes)));
            prop_assert_eq!(empty + account.users.iter().map(|user| people.size(user).bytes).sum::<usize>(), rendered(account.users.iter().collect()));
            for user in &account.users {
                let takes = rendered(vec![user]) - empty;
                prop_assert_eq!(people.size(user).bytes, takes, "{}", user.name);
            }
        }
    }
}

/// The stacks of 2,000 people like those of a large company, with a template's default limit and with a template bucket.
#[test]
fn two_thousand_people_take_few_stacks() {
    for (settings, most) in [("", 95), ("deploy: {template_bucket: templates}\n", 20)] {
        let settings = format!("quotas: {{roles: 3000}}\n{settings}");
        let rows = (0..2000).map(|n| format!("racer.{n:04},Racer {n},racer.{n:04}@example.com,team{}\n", n % 40));
        let roster = std::iter::once("name,display_name,email,team\n".to_owned()).chain(rows).collect::<String>();
        let files = Workspace::new(&settings, "roster.csv", roster.as_bytes()).synthesised();
        let stacks = files.keys().filter(|name| Path::new(name).extension().is_some_and(|e| e == "yaml")).count();
        assert!(stacks <= most, "{stacks} stacks");
    }
}
