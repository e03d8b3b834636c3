//! Rendering: from a plan to templates, as text and as the value that the text parses back to.

mod by_design;
mod context;
mod digest;
mod engine;
mod expand_short_tags;
mod fragment;
mod helpers;
mod people;
mod policy;
mod policy_source;
mod prototype;
mod reference;
pub mod span_index;
mod start_script;
mod template;
mod text_templates;
mod yaml;

pub use digest::{DIGEST_OUTPUT, PLACEHOLDER, sha256};
pub use engine::{RenderFailure, Templates, embedded_folder, embedded_templates};
pub use expand_short_tags::{NotExpanded, expand_short_tags};
pub use fragment::{Fragment, Substitution};
pub use people::People;
pub use policy_source::PolicySourceMap;
pub use prototype::{
    PROTOTYPE_ID, PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, PROTOTYPE_TAG, PROTOTYPE_TEAM, PROTOTYPE_VOLUME, UserShape,
    is_of_prototype, words,
};
pub use reference::PolicyValues;
pub use template::{Contents, Rendered, Template};
pub use text_templates::{TextTemplates, policy_hash};
pub use yaml::{block, scalar};

use std::collections::BTreeMap;
use std::sync::Arc;

use people::NOBODY_ID;
use serde_json::{Map, Value};

use span_index::SpanIndex;

use crate::finding::{Finding, Rule};
use crate::model::{Account, Profile, Service, StackName, StackNumber};
use crate::plan::{self, AccountPlan, Part, Size, StackPlan, stack_name};
use crate::source::{Place, SourceFile};

/// Renders one stack of a plan, with its people as they were rendered.
pub fn fill(
    templates: &Templates,
    plan: &AccountPlan<'_>,
    stack: &StackPlan<'_>,
    people: &People<'_>,
) -> Result<Rendered, RenderFailure> {
    let account = plan.account;
    let text = match stack.part {
        Part::Users(_) => people.stack(&stack.users),
        part => {
            let context = context::of(account, &plan.names, part, |path| templates.text(path));
            templates.fill(part.kind(), &context)?
        }
    };
    let header = header(account, &stack.name);
    let (text, digest) = digest::with_digest(text);
    let source = SourceFile::new(plan.folder.join(stack.file()), header + &text);
    Ok(Rendered { part: stack.part, source, digest })
}

/// The policy of a service's role, as racestack has it, whatever stands in its place in the templates.
pub fn service_policy(service: Service, profile: Profile) -> &'static str {
    engine::embedded_text(&format!("policies/service/{}.{}.json.hbs", service.as_str(), profile.as_str()))
}

/// A users template without anybody, as it parses, with `PLACEHOLDER` for its digest; and the resources of those with a prototype of
/// each shape alone. What is nobody's is there as it is without anybody: that every stack has it so is for its reader to see.
///
/// # Errors
/// When one is no YAML.
pub fn resources_of_prototypes(
    templates: &Templates,
    people: &People<'_>,
) -> Result<(Value, BTreeMap<UserShape, Value>), RenderFailure> {
    let parsed = |text: String| {
        let rendered = Rendered { part: Part::Users(1), source: SourceFile::new("", text), digest: None };
        // What CloudFormation does not know is found in the real templates.
        let template = read(templates, &rendered).map_err(|failure| RenderFailure {
            finding: Box::new(templates.at_first_line(rendered.part.kind(), *failure.finding)),
            ..failure
        })?;
        Ok(template.map(|template| template.value).unwrap_or_default())
    };
    let mut nobody = parsed(people.nobody())?;
    let shared = nobody.get_mut("Resources").and_then(Value::as_object_mut);
    let shared = shared.map_or_else(Map::new, |all| {
        all.remove(NOBODY_ID);
        all.clone()
    });
    let prototypes = people.prototypes().map(|(shape, text)| {
        let all = parsed(text)?.get_mut("Resources").and_then(Value::as_object_mut).map(std::mem::take);
        let own = all.into_iter().flatten().filter(|(id, _)| id.starts_with(PROTOTYPE_ID));
        Ok((shape.clone(), shared.clone().into_iter().chain(own).collect()))
    });
    let prototypes = prototypes.collect::<Result<_, RenderFailure>>()?;
    Ok((nobody, prototypes))
}

/// What an empty users stack of the account has room for.
pub fn capacity(account: &Account, people: &People<'_>) -> Size {
    let longest = stack_name(account, Part::Users(StackNumber::MAX)).map_or(0, |name| header(account, &name).len());
    let empty = Size { bytes: longest, ..Size::default() } + people.empty();
    plan::capacity(account.template_bytes(), empty)
}

/// Reads a rendered template; inside, a finding where it holds what CloudFormation does not know. What it parses to takes
/// many times as much room as its text.
///
/// # Errors
/// When it is no YAML.
pub fn read(templates: &Templates, rendered: &Rendered) -> Result<Result<Template, Finding>, RenderFailure> {
    let source = &rendered.source;
    match expand_short_tags(&source.text) {
        Ok(value) if value.get("Resources").and_then(Value::as_object).is_none_or(Map::is_empty) => {
            let finding =
                Finding::new(Rule::TemplateNotCloudformation, "a template needs a resource, and this one has none");
            Ok(Err(finding.at(Place::whole(source)).help("mend the template that this is rendered from")))
        }
        Ok(value) => Ok(Ok(Template::new(rendered.part, Arc::clone(source), value))),
        Err(NotExpanded::NotCloudformation { path, message }) => {
            let place = SpanIndex::read(source).place(&format!("/{path}"));
            let help = "use the YAML that CloudFormation reads: scalar keys, finite numbers, and the tags of its own functions";
            Ok(Err(Finding::new(Rule::TemplateNotCloudformation, message).at(place).help(help)))
        }
        Err(NotExpanded::NotYaml(error)) => {
            let offset = offset_of(source, &error);
            // The place is shown beside the message, so the reader's own words about it are cut.
            let error = error.to_string().replace(['"', '\''], "`");
            let error = [" at line ", " at position "]
                .iter()
                .fold(error.as_str(), |error, place| error.split(place).next().unwrap_or_default());
            let message = format!("the rendered template is no YAML: {error}");
            let finding = Finding::new(Rule::TemplateFill, message).at(Place::new(source, offset..offset + 1));
            Err(templates.failure(finding.help("mend the template that this is rendered from")))
        }
    }
}

/// Where the reader stopped. It counts characters, not bytes; and at a character that YAML does not know, nothing.
fn offset_of(source: &SourceFile, error: &serde_yaml::Error) -> usize {
    let Some(location) = error.location().filter(|location| location.index() > 0) else {
        return source.text.find(|c: char| c.is_control() && !c.is_whitespace()).unwrap_or_default();
    };
    let start = source.line_range(location.line()).start;
    let line = source.text.get(start..).unwrap_or_default();
    start + line.chars().take(location.column().saturating_sub(1)).map(char::len_utf8).sum::<usize>()
}

/// What the reader of a generated file must know first. Nothing in it changes with the day or with racestack's version.
fn header(account: &Account, stack: &StackName) -> String {
    let inputs: Vec<String> = account.inputs.iter().map(|path| path.display().to_string().replace('\\', "/")).collect();
    format!(
        "# Made by `racestack synth` from {}. Change those, not this file.\n# Stack {} in the account {}, {}.\n",
        inputs.join(", "),
        stack,
        account.id,
        account.region
    )
}
