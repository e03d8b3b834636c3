//! From the bytes of a file to its text.

mod decodings;

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use encoding_rs as rs;

use self::decodings::{Decoding, certain, decodings, is_unlikely_utf8};
use super::conflict;
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// How a roster in CSV is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static rs::Encoding);

/// What Microsoft calls the encodings that the WHATWG has under other names: the same, to the byte.
/// Source: <https://encoding.spec.whatwg.org/#names-and-labels>
const CODE_PAGES: [(&str, &rs::Encoding); 6] = [
    ("CP932", rs::SHIFT_JIS),
    ("CP949", rs::EUC_KR),
    ("CP936", rs::GBK),
    ("CP950", rs::BIG5),
    ("UTF-16LE", rs::UTF_16LE),
    ("UTF-16BE", rs::UTF_16BE),
];

impl FromStr for Encoding {
    type Err = &'static str;

    /// The encoding of a name: `cp949`, `windows-1252`, `euc-jp`, `utf-16le`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let name = name.trim();
        let page = CODE_PAGES.iter().find(|(page, _)| page.eq_ignore_ascii_case(name)).map(|(_, known)| *known);
        let windows = name.to_ascii_lowercase().replacen("cp", "windows-", 1);
        let labels = [name, &windows].map(str::as_bytes);
        let known = page.or_else(|| labels.into_iter().find_map(rs::Encoding::for_label));
        let known = known.filter(|known| *known != rs::REPLACEMENT && *known != rs::X_USER_DEFINED);
        known.map(Self).ok_or(super::ENCODINGS)
    }
}

impl Encoding {
    /// Whether it is UTF-16, whose lines `git diff` does not show.
    fn is_utf16(self) -> bool {
        self.0 == rs::UTF_16LE || self.0 == rs::UTF_16BE
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = CODE_PAGES.iter().find(|(_, known)| *known == self.0).map(|(page, _)| (*page).to_owned());
        let name = page.unwrap_or_else(|| self.0.name().replace("windows-", "CP"));
        formatter.write_str(&name)
    }
}

/// Decodes a settings file or a roster in YAML or JSON: UTF-8, with or without a byte order mark. `None`, with a
/// finding, where it is anything else.
pub fn decode_utf8(path: &Path, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<Arc<SourceFile>> {
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(SourceFile::new(path, text)),
        Err(error) => {
            let finding = encoding_error(path, bytes, error.valid_up_to(), "UTF-8");
            findings.push(finding.help("save the file as UTF-8"));
            None
        }
    }
}

/// The same, of a file that a merge has left no marks in: with these, nothing else of it makes sense, which is a finding.
pub fn merged_utf8(path: &Path, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<Arc<SourceFile>> {
    let source = decode_utf8(path, bytes, findings)?;
    let conflict = conflict::find(&source);
    let is_merged = conflict.is_none();
    findings.extend(conflict);
    is_merged.then_some(source)
}

const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Decodes a roster in CSV, in the encoding that is `given`, or else the one that it is certain to be in. Findings say which
/// that is, with an example, unless it is UTF-8. `None`, with a finding, where none is certain.
pub fn decode_csv(
    path: &Path,
    bytes: &[u8],
    given: Option<Encoding>,
    findings: &mut Vec<Finding>,
) -> Option<Arc<SourceFile>> {
    if let Some(marked) = bytes.strip_prefix(UTF8_MARK) {
        return decode_utf8(path, marked, findings);
    }
    // What is given is about rosters that are not UTF-8: one that was saved as UTF-8 since is read as what it is.
    let given = given.filter(|given| given.is_utf16() || !is_certainly_utf8(bytes));
    let marked = rs::Encoding::for_bom(bytes).map(|(encoding, length)| (Encoding(encoding), &bytes[length..]));
    if let Some((encoding, rest)) = marked.or_else(|| Some((given.or_else(|| unmarked_utf16(bytes))?, bytes))) {
        let text = encoding.0.decode_without_bom_handling_and_without_replacement(rest);
        let Some(text) = text.filter(|text| !text.contains('\0')) else {
            findings.push(not_in(path, rest, encoding));
            return None;
        };
        // What is the same in UTF-8, such as ASCII alone, need not be saved anew.
        if text.as_bytes() == rest {
            return Some(SourceFile::new(path, text));
        }
        return Some(taken(path, encoding, &text, true, findings));
    }
    match certain(bytes, decodings(bytes)) {
        Ok(decoding) if decoding.encoding == rs::UTF_8 => Some(SourceFile::new(path, decoding.text)),
        Ok(decoding) => Some(taken(path, Encoding(decoding.encoding), &decoding.text, false, findings)),
        Err(decodings) if decodings.is_empty() => {
            let valid_up_to = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
            let finding = encoding_error(path, bytes, valid_up_to, "UTF-8, or another encoding of names");
            let help = format!("{SAVE}, or say what it is with `--encoding`, or `roster_encoding` in the settings");
            let note = "in each other known encoding, the bytes give no names";
            findings.push(finding.help(help).note(note).note(super::ENCODINGS));
            None
        }
        Err(decodings) => {
            findings.push(uncertain(path, decodings));
            None
        }
    }
}

/// Whether bytes are a text in UTF-8 that is not ASCII alone, and unlikely to be one in another encoding.
fn is_certainly_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| !text.is_ascii() && !is_unlikely_utf8(text))
}

