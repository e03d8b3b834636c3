//! From violations to findings: each at its line, and those that many resources share as one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::report::{Outcomes, Violation, resource};
use super::rule_set::RuleSet;
use super::syntax::one_line;
use crate::check::Suppressions;
use crate::finding::{Finding, Rule};
use crate::render::span_index::SpanIndex;
use crate::source::{Place, SourceFile};

/// A rule that more resources than this break is one finding.
const SINGLY: usize = 5;

/// How many of the resources such a finding names.
const NAMED: usize = 3;

/// The engine's positions are in a document that nobody has seen.
#[expect(clippy::expect_used, reason = "the expression is a constant that every run compiles")]
static POSITION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[L:[0-9,C:]*\]").expect("a valid expression"));

/// Each with its template.
type RuleViolations<'a> = Vec<(&'a Arc<SourceFile>, &'a Violation)>;

/// The findings of `outcomes`: by rule file, rule and words.
pub(super) fn findings(
    rules: &RuleSet,
    outcomes: &[(&Arc<SourceFile>, &Outcomes)],
    suppressions: &Suppressions,
) -> Vec<Finding> {
    let mut groups: BTreeMap<(usize, &str), RuleViolations> = BTreeMap::new();
    for (template, outcomes) in outcomes {
        for violation in &outcomes.violations {
            groups.entry((violation.file, violation.rule.as_str())).or_default().push((*template, violation));
        }
    }
    // The spans of the templates that something was found in, each read once.
    let mut spans: BTreeMap<PathBuf, SpanIndex> = BTreeMap::new();
    let mut place = |broken: &ViolatingResource<'_>| {
        let new = || SpanIndex::read(broken.template);
        spans.entry(broken.template.path.clone()).or_insert_with(new).place(broken.path)
    };
    let mut findings = Vec::new();
    for ((file, rule), group) in &groups {
        let is_suppressed = |one: &ViolatingResource| suppressions.hold_guard(rule, &one.subject());
        let broken: Vec<_> = by_resource(group).into_iter().filter(|one| !is_suppressed(one)).collect();
        let many = broken.len() > SINGLY;
        let mut found = Vec::new();
        if let (true, Some((_, first))) = (many, group.first()) {
            // The words may name what each resource has, and so differ: those of the first stand for all.
            found.push(together(rule, &RuleMessage::read(&first.words), &broken, &mut place));
        }
        for (words, group) in by_words(group) {
            let words = RuleMessage::read(words);
            for one in by_resource(&group).iter().filter(|one| !many || is_suppressed(one)) {
                let message = format!("{} breaks the guard rule `{rule}`{}", one.name(), words.violation());
                let finding = words.finding(message).at(place(one)).about(one.subject());
                found.push(Finding { guard_rule: Some((*rule).to_owned()), ..finding });
            }
        }
        let note = rules.files().get(*file).map(|file| where_it_stands(&file.source));
        findings.extend(found.into_iter().map(|finding| finding.notes(note.clone())));
    }
    findings
}

/// In which file a rule stands. A built-in one is in nobody's folder.
fn where_it_stands(file: &SourceFile) -> String {
    let name = file.path.file_name().unwrap_or_default().display();
    if RuleSet::embedded_files().iter().any(|one| one.path == file.path && one.text == file.text) {
        return format!("the rule is built in: `racestack rules --export DIR` writes its file, `{name}`");
    }
    format!("the rule is in `{}`", file.path.display())
}

/// The violations of a group in the same words.
fn by_words<'a>(group: &RuleViolations<'a>) -> BTreeMap<&'a str, RuleViolations<'a>> {
    let mut words: BTreeMap<&str, RuleViolations> = BTreeMap::new();
    for &(template, violation) in group {
        words.entry(violation.words.as_str()).or_default().push((template, violation));
    }
    words
}

/// What one rule says of one resource, in the same words.
struct ViolatingResource<'a> {
    template: &'a Arc<SourceFile>,
    /// The logical ID; empty where no resource is to blame.
    resource: &'a str,
    /// The path that all its violations have in common.
    path: &'a str,
}

impl ViolatingResource<'_> {
    fn name(&self) -> String {
        match self.resource {
            "" => format!("`{}`", self.template.path.display()),
            name => format!("`{name}`"),
        }
    }

    /// The resource as suppressions name it: `tokyo/users-001/SatoHanaNotebook`.
    fn subject(&self) -> String {
        let path = &self.template.path;
        let account = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let part = path.file_stem().unwrap_or_default().to_string_lossy();
        let id = if self.resource.is_empty() { String::new() } else { format!("/{}", self.resource) };
        format!("{account}/{part}{id}")
    }
}

