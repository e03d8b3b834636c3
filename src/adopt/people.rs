//! Who of an account is a person, and which notebook is whose.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::account::{Export, IdentityDetail, LiveNotebook, LiveTag, path_of};
use crate::finding::{Finding, Rule};
use crate::inventory::{Documents, IdentityKind, Principal};
use crate::model::{DISPLAY_NAME, EMAIL, NotebookName, TEAM, USER, is_reserved_tag};

/// The people of an account.
#[derive(Debug, Default)]
pub struct Roster {
    /// A row of the roster for each, by name.
    pub rows: Vec<Value>,
    /// The users who are taken for nobody's, by name.
    pub others: Vec<String>,
}

/// Who has a folder in the bucket, a notebook, or the documents' policy on the bucket; and those whom `more` names.
/// `role_path` is the path of the notebooks' roles.
pub fn roster(export: &Export, role_path: &str, more: &[String], findings: &mut Vec<Finding>) -> Roster {
    let notebooks = owned(export, findings);
    let granted = granted(export);
    let folders: BTreeSet<&str> = export.bucket.folders.iter().map(String::as_str).collect();
    let mut users: Vec<&IdentityDetail> = export.identities.users.iter().collect();
    users.sort_by(|a, b| a.name.cmp(&b.name));
    let mut roster = Roster::default();
    for user in users {
        let name = user.name.as_str();
        let is_person = folders.contains(name)
            || notebooks.contains_key(name)
            || granted.contains(name)
            || more.iter().any(|one| one == name);
        if is_person {
            let notebook = notebooks.get(name).copied().filter(|one| can_have(export, name, one, role_path, findings));
            roster.rows.push(row(user, notebook));
        } else {
            roster.others.push(name.to_owned());
        }
    }
    roster
}

fn left_out(message: String, notebook: &LiveNotebook, help: impl Into<String>) -> Finding {
    Finding::new(Rule::AdoptLeftOut, message).at(notebook.place.clone()).help(help)
}

/// The notebook of each person, by the tag `user`, or by its name where it has no such tag.
fn owned<'e>(export: &'e Export, findings: &mut Vec<Finding>) -> BTreeMap<&'e str, &'e LiveNotebook> {
    let mut users: BTreeSet<&str> = BTreeSet::new();
    let mut by_letters: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for user in &export.identities.users {
        users.insert(&user.name);
        by_letters.entry(letters(&user.name)).or_default().push(&user.name);
    }
    let mut all: BTreeMap<&str, Vec<(&LiveNotebook, bool)>> = BTreeMap::new();
    for notebook in export.notebooks.values() {
        let name = &notebook.name;
        let tag = notebook.tags.iter().find(|tag| tag.key == USER).map(|tag| tag.value.as_str());
        let owner = match (tag, by_letters.get(&letters(name)).map(Vec::as_slice)) {
            (Some(tag), _) => users.get(tag).copied(),
            (None, Some([only])) => Some(*only),
            (None, _) => None,
        };
        match (owner, tag) {
            (Some(owner), _) => all.entry(owner).or_default().push((notebook, tag.is_some())),
            (None, tag) => {
                let why = tag
                    .map_or("has no tag `user`".to_owned(), |tag| format!("is `{tag}`'s, who is no user, by its tag"));
                let message = format!("the notebook `{name}` stays as it is: it {why}");
                let help = "give it the tag `user` with its person's name, then export and adopt again; or delete it once nobody misses it";
                findings.push(left_out(message, notebook, help));
            }
        }
    }
    let mut owned = BTreeMap::new();
    for (owner, mut notebooks) in all {
        // What is tagged goes before what is only called so.
        notebooks
            .sort_by_key(|(notebook, tagged)| (!tagged, letters(&notebook.name) != letters(owner), &notebook.name));
        let mut notebooks = notebooks.into_iter();
        let Some((first, tagged)) = notebooks.next() else { continue };
        if !tagged {
            let message =
                format!("the notebook `{}` has no tag `user`, and is taken for `{owner}`'s by its name", first.name);
            let help = "if it is another's, change the roster before anything is imported";
            findings.push(Finding::new(Rule::AdoptAssumedOwner, message).at(first.place.clone()).help(help));
        }
        for (other, _) in notebooks {
            let message = format!(
                "the notebook `{}` stays as it is: `{owner}` has `{}`, and a person has one notebook",
                other.name, first.name
            );
            let help = format!("save what is worth keeping into the folder `{owner}/`, and delete it");
            findings.push(left_out(message, other, help));
        }
        owned.insert(owner, first);
    }
    owned
}

