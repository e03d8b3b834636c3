//! A run over several accounts: each account's folder is replaced as a whole, and none before all are made and staged.
//!
//! `cargo test` kills some runs; with `RACESTACK_SLOW_TESTS=1`, as `make test-all` sets it, some hundred.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test lays out files and reads its environment")]
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::common::is_slow;

const ACCOUNTS: [(&str, &str); 3] = [("osaka", "1"), ("seoul", "2"), ("tokyo", "3")];

/// Two configurations, `a` and `b`, of the same accounts and people.
fn lay_out(folder: &Path) {
    for (config, tags) in [("a", ""), ("b", "tags: {made: b}\n")] {
        let config = folder.join(config);
        for (account, digit) in ACCOUNTS {
            let account = config.join("accounts").join(account);
            std::fs::create_dir_all(&account).unwrap();
            let id = digit.repeat(12);
            let settings = format!(
                "account_id: \"{id}\"\nregion: ap-northeast-1\nbucket: {{created: \"2022113020190{digit}\"}}\n"
            );
            std::fs::write(account.join("settings.yaml"), settings).unwrap();
            let roster = (0..12).fold("name\n".to_owned(), |csv, n| format!("{csv}user-{n}\n"));
            std::fs::write(account.join("roster.csv"), roster).unwrap();
        }
        std::fs::write(config.join("settings.yaml"), format!("company: mycompany\n{tags}")).unwrap();
    }
}

fn spawn(folder: &Path, config: &str, out: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_racestack"));
    command.args(["synth", "--config", config, "--out", out]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[track_caller]
fn synth(folder: &Path, config: &str, out: &str) {
    assert_eq!(spawn(folder, config, out).wait().unwrap().code(), Some(0));
}

/// The files of each folder in `out`, by its name.
fn folders(out: &Path) -> BTreeMap<String, BTreeMap<PathBuf, Vec<u8>>> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder)
            .map(|entries| entries.map(|entry| entry.unwrap().path()).collect())
            .unwrap_or_default()
    };
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let files = |folder: &Path| {
        let files = list(folder).into_iter();
        files.map(|file| (name(&file).into(), std::fs::read(&file).unwrap_or_default())).collect()
    };
    list(out).into_iter().filter(|path| path.is_dir()).map(|path| (name(&path), files(&path))).collect()
}

#[test]
fn a_killed_run_leaves_each_account_old_or_new_and_the_next_run_cleans_up() {
    let root = tempfile::tempdir().unwrap();
    lay_out(root.path());
    let references = ["a", "b"].map(|config| {
        synth(root.path(), config, &format!("reference-{config}"));
        folders(&root.path().join(format!("reference-{config}")))
    });
    assert_ne!(references[0], references[1]);
    let out = root.path().join("out");
    synth(root.path(), "a", "out");
    // From the first folder that is staged on, something on the disk changes.
    let wait_for_change = |run: &mut Child| {
        let is_staged = || ACCOUNTS.iter().any(|(account, _)| out.join(format!(".{account}.racestack")).exists());
        while !is_staged() && run.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
    };
    // How long that takes here: moments to kill at are parts of it.
    let mut run = spawn(root.path(), "b", "out");
    wait_for_change(&mut run);
    let began = Instant::now();
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let changing = began.elapsed();
    synth(root.path(), "a", "out");
    let kills = if is_slow() { 120 } else { 6 };
    let (mut left, mut mixed) = (0, 0);
    let mut kill = 0;
    // On a busy machine, many a run ends before it is killed: there are more until one of them left something.
    while kill < kills || left == 0 {
        assert!(kill < 40 * kills, "no kill left anything to put right; {mixed} left some accounts new and others old");
        let (config, wanted) = [("b", &references[1]), ("a", &references[0])][kill % 2];
        let mut run = spawn(root.path(), config, "out");
        wait_for_change(&mut run);
        let moment = Instant::now() + changing * u32::try_from(kill % 12).unwrap() / 12;
        while Instant::now() < moment {
            std::hint::spin_loop();
        }
        run.kill().unwrap();
        run.wait().unwrap();
        let seen = folders(&out);
        left += usize::from(seen.len() > ACCOUNTS.len());
        let new = ACCOUNTS.iter().filter(|(account, _)| seen[*account] == wanted[*account]).count();
        mixed += usize::from((1..ACCOUNTS.len()).contains(&new));
        for (account, _) in ACCOUNTS {
            assert!(references.iter().any(|one| one[account] == seen[account]), "{kill}: a mix in {account}");
        }
        synth(root.path(), config, "out");
        assert_eq!(folders(&out), *wanted, "{kill}");
        kill += 1;
    }
}

#[test]
fn an_account_that_cannot_be_staged_leaves_all_as_they_were() {
    let root = tempfile::tempdir().unwrap();
    lay_out(root.path());
    let out = root.path().join("out");
    synth(root.path(), "a", "out");
    // Each of the two configurations has a lock of its own, made where nothing is deployed yet.
    synth(root.path(), "b", "reference-b");
    let before = folders(&out);
    let settings = root.path().join("b/settings.yaml");
    std::fs::write(settings, "company: mycompany\ndeploy: {template_bucket: templates}\n").unwrap();
    // With so many people, a file of the last account is beyond the largest that may be written, and no other.
    let roster = root.path().join("b/accounts/tokyo/roster.csv");
    let more = (0..400).fold(std::fs::read_to_string(&roster).unwrap(), |csv, n| format!("{csv}somebody-{n}\n"));
    std::fs::write(roster, more).unwrap();
    let limited = "trap '' XFSZ; ulimit -f 120; exec \"$0\" synth --config b --out out";
    let mut shell = Command::new("sh");
    shell.args(["-c", limited, env!("CARGO_BIN_EXE_racestack")]).current_dir(root.path());
    let output = shell.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("File too large"), "{stderr}");
    assert_eq!(folders(&out), before);
    synth(root.path(), "b", "out");
    assert!(folders(&out).iter().zip(&before).all(|(new, old)| new.1 != old.1));
}

#[test]
fn an_account_that_cannot_be_put_in_its_place_is_told_of_and_keeps_no_other_from_its_own() {
    let root = tempfile::tempdir().unwrap();
    lay_out(root.path());
    let out = root.path().join("out");
    synth(root.path(), "a", "out");
    let before = folders(&out);
    // The lock is written first, by way of a draft: here something stands where that would be.
    let in_the_way = root.path().join("b/accounts/seoul/.stacks.lock.racestack");
    std::fs::create_dir(&in_the_way).unwrap();
    for (account, _) in ACCOUNTS {
        let lock = format!("accounts/{account}/stacks.lock");
        std::fs::copy(root.path().join("a").join(&lock), root.path().join("b").join(&lock)).unwrap();
    }
    let roster = root.path().join("b/accounts/seoul/roster.csv");
    let more = std::fs::read_to_string(&roster).unwrap() + "somebody\n";
    std::fs::write(roster, more).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_racestack"));
    let output = command.args(["synth", "--config", "b"]).current_dir(root.path()).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("seoul/.stacks.lock.racestack"), "{stderr}");
    let seen = folders(&out);
    assert_eq!(seen.len(), ACCOUNTS.len(), "a draft is left");
    assert_eq!(seen["seoul"], before["seoul"]);
    assert!(seen["osaka"] != before["osaka"] && seen["tokyo"] != before["tokyo"]);
    std::fs::remove_dir(in_the_way).unwrap();
    synth(root.path(), "b", "out");
    assert_ne!(folders(&out)["seoul"], before["seoul"]);
}
