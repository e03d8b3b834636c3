//! Reading: settings, layered, and rosters, from the files of the config folder to typed values that know their places.

mod accounts;
mod address_range;
mod characters;
mod choices;
mod conflict;
mod csv;
mod encoding;
mod layers;
mod mangled;
mod misnamed;
mod names;
mod node;
mod optional;
mod policies;
mod roster;
mod schema;
mod settings;
mod suggestion;
mod suppressions;
mod workbook;
mod wrong_type;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use characters::{hidden_character, mixed_alphabets, refused_character, too_long};
pub use choices::{Language, Mfa, Part, Profile, Service};
pub use conflict::{find as find_conflict, line as conflict_line, sides as conflict_sides};
pub use encoding::Encoding;
pub use layers::{DEFAULTS_PATH, explain};
pub use mangled::is_lost;
pub use names::{
    AccountId, AccountName, BucketName, Company, Contact, EmailAddress, FolderName, IamPath, InstanceType, KmsKeyArn,
    LogicalId, Network, NotebookName, PolicyPath, PrincipalPattern, Region, RepositoryPath, RoleSuffix,
    SecurityGroupId, StackName, SubnetId, TypePattern, UserName,
};
pub use node::{Content, Entry, Node, quoted, shorten};
pub use policies::{CompanyDocument, POLICIES_FOLDER};
pub use roster::{Roster, RosterNotebook, RosterNotebookSettings, RosterRow, State, roster_schema};
pub use schema::Schema;
pub use settings::{
    AccessKeySettings, BucketSettings, BudgetSettings, DeploySettings, LogSettings, MetadataSettings, NotebookSettings,
    QuotaSettings, ServiceRoleSettings, Settings, account_schema, company_schema,
};
pub use suggestion::{did_you_mean, suggest};
pub use suppressions::{SUPPRESSIONS_FILE, SuppressionRow, SuppressionRows, suppressions_schema};

use crate::files::{self, FileError};
use crate::finding::{Finding, Rule, any_error, each};
use crate::source::{Place, SourceFile};

/// The file of the company's settings, and of an account's, in their folders.
pub const SETTINGS_FILE: &str = "settings.yaml";
/// The folder that holds a folder per account.
pub const ACCOUNTS_FOLDER: &str = "accounts";
/// The folder of the user's own templates: each replaces the built-in one of its path.
pub const TEMPLATES_FOLDER: &str = "templates";
/// The folder of the user's own guard rules: a file replaces the built-in one of its path, or is one more.
pub const RULES_FOLDER: &str = "rules";
/// The folder of the JSON Schemas, for editors.
pub const SCHEMAS_FOLDER: &str = "schemas";
/// The lock of an account, in its folder.
pub const LOCK_FILE: &str = "stacks.lock";
/// What a roster may be called, in the order in which messages name them.
pub const ROSTER_FILES: [&str; 4] = ["roster.csv", "roster.xlsx", "roster.yaml", "roster.json"];

/// Names of encodings that rosters are saved in.
pub const ENCODINGS: &str = "encodings are `utf-8`, `cp932`, `cp949`, `cp1252`, `euc-jp`, `utf-16le` and the like";

/// Files of the config folder that a command is about to write, and that are read as if they were there: their texts, by their paths.
pub type Drafts = BTreeMap<PathBuf, String>;

/// Everything that the config folder says.
#[derive(Debug)]
pub struct Config {
    /// The accounts, by name.
    pub accounts: Vec<AccountConfig>,
    /// The rows of `suppressions.yaml`, with places, and typed where they have the shape of one.
    pub suppressions: Vec<(Node, Option<SuppressionRow>)>,
}

impl Config {
    /// The accounts that are to be synthesised.
    pub fn selected(&self) -> Vec<&AccountConfig> {
        self.accounts.iter().filter(|account| account.selected).collect()
    }
}

