//! Files that a command is about to write into the config folder, once nothing speaks against it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::files::{self, FileError};

/// Files of the config folder that are read as if they were there: their texts, by their paths.
pub type Drafts = BTreeMap<PathBuf, String>;

/// The bytes of a draft or a file, or `None` where there is neither.
pub(super) fn read(drafts: &Drafts, path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    drafts.get(path).map_or_else(|| files::read(path), |text| Ok(Some(text.clone().into_bytes())))
}
