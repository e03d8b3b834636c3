//! The people of an account: roster rows, validated, with the names that their things get.

use std::collections::BTreeMap;

use super::ids::{NewNames, Wish};
use super::instance_types::{self, AllowedTypes};
use super::lock::{self, PlacementLock, StackNumber};
use super::names::{InstanceType, LogicalId, NotebookName, UserName};
use super::sharing::{self, ReservedName};
use super::tags::{self, Tag};
use crate::config::{Node, RosterConfig, RosterNotebook, RosterNotebookSettings, RosterRow, State, shorten};
use crate::config::{mixed_alphabets, refused_character};
use crate::facts::limits;
use crate::finding::{Finding, Rule, each};
use crate::source::Place;

/// A person of an account.
#[derive(Debug, Clone)]
pub struct User {
    /// The name of the IAM user, of the folder in the bucket, and of the notebook's role.
    pub name: UserName,
    /// What the logical IDs of the person's resources begin with.
    pub logical_id: LogicalId,
    /// The tags of all the person's things, `user` first.
    pub tags: Vec<Tag>,
    /// The tags of the IAM user alone: the display name and the e-mail address.
    pub person_tags: Vec<Tag>,
    /// Whether the person keeps everything and may do nothing.
    pub suspended: bool,
    /// Whether the person gets a password for the AWS console.
    pub console: bool,
    /// The person's notebook, if they have one.
    pub notebook: Option<Notebook>,
    /// The person's e-mail address, as the lock can hold it.
    pub email: Option<String>,
    /// The users stack that the lock has the person in; `None` for someone new.
    pub stack: Option<StackNumber>,
    /// The name that the person had before, if the lock knows it.
    pub was: Option<UserName>,
    /// Where the roster names the person.
    pub place: Place,
}

/// A person's notebook instance.
#[derive(Debug, Clone)]
pub struct Notebook {
    /// The name of the instance.
    pub name: NotebookName,
    /// Its type.
    pub instance_type: InstanceType,
    /// The size of its volume in GB.
    pub volume_gb: u32,
    /// Whether it was made by hand, and no stack has it.
    pub existing: bool,
}

/// What holds for everyone in the account unless their row says otherwise.
pub(super) struct Defaults<'a> {
    /// `None` when the settings' own is wrong, which is a finding already.
    pub instance_type: Option<InstanceType>,
    /// The types that notebooks may have; any where there is no list.
    pub allowed_types: Option<&'a AllowedTypes>,
    pub volume_gb: Option<u32>,
    pub console: bool,
    pub tags: &'a [Tag],
    pub reserved_names: &'a [ReservedName],
    /// Whether teams have folders, whose names their names then are.
    pub team_folders: bool,
    pub lock: &'a PlacementLock,
}

/// The lock, and what the rows of the roster make of it.
struct Known<'a> {
    lock: &'a PlacementLock,
    new: NewNames,
    /// The names of the lock in lower case: IAM takes `Ann` and `ann` for one.
    by_lower_case: BTreeMap<String, &'a UserName>,
}

/// Validates a roster; the users come by name, whatever the order of the rows.
pub(super) fn build(roster: &RosterConfig, defaults: &Defaults, findings: &mut Vec<Finding>) -> Vec<User> {
    let wishes = roster.rows.iter().filter_map(|(_, row)| {
        let notebook = match &row.notebook {
            Some(RosterNotebook::Settings(own)) => own.name.clone(),
            _ => None,
        };
        Some(Wish { name: UserName::parse(&row.name).ok()?, notebook })
    });
    let known = Known {
        lock: defaults.lock,
        new: NewNames::of(defaults.lock, wishes.collect()),
        by_lower_case: defaults.lock.entries.keys().map(|name| (name.as_str().to_lowercase(), name)).collect(),
    };
    let users = each(&roster.rows, findings, |(node, row), findings| user(node, row, defaults, &known, findings));
    let mut users: Vec<User> = users.into_iter().flatten().collect();
    users.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.place.span.start.cmp(&b.place.span.start)));
    users
}

