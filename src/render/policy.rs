//! `{{policy NAME indent=N [comments=false]}}`: a policy document as YAML. Of a policy that differs between the profiles,
//! the one of the template's profile.
//!
//! A stack of users asks for the same few documents again and again, which differ in the names of the user and of the
//! user's notebook alone. So a document is filled and read once, with marks where the names belong, and the marks give way
//! to each user's names as the document is written. That comes to the same as to fill it anew because of what `Prepared::new` asserts: it is only done where every
//! expression is a plain value or one of these names, where the marks stand in texts and in no key, and where the document
//! is JSON with the marks, which could then stand nowhere but inside a JSON string.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, RwLock};

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError};
use serde_json::{Map, Value};

use super::engine::{PolicyError, describe, indent, refuse};
use super::yaml;

/// Stands for the user's name: a character of the private use area, which no name of a user may hold.
const USER: char = '\u{E000}';

/// Stands for the name of the user's notebook, which may hold no such character either.
const NOTEBOOK: char = '\u{E001}';

/// For how many accounts a document is kept: more than are worked on at a time.
const ACCOUNTS: usize = 32;

/// What policies can name besides the names of an account's resources.
const OTHERS: [&str; 8] = [
    "bucket_kms_key",
    "subnet_id",
    "console",
    "mfa",
    "mfa_required",
    "sign_in",
    "allowed_notebook_types",
    "allowed_training_types",
];

/// The helper, with the policy templates.
pub(super) struct PolicyHelper {
    policies: Handlebars<'static>,
    /// By the name of a policy template, its text.
    texts: BTreeMap<String, String>,
    /// Documents that were prepared, by the policy's name: those of the accounts that came last.
    prepared: RwLock<BTreeMap<String, VecDeque<Arc<Prepared>>>>,
}

/// A document that waits for a user's names.
struct Prepared {
    /// What else it was filled with.
    values: Map<String, Value>,
    /// `None` where the document must be filled for each user.
    document: Option<Value>,
    /// Whether it names the user's notebook.
    names_notebook: bool,
}

impl PolicyHelper {
    pub(super) fn new(policies: Handlebars<'static>, texts: BTreeMap<String, String>) -> Self {
        Self { policies, texts, prepared: RwLock::default() }
    }

    fn fill(&self, name: &str, values: Map<String, Value>, user: Value) -> Result<Value, RenderError> {
        let mut data = values;
        data.insert("user".to_owned(), user);
        let text = self
            .policies
            .render(name, &data)
            .map_err(|error| PolicyError::refuse(name, error.line_no.unwrap_or(1), describe(&error)))?;
        serde_json::from_str(&text).map_err(|error| {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            PolicyError::refuse(name, error.line(), format!("it is no JSON: {why}"))
        })
    }

    /// The prepared document, which is prepared now if it was not yet.
    fn prepared(&self, name: &str, root: &Value) -> Arc<Prepared> {
        if let Ok(prepared) = self.prepared.read()
            && let Some(found) = prepared.get(name).and_then(|of| of.iter().find(|one| is_made_of(&one.values, root)))
        {
            return Arc::clone(found);
        }
        let values = values(root);
        let document = self.texts.get(name).filter(|text| is_plain(text, &values)).and_then(|_| {
            let user = serde_json::json!({ "name": USER, "notebook": { "name": NOTEBOOK } });
            let document = self.fill(name, values.clone(), user).ok()?;
            let unmarked = !values.values().filter_map(Value::as_str).any(|value| value.contains([USER, NOTEBOOK]));
            (unmarked && no_key_is_marked(&document)).then_some(document)
        });
        let names_notebook = document.as_ref().is_some_and(|document| document.to_string().contains(NOTEBOOK));
        let new = Arc::new(Prepared { values, document, names_notebook });
        if let Ok(mut prepared) = self.prepared.write() {
            let of_accounts = prepared.entry(name.to_owned()).or_default();
            of_accounts.truncate(ACCOUNTS - 1);
            of_accounts.push_front(Arc::clone(&new));
        }
        new
    }
}

