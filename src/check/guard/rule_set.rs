//! The rules that templates are checked against: those in the binary, or a company's own in their place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use include_dir::{Dir, include_dir};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::fingerprint::Fingerprint;
use super::footprint::RuleFootprint;
use super::report::Verdict;
use super::rule_file::RuleFile;
use crate::finding::{Finding, Rule};
use crate::source::SourceFile;

/// How the name of a rule file ends, after the dot. The `.tests.yaml` beside it are not for the engine.
pub const RULE_FILE_EXTENSIONS: [&str; 2] = ["guard", "ruleset"];

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");

/// Rule files that were read and found fit to be evaluated.
#[derive(Debug)]
pub struct RuleSet {
    files: Vec<RuleFile>,
    groups: Vec<RuleFileGroup>,
}

/// Rule files that can be evaluated together: of footprints that fit, and without a name of a rule in common, since the engine's report goes
/// by names.
#[derive(Debug)]
pub(super) struct RuleFileGroup {
    /// Which files of the rule set.
    pub files: Vec<usize>,
    /// What all of them can tell apart of a template.
    pub footprint: RuleFootprint,
    /// What became of templates that were evaluated, and so of all that are alike. Locked while the engine evaluates them on
    /// templates of which nothing is known: what is alike is evaluated once.
    pub verdicts: Mutex<BTreeMap<Fingerprint, Verdict>>,
}

impl RuleSet {
    /// The rules in the binary: the folder `rules/` of the repository.
    pub fn embedded() -> Result<Self, Vec<Finding>> {
        Self::from_files(Self::embedded_files())
    }

    /// The files of these rules.
    pub fn embedded_files() -> Vec<Arc<SourceFile>> {
        let files = EMBEDDED
            .files()
            .filter(|file| file.path().extension().is_some_and(|extension| extension == RULE_FILE_EXTENSIONS[0]));
        let text = |file: &include_dir::File<'_>| String::from_utf8_lossy(file.contents()).into_owned();
        files.map(|file| SourceFile::new(format!("rules/{}", file.path().display()), text(file))).collect()
    }

    /// Whether a file is more than comments: one that is not has no rules, as for the engine's own command.
    pub fn holds_rules(file: &SourceFile) -> bool {
        file.text.lines().any(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
    }

    /// The rules of `files`, which the caller has read: in the order of their paths, whatever order they come in.
    ///
    /// Every file must parse, hold a rule, be free of circles, and ask only for resource types that exist: a rule that
    /// cannot fail would pass for a check.
    pub fn from_files(mut files: Vec<Arc<SourceFile>>) -> Result<Self, Vec<Finding>> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.retain(|file| Self::holds_rules(file));
        if files.is_empty() {
            return Err(vec![Finding::new(Rule::GuardBrokenRules, "there are no guard rules here").help(format!(
                "put at least one `NAME.{}` into the folder, or remove it: without it, the built-in rules are checked",
                RULE_FILE_EXTENSIONS[0]
            ))]);
        }
        let read: Vec<_> = files.par_iter().map(RuleFile::read).collect();
        let (files, refused): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
        let files: Vec<RuleFile> = files.into_iter().flatten().collect();
        let findings: Vec<Finding> = refused.into_iter().filter_map(Result::err).flatten().collect();
        if findings.is_empty() { Ok(Self { groups: groups(&files), files }) } else { Err(findings) }
    }

    /// The names of all rules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|file| &file.rules).map(|rule| rule.name.as_str())
    }

    /// The files, in the order of their paths.
    pub(super) fn files(&self) -> &[RuleFile] {
        &self.files
    }

    /// The groups that files are evaluated in.
    pub(super) fn groups(&self) -> &[RuleFileGroup] {
        &self.groups
    }

    /// The files of these indexes, each with its index.
    pub(super) fn files_of(&self, indexes: &[usize]) -> Vec<(usize, &RuleFile)> {
        indexes.iter().filter_map(|index| Some((*index, self.files.get(*index)?))).collect()
    }
}

fn groups(files: &[RuleFile]) -> Vec<RuleFileGroup> {
    let mut groups: Vec<RuleFileGroup> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let fits = |group: &&mut RuleFileGroup| {
            let mut rules = group.files.iter().flat_map(|other| &files[*other].rules);
            group.footprint.fits(&file.footprint)
                && !rules.any(|rule| file.rules.iter().any(|own| own.name == rule.name))
        };
        match groups.iter_mut().find(fits) {
            Some(group) => {
                group.files.push(index);
                group.footprint = std::mem::take(&mut group.footprint).and(&file.footprint);
            }
            None => groups.push(RuleFileGroup {
                files: vec![index],
                footprint: file.footprint.clone(),
                verdicts: Mutex::default(),
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_together_that_see_the_same_unless_they_share_a_name() {
        let file = |name: &str, text: &str| SourceFile::new(name, text);
        let rules = RuleSet::from_files(vec![
            file("a.guard", "rule A { AWS::IAM::User { X exists } }"),
            file("b.guard", "rule B { Resources exists }"),
            file("c.guard", "rule C { AWS::IAM::User { Y exists } }"),
            file("d.guard", "rule A { AWS::IAM::User { Z exists } }"),
            file("e.guard", "rule E { AWS::IAM::Role { Z exists } }"),
            file("f.guard", "rule F { Resources !empty }"),
        ]);
        let groups: Vec<Vec<usize>> = rules.unwrap().groups().iter().map(|group| group.files.clone()).collect();
        assert_eq!(groups, [vec![0, 2], vec![1, 5], vec![3], vec![4]]);
    }

    #[test]
    fn no_rule_file_in_the_binary_tells_all_templates_apart() {
        for file in RuleSet::embedded().unwrap().files() {
            assert!(!file.footprint.is_opaque, "{}", file.source.path.display());
        }
    }
}
