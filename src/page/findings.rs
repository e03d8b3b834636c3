//! Numbers, sentences and findings, as the pages show them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::finding::Finding;

/// Those that nobody answers for.
pub(super) fn open(findings: &[Finding]) -> Vec<Value> {
    let open = findings.iter().filter(|finding| finding.suppressed.is_none());
    open.map(|finding| {
        json!({
            "severity": finding.severity.as_str(),
            "rule": finding.rule.info().id,
            "message": message_spans(&finding.message),
            "place": place(finding),
            "help": finding.help.as_deref().map(message_spans),
            "notes": finding.notes.iter().map(|note| message_spans(note)).collect::<Vec<_>>(),
        })
    })
    .collect()
}

/// Those that somebody answers for.
pub(super) fn suppressed(findings: &[Finding]) -> Vec<Value> {
    let suppressed = findings.iter().filter_map(|finding| Some((finding, finding.suppressed.as_ref()?)));
    suppressed
        .map(|(finding, by)| {
            json!({
                "rule": finding.rule.info().id,
                "message": message_spans(&finding.message),
                "place": place(finding),
                "reason": by.reason,
                "owner": by.owner,
                "expires": by.expires,
            })
        })
        .collect()
}

fn place(finding: &Finding) -> Option<String> {
    let place = finding.place.as_ref()?;
    let (line, column) = place.line_column();
    Some(format!("{}:{line}:{column}", place.path().display()))
}

/// Words of a sentence, or what stands in it between back ticks.
#[derive(Debug, Serialize)]
pub(super) struct MessageSpan<'a> {
    pub code: bool,
    pub text: &'a str,
}

/// A number with a comma at each thousand.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let (first, rest) = digits.split_at(digits.len() % 3);
    let thousands = rest.as_bytes().chunks(3).map(|three| String::from_utf8_lossy(three).into_owned());
    let parts: Vec<String> =
        std::iter::once(first.to_owned()).filter(|first| !first.is_empty()).chain(thousands).collect();
    parts.join(",")
}

/// A sentence, with what stands between back ticks told apart.
pub(super) fn message_spans(sentence: &str) -> Vec<MessageSpan<'_>> {
    let closed = sentence.matches('`').count() & !1;
    let parts = sentence.splitn(closed + 1, '`').enumerate();
    parts.filter(|(_, text)| !text.is_empty()).map(|(at, text)| MessageSpan { code: at % 2 == 1, text }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_comma_at_each_thousand() {
        assert_eq!([0, 999, 1_000, 51_200, 1_000_000].map(grouped), ["0", "999", "1,000", "51,200", "1,000,000"]);
    }

    #[test]
    fn what_stands_between_back_ticks_is_code() {
        let told = |sentence| message_spans(sentence).iter().map(|span| (span.code, span.text)).collect::<Vec<_>>();
        assert_eq!(told("set `a` to `b`"), [(false, "set "), (true, "a"), (false, " to "), (true, "b")]);
        assert_eq!(told("an `open` one: `x"), [(false, "an "), (true, "open"), (false, " one: `x")]);
        assert_eq!(told(""), []);
    }
}
