//! The people of an account: roster rows, validated, with the names that their things get.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::AssignedNames;
use super::instance_types;
use super::job_names::{self, Origin};
use super::lock::{self, PlacementLock, StackNumber};
use super::sharing::{self, ReservedName};
use super::tags::{self, Tag};
use crate::config::{
    InstanceType, LogicalId, Node, NotebookName, RosterConfig, RosterNotebook, RosterNotebookSettings, RosterRow,
    Settings, State, UserName, is_lost, mixed_alphabets, refused_character, shorten, too_long,
};
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
    /// The name that people read, whether or not it can be a tag.
    pub display_name: Option<String>,
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
    /// Where it says that the notebook was made by hand, or as near to that as it has something.
    pub existing_place: Place,
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

/// What the people of an account are made of besides their rows.
pub(super) struct RosterContext<'a> {
    pub settings: &'a Settings,
    pub tags: &'a [Tag],
    pub reserved_names: &'a [ReservedName],
    pub lock: &'a PlacementLock,
}

/// Validates a roster; the users come by name, whatever the order of the rows.
pub(super) fn build(roster: &RosterConfig, context: &RosterContext, findings: &mut Vec<Finding>) -> Vec<User> {
    // Many rows of one person are one mistake, and need one name.
    let names = roster.rows.iter().filter_map(|(_, row)| {
        let notebook = match &row.notebook {
            Some(RosterNotebook::Settings(own)) => own.name.as_deref(),
            _ => None,
        };
        Some((UserName::parse(&row.name).ok()?, notebook))
    });
    let assigned = AssignedNames::of(context.lock, names.collect());
    // One whom the roster has as the lock does is not meant by another row.
    let in_roster: BTreeSet<&str> = roster.rows.iter().map(|(_, row)| row.name.as_str()).collect();
    let locked_names = context.lock.entries.keys().filter(|name| !in_roster.contains(name.as_str()));
    let locked_names = locked_names.map(|name| (name.as_str().to_lowercase(), name)).collect();
    let users = each(&roster.rows, findings, |(node, row), findings| {
        RowReader { node, row, context, assigned: &assigned, locked_names: &locked_names, findings }.user()
    });
    let mut users: Vec<User> = users.into_iter().flatten().collect();
    users.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.place.span.start.cmp(&b.place.span.start)));
    users
}

/// Whether a text can be an e-mail address, in whatever script.
fn is_address(text: &str) -> bool {
    let plain = !text.contains(char::is_whitespace);
    plain && text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// Reads one row, and collects what is wrong with it.
struct RowReader<'a> {
    node: &'a Node,
    row: &'a RosterRow,
    context: &'a RosterContext<'a>,
    assigned: &'a AssignedNames,
    /// The names of the lock by their lower case: IAM takes `Ann` and `ann` for one.
    locked_names: &'a BTreeMap<String, &'a UserName>,
    findings: &'a mut Vec<Finding>,
}

