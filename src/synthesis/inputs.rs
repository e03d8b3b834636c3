//! What the commands that make stacks start from: the configuration, the templates and the rules.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Failure, require_config};
use crate::check::guard::{RULE_FILE_EXTENSIONS, RuleSet};
use crate::check::{Proofs, Suppressions, unknown_guard_rules};
use crate::config::{
    self, AccountConfig, Config, Drafts, Encoding, RULES_FOLDER, TEMPLATES_FOLDER, did_you_mean, find_conflict, quoted,
    shorten, suggest,
};
use crate::facts::date::Date;
use crate::files::{self, FileError, FileKind};
use crate::finding::{Finding, Rule, each};
use crate::model::{self, Account, User};
use crate::render::Templates;
use crate::source::{Place, SourceFile};

/// Where the inputs stand.
pub(crate) struct Sources<'a> {
    pub(crate) config: &'a Path,
    /// The accounts that are asked for; none asks for all.
    pub(crate) accounts: &'a [String],
    /// A folder of templates that is read instead of the one in the config folder.
    pub(crate) templates: Option<&'a Path>,
    /// Guard rules that are checked instead of the built-in ones and those in the config folder; with a `+` before, besides the built-in ones.
    pub(crate) rules: Option<&'a Path>,
    /// The day that suppressions are compared with.
    pub(crate) today: Option<Date>,
    /// How rosters in CSV are encoded, whatever the settings say.
    pub(crate) encoding: Option<Encoding>,
    /// Files of the config folder that are not written yet.
    pub(crate) drafts: Option<&'a Drafts>,
}

/// What stacks are made of, and checked by.
pub(crate) struct Inputs {
    /// The config folder.
    pub(crate) folder: PathBuf,
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
        || rayon::join(|| read_templates(sources), || read_rules(sources)),
    );
    let config = config?;
    findings.extend(misnamed_rules(sources)?);
    let suppressions = Suppressions::new(model::suppressions(&config, findings), sources.today);
    let folder = sources.config.to_owned();
    if let Ok(rules) = &rules {
        findings.extend(unknown_guard_rules(model::suppressed_names(&config), rules));
    }
    match (templates, rules) {
        (Ok(templates), Ok(rules)) => {
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
            let looked = each(&config.selected(), findings, |one, findings| account(&folder, one, findings).map(drop));
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

/// The inputs and the one account that is asked for.
///
/// # Errors
/// What keeps the account from being sound, and nothing else that was found.
pub(crate) fn one_account(sources: &Sources<'_>) -> Result<(Inputs, Account), Failure> {
    let mut findings = Vec::new();
    let inputs = read(sources, &mut findings)?;
    let account = match inputs.config.selected().first() {
        Some(own) => account(sources.config, own, &mut findings)?,
        None => None,
    };
    findings.retain(Finding::is_error);
    match account {
        Some(account) if findings.is_empty() => Ok((inputs, account)),
        _ => Err(Failure::Findings(findings)),
    }
}

/// How many names a message lists at most.
const MOST_NAMED: usize = 10;

pub(crate) fn user_of<'a>(account: &'a Account, name: &str) -> Result<&'a User, Failure> {
    account.user(name).ok_or_else(|| {
        let known = account.users.iter().map(|user| user.name.as_str());
        let all: Vec<&str> = known.clone().collect();
        let names = format!("its users are {}", quoted(&all));
        let help =
            suggest(name, known, if all.len() > MOST_NAMED { "its roster names everybody" } else { names.as_str() });
        let message = format!("there is no user `{}` in the account `{}`", shorten(name), account.name);
        let finding = Finding::new(Rule::RosterUnknownUser, message).help(help);
        let roster = account.roster_place.as_ref().map(|place| Place::whole(&place.source));
        Failure::of(roster.into_iter().fold(finding, Finding::at))
    })
}

/// The configuration. How rosters are encoded, the command line decides before the settings.
pub(crate) fn read_config(sources: &Sources<'_>, findings: &mut Vec<Finding>) -> Result<Config, Failure> {
    let drafts = sources.drafts.cloned().unwrap_or_default();
    if drafts.is_empty() {
        require_config(sources.config)?;
    }
    let mut config = config::read_with(&drafts, sources.config, sources.accounts, findings)?;
    for account in &mut config.accounts {
        account.encoding = sources.encoding.or(account.encoding);
    }
    model::clashes(&config, findings);
    Ok(config)
}

fn read_templates(sources: &Sources<'_>) -> Result<Templates, Failure> {
    let own = match sources.templates {
        Some(folder) => Some(read_own(folder, is_shown)?.ok_or_else(|| no_folder(folder))?),
        None => read_own(&sources.config.join(TEMPLATES_FOLDER), is_shown)?,
    }
    .unwrap_or_default();
    Templates::new(own).map_err(Failure::Findings)
}

/// The folder of rules that `+DIR` adds to the embedded ones.
fn added_rules<'a>(sources: &Sources<'a>) -> Option<&'a Path> {
    sources.rules.and_then(|folder| folder.to_str()?.strip_prefix('+')).map(Path::new)
}

fn rules_folder(sources: &Sources<'_>) -> PathBuf {
    added_rules(sources).or(sources.rules).map_or_else(|| sources.config.join(RULES_FOLDER), Path::to_owned)
}

