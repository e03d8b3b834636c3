//! The packages that stand in for others are still needed: `third_party/README.md`.
#![allow(clippy::disallowed_methods, reason = "a test reads files")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::path::Path;
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn a_package_that_cfn_guard_never_uses_is_still_one_that_it_declares() {
    let folder = Path::new(ROOT).join("third_party");
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        let tree = cargo(&["tree", "--locked", "--offline", "--invert", &name, "--depth", "1", "--prefix", "none"]);
        assert!(
            tree.lines().skip(1).any(|line| line.starts_with("cfn-guard ")),
            "nothing needs third_party/{name} any more"
        );
    }
}

#[test]
fn deprecated_packages_are_gone() {
    let lock = std::fs::read_to_string(Path::new(ROOT).join("Cargo.lock")).unwrap();
    assert!(!lock.contains("+deprecated"), "Cargo.lock has a package that calls itself deprecated");
}

#[track_caller]
fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(ROOT).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
