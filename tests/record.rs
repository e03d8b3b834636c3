//! What passed in a run before is not checked by itself again: that runs come to the same with and without such a record,
//! and that a record is believed in nothing but what was checked in these very bytes, by these very rules.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads files and may fail")]

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use common::{Workspace, copy_folder};
use proptest::prelude::*;
use racestack::cli::Outcome;
use serde_json::Value;
use sha2::{Digest, Sha256};

const TODAY: [&str; 2] = ["--today", "2026-11-01"];
/// What a forged record says of each template, and no template has.
const FORGED: u64 = 77;

fn roster(rows: &BTreeMap<String, String>) -> String {
    rows.iter().fold("name,notebook.volume_gb,tags.team-color,state\n".to_owned(), |mut csv, (name, row)| {
        writeln!(csv, "{name},{row}").unwrap();
        csv
    })
}

/// Enough people for three users stacks.
fn people() -> BTreeMap<String, String> {
    (0..30).map(|number| (format!("user-{number:02}"), "5,red,".to_owned())).collect()
}

fn workspace() -> Workspace {
    Workspace::new("", "roster.csv", roster(&people()).as_bytes())
}

/// Where the run of a workspace remembers what passed.
fn record(workspace: &Workspace) -> PathBuf {
    let mut files = std::fs::read_dir(workspace.path("cache/checked")).unwrap();
    files.next().unwrap().unwrap().path()
}

/// The users stacks whose checks a run left to the record, which was forged.
fn believed(workspace: &Workspace) -> Vec<String> {
    let manifest: Value = serde_json::from_str(&workspace.read("out/tokyo/manifest.json")).unwrap();
    let stacks = manifest["stacks"].as_array().unwrap().iter();
    let forged = stacks.filter(|stack| stack["resources"]["used"] == FORGED);
    forged.map(|stack| stack["part"].as_str().unwrap().to_owned()).collect()
}

