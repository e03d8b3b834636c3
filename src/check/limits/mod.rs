//! Limits: every limit of AWS that a template or an account can reach, with the figure that it has.

mod account;
mod iam;
mod resource;

pub use account::{Counts, check_account};
pub use iam::{PolicySize, policy_sizes};

use serde_json::Value;

use super::Checked;
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

/// What can be done about a users stack that edits made too large. Moving a user is never done by itself.
const OVERFLOW_CHOICES: [&str; 3] = [
    "shortening what grew in it, such as tags or display names, helps as well",
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
                finding.notes.extend(OVERFLOW_CHOICES.map(str::to_owned));
            }
        }
        let references = text.matches("{{resolve:").count();
        self.limit("", "dynamic references", references, limits::TEMPLATE_DYNAMIC_REFERENCES);
        for (section, what, limit) in [
            ("Resources", "resources", limits::TEMPLATE_RESOURCES),
            ("Parameters", "parameters", limits::TEMPLATE_PARAMETERS),
            ("Outputs", "outputs", limits::TEMPLATE_OUTPUTS),
            ("Mappings", "mappings", limits::TEMPLATE_MAPPINGS),
        ] {
            let Some(entries) = self.checked.json.get(section).and_then(Value::as_object) else { continue };
            self.limit(section, what, entries.len(), limit);
            for (name, entry) in entries {
                let path = format!("{section}/{name}");
                self.limit(&path, "characters of a name", name.chars().count(), limits::TEMPLATE_NAME_CHARACTERS);
                if section == "Resources" && !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    self.refuse(&path, format!("`{name}` is no logical ID, allowed are `A-Z a-z 0-9`"));
                }
                let description = entry.get("Description").and_then(Value::as_str).unwrap_or_default();
                if section == "Outputs" {
                    self.limit(&path, "bytes of a description", description.len(), limits::DESCRIPTION_BYTES);
                }
            }
        }
        let description = self.checked.json.get("Description").and_then(Value::as_str).unwrap_or_default();
        self.limit("Description", "bytes of a description", description.len(), limits::DESCRIPTION_BYTES);
    }

    /// A finding, if there is more than the limit allows.
    fn limit(&mut self, path: &str, what: &str, used: usize, limit: usize) {
        if used > limit {
            self.over(
                &Count { path, what, used, limit },
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
    fn refuse(&mut self, path: &str, message: String) {
        self.findings.push(
            Finding::new(Rule::LimitSyntax, message)
                .at(self.checked.place(path))
                .help("mend the template that this is rendered from"),
        );
    }
}
