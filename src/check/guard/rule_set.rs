//! The rules that templates are checked against: those in the binary, or a company's own in their place.

use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::rule_file::RuleFile;
use crate::finding::{Finding, Rule};
use crate::source::SourceFile;

/// How the name of a rule file ends, after the dot. The `.tests.yaml` beside it are not for the engine.
pub const RULE_FILE_EXTENSION: &str = "guard";

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// Rule files that were read and found fit to be evaluated.
#[derive(Debug)]
pub struct RuleSet {
    files: Vec<RuleFile>,
}

impl RuleSet {
    /// The rules in the binary: the folder `rules/` of the repository.
    pub fn embedded() -> Result<Self, Vec<Finding>> {
        let files = EMBEDDED.files().filter(|file| {
            file.path().extension().is_some_and(|extension| extension == RULE_FILE_EXTENSION)
        });
        let text = |file: &include_dir::File<'_>| String::from_utf8_lossy(file.contents()).into_owned();
        Self::from_files(files.map(|file| SourceFile::new(format!("rules/{}", file.path().display()), text(file))).collect())
    }

    /// The rules of `files`, which the caller has read: in the order of their paths, whatever order they come in.
    ///
    /// Every file must parse, hold a rule, be free of circles, and ask only for resource types that exist: a rule that
    /// cannot fail would pass for a check.
    pub fn from_files(mut files: Vec<Arc<SourceFile>>) -> Result<Self, Vec<Finding>> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        if files.is_empty() {
            return Err(vec![
                Finding::new(Rule::GuardBrokenRules, "there are no guard rules")
                    .help(format!("put at least one `NAME.{RULE_FILE_EXTENSION}` into the folder of rules")),
            ]);
        }
        let mut read = Vec::new();
        let mut findings = Vec::new();
        for file in &files {
            match RuleFile::read(file) {
                Ok(file) => read.push(file),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() { Ok(Self { files: read }) } else { Err(findings) }
    }

    /// The files, in the order of their paths.
    pub(super) fn files(&self) -> &[RuleFile] {
        &self.files
    }
}