fn seal(json: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(json.len().to_le_bytes());
    digest.update(json);
    digest.finalize().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

/// A workspace after a run, with a record that is whole and says of every template what is not so.
fn forged() -> Workspace {
    let workspace = workspace();
    assert_eq!(run(&workspace, &TODAY.map(str::to_owned)).code, 0);
    assert_eq!(believed(&workspace), [""; 0]);
    let text = std::fs::read_to_string(record(&workspace)).unwrap();
    let (seal_of_text, json) = text.split_once('\n').unwrap();
    assert_eq!(seal_of_text, seal(json));
    let mut passed: BTreeMap<String, Value> = serde_json::from_str(json).unwrap();
    assert_eq!(passed.len(), 3);
    for told in passed.values_mut() {
        told["contents"]["resources"] = FORGED.into();
    }
    let json = serde_json::to_string(&passed).unwrap();
    std::fs::write(record(&workspace), format!("{}\n{json}", seal(&json)).as_bytes()).unwrap();
    workspace
}

#[track_caller]
fn check_believed(workspace: &Workspace, more: &[&str], expected: &[&str]) {
    let outcome = run(workspace, &more.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(believed(workspace), expected);
}

const ALL: [&str; 3] = ["users-001", "users-002", "users-003"];

#[test]
fn what_passed_is_not_checked_by_itself_again() {
    check_believed(&forged(), &TODAY, &ALL);
}

#[test]
fn a_template_with_other_bytes_is_checked() {
    let workspace = forged();
    let mut people = people();
    people.insert("user-00".to_owned(), "6,red,".to_owned());
    workspace.write("config/accounts/tokyo/roster.csv", roster(&people).as_bytes());
    check_believed(&workspace, &TODAY, &["users-002", "users-003"]);

    // Even where the same is read from them.
    let workspace = forged();
    override_template(&workspace, "stacks/users.yaml.hbs", "RootAccess: Disabled", "RootAccess: Disabled # as ever");
    check_believed(&workspace, &TODAY, &[]);
}

#[test]
fn so_are_all_by_other_rules() {
    let workspace = forged();
    copy_folder("rules".as_ref(), &workspace.path("rules"));
    let rule = "rule SOMEBODY when Resources exists { Resources.* { Type exists } }\n";
    workspace.write("rules/own.guard", rule.as_bytes());
    check_believed(&workspace, &TODAY, &[]);
}

#[test]
fn so_are_all_on_another_day_and_without_one() {
    check_believed(&forged(), &["--today", "2026-11-02"], &[]);
    check_believed(&forged(), &[], &[]);
}

#[test]
fn so_are_all_against_another_limit() {
    let workspace = forged();
    let settings = "company: mycompany\ndeploy: {template_bucket: templates-of-mycompany}\n";
    workspace.write("config/settings.yaml", settings.as_bytes());
    check_believed(&workspace, &TODAY, &[]);
}

#[test]
fn so_are_all_in_a_comparison_or_beside_a_damaged_record() {
    let workspace = forged();
    let outcome =
        run(&workspace, &[&TODAY[..], &["--check"]].concat().iter().map(|&one| one.to_owned()).collect::<Vec<_>>());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let kept = std::fs::read_to_string(record(&workspace)).unwrap();
    for damaged in [kept.replacen(":77", ":78", 1), kept[1..].to_owned(), kept[..90].to_owned(), String::new()] {
        std::fs::write(record(&workspace), damaged.as_bytes()).unwrap();
        check_believed(&workspace, &TODAY, &[]);
    }
    // A run that checked everything keeps a record that is whole.
    assert!(!std::fs::read_to_string(record(&workspace)).unwrap().contains("\"resources\":77"));
}

#[test]
fn a_template_with_a_warning_is_in_no_record() {
    let workspace = workspace();
    override_template(&workspace, "stacks/users.yaml.hbs", "{{@root.platform}}", "notebook-al2-v3");
    // racestack's own rules would make it an error.
    workspace.write("rules/own.guard", b"rule A { AWS::IAM::User { Properties exists } }\n");
    let (first, second) = (run(&workspace, &[]), run(&workspace, &[]));
    assert!(first.code == 0 && first.stderr.contains("warning[lifecycle::"), "{}", first.stderr);
    assert_eq!(second.stderr, first.stderr);
    assert!(!workspace.path("cache").exists());
}

#[test]
fn what_another_stack_no_longer_has_is_told_with_its_places() {
    let workspace = workspace();
    assert_eq!(run(&workspace, &[]).code, 0);
    override_template(&workspace, "stacks/access.yaml.hbs", "GroupName: {{names.group}}", "GroupName: others");
    let broken = run(&workspace, &[]).stderr;
    for stack in ALL {
        assert!(broken.contains("no stack of this account defines `mycompany-deepracer-users`"), "{broken}");
        assert!(broken.contains(&format!("out/tokyo/{stack}.yaml:96:")), "{broken}");
    }
}

#[test]
fn a_file_that_stays_as_it_is_stays_the_same_file() {
    use std::os::unix::fs::MetadataExt;
    let workspace = workspace();
    let file = |name: &str| {
        let metadata = std::fs::metadata(workspace.path("out/tokyo").join(name)).unwrap();
        assert_eq!(metadata.nlink(), 1, "{name}");
        (metadata.ino(), metadata.mtime_nsec())
    };
    let names = ["access.yaml", "deploy.sh", "users-001.yaml", "users-003.yaml"];
    assert_eq!(run(&workspace, &[]).code, 0);
    let before = names.map(file);
    let mut people = people();
    people.insert("user-00".to_owned(), "6,red,".to_owned());
    workspace.write("config/accounts/tokyo/roster.csv", roster(&people).as_bytes());
    assert_eq!(run(&workspace, &[]).code, 0);
    let same: Vec<bool> = names.map(file).iter().zip(&before).map(|(after, before)| after == before).collect();
    assert_eq!(same, [true, false, false, true]);
}

/// Lays a template of the company's own in the place of racestack's.
fn override_template(workspace: &Workspace, path: &str, from: &str, to: &str) {
    let own = std::fs::read_to_string(std::path::Path::new("templates").join(path)).unwrap();
    assert!(own.contains(from), "{path} has no `{from}`");
    workspace.write(&format!("templates/{path}"), own.replace(from, to).as_bytes());
}

/// Runs synth with the company's own templates and rules, if there are any.
fn run(workspace: &Workspace, more: &[String]) -> Outcome {
    let cache = workspace.path("cache").to_str().unwrap().to_owned();
    let mut args = [more, &["--cache".to_owned(), cache]].concat();
    for folder in ["templates", "rules"].map(|name| workspace.path(name)).iter().filter(|folder| folder.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        args.extend([format!("--{name}"), folder.to_str().unwrap().to_owned()]);
    }
    workspace.synth(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Something that a company may do between two runs.
#[derive(Debug, Clone)]
enum Edit {
    Row(usize, &'static str),
    Leave(usize),
    Settings(&'static str),
    /// In the template of that path, the second text in place of the first.
    Template(&'static str, &'static str, &'static str),
    Rule(&'static str),
    Today(&'static str),
}

fn edit() -> impl Strategy<Value = Edit> {
    let rows = prop::sample::select(vec!["5,red,", "6,red,", "5,blue,suspended", "5,a longer colour,", "0,red,"]);
    let settings =
        prop::sample::select(vec!["", "policies: documented\n", "tags: {made: b}\n", "quotas: {users: 30}\n"]);
    let templates = prop::sample::select(vec![
        ("stacks/access.yaml.hbs", "GroupName: ", "GroupName:  "),
        // The users stacks name a group that no stack has.
        ("stacks/access.yaml.hbs", "GroupName: {{names.group}}", "GroupName: others"),
        ("stacks/users.yaml.hbs", "RootAccess: Disabled", "RootAccess: Enabled"),
        ("stacks/users.yaml.hbs", "RootAccess: Disabled", "RootAccess: !Ref Nothing"),
        ("stacks/users.yaml.hbs", "{{@root.platform}}", "notebook-al2-v3"),
    ]);
    let rules = prop::sample::select(vec![
        "rule A when Resources exists { Resources.* { Type exists } }\n",
        "rule A when Metadata.nothing exists { Resources exists }\n",
        "let users = Resources.*[ Type == 'AWS::IAM::User' ]\n\
         rule A when %users !empty { %users.Properties.UserName != 'user-03' }\n",
    ]);
    prop_oneof![
        4 => (0..34_usize, rows).prop_map(|(number, row)| Edit::Row(number, row)),
        2 => (0..34_usize).prop_map(Edit::Leave),
        1 => settings.prop_map(Edit::Settings),
        2 => templates.prop_map(|(path, from, to)| Edit::Template(path, from, to)),
        1 => rules.prop_map(Edit::Rule),
        1 => prop::sample::select(vec!["2026-11-01", "2027-11-01"]).prop_map(Edit::Today),
    ]
}

proptest! {
    #![proptest_config(cases(6))]
    #[test]
    fn runs_come_to_the_same_with_a_record_and_without(edits in prop::collection::vec(edit(), 8)) {
        let workspace = workspace();
        let (mut people, mut today) = (people(), "2026-11-01");
        for edit in edits {
            for folder in ["templates", "rules"].map(|name| workspace.path(name)) {
                let _ = std::fs::remove_dir_all(folder);
            }
            workspace.write("config/settings.yaml", b"company: mycompany\n");
            match edit {
                Edit::Row(number, row) => drop(people.insert(format!("user-{number:02}"), row.to_owned())),
                Edit::Leave(number) => drop(people.remove(&format!("user-{number:02}"))),
                Edit::Settings(more) => {
                    workspace.write("config/settings.yaml", format!("company: mycompany\n{more}").as_bytes());
                }
                Edit::Template(path, from, to) => override_template(&workspace, path, from, to),
                Edit::Rule(rule) => {
                    copy_folder("rules".as_ref(), &workspace.path("rules"));
                    workspace.write("rules/own.guard", rule.as_bytes());
                }
                Edit::Today(day) => today = day,
            }
            workspace.write("config/accounts/tokyo/roster.csv", roster(&people).as_bytes());
            let fresh = workspace.copied();
            let _ = std::fs::remove_dir_all(fresh.path("cache"));
            let today = ["--today".to_owned(), today.to_owned()];
            let (with, without) = (run(&workspace, &today), run(&fresh, &today));
            let said = |outcome: &Outcome, workspace: &Workspace| {
                let folder = workspace.path("").to_str().unwrap().to_owned();
                let [out, err] = [&outcome.stdout, &outcome.stderr].map(|text| text.replace(&folder, ""));
                (outcome.code, out, err)
            };
            prop_assert_eq!(said(&with, &workspace), said(&without, &fresh));
            if workspace.out().is_dir() {
                prop_assert_eq!(workspace.files(), fresh.files());
                prop_assert_eq!(workspace.read("config/accounts/tokyo/stacks.lock"), fresh.read("config/accounts/tokyo/stacks.lock"));
            }
        }
    }
}

/// As many cases as `make test` has time for; `PROPTEST_CASES` asks for more.
fn cases(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}
