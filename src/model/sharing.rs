//! What people share in the bucket: folders that everybody reads, and the folders of teams.

use super::lock::PlacementLock;
use super::reader::Reader;
use crate::config::{FolderName, RosterConfig, UserName};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// The folder that holds the folders of teams.
pub const TEAMS_FOLDER: &str = "teams";

/// Whether a text that can be a tag's value can also be the name of a team's folder. A slash would make it the folder in
/// the folder of another team. The characters that mean something in a pattern (`*`, `?`, `$`) cannot be in a tag.
pub(super) fn is_team_folder(team: &str) -> bool {
    !team.is_empty() && !team.contains('/') && !matches!(team, "." | "..") && team.trim() == team
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

impl Reader<'_> {
    /// The names that nobody can have since folders that people share have them.
    pub(super) fn shared_folders(&mut self, lock: &PlacementLock) -> Vec<ReservedName> {
        let mut reserved = Vec::new();
        if self.config.settings.bucket.team_folders {
            reserved.push(ReservedName {
                name: TEAMS_FOLDER.to_owned(),
                owner: "the folder of all teams",
                help: "change `name`, or turn `bucket.team_folders` off",
                place: Some(self.config.node.place_of("bucket.team_folders")),
            });
        }
        for (folder, place) in self.placed(FOLDERS, FolderName::parse) {
            let is_it = |first: &&ReservedName| first.name.eq_ignore_ascii_case(folder.as_str());
            if let Some(first) = reserved.iter().find(is_it) {
                self.findings.push(folder_twice(&folder, place, first));
                continue;
            }
            reserved.push(ReservedName {
                name: folder.to_string(),
                owner: "a shared folder",
                help: "rename the folder in `bucket.shared_folders`, or change `name`: everybody reads that folder",
                place: Some(place),
            });
        }
        let roster = self.people.roster.as_ref();
        self.findings.extend(reserved.iter().filter_map(|reserved| reserved.former(lock, roster)));
        reserved
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
    fn a_team_with_a_slash_or_without_a_name_has_no_folder() {
        for team in ["red", "Red Bulls", "ランナー", "김", "a.b", "r+1@x=y:z"] {
            assert!(is_team_folder(team), "{team:?}");
        }
        for team in ["", "a/b", "/", "a/", ".", "..", " a", "a ", "\u{3000}a"] {
            assert!(!is_team_folder(team), "{team:?}");
        }
    }
}
