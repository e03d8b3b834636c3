//! The policies that are written, against the documents that prescribe them.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{Workspace, json, resources};
use serde_json::Value;

const ROSTER: &[u8] = b"name\ntanaka.taro\n";
/// The services of the documents.
const SERVICES: &str = "services: [deepracer, lambda, sagemaker, robomaker, cloudformation]\n";
/// How the documents write the bucket's name.
const PLACEHOLDER: &str = "会社名-aws-deepracer-test-作成日時";
const BUCKET: &str = "mycompany-aws-deepracer-test-20221130201905";

/// Which reference document each policy of a template is.
const DOCUMENTS: [(&str, &str, &str, &str); 13] = [
    ("user-access-keys", "access.yaml", "AccessKeysPolicy", "/Properties/PolicyDocument"),
    ("user-s3-folder", "access.yaml", "S3FolderPolicy", "/Properties/PolicyDocument"),
    ("user-sagemaker", "access.yaml", "SageMakerPolicy", "/Properties/PolicyDocument"),
    ("service-lambda", "service-roles.yaml", "LambdaRole", "/Properties/Policies/0/PolicyDocument"),
    ("service-sagemaker", "service-roles.yaml", "SageMakerRole", "/Properties/Policies/0/PolicyDocument"),
    ("service-cloudformation", "service-roles.yaml", "CloudFormationRole", "/Properties/Policies/0/PolicyDocument"),
    ("service-deepracer", "retired-roles.yaml", "DeepRacerRole", "/Properties/Policies/0/PolicyDocument"),
    ("service-robomaker", "retired-roles.yaml", "RoboMakerRole", "/Properties/Policies/0/PolicyDocument"),
    ("trust-lambda", "service-roles.yaml", "LambdaRole", "/Properties/AssumeRolePolicyDocument"),
    ("trust-sagemaker", "service-roles.yaml", "SageMakerRole", "/Properties/AssumeRolePolicyDocument"),
    ("trust-cloudformation", "service-roles.yaml", "CloudFormationRole", "/Properties/AssumeRolePolicyDocument"),
    ("trust-deepracer", "retired-roles.yaml", "DeepRacerRole", "/Properties/AssumeRolePolicyDocument"),
    ("trust-robomaker", "retired-roles.yaml", "RoboMakerRole", "/Properties/AssumeRolePolicyDocument"),
];

#[track_caller]
fn policy(files: &BTreeMap<String, String>, file: &str, resource: &str, pointer: &str) -> Value {
    let resources = resources(&files[file]);
    json(&resources[resource]).pointer(pointer).unwrap_or_else(|| panic!("{file} {resource} {pointer}")).clone()
}

#[track_caller]
fn reference(name: &str) -> String {
    let path = format!("{}/tests/reference/policies/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn documented_policies_are_the_documents_statement_for_statement() {
    let files = Workspace::new(&format!("policies: documented\n{SERVICES}"), "roster.csv", ROSTER).synthesised();
    for (name, file, resource, pointer) in DOCUMENTS {
        let expected: Value = serde_json::from_str(&reference(name).replace(PLACEHOLDER, BUCKET)).unwrap();
        assert_eq!(policy(&files, file, resource, pointer), expected, "{name}");
    }
}

#[test]
fn every_reference_document_is_compared() {
    let folder = format!("{}/tests/reference/policies", env!("CARGO_MANIFEST_DIR"));
    let found = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found: BTreeSet<String> = found.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let compared: BTreeSet<String> = DOCUMENTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(found, compared);
}

#[test]
fn in_other_partitions_only_the_partition_differs() {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let workspace = Workspace::new(&format!("policies: documented\n{SERVICES}"), "roster.csv", ROSTER);
        let account =
            format!("account_id: \"111122223333\"\nregion: {region}\nbucket: {{created: \"20221130201905\"}}\n");
        workspace.write("config/accounts/tokyo/settings.yaml", account.as_bytes());
        let files = workspace.synthesised();
        for (name, file, resource, pointer) in DOCUMENTS {
            let expected =
                reference(name).replace(PLACEHOLDER, BUCKET).replace("arn:aws:", &format!("arn:{partition}:"));
            let expected: Value = serde_json::from_str(&expected).unwrap();
            assert_eq!(policy(&files, file, resource, pointer), expected, "{name} in {region}");
        }
        let wrong: Vec<&String> = files.keys().filter(|file| files[*file].contains("arn:aws:")).collect();
        assert!(wrong.is_empty(), "{wrong:?} in {region}");
    }
}

