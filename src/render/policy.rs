//! `{{policy NAME indent=N}}`: a policy document as YAML, with the reasons of its statements as comments;
//! `{{policy NAME}}`: the same on one line, without comments. Of a policy that differs between the profiles,
//! the one of the template's profile.
//!
//! A policy knows the account's values and nobody's name: it names its owner by IAM's variables. So a document that stands
//! with every person, such as a trust policy, is filled once for an account.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, RwLock};

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError};
use serde_json::{Map, Value};

use super::helpers::{PolicyError, describe, indent, refuse};
use super::yaml;

/// For how many accounts a document is kept: more than are worked on at a time.
const ACCOUNTS: usize = 32;

/// What policies can name besides the names of an account's resources.
const OTHERS: [&str; 21] = [
    "bucket_kms_key",
    "notebook_kms_key",
    "kms_key",
    "user_spellings",
    "subnet_id",
    "security_group_ids",
    "max_runtime_seconds",
    "shared_folders",
    "team_folders",
    "console",
    "mfa",
    "mfa_required",
    "allowed_networks",
    "rotation_alarm",
    "notices_address",
    "budgets_address",
    "sign_in",
    "role_bound",
    "keys_rotated",
    "allowed_notebook_types",
    "allowed_training_types",
];

/// The helper, with the policy templates.
pub(super) struct PolicyHelper {
    policies: Handlebars<'static>,
    /// Documents that were filled, by the policy's name: those of the accounts that came last.
    filled: RwLock<BTreeMap<String, VecDeque<Arc<Filled>>>>,
}

/// How a document stands in a stack's template: by how many spaces its lines are indented, or on one line.
type Layout = Option<usize>;

/// A document as text, and what it was filled with.
struct Filled {
    layout: Layout,
    values: Values,
    text: String,
}

impl PolicyHelper {
    pub(super) fn new(policies: Handlebars<'static>) -> Self {
        Self { policies, filled: RwLock::default() }
    }

    /// The document of this layout, which is filled now if it was not yet.
    fn filled(&self, name: &str, layout: Layout, root: &Value) -> Result<Arc<Filled>, RenderError> {
        let is_it = |one: &&Arc<Filled>| one.layout == layout && one.values.are_of(root);
        if let Ok(filled) = self.filled.read()
            && let Some(found) = filled.get(name).and_then(|of| of.iter().find(is_it))
        {
            return Ok(Arc::clone(found));
        }
        let values = Values::of(root);
        let document = self.document(name, &values)?;
        let text = layout.map_or_else(|| yaml::flow(&document), |indent| yaml::block(&document, indent));
        let new = Arc::new(Filled { layout, values, text });
        if let Ok(mut filled) = self.filled.write() {
            let of_accounts = filled.entry(name.to_owned()).or_default();
            of_accounts.truncate(ACCOUNTS - 1);
            of_accounts.push_front(Arc::clone(&new));
        }
        Ok(new)
    }

    fn document(&self, name: &str, values: &Values) -> Result<Value, RenderError> {
        let text = self
            .policies
            .render(name, &values.all())
            .map_err(|error| PolicyError::refuse(name, error.line_no.unwrap_or(1), describe(&error)))?;
        serde_json::from_str(&text).map_err(|error| {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            PolicyError::refuse(name, error.line(), format!("it is no JSON: {why}"))
        })
    }
}

impl HelperDef for PolicyHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
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
        let layout = if helper.hash_get("indent").is_some() { Some(indent(helper)?) } else { None };
        out.write(&self.filled(name, layout, root)?.text)?;
        Ok(())
    }
}

/// What every policy is filled with.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_filled_once_for_each_account_and_layout() {
        let mut policies = Handlebars::new();
        policies.set_strict_mode(true);
        policies.register_escape_fn(super::super::helpers::escape_json);
        policies.register_template_string("a", r#"{"A": "{{bucket}}{{#if mfa}}-m{{/if}}"}"#).unwrap();
        let helper = PolicyHelper::new(policies);
        let layout = Some(4);
        let root = json!({"names": {"bucket": "b-1"}});
        let first = helper.filled("a", layout, &root).unwrap();
        assert_eq!(first.text, "A: b-1");
        assert!(Arc::ptr_eq(&first, &helper.filled("a", layout, &root).unwrap()));
        assert_eq!(helper.filled("a", None, &root).unwrap().text, "{A: b-1}");
        assert_eq!(helper.filled("a", layout, &json!({"names": {"bucket": "b-2"}})).unwrap().text, "A: b-2");
        let with_mfa = json!({"names": {"bucket": "b-1"}, "mfa": true});
        assert_eq!(helper.filled("a", layout, &with_mfa).unwrap().text, "A: b-1-m");
    }
}
