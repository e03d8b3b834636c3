//! The oracle's side: what it decides, case by case.

use std::io::{BufWriter, Write};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle");

/// What the oracle says of a case.
pub enum Answer {
    /// The decision, and the context keys that AWS does not send with this action.
    Decided { decision: String, unsent: Vec<String> },
    /// The oracle cannot tell of which type the resource is, or takes the case for malformed.
    Refused(String),
}

/// The actions that the oracle knows of these services.
#[track_caller]
pub fn catalogue(services: &[&str]) -> Json {
    let mut command = node("catalogue");
    let output = command.args(services).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// An answer for each case.
#[track_caller]
pub fn decide(cases: &[Json]) -> Vec<Answer> {
    if cases.is_empty() {
        return Vec::new();
    }
    let mut oracle = node("decide").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = BufWriter::new(oracle.stdin.take().unwrap());
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            for case in cases {
                writeln!(input, "{case}").unwrap();
            }
            input.flush().unwrap();
        });
        oracle.wait_with_output().unwrap()
    });
    assert!(output.status.success(), "the oracle stopped with {}", output.status);
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Answer> = answers.lines().map(answer).collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

fn answer(line: &str) -> Answer {
    let answer: Json = serde_json::from_str(line).unwrap();
    match answer["decision"].as_str() {
        Some(decision) => {
            let unsent = answer["unsent"].as_array().into_iter().flatten();
            let unsent = unsent.map(|key| key.as_str().unwrap().to_owned()).collect();
            Answer::Decided { decision: decision.to_owned(), unsent }
        }
        None => Answer::Refused(answer["error"].to_string()),
    }
}

/// Whichever test is the first to ask installs the oracle where it is missing, and the others wait.
static INSTALLED: OnceLock<()> = OnceLock::new();

#[track_caller]
fn install() {
    let installed = Command::new(format!("{FOLDER}/install.sh")).status().unwrap();
    assert!(installed.success(), "tests/oracle/install.sh: {installed}");
}

/// The oracle's program, once it is installed.
#[track_caller]
fn node(mode: &str) -> Command {
    INSTALLED.get_or_init(install);
    let mut command = Command::new("node");
    command.arg(format!("{FOLDER}/simulate.mjs")).arg(mode);
    command
}
