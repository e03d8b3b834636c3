//! Which statement of the old policy became which of the new one.

use std::collections::BTreeSet;

use serde_json::Value;

use super::canonical::text;
use super::values::compare;

/// A statement's name in a path, and what it was and is.
type StatementPair<'a> = (String, Option<&'a Value>, Option<&'a Value>);

/// The statements of two policies, paired: those of one `Sid`, those that mean the same, then those that have most in
/// common. In the order of the new policy; those that are gone come last.
pub(super) fn pairs<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<StatementPair<'a>> {
    let mut partner: Vec<Option<usize>> = vec![None; new.len()];
    let mut free: BTreeSet<usize> = (0..old.len()).collect();
    let mut join = |found: &dyn Fn(&Value, &Value) -> bool, partner: &mut Vec<Option<usize>>| {
        for (slot, statement) in partner.iter_mut().zip(new).filter(|(slot, _)| slot.is_none()) {
            let one = free.iter().copied().find(|&at| found(&old[at], statement));
            if let Some(at) = one {
                free.remove(&at);
                *slot = Some(at);
            }
        }
    };
    join(&|a, b| sid(a).is_some() && sid(a) == sid(b), &mut partner);
    join(&|a, b| compare(&["Statement".to_owned()], Some(a), Some(b)).is_empty(), &mut partner);
    // The pair with most in common first; of equals, the first.
    let mut scores = Vec::new();
    for (at_new, statement) in new.iter().enumerate().filter(|(at, _)| partner[*at].is_none()) {
        for &at_old in &free {
            let score = likeness(&old[at_old], statement);
            if score > 0 {
                scores.push((std::cmp::Reverse(score), at_new, at_old));
            }
        }
    }
    scores.sort_unstable();
    for (_, at_new, at_old) in scores {
        if partner[at_new].is_none() && free.remove(&at_old) {
            partner[at_new] = Some(at_old);
        }
    }
    let kept = new.iter().enumerate().map(|(at, statement)| {
        let old = partner[at].map(|at| &old[at]);
        (name(statement, at), old, Some(statement))
    });
    let gone = free.iter().map(|&at| (name(&old[at], at), Some(&old[at]), None));
    kept.chain(gone).collect()
}

fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid").and_then(Value::as_str).filter(|sid| !sid.is_empty())
}

/// The `Sid` of a statement, or the number of the one at the index `at`.
pub(super) fn name(statement: &Value, at: usize) -> String {
    sid(statement).map_or_else(|| (at + 1).to_string(), str::to_owned)
}

/// How many values two statements have in common; none where one allows and the other denies.
fn likeness(a: &Value, b: &Value) -> usize {
    if a.get("Effect") != b.get("Effect") {
        return 0;
    }
    let values = |statement: &Value| -> BTreeSet<String> {
        let entries = statement.as_object().into_iter().flatten().filter(|(key, _)| *key != "Effect" && *key != "Sid");
        let texts = entries.flat_map(|(key, value)| match value {
            Value::Array(values) => values.iter().map(|value| format!("{key}:{}", text(value))).collect(),
            other => vec![format!("{key}:{}", text(other))],
        });
        texts.collect()
    };
    values(a).intersection(&values(b)).count()
}
