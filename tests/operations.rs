//! What watches over an account: what its function may do, which instance types are denied, and whose budgets there are.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::BTreeMap;

use crate::common::{Workspace, json, resources};
use racestack::iam::{Context, Decision, Document, Policies, Principal, Request, decide};
use serde_json::Value;

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/deepracer/operations/mycompany-deepracer-key-rotation";

#[track_caller]
fn document(files: &BTreeMap<String, String>, file: &str, resource: &str, pointer: &str) -> Document {
    Document::parse(json(&resources(&files[file])[resource]).pointer(pointer).unwrap()).unwrap()
}

#[track_caller]
fn decision(documents: &[Document], principal: Principal, action: &str, resource: &str, context: Context) -> Decision {
    let identity: Vec<&Document> = documents.iter().collect();
    let request = Request { principal, action: action.to_owned(), resource: resource.to_owned(), context };
    decide(&request, &Policies { identity: &identity, ..Policies::default() }).decision
}

#[test]
fn the_function_reaches_the_keys_of_these_people_and_nothing_else() {
    for (profile, own, others) in [
        ("hardened", "user/deepracer/a", ["user/a", "user/deepracer-2/a", "user/other/deepracer/a"].as_slice()),
        ("documented", "user/a", &[]),
    ] {
        let settings = format!("policies: {profile}\naccess_keys: {{notify: admins@example.com}}\n");
        let files = Workspace::new(&settings, "roster.csv", b"name\na\n").synthesised();
        let pointer = "/Properties/Policies/0/PolicyDocument";
        let policy = [document(&files, "operations.yaml", "KeyRotationRole", pointer)];
        let may = |action: &str, resource: &str, tag: Option<&str>| {
            let principal = Principal::Role { arn: ROLE.to_owned(), session: None, account: ACCOUNT.to_owned() };
            let context = tag.map_or_else(Context::new, |tag| Context::new().with("aws:ResourceTag/managed-by", tag));
            let arn = format!("arn:aws:iam::{ACCOUNT}:{resource}");
            decision(&policy, principal, action, &arn, context) == Decision::Allowed
        };
        for action in ["iam:ListAccessKeys", "iam:ListUserTags", "iam:UpdateAccessKey"] {
            assert!(may(action, own, Some("racestack")), "{profile} {action}");
            assert!(!may(action, own, Some("somebody")) && !may(action, own, None), "{profile} {action}");
            for other in others {
                assert!(!may(action, other, Some("racestack")), "{profile} {action} {other}");
            }
        }
        for action in ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:UpdateUser", "iam:PassRole"] {
            assert!(!may(action, own, Some("racestack")), "{profile} {action}");
        }
        // One tag alone, of people alone: with any other, somebody could become somebody else.
        let may_tag = |action: &str, keys: Option<&[&str]>, managed_by: &str| {
            let principal = Principal::Role { arn: ROLE.to_owned(), session: None, account: ACCOUNT.to_owned() };
            let context = Context::new().with("aws:ResourceTag/managed-by", managed_by);
            let context =
                keys.iter().fold(context, |context, keys| context.with_all("aws:TagKeys", keys.iter().copied()));
            let arn = format!("arn:aws:iam::{ACCOUNT}:{own}");
            decision(&policy, principal, action, &arn, context) == Decision::Allowed
        };
        for action in ["iam:TagUser", "iam:UntagUser"] {
            assert!(may_tag(action, Some(&["old-access-key"]), "racestack"), "{profile} {action}");
            for (keys, managed_by) in [
                (Some(["user"].as_slice()), "racestack"),
                (Some(&["old-access-key", "user"]), "racestack"),
                (Some(&["old-access-key"]), "somebody"),
                (None, "racestack"),
            ] {
                assert!(!may_tag(action, keys, managed_by), "{profile} {action} {keys:?}");
            }
        }
        assert!(may("iam:GetGroup", "group/deepracer/mycompany-deepracer-users", None));
        assert!(!may("iam:GetGroup", "group/admins", None));
    }
}

