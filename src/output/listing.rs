//! What the manifest of a folder says that racestack wrote there: an account's stacks, or the same in another tool's form, and in
//! which files. One kind of folder never takes the place of another, since the files of the old go.

use std::collections::BTreeSet;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{MANIFEST_FILE, OutputFile};
use crate::config::{conflict_line, conflict_sides};
use crate::files::{self, FileError, FileKind, FolderEntry};

/// What an account's out folder holds.
pub(super) const ACCOUNT: &str = "an account's stacks";
/// What a cloud assembly holds.
pub(super) const ASSEMBLY: &str = "a cloud assembly";

/// What the StackSet of a part holds.
pub(super) fn stack_set(part: &str) -> String {
    format!("the StackSet `{part}`")
}

/// What a manifest says of its folder. It may be of another version of racestack, or not of racestack's.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    /// The files that racestack wrote, by name; `None` where it does not say.
    #[serde(default, deserialize_with = "if_so")]
    files: Option<BTreeSet<String>>,
    /// What they are in words. An account's manifest does not say it.
    #[serde(default, deserialize_with = "if_so")]
    holds: Option<String>,
    #[serde(default, deserialize_with = "if_so")]
    pub account_id: Option<String>,
    #[serde(default, deserialize_with = "if_so")]
    pub region: Option<String>,
}

/// The value where it is of the type, and nothing of another: of one field that another version has otherwise, the others are told.
fn if_so<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(from).map(|value| serde_json::from_value(value).ok())
}

impl Listing {
    /// # Errors
    /// Why it cannot be read.
    fn read(manifest: &[u8]) -> Result<Self, String> {
        let mut listing = serde_json::from_slice(manifest).or_else(|error| {
            // Of two branches' manifests, each lists what racestack wrote there.
            let text = std::str::from_utf8(manifest).unwrap_or_default();
            match conflict_sides(text).map(|sides| sides.map(|side| serde_json::from_str::<Self>(&side))) {
                Some([Ok(ours), Ok(theirs)]) => {
                    let files = ours.files.as_ref().zip(theirs.files.as_ref()).map(|(ours, theirs)| ours | theirs);
                    Ok(Self { files, ..ours })
                }
                _ => Err(conflict_line(text).map_or_else(|| error.to_string(), half_resolved)),
            }
        })?;
        // A name that leads out of the folder is no file of the folder, whoever wrote it there.
        if let Some(files) = &mut listing.files {
            files.retain(|name| !["", ".", ".."].contains(&name.as_str()) && !name.contains(['/', '\\', '\0']));
            files.insert(MANIFEST_FILE.to_owned());
        }
        Ok(listing)
    }

    /// What the folder holds in words; `None` where it is not racestack's.
    fn kind(&self) -> Option<&str> {
        self.holds.as_deref().or(self.account_id.as_ref().map(|_| ACCOUNT))
    }
}

/// What is said of a conflict of which no side can be told, as when somebody removed a part of its marks.
fn half_resolved(line: usize) -> String {
    format!("it has a merge conflict in line {line}, which is resolved by half")
}

/// Why a manifest does not say which files are racestack's, if it does not: then synth leaves the folder as it is.
pub fn why_unreadable(manifest: &[u8]) -> Option<String> {
    Listed::of(manifest).unreadable().map(str::to_owned)
}

/// What is known of a folder by its manifest.
#[derive(Debug)]
pub(super) enum Listed {
    /// There is no manifest: nothing is racestack's.
    Nothing,
    Files(Listing),
    /// It cannot be told, for this reason.
    Unreadable(String),
}

/// What the manifest of a folder lists.
///
/// # Errors
/// When there is a manifest that the operating system does not give out.
pub(super) fn listed(folder: &Path) -> Result<Listed, FileError> {
    let path = folder.join(MANIFEST_FILE);
    Ok(match files::kind(&path)? {
        None => Listed::Nothing,
        Some(FileKind::File { .. }) => Listed::of(&files::read(&path)?.unwrap_or_default()),
        Some(_) => Listed::Unreadable("it is not a file".to_owned()),
    })
}

impl Listed {
    fn of(manifest: &[u8]) -> Self {
        Listing::read(manifest).map_or_else(Self::Unreadable, Self::Files)
    }

    /// Whether one of the files is of this name.
    pub(super) fn lists(&self, is_it: impl Fn(&String) -> bool) -> bool {
        matches!(self, Listed::Files(Listing { files: Some(files), .. }) if files.iter().any(is_it))
    }

    /// Whether what stands in the folder is racestack's.
    pub(super) fn holds(&self, entry: &FolderEntry) -> bool {
        !entry.is_folder && self.lists(|name| *name == entry.name)
    }

    /// Why it cannot be told which files are racestack's.
    pub(super) fn unreadable(&self) -> Option<&str> {
        match self {
            Listed::Unreadable(reason) => Some(reason),
            Listed::Files(Listing { files: None, .. }) => Some("it has no `files`"),
            Listed::Nothing | Listed::Files(_) => None,
        }
    }

    /// What racestack wrote there, in words.
    pub(super) fn kind(&self) -> Option<&str> {
        match self {
            Listed::Files(listing) => listing.kind(),
            Listed::Nothing | Listed::Unreadable(_) => None,
        }
    }

    /// What the folder holds in words, where that is something else than what is wanted there. What racestack did not write may
    /// stand in an account's folder, and is kept; a folder of another form is racestack's alone from the first.
    pub(super) fn other_kind(&self, folder: &Path, wanted: &str) -> Result<Option<String>, FileError> {
        match self.kind() {
            Some(kind) => Ok((kind != wanted).then(|| kind.to_owned())),
            None if wanted == ACCOUNT || files::list(folder)?.is_none_or(|entries| entries.is_empty()) => Ok(None),
            None => Ok(Some("what racestack did not write".to_owned())),
        }
    }
}

/// What a folder of these files holds in words.
pub(super) fn kind_of(wanted: &[OutputFile]) -> String {
    let manifest = wanted.iter().find(|file| file.name == MANIFEST_FILE);
    let listing = manifest.and_then(|file| Listing::read(file.text.as_bytes()).ok());
    listing.as_ref().and_then(Listing::kind).unwrap_or(ACCOUNT).to_owned()
}