/// The letters and digits of a name, without regard to case: a user `tanaka.taro` has a notebook `tanaka-taro`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// Whether racestack can let a person have this notebook.
fn can_have(
    export: &Export,
    user: &str,
    notebook: &LiveNotebook,
    role_path: &str,
    findings: &mut Vec<Finding>,
) -> bool {
    let name = &notebook.name;
    if NotebookName::parse(name).is_ok_and(|name| name.holds_separator()) {
        let message = format!(
            "the notebook `{name}` of `{user}` stays as it is: its name holds `--`, which ends the notebook's name in those of training jobs"
        );
        let help = format!("let `{user}` have a new one: `notebook: true`; save what is on `{name}`, and delete it");
        findings.push(left_out(message, notebook, help));
        return false;
    }
    let role = export.identities.roles.iter().find(|role| role.name.eq_ignore_ascii_case(user));
    let Some(role) = role.filter(|role| path_of(&role.arn, &role.name) != role_path) else { return true };
    let message = format!(
        "the notebook `{name}` of `{user}` stays as it is: its role would be `{user}` under `{role_path}`, and there is a role of that name already"
    );
    let help = format!("once nothing uses the role `{}`, delete it, then export and adopt again", role.name);
    findings.push(left_out(message, notebook, help).related(export.place(&role.arn), "the role"));
    false
}

/// The users with a policy on a folder of their own in the bucket, as the documents have it.
fn granted(export: &Export) -> BTreeSet<String> {
    let folder = format!("{}/${{aws:username}}", export.bucket_name);
    let inventory = export.inventory(&mut Documents::default());
    let grants: Vec<bool> =
        inventory.policies.iter().map(|policy| policy.document.value.to_string().contains(&folder)).collect();
    let is_granted = |one: &Principal<'_>| {
        one.kind == IdentityKind::User && one.policies.iter().any(|index| grants.get(*index) == Some(&true))
    };
    inventory.principals.into_iter().filter(is_granted).map(|user| user.name).collect()
}

/// The row of a person.
fn row(user: &IdentityDetail, notebook: Option<&LiveNotebook>) -> Value {
    let mut row = Map::from_iter([("name".to_owned(), json!(user.name))]);
    let value = |key: &str| user.tags.iter().find(|tag| tag.key == key && !tag.value.is_empty()).map(|tag| &tag.value);
    for (column, key) in [("display_name", DISPLAY_NAME), ("email", EMAIL), ("team", TEAM)] {
        row.extend(value(key).map(|value| (column.to_owned(), json!(value))));
    }
    let notebook = notebook.map_or(json!(false), |notebook| {
        let mut own = json!({"name": notebook.name, "existing": true});
        for (column, property) in [("instance_type", "InstanceType"), ("volume_gb", "VolumeSizeInGB")] {
            if let Some(value) = notebook.properties.get(property) {
                own[column] = value.clone();
            }
        }
        own
    });
    row.insert("notebook".to_owned(), notebook);
    let own = |tag: &&LiveTag| !tag.key.starts_with("aws:") && !is_reserved_tag(&tag.key);
    let tags: Map<String, Value> =
        user.tags.iter().filter(own).map(|tag| (tag.key.clone(), json!(tag.value))).collect();
    if !tags.is_empty() {
        row.insert("tags".to_owned(), tags.into());
    }
    row.into()
}
