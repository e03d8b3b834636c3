//! The out folder is replaced as a whole: killed at any moment, on a full disk, read-only, two runs at once.
//!
//! `cargo test` kills some runs; with `RACESTACK_SLOW_TESTS=1`, as `make test-all` sets it, some hundred.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test lays out files and reads its environment")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and says what it could not try")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::common::is_slow;

const RACESTACK: &str = env!("CARGO_BIN_EXE_racestack");
const ACCOUNT: &str = "account_id: \"111122223333\"\nregion: ap-northeast-1\nbucket: {created: \"20221130201905\"}\n";
/// What others put into `out/tokyo`, one with a name as racestack gives it.
const FOREIGN: [(&str, &str); 3] = [("mine.yaml", "mine"), (".gitkeep", ""), ("notes/access.yaml", "mine")];

/// Every file below a folder with its bytes, and whether it is executable.
type Tree = BTreeMap<String, (Vec<u8>, bool)>;

/// Two configurations, `a` and `b`, that give different files of the same names and some of others, and one out folder.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::set_permissions(bench.path(""), PermissionsExt::from_mode(0o755)).unwrap();
        // The same people in both: whom the out folder has and the lock does not, synth refuses to forget.
        let roster = (0..12).fold("name\n".to_owned(), |csv, n| format!("{csv}user-{n}\n"));
        for (name, more) in [
            ("a", "services: [deepracer, lambda, sagemaker, robomaker, cloudformation]\n"),
            ("b", "services: [lambda, sagemaker, cloudformation]\ntags: {made: b}\n"),
        ] {
            bench.put(&format!("{name}/settings.yaml"), &format!("company: mycompany\n{more}"));
            bench.put(&format!("{name}/accounts/tokyo/settings.yaml"), ACCOUNT);
            bench.put(&format!("{name}/accounts/tokyo/roster.csv"), &roster);
        }
        bench
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn put_foreign(&self) {
        for (name, text) in FOREIGN {
            self.put(&format!("out/tokyo/{name}"), text);
        }
    }

    fn command(&self, config: &str, out: &str) -> Command {
        let mut command = Command::new(RACESTACK);
        command.arg("synth").arg("--config").arg(self.path(config)).arg("--out").arg(self.path(out));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    #[track_caller]
    fn synth(&self, config: &str, out: &str) {
        let output = self.command(config, out).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }

    /// What `config` gives, in a folder that nothing else writes to.
    #[track_caller]
    fn reference(&self, config: &str) -> Tree {
        let out = format!("reference-{config}");
        self.synth(config, &out);
        tree(&self.path(&out).join("tokyo"))
    }

    /// What stands in the out folder, the account's folder apart.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("out")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let metadata = std::fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, (std::fs::read(&path).unwrap(), metadata.mode() & 0o100 != 0));
            }
        }
    }
    found
}

fn with_foreign(tree: &Tree) -> Tree {
    let foreign = FOREIGN.iter().map(|(name, text)| ((*name).to_owned(), (text.as_bytes().to_vec(), false)));
    tree.clone().into_iter().chain(foreign).collect()
}

/// Waits until something has come, or the run that brings it has ended.
fn wait_for(run: &mut Child, come: impl Fn() -> bool) {
    while !come() && run.try_wait().unwrap().is_none() {
        std::hint::spin_loop();
    }
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let part = u32::try_from(self.0 % 1000).unwrap();
        limit * part / 1000
    }
}

