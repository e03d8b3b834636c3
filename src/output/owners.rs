//! Which configured account a folder of the out folder is of. Its name says it, unless the account's folder was renamed in the
//! configuration: then its manifest does.

use std::path::{Path, PathBuf};

use super::listing::{ACCOUNT, FolderManifest};
use super::manifest::{self, Manifest, holds_users};
use crate::config::{AccountConfig, Company, Region};
use crate::files::{self, FileError};
use crate::finding::{Finding, Rule};
use crate::model::PLACEHOLDER_ID;
use crate::source::Place;

/// A folder of the out folder that holds what an account was made with before.
#[derive(Debug)]
pub struct FormerOutput {
    pub folder: PathBuf,
    pub relation: Relation,
}

/// Why a folder is the one of an account.
#[derive(Debug)]
pub enum Relation {
    /// It has its name. In it, the account has perhaps the name of before.
    SameName { within: String },
    /// It has its name, but is of the account that is now configured under this other name, which has no folder yet.
    RenamedTo(String),
    /// It has its name, and is of the account of this other name, as that one's may be of it: folders of the configuration were
    /// exchanged, or what is in them.
    Exchanged { with: String },
    /// It has the name that the account had before: its manifest has what is said here.
    RenamedFrom { name: String, has: String },
}

/// The folders that hold what an account was made with before: at most that of its name, and one of another name. `made` is the
/// account's manifest as it is made now.
///
/// | whose ID the folder of its name has | that folder | one of another name |
/// |---|---|---|
/// | its own | `SameName` | is not looked for |
/// | that of no configured account | `SameName` | `RenamedFrom`, with its ID |
/// | that of another, which has no folder of its own name | `RenamedTo` | `RenamedFrom`, with its ID |
/// | that of another, which has one | `Exchanged` | `Exchanged`, with its ID |
/// | there is no such folder | | `RenamedFrom`, with its ID, or with its bucket, if it is of no configured account |
pub fn former_outputs(out: &Path, made: &Manifest, accounts: &[AccountConfig]) -> Result<Vec<FormerOutput>, FileError> {
    let folder = out.join(&made.account);
    let own = FolderManifest::read(&folder)?;
    let same_name = Relation::SameName { within: own.account.clone().unwrap_or_else(|| made.account.clone()) };
    if own.account_id.as_deref() == Some(&made.account_id) {
        return Ok(vec![FormerOutput { folder, relation: same_name }]);
    }
    let mut others = Vec::new();
    for (name, folder, manifest) in account_folders(out)?.into_iter().filter(|(name, ..)| *name != made.account) {
        let id = manifest.account_id.as_deref();
        let same_id = id == Some(&made.account_id);
        let is_others = accounts.iter().any(|other| other.name == name) || of_id(accounts, id).is_some();
        let same_bucket = !made.bucket.is_empty() && manifest.bucket.as_deref() == Some(&made.bucket);
        if same_id || same_bucket && !is_others && !own.is_there() {
            let same_region = manifest.region.as_deref() == Some(&made.region);
            others.push(((same_id, same_region, same_bucket, holds_users(&folder)?), name, folder));
        }
    }
    let renamed = of_id(accounts, own.account_id.as_deref());
    // What the other one left when it got its name: its own folder has its stacks.
    let is_leftover = renamed.map_or(Ok(false), |other| is_leftover(out, &other.name, &own))?;
    let is_exchanged = !is_leftover && renamed.map_or(Ok(false), |other| is_written(out, &other.name))?;
    let own = (own.is_there() && !is_leftover).then(|| match renamed {
        None => same_name,
        Some(other) if is_exchanged => Relation::Exchanged { with: other.name.clone() },
        Some(other) => Relation::RenamedTo(other.name.clone()),
    });
    // Of several that earlier names left, that which is most like it; of those that are it alike, the last by name.
    let other = others.into_iter().max_by_key(|(likeness, ..)| *likeness).map(|((same_id, ..), name, folder)| {
        let relation = if is_exchanged {
            Relation::Exchanged { with: made.account.clone() }
        } else if same_id {
            Relation::RenamedFrom { name, has: format!("the AWS account `{}`", made.account_id) }
        } else {
            Relation::RenamedFrom { name, has: format!("the bucket `{}`", made.bucket) }
        };
        FormerOutput { folder, relation }
    });
    Ok(own.map(|relation| FormerOutput { folder, relation }).into_iter().chain(other).collect())
}

