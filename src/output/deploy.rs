//! `deploy.sh`: the exact commands that deploy an account's stacks, in order.

use std::fmt::Write;

use super::manifest::{Manifest, StackEntry};
use crate::model::{Account, MANAGED_BY, MANAGED_BY_RACESTACK, Tag, TemplateBucket};
use crate::plan::AccountPlan;

/// The script for an account.
pub fn script(plan: &AccountPlan<'_>, manifest: &Manifest) -> String {
    let account = plan.account;
    let mut script = format!(
        r#"#!/usr/bin/env bash
# Made by `racestack synth`. Deploys the stacks of the account {name}, in order; a stack without changes is left as it is.
# The credentials are those that the AWS CLI finds: set AWS_PROFILE or the like.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"

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
    );
    // Writing to a string cannot fail.
    for stack in &manifest.stacks {
        let _ = writeln!(script, "{}  {}", stack.sha256, stack.file);
    }
    script.push_str("SUMS\nthen\n  printf 'deploy.sh: a template is not the one that synth wrote: nothing was deployed\\n' >&2\n  exit 1\nfi\n");
    let tags: Vec<String> = stack_tags(account).map(|tag| quote(&format!("{}={}", tag.key, tag.value))).collect();
    for stack in &manifest.stacks {
        script.push_str(&command(stack, &account.template_bucket, &tags));
    }
    script
}

/// The tags of the stacks themselves, whatever deploys them. A stack takes no empty value, and the AWS CLI ends a key at
/// the first `=`.
pub(super) fn stack_tags(account: &Account) -> impl Iterator<Item = Tag> {
    let taken = account.tags.iter().filter(|tag| !tag.value.is_empty() && !tag.key.contains('='));
    std::iter::once(Tag::new(MANAGED_BY, MANAGED_BY_RACESTACK)).chain(taken.cloned())
}

fn command(stack: &StackEntry, bucket: &TemplateBucket, tags: &[String]) -> String {
    let mut command = format!(
        "\naws cloudformation deploy --region \"$region\" \\\n  --stack-name {} \\\n  --template-file {} \\\n",
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
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
