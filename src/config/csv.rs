//! Reads a roster in CSV, as spreadsheets write it, into nodes: one map a row, whose keys are the header's cells.

use std::ops::Range;
use std::sync::Arc;

use super::characters::odd_character;
use super::mangled;
use super::node::{Content, Entry, Node};
use super::roster::roster_schema;
use super::schema::boolean;
use super::suggestion::column_of;
use crate::finding::{Finding, Rule, counted};
use crate::source::{Place, SourceFile};

/// The delimiters that spreadsheets write, depending on the country they are set to.
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];

/// Reads a CSV text into a sequence of maps. Dotted columns (`notebook.instance_type`) become nested maps; an empty
/// cell is no value; a row of empty cells is no row.
pub fn parse(source: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Node {
    let mut rows = Vec::new();
    let mut header: Vec<Column> = Vec::new();
    let records = records(source, findings);
    for record in records {
        let blank = record.iter().all(|cell| cell.text.trim().is_empty());
        if header.is_empty() {
            if !blank {
                header = columns(source, &record, findings);
                findings.extend(nameless(source, &mut header));
                // Below what is no header, such as a title, no cell tells anything.
                if !header.iter().any(|column| column.name == "name") {
                    break;
                }
            }
            continue;
        }
        if is_header(&header, &record) {
            let (message, place) = ("the header is in the file a second time", Place::new(source, row_span(&record)));
            findings.push(Finding::twice(Rule::FileSyntax, message, &place, &header[0].place, "remove this row"));
        } else if !blank {
            rows.push(row(source, &header, &record, findings));
        }
    }
    Node { place: Place::whole(source), content: Content::Sequence(rows) }
}

/// From the first cell to the last.
fn row_span(record: &[Cell]) -> Range<usize> {
    let start = record.first().map_or(0, |cell| cell.span.start);
    start..record.last().map_or(start, |cell| cell.span.end)
}

/// Whether a row says what the header does.
fn is_header(header: &[Column], record: &[Cell]) -> bool {
    let text =
        |column: &Column, cell: &Cell| Place::new(&column.place.source, cell.span.clone()).text().trim().to_owned();
    let same = |(column, cell): (&Column, &Cell)| column.place.text().trim() == text(column, cell);
    header.len() > 1 && record.len() == header.len() && header.iter().zip(record).all(same)
}

/// A column of the header.
struct Column {
    name: String,
    place: Place,
    /// Whether an earlier column has the name, so that the cells of this one are left aside.
    repeated: bool,
}

struct Cell {
    text: String,
    span: Range<usize>,
}

fn records(source: &Arc<SourceFile>, findings: &mut Vec<Finding>) -> Vec<Vec<Cell>> {
    let text = source.text.as_str();
    let (announced, rest) = announced(text);
    let first_line = rest.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let most = DELIMITERS.into_iter().max_by_key(|&d| (count(first_line, d), d == b','));
    let delimiter = announced.or(most).unwrap_or(b',');
    let mut records = Vec::new();
    let mut start = text.len() - rest.len();
    loop {
        start += text[start..].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if start >= text.len() {
            return records;
        }
        let (cells, closed) = record(text, start, delimiter);
        let last = cells.last().map_or(start..start, |cell| cell.span.clone());
        if !closed {
            findings.push(
                Finding::new(Rule::FileSyntax, "a quoted cell is never closed")
                    .at(Place::new(source, last.start..last.start + 1))
                    .label("opened here")
                    .help("close the cell with `\"`; write a quote inside a quoted cell twice"),
            );
            return records;
        }
        start = last.end;
        records.push(cells);
    }
}

/// The delimiter that a first line `sep=;` announces, as Excel reads and some tools write it, and what follows that line.
fn announced(text: &str) -> (Option<u8>, &str) {
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    match line.trim_end_matches('\r').trim_matches('"').as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] if DELIMITERS.contains(delimiter) => {
            (Some(*delimiter), rest)
        }
        _ => (None, text),
    }
}

fn count(line: &str, delimiter: u8) -> usize {
    line.bytes().filter(|&byte| byte == delimiter).count()
}

/// The cells of the record that starts at `at`, and whether its last quoted cell is closed.
fn record(text: &str, mut at: usize, delimiter: u8) -> (Vec<Cell>, bool) {
    let mut cells = Vec::new();
    loop {
        let mut cell = Cell { text: String::new(), span: at..text.len() };
        while let Some(inside) =
            text[at..].strip_prefix('"').filter(|_| at == cell.span.start || text[..at].ends_with('"'))
        {
            let Some(length) = inside.find('"') else {
                cells.push(cell);
                return (cells, false);
            };
            // Two quotes within quotes are one.
            cell.text.extend((at > cell.span.start).then_some('"'));
            cell.text += &inside[..length];
            at += length + 2;
        }
        // What stands behind the closing quote belongs to the cell as it is.
        let end = text[at..].find([char::from(delimiter), '\r', '\n']).map_or(text.len(), |length| at + length);
        cell.text += &text[at..end];
        cell.span.end = end;
        cells.push(cell);
        if text.as_bytes().get(end) != Some(&delimiter) {
            return (cells, true);
        }
        at = end + 1;
    }
}

