//! Diffs: what is the same has none, what changes is in it, and no format lets a name break out.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads and writes files, and may fail")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::common::{git, out_folder, racestack};
use proptest::prelude::*;
use racestack::diff::{Diff, Files, OutFolder, compare};
use racestack::report::{DiffFormat, render_diff};
use serde_json::{Map, Value, json};

/// An out folder of one account with one stack of these resources, and of these users.
fn folder(resources: &Value, users: &[&str]) -> OutFolder {
    let users: Vec<Value> =
        users.iter().map(|name| json!({"name": name, "logical_id": name, "notebook": null})).collect();
    let manifest = json!({
        "account": "tokyo", "account_id": "111122223333", "region": "ap-northeast-1",
        "stacks": [{"name": "people", "file": "people.yaml", "users": users}],
    });
    let template = json!({"Resources": resources}).to_string();
    out_folder([("tokyo".to_owned(), manifest, vec![("people.yaml".to_owned(), template)])])
}

fn diff(old: &Value, new: &Value) -> Diff {
    compare(&folder(old, &[]), &folder(new, &[])).0
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-z]{1,6}".prop_map(Value::from),
        (0..99).prop_map(Value::from),
        any::<bool>().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[A-Z][a-z]{1,4}", inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn thing(value: &Value) -> Value {
    json!({"Thing": {"Type": "AWS::SNS::Topic", "Properties": {"Value": value}}})
}

/// The same value with the entries of its maps the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect(),
        Value::Array(values) => values.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

/// The value with its `at`th scalar changed; `None` if it has fewer.
fn changed(value: &Value, at: &mut usize) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), changed(value, at))).collect(),
        Value::Array(values) => values.iter().map(|value| changed(value, at)).collect(),
        scalar => {
            *at = at.wrapping_sub(1);
            if *at == usize::MAX { Value::from("CHANGED") } else { scalar.clone() }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_the_same_in_another_order_is_no_change(value in values()) {
        prop_assert!(diff(&thing(&value), &thing(&value)).accounts.is_empty());
        prop_assert!(diff(&thing(&value), &thing(&reversed(&value))).accounts.is_empty());
    }

    #[test]
    fn a_leaf_that_changes_is_in_the_diff(value in values(), mut at in 0_usize..6) {
        let new = changed(&value, &mut at);
        prop_assume!(new != value);
        let diff = diff(&thing(&value), &thing(&new));
        prop_assert_eq!(diff.plan.change, 1);
        prop_assert!(render_diff(DiffFormat::Text, &diff).contains("CHANGED"));
    }
}

/// Names that mean something in Markdown, in HTML or in a terminal.
const NASTY: &str =
    "</code></details><script>alert(1)</script> ```\n| @everyone `x` **b** [l](http://e.x) \u{1b}[31m \u{202e} & \"'";

