//! Has the program built anew when a rule or a template is added, since cargo knows only the embedded files that it found
//! before, and gives a release build the revision that `racestack --version` prints.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a build script tells cargo by what it prints, reads files and the environment; the program does not"
)]

use std::path::Path;
use std::process::Command;

/// What a build is made from.
const INPUTS: &[&str] = &["build.rs", "Cargo.toml", "Cargo.lock", "rules", "src", "templates", "third_party"];

fn main() {
    for embedded in ["rules", "templates"] {
        println!("cargo::rerun-if-changed={embedded}");
    }
    println!("cargo::rerun-if-env-changed=RACESTACK_REVISION");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A debug build has no revision: with one, each commit would have the whole program built anew.
    let revision = if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        for input in INPUTS.iter().map(|input| root.join(input)).chain(git_state(root)) {
            println!("cargo::rerun-if-changed={}", input.display());
        }
        revision(std::env::var("RACESTACK_REVISION").ok(), root)
    } else {
        None
    };
    let shown = revision.map(|revision| format!(" ({revision})")).unwrap_or_default();
    println!("cargo::rustc-env=RACESTACK_SHOWN_REVISION={shown}");
}

/// The revision that is built: the one `given`, else that of the git repository whose root is `root`, else the one that
/// `git archive` wrote into `.revision`. None where nothing says it: racestack builds without git as well.
pub fn revision(given: Option<String>, root: &Path) -> Option<String> {
    let archived = || {
        let text = std::fs::read_to_string(root.join(".revision")).ok()?;
        let revision = text.trim();
        (!revision.is_empty() && !revision.contains('$')).then(|| revision.to_owned())
    };
    given.filter(|given| !given.is_empty()).or_else(|| of_repository(root)).or_else(archived)
}

/// The commit that is checked out, with `-modified` where what is built differs from it.
fn of_repository(root: &Path) -> Option<String> {
    if !is_repository(root) {
        return None;
    }
    let commit = git(root, &["rev-parse", "--short=10", "HEAD"])?;
    let changes = git(root, &[&["status", "--porcelain", "--"], INPUTS].concat())?;
    Some(if changes.is_empty() { commit } else { format!("{commit}-modified") })
}

/// Whether `root` itself is a repository, and not a folder in somebody else's.
fn is_repository(root: &Path) -> bool {
    git(root, &["rev-parse", "--show-prefix"]).is_some_and(|prefix| prefix.is_empty())
}

/// The files that git changes when another commit is checked out.
fn git_state(root: &Path) -> Vec<std::path::PathBuf> {
    if !is_repository(root) {
        return Vec::new();
    }
    let path = |name: &str| git(root, &["rev-parse", "--git-path", name]);
    ["HEAD", "logs/HEAD"]
        .iter()
        .filter_map(|name| path(name))
        .map(|path| root.join(path))
        .filter(|path| path.exists())
        .collect()
}

/// What a git command prints, without the last line end; none where git is missing or refuses.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
