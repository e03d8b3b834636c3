//! Suppressions, validated: which findings somebody answers for, and until when.

use crate::config::{Config, Node, SuppressionRow, did_you_mean, shorten};
use crate::facts::date::Date;
use crate::finding::{Finding, RULES, Rule, Severity};
use crate::source::Place;

/// A finding that somebody answers for, for a while.
#[derive(Debug, Clone)]
pub struct Suppression {
    /// The rule.
    pub rule: SuppressedRule,
    /// What the finding is about, as `Finding::resource` says it.
    pub resource: String,
    /// Why it may stand.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// Where the rule is named.
    pub place: Place,
    /// Where the last day is named.
    pub expires_place: Place,
}

/// What can be suppressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuppressedRule {
    /// The warnings of one of racestack's own rules.
    Warning(Rule),
    /// The violations of a guard rule.
    Guard(String),
}

/// The suppressions of the config folder.
pub fn suppressions(config: &Config, findings: &mut Vec<Finding>) -> Vec<Suppression> {
    config.suppressions.iter().filter_map(|(node, row)| suppression(node, row, findings)).collect()
}

fn suppression(node: &Node, row: &SuppressionRow, findings: &mut Vec<Finding>) -> Option<Suppression> {
    let before = findings.len();
    let rule = rule(row, node.place_of("rule"), findings);
    for (key, value) in [("resource", &row.resource), ("reason", &row.reason), ("owner", &row.owner)] {
        if value.trim().is_empty() {
            let message = format!("`{key}` of a suppression is empty");
            findings.push(
                Finding::new(Rule::SuppressionIncomplete, message)
                    .at(node.place_of(key))
                    .help("say what is suppressed, why, and who answers for it"),
            );
        }
    }
    let expires = row.expires.parse::<Date>();
    if let Err(allowed) = expires {
        let message = format!("found `{}` for `expires`, {allowed}", shorten(&row.expires));
        findings.push(
            Finding::new(Rule::SettingsWrongType, message).at(node.place_of("expires")).help("correct `expires`"),
        );
    }
    if findings.len() > before {
        return None;
    }
    Some(Suppression {
        rule: rule?,
        resource: row.resource.clone(),
        reason: row.reason.trim().to_owned(),
        owner: row.owner.trim().to_owned(),
        expires: expires.ok()?,
        place: node.place_of("rule"),
        expires_place: node.place_of("expires"),
    })
}

/// The rule that a row names. Errors are suppressed by nobody, except for guard rules: these are the company's own, while
/// the other errors are what AWS refuses, what isolation breaks on, or what racestack cannot read.
fn rule(row: &SuppressionRow, place: Place, findings: &mut Vec<Finding>) -> Option<SuppressedRule> {
    if !row.rule.contains("::") {
        return Some(SuppressedRule::Guard(row.rule.clone()));
    }
    let Some(info) = RULES.iter().find(|info| info.id == row.rule) else {
        let near = did_you_mean(&row.rule, RULES.iter().map(|info| info.id));
        let help =
            near.map_or_else(|| "docs/findings.md lists all rules".to_owned(), |id| format!("did you mean `{id}`?"));
        let message = format!("there is no rule `{}`", shorten(&row.rule));
        findings.push(Finding::new(Rule::SuppressionUnknownRule, message).at(place).help(help));
        return None;
    };
    let always_error = info.severity == Severity::Error && !is_of_isolation(info.rule);
    if always_error || is_about_suppressions(info.rule) {
        let help = if info.rule == Rule::GuardViolation {
            "name the guard rule that is violated, such as `NOTEBOOK_ROOT_ACCESS_DISABLED`"
        } else {
            "mend what it finds; violations of guard rules and warnings alone can be suppressed"
        };
        let message = format!("`{}` cannot be suppressed", info.id);
        findings.push(Finding::new(Rule::SuppressionNotAllowed, message).at(place).help(help));
        return None;
    }
    Some(SuppressedRule::Warning(info.rule))
}

/// A warning with the documented policies. As an error, nobody suppresses it.
fn is_of_isolation(rule: Rule) -> bool {
    rule.info().id.starts_with("isolation::")
}

fn is_about_suppressions(rule: Rule) -> bool {
    rule.info().id.starts_with("suppression::")
}
