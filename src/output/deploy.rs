//! The data of `deploy.sh`: which stacks an account has, who stays in them, and who is suspended.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{DeployedBy, Manifest, StackEntry, is_users};
use super::shell::{ACCOUNT_SCRIPT, assignment, filled, lines, tags_json};
use crate::model::{FEW_LEAVERS, FEW_LEAVERS_PERCENT, Tag, UserName};
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::render::Contents;

/// Stands for nothing in a line of the data.
const NONE: &str = "-";

pub fn script(
    plan: &AccountPlan<'_>,
    digests: &[Option<String>],
    contents: &[Contents],
    manifest: &Manifest,
) -> String {
    let (account, names) = (plan.account, &plan.names);
    let (template_bucket, template_url) = template_bucket(plan);
    let suspended = account.users.iter().filter(|user| user.suspended).map(|user| {
        format!("{} {}", user.name, user.notebook.as_ref().map_or(NONE, |notebook| notebook.name.as_str()))
    });
    let renamed = account.users.iter().filter_map(|user| Some(format!("{} {}", user.was.as_ref()?, user.name)));
    let data = Data {
        group: names.group.clone(),
        suspended_policy: names.suspended_user_policy.clone(),
        template_bucket: template_bucket.to_owned(),
        template_url,
        tags: tags_json(account.stack_tags()),
        digests: digests.to_vec(),
        expected: plan.stacks.iter().filter_map(|stack| expected(plan, stack)).collect(),
        users: users(plan, contents),
        suspended: suspended.collect(),
        renamed: renamed.collect(),
    };
    data.script_of(manifest, &manifest.stacks)
}

/// The script of an account as its manifest and these stacks alone tell of it: without people, tags of one's own, a bucket for
/// templates, and what a StackSet deploys.
pub fn usual_script(manifest: &Manifest, stacks: &[&StackEntry]) -> String {
    let company = stacks.iter().find_map(|stack| stack.company()).unwrap_or_default();
    let name = |what: &str| format!("{company}-deepracer-{what}");
    let data = Data {
        group: name("users"),
        suspended_policy: name("suspended-user"),
        tags: tags_json([Tag::new("managed-by", "racestack")]),
        digests: stacks.iter().map(|_| Some("0".repeat(64))).collect(),
        ..Data::default()
    };
    data.script_of(manifest, stacks.iter().copied())
}

/// The tags of the stacks of an account, by its script; `None` where that does not tell them.
pub fn stack_tags(script: &str) -> Option<Vec<(String, String)>> {
    let line = script.lines().find_map(|line| line.strip_prefix("tags='")?.strip_suffix('\''))?;
    let tags: Vec<BTreeMap<String, String>> = serde_json::from_str(&line.replace(r"'\''", "'")).ok()?;
    tags.into_iter().map(|mut tag| Some((tag.remove("Key")?, tag.remove("Value")?))).collect()
}

/// What the data has besides what the manifest says.
#[derive(Default)]
struct Data {
    group: String,
    suspended_policy: String,
    template_bucket: String,
    template_url: String,
    tags: String,
    /// Of the templates, in the order of the stacks.
    digests: Vec<Option<String>>,
    expected: Vec<String>,
    users: Vec<String>,
    suspended: Vec<String>,
    renamed: Vec<String>,
}

impl Data {
    fn script_of<'a>(self, manifest: &Manifest, stacks: impl IntoIterator<Item = &'a StackEntry>) -> String {
        let digests = self.digests.iter().map(Option::as_deref).chain(std::iter::repeat(None));
        let stacks = stacks.into_iter().zip(digests);
        let data = [
            assignment("account_name", &manifest.account),
            assignment("account", &manifest.account_id),
            assignment("region", &manifest.region),
            assignment("bucket", &manifest.bucket),
            assignment("group", &self.group),
            assignment("suspended_policy", &self.suspended_policy),
            assignment("few_leavers", &FEW_LEAVERS.to_string()),
            assignment("few_leavers_percent", &FEW_LEAVERS_PERCENT.to_string()),
            assignment("template_bucket", &self.template_bucket),
            assignment("template_url", &self.template_url),
            assignment("tags", &self.tags),
            // What changes with a stack has lines of its own, between others that do not: git merges changes to two stacks.
            "# Two lines a stack: name, kind, file, capabilities, what it needs; SHA-256 of the file, digest of the template.\n"
                .to_owned(),
            lines("stacks", stacks.map(|(entry, digest)| stack_lines(entry, digest))),
            "# What others need of a stack that a StackSet deploys: the stack, and the command that looks for it.\n".to_owned(),
            lines("expected", self.expected),
            "# Everyone who stays, by logical ID and name, below their stack: nobody of them is touched; and who left, behind a -.\n".to_owned(),
            lines("users", self.users),
            "# Everyone who is suspended, by name and notebook.\n".to_owned(),
            lines("suspended", self.suspended),
            "# Everyone who has another name from now on: the name of before, and the one of now.\n".to_owned(),
            lines("renamed", self.renamed),
        ];
        filled(ACCOUNT_SCRIPT, &data.concat())
    }
}

