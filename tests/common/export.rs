//! The export of an account that is exactly what its out folder says, and changes of it.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use racestack::diff::{FolderStack, OutFolder};
use racestack::inventory::{self, Boundary, Documents, IamInventory, IdentityKind, PolicyKind, Principal, Tag};
use serde_json::{Value, json};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "ap-northeast-1";
pub const TAKEN: &str = "2026-11-20";

/// The files of an export, by their names.
#[derive(Debug, Clone)]
pub struct ExportFiles(pub BTreeMap<String, Value>);

impl ExportFiles {
    /// The export of the account `tokyo` as the out folder has it, on the day `TAKEN`.
    #[track_caller]
    pub fn of(out: &Path) -> Self {
        let out = OutFolder::read(out, None).unwrap();
        let stacks = &out.account("tokyo").unwrap().stacks;
        let account = inventory::Account { id: ACCOUNT, region: REGION, partition: "aws" };
        let templates: Vec<inventory::Stack<'_>> = stacks
            .iter()
            .map(|stack| inventory::Stack {
                account,
                resources: &stack.template["Resources"],
                tags: Vec::new(),
                only: None,
            })
            .collect();
        let mut documents = Documents::default();
        let inventory = IamInventory::of(&templates, &mut documents);
        let mut resources = stacks.iter().flat_map(|stack| stack.template["Resources"].as_object().unwrap().values());
        let bucket = &resources.find(|one| one["Type"] == "AWS::S3::Bucket").unwrap()["Properties"]["BucketName"];
        let bucket = bucket.as_str().unwrap().to_owned();
        let bucket_policy = &inventory.policies[inventory.resource_policies[0].policies[0]].document.value;
        let mut files = BTreeMap::from([
            ("export.json".to_owned(), json!({"account": ACCOUNT, "region": REGION, "bucket": bucket, "taken": TAKEN})),
            ("identities.json".to_owned(), identities(&inventory)),
            ("bucket-policy.json".to_owned(), json!({"Policy": bucket_policy.to_string()})),
            (
                "bucket-public-access-block.json".to_owned(),
                json!({"PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true,
                    "RestrictPublicBuckets": true,
                }}),
            ),
            ("bucket-versioning.json".to_owned(), json!({"Status": "Enabled"})),
            ("bucket-folders.json".to_owned(), json!({"CommonPrefixes": null})),
            ("bucket-encryption.json".to_owned(), json!({})),
            ("bucket-lifecycle.json".to_owned(), json!({})),
            ("bucket-logging.json".to_owned(), json!({})),
            ("bucket-tags.json".to_owned(), json!({})),
            ("access-points.json".to_owned(), json!({"AccessPointList": []})),
            ("training-jobs.json".to_owned(), json!({"TrainingJobSummaries": []})),
        ]);
        notebooks(stacks, &inventory, &mut files);
        let mut export = Self(files);
        export.credentials(&[]);
        export
    }

    /// Writes the credential report: nobody has anything, but for those in `rows`: the name, and the columns from
    /// `password_enabled` on.
    pub fn credentials(&mut self, rows: &[(&str, &str)]) {
        let header = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
            password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
            access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
            access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
            cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
        let rows = rows.iter().map(|(name, rest)| format!("{name},arn:aws:iam::{ACCOUNT}:user/{name},N/A,{rest}\n"));
        let report = format!("{header}\n{}", rows.collect::<String>());
        let content = json!({"Content": STANDARD.encode(report), "ReportFormat": "text/csv"});
        self.0.insert("credential-report.json".to_owned(), content);
    }

    /// A list of `identities.json`, such as `UserDetailList`.
    #[track_caller]
    pub fn list(&mut self, list: &str) -> &mut Vec<Value> {
        self.0.get_mut("identities.json").unwrap()[list].as_array_mut().unwrap()
    }

    /// The user, group or role of a name.
    #[track_caller]
    pub fn identity(&mut self, list: &str, name: &str) -> &mut Value {
        let key = ["UserName", "GroupName", "RoleName", "PolicyName"];
        let is_it = |one: &&mut Value| key.iter().any(|key| one.get(key).is_some_and(|own| own == name));
        self.list(list).iter_mut().find(is_it).unwrap()
    }

    /// Adds a user without anything.
    #[track_caller]
    pub fn add_user(&mut self, name: &str) {
        let user = json!({
            "UserName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:user/{name}"), "UserPolicyList": [], "GroupList": [],
            "AttachedManagedPolicies": [], "Tags": [],
        });
        self.list("UserDetailList").push(user);
    }

    /// Adds a role that a service takes.
    #[track_caller]
    pub fn add_role(&mut self, name: &str, principal: &Value) {
        let trust = json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        let role = json!({
            "RoleName": name, "Arn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "RolePolicyList": [],
            "AttachedManagedPolicies": [], "Tags": [],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        });
        self.list("RoleDetailList").push(role);
    }

    /// Gives a user, group or role an inline policy of one statement.
    #[track_caller]
    pub fn allow(&mut self, list: &str, name: &str, statement: &Value) {
        let key = list.replace("DetailList", "PolicyList");
        let policies = self.identity(list, name)[key.as_str()].as_array_mut().unwrap();
        let policy = json!({
            "PolicyName": format!("extra-{}", policies.len()),
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        });
        policies.push(policy);
    }

    /// Writes the files into a folder, as the AWS CLI lays them out.
    #[track_caller]
    pub fn write(&self, folder: &Path) {
        for (name, value) in &self.0 {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, format!("{value:#}\n")).unwrap();
        }
    }
}

