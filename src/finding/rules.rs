//! The one table of rules: every finding that racestack can make has its entry here, and `docs/findings.md` is tested
//! against it.

use super::Severity;

/// What the table says of a rule.
#[derive(Debug)]
pub struct RuleInfo {
    /// The rule it describes.
    pub rule: Rule,
    /// `area::the-bad-thing`.
    pub id: &'static str,
    /// The severity of its findings.
    pub severity: Severity,
    /// One sentence: what the rule reports.
    pub summary: &'static str,
}

macro_rules! rules {
    ($($variant:ident, $id:literal, $severity:ident, $summary:literal;)*) => {
        /// A rule of racestack's own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $summary] $variant,)*
        }

        /// Every rule, in the order of the areas.
        pub const RULES: &[RuleInfo] = &[
            $(RuleInfo { rule: Rule::$variant, id: $id, severity: Severity::$severity, summary: $summary },)*
        ];
    };
}

rules! {
    FileMissing, "file::missing", Error, "a file that racestack needs does not exist";
    FileEncoding, "file::encoding", Error, "a file is neither UTF-8 nor (for a roster in CSV) CP932";
    FileSyntax, "file::syntax", Error, "a file is not well-formed YAML, JSON or CSV";
    TemplateNotCloudformation, "template::not-cloudformation", Error, "a template holds what CloudFormation does not know, such as an unknown tag";
    GuardBrokenRules, "guard::broken-rules", Error, "a guard rule file cannot be used: it is empty, does not parse, or recurses";
    GuardUnknownType, "guard::unknown-type", Error, "a guard rule asks for a resource type that CloudFormation does not have, and so could never fail";
    GuardNeverApplied, "guard::never-applied", Error, "a guard rule was skipped on every template although it names no resource type";
    GuardUnreadableReport, "guard::unreadable-report", Error, "the guard engine gave no report that can be read";
    GuardViolation, "guard::violation", Error, "a template breaks a guard rule";
}

impl Rule {
    /// The entry of the table.
    pub fn info(self) -> &'static RuleInfo {
        &RULES[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_finds_its_own_entry() {
        for info in RULES {
            assert_eq!(info.rule.info().id, info.id);
        }
    }

    #[test]
    fn ids_are_unique_and_have_an_area_and_a_bad_thing() {
        let mut seen = std::collections::BTreeSet::new();
        for info in RULES {
            let (area, thing) = info.id.split_once("::").unwrap();
            let word = |text: &str| {
                !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit())
            };
            assert!(word(area) && word(thing), "{}", info.id);
            assert!(seen.insert(info.id), "{} stands twice", info.id);
        }
    }
}
