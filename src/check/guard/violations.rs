//! From violations to findings: each at its line, and those that many resources share as one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::report::{Outcome, Violation};
use super::rule_set::RuleSet;
use crate::check::outline::Outline;
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// A rule that more resources than this break is one finding.
const SINGLY: usize = 5;

/// How many of the resources such a finding names.
const NAMED: usize = 3;

/// A violation on the template that it was found in.
type Broken<'a> = (&'a Outcome, &'a Violation);

/// The findings of `outcomes`: by rule file, rule and words.
pub(super) fn findings(rules: &RuleSet, outcomes: &[Outcome]) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, &str, &str), Vec<Broken>> = BTreeMap::new();
    for outcome in outcomes {
        for violation in &outcome.violations {
            let key = (outcome.file, violation.rule.as_str(), violation.words.as_str());
            groups.entry(key).or_default().push((outcome, violation));
        }
    }
    let mut outlines = Outlines::default();
    let mut findings = Vec::new();
    for ((file, rule, words), group) in &groups {
        let words = Words::read(words);
        let resources: BTreeSet<(&Path, &str)> = group
            .iter()
            .map(|(outcome, violation)| (outcome.template.path.as_path(), resource(&violation.path)))
            .collect();
        let found = if resources.len() > SINGLY {
            vec![together(rule, &words, group, resources.len(), &mut outlines)]
        } else {
            singly(rule, &words, group, &mut outlines)
        };
        let note = rules.files().get(*file).map(|file| format!("the rule stands in `{}`", file.source.path.display()));
        findings.extend(found.into_iter().map(|finding| note.iter().fold(finding, crate::finding::Finding::note)));
    }
    findings
}

fn singly(rule: &str, words: &Words, group: &[Broken], outlines: &mut Outlines) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut findings: BTreeMap<(&Path, &str), Finding> = BTreeMap::new();
    for (outcome, violation) in group {
        let path = outcome.template.path.as_path();
        if !seen.insert((path, violation.path.as_str())) {
            continue;
        }
        let place = outlines.place(outcome, violation);
        let resource = resource(&violation.path);
        let finding = if let Some(finding) = findings.remove(&(path, resource)) {
            finding.related(place, "and here")
        } else {
            let who = if resource.is_empty() { path.display().to_string() } else { resource.to_owned() };
            let message = format!("`{who}` breaks the guard rule `{rule}`{}", words.violation());
            words.finding(message).at(place)
        };
        findings.insert((path, resource), finding);
    }
    findings.into_values().collect()
}

fn together(rule: &str, words: &Words, group: &[Broken], count: usize, outlines: &mut Outlines) -> Finding {
    let mut first: Vec<Broken> = Vec::new();
    for &(outcome, violation) in group {
        let same = |(o, v): &Broken| {
            o.template.path == outcome.template.path && resource(&v.path) == resource(&violation.path)
        };
        if first.len() < NAMED && !first.iter().any(same) {
            first.push((outcome, violation));
        }
    }
    let names: Vec<String> = first.iter().map(|(_, violation)| format!("`{}`", resource(&violation.path))).collect();
    let message =
        format!("{count} resources break the guard rule `{rule}`, such as {}{}", names.join(", "), words.violation());
    let mut finding = words.finding(message);
    for (index, (outcome, violation)) in first.into_iter().enumerate() {
        let place = outlines.place(outcome, violation);
        finding = if index == 0 { finding.at(place) } else { finding.related(place, "and here") };
    }
    finding
}

/// The logical ID that a path leads through, or nothing.
fn resource(path: &str) -> &str {
    path.strip_prefix("/Resources/").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}

/// The outlines of the templates that something was found in, each read once.
#[derive(Default)]
struct Outlines {
    read: BTreeMap<std::path::PathBuf, Outline>,
}

impl Outlines {
    fn place(&mut self, outcome: &Outcome, violation: &Violation) -> Place {
        let source: &Arc<SourceFile> = &outcome.template;
        let outline = self.read.entry(source.path.clone()).or_insert_with(|| Outline::read(source));
        outline.place(&violation.path)
    }
}

/// What a rule says of its violation: `Violation: … Fix: …`, or anything else.
struct Words {
    violation: String,
    fix: Option<String>,
}

impl Words {
    fn read(text: &str) -> Self {
        let (violation, fix) = match text.split_once("Fix:") {
            Some((violation, fix)) => (violation, Some(sentence(fix)).filter(|fix| !fix.is_empty())),
            None => (text, None),
        };
        let violation = violation.split_once("Violation:").map_or(violation, |(_, violation)| violation);
        let engine = violation.strip_prefix("Check was not compliant as ").unwrap_or(violation);
        // The engine's own words go on to quote whole resources.
        let engine = engine.split_once(". Value traversed to").map_or(engine, |(said, _)| said);
        Self { violation: sentence(&without_places(engine)), fix }
    }

    fn violation(&self) -> String {
        if self.violation.is_empty() { String::new() } else { format!(": {}", self.violation) }
    }

    fn finding(&self, message: String) -> Finding {
        const NO_FIX: &str = "change what the template is rendered from; a `Fix:` in the rule would say how";
        Finding::new(Rule::GuardViolation, message).help(self.fix.as_deref().unwrap_or(NO_FIX))
    }
}

/// The engine's `[Path=… Value=x]` and `[x]` as `x`, in back ticks.
fn without_places(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('[') {
        let mut depth = 1;
        let end = inside.find(|c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth == 0
        });
        let Some(end) = end else { break };
        let value = inside[..end].split_once(" Value=").map_or(&inside[..end], |(_, value)| value);
        plain.extend([before, "`", value.trim_matches('"'), "`"]);
        rest = &inside[end + 1..];
    }
    plain + rest
}

/// One line without its full stop, cut where it grows too long to be read.
fn sentence(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace()).filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    let line = line.trim_end_matches([';', ' ', '.']);
    match line.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_speaks_for_itself() {
        let words = Words::read("\n  Violation: the user has no path.\n  Fix: set Path,\n   or not.\n");
        assert_eq!((words.violation(), words.fix), (": the user has no path".into(), Some("set Path, or not".into())));
        let words = Words::read("just this");
        assert_eq!((words.violation(), words.fix), (": just this".into(), None));
        let words = Words::read("Check was not compliant as property [Path] is missing. Value traversed to [Path=/R…");
        assert_eq!((words.violation(), words.fix), (": property `Path` is missing".into(), None));
        let words = Words::read(
            "property value [Path=/A/B[L:0,C:7] Value=\"x\"] not equal to value [Path=[L:0,C:0] Value=[1]]",
        );
        assert_eq!(words.violation(), ": property value `x` not equal to value `[1]`");
        assert_eq!(Words::read("").violation(), "");
    }

    #[test]
    fn the_resource_is_the_logical_id_of_the_path() {
        assert_eq!(resource("/Resources/A/Properties"), "A");
        assert_eq!(resource("/Resources/A"), "A");
        assert_eq!(resource("/Resources"), "");
        assert_eq!(resource(""), "");
    }
}
