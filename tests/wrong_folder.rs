//! What racestack says where it runs in a folder of the configuration, and not in the one that holds it.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test writes files, runs racestack and may fail")]

use std::path::Path;
use std::process::Command;

#[test]
fn a_configuration_in_a_folder_above_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for made in ["config/accounts/tokyo", "out/tokyo"] {
        std::fs::create_dir_all(folder.path().join(made)).unwrap();
    }
    for (below, up) in [("config", ".."), ("config/accounts/tokyo", "../../.."), ("out", ".."), ("out/tokyo", "../..")]
    {
        for (arguments, missing) in [(["synth"].as_slice(), "config"), (&["diff", "--git", "HEAD"], "out")] {
            let said = stderr_of(&folder.path().join(below), arguments);
            let help = format!("the configuration is in `{up}/config`: run `cd {up}` first");
            assert_eq!(said, format!("error: there is no folder `{missing}`; {help}\n"), "{below}");
        }
    }
}

#[test]
fn where_there_is_no_configuration_or_a_folder_was_named_none_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("below")).unwrap();
    let below = folder.path().join("below");
    assert_eq!(stderr_of(&below, &["synth"]), "error: there is no folder `config`; `racestack init DIR` makes one\n");
    std::fs::create_dir_all(folder.path().join("config/accounts")).unwrap();
    let said = stderr_of(&below, &["synth", "--config", "other/config"]);
    assert_eq!(said, "error: there is no folder `other/config`; `racestack init DIR` makes one\n");
}

fn stderr_of(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_racestack")).args(arguments).current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).unwrap()
}
