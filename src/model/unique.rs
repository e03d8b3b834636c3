//! What must be each user's own: the name, the notebook's name.

use std::collections::BTreeMap;

use super::users::User;
use crate::finding::{Finding, Rule};

/// Finds users of an account who would share what must be each one's own.
pub(super) fn check(users: &[User], findings: &mut Vec<Finding>) {
    let mut names: BTreeMap<String, &User> = BTreeMap::new();
    let mut notebooks: BTreeMap<String, &User> = BTreeMap::new();
    let mut emails: BTreeMap<String, &User> = BTreeMap::new();
    let mut by_place: Vec<&User> = users.iter().collect();
    by_place.sort_by_key(|user| user.place.span.start);
    for user in by_place {
        if let Some(first) = names.insert(user.name.as_str().to_lowercase(), user) {
            let message = if first.name == user.name {
                format!("the user `{}` is twice in the roster", user.name)
            } else {
                format!("the users `{}` and `{}` differ in case alone", first.name, user.name)
            };
            let help = "change `name`, or remove the row: IAM user names are unique without regard to case";
            findings.push(Finding::twice(Rule::RosterDuplicateUser, message, &user.place, &first.place, help));
            continue;
        }
        if let Some(email) = &user.email
            && let Some(first) = emails.insert(email.to_lowercase(), user)
        {
            let message = format!("the users `{}` and `{}` have one e-mail address, `{email}`", first.name, user.name);
            let help = "if they are one person, keep one row; for a new name, write the former one under `was`";
            findings.push(Finding::twice(Rule::RosterDuplicateEmail, message, &user.place, &first.place, help));
        }
        let Some(notebook) = &user.notebook else { continue };
        if let Some(first) = notebooks.insert(notebook.name.as_str().to_lowercase(), user) {
            let message = format!(
                "the notebooks of `{}` and `{}` would share the name `{}`",
                first.name, user.name, notebook.name
            );
            let help = "set `notebook.name` for one of them";
            findings.push(Finding::twice(Rule::RosterSharedNotebookName, message, &user.place, &first.place, help));
        }
    }
    // Training jobs of `a--b` could be named like those of `a`.
    let behind = users.iter().filter_map(|user| Some((user, &user.notebook.as_ref()?.name)));
    for (user, name) in behind {
        let other = name.before_separators().find_map(|before| notebooks.get(&before.to_lowercase()));
        if let Some(other) = other {
            let message =
                format!("the training jobs of `{}` and `{}` could have the same names", other.name, user.name);
            findings.push(
                Finding::new(Rule::RosterSharedNotebookName, message)
                    .at(other.place.clone())
                    .related(user.place.clone(), format!("has the notebook `{name}`"))
                    .help("set `notebook.name` for one of them")
                    .note("in the names of training jobs, `--` ends the notebook's name"),
            );
        }
    }
}
