//! `racestack init`: a new configuration, commented.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::args::{Ci, InitArgs, SchemaKind};
use super::{Failure, Outcome, schema_of};
use crate::files::{self, NewFile};

/// What people may have already, and keep: it lets git merge the locks of two branches, leaves out of git what is one
/// machine's, includes the jobs.
const KEPT: [&str; 3] = [".gitattributes", ".gitignore", ".gitlab-ci.yml"];

/// The only one of the first files that is a program, which nobody edits.
const DEPLOY_ALL: &str = "deploy-all.sh";

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/init");
static GITHUB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/ci/github");
static GITLAB: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/ci/gitlab");

/// The schemas that editors check the configuration by.
fn schemas() -> impl Iterator<Item = (String, String)> {
    let kinds = [
        (SchemaKind::Settings, "settings"),
        (SchemaKind::Account, "account"),
        (SchemaKind::Roster, "roster"),
        (SchemaKind::Suppressions, "suppressions"),
    ];
    kinds.into_iter().map(|(kind, name)| (format!("config/schemas/{name}.json"), schema_of(kind)))
}

/// Writes anew what an older version wrote and nobody edits, where it is: the schemas, the files for CI, and `deploy-all.sh`.
fn update(folder: &Path) -> Result<Outcome, Failure> {
    let mut all: Vec<(String, String)> = Vec::new();
    collect(&FILES, &mut all);
    all.retain(|(path, _)| path == DEPLOY_ALL);
    all.extend(schemas());
    collect(&GITHUB, &mut all);
    collect(&GITLAB, &mut all);
    let mut stdout = String::new();
    for (path, text) in all.iter().filter(|(path, _)| !KEPT.contains(&path.as_str())) {
        let place = folder.join(path);
        let found = files::read(&place)?;
        if found.as_ref().is_some_and(|bytes| bytes != text.as_bytes()) {
            files::write_file_atomically(&place, text.as_bytes())?;
            // Writing to a string cannot fail.
            let _ = writeln!(stdout, "updated {}", place.display());
        }
    }
    if stdout.is_empty() {
        stdout.push_str("nothing to update\n");
    }
    Ok(Outcome { stdout, ..Outcome::default() })
}

pub(super) fn run(args: &InitArgs) -> Result<Outcome, Failure> {
    if args.update {
        return update(args.folder.strip_prefix(".").unwrap_or(&args.folder));
    }
    let mut new = Vec::new();
    // Who has a configuration already asks for the rest alone.
    let has_configuration = args.ci.is_some() && files::kind(&args.folder.join("config"))?.is_some();
    if !has_configuration {
        collect(&FILES, &mut new);
        new.extend(schemas());
    }
    match args.ci {
        Some(Ci::Github) => collect(&GITHUB, &mut new),
        Some(Ci::Gitlab) => collect(&GITLAB, &mut new),
        None => {}
    }
    // All are looked for before any is written, so that a refusal leaves nothing half made.
    let mut kept = BTreeMap::new();
    // Said and written as a person would: `config`, not `./config`.
    let folder = args.folder.strip_prefix(".").unwrap_or(&args.folder);
    for (path, _) in &new {
        let place = folder.join(path);
        if let Some(bytes) = files::read(&place)? {
            if KEPT.contains(&path.as_str()) {
                kept.insert(path.clone(), bytes);
                continue;
            }
            return Err(Failure::Usage(format!(
                "`{}` exists; nothing was written; `racestack init --update` writes anew what another version wrote",
                place.display()
            )));
        }
    }
    let mut stdout = String::new();
    for (path, text) in &new {
        let place = folder.join(path);
        if let Some(kept) = kept.get(path) {
            for line in missing_lines(text, &String::from_utf8_lossy(kept)) {
                // Writing to a string cannot fail.
                let _ = writeln!(stdout, "kept {}: add the line `{line}` to it", place.display());
            }
            continue;
        }
        files::create(&place, &NewFile { bytes: text.as_bytes(), executable: false, same: None })?;
        // Writing to a string cannot fail.
        let _ = writeln!(stdout, "wrote {}", place.display());
    }
    if !has_configuration {
        stdout.push_str(&next_steps(folder));
    }
    if args.ci.is_some() {
        stdout.push_str(
            "\nThe files for CI say which variables they need: where racestack comes from, which version or commit of it, and which \
             role deploys. They are read, and work, in the root of a repository alone.\n",
        );
    }
    Ok(Outcome { stdout, ..Outcome::default() })
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
        "\nNext: write your company into {config}/settings.yaml, rename {config}/accounts/example, write its account ID \
         and people, then\n  racestack synth{options}\n",
        config = config.display(),
    )
}

fn collect(folder: &Dir<'_>, found: &mut Vec<(String, String)>) {
    for file in folder.files() {
        let text = file.contents_utf8().unwrap_or_default();
        found.push((file.path().to_string_lossy().replace('\\', "/"), text.to_owned()));
    }
    for folder in folder.dirs() {
        collect(folder, found);
    }
}