#[test]
fn a_run_that_is_killed_leaves_the_old_or_the_new_and_the_next_run_cleans_up() {
    let bench = Bench::new();
    let references = [bench.reference("a"), bench.reference("b")];
    assert_ne!(references[0].keys().collect::<Vec<_>>(), references[1].keys().collect::<Vec<_>>());
    bench.synth("a", "out");
    bench.put_foreign();
    let draft = bench.path("out/.tokyo.racestack");
    // How long a run takes here, and how long of it there is a draft: moments to kill at are parts of these.
    let began = Instant::now();
    let mut run = bench.command("b", "out").spawn().unwrap();
    wait_for(&mut run, || draft.exists());
    let until_draft = began.elapsed();
    assert_eq!(run.wait().unwrap().code(), Some(0));
    let whole_run = began.elapsed();
    let with_draft = whole_run.saturating_sub(until_draft);
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let (mut killed, mut left) = (0, 0);
    let kills = if is_slow() { 240 } else { 12 };
    let mut kill = 0;
    // On a busy machine, many a run ends before it is killed: there are more until enough of them met something.
    while kill < kills || killed <= kills / 4 || left <= kills / 8 {
        let few = format!("{killed} of {kill} runs were killed before they ended, {left} left anything to put right");
        assert!(kill < 40 * kills, "only {few}");
        let (target, config) = [(0, "a"), (1, "b")][kill % 2];
        let mut run = bench.command(config, "out").spawn().unwrap();
        if kill % 5 == 0 {
            std::thread::sleep(numbers.below(whole_run));
        } else {
            // Most of the time of a run changes nothing on the disk: these are killed while it does.
            wait_for(&mut run, || draft.exists());
            let moment = Instant::now() + numbers.below(with_draft);
            while Instant::now() < moment {
                std::hint::spin_loop();
            }
        }
        run.kill().unwrap();
        killed += usize::from(run.wait().unwrap().code().is_none());
        left += usize::from(bench.names() != ["tokyo"]);

        let mut seen = tree(&bench.path("out/tokyo"));
        for (name, text) in FOREIGN {
            let here = seen.remove(name);
            let aside = || std::fs::read(draft.join(name)).ok();
            assert_eq!(here.map(|(bytes, _)| bytes).or_else(aside), Some(text.as_bytes().to_vec()), "{kill}: {name}");
        }
        assert!(references.contains(&seen), "{kill}: a mix of {:?}", seen.keys());
        bench.synth(config, "out");
        assert_eq!(tree(&bench.path("out/tokyo")), with_foreign(&references[target]), "{kill}");
        assert_eq!(bench.names(), ["tokyo"], "{kill}: no debris");
        let inputs = tree(&bench.path(config).join("accounts/tokyo"));
        assert_eq!(inputs.keys().collect::<Vec<_>>(), ["roster.csv", "settings.yaml", "stacks.lock"], "{kill}");
        kill += 1;
    }
}

#[test]
fn a_full_disk_leaves_the_old_and_no_draft() {
    let bench = Bench::new();
    bench.synth("a", "out");
    bench.put_foreign();
    let before = tree(&bench.path("out"));
    // Each of the two configurations has a lock of its own, made where nothing is deployed yet.
    bench.reference("b");
    // A limit on the size of files acts as a disk that is full in the middle of one, for root as for anyone else.
    for blocks in [0, 1, 4, 16] {
        let synth = bench.command("b", "out");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
        let output = shell.arg(synth.get_program()).args(synth.get_args()).output().unwrap();
        let stderr = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{blocks}: {stderr}");
        assert!(stderr.contains("error: cannot write `") && stderr.contains("File too large"), "{blocks}: {stderr}");
        assert_eq!(tree(&bench.path("out")), before, "{blocks}");
        assert_eq!(bench.names(), ["tokyo"], "{blocks}");
    }
    bench.synth("b", "out");
    assert_eq!(tree(&bench.path("out/tokyo")), with_foreign(&bench.reference("b")));
}

#[test]
fn a_full_file_system_leaves_the_old_and_no_draft() {
    let may = Command::new("unshare").args(["-rm", "true"]).output().is_ok_and(|output| output.status.success());
    if !may {
        eprintln!("no file system can be mounted here; the limit on the size of files stands for a full disk alone");
        return;
    }
    let bench = Bench::new();
    let old = bench.reference("a");
    let pages = |tree: &Tree| tree.values().map(|(bytes, _)| bytes.len().div_ceil(4096)).sum::<usize>();
    // Room for the old files and a part of the new ones.
    let room = (pages(&old) + pages(&bench.reference("b")) / 8 + 4) * 4096;
    std::fs::create_dir(bench.path("out")).unwrap();
    let script = r#"
        mount -t tmpfs -o size="$1" none out || exit 99
        "$2" synth --config a || exit 98
        "$2" synth --config b
        code=$?
        cp -R out copy || exit 97
        exit $code
    "#;
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh", &room.to_string(), RACESTACK])
        .current_dir(bench.path(""))
        .output()
        .unwrap();
    let stderr = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("No space left on device"), "{stderr}");
    let expected: Tree = old.into_iter().map(|(name, file)| (format!("tokyo/{name}"), file)).collect();
    assert_eq!(tree(&bench.path("copy")), expected);
}