impl RowReader<'_> {
    /// Adds a finding at the cell of `column`.
    fn find(
        &mut self,
        rule: Rule,
        column: &str,
        message: String,
        help: impl Into<String>,
        notes: impl IntoIterator<Item = String>,
    ) {
        let finding = Finding::new(rule, message).at(self.node.place_of(column)).help(help);
        self.findings.push(finding.notes(notes));
    }

    fn user(&mut self) -> Option<User> {
        let (row, context) = (self.row, self.context);
        let place = self.node.place_of("name");
        // What needs no name is looked at first: a person with a wrong name may have a wrong tag as well.
        let places = self.node.get("tags");
        let own_tags =
            tags::read(row.tags.as_ref().unwrap_or(&BTreeMap::new()), places, Rule::RosterInvalidTag, self.findings);
        let team = self.team_tag();
        let person_tags = self.person_tags();
        let refused = |allowed: &str| {
            if is_lost("name", &row.name, &place) {
                return;
            }
            let message = format!("found the user name `{}`, allowed are {allowed}", shorten(&row.name));
            let help = "change `name`; `display_name` takes names in any script";
            let odd = refused_character(&row.name, UserName::takes);
            let odd = odd.or_else(|| too_long(&row.name, limits::USER_NAME_CHARACTERS));
            self.find(Rule::RosterInvalidName, "name", message, help, odd);
        };
        let name = UserName::parse(&row.name).map_err(refused).ok()?;
        self.findings.extend(context.reserved_names.iter().find_map(|reserved| reserved.refuse(&name, &place)));
        if let Some(locked) = self.locked_names.get(&name.as_str().to_lowercase()).filter(|locked| ***locked != name) {
            let message = format!("the lock has the user `{name}` in another case, as `{locked}`");
            let help = format!("write `{locked}`: IAM user names are unique without regard to case");
            let note = "CloudFormation would make the new user before it deletes the old one, and fail".to_owned();
            self.find(Rule::RosterDuplicateUser, "name", message, help, [note]);
            return None;
        }
        let locked = context.lock.entries.get(&name);
        let notebook = match &row.notebook {
            Some(RosterNotebook::Wanted(false)) => None,
            Some(RosterNotebook::Settings(own)) => self.notebook(&name, Some(own)),
            Some(RosterNotebook::Wanted(true)) | None => self.notebook(&name, None),
        };
        let mut all_tags = vec![Tag::new(tags::USER, name.as_str())];
        all_tags.extend(notebook.as_ref().map(|notebook| Tag::new(tags::NOTEBOOK, notebook.name.as_str())));
        all_tags.extend(team);
        all_tags.push(Tag::new(tags::MANAGED_BY, tags::MANAGED_BY_RACESTACK));
        all_tags.extend(tags::merge(context.tags, &own_tags));
        let count = all_tags.len() + person_tags.len();
        if count > limits::TAGS {
            let message = format!("`{name}` would have {count} tags, allowed are {}", limits::TAGS);
            let help = "remove some of `tags`, here or in the settings";
            self.find(Rule::RosterTooManyTags, "name", message, help, None);
        }
        let was = row.was.as_deref().and_then(|was| UserName::parse(was).ok());
        Some(User {
            logical_id: locked.map(|entry| &entry.logical_id).or(self.assigned.logical_ids.get(&name))?.clone(),
            stack: locked.map(|entry| entry.stack),
            email: lock::email_word(row.email.as_deref()),
            was: was.filter(|was| context.lock.entries.contains_key(was)),
            name,
            tags: all_tags,
            person_tags,
            display_name: row.display_name.clone().filter(|name| !name.trim().is_empty()),
            suspended: row.state == Some(State::Suspended),
            console: row.console.unwrap_or(context.settings.console),
            notebook,
            place,
            existing_place: self.node.place_of("notebook.existing"),
        })
    }

    fn team_tag(&mut self) -> Option<Tag> {
        let team = self.row.team.as_deref()?;
        self.warn_of_mixed("team", team);
        if !tags::is_value(team) {
            let message = format!("AWS refuses the value `{}` of the tag `team`", shorten(team));
            let help = "allowed in `team` are up to 256 letters, digits, spaces and `_ . : / = + - @`";
            self.find(Rule::RosterInvalidTag, "team", message, help, refused_character(team, tags::takes));
            return None;
        }
        if self.context.settings.bucket.team_folders && !sharing::is_team_folder(team) {
            let message = format!("`{}` cannot be the name of a team's folder", shorten(team));
            let help = "change `team`: with `bucket.team_folders`, it is not empty, has no `/` and no space at an end, and is neither `.` nor `..`";
            self.find(Rule::RosterInvalidTag, "team", message, help, None);
            return None;
        }
        Some(Tag::new(tags::TEAM, team))
    }

    /// A warning of letters that look like others, where two alphabets mix in a word: `r\u{430}cing` is another team than `racing`.
    fn warn_of_mixed(&mut self, column: &str, value: &str) {
        if let Some(which) = mixed_alphabets(value) {
            let message = format!("a word of `{}` has letters of two alphabets", shorten(value));
            let help = format!("type `{column}` again, unless it is meant so");
            self.find(Rule::RosterMixedAlphabets, column, message, help, [which]);
        }
    }

    fn person_tags(&mut self) -> Vec<Tag> {
        let row = self.row;
        let candidates = [(tags::DISPLAY_NAME, "display_name", &row.display_name), (tags::EMAIL, "email", &row.email)];
        let mut taken = Vec::new();
        for (key, column, value) in candidates {
            let Some(value) = value else { continue };
            self.warn_of_mixed(column, value);
            if column == "email" && !value.is_empty() && !is_address(value) {
                let message = format!("`{}` is no e-mail address", shorten(value));
                self.find(
                    Rule::RosterInvalidEmail,
                    column,
                    message,
                    "write it as `name@example.com`, or leave it out",
                    None,
                );
            }
            if tags::is_value(value) {
                taken.push(Tag::new(key, value));
                continue;
            }
            let (length, most) = (value.chars().count(), limits::TAG_VALUE_CHARACTERS);
            let why = if length > most { format!(", of {length} characters,") } else { String::new() };
            let message = format!("AWS refuses `{}`{why} in a tag, so the user gets no tag `{key}`", shorten(value));
            let allowed = format!("up to {most} letters, digits, spaces and `_ . : / = + - @`");
            let help = format!("to have the tag, write `{column}` with {allowed}");
            self.find(Rule::RosterUntaggable, column, message, help, refused_character(value, tags::takes));
        }
        taken
    }

    fn notebook(&mut self, user: &UserName, own: Option<&RosterNotebookSettings>) -> Option<Notebook> {
        const TYPE: &str = "notebook.instance_type";
        let defaults = &self.context.settings.notebooks;
        let existing = own.and_then(|own| own.existing).unwrap_or_default();
        let name = self.notebook_name(user, own.and_then(|own| own.name.as_deref()), existing)?;
        let place = self.node.place_of(own.and_then(|own| own.name.as_ref()).map_or("name", |_| "notebook.name"));
        let deployed = self.context.lock.entries.get(user).filter(|entry| !entry.gave_up);
        let origin = match deployed.and_then(|entry| entry.notebook.as_ref()) {
            _ if existing => Origin::ByHand,
            Some(_) => Origin::Deployed,
            None => Origin::New,
        };
        self.findings.extend(job_names::check(&name, origin, &place));
        let instance_type = match own.and_then(|own| own.instance_type.as_deref()) {
            None => defaults.instance_type.clone()?,
            Some(text) => {
                let refused = |allowed: &str| {
                    let message = format!("found `{}` for `{TYPE}`, allowed is {allowed}", shorten(text));
                    self.find(Rule::NotebookInvalidType, TYPE, message, format!("correct `{TYPE}`"), None);
                };
                let instance_type = InstanceType::parse(text).map_err(refused).ok()?;
                // What is there already, synth neither makes nor refuses.
                if !existing {
                    let (place, allowed) = (self.node.place_of(TYPE), defaults.allowed_instance_types.as_deref());
                    self.findings.extend(instance_types::check(&instance_type, allowed, &place));
                }
                instance_type
            }
        };
        let volume_gb = own.and_then(|own| own.volume_gb).unwrap_or(defaults.volume_gb);
        Some(Notebook { name, instance_type, volume_gb, existing })
    }

    /// The name of a person's notebook: the one that the lock has, the one that the roster sets, or one made of the person's.
    fn notebook_name(&mut self, user: &UserName, set: Option<&str>, existing: bool) -> Option<NotebookName> {
        const NAME: &str = "notebook.name";
        let lock = self.context.lock;
        let entry = lock.entries.get(user);
        let locked = entry.and_then(|entry| entry.notebook.as_ref());
        let has_it = entry.is_some_and(|entry| !entry.gave_up);
        if let Some(locked) = locked.filter(|locked| locked.holds_separator() && has_it) {
            let message = format!("the notebook `{locked}` of `{user}` has `--` in its name");
            let help = "you do not need to do anything; for a new notebook, set `notebook: false`, run synth and deploy, then remove `notebook: false` again";
            let note = "no new notebook gets such a name: in the names of training jobs, `--` ends the notebook's name"
                .to_owned();
            self.find(Rule::NotebookDoubleHyphen, "name", message, help, [note]);
        }
        let Some(text) = set else { return locked.or_else(|| self.assigned.notebooks.get(user)).cloned() };
        let refused = |allowed: &str| {
            let message = format!("SageMaker refuses the notebook name `{}`, allowed are {allowed}", shorten(text));
            let long = too_long(text, limits::NOTEBOOK_NAME_CHARACTERS);
            self.find(Rule::NotebookInvalidName, NAME, message, "change `notebook.name`", long);
        };
        let name = NotebookName::parse(text).map_err(refused).ok()?;
        match locked {
            Some(locked) if *locked == name => return Some(name),
            _ if name.holds_separator() => {
                let message =
                    format!("the notebook name `{name}` holds `--`, which ends it in the names of training jobs");
                let help = "change `notebook.name`: one hyphen at a time";
                self.find(Rule::NotebookInvalidName, NAME, message, help, None);
            }
            Some(locked) if has_it => {
                let message =
                    format!("the notebook of `{user}` is named `{locked}`, and would be replaced by an empty one");
                let help = format!(
                    "set `notebook.name` to `{locked}`; for another notebook, set `notebook: false` and run synth first, and deploy where `{locked}` is deployed"
                );
                let note = "SageMaker cannot rename a notebook instance: CloudFormation makes a new one, and its volume is lost";
                self.find(Rule::LockRenamedNotebook, NAME, message, help, [note.to_owned()]);
            }
            _ if lock.has_notebook(&name) => {
                let message = format!("the notebook name `{name}` is or was another user's");
                let was = self.row.was.as_deref().and_then(|was| lock.entries.get(&UserName::parse(was).ok()?));
                let is_own = was.and_then(|was| was.notebook.as_ref()) == Some(&name);
                let help = match (is_own, existing) {
                    (false, _) => "choose another `notebook.name`",
                    (true, true) => {
                        "save what is on it, delete it, and set `notebook: true`: no notebook made by hand gets to another name"
                    }
                    (true, false) => {
                        "save what is on it, and remove `notebook.name`, or choose another: CloudFormation makes a new notebook"
                    }
                };
                self.find(Rule::RosterSharedNotebookName, NAME, message, help, None);
            }
            _ => return Some(name),
        }
        None
    }
}
