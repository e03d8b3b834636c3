//! A StackSet: one template for what several accounts have in common, and what each account puts into it.

mod general;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::general::{AccountLiteral, general};
use super::listing;
use super::shell::{assignment, lines, stack_set_script, tags_json};
use super::{DEPLOY_FILE, HOLDS, MANIFEST_FILE, OutputFile, json_file, plain, program};
use crate::facts::limits;
use crate::finding::{Finding, Rule};
use crate::inventory::transform;
use crate::model::{AccountId, AccountName, Region, Tag};
use crate::plan::{AccountPlan, Part};
use crate::render::span_index::SpanIndex;
use crate::render::{self, DIGEST_OUTPUT, Rendered, Templates, sha256};
use crate::source::{Place, SourceFile};

const TEMPLATE_FILE: &str = "template.json";
/// The file with each account's values.
const PARAMETERS_FILE: &str = "parameters.json";

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
    /// Whether the account's own `deploy.sh` leaves the part to the StackSet.
    is_left_to_it: bool,
    capabilities: Vec<String>,
    source: Arc<SourceFile>,
    template: Value,
    literals: Vec<AccountLiteral>,
}

impl Member {
    /// What an account has of a part; `None` when its stacks are made without.
    pub fn of(plan: &AccountPlan<'_>, templates: &Templates, rendered: &[Rendered], part: Part) -> Option<Self> {
        let account = plan.account;
        let (stack, rendered) = plan.stacks.iter().zip(rendered).find(|(stack, _)| stack.part == part)?;
        // What cannot be read or has no long form is an error among the checks' findings already: then nothing is written.
        let template = render::read(templates, rendered).ok()?.ok()?;
        let mut literals = Vec::new();
        let mut add = |name: &'static str, text: Option<String>| {
            literals.extend(text.map(|text| AccountLiteral { name, text }));
        };
        add("BucketKeyArn", account.settings.bucket.kms_key.as_ref().map(ToString::to_string));
        add("NotebookKeyArn", account.settings.notebooks.kms_key.as_ref().map(ToString::to_string));
        add("BucketName", Some(account.bucket.to_string()));
        add("AWS::AccountId", Some(account.id.to_string()));
        add("AWS::Region", Some(account.region.to_string()));
        Some(Self {
            account: account.name.clone(),
            id: account.id.clone(),
            region: account.region.clone(),
            tags: account.stack_tags().collect(),
            name: stack.name.to_string(),
            is_left_to_it: stack.by_stack_set,
            capabilities: template.contents().capabilities,
            source: Arc::clone(&template.source),
            template: without_digest(template.value),
            literals,
        })
    }

    /// The place that a path of keys leads to in the account's own template.
    fn place(&self, path: &[String]) -> Place {
        SpanIndex::read(&self.source).place(&format!("/{}", path.join("/")))
    }

    /// The same of what differs from another's: of a map with more keys than the other has, the first of these.
    fn place_of_difference(&self, other: &Self, path: &[String]) -> Place {
        let pointer: String = path.iter().map(|key| general::pointer(key)).collect();
        let keys = |of: &Self| of.template.pointer(&pointer).and_then(Value::as_object).cloned().unwrap_or_default();
        let theirs = keys(other);
        let more = keys(self).into_iter().map(|(key, _)| key).find(|key| !theirs.contains_key(key));
        self.place(&path.iter().cloned().chain(more).collect::<Vec<_>>())
    }
}

/// The template without the digest that it has for `deploy.sh` of its account.
fn without_digest(mut template: Value) -> Value {
    if let Some(outputs) = template.get_mut("Outputs").and_then(Value::as_object_mut) {
        outputs.remove(DIGEST_OUTPUT);
        if outputs.is_empty() {
            template.as_object_mut().map(|template| template.remove("Outputs"));
        }
    }
    template
}

