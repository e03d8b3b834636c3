//! Whole runs of the command line: the cases of `tests/cases`, whose `README.md` says how they are written.
//!
//! `BLESS=1 cargo test --test suite cli::` rewrites what is expected. `RACESTACK_CASES=settings` runs the cases of `settings.case`
//! alone.
#![allow(clippy::disallowed_methods, reason = "a test reads the environment and the cases")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

mod expected;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::case::{self, CASES, Case, Run, Wrote, files_below};
use racestack::finding::RULES;

/// Files by their path: their bytes, and whether they are programs. A link is `PATH -> TARGET`, an empty folder `PATH/`.
type Tree = BTreeMap<String, (Vec<u8>, bool)>;

#[test]
fn every_run_says_and_writes_what_its_case_expects() {
    let mut files = case::all();
    assert!(files.iter().map(|(_, cases)| cases.len()).sum::<usize>() > 400, "few cases stand in {CASES}");
    if let Ok(chosen) = std::env::var("RACESTACK_CASES") {
        files.retain(|(path, _)| path.file_stem().is_some_and(|stem| stem == chosen.as_str()));
        assert!(!files.is_empty(), "{CASES} has no `{chosen}.case`");
    }
    let next = AtomicUsize::new(0);
    let problems: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut problems = Vec::new();
            while let Some((path, cases)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                let found: Vec<(Case, Tree)> = cases.iter().map(run).collect();
                if blessing() {
                    let found: Vec<Case> = found.into_iter().map(|(found, _)| found).collect();
                    std::fs::write(path, case::print(&found)).unwrap();
                    continue;
                }
                for (expected, (found, files)) in cases.iter().zip(&found) {
                    problems.extend(differences(expected, found));
                    problems.extend(expected.golden.iter().flat_map(|golden| differences_of_golden(golden, files)));
                }
            }
            problems
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let help = "BLESS=1 cargo test --test suite cli:: rewrites what is expected";
    assert!(problems.is_empty(), "{}\n{help}", problems.join("\n"));
}

#[test]
fn every_rule_is_printed_by_a_case() {
    if blessing() {
        return;
    }
    let cases = case::all().into_iter().flat_map(|(_, cases)| cases);
    let printed: String = cases.map(|case| case.printed(|run| &run.stderr)).collect();
    for info in RULES {
        let title = format!("{}[{}]: ", info.severity.as_str(), info.id);
        assert!(printed.lines().any(|line| line.starts_with(&title)), "no case prints `{}`", info.id);
    }
}

#[test]
fn nothing_of_the_cases_is_never_read_or_hidden_by_another() {
    let files = case::all();
    let mut read: BTreeSet<String> = ["README.md".to_owned()].into();
    let mut names = BTreeSet::new();
    for (path, cases) in &files {
        read.insert(path.file_name().unwrap().to_string_lossy().into_owned());
        if !blessing() {
            assert_eq!(std::fs::read_to_string(path).unwrap(), case::print(cases), "{} in other words", path.display());
        }
        for case in cases {
            assert!(names.insert(case.name.clone()), "two cases are called {}", case.name);
            assert!(!case.runs.is_empty(), "{} runs nothing", case.name);
            read.extend(case.sources().map(str::to_owned));
        }
    }
    let goldens: Vec<&str> =
        files.iter().flat_map(|(_, cases)| cases).filter_map(|case| case.golden.as_deref()).collect();
    for path in files_below(Path::new(CASES)).into_keys() {
        let in_golden = goldens.iter().any(|golden| path.starts_with(&format!("{golden}/")));
        assert!(path.starts_with("base/") || in_golden || read.contains(&path), "no case reads {path}");
    }
}