fn stack_lines(entry: &StackEntry, digest: Option<&str>) -> String {
    let kind = match entry.deployed_by {
        Some(DeployedBy::StackSet) => "stack-set",
        None if is_users(&entry.part) => "users",
        None => "stack",
    };
    let or_none = |words: &[String]| if words.is_empty() { NONE.to_owned() } else { words.join(",") };
    let (capabilities, needs) = (or_none(&entry.capabilities), or_none(&entry.depends_on));
    let StackEntry { name, file, sha256, .. } = entry;
    format!("{name} {kind} {file} {capabilities} {needs}\n  {sha256} {}", digest.unwrap_or(NONE))
}

/// A stack that a StackSet deploys, and what of it is looked for on behalf of those that need it.
fn expected(plan: &AccountPlan<'_>, stack: &StackPlan<'_>) -> Option<String> {
    let names = &plan.names;
    let is_needed = plan.stacks.iter().any(|other| !other.by_stack_set && other.part.depends_on(stack.part));
    if !stack.by_stack_set || !is_needed {
        return None;
    }
    let (command, name) = match stack.part {
        Part::Storage => ("s3api head-bucket --bucket", names.bucket.as_str()),
        Part::Access => ("iam get-group --group-name", names.group.as_str()),
        Part::Notebooks => (
            "sagemaker describe-notebook-instance-lifecycle-config --notebook-instance-lifecycle-config-name",
            names.notebook_lifecycle.as_str(),
        ),
        Part::Operations if plan.account.settings.budgets.is_some() => {
            ("sns get-topic-attributes --topic-arn", names.budgets_topic_arn.as_str())
        }
        Part::Operations | Part::ServiceRoles | Part::Users(_) | Part::RetiredRoles => return None,
    };
    Some(format!("{} {command} {name}", stack.name))
}

/// Every IAM user of the account's stacks, the logical ID and the name, below the file of their stack, which no logical ID can
/// be; who left has none. Templates of one's own may have more of them than there are people; a name that is not known stands there
/// as `-`.
fn users(plan: &AccountPlan<'_>, contents: &[Contents]) -> Vec<String> {
    let no_contents = Contents::default();
    let contents = contents.iter().chain(std::iter::repeat(&no_contents));
    let of_stack = |(stack, contents): (&StackPlan<'_>, &Contents)| {
        let people = stack.users.iter().map(|user| (format!("{}User", user.logical_id), user.name.to_string()));
        let others = contents.users.iter().map(|(id, name)| {
            let name = name.as_ref().and_then(|name| UserName::parse(name).ok());
            (id.clone(), name.map_or_else(|| NONE.to_owned(), |name| name.to_string()))
        });
        let account = plan.account;
        let gone = account.lock.entries.iter().filter(|(name, _)| account.user(name.as_str()).is_none());
        let left = gone.filter(|(_, entry)| stack.part == Part::Users(entry.stack));
        let left = left.map(|(name, _)| (NONE.to_owned(), name.to_string()));
        let all: BTreeSet<(String, String)> = people.chain(others).chain(left).collect();
        let head = (!all.is_empty()).then(|| format!("{} {NONE}", stack.file()));
        head.into_iter().chain(all.into_iter().map(|(id, name)| format!("{id} {name}"))).collect::<Vec<_>>()
    };
    plan.stacks.iter().zip(contents).flat_map(of_stack).collect()
}

/// The bucket that templates are uploaded to, and the address of S3 before it; nothing where there is none.
pub(super) fn template_bucket<'a>(plan: &AccountPlan<'a>) -> (&'a str, String) {
    match &plan.account.settings.deploy.template_bucket {
        Some(name) => (name.as_str(), format!("https://s3.{}.{}", plan.names.region, plan.names.dns_suffix)),
        None => ("", String::new()),
    }
}
