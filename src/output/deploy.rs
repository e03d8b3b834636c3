//! `deploy.sh`: the exact commands that deploy an account's stacks, in order, and what must come before them for those who
//! leave.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::leave::{FUNCTIONS, strip_function};
use super::manifest::{Manifest, StackEntry};
use crate::model::{Account, MANAGED_BY, MANAGED_BY_RACESTACK, Tag, TemplateBucket, UserName};
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::Contents;

/// The script for an account.
pub fn script(plan: &AccountPlan<'_>, contents: &[Contents], manifest: &Manifest) -> String {
    let mut script = beginning(plan);
    // Writing to a string cannot fail.
    for stack in &manifest.stacks {
        let _ = writeln!(script, "{}  {}", stack.sha256, stack.file);
    }
    script.push_str(
        "SUMS\nthen\n  printf 'deploy.sh: a template is not the one that synth wrote: nothing was deployed\\n' >&2\n  \
         exit 1\nfi\n\n# Everyone who stays, by logical ID and name: nobody of them is touched.\nusers='\n",
    );
    for (id, name) in users(plan, contents) {
        let _ = writeln!(script, "{id} {name}");
    }
    let _ = writeln!(
        script,
        "'\nname={}\nbucket={}\nleavers=''",
        quote(plan.account.name.as_str()),
        quote(plan.account.bucket.name.as_str())
    );
    script.push_str(FUNCTIONS);
    script.push_str(&strip_function(&plan.names));
    if plan.stacks.iter().any(|stack| stack.by_stack_set) {
        script.push_str(EXPECT);
    }
    script.push_str(&dry_run(plan));
    let tags: Vec<String> = stack_tags(plan.account).map(|tag| quote(&format!("{}={}", tag.key, tag.value))).collect();
    for (stack, entry) in plan.stacks.iter().zip(&manifest.stacks) {
        script.push('\n');
        if stack.by_stack_set {
            script.push_str(&expected(plan, stack));
            continue;
        }
        let holds_users = matches!(stack.part, Part::Users(_));
        if holds_users {
            let _ = writeln!(script, "leave {}", quote(&entry.name));
        }
        script.push_str(&command(entry, &plan.account.template_bucket, &tags));
        if holds_users {
            let _ = writeln!(script, "left {}", quote(&entry.name));
        }
        script.extend(stop_suspended(stack).map(|line| line + "\n"));
    }
    script
}

fn beginning(plan: &AccountPlan<'_>) -> String {
    let account = plan.account;
    let by_stack_sets: Vec<&str> =
        plan.stacks.iter().filter(|stack| stack.by_stack_set).map(|stack| stack.name.as_str()).collect();
    let left_out = if by_stack_sets.is_empty() {
        String::new()
    } else {
        format!("# StackSets deploy what is left out here, and before: {}.\n", by_stack_sets.join(", "))
    };
    format!(
        r#"#!/usr/bin/env bash
# Made by `racestack synth`. Deploys the stacks of the account {name}, in order; a stack without changes is left as it is.
# From the users who leave with a stack it first takes what CloudFormation fails on, such as access keys.
# With --dry-run it changes nothing, and tells who leaves and what would be taken.
{left_out}# The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"

dry_run=''
if [ "$*" = --dry-run ]; then
  dry_run=yes
elif [ $# != 0 ]; then
  printf 'usage: deploy.sh [--dry-run]\n' >&2
  exit 2
fi

account={account}
region={region}

found=$(aws sts get-caller-identity --region "$region" --query Account --output text)
if [ "$found" != "$account" ]; then
  printf 'deploy.sh: the credentials are of account %s, the stacks of %s: nothing was deployed\n' "$found" "$account" >&2
  exit 1
fi

# What was reviewed is what is deployed: the files are those that the manifest lists.
if command -v sha256sum >/dev/null; then sums=(sha256sum); else sums=(shasum -a 256); fi
sums_match() {{ "${{sums[@]}}" --check - >&2; }}
if ! sums_match <<'SUMS'
"#,
        name = account.name,
        account = quote(account.id.as_str()),
        region = quote(account.region.as_str()),
    )
}

/// The function of `deploy.sh` that asks for what StackSets deploy.
const EXPECT: &str = r#"
# Asks for something of a stack that a StackSet deploys: what comes next cannot do without it.
expect() {
  local stack=$1
  shift
  aws "$@" --region "$region" >/dev/null ||
    fail "stopped before what needs the stack $stack, which a StackSet deploys: there is none in this account yet, or it \
could not be asked; deploy the StackSet, then run deploy.sh again"
}
"#;

/// What stands in the place of the command for a stack that a StackSet deploys: a look at what others need of it.
fn expected(plan: &AccountPlan<'_>, stack: &StackPlan<'_>) -> String {
    let names = &plan.names;
    let mut text = format!("# {} is deployed by a StackSet.\n", stack.name);
    let is_needed = plan.stacks.iter().any(|other| !other.by_stack_set && other.part.depends_on(stack.part));
    let question = match stack.part {
        Part::Storage => Some(("s3api head-bucket --bucket", names.bucket.as_str())),
        Part::Access => Some(("iam get-group --group-name", names.group.as_str())),
        Part::Notebooks => Some((
            "sagemaker describe-notebook-instance-lifecycle-config --notebook-instance-lifecycle-config-name",
            names.notebook_lifecycle.as_str(),
        )),
        Part::Operations => plan
            .account
            .budgets
            .as_ref()
            .map(|_| ("sns get-topic-attributes --topic-arn", names.budgets_topic_arn.as_str())),
        Part::ServiceRoles | Part::Users(_) | Part::RetiredRoles => None,
    };
    if let Some((command, name)) = question.filter(|_| is_needed) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "expect {} {command} {}", quote(stack.name.as_str()), quote(name));
    }
    text
}

