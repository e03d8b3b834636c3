//! Life cycles: what templates use that AWS has retired, or will before long.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::facts::date::Date;
use crate::facts::retired::{DAYS_AHEAD, KNOWN_UNTIL, Retirement, retired};
use crate::finding::{Finding, Rule, counted};
use crate::inventory::type_of;
use crate::render::Template;

/// Checks the platforms of notebooks and the runtimes of functions, each once per template that uses it. What was not
/// yet retired when this version was made is told only where `today` is known.
pub fn check(template: &Template, today: Option<Date>) -> Vec<Finding> {
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for (id, resource) in template.resources() {
        let (key, kind) = match type_of(resource) {
            "AWS::SageMaker::NotebookInstance" => ("PlatformIdentifier", "platform"),
            "AWS::Lambda::Function" => ("Runtime", "runtime"),
            _ => continue,
        };
        let used = resource.get("Properties").and_then(|properties| properties.get(key)).and_then(Value::as_str);
        let Some((used, retirement)) = used.and_then(|used| Some((used, retired(kind, used)?))) else { continue };
        let Some((rule, message)) = tell(used, retirement, today) else { continue };
        if told.insert(used) {
            findings.push(
                Finding::new(rule, message)
                    .at(template.place(&format!("Resources/{id}/Properties/{key}")))
                    .help(format!("set `{key}` to {} in the template that this is rendered from", retirement.instead))
                    .note(format!("source: {}", retirement.source)),
            );
        }
    }
    findings
}

/// What there is to tell of a retirement on a day, if anything.
fn tell(used: &str, retirement: &Retirement, today: Option<Date>) -> Option<(Rule, String)> {
    let day = retirement.day()?;
    let (name, when) = (retirement.name, retirement.when());
    let known_until = KNOWN_UNTIL.parse::<Date>().ok()?;
    let now = today.map_or(known_until, |today| today.max(known_until));
    if day <= now {
        return Some((Rule::LifecycleEnded, format!("AWS ended {name} (`{used}`) {when}")));
    }
    let days = today?.days_until(day);
    let soon = counted(usize::try_from(days).unwrap_or_default(), "day", "days");
    (days <= DAYS_AHEAD).then(|| (Rule::LifecycleEnds, format!("AWS ends {name} (`{used}`) {when}, in {soon}")))
}
