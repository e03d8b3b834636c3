//! What changes besides resources: who comes, who goes, who has another name, and who is suspended; and the files of an account's
//! folder besides its templates and its manifest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::folder::AccountFolder;
use super::model::{FileDiff, PersonChange, PersonDiff, Presence};
use crate::facts::{NOTEBOOK_TYPE, SECRET_TYPE, USER_TYPE};
use crate::model::{EMAIL, Rename};
use crate::output::{DEPLOY_FILE, MANIFEST_FILE, Manifest, StackEntry, UserEntry, usual_script};

/// What becomes of the people of an account. Of one that is gone nothing is told: its stacks stay.
pub(super) fn people(account: &str, old: Option<&AccountFolder>, new: Option<&AccountFolder>) -> Vec<PersonDiff> {
    let Some(new) = new else { return Vec::new() };
    let (before, now) = (by_name(old), by_name(Some(new)));
    let person = |name: &str, change| PersonDiff {
        account: account.to_owned(),
        name: name.to_owned(),
        change,
        was: None,
        email_of: None,
        email_was: None,
        steps: Vec::new(),
    };
    let left: BTreeSet<&str> =
        old.into_iter().flat_map(|old| &old.stacks).flat_map(|stack| &stack.left).map(String::as_str).collect();
    let [emails_before, emails] = [old, Some(new)].map(emails);
    let whose: BTreeMap<&String, &str> = emails_before.iter().map(|(name, email)| (email, *name)).collect();
    let mut found = Vec::new();
    let former = former(old, Some(new));
    let renamed: BTreeSet<&str> = former.values().map(|was| was.name.as_str()).collect();
    // An older manifest does not say who is suspended.
    let tells_suspended = old.is_some_and(|old| old.manifest.version >= 2);
    for (name, user) in &now {
        let was = former.get(name).copied();
        match (before.get(name), was.map(|was| was.name.as_str())) {
            (None, Some(was)) => {
                let steps = Rename {
                    bucket: &new.manifest.bucket,
                    region: &new.manifest.region,
                    was,
                    name,
                    loses_notebook: old.is_some_and(|old| has_notebook(old, before[was])),
                    password_secret: password_secret(new, user),
                }
                .steps();
                found.push(PersonDiff { was: Some(was.to_owned()), steps, ..person(name, PersonChange::Renamed) });
            }
            (None, None) => found.push(person(name, PersonChange::Joins)),
            (Some(_), _) => {}
        }
        let returns = !before.contains_key(name) && left.contains(name);
        found.extend(returns.then(|| person(name, PersonChange::Returns)));
        let own = was.map_or(*name, |was| was.name.as_str());
        let email_was = emails_before.get(own);
        let email = emails.get(name).filter(|email| email_was != Some(*email));
        // Who keeps it has it still.
        let other = email.and_then(|email| whose.get(email)).filter(|other| emails.get(*other) != email);
        if let Some(other) = other {
            found.push(PersonDiff { email_of: Some((*other).to_owned()), ..person(name, PersonChange::TakesEmail) });
        } else if was.is_none() {
            // Who is renamed gets another user, without the keys of the one before.
            let differs = email_was.zip(email).filter(|(was, email)| local_part(was) != local_part(email));
            let other = |(was, _): (&String, _)| PersonDiff {
                email_was: Some(was.clone()),
                ..person(name, PersonChange::OtherEmail)
            };
            found.extend(differs.map(other));
        }
        let suspended = before.get(name).copied().or(was).map(|before| (before.suspended, user.suspended));
        match suspended.filter(|_| tells_suspended) {
            Some((false, true)) => found.push(person(name, PersonChange::Suspended)),
            Some((true, false)) => found.push(person(name, PersonChange::Resumed)),
            _ => {}
        }
    }
    let gone = before.keys().filter(|name| !now.contains_key(*name) && !renamed.contains(*name));
    found.extend(gone.map(|name| person(name, PersonChange::Leaves)));
    found
}

/// Who was there before under another name: by the new name, what the old manifest says.
pub(super) fn former<'a>(
    old: Option<&'a AccountFolder>,
    new: Option<&'a AccountFolder>,
) -> BTreeMap<&'a str, &'a UserEntry> {
    let (before, now) = (by_name(old), by_name(new));
    let renamed = now.iter().filter(|(name, _)| !before.contains_key(*name));
    let former = renamed.filter_map(|(name, user)| {
        let was = before.get(user.was.as_deref()?)?;
        (!now.contains_key(was.name.as_str())).then_some((*name, *was))
    });
    former.collect()
}

