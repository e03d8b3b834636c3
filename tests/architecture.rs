//! The invariants of the source tree that no lint can hold: which module may know of which, who touches the disk, and
//! how long a file may get; and that `docs/architecture.md` names files and tests that exist.
#![allow(clippy::disallowed_methods, reason = "a test reads the source tree")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The order in which the data flows: a module imports only from those before it.
const ORDER: &[&str] = &[
    "source",
    "finding",
    "files",
    "facts",
    "iam",
    "inventory",
    "account",
    "config",
    "model",
    "plan",
    "render",
    "check",
    "output",
    "diff",
    "audit",
    "adopt",
    "page",
    "handout",
    "synthesis",
];
/// The reporters stand beside that way: they know what a finding and a diff are and nothing of how they came about.
const REPORT_KNOWS: &[&str] = &["source", "finding", "diff"];
/// These bring everything together.
const ROOTS: &[&str] = &["lib", "main", "cli"];
const LONGEST_FILE: usize = 400;

#[test]
fn a_module_knows_only_of_those_before_it() {
    all_clear(&problems(wrong_imports));
}

#[test]
fn only_files_touches_the_disk() {
    all_clear(&problems(disk_access));
}

#[test]
fn imports_are_named() {
    all_clear(&problems(|_, code| {
        let globs = code.lines().filter(|line| line.trim_start().starts_with("use super::") && line.contains('*'));
        globs.map(|line| format!("imports without names: {}", line.trim())).collect()
    }));
}

#[test]
fn every_file_of_tests_is_in_a_program() {
    let suite = include_str!("suite.rs");
    let manifest = include_str!("../Cargo.toml");
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|kind| kind == "rs") || path.join("mod.rs").exists() {
            let name = path.file_stem().unwrap().to_string_lossy();
            let is_program = manifest.contains(&format!("path = \"tests/{name}.rs\""));
            assert!(is_program || suite.contains(&format!("\nmod {name};\n")), "tests/suite.rs lacks `mod {name};`");
        }
    }
}

#[test]
fn no_test_stands_where_none_runs() {
    // As `Cargo.toml` says of the library's comments and of the program.
    let misplaced = sources().into_iter().flat_map(|(path, text)| {
        let is_program = path == Path::new("main.rs");
        let is_example = |line: &str| {
            let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
            comment.is_some_and(|text| text.contains("```") || text.contains("~~~") || text.starts_with("     "))
        };
        let is_test = |line: &str| is_program && line.starts_with("#[") && line.contains("test");
        let found: Vec<_> =
            text.lines().map(str::trim_start).filter(|line| is_example(line) || is_test(line)).collect();
        found.into_iter().map(|line| format!("{}: {line}", path.display())).collect::<Vec<_>>()
    });
    all_clear(&misplaced.collect::<Vec<_>>());
}

#[test]
fn no_file_is_too_long() {
    let long = sources().into_iter().filter_map(|(path, text)| {
        let lines = text.lines().count();
        (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines", path.display()))
    });
    all_clear(&long.collect::<Vec<_>>());
}

#[test]
fn no_two_files_import_each_other() {
    let files: BTreeMap<String, String> =
        sources().into_iter().map(|(path, text)| (modules_of(&path).join("/"), without_tests(&text))).collect();
    let found = circles(&files);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_circle_is_noticed() {
    let files = |texts: &[(&str, &str)]| texts.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let circle = files(&[("a/b", "use super::c::{D, E};"), ("a/c", "use crate::a::b;\n"), ("a/d", "use super::b;")]);
    assert_eq!(circles(&circle), [("a/b".to_owned(), "a/c".to_owned())]);
    assert_eq!(circles(&files(&[("a", "mod b;\npub use self::b::C;"), ("a/b", "use super::D;")])).len(), 1);
    assert_eq!(circles(&files(&[("a/b", "use super::c;"), ("a/c", "use super::d;"), ("a/d", "")])), []);
}

/// The pairs of files that import each other, each once.
fn circles(files: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let imports: BTreeMap<&String, BTreeSet<String>> =
        files.iter().map(|(file, code)| (file, imported_files(file, code, files))).collect();
    let both = |a: &String, b: &String| imports.get(b).is_some_and(|of| of.contains(a));
    let pairs = imports.iter().flat_map(|(a, of)| of.iter().map(move |b| ((*a).clone(), b.clone())));
    pairs.filter(|(a, b)| a < b && both(a, b)).collect()
}

/// The files that a file names in its `use` lines, by the longest path that is one.
fn imported_files(file: &str, code: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let own: Vec<&str> = file.split('/').collect();
    let statements = code.split(';').filter_map(|part| {
        let start = part.rfind("use ").filter(|at| part[..*at].chars().last().is_none_or(char::is_whitespace))?;
        Some(part[start + 4..].split_whitespace().collect::<Vec<_>>().join(" "))
    });
    let paths = statements.flat_map(|text| opened(&text));
    let absolute = paths.filter_map(|path| {
        let mut steps: Vec<&str> =
            path.split("::").map(|step| step.split(" as ").next().unwrap_or(step).trim()).collect();
        let mut at = own.clone();
        match *steps.first()? {
            "crate" => at.clear(),
            "self" => {}
            "super" => _ = at.pop(),
            _ => return None,
        }
        steps.remove(0);
        while steps.first() == Some(&"super") {
            at.pop();
            steps.remove(0);
        }
        Some(at.iter().chain(&steps).map(|step| (*step).to_owned()).collect::<Vec<String>>())
    });
    let known =
        |path: Vec<String>| (1..=path.len()).rev().map(|end| path[..end].join("/")).find(|one| files.contains_key(one));
    absolute.filter_map(known).filter(|one| one != file).collect()
}

/// A path with all its groups opened: `a::{b, c::{d}}` is `a::b` and `a::c::d`.
fn opened(path: &str) -> Vec<String> {
    let Some((before, inside)) = path.split_once('{') else { return vec![path.trim().to_owned()] };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let (mut depth, mut members, mut member) = (0, Vec::new(), String::new());
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            members.push(std::mem::take(&mut member));
        } else {
            member.push(c);
        }
    }
    members.push(member);
    members.iter().flat_map(|member| opened(&format!("{}{}", before.trim(), member.trim()))).collect()
}

