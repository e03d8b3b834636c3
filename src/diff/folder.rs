//! What is compared: an out folder, from the disk or from a git revision.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde_json::Value;

use crate::config::conflict_line;
use crate::files::{self, FileError, RevisionFiles};
use crate::model::AccountName;
use crate::output::{
    DEPLOY_FILE, MANIFEST_FILE, Manifest, RESOLVE_CONFLICT, RESTORE_MANIFEST, StackEntry, stack_tags, why_unreadable,
};
use crate::render::{NotExpanded, expand_short_tags};
use crate::source::SourceFile;

/// An out folder, read.
#[derive(Debug, Default)]
pub struct OutFolder {
    /// How it is called in what is printed.
    pub label: String,
    /// The accounts, by name.
    pub(super) accounts: BTreeMap<String, AccountFolder>,
}

/// An account's part of an out folder.
#[derive(Debug)]
pub struct AccountFolder {
    /// Its manifest, but for the stacks.
    pub manifest: Manifest,
    /// In the order of their deployment.
    pub stacks: Vec<FolderStack>,
    /// The files besides the manifest and the templates.
    pub others: BTreeMap<String, Vec<u8>>,
}

/// A stack of a manifest, with its template.
#[derive(Debug, Clone)]
pub struct FolderStack {
    entry: StackEntry,
    /// The text of its template.
    pub source: Arc<SourceFile>,
    /// The template in long form. The same text is read once, for both sides.
    pub template: Arc<Value>,
}

impl Deref for FolderStack {
    type Target = StackEntry;

    fn deref(&self) -> &StackEntry {
        &self.entry
    }
}

impl AccountFolder {
    /// The tags of its stacks, which CloudFormation gives to what they make; `None` where nothing tells them.
    pub fn stack_tags(&self) -> Option<Vec<(String, String)>> {
        let script = std::str::from_utf8(self.others.get(DEPLOY_FILE)?).ok()?;
        stack_tags(script).filter(|_| conflict_line(script).is_none())
    }

    /// The resources of its stacks, each with its stack and its logical ID.
    pub fn resources(&self) -> impl Iterator<Item = (&FolderStack, &String, &Value)> {
        self.stacks.iter().flat_map(|stack| stack.resources().map(move |(id, resource)| (stack, id, resource)))
    }
}

impl FolderStack {
    /// The resources of its template, by logical ID, in its order.
    pub fn resources(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.template.get("Resources").and_then(Value::as_object).into_iter().flatten()
    }
}

/// What is said of a file that is not as racestack writes it.
fn broken(path: &Path, reason: impl std::fmt::Display) -> String {
    format!("cannot compare `{}`: {reason}", path.display())
}

/// The files of an out folder: of each account's folder, by its name, the files by theirs.
pub type Files = BTreeMap<String, BTreeMap<String, Vec<u8>>>;

impl OutFolder {
    /// Reads an out folder from the disk. What is the same in the folder `like` is not read anew.
    ///
    /// # Errors
    /// When it cannot be read, holds no account, or holds what racestack did not write.
    pub fn read(folder: &Path, like: Option<&Self>) -> Result<Self, String> {
        let said = |error: FileError| error.to_string();
        let mut found = Files::new();
        for account in files::list(folder).map_err(said)?.unwrap_or_default() {
            if account.is_link && !files::leads_to_file(&account.path) {
                refuse_link(&account.path, &account.name)?;
            }
            if !account.is_folder || account.name.starts_with('.') {
                continue;
            }
            let mut inside = BTreeMap::new();
            let entries = files::list(&account.path).map_err(said)?.unwrap_or_default();
            for entry in entries.into_iter().filter(|entry| !entry.is_folder) {
                if let Some(bytes) = files::read(&entry.path).map_err(said)? {
                    inside.insert(entry.name, bytes);
                }
            }
            found.insert(account.name, inside);
        }
        if !found.values().any(|account| account.contains_key(MANIFEST_FILE)) {
            return Err(format!("`{}` is no out folder: no account's {MANIFEST_FILE} is in it", folder.display()));
        }
        Self::of_files(folder.display().to_string(), folder, found, like)
    }

    /// Lets go of the texts that are the same on both sides: what they hold was read, and nothing of them is shown.
    pub fn without_equal_texts(mut self, mut other: Self) -> (Self, Self) {
        for (name, account) in &mut self.accounts {
            let others = other.accounts.get_mut(name).into_iter().flat_map(|account| &mut account.stacks);
            let mut others: BTreeMap<String, &mut FolderStack> =
                others.map(|stack| (stack.name.clone(), stack)).collect();
            for stack in &mut account.stacks {
                let same = others.get_mut(&stack.name).filter(|other| Arc::ptr_eq(&other.source, &stack.source));
                let Some(other) = same else { continue };
                other.source = SourceFile::new(stack.source.path.clone(), "");
                stack.source = Arc::clone(&other.source);
            }
        }
        (self, other)
    }

    /// What the folder has of an account.
    pub fn account(&self, name: &str) -> Option<&AccountFolder> {
        self.accounts.get(name)
    }

    /// Reads an out folder as a git revision has it. One that it does not have holds no account: all is new.
    ///
    /// # Errors
    /// When git cannot be run or does not know the revision, or the folder holds what racestack did not write.
    pub fn read_revision(revision: &str, folder: &Path, like: Option<&Self>) -> Result<Self, String> {
        let mut found = Files::new();
        let RevisionFiles { files, links } = files::read_revision(revision, folder)?;
        links.iter().try_for_each(|link| refuse_link(&folder.join(link), link))?;
        for (path, bytes) in files {
            // Files of the out folder itself, and what is further below, are nobody's.
            if let Some((account, name)) = path.split_once('/').filter(|(_, name)| !name.contains('/')) {
                found.entry(account.to_owned()).or_default().insert(name.to_owned(), bytes);
            }
        }
        Self::of_files(format!("{revision}:{}", folder.display()), folder, found, like)
    }

