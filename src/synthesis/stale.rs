//! What of a folder is not as it would be written.

use std::path::Path;

use super::Failure;
use crate::finding::{Finding, Rule};
use crate::output::{self, OutputFile};
use crate::source::{Place, SourceFile};

/// What resolves conflicts in the out folder.
const RESOLVE: &str = "run `racestack synth`, then `git add` the out folder: no line of it has to be merged by hand";

/// What keeps git from changing line endings.
const KEEP_LINE_ENDINGS: &str = "add the line `out/** text=auto eol=lf` to `.gitattributes`, as `racestack init` does, and \
                                 run `racestack synth`";

/// Finds what in a folder differs from what it should hold; `help` says how to bring it up to date.
pub(crate) fn stale(
    folder: &Path,
    wanted: &[OutputFile],
    help: &str,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    for (name, difference) in output::compare(folder, wanted)? {
        let path = folder.join(name);
        let message = format!("`{}` is stale: {}", path.display(), difference.as_str());
        let help = match difference {
            output::Difference::LineEndings => KEEP_LINE_ENDINGS,
            output::Difference::Conflict => RESOLVE,
            _ => help,
        };
        findings.push(Finding::new(Rule::OutputStale, message).at(Place::whole(&SourceFile::new(path, ""))).help(help));
    }
    Ok(())
}
