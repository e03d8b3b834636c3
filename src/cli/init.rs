//! `racestack init`: a new configuration, commented.

use std::fmt::Write;
use std::path::Path;

use include_dir::{Dir, include_dir};

use super::args::{InitArgs, SchemaKind};
use super::{Failure, Outcome, schema_of};
use crate::files::{self, NewFile};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates/init");

pub(super) fn run(args: &InitArgs) -> Result<Outcome, Failure> {
    let mut new = Vec::new();
    collect(&FILES, &mut new);
    for (kind, name) in
        [(SchemaKind::Settings, "settings"), (SchemaKind::Account, "account"), (SchemaKind::Roster, "roster")]
    {
        new.push((format!("schemas/{name}.json"), schema_of(kind)));
    }
    // All are looked for before any is written, so that a refusal leaves nothing half made.
    for (path, _) in &new {
        let path = args.folder.join(path);
        if files::read(&path)?.is_some() {
            return Err(Failure::Usage(format!("`{}` exists; nothing was written", path.display())));
        }
    }
    let mut stdout = String::new();
    for (path, text) in &new {
        let path = args.folder.join(path);
        files::create(&path, &NewFile { bytes: text.as_bytes(), executable: false })?;
        // Writing to a string cannot fail.
        let _ = writeln!(stdout, "wrote {}", path.display());
    }
    stdout.push_str(&next_steps(&args.folder));
    Ok(Outcome { stdout, ..Outcome::default() })
}

fn next_steps(folder: &Path) -> String {
    let config = folder.join("config");
    let out = folder.join("out");
    format!(
        "\nNext: write your company into {config}/settings.yaml, rename {config}/accounts/example, write its account ID \
         and people, then\n  racestack synth --config {config} --out {out}\n",
        config = config.display(),
        out = out.display()
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
