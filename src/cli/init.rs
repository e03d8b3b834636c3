//! `racestack init`: a new configuration, commented.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{Ci, InitArgs, SchemaKind};
use super::{DEFAULT_CONFIG, schema_of};
use crate::config::{ACCOUNTS_FOLDER, quoted};
use crate::files;
use crate::finding::{Finding, Rule};
use crate::render::{embedded_folder, sha256};
use crate::source::Place;
use crate::synthesis::{Failure, is_configuration, require_config, run_above};

/// What people may have already, and keep: it lets git merge the locks of two branches, leaves out of git what is one
/// machine's, includes the jobs.
const KEPT: [&str; 3] = [".gitattributes", ".gitignore", ".gitlab-ci.yml"];

/// The only one of the first files that is a program.
const DEPLOY_ALL: &str = "deploy-all.sh";

/// The built-in folders of what it writes.
const FILES: &str = "init";
const GITHUB: &str = "ci/github";
const GITLAB: &str = "ci/gitlab";

/// The schemas that editors check the configuration by, by their path in the config folder.
fn schemas() -> impl Iterator<Item = (String, String)> {
    let kinds = SchemaKind::value_variants().iter().filter(|kind| **kind != SchemaKind::Diff);
    kinds.filter_map(|kind| Some((format!("schemas/{}.json", kind.to_possible_value()?.get_name()), schema_of(*kind))))
}

/// What stands before the checksum, in the last line of the files for CI and of `deploy-all.sh`: with it, nobody has edited
/// them since.
const SEAL: &str =
    "# Written by `racestack init`, which writes this file anew as long as it has this SHA-256 above this line: ";

/// A text with its checksum.
fn sealed(text: &str) -> String {
    format!("{text}{SEAL}{}\n", sha256(text))
}

/// Whether nobody has edited a file since some version wrote it; an empty one asks to be written anew.
fn is_sealed(found: &str) -> bool {
    // Git may give it the line endings of Windows.
    let found = &found.replace("\r\n", "\n");
    found.trim().is_empty() || found.rfind(SEAL).is_some_and(|at| sealed(&found[..at]) == *found)
}

/// Whether a file is one for CI, or `deploy-all.sh`, that people do not keep as they have it.
fn is_sealed_file(path: &str) -> bool {
    !KEPT.contains(&path) && (path.starts_with(".github") || path.starts_with(".gitlab") || path == DEPLOY_ALL)
}

/// All files of a built-in folder, by their path in it, sealed where they are to be.
fn made(folder: &str) -> impl Iterator<Item = (String, String)> {
    embedded_folder(folder).into_iter().map(|(path, text)| {
        let text = if is_sealed_file(&path) { sealed(text) } else { text.to_owned() };
        (path, text)
    })
}

/// The schemas in a config folder, and the files beside it, that another version of racestack wrote: what each is to hold, and
/// whether somebody has edited it.
fn differing(config: &Path, folder: &Path) -> Result<Vec<(PathBuf, String, bool)>, Failure> {
    let beside = [FILES, GITHUB, GITLAB].into_iter().flat_map(made).filter(|(path, _)| is_sealed_file(path));
    let schemas = schemas().map(|(name, text)| (config.join(name), text, false));
    let mut found = Vec::new();
    for (place, text, may_be_edited) in schemas.chain(beside.map(|(path, text)| (folder.join(path), text, true))) {
        let Some(bytes) = files::read(&place)? else { continue };
        if bytes != text.as_bytes() {
            let edited = may_be_edited && !is_sealed(&String::from_utf8_lossy(&bytes));
            found.push((place, text, edited));
        }
    }
    Ok(found)
}

/// A finding about what `racestack init` wrote in another version, and nobody has edited since.
pub(super) fn outdated(config: &Path) -> Result<Option<Finding>, Failure> {
    let folder = &holder(config);
    let mut stale = differing(config, folder)?;
    stale.retain(|(.., edited)| !edited);
    let Some((first, ..)) = stale.first() else { return Ok(None) };
    let names = quoted(stale.iter().map(|(path, ..)| path.display()));
    let message = format!("this version of racestack writes {names} differently");
    let finding = Finding::new(Rule::FileOutdated, message).at(Place::of_file(first));
    let folder = argument(if config.ends_with(DEFAULT_CONFIG) { folder } else { config });
    Ok(Some(finding.help(format!("run `racestack init --update{folder}`, and commit what it writes"))))
}

/// The folder that a config folder is in, also where it is the one that a command works in.
fn holder(config: &Path) -> PathBuf {
    config.file_name().and(config.parent()).map_or_else(|| config.join(".."), Path::to_owned)
}

/// A folder as the last argument of a command; nothing of the one that a command works in.
fn argument(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { String::new() } else { format!(" {}", folder.display()) }
}

/// Writes a file where there is none. Of one that is there, what is printed names the lines that it lacks, if people keep it as
/// they have it.
fn write_missing(folder: &Path, (path, text): &(String, String)) -> Result<String, Failure> {
    let place = folder.join(path);
    let Some(found) = files::read(&place)? else {
        files::create(&place, text.as_bytes(), path == DEPLOY_ALL)?;
        return Ok(format!("wrote {}\n", place.display()));
    };
    let mut stdout = String::new();
    if KEPT.contains(&path.as_str()) {
        for line in missing_lines(text, &String::from_utf8_lossy(&found)) {
            stdout += &format!("kept {}: add the line `{line}` to it\n", place.display());
        }
    }
    Ok(stdout)
}

