//! The guard rules against the cases in their `.tests.yaml`, by cfn-guard's own test command.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "tests read the rules from the disk")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cfn_guard::commands::Executable;
use cfn_guard::commands::validate::OutputFormatType;
use cfn_guard::utils::reader::{ReadBuffer, Reader};
use cfn_guard::utils::writer::{WriteBuffer, Writer};
use cfn_guard::{CommandBuilder, TestBuilder};
use serde_json::Value;

fn rule_files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|it| it == "guard")).collect();
    files.sort();
    files
}

/// The report of cfn-guard on the cases of one rule file.
fn run_cases(file: &Path) -> Value {
    let cases = file.with_extension("tests.yaml");
    let command = TestBuilder::default()
        .rules(Some(file.display().to_string()))
        .test_data(Some(cases.display().to_string()))
        .output_format(OutputFormatType::JSON)
        .try_build()
        .unwrap();
    let mut writer = Writer::new_with_err(WriteBuffer::Vec(Vec::new()), WriteBuffer::Vec(Vec::new())).unwrap();
    let mut reader = Reader::new(ReadBuffer::Cursor(std::io::Cursor::new(Vec::new())));
    command.execute(&mut writer, &mut reader).unwrap();
    serde_json::from_str(&writer.into_string().unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The names after `rule` at the beginning of a line.
fn rule_names(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let names =
        text.lines().filter_map(|line| line.strip_prefix("rule ")?.split_whitespace().next().map(str::to_owned));
    names.collect()
}

#[test]
fn every_rule_does_in_every_case_what_is_expected() {
    assert!(rule_files().len() >= 8);
    let mut wrong = Vec::new();
    for file in rule_files() {
        let report = run_cases(&file);
        let cases = list(&report["test_cases"]);
        assert!(!cases.is_empty(), "{} has no cases: {report}", file.display());
        for case in cases {
            assert!(!list(&case["passed_rules"]).is_empty(), "{}: {} expects nothing", file.display(), case["name"]);
            let failed = list(&case["failed_rules"]).iter();
            wrong.extend(failed.map(|failed| format!("{}: {}: {failed}", file.display(), case["name"])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case_that_passes_one_that_fails_and_one_that_is_skipped() {
    for file in rule_files() {
        let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for case in list(&run_cases(&file)["test_cases"]) {
            for rule in list(&case["passed_rules"]) {
                let status = rule["evaluated"].as_str().or(rule["evaluated"][0].as_str()).unwrap();
                seen.entry(rule["name"].as_str().unwrap().to_owned()).or_default().insert(status.to_owned());
            }
        }
        let all = BTreeSet::from(["PASS", "FAIL", "SKIP"].map(str::to_owned));
        for (rule, statuses) in &seen {
            assert_eq!(*statuses, all, "{}: {rule}", file.display());
        }
        assert_eq!(seen.into_keys().collect::<BTreeSet<_>>(), rule_names(&file), "{}", file.display());
    }
}

#[test]
fn every_rule_says_what_is_violated_and_how_to_fix_it_and_is_documented() {
    for file in rule_files() {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches("Violation:").count(), text.matches("<<").count(), "{}", file.display());
        assert_eq!(text.matches("Fix:").count(), text.matches("<<").count(), "{}", file.display());
        for rule in rule_names(&file) {
            assert!(text.contains(&format!("# {rule}: ")), "{}: {rule} is not documented", file.display());
        }
    }
}

#[test]
fn every_tests_file_belongs_to_a_rule_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let rules = name.strip_suffix(".tests.yaml").map(|stem| path.with_file_name(format!("{stem}.guard")));
        assert!(rules.is_none_or(|rules| rules.exists()), "{name} has no rules");
    }
}