#[test]
fn nothing_breaks_out_of_markdown_or_html() {
    let user = |name: &str| json!({"A": {"Type": "AWS::IAM::User", "Properties": {"UserName": name, "Path": name}}});
    let (mut diff, _) = compare(&folder(&json!({}), &[NASTY]), &folder(&user(NASTY), &[NASTY]));
    diff.old = NASTY.to_owned();
    let html = render_diff(DiffFormat::Html, &diff);
    assert!(!html.contains("<script") && html.contains("&lt;script"));
    for format in [DiffFormat::Html, DiffFormat::Markdown, DiffFormat::Json] {
        let text = render_diff(format, &diff);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    let markdown = render_diff(DiffFormat::Markdown, &diff);
    // Outside of fences, which are longer than any in what they hold, every sign is a number.
    let mut fence = None;
    for line in markdown.lines() {
        match fence {
            None if line.ends_with("diff") && line.starts_with("```") => {
                fence = Some(line.trim_end_matches("diff").to_owned());
            }
            Some(ref end) if line == *end => fence = None,
            Some(ref end) => assert!(!line.contains(end.as_str()), "{line}"),
            None => assert!(!line.contains("<script") && !line.contains('@') && !line.contains('`'), "{line}"),
        }
    }
    assert!(fence.is_none());
}

#[test]
fn a_comment_is_never_too_long_and_tells_what_it_leaves_out() {
    let many = |suffix: &str| -> Value {
        let one = |at: usize| {
            let text = format!("value {at} {suffix}").repeat(20);
            (format!("Thing{at}"), json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": text}}))
        };
        (0..3_000).map(one).collect::<Map<_, _>>().into()
    };
    let (diff, _) = compare(&folder(&many("a"), &[]), &folder(&many("b"), &[]));
    let markdown = render_diff(DiffFormat::Markdown, &diff);
    assert!(markdown.len() <= 65_536, "{}", markdown.len());
    assert!(markdown.contains("more lines"));
    // The same in a hundred accounts.
    assert_eq!(diff.accounts[0].plan.change, 3_000);
    let files = |suffix: &str| -> Files {
        let account = |at: usize| {
            let name = format!("account{at}");
            let manifest =
                json!({"account": name, "account_id": "1", "region": "r", "stacks": [{"name": "s", "file": "s.yaml"}]});
            let things: Map<String, Value> = (0..40)
                .map(|at| {
                    (
                        format!("T{at}"),
                        json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": format!("{at}{suffix}")}}),
                    )
                })
                .collect();
            let inside = [("manifest.json", manifest), ("s.yaml", json!({"Resources": things}))];
            (name, inside.iter().map(|(name, value)| ((*name).to_owned(), value.to_string().into_bytes())).collect())
        };
        (0..100).map(account).collect()
    };
    let side = |suffix: &str| OutFolder::of_files("out".to_owned(), Path::new("out"), files(suffix), None).unwrap();
    let markdown = render_diff(DiffFormat::Markdown, &compare(&side("a"), &side("b")).0);
    assert!(markdown.len() <= 65_536, "{}", markdown.len());
    // What is the same in all of them is told once, with all accounts in its title.
    assert_eq!(markdown.matches("T33").count(), 1, "{markdown}");
    assert!(markdown.contains("100 stacks in 100 accounts (account0, account1, account10"), "{markdown}");
}

/// A notebook with one property.
fn notebook_with(key: &str, value: &Value) -> Value {
    json!({"N": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {key: value}}})
}

#[test]
fn one_value_is_a_list_of_one() {
    let group = json!({"Fn::GetAtt": ["Group", "GroupId"]});
    for one in [json!("sg-1"), group, json!({"Ref": "Group"})] {
        let [bare, listed] = [one.clone(), json!([one])].map(|value| notebook_with("SecurityGroupIds", &value));
        assert!(diff(&bare, &listed).accounts.is_empty() && diff(&listed, &bare).accounts.is_empty(), "{one}");
    }
    let more = diff(
        &notebook_with("SecurityGroupIds", &json!("sg-1")),
        &notebook_with("SecurityGroupIds", &json!(["sg-1", "sg-2"])),
    );
    assert_eq!(more.changes[0].properties.len(), 1);
    assert_eq!(more.changes[0].properties[0].new, Some(json!("sg-2")));
    // Nothing is no entry.
    let nothing = json!({"Ref": "AWS::NoValue"});
    let [bare, listed] = [nothing.clone(), json!([nothing])].map(|value| notebook_with("SecurityGroupIds", &value));
    assert!(!diff(&bare, &listed).accounts.is_empty());
}

#[test]
fn what_differs_never_looks_the_same() {
    let pairs = [
        (json!("a"), json!(["a"])),
        (json!(["a"]), json!([["a"]])),
        (json!({"Fn::GetAtt": ["A", "B.C"]}), json!({"Fn::GetAtt": ["A.B", "C"]})),
    ];
    for (old, new) in pairs {
        let diff = diff(&notebook_with("Unknown", &old), &notebook_with("Unknown", &new));
        let text = render_diff(DiffFormat::Text, &diff);
        let shown = text.lines().filter_map(|line| line.split_once(": ")?.1.split_once(" -> "));
        let shown: Vec<(&str, &str)> = shown.collect();
        assert!(!shown.is_empty() && shown.iter().all(|(old, new)| old != new), "{text}");
    }
}

/// An out folder of accounts by name, each with its number, with users, and with a notebook's volume of so many GB.
fn accounts(accounts: &[(&str, usize, &[&str], usize)]) -> OutFolder {
    let folder = |(name, number, users, gb): &(&str, usize, &[&str], usize)| {
        let id = format!("11112222333{number}");
        let users: Vec<Value> =
            users.iter().map(|user| json!({"name": user, "logical_id": user, "notebook": null})).collect();
        let manifest = json!({
            "account": name, "account_id": id, "region": "ap-northeast-1",
            "stacks": [{"name": "people", "file": "people.yaml", "users": users}],
        });
        let mut resources: Map<String, Value> = users
            .iter()
            .filter_map(|user| user["name"].as_str())
            .map(|user| (format!("{user}User"), json!({"Type": "AWS::IAM::User", "Properties": {"UserName": user}})))
            .collect();
        let notebook = json!({"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"VolumeSizeInGB": gb}});
        resources.insert("Notebook".to_owned(), notebook);
        let template = json!({"Resources": resources}).to_string();
        ((*name).to_owned(), manifest, vec![("people.yaml".to_owned(), template)])
    };
    out_folder(accounts.iter().map(folder))
}

#[test]
fn whatever_accounts_are_called_the_same_leave_and_the_same_is_refused() {
    const NAMES: [&str; 4] = ["kyoto", "osaka", "seoul", "tokyo"];
    let people = |diff: &Diff| -> Vec<(String, String)> {
        let mut people: Vec<_> =
            diff.people.iter().map(|one| (one.name.clone(), format!("{:?}", one.change))).collect();
        people.sort();
        people
    };
    let old = accounts(&[
        (NAMES[1], 1, &["aiko", "ben"], 50),
        (NAMES[2], 2, &["chie", "dai"], 50),
        (NAMES[3], 3, &["emi", "fumi"], 50),
    ]);
    let mut tried = 0;
    for at in 0..NAMES.len().pow(4) {
        let [a, b, c, d] = [0, 1, 2, 3].map(|place| NAMES[at / NAMES.len().pow(place) % NAMES.len()]);
        let different: BTreeSet<&str> = [a, b, c, d].into();
        if different.len() < NAMES.len() {
            continue;
        }
        let new =
            accounts(&[(a, 1, &["ben"], 50), (b, 2, &["chie", "dai"], 5), (c, 3, &["emi"], 50), (d, 4, &["goro"], 5)]);
        let (diff, findings) = compare(&old, &new);
        let expected = [("aiko", "Leaves"), ("fumi", "Leaves"), ("goro", "Joins")];
        assert_eq!(
            people(&diff),
            expected.map(|(name, change)| (name.to_owned(), change.to_owned())),
            "{a} {b} {c} {d}"
        );
        let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.info().id).collect();
        assert_eq!(rules, ["diff::smaller-volume"], "{a} {b} {c} {d}");
        assert_eq!((diff.plan.add, diff.plan.destroy, diff.plan.destroy_with_stack), (2, 2, 0), "{a} {b} {c} {d}");
        tried += 1;
    }
    assert_eq!(tried, 24);
}

#[test]
fn a_folder_that_is_left_hides_nothing_of_the_account_under_its_new_name() {
    let before: (&str, usize, &[&str], usize) = ("tokyo", 1, &["aiko", "ben"], 50);
    let (diff, findings) = compare(&accounts(&[before]), &accounts(&[before, ("kyoto", 1, &["ben"], 5)]));
    let text = render_diff(DiffFormat::Text, &diff);
    assert!(text.contains("1 person leaves: aiko") && !text.contains("only when somebody deletes"), "{text}");
    assert!(findings.iter().any(|finding| finding.rule.info().id == "diff::smaller-volume"), "{findings:?}");
}

#[test]
fn what_is_destroyed_now_is_told_from_what_stays_in_an_account_whose_name_another_has() {
    let old = accounts(&[("tokyo", 1, &["aiko", "ben"], 50), ("osaka", 2, &["chie"], 50)]);
    let (diff, _) = compare(&old, &accounts(&[("osaka", 1, &["ben"], 50)]));
    let coloured = render_diff(DiffFormat::Text, &diff);
    let text: String = coloured.split("\u{1b}[").map(|run| run.split_once('m').map_or(run, |(_, run)| run)).collect();
    assert!(text.contains("destroyed or replaced: 1 user with all credentials\n"), "{text}");
    assert!(text.contains("destroyed only when somebody deletes their stack: 1 user"), "{text}");
    assert!(text.contains("osaka (111122223331, ap-northeast-1), which was `tokyo` before"), "{text}");
    let stack = |title: &str| text.split(title).nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    assert!(stack("stack people (out/osaka/people.yaml), is no longer made").contains("chieUser"), "{text}");
    assert!(stack("stack people (out/osaka/people.yaml)\n").contains("aikoUser"), "{text}");
}

#[test]
fn one_person_in_several_accounts_is_told_with_each() {
    let account = |name: String, user: &Value, size: u32| {
        let resources = json!({
            "AnnUser": {"Type": "AWS::IAM::User", "Properties": {"UserName": user["name"]}},
            "AnnNotebook": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"VolumeSizeInGB": size}},
        });
        let manifest = json!({
            "version": 2, "account": name, "account_id": "1", "region": "r",
            "stacks": [{"name": "s", "part": "users-001", "file": "s.yaml", "users": [user]}],
        });
        (name, manifest, vec![("s.yaml".to_owned(), json!({"Resources": resources}).to_string())])
    };
    let side = |user: &Value, size: u32| out_folder((1..=4).map(|at| account(format!("c{at}"), user, size)));
    let text = |old: &OutFolder, new: &OutFolder| render_diff(DiffFormat::Markdown, &compare(old, new).0);
    let ann = json!({"name": "ann", "logical_id": "Ann", "notebook": null});
    let grown = text(&side(&ann, 5), &side(&ann, 6));
    assert!(grown.contains("of 4 users in 4 accounts: ann (c1), ann (c2), ann (c3), ann (c4)\n"), "{grown}");
    let bea = json!({"name": "bea", "logical_id": "Ann", "notebook": null, "was": "ann"});
    let renamed = text(&side(&ann, 5), &side(&bea, 5));
    for account in 1..=4 {
        let steps = format!("\n       ann becomes bea (c{account}):\n         1. ");
        assert!(renamed.contains(&steps), "{steps} {renamed}");
    }
}