/// What the config folder says of an account.
#[derive(Debug)]
pub struct AccountConfig {
    /// The name of its folder.
    pub name: String,
    /// Whether it is to be synthesised.
    pub selected: bool,
    /// Whether both settings files could be read. Otherwise what seems to be missing may stand in the one that was not.
    pub complete: bool,
    /// Whether its settings and its roster were read without an error: only then do its stacks tell anything.
    pub sound: bool,
    /// Its own settings file: where findings about what is missing from it point.
    pub source: Arc<SourceFile>,
    /// The layered settings, each value with its place.
    pub node: Node,
    /// The layered settings, typed.
    pub settings: Settings,
    /// How its roster in CSV is encoded, where somebody says so.
    pub encoding: Option<Encoding>,
    /// What is not written yet, perhaps its roster.
    drafts: Drafts,
}

impl AccountConfig {
    /// The ID of its AWS account, where its settings say it.
    pub fn id(&self) -> Option<&str> {
        self.settings.account_id.as_ref().map(AccountId::as_str)
    }
}

/// What the config folder says of an account's people.
#[derive(Debug, Default)]
pub struct People {
    /// The roster; `None` when it could not be read.
    pub roster: Option<RosterConfig>,
    /// The lock's file, whose text is empty where there is none; `None` when it cannot be read.
    pub lock: Option<Arc<SourceFile>>,
    /// Whether the lock's file exists.
    pub lock_exists: bool,
    /// The documents of the company's policies that the settings name, by the policy's name.
    pub policies: BTreeMap<String, CompanyDocument>,
    /// The files that the account is made from, relative to the config folder.
    pub inputs: Vec<PathBuf>,
    /// Whether no error was found in roster and lock.
    pub sound: bool,
}

/// The roster of an account.
#[derive(Debug)]
pub struct RosterConfig {
    /// The file.
    pub source: Arc<SourceFile>,
    /// Its rows, typed and with places.
    pub rows: Vec<(Node, RosterRow)>,
}

/// The settings that hold where no file says otherwise.
pub fn default_settings() -> Settings {
    layers::typed(&layers::defaults())
}

/// Reads the config folder, but for rosters and locks. The settings of every account are read, so that clashes between
/// accounts are found; those that `wanted` names are selected, or all when it names none.
pub fn read(folder: &Path, wanted: &[String], findings: &mut Vec<Finding>) -> Result<Config, FileError> {
    read_with(&Drafts::new(), folder, wanted, findings)
}

/// The same, with files that are not written yet.
pub fn read_with(
    drafts: &Drafts,
    folder: &Path,
    wanted: &[String],
    findings: &mut Vec<Finding>,
) -> Result<Config, FileError> {
    let help = "run `racestack init DIR` for a configuration to start from";
    let mut base = read_layer(drafts, folder.join(SETTINGS_FILE), &company_schema(), help, findings)?;
    let defaults = layers::defaults();
    base.node = Some(layers::merge(&defaults, base.node.as_ref(), Some(&defaults)));

    misnamed::check(folder, findings)?;
    let names = accounts::names(folder, drafts, wanted, findings)?;
    let accounts = each(&names, findings, |name, findings| {
        let selected = wanted.is_empty() || wanted.contains(name);
        read_settings(drafts, (folder, name), &base, selected, findings)
    });
    let accounts = accounts.into_iter().collect::<Result<_, _>>()?;
    let suppressions = suppressions::read(folder, findings)?;
    Ok(Config { accounts, suppressions })
}

/// A settings file.
struct Layer {
    source: Arc<SourceFile>,
    node: Option<Node>,
    complete: bool,
    sound: bool,
}

