//! What the stack templates are filled with: every value that a template can name. An optional value that is not there is
//! `null`, never missing, since strict mode cannot tell a missing value in `{{#if}}` from a false one.

use handlebars::Context;
use serde_json::{Value, json};

use super::start_script::start_script;
use crate::facts::{LAMBDA_RUNTIME, NOTEBOOK_PLATFORM};
use crate::model::{
    Account, MANAGED_BY, MANAGED_BY_RACESTACK, Mfa, Profile, Service, Settings, Tag, USER, User, other_spellings,
};
use crate::plan::{Names, Part, is_retired};

/// The function that rotates access keys.
const KEY_ROTATION_CODE: &str = "scripts/rotate-keys.py";

/// The log groups that SageMaker writes to, by the logical IDs that they have here.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html>
const LOG_GROUPS: [(&str, &str); 2] =
    [("NotebookLogs", "/aws/sagemaker/NotebookInstances"), ("TrainingLogs", "/aws/sagemaker/TrainingJobs")];

/// What every stack template can name.
pub(super) fn shared(account: &Account, names: &Names, part: Part) -> Value {
    let Settings { bucket, notebooks, training, access_keys, budgets, .. } = &account.settings;
    let mut tags = vec![json!({"key": MANAGED_BY, "value": MANAGED_BY_RACESTACK})];
    tags.extend(tag_contexts(&account.tags));
    json!({
        "description": format!("AWS DeepRacer training environment of {}: {}", account.company, describe(part)),
        "profile": account.policies.as_str(),
        "hardened": account.policies == Profile::Hardened,
        "names": names,
        "tags": tags,
        // The checkers for which templates hold suppressions.
        "metadata": account.settings.metadata,
        "bucket_kms_key": bucket.kms_key,
        "notebook_kms_key": notebooks.kms_key,
        // The key of secrets, topics and log groups.
        "kms_key": account.settings.kms_key,
        // The tag `user` in every other case.
        "user_spellings": other_spellings(USER),
        "keys_rotated": access_keys.is_some(),
        // Whether an alarm watches over the rotation of access keys.
        "rotation_alarm": access_keys.as_ref().is_some_and(|keys| keys.alarm),
        // The addresses that are told of access keys and of budgets.
        "notices_address": access_keys.as_ref().map(|keys| &keys.notify),
        "budgets_address": budgets.as_ref().map(|budgets| &budgets.notify),
        "subnet_id": notebooks.subnet_id,
        "security_group_ids": notebooks.security_group_ids,
        // Whether there is anything that people share.
        "sharing": account.shares_folders(),
        // The folders that everybody reads.
        "shared_folders": bucket.shared_folders,
        "team_folders": bucket.team_folders,
        // Whether there is anything about signing in that people may do themselves.
        "sign_in": account.has_console() || account.mfa != Mfa::Off || account.allowed_networks.is_some(),
        // Whether anybody gets a password for the AWS console.
        "console": account.has_console(),
        // Whether people can set up a second factor.
        "mfa": account.mfa != Mfa::Off,
        "mfa_required": account.mfa == Mfa::Required,
        // The networks that people may use AWS from.
        "allowed_networks": account.allowed_networks,
        // Whether a notebook role may do nothing unless its tag `user` is its name.
        "role_bound": account.unbound_roles.is_none(),
        "instance_types_limited": notebooks.allowed_instance_types.is_some() || training.allowed_instance_types.is_some(),
        "allowed_notebook_types": notebooks.allowed_instance_types,
        "allowed_training_types": training.allowed_instance_types,
        // Whether training jobs are limited to a network, a key or a time.
        "training_limited": account.limits_training(),
        // How long a training job may run.
        "max_runtime_seconds": account.max_runtime_seconds(),
    })
}

