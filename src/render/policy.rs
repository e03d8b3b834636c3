//! `{{policy NAME indent=N}}`: a policy document as YAML, with the reasons of its statements as comments;
//! `{{policy NAME}}`: the same on one line, without comments. Of a policy that differs between the profiles,
//! the one of the template's profile.

use std::collections::BTreeMap;
use std::sync::Arc;

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError};
use serde_json::Value;

use super::helpers::{escape_json, indent, refuse, strict};
use super::reference::PolicyValues;
use super::yaml;
use crate::source::SourceFile;

/// Where the templates of policies are, and how their names end.
pub(super) const POLICIES: &str = "policies/";
pub(super) const POLICY: &str = ".json.hbs";

/// The helper, with the policy templates by their paths.
pub(super) struct PolicyHelper(pub BTreeMap<String, Arc<SourceFile>>);

impl PolicyHelper {
    /// The document that the template of a path gives. An error names the template and its line, as the engine's own do.
    fn document(&self, path: String, root: &Value) -> Result<Value, RenderError> {
        let template = self.0.get(&path).map(|source| source.text.as_str()).unwrap_or_default();
        let values = PolicyValues::within(root);
        if let Ok(document) = values.fill(template) {
            return Ok(document);
        }
        // Of the whole template, the engine knows the lines.
        let mut engine = strict(escape_json);
        engine.register_template_string(&path, template).map_err(|error| refuse(&error.to_string()))?;
        let text = engine.render(&path, &values.0)?;
        serde_json::from_str(&text).map_err(|error| {
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            let mut refused = refuse(&format!("it is no JSON: {why}"));
            (refused.template_name, refused.line_no) = (Some(path), Some(error.line()));
            refused
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
        let paths = [format!("{POLICIES}{name}.{profile}{POLICY}"), format!("{POLICIES}{name}{POLICY}")];
        let path = paths.into_iter().find(|path| self.0.contains_key(path));
        let document = self.document(path.ok_or_else(|| refuse(&format!("there is no policy `{name}`")))?, root)?;
        let is_block = helper.hash_get("indent").is_some();
        let text = if is_block { yaml::block(&document, indent(helper)?) } else { yaml::flow(&document) };
        Ok(out.write(&text)?)
    }
}