/// Whether a stack has the user's notebook: one that was made by hand is in none.
fn has_notebook(account: &AccountFolder, user: &UserEntry) -> bool {
    let mut notebooks = account.resources().filter(|(.., one)| one["Type"] == NOTEBOOK_TYPE);
    let name = user.notebook.as_deref();
    name.is_some() && notebooks.any(|(.., one)| one["Properties"]["NotebookInstanceName"].as_str() == name)
}

/// The name of the secret with the user's first password, if the user has a password.
fn password_secret(account: &AccountFolder, user: &UserEntry) -> Option<String> {
    let mut users = account.resources().filter(|(.., one)| one["Type"] == USER_TYPE);
    let (.., own) = users.find(|(.., one)| one["Properties"]["UserName"] == user.name.as_str())?;
    own["Properties"].get("LoginProfile")?;
    let secrets = account.resources().filter(|(.., one)| one["Type"] == SECRET_TYPE);
    let mut names = secrets.filter_map(|(.., one)| one["Properties"]["Name"].as_str());
    let of_user = format!("/{}/password", user.name);
    names.find(|name| name.ends_with(&of_user)).map(str::to_owned)
}

/// The e-mail addresses of an account's people, by name, without regard to case.
fn emails(account: Option<&AccountFolder>) -> BTreeMap<&str, String> {
    let all = account.into_iter().flat_map(AccountFolder::resources);
    let users = all.filter(|(.., one)| one["Type"] == USER_TYPE).map(|(.., user)| &user["Properties"]);
    let email = |user: &'_ Value| {
        let tags = user["Tags"].as_array()?;
        Some(tags.iter().find(|tag| tag["Key"] == EMAIL)?["Value"].as_str()?.to_lowercase())
    };
    users.filter_map(|user| Some((user["UserName"].as_str()?, email(user)?))).collect()
}

/// What tells people of a company apart: where the domain alone is another, the company has another, and its people are the same.
fn local_part(email: &str) -> &str {
    email.split('@').next().unwrap_or(email)
}

fn by_name(account: Option<&AccountFolder>) -> BTreeMap<&str, &UserEntry> {
    let users = account.into_iter().flat_map(|account| &account.stacks).flat_map(|stack| &stack.users);
    users.map(|user| (user.name.as_str(), user)).collect()
}

/// The files that differ in more than checksums, which differ whenever a template does, and than people, whom the diff tells
/// of already. Of an account that is added, its script is compared with the one that synth would write for it.
pub(super) fn other_files(old: Option<&AccountFolder>, new: Option<&AccountFolder>) -> Vec<FileDiff> {
    let Some(new) = new else { return Vec::new() };
    let nothing = BTreeMap::new();
    let olds = old.map_or(&nothing, |old| &old.others);
    let names: BTreeSet<&String> = olds.keys().chain(new.others.keys()).collect();
    let [old_lists, new_lists] = [old, Some(new)].map(|account| account.map(lists_of_people).unwrap_or_default());
    let differing = |name: &String| {
        let [old_bytes, bytes] = [olds.get(name), new.others.get(name)];
        let text = |bytes: Option<&Vec<u8>>, lists| Some(in_short(std::str::from_utf8(bytes?).ok()?, lists));
        let usual = || {
            let stacks: Vec<&StackEntry> = new.stacks.iter().map(|stack| &**stack).collect();
            in_short(&usual_script(&new.manifest, &stacks), &[])
        };
        let old_text = if old.is_none() && name == DEPLOY_FILE { Some(usual()) } else { text(old_bytes, &old_lists) };
        let texts = [old_text, text(bytes, &new_lists)];
        let same = if texts.contains(&None) { old_bytes == bytes } else { texts[0] == texts[1] };
        let [old_text, new_text] = texts;
        (!same).then(|| FileDiff {
            name: name.clone(),
            presence: Presence::of(old_bytes.is_some(), bytes.is_some()),
            old: old_text,
            new: new_text,
        })
    };
    names.into_iter().filter_map(differing).chain(old.and_then(|old| manifests(old, new))).collect()
}

