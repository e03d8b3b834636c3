//! Suppressions, validated: which findings somebody answers for, and until when.

use crate::config::{Config, Content, Node, SuppressionRow, shorten, suggest};
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
    config.suppressions.iter().filter_map(|(node, row)| suppression(node, row.as_ref(), findings)).collect()
}

/// The rule that each row names, and where, whatever else is wrong with the row.
pub fn suppressed_names(config: &Config) -> impl Iterator<Item = (&str, &Place)> {
    config.suppressions.iter().filter_map(|(node, _)| named_rule(node))
}

fn named_rule(row: &Node) -> Option<(&str, &Place)> {
    let rule = row.get("rule")?;
    match &rule.content {
        Content::Scalar { text, .. } => Some((text, &rule.place)),
        _ => None,
    }
}

fn suppression(node: &Node, row: Option<&SuppressionRow>, findings: &mut Vec<Finding>) -> Option<Suppression> {
    let before = findings.len();
    let rule = named_rule(node).and_then(|(named, place)| rule(named, place.clone(), findings));
    let row = row?;
    let mut find = |rule, key, message: String, help| {
        findings.push(Finding::new(rule, message).at(node.place_of(key)).help(help));
    };
    for (key, value) in [("resource", &row.resource), ("reason", &row.reason), ("owner", &row.owner)] {
        if value.trim().is_empty() {
            let help = "say what is suppressed, why, and who answers for it";
            find(Rule::SuppressionIncomplete, key, format!("`{key}` of a suppression is empty"), help);
        }
    }
    let expires = row.expires.parse::<Date>();
    if let Err(allowed) = expires {
        let message = format!("found `{}` for `expires`, {allowed}", shorten(&row.expires));
        find(Rule::SettingsWrongType, "expires", message, "correct `expires`");
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
fn rule(named: &str, place: Place, findings: &mut Vec<Finding>) -> Option<SuppressedRule> {
    if !named.contains("::") {
        return Some(SuppressedRule::Guard(named.to_owned()));
    }
    let Some(info) = RULES.iter().find(|info| info.id == named) else {
        let help = suggest(named, RULES.iter().map(|info| info.id), "docs/findings.md lists all rules");
        let message = format!("there is no rule `{}`", shorten(named));
        findings.push(Finding::new(Rule::SuppressionUnknownRule, message).at(place).help(help));
        return None;
    };
    // A warning with the documented policies. As an error, nobody suppresses it.
    let may_be_warning = info.severity == Severity::Warning || info.id.starts_with("isolation::");
    if !may_be_warning || info.id.starts_with("suppression::") {
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
