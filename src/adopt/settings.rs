//! The settings of an account as it is.

use serde_json::{Map, Value, json};

use crate::account::{Export, path_of};
use crate::facts::SERVICE_ROLE_PATH;
use crate::finding::{Finding, Rule};
use crate::model::{KmsKeyArn, Service};
use crate::render;
use crate::source::Place;

/// What racestack calls the bucket's lifecycle rules.
const OWN_RULES: [&str; 2] = ["expire-old-versions", "abort-incomplete-uploads"];

/// Encryption with KMS in two layers.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html>
const TWO_LAYERS: &str = "aws:kms:dsse";

/// The account's settings file. `services` are those that get a role by the settings below it.
pub fn settings(export: &Export, services: &[Service], findings: &mut Vec<Finding>) -> String {
    let mut settings = Map::new();
    settings.insert("account_id".to_owned(), json!(export.account_id));
    settings.insert("region".to_owned(), json!(export.region));
    settings.insert("bucket".to_owned(), bucket(export, findings));
    let mut users = export.identities.users.iter().filter_map(|user| export.credentials.get(&user.name));
    // Who signs in changes their password, and has a second factor, by a policy that there is only with this.
    if users.any(|credentials| credentials.has_password) {
        settings.insert("mfa".to_owned(), json!("optional"));
    }
    let free: Vec<&str> =
        services.iter().filter(|one| is_free(export, **one, findings)).map(|one| one.as_str()).collect();
    if free.len() < services.len() {
        settings.insert("services".to_owned(), json!(free));
    }
    format!(
        "# Written by `racestack adopt`, by the account as it was on {}.\n{}\n",
        export.taken,
        render::block(&Value::Object(settings), 0)
    )
}

fn bucket(export: &Export, findings: &mut Vec<Finding>) -> Value {
    let live = &export.bucket;
    let mut overwritten = |place: &Place, message: String, help: &str| {
        findings.push(Finding::new(Rule::AdoptOverwritten, message).at(place.clone()).help(help));
    };
    let (encryption, encrypted) = &live.encryption;
    let mut bucket = json!({"name": export.bucket_name});
    if let Some(key) = &live.kms_key {
        if KmsKeyArn::parse(key).is_ok() {
            bucket["kms_key"] = json!(key);
        } else {
            overwritten(
                encrypted,
                format!("the bucket encrypts with `{key}`, and the first deployment lets S3's own keys do it"),
                "to keep the key, set `bucket: {kms_key: …}` to its ARN",
            );
        }
    } else if encryption.as_deref().is_some_and(|how| how.starts_with("aws:kms")) {
        overwritten(
            encrypted,
            "the bucket encrypts with the key `aws/s3` of KMS, and the first deployment lets S3's own keys do it"
                .to_owned(),
            "to go on with KMS, set `bucket: {kms_key: …}` to the ARN of a key of yours",
        );
    }
    if encryption.as_deref() == Some(TWO_LAYERS) {
        overwritten(
            encrypted,
            format!("the bucket encrypts twice (`{TWO_LAYERS}`), and the first deployment lets it encrypt once"),
            "racestack cannot set it; what is in the bucket stays as it is encrypted",
        );
    }
    if let Some(log) = &live.log_bucket {
        bucket["access_logs"] = json!(log);
    }
    let (rules, rules_place) = &live.lifecycle_rules;
    let others: Vec<&str> = rules.iter().map(String::as_str).filter(|rule| !OWN_RULES.contains(rule)).collect();
    if !others.is_empty() {
        overwritten(
            rules_place,
            format!("the first deployment puts racestack's lifecycle rules in the place of `{}`", others.join("`, `")),
            "see what they delete; `bucket: {old_version_days, incomplete_upload_days}` set what racestack's do",
        );
    }
    bucket
}

/// Whether the role of a service is not there, or where synth makes it.
fn is_free(export: &Export, service: Service, findings: &mut Vec<Finding>) -> bool {
    let roles = &export.identities.roles;
    let role = roles.iter().find(|role| role.name.eq_ignore_ascii_case(service.role_name()));
    let Some(role) = role.filter(|role| path_of(&role.arn, &role.name) != SERVICE_ROLE_PATH) else { return true };
    let message = format!(
        "the role `{}` stays as it is: its path is `{}`, racestack's is `{SERVICE_ROLE_PATH}`, and IAM cannot change one",
        role.name,
        path_of(&role.arn, &role.name)
    );
    let help = format!("once nothing uses it, delete it and put `{}` into `services`", service.as_str());
    findings.push(Finding::new(Rule::AdoptLeftOut, message).at(export.place(&role.arn)).help(help));
    false
}
