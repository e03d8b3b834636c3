//! The limits of the resources: which of them holds for which type.

use serde_json::Value;

use super::Limiter;
use super::iam::{list, text};
use crate::facts::limits;
use crate::model::{BucketName, NotebookName};

impl Limiter<'_> {
    pub(super) fn resource(&mut self, id: &str, resource: &Value) {
        let path = format!("Resources/{id}/Properties");
        let Some(properties) = resource.get("Properties") else { return };
        match text(resource, "Type") {
            "AWS::IAM::User" => {
                self.principal(&path, properties, "UserName", limits::USER_INLINE_POLICY_CHARACTERS);
            }
            "AWS::IAM::Role" => {
                self.principal(&path, properties, "RoleName", limits::ROLE_INLINE_POLICY_CHARACTERS);
            }
            "AWS::IAM::Group" => {
                self.principal(&path, properties, "GroupName", limits::GROUP_INLINE_POLICY_CHARACTERS);
            }
            "AWS::IAM::ManagedPolicy" => self.managed_policy(&path, properties),
            "AWS::S3::Bucket" => self.bucket(&path, properties),
            "AWS::S3::BucketPolicy" => {
                let bytes = properties.get("PolicyDocument").map_or(0, |document| document.to_string().len());
                let path = format_args!("{path}/PolicyDocument");
                self.limit(path, "bytes of a bucket policy", bytes, limits::BUCKET_POLICY_BYTES);
            }
            "AWS::Budgets::Budget" => {
                let name = properties.get("Budget").map_or("", |budget| text(budget, "BudgetName"));
                let name_path = format_args!("{path}/Budget/BudgetName");
                let characters = name.chars().count();
                self.limit(name_path, "characters of a budget's name", characters, limits::BUDGET_NAME_CHARACTERS);
                let notifications = list(properties, "NotificationsWithSubscribers").len();
                let path = format_args!("{path}/NotificationsWithSubscribers");
                self.limit(path, "notifications of a budget", notifications, limits::BUDGET_NOTIFICATIONS);
            }
            "AWS::Lambda::Function" => {
                let code = properties.pointer("/Code/ZipFile").and_then(Value::as_str).unwrap_or_default();
                let path = format_args!("{path}/Code/ZipFile");
                self.limit(path, "bytes of a function's code", code.len(), limits::LAMBDA_INLINE_BYTES);
            }
            "AWS::SageMaker::NotebookInstance" => self.notebook(&path, properties),
            "AWS::SageMaker::NotebookInstanceLifecycleConfig" => self.lifecycle(&path, properties),
            "AWS::SecretsManager::Secret" => self.secret(&path, properties),
            _ => {}
        }
        self.tags(&path, properties);
    }

    fn bucket(&mut self, path: &str, properties: &Value) {
        let name = text(properties, "BucketName");
        if !name.is_empty() && BucketName::parse(name).is_err() {
            self.refuse(format_args!("{path}/BucketName"), format!("S3 refuses the bucket name `{name}`"));
        }
    }

    fn secret(&mut self, path: &str, properties: &Value) {
        let name = text(properties, "Name");
        let name_path = format_args!("{path}/Name");
        self.limit(name_path, "characters of a secret's name", name.len(), limits::SECRET_NAME_CHARACTERS);
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c)) {
            self.refuse(name_path, format!("Secrets Manager refuses the name `{name}`"));
        }
        let length = properties.pointer("/GenerateSecretString/PasswordLength").and_then(Value::as_u64);
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let length_path = format_args!("{path}/GenerateSecretString/PasswordLength");
        self.limit(length_path, "characters of a password", length, limits::PASSWORD_CHARACTERS);
    }

    fn notebook(&mut self, path: &str, properties: &Value) {
        self.notebook_name(&format!("{path}/NotebookInstanceName"), text(properties, "NotebookInstanceName"));
        let volume =
            properties.get("VolumeSizeInGB").and_then(Value::as_u64).unwrap_or(*limits::NOTEBOOK_VOLUME_GB.start());
        if !limits::NOTEBOOK_VOLUME_GB.contains(&volume) {
            let (least, most) = limits::NOTEBOOK_VOLUME_GB.into_inner();
            let message = format!("found a volume of {volume} GB, allowed are {least} to {most}");
            self.refuse(format_args!("{path}/VolumeSizeInGB"), message);
        }
        let groups = list(properties, "SecurityGroupIds").len();
        let groups_path = format_args!("{path}/SecurityGroupIds");
        self.limit(groups_path, "security groups", groups, limits::NOTEBOOK_SECURITY_GROUPS);
        if text(properties, "DirectInternetAccess") == "Disabled" && properties.get("SubnetId").is_none() {
            let message = "without direct internet access, a notebook needs a `SubnetId`".to_owned();
            self.refuse(format_args!("{path}/DirectInternetAccess"), message);
        }
    }

    fn lifecycle(&mut self, path: &str, properties: &Value) {
        let name_key = "NotebookInstanceLifecycleConfigName";
        self.notebook_name(&format!("{path}/{name_key}"), text(properties, name_key));
        for hook in ["OnCreate", "OnStart"] {
            for (index, script) in list(properties, hook).iter().enumerate() {
                let content = script.get("Content").unwrap_or(&Value::Null);
                // The limit holds for what is sent, which is base64: four characters for three bytes.
                let sent = match content.get("Fn::Base64").and_then(Value::as_str) {
                    Some(plain) => plain.len().div_ceil(3) * 4,
                    None => content.as_str().map_or(0, str::len),
                };
                let path = format_args!("{path}/{hook}/{index}");
                self.limit(path, "characters of a lifecycle script", sent, limits::LIFECYCLE_SCRIPT_CHARACTERS);
            }
        }
    }

    fn notebook_name(&mut self, path: &str, name: &str) {
        if !name.is_empty() && NotebookName::parse(name).is_err() {
            self.refuse(path, format!("SageMaker refuses the name `{name}`"));
        }
    }
}