fn identities(inventory: &IamInventory<'_>) -> Value {
    let policy = |index: &usize| &inventory.policies[*index];
    let managed: Vec<Value> = inventory
        .policies
        .iter()
        .filter_map(|policy| match &policy.kind {
            PolicyKind::Managed(arn) => Some(json!({
                "PolicyName": policy.name, "Arn": arn, "DefaultVersionId": "v1",
                "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy.document.value}],
            })),
            _ => None,
        })
        .collect();
    let attached = |indexes: &[usize], without: &[usize]| -> (Vec<Value>, Vec<Value>) {
        let own = indexes.iter().filter(|index| !without.contains(index)).map(policy);
        let (mut inline, mut attached) = (Vec::new(), Vec::new());
        for policy in own {
            match &policy.kind {
                PolicyKind::Managed(arn) => attached.push(json!({"PolicyName": policy.name, "PolicyArn": arn})),
                _ => inline.push(json!({"PolicyName": policy.name, "PolicyDocument": policy.document.value})),
            }
        }
        (inline, attached)
    };
    let boundary = |one: &Principal<'_>| match &one.boundary {
        Some(Boundary::Policy(index)) => match &policy(index).kind {
            PolicyKind::Managed(arn) => {
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn})
            }
            _ => Value::Null,
        },
        _ => Value::Null,
    };
    let (mut users, mut roles, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for one in &inventory.groups {
        let (inline, attached) = attached(&one.policies, &[]);
        groups.push(json!({
            "GroupName": one.name, "Arn": one.arn, "GroupPolicyList": inline, "AttachedManagedPolicies": attached,
        }));
    }
    for one in &inventory.principals {
        let of_groups: Vec<usize> = inventory
            .groups
            .iter()
            .filter(|group| one.groups.contains(&group.name))
            .flat_map(|group| group.policies.iter().copied())
            .collect();
        let (inline, attached) = attached(&one.policies, &of_groups);
        let tags = tags(&one.tags);
        if one.kind == IdentityKind::User {
            users.push(json!({
                "UserName": one.name, "Arn": one.arn, "UserPolicyList": inline, "GroupList": one.groups,
                "AttachedManagedPolicies": attached, "PermissionsBoundary": boundary(one), "Tags": tags,
            }));
        } else {
            let trust = &policy(&one.trust.unwrap()).document.value;
            roles.push(json!({
                "RoleName": one.name, "Arn": one.arn, "RolePolicyList": inline, "AttachedManagedPolicies": attached,
                "PermissionsBoundary": boundary(one), "Tags": tags, "AssumeRolePolicyDocument": trust,
            }));
        }
    }
    json!({"UserDetailList": users, "GroupDetailList": groups, "RoleDetailList": roles, "Policies": managed})
}

fn tags(tags: &[Tag]) -> Vec<Value> {
    tags.iter().map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect()
}

fn notebooks(stacks: &[FolderStack], inventory: &IamInventory<'_>, files: &mut BTreeMap<String, Value>) {
    let (mut list, mut tagged, mut lifecycles) = (Vec::new(), Vec::new(), Vec::new());
    let resources = stacks.iter().flat_map(|stack| stack.template["Resources"].as_object().unwrap().values());
    let with_existing = |resource| std::iter::once(resource).chain(inventory::existing_notebook(resource));
    for resource in resources.flat_map(with_existing) {
        let properties = &resource["Properties"];
        if resource["Type"] == "AWS::SageMaker::NotebookInstance" {
            let name = properties["NotebookInstanceName"].as_str().unwrap();
            let arn = format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:notebook-instance/{name}");
            let role = inventory.notebooks.iter().find(|one| one.name == name).and_then(|one| one.role_arn.as_ref());
            let mut description = properties.clone();
            let map = description.as_object_mut().unwrap();
            let tags = map.remove("Tags").unwrap();
            let lifecycle = map.remove("LifecycleConfigName").unwrap();
            map.insert("NotebookInstanceLifecycleConfigName".to_owned(), lifecycle);
            map.insert("NotebookInstanceArn".to_owned(), arn.clone().into());
            map.insert("NotebookInstanceStatus".to_owned(), "Stopped".into());
            map.insert("RoleArn".to_owned(), role.unwrap().clone().into());
            map.insert("LastModifiedTime".to_owned(), "2026-11-01T10:00:00+09:00".into());
            list.push(json!({"NotebookInstanceName": name, "NotebookInstanceArn": arn}));
            tagged.push(json!({"ResourceARN": arn, "Tags": tags}));
            files.insert(format!("notebook-instances/{name}.json"), description);
        }
        if resource["Type"] == "AWS::SageMaker::NotebookInstanceLifecycleConfig" {
            let name = properties["NotebookInstanceLifecycleConfigName"].as_str().unwrap();
            let content = properties["OnStart"][0]["Content"]["Fn::Base64"].as_str().unwrap();
            lifecycles.push(json!({"NotebookInstanceLifecycleConfigName": name}));
            let description = json!({"OnStart": [{"Content": STANDARD.encode(content)}]});
            files.insert(format!("lifecycle-configurations/{name}.json"), description);
        }
    }
    files.insert("notebook-instances.json".to_owned(), json!({"NotebookInstances": list}));
    files.insert("notebook-tags.json".to_owned(), json!({"PaginationToken": "", "ResourceTagMappingList": tagged}));
    files.insert("lifecycle-configurations.json".to_owned(), json!({"NotebookInstanceLifecycleConfigs": lifecycles}));
}
