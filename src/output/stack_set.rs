//! A StackSet: one template for what several accounts have in common, and what each account puts into it.

mod general;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::general::{Literal, general};
use super::deploy::{quote, stack_tags};
use super::held::HOLDS;
use super::{MANIFEST_FILE, OutputFile, plain};
use crate::check::long_form::long_form;
use crate::check::outline::Outline;
use crate::facts::limits;
use crate::finding::{Finding, Rule};
use crate::model::{AccountId, AccountName, Region, Tag};
use crate::plan::{AccountPlan, Part};
use crate::render::{self, Rendered, Templates};
use crate::source::{Place, SourceFile};

/// The template's file.
const TEMPLATE_FILE: &str = "template.json";
/// The file with each account's values.
const PARAMETERS_FILE: &str = "parameters.json";
/// The file with the commands.
const CREATE_FILE: &str = "create.sh";
/// What the parameters are for an account that was given no values: no bucket and no key can be called so, so that nothing
/// is allowed by mistake.
const UNSET: &str = "SET-FOR-EACH-ACCOUNT";

/// The account's own values that a template may hold: what names each, and what it is.
const PARAMETERS: [(&str, &str); 3] = [
    ("BucketKeyArn", "The ARN of the KMS key that encrypts the account's bucket"),
    ("NotebookKeyArn", "The ARN of the KMS key that encrypts the account's notebooks"),
    ("BucketName", "The name of the account's bucket"),
];

/// An account's template of the part, and what in it is the account's own.
#[derive(Debug)]
pub struct Member {
    account: AccountName,
    id: AccountId,
    region: Region,
    tags: Vec<Tag>,
    name: String,
    capabilities: Vec<&'static str>,
    source: Arc<SourceFile>,
    template: Value,
    literals: Vec<Literal>,
}

impl Member {
    /// What an account has of a part; `None` when its stacks are made without.
    pub fn of(plan: &AccountPlan<'_>, templates: &Templates, rendered: &[Rendered], part: Part) -> Option<Self> {
        let account = plan.account;
        let (stack, rendered) = plan.stacks.iter().zip(rendered).find(|(stack, _)| stack.part == part)?;
        // What cannot be read or has no long form is an error among the checks' findings already: then nothing is written.
        let template = render::read(templates, rendered).ok()?;
        let mut literals = Vec::new();
        let mut add = |name: &'static str, text: Option<String>| {
            literals.extend(text.map(|text| Literal { name, text }));
        };
        add("BucketKeyArn", account.bucket.kms_key.as_ref().map(ToString::to_string));
        add("NotebookKeyArn", account.notebook_kms_key.as_ref().map(ToString::to_string));
        add("BucketName", Some(account.bucket.name.to_string()));
        add("AWS::AccountId", Some(account.id.to_string()));
        add("AWS::Region", Some(account.region.to_string()));
        Some(Self {
            account: account.name.clone(),
            id: account.id.clone(),
            region: account.region.clone(),
            tags: stack_tags(account).collect(),
            name: stack.name.to_string(),
            capabilities: template.contents().capabilities,
            source: Arc::clone(&template.source),
            template: long_form(&template).ok()?,
            literals,
        })
    }

    /// The place that a path of keys leads to in the account's own template.
    fn place(&self, path: &[String]) -> Place {
        Outline::read(&self.source).place(&format!("/{}", path.join("/")))
    }
}

