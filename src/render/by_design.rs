//! Suppressions for checkers that others wrote: what they report of the stacks by design, each with its reason, as metadata of
//! the resource. What a setting would mend is not among it.

use std::fmt::Write;

use serde_json::Value;

use super::yaml;

const GUARD: &str = "guard";
const CHECKOV: &str = "checkov";
const CDK_NAG: &str = "cdk_nag";

const ROLE: &str = "AWS::IAM::Role";
const POLICY: &str = "AWS::IAM::ManagedPolicy";
const USER: &str = "AWS::IAM::User";
const BUCKET: &str = "AWS::S3::Bucket";
const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";
const FUNCTION: &str = "AWS::Lambda::Function";
const QUEUE: &str = "AWS::SQS::Queue";
const SECRET: &str = "AWS::SecretsManager::Secret";

const ANY: &[&str] = &[""];
const SERVICES: &[&str] = &["LambdaRole", "SageMakerRole", "CloudFormationRole", "DeepRacerRole", "RoboMakerRole"];
const WITH_INLINE: &[&str] =
    &["LambdaRole", "SageMakerRole", "CloudFormationRole", "DeepRacerRole", "RoboMakerRole", "KeyRotationRole"];
const SERVICES_BUT_LAMBDA: &[&str] = &["SageMakerRole", "CloudFormationRole", "DeepRacerRole", "RoboMakerRole"];
const WIDE_POLICIES: &[&str] =
    &["AccessKeysPolicy", "BoundaryPolicy", "NotebookPolicy", "SageMakerPolicy", "SignInPolicy"];
const PATTERN_POLICIES: &[&str] = &[
    "AccessKeysPolicy",
    "BoundaryPolicy",
    "DailyWorkPolicy",
    "NotebookPolicy",
    "S3FolderPolicy",
    "SageMakerPolicy",
    "SharedFoldersPolicy",
    "SignInPolicy",
];

const NAMED: &str = "policies and other stacks name it";
const WIDE: &str = "a condition says whose it is, or the action takes no resource";
const PATTERN: &str = "the names are not known beforehand: patterns and conditions say whose it is";
const DOCUMENTED: &str = "AWS's documents for DeepRacer ask for it, and no person can pass this role";
const INLINE: &str = "the policy is this role's alone";
const PARAMETER: &str = "Secrets Manager makes the password up, and a dynamic reference reads it";
const NO_PASSWORD: &str = "who has a password must change it, and who has none cannot sign in";
const REPLACED: &str = "the person replaces this first password as they sign in";
const NO_ACLS: &str = "access control lists are turned off";
const UNLOCKED: &str = "people delete their own files, and older versions stay";
const ONE_REGION: &str = "older versions guard against deletion; the data stays in its region";
const BY_NAME: &str = "DenyPlainHttp names the bucket, which the check does not read";
const DAILY: &str = "it runs once a day, and a reservation would take from the account's share";
const DESTINATION: &str = "failures go to the topic, by AWS::Lambda::EventInvokeConfig";
const LAST: &str = "it is itself the queue of what could not be delivered";
const OF_SQS: &str = "SQS encrypts it with a key of its own, and what it holds names nobody";
const NO_NETWORK: &str = "it calls IAM and SNS alone, and needs no network of the company's";
const NO_SECRET: &str = "its variables hold names and numbers, and no secret";
const KEPT_UP: &str = "Lambda keeps the runtime up, and racestack warns before it ends";

