//! The picture of who reaches what: principals to the left, things to the right, and a line where something is allowed.

use std::collections::BTreeMap;

use handlebars::html_escape as escape;

use super::access_matrix::{AccessMatrix, word};
use crate::check::{Extent, Owner};

const BOX_WIDTH: usize = 210;
const BOX_HEIGHT: usize = 30;
const STEP: usize = 42;
const LEFT: usize = 8;
const RIGHT: usize = 600;
const TOP: usize = 34;
/// From a box's upper edge to its middle, and from there to the base of its text.
const MIDDLE: usize = BOX_HEIGHT / 2;
const BASE: usize = MIDDLE + 5;

/// How a line looks by its class, the gravest last.
const LINES: [&str; 3] = ["reach", "reach unknown", "reach weak"];
const FINE: usize = 0;
const UNKNOWN: usize = 1;
const WEAK: usize = 2;

/// The picture as an SVG element, or nothing where nothing was asked.
pub fn svg(account: &str, matrix: &AccessMatrix) -> String {
    let things = things(matrix);
    let rows = matrix.principals.len().max(things.len());
    let height = TOP + rows * STEP;
    let width = RIGHT + BOX_WIDTH + LEFT;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">",
        escape(&format!("who reaches what in {account}; the table below says the same"))
    );
    let heading = |x: usize, text: &str| format!("<text class=\"lane\" x=\"{x}\" y=\"20\">{text}</text>");
    svg.push_str(&heading(LEFT, "who"));
    svg.push_str(&heading(RIGHT, "reaches"));
    // Lines first, so that boxes cover their ends.
    let left = |index: usize| TOP + place(index, matrix.principals.len(), rows);
    let right = |index: usize| TOP + place(index, things.len(), rows);
    for (column, principal) in matrix.principals.iter().enumerate() {
        for (index, (whose, thing)) in things.iter().enumerate() {
            let Some((line, whats)) = line(matrix, column, *whose, thing) else { continue };
            let (from, to) = (left(column) + MIDDLE, right(index) + MIDDLE);
            let (start, bend, end) = (LEFT + BOX_WIDTH, usize::midpoint(LEFT + BOX_WIDTH, RIGHT), RIGHT);
            let title = escape(&format!("{principal}, {} {thing}: {}", word(*whose), whats.join(", ")));
            svg += &format!(
                "<path class=\"{}\" d=\"M{start} {from}C{bend} {from} {bend} {to} {end} {to}\"><title>{title}</title></path>",
                LINES[line]
            );
        }
    }
    let mut draw = |x: usize, y: usize, text: &str| {
        svg += &format!(
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"6\"/><text x=\"{}\" y=\"{}\">{}</text>",
            x + 10,
            y + BASE,
            escape(text)
        );
    };
    for (column, principal) in matrix.principals.iter().enumerate() {
        draw(LEFT, left(column), principal);
    }
    for (index, (whose, thing)) in things.iter().enumerate() {
        draw(RIGHT, right(index), &format!("{} {thing}", word(*whose)));
    }
    svg + "</svg>"
}

/// The things, own ones first, each once, in the order in which they were asked about.
fn things(matrix: &AccessMatrix) -> Vec<(Owner, String)> {
    let mut first: BTreeMap<(Owner, &str), usize> = BTreeMap::new();
    for (index, row) in matrix.rows.iter().enumerate() {
        first.entry((row.whose, &row.thing)).or_insert(index);
    }
    let mut things: Vec<_> = first.into_iter().map(|((whose, thing), index)| (whose, index, thing)).collect();
    things.sort_unstable();
    things.into_iter().map(|(whose, _, thing)| (whose, thing.to_owned())).collect()
}

/// The line from a principal to a thing, and what is allowed along it.
fn line<'a>(matrix: &'a AccessMatrix, column: usize, whose: Owner, thing: &str) -> Option<(usize, Vec<&'a str>)> {
    let of_thing = matrix.rows.iter().filter(|row| row.whose == whose && row.thing == thing);
    let allowed = of_thing.filter_map(|row| {
        let line = match (*row.answers.get(column)?)? {
            Extent::All | Extent::Part if row.is_forbidden() => WEAK,
            Extent::All | Extent::Part => FINE,
            Extent::Unknown => UNKNOWN,
            Extent::Nothing => return None,
        };
        Some((line, row.what.as_str()))
    });
    let (lines, whats): (Vec<usize>, Vec<&str>) = allowed.unzip();
    lines.into_iter().max().map(|line| (line, whats))
}

/// The upper edge of a box in a column of `count` boxes that share the height of `rows` with a longer column.
fn place(index: usize, count: usize, rows: usize) -> usize {
    (2 * index + 1) * rows * STEP / (2 * count.max(1)) - STEP / 2
}

#[cfg(test)]
mod tests {
    use super::super::access_matrix::AccessRow;
    use super::*;

    fn row(whose: Owner, thing: &str, answer: Extent) -> AccessRow {
        AccessRow { whose, thing: thing.to_owned(), what: "read".to_owned(), answers: vec![Some(answer)] }
    }

    fn drawn(rows: Vec<AccessRow>) -> String {
        svg("<tokyo>", &AccessMatrix { principals: vec!["people & co".to_owned()], rows })
    }

    #[test]
    fn a_line_stands_where_something_is_allowed() {
        let svg = drawn(vec![row(Owner::Own, "folder", Extent::All), row(Owner::Others, "folder", Extent::Nothing)]);
        assert_eq!(svg.matches("<path").count(), 1);
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("own folder: read"), "{svg}");
    }

    #[test]
    fn a_weakness_is_drawn_as_one() {
        let svg = drawn(vec![row(Owner::Others, "folder", Extent::All)]);
        assert!(svg.contains("class=\"reach weak\""), "{svg}");
    }

    #[test]
    fn texts_are_escaped() {
        let svg = drawn(vec![row(Owner::Own, "<b>", Extent::All)]);
        assert!(!svg.contains("<b>") && !svg.contains("<tokyo>") && svg.contains("people &amp; co"), "{svg}");
    }
}
