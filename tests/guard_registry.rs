//! The AWS Guard Rules Registry's own cases: whether racestack's verdicts on them are those of the engine's own command.
//! The registry is no part of this repository: `make guard-registry REGISTRY=DIR`, with a clone of
//! <https://github.com/aws-cloudformation/aws-guard-rules-registry>.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test reads files, says what it compared, and may stop at what should not be"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use guard_command::reports;
use racestack::check::Suppressions;
use racestack::check::guard::{RuleSet, evaluate, findings};
use racestack::plan::Part;
use racestack::render::{Template, expand_short_tags};
use racestack::source::SourceFile;
use serde_json::Value;

#[path = "common/guard_command.rs"]
mod guard_command;

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// The rules that a template breaks, and those that apply to it.
type Verdict = (BTreeSet<String>, BTreeSet<String>);

/// What the command says of each text.
fn of_command(rules: &str, documents: &[String]) -> Vec<Verdict> {
    let names = |names: &Value, pointer: &str| -> BTreeSet<String> {
        let names =
            names.as_array().unwrap().iter().map(|one| one.pointer(pointer).unwrap().as_str().unwrap().to_owned());
        names.collect()
    };
    let verdict = |report: &Value| {
        let broken = names(&report["not_compliant"], "/Rule/name");
        let applied = broken.union(&names(&report["compliant"], "")).cloned().collect();
        (broken, applied)
    };
    reports(rules, documents).iter().map(verdict).collect()
}

/// What racestack says of a text.
fn of_racestack(rules: &RuleSet, text: &str) -> Verdict {
    let source = SourceFile::new("out/tokyo/users-001.yaml", text);
    let template = Template::new(Part::Users(1), source, expand_short_tags(text).unwrap());
    let (outcomes, unreadable) = evaluate(rules, &[&template]);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let applied = outcomes[0].applied.values().flat_map(|rules| rules.iter().cloned()).collect();
    let found = findings(rules, &[(&template.source, &outcomes[0])], &Suppressions::new(Vec::new(), None));
    (found.into_iter().filter_map(|finding| finding.guard_rule).collect(), applied)
}

#[test]
fn each_case_of_the_registry_has_the_verdict_of_the_command() {
    let registry = std::env::var("REGISTRY").unwrap();
    let (mut all, mut compared, mut broken, mut unlike) = (Vec::new(), 0, 0, Vec::new());
    for path in files(&Path::new(&registry).join("rules")) {
        if path.extension().is_none_or(|extension| extension != "guard") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        all.push(SourceFile::new(&path, text.as_str()));
        let name = path.file_stem().unwrap().to_string_lossy();
        let cases = path.with_file_name("tests").join(format!("{name}_tests.yml"));
        let Ok(cases) = std::fs::read_to_string(&cases) else { continue };
        let rules = RuleSet::from_files(vec![SourceFile::new(&path, text.as_str())])
            .unwrap_or_else(|findings| panic!("{}: {findings:?}", path.display()));
        let cases: Vec<serde_yaml::Value> = serde_yaml::from_str(&cases).unwrap();
        let documents: Vec<String> = cases.iter().map(|case| serde_yaml::to_string(&case["input"]).unwrap()).collect();
        for (document, expected) in documents.iter().zip(of_command(&text, &documents)) {
            compared += 1;
            broken += usize::from(!expected.0.is_empty());
            let found = of_racestack(&rules, document);
            if found != expected {
                unlike.push(format!("{name}: {found:?}, by the command {expected:?}, on\n{document}"));
            }
        }
    }
    let files = all.len();
    // As one folder, with files of nothing but comments.
    RuleSet::from_files(all).unwrap();
    println!("{files} rule files, {compared} cases, of which {broken} break a rule; {} unlike", unlike.len());
    assert!(files > 200 && compared > 1500 && broken > 500, "{files} rule files, {compared} cases, {broken} broken");
    assert!(unlike.is_empty(), "{}", unlike.join("\n"));
}
