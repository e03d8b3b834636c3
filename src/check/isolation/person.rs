//! What a person's own resources must be beside their policies: a user that signs in, with a password that nobody else
//! knows, and a notebook on which nothing runs but what is racestack's.

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::finding::Rule;
use crate::inventory::Location;
use crate::model::{Account, MANAGED_BY, SecurityGroupId};
use crate::plan::AccountPlan;
use crate::render::{PROTOTYPE_ID, PROTOTYPE_NAME, UserShape};

const SECRET: &str = "AWS::SecretsManager::Secret";

/// Checks the resources of a prototype of this shape.
pub fn check((stack, resources): (usize, &Value), shape: &UserShape, plan: &AccountPlan<'_>) -> Vec<Problem> {
    let names = &plan.names;
    let mut problems = Vec::new();
    for (id, resource) in resources.as_object().into_iter().flat_map(Map::iter) {
        let property = |key: &str| resource.get("Properties").and_then(|properties| properties.get(key));
        let mut found = |rule: Rule, message: String, path: &str, help: &'static str| {
            let location = Location { stack, logical_id: id, path: format!("Properties/{path}") };
            let is_warning = rule == Rule::IsolationUndecided;
            problems.push(Problem { is_warning, help, ..Problem::at(rule, message, &location) });
        };
        let properties = resource.get("Properties").and_then(Value::as_object).into_iter().flatten();
        let of_password = format!("{{{{resolve:secretsmanager:{}", names.secrets_path);
        let hands_on =
            |(key, value): &(&String, &Value)| *key != "LoginProfile" && value.to_string().contains(&of_password);
        if let Some((key, _)) = properties.into_iter().find(hands_on) {
            let message = format!("by `{key}`, `{id}` hands on the first password of its person");
            found(Rule::IsolationTooWide, message, key, "name the secret of a password in `LoginProfile` alone");
        }
        match resource.get("Type").and_then(Value::as_str).unwrap_or_default() {
            "AWS::IAM::User" => {
                if property("Path").and_then(Value::as_str).unwrap_or("/") != names.user_path {
                    let message =
                        format!("the user `{id}` is not below the path `{}`, which policies name", names.user_path);
                    found(Rule::IsolationOwnRefused, message, "Path", "leave the path as `{{names.user_path}}`");
                }
                match property("LoginProfile").map(|profile| profile.get("Password")) {
                    None if shape.console => {
                        let message =
                            format!("the user `{id}` cannot sign in to the console, which the settings give people");
                        found(
                            Rule::IsolationOwnRefused,
                            message,
                            "",
                            "give the user a `LoginProfile`, as the built-in template does",
                        );
                    }
                    Some(password) if !is_own_password(password, resources) => {
                        let message = format!("the first password of the user `{id}` is one that others have or know");
                        let path = "LoginProfile/Password";
                        found(Rule::IsolationTooWide, message, path, "let the password be `{{password.reference}}`");
                    }
                    _ => {}
                }
                let mut tags = property("Tags").and_then(Value::as_array).into_iter().flatten();
                let is_managed = tags.any(|tag| tag.get("Key").is_some_and(|key| key == MANAGED_BY));
                if plan.account.key_rotation.is_some() && !is_managed {
                    let message =
                        format!("the access keys of `{id}` are not rotated: the user lacks the tag `{MANAGED_BY}`");
                    found(Rule::IsolationOwnRefused, message, "Tags", "give the user the tags `{{#each user_tags}}`");
                }
            }
            "AWS::SageMaker::NotebookInstance" => {
                for key in ["AdditionalCodeRepositories", "DefaultCodeRepository"] {
                    if property(key).is_some() {
                        let message =
                            format!("by `{key}`, what others write comes to the notebook `{id}` at each start");
                        found(
                            Rule::IsolationUndecided,
                            message,
                            key,
                            "leave it out, or answer for it: suppress this warning",
                        );
                    }
                }
                for (key, wanted) in as_set(plan.account) {
                    if property(key) != Some(&wanted) {
                        let message =
                            format!("`{key}` of the notebook `{id}` is not {wanted}, as the settings have it");
                        found(
                            Rule::IsolationTooWide,
                            message,
                            key,
                            "leave the notebook as the built-in template has it",
                        );
                    }
                }
                if property("LifecycleConfigName").is_none_or(|name| *name != names.notebook_lifecycle) {
                    let message = format!("the notebook `{id}` does not run racestack's own start script");
                    let path = "LifecycleConfigName";
                    let help = "leave it as `{{names.notebook_lifecycle}}`, or answer for it: suppress this warning";
                    found(Rule::IsolationUndecided, message, path, help);
                }
            }
            _ => {}
        }
    }
    problems
}

/// What the settings say of the network and the key of notebooks.
fn as_set(account: &Account) -> Vec<(&'static str, Value)> {
    let subnet = account.network.subnet_id.as_ref().map(|id| ("SubnetId", id.as_str().into()));
    let is_closed = subnet.is_some() && !account.network.direct_internet_access;
    let internet = is_closed.then(|| ("DirectInternetAccess", "Disabled".into()));
    let key = account.notebook_kms_key.as_ref().map(|key| ("KmsKeyId", key.as_str().into()));
    let groups: Vec<&str> = account.network.security_group_ids.iter().map(SecurityGroupId::as_str).collect();
    let groups = (subnet.is_some() && !groups.is_empty()).then(|| ("SecurityGroupIds", groups.into()));
    [subnet, internet, key, groups].into_iter().flatten().collect()
}

/// Whether a password is one that Secrets Manager makes up, in a secret with the name of its person.
fn is_own_password(password: Option<&Value>, resources: &Value) -> bool {
    let text = password.map(Value::to_string).unwrap_or_default();
    let is_own = text.contains(PROTOTYPE_NAME) || text.contains(PROTOTYPE_ID);
    let is_made_up = |(id, secret): (&String, &Value)| {
        let property = |key: &str| secret.get("Properties").and_then(|properties| properties.get(key));
        let is_named = property("Name").and_then(Value::as_str).is_some_and(|name| text.contains(name));
        let key = property("GenerateSecretString").and_then(|made| made.get("GenerateStringKey"));
        let is_key = key.and_then(Value::as_str).is_none_or(|key| text.contains(&format!(":SecretString:{key}")));
        let is_it = secret.get("Type").is_some_and(|kind| kind == SECRET) && (is_named || text.contains(id));
        !is_it || is_key && property("GenerateSecretString").is_some() && property("SecretString").is_none()
    };
    text.contains("{{resolve:secretsmanager:") && is_own && resources.as_object().into_iter().flatten().all(is_made_up)
}
