//! The import folder of an account: the templates that import what is there, and the script that does it.

use serde_json::{Value, json};

use super::manifest::UserEntry;
use super::shell::{assignment, filled, lines, tags_json};
use super::{MANIFEST_FILE, OutputFile, deploy, json_file, plain, program};
use crate::model::User;
use crate::plan::AccountPlan;

const SCRIPT: &str = include_str!("../../templates/scripts/import.sh");

/// A stack that imports resources, or that is there already and stays as it is.
#[derive(Debug)]
pub struct ImportedStack {
    pub name: String,
    pub file: String,
    /// Its template, with what it imports.
    pub template: String,
    /// What it imports, as `--resources-to-import` takes it: nothing where it stays as it is.
    pub resources: Vec<Value>,
    pub users: Vec<UserEntry>,
}

/// The files of the folder. It has the form of an out folder, so that `racestack diff` compares it with one. `users` are those whose
/// notebooks were made by hand.
pub fn import_files(plan: &AccountPlan<'_>, stacks: &[ImportedStack], users: &[&User]) -> Vec<OutputFile> {
    let (account, names) = (plan.account, &plan.names);
    let (bucket, url) = deploy::template_bucket(plan);
    let role_arn = |user: &User| {
        format!("arn:{}:iam::{}:role{}{}", names.partition, names.account_id, names.notebook_role_path, user.name)
    };
    let notebooks = users.iter().filter_map(|user| {
        let notebook = user.notebook.as_ref()?;
        Some(format!("{} {} {}", notebook.name, role_arn(user), tags_json(user.tags.iter().cloned())))
    });
    let importing = stacks.iter().filter(|stack| !stack.resources.is_empty());
    let data = [
        assignment("account_name", account.name.as_str()),
        assignment("account", &names.account_id),
        assignment("region", &names.region),
        assignment("template_bucket", bucket),
        assignment("template_url", &url),
        assignment("tags", &tags_json(account.stack_tags())),
        assignment("lifecycle", &names.notebook_lifecycle),
        "# A line a stack: its name, and the files of its template and of what it imports.\n".to_owned(),
        lines("stacks", importing.clone().map(|stack| format!("{} {} {}", stack.name, stack.file, listed(stack)))),
        "# A line a notebook that was made by hand: its name, the ARN of its person's role, its tags.\n".to_owned(),
        lines("notebooks", notebooks),
    ];
    let mut files: Vec<OutputFile> =
        stacks.iter().map(|stack| plain(stack.file.clone(), stack.template.clone())).collect();
    files.extend(importing.map(|stack| json_file(listed(stack), &stack.resources.iter().cloned().collect())));
    files.push(json_file(MANIFEST_FILE, &manifest(plan, stacks)));
    files.push(program("import.sh", filled(SCRIPT, &data.concat())));
    files
}

/// The file that lists what a stack imports.
fn listed(stack: &ImportedStack) -> String {
    format!("{}.resources-to-import.json", stack.file.trim_end_matches(".yaml"))
}

fn manifest(plan: &AccountPlan<'_>, stacks: &[ImportedStack]) -> Value {
    let names = &plan.names;
    let stack = |(index, stack): (usize, &ImportedStack)| {
        let capabilities = stack.template.contains("AWS::IAM::").then_some("CAPABILITY_NAMED_IAM");
        json!({
            "name": stack.name, "file": stack.file, "order": index + 1, "capabilities": Vec::from_iter(capabilities),
            "users": stack.users,
        })
    };
    json!({
        "version": 2, "account": plan.account.name.as_str(), "account_id": names.account_id, "region": names.region,
        "partition": names.partition, "bucket": names.bucket,
        "stacks": stacks.iter().enumerate().map(stack).collect::<Value>(),
    })
}
