//! Suppressions applied: what each finding is about, which of them somebody answers for, and what is wrong with the
//! suppressions themselves.

use std::path::Path;

use super::guard::RuleSet;
use crate::config::{shorten, suggest};
use crate::facts::date::Date;
use crate::finding::{Finding, Rule, Severity, Suppressed};
use crate::model::{SuppressedRule, Suppression};
use crate::source::Place;

/// Suppressions with the day of the run. Without a day, all of them hold.
#[derive(Debug)]
pub struct Suppressions {
    list: Vec<Suppression>,
    today: Option<Date>,
}

/// Findings about guard rules that none of the rule files has, of what suppressions name.
pub fn unknown_guard_rules<'n>(
    named: impl Iterator<Item = (&'n str, &'n Place)>,
    rules: &RuleSet,
) -> impl Iterator<Item = Finding> {
    let is_unknown = |(name, _): &(&str, &Place)| !name.contains("::") && !rules.names().any(|known| known == *name);
    named.filter(is_unknown).map(|(name, place)| {
        let other = "`racestack rules` lists the built-in ones; racestack reads your own from `rules/` in the config folder, or with `--rules`";
        let help = suggest(name, rules.names(), other);
        let message = format!("there is no guard rule `{}`", shorten(name));
        Finding::new(Rule::SuppressionUnknownRule, message).at(place.clone()).help(help)
    })
}

impl Suppressions {
    /// The suppressions of the config folder on a day.
    pub fn new(list: Vec<Suppression>, today: Option<Date>) -> Self {
        Self { list, today }
    }

    /// The day of the run, if it is known.
    pub fn today(&self) -> Option<Date> {
        self.today
    }

    /// Whether violations of a guard rule by a resource are suppressed.
    pub fn hold_guard(&self, guard_rule: &str, resource: &str) -> bool {
        let of_rule = |rule: &SuppressedRule| matches!(rule, SuppressedRule::Guard(name) if name == guard_rule);
        self.list.iter().any(|one| self.holds(one) && of_rule(&one.rule) && one.resource == resource)
    }

    fn holds(&self, suppression: &Suppression) -> bool {
        self.today.is_none_or(|today| today <= suppression.expires)
    }

    /// Says of each finding what it is about, and marks those that are suppressed.
    pub fn apply(&self, findings: &mut [Finding], config: &Path, out: &Path) {
        for finding in findings {
            if finding.resource.is_none() {
                finding.resource = finding.place.as_ref().map(|place| resource(place, config, out));
            }
            let mut about = self.list.iter().filter(|one| finding.resource.as_ref() == Some(&one.resource));
            let by = about.find(|one| self.holds(one) && is_of_rule(one, finding));
            finding.suppressed = by.map(|one| Suppressed {
                reason: one.reason.clone(),
                owner: one.owner.clone(),
                expires: one.expires.to_string(),
                place: one.place.clone(),
            });
            let note = self.list.iter().find_map(|one| nearly_of(one, finding));
            finding.notes.extend(note.filter(|note| !finding.notes.contains(note)));
        }
    }

    /// Findings about suppressions that hold no more. That there was no day to compare with is a warning, and where
    /// nothing is written (`check`), an error: what could not be checked must not pass.
    pub fn expired(&self, check: bool) -> Vec<Finding> {
        let Some(today) = self.today else {
            let unchecked = self.list.first().map(|first| {
                let mut finding =
                    Finding::new(Rule::SuppressionNotCompared, "racestack cannot check `expires` without today's date")
                        .at(first.expires_place.clone())
                        .help("give it: `--today YYYY-MM-DD`, in a shell `--today \"$(date +%F)\"`");
                if check {
                    finding.severity = Severity::Error;
                }
                finding
            });
            return unchecked.into_iter().collect();
        };
        let expired = self.list.iter().filter(|one| !self.holds(one)).map(|one| {
            let message = format!("the suppression expired on {}, and today is {today}", one.expires);
            Finding::new(Rule::SuppressionExpired, message).at(one.expires_place.clone()).help(format!(
                "fix the finding and remove this entry, or ask {} for a new date and change `expires`",
                one.owner
            ))
        });
        expired.collect()
    }

    /// Findings about suppressions that suppress none of `findings`, which are all that a run over every account made; or
    /// over the accounts that `selected` names, if any. `audited` says whether it was an audit, which alone makes the findings
    /// of its own rules, and those whose resource is a thing of an account.
    pub fn unused(&self, findings: &[Finding], selected: &[String], audited: bool) -> Vec<Finding> {
        let concerns = |one: &Suppression| {
            is_of_audit(one) == audited
                && (selected.is_empty()
                    || one.resource.split('/').next().is_some_and(|name| selected.iter().any(|s| s == name)))
        };
        let used = |one: &Suppression| {
            findings.iter().any(|finding| finding.suppressed.as_ref().is_some_and(|by| by.place == one.place))
        };
        self.list.iter().filter(|one| self.holds(one) && concerns(one) && !used(one)).map(nothing).collect()
    }