#[test]
fn an_out_folder_that_is_read_only_is_said_and_left_as_it_is() {
    let bench = Bench::new();
    bench.synth("a", "out");
    bench.put_foreign();
    let before = tree(&bench.path("out"));
    let folders = ["out", "out/tokyo"].map(|folder| bench.path(folder));
    let modes = |mode: u32| {
        for folder in &folders {
            std::fs::set_permissions(folder, PermissionsExt::from_mode(mode)).unwrap();
        }
    };
    modes(0o555);
    // Root may write everywhere: then the run is nobody's, with a copy of the program where nobody can reach it.
    let is_root = std::fs::metadata(bench.path("a")).unwrap().uid() == 0;
    let program = bench.path("racestack");
    std::fs::copy(RACESTACK, &program).unwrap();
    let run = |config: &str, more: &[&str]| {
        let mut command = Command::new(&program);
        command.args(bench.command(config, "out").get_args()).args(more);
        if is_root {
            command.uid(65534).gid(65534);
        }
        loop {
            match command.output() {
                // What another test started at that moment may still hold the copy as it was written.
                Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => std::thread::yield_now(),
                output => return output.unwrap(),
            }
        }
    };
    let write = run("b", &[]);
    let check = run("a", &["--check"]);
    modes(0o755);
    let expected = format!("error: cannot write `{}`: Permission denied", bench.path("out/.racestack.lock").display());
    assert!(stderr(&write).starts_with(&expected), "{}", stderr(&write));
    assert_eq!(write.status.code(), Some(2));
    assert_eq!(check.status.code(), Some(0), "a check needs to write nothing: {}", stderr(&check));
    assert_eq!(tree(&bench.path("out")), before);
}

#[test]
fn an_out_folder_that_cannot_be_one_is_said() {
    let bench = Bench::new();
    bench.put("file", "mine");
    symlink("nowhere", bench.path("link")).unwrap();
    for out in ["file", "file/out", "link"] {
        let output = bench.command("a", out).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{out}");
        assert!(stderr(&output).starts_with("error: cannot "), "{}", stderr(&output));
    }
    assert_eq!(std::fs::read(bench.path("file")).unwrap(), b"mine");
    assert!(!bench.path("nowhere").exists());
}

#[test]
fn a_lock_that_is_a_link_is_written_where_it_leads() {
    let bench = Bench::new();
    bench.synth("a", "out");
    let [lock, target] = ["a/accounts/tokyo/stacks.lock", "lock"].map(|name| bench.path(name));
    let before = std::fs::read_to_string(&lock).unwrap();
    std::fs::remove_file(&lock).unwrap();
    std::fs::write(&target, &before).unwrap();
    let roster = std::fs::read_to_string(bench.path("a/accounts/tokyo/roster.csv")).unwrap();
    bench.put("a/accounts/tokyo/roster.csv", &format!("{roster}zoe\n"));
    symlink(&target, &lock).unwrap();
    let output = bench.command("a", "out").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(std::fs::read_link(&lock).unwrap(), target);
    let after = std::fs::read_to_string(&target).unwrap();
    assert!(after.contains("zoe") && !before.contains("zoe"), "{after}");
}

#[cfg(target_os = "linux")]
#[test]
fn accounts_that_differ_by_case_are_two_on_this_system_alone() {
    let bench = Bench::new();
    bench.put("a/accounts/Tokyo/settings.yaml", &ACCOUNT.replace("1111", "2222").replace("2022", "2023"));
    bench.put("a/accounts/Tokyo/roster.csv", "name\nkim.minjun\n");
    let output = bench.command("a", "out").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let expected = "error[account::invalid-name]: the folders `Tokyo` and `tokyo` differ by case alone\n";
    assert!(stderr(&output).starts_with(expected), "{}", stderr(&output));
}

/// Every write to this device fails as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_printed_is_said() {
    for args in [&["schema", "settings"][..], &["--help"], &["--version"], &["synth", "--help"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_racestack")).args(args).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let said = stderr(&output);
        assert!(said.starts_with("error: cannot write to standard output: No space left"), "{args:?}: {said}");
    }
}

#[test]
fn runs_at_once_take_turns() {
    let bench = Bench::new();
    let references = [bench.reference("a"), bench.reference("b")].map(|tree| with_foreign(&tree));
    bench.put_foreign();
    for _ in 0..2 {
        let runs: Vec<_> = ["a", "b", "a"].map(|config| bench.command(config, "out").spawn().unwrap()).into();
        for run in runs {
            let output = run.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        }
        assert!(references.contains(&tree(&bench.path("out/tokyo"))));
        assert_eq!(bench.names(), ["tokyo"]);
    }
}

