//! The folder of an account's handouts: a page for each person.

use serde_json::json;

use super::folder_kind::HOLDS;
use super::{MANIFEST_FILE, OutputFile, plain};
use crate::model::AccountName;

/// The files of a folder that holds these pages of an account, each by its name, and what says so. Another account's pages,
/// and what racestack did not write, never give way to them.
pub fn files(account: &AccountName, pages: impl IntoIterator<Item = (String, String)>) -> Vec<OutputFile> {
    let mut files: Vec<OutputFile> = pages.into_iter().map(|(name, text)| plain(name, text)).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).chain([MANIFEST_FILE]).collect();
    let manifest = json!({HOLDS: format!("the handouts of `{account}`"), "files": names});
    files.push(plain(MANIFEST_FILE.to_owned(), format!("{manifest:#}\n")));
    files
}
