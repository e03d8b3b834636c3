//! Cells that are not what somebody typed: a spreadsheet has made a number or a date of it.

use std::sync::LazyLock;

use regex::Regex;

use super::node::shorten;
use super::wrong_type::is_in_table;
use crate::finding::{Finding, Rule, Severity};
use crate::source::Place;

#[expect(clippy::expect_used, reason = "the expressions are constants that the tests run")]
static PATTERNS: LazyLock<(Regex, Regex, Regex, Regex)> = LazyLock::new(|| {
    // Of a number of more than eleven digits, Excel shows the first six, and saves them in a CSV; in many languages with a comma.
    let number = r"^-?[0-9]([.,][0-9]+)?E\+[0-9]{2,3}$";
    // `#REF!` and `#NAME?`, in German `#BEZUG!`, in French `#VALEUR!`.
    let failed = r"^#(\p{Lu}+(/0)?[!?]|N/A|NV)$";
    let date = r"^([0-9]{1,2}-[A-Z][a-z]{2}(-[0-9]{2,4})?|[A-Z][a-z]{2}-[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}月[0-9]{1,2}日|[0-9]{1,2}월 ?[0-9]{1,2}일|[0-9]{1,4}/[0-9]{1,2}(/[0-9]{1,4})?)$";
    // `=A2`, `=Sheet1!$A$2`, `=UPPER(A2)`: a formula where its value was to be saved.
    let formula = r"^=.*(\p{L}[\p{L}0-9.]*\(.*\)|\$?[A-Z]{1,3}\$?[0-9]+)";
    let read = |pattern| Regex::new(pattern).expect("a valid expression");
    (read(number), read(date), read(failed), read(formula))
});

/// The columns in which nobody writes dates.
const NO_DATES: [&str; 4] = ["name", "was", "notebook.name", "team"];

/// What speaks against a cell being what somebody typed.
pub fn check(column: &str, text: &str, place: &Place) -> Option<Finding> {
    let (number, date, failed, formula) = &*PATTERNS;
    let as_text = "format the column as text before you type into it: in Excel, `Format Cells`, `Text`";
    let (severity, message, help) = if failed.is_match(text) {
        (Severity::Error, format!("found `{text}`, a formula that failed"), "write the value itself".to_owned())
    } else if formula.is_match(text) {
        let help = "save the values: in LibreOffice, without `Save cell formulas instead of calculated values`";
        (Severity::Error, format!("found the formula `{}` instead of its value", shorten(text)), help.to_owned())
    } else if number.is_match(text) {
        let message = format!("a spreadsheet has shortened a long number to `{text}`: its last digits are lost");
        (Severity::Error, message, format!("type it again, and {as_text}"))
    } else if NO_DATES.contains(&column) && date.is_match(text) {
        let message = format!("a spreadsheet may have made the date `{text}` of what was typed under `{column}`");
        (Severity::Warning, message, format!("if so, type it again, and {as_text}"))
    } else {
        return None;
    };
    Some(Finding { severity, ..Finding::new(Rule::RosterMangled, message) }.at(place.clone()).help(help))
}

/// Whether a cell of a table is found to be no longer what somebody typed.
pub fn is_lost(column: &str, text: &str, place: &Place) -> bool {
    is_in_table(place) && check(column, text, place).is_some_and(|finding| finding.is_error())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn severity(column: &str, text: &str) -> Option<Severity> {
        check(column, text, &Place::of_file("roster.csv")).map(|finding| finding.severity)
    }

    #[test]
    fn what_a_spreadsheet_makes_is_told_from_what_people_type() {
        let made = "1.23457E+11 1,23457E+11 1E+12 -1.23456789012345E+16 #REF! #N/A #NAME? #DIV/0! #NV #BEZUG! #VALEUR! =A2 \
                    =Sheet1!$A$2&\"x\" =UPPER(A2) =wenn(a;b;c)";
        for text in made.split(' ') {
            assert_eq!(severity("name", text), Some(Severity::Error), "{text}");
            assert_eq!(severity("tags.Id", text), Some(Severity::Error), "{text}");
        }
        for text in ["1-Mar", "Sep-02", "2026-03-01", "3/1", "2026/3/1", "3月1日", "1-Mar-26"] {
            assert_eq!(severity("name", text), Some(Severity::Warning), "{text}");
            assert_eq!(severity("team", text), Some(Severity::Warning), "{text}");
            assert_eq!(severity("tags.Since", text), None, "{text}");
        }
        for text in "hana user-1 e12 123456789012 mar-1a 1e3 sato-02 #1 #team!x =taro = ==a==".split(' ') {
            assert_eq!(severity("name", text), None, "{text}");
        }
    }
}
