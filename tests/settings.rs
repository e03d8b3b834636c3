//! Every setting that limits or adds something, alone and together with all others, in each partition: synth proves that access is
//! within the limits and that the day still works, and warns of nothing.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

#[allow(dead_code, reason = "each test uses its part")]
mod common;

use std::collections::BTreeMap;

use common::{Workspace, json as as_json, resources};
use serde_json::{Value, json};

const ROSTER: &[u8] = b"name,state,notebook,team\nbob,,,red\nbobby,,,reds\neve,suspended,,\nann,,false,\n";

/// A region of each partition.
const REGIONS: [(&str, &str); 3] =
    [("aws", "ap-northeast-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];

/// Settings, as lines of maps: `KEY` stands for the ARN of a KMS key.
const SETTINGS: [&[(&str, &str)]; 21] = [
    &[
        ("notebooks", "subnet_id: subnet-0123456789abcdef0"),
        ("notebooks", "security_group_ids: [sg-0123456789abcdef0]"),
    ],
    &[("notebooks", "kms_key: KEY")],
    &[("bucket", "kms_key: KEY")],
    &[("", "kms_key: KEY")],
    &[("training", "max_runtime_minutes: 60")],
    &[("training", "allowed_instance_types: [ml.c5.*]")],
    &[("notebooks", "allowed_instance_types: [ml.t3.*]")],
    &[("", "mfa: required")],
    &[("", "console: true")],
    &[("", "allowed_networks: [203.0.113.0/24, \"2001:db8::/32\", vpce-0123456789abcdef0]")],
    &[("bucket", "shared_folders: [materials]"), ("bucket", "team_folders: true")],
    &[("access_keys", "notify: admins@example.com")],
    &[("", "kms_key: KEY"), ("access_keys", "notify: admins@example.com"), ("access_keys", "alarm: true")],
    &[("", "role_path: /managed/")],
    &[("", "permissions_boundary: company/Boundary")],
    &[("extra_policies", "notebooks: [Denials]")],
    &[("metadata", "guard: true"), ("metadata", "checkov: true"), ("metadata", "cdk_nag: true")],
    &[("budgets", "notify: costs@example.com"), ("budgets", "monthly_usd: 500")],
    &[("bucket", "access_logs: company-logs")],
    &[("", "logs: {retention_days: 365}")],
    &[("", "services: [deepracer, lambda, sagemaker, robomaker, cloudformation]")],
];

/// The settings of the account, but for its region.
const OWN_ACCOUNT: &str = "account_id: \"111122223333\"\nbucket: {created: \"20221130201905\"}\n";

/// What synth writes with these settings in a region.
#[track_caller]
fn synthesised(region: &str, partition: &str, settings: &[&[(&str, &str)]]) -> BTreeMap<String, String> {
    let mut maps: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (map, line) in settings.iter().flat_map(|setting| setting.iter()) {
        let lines = maps.entry(map).or_default();
        if !lines.contains(line) {
            lines.push(line);
        }
    }
    let mut text = "deploy: {template_bucket: mycompany-templates}\n".to_owned();
    text += &maps.remove("").unwrap_or_default().iter().map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
    text += &maps.iter().map(|(map, lines)| format!("{map}: {{{}}}\n", lines.join(", "))).collect::<Vec<_>>().concat();
    let key = format!("\"arn:{partition}:kms:{region}:111122223333:key/11111111-2222-3333-4444-555555555555\"");
    let workspace = Workspace::new(&text.replace("KEY", &key), "roster.csv", ROSTER);
    workspace.write("config/accounts/tokyo/settings.yaml", format!("{OWN_ACCOUNT}region: {region}\n").as_bytes());
    for (name, effect, actions) in [("Boundary", "Allow", "*"), ("Denials", "Deny", "bedrock:*")] {
        let statement = json!({"Effect": effect, "Action": actions, "Resource": "*"});
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        workspace.write(&format!("config/policies/{name}.json"), document.to_string().as_bytes());
    }
    let outcome = workspace.synth(&[]);
    // Retired services, and budgets where CloudFormation has none, are known and warned of.
    let expected = ["isolation::", "limit::", "guard::", "template::", "settings::", "reference::", "policy::"];
    let found = outcome.stderr.lines().find(|line| expected.iter().any(|area| line.contains(area)));
    assert_eq!((outcome.code, found), (0, None), "{partition}: {text}{}", outcome.stderr);
    workspace.files()
}

#[test]
fn each_setting_holds_alone_in_each_partition() {
    std::thread::scope(|scope| {
        for (partition, region) in REGIONS {
            scope.spawn(move || {
                for setting in SETTINGS.iter().filter(|setting| has(region, setting)) {
                    synthesised(region, partition, &[setting]);
                }
            });
        }
    });
}

#[test]
fn all_settings_hold_together_in_each_partition() {
    for (partition, region) in REGIONS {
        let all: Vec<&[(&str, &str)]> = SETTINGS.iter().copied().filter(|setting| has(region, setting)).collect();
        assert!(all.len() + 1 >= SETTINGS.len());
        let files = synthesised(region, partition, &all);
        let policies = resources(&files["access.yaml"]).into_values().filter_map(|one| {
            one.get("Properties").and_then(|properties| properties.get("PolicyDocument")).map(as_json)
        });
        let of_bucket = as_json(&resources(&files["storage.yaml"])["BucketPolicy"]["Properties"]["PolicyDocument"]);
        for document in policies.chain([of_bucket]) {
            // Checkers take a denial for one of all that stands behind it.
            let effects: Vec<&Value> =
                document["Statement"].as_array().unwrap().iter().map(|statement| &statement["Effect"]).collect();
            assert!(effects.is_sorted_by_key(|effect| *effect == "Deny"), "{document}");
            let text = document.to_string();
            assert!(partition == "aws" || !text.contains("arn:aws:"), "{partition}: {text}");
        }
    }
}

/// Whether CloudFormation has in a region what a setting asks for.
fn has(region: &str, setting: &[(&str, &str)]) -> bool {
    let is_budget = setting.iter().any(|(map, _)| *map == "budgets");
    !(is_budget && region == "us-gov-west-1")
}