#[test]
fn a_run_below_the_config_folder_says_where_to_run_it() {
    let sandbox = tempfile::tempdir().unwrap();
    let account = sandbox.path().join("config/accounts/tokyo");
    std::fs::create_dir_all(&account).unwrap();
    std::fs::create_dir(sandbox.path().join("out")).unwrap();
    std::fs::write(sandbox.path().join("config/settings.yaml"), "company: mycompany\n").unwrap();
    let before = tree(sandbox.path());
    for (folder, up) in
        [("config", ".."), ("config/accounts", "../.."), ("config/accounts/tokyo", "../../.."), ("out", "..")]
    {
        let help = format!("; a folder above holds a configuration: `cd {up}`, then run it again");
        for (args, missing, end) in [
            ("synth", "folder `config`", ""),
            ("explain --account tokyo company", "folder `config`", ""),
            ("diff --git HEAD", "folder `out`", ""),
            ("init --ci github", "`config` here", "; nothing was written"),
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_racestack"));
            let output = command.args(args.split(' ')).current_dir(sandbox.path().join(folder)).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said, format!("error: there is no {missing}{help}{end}\n"), "{args} in {folder}");
            assert_eq!(output.status.code(), Some(2));
        }
    }
    assert_eq!(tree(sandbox.path()), before);
}

#[test]
fn a_configuration_is_renewed_within_its_folder() {
    let sandbox = tempfile::tempdir().unwrap();
    let config = sandbox.path().join("config");
    std::fs::create_dir_all(config.join("accounts")).unwrap();
    std::fs::create_dir(config.join("schemas")).unwrap();
    std::fs::write(config.join("settings.yaml"), "company: mycompany\n").unwrap();
    std::fs::write(sandbox.path().join("deploy-all.sh"), "").unwrap();
    std::fs::write(config.join("schemas/roster.json"), "{}").unwrap();
    let run = |args: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_racestack"));
        let output = command.args(args.split(' ')).current_dir(&config).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let stale = "this version of racestack writes `schemas/roster.json`, `../deploy-all.sh` differently\n";
    let (_, said) = run("synth --config . --out ../out");
    assert!(said.replace("./../", "../").replace("`./", "`").contains(stale), "{said}");
    assert!(said.contains("run `racestack init --update .`"), "{said}");
    let (code, said) = run("init --update");
    assert!(
        said.starts_with("updated schemas/roster.json\nupdated ../deploy-all.sh\nwrote ../.gitattributes\n"),
        "{said}"
    );
    assert_eq!((code, run("init --update .")), (Some(0), (Some(0), "nothing to update\n".to_owned())));
    assert_eq!(tree(&sandbox.path().join("config")).keys().filter(|path| path.contains(".git")).count(), 0);
}

/// Whether the expected files are being rewritten at this moment.
fn blessing() -> bool {
    std::env::var("BLESS").is_ok()
}

/// Runs a case in a folder of its own: the case as it would have to be, and the files that are new or changed.
#[track_caller]
fn run(case: &Case) -> (Case, Tree) {
    let sandbox = tempfile::tempdir().unwrap();
    case.lay_down(sandbox.path());
    let before = tree(sandbox.path());
    let mut wrong = Vec::new();
    let runs = case.runs.iter().map(|expected| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_racestack"));
        let output = command.args(expected.args.split_whitespace()).current_dir(sandbox.path()).output().unwrap();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        wrong.extend(expected::wrong_places(&tree(sandbox.path()), &stderr));
        Run {
            args: expected.args.clone(),
            code: output.status.code().map_or("killed".to_owned(), |code| code.to_string()),
            stdout: redacted(case, stdout),
            stderr: redacted(case, stderr),
        }
    });
    let runs = runs.collect();
    let after = tree(sandbox.path());
    let (written, files) = changes(&before, &after);
    wrong.extend(expected::wrong_sums(&after));
    assert!(wrong.is_empty(), "{}: {}", case.name, wrong.join("\n"));
    if let (true, Some(golden)) = (blessing(), &case.golden) {
        bless(&Path::new(CASES).join(golden), &files);
    }
    let wrote = case.wrote.iter().map(|wrote| {
        let text = files.get(&wrote.path).map(|(bytes, _)| String::from_utf8(bytes.clone()).unwrap());
        Wrote { text: text.map_or_else(|| "not written\n".to_owned(), |text| shown(wrote, &text)), ..wrote.clone() }
    });
    let wrote = wrote.collect();
    let mut found = case.clone();
    (found.runs, found.written, found.wrote) = (runs, written, wrote);
    (found, files)
}

