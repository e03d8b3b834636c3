//! What the commands that make stacks start from: the configuration, the templates and the rules, as the command line names
//! them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Failure, require_config};
use crate::check::guard::{RULE_FILE_EXTENSIONS, RuleSet};
use crate::check::{Proofs, Suppressions};
use crate::config::{self, AccountConfig, Config, Encoding, find_conflict, suggest};
use crate::facts::date::Date;
use crate::files::{self, FileError, FileKind};
use crate::finding::{Finding, each};
use crate::model::{self, Account, User};
use crate::render::Templates;
use crate::source::{Place, SourceFile};

/// Where the material stands.
pub(crate) struct Sources<'a> {
    /// The config folder.
    pub(crate) config: &'a Path,
    /// The accounts that are asked for; none asks for all.
    pub(crate) accounts: &'a [String],
    /// The user's own templates.
    pub(crate) templates: Option<&'a Path>,
    /// The user's own rules.
    pub(crate) rules: Option<&'a Path>,
    /// The day that suppressions are compared with.
    pub(crate) today: Option<Date>,
    /// How rosters in CSV are encoded, whatever the settings say.
    pub(crate) encoding: Option<Encoding>,
}

/// What stacks are made of, and checked by.
pub(crate) struct Inputs {
    folder: PathBuf,
    /// Without rosters and locks, which are read account by account.
    pub(crate) config: Config,
    pub(crate) templates: Templates,
    pub(crate) rules: RuleSet,
    pub(crate) suppressions: Suppressions,
    /// What is proven in this run.
    pub(crate) proofs: Proofs,
}

/// Reads it all.
///
/// # Errors
/// Where templates or rules cannot be used, all that was found.
pub(crate) fn read(sources: &Sources<'_>, findings: &mut Vec<Finding>) -> Result<Inputs, Failure> {
    // None of these knows of another, and in a small fleet each takes as long as all the rest.
    let (config, (templates, rules)) = rayon::join(
        || read_config(sources, findings),
        || rayon::join(|| read_templates(sources.templates), || read_rules(sources.rules)),
    );
    let config = config?;
    let suppressions = Suppressions::new(model::suppressions(&config, findings), sources.today);
    let folder = sources.config.to_owned();
    match (templates, rules) {
        (Ok(templates), Ok(rules)) => {
            findings.extend(suppressions.unknown_guard_rules(&rules));
            Ok(Inputs { folder, config, templates, rules, suppressions, proofs: Proofs::default() })
        }
        (templates, rules) => {
            for failure in [templates.err(), rules.err()].into_iter().flatten() {
                match failure {
                    Failure::Findings(found) => findings.extend(found),
                    failure => return Err(failure),
                }
            }
            // No stacks are made, but what is wrong with the people is told all the same.
            let selected: Vec<&AccountConfig> = config.accounts.iter().filter(|account| account.selected).collect();
            let looked = each(&selected, findings, |one, findings| account(&folder, one, findings).map(drop));
            looked.into_iter().collect::<Result<(), FileError>>()?;
            Err(Failure::Findings(std::mem::take(findings)))
        }
    }
}

/// An account with its people. Where something is wrong with it, which are findings, there is none.
pub(crate) fn account(
    folder: &Path,
    config: &AccountConfig,
    findings: &mut Vec<Finding>,
) -> Result<Option<Account>, FileError> {
    let people = config::people(folder, config, findings)?;
    Ok(model::account(config, &people, findings))
}

impl Inputs {
    /// The accounts that are asked for.
    pub(crate) fn selected(&self) -> Vec<&AccountConfig> {
        self.config.accounts.iter().filter(|account| account.selected).collect()
    }

    /// One of them, as `account` does.
    pub(crate) fn account(
        &self,
        config: &AccountConfig,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Account>, FileError> {
        account(&self.folder, config, findings)
    }
}

/// The material and the one account that is asked for.
///
/// # Errors
/// What keeps the account from being sound, and nothing else that was found.
pub(crate) fn one_account(sources: &Sources<'_>) -> Result<(Inputs, Account), Failure> {
    let mut findings = Vec::new();
    let material = read(sources, &mut findings)?;
    let account = match material.selected().first() {
        Some(config) => material.account(config, &mut findings)?,
        None => None,
    };
    findings.retain(Finding::is_error);
    match account {
        Some(account) if findings.is_empty() => Ok((material, account)),
        _ => Err(Failure::Findings(findings)),
    }
}

/// How many names a message lists at most.
const MOST_NAMED: usize = 10;

/// The person of that name.
pub(crate) fn user_of<'a>(account: &'a Account, name: &str) -> Result<&'a User, Failure> {
    account.users.iter().find(|user| user.name.as_str() == name).ok_or_else(|| {
        let known = account.users.iter().map(|user| user.name.as_str());
        let all: Vec<&str> = known.clone().collect();
        let names = format!("its users are `{}`", all.join("`, `"));
        let help =
            suggest(name, known, if all.len() > MOST_NAMED { "its roster names everybody" } else { names.as_str() });
        Failure::Usage(format!("there is no user `{name}` in the account `{}`; {help}", account.name))
    })
}

