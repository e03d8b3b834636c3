//! Annotations stand at lines that the committed files have: GitHub shows none of the others.
#![allow(clippy::disallowed_methods, reason = "a test reads the cases")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test may fail the test")]

use std::process::Command;

use crate::common::{case, is_slow};

/// Where an annotation stands: the file, and the first and the last line if it names any.
type At = (String, Option<(usize, usize)>);

#[test]
fn every_annotation_of_every_case_stands_at_a_line_of_a_file() {
    let every = if is_slow() { 1 } else { 15 };
    let (mut runs, mut lines, mut problems) = (0, 0, Vec::new());
    for (index, case) in case::all().into_iter().flat_map(|(_, cases)| cases).enumerate() {
        let name = &case.name;
        let is_synth =
            |args: &&str| args.starts_with("synth") && !args.contains("--format") && !args.contains("--no-check");
        let findings = case.printed(|run| &run.stderr);
        let mut args = case.runs.iter().map(|run| run.args.as_str());
        let Some(args) = args.find(is_synth).filter(|_| findings.contains("--> ")) else { continue };
        // All formats take their lines from one place, and that is looked at in each run of each case; what differs is how they
        // name the file, and where a place ends.
        if index % every != 0 {
            continue;
        }
        for format in ["github", "sarif"] {
            let sandbox = tempfile::tempdir().unwrap();
            case.lay_down(sandbox.path());
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
    assert!(runs * every > 300 && lines * every > 300, "{runs} runs, {lines} lines");
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