/// Every IAM user of the account's stacks: the logical ID and the name. Templates of one's own may have more of them than
/// there are people; a name that is not known stands there as `-`.
fn users(plan: &AccountPlan<'_>, contents: &[Contents]) -> BTreeSet<(String, String)> {
    let people = plan.stacks.iter().flat_map(|stack| &stack.users);
    let people = people.map(|user| (format!("{}User", user.logical_id), user.name.to_string()));
    let others = contents.iter().flat_map(|contents| &contents.users).map(|(id, name)| {
        let name = name.as_ref().and_then(|name| UserName::parse(name).ok());
        (id.clone(), name.map_or_else(|| "-".to_owned(), |name| name.to_string()))
    });
    people.chain(others).collect()
}

/// The command that stops the notebooks of a stack's suspended users: what they opened before goes on until then.
fn stop_suspended(stack: &StackPlan<'_>) -> Option<String> {
    let suspended = stack.users.iter().filter(|user| user.suspended);
    let notebooks = suspended.filter_map(|user| Some(quote(user.notebook.as_ref()?.name.as_str())));
    let notebooks = notebooks.collect::<Vec<_>>().join(" ");
    (!notebooks.is_empty()).then(|| format!("stop_running {notebooks}"))
}

fn dry_run(plan: &AccountPlan<'_>) -> String {
    let mut text = String::from("\nif [ -n \"$dry_run\" ]; then\n  nobody=yes\n");
    for stack in plan.stacks.iter().filter(|stack| matches!(stack.part, Part::Users(_))) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  leave {}\n  [ -z \"$leavers\" ] || nobody=''", quote(stack.name.as_str()));
        text.extend(stop_suspended(stack).map(|line| format!("  {line}\n")));
    }
    text + "  [ -z \"$nobody\" ] || printf 'nobody leaves\\n'\n  exit 0\nfi\n"
}

/// The tags of the stacks themselves, whatever deploys them. A stack takes no empty value, and the AWS CLI ends a key at
/// the first `=`.
pub(super) fn stack_tags(account: &Account) -> impl Iterator<Item = Tag> {
    let taken = account.tags.iter().filter(|tag| !tag.value.is_empty() && !tag.key.contains('='));
    std::iter::once(Tag::new(MANAGED_BY, MANAGED_BY_RACESTACK)).chain(taken.cloned())
}

fn command(stack: &StackEntry, bucket: &TemplateBucket, tags: &[String]) -> String {
    let mut command = format!(
        "aws cloudformation deploy --region \"$region\" \\\n  --stack-name {} \\\n  --template-file {} \\\n",
        quote(&stack.name),
        quote(&stack.file)
    );
    if let TemplateBucket::Named(name) = bucket {
        let _ = writeln!(command, "  --s3-bucket {} \\", quote(name.as_str()));
    }
    if !tags.is_empty() {
        let _ = writeln!(command, "  --tags {} \\", tags.join(" "));
    }
    if !stack.capabilities.is_empty() {
        let capabilities: Vec<String> = stack.capabilities.iter().map(|capability| quote(capability)).collect();
        let _ = writeln!(command, "  --capabilities {} \\", capabilities.join(" "));
    }
    command.push_str("  --no-fail-on-empty-changeset\n");
    command
}

/// The text as one word of a shell.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
