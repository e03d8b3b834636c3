#![allow(clippy::disallowed_methods, reason = "a test lays out folders by hand")]

use super::super::replace::{claim, commit, stage, write};
use super::*;
use crate::finding::{Severity, any_error};

const MANIFEST: &str = "{\"files\": [\"access.yaml\", \"deploy.sh\", \"manifest.json\"]}";

fn wanted() -> Vec<OutputFile> {
    [("access.yaml", "new", false), ("deploy.sh", "new", true), ("manifest.json", MANIFEST, false)]
        .map(|(name, text, executable)| OutputFile { name: name.to_owned(), text: text.to_owned(), executable })
        .into()
}

/// An account's folder that holds `wanted`.
fn written() -> (tempfile::TempDir, std::path::PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("tokyo");
    assert!(write(&folder, &wanted()).unwrap());
    assert!(!write(&folder, &wanted()).unwrap(), "the second run changes nothing");
    (root, folder)
}

#[track_caller]
fn inspected(folder: &Path) -> Vec<(Rule, String)> {
    let mut findings = Vec::new();
    inspect(folder, &wanted(), &mut findings).unwrap();
    let errors = any_error(&findings);
    assert_eq!(write(folder, &wanted()).is_err(), errors, "what is an error is not written");
    assert!(findings.iter().all(|finding| finding.help.is_some() && finding.place.is_some()));
    assert!(errors || findings.iter().all(|finding| finding.severity == Severity::Warning));
    findings.into_iter().map(|finding| (finding.rule, finding.message)).collect()
}

#[cfg(unix)]
fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_program_is_executable_and_nothing_else_is() {
    let (_root, folder) = written();
    let executable = |name: &str| files::kind(&folder.join(name)).unwrap() == Some(FileKind::File { executable: true });
    assert_eq!(["deploy.sh", "access.yaml", "manifest.json"].map(executable), [true, false, false]);
    mode(&folder.join("deploy.sh"), 0o644);
    mode(&folder.join("access.yaml"), 0o755);
    let both = ["access.yaml", "deploy.sh"].map(|name| (name.to_owned(), Difference::Mode));
    assert_eq!(compare(&folder, &wanted()).unwrap(), both);
    assert!(write(&folder, &wanted()).unwrap());
    assert_eq!(["deploy.sh", "access.yaml"].map(executable), [true, false]);
    // Who else may read a file is the user's to say.
    mode(&folder.join("access.yaml"), 0o600);
    assert!(!write(&folder, &wanted()).unwrap());
}

#[test]
fn line_endings_that_git_made_are_told_from_other_changes() {
    let (_root, folder) = written();
    let lines = "a\nb\n";
    let wanted = [OutputFile { name: "access.yaml".to_owned(), text: lines.to_owned(), executable: false }];
    let of = |text: &str| {
        std::fs::write(folder.join("access.yaml"), text).unwrap();
        difference(&folder.join("access.yaml"), &wanted[0]).unwrap()
    };
    assert_eq!(of("a\r\nb\r\n"), Some(Difference::LineEndings));
    assert_eq!(of("a\r\nc\r\n"), Some(Difference::Changed));
    assert_eq!(of("a\nb\n\n"), Some(Difference::Changed));
    assert_eq!(of(lines), None);
}

#[cfg(unix)]
#[test]
fn a_link_is_not_taken_for_the_file_that_it_leads_to() {
    let (root, folder) = written();
    let path = folder.join("access.yaml");
    std::fs::rename(&path, root.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", &path).unwrap();
    assert_eq!(compare(&folder, &wanted()).unwrap(), [("access.yaml".to_owned(), Difference::Changed)]);
    assert!(write(&folder, &wanted()).unwrap());
    assert!(files::kind(&path).unwrap() == Some(FileKind::File { executable: false }));
    assert_eq!(std::fs::read_to_string(root.path().join("elsewhere")).unwrap(), "new");
}

#[test]
fn a_foreign_file_is_never_overwritten() {
    for (name, manifest) in [("access.yaml", "{\"files\": [\"deploy.sh\"]}"), ("deploy.sh", "{\"files\": []}")] {
        let (_root, folder) = written();
        std::fs::write(folder.join("manifest.json"), manifest).unwrap();
        std::fs::write(folder.join(name), "mine").unwrap();
        let found = inspected(&folder);
        assert_eq!(found.len(), 1, "what holds the very bytes is taken over: {found:?}");
        assert_eq!(found[0].0, Rule::OutputOccupied);
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), "mine");
    }
    let (_root, folder) = written();
    std::fs::remove_file(folder.join("access.yaml")).unwrap();
    std::fs::create_dir(folder.join("access.yaml")).unwrap();
    assert_eq!(inspected(&folder)[0].0, Rule::OutputOccupied, "a folder is not what the manifest lists");
}

