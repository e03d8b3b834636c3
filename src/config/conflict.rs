//! The marks that git leaves in a file that two branches have changed in the same place.

use std::ops::Range;
use std::sync::Arc;

use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// What the marks' lines begin with: of the one side, of what both come from, and of the other side. Each ends in the name of a
/// branch.
const MARKS: [&str; 3] = ["<<<<<<< ", "||||||| ", ">>>>>>> "];
/// What stands between the sides. Alone, it may underline something in a file without a conflict; but it is a name that IAM takes, and
/// so a row of a roster in CSV.
const MIDDLE: &str = "=======";

/// A finding at the first mark, if there is one: then nothing else of the file makes sense.
pub fn find(source: &Arc<SourceFile>) -> Option<Finding> {
    let is_csv = source.path.extension().is_some_and(|extension| extension == "csv");
    let span = first(&source.text, is_csv)?;
    let help = "in a roster or lock, keep the lines of both branches, except rows that one of them removed; in other files, keep the correct lines; delete the lines that start with `<<<<<<<`, `=======` and `>>>>>>>`, then run `racestack synth`";
    Some(Finding::new(Rule::FileConflict, "the file has a merge conflict").at(Place::new(source, span)).help(help))
}

/// The number of the line with the first mark, counted from 1.
pub fn line(text: &str) -> Option<usize> {
    first(text, false).map(|span| text[..span.start].matches('\n').count() + 1)
}

/// Where the first mark is; one between the sides, where that is enough, too.
fn first(text: &str, with_middle: bool) -> Option<Range<usize>> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let mark = line.trim_end();
        if MARKS.iter().any(|known| mark.starts_with(known)) || with_middle && mark == MIDDLE {
            return Some(at..at + mark.len());
        }
        at += line.len();
    }
    None
}

/// The texts of both sides. `None` where there is no mark.
pub fn sides(text: &str) -> Option<[String; 2]> {
    first(text, false)?;
    let mut sides = [String::new(), String::new()];
    // Which of them the lines belong to: both, outside of conflicts; neither, in what both come from.
    let mut of: &[usize] = &[0, 1];
    for line in text.split_inclusive('\n') {
        let mark = line.trim_end();
        let [ours, base, theirs] = MARKS.map(|known| mark.starts_with(known));
        let in_conflict = of != [0, 1];
        match () {
            () if ours => of = &[0],
            () if base && in_conflict => of = &[],
            () if theirs => of = &[0, 1],
            () if mark == MIDDLE && in_conflict => of = &[1],
            () => of.iter().for_each(|side| sides[*side].push_str(line)),
        }
    }
    Some(sides)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_its_own_lines_and_those_of_both() {
        let text = "a\n=======\n<<<<<<< HEAD\nb\n||||||| base\nx\n=======\nc\n>>>>>>> other\nd\n";
        assert_eq!(sides(text), Some(["a\n=======\nb\nd\n".to_owned(), "a\n=======\nc\nd\n".to_owned()]));
        assert_eq!((line(text), line("a\n=======\n"), sides("a\n=======\n")), (Some(3), None, None));
    }
}
