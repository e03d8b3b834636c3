//! The marks that git leaves in a file that two branches have changed in the same place.

use std::sync::Arc;

use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// A finding at the first mark, if there is one: then nothing else of the file makes sense.
pub fn find(source: &Arc<SourceFile>) -> Option<Finding> {
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let text = line.trim_end();
        // Seven of `=` alone may underline something; the other two end in the names of branches.
        if ["<<<<<<< ", ">>>>>>> ", "||||||| "].iter().any(|mark| text.starts_with(mark)) {
            let finding = Finding::new(Rule::FileConflict, "the file has a merge conflict");
            let help =
                "keep the lines that are right, and remove those that begin with `<<<<<<<`, `=======` and `>>>>>>>`";
            return Some(finding.at(Place::new(source, at..at + text.len())).help(help));
        }
        at += line.len();
    }
    None
}
