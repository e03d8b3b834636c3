//! Which revision `racestack --version` prints, by the functions of the build script.
#![allow(clippy::disallowed_methods, reason = "a test writes files and runs git")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::path::Path;
use std::process::Command;

#[allow(dead_code, reason = "the build script's `main` is run by cargo alone")]
#[path = "../build.rs"]
mod build;

#[test]
fn a_repository_has_its_commit_and_says_when_it_was_modified() {
    let folder = repository();
    let commit = git(folder.path(), &["rev-parse", "--short=10", "HEAD"]);
    assert_eq!(build::revision(None, folder.path()).as_deref(), Some(commit.trim()));
    std::fs::write(folder.path().join("README.md"), "no part of the program").unwrap();
    assert_eq!(build::revision(None, folder.path()).as_deref(), Some(commit.trim()));
    std::fs::write(folder.path().join("src/main.rs"), "changed").unwrap();
    assert_eq!(build::revision(None, folder.path()), Some(format!("{}-modified", commit.trim())));
    assert_eq!(build::revision(Some("given".to_owned()), folder.path()).as_deref(), Some("given"));
}

#[test]
fn an_archive_has_the_commit_that_it_was_made_of() {
    let folder = repository();
    let archive = tempfile::tempdir().unwrap();
    let file = archive.path().join("archive.tar");
    git(folder.path(), &["archive", "--output", file.to_str().unwrap(), "HEAD"]);
    assert!(Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(archive.path()).status().unwrap().success());
    let commit = git(folder.path(), &["rev-parse", "--short", "HEAD"]);
    assert_eq!(build::revision(None, archive.path()).as_deref(), Some(commit.trim()));
}

#[test]
fn without_git_or_in_the_repository_of_somebody_else_there_is_no_revision() {
    let folder = repository();
    let inner = folder.path().join("vendored");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join(".revision"), include_str!("../.revision")).unwrap();
    assert_eq!(build::revision(None, &inner), None);
    assert_eq!(build::revision(Some(String::new()), &inner), None);
    assert_eq!(build::revision(None, Path::new("/no/such/folder")), None);
}

#[test]
fn the_command_prints_the_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_racestack")).arg("--version").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.starts_with(concat!("racestack ", env!("CARGO_PKG_VERSION"))), "{printed}");
}

/// A repository with one commit, and the marks of this one for archives.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    for (name, text) in [
        ("src/main.rs", "first"),
        (".revision", include_str!("../.revision")),
        (".gitattributes", include_str!("../.gitattributes")),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "a"]);
    folder
}

#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