const SAVE: &str = "save the file as UTF-8 (in Excel: `CSV UTF-8 (Comma delimited)`)";

/// UTF-16 without a byte order mark, where every second byte of what is mostly ASCII is zero.
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    let zeros = |offset: usize| bytes.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let most = bytes.len() / 4;
    match bytes.len() % 2 {
        0 if even == 0 && odd > 0 && odd >= most => Some(Encoding(rs::UTF_16LE)),
        0 if odd == 0 && even > 0 && even >= most => Some(Encoding(rs::UTF_16BE)),
        _ => None,
    }
}

/// The text of a file that is not UTF-8, with a finding that says what it was taken for: what was `given`, or what it is certain
/// to be.
fn taken(path: &Path, encoding: Encoding, text: &str, given: bool, findings: &mut Vec<Finding>) -> Arc<SourceFile> {
    let source = SourceFile::new(path, text);
    let (example, place) = example(&source);
    let finding = if encoding.is_utf16() {
        let message = format!("`git diff` shows no line of a roster in {encoding}, such as `{example}`");
        Finding::new(Rule::RosterNotInDiff, message).help(SAVE)
    } else if given {
        let message = format!("the file was read as {encoding}, which was given, such as `{example}`");
        Finding::new(Rule::FileNotUtf8, message).help(format!("{SAVE}; then no encoding has to be given"))
    } else {
        let message = format!("the file is not UTF-8; it was read as {encoding}, such as `{example}`");
        let name = encoding.to_string().to_lowercase();
        let help = format!("{SAVE}; or, if this is right, write `roster_encoding: {name}` into the settings");
        Finding::new(Rule::FileNotUtf8, message).help(help)
    };
    findings.push(finding.at(place));
    source
}

/// A file that may be one of several encodings, with the cells that tell them apart.
fn uncertain(path: &Path, mut decodings: Vec<Decoding>) -> Finding {
    decodings.truncate(5);
    let options: Vec<String> = decodings
        .iter()
        .map(|decoding| format!("`--encoding {}`", Encoding(decoding.encoding).to_string().to_lowercase()))
        .collect();
    let help = format!("{SAVE}, or say what it is: {}, or `roster_encoding` in the settings", options.join(" or "));
    let finding = Finding::new(Rule::FileEncoding, "it is not certain which encoding the file is in");
    let finding = finding.at(Place::of_file(path)).help(help);
    decodings.iter().zip(telling_cells(&decodings)).fold(finding, |finding, (decoding, cells)| {
        finding.note(format!("as {} it reads {}", Encoding(decoding.encoding), cells.join(", ")))
    })
}