fn columns(source: &Arc<SourceFile>, record: &[Cell], findings: &mut Vec<Finding>) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for cell in record {
        // A name that a spreadsheet breaks over several lines is one all the same.
        let name = cell.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let place = Place::new(source, cell.span.clone());
        let first = columns.iter().find(|other| !name.is_empty() && other.name == name);
        let repeated = first.is_some();
        if let Some(first) = first {
            let message = format!("the column `{name}` is twice in the header");
            let help = format!("keep one column `{name}`");
            findings.push(Finding::twice(Rule::FileDuplicateKey, message, &place, &first.place, help));
        }
        columns.push(Column { name, place, repeated });
    }
    columns
}

/// A finding, if no column holds the names of the users. One that seems to is read as if it were called so.
fn nameless(source: &Arc<SourceFile>, header: &mut [Column]) -> Option<Finding> {
    if header.iter().any(|column| column.name == "name") {
        return None;
    }
    let is_meant =
        |column: &&mut Column| column.name.eq_ignore_ascii_case("name") || column_of(&column.name) == Some("name");
    let seems_one = header.iter_mut().find(is_meant);
    let (place, help, odd) = if let Some(column) = seems_one {
        "name".clone_into(&mut column.name);
        (column.place.clone(), "did you mean `name`?".to_owned(), None)
    } else {
        let start = header.first().map_or(0, |column| column.place.span.start);
        let end = header.last().map_or(start, |column| column.place.span.end);
        let alone = if header.len() == 1 { "; what divides columns is a comma, a semicolon or a tab" } else { "" };
        let columns = roster_schema().columns();
        let is_column =
            |name: &String| columns.contains(name) || name.starts_with("tags.") || column_of(name).is_some();
        let help = if header.iter().any(|column| is_column(&column.name)) {
            "name the column of the IAM user names `name`, in the first row"
        } else {
            "begin the file with a header row, such as `name,display_name,email`; if this is one, name the column of the IAM \
             user names `name`"
        };
        // Such as a full-width comma, which divides nothing.
        let odd = header.iter().find_map(|column| odd_character(&column.name));
        (Place::new(source, start..end), format!("{help}{alone}"), odd)
    };
    let finding = Finding::new(Rule::SettingsMissingKey, "the column `name` is missing").at(place);
    Some(finding.help(help).notes(odd).note(roster_schema().columns_note()))
}

fn row(source: &Arc<SourceFile>, header: &[Column], record: &[Cell], findings: &mut Vec<Finding>) -> Node {
    let place = Place::new(source, row_span(record));
    let mut entries: Vec<Entry> = Vec::with_capacity(header.len());
    for (index, cell) in record.iter().enumerate() {
        let text = cell.text.trim();
        if text.is_empty() {
            continue;
        }
        let cell_place = Place::new(source, cell.span.clone());
        let Some(column) = header.get(index).filter(|column| !column.name.is_empty()) else {
            let names = format!("the header names {}", counted(header.len(), "column", "columns"));
            findings.push(
                Finding::new(Rule::FileSyntax, format!("the cell `{text}` is under no column name"))
                    .at(cell_place)
                    .help(format!(
                        "{names}: name this one too, or empty the cell; a cell with a comma in it needs quotes"
                    )),
            );
            continue;
        };
        if column.repeated {
            continue;
        }
        findings.extend(mangled::check(&column.name, text, &cell_place));
        // A cell is never quoted in the sense of YAML: `false` and `5` may be read as what they look like.
        let value = Node { place: cell_place, content: Content::Scalar { text: text.to_owned(), plain: true } };
        if let Err(value) = insert(&mut entries, column, value) {
            let of = column.name.split('.').next().unwrap_or_default();
            let outer = entries.iter().find(|entry| entry.key == of).map(|entry| &entry.value);
            let message = match outer.map(|outer| (&outer.content, outer.entries())) {
                Some((Content::Scalar { text: outer, .. }, _)) => {
                    format!("`{of}` is `{outer}`, and `{}` is set", column.name)
                }
                Some((_, [first, ..])) => format!("`{of}` is `{text}`, and `{of}.{}` is set", first.key),
                _ => format!("`{of}` is `{text}`, and has another value, too"),
            };
            let finding = Finding::new(Rule::SettingsContradiction, message).at(value.place);
            findings.push(finding.help("empty one of the two cells"));
        }
    }
    Node { place, content: Content::Map(entries) }
}

