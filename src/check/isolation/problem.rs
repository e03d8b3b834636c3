//! What was found, before it is known where it stands.

use crate::finding::Rule;
use crate::iam::AccessLine;

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
    /// The statements that make it so: the indexes of the policy in the inventory, and of the statement in it.
    pub statements: Vec<(usize, usize)>,
    /// The requests of which it is true, if it is about requests.
    pub lines: Vec<AccessLine>,
    /// Where it stands, if no statement makes it so: the stack, the logical ID, and the path in the resource.
    pub location: Option<(usize, String, String)>,
}

impl Problem {
    /// A problem that stands at a place in a template.
    pub fn at(rule: Rule, message: String, location: &crate::inventory::Location<'_>) -> Self {
        let location = (location.stack, location.logical_id.to_owned(), location.path.clone());
        let help =
            "let the templates define everything that decides what a person may do, in a form that is known here";
        Self {
            rule,
            is_warning: false,
            message,
            help,
            notes: Vec::new(),
            statements: Vec::new(),
            lines: Vec::new(),
            location: Some(location),
        }
    }

    /// The same text for the same problem.
    pub fn key(&self) -> String {
        let place = self.location.as_ref().map(|(stack, id, path)| format!("{stack} {id} {path}"));
        format!("{:?} {} {:?} {:?}", self.rule, self.message, self.notes, place)
    }
}
