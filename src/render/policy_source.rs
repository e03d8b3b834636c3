//! Which line of which policy template a statement was made from. Found from the statement's end: a document that
//! is what a policy template gives was made from it.

use std::sync::Arc;

use serde_json::Value;

use super::engine::Templates;
use super::reference::PolicyValues;
use crate::plan::AccountPlan;
use crate::source::{Place, SourceFile};

/// The key that tells, while a policy template is filled for its places, the line of each statement.
const LINE: &str = "\u{E000}line";

/// The documents that the policy templates give for an account.
#[derive(Debug, Default)]
pub struct PolicySourceMap {
    documents: Vec<(String, Filled)>,
}

/// A template with what it gives, and the lines of the statements.
type Filled = (Arc<SourceFile>, Value, Vec<usize>);

impl PolicySourceMap {
    /// The documents of an account.
    pub fn of(templates: &Templates, plan: &AccountPlan<'_>) -> Self {
        let (profile, values) = (plan.account.policies.as_str(), PolicyValues::of(plan));
        let filled = |(name, source): (&str, &Arc<SourceFile>)| Some((name.to_owned(), document(source, &values)?));
        Self { documents: templates.policy_sources(profile).filter_map(filled).collect() }
    }

    /// The statement of this index in the template that gives `document`, among those that the template of a stack names: what
    /// that holds itself may be the same as what is written elsewhere.
    pub fn place(&self, document: &Value, statement: usize, stack: &SourceFile) -> Option<Place> {
        // A name that is a value may be any.
        let by_value = stack.text.split("{{policy ").skip(1).any(|rest| !rest.starts_with('"'));
        let is_named = |name: &str| by_value || stack.text.contains(&format!("policy \"{name}\""));
        let is_it = |(name, (_, given, _)): &&(String, Filled)| given == document && is_named(name);
        let (_, (source, _, lines)) = self.documents.iter().find(is_it)?;
        Some(Place::line(source, *lines.get(statement)? + 1))
    }
}

/// What a policy template gives, without its comments, and the lines of its statements: that of the `Sid` where there is
/// one, and else that of the `Effect`. Counted from 0.
///
/// Which statements there are, only the filled template says: so each takes its line along, as one more key beside its `Effect`. A
/// statement begins with a line that begins with `{`, and its `Sid` stands above its `Effect`, as in the built-in templates. In one's
/// own that are written otherwise, a line may be that of the statement before. Findings show it, and nothing else hangs on it.
fn document(source: &Arc<SourceFile>, values: &PolicyValues) -> Option<Filled> {
    let mut sid = None;
    let mut text = String::new();
    for (line, content) in source.text.split_inclusive('\n').enumerate() {
        if content.trim_start().starts_with('{') {
            sid = None;
        }
        if content.contains("\"Sid\"") {
            sid = Some(line);
        }
        text.push_str(&content.replace("\"Effect\"", &format!("\"{LINE}\": {}, \"Effect\"", sid.unwrap_or(line))));
    }
    let mut value = values.fill(&text).ok()?;
    let mut lines = Vec::new();
    strip(&mut value, &mut lines);
    Some((Arc::clone(source), value, lines))
}

/// Takes comments and lines out of a document.
fn strip(value: &mut Value, lines: &mut Vec<usize>) {
    match value {
        Value::Object(map) => {
            map.shift_remove("//");
            let line = map.shift_remove(LINE).and_then(|line| line.as_u64());
            lines.extend(line.and_then(|line| usize::try_from(line).ok()));
            map.values_mut().for_each(|value| strip(value, lines));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| strip(value, lines)),
        _ => {}
    }
}
