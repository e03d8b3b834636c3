//! The rules that templates are checked against: those in the binary, or a company's own in their place.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use include_dir::{Dir, include_dir};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::fingerprint::Fingerprint;
use super::footprint::RuleFootprint;
use super::report::{TemplateOutcomes, Verdict};
use super::rule_file::RuleFile;
use super::type_filter::TypeFilter;
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
    /// What became of templates that were evaluated, and so of all that are alike. No order of it ever shows.
    verdicts: RwLock<BTreeMap<Fingerprint, Verdict>>,
}

/// Rule files that can be evaluated together: of the same type filter, and without a name of a rule in common, since the
/// engine's report goes by names.
#[derive(Debug)]
pub(super) struct RuleFileGroup {
    /// Which files of the rule set.
    files: Vec<usize>,
    /// What each of them asks for.
    pub type_filter: TypeFilter,
    /// What all of them can tell apart of it; `None` where it may be everything.
    pub footprint: Option<RuleFootprint>,
}

impl RuleFileGroup {
    /// The index of its first file, which belongs to no other group.
    pub(super) fn first(&self) -> usize {
        self.files.first().copied().unwrap_or_default()
    }
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

    /// The rules of `files`, which the caller has read: in the order of their paths, whatever order they come in.
    ///
    /// Every file must parse, hold a rule, be free of circles, and ask only for resource types that exist: a rule that
    /// cannot fail would pass for a check.
    pub fn from_files(mut files: Vec<Arc<SourceFile>>) -> Result<Self, Vec<Finding>> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        // A file of nothing but comments is one without rules, as for the engine's own command.
        let is_code = |line: &str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
        files.retain(|file| file.text.lines().any(is_code));
        if files.is_empty() {
            return Err(vec![
                Finding::new(Rule::GuardBrokenRules, "there are no guard rules")
                    .help(format!("put at least one `NAME.{}` into the folder of rules", RULE_FILE_EXTENSIONS[0])),
            ]);
        }
        let mut read = Vec::new();
        let mut findings = Vec::new();
        let all: Vec<Result<RuleFile, Vec<Finding>>> = files.par_iter().map(RuleFile::read).collect();
        for file in all {
            match file {
                Ok(file) => read.push(file),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() {
            Ok(Self { groups: groups(&read), files: read, verdicts: RwLock::default() })
        } else {
            Err(findings)
        }
    }

    /// The names of all rules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().flat_map(|file| &file.rules).map(|rule| rule.name.as_str())
    }

    /// The files, in the order of their paths.
    pub(super) fn files(&self) -> &[RuleFile] {
        &self.files
    }

    /// The same rules, for which no template is like another: each is evaluated as it is. For tests, since the findings
    /// are the same.
    #[must_use]
    pub fn telling_all_apart(mut self) -> Self {
        self.groups.iter_mut().for_each(|group| group.footprint = None);
        self
    }

    /// The groups that files are evaluated in.
    pub(super) fn groups(&self) -> &[RuleFileGroup] {
        &self.groups
    }

    /// The files of a group, each with its index.
    pub(super) fn files_of(&self, group: &RuleFileGroup) -> Vec<(usize, &RuleFile)> {
        group.files.iter().filter_map(|index| Some((*index, self.files.get(*index)?))).collect()
    }

    /// Closes what is open in these outcomes, by what was learnt by now. `false` where the template must be evaluated as it is.
    pub fn close(&self, outcomes: &mut TemplateOutcomes) -> bool {
        for fingerprint in std::mem::take(&mut outcomes.open) {
            match self.verdict(fingerprint) {
                Some(Verdict::Passed(applied)) => outcomes.add_applied(applied),
                _ => return false,
            }
        }
        true
    }

    /// What is known of templates that are alike.
    pub(super) fn verdict(&self, fingerprint: Fingerprint) -> Option<Verdict> {
        self.verdicts.read().ok()?.get(&fingerprint).cloned()
    }

    /// Notes what became of a template.
    pub(super) fn note_verdict(&self, fingerprint: Fingerprint, verdict: Verdict) {
        if let Ok(mut verdicts) = self.verdicts.write() {
            verdicts.insert(fingerprint, verdict);
        }
    }
}

fn groups(files: &[RuleFile]) -> Vec<RuleFileGroup> {
    let mut groups: Vec<RuleFileGroup> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let fits = |group: &&mut RuleFileGroup| {
            group.type_filter == file.type_filter
                && group.footprint.is_some() == file.footprint.is_some()
                && !group.files.iter().any(|other| files[*other].shares_a_name_with(file))
        };
        match groups.iter_mut().find(fits) {
            Some(group) => {
                group.files.push(index);
                group.footprint =
                    group.footprint.take().zip(file.footprint.as_ref()).map(|(footprint, more)| footprint.and(more));
            }
            None => groups.push(RuleFileGroup {
                files: vec![index],
                type_filter: file.type_filter.clone(),
                footprint: file.footprint.clone(),
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_same_type_filter_go_together_unless_they_share_a_name() {
        let file = |name: &str, text: &str| SourceFile::new(name, text);
        let rules = RuleSet::from_files(vec![
            file("a.guard", "rule A { AWS::IAM::User { X exists } }"),
            file("b.guard", "rule B { AWS::IAM::Role { X exists } }"),
            file("c.guard", "rule C { AWS::IAM::User { Y exists } }"),
            file("d.guard", "rule A { AWS::IAM::User { Z exists } }"),
        ]);
        let groups: Vec<Vec<usize>> = rules.unwrap().groups().iter().map(|group| group.files.clone()).collect();
        assert_eq!(groups, [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn no_rule_file_in_the_binary_must_be_handed_whole_templates() {
        for file in RuleSet::embedded().unwrap().files() {
            assert!(matches!(file.type_filter, TypeFilter::Types(_)), "{}", file.source.path.display());
            assert!(file.footprint.is_some(), "{} tells all templates apart", file.source.path.display());
        }
    }
}
