//! Every setting that limits or adds something, and a region of each partition.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Workspace;

/// People of each kind.
pub const ROSTER: &[u8] = b"name,state,notebook,team\nbob,,,red\nbobby,,,reds\neve,suspended,,\nann,,false,\n";

/// A region of each partition.
pub const REGIONS: [(&str, &str); 3] =
    [("aws", "ap-northeast-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")];

/// Lines of the settings, each of a map or of none.
pub type Setting = [(&'static str, &'static str)];

/// Every setting that limits or adds something: `KEY` stands for the ARN of a KMS key.
pub const SETTINGS: [&Setting; 21] = [
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

/// A workspace in a region with these settings.
#[track_caller]
pub fn workspace(region: &str, partition: &str, settings: &[&Setting]) -> Workspace {
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
    for (name, document) in company_policies() {
        workspace.write(&format!("config/policies/{name}.json"), document.to_string().as_bytes());
    }
    workspace
}

/// The company's policies that the settings name, by name.
pub fn company_policies() -> BTreeMap<&'static str, Value> {
    let policies = [("Boundary", "Allow", "*"), ("Denials", "Deny", "bedrock:*")].map(|(name, effect, actions)| {
        let statement = json!({"Effect": effect, "Action": actions, "Resource": "*"});
        (name, json!({"Version": "2012-10-17", "Statement": [statement]}))
    });
    policies.into()
}

/// Whether CloudFormation has in a region what a setting asks for.
pub fn has(region: &str, setting: &Setting) -> bool {
    let is_budget = setting.iter().any(|(map, _)| *map == "budgets");
    !(is_budget && region == "us-gov-west-1")
}
