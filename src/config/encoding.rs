//! From the bytes of a file to its text.

use std::path::Path;
use std::sync::Arc;

use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// Decodes a settings file or a roster in YAML or JSON: UTF-8, with or without a byte order mark. `None`, with a
/// finding, where it is anything else.
pub fn decode_utf8(path: &Path, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<Arc<SourceFile>> {
    let bytes = without_mark(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(SourceFile::new(path, text)),
        Err(error) => {
            let finding = encoding_error(path, bytes, error.valid_up_to(), "UTF-8");
            findings.push(finding.help("save the file as UTF-8"));
            None
        }
    }
}

/// Decodes a roster in CSV: UTF-8, with or without a byte order mark, or CP932, which Excel writes in Japanese. `None`,
/// with a finding, where it is anything else.
pub fn decode_csv(path: &Path, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<Arc<SourceFile>> {
    let bytes = without_mark(bytes);
    let Err(error) = std::str::from_utf8(bytes) else { return decode_utf8(path, bytes, findings) };
    // WHATWG's `Shift_JIS` is Microsoft's code page 932: https://encoding.spec.whatwg.org/#shift_jis
    if let Some(text) = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes) {
        return Some(SourceFile::new(path, text));
    }
    let finding = encoding_error(path, bytes, error.valid_up_to(), "UTF-8 or CP932");
    findings.push(finding.help("save the file as UTF-8 (in Excel: `CSV UTF-8 (Comma delimited)`)"));
    None
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn encoding_error(path: &Path, bytes: &[u8], valid_up_to: usize, allowed: &str) -> Finding {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        // No line of it can be shown as text.
        let place = Place::whole(&SourceFile::new(path, ""));
        return Finding::new(Rule::FileEncoding, format!("found UTF-16 where the file must be {allowed}")).at(place);
    }
    let byte = bytes.get(valid_up_to).copied().unwrap_or_default();
    let source = SourceFile::new(path, String::from_utf8_lossy(bytes));
    Finding::new(Rule::FileEncoding, format!("found the byte 0x{byte:02X} where the file must be {allowed}"))
        .at(Place::new(&source, valid_up_to..valid_up_to + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_dropped_and_cp932_is_understood() {
        let mut findings = Vec::new();
        let path = Path::new("roster.csv");
        assert_eq!(decode_csv(path, b"\xEF\xBB\xBFname\n", &mut findings).unwrap().text, "name\n");
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("name,display_name\na,田中①髙\n");
        assert_eq!(decode_csv(path, &bytes, &mut findings).unwrap().text, "name,display_name\na,田中①髙\n");
        assert!(findings.is_empty());
    }

    #[test]
    fn other_encodings_are_findings_at_the_first_bad_byte() {
        let mut findings = Vec::new();
        decode_csv(Path::new("roster.csv"), b"name\na\xFFb\n", &mut findings);
        assert_eq!(findings[0].message, "found the byte 0xFF where the file must be UTF-8 or CP932");
        assert_eq!(findings[0].place.as_ref().unwrap().line_column(), (2, 2));
        decode_csv(Path::new("roster.csv"), b"\xFF\xFEn\0a\0", &mut findings);
        assert_eq!(findings[1].message, "found UTF-16 where the file must be UTF-8 or CP932");
        decode_utf8(Path::new("settings.yaml"), b"company: \x93\xfa\n", &mut findings);
        assert_eq!(findings[2].message, "found the byte 0x93 where the file must be UTF-8");
    }
}
