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
pub(super) const ASSEMBLY: &str = "a cloud assembly";

/// What the StackSet of a part holds.
pub(super) fn stack_set(part: &str) -> String {
    format!("the StackSet `{part}`")
}

/// What the manifest of a folder says of it; nothing where there is none. It may be of another version of racestack, or not of
/// racestack's.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FolderManifest {
    /// The files that racestack wrote, by name.
    #[serde(default, deserialize_with = "if_so")]
    files: Option<BTreeSet<String>>,
    /// What they are in words. An account's manifest does not say it.
    #[serde(default, deserialize_with = "if_so")]
    holds: Option<String>,
    #[serde(default, deserialize_with = "if_so")]
    pub account: Option<String>,
    #[serde(default, deserialize_with = "if_so")]
    pub account_id: Option<String>,
    #[serde(default, deserialize_with = "if_so")]
    pub region: Option<String>,
    #[serde(default, deserialize_with = "if_so")]
    pub bucket: Option<String>,
    /// Why it does not say which files are racestack's.
    #[serde(skip)]
    pub unreadable: Option<String>,
}

/// The value where it is of the type, and nothing of another: of one field that another version has otherwise, the others are told.
fn if_so<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    Value::deserialize(from).map(|value| serde_json::from_value(value).ok())
}

impl FolderManifest {
    pub fn read(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(MANIFEST_FILE);
        Ok(match files::kind(&path)? {
            None => Self::default(),
            Some(FileKind::File { .. }) => Self::parse(&files::read(&path)?.unwrap_or_default()),
            Some(_) => Self { unreadable: Some("it is not a file".to_owned()), ..Self::default() },
        })
    }

    fn parse(bytes: &[u8]) -> Self {
        let mut manifest = serde_json::from_slice(bytes).unwrap_or_else(|error| {
            // Of two branches' manifests, each lists what racestack wrote there.
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let sides = conflict_sides(text).map(|sides| sides.map(|side| serde_json::from_str::<Self>(&side)));
            if let Some([Ok(ours), Ok(theirs)]) = sides {
                let files = ours.files.as_ref().zip(theirs.files.as_ref()).map(|(ours, theirs)| ours | theirs);
                Self { files, ..ours }
            } else {
                // Somebody removed a part of the marks.
                let half = |line| format!("it has a merge conflict in line {line}, which is resolved by half");
                let reason = conflict_line(text).map_or_else(|| error.to_string(), half);
                Self { unreadable: Some(reason), ..Self::default() }
            }
        });
        if let Some(files) = &mut manifest.files {
            // A name that leads out of the folder is no file of the folder, whoever wrote it there.
            files.retain(|name| !["", ".", ".."].contains(&name.as_str()) && !name.contains(['/', '\\', '\0']));
            files.insert(MANIFEST_FILE.to_owned());
        } else if manifest.unreadable.is_none() {
            manifest.unreadable = Some("it has no `files`".to_owned());
        }
        manifest
    }

    pub fn is_there(&self) -> bool {
        self.files.is_some() || self.unreadable.is_some()
    }

    /// Whether it lists a file of such a name.
    pub fn lists(&self, is_it: impl Fn(&String) -> bool) -> bool {
        self.files.iter().flatten().any(is_it)
    }

    /// Whether what stands in the folder is racestack's.
    pub fn holds(&self, entry: &FolderEntry) -> bool {
        !entry.is_folder && self.files.as_ref().is_some_and(|files| files.contains(&entry.name))
    }

    /// What racestack wrote there, in words; `None` where the folder is not racestack's.
    pub fn kind(&self) -> Option<&str> {
        self.holds.as_deref().or(self.account_id.as_ref().map(|_| ACCOUNT))
    }

    /// What the folder holds in words, where that is something else than what is wanted there. What racestack did not write may
    /// stand in an account's folder, and is kept; a folder of another form is racestack's alone from the first.
    pub fn other_kind(&self, folder: &Path, wanted: &str) -> Result<Option<String>, FileError> {
        match self.kind() {
            Some(kind) => Ok((kind != wanted).then(|| kind.to_owned())),
            None if wanted == ACCOUNT || files::list(folder)?.is_none_or(|entries| entries.is_empty()) => Ok(None),
            None => Ok(Some("what racestack did not write".to_owned())),
        }
    }
}

/// Why a manifest does not say which files are racestack's, if it does not: then synth leaves the folder as it is.
pub fn why_unreadable(manifest: &[u8]) -> Option<String> {
    FolderManifest::parse(manifest).unreadable
}

/// What racestack wrote into a folder, in words, if it is not the out folder of accounts.
pub fn held(folder: &Path) -> Result<Option<String>, FileError> {
    Ok(FolderManifest::read(folder)?.kind().map(str::to_owned))
}

/// What a folder of these files holds in words.
pub(super) fn kind_of(wanted: &[OutputFile]) -> String {
    let manifest = wanted.iter().find(|file| file.name == MANIFEST_FILE);
    let manifest = manifest.map(|file| FolderManifest::parse(file.text.as_bytes())).unwrap_or_default();
    manifest.kind().unwrap_or(ACCOUNT).to_owned()
}