/// The actions that statements of `effect` name, with their resources as one text.
fn actions(document: &Value, effect: &str) -> Vec<(String, String)> {
    let statements = document["Statement"].as_array().unwrap().iter().filter(|statement| statement["Effect"] == effect);
    statements
        .flat_map(|statement| {
            let actions = match &statement["Action"] {
                Value::Array(actions) => actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect(),
                action => vec![action.as_str().unwrap_or_default().to_owned()],
            };
            actions.into_iter().map(|action| (action, statement.to_string()))
        })
        .collect()
}

#[test]
fn hardened_service_roles_still_reach_every_service_in_use() {
    let files = Workspace::new(&format!("policies: hardened\n{SERVICES}"), "roster.csv", ROSTER).synthesised();
    let reached: BTreeSet<String> = DOCUMENTS
        .iter()
        .filter(|(name, ..)| name.starts_with("service-"))
        .flat_map(|(_, file, resource, pointer)| actions(&policy(&files, file, resource, pointer), "Allow"))
        .map(|(action, _)| action.split(':').next().unwrap().to_owned())
        .collect();
    let used = std::fs::read_to_string(format!("{}/tests/reference/services-used.json", env!("CARGO_MANIFEST_DIR")));
    let used: Value = serde_json::from_str(&used.unwrap()).unwrap();
    for service in used.as_array().unwrap() {
        let service = service["service"].as_str().unwrap();
        assert!(reached.contains(service), "no role reaches {service}; reached are {reached:?}");
    }
}

