//! What `iam get-account-authorization-details` writes.
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reading::{LiveTag, read_document};

/// The users, groups, roles and policies of an account.
#[derive(Debug, Deserialize)]
#[serde(
    rename_all = "PascalCase",
    expecting = "a map with `UserDetailList`, `GroupDetailList`, `RoleDetailList` and `Policies`"
)]
pub struct Identities {
    #[serde(rename = "UserDetailList")]
    pub users: Vec<IdentityDetail>,
    #[serde(rename = "GroupDetailList")]
    pub groups: Vec<IdentityDetail>,
    #[serde(rename = "RoleDetailList")]
    pub roles: Vec<IdentityDetail>,
    /// The managed policies, AWS's own too where they are attached.
    pub policies: Vec<ManagedPolicy>,
    is_truncated: Option<Value>,
    marker: Option<Value>,
    next_token: Option<Value>,
}

impl Identities {
    /// What says that there are more: the API, and the AWS CLI where it is told to stop.
    /// Source: <https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-pagination.html>
    pub(super) fn more(&self) -> [Option<&Value>; 3] {
        [&self.is_truncated, &self.marker, &self.next_token].map(Option::as_ref)
    }

    /// The ARNs of the users, groups and roles.
    pub(super) fn arns(&self) -> impl Iterator<Item = &str> {
        [&self.users, &self.groups, &self.roles].into_iter().flatten().map(|one| one.arn.as_str())
    }
}

/// A user, group or role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map about a user, group or role, with its name and `Arn`")]
pub struct IdentityDetail {
    #[serde(alias = "UserName", alias = "GroupName", alias = "RoleName")]
    pub name: String,
    /// The ARN, which has the path.
    pub arn: String,
    #[serde(default, alias = "UserPolicyList", alias = "GroupPolicyList", alias = "RolePolicyList")]
    pub inline_policies: Vec<InlinePolicy>,
    /// The names of a user's groups.
    #[serde(default)]
    pub group_list: Vec<String>,
    #[serde(default)]
    pub attached_managed_policies: Vec<Attached>,
    pub permissions_boundary: Option<Attached>,
    #[serde(default)]
    pub tags: Vec<LiveTag>,
    /// The trust policy of a role.
    #[serde(default, deserialize_with = "read_document")]
    pub assume_role_policy_document: Value,
}

/// The path in the ARN of an identity or a policy of this name.
pub fn path_of(arn: &str, name: &str) -> String {
    let (_, behind) = arn.split_once('/').unwrap_or_default();
    format!("/{}", behind.strip_suffix(name).unwrap_or_default())
}

/// A policy that is part of one of these.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `PolicyName` and `PolicyDocument`")]
pub struct InlinePolicy {
    pub policy_name: String,
    /// What it says.
    #[serde(deserialize_with = "read_document")]
    pub policy_document: Value,
}

/// A policy that is attached, or is a permissions boundary.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a map with the ARN of a policy")]
pub struct Attached {
    #[serde(alias = "PolicyArn", alias = "PermissionsBoundaryArn")]
    pub arn: String,
}

/// A managed policy with its versions.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `Arn` and `PolicyVersionList`")]
pub struct ManagedPolicy {
    pub arn: String,
    #[serde(default)]
    policy_version_list: Vec<PolicyVersion>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a map with `IsDefaultVersion` and `Document`")]
struct PolicyVersion {
    #[serde(default)]
    is_default_version: bool,
    #[serde(deserialize_with = "read_document")]
    document: Value,
}

impl ManagedPolicy {
    /// The name, which its ARN ends with.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// What the version says that is in force; nothing where the export does not have it.
    pub fn document(&self) -> Option<&Value> {
        self.policy_version_list.iter().find(|version| version.is_default_version).map(|version| &version.document)
    }
}
