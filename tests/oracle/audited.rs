//! Accounts as they are: whatever a random change lets somebody do with another's things, as the oracle says, the audit finds of
//! that very user or role.

use clap::Parser;
use racestack::cli::{Args, Progress, run};
use serde_json::{Value as Json, json};

use crate::case::Case;
use crate::chance::Chance;
use crate::common::Workspace;
use crate::export::ExportFiles;
use crate::node::{self, Answer};
use crate::notebooks::requests;
use crate::who::{Kind, Who};
use crate::words::{ACCOUNT, BUCKET};
use crate::{is_long, start};

/// Changed accounts in `make test`, and in `make test-all`.
const ACCOUNTS: usize = 20;
const ALL_ACCOUNTS: usize = 200;
const ROSTER: &[u8] = b"name\nbob\nbobby\n";
const PEOPLE: [&str; 2] = ["bob", "bobby"];

/// Who is changed: the list of the export, and the name.
const CHANGED: [(&str, &str); 6] = [
    ("UserDetailList", "bob"),
    ("UserDetailList", "bobby"),
    ("RoleDetailList", "bob"),
    ("RoleDetailList", "bobby"),
    ("UserDetailList", "robot"),
    ("RoleDetailList", "ci"),
];
const ACTIONS: [&str; 14] = [
    "s3:GetObject",
    "s3:Put*",
    "s3:*",
    "s3:ListBucket",
    "sagemaker:DescribeNotebookInstance",
    "sagemaker:StopNotebookInstance",
    "sagemaker:*",
    "sagemaker:CreateTrainingJob",
    "sagemaker:AddTags",
    "iam:PassRole",
    "iam:*",
    "logs:GetLogEvents",
    "logs:*",
    "*",
];

#[test]
fn what_the_oracle_says_is_open_the_audit_finds() {
    let workspace = Workspace::new("services: []\n", "roster.csv", ROSTER);
    workspace.synthesised();
    let mut export = ExportFiles::of(&workspace.path("out"));
    export.add_user("robot");
    export.add_role("ci", &json!({"Service": "codebuild.amazonaws.com"}));
    let mut chance = Chance::new(start());
    let (mut cases, mut wanted) = (Vec::new(), Vec::new());
    let accounts = if is_long() { ALL_ACCOUNTS } else { ACCOUNTS };
    for account in 0..accounts {
        let mut changed = export.clone();
        for _ in 0..=chance.below(2) {
            change(&mut changed, &mut chance);
        }
        let found = findings(&workspace, &changed);
        for (list, name) in CHANGED {
            let (who, identity, boundary) = principal(&mut changed, list, name);
            for owner in PEOPLE.into_iter().filter(|owner| *owner != name) {
                for (what, request) in requests(&who, owner) {
                    // Every service may write logs of its own, into groups of any name.
                    if what == "log" || what == "read log of a longer name" {
                        continue;
                    }
                    let is_bucket = request.resource.starts_with(&format!("arn:aws:s3:::{BUCKET}"));
                    let policy = changed.0["bucket-policy.json"]["Policy"].as_str().unwrap();
                    let resource_policy = is_bucket.then(|| serde_json::from_str(policy).unwrap());
                    let case =
                        Case { identity: identity.clone(), boundary: boundary.clone(), resource_policy, request };
                    wanted.push((account, list, name, what, is_found(&found, list, name), found.clone()));
                    cases.push(case);
                }
            }
        }
    }
    let mut open = 0;
    let asked: Vec<Json> = cases.iter().map(Case::json).collect();
    for ((answer, case), (account, list, name, what, is_found, found)) in
        node::decide(&asked).iter().zip(&cases).zip(wanted)
    {
        let Answer::Decided { decision, .. } = answer else { continue };
        if decision == "Allowed" {
            open += 1;
            let case = serde_json::to_string_pretty(&case.json()).unwrap();
            assert!(
                is_found,
                "account {account}, seed {}: {list} {name} can {what}, and that is not found:\n{case}\n{found:#?}",
                start()
            );
        }
    }
    println!("{open} of {} requests are open", cases.len());
    assert!(open * 100 > cases.len(), "{open} of {} requests are open: the changes say little", cases.len());
}

