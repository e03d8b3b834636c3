//! What was found, before it is known where it stands, and how it is said.

use super::kind::{PrincipalKind, Subject};
use crate::finding::{Rule, Severity};
use crate::iam::{AccessLine, Document};
use crate::inventory::{Location, Policy, PolicyKind};
use crate::model::{Profile, UserName};
use crate::render::{PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TEAM};

/// What to do with a policy that cannot be read.
const GRAMMAR: &str =
    "write it by IAM's grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html";

pub const SAME_OF_ALL: &str = "suspend in the roster who is meant, name nobody in a policy, and let no other value of theirs mean what is somebody's own";

/// Statements: of each the index of its policy in the inventory, and its own in the policy.
pub type Statements = Vec<(usize, usize)>;

/// Something that is not as isolation wants it.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The rule that it breaks.
    pub rule: Rule,
    /// Whether it hangs on something that the reader must judge, such as from where or when somebody asks.
    pub is_warning: bool,
    /// What it is, without the account.
    pub message: String,
    /// What to do.
    pub help: &'static str,
    /// What else there is to say.
    pub notes: Vec<String>,
    /// The statements that make it so.
    pub statements: Statements,
    /// The requests of which it is true, if it is about requests.
    pub lines: Vec<AccessLine>,
    /// Where it stands, if no statement makes it so: the stack, the logical ID, and the path in the resource.
    pub location: (usize, String, String),
}

impl Problem {
    /// A problem that stands at a place in a template.
    pub fn at(rule: Rule, message: String, help: &'static str, location: &Location<'_>) -> Self {
        Self {
            rule,
            is_warning: false,
            message,
            help,
            notes: Vec::new(),
            statements: Vec::new(),
            lines: Vec::new(),
            location: (location.stack, location.logical_id.to_owned(), location.path.clone()),
        }
    }

    /// How much it weighs with the policies of a profile.
    pub fn severity(&self, profile: Profile) -> Severity {
        if self.is_warning { Severity::Warning } else { profile.severity_of(self.rule) }
    }

    /// What is the same where the same is true of somebody else of the kind.
    pub fn requests(&self) -> (Rule, String, Statements) {
        (self.rule, self.message.clone(), self.statements.clone())
    }

    /// The same problem of one person alone, whose user or role is of this kind.
    pub fn of(mut self, kind: PrincipalKind, name: &UserName) -> Self {
        if self.rule == Rule::IsolationOwnRefused {
            self.help = SAME_OF_ALL;
        }
        let (active, suspended) = match kind.active() {
            PrincipalKind::Notebook => (format!("the notebook of `{name}`"), ""),
            _ => (format!("`{name}`"), ", who is suspended,"),
        };
        for (of_all, who) in [(kind.active(), active.clone()), (kind, format!("{active}{suspended}"))] {
            self.message = self.message.replacen(of_all.who(), &who, 1);
        }
        self
    }

    /// The same text for the same problem.
    pub fn key(&self) -> String {
        format!("{:?} {} {:?} {:?}", self.rule, self.message, self.notes, self.location)
    }
}

/// The document of a policy.
///
/// # Errors
/// If it cannot be read.
pub fn document<'p>(policy: &'p Policy<'_>) -> Result<&'p Document, Problem> {
    policy.document.parsed().map_err(|malformed| {
        let what = match policy.name.strip_prefix("trust of ") {
            Some(role) if policy.kind == PolicyKind::Trust => format!("the trust policy of `{role}`"),
            _ => format!("the policy `{}`", policy.name),
        };
        let message = format!("{what} cannot be read: {}", malformed.message);
        Problem::at(Rule::IsolationUndecided, message, GRAMMAR, &policy.location)
    })
}

/// What a line is about, in words, with a request.
pub fn line_in_words(line: &AccessLine, subject: &Subject<'_, '_>) -> String {
    let list = |texts: &[String]| texts.iter().map(|text| format!("`{}`", shown(text))).collect::<Vec<_>>().join(", ");
    let actions: Vec<String> = line.actions.iter().map(|action| spelled(subject, action)).collect();
    let conditions: Vec<String> = line.conditions.iter().map(|text| format!(", {}", shown(text))).collect();
    let (actions, resources) = (list(&actions), list(&line.resources));
    let (action, resource) = (spelled(subject, &line.example.action), shown(&line.example.resource));
    format!("{actions} on {resources}{}: for example `{action}` on `{resource}`", conditions.concat())
}

/// A text with words in the place of a prototype's names.
fn shown(text: &str) -> String {
    text.replace(PROTOTYPE_NOTEBOOK, "NOTEBOOK").replace(PROTOTYPE_NAME, "NAME").replace(PROTOTYPE_TEAM, "TEAM")
}

/// An action as the policies spell it.
pub fn spelled(subject: &Subject<'_, '_>, action: &str) -> String {
    let mut spelled = subject.inventory.policies.iter().flat_map(|policy| policy.document.actions());
    spelled.find(|spelled| spelled.eq_ignore_ascii_case(action)).unwrap_or(action).to_owned()
}