/// The files of the StackSet of these accounts: the template, each account's values, and the commands that make it.
///
/// # Errors
/// All that a StackSet cannot do, as findings.
pub fn files(part: &str, members: &[Member]) -> Result<Vec<OutputFile>, Vec<Finding>> {
    let Some(first) = members.first() else {
        let message = format!("no account has a `{part}` stack");
        return Err(vec![Finding::new(Rule::StackSetEmpty, message).help("name another part, or other accounts")]);
    };
    let mut findings: Vec<Finding> = members.iter().flat_map(|member| misfits(member, first)).collect();
    if !findings.is_empty() {
        return Err(findings);
    }
    let (mut template, differences) = general(members.iter().map(|member| (&member.template, &member.literals[..])));
    // One of each resource will do: what is set otherwise shows in many places.
    let mut told = BTreeSet::new();
    for difference in differences {
        if !told.insert((difference.account, difference.path.iter().take(2).cloned().collect::<Vec<_>>())) {
            continue;
        }
        let member = &members[difference.account];
        let (found, expected) = (&difference.found, &difference.expected);
        findings.push(
            Finding::new(
                Rule::StackSetDifference,
                format!("found {found} in `{}`, {expected} in `{}`", member.account, first.account),
            )
            .at(member.place(&difference.path))
            .help("give the accounts the same settings, or choose those that have with `--account`")
            .note("a StackSet has one template: only buckets, keys, account IDs and regions may differ"),
        );
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let used: Vec<(&str, &str)> =
        PARAMETERS.into_iter().filter(|(name, _)| general::mentions(&template, name)).collect();
    if let (Some(top), false) = (template.as_object_mut(), used.is_empty()) {
        let declared =
            used.iter().map(|(name, about)| ((*name).to_owned(), json!({"Type": "String", "Description": about})));
        top.insert("Parameters".to_owned(), declared.collect::<Map<_, _>>().into());
    }
    let text = format!("{template:#}\n");
    if text.len() > limits::TEMPLATE_BYTES_DIRECT {
        let message =
            format!("the StackSet's template has {} bytes, allowed are {}", text.len(), limits::TEMPLATE_BYTES_DIRECT);
        return Err(vec![Finding::new(Rule::LimitExceeded, message).at(Place::whole(&first.source))]);
    }
    let holds = format!("the StackSet `{part}`");
    let names = [CREATE_FILE, MANIFEST_FILE, PARAMETERS_FILE, TEMPLATE_FILE];
    Ok(vec![
        OutputFile { name: CREATE_FILE.to_owned(), text: script(first, members, &used), executable: true },
        plain(
            MANIFEST_FILE.to_owned(),
            format!("{:#}\n", json!({"version": 1, HOLDS: holds, "stack_set": first.name, "files": names})),
        ),
        plain(PARAMETERS_FILE.to_owned(), parameters(members, &used)),
        plain(TEMPLATE_FILE.to_owned(), text),
    ])
}

/// What keeps an account out of the StackSet that `first` is in, whatever its template says.
fn misfits(member: &Member, first: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (own, theirs) = (member.region.partition(), first.region.partition());
    if own != theirs {
        let message = format!("`{}` is in the partition `{own}`, `{}` in `{theirs}`", member.account, first.account);
        findings.push(
            Finding::new(Rule::StackSetPartition, message)
                .at(Place::whole(&member.source))
                .help("make a StackSet for each partition: choose the accounts with `--account`"),
        );
    }
    if let Some(path) = general::transform(&member.template) {
        findings.push(
            Finding::new(Rule::StackSetMacro, "found a macro, which a StackSet may not run".to_owned())
                .at(member.place(&path))
                .help("write out in the template what the macro makes")
                .note("StackSets with service-managed permissions take no template with macros"),
        );
    }
    findings
}

fn parameters(members: &[Member], used: &[(&str, &str)]) -> String {
    let accounts: Map<String, Value> = members
        .iter()
        .map(|member| {
            let values: Map<String, Value> =
                values(member, used).map(|(name, value)| (name.to_owned(), value.into())).collect();
            let entry =
                json!({"account_id": member.id.as_str(), "region": member.region.as_str(), "parameters": values});
            (member.account.to_string(), entry)
        })
        .collect();
    format!("{:#}\n", Value::Object(accounts))
}

fn values<'a>(member: &'a Member, used: &'a [(&str, &str)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let value = |name: &str| member.literals.iter().find(|literal| literal.name == name).map(|one| one.text.as_str());
    used.iter().filter_map(move |(name, _)| Some((*name, value(name)?)))
}

/// The commands that make the StackSet and its stacks.
fn script(first: &Member, members: &[Member], used: &[(&str, &str)]) -> String {
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
