//! The IAM of an account as it is, as the templates that would make it: what is read of templates, and decides about them, is read
//! of it, too.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Export;
use super::identities::{Identities, IdentityDetail};
use super::notebooks::LiveNotebook;
use super::reading::LiveTag;
use crate::inventory::{Account, BUCKET_POLICY, Documents, IamInventory, Stack, Tag};

/// The account in the ARNs of policies that AWS has for everybody.
const OF_AWS: &str = "aws";

/// The resources of the account, and AWS's own policies that are attached in it, by their ARNs.
#[derive(Debug)]
pub(super) struct Resources {
    own: Value,
    of_aws: Value,
}

impl Resources {
    pub(super) fn of(identities: &Identities, notebooks: &[LiveNotebook], bucket_policy: Option<&Value>) -> Self {
        let (mut own, mut of_aws) = (Map::new(), Map::new());
        let resource = |kind: &str, properties: Value| json!({"Type": kind, "Properties": properties});
        for policy in &identities.policies {
            let Some(document) = policy.document() else { continue };
            let name = policy.name();
            let properties =
                json!({"ManagedPolicyName": name, "Path": path_of(&policy.arn, name), "PolicyDocument": document});
            let is_of_aws = policy.arn.split(':').nth(4) == Some(OF_AWS);
            let of = if is_of_aws { &mut of_aws } else { &mut own };
            of.insert(policy.arn.clone(), resource("AWS::IAM::ManagedPolicy", properties));
        }
        let of_kinds = [
            ("AWS::IAM::Group", "GroupName", &identities.groups),
            ("AWS::IAM::User", "UserName", &identities.users),
            ("AWS::IAM::Role", "RoleName", &identities.roles),
        ];
        for (kind, key, all) in of_kinds {
            own.extend(all.iter().map(|one| (one.arn.clone(), resource(kind, properties(key, one)))));
        }
        let bucket = bucket_policy.map(|policy| resource(BUCKET_POLICY, json!({"PolicyDocument": policy})));
        own.extend(bucket.map(|policy| ("bucket policy".to_owned(), policy)));
        for one in notebooks {
            let properties = json!({"NotebookInstanceName": one.name, "RoleArn": one.role_arn});
            let properties = with_tags(properties, &one.tags);
            own.insert(one.arn.clone(), resource("AWS::SageMaker::NotebookInstance", properties));
        }
        Self { own: own.into(), of_aws: of_aws.into() }
    }
}

impl Export {
    /// The inventory of the account. A location holds the ARN in the place of a logical ID.
    pub fn inventory(&self, documents: &mut Documents) -> IamInventory<'_> {
        let partition = self.identities.arns().find_map(|arn| arn.split(':').nth(1)).unwrap_or("aws");
        let stack =
            |id, resources| Stack { account: Account { id, region: &self.region, partition }, resources, only: None };
        let stacks = [stack(&self.account_id, &self.resources.own), stack(OF_AWS, &self.resources.of_aws)];
        IamInventory::of(&stacks, documents)
    }
}

/// The path in the ARN of an identity or a policy of this name.
pub fn path_of(arn: &str, name: &str) -> String {
    let (_, behind) = arn.split_once('/').unwrap_or_default();
    format!("/{}", behind.strip_suffix(name).unwrap_or_default())
}

/// The properties of a user, role or group, of whose name this is the key.
pub fn properties(key: &str, one: &IdentityDetail) -> Value {
    let mut properties = json!({key: one.name, "Path": path_of(&one.arn, &one.name)});
    let mut add = |key: &str, value: Value| {
        if !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()) {
            properties[key] = value;
        }
    };
    let inline = one.inline_policies.iter();
    let inline = inline.map(|one| json!({"PolicyName": one.policy_name, "PolicyDocument": one.policy_document}));
    add("AssumeRolePolicyDocument", one.assume_role_policy_document.clone());
    add("Groups", json!(one.group_list));
    add("ManagedPolicyArns", one.attached_managed_policies.iter().map(|one| json!(one.policy_arn)).collect());
    add("Policies", inline.collect());
    add("PermissionsBoundary", json!(one.permissions_boundary.as_ref().map(|one| &one.permissions_boundary_arn)));
    with_tags(properties, &one.tags)
}

/// The properties with the tags that people and racestack set: those of AWS's own are no part of what a template says.
pub fn with_tags(mut properties: Value, all: &[LiveTag]) -> Value {
    let tags: Vec<Value> = set(all).map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    if !tags.is_empty() {
        properties["Tags"] = tags.into();
    }
    properties
}

/// The same tags as an inventory has them.
pub fn tags(all: &[LiveTag]) -> Vec<Tag<'_>> {
    set(all).map(|tag| Tag { key: Some(Cow::Borrowed(&tag.key)), value: Some(Cow::Borrowed(&tag.value)) }).collect()
}

fn set(tags: &[LiveTag]) -> impl Iterator<Item = &LiveTag> {
    tags.iter().filter(|tag| !tag.key.starts_with("aws:"))
}