/// The files of the StackSet of these accounts: the template, each account's values, and the commands that deploy it. Of the
/// accounts are those taken that leave the part to it; where none does, all are, with a warning.
///
/// # Errors
/// All that a StackSet cannot do, as findings. `warnings` hears of what it can do, and should not.
pub fn files(
    part: &str,
    mut members: Vec<Member>,
    warnings: &mut Vec<Finding>,
) -> Result<Vec<OutputFile>, Vec<Finding>> {
    if members.iter().any(|member| member.is_left_to_it) {
        members.retain(|member| member.is_left_to_it);
    }
    let members = &members[..];
    let Some(first) = members.first() else {
        let message = format!("no account has a `{part}` stack");
        return Err(vec![Finding::new(Rule::StackSetEmpty, message).help("name another part, or other accounts")]);
    };
    if !first.is_left_to_it {
        warnings.push(deployed_twice(part, first, members.len() - 1));
    }
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
        // What one of both has alone can be shown there alone.
        let mut sides = [(&members[difference.account], &difference.found), (first, &difference.expected)];
        if difference.found == general::NOTHING_MORE {
            sides.reverse();
        }
        let [(member, found), (other, expected)] = sides;
        findings.push(
            Finding::new(
                Rule::StackSetDifference,
                format!("found {found} in `{}`, {expected} in `{}`", member.account, other.account),
            )
            .at(member.place_of_difference(other, &difference.path))
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
    let names = [DEPLOY_FILE, MANIFEST_FILE, PARAMETERS_FILE, TEMPLATE_FILE];
    let manifest = json!({"version": 1, HOLDS: listing::stack_set(part), "stack_set": first.name, "files": names});
    Ok(vec![
        program(DEPLOY_FILE, script(members, first, &used, &text)),
        json_file(MANIFEST_FILE, &manifest),
        json_file(PARAMETERS_FILE, &parameters(members, &used)),
        plain(TEMPLATE_FILE, text),
    ])
}

/// The script that makes the StackSet of this template and its stacks, or brings them up to date.
fn script(members: &[Member], first: &Member, used: &[(&str, &str)], template: &str) -> String {
    // No ARN and no name of a bucket has a blank.
    let pair = |(name, value): (&str, &str)| format!("{name}={value}");
    let member = |member: &Member| {
        let values = values(member, used).map(pair);
        let words = [member.id.to_string(), member.region.to_string()].into_iter().chain(values);
        words.collect::<Vec<_>>().join(" ")
    };
    let unset: Vec<String> = used.iter().map(|(name, _)| pair((name, UNSET))).collect();
    let data = [
        assignment("name", &first.name),
        assignment("region", ""),
        lines("sums", [format!("{}  {TEMPLATE_FILE}", sha256(template))]),
        assignment("tags", &tags_json(first.tags.iter().cloned())),
        assignment("capabilities", &first.capabilities.join(" ")),
        assignment("parameters", &unset.join(" ")),
        "# A line a stack: account, region, and its values of the parameters.\n".to_owned(),
        lines("members", members.iter().map(member)),
    ];
    stack_set_script(&data.concat())
}

/// The warning that no account leaves the part to the StackSet.
fn deployed_twice(part: &str, first: &Member, others: usize) -> Finding {
    let accounts = match others {
        0 => format!("`{}`", first.account),
        1 => format!("`{}` and of another account", first.account),
        _ => format!("`{}` and of {others} other accounts", first.account),
    };
    let message =
        format!("`deploy.sh` of {accounts} deploys `{part}`, too: the StackSet's stack would have the same names");
    Finding::new(Rule::StackSetDeployedTwice, message).at(Place::whole(&first.source)).help(format!(
        "set `deploy: {{stack_sets: [{part}]}}` for the accounts whose `{part}` the StackSet is to deploy"
    ))
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
    if let Some(path) = transform(&member.template) {
        findings.push(
            Finding::new(
                Rule::StackSetMacro,
                "found a macro, whose result a StackSet deploys without showing it first",
            )
            .at(member.place(&path))
            .help("write out in the template what the macro makes")
            .note("StackSets with service-managed permissions run no macros at all"),
        );
    }
    findings
}

fn parameters(members: &[Member], used: &[(&str, &str)]) -> Value {
    let entry = |member: &Member| {
        let values: Map<String, Value> =
            values(member, used).map(|(name, value)| (name.to_owned(), value.into())).collect();
        let entry = json!({"account_id": member.id.as_str(), "region": member.region.as_str(), "parameters": values});
        (member.account.to_string(), entry)
    };
    members.iter().map(entry).collect::<Map<_, _>>().into()
}

fn values<'a>(member: &'a Member, used: &'a [(&str, &str)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let value = |name: &str| member.literals.iter().find(|literal| literal.name == name).map(|one| one.text.as_str());
    used.iter().filter_map(move |(name, _)| Some((*name, value(name)?)))
}