    /// An out folder of these files. `folder` is where they stand, for what is said of them; what is the same in the folder `like` is
    /// not read anew.
    ///
    /// # Errors
    /// When a file is not as racestack writes it.
    pub fn of_files(label: String, folder: &Path, found: Files, like: Option<&Self>) -> Result<Self, String> {
        let mut accounts = BTreeMap::new();
        for (name, mut inside) in found {
            let folder = folder.join(&name);
            let Some(manifest) = inside.remove(MANIFEST_FILE) else {
                refuse_stacks(&folder, &inside)?;
                continue;
            };
            let broken = |reason: String| broken(&folder.join(MANIFEST_FILE), reason);
            let marked = std::str::from_utf8(&manifest).ok().and_then(conflict_line);
            let reason = |error: serde_json::Error| match why_unreadable(&manifest) {
                Some(reason) => format!("{reason}; {RESTORE_MANIFEST}"),
                None => marked.map_or(error.to_string(), conflict),
            };
            let manifest: Manifest = serde_json::from_slice(&manifest).map_err(|error| broken(reason(error)))?;
            if manifest.account != name {
                return Err(broken(format!(
                    "it is of the account `{}`; run `racestack synth` first",
                    manifest.account
                )));
            }
            let like = like.and_then(|like| like.accounts.get(&name));
            accounts.insert(name, account(&folder, manifest, inside, like)?);
        }
        Ok(Self { label, accounts })
    }
}

/// Refuses a link where an account's folder would be, which racestack makes none of: what is behind it would count as gone, or as
/// never there.
fn refuse_link(path: &Path, name: &str) -> Result<(), String> {
    let reason = "it is a link, where an account's folder would be; replace it with the folder itself";
    if AccountName::parse(name).is_ok() { Err(broken(path, reason)) } else { Ok(()) }
}

/// Refuses a folder without a manifest in which stacks are, or what deploys them: they would count as gone, or as never there.
fn refuse_stacks(folder: &Path, files: &BTreeMap<String, Vec<u8>>) -> Result<(), String> {
    let is_template = |name: &str, bytes: &[u8]| {
        name.strip_suffix(".yaml").is_some()
            && bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(b"Resources:"))
    };
    match files.iter().find(|(name, bytes)| *name == DEPLOY_FILE || is_template(name, bytes)) {
        None => Ok(()),
        Some((name, _)) => Err(broken(
            folder,
            format!("`{name}` is in it, and no {MANIFEST_FILE}; restore that, or move the folder away"),
        )),
    }
}

fn account(
    folder: &Path,
    mut manifest: Manifest,
    mut others: BTreeMap<String, Vec<u8>>,
    like: Option<&AccountFolder>,
) -> Result<AccountFolder, String> {
    manifest.stacks.sort_by_key(|stack| stack.order);
    let mut texts = Vec::with_capacity(manifest.stacks.len());
    for entry in std::mem::take(&mut manifest.stacks) {
        let path = folder.join(&entry.file);
        let Some(bytes) = others.remove(&entry.file) else {
            return Err(broken(&path, "the manifest lists it, and it is not there"));
        };
        texts.push((entry, path, bytes));
    }
    let known: BTreeMap<&str, &FolderStack> =
        like.iter().flat_map(|like| &like.stacks).map(|stack| (stack.name.as_str(), stack)).collect();
    let read = |(entry, path, bytes): (StackEntry, PathBuf, Vec<u8>)| {
        let known = known.get(entry.name.as_str()).copied();
        stack(entry, path, bytes, known)
    };
    let stacks: Result<Vec<FolderStack>, String> = texts.into_par_iter().map(read).collect();
    Ok(AccountFolder { manifest, stacks: stacks?, others })
}

/// The same value without room to spare: what grew while it was read takes, of thousands of people, a fifth of all memory.
fn compact(value: Value) -> Value {
    match value {
        Value::Object(entries) => entries.into_iter().map(|(key, value)| (key, compact(value))).collect(),
        Value::Array(values) => values.into_iter().map(compact).collect(),
        other => other,
    }
}

fn conflict(line: usize) -> String {
    format!("it has a merge conflict in line {line}; {RESOLVE_CONFLICT}")
}

fn stack(entry: StackEntry, path: PathBuf, bytes: Vec<u8>, known: Option<&FolderStack>) -> Result<FolderStack, String> {
    let broken = |reason: String| broken(&path, reason);
    let text = String::from_utf8(bytes).map_err(|_| broken("it is not UTF-8".to_owned()))?;
    if let Some(line) = conflict_line(&text) {
        return Err(broken(conflict(line)));
    }
    if let Some(known) = known.filter(|known| known.source.text == text) {
        let (source, template) = (Arc::clone(&known.source), Arc::clone(&known.template));
        return Ok(FolderStack { entry, source, template });
    }
    let template = expand_short_tags(&text).map_err(|why| match why {
        NotExpanded::NotYaml(error) => broken(error.to_string()),
        NotExpanded::NotCloudformation { path: at, message } if at.is_empty() => broken(message),
        NotExpanded::NotCloudformation { path: at, message } => broken(format!("{message}, at `{at}`")),
    })?;
    if !template.is_object() {
        return Err(broken("it holds no template".to_owned()));
    }
    Ok(FolderStack { entry, source: SourceFile::new(path, text), template: Arc::new(compact(template)) })
}
