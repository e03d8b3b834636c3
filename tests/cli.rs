//! Whole runs of the command line. A folder of `tests/cases` is a case, and needs no line of Rust:
//!
//! - `args`: the arguments, one run a line, one after the other in one folder;
//! - `in/`: what stands in that folder before;
//! - `code`: the exit code of each run, one a line;
//! - `stdout`, `stderr`: all that the runs print; no such file where they print nothing;
//! - `written`: what the runs wrote, changed (`PATH`, with a `*` behind a program) or removed (`- PATH`), one a line;
//! - `out/`: files that the runs wrote, compared byte for byte. In a case `golden-…` every one of them; in others, of a
//!   `deploy.sh` its data alone, where the rest of it is the script of the templates to the byte.
//!
//! `BLESS=1 cargo test --test cli` rewrites all but `args` and `in/`; in `out/`, the files that stand there.
#![allow(clippy::disallowed_methods, reason = "a test reads the environment and the cases")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use racestack::finding::RULES;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// A file: its bytes, and whether it is a program.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    bytes: Vec<u8>,
    program: bool,
}

/// The files below a folder, by their path in it.
type Tree = BTreeMap<String, File>;

#[test]
fn every_run_says_and_writes_what_its_case_expects() {
    let cases = cases();
    assert!(!cases.is_empty(), "no case stands in {CASES}");
    let bless = blessing();
    let half = cases.len().div_ceil(2);
    let problems: Vec<String> = std::thread::scope(|scope| {
        let halves: Vec<_> = cases
            .chunks(half)
            .map(|cases| scope.spawn(move || cases.iter().flat_map(|case| check(case, bless)).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let help = "BLESS=1 cargo test --test cli rewrites what is expected";
    assert!(problems.is_empty(), "{}\n{help}", problems.join("\n"));
}

#[test]
fn every_rule_is_printed_by_a_case() {
    if blessing() {
        return;
    }
    let printed: String = cases().iter().map(|case| expected_text(case, "stderr")).collect();
    for info in RULES {
        let title = format!("{}[{}]: ", info.severity.as_str(), info.id);
        assert!(printed.lines().any(|line| line.starts_with(&title)), "no case prints `{}`", info.id);
    }
}

#[test]
fn a_case_holds_nothing_that_is_never_read() {
    if blessing() {
        return;
    }
    for case in cases() {
        let mut top: BTreeSet<String> =
            files_below(&case).keys().map(|path| path.split('/').next().unwrap_or_default().to_owned()).collect();
        for name in ["args", "code"] {
            assert!(top.remove(name), "{} lacks `{name}`", case.display());
        }
        for name in ["in", "stdout", "stderr", "written", "out"] {
            top.remove(name);
        }
        assert!(top.is_empty(), "{} holds {top:?}", case.display());
        for name in ["stdout", "stderr", "written"] {
            assert!(std::fs::read(case.join(name)).map_or(true, |bytes| !bytes.is_empty()), "{name} is empty");
        }
    }
}

/// Whether the expected files are being rewritten at this moment.
fn blessing() -> bool {
    std::env::var("BLESS").is_ok()
}

/// Runs a case in a folder of its own, and tells how it differs from what is expected.
#[track_caller]
fn check(case: &Path, bless: bool) -> Vec<String> {
    let sandbox = tempfile::tempdir().unwrap();
    let mut before = files_below(&case.join("in"));
    for (path, file) in &before {
        let path = sandbox.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // `NAME.link` stands for a link `NAME` to what the file says.
        match path.to_str().unwrap().strip_suffix(".link") {
            Some(link) => link_to(std::str::from_utf8(&file.bytes).unwrap().trim(), Path::new(link)),
            None => std::fs::write(path, &file.bytes).unwrap(),
        }
    }
    before.retain(|path, _| path.strip_suffix(".link").is_none());
    let (mut stdout, mut stderr, mut code) = (String::new(), String::new(), String::new());
    for line in std::fs::read_to_string(case.join("args")).unwrap().lines() {
        let output = Command::new(env!("CARGO_BIN_EXE_racestack"))
            .args(line.split_whitespace())
            .current_dir(sandbox.path())
            .output()
            .unwrap();
        stdout += &String::from_utf8(output.stdout).unwrap();
        stderr += &String::from_utf8(output.stderr).unwrap();
        writeln!(code, "{}", output.status.code().map_or("killed".to_owned(), |code| code.to_string())).unwrap();
    }
    let after = files_below(sandbox.path());
    let (written, mut files) = changes(&before, &after);
    let is_golden = case.file_name().unwrap().to_string_lossy().starts_with("golden-");
    for (_, file) in files.iter_mut().filter(|(path, _)| !is_golden && path.ends_with("deploy.sh")) {
        file.bytes = data_of(&file.bytes).unwrap_or(&file.bytes).to_vec();
    }
    let texts = [("stdout", stdout), ("stderr", stderr), ("code", code), ("written", written)];
    if bless {
        self::bless(case, &texts, &files);
    }
    let name = case.file_name().unwrap().to_string_lossy();
    let mut problems = Vec::new();
    for (kind, found) in &texts {
        let expected = expected_text(case, kind);
        if *found != expected {
            problems.push(format!("--- {name}: {kind} expected\n{expected}--- {name}: {kind} found\n{found}---"));
        }
    }
    for (path, file) in files_below(&case.join("out")) {
        match files.get(&path) {
            None => problems.push(format!("{name}: `{path}` was not written")),
            Some(found) if found.bytes != file.bytes => {
                let first = found.bytes.iter().zip(&file.bytes).take_while(|(a, b)| a == b);
                let line = first.filter(|(a, _)| **a == b'\n').count() + 1;
                problems.push(format!("{name}: `{path}` differs from line {line} on"));
            }
            Some(_) => {}
        }
    }
    if is_golden {
        let golden = files_below(&case.join("out"));
        let missing = files.keys().filter(|path| !golden.contains_key(*path));
        problems.extend(missing.map(|path| format!("{name}: `{path}` was written, and is not in `out/`")));
    }
    problems
}

/// The data of a script that deploys. `None` where anything around it is not as the templates have it.
fn data_of(script: &[u8]) -> Option<&[u8]> {
    const ACCOUNT: &str = include_str!("../templates/scripts/deploy.sh");
    const STACK_SET: &str = include_str!("../templates/scripts/deploy-stack-set.sh");
    const DATA: &str = "# ---- data ----\n";
    const END: &str = "# ---- end of the data ----\n";
    let (head, rest) = ACCOUNT.split_once(DATA).unwrap();
    let (_, of_account) = rest.split_once(END).unwrap();
    let (shared, _) = of_account.split_once("# ---- the script of an account ----\n").unwrap();
    let (_, own) = STACK_SET.split_once(END).unwrap();
    let of_stack_set = format!("{shared}# ---- the script of a StackSet ----\n{own}");
    let behind = script.strip_prefix(head.as_bytes())?.strip_prefix(DATA.as_bytes())?;
    let ends = [of_account, &of_stack_set];
    ends.into_iter().find_map(|end| behind.strip_suffix(end.as_bytes())?.strip_suffix(END.as_bytes()))
}

fn bless(case: &Path, texts: &[(&str, String)], files: &Tree) {
    for (kind, text) in texts {
        let path = case.join(kind);
        if text.is_empty() {
            let _ = std::fs::remove_file(path);
        } else {
            std::fs::write(path, text).unwrap();
        }
    }
    let out = case.join("out");
    let golden = case.file_name().unwrap().to_string_lossy().starts_with("golden-");
    let wanted: BTreeSet<String> =
        if golden { files.keys().cloned().collect() } else { files_below(&out).into_keys().collect() };
    let _ = std::fs::remove_dir_all(&out);
    for path in wanted {
        let Some(file) = files.get(&path) else { continue };
        let path = out.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &file.bytes).unwrap();
    }
}

/// What became of the files: as the text of `written`, and the files that are new or changed.
fn changes(before: &Tree, after: &Tree) -> (String, Tree) {
    let same = |path: &str, file: &File| before.get(path).is_some_and(|old| old.bytes == file.bytes);
    let files: Tree = after.clone().into_iter().filter(|(path, file)| !same(path, file)).collect();
    let mut lines: Vec<String> =
        files.iter().map(|(path, file)| format!("{path}{}\n", if file.program { "*" } else { "" })).collect();
    lines.extend(before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("- {path}\n")));
    (lines.concat(), files)
}

fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = std::fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

fn expected_text(case: &Path, name: &str) -> String {
    std::fs::read_to_string(case.join(name)).unwrap_or_default()
}

/// The files below a folder; none where there is no such folder.
fn files_below(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(next) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            tree.insert(name, File { bytes: std::fs::read(&path).unwrap(), program: is_program(&path) });
        }
    }
    tree
}

#[cfg(unix)]
fn link_to(target: &str, link: &Path) {
    std::os::unix::fs::symlink(target, link).unwrap();
}

#[cfg(not(unix))]
fn link_to(_: &str, link: &Path) {
    panic!("{}: links are tested on Unix alone", link.display());
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().unwrap().permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sh")
}