#[test]
fn other_instance_types_are_denied_to_people_and_to_notebooks() {
    let settings =
        "notebooks: {allowed_instance_types: [ml.t3.medium, ml.m5.*]}\ntraining: {allowed_instance_types: [ml.c5.*]}\n";
    for profile in ["hardened", "documented"] {
        let files =
            Workspace::new(&format!("policies: {profile}\n{settings}"), "roster.csv", b"name\na\n").synthesised();
        let everything = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}
        ]});
        let policies = [
            document(&files, "access.yaml", "InstanceTypesPolicy", "/Properties/PolicyDocument"),
            Document::parse(&everything).unwrap(),
        ];
        let may = |action: &str, types: &[&str]| {
            let arn = format!("arn:aws:iam::{ACCOUNT}:user/deepracer/a");
            let principal = Principal::User { arn, account: ACCOUNT.to_owned() };
            let context = match types {
                [] => Context::new(),
                types => Context::new().with_all("sagemaker:InstanceTypes", types.iter().copied()),
            };
            match decision(&policies, principal, action, "*", context) {
                Decision::Allowed => true,
                Decision::ExplicitlyDenied => false,
                other => panic!("{action} {types:?}: {other:?}"),
            }
        };
        for (action, allowed, denied) in [
            (
                "sagemaker:CreateTrainingJob",
                [["ml.c5.xlarge"].as_slice(), &["ml.c5.xlarge", "ml.c5.large"]].as_slice(),
                [["ml.c5n.xlarge"].as_slice(), &["ml.c5.xlarge", "ml.p4d.24xlarge"], &["ml.t3.medium"], &[]].as_slice(),
            ),
            ("sagemaker:UpdateTrainingJob", &[&[], &["ml.c5.xlarge"]], &[&["ml.p4d.24xlarge"]]),
            (
                "sagemaker:CreateNotebookInstance",
                &[&["ml.t3.medium"], &["ml.m5.24xlarge"]],
                &[&["ml.t3.large"], &["ml.c5.xlarge"]],
            ),
            ("sagemaker:UpdateNotebookInstance", &[&[], &["ml.t3.medium"]], &[&["ml.t3.large"]]),
            ("sagemaker:StartNotebookInstance", &[&[]], &[]),
        ] {
            assert!(allowed.iter().all(|types| may(action, types)), "{profile} {action}");
            assert!(!denied.iter().any(|types| may(action, types)), "{profile} {action}");
        }
        let role = json(&resources(&files["users-001.yaml"])["ANotebookRole"]);
        let attached = role["Properties"]["ManagedPolicyArns"].as_array().unwrap();
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/deepracer/mycompany-deepracer-instance-types");
        assert!(attached.contains(&Value::from(arn)), "{profile}: {attached:?}");
        let group = json(&resources(&files["access.yaml"])["Group"]);
        let attached = group["Properties"]["ManagedPolicyArns"].to_string();
        assert!(attached.contains("InstanceTypesPolicy"), "{profile}: {attached}");
    }
}

#[test]
fn budgets_turned_on_later_move_nobody() {
    let large = "deploy: {template_bucket: mycompany-templates}\n";
    let roster = (0..100).fold("name\n".to_owned(), |text, number| text + &format!("racer.{number:03}\n"));
    let workspace = Workspace::new(large, "roster.csv", roster.as_bytes());
    workspace.synthesised();
    let before = workspace.read("config/accounts/tokyo/stacks.lock");
    let budgets = "budgets: {monthly_usd_per_user: 40, notify: costs@example.com}\n";
    workspace.write("config/settings.yaml", format!("company: mycompany\n{large}{budgets}").as_bytes());
    let files = workspace.synthesised();
    assert_eq!(workspace.read("config/accounts/tokyo/stacks.lock"), before);
    let stacks = files.iter().filter(|(file, _)| file.starts_with("users-"));
    assert_eq!(stacks.map(|(_, text)| text.matches("Type: AWS::Budgets::Budget").count()).sum::<usize>(), 100);
}

#[test]
fn budgets_for_which_a_stack_has_no_room_are_a_finding_with_its_choices() {
    let large = "deploy: {template_bucket: mycompany-templates}\n";
    let roster = (0..150).fold("name\n".to_owned(), |text, number| text + &format!("racer.{number:03}\n"));
    let workspace = Workspace::new(large, "roster.csv", roster.as_bytes());
    workspace.synthesised();
    let before = workspace.files();
    let budgets = "budgets: {monthly_usd_per_user: 40, notify: costs@example.com}\n";
    workspace.write("config/settings.yaml", format!("company: mycompany\n{large}{budgets}").as_bytes());
    let outcome = workspace.synth(&[]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("resources in `Resources`, allowed are 500"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("turn off what each person has a resource for"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("a deployed user cannot move"), "{}", outcome.stderr);
    assert_eq!(workspace.files(), before);
}

#[test]
fn people_may_train_on_allowed_types_within_their_boundary() {
    let settings = "policies: hardened\ntraining: {allowed_instance_types: [ml.c5.*]}\n";
    let files = Workspace::new(settings, "roster.csv", b"name\na\n").synthesised();
    let of_access = |resource: &str| document(&files, "access.yaml", resource, "/Properties/PolicyDocument");
    let group = json(&resources(&files["access.yaml"])["Group"]);
    let attached = group["Properties"]["ManagedPolicyArns"].as_array().unwrap();
    let names = attached.iter().map(|one| one["!Ref"].as_str().unwrap_or_else(|| panic!("{one}")));
    let documents: Vec<Document> = names.map(of_access).collect();
    let identity: Vec<&Document> = documents.iter().collect();
    let boundary = of_access("BoundaryPolicy");
    let may = |instance_type: Option<&str>| {
        let context = Context::new()
            .with("aws:username", "a")
            .with("aws:MultiFactorAuthPresent", "true")
            .with("aws:RequestTag/user", "a")
            .with_all("aws:TagKeys", ["user"]);
        let request = Request {
            principal: Principal::User {
                arn: format!("arn:aws:iam::{ACCOUNT}:user/deepracer/a"),
                account: ACCOUNT.to_owned(),
            },
            action: "sagemaker:CreateTrainingJob".to_owned(),
            resource: format!("arn:aws:sagemaker:ap-northeast-1:{ACCOUNT}:training-job/a"),
            context: match instance_type {
                Some(instance_type) => context.with_all("sagemaker:InstanceTypes", [instance_type]),
                None => context,
            },
        };
        let boundary = Some(&boundary);
        decide(&request, &Policies { identity: &identity, boundary, ..Policies::default() }).decision
    };
    assert_eq!(may(Some("ml.c5.xlarge")), Decision::Allowed);
    assert_eq!(may(Some("ml.p4d.24xlarge")), Decision::ExplicitlyDenied);
    assert_eq!(may(None), Decision::ExplicitlyDenied);
}