/// Findings of files in the folder of rules whose names end nearly as those of rules, and which are not read.
fn misnamed_rules(sources: &Sources<'_>) -> Result<Vec<Finding>, FileError> {
    let folder = rules_folder(sources);
    let mut paths = Vec::new();
    if matches!(files::kind(&folder)?, Some(FileKind::Folder)) {
        collect(&folder, "", &mut BTreeSet::new(), &mut paths)?;
    }
    let found =
        paths.into_iter().filter(|(name, _)| is_shown(name) && !is_rule_file(name)).filter_map(|(name, path)| {
            // Editors of Windows add `.txt` to a name.
            let given = Path::new(name.strip_suffix(".txt").unwrap_or(&name));
            let meant = did_you_mean(given.extension()?.to_str()?, RULE_FILE_EXTENSIONS)?;
            let message = format!(
                "`{}` is not read: its name ends in no `.{}`",
                path.display(),
                RULE_FILE_EXTENSIONS.join("` or `.")
            );
            let right = given.with_extension(meant);
            let help = format!("rename it to `{}`, or remove it", right.file_name()?.to_string_lossy());
            Some(Finding::new(Rule::FileMisnamed, message).at(Place::of_file(path)).help(help))
        });
    Ok(found.collect())
}

fn read_rules(sources: &Sources<'_>) -> Result<RuleSet, Failure> {
    let added = added_rules(sources);
    let folder = &rules_folder(sources);
    let own = match read_own(folder, is_rule_file)? {
        // The embedded rules are racestack's own: what is wrong with them is no finding.
        None if sources.rules.is_none() => {
            let fault = |broken: Vec<Finding>| broken.into_iter().map(|finding| finding.message).collect();
            return RuleSet::embedded().map_err(|broken| Failure::Fault(fault(broken)));
        }
        None => return Err(no_folder(folder)),
        Some(own) => own,
    };
    // One that was emptied by mistake turns no rules off.
    let is_replaced = |built_in: &SourceFile| {
        let replaces = |name: &str| built_in.path == Path::new(RULES_FOLDER).join(name);
        own.iter().any(|(name, file)| replaces(name) && RuleSet::holds_rules(file))
    };
    // A folder without a rule is more likely a mistake than the wish for none: it is refused.
    let is_kept = |file: &SourceFile| match sources.rules {
        _ if own.is_empty() => false,
        Some(_) => added.is_some(),
        None => !is_replaced(file),
    };
    let embedded = RuleSet::embedded_files().into_iter().filter(|file| is_kept(file));
    let files = embedded.chain(own.iter().map(|(_, file)| Arc::clone(file))).collect();
    let placed = |finding: Finding| match finding.place {
        Some(_) => finding,
        None => finding.at(Place::of_file(folder)),
    };
    RuleSet::from_files(files).map_err(|findings| Failure::Findings(findings.into_iter().map(placed).collect()))
}

/// Editors keep files, and links to nothing, under hidden names.
fn is_shown(name: &str) -> bool {
    !name.split('/').any(|step| step.starts_with('.'))
}

fn is_rule_file(name: &str) -> bool {
    RULE_FILE_EXTENSIONS.iter().any(|known| Path::new(name).extension().is_some_and(|own| own == *known))
}

fn no_folder(folder: &Path) -> Failure {
    Failure::Usage(format!("there is no folder `{}`", folder.display()))
}

/// The user's own files, by their path in their folder.
type OverrideFiles = Vec<(String, Arc<SourceFile>)>;

/// The user's own files in a folder, by their path in it; `None` where there is no such folder.
///
/// # Errors
/// Among others, findings about those that a merge has left marks in.
fn read_own(folder: &Path, is_one: impl Fn(&str) -> bool) -> Result<Option<OverrideFiles>, Failure> {
    let mut paths = Vec::new();
    if matches!(files::kind(folder)?, Some(FileKind::File { .. })) {
        // Of rules, one file can be named, whatever its name ends with.
        paths.push((String::new(), folder.to_owned()));
    } else if collect(folder, "", &mut BTreeSet::new(), &mut paths)? {
        paths.retain(|(name, path)| is_one(name) || (is_shown(name) && files::leads_nowhere(path)));
    } else {
        return if files::kind(folder)?.is_some() { Err(leads_nowhere(folder)) } else { Ok(None) };
    }
    let own =
        paths.into_iter().map(|(name, path)| Ok((name, source(&path)?))).collect::<Result<OverrideFiles, Failure>>()?;
    let conflicts: Vec<Finding> = own.iter().filter_map(|(_, source)| find_conflict(source)).collect();
    if conflicts.is_empty() { Ok(Some(own)) } else { Err(Failure::Findings(conflicts)) }
}

/// What is wrong with a link to what is not there: no file of one's own would be used in its place, without a word.
fn leads_nowhere(link: &Path) -> Failure {
    Failure::Usage(format!("`{}` is a link that leads nowhere: mend it, or remove it", link.display()))
}

/// A file of the user's own rules or templates.
fn source(path: &Path) -> Result<Arc<SourceFile>, Failure> {
    let bytes = files::read(path)?.ok_or_else(|| leads_nowhere(path))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
        Failure::Usage(format!("`{}` is not UTF-8, from line {line} on: save it as UTF-8", path.display()))
    })?;
    // Editors of Windows write a byte order mark.
    Ok(SourceFile::new(path, text.strip_prefix('\u{feff}').unwrap_or(&text)))
}

/// All files below a folder, also those in folders that links lead to, by their path in it. Whether there is such a folder.
fn collect(
    folder: &Path,
    prefix: &str,
    seen: &mut BTreeSet<PathBuf>,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<bool, FileError> {
    let Some(entries) = files::list(folder)? else { return Ok(false) };
    // Links may lead in a circle.
    if !seen.insert(files::real_path(folder)?) {
        return Ok(true);
    }
    for entry in entries {
        let name = format!("{prefix}{}", entry.name);
        if entry.is_folder || (entry.is_link && files::leads_to_folder(&entry.path)) {
            collect(&entry.path, &format!("{name}/"), seen, found)?;
        } else {
            found.push((name, entry.path));
        }
    }
    Ok(true)
}