/// A type, what logical IDs end with, a checker, its rule, and the reason.
type Row = (&'static str, &'static [&'static str], &'static str, &'static str, &'static str);

/// What checkers report by design. Rules: <https://github.com/aws-cloudformation/aws-guard-rules-registry>,
/// <https://pypi.org/project/checkov/>, version 2 of <https://www.npmjs.com/package/cdk-nag>.
const ROWS: &[Row] = &[
    ("AWS::CloudWatch::Alarm", ANY, GUARD, "CFN_NO_EXPLICIT_RESOURCE_NAMES", NAMED),
    ("AWS::IAM::Group", ANY, GUARD, "CFN_NO_EXPLICIT_RESOURCE_NAMES", NAMED),
    (POLICY, ANY, GUARD, "CFN_NO_EXPLICIT_RESOURCE_NAMES", NAMED),
    (ROLE, ANY, GUARD, "CFN_NO_EXPLICIT_RESOURCE_NAMES", NAMED),
    (ROLE, WITH_INLINE, GUARD, "IAM_NO_INLINE_POLICY_CHECK", INLINE),
    (POLICY, WIDE_POLICIES, GUARD, "IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE", WIDE),
    (ROLE, SERVICES, GUARD, "IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE", DOCUMENTED),
    (USER, ANY, GUARD, "IAM_USER_LOGIN_PROFILE_NO_PLAINTEXT_PASSWORD", PARAMETER),
    (USER, ANY, GUARD, "IAM_USER_LOGIN_PROFILE_PASSWORD_RESET_RULE", NO_PASSWORD),
    (SECRET, ANY, GUARD, "SECRETSMANAGER_ROTATION_ENABLED_CHECK", REPLACED),
    (BUCKET, ANY, GUARD, "S3_BUCKET_NO_PUBLIC_RW_ACL", NO_ACLS),
    (BUCKET, ANY, GUARD, "S3_BUCKET_DEFAULT_LOCK_ENABLED", UNLOCKED),
    (BUCKET, ANY, GUARD, "S3_BUCKET_REPLICATION_ENABLED", ONE_REGION),
    (FUNCTION, ANY, GUARD, "LAMBDA_CONCURRENCY_CHECK", DAILY),
    (FUNCTION, ANY, GUARD, "LAMBDA_DLQ_CHECK", DESTINATION),
    (FUNCTION, ANY, GUARD, "LAMBDA_INSIDE_VPC", NO_NETWORK),
    (QUEUE, ANY, GUARD, "SQS_QUEUE_KMS_MASTER_KEY_ID_RULE", OF_SQS),
    (ROLE, &["DeepRacerRole"], CHECKOV, "CKV_AWS_107", DOCUMENTED),
    (ROLE, SERVICES_BUT_LAMBDA, CHECKOV, "CKV_AWS_109", DOCUMENTED),
    (ROLE, SERVICES_BUT_LAMBDA, CHECKOV, "CKV_AWS_111", DOCUMENTED),
    (QUEUE, ANY, CHECKOV, "CKV_AWS_27", OF_SQS),
    (FUNCTION, ANY, CHECKOV, "CKV_AWS_115", DAILY),
    (FUNCTION, ANY, CHECKOV, "CKV_AWS_116", DESTINATION),
    (FUNCTION, ANY, CHECKOV, "CKV_AWS_117", NO_NETWORK),
    (FUNCTION, ANY, CHECKOV, "CKV_AWS_173", NO_SECRET),
    (POLICY, PATTERN_POLICIES, CDK_NAG, "AwsSolutions-IAM5", PATTERN),
    (ROLE, SERVICES, CDK_NAG, "AwsSolutions-IAM5", DOCUMENTED),
    (ROLE, &["KeyRotationRole"], CDK_NAG, "AwsSolutions-IAM5", PATTERN),
    (SECRET, ANY, CDK_NAG, "AwsSolutions-SMG4", REPLACED),
    (BUCKET_POLICY, ANY, CDK_NAG, "AwsSolutions-S10", BY_NAME),
    (FUNCTION, ANY, CDK_NAG, "AwsSolutions-L1", KEPT_UP),
    (QUEUE, ANY, CDK_NAG, "AwsSolutions-SQS3", LAST),
];

/// What stands before the suppressions of a checker, by its key.
const FORMS: [(&str, &str, &str); 3] =
    [(GUARD, "SuppressedRules", ""), (CHECKOV, "skip", "comment"), (CDK_NAG, "rules_to_suppress", "reason")];

/// A template with the suppressions of the checkers that are asked for, behind the line `Type:` of each resource. A resource
/// with metadata of its own stays as it is.
pub(super) fn annotated(text: String, asked: &Value) -> String {
    let is_asked = |checker: &str| asked.get(checker).and_then(Value::as_bool).unwrap_or_default();
    if !FORMS.iter().any(|(checker, ..)| is_asked(checker)) {
        return text;
    }
    let mut annotated = String::with_capacity(text.len() * 5 / 4);
    let mut lines = text.split_inclusive('\n');
    let mut id = "";
    while let Some(line) = lines.next() {
        annotated.push_str(line);
        match (depth(line), line.trim_end().split_once(": ")) {
            (2, _) => id = line.trim().trim_end_matches(':'),
            (4, Some((key, kind))) if key.trim() == "Type" => {
                let mut rest = lines.clone().take_while(|line| line.trim().is_empty() || depth(line) > 2);
                if !rest.any(|line| line.starts_with("    Metadata:")) {
                    annotated.push_str(&metadata(kind, id, is_asked));
                }
            }
            _ => {}
        }
    }
    annotated
}

/// By how many spaces a line is indented.
fn depth(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn metadata(kind: &str, id: &str, is_asked: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (checker, list, reason_key) in FORMS.into_iter().filter(|(checker, ..)| is_asked(checker)) {
        let is_it = |(of, ids, by, ..): &&Row| *of == kind && *by == checker && ids.iter().any(|end| id.ends_with(end));
        let rows: Vec<&Row> = ROWS.iter().filter(is_it).collect();
        if rows.is_empty() {
            continue;
        }
        if text.is_empty() {
            text.push_str("    Metadata:\n");
        }
        // Writing to a string cannot fail.
        let _ = writeln!(text, "      {checker}:\n        {list}:");
        for (_, _, _, rule, reason) in rows {
            let _ = if reason_key.is_empty() {
                writeln!(text, "          - {rule} # {reason}")
            } else {
                writeln!(text, "          - {{id: {rule}, {reason_key}: {}}}", yaml::flow_scalar(reason))
            };
        }
    }
    text
}
