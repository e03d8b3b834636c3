//! Owner tags: the tags `user` and `notebook`, by which policies know whose a thing is, say the names of the person and notebook
//! whose the user, role or notebook is; and where teams have folders, the tag `team` says their team. IAM compares tag keys
//! without regard to case, so no other tag may have such a key in another case.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use serde_json::Value;

use super::problem::Problem;
use crate::facts::{NOTEBOOK_TYPE, ROLE_TYPE, USER_TYPE};
use crate::finding::Rule;
use crate::inventory::{Resource, one_or_more};
use crate::model::{NOTEBOOK, TEAM, USER};
use crate::plan::AccountPlan;

/// The first owner tag of a resource that is not as in `like`, which the built-in templates have of its type; without one, it has
/// none.
pub fn check(plan: &AccountPlan<'_>, resource: &Resource<'_>, like: Option<&Resource<'_>>) -> Option<Problem> {
    let (id, kind) = (resource.logical_id, resource.kind);
    let with_team = kind != NOTEBOOK_TYPE && plan.account.settings.bucket.team_folders;
    let keys = [USER, NOTEBOOK, TEAM].into_iter().take(if with_team { 3 } else { 2 });
    let is_notebook_role = || resource.property("Path").is_some_and(|path| *path == plan.names.notebook_role_path);
    let like = like.filter(|_| kind != ROLE_TYPE || tags(resource, USER).next().is_some() || is_notebook_role());
    let wrong = |key: &'static str| {
        let wanted = like.and_then(|like| tags(like, key).next()).and_then(|(_, _, value)| value);
        // Beside the notebook that racestack makes of a person there may be another.
        let own = resource.property("NotebookInstanceName").and_then(Value::as_str);
        let wanted = if kind == NOTEBOOK_TYPE && key == NOTEBOOK { own.filter(|_| like.is_some()) } else { wanted };
        let mut found = tags(resource, key);
        let is_right = |(_, own, value): &(usize, Option<&str>, Option<&str>)| {
            *own == Some(key) && value.is_some() && *value == wanted
        };
        // The second of two is one too many.
        let first = found.next();
        let at_fault = first.filter(|tag| !is_right(tag)).or_else(|| found.next());
        if at_fault.is_none() && first.is_some() == wanted.is_some() {
            return None;
        }
        let found = match at_fault {
            None => "missing".to_owned(),
            Some((_, Some(own), Some(value))) if own == key => format!("`{value}`"),
            Some((_, Some(own), Some(value))) => format!("`{value}` under the key `{own}`"),
            Some(_) => "no literal text".to_owned(),
        };
        let must = if wanted.is_some() { "must be each person's own" } else { "there must be no such tag" };
        let message = format!("the tag `{key}` of `{id}` is {found}, and {must}");
        let path = at_fault.map_or_else(String::new, |(index, ..)| format!("/Tags/{index}"));
        let at = resource.location(format!("Properties{path}"));
        // A user has the tags of the person besides, such as the e-mail address.
        let help = if kind == USER_TYPE {
            "write its `Tags` as `{{#each user_tags}}`, with no other tag of this key, in any case"
        } else {
            "write its `Tags` as `{{#each tags}}`, with no other tag of this key, in any case"
        };
        let notes = vec!["the policies of people and notebooks know by these tags whose a thing is".to_owned()];
        Some(Problem { notes, ..Problem::at(Rule::IsolationWrongTag, message, help, &at) })
    };
    keys.filter(|_| [USER_TYPE, ROLE_TYPE, NOTEBOOK_TYPE].contains(&kind)).find_map(wrong)
}

/// The tags of a resource with this key, in whatever case, or with a key that is no literal text: each with its index.
fn tags<'v>(resource: &Resource<'v>, key: &str) -> impl Iterator<Item = (usize, Option<&'v str>, Option<&'v str>)> {
    // Tags that a function makes are one that is no literal text.
    let tags = one_or_more(resource.property("Tags")).enumerate();
    let text = |tag: &'v Value, part: &str| tag.get(part).and_then(Value::as_str);
    let all = tags.map(move |(index, tag)| (index, text(tag, "Key"), text(tag, "Value")));
    all.filter(move |(_, own, _)| own.is_none_or(|own| own.eq_ignore_ascii_case(key)))
}
