//! `deploy.sh` of a StackSet: the commands that make it, and its stack in each account, or bring them up to date.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::deploy::quote;
use super::super::sha256;
use super::{Member, TEMPLATE_FILE, values};

/// What the parameters are for an account that was given no values: no bucket and no key can be called so, so that nothing
/// is allowed by mistake.
const UNSET: &str = "SET-FOR-EACH-ACCOUNT";

/// The functions of the script.
const FUNCTIONS: &str = r#"
fail() {
  printf 'deploy.sh: %s\n' "$1" >&2
  exit 1
}

# Whether there is what the command asks for. Any other answer than yes or no stops the script.
exists() {
  local errors
  if errors=$({ aws cloudformation "$@" --stack-set-name "$name" >/dev/null; } 2>&1); then return 0; fi
  case $errors in
    *StackSetNotFound* | *StackInstanceNotFound*) return 1 ;;
  esac
  printf '%s\n' "$errors" >&2
  exit 1
}

# Starts an operation and waits for its end. One that does not succeed stops the script.
operation() {
  local id status
  id=$(aws cloudformation "$@" --stack-set-name "$name" --query OperationId --output text)
  printf '%s: operation %s\n' "$1" "$id"
  while true; do
    status=$(aws cloudformation describe-stack-set-operation --stack-set-name "$name" --operation-id "$id" \
      --query StackSetOperation.Status --output text)
    case $status in
      SUCCEEDED) return 0 ;;
      QUEUED | RUNNING | STOPPING) sleep 5 ;;
      *)
        fail "stopped, since $1 ended as $status; to see why: aws cloudformation list-stack-set-operation-results \
--stack-set-name $name --operation-id $id"
        ;;
    esac
  done
}

# Makes the stack of an account and a region, or gives the one that there is its parameters, if it has any.
stack() {
  local account=$1 region=$2 verb=create
  shift 2
  if exists describe-stack-instance --stack-instance-account "$account" --stack-instance-region "$region"; then
    [ $# != 0 ] || return 0
    verb=update
  fi
  operation "$verb-stack-instances" --accounts "$account" --regions "$region" "$@"
}
"#;

/// The function that keeps what stands for no value out of the stacks that there are. CloudFormation takes no override of a
/// parameter before the stack has it, and an update of the StackSet gives it to all stacks:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackInstances.html>.
const OWN_VALUES: &str = r#"
# An update of the StackSet changes all its stacks. One that has no value of its own for a parameter, such as one that is
# new, would be given the StackSet's, which names no bucket and no key.
own_values() {
  local stacks account region own parameter lacking=''
  stacks=$(aws cloudformation list-stack-instances --stack-set-name "$name" \
    --query 'Summaries[].[Account, Region]' --output text)
  while read -r account region; do
    [ -n "$account" ] || continue
    own=$(aws cloudformation describe-stack-instance --stack-set-name "$name" --stack-instance-account "$account" \
      --stack-instance-region "$region" --query 'StackInstance.ParameterOverrides[].[ParameterKey]' --output text </dev/null)
    for parameter in "$@"; do
      if ! grep -qx "$parameter" <<<"$own"; then
        printf 'deploy.sh: the stack in %s, %s has no value of its own for %s\n' "$account" "$region" "$parameter" >&2
        lacking=yes
      fi
    done
  done <<<"$stacks"
  [ -z "$lacking" ] || fail "nothing was changed. First give each of these stacks its values, which parameters.json lists:
  1. In this folder, one account after the other, waiting until each operation has succeeded:
       aws cloudformation update-stack-set --stack-set-name $name --accounts ACCOUNT --regions REGION \
--template-body file://template.json {capabilities}--parameters ParameterKey=KEY,ParameterValue=VALUE ...
  2. Then, for each again:
       aws cloudformation update-stack-instances --stack-set-name $name --accounts ACCOUNT --regions REGION \
--parameter-overrides ParameterKey=KEY,ParameterValue=VALUE ...
  3. Run deploy.sh again."
}
"#;

/// The commands that make the StackSet and its stacks.
pub(super) fn script(first: &Member, members: &[Member], used: &[(&str, &str)], template: &str) -> String {
    let mut script = format!(
        r#"#!/usr/bin/env bash
# Made by `racestack synth`. Makes the StackSet {name} and its stack in each account, or brings them up to
# date, one operation after the other. It deletes none: an account that is no more among them keeps its stack.
# The credentials and the region are the StackSet administrator's: set AWS_PROFILE and AWS_REGION or the like.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"

# What was reviewed is what is deployed: the template is the one that synth wrote.
if command -v sha256sum >/dev/null; then sums=(sha256sum); else sums=(shasum -a 256); fi
sums_match() {{ "${{sums[@]}}" --check - >&2; }}
if ! sums_match <<'SUMS'
{sum}  {TEMPLATE_FILE}
SUMS
then
  printf 'deploy.sh: the template is not the one that synth wrote: nothing was deployed\n' >&2
  exit 1
fi

name={quoted}
{FUNCTIONS}"#,
        name = first.name,
        sum = sha256(template),
        quoted = quote(&first.name),
    );
    if !used.is_empty() {
        let capabilities = match &first.capabilities[..] {
            [] => String::new(),
            some => format!("--capabilities {} ", some.join(" ")),
        };
        script.push_str(&OWN_VALUES.replace("{capabilities}", &capabilities));
    }
    script.push_str(&definition(first, used));
    let own_values: String = if used.is_empty() {
        String::new()
    } else {
        let names: Vec<&str> = used.iter().map(|(name, _)| *name).collect();
        format!("  own_values {}\n", names.join(" "))
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        script,
        "if exists describe-stack-set; then\n{own_values}  operation update-stack-set \"${{definition[@]}}\"\nelse\n  \
         aws cloudformation create-stack-set --stack-set-name \"$name\" --permission-model SELF_MANAGED \
         \"${{definition[@]}}\"\nfi\n"
    );
    for member in members {
        let _ = write!(script, "stack {} {}", quote(member.id.as_str()), quote(member.region.as_str()));
        let overrides: Vec<String> = values(member, used).map(|(name, value)| parameter(name, value)).collect();
        if !overrides.is_empty() {
            let _ = write!(script, " --parameter-overrides {}", overrides.join(" "));
        }
        script.push('\n');
    }
    script
}

/// What the StackSet is to be, as options of the commands that make and update it.
fn definition(first: &Member, used: &[(&str, &str)]) -> String {
    let mut options = vec![format!("--template-body file://{TEMPLATE_FILE}")];
    if !used.is_empty() {
        let unset: Vec<String> = used.iter().map(|(name, _)| parameter(name, UNSET)).collect();
        options.push(format!("--parameters {}", unset.join(" ")));
    }
    let tags: Value = first.tags.iter().map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    options.push(format!("--tags {}", quote(&tags.to_string())));
    if !first.capabilities.is_empty() {
        options.push(format!("--capabilities {}", first.capabilities.join(" ")));
    }
    format!("\ndefinition=(\n  {}\n)\n", options.join("\n  "))
}

fn parameter(name: &str, value: &str) -> String {
    quote(&format!("ParameterKey={name},ParameterValue={value}"))
}
