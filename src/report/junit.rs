//! Findings as JUnit XML, as GitLab and Jenkins show them: a case for each finding. An error is a failure, a suppressed
//! finding is skipped, a warning passes and says so in its output.

use super::{escaped, filled, json};
use crate::finding::Finding;

pub(super) fn render(findings: &[Finding]) -> String {
    let mut context = json::by_weight(findings);
    // Some tools call a report without a case broken.
    context["cases"] = findings.len().max(1).into();
    context["none"] = findings.is_empty().into();
    filled(include_str!("../../templates/report/junit.xml.hbs"), escaped, &context)
}