/// Gives somebody a statement, and takes a net away from some.
fn change(export: &mut ExportFiles, chance: &mut Chance) {
    let (list, name) = chance.pick(&CHANGED);
    let owner = chance.pick(&PEOPLE);
    let region = format!("ap-northeast-1:{ACCOUNT}");
    let resources = [
        "*".to_owned(),
        "*".to_owned(),
        format!("arn:aws:s3:::{BUCKET}/*"),
        format!("arn:aws:s3:::{BUCKET}/{owner}/*"),
        format!("arn:aws:s3:::{BUCKET}"),
        format!("arn:aws:sagemaker:{region}:notebook-instance/{owner}"),
        format!("arn:aws:sagemaker:{region}:*"),
        format!("arn:aws:iam::{ACCOUNT}:role/deepracer/notebook/{owner}"),
        format!("arn:aws:logs:{region}:log-group:/aws/sagemaker/*"),
    ];
    let mut statement =
        json!({"Effect": "Allow", "Action": chance.pick(&ACTIONS), "Resource": chance.one(&resources).as_str()});
    match chance.below(8) {
        0 => statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}}),
        1 => statement["Condition"] = json!({"StringLike": {"s3:prefix": format!("{owner}/*")}}),
        2 => statement["Condition"] = json!({"StringEquals": {"aws:ResourceTag/user": owner}}),
        _ => {}
    }
    export.allow(list, name, &statement);
    if chance.percent(70) {
        export.identity(list, name)["PermissionsBoundary"] = Json::Null;
        if list == "UserDetailList" && chance.percent(70) {
            export.identity(list, name)["GroupList"] = json!([]);
        }
    }
}

/// A user or role, with its policies and its boundary.
fn principal(export: &mut ExportFiles, list: &str, name: &str) -> (Who, Vec<Json>, Option<Json>) {
    let one = export.identity(list, name).clone();
    let managed = |export: &mut ExportFiles, arn: &Json| {
        let policies = export.list("Policies");
        policies.iter().find(|policy| policy["Arn"] == *arn).unwrap()["PolicyVersionList"][0]["Document"].clone()
    };
    let of = |export: &mut ExportFiles, one: &Json, key: &str| {
        let inline = one[key].as_array().unwrap().iter().map(|policy| policy["PolicyDocument"].clone());
        let mut policies: Vec<Json> = inline.collect();
        for attached in one["AttachedManagedPolicies"].as_array().unwrap() {
            policies.push(managed(export, &attached["PolicyArn"]));
        }
        policies
    };
    let mut identity = of(export, &one, &list.replace("DetailList", "PolicyList"));
    for group in one["GroupList"].as_array().into_iter().flatten() {
        let group = export.identity("GroupDetailList", group.as_str().unwrap()).clone();
        identity.extend(of(export, &group, "GroupPolicyList"));
    }
    let boundary = one["PermissionsBoundary"].get("PermissionsBoundaryArn").map(|arn| managed(export, arn));
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let tags = one["Tags"].as_array().unwrap().iter().map(|tag| (text(&tag["Key"]), text(&tag["Value"]))).collect();
    let arn = text(&one["Arn"]);
    let who = if list == "UserDetailList" {
        Who { principal: arn.clone(), account: Some(ACCOUNT), name: name.to_owned(), arn, kind: Kind::User, tags }
    } else {
        Who::role(arn.split_once(":role/").unwrap().1, tags)
    };
    (who, identity, boundary)
}

/// The rule and the message of each finding.
#[track_caller]
fn findings(workspace: &Workspace, export: &ExportFiles) -> Vec<(String, String)> {
    let folder = workspace.path("export");
    export.write(&folder);
    let paths = [workspace.path("config"), workspace.path("out"), folder];
    let [config, out, from] = paths.each_ref().map(|path| path.to_str().unwrap());
    let args = ["racestack", "audit", "--account", "tokyo", "--config", config, "--out", out, "--from", from];
    let args = Args::parse_from(args.into_iter().chain(["--format", "json"]));
    let outcome = run(&args, false, &Progress { progress: &|_, _| {}, notice: &|_| {} });
    let report: Json = serde_json::from_str(&outcome.stdout).unwrap();
    let text = |one: &Json, key: &str| one[key].as_str().unwrap().to_owned();
    let found = report["findings"].as_array().unwrap().iter();
    found.map(|one| (text(one, "rule"), text(one, "message"))).collect()
}

fn is_found(found: &[(String, String)], list: &str, name: &str) -> bool {
    let word = if list == "UserDetailList" { "user" } else { "role" };
    found.iter().any(|(rule, message)| {
        (rule.starts_with("isolation::") && rule != "isolation::own-refused" || rule == "audit::reached")
            && message.rsplit_once(": ").is_some_and(|(_, who)| who.starts_with(word))
            && message.contains(&format!("`{name}`"))
    })
}