impl HelperDef for PolicyHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name =
            helper.param(0).and_then(|name| name.value().as_str()).ok_or_else(|| refuse("it names no policy"))?;
        let root = context.data();
        let profile = root.get("profile").and_then(Value::as_str).unwrap_or_default();
        let of_profile = format!("{name}.{profile}");
        let name = if self.policies.has_template(&of_profile) { &of_profile } else { name };
        if !self.policies.has_template(name) {
            return Err(refuse(&format!("there is no policy `{name}`")));
        }
        let comments = helper.hash_get("comments").and_then(|value| value.value().as_bool()).unwrap_or(true);
        let indent = indent(helper)?;
        let this = render.evaluate(context, "this")?;
        let user = this.as_json();
        let prepared = self.prepared(name, root);
        let text = |path: &str| user.pointer(path).and_then(Value::as_str);
        let written = match (&prepared.document, text("/name"), text("/notebook/name")) {
            (Some(document), Some(name), Some(notebook)) => {
                yaml::document(document, indent, comments, &[(USER, name), (NOTEBOOK, notebook)])
            }
            // Who has no notebook has no policy that names it.
            (Some(document), Some(name), None) if !prepared.names_notebook => {
                yaml::document(document, indent, comments, &[(USER, name)])
            }
            _ => yaml::document(&self.fill(name, values(root), user.clone())?, indent, comments, &[]),
        };
        Ok(out.write(&written)?)
    }
}

/// What every policy is filled with, besides the user.
pub(super) fn values(root: &Value) -> Map<String, Value> {
    let mut values = root.get("names").and_then(Value::as_object).cloned().unwrap_or_default();
    for key in OTHERS {
        values.insert(key.to_owned(), root.get(key).cloned().unwrap_or_default());
    }
    values
}

fn is_made_of(values: &Map<String, Value>, root: &Value) -> bool {
    let names = root.get("names").and_then(Value::as_object);
    let other = |key: &&str| values.get(*key) == Some(root.get(*key).unwrap_or(&Value::Null));
    values.len() == names.map_or(0, Map::len) + OTHERS.len()
        && OTHERS.iter().all(other)
        && names.is_none_or(|names| names.iter().all(|(name, value)| values.get(name) == Some(value)))
}

/// Whether every expression of a policy template is the name of a text among `values`, or one of the user's names.
fn is_plain(text: &str, values: &Map<String, Value>) -> bool {
    text.split("{{").skip(1).all(|rest| {
        let name = rest.split("}}").next().unwrap_or_default();
        let is_text = values.get(name).is_some_and(Value::is_string);
        // A backslash before an expression, or a third brace, means something else to handlebars.
        is_text || name == "user.name" || name == "user.notebook.name"
    }) && !text.contains("\\{{")
        && !text.contains("{{{")
        && !text.contains([USER, NOTEBOOK])
}

fn no_key_is_marked(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().all(|(key, value)| !key.contains([USER, NOTEBOOK]) && no_key_is_marked(value)),
        Value::Array(values) => values.iter().all(no_key_is_marked),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn helper(text: &str) -> PolicyHelper {
        let mut policies = Handlebars::new();
        policies.set_strict_mode(true);
        policies.register_escape_fn(super::super::engine::escape_json);
        policies.register_template_string("a", text).unwrap();
        PolicyHelper::new(policies, BTreeMap::from([("a".to_owned(), text.to_owned())]))
    }

    #[test]
    fn a_prepared_document_is_the_one_that_filling_gives() {
        let root = json!({"names": {"bucket": "b-1", "partition": "aws"}});
        let text = r#"{"//": "Of {{user.name}}.", "A": "{{user.name}}", "B": ["{{bucket}}/{{user.name}}/{{user.notebook.name}}", 1], "C": {}}"#;
        let helper = helper(text);
        let prepared = helper.prepared("a", &root);
        for name in ["tanaka.taro", "yes", "0x1", "a=b,c", "@x", "-", "12"] {
            let user = json!({ "name": name, "notebook": { "name": "n-1" } });
            let filled = helper.fill("a", values(&root), user).unwrap();
            let document = prepared.document.as_ref().unwrap();
            assert_eq!(
                yaml::document(document, 4, true, &[(USER, name), (NOTEBOOK, "n-1")]),
                yaml::document(&filled, 4, true, &[]),
                "{name}"
            );
        }
        assert!(Arc::ptr_eq(&prepared, &helper.prepared("a", &root)));
        let other = json!({"names": {"bucket": "b-2", "partition": "aws"}});
        assert!(!Arc::ptr_eq(&prepared, &helper.prepared("a", &other)));
    }

    #[test]
    fn what_could_differ_by_more_than_the_name_is_not_prepared() {
        let root = json!({"names": {"bucket": "b-1"}});
        for text in [
            r#"{"{{user.name}}": 1}"#,
            r#"{"{{user.notebook.name}}": 1}"#,
            r#"{"A": {{#if user.suspended}}1{{else}}2{{/if}}}"#,
            r#"{"A": "{{{user.name}}}"}"#,
            r#"{"A": "{{user}}"}"#,
            r#"{"A": "{{nothing}}"}"#,
            r#"{"A": "\u00{{user.name}}"}"#,
            r#"{"A": "\\{{user.name}}"}"#,
            r#"{"A": "{{bucket_kms_key}}"}"#,
        ] {
            assert!(helper(text).prepared("a", &root).document.is_none(), "{text}");
        }
    }
}
