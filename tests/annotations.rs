//! Annotations stand at lines that the committed files have: GitHub shows none of the others.
#![allow(clippy::disallowed_methods, reason = "a test reads the cases")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::path::Path;
use std::process::Command;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases");

/// Where an annotation stands: the file, and the first and the last line if it names any.
type At = (String, Option<(usize, usize)>);

#[test]
fn every_annotation_of_every_case_stands_at_a_line_of_a_file() {
    let mut names: Vec<String> =
        std::fs::read_dir(CASES).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let (mut runs, mut lines, mut problems) = (0, 0, Vec::new());
    for (index, name) in names.iter().enumerate() {
        let case = Path::new(CASES).join(name);
        let args = std::fs::read_to_string(case.join("args")).unwrap();
        let findings = std::fs::read_to_string(case.join("stderr")).unwrap_or_default();
        let is_synth =
            |line: &&str| line.starts_with("synth") && !line.contains("--format") && !line.contains("--no-check");
        let Some(args) =
            args.lines().find(is_synth).filter(|_| findings.contains("\n --> ") || findings.contains("--> "))
        else {
            continue;
        };
        // Both take their lines from one place; what differs is how they name the file.
        let formats: &[&str] = if index % 5 == 0 { &["github", "sarif"] } else { &["github"] };
        for &format in formats {
            let sandbox = tempfile::tempdir().unwrap();
            copy(&case.join("in"), sandbox.path());
            let output = Command::new(env!("CARGO_BIN_EXE_racestack"))
                .args(args.split_whitespace())
                .args(["--format", format])
                .current_dir(sandbox.path())
                .output()
                .unwrap();
            let stdout = String::from_utf8(output.stdout).unwrap();
            let found = if format == "github" { of_github(&stdout) } else { of_sarif(&stdout) };
            runs += 1;
            for (file, at) in found {
                let Some((first, last)) = at else { continue };
                lines += 1;
                // Of a file that is not there, only that it is not there can be said.
                let Ok(bytes) = std::fs::read(sandbox.path().join(&file)) else {
                    if format == "github" || (first, last) != (1, 1) {
                        problems.push(format!("{name}: {format} names line {first} of `{file}`, which does not exist"));
                    }
                    continue;
                };
                let there = bytes.split(|byte| *byte == b'\n').count();
                if !(1..=there).contains(&first) || !(first..=there).contains(&last) {
                    problems
                        .push(format!("{name}: {format} names lines {first} to {last} of `{file}`, which has {there}"));
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(runs > 150 && lines > 150, "{runs} runs, {lines} lines");
}

fn of_github(stdout: &str) -> Vec<At> {
    let property = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("{name}="))?;
        Some(rest.split([',', ':']).next()?.replace("%3A", ":").replace("%2C", ",").replace("%25", "%"))
    };
    let number = |line: &str, name: &str| property(line, name)?.parse().ok();
    let at = |line: &str| Some((property(line, " file")?, number(line, ",line").zip(number(line, ",endLine"))));
    stdout.lines().filter_map(at).collect()
}

fn of_sarif(stdout: &str) -> Vec<At> {
    let Ok(log) = serde_json::from_str::<serde_json::Value>(stdout) else { return Vec::new() };
    let results = log["runs"][0]["results"].as_array().unwrap();
    let number = |value: &serde_json::Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let at = |result: &serde_json::Value| {
        let place = &result["locations"][0]["physicalLocation"];
        let region = &place["region"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        (uri, Some((number(&region["startLine"]), number(&region["endLine"]))))
    };
    results.iter().map(at).collect()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            std::fs::create_dir_all(to.join(&name)).unwrap();
            copy(&entry.path(), &to.join(&name));
        } else if let Some(link) = name.strip_suffix(".link") {
            #[cfg(unix)]
            std::os::unix::fs::symlink(std::fs::read_to_string(entry.path()).unwrap().trim(), to.join(link)).unwrap();
        } else {
            std::fs::copy(entry.path(), to.join(&name)).unwrap();
        }
    }
}
