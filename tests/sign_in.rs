//! Signing in to the AWS console: who gets a password, in which stack, and what people may do about it themselves.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::BTreeMap;

use crate::common::{Workspace, json, resources};
use serde_json::Value;

/// Templates of 1 MB, which more people fit into than a template may have passwords.
const LARGE: &str = "deploy: {template_bucket: mycompany-templates}\n";

fn roster(people: usize) -> String {
    (0..people).fold("name\n".to_owned(), |text, number| text + &format!("racer.{number:03}\n"))
}

/// The people of each users stack, by file.
fn people(files: &BTreeMap<String, String>) -> BTreeMap<String, Vec<String>> {
    let stacks = files.iter().filter(|(file, _)| file.starts_with("users-"));
    let names = |text: &String| {
        let users = resources(text).into_values().filter(|resource| resource["Type"] == "AWS::IAM::User");
        users.map(|user| user["Properties"]["UserName"].as_str().unwrap().to_owned()).collect()
    };
    stacks.map(|(file, text)| (file.clone(), names(text))).collect()
}

#[track_caller]
fn user(files: &BTreeMap<String, String>, id: &str) -> Value {
    json(&resources(&files["users-001.yaml"])[id])
}

#[test]
fn no_stack_has_more_people_than_a_template_may_have_passwords() {
    let settings = format!("{LARGE}console: true\n");
    let files = Workspace::new(&settings, "roster.csv", roster(61).as_bytes()).synthesised();
    let stacks = people(&files);
    assert_eq!(stacks.values().map(Vec::len).sum::<usize>(), 61);
    assert_eq!(stacks.len(), 2, "{stacks:?}");
    for (file, text) in &files {
        assert!(text.matches("{{resolve:").count() <= 60, "{file}");
    }
}

#[test]
fn console_can_be_turned_on_for_everybody_later_and_nobody_moves() {
    let workspace = Workspace::new(LARGE, "roster.csv", roster(60).as_bytes());
    let before = people(&workspace.synthesised());
    workspace.write("config/settings.yaml", format!("company: mycompany\n{LARGE}console: true\n").as_bytes());
    let after = people(&workspace.synthesised());
    assert_eq!(after, before);
}

#[test]
fn passwords_for_which_a_stack_has_no_room_are_a_finding_with_its_choices() {
    let workspace = Workspace::new(LARGE, "roster.csv", roster(61).as_bytes());
    workspace.synthesised();
    let before = workspace.files();
    workspace.write("config/settings.yaml", format!("company: mycompany\n{LARGE}console: true\n").as_bytes());
    let outcome = workspace.synth(&[]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("found 61 dynamic references in `users-001`, allowed are 60"),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stderr.contains("set `console: false` for 1 person of this stack"), "{}", outcome.stderr);
    assert_eq!(workspace.files(), before);
}

#[test]
fn a_password_is_a_reference_to_a_secret_that_is_made_before() {
    for policies in ["hardened", "documented"] {
        let settings = format!("policies: {policies}\nconsole: true\n");
        let files = Workspace::new(&settings, "roster.csv", b"name,console\ntanaka.taro,\nabe,false\n").synthesised();
        let signs_in = user(&files, "TanakaTaroUser");
        assert_eq!(
            signs_in["Properties"]["LoginProfile"],
            serde_json::json!({
                "Password": "{{resolve:secretsmanager:mycompany-deepracer/tanaka.taro/password:SecretString:password}}",
                "PasswordResetRequired": true,
            })
        );
        assert_eq!(signs_in["DependsOn"], "TanakaTaroPassword");
        let secret = user(&files, "TanakaTaroPassword");
        assert_eq!(secret["Properties"]["Name"], "mycompany-deepracer/tanaka.taro/password");
        assert_eq!(user(&files, "AbeUser")["Properties"]["LoginProfile"], Value::Null);
    }
}

