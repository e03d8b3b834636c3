//! Owner tags: the tags `user` and `notebook`, by which policies know whose a thing is, say the name of the very user, role
//! or notebook that they are on; and where teams have folders, the tag `team` of a user or role says their team. IAM compares tag keys without regard to case, so no other tag may have such a key in
//! another case.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::collections::BTreeMap;

use serde_json::Value;

use super::checked::Checked;
use crate::finding::{Finding, Rule};
use crate::inventory::existing_notebook;
use crate::model::{NOTEBOOK, TEAM, USER, User};
use crate::plan::Names;

const NOTEBOOK_TYPE: &str = "AWS::SageMaker::NotebookInstance";

/// Checks the owner tags of a template's users, notebook roles and notebooks. What is wrong with several resources alike is
/// one finding.
///
/// `teams` are the teams of the people of the template, where teams have folders.
pub fn check(one: &Checked<'_>, names: &Names, teams: Option<&Teams<'_>>) -> Vec<Finding> {
    let of_role = NotebooksByRole::of(one);
    let mut wrong: BTreeMap<(&str, &str, bool), (Finding, usize)> = BTreeMap::new();
    for (id, resource) in one.resources() {
        let Some(properties) = resource.get("Properties") else { continue };
        let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
        let owner = owner(one, names, &of_role, (kind, resource));
        let team = teams.and_then(|teams| teams.wanted(kind, properties));
        for (key, wanted) in owner.into_iter().chain(team) {
            let Some(Wrong { path, found }) = wrong_tag(properties, key, &wanted) else { continue };
            let (_, count) = wrong.entry((kind, key, found.is_none())).or_insert_with(|| {
                let found = found.as_deref().unwrap_or("missing");
                let message = match wanted {
                    Wanted::Text(text) => format!("the tag `{key}` of `{id}` is {found}, and must be `{text}`"),
                    Wanted::Nothing => format!("the tag `{key}` of `{id}` is {found}, and there must be no such tag"),
                    Wanted::Unknown => {
                        format!("the tag `{key}` of `{id}` is {found}, and there is no name to compare it with")
                    }
                };
                // A user has the tags of the person besides, such as the e-mail address.
                let list = if kind == "AWS::IAM::User" { "user_tags" } else { "tags" };
                let help =
                    format!("write its `Tags` as `{{{{#each {list}}}}}`, with no other tag of this key, in any case");
                let finding = Finding::new(Rule::IsolationWrongTag, message)
                    .at(one.place(&format!("Resources/{id}/Properties{path}")))
                    .help(help)
                    .note("the policies of people and notebooks know by these tags whose a thing is");
                (finding, 0)
            });
            *count += 1;
        }
    }
    let finding = |(mut finding, count): (Finding, usize)| {
        let others = match count - 1 {
            0 => String::new(),
            1 => "; the same is wrong with 1 more resource of this stack".to_owned(),
            more => format!("; the same is wrong with {more} more resources of this stack"),
        };
        finding.message.push_str(&others);
        finding
    };
    wrong.into_values().map(finding).collect()
}

/// The teams of people, by user name.
pub struct Teams<'u>(BTreeMap<&'u str, Option<&'u str>>);

impl<'u> Teams<'u> {
    /// The teams of these people.
    pub fn of(users: &[&'u User]) -> Self {
        let team = |user: &'u User| user.tags.iter().find(|tag| tag.key == TEAM).map(|tag| tag.value.as_str());
        Self(users.iter().map(|user| (user.name.as_str(), team(user))).collect())
    }

    /// What the tag `team` of a user or role must say. A team's folder is open to none who is not one of its people.
    fn wanted(&self, kind: &str, properties: &Value) -> Option<(&'static str, Wanted)> {
        let name = match kind {
            "AWS::IAM::User" => "UserName",
            "AWS::IAM::Role" => "RoleName",
            _ => return None,
        };
        let name = properties.get(name).and_then(Value::as_str);
        let team = name.and_then(|name| self.0.get(name).copied().flatten());
        Some((TEAM, team.map_or(Wanted::Nothing, |team| Wanted::Text(team.to_owned()))))
    }
}

/// The notebooks of a template, by the names of the roles that they act as.
struct NotebooksByRole<'v> {
    by_name: BTreeMap<&'v str, &'v Value>,
    /// Whether the roles of all of them are known.
    complete: bool,
}