/// What the manifests say besides what the diff tells of stacks and people, where it differs.
fn manifests(old: &AccountFolder, new: &AccountFolder) -> Option<FileDiff> {
    let names = |account: &AccountFolder| account.stacks.iter().map(|stack| stack.name.clone()).collect();
    let [olds, news]: [BTreeSet<String>; 2] = [old, new].map(names);
    let [old, new] = [old, new].map(|account| {
        let order = account.stacks.iter().map(|stack| &stack.name);
        let order: String = order
            .filter(|name| olds.contains(*name) && news.contains(*name))
            .flat_map(|name| [name.as_str(), "\n"])
            .collect();
        let Manifest { version, partition, bucket, .. } = &account.manifest;
        format!("version: {version}\npartition: {partition}\nbucket: {bucket}\norder:\n{order}")
    });
    let name = MANIFEST_FILE.to_owned();
    (old != new).then_some(FileDiff { name, presence: Presence::Both, old: Some(old), new: Some(new) })
}

/// The first line of a list of people in the data of a `deploy.sh`, and the lines that the manifest gives it, each behind the
/// line of the stack that it stands below.
type ListOfPeople = (&'static str, BTreeSet<(String, String)>);

/// The lists of people. Nothing but what the manifest gives them is left out, since a shell may run it. It may run what is behind
/// a quotation mark, too, whatever manifest names that.
fn lists_of_people(account: &AccountFolder) -> Vec<ListOfPeople> {
    let [mut users, mut suspended, mut renamed]: [BTreeSet<(String, String)>; 3] = Default::default();
    for stack in &account.stacks {
        let head = format!("{} -", stack.file);
        let is_empty = stack.users.is_empty() && stack.left.is_empty();
        users.extend((!is_empty).then(|| (head.clone(), head.clone())));
        users.extend(stack.left.iter().map(|name| (head.clone(), format!("- {name}"))));
        for UserEntry { name, logical_id, notebook, was, suspended: is_suspended } in &stack.users {
            users.insert((head.clone(), format!("{logical_id}User {name}")));
            let notebook = notebook.as_deref().unwrap_or("-");
            suspended.extend(is_suspended.then(|| (String::new(), format!("{name} {notebook}"))));
            renamed.extend(was.as_ref().map(|was| (String::new(), format!("{was} {name}"))));
        }
    }
    let mut lists = vec![("\nusers='\n", users), ("\nsuspended='\n", suspended), ("\nrenamed='\n", renamed)];
    for (_, list) in &mut lists {
        list.retain(|(_, line)| !line.contains('\''));
    }
    lists
}

/// A text without checksums and without what the manifest gives its lists of people, and with a line for each whom a list lacks.
fn in_short(text: &str, lists: &[ListOfPeople]) -> String {
    let text = format!("\n{}", without_checksums(text));
    let mut text = lists.iter().fold(text, |text, (head, expected)| {
        let Some((before, rest)) = text.split_once(head) else { return text };
        let (list, behind) =
            rest.split_at(if rest.starts_with('\'') { 0 } else { rest.find("\n'").map_or(0, |at| at + 1) });
        let (mut missing, mut kept, mut stack) = (expected.clone(), Vec::new(), "");
        // A line that ends with a carriage return is another to a shell.
        for line in list.split_terminator('\n') {
            if missing.contains(&(line.to_owned(), line.to_owned())) {
                stack = line;
            }
            // Behind a line that the manifest does not give, all are kept.
            if !kept.is_empty() || !missing.remove(&(stack.to_owned(), line.to_owned())) {
                kept.push(line);
            }
        }
        let missing = missing.iter().filter(|(_, line)| !kept.contains(&line.as_str()));
        let missing: String = missing.flat_map(|(_, line)| ["(not in this list: ", line.as_str(), ")\n"]).collect();
        let kept: String = kept.into_iter().flat_map(|line| [line, "\n"]).collect();
        [before, head, &missing, &kept, behind].concat()
    });
    text.split_off(1)
}

/// The text without runs of the 64 hexadecimal digits that a SHA-256 has.
fn without_checksums(text: &str) -> String {
    const DIGITS: usize = 64;
    let is_other = |c: char| !c.is_ascii_hexdigit();
    let runs = text.split_inclusive(is_other);
    runs.map(|run| if run.trim_end_matches(is_other).len() == DIGITS { &run[DIGITS..] } else { run }).collect()
}