/// Puts `value` under the column, whose name may have a map's key and one in it. A plain `true` gives way to a map, so that
/// `notebook` and `notebook.volume_gb` can stand side by side; anything else in the way gives the value back.
fn insert(entries: &mut Vec<Entry>, column: &Column, value: Node) -> Result<(), Node> {
    let entry = |key: &str, value| Entry { key: key.to_owned(), key_place: column.place.clone(), value };
    let (key, inner) =
        column.name.split_once('.').map_or((column.name.as_str(), None), |(key, rest)| (key, Some(rest)));
    let Some(existing) = entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value) else {
        let map = |inner| Node { place: value.place.clone(), content: Content::Map(vec![entry(inner, value.clone())]) };
        entries.push(entry(key, inner.map_or_else(|| value.clone(), map)));
        return Ok(());
    };
    if inner.is_some() && is_true(existing) {
        existing.content = Content::Map(Vec::new());
    }
    match (inner, &mut existing.content) {
        (Some(inner), Content::Map(entries)) => entries.push(entry(inner, value)),
        (None, _) if is_true(&value) => {}
        // What is wrong by itself is told as such, whatever else the row has.
        (None, _) if !is_boolean(&value) => *existing = value,
        (Some(_), Content::Scalar { text, .. }) if boolean(text).is_none() => {}
        _ => return Err(value),
    }
    Ok(())
}

fn is_true(node: &Node) -> bool {
    matches!(&node.content, Content::Scalar { text, .. } if text.eq_ignore_ascii_case("true"))
}

fn is_boolean(node: &Node) -> bool {
    matches!(&node.content, Content::Scalar { text, .. } if boolean(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<Node>, Vec<Finding>) {
        let mut findings = Vec::new();
        let node = parse(&SourceFile::new("roster.csv", text), &mut findings);
        let Content::Sequence(rows) = node.content else { panic!() };
        (rows, findings)
    }

    fn cell<'a>(row: &'a Node, path: &str) -> &'a str {
        match &row.get(path).unwrap().content {
            Content::Scalar { text, .. } => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn quotes_crlf_blank_lines_and_places() {
        let (rows, findings) = read("name,team\r\n\r\na,\"x, \"\"y\"\"\r\nz\"\r\n,,\r\nb,t\r\n");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(rows.len(), 2);
        assert_eq!(cell(&rows[0], "team"), "x, \"y\"\r\nz");
        assert_eq!(rows[1].get("team").unwrap().place.line_column(), (6, 3));
        assert_eq!(rows[1].place.text(), "b,t");
    }

    #[test]
    fn a_first_line_may_announce_the_delimiter() {
        for text in ["sep=;\r\nname;team\r\na;x,y,z\r\n", "\"SEP=;\"\nname;team\na;x,y,z\n"] {
            let (rows, findings) = read(text);
            assert!(findings.is_empty(), "{findings:?}");
            assert_eq!(cell(&rows[0], "team"), "x,y,z");
            assert_eq!(rows[0].get("team").unwrap().place.line_column(), (3, 3));
        }
        // It holds whatever the header would say.
        assert_eq!(cell(&read("sep=;\nname;tags.a,b\nx;y\n").0[0], "tags.a,b"), "y");
        assert_eq!(read("sep=|\nname|team\n").1[0].rule, Rule::SettingsMissingKey);
    }

    #[test]
    fn dotted_columns_nest_and_true_gives_way() {
        let (rows, findings) = read("name,notebook,notebook.volume_gb,tags.CostCenter,tags.a.b\na,TRUE,10,42,7\n");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(cell(&rows[0], "notebook.volume_gb"), "10");
        assert_eq!(cell(&rows[0], "tags.CostCenter"), "42");
        assert_eq!(rows[0].get("tags").unwrap().entries()[1].key, "a.b");
        // The other way round, too; but no other value gives way.
        assert_eq!(
            cell(&read("name,notebook.volume_gb,notebook\na,10,yes\nb,10,true\n").0[1], "notebook.volume_gb"),
            "10"
        );
        assert_eq!(read("name,notebook.volume_gb,notebook\na,10,false\n").1[0].rule, Rule::SettingsContradiction);
        assert_eq!(read("name,notebook,notebook.volume_gb\na,false,10\n").1[0].rule, Rule::SettingsContradiction);
        // One that is wrong by itself contradicts nothing.
        for row in ["notebook.volume_gb,notebook\na,10,ml.t3.large", "notebook,notebook.volume_gb\na,ml.t3.large,10"] {
            let (rows, findings) = read(&format!("name,{row}\n"));
            assert!(findings.is_empty(), "{findings:?}");
            assert_eq!(cell(&rows[0], "notebook"), "ml.t3.large");
        }
    }
}
