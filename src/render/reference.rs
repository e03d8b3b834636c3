//! What policies are filled with; and those of the program's own, which no template replaces.

use std::sync::{LazyLock, RwLock, RwLockReadGuard};

use handlebars::Handlebars;
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
        if !engine()?.has_template(template) {
            // The engine counts the characters before each expression, and nobody asks for lines of these templates.
            let text = template.lines().map(str::trim_start).collect::<Vec<_>>().join(" ");
            let mut engine = ENGINE.write().map_err(|error| error.to_string())?;
            engine.register_template_string(template, text).map_err(|error| error.to_string())?;
        }
        let text = engine()?.render(template, &self.0).map_err(|error| describe(&error))?;
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}

impl std::fmt::Display for PolicyValues {
    /// All of them, with their names.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&serde_json::to_string(&self.0).map_err(|_| std::fmt::Error)?)
    }
}

/// The templates that were filled before, each by its own text: all accounts of a run fill the same, and to compile one takes
/// many times as long as to fill it.
static ENGINE: LazyLock<RwLock<Handlebars<'static>>> = LazyLock::new(|| RwLock::new(strict(escape_json)));

fn engine() -> Result<RwLockReadGuard<'static, Handlebars<'static>>, String> {
    ENGINE.read().map_err(|error| error.to_string())
}