#[test]
fn a_broken_tree_is_noticed() {
    let imports = |file: &str, code: &str| wrong_imports(&modules_of(Path::new(file)), code).len();
    assert_eq!(imports("config/merge.rs", "use crate::{finding::Finding, source::Place};\nuse super::x;"), 0);
    assert_eq!(imports("config/merge.rs", "use crate::{\n    finding::{Finding, sort},\n    plan::Plan,\n};"), 1);
    assert_eq!(imports("config/merge.rs", "fn f(x: &crate::model::Fleet) {}"), 1);
    assert_eq!(imports("config/merge.rs", "use super::super::model::Fleet;"), 1);
    assert_eq!(imports("config/mod.rs", "use super::model::Fleet;"), 1);
    assert_eq!(imports("config.rs", "use super::finding::Finding;"), 0);
    assert_eq!(imports("report/json.rs", "use crate::files::read;"), 1);
    assert_eq!(imports("output/mod.rs", "use crate::report::render;"), 1);
    assert_eq!(imports("surprise.rs", ""), 1);
    assert_eq!(imports("main.rs", "use crate::output::write;"), 0);

    let disk = |file: &str, code: &str| disk_access(&modules_of(Path::new(file)), code).len();
    assert_eq!(disk("config/mod.rs", "use std::fs;"), 1);
    assert_eq!(disk("config/mod.rs", "use std::{collections::BTreeMap, fs::File};"), 1);
    assert_eq!(disk("files.rs", "use std::fs;"), 0);
    assert_eq!(disk("config/mod.rs", "use std::fmt;"), 0);
    assert_eq!(disk("cli/diff.rs", "folders.iter().find(|folder| !folder.exists())"), 1);
    assert_eq!(disk("files.rs", "path.is_dir() || path.exists()"), 0);
    assert_eq!(disk("config/mod.rs", "self.is_file(path)"), 0);

    assert_eq!(without_tests("a\n/// b\n#[cfg(test)]\nmod tests {\n    use super::*;\n}\n"), "a\n");
    assert_eq!(without_tests("#[cfg(test)]\nuse a;\nb"), "#[cfg(test)]\nuse a;\nb\n");
}

/// The page that says where each kind of change goes.
const PAGE: &str = "docs/architecture.md";

#[test]
fn the_page_names_files_and_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join(PAGE)).unwrap();
    let wrong = wrong_rows(root, &text);
    assert!(wrong.is_empty(), "{PAGE}:\n{}", wrong.join("\n"));
    let rows = text.lines().filter(|line| line.starts_with("| ")).count();
    assert!(rows > 50, "only {rows} rows were found");
}

#[test]
fn a_wrong_row_is_noticed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wrong = |row: &str| wrong_rows(root, row).len();
    assert_eq!(
        wrong("| a setting | `src/config/settings.rs`: a field of `Account` | `cli`, `schemas`, `test_diff` |"),
        0
    );
    assert_eq!(wrong("| a rule | `rules/NAME.guard`, `tests/python/test_*.py` | `src/inventory/mod.rs`, – |"), 0);
    assert_eq!(wrong("| a setting | `src/config/setting.rs` | `cli` |"), 1);
    assert_eq!(wrong("| a setting | `docs/` | `clii`, `test_nothing`, `src/lib.rs` |"), 3);
}

