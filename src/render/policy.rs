//! `{{policy NAME indent=N [comments=false]}}`: a policy document as YAML. Of a policy that differs between the profiles,
//! the one of the template's profile.
//!
//! A stack of users asks for the same few documents again and again, which differ in the names of the user and of the
//! user's notebook alone. So a document is filled, read and laid out once, with marks where the names belong, and the marks
//! give way to each user's names as the document is written. That comes to the same as to fill it anew because of what
//! `PolicyHelper::prepared` asserts: it is only done where every expression is a plain value or one of these names, where the
//! marks stand in texts and in no key, and where the document is JSON with the marks, which could then stand nowhere but
//! inside a JSON string.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, RwLock};

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError};
use serde_json::{Map, Value};

use super::engine::{PolicyError, describe, indent, refuse};
use super::yaml::Draft;

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
    /// Documents that were prepared, by the policy's name and how they are laid out: those of the accounts that came last.
    prepared: RwLock<BTreeMap<String, VecDeque<Arc<Prepared>>>>,
}

/// How a document stands in a stack's template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Layout {
    indent: usize,
    comments: bool,
}

/// A document that waits for a user's names.
struct Prepared {
    layout: Layout,
    /// What else it was filled with.
    values: Values,
    /// `None` where the document must be filled for each user.
    draft: Option<Draft>,
    /// Whether it names the user's notebook.
    names_notebook: bool,
}

impl PolicyHelper {
    pub(super) fn new(policies: Handlebars<'static>, texts: BTreeMap<String, String>) -> Self {
        Self { policies, texts, prepared: RwLock::default() }
    }

    fn fill(&self, name: &str, values: &Values, user: Value) -> Result<Value, RenderError> {
        let mut data = values.all();
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
    fn prepared(&self, name: &str, layout: Layout, root: &Value) -> Arc<Prepared> {
        let is_it = |one: &&Arc<Prepared>| one.layout == layout && one.values.are_of(root);
        if let Ok(prepared) = self.prepared.read()
            && let Some(found) = prepared.get(name).and_then(|of| of.iter().find(is_it))
        {
            return Arc::clone(found);
        }
        let values = Values::of(root);
        let all = values.all();
        let document = self.texts.get(name).filter(|text| is_plain(text, &all)).and_then(|_| {
            let user = serde_json::json!({ "name": USER, "notebook": { "name": NOTEBOOK } });
            let document = self.fill(name, &values, user).ok()?;
            let unmarked = !all.values().filter_map(Value::as_str).any(|value| value.contains([USER, NOTEBOOK]));
            (unmarked && no_key_is_marked(&document)).then_some(document)
        });
        let names_notebook = document.as_ref().is_some_and(|document| document.to_string().contains(NOTEBOOK));
        let draft = document.map(|document| Draft::new(&document, layout.indent, layout.comments, &[USER, NOTEBOOK]));
        let new = Arc::new(Prepared { layout, values, draft, names_notebook });
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
        let layout = Layout { indent: indent(helper)?, comments };
        let user = this(render, root);
        let prepared = self.prepared(name, layout, root);
        let text = |path: &str| user.pointer(path).and_then(Value::as_str);
        let names = match (text("/name"), text("/notebook/name")) {
            (Some(name), Some(notebook)) => Some([(USER, name), (NOTEBOOK, notebook)]),
            // Who has no notebook has no policy that names it.
            (Some(name), None) if !prepared.names_notebook => Some([(USER, name), (NOTEBOOK, "")]),
            _ => None,
        };
        if let Some((draft, names)) = prepared.draft.as_ref().zip(names) {
            draft.write(&names, |piece| out.write(piece))?;
        } else {
            let document = self.fill(name, &prepared.values, user.clone())?;
            Draft::new(&document, layout.indent, layout.comments, &[]).write(&[], |piece| out.write(piece))?;
        }
        Ok(())
    }
}

/// What the template's `this` is where the helper stands. The engine's own way there parses the word anew each time.
fn this<'v>(render: &'v RenderContext<'_, '_>, root: &'v Value) -> &'v Value {
    let Some(block) = render.block() else { return root };
    if let Some(value) = block.base_value() {
        return value;
    }
    block.base_path().iter().fold(root, |value, step| match value {
        Value::Array(values) => step.parse().ok().and_then(|index: usize| values.get(index)).unwrap_or(&Value::Null),
        value => value.get(step).unwrap_or(&Value::Null),
    })
}

/// What every policy is filled with, besides the user.
pub(super) struct Values {
    /// The names of an account's resources.
    names: Map<String, Value>,
    others: [Value; OTHERS.len()],
}

impl Values {
    pub(super) fn of(root: &Value) -> Self {
        let names = root.get("names").and_then(Value::as_object).cloned().unwrap_or_default();
        Self { names, others: OTHERS.map(|key| root.get(key).cloned().unwrap_or_default()) }
    }

    /// Whether they are those of `root`. They come in the order of a type's fields, so that nothing need be looked up.
    fn are_of(&self, root: &Value) -> bool {
        let names = root.get("names").and_then(Value::as_object).into_iter().flatten();
        let others = OTHERS.iter().map(|key| root.get(*key).unwrap_or(&Value::Null));
        self.names.iter().eq(names) && self.others.iter().eq(others)
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Map<String, Value> {
        let mut all = self.names.clone();
        all.extend(OTHERS.iter().map(|key| (*key).to_owned()).zip(self.others.iter().cloned()));
        all
    }
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

    const LAYOUT: Layout = Layout { indent: 4, comments: true };

    fn written(draft: &Draft, texts: &[(char, &str)]) -> String {
        let mut written = String::new();
        draft.write(texts, |piece| std::fmt::Write::write_str(&mut written, piece)).unwrap();
        written
    }

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
        let text = r#"{"S": [{"//": "Of {{user.name}}.", "A": "{{user.name}}", "B": ["{{bucket}}/{{user.name}}/{{user.notebook.name}}", 1], "C": {}}]}"#;
        let helper = helper(text);
        let prepared = helper.prepared("a", LAYOUT, &root);
        for name in ["tanaka.taro", "yes", "0x1", "a=b,c", "@x", "-", "12"] {
            let user = json!({ "name": name, "notebook": { "name": "n-1" } });
            let filled = helper.fill("a", &Values::of(&root), user).unwrap();
            assert_eq!(
                written(prepared.draft.as_ref().unwrap(), &[(USER, name), (NOTEBOOK, "n-1")]),
                written(&Draft::new(&filled, LAYOUT.indent, LAYOUT.comments, &[]), &[]),
                "{name}"
            );
        }
        assert!(Arc::ptr_eq(&prepared, &helper.prepared("a", LAYOUT, &root)));
        let other = json!({"names": {"bucket": "b-2", "partition": "aws"}});
        assert!(!Arc::ptr_eq(&prepared, &helper.prepared("a", LAYOUT, &other)));
        let without_comments = Layout { comments: false, ..LAYOUT };
        assert!(!Arc::ptr_eq(&prepared, &helper.prepared("a", without_comments, &root)));
        let limited = json!({"names": {"bucket": "b-1", "partition": "aws"}, "mfa": true});
        assert!(!Arc::ptr_eq(&prepared, &helper.prepared("a", LAYOUT, &limited)));
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
            assert!(helper(text).prepared("a", LAYOUT, &root).draft.is_none(), "{text}");
        }
    }
}