/// The resources of a group, in the order of the templates.
fn by_resource<'a>(group: &RuleViolations<'a>) -> Vec<ViolatingResource<'a>> {
    let mut broken: Vec<ViolatingResource<'a>> = Vec::new();
    let mut seen: BTreeMap<(&Path, &str), usize> = BTreeMap::new();
    for &(template, violation) in group {
        let resource = resource(&violation.path);
        match seen.entry((template.path.as_path(), resource)) {
            Entry::Occupied(entry) => {
                if let Some(earlier) = broken.get_mut(*entry.get()) {
                    earlier.path = common_ancestor(earlier.path, &violation.path);
                }
            }
            Entry::Vacant(entry) => {
                entry.insert(broken.len());
                broken.push(ViolatingResource { template, resource, path: &violation.path });
            }
        }
    }
    broken
}

/// The longest path that both lead through.
fn common_ancestor<'a>(a: &'a str, b: &str) -> &'a str {
    let same: usize = a
        .split_inclusive('/')
        .zip(b.split_inclusive('/'))
        .map_while(|(a, b)| (a.trim_end_matches('/') == b.trim_end_matches('/')).then_some(a.len()))
        .sum();
    a[..same].trim_end_matches('/')
}

fn together(
    rule: &str,
    words: &RuleMessage,
    broken: &[ViolatingResource<'_>],
    place: impl FnMut(&ViolatingResource<'_>) -> Place,
) -> Finding {
    let what = if broken.iter().all(|one| !one.resource.is_empty()) { "resources" } else { "templates" };
    let first = &broken[..NAMED.min(broken.len())];
    let names = first.iter().map(ViolatingResource::name).collect::<Vec<_>>().join(", ");
    let count = broken.len();
    let message = format!("{count} {what} break the guard rule `{rule}`, such as {names}{}", words.violation());
    let places = first.iter().map(place).enumerate();
    places.fold(words.finding(message), |finding, (index, place)| match index {
        0 => finding.at(place),
        _ => finding.related(place, "and here"),
    })
}

/// What a rule says of its violation: `Violation: … Fix: …`, or anything else.
struct RuleMessage {
    violation: String,
    fix: Option<String>,
}

impl RuleMessage {
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
        const NO_FIX: &str = "change the setting or the template that makes this value; `Fix: …` in the rule's message would stand here instead";
        Finding::new(Rule::GuardViolation, message).help(self.fix.as_deref().unwrap_or(NO_FIX))
    }
}

/// The engine's `[Path=… Value=x]` and `[x]` as `x`, in back ticks.
fn without_places(text: &str) -> String {
    let text = POSITION.replace_all(text, "");
    let mut plain = String::new();
    let mut rest = &*text;
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
    one_line(text, 300).trim_end_matches([';', ' ', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_speaks_for_itself() {
        let words = RuleMessage::read("\n  Violation: the user has no path.\n  Fix: set Path,\n   or not.\n");
        assert_eq!((words.violation(), words.fix), (": the user has no path".into(), Some("set Path, or not".into())));
        let words = RuleMessage::read("just this");
        assert_eq!((words.violation(), words.fix), (": just this".into(), None));
        let words =
            RuleMessage::read("Check was not compliant as property [Path] is missing. Value traversed to [Path=/R…");
        assert_eq!((words.violation(), words.fix), (": property `Path` is missing".into(), None));
        let words = RuleMessage::read(
            "property value [Path=/A/B[L:0,C:7] Value=\"x\"] not equal to value [Path=[L:0,C:0] Value=[1]]",
        );
        assert_eq!(words.violation(), ": property value `x` not equal to value `[1]`");
        assert_eq!(RuleMessage::read("").violation(), "");
        let words = RuleMessage::read("property [/R/A/RoleArn/Fn::GetAtt[L:0,C:461]] was not string");
        assert_eq!(words.violation(), ": property `/R/A/RoleArn/Fn::GetAtt` was not string");
        assert_eq!(RuleMessage::read("a [L:x] b").violation(), ": a `L:x` b");
    }

    #[test]
    fn violations_of_one_resource_have_their_common_ancestor_as_their_place() {
        assert_eq!(common_ancestor("/Resources/A/Tags/0/Key", "/Resources/A/Tags/1/Key"), "/Resources/A/Tags");
        assert_eq!(common_ancestor("/Resources/A/Tag", "/Resources/A/Tags"), "/Resources/A");
        assert_eq!(common_ancestor("/Resources/A", "/Resources/A/Tags"), "/Resources/A");
        assert_eq!(common_ancestor("/Resources/A", "/Resources/A"), "/Resources/A");
        assert_eq!(common_ancestor("", ""), "");
    }

    #[test]
    fn the_resource_is_the_logical_id_of_the_path() {
        assert_eq!(resource("/Resources/A/Properties"), "A");
        assert_eq!(resource("/Resources/A"), "A");
        assert_eq!(resource("/Resources"), "");
        assert_eq!(resource(""), "");
    }
}
