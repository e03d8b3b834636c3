//! The one place that calls cfn-guard.

use cfn_guard::commands::validate::{OutputFormatType, ShowSummaryType};
use cfn_guard::commands::{Executable, FAILURE_STATUS_CODE, SUCCESS_STATUS_CODE};
use cfn_guard::utils::reader::{ReadBuffer, Reader};
use cfn_guard::utils::writer::{WriteBuffer, Writer};
use cfn_guard::{CommandBuilder, ValidateBuilder};

use super::report::{FileReport, Outcomes};
use super::rule_file::RuleFile;
use super::syntax::one_line;
use crate::finding::{Finding, Rule};
use crate::render::Template;
use crate::source::Place;

/// Evaluates the rules of `files` on `templates`: an outcome a template; or a finding, when the engine gave none that can be trusted.
///
/// Reading a template costs the engine more than a rule file does, so files go together. Should that fail, each is tried
/// by itself, to find the one that is to blame.
pub(super) fn evaluate(files: &[(usize, &RuleFile)], templates: &[&Template]) -> (Vec<Outcomes>, Vec<Finding>) {
    let documents: Vec<String> = templates.iter().map(|template| template.value.to_string()).collect();
    let mut all: Vec<Outcomes> = templates.iter().map(|_| Outcomes::default()).collect();
    let mut findings = Vec::new();
    match (outcomes(files, &documents), files) {
        (Ok(outcomes), _) => all = outcomes,
        (Err(reason), [(_, file)]) => findings.push(unreadable(file, &reason)),
        (Err(_), _) => {
            for file in files {
                let (outcomes, found) = evaluate(std::slice::from_ref(file), templates);
                all.iter_mut().zip(outcomes).for_each(|(all, outcome)| all.extend(outcome));
                findings.extend(found);
            }
        }
    }
    for (template, outcomes) in templates.iter().zip(&mut all) {
        // Of some failures the engine does not say where they are; where there is but one resource to fail, it is that one.
        for violation in outcomes.violations.iter_mut().filter(|violation| violation.path.is_empty()) {
            let file = files.iter().find(|(file, _)| *file == violation.file);
            let only = file.and_then(|(_, file)| file.footprint.only_seen(template));
            violation.path = only.map(|id| format!("/Resources/{id}")).unwrap_or_default();
        }
    }
    (all, findings)
}

/// What became of the rules of `files` on each of `documents`. An error says why the engine gave nothing that can be trusted.
pub(super) fn outcomes(files: &[(usize, &RuleFile)], documents: &[String]) -> Result<Vec<Outcomes>, String> {
    if documents.is_empty() {
        return Ok(Vec::new());
    }
    let rules: Vec<&str> = files.iter().map(|(_, file)| file.source.text.as_str()).collect();
    run(&rules, documents)?.iter().map(|report| report.outcomes(files)).collect()
}

fn unreadable(file: &RuleFile, reason: &str) -> Finding {
    let path = file.source.path.display();
    let variable = reason.split_once("variable by name ").and_then(|(_, rest)| rest.split_whitespace().next());
    let span = variable.and_then(|name| {
        let start = file.source.text.find(&format!("%{name}"))?;
        Some(start..start + 1 + name.len())
    });
    Finding::new(Rule::GuardUnreadableReport, format!("the rules of `{path}` could not be checked: {reason}"))
        .at(span.map_or_else(|| Place::whole(&file.source), |span| Place::new(&file.source, span)))
        .help("mend or remove the rule file: nothing was checked against it")
}

/// Runs the engine: one report a document, in their order.
fn run(rules: &[&str], documents: &[String]) -> Result<Vec<FileReport>, String> {
    let payload = serde_json::json!({"rules": rules, "data": documents}).to_string();
    // The engine has panics of its own for rules that it parses but did not foresee.
    let (code, report) = std::panic::catch_unwind(|| execute(payload))
        .map_err(|_| "the engine stopped in the middle".to_owned())?
        .map_err(|error| first_words(&error.to_string()))?;
    let reports: Vec<FileReport> =
        serde_json::from_str(&report).map_err(|error| format!("its report is broken: {error}"))?;
    if reports.len() != documents.len() {
        return Err(format!("its report is on {} templates out of {}", reports.len(), documents.len()));
    }
    let failed = reports.iter().any(|report| !report.not_compliant.is_empty());
    match code {
        SUCCESS_STATUS_CODE if !failed => Ok(reports),
        FAILURE_STATUS_CODE if failed => Ok(reports),
        _ => Err(format!("its exit code is {code}, which does not fit its report")),
    }
}

fn execute(payload: String) -> Result<(i32, String), cfn_guard::Error> {
    let command = ValidateBuilder::default()
        .payload(true)
        .structured(true)
        .output_format(OutputFormatType::JSON)
        .show_summary(vec![ShowSummaryType::None])
        .try_build()?;
    let mut reader = Reader::new(ReadBuffer::Cursor(std::io::Cursor::new(payload.into_bytes())));
    let mut writer = Writer::new_with_err(WriteBuffer::Vec(Vec::new()), WriteBuffer::Vec(Vec::new()))?;
    let code = command.execute(&mut writer, &mut reader)?;
    Ok((code, writer.into_string()?))
}

/// Errors of the engine may quote whole documents, and some call everything an error of its parser.
fn first_words(error: &str) -> String {
    let said = error.strip_prefix("Parser Error when parsing `").map(|said| said.trim_end_matches('`'));
    one_line(said.unwrap_or(error).lines().next().unwrap_or_default(), 200)
}