#[test]
fn a_manifest_that_went_missing_comes_back_when_all_else_is_as_written() {
    let (_root, folder) = written();
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    assert_eq!(inspected(&folder), []);
    assert_eq!(compare(&folder, &wanted()).unwrap(), []);
}

#[test]
fn a_manifest_that_cannot_be_read_is_an_error() {
    for text in ["", "<<<<<<< HEAD\n", "[]", "{}", "{\"files\": \"access.yaml\"}", "{\"files\": [1]}", "\u{feff}{}"] {
        let (_root, folder) = written();
        std::fs::write(folder.join("manifest.json"), text).unwrap();
        std::fs::write(folder.join("mine.yaml"), "mine").unwrap();
        let found = inspected(&folder);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, Rule::OutputUnreadableManifest);
        assert!(folder.join("mine.yaml").exists());
    }
    let (_root, folder) = written();
    std::fs::remove_file(folder.join("manifest.json")).unwrap();
    std::fs::create_dir(folder.join("manifest.json")).unwrap();
    assert_eq!(inspected(&folder)[0].0, Rule::OutputUnreadableManifest);
}

#[test]
fn a_folder_of_another_kind_is_not_replaced_even_if_it_comes_there_late() {
    let assembly = "{\"holds\": \"a cloud assembly\", \"files\": [\"access.yaml\", \"manifest.json\"]}";
    let (_root, folder) = written();
    std::fs::write(folder.join("manifest.json"), assembly).unwrap();
    assert_eq!(inspected(&folder)[0].0, Rule::OutputAnotherKind);
    let (_root, folder) = written();
    std::fs::write(folder.join("access.yaml"), "old").unwrap();
    assert!(stage(&folder, &wanted()).unwrap());
    std::fs::write(folder.join("manifest.json"), assembly).unwrap();
    assert!(commit(&folder).is_err());
    assert_eq!(std::fs::read_to_string(folder.join("access.yaml")).unwrap(), "old");
}

#[cfg(unix)]
#[test]
fn an_account_s_folder_may_not_be_a_link_or_a_file() {
    let (root, folder) = written();
    let elsewhere = root.path().join("elsewhere");
    std::fs::rename(&folder, &elsewhere).unwrap();
    std::fs::write(elsewhere.join("access.yaml"), "theirs").unwrap();
    std::os::unix::fs::symlink("elsewhere", &folder).unwrap();
    let found = inspected(&folder);
    assert_eq!(found[0].0, Rule::OutputNotAFolder);
    assert!(found[0].1.contains("is a link"), "{found:?}");
    assert_eq!(std::fs::read_to_string(elsewhere.join("access.yaml")).unwrap(), "theirs");
    std::fs::remove_file(&folder).unwrap();
    std::os::unix::fs::symlink("nowhere", &folder).unwrap();
    assert_eq!(inspected(&folder)[0].0, Rule::OutputNotAFolder);
    std::fs::remove_file(&folder).unwrap();
    std::fs::write(&folder, "mine").unwrap();
    let found = inspected(&folder);
    assert!(found[0].1.contains("is a file"), "{found:?}");
}

#[cfg(unix)]
#[test]
fn the_out_folder_itself_may_be_a_link() {
    let (root, folder) = written();
    let link = root.path().join("link");
    std::os::unix::fs::symlink(root.path(), &link).unwrap();
    std::fs::write(folder.join("access.yaml"), "old").unwrap();
    let lock = claim(&link, &|_| {}).unwrap();
    assert!(write(&link.join("tokyo"), &wanted()).unwrap());
    drop(lock);
    assert_eq!(std::fs::read_to_string(folder.join("access.yaml")).unwrap(), "new");
    assert!(files::kind(&link).unwrap() == Some(FileKind::Link));
}
