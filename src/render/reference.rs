//! What policies are filled with; and those of the program's own, which no template replaces.

use std::sync::{LazyLock, RwLock, RwLockReadGuard};

use handlebars::{Context, Handlebars};
use serde_json::{Map, Value};

use super::context;
use super::helpers::{describe, escape_json, strict};
use crate::plan::{AccountPlan, Part};

/// What the policies of an account are filled with.
#[derive(Debug)]
pub struct PolicyValues(pub(super) Map<String, Value>);

impl PolicyValues {
    /// The values of an account.
    pub fn of(plan: &AccountPlan<'_>) -> Self {
        Self::within(&context::shared(plan.account, &plan.names, Part::Access))
    }

    /// What policies can name in a template that is filled with `root`: what that can, and the names of resources by themselves.
    pub(super) fn within(root: &Value) -> Self {
        let of = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
        Self(of(Some(root)).into_iter().chain(of(root.get("names"))).collect())
    }

    /// The same with another value.
    #[must_use]
    pub fn with(&self, key: &str, value: Value) -> Self {
        let mut values = self.0.clone();
        values.insert(key.to_owned(), value);
        Self(values)
    }

    /// A value; `null` where there is none.
    pub fn get(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or(&Value::Null)
    }

    /// The document that a policy template gives.
    ///
    /// # Errors
    /// When it names what is not there, or gives no JSON.
    pub fn fill(&self, template: &str) -> Result<Value, String> {
        let context = Context::wraps(&self.0).map_err(|error| error.to_string())?;
        let mut text = String::new();
        for piece in pieces(template) {
            if !engine()?.has_template(&piece) {
                let mut engine = ENGINE.write().map_err(|error| error.to_string())?;
                engine.register_template_string(&piece, &piece).map_err(|error| error.to_string())?;
            }
            text += &engine()?.render_with_context(&piece, &context).map_err(|error| describe(&error))?;
        }
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}

impl std::fmt::Display for PolicyValues {
    /// All of them, with their names.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&serde_json::to_string(&self.0).map_err(|_| std::fmt::Error)?)
    }
}

/// The pieces of a template that can be filled one by one: whole lines, between which no expression or block is open. Of each
/// expression, the engine counts the characters of its template before it, and nobody asks for lines of these.
fn pieces(template: &str) -> Vec<String> {
    const SHORTEST: usize = 256;
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    // Of expressions and of blocks, how many were opened and how many closed.
    let (mut opened, mut closed) = ([0; 2], [0; 2]);
    for line in template.lines() {
        let count = |texts: &[&str]| texts.iter().map(|text| line.matches(text).count()).sum::<usize>();
        opened = [opened[0] + count(&["{{"]), opened[1] + count(&["{{#", "{{~#", "{{^"])];
        closed = [closed[0] + count(&["}}"]), closed[1] + count(&["{{/", "{{~/"])];
        piece += line.trim_start();
        piece.push('\n');
        if piece.len() >= SHORTEST && opened == closed {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    pieces.extend((!piece.is_empty()).then_some(piece));
    pieces
}

/// The pieces that were filled before, each by its own text: all accounts of a run fill the same, and to compile one takes
/// many times as long as to fill it.
static ENGINE: LazyLock<RwLock<Handlebars<'static>>> = LazyLock::new(|| RwLock::new(strict(escape_json)));

fn engine() -> Result<RwLockReadGuard<'static, Handlebars<'static>>, String> {
    ENGINE.read().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use handlebars::Template;

    use super::*;

    #[test]
    fn pieces_are_short_and_leave_no_expression_and_no_block_open() {
        let line = "\"Resource\": \"{{bucket_arn}}/*\",\n";
        let block = format!("{{{{#if keys}}}}\n{}{{{{else}}}}\n{{{{#each\nkeys}}}}\n", line.repeat(20));
        let template = format!("{}{block}{{{{/each}}}}\n{{{{/if}}}}\n", line.repeat(40));
        let pieces = pieces(&template);
        assert_eq!(pieces.concat(), template);
        // Eight lines are the shortest piece, and the whole block is one.
        assert_eq!(pieces.iter().map(String::len).collect::<Vec<_>>(), [256, 256, 256, 256, 256, 695]);
        for piece in &pieces {
            Template::compile(piece).unwrap();
        }
    }
}