/// What the rows of the page's tables name and the repository lacks: files anywhere, tests in the third cell.
fn wrong_rows(root: &Path, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        for (at, cell) in cells.iter().enumerate() {
            for code in cell.split('`').skip(1).step_by(2) {
                let found = if at == 2 { is_test(root, code) } else { !is_path(root, code) || exists(root, code) };
                wrong.extend((!found).then(|| format!("`{code}` does not exist: {row}")));
            }
        }
    }
    wrong
}

/// Whether a text names a file or a folder, from the root of the repository.
fn is_path(root: &Path, code: &str) -> bool {
    let folder = |first: &str| !first.is_empty() && root.join(first).is_dir();
    code.split_once('/').is_some_and(|(first, _)| folder(first) && !code.contains(' '))
}

/// Whether a file or folder is there; of one with a part in capitals or `*`, the folder.
fn exists(root: &Path, code: &str) -> bool {
    let pattern = |step: &&str| step.contains('*') || step.starts_with(|c: char| c.is_ascii_uppercase());
    let steps: Vec<&str> = code.split('/').take_while(|step| !pattern(step)).collect();
    root.join(steps.join("/")).exists()
}

/// Whether there is a module of `tests/suite.rs` of this name, a file of tests in Python that begins with it, or a source file with tests.
fn is_test(root: &Path, name: &str) -> bool {
    let tests = root.join("tests");
    if name.contains('/') {
        return std::fs::read_to_string(root.join(name)).is_ok_and(|text| text.contains("#[cfg(test)]"));
    }
    if name.starts_with("test_") {
        let mut files = std::fs::read_dir(tests.join("python")).unwrap();
        return files.any(|file| file.unwrap().file_name().to_string_lossy().starts_with(name));
    }
    tests.join(name).with_extension("rs").exists() || tests.join(name).join("mod.rs").exists()
}

fn wrong_imports(modules: &[String], code: &str) -> Vec<String> {
    let Some(own) = modules.first() else { return Vec::new() };
    if ROOTS.contains(&own.as_str()) {
        return Vec::new();
    }
    let known = match ORDER.iter().position(|module| module == own) {
        Some(position) => &ORDER[..position],
        None if own == "report" => REPORT_KNOWS,
        None => return vec![format!("`{own}` has no place in the order of tests/architecture.rs")],
    };
    // From a file `config/merge.rs` the root of the crate is also `super::super::`.
    let up = "super::".repeat(modules.len());
    let imported = followers(code, "crate::").into_iter().chain(followers(code, &up));
    imported
        .filter(|module| module != own && (ORDER.contains(&module.as_str()) || module == "report" || module == "cli"))
        .filter(|module| !known.contains(&module.as_str()))
        .map(|module| format!("`{own}` imports `{module}`"))
        .collect()
}

fn disk_access(modules: &[String], code: &str) -> Vec<String> {
    if modules.first().is_some_and(|module| module == "files") {
        return Vec::new();
    }
    let named = followers(code, "std::").into_iter().filter(|name| name == "fs").map(|_| "std::fs".to_owned());
    let called = DISK_METHODS.iter().map(|method| format!(".{method}()")).filter(|call| code.contains(call));
    named.chain(called).map(|what| format!("uses {what}, which src/files.rs alone may")).collect()
}

/// The methods of `Path` that ask the disk.
const DISK_METHODS: &[&str] = &[
    "canonicalize",
    "exists",
    "is_dir",
    "is_file",
    "is_symlink",
    "metadata",
    "read_dir",
    "read_link",
    "symlink_metadata",
    "try_exists",
];

/// The names that follow `prefix` in paths, with groups such as `prefix{a::x, b}` opened.
fn followers(code: &str, prefix: &str) -> Vec<String> {
    let starts_path = |at: usize| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix).filter(|&(at, _)| starts_path(at)) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => names.push(name(rest)),
            Some(group) => names.extend(members(group)),
        }
    }
    names
}

/// The first names of the members of a group, whose opening brace is already gone.
fn members(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = vec![name(group)];
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[at + 1..])),
            _ => {}
        }
    }
    names
}

fn name(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// What `check` finds in each file of `src`, with the file's path.
fn problems(check: fn(&[String], &str) -> Vec<String>) -> Vec<String> {
    let sources = sources();
    assert!(sources.len() > 5, "the source tree was not found");
    let of = |(path, text): &(PathBuf, String)| {
        let found = check(&modules_of(path), &without_tests(text));
        found.into_iter().map(|problem| format!("src/{}: {problem}", path.display())).collect::<Vec<_>>()
    };
    sources.iter().flat_map(of).collect()
}

#[track_caller]
fn all_clear(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The modules that a file is, from the root of the crate: `config/merge.rs` is `["config", "merge"]`.
fn modules_of(path: &Path) -> Vec<String> {
    let parts = path.with_extension("");
    parts.iter().map(|part| part.to_string_lossy().into_owned()).filter(|part| part != "mod").collect()
}

/// The code that is compiled into the library: without comment lines, and without the tests at the end of a file.
fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect()
}

/// Every file of `src` with its path in there; those that hold tests alone are left out.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}