impl<'v> NotebooksByRole<'v> {
    fn of(one: &'v Checked<'_>) -> Self {
        let is_notebook = |resource: &Value| resource.get("Type").is_some_and(|kind| kind == NOTEBOOK_TYPE);
        let notebooks = one.resources().filter(|(_, resource)| is_notebook(resource));
        let existing = one.resources().filter_map(|(_, role)| {
            let name = role.get("Properties").and_then(|of| of.get("RoleName")).and_then(Value::as_str);
            existing_notebook(role).map(|notebook| (name, notebook))
        });
        let roles: Vec<(Option<&str>, &Value)> =
            notebooks.map(|(_, notebook)| (role_name(one, notebook), notebook)).chain(existing).collect();
        let complete = roles.iter().all(|(role, _)| role.is_some());
        Self { by_name: roles.into_iter().filter_map(|(role, one)| Some((role?, one))).collect(), complete }
    }
}

/// What a tag must say.
enum Wanted {
    Text(String),
    Nothing,
    /// Its resource has no literal name.
    Unknown,
}

impl Wanted {
    fn text(value: Option<&str>) -> Self {
        value.map_or(Self::Unknown, |text| Self::Text(text.to_owned()))
    }
}

/// What the owner tags of a resource must say. Resources that are nobody's have none.
fn owner(
    one: &Checked<'_>,
    names: &Names,
    of_role: &NotebooksByRole<'_>,
    (kind, resource): (&str, &Value),
) -> Vec<(&'static str, Wanted)> {
    let properties = resource.get("Properties").unwrap_or(&Value::Null);
    let text = |key: &str| properties.get(key).and_then(Value::as_str);
    // The role of a person's notebook has the person's name. A notebook whose role is unknown could be anybody's.
    let of_name = |name: Option<&str>| {
        let notebook = name.and_then(|name| of_role.by_name.get(name)).copied();
        let tag = (notebook.is_some() || of_role.complete).then(|| (NOTEBOOK, notebook_name(notebook)));
        std::iter::once((USER, Wanted::text(name))).chain(tag).collect()
    };
    match kind {
        "AWS::IAM::User" => of_name(text("UserName")),
        "AWS::IAM::Role" if text("Path") == Some(&names.notebook_role_path) || has_tag(properties, USER) => {
            of_name(text("RoleName"))
        }
        NOTEBOOK_TYPE => {
            vec![(USER, Wanted::text(role_name(one, resource))), (NOTEBOOK, notebook_name(Some(resource)))]
        }
        _ => Vec::new(),
    }
}

/// The name of a notebook, as a tag must say it.
fn notebook_name(notebook: Option<&Value>) -> Wanted {
    let name = |notebook: &Value| {
        Wanted::text(notebook.get("Properties").and_then(|of| of.get("NotebookInstanceName")).and_then(Value::as_str))
    };
    notebook.map_or(Wanted::Nothing, name)
}

/// The name of the role that a notebook acts as, where both are in this template.
fn role_name<'v>(one: &'v Checked<'_>, notebook: &Value) -> Option<&'v str> {
    let role = notebook.get("Properties")?.get("RoleArn")?.get("Fn::GetAtt")?.get(0)?.as_str()?;
    let resources = one.template.value.get("Resources")?;
    resources.get(role)?.get("Properties")?.get("RoleName")?.as_str()
}

/// Whether there is a tag of this key, in whatever case.
fn has_tag(properties: &Value, key: &str) -> bool {
    let is_it = |tag: &Value| tag.get("Key").and_then(Value::as_str).is_some_and(|own| own.eq_ignore_ascii_case(key));
    properties.get("Tags").and_then(Value::as_array).is_some_and(|tags| tags.iter().any(is_it))
}

/// A tag that is not as it must be.
struct Wrong {
    /// Where it stands below the properties.
    path: String,
    /// What it is; `None` for one that is missing.
    found: Option<String>,
}

fn wrong_tag(properties: &Value, key: &str, wanted: &Wanted) -> Option<Wrong> {
    let tags = properties.get("Tags").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut is_there = false;
    for (index, tag) in tags.iter().enumerate() {
        let [own_key, value] = ["Key", "Value"].map(|part| tag.get(part).and_then(Value::as_str));
        // A key that is no literal text could be this one.
        if own_key.is_some_and(|own| !own.eq_ignore_ascii_case(key)) {
            continue;
        }
        let is_right = matches!(wanted, Wanted::Text(text) if own_key == Some(key) && value == Some(text));
        if !is_right || is_there {
            let found = match (own_key, value) {
                (Some(own), Some(value)) if own == key => format!("`{value}`"),
                (Some(own), Some(value)) => format!("`{value}` under the key `{own}`"),
                _ => "no literal text".to_owned(),
            };
            return Some(Wrong { path: format!("/Tags/{index}"), found: Some(found) });
        }
        is_there = true;
    }
    let is_wanted = !matches!(wanted, Wanted::Nothing);
    (is_wanted && !is_there).then(|| Wrong { path: String::new(), found: None })
}