/// Writes anew what an older version wrote, where it is: the schemas, and unless somebody has edited them, the files for CI and
/// `deploy-all.sh`. Where there is a configuration, also writes what of these is missing beside it, but for the files for CI. The folder
/// is that which the configuration is in, or the configuration itself, whatever it is called.
fn update(folder: &Path) -> Result<String, Failure> {
    let mut stdout = String::new();
    let is_config = is_configuration(folder);
    let (folder, config) =
        if is_config { (holder(folder), folder.to_owned()) } else { (folder.to_owned(), folder.join(DEFAULT_CONFIG)) };
    for (place, text, edited) in differing(&config, &folder)? {
        let shown = place.display();
        stdout += &if edited {
            format!("kept {shown}, which was edited: empty it and run this again to have it anew\n")
        } else {
            files::write_file_atomically(&place, text.as_bytes(), place.ends_with(DEPLOY_ALL))?;
            format!("updated {shown}\n")
        };
    }
    if is_config || files::list(&config)?.is_some() {
        let beside = made(FILES).filter(|(path, _)| !path.starts_with("config/"));
        for file in beside {
            stdout.push_str(&write_missing(&folder, &file)?);
        }
        for file in schemas() {
            stdout.push_str(&write_missing(&config, &file)?);
        }
    }
    if stdout.is_empty() {
        if !is_config {
            refuse_within(&folder)?;
            require_config(&config)?;
        }
        stdout.push_str("nothing to update\n");
    }
    Ok(stdout)
}

pub(super) fn run(args: &InitArgs) -> Result<String, Failure> {
    // Said and written as a person would: `config`, not `./config`.
    let folder = args.folder.strip_prefix(".").unwrap_or(&args.folder);
    if args.update {
        return update(folder);
    }
    let mut new = Vec::new();
    // Who has a configuration already asks for the rest alone.
    let has_configuration = args.ci.is_some() && files::kind(&folder.join("config"))?.is_some();
    if args.ci.is_some() && !has_configuration {
        refuse_elsewhere(&args.folder)?;
    }
    refuse_within(&args.folder)?;
    if !has_configuration {
        new.extend(made(FILES));
        new.extend(schemas().map(|(path, text)| (format!("config/{path}"), text)));
    }
    match args.ci {
        Some(Ci::Github) => new.extend(made(GITHUB)),
        Some(Ci::Gitlab) => new.extend(made(GITLAB)),
        None => {}
    }
    // All are looked for before any is written, so that a refusal leaves nothing half made.
    for (path, _) in &new {
        let place = folder.join(path);
        let found = files::read(&place)?;
        if found.is_some() && !KEPT.contains(&path.as_str()) {
            return Err(Failure::Usage(format!(
                "`{}` exists; nothing was written; where a configuration is already, `racestack init --update{}` renews its \
                 schemas, and the CI files beside it",
                place.display(),
                argument(folder)
            )));
        }
    }
    let mut stdout = String::new();
    for file in &new {
        stdout.push_str(&write_missing(folder, file)?);
    }
    if !has_configuration {
        stdout.push_str(&next_steps(folder));
    }
    if args.ci.is_some() {
        stdout.push_str(
            "\nNext: set the variables that the comments at the top of these files list: where CI gets racestack, its version or commit, and \
             the role that deploys. The files work only in the root of the Git repository.\n",
        );
    }
    Ok(stdout)
}

/// Refuses a folder within a configuration.
fn refuse_within(folder: &Path) -> Result<(), Failure> {
    let real = files::real_path(folder)?;
    real.ancestors().find(|above| is_configuration(above)).and_then(Path::file_name).map_or(Ok(()), |above| {
        let above = above.display();
        let help = format!(
            "to add an account, make a folder with settings.yaml and a roster in `{above}/{ACCOUNTS_FOLDER}`; to renew the schemas and \
             the CI files, run `racestack init --update` in the folder that holds `{above}`"
        );
        Err(Failure::Usage(format!("this folder is within the configuration `{above}`; {help}; nothing was written")))
    })
}

/// Refuses the files for CI of a configuration that is in a folder above or within this one: they would get a new one.
fn refuse_elsewhere(folder: &Path) -> Result<(), Failure> {
    let shown = folder.strip_prefix(".").unwrap_or(folder);
    if let Some(help) = run_above(&shown.join("config")) {
        return Err(Failure::Usage(format!("there is no `config` here; {help}; nothing was written")));
    }
    for entry in files::list(folder)?.unwrap_or_default().into_iter().filter(|entry| entry.is_folder) {
        if is_configuration(&entry.path.join("config")) {
            return Err(Failure::Usage(format!(
                "there is no `config` here, but one in `{0}`, and the files for CI work in the root of a repository alone: move \
                 it there, as by `git mv {0}/* {1}`, and run this again; for a new configuration, run `racestack init` \
                 first; nothing was written",
                shown.join(&entry.name).display(),
                folder.display()
            )));
        }
    }
    Ok(())
}

/// The lines of `text` that `found` lacks, without comments.
fn missing_lines<'a>(text: &'a str, found: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter(|line| !line.starts_with('#') && !found.lines().any(|known| known.trim() == line.trim()))
}

fn next_steps(folder: &Path) -> String {
    let config = folder.join("config");
    let options = if folder.as_os_str().is_empty() {
        String::new()
    } else {
        format!(" --config {} --out {}", config.display(), folder.join("out").display())
    };
    format!(
        "\nNext:\n  1. {config}/settings.yaml: set `company`\n  2. rename {config}/accounts/example: the folder's name is the account's name\n  \
         3. in that folder: set the account ID, region and bucket in settings.yaml, and the people in roster.csv\n  4. after that: \
         racestack synth{options}\n",
        config = config.display(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_endings_are_no_edit() {
        let text = sealed("echo one\necho two\n");
        assert!(is_sealed(&text) && is_sealed(&text.replace('\n', "\r\n")));
        assert!(!is_sealed(&text.replace("two", "three")));
    }
}