fn user(node: &Node, row: &RosterRow, defaults: &Defaults, known: &Known, findings: &mut Vec<Finding>) -> Option<User> {
    let place = node.place_of("name");
    // What needs no name is looked at first: a person with a wrong name may have a wrong tag as well.
    let (own_tags, mut tag_findings) = tags::read(row.tags.as_ref(), node.get("tags"), Rule::RosterInvalidTag);
    findings.append(&mut tag_findings);
    let team = team_tag(row, node, defaults.team_folders, findings);
    let person_tags = person_tags(row, node, findings);
    let name = match UserName::parse(&row.name) {
        Ok(name) => name,
        Err(refusal) => {
            findings.push(
                Finding::new(
                    Rule::RosterInvalidName,
                    format!("IAM refuses the user name `{}`, allowed are {}", shorten(&row.name), refusal.allowed),
                )
                .at(place)
                .help("change `name`; `display_name` takes names in any script")
                .notes(refused_character(&row.name, UserName::takes)),
            );
            return None;
        }
    };
    findings.extend(defaults.reserved_names.iter().find_map(|reserved| reserved.refuse(&name, &place)));
    if let Some(locked) = known.by_lower_case.get(&name.as_str().to_lowercase()).filter(|locked| ***locked != name) {
        findings.push(
            Finding::new(
                Rule::RosterDuplicateUser,
                format!("the lock has the user `{name}` in another case, as `{locked}`"),
            )
            .at(place.clone())
            .help(format!("write `{locked}`: IAM user names are unique without regard to case"))
            .note("CloudFormation would make the new user before it deletes the old one, and fail"),
        );
        return None;
    }
    let locked = known.lock.entries.get(&name);
    let notebook = match &row.notebook {
        Some(RosterNotebook::Wanted(false)) => None,
        Some(RosterNotebook::Settings(own)) => notebook(&name, Some(own), node, defaults, known, findings),
        Some(RosterNotebook::Wanted(true)) | None => notebook(&name, None, node, defaults, known, findings),
    };
    let mut all_tags = vec![Tag::new(tags::USER, name.as_str())];
    all_tags.extend(notebook.as_ref().map(|notebook| Tag::new(tags::NOTEBOOK, notebook.name.as_str())));
    all_tags.extend(team);
    all_tags.push(Tag::new(tags::MANAGED_BY, tags::MANAGED_BY_RACESTACK));
    all_tags.extend(tags::merge(defaults.tags, &own_tags));
    let count = all_tags.len() + person_tags.len();
    if count > limits::TAGS {
        findings.push(
            Finding::new(
                Rule::RosterTooManyTags,
                format!("`{name}` would have {count} tags, allowed are {}", limits::TAGS),
            )
            .at(place.clone())
            .help("remove some of `tags`, here or in the settings"),
        );
    }
    Some(User {
        logical_id: match locked {
            Some(entry) => entry.logical_id.clone(),
            None => known.new.logical_id(&name)?.clone(),
        },
        stack: locked.map(|entry| entry.stack),
        email: lock::email_word(row.email.as_deref()),
        was: row
            .was
            .as_deref()
            .and_then(|was| known.lock.entries.get_key_value(&UserName::parse(was).ok()?))
            .map(|(was, _)| was.clone()),
        name,
        tags: all_tags,
        person_tags,
        suspended: row.state == Some(State::Suspended),
        console: row.console.unwrap_or(defaults.console),
        notebook,
        place,
    })
}

fn team_tag(row: &RosterRow, node: &Node, has_folder: bool, findings: &mut Vec<Finding>) -> Option<Tag> {
    let team = row.team.as_deref()?;
    findings.extend(mixed("team", team, node));
    if tags::is_value(team) {
        if has_folder && !sharing::is_team_folder(team) {
            findings.push(sharing::no_team_folder(team, node.place_of("team")));
            return None;
        }
        return Some(Tag::new(tags::TEAM, team));
    }
    findings.push(
        Finding::new(Rule::RosterInvalidTag, format!("AWS refuses the value `{}` of the tag `team`", shorten(team)))
            .at(node.place_of("team"))
            .help("allowed in `team` are up to 256 letters, digits, spaces and `_ . : / = + - @`")
            .notes(refused_character(team, tags::takes)),
    );
    None
}

/// A warning of letters that look like others, where two alphabets mix in a word: `r\u{430}cing` is another team than `racing`.
fn mixed(column: &str, value: &str, node: &Node) -> Option<Finding> {
    let which = mixed_alphabets(value)?;
    let message = format!("a word of `{}` has letters of two alphabets", shorten(value));
    let finding = Finding::new(Rule::RosterMixedAlphabets, message).at(node.place_of(column)).note(which);
    Some(finding.help(format!("type `{column}` again, unless it is meant so")))
}

fn person_tags(row: &RosterRow, node: &Node, findings: &mut Vec<Finding>) -> Vec<Tag> {
    let candidates = [(tags::DISPLAY_NAME, "display_name", &row.display_name), (tags::EMAIL, "email", &row.email)];
    let mut taken = Vec::new();
    for (key, column, value) in candidates {
        let Some(value) = value else { continue };
        findings.extend(mixed(column, value, node));
        if tags::is_value(value) {
            taken.push(Tag::new(key, value));
            continue;
        }
        findings.push(
            Finding::new(
                Rule::RosterUntaggable,
                format!("AWS refuses `{}` in a tag, so the user gets no tag `{key}`", shorten(value)),
            )
            .at(node.place_of(column))
            .help(format!("to have the tag, write `{column}` with letters, digits, spaces and `_ . : / = + - @`"))
            .notes(refused_character(value, tags::takes)),
        );
    }
    taken
}