/// Of each decoding, the cells by which it differs from others, those of the header last.
fn telling_cells(decodings: &[Decoding]) -> Vec<Vec<String>> {
    const MOST: usize = 3;
    // No character of these encodings has a byte of a delimiter or of a line's end, so that the cells are the same bytes.
    let cells: Vec<Vec<&str>> = decodings.iter().map(|decoding| decoding.text.split(is_cell_end).collect()).collect();
    let first_line = decodings.first().and_then(|decoding| decoding.text.lines().next()).unwrap_or_default();
    let header = first_line.split(is_cell_end).count();
    let all = cells.iter().map(Vec::len).min().unwrap_or_default();
    let tells = |at: &usize| cells.iter().any(|one| one[*at] != cells[0][*at]);
    let chosen: Vec<usize> = (header..all).chain(0..header.min(all)).filter(tells).take(MOST).collect();
    let shown =
        |cells: &Vec<&str>| chosen.iter().map(|&at| format!("`{}`", super::shorten(cells[at].trim()))).collect();
    cells.iter().map(shown).collect()
}

fn is_cell_end(c: char) -> bool {
    matches!(c, ',' | ';' | '\t' | '\r' | '\n' | '"')
}

/// A cell that shows whether the encoding is right: the first below the header that ASCII has not, or else in it.
fn example(source: &Arc<SourceFile>) -> (String, Place) {
    let header = source.text.find('\n').unwrap_or_default();
    let first = |from: usize| source.text[from..].find(|c: char| !c.is_ascii()).map(|at| from + at);
    let at = first(header).or_else(|| first(0)).unwrap_or_default();
    let start = source.text[..at].rfind(is_cell_end).map_or(0, |before| before + 1);
    let end = source.text[at..].find(is_cell_end).map_or(source.text.len(), |length| at + length);
    let place = Place::new(source, start..end);
    (super::shorten(place.text().trim()), place)
}

fn not_in(path: &Path, bytes: &[u8], encoding: Encoding) -> Finding {
    let (text, _) = encoding.0.decode_without_bom_handling(bytes);
    let source = SourceFile::new(path, text);
    let at = source.text.find(['\u{fffd}', '\0']).unwrap_or_default();
    Finding::new(Rule::FileEncoding, format!("the file is not all {encoding}"))
        .at(Place::new(&source, at..at + 1))
        .help("save it as UTF-8, or say what it is with `--encoding`, or `roster_encoding` in the settings")
}

fn encoding_error(path: &Path, bytes: &[u8], valid_up_to: usize, allowed: &str) -> Finding {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        // No line of it can be shown as text.
        let place = Place::of_file(path);
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
    fn the_cells_that_are_shown_tell_the_readings_apart() {
        let decoding = |encoding, text: &str| Decoding { encoding, text: text.to_owned() };
        let cells = telling_cells(&[
            decoding(rs::WINDOWS_1252, "x,name\na,é\nb,ð"),
            decoding(rs::WINDOWS_1254, "y,name\na,é\nb,ğ"),
            decoding(rs::WINDOWS_1250, "z,name\na,č\nb,ð"),
        ]);
        assert_eq!(cells, [["`é`", "`ð`", "`x`"], ["`é`", "`ğ`", "`y`"], ["`č`", "`ð`", "`z`"]]);
    }

    #[test]
    fn encodings_have_the_names_that_people_know_them_by() {
        for (name, shown) in [
            ("cp932", "CP932"),
            ("shift_jis", "CP932"),
            ("CP949", "CP949"),
            ("euc-kr", "CP949"),
            ("cp1252", "CP1252"),
            ("windows-1250", "CP1250"),
            ("latin1", "CP1252"),
            ("euc-jp", "EUC-JP"),
            ("utf-16be", "UTF-16BE"),
            ("utf-8", "UTF-8"),
            // Each name that a finding offers is one that the option takes.
            ("macintosh", "macintosh"),
            ("x-mac-cyrillic", "x-mac-cyrillic"),
            ("cp874", "CP874"),
            ("ibm866", "IBM866"),
            ("iso-8859-15", "ISO-8859-15"),
        ] {
            assert_eq!(name.parse::<Encoding>().unwrap().to_string(), shown, "{name}");
        }
        assert!("klingon".parse::<Encoding>().is_err());
        assert!("iso-2022-kr".parse::<Encoding>().is_err());
    }
}