/// The statements of the policy on signing in, by `Sid`; `None` without one.
fn sign_in_policy(settings: &str, roster: &str) -> Option<BTreeMap<String, Value>> {
    let files = Workspace::new(settings, "roster.csv", roster.as_bytes()).synthesised();
    let policy = json(resources(&files["access.yaml"]).get("SignInPolicy")?);
    let statements = policy["Properties"]["PolicyDocument"]["Statement"].as_array().unwrap().clone();
    Some(statements.into_iter().map(|statement| (statement["Sid"].as_str().unwrap().to_owned(), statement)).collect())
}

#[test]
fn what_people_may_do_themselves_follows_the_settings() {
    let everybody = "name\na\n";
    let password = ["ChangeOwnPassword", "DenyFirstPasswords"].as_slice();
    let mfa = ["DeactivateOwnMfa", "EnableOwnMfa", "ListMfaDevices", "ManageOwnMfaDevice"].as_slice();
    let required = ["DenySecurityKeysWithoutMfa", "DenyWithoutMfa"].as_slice();
    let cases = [
        ("console: true\n", everybody, vec![password, mfa]),
        ("console: true\nmfa: optional\n", everybody, vec![password, mfa]),
        ("console: true\nmfa: required\n", everybody, vec![password, mfa, required]),
        ("console: true\nmfa: off\n", everybody, vec![password]),
        ("mfa: optional\n", everybody, vec![mfa]),
        ("mfa: required\n", everybody, vec![mfa, required]),
        ("", "name,console\na,\nb,true\n", vec![password, mfa]),
    ];
    for (settings, roster, expected) in cases {
        let found = sign_in_policy(settings, roster).unwrap_or_default();
        let mut expected = expected.concat();
        expected.sort_unstable();
        assert_eq!(found.keys().collect::<Vec<_>>(), expected, "{settings:?} {roster:?}");
    }
    for (settings, roster) in [("", everybody), ("mfa: off\n", everybody), ("console: true\n", "name,console\na,no\n")]
    {
        assert!(sign_in_policy(settings, roster).is_none(), "{settings:?} {roster:?}");
    }
}

#[test]
fn every_policy_keeps_to_its_limit_with_everything_on_and_long_names() {
    const SHARED: &str = ", shared_folders: [materials], team_folders: true";
    let (company, path) = ("c".repeat(40), format!("/{}/", "p".repeat(40)));
    let key = "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/0123abcd-12ab-34cd-56ef-0123456789ab";
    let bucket = "deepracer".repeat(7);
    let groups: Vec<String> = (0..5).map(|number| format!("sg-0123456789abcdef{number}")).collect();
    let groups = groups.join(", ");
    let limits = format!(", security_group_ids: [{groups}], kms_key: \"{key}\"");
    let more = "training: {max_runtime_minutes: 60}\nallowed_networks: [203.0.113.0/24]\n";
    // The share of its limit that a policy may take, in percent, without what people share and with it, and with all that
    // limits training jobs.
    let rows = [("", "", "", 82), (SHARED, "", "", 92), ("", &*limits, more, 93), (SHARED, &*limits, more, 97)];
    for (sharing, limits, more, most) in rows {
        let settings = format!(
            "bucket: {{name: {bucket}, kms_key: \"{key}\"{sharing}}}\niam_path: {path}\nconsole: true\nmfa: required\n\
             notebooks: {{subnet_id: subnet-0123456789abcdef0{limits}}}\ndeploy: {{template_bucket: templates}}\n{more}"
        );
        let workspace = Workspace::new("", "roster.csv", b"name\ntanaka.taro\n");
        workspace.write("config/settings.yaml", format!("company: {company}\n{settings}").as_bytes());
        workspace
            .write("config/accounts/tokyo/settings.yaml", b"account_id: \"111122223333\"\nregion: us-gov-west-1\n");
        let manifest: Value = serde_json::from_str(&workspace.synthesised()["manifest.json"]).unwrap();
        let stacks = manifest["stacks"].as_array().unwrap().iter();
        let policies: Vec<&Value> = stacks.filter_map(|stack| stack.get("policies")?.as_array()).flatten().collect();
        assert!(policies.len() > 8, "{policies:?}");
        for policy in policies {
            let of = |key: &str| policy["characters"][key].as_u64().unwrap();
            assert!(of("used") * 100 <= of("limit") * most, "{policy}: what others add must fit, too");
        }
    }
}
