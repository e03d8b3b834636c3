//! Reads a roster in an Excel workbook: the sheet with the people, as the CSV text that it would be saved as.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use calamine::{Data, DataRef, Reader, Xlsx};

use super::node::quoted;
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// How the bytes begin of an `.xlsx`, which is a ZIP archive, and of an `.xls` or a workbook with a password.
const MARKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0"];

/// The name of the sheet to be read, where several have cells.
const SHEET: &str = "roster";

const TOO_MUCH: &str = "delete the rows and columns that belong to nobody";

/// The most rows and columns: more people than an account has, and more columns than a roster.
const MOST: (u32, u32) = (100_000, 1_000);

/// The most cells, empty ones in front of others among them: a small file can have one at the end of each row.
const MOST_CELLS: usize = 2_000_000;

/// Whether the bytes are a workbook, whatever the file is called.
pub fn is_one(bytes: &[u8]) -> bool {
    MARKS.iter().any(|mark| bytes.starts_with(mark))
}

/// A finding about a workbook that is called something else.
pub fn renamed(path: &Path) -> Finding {
    Finding::new(Rule::FileSyntax, "this is an Excel workbook under another name")
        .at(Place::of_file(path))
        .help("name it `roster.xlsx`; or save it in Excel as `CSV UTF-8 (Comma delimited)`")
}

/// The sheet of the people as CSV, whose lines are the sheet's rows. `None`, with a finding, where there is none to be read.
pub fn read(path: &Path, bytes: &[u8], findings: &mut Vec<Finding>) -> Option<Arc<SourceFile>> {
    // A broken archive must not end the run.
    let text =
        std::panic::catch_unwind(|| text(bytes)).unwrap_or_else(|_| Err(unreadable("its parts do not fit together")));
    match text {
        Ok((sheet, text)) => {
            let source = SourceFile::of_sheet(path, text, sheet);
            findings.push(
                Finding::new(Rule::RosterNotInDiff, "`git diff` shows no line of a roster in a workbook")
                    .at(Place::whole(&source))
                    .help("save it in Excel as `CSV UTF-8 (Comma delimited)`, `roster.csv`, so that reviewers see who is added"),
            );
            Some(source)
        }
        Err((reason, help)) => {
            let finding = Finding::new(Rule::FileSyntax, format!("the workbook cannot be read: {reason}"));
            findings.push(finding.at(Place::of_file(path)).help(help));
            None
        }
    }
}

/// Why a workbook is not read, and what to do.
type WorkbookError = (String, &'static str);

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn unreadable(reason: impl ToString) -> WorkbookError {
    (
        reason.to_string(),
        "save it anew in Excel, as a workbook (.xlsx) without a password, or as `CSV UTF-8 (Comma delimited)`",
    )
}

/// The name of the sheet of the people, and the sheet as CSV.
fn text(bytes: &[u8]) -> Result<(String, String), WorkbookError> {
    if bytes.starts_with(MARKS[1]) {
        return Err(unreadable("it is of an older form (.xls), or has a password"));
    }
    if !bytes.starts_with(MARKS[0]) {
        let reason = "it is another file under this name".to_owned();
        return Err((reason, "name a CSV `roster.csv`; or save it in Excel as a workbook (.xlsx)"));
    }
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
    let mut sheets = Vec::new();
    for name in workbook.sheet_names() {
        let rows = rows(&mut workbook, &name)?;
        if !rows.is_empty() {
            sheets.push((name, rows));
        }
    }
    let names = quoted(sheets.iter().map(|(name, _)| name));
    let position = match sheets.as_slice() {
        [] => return Ok((String::new(), String::new())),
        [_] => Some(0),
        _ => sheets.iter().position(|(name, _)| name.eq_ignore_ascii_case(SHEET)),
    };
    let Some((sheet, rows)) = position.and_then(|position| sheets.into_iter().nth(position)) else {
        let reason = format!("the sheets {names} have cells");
        return Err((reason, "name the sheet with the people `roster`, or delete the others"));
    };
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.write_record(row)).map_err(unreadable)?;
    let bytes = writer.into_inner().map_err(unreadable)?;
    let text = String::from_utf8(bytes).map_err(unreadable)?;
    Ok((sheet, text))
}

/// The cells of a sheet as texts, from its first row on. They are read one by one: a sheet may have a cell in its last row.
fn rows(workbook: &mut Xlsx<Cursor<&[u8]>>, sheet: &str) -> Result<Vec<Vec<String>>, WorkbookError> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut count = 0;
    let mut formulas = BTreeSet::new();
    let mut reader = workbook.worksheet_cells_reader(sheet).map_err(unreadable)?;
    while let Some(cell) = reader.next_formula().map_err(unreadable)? {
        if !cell.get_value().is_empty() {
            formulas.insert(cell.get_position());
        }
    }
    drop(reader);
    let mut cells = workbook.worksheet_cells_reader(sheet).map_err(unreadable)?;
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        // A program that computes no formulas has written the workbook.
        if matches!(cell.get_value(), DataRef::Empty) && formulas.contains(&(row, column)) {
            let reason = format!(
                "the value of the formula in row {}, column {} of the sheet `{sheet}` is not in it",
                row + 1,
                column + 1
            );
            return Err((reason, "open it in Excel or LibreOffice, which compute formulas, and save it"));
        }
        let text = text_of(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if row >= MOST.0 || column >= MOST.1 {
            let reason = format!("the sheet `{sheet}` has a cell in row {}, column {}", row + 1, column + 1);
            return Err((reason, TOO_MUCH));
        }
        let (row, column) = (usize::try_from(row).unwrap_or(0), usize::try_from(column).unwrap_or(0));
        // A record of one empty cell is written as a line of its own.
        rows.resize(rows.len().max(row + 1), vec![String::new()]);
        let cells = &mut rows[row];
        count += (column + 1).saturating_sub(cells.len());
        if count > MOST_CELLS {
            let reason = format!("the sheet `{sheet}` has more than {MOST_CELLS} cells");
            return Err((reason, TOO_MUCH));
        }
        cells.resize(cells.len().max(column + 1), String::new());
        cells[column] = text;
    }
    Ok(rows)
}

/// The least number of more than 15 digits: Excel keeps the first 15 and makes zeros of the rest.
/// Source: <https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3>
const TOO_LONG: f64 = 1e15;

fn text_of(value: &DataRef<'_>) -> String {
    match Data::from(value.clone()) {
        Data::Empty => String::new(),
        // Shown as Excel's error is, such as `#N/A`.
        Data::Error(error) => error.to_string(),
        // Written as Excel shows it, which is what a cell that has lost digits is told by.
        Data::Float(number) if number.abs() >= TOO_LONG => format!("{number:E}").replace('E', "E+"),
        // Of a number that is an integer, no decimal point is shown.
        Data::Float(number) => number.to_string(),
        Data::DateTime(date) => {
            let (year, month, day, hour, minute, ..) = date.to_ymd_hms_milli();
            // A time of no day is one below 1.
            if date.as_f64() < 1.0 {
                return format!("{hour:02}:{minute:02}");
            }
            format!("{year:04}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    }
}
