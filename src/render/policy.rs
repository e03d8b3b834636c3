//! `{{policy NAME indent=N}}`: a policy document as YAML, with the reasons of its statements as comments;
//! `{{policy NAME}}`: the same on one line, without comments. Of a policy that differs between the profiles,
//! the one of the template's profile.

use handlebars::{Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError};
use serde_json::Value;

use super::helpers::{PolicyError, describe, indent, refuse};
use super::reference::PolicyValues;
use super::yaml;

/// The helper, with the policy templates.
pub(super) struct PolicyHelper(pub Handlebars<'static>);

impl PolicyHelper {
    fn document(&self, name: &str, root: &Value) -> Result<Value, RenderError> {
        let text = self
            .0
            .render(name, &PolicyValues::within(root).0)
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
        let name = if self.0.has_template(&of_profile) { &of_profile } else { name };
        if !self.0.has_template(name) {
            return Err(refuse(&format!("there is no policy `{name}`")));
        }
        let document = self.document(name, root)?;
        let is_block = helper.hash_get("indent").is_some();
        let text = if is_block { yaml::block(&document, indent(helper)?) } else { yaml::flow(&document) };
        Ok(out.write(&text)?)
    }
}