fn notebook(
    user: &UserName,
    own: Option<&RosterNotebookSettings>,
    node: &Node,
    defaults: &Defaults,
    known: &Known,
    findings: &mut Vec<Finding>,
) -> Option<Notebook> {
    let name = notebook_name(user, own.and_then(|own| own.name.as_deref()), node, known, findings)?;
    let existing = own.and_then(|own| own.existing).unwrap_or_default();
    let instance_type = match own.and_then(|own| own.instance_type.as_deref()) {
        None => defaults.instance_type.clone()?,
        Some(text) => {
            let place = node.place_of("notebook.instance_type");
            match InstanceType::parse(text) {
                Ok(instance_type) => {
                    // What is there already, synth neither makes nor refuses.
                    if !existing {
                        findings.extend(instance_types::check(&instance_type, defaults.allowed_types, &place));
                    }
                    instance_type
                }
                Err(refusal) => {
                    let message = format!(
                        "found `{}` for `notebook.instance_type`, allowed is {}",
                        shorten(text),
                        refusal.allowed
                    );
                    findings.push(
                        Finding::new(Rule::NotebookInvalidType, message)
                            .at(place)
                            .help("correct `notebook.instance_type`"),
                    );
                    return None;
                }
            }
        }
    };
    let volume_gb = own.and_then(|own| own.volume_gb).or(defaults.volume_gb)?;
    Some(Notebook { name, instance_type, volume_gb, existing })
}

/// The name of a person's notebook: the one that the lock has, the one that the roster sets, or one made of the person's.
fn notebook_name(
    user: &UserName,
    set: Option<&str>,
    node: &Node,
    known: &Known,
    findings: &mut Vec<Finding>,
) -> Option<NotebookName> {
    let entry = known.lock.entries.get(user);
    let locked = entry.and_then(|entry| entry.notebook.as_ref());
    if let Some(locked) = locked.filter(|locked| locked.holds_separator() && entry.is_some_and(|entry| !entry.gave_up))
    {
        findings.push(
            Finding::new(
                Rule::NotebookDoubleHyphen,
                format!("the notebook `{locked}` of `{user}` has `--` in its name"),
            )
            .at(node.place_of("name"))
            .help(
                "nothing need be done; to have another, set `notebook: false`, run synth and deploy, then set it back",
            )
            .note("no new notebook gets such a name: in the names of training jobs, `--` ends the notebook's name"),
        );
    }
    let Some(text) = set else { return locked.or_else(|| known.new.notebook(user)).cloned() };
    let place = node.place_of("notebook.name");
    let name = match NotebookName::parse(text) {
        Ok(name) => name,
        Err(refusal) => {
            let message =
                format!("SageMaker refuses the notebook name `{}`, allowed are {}", shorten(text), refusal.allowed);
            let finding = Finding::new(Rule::NotebookInvalidName, message);
            findings.push(finding.at(place).help("change `notebook.name`"));
            return None;
        }
    };
    match locked {
        Some(locked) if *locked == name => Some(name),
        _ if name.holds_separator() => {
            let message = format!("the notebook name `{name}` holds `--`, which ends it in the names of training jobs");
            let finding = Finding::new(Rule::NotebookInvalidName, message);
            findings.push(finding.at(place).help("change `notebook.name`: one hyphen at a time"));
            None
        }
        Some(locked) if entry.is_some_and(|entry| !entry.gave_up) => {
            let message =
                format!("the notebook of `{user}` is named `{locked}`, and would be replaced by an empty one");
            findings.push(
                Finding::new(Rule::LockRenamedNotebook, message)
                    .at(place)
                    .help(format!(
                        "set `notebook.name` to `{locked}`; to give the notebook up, set `notebook: false`, run synth and deploy first"
                    ))
                    .note("SageMaker cannot rename a notebook instance: CloudFormation makes a new one, and its volume is lost"),
            );
            None
        }
        _ if known.lock.has_notebook(&name) => {
            let message = format!("the notebook name `{name}` is or was another user's");
            let finding = Finding::new(Rule::RosterSharedNotebookName, message);
            findings.push(finding.at(place).help("choose another `notebook.name`"));
            None
        }
        _ => Some(name),
    }
}