#[track_caller]
fn git_in(place: &Path, arguments: &[&str]) {
    let done = git(place, arguments);
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn a_configuration_that_changed_while_the_stacks_did_not_is_noted() {
    let place = tempfile::tempdir().unwrap();
    let (config, out) = (place.path().join("config"), place.path().join("out"));
    std::fs::create_dir_all(out.join("tokyo")).unwrap();
    let manifest = r#"{"account": "tokyo", "account_id": "1", "region": "r", "stacks": []}"#;
    std::fs::write(out.join("tokyo/manifest.json"), manifest).unwrap();
    let since = |revision: &str| racestack(&["diff", "--git", revision, out.to_str().unwrap()]);
    git_in(place.path(), &["init", "--quiet"]);
    git_in(place.path(), &["add", "."]);
    git_in(place.path(), &["commit", "--quiet", "--message", "a"]);
    assert_eq!(since("HEAD").stderr, "", "there is no configuration");
    let note = format!(
        "note: `{}` changed since `HEAD`, but `{}` did not: if you have not run `racestack synth` yet, run it now\n",
        config.display(),
        out.display()
    );
    std::fs::create_dir(&config).unwrap();
    std::fs::write(config.join("roster.csv"), "name\n").unwrap();
    assert_eq!((since("HEAD").code, since("HEAD").stderr), (0, note.clone()), "a new file");
    git_in(place.path(), &["add", "."]);
    git_in(place.path(), &["commit", "--quiet", "--message", "b"]);
    assert_eq!(since("HEAD").stderr, "");
    std::fs::write(config.join("roster.csv"), "name\ntaro\n").unwrap();
    assert_eq!(since("HEAD").stderr, note, "a changed file");
    assert_eq!(since("HEAD~1").stderr, note.replace("`HEAD`", "`HEAD~1`"));
    let folders = racestack(&["diff", out.to_str().unwrap(), out.to_str().unwrap()]);
    assert_eq!(folders.stderr, "", "two folders");
    std::fs::write(out.join("tokyo/deploy.sh"), "").unwrap();
    assert_eq!(since("HEAD").stderr, "", "what nobody deploys changed");
}

#[test]
fn the_old_side_may_be_a_revision() {
    let place = tempfile::tempdir().unwrap();
    let account = place.path().join("my out/tokyo");
    std::fs::create_dir_all(&account).unwrap();
    let git = |arguments: &[&str]| git_in(place.path(), arguments);
    let manifest =
        r#"{"account": "tokyo", "account_id": "1", "region": "r", "stacks": [{"name": "s", "file": "s.yaml"}]}"#;
    git(&["init", "--quiet", "--initial-branch=master"]);
    std::fs::write(account.join("manifest.json"), manifest).unwrap();
    std::fs::write(account.join("s.yaml"), "Resources:\n  A: {Type: AWS::SNS::Topic}\n").unwrap();
    let out = place.path().join("my out");
    let out = out.to_str().unwrap();
    let since = |revision: &str| racestack(&["diff", "--git", revision, out]);
    let command = Command::new(env!("CARGO_BIN_EXE_racestack"))
        .args(["diff", "--git", "HEAD", out])
        .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        .output();
    let (refused, root) = (command.unwrap(), place.path().canonicalize().unwrap());
    let said = format!(
        "error: git does not read `{}`, which belongs to another user; if you trust what is in it, run `git config --global --add \
         safe.directory {}`\n",
        place.path().display(),
        root.display()
    );
    assert_eq!((refused.status.code(), String::from_utf8(refused.stderr).unwrap()), (Some(2), said));
    let (none, said) = (since("HEAD"), "nothing is committed yet; run `git add . && git commit -m first`");
    assert_eq!((none.code, none.stderr), (2, format!("error: git knows no revision `HEAD`: {said}\n")));
    git(&["commit", "--quiet", "--allow-empty", "--message", "nothing"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "a"]);
    std::fs::write(account.join("s.yaml"), "Resources:\n  B: {Type: AWS::SNS::Topic}\n").unwrap();
    assert!(since("HEAD").stdout.contains("1 to add, 0 to change, 0 to replace, 1 to destroy"));
    assert!(since("HEAD~1").stdout.contains("1 to add, 0 to change, 0 to replace, 0 to destroy"));
    for unknown in ["nope", "--output=x", "HEAD~7"] {
        let outcome = racestack(&["diff", &format!("--git={unknown}"), out]);
        let which = "the only branch is `master`: name that, or a commit of `git log`";
        let said = format!("error: git knows no revision `{unknown}`; {which}\n");
        assert_eq!((outcome.code, outcome.stderr), (2, said));
    }
    git(&["branch", "a"]);
    assert_eq!(since("a").stderr, "");
    git(&["commit", "--quiet", "--allow-empty", "--message", "here"]);
    assert_eq!(since("a").stderr, "", "what is here is more");
    git(&["checkout", "--quiet", "a"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "there"]);
    git(&["checkout", "--quiet", "master"]);
    let parted = since("a");
    assert_eq!(
        (parted.code, parted.stderr.starts_with("note: `a` has commits that are not here: ")),
        (0, true),
        "{}",
        parted.stderr
    );
    let two = since("main").stderr;
    assert!(two.contains("the branches are `a`, `master`: name one"), "{two}");
    (0..4).for_each(|number| git(&["branch", &format!("b{number}")]));
    let six = since("main").stderr;
    assert!(six.contains("the branches are `a`, `b0`, `b1`, `b2`, `b3` and 1 more: name one"), "{six}");
    let range = since("HEAD~1..HEAD").stderr;
    assert!(range.starts_with("error: `HEAD~1..HEAD` is a range; name the older revision alone"), "{range}");
    let no_folders = racestack(&["diff", "HEAD~1", "HEAD"]);
    let said = "error: there is no folder `HEAD~1`; if it is a revision, run `racestack diff --git HEAD~1`\n";
    assert_eq!((no_folders.code, no_folders.stderr.as_str()), (2, said));
    git(&["rm", "--quiet", "--cached", "my out/tokyo/manifest.json"]);
    git(&["commit", "--quiet", "--message", "without a manifest"]);
    let no_manifest = since("HEAD");
    assert!(no_manifest.stderr.contains("`s.yaml` is in it, and no manifest.json"), "{}", no_manifest.stderr);
    // Of a link, a revision has nothing but where it leads to.
    #[cfg(unix)]
    {
        std::fs::rename(&account, place.path().join("tokyo")).unwrap();
        std::os::unix::fs::symlink("../tokyo", &account).unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "a link for an account"]);
        std::fs::remove_file(&account).unwrap();
        std::fs::rename(place.path().join("tokyo"), &account).unwrap();
        let linked = since("HEAD");
        assert!(linked.code == 2 && linked.stderr.contains("it is a link"), "{}", linked.stderr);
        let real = place.path().join("real");
        std::fs::rename(out, &real).unwrap();
        std::os::unix::fs::symlink("real", out).unwrap();
        git(&["add", "."]);
        git(&["commit", "--quiet", "--message", "a link for the out folder"]);
        let linked = since("HEAD");
        assert!(linked.code == 2 && linked.stderr.contains("is no folder in the revision"), "{}", linked.stderr);
    }
    let elsewhere = tempfile::tempdir().unwrap();
    let copy = elsewhere.path().join("out/tokyo");
    std::fs::create_dir_all(&copy).unwrap();
    std::fs::write(copy.join("manifest.json"), manifest.replace("s.yaml", "t.yaml")).unwrap();
    std::fs::write(copy.join("t.yaml"), "Resources: {}\n").unwrap();
    let outcome = racestack(&["diff", "--git", "HEAD", elsewhere.path().join("out").to_str().unwrap()]);
    assert_eq!(outcome.code, 2);
    let said = "is in no git repository; run `git init -b main` there, and commit what is in it\n";
    assert!(outcome.stderr.ends_with(said), "{}", outcome.stderr);
}
