#![allow(clippy::disallowed_methods, reason = "a test lays out folders by hand")]

use std::collections::BTreeMap;

use super::*;
use crate::files::kill;

/// What stands below a folder: files with their text, and folders, which end in `/`.
type Tree = BTreeMap<String, String>;

fn tree(entries: &[(&str, &str)]) -> Tree {
    entries.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

fn lay(root: &Path, tree: &Tree) {
    for (name, text) in tree {
        let path = root.join(name);
        if name.ends_with('/') {
            std::fs::create_dir_all(path).unwrap();
        } else {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
}

fn found(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                tree.insert(format!("{name}/"), String::new());
                folders.push(path);
            } else {
                tree.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    tree
}

fn manifest(names: &[&str]) -> String {
    format!("{{\"files\": {names:?}}}")
}

fn wanted(files: &[(&str, &str)]) -> Vec<OutputFile> {
    let file = |(name, text): &(&str, &str)| OutputFile {
        name: (*name).to_owned(),
        text: (*text).to_owned(),
        executable: *name == "deploy.sh",
    };
    files.iter().map(file).collect()
}

/// What racestack wrote first: `gone.yaml` goes, `new.yaml` comes, `kept.yaml` stays as it is, the others change.
fn old() -> Tree {
    let manifest = manifest(&["access.yaml", "deploy.sh", "gone.yaml", "kept.yaml", "manifest.json"]);
    let old = [("access.yaml", "old"), ("deploy.sh", "old"), ("gone.yaml", "old"), ("kept.yaml", "kept")];
    all(&[tree(&old), tree(&[("manifest.json", &manifest)])])
}

fn new() -> Tree {
    let manifest = manifest(&["access.yaml", "deploy.sh", "kept.yaml", "manifest.json", "new.yaml"]);
    let new = [("access.yaml", "new"), ("deploy.sh", "new"), ("kept.yaml", "kept"), ("new.yaml", "new")];
    all(&[tree(&new), tree(&[("manifest.json", &manifest)])])
}

/// What others put there, with names that racestack's files could have.
fn foreign() -> Tree {
    let mine =
        &[("notes/", ""), ("notes/access.yaml", "mine"), ("x.yaml", "mine"), (".manifest.json.racestack", "mine")];
    tree(mine)
}

fn within(folder: &str, trees: &[Tree]) -> Tree {
    let entries = trees.iter().flatten().map(|(name, text)| (format!("{folder}/{name}"), text.clone()));
    std::iter::once((format!("{folder}/"), String::new())).chain(entries).collect()
}

fn all(trees: &[Tree]) -> Tree {
    trees.iter().flatten().map(|(name, text)| (name.clone(), text.clone())).collect()
}

fn new_files() -> Vec<OutputFile> {
    let new = new();
    let files: Vec<(&str, &str)> = new.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    wanted(&files)
}

const STAGED: &str = ".tokyo.racestack";
const ASIDE: &str = ".tokyo~old.racestack";

#[test]
fn states_that_no_kill_of_one_run_leaves_are_put_right() {
    let after = within("tokyo", &[new(), foreign()]);
    let not_listed = [foreign(), tree(&[("access.yaml", "new")])];
    let states: [(&str, Tree, Tree); 3] = [
        ("the draft of a first run is whole", within(STAGED, &[new()]), Tree::new()),
        (
            "someone removed the account's folder after the exchange",
            within(STAGED, &[old(), foreign()]),
            within("tokyo", &[foreign()]),
        ),
        (
            "what no manifest lists came from a folder without one",
            all(&[within("tokyo", &[new()]), within(STAGED, &not_listed)]),
            after,
        ),
    ];
    for (state, left, expected) in states {
        let root = tempfile::tempdir().unwrap();
        lay(root.path(), &left);
        recover_all(root.path()).unwrap_or_else(|error| panic!("{state}: {error}"));
        assert_eq!(found(root.path()), expected, "{state}");
        write(&root.path().join("tokyo"), &new_files()).unwrap_or_else(|error| panic!("{state}: {error}"));
        let foreign = if expected.contains_key("tokyo/x.yaml") { foreign() } else { Tree::new() };
        assert_eq!(found(root.path()), within("tokyo", &[new(), foreign]), "{state}");
    }
}

/// Kills a replacement after each of its changes, and the recovery after it again.
fn kill_everywhere(recoveries: &[usize]) -> usize {
    let (before, after) = (within("tokyo", &[old(), foreign()]), within("tokyo", &[new(), foreign()]));
    let mut changes = 0;
    loop {
        let mut done = false;
        for &again in recoveries {
            let root = tempfile::tempdir().unwrap();
            lay(root.path(), &before);
            let run = || write(&root.path().join("tokyo"), &new_files()).unwrap();
            done = kill::after(changes, run).is_some();
            let seen = found(root.path());
            let ours = |tree: &Tree| all(&[tree.clone(), within("tokyo", &[foreign()])]);
            if let Some(manifest) = seen.get("tokyo/manifest.json") {
                let whole = if *manifest == old()["manifest.json"] { old() } else { new() };
                let in_place: Tree = seen.clone().into_iter().filter(|(name, _)| name.starts_with("tokyo/")).collect();
                assert_eq!(ours(&in_place), within("tokyo", &[whole, foreign()]), "{changes}");
            } else {
                assert!(seen.contains_key(&format!("{ASIDE}/manifest.json")), "{changes}: {seen:#?}");
            }
            let all_mine = |tree: &Tree| tree.values().filter(|text| *text == "mine").count();
            assert_eq!(all_mine(&seen), all_mine(&before), "{changes}");
            kill::after(again, || recover_all(root.path()).unwrap());
            assert_eq!(all_mine(&found(root.path())), all_mine(&before), "{changes}, then {again}");
            recover_all(root.path()).unwrap();
            let recovered = found(root.path());
            assert!(recovered == before || recovered == after, "{changes}, then {again}: {recovered:#?}");
            assert!(!done || recovered == after);
        }
        if done {
            return changes;
        }
        changes += 1;
    }
}

#[test]
fn a_replacement_that_is_killed_leaves_the_old_or_the_new_and_all_that_is_foreign() {
    assert!(kill_everywhere(&(0..12).collect::<Vec<_>>()) > 15);
}

#[test]
fn so_it_does_where_folders_cannot_be_exchanged() {
    assert!(kill::without_rename_flags(|| kill_everywhere(&[0, 1, 2, 4, 8])) > 15);
}

#[test]
fn a_replacement_that_fails_leaves_the_old_and_no_draft() {
    let root = tempfile::tempdir().unwrap();
    let before = within("tokyo", &[old(), foreign()]);
    lay(root.path(), &before);
    let mut files = new_files();
    files.push(OutputFile { name: "nowhere/n".to_owned(), text: String::new(), executable: false });
    let error = write(&root.path().join("tokyo"), &files).unwrap_err();
    assert_eq!(error.action, "write");
    assert_eq!(found(root.path()), before);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf8_is_kept() {
    use std::os::unix::ffi::OsStrExt;
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("tokyo");
    lay(root.path(), &within("tokyo", &[old()]));
    let odd = folder.join(std::ffi::OsStr::from_bytes(b"n\xff.yaml"));
    std::fs::write(&odd, "mine").unwrap();
    write(&folder, &new_files()).unwrap();
    assert_eq!(std::fs::read_to_string(odd).unwrap(), "mine");
}

#[test]
fn what_cannot_be_told_apart_is_left_and_said() {
    let file = |name: &str, text: &str| tree(&[(name, text)]);
    let cases = [
        (within(STAGED, &[file("manifest.json", "<<<<<<< HEAD"), file("x.yaml", "mine")]), "does not say what is"),
        (within(STAGED, &[file("access.yaml", "mine")]), "move one of them elsewhere"),
        (file(STAGED, "mine"), "not a folder of racestack's"),
    ];
    for (left, message) in cases {
        let root = tempfile::tempdir().unwrap();
        let before = all(&[within("tokyo", &[new()]), left]);
        lay(root.path(), &before);
        let error = recover_all(root.path()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
        assert_eq!(found(root.path()), before);
    }
}

#[test]
fn a_manifest_reaches_nothing_outside_its_folder() {
    let root = tempfile::tempdir().unwrap();
    let outside = root.path().join("outside").to_str().unwrap().to_owned();
    let manifest = manifest(&["../outside", &outside, "..", ".", "", "tokyo/../../outside", "a\\b", "notes"]);
    let left = tree(&[("outside", "theirs"), ("notes/", ""), ("notes/a", "mine"), ("manifest.json", &manifest)]);
    let left = all(&[tree(&[("outside", "theirs"), ("tokyo/", "")]), within(STAGED, &[left])]);
    lay(root.path(), &left);
    recover_all(root.path()).unwrap();
    let kept = tree(&[("outside", "theirs"), ("notes/", ""), ("notes/a", "mine")]);
    assert_eq!(found(root.path()), all(&[tree(&[("outside", "theirs")]), within("tokyo", &[kept])]));
}

#[test]
fn only_names_of_accounts_are_recovered() {
    let root = tempfile::tempdir().unwrap();
    let left = all(&[within("..racestack", &[old()]), within(".git.racestack/", &[])]);
    let left = all(&[left, within(".-x.racestack", &[old()]), tree(&[(".racestack.lock", "")])]);
    lay(root.path(), &left);
    recover_all(root.path()).unwrap();
    let expected: Tree = found(root.path());
    assert!(expected.contains_key("..racestack/gone.yaml") && expected.contains_key(".-x.racestack/gone.yaml"));
}
