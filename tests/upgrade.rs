//! The upgrade from the version that gave each notebook role an inline policy: nobody moves, nothing is made anew, and people may
//! do what they could, and what a day's work takes besides. `tests/upgrade` holds what that version wrote; `tests/python/test_upgrade.py` deploys both.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test reads files, and may fail")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::common::{copy_folder, racestack};
use serde_json::{Value, json};

const ACCOUNTS: [&str; 2] = ["documented", "hardened"];

fn before() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade")
}

/// The configuration and the out folder that the earlier version left, after a synth.
#[track_caller]
fn upgraded() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&before(), folder.path());
    let (config, out) = (folder.path().join("config"), folder.path().join("out"));
    let outcome = racestack(&["synth", "--config", text(&config), "--out", text(&out)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[test]
fn nobody_moves() {
    let folder = upgraded();
    for account in ACCOUNTS {
        let lock = Path::new("config/accounts").join(account).join("stacks.lock");
        let read = |folder: &Path| std::fs::read_to_string(folder.join(&lock)).unwrap();
        assert_eq!(read(folder.path()), read(&before()), "{account}");
    }
}

/// What the version before did not allow: logs, older versions, uploads that broke off, tags, what the console shows of oneself,
/// and, with `bucket.kms_key`, models that SageMaker writes with that key.
const DAILY_WORK: [&str; 17] = [
    "iam:GetAccessKeyLastUsed",
    "iam:GetUser",
    "iam:ListMFADevices",
    "kms:Encrypt",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
    "s3:AbortMultipartUpload",
    "s3:DeleteObjectTagging",
    "s3:GetBucketLocation",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionTagging",
    "s3:ListBucketVersions",
    "s3:ListMultipartUploadParts",
    "s3:PutObjectTagging",
    "sagemaker:AddTags",
    "sagemaker:ListTrainingJobs",
];

/// What it allowed in all log groups of SageMaker, in all namespaces, in all subnets, with any key and network, and with a
/// second spelling of the tag `user`: docs/upgrade.md has the table.
const NARROWED: [&str; 12] = [
    "cloudwatch:PutMetricData",
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "s3:PutObject",
    "sagemaker:AddTags",
    "sagemaker:CreateTrainingJob",
];

#[test]
fn nothing_is_made_anew_and_access_is_widened_by_a_days_work_alone() {
    let folder = upgraded();
    let (old, new) = (before().join("out"), folder.path().join("out"));
    let told = |more: &[&str]| racestack(&[&["diff", text(&old), text(&new)], more].concat());

    assert_eq!(told(&["--fail-on", "replaced"]).code, 0);
    let diff: Value = serde_json::from_str(&told(&["--format", "json"]).stdout).unwrap();
    let accounts = diff["accounts"].as_array().unwrap();
    let entries: Vec<&Value> = list(&diff["access"]).iter().flat_map(|principal| list(&principal["entries"])).collect();
    let actions = |direction: &str| -> BTreeSet<&str> {
        let of_direction = entries.iter().filter(|entry| entry["direction"] == direction);
        of_direction.flat_map(|entry| list(&entry["actions"])).filter_map(Value::as_str).collect()
    };
    assert_eq!(actions("widened"), BTreeSet::from(DAILY_WORK));
    assert_eq!(actions("narrowed"), BTreeSet::from(NARROWED));
    // With the documented policies, no stack attaches the boundary policy: whoever has it by hand may have the tag of a notebook.
    assert_eq!(actions("unknown"), BTreeSet::from(["logs:GetLogEvents"]));
    let is_unknown =
        |principal: &&Value| list(&principal["entries"]).iter().any(|entry| entry["direction"] == "unknown");
    let unknown: Vec<&Value> = list(&diff["access"]).iter().filter(is_unknown).map(|one| &one["names"]).collect();
    assert_eq!(unknown, [&json!(["BoundaryPolicy"])]);
    let names: Vec<&str> = accounts.iter().filter_map(|account| account["account"].as_str()).collect();
    assert_eq!(names, ACCOUNTS);
    for account in accounts {
        let plan = &account["plan"];
        assert_eq!([&plan["replace"], &plan["may_replace"], &plan["destroy"]], [&json!(0), &json!(0), &json!(1)]);
    }
    // The same in both accounts: one entry. What starts notebooks is a stack of its own now.
    let gone = list(&diff["changes"]).iter().filter(|change| change["action"] == "destroy");
    let gone: Vec<(&Value, &Value)> = gone.map(|change| (&change["resource_type"], &change["resources"])).collect();
    let lifecycles = ACCOUNTS.map(|account| {
        json!({
            "account": account,
            "stack": "mycompany-deepracer-users-001",
            "logical_id": "NotebookLifecycle",
            "name": "mycompany-deepracer-users-001",
        })
    });
    assert_eq!(gone, [(&json!("AWS::SageMaker::NotebookInstanceLifecycleConfig"), &json!(lifecycles))]);
}
