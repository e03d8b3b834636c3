//! `create.sh`: the commands that make a StackSet, and its stack in each account.

use serde_json::{Value, json};

use super::super::deploy::quote;
use super::{Member, TEMPLATE_FILE, values};

/// What the parameters are for an account that was given no values: no bucket and no key can be called so, so that nothing
/// is allowed by mistake.
const UNSET: &str = "SET-FOR-EACH-ACCOUNT";

/// The commands that make the StackSet and its stacks.
pub(super) fn script(first: &Member, members: &[Member], used: &[(&str, &str)]) -> String {
    let mut script = format!(
        r#"#!/usr/bin/env bash
# Made by `racestack synth`. Makes the StackSet {name} and its stack in each account, with the
# credentials and in the region of the StackSet's administrator: set AWS_PROFILE and AWS_REGION or the like.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"

name={quoted}
"#,
        name = first.name,
        quoted = quote(&first.name),
    );
    let mut set = vec![
        format!("--template-body file://{TEMPLATE_FILE}"),
        "--permission-model SELF_MANAGED".to_owned(),
        // The stacks are made by one operation each: further ones wait for the first, rather than fail.
        "--managed-execution Active=true".to_owned(),
    ];
    if !used.is_empty() {
        let unset: Vec<String> = used.iter().map(|(name, _)| parameter(name, UNSET)).collect();
        set.push(format!("--parameters {}", unset.join(" ")));
    }
    let tags: Value = first.tags.iter().map(|tag| json!({"Key": tag.key, "Value": tag.value})).collect();
    set.push(format!("--tags {}", quote(&tags.to_string())));
    if !first.capabilities.is_empty() {
        set.push(format!("--capabilities {}", first.capabilities.join(" ")));
    }
    script.push_str(&command("create-stack-set", &set));
    for member in members {
        let mut stack = vec![
            format!("--accounts {}", quote(member.id.as_str())),
            format!("--regions {}", quote(member.region.as_str())),
        ];
        let overrides: Vec<String> = values(member, used).map(|(name, value)| parameter(name, value)).collect();
        if !overrides.is_empty() {
            stack.push(format!("--parameter-overrides {}", overrides.join(" ")));
        }
        script.push_str(&command("create-stack-instances", &stack));
    }
    script
}

fn command(name: &str, arguments: &[String]) -> String {
    format!("\naws cloudformation {name} \\\n  --stack-set-name \"$name\" \\\n  {}\n", arguments.join(" \\\n  "))
}

fn parameter(name: &str, value: &str) -> String {
    quote(&format!("ParameterKey={name},ParameterValue={value}"))
}