/// What the template of a stack can name: what all can, and its own. `file` gives a file of the templates, by its path.
pub(super) fn of<'a>(account: &Account, names: &Names, part: Part, file: impl Fn(&str) -> &'a str) -> Context {
    let is_offline = account.settings.notebooks.direct_internet_access == Some(false);
    let own = match part {
        Part::Storage => json!({
            "old_version_days": account.settings.bucket.old_version_days,
            "incomplete_upload_days": account.settings.bucket.incomplete_upload_days,
        }),
        Part::Access => json!({}),
        Part::Notebooks => json!({
            "lifecycle_script": start_script(account, file),
            "log_groups": account.settings.logs.iter().flat_map(|logs| LOG_GROUPS.map(|(id, name)| {
                json!({"logical_id": id, "name": name, "retention_days": logs.retention_days})
            })).collect::<Value>(),
        }),
        Part::ServiceRoles | Part::RetiredRoles => json!({ "roles": roles(account, names, part) }),
        Part::Operations => json!({
            "runtime": LAMBDA_RUNTIME,
            // Numbers are texts, since they become the variables of a function.
            "key_rotation": account.settings.access_keys.as_ref().map(|one| json!({
                "max_age_days": one.max_age_days.to_string(),
                "warn_days": one.warn_days.to_string(),
                "notify": one.notify,
                "code": file(KEY_ROTATION_CODE),
            })),
            "budgets": account.settings.budgets.as_ref().map(|one| {
                json!({"notify": one.notify, "account_usd": one.monthly_usd})
            }),
        }),
        Part::Users(_) => json!({
            "platform": NOTEBOOK_PLATFORM,
            "direct_internet_access": if is_offline { "Disabled" } else { "Enabled" },
            // Nobody: people are put there one at a time.
            "users": [],
        }),
    };
    let mut all = shared(account, names, part);
    if let (Some(all), Value::Object(own)) = (all.as_object_mut(), own) {
        all.extend(own);
    }
    Context::from(all)
}

/// The roles of services, retired or not.
fn roles(account: &Account, names: &Names, part: Part) -> Vec<Value> {
    let retired = part == Part::RetiredRoles;
    let services = account.services.keys().filter(|service| is_retired(**service) == retired);
    let role = |service: &Service| {
        json!({
            "logical_id": service.logical_id(),
            "role_name": format!("{}{}", service.role_name(), account.service_role_suffix),
            "path": names.service_role_path,
            "policy_name": format!("{}Policy", service.role_name()),
            "trust": format!("trust/{}", service.as_str()),
            "permissions": format!("service/{}", service.as_str()),
        })
    };
    services.map(role).collect()
}

/// What `users.yaml.hbs` can name of a person.
pub(super) fn user(account: &Account, user: &User) -> Value {
    let id = |suffix: &str| format!("{}{suffix}", user.logical_id);
    let name = user.name.as_str();
    let password = |secret: String| {
        json!({
            // What the secret holds besides the password, which Secrets Manager makes up: racestack never sees it.
            "secret_template": json!({ "user": name }).to_string(),
            // What CloudFormation puts the password in the place of.
            "reference": format!("{{{{resolve:secretsmanager:{secret}:SecretString:password}}}}"),
            "secret_name": secret,
        })
    };
    let usd = account.settings.budgets.as_ref().and_then(|budgets| budgets.monthly_usd_per_user);
    json!({
        "name": name,
        "ids": {
            "user": id("User"),
            "password": id("Password"),
            "notebook_role": id("NotebookRole"),
            "notebook": id("Notebook"),
        },
        "suspended": user.suspended,
        "tags": tag_contexts(&user.tags).collect::<Value>(),
        "user_tags": tag_contexts(&user.tags).chain(tag_contexts(&user.person_tags)).collect::<Value>(),
        "password": user.console.then(|| password(account.password_secret(&user.name))),
        "notebook": user.notebook.as_ref().map(|notebook| json!({
            "name": notebook.name.as_str(),
            "instance_type": notebook.instance_type.as_str(),
            "volume_gb": notebook.volume_gb,
            "existing": notebook.existing,
        })),
        "budget": usd.map(|usd| json!({
            "id": id("Budget"),
            "name": format!("deepracer-{name}"),
            "usd": usd,
            // The tag that says what is spent by the person, as AWS Budgets writes a tag that is not AWS's own.
            "tag": format!("user:{USER}${name}"),
        })),
    })
}

fn tag_contexts(tags: &[Tag]) -> impl Iterator<Item = Value> {
    tags.iter().map(|tag| json!({"key": tag.key, "value": tag.value}))
}

fn describe(part: Part) -> &'static str {
    match part {
        Part::Storage => "the bucket with a folder per person",
        Part::Access => "what its users may do",
        Part::Notebooks => "what its notebooks run at each start",
        Part::ServiceRoles => "the roles of the services",
        Part::Operations => "what watches over it",
        Part::Users(_) => "users, their notebook roles and their notebooks",
        Part::RetiredRoles => "the roles of services that AWS has retired",
    }
}