    /// The same, where not all findings were made: of violations in the templates of accounts that there are not.
    pub fn of_no_account(&self, accounts: &[&str]) -> Vec<Finding> {
        let is_account =
            |one: &Suppression| one.resource.split('/').next().is_some_and(|name| accounts.contains(&name));
        let wrong =
            |one: &&Suppression| matches!(one.rule, SuppressedRule::Guard(_)) && self.holds(one) && !is_account(one);
        self.list.iter().filter(wrong).map(nothing).collect()
    }
}

fn nothing(suppression: &Suppression) -> Finding {
    Finding::new(Rule::SuppressionUnused, format!("this suppression matches no finding: `{}`", suppression.resource))
        .at(suppression.place.clone())
        .help("remove it, or correct `rule` and `resource`: `--format json` shows both of every finding")
}

/// Whether an audit alone makes what is suppressed: `audit::drift`; or `isolation::too-wide` of `tokyo/user/bob/POLICY/SID`, which
/// synth says of `tokyo/POLICY/SID`.
fn is_of_audit(suppression: &Suppression) -> bool {
    match &suppression.rule {
        SuppressedRule::Warning(rule) if rule.info().id.starts_with("audit::") => true,
        SuppressedRule::Warning(rule) if rule.info().id.starts_with("isolation::") => {
            suppression.resource.split('/').count() > 3
        }
        _ => false,
    }
}

/// What is to be said of a suppression that names only the end of what a finding is about.
fn nearly_of(suppression: &Suppression, finding: &Finding) -> Option<String> {
    let (named, resource) = (&suppression.resource, finding.resource.as_ref()?);
    let is_end = resource.strip_suffix(named.as_str()).is_some_and(|before| before.ends_with('/'));
    (is_of_rule(suppression, finding) && is_end)
        .then(|| format!("a suppression names `{named}`: the `resource` of this finding is `{resource}`"))
}

/// Whether a suppression is about findings like this one, if perhaps of another resource.
fn is_of_rule(suppression: &Suppression, finding: &Finding) -> bool {
    match &suppression.rule {
        // That many leave is a warning, which `--locked` makes an error of unless somebody answers for it.
        SuppressedRule::Warning(rule) => {
            finding.rule == *rule && (finding.severity == Severity::Warning || *rule == Rule::RosterManyLeave)
        }
        SuppressedRule::Guard(name) => finding.guard_rule.as_ref() == Some(name),
    }
}

/// What something at a place is about: `tokyo/users-001/SatoHanaUser` in a template, in the configuration the text itself,
/// after `tokyo/` in an account's files.
fn resource(place: &Place, config: &Path, out: &Path) -> String {
    let words = |path: &Path| -> Vec<String> {
        path.components().map(|word| word.as_os_str().to_string_lossy().into_owned()).collect()
    };
    let text = place.text().lines().next().unwrap_or_default().trim();
    let or = |file: &str| if text.is_empty() { file.to_owned() } else { text.to_owned() };
    let path = place.path();
    let in_config = path.strip_prefix(config).map(words).unwrap_or_default();
    let in_out = path.strip_prefix(out).map(words).unwrap_or_default();
    match (in_config.as_slice(), in_out.as_slice()) {
        ([file], _) => or(file),
        ([_, account, file], _) => format!("{account}/{}", or(file)),
        (_, [account, file]) => match (file.strip_suffix(".yaml"), logical_id(place)) {
            (Some(part), Some(id)) => format!("{account}/{part}/{id}"),
            (Some(part), None) if !place.source.text.is_empty() => format!("{account}/{part}"),
            _ => format!("{account}/{file}"),
        },
        (_, [account]) => account.clone(),
        _ => or(&path.display().to_string()),
    }
}

/// The resource of a template that a place is in: the nearest key above it with the indentation of logical IDs.
fn logical_id(place: &Place) -> Option<&str> {
    let text = &place.source.text;
    let end = text.get(place.span.start..)?.find('\n').map_or(text.len(), |at| place.span.start + at);
    let key = |line: &'_ str| {
        line.strip_prefix("  ").is_some_and(|rest| rest.ends_with(':') && !rest.starts_with([' ', '#']))
    };
    let line = text.get(..end)?.lines().rev().take_while(|line| *line != "Resources:").find(|line| key(line))?;
    Some(line.trim().trim_end_matches(':'))
}