fn read_layer(
    drafts: &Drafts,
    path: PathBuf,
    schema: &Schema,
    help: &str,
    findings: &mut Vec<Finding>,
) -> Result<Layer, FileError> {
    let before = findings.len();
    let beside = misnamed::beside(&path, &[SETTINGS_FILE])?;
    let source = if let Some(bytes) = read_file(drafts, &path)? {
        findings.extend(misnamed::not_read(beside, &path));
        encoding::merged_utf8(&path, &bytes, findings)
    } else {
        let help = suggestion::rename(&beside, &[SETTINGS_FILE]).unwrap_or_else(|| help.to_owned());
        findings.push(missing(&path, help).notes(misnamed::renamed(&beside, "rename it")));
        None
    };
    let Some(source) = source else {
        return Ok(Layer { source: SourceFile::new(path, ""), node: None, complete: false, sound: false });
    };
    let node = layers::read_settings(&source, schema, findings);
    let sound = !any_error(&findings[before..]);
    let complete = node.is_some() || sound;
    Ok(Layer { source, node, complete, sound })
}

fn read_settings(
    drafts: &Drafts,
    (folder, name): (&Path, &str),
    base: &Layer,
    selected: bool,
    findings: &mut Vec<Finding>,
) -> Result<AccountConfig, FileError> {
    let before = findings.len();
    let path = folder.join(ACCOUNTS_FOLDER).join(name).join(SETTINGS_FILE);
    let help = "write the account's `account_id`, `region` and `bucket` into it";
    let Layer { source, node: own, complete, .. } = read_layer(drafts, path, &account_schema(), help, findings)?;
    let complete = complete && base.complete;
    let defaults = layers::defaults();
    let node = layers::merge(base.node.as_ref().unwrap_or(&defaults), own.as_ref(), Some(&defaults));
    let settings = layers::typed(&node);
    let encoding = settings.roster_encoding.as_deref().and_then(|name| {
        let unknown = |encodings| {
            let message = format!("there is no encoding `{}`", shorten(name));
            let place = node.place_of("roster_encoding");
            findings.push(Finding::new(Rule::SettingsUnknownValue, message).at(place).help(encodings));
        };
        name.parse().map_err(unknown).ok()
    });
    let sound = base.sound && !any_error(&findings[before..]);
    let (name, drafts) = (name.to_owned(), drafts.clone());
    Ok(AccountConfig { name, selected, complete, sound, source, node, settings, encoding, drafts })
}

/// Reads the roster and the lock of an account. They are by far the most of what a config folder holds, so that nobody
/// should keep those of many accounts.
pub fn people(folder: &Path, account: &AccountConfig, findings: &mut Vec<Finding>) -> Result<People, FileError> {
    let before = findings.len();
    let relative = Path::new(ACCOUNTS_FOLDER).join(&account.name);
    let mut inputs = vec![PathBuf::from(SETTINGS_FILE), relative.join(SETTINGS_FILE)];
    let mut roster = None;
    if let Some((file, bytes)) = find_roster(&account.drafts, folder, &relative, findings)? {
        roster = read_roster(&folder.join(&file), &bytes, account.encoding, findings);
        inputs.push(file);
    }
    misnamed::check_account(folder, &folder.join(&relative), findings)?;
    let lock_path = folder.join(&relative).join(LOCK_FILE);
    let lock = files::read(&lock_path)?;
    let lock_exists = lock.is_some();
    let lock = encoding::merged_utf8(&lock_path, &lock.unwrap_or_default(), findings);
    let mut policies = BTreeMap::new();
    for (name, (file, document)) in policies::read(folder, &account.settings, findings)? {
        inputs.push(file);
        policies.insert(name, document);
    }
    let sound = !any_error(&findings[before..]);
    Ok(People { roster, lock, lock_exists, policies, inputs, sound })
}

