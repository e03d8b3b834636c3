//! Findings as workflow commands of GitHub Actions, one a line. GitHub shows the first 10 errors and the first 10
//! warnings of a step, so errors come first. What is suppressed is a notice.

use super::{slashed, visible};
use crate::finding::{Finding, Severity};

pub(super) fn render(findings: &[Finding]) -> String {
    let of = |severity| findings.iter().filter(move |finding| finding.is_open(severity));
    let suppressed = findings.iter().filter(|finding| finding.suppressed.is_some());
    of(Severity::Error).chain(of(Severity::Warning)).chain(suppressed).map(command).collect()
}

fn command(finding: &Finding) -> String {
    let mut properties = Vec::new();
    if let Some(place) = &finding.place {
        properties.push(("file", slashed(place.path())));
        if let Some(region) = place.line_column_range() {
            let one_line = region.line == region.end_line;
            properties.push(("line", region.line.to_string()));
            // GitHub takes columns only for what starts and ends in the same line.
            properties.extend(one_line.then(|| ("col", region.column.to_string())));
            properties.push(("endLine", region.end_line.to_string()));
            properties.extend(one_line.then(|| ("endColumn", region.end_column.to_string())));
        }
    }
    properties.push(("title", finding.rule.info().id.to_owned()));

    let properties: Vec<String> =
        properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    let mut message = finding.message.clone();
    if let Some(help) = &finding.help {
        message = message + "\nhelp: " + help;
    }
    for note in &finding.notes {
        message = message + "\nnote: " + note;
    }
    let mut kind = finding.severity.as_str();
    if let Some(by) = &finding.suppressed {
        kind = "notice";
        message = format!("{message}\nsuppressed until {} by {}: {}", by.expires, by.owner, by.reason);
    }
    format!("::{kind} {}::{}\n", properties.join(","), data(&visible::lines(&message)))
}

/// The text behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which may also hold no `:` and no `,`.
fn property(value: &str) -> String {
    data(&visible::line(value)).replace(':', "%3A").replace(',', "%2C")
}
