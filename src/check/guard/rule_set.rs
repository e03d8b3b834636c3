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
        let files = EMBEDDED
            .files()
            .filter(|file| file.path().extension().is_some_and(|extension| extension == RULE_FILE_EXTENSION));
        let text = |file: &include_dir::File<'_>| String::from_utf8_lossy(file.contents()).into_owned();
        Self::from_files(
            files.map(|file| SourceFile::new(format!("rules/{}", file.path().display()), text(file))).collect(),
        )
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

    /// The files, each with its index, in groups that can be evaluated together: of the same reach, and without a name
    /// of a rule in common, since the engine's report goes by names.
    pub(super) fn groups(&self) -> Vec<Vec<(usize, &RuleFile)>> {
        let mut groups: Vec<Vec<(usize, &RuleFile)>> = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            let fits = |group: &Vec<(usize, &RuleFile)>| {
                group.iter().all(|(_, other)| other.reach == file.reach && !other.shares_a_name_with(file))
            };
            match groups.iter_mut().find(|group| fits(group)) {
                Some(group) => group.push((index, file)),
                None => groups.push(vec![(index, file)]),
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::super::reach::Reach;
    use super::*;

    #[test]
    fn files_of_the_same_reach_go_together_unless_they_share_a_name() {
        let file = |name: &str, text: &str| SourceFile::new(name, text);
        let rules = RuleSet::from_files(vec![
            file("a.guard", "rule A { AWS::IAM::User { X exists } }"),
            file("b.guard", "rule B { AWS::IAM::Role { X exists } }"),
            file("c.guard", "rule C { AWS::IAM::User { Y exists } }"),
            file("d.guard", "rule A { AWS::IAM::User { Z exists } }"),
        ]);
        let groups: Vec<Vec<usize>> =
            rules.unwrap().groups().iter().map(|group| group.iter().map(|(index, _)| *index).collect()).collect();
        assert_eq!(groups, [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn no_rule_file_in_the_binary_must_be_handed_whole_templates() {
        for file in RuleSet::embedded().unwrap().files() {
            assert!(matches!(file.reach, Reach::Types(_)), "{}", file.source.path.display());
        }
    }
}