/// What a case holds of a file that was written.
fn shown(wrote: &Wrote, text: &str) -> String {
    let text = match &wrote.part {
        Some(part) => expected::part(&wrote.path, text, part).unwrap_or_else(|| "not in the file\n".to_owned()),
        None if wrote.path.ends_with("deploy.sh") => {
            expected::data_of(text).unwrap_or("not the script of the templates\n").to_owned()
        }
        None => text.to_owned(),
    };
    expected::redact(&text)
}

fn redacted(case: &Case, text: String) -> String {
    if case.golden.is_some() { text } else { expected::redact(&text) }
}

/// How a case as it was run differs from what is expected of it.
fn differences(expected: &Case, found: &Case) -> Vec<String> {
    let name = &expected.name;
    let mut problems = Vec::new();
    let mut compare = |kind: &str, expected: &str, found: &str| {
        if expected != found {
            problems.push(format!("--- {name}: {kind} expected\n{expected}--- {name}: {kind} found\n{found}---"));
        }
    };
    for (expected, found) in expected.runs.iter().zip(&found.runs) {
        compare(&format!("`{}`: code", expected.args), &expected.code, &found.code);
        compare(&format!("`{}`: stdout", expected.args), &expected.stdout, &found.stdout);
        compare(&format!("`{}`: stderr", expected.args), &expected.stderr, &found.stderr);
    }
    compare("written", &expected.written, &found.written);
    for (expected, found) in expected.wrote.iter().zip(&found.wrote) {
        compare(
            &format!("{} {}", expected.path, expected.part.as_deref().unwrap_or_default()),
            &expected.text,
            &found.text,
        );
    }
    problems
}

/// How what was written differs from a folder that holds all of it.
fn differences_of_golden(golden: &str, files: &Tree) -> Vec<String> {
    let expected = files_below(&Path::new(CASES).join(golden));
    let paths: BTreeSet<&String> = expected.keys().chain(files.keys()).collect();
    let differs = |path: &&&String| expected.get(**path) != files.get(**path).map(|(bytes, _)| bytes);
    let problem = |path: &String| match (expected.get(path), files.get(path)) {
        (Some(expected), Some((found, _))) => {
            let first = found.iter().zip(expected).take_while(|(a, b)| a == b);
            let line = first.filter(|(a, _)| **a == b'\n').count() + 1;
            format!("{golden}: `{path}` differs from line {line} on")
        }
        (Some(_), None) => format!("{golden}: `{path}` was not written"),
        (None, _) => format!("{golden}: `{path}` was written, and is not in the folder"),
    };
    paths.iter().filter(differs).map(|path| problem(path)).collect()
}

/// Writes a folder anew that holds all that was written.
fn bless(golden: &Path, files: &Tree) {
    let _ = std::fs::remove_dir_all(golden);
    for (path, (bytes, _)) in files {
        let path = golden.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// What became of the files: as the text of `written`, and the files that are new or changed.
fn changes(before: &Tree, after: &Tree) -> (String, Tree) {
    let files: Tree = after.clone().into_iter().filter(|(path, file)| before.get(path) != Some(file)).collect();
    let mut lines: Vec<String> =
        files.iter().map(|(path, (_, program))| format!("{path}{}\n", if *program { "*" } else { "" })).collect();
    lines.extend(before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("- {path}\n")));
    (lines.concat(), files)
}

fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries: Vec<PathBuf> = std::fs::read_dir(&next).unwrap().map(|entry| entry.unwrap().path()).collect();
        let name = |path: &Path| path.strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
        if entries.is_empty() && next != folder {
            tree.insert(format!("{}/", name(&next)), (Vec::new(), false));
        }
        for path in entries {
            if let Ok(target) = path.read_link() {
                tree.insert(format!("{} -> {}", name(&path), target.display()), (Vec::new(), false));
            } else if path.is_dir() {
                folders.push(path);
            } else {
                tree.insert(name(&path), (std::fs::read(&path).unwrap(), is_program(&path)));
            }
        }
    }
    tree
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
