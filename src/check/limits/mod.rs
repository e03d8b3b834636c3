//! Limits: every limit of AWS that a template or an account can reach, with the figure that it has.

mod account;
mod sizes;
mod table;

pub use account::{Counts, check_account, counts};
pub use sizes::{PolicySize, policy_sizes};

use std::fmt::Display;

use serde_json::Value;

use crate::facts::{NOTEBOOK_TYPE, limits};
use crate::finding::{Finding, Rule, counted};
use crate::inventory::type_of;
use crate::plan::Part;
use crate::render::Template;
use table::{ATTACHED, LIMITS, REFUSED_VALUES, each};

/// What can be done about a users stack with too many bytes, besides moving users.
const SHORTEN: &str = "shortening what grew in it, such as tags or display names, helps as well";

/// What can be done about a users stack with too many resources.
const FEWER: &str = "turn off what each person has a resource for, such as `budgets`, or remove people from this stack";

const FEWER_POLICIES: &str = "name fewer `extra_policies`, or leave out a setting that adds a policy of racestack's: \
    `bucket.kms_key`, shared and team folders, `console` and `mfa`, `allowed_networks`, allowed instance types, what limits training jobs";

/// Who can move out of a users stack that edits made too large. Moving a user is never done by itself.
const MOVING_CHOICES: [&str; 2] = [
    "a person who is not deployed yet can move to another stack: remove the row, run synth, add the row again, and run synth again",
    "a deployed user cannot move: CloudFormation would delete the user and the notebook, and make new ones",
];

const BYTES: &str = "bytes";
const REFERENCES: &str = "dynamic references";

/// The sections of a template that have limits.
const SECTIONS: [(&str, &str, usize); 4] = [
    ("Resources", "resources", limits::TEMPLATE_RESOURCES),
    ("Parameters", "parameters", limits::TEMPLATE_PARAMETERS),
    ("Outputs", "outputs", limits::TEMPLATE_OUTPUTS),
    ("Mappings", "mappings", limits::TEMPLATE_MAPPINGS),
];

/// Checks a template against the limits of CloudFormation and of the services of its resources.
/// `bytes` is the most that the template may have.
pub fn check_template(template: &Template, bytes: usize) -> Vec<Finding> {
    let mut limiter = Limiter { template, findings: Vec::new() };
    limiter.template(bytes);
    for (id, resource) in template.resources() {
        limiter.resource(id, resource);
    }
    limiter.findings
}

struct Limiter<'a> {
    template: &'a Template,
    findings: Vec<Finding>,
}

impl Limiter<'_> {
    fn template(&mut self, bytes: usize) {
        let text = &self.template.source.text;
        self.limit("", BYTES, text.len(), bytes);
        self.limit("", REFERENCES, text.matches("{{resolve:").count(), limits::TEMPLATE_DYNAMIC_REFERENCES);
        let description = |of: &Value| of.get("Description").and_then(Value::as_str).map_or(0, str::len);
        for (section, what, limit) in SECTIONS {
            let Some(entries) = self.template.value.get(section).and_then(Value::as_object) else { continue };
            self.limit(section, what, entries.len(), limit);
            for (name, entry) in entries {
                let path = format_args!("{section}/{name}");
                self.limit(path, "characters of a name", name.chars().count(), limits::TEMPLATE_NAME_CHARACTERS);
                if section == "Resources" && !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    self.refuse(path, format!("`{name}` is no logical ID, allowed are `A-Z a-z 0-9`"));
                }
                if section == "Outputs" {
                    self.limit(path, "bytes of a description", description(entry), limits::DESCRIPTION_BYTES);
                }
            }
        }
        let bytes = description(&self.template.value);
        self.limit("Description", "bytes of a description", bytes, limits::DESCRIPTION_BYTES);
    }

    fn resource(&mut self, id: &str, resource: &Value) {
        let Some(properties) = resource.get("Properties") else { return };
        let kind = type_of(resource);
        let is_for = |types: &[&str]| types.is_empty() || types.contains(&kind);
        let path = |property: &str, index: usize| {
            format!("Resources/{id}/Properties/{}", property.replace('*', &index.to_string()))
        };
        for (_, property, count, what, limit) in LIMITS.iter().filter(|(types, ..)| is_for(types)) {
            for (index, value) in each(properties, property) {
                let used = count(value);
                if used > *limit {
                    // What is too long of a list's element is shown with the element.
                    let property = property.split_inclusive('*').next().unwrap_or_default();
                    self.limit(path(property, index), what, used, *limit);
                }
            }
        }
        for (_, property, refused) in REFUSED_VALUES.iter().filter(|(types, ..)| is_for(types)) {
            for (index, value) in each(properties, property) {
                if let Some(message) = refused(value) {
                    self.refuse(path(property, index), message);
                }
            }
        }
        let is_offline = properties.get("DirectInternetAccess").and_then(Value::as_str) == Some("Disabled");
        if kind == NOTEBOOK_TYPE && is_offline && properties.get("SubnetId").is_none() {
            let message = "without direct internet access, a notebook needs a `SubnetId`".to_owned();
            self.refuse(path("DirectInternetAccess", 0), message);
        }
    }

    /// A finding, if there is more than the limit allows. `path` is only written out for a finding; `what` is what was counted,
    /// in words that fit behind "found 12".
    fn limit(&mut self, path: impl Display, what: &str, used: usize, limit: usize) {
        if used <= limit {
            return;
        }
        let path = path.to_string();
        let part = self.template.part;
        let is_section = SECTIONS.iter().any(|(section, ..)| *section == path);
        let is_of_users = matches!(part, Part::Users(_)) && (path.is_empty() || is_section);
        let help = match what {
            BYTES if limit == limits::TEMPLATE_BYTES_DIRECT => {
                "set `deploy: {template_bucket: NAME}`, which raises the limit to 1,000,000 bytes".to_owned()
            }
            BYTES => "shorten the template".to_owned(),
            // Those of a users stack are passwords.
            REFERENCES if is_of_users => format!(
                "set `console: false` for {} of this stack: it has room for {limit} passwords",
                counted(used - limit, "person", "people")
            ),
            ATTACHED => FEWER_POLICIES.to_owned(),
            _ if is_of_users => FEWER.to_owned(),
            _ => "change what the template is made from: settings, roster or template".to_owned(),
        };
        let name = if path.is_empty() { part.name() } else { path.replace("Resources/", "") };
        let mut finding =
            Finding::new(Rule::LimitExceeded, format!("found {used} {what} in `{name}`, allowed are {limit}"))
                .at(self.template.place(&path))
                .help(help);
        if is_of_users {
            finding.notes.extend((what == BYTES).then(|| SHORTEN.to_owned()));
            finding.notes.extend(MOVING_CHOICES.map(str::to_owned));
        }
        self.findings.push(finding);
    }

    /// A finding about what no figure says.
    fn refuse(&mut self, path: impl Display, message: String) {
        self.findings.push(
            Finding::new(Rule::LimitSyntax, message)
                .at(self.template.place(&path.to_string()))
                .help("mend the template that this is rendered from"),
        );
    }
}