#[test]
fn a_run_that_waits_says_so_and_goes_on() {
    let bench = Bench::new();
    bench.put("out/.racestack.lock", "");
    let lock = std::fs::File::open(bench.path("out/.racestack.lock")).unwrap();
    lock.lock().unwrap();
    let mut run = bench.command("a", "out").spawn().unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert_eq!(line, format!("waiting for another racestack that writes to `{}`\n", bench.path("out").display()));
    assert_eq!(bench.names(), [".racestack.lock"]);
    lock.unlock().unwrap();
    said.read_to_string(&mut line).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(0), "{line}");
    assert_eq!(bench.names(), ["tokyo"]);
}

#[test]
fn a_file_that_stays_as_it_is_stays_the_same_file() {
    let bench = Bench::new();
    let file = |name: &str| {
        let metadata = std::fs::metadata(bench.path("out/tokyo").join(name)).unwrap();
        assert_eq!(metadata.nlink(), 1, "{name}");
        (metadata.ino(), metadata.mtime_nsec())
    };
    let names = ["access.yaml", "deploy.sh", "manifest.json", "notebooks.yaml", "users-001.yaml"];
    bench.synth("a", "out");
    let before = names.map(file);
    let roster = "a/accounts/tokyo/roster.csv";
    bench.put(roster, &(std::fs::read_to_string(bench.path(roster)).unwrap() + "new.user\n"));
    bench.synth("a", "out");
    let same: Vec<bool> = names.map(file).iter().zip(&before).map(|(after, before)| after == before).collect();
    assert_eq!(same, [true, false, false, true, false]);
}

#[test]
fn a_check_writes_nothing_and_sees_a_changed_mode() {
    let bench = Bench::new();
    let check = |config: &str| bench.command(config, "out").arg("--check").output().unwrap();
    assert_eq!(check("a").status.code(), Some(1));
    assert!(!bench.path("out").exists());
    bench.synth("a", "out");
    assert_eq!(check("a").status.code(), Some(0));
    std::fs::set_permissions(bench.path("out/tokyo/deploy.sh"), PermissionsExt::from_mode(0o644)).unwrap();
    bench.put_foreign();
    bench.put("out/.tokyo.racestack/left", "");
    let before = tree(&bench.path("out"));
    let output = check("a");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("deploy.sh` is stale: executable or not"), "{}", stderr(&output));
    assert!(stderr(&output).contains("mine.yaml` was not written by racestack"), "{}", stderr(&output));
    assert_eq!(tree(&bench.path("out")), before);
}

#[test]
fn nothing_is_written_when_one_account_s_folder_is_in_the_way() {
    let bench = Bench::new();
    bench.put("a/accounts/seoul/roster.csv", "name\nkim\n");
    bench.put("a/accounts/seoul/settings.yaml", &ACCOUNT.replace("1111", "4444").replace("20221130", "20221201"));
    bench.synth("a", "out");
    bench.put("a/accounts/seoul/roster.csv", "name\nkim\nlee\n");
    bench.put("a/accounts/tokyo/roster.csv", "name\nsato\n");
    bench.put("out/seoul/manifest.json", "<<<<<<< HEAD\n");
    let before = tree(&bench.path("out"));
    let output = bench.command("a", "out").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("output::unreadable-manifest"), "{}", stderr(&output));
    assert_eq!(tree(&bench.path("out")), before);
}

#[test]
fn links_and_dots_lead_nowhere() {
    let bench = Bench::new();
    // An account's folder in the configuration.
    symlink("tokyo", bench.path("a/accounts/osaka")).unwrap();
    symlink("../settings.yaml", bench.path("a/accounts/README")).unwrap();
    for more in [&[] as &[&str], &["--account", "osaka"]] {
        let output = bench.command("a", "out").args(more).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = stderr(&output);
        assert!(stderr.contains("account::link") && stderr.contains("osaka` is a link"), "{stderr}");
        assert_eq!(stderr.matches("error[").count(), 1, "{stderr}");
    }
    std::fs::remove_file(bench.path("a/accounts/osaka")).unwrap();
    for name in ["../tokyo", "..", "/etc", "."] {
        let output = bench.command("a", "out").args(["--account", name]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(stderr(&output).contains("account::unknown"), "{}", stderr(&output));
    }
    assert!(!bench.path("out").exists(), "a folder made for the lock goes with it");
    // An account's folder in the output.
    bench.put("elsewhere/access.yaml", "theirs");
    std::fs::create_dir(bench.path("out")).unwrap();
    symlink("../elsewhere", bench.path("out/tokyo")).unwrap();
    let output = bench.command("a", "out").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("output::not-a-folder"), "{}", stderr(&output));
    assert_eq!(tree(&bench.path("elsewhere")).keys().collect::<Vec<_>>(), ["access.yaml"]);
    assert_eq!(bench.names(), ["tokyo"]);
}