/// The configuration. How rosters are encoded, the command line decides before the settings.
pub(crate) fn read_config(sources: &Sources<'_>, findings: &mut Vec<Finding>) -> Result<Config, Failure> {
    require_config(sources.config)?;
    let mut config = config::read(sources.config, sources.accounts, findings)?;
    for account in &mut config.accounts {
        account.encoding = sources.encoding.or(account.encoding);
    }
    model::clashes(&config, findings);
    Ok(config)
}

fn read_templates(folder: Option<&Path>) -> Result<Templates, Failure> {
    let mut own = Vec::new();
    if let Some(folder) = folder {
        collect(folder, "", &mut own)?;
    }
    refuse_conflicts(own.iter().map(|(_, source)| source))?;
    Templates::new(own).map_err(|failures| {
        let mut findings = Vec::new();
        for failure in failures.into_iter().map(Failure::from) {
            match failure {
                Failure::Findings(found) => findings.extend(found),
                failure => return failure,
            }
        }
        Failure::Findings(findings)
    })
}

fn refuse_conflicts<'a>(sources: impl Iterator<Item = &'a Arc<SourceFile>>) -> Result<(), Failure> {
    let conflicts: Vec<Finding> = sources.filter_map(find_conflict).collect();
    if conflicts.is_empty() { Ok(()) } else { Err(Failure::Findings(conflicts)) }
}

fn read_rules(folder: Option<&Path>) -> Result<RuleSet, Failure> {
    let Some(folder) = folder else {
        // The embedded rules are racestack's own: what is wrong with them is no finding.
        let fault = |broken: Vec<Finding>| broken.into_iter().map(|finding| finding.message).collect();
        return RuleSet::embedded().map_err(|broken| Failure::Fault(fault(broken)));
    };
    // `+DIR` adds to the embedded rules.
    let added = folder.to_str().and_then(|folder| folder.strip_prefix('+')).map(Path::new);
    let mut files = if added.is_some() { RuleSet::embedded_files() } else { Vec::new() };
    let folder = added.unwrap_or(folder);
    if matches!(files::kind(folder)?, Some(FileKind::File { .. })) {
        files.push(source(folder)?);
    } else {
        collect_rules(folder, &mut BTreeSet::new(), &mut files)?;
    }
    refuse_conflicts(files.iter())?;
    let placed = |finding: Finding| match finding.place {
        Some(_) => finding,
        None => finding.at(Place::whole(&SourceFile::new(folder, ""))),
    };
    RuleSet::from_files(files).map_err(|findings| Failure::Findings(findings.into_iter().map(placed).collect()))
}

/// All rule files below a folder, as the command of cfn-guard finds them, and those in folders that links lead to.
fn collect_rules(folder: &Path, seen: &mut BTreeSet<PathBuf>, found: &mut Vec<Arc<SourceFile>>) -> Result<(), Failure> {
    let Some(entries) = files::list(folder)? else {
        return Err(Failure::Usage(format!("there is no folder `{}`", folder.display())));
    };
    // Links may lead in a circle.
    if !seen.insert(files::real_path(folder)?) {
        return Ok(());
    }
    for entry in entries {
        let path = folder.join(&entry.name);
        let extension = path.extension().unwrap_or_default();
        if entry.is_folder || (entry.is_link && files::leads_to_folder(&path)) {
            collect_rules(&path, seen, found)?;
        } else if RULE_FILE_EXTENSIONS.iter().any(|known| extension == *known) {
            found.push(source(&path)?);
        }
    }
    Ok(())
}

/// A file of the user's own rules or templates.
fn source(path: &Path) -> Result<Arc<SourceFile>, Failure> {
    let bytes = files::read(path)?.unwrap_or_default();
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
        Failure::Usage(format!("`{}` is not UTF-8, from line {line} on: save it as UTF-8", path.display()))
    })?;
    // Editors of Windows write a byte order mark.
    Ok(SourceFile::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

/// All files below a folder, by their path in it.
fn collect(folder: &Path, prefix: &str, found: &mut Vec<(String, Arc<SourceFile>)>) -> Result<(), Failure> {
    let Some(entries) = files::list(folder)? else {
        return Err(Failure::Usage(format!("there is no folder `{}`", folder.display())));
    };
    for entry in entries.into_iter().filter(|entry| !entry.name.starts_with('.')) {
        let path = folder.join(&entry.name);
        let name = format!("{prefix}{}", entry.name);
        if entry.is_folder {
            collect(&path, &format!("{name}/"), found)?;
        } else {
            found.push((name, source(&path)?));
        }
    }
    Ok(())
}
