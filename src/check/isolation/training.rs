//! What the settings ask of training jobs, as conditions of the reference policies.
//! Keys: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html>

use serde_json::{Value, json};

use crate::model::{Account, SecurityGroupId, USER, other_spellings};

/// An operator, a condition key, and the values that are permitted.
pub type Condition = (&'static str, &'static str, Value);

/// What is asked of the jobs that a statement with this action is about.
pub fn conditions(account: &Account, action: &str) -> Vec<Condition> {
    let mut all: Vec<Condition> = Vec::new();
    let is_new = action == "sagemaker:CreateTrainingJob";
    if is_new || action == "sagemaker:AddTags" {
        // IAM compares the keys of tags in any case: beside `user`, a tag `User` could speak for another person.
        all.push(("ForAllValues:StringNotEquals", "aws:TagKeys", json!(other_spellings(USER))));
    }
    if !is_new && action != "sagemaker:UpdateTrainingJob" {
        return all;
    }
    let mut each_of = |key: &'static str, values: Vec<&str>| {
        all.push(("ForAllValues:StringLike", key, json!(values)));
        if is_new {
            all.push(("Null", key, "false".into()));
        }
    };
    if let Some(types) = &account.allowed_types.training {
        each_of("sagemaker:InstanceTypes", types.patterns().collect());
    }
    if let Some(subnet) = account.network.subnet_id.as_ref().filter(|_| is_new) {
        each_of("sagemaker:VpcSubnets", vec![subnet.as_str()]);
        let groups = &account.network.security_group_ids;
        if !groups.is_empty() {
            each_of("sagemaker:VpcSecurityGroupIds", groups.iter().map(SecurityGroupId::as_str).collect());
        }
    }
    if let Some(key) = account.notebook_kms_key.as_ref().filter(|_| is_new) {
        all.push(("ArnEquals", "sagemaker:VolumeKmsKey", key.as_str().into()));
    }
    if let Some(key) = account.bucket.kms_key.as_ref().filter(|_| is_new) {
        all.push(("ArnEquals", "sagemaker:OutputKmsKey", key.as_str().into()));
    }
    if let Some(seconds) = account.max_runtime_seconds() {
        if is_new {
            all.push(("NumericLessThanEquals", "sagemaker:MaxRuntimeInSeconds", seconds.to_string().into()));
        }
        all.push(("NumericLessThanEqualsIfExists", "sagemaker:KeepAlivePeriod", "0".into()));
    }
    all
}
