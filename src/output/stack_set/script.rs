//! `deploy.sh` of a StackSet: the commands that make it, and its stack in each account, or bring them up to date.

use std::fmt::Write;

use serde_json::{Value, json};

use super::super::deploy::quote;
use super::{Member, TEMPLATE_FILE, values};

/// What the parameters are for an account that was given no values: no bucket and no key can be called so, so that nothing
/// is allowed by mistake.
const UNSET: &str = "SET-FOR-EACH-ACCOUNT";

/// The functions of the script.
const FUNCTIONS: &str = r#"
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

# Makes the stack of an account and a region, or gives the one that there is its parameters, if it has any.
stack() {
  local account=$1 region=$2 verb=create
  shift 2
  if exists describe-stack-instance --stack-instance-account "$account" --stack-instance-region "$region"; then
    [ $# != 0 ] || return 0
    verb=update
  fi
  aws cloudformation "$verb-stack-instances" --stack-set-name "$name" --accounts "$account" --regions "$region" "$@"
}

# Each operation waits for those before it, rather than fail.
set=(create-stack-set --permission-model SELF_MANAGED --managed-execution Active=true)
if exists describe-stack-set; then set=(update-stack-set); fi
"#;

/// The commands that make the StackSet and its stacks.
pub(super) fn script(first: &Member, members: &[Member], used: &[(&str, &str)]) -> String {
    let mut script = format!(
        r#"#!/usr/bin/env bash
# Made by `racestack synth`. Makes the StackSet {name} and its stack in each account, or brings them up to
# date, and waits for nothing. It deletes none: an account that is no more among them keeps its stack.
# The credentials and the region are the StackSet administrator's: set AWS_PROFILE and AWS_REGION or the like.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"

name={quoted}
{FUNCTIONS}"#,
        name = first.name,
        quoted = quote(&first.name),
    );
    let mut set = vec![format!("--template-body file://{TEMPLATE_FILE}")];
    if !used.is_empty() {
        let unset: Vec<String> = used.iter().map(|(name, _)| parameter(name, UNSET)).collect();
        set.push(format!("--parameters {}", unset.join(" ")));
    }
    let tags: Value = first.tags.iter().map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    set.push(format!("--tags {}", quote(&tags.to_string())));
    if !first.capabilities.is_empty() {
        set.push(format!("--capabilities {}", first.capabilities.join(" ")));
    }
    // Writing to a string cannot fail.
    let _ = writeln!(
        script,
        "aws cloudformation \"${{set[@]}}\" --stack-set-name \"$name\" \\\n  {}\n",
        set.join(" \\\n  ")
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

fn parameter(name: &str, value: &str) -> String {
    quote(&format!("ParameterKey={name},ParameterValue={value}"))
}
