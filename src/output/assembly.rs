//! A cloud assembly: the stacks as the AWS CDK CLI takes them with `--app DIR`.

use serde_json::{Map, Value, json};

use super::listing::ASSEMBLY;
use super::manifest::Manifest;
use super::{HOLDS, MANIFEST_FILE, OutputFile, json_file};
use crate::model::{Account, BucketName};
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::{self, Rendered, Templates, sha256};

/// The version of the schema of cloud assemblies. The CDK CLI takes any up to its own, hence an old one.
/// Source: <https://github.com/aws/aws-cdk-cli/tree/main/packages/%40aws-cdk/cloud-assembly-schema>
const SCHEMA_VERSION: &str = "36.0.0";

#[derive(Debug)]
pub struct AccountAssembly {
    files: Vec<OutputFile>,
    artifacts: Map<String, Value>,
}

/// An account's part of a cloud assembly: its templates as JSON, read from the very ones that are written.
pub fn of_account(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    manifest: &Manifest,
) -> AccountAssembly {
    let account = plan.account;
    let tags: Map<String, Value> = account.stack_tags().map(|tag| (tag.key, tag.value.into())).collect();
    let mut assembly = AccountAssembly { files: Vec::new(), artifacts: Map::new() };
    let stacks = plan.stacks.iter().zip(rendered).zip(&manifest.stacks);
    for ((stack, rendered), entry) in stacks.filter(|((stack, _), _)| !stack.by_stack_set) {
        // What has no long form is an error among the checks' findings already: then nothing is written.
        let Ok(Ok(template)) = render::read(templates, rendered) else { continue };
        let id = artifact_id(account, stack);
        let template = json_file(format!("{id}.template.json"), &template.value);
        let mut properties = json!({"templateFile": template.name, "stackName": entry.name, "tags": tags});
        let before = plan.stacks.iter().filter(|other| !other.by_stack_set && comes_after(stack, other));
        let mut dependencies: Vec<String> = before.map(|other| artifact_id(account, other)).collect();
        if let Some(bucket) = &account.settings.deploy.template_bucket {
            let (url, manifest) = upload(&template, bucket, account);
            properties["stackTemplateAssetObjectUrl"] = url.into();
            let id = format!("{id}.assets");
            let file = format!("{id}.json");
            // No version of the stack that `cdk bootstrap` makes is asked for: the bucket is the settings' own.
            let artifact = json!({"type": "cdk:asset-manifest", "properties": {"file": file}});
            assembly.files.push(json_file(file, &manifest));
            assembly.artifacts.insert(id.clone(), artifact);
            dependencies.push(id);
        }
        let artifact = json!({
            "type": "aws:cloudformation:stack",
            "environment": format!("aws://{}/{}", account.id, account.region),
            "displayName": id,
            "properties": properties,
            "dependencies": dependencies,
        });
        assembly.artifacts.insert(id, artifact);
        assembly.files.push(template);
    }
    assembly
}

/// How a template gets into the bucket that the settings name for templates: its address there, and the asset manifest.
fn upload(template: &OutputFile, bucket: &BucketName, account: &Account) -> (String, Value) {
    let hash = sha256(&template.text);
    let key = format!("{hash}.json");
    let url = format!("s3://{bucket}/{key}");
    let asset = json!({
        "displayName": template.name,
        "source": {"path": template.name, "packaging": "file"},
        "destinations": {
            "bucket": {"bucketName": bucket.as_str(), "objectKey": key, "region": account.region.as_str()},
        },
    });
    (url, json!({"version": SCHEMA_VERSION, "files": {hash: asset}, "dockerImages": {}}))
}

/// The files of the cloud assembly of these accounts, by name.
pub fn files(accounts: impl IntoIterator<Item = AccountAssembly>) -> Vec<OutputFile> {
    let (mut files, mut artifacts) = (Vec::new(), Map::new());
    for account in accounts {
        files.extend(account.files);
        artifacts.extend(account.artifacts);
    }
    let mut names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    names.push(MANIFEST_FILE.to_owned());
    names.sort();
    // The CDK CLI passes over `holds` and `files`: they tell what the folder is, and which of its files are racestack's.
    let manifest = json!({"version": SCHEMA_VERSION, HOLDS: ASSEMBLY, "files": names, "artifacts": artifacts});
    files.push(json_file(MANIFEST_FILE, &manifest));
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// The CDK CLI stops at the first stack that fails: the retired roles, which IAM may refuse, come after all others.
fn comes_after(stack: &StackPlan<'_>, other: &StackPlan<'_>) -> bool {
    let last = stack.part == Part::RetiredRoles && other.part != Part::RetiredRoles;
    last || stack.part.depends_on(other.part)
}

/// The stacks of several accounts have the same names; their artifacts must not.
fn artifact_id(account: &Account, stack: &StackPlan<'_>) -> String {
    format!("{}-{}", account.name, stack.part.name())
}