/// The one roster of an account: its path relative to the config folder, and its bytes.
fn find_roster(
    drafts: &Drafts,
    folder: &Path,
    relative: &Path,
    findings: &mut Vec<Finding>,
) -> Result<Option<(PathBuf, Vec<u8>)>, FileError> {
    let mut found: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for name in ROSTER_FILES {
        let file = relative.join(name);
        if let Some(bytes) = read_file(drafts, &folder.join(&file))? {
            found.push((file, bytes));
        }
    }
    if found.is_empty() {
        let path = folder.join(relative).join(ROSTER_FILES[0]);
        let help = "create it with one row for each person and at least the column `name`; you can also use `roster.xlsx`, `roster.yaml` or `roster.json`";
        let near = misnamed::beside(&path, &ROSTER_FILES)?;
        let rename = suggestion::rename(&near, &ROSTER_FILES);
        // A table under another name may be about something else.
        let tables = if near.is_empty() { misnamed::tables(&path)? } else { Vec::new() };
        let perhaps =
            suggestion::rename(&tables, &ROSTER_FILES).map(|rename| format!("{rename}, if it has the people"));
        let how = "save or rename it as `roster.csv`, `roster.xlsx`, `roster.yaml` or `roster.json`";
        let help = rename.or(perhaps).unwrap_or_else(|| help.to_owned());
        findings.push(missing(&path, help).notes(misnamed::renamed(&near, how)));
    }
    if let Some((read, _)) = found.first() {
        let path = folder.join(read);
        findings.extend(misnamed::not_read(misnamed::beside(&path, &ROSTER_FILES)?, &path));
    }
    if let [_, (second, _), ..] = found.as_slice() {
        let names = quoted(found.iter().map(|(file, _)| folder.join(file).display().to_string()));
        let message = format!("found {} rosters, allowed is one: {names}", found.len());
        let finding = Finding::new(Rule::RosterSeveral, message).at(Place::of_file(folder.join(second)));
        findings.push(finding.help("keep one of them"));
    }
    Ok(found.into_iter().next())
}

fn read_roster(
    path: &Path,
    bytes: &[u8],
    encoding: Option<Encoding>,
    findings: &mut Vec<Finding>,
) -> Option<RosterConfig> {
    let extension = path.extension().unwrap_or_default();
    let is_workbook = extension == "xlsx";
    let is_csv = extension == "csv" || is_workbook;
    if !is_workbook && workbook::is_one(bytes) {
        findings.push(workbook::renamed(path));
        return None;
    }
    let source = if is_workbook {
        workbook::read(path, bytes, findings)?
    } else if is_csv {
        encoding::decode_csv(path, bytes, encoding, findings)?
    } else {
        encoding::decode_utf8(path, bytes, findings)?
    };
    let source = characters::composed(&source);
    if let Some(conflict) = conflict::find(&source) {
        findings.push(conflict);
        return None;
    }
    let errors_before = findings.len();
    let list = if is_csv { Some(csv::parse(&source, findings)) } else { yaml::parse(&source, findings) };
    if list.is_none() && findings.len() > errors_before {
        return None;
    }
    let list = list.unwrap_or(Node { place: Place::whole(&source), content: Content::Sequence(Vec::new()) });
    // What else is wrong with a row waits until its shape is mended.
    let rows = roster_schema().rows(list, findings).into_iter();
    let rows: Vec<(Node, RosterRow)> = rows.filter_map(|(node, row)| Some((node, row?))).collect();
    if rows.is_empty() && findings.len() == errors_before {
        findings.push(
            Finding::new(Rule::RosterEmpty, "the roster names nobody")
                .at(Place::whole(&source))
                .help("write one row a person, with at least a `name`"),
        );
    }
    Some(RosterConfig { source, rows })
}

/// The bytes of a draft or a file, or `None` where there is neither.
fn read_file(drafts: &Drafts, path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    drafts.get(path).map_or_else(|| files::read(path), |text| Ok(Some(text.clone().into_bytes())))
}

fn missing(path: &Path, help: impl Into<String>) -> Finding {
    Finding::new(Rule::FileMissing, format!("there is no `{}`", path.display())).at(Place::of_file(path)).help(help)
}
