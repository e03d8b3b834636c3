//! What people share in the bucket: folders that everybody reads, and the folders of teams.

use std::fmt;

use super::lock::PlacementLock;
use super::names::{Refusal, UserName};
use super::reader::Reader;
use crate::config::{Content, RosterConfig, shorten};
use crate::facts::limits;
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// The folder that holds the folders of teams.
pub const TEAMS_FOLDER: &str = "teams";

/// The name of a folder at the top of the bucket. It holds no character that means something in an ARN, a pattern or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderName(String);

impl FolderName {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let valid = (1..=limits::USER_NAME_CHARACTERS).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        let allowed = "1 to 64 of `A-Z a-z 0-9 . _ -`, beginning with a letter or digit: one folder, without a slash";
        if valid { Ok(Self(text.to_owned())) } else { Err(Refusal { allowed }) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FolderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether a text that can be a tag's value can also be the name of a team's folder. A slash would make it the folder in
/// the folder of another team. The characters that mean something in a pattern (`*`, `?`, `$`) cannot be in a tag.
pub(super) fn is_team_folder(team: &str) -> bool {
    !team.is_empty() && !team.contains('/') && !matches!(team, "." | "..") && team.trim() == team
}

/// The finding of a team whose folder cannot be.
pub(super) fn no_team_folder(team: &str, place: Place) -> Finding {
    let message = format!("`{}` cannot be the name of a team's folder", shorten(team));
    Finding::new(Rule::RosterInvalidTag, message)
        .at(place)
        .help("change `team`: with `bucket.team_folders`, it is not empty, has no `/` and no space at an end, and is neither `.` nor `..`")
}

/// The folders of the bucket that people share.
#[derive(Debug, Clone, Default)]
pub struct SharedFolders {
    /// Those that everybody reads.
    pub of_everybody: Vec<FolderName>,
    /// Whether each team has one.
    pub of_teams: bool,
}

impl SharedFolders {
    /// Whether people share none.
    pub fn is_empty(&self) -> bool {
        self.of_everybody.is_empty() && !self.of_teams
    }
}

/// A name that nobody may have, since something else has it.
#[derive(Debug)]
pub(super) struct ReservedName {
    name: String,
    /// What has it, in words that fit before "is named".
    owner: &'static str,
    /// What to do.
    help: &'static str,
    /// Where the settings say so.
    place: Option<Place>,
}

impl ReservedName {
    pub fn of_service_role(name: String) -> Self {
        let help = "change `name`: the person's notebook role would have the name of the service role";
        Self { name, owner: "a service role", help, place: None }
    }

    /// The finding of a person who has the name; IAM compares names without regard to case.
    pub fn refuse(&self, name: &UserName, at: &Place) -> Option<Finding> {
        self.name.eq_ignore_ascii_case(name.as_str()).then(|| {
            let message = format!("{} is named `{}`", self.owner, self.name);
            let finding = Finding::new(Rule::RosterReservedName, message).at(at.clone()).help(self.help);
            self.place.iter().fold(finding, |finding, place| finding.related(place.clone(), "by this setting"))
        })
    }

    /// A finding where somebody who left had the name: what is still in their folder would become others'.
    fn former(&self, lock: &PlacementLock, roster: Option<&RosterConfig>) -> Option<Finding> {
        let name = lock.entries.keys().find(|name| name.as_str().eq_ignore_ascii_case(&self.name))?;
        let stays = roster.is_some_and(|roster| roster.rows.iter().any(|(_, row)| row.name == name.as_str()));
        if stays {
            return None;
        }
        let message = format!("{} is named `{}`, like a user who left", self.owner, self.name);
        let finding = Finding::new(Rule::SettingsContradiction, message)
            .help("choose another name")
            .note("a folder stays when its person leaves: others would reach what is in it");
        Some(self.place.iter().fold(finding, |finding, place| finding.at(place.clone())))
    }
}

const FOLDERS: &str = "bucket.shared_folders";
const TEAMS: &str = "bucket.team_folders";

impl Reader<'_> {
    /// The folders that people share, and the names that nobody can have therefore.
    pub(super) fn shared_folders(&mut self, lock: &PlacementLock) -> (SharedFolders, Vec<ReservedName>) {
        let settings = self.config.settings.bucket.as_ref();
        let of_teams = settings.and_then(|bucket| bucket.team_folders).unwrap_or_default();
        let mut shared = SharedFolders { of_everybody: Vec::new(), of_teams };
        let mut reserved = Vec::new();
        if of_teams {
            reserved.push(ReservedName {
                name: TEAMS_FOLDER.to_owned(),
                owner: "the folder of all teams",
                help: "change `name`, or turn `bucket.team_folders` off",
                place: Some(self.config.node.place_of(TEAMS)),
            });
        }
        let listed = settings.and_then(|bucket| bucket.shared_folders.as_deref()).unwrap_or_default();
        let places = match self.config.node.get(FOLDERS).map(|node| &node.content) {
            Some(Content::Sequence(values)) => values.iter().map(|value| value.place.clone()).collect(),
            _ => Vec::new(),
        };
        for (text, place) in listed.iter().zip(places) {
            match FolderName::parse(text) {
                Ok(folder) => {
                    let is_it = |first: &&ReservedName| first.name.eq_ignore_ascii_case(text);
                    if let Some(first) = reserved.iter().find(is_it) {
                        self.findings.push(folder_twice(&folder, place, first));
                        continue;
                    }
                    reserved.push(ReservedName {
                        name: text.clone(),
                        owner: "a shared folder",
                        help: "rename the folder in `bucket.shared_folders`, or change `name`: everybody reads that folder",
                        place: Some(place),
                    });
                    shared.of_everybody.push(folder);
                }
                Err(refusal) => {
                    let message = format!("found `{}` in `{FOLDERS}`, allowed are {}", shorten(text), refusal.allowed);
                    let finding = Finding::new(Rule::SettingsInvalidName, message).at(place);
                    self.findings.push(finding.help(format!("correct the name in `{FOLDERS}`")));
                }
            }
        }
        let roster = self.people.roster.as_ref();
        self.findings.extend(reserved.iter().filter_map(|reserved| reserved.former(lock, roster)));
        (shared, reserved)
    }
}

fn folder_twice(folder: &FolderName, place: Place, first: &ReservedName) -> Finding {
    let message = format!("{} has the name of the shared folder `{folder}`", first.owner);
    let finding = Finding::new(Rule::SettingsContradiction, message)
        .at(place)
        .help(format!("remove or rename `{folder}` in `{FOLDERS}`"));
    first.place.iter().fold(finding, |finding, place| finding.related(place.clone(), "first here"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_plain_name() {
        for name in ["materials", "Tracks-2026", "a", "x.y_z"] {
            assert!(FolderName::parse(name).is_ok(), "{name:?}");
        }
        for name in
            ["", "a/b", "a/", "/a", "*", "a*", "a?", "${aws:username}", ".", "..", "a b", "材料", "-a", &"x".repeat(65)]
        {
            assert!(FolderName::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_team_with_a_slash_or_without_a_name_has_no_folder() {
        for team in ["red", "Red Bulls", "ランナー", "김", "a.b", "r+1@x=y:z"] {
            assert!(is_team_folder(team), "{team:?}");
        }
        for team in ["", "a/b", "/", "a/", ".", "..", " a", "a ", "\u{3000}a"] {
            assert!(!is_team_folder(team), "{team:?}");
        }
    }
}