/// The configured account that has an ID.
fn of_id<'a>(accounts: &'a [AccountConfig], id: Option<&str>) -> Option<&'a AccountConfig> {
    accounts.iter().find(|account| id.is_some() && account.id() == id)
}

/// Whether a folder has the stacks that the own folder of an account has.
fn is_leftover(out: &Path, name: &str, of: &FolderManifest) -> Result<bool, FileError> {
    let own = FolderManifest::read(&out.join(name))?;
    Ok([&own.account_id, &own.region, &own.bucket] == [&of.account_id, &of.region, &of.bucket])
}

/// Whether an account has its stacks in the out folder.
pub fn is_written(out: &Path, name: &str) -> Result<bool, FileError> {
    Ok(FolderManifest::read(&out.join(name))?.is_there())
}

/// The folders of accounts that are no longer configured: their stacks may still be deployed. Those of a folder whose
/// manifest names the ID, the region and the company of a configured account are that account's, which had another name.
/// `new` are the accounts whose folders are about to be written.
pub fn orphans(
    out: &Path,
    accounts: &[AccountConfig],
    new: &[&str],
    findings: &mut Vec<Finding>,
) -> Result<(), FileError> {
    for (name, folder, manifest) in account_folders(out)? {
        if accounts.iter().any(|account| account.name == name) {
            continue;
        }
        let (id, region) = (manifest.account_id.as_deref(), manifest.region.as_deref());
        let renamed = of_id(accounts, id).zip(region);
        let shown = folder.display();
        let no_account = format!("`{shown}` belongs to no configured account");
        let (message, help) = match renamed {
            None if id == Some(PLACEHOLDER_ID) => {
                (no_account, "remove the folder: nothing of it can be deployed".to_owned())
            }
            None => (
                no_account,
                "delete the account's stacks if they are deployed, as docs/remove.md shows, then remove the folder"
                    .to_owned(),
            ),
            Some((account, region)) if account.settings.region.as_ref().map(Region::as_str) != Some(region) => (
                format!("`{shown}` is of the account that is now configured as `{}`, in another region", account.name),
                format!(
                    "set the region of `{}` back to `{region}`: the names of IAM and of buckets are global, so that the \
                     stacks there and the new ones collide",
                    account.name
                ),
            ),
            Some((account, _)) => {
                let [before, _] = manifest::read(&folder)?;
                let company = account.settings.company.as_ref().map(Company::as_str);
                let other = before.as_ref().and_then(Manifest::company).filter(|other| company != Some(other));
                of_renamed(out, &folder, account, other, new)?
            }
        };
        findings.push(Finding::new(Rule::OutputOrphan, message).at(Place::of_file(&folder)).help(help));
    }
    Ok(())
}

/// What is said of a folder of an account that has another name now, and perhaps is of another company than its stacks.
fn of_renamed(
    out: &Path,
    folder: &Path,
    account: &AccountConfig,
    other_company: Option<&str>,
    new: &[&str],
) -> Result<(String, String), FileError> {
    let (shown, name) = (folder.display(), account.name.as_str());
    let message = format!("`{shown}` is of the account that is now configured as `{name}`");
    if let Some(company) = other_company {
        let help = format!(
            "set `company` of `{name}` back to `{company}`; if nobody needs its stacks any more, delete them, then remove the \
             folder `{shown}`"
        );
        return Ok((format!("{message}, with the stacks of the company `{company}`"), help));
    }
    let kept = format!("delete no stack: they are those of `{name}`");
    // What is about to be written was compared with it.
    Ok(if new.contains(&name) || is_written(out, name)? {
        (message, format!("remove the folder `{shown}`; {kept}"))
    } else {
        (message, format!("move it: `git mv {shown} {}`, then run `racestack synth`; {kept}", out.join(name).display()))
    })
}

/// The folders that hold an account's stacks, with their names and manifests. Handouts, say, are nobody's stacks.
fn account_folders(out: &Path) -> Result<Vec<(String, PathBuf, FolderManifest)>, FileError> {
    let mut folders = Vec::new();
    for entry in files::list(out)?.unwrap_or_default() {
        if !entry.is_folder || entry.name.starts_with('.') {
            continue;
        }
        let manifest = FolderManifest::read(&entry.path)?;
        if manifest.is_there() && manifest.kind().is_none_or(|kind| kind == ACCOUNT) {
            folders.push((entry.name, entry.path, manifest));
        }
    }
    Ok(folders)
}
