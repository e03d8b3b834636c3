//! Limits: every limit of AWS that a template or an account can reach, with the figure that it has.

mod account;
mod iam;
mod resource;

pub use account::{Counts, check_account};
pub use iam::{PolicySize, policy_sizes};

use std::fmt::Display;

use serde_json::Value;

use super::checked::Checked;
use crate::facts::limits;
use crate::finding::{Finding, Rule};
use crate::plan::Part;

/// What was counted, against what is allowed.
struct Count<'a> {
    /// Where in the template, as a path of keys.
    path: &'a str,
    /// What it is the count of, in words that fit behind "found 12".
    what: &'a str,
    used: usize,
    limit: usize,
}

/// What can be done about a users stack with too many bytes, besides moving users.
const SHORTEN: &str = "shortening what grew in it, such as tags or display names, helps as well";

/// What can be done about a users stack with too many resources.
const FEWER: &str = "turn off what each person has a resource for, such as `budgets`, or remove people from this stack";

/// Who can move out of a users stack that edits made too large. Moving a user is never done by itself.
const MOVING_CHOICES: [&str; 2] = [
    "who was never deployed may go to another stack: remove the row, run synth, put the row back, and run synth again",
    "a deployed user cannot move: CloudFormation would delete the user and the notebook, and make new ones",
];

/// Checks a template against the limits of CloudFormation and of the services of its resources.
/// `bytes` is the most that the template may have.
pub fn check_template(checked: &Checked<'_>, bytes: usize) -> Vec<Finding> {
    let mut limiter = Limiter { checked, findings: Vec::new() };
    limiter.template(bytes);
    for (id, resource) in checked.resources() {
        limiter.resource(id, resource);
    }
    limiter.findings
}

struct Limiter<'a> {
    checked: &'a Checked<'a>,
    findings: Vec<Finding>,
}

impl Limiter<'_> {
    fn template(&mut self, bytes: usize) {
        let text = &self.checked.template.source.text;
        if text.len() > bytes {
            let help = if bytes == limits::TEMPLATE_BYTES_DIRECT {
                "set `deploy: {template_bucket: NAME}`, which raises the limit to 1,000,000 bytes"
            } else {
                "shorten the template"
            };
            let count = Count { path: "", what: "bytes", used: text.len(), limit: bytes };
            self.over(&count, help);
            if let (Part::Users(_), Some(finding)) = (self.checked.template.part, self.findings.last_mut()) {
                finding.notes.push(SHORTEN.to_owned());
                finding.notes.extend(MOVING_CHOICES.map(str::to_owned));
            }
        }
        self.references(text.matches("{{resolve:").count());
        for (section, what, limit) in [
            ("Resources", "resources", limits::TEMPLATE_RESOURCES),
            ("Parameters", "parameters", limits::TEMPLATE_PARAMETERS),
            ("Outputs", "outputs", limits::TEMPLATE_OUTPUTS),
            ("Mappings", "mappings", limits::TEMPLATE_MAPPINGS),
        ] {
            let Some(entries) = self.checked.template.value.get(section).and_then(Value::as_object) else { continue };
            self.limit(section, what, entries.len(), limit);
            if let (true, Part::Users(_), Some(finding)) =
                (entries.len() > limit, self.checked.template.part, self.findings.last_mut())
            {
                finding.help = Some(FEWER.to_owned());
                finding.notes.extend(MOVING_CHOICES.map(str::to_owned));
            }
            for (name, entry) in entries {
                let path = format_args!("{section}/{name}");
                self.limit(path, "characters of a name", name.chars().count(), limits::TEMPLATE_NAME_CHARACTERS);
                if section == "Resources" && !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    self.refuse(path, format!("`{name}` is no logical ID, allowed are `A-Z a-z 0-9`"));
                }
                let description = entry.get("Description").and_then(Value::as_str).unwrap_or_default();
                if section == "Outputs" {
                    self.limit(path, "bytes of a description", description.len(), limits::DESCRIPTION_BYTES);
                }
            }
        }
        let description = self.checked.template.value.get("Description").and_then(Value::as_str).unwrap_or_default();
        self.limit("Description", "bytes of a description", description.len(), limits::DESCRIPTION_BYTES);
    }

    /// The dynamic references of the template. Those of a users stack are passwords.
    fn references(&mut self, used: usize) {
        let (what, limit) = ("dynamic references", limits::TEMPLATE_DYNAMIC_REFERENCES);
        if used <= limit || !matches!(self.checked.template.part, Part::Users(_)) {
            return self.limit("", what, used, limit);
        }
        let help = format!(
            "set `console: false` in the rows of {} people of this stack: it has room for {limit} passwords",
            used - limit
        );
        self.over(&Count { path: "", what, used, limit }, &help);
        if let Some(finding) = self.findings.last_mut() {
            finding.notes.extend(MOVING_CHOICES.map(str::to_owned));
        }
    }

    /// A finding, if there is more than the limit allows. `path` is only written out for a finding.
    fn limit(&mut self, path: impl Display, what: &str, used: usize, limit: usize) {
        if used > limit {
            self.over(
                &Count { path: &path.to_string(), what, used, limit },
                "change what the template is made from: settings, roster or template",
            );
        }
    }

    fn over(&mut self, count: &Count<'_>, help: &str) {
        let Count { path, what, used, limit } = count;
        let name = if path.is_empty() { self.checked.template.part.name() } else { path.replace("Resources/", "") };
        self.findings.push(
            Finding::new(Rule::LimitExceeded, format!("found {used} {what} in `{name}`, allowed are {limit}"))
                .at(self.checked.place(path))
                .help(help),
        );
    }

    /// A finding about what no figure says.
    fn refuse(&mut self, path: impl Display, message: String) {
        self.findings.push(
            Finding::new(Rule::LimitSyntax, message)
                .at(self.checked.place(&path.to_string()))
                .help("mend the template that this is rendered from"),
        );
    }
}