#[test]
fn hardened_user_policies_close_what_the_documents_leave_open() {
    let files = Workspace::new(&format!("policies: hardened\n{SERVICES}"), "roster.csv", ROSTER).synthesised();
    let of = |resource| policy(&files, "access.yaml", resource, "/Properties/PolicyDocument");
    let everyone = ["AccessKeysPolicy", "S3FolderPolicy", "SageMakerPolicy", "DailyWorkPolicy"].map(of);
    let allowed: Vec<(String, String)> = everyone.iter().flat_map(|document| actions(document, "Allow")).collect();
    let only = |action: &str, statement: &str| {
        let found: Vec<&String> = allowed.iter().filter(|(name, _)| name == action).map(|(_, text)| text).collect();
        assert!(!found.is_empty(), "{action} is not allowed at all");
        assert!(found.iter().all(|text| text.contains(statement)), "{action}: {found:?}");
    };
    only("s3:ListBucket", r#""Condition":{"StringLike":{"s3:prefix":"${aws:username}/*"}}"#);
    only("s3:GetObject", r#"/${aws:username}/*""#);
    only("s3:GetObjectVersion", r#"/${aws:username}/*""#);
    only("s3:ListBucketVersions", r#""Condition":{"StringLike":{"s3:prefix":"${aws:username}/*"}}"#);
    only("logs:GetLogEvents", r#"NotebookInstances:log-stream:${aws:PrincipalTag/notebook}/*""#);
    only("logs:GetLogEvents", r#"TrainingJobs:log-stream:${aws:PrincipalTag/notebook}--*""#);
    only("iam:PassRole", r#""Resource":"arn:aws:iam::111122223333:role/deepracer/notebook/${aws:username}""#);
    only("iam:PassRole", r#"{"iam:PassedToService":"sagemaker.amazonaws.com"}"#);
    only("iam:CreateAccessKey", r#"arn:aws:iam::111122223333:user/deepracer/${aws:username}""#);
    only("sagemaker:CreateTrainingJob", r#"{"aws:RequestTag/user":"${aws:username}"}"#);
    only("sagemaker:StopTrainingJob", r#"{"aws:ResourceTag/user":"${aws:username}"}"#);
    only("sagemaker:DescribeTrainingJob", r#"{"aws:ResourceTag/user":"${aws:username}"}"#);
    only("sagemaker:AddTags", r#""sagemaker:TaggingAction":"CreateTrainingJob""#);
    for closed in [
        "UpdateNotebookInstance",
        "LifecycleConfig",
        "DeleteTags",
        "sagemaker:*",
        "sagemaker:List*",
        "FilterLogEvents",
        "StartQuery",
        "DeleteObjectVersion",
    ] {
        assert!(!allowed.iter().any(|(action, _)| action.contains(closed)), "{closed} is allowed");
    }
    let denied: BTreeSet<String> =
        actions(&of("GuardrailsPolicy"), "Deny").into_iter().map(|(action, _)| action).collect();
    for action in [
        "sagemaker:AddTags",
        "sagemaker:DeleteTags",
        "sagemaker:UpdateNotebookInstance",
        "sagemaker:CreateNotebookInstanceLifecycleConfig",
        "sts:AssumeRole",
        "iam:AddUserToGroup",
        "s3:CreateBucket",
    ] {
        assert!(denied.contains(action), "{action} is not denied");
    }
}

#[test]
fn the_boundary_allows_everything_that_the_user_policies_do() {
    let key = "arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd-12ab-34cd-56ef-0123456789ab";
    let settings = format!("policies: hardened\nbucket: {{kms_key: \"{key}\"}}\nconsole: true\nmfa: required\n");
    let files = Workspace::new(&settings, "roster.csv", ROSTER).synthesised();
    let of = |resource| policy(&files, "access.yaml", resource, "/Properties/PolicyDocument");
    let boundary: BTreeSet<String> =
        actions(&of("BoundaryPolicy"), "Allow").into_iter().map(|(action, _)| action).collect();
    for resource in
        ["AccessKeysPolicy", "S3FolderPolicy", "SageMakerPolicy", "DailyWorkPolicy", "BucketKeyPolicy", "SignInPolicy"]
    {
        for (action, _) in actions(&of(resource), "Allow") {
            assert!(boundary.contains(&action), "{resource} allows {action}, the boundary does not");
        }
    }
}

#[test]
fn what_the_day_needs_is_the_same_in_both_profiles_but_for_the_users_path() {
    let [hardened, documented] = ["hardened", "documented"].map(|profile| {
        let files = Workspace::new(&format!("policies: {profile}\n"), "roster.csv", ROSTER).synthesised();
        policy(&files, "access.yaml", "DailyWorkPolicy", "/Properties/PolicyDocument")
    });
    let without_path = hardened.to_string().replace("user/deepracer/", "user/");
    assert_eq!(without_path, documented.to_string());
}

#[test]
fn notebook_roles_let_sagemaker_encrypt_the_volumes_of_training_jobs() {
    let key = "arn:aws:kms:ap-northeast-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let settings = format!("notebooks: {{kms_key: '{key}'}}\n");
    let files = Workspace::new(&settings, "roster.csv", ROSTER).synthesised();
    for resource in ["NotebookPolicy", "NotebookBoundaryPolicy"] {
        let document = policy(&files, "access.yaml", resource, "/Properties/PolicyDocument");
        let statements = document["Statement"].as_array().unwrap();
        let statement = statements.iter().find(|one| one["Action"] == "kms:CreateGrant").unwrap();
        assert_eq!(statement["Resource"], key, "{resource}");
        assert_eq!(statement["Condition"]["Bool"]["kms:GrantIsForAWSResource"], "true", "{resource}");
    }
}
