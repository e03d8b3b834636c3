//! Rendering: from a plan to templates, as text and as the value that the text parses back to.

mod context;
mod engine;
mod long_form;
mod operations;
mod origin;
pub mod outline;
mod policy;
mod size;
mod template;
mod twin;
mod yaml;

pub use engine::{RenderFailure, Templates};
pub use long_form::{NoLongForm, long_form};
pub use origin::Origins;
pub use size::Sizer;
pub use template::{Contents, Rendered, Template};
pub use twin::{Form, TWIN_ID, TWIN_NAME, TWIN_NOTEBOOK, TWIN_TYPE, TWIN_VOLUME};
pub use yaml::scalar;

use std::sync::Arc;

use outline::Outline;

use crate::finding::{Finding, Rule};
use crate::model::Account;
use crate::plan::{AccountPlan, Part, StackPlan};
use crate::source::{Place, SourceFile};

/// The script that the notebooks run at each start.
const NOTEBOOK_SCRIPT: &str = "scripts/notebook-on-start.sh";

/// The room that a text is given at first: most templates have it, and none of them is then moved as it grows.
const ROOM: usize = 1 << 16;

/// The function that rotates access keys.
const KEY_ROTATION_CODE: &str = "scripts/rotate-keys.py";

/// Renders one stack of a plan, and reads what it gives, as `read` does.
///
/// # Errors
/// When its template cannot be filled, or what it gives is no YAML.
pub fn render(
    templates: &Templates,
    plan: &AccountPlan<'_>,
    stack: &StackPlan<'_>,
) -> Result<Result<Template, Finding>, RenderFailure> {
    read(templates, &fill(templates, plan, stack)?)
}

/// Renders one stack of a plan.
///
/// # Errors
/// When its template cannot be filled.
pub fn fill(templates: &Templates, plan: &AccountPlan<'_>, stack: &StackPlan<'_>) -> Result<Rendered, RenderFailure> {
    let text = filled(templates, plan, stack)?;
    Ok(Rendered::new(stack.part, SourceFile::new(plan.folder.join(stack.file()), text)))
}

/// Reads a rendered template; inside, a finding where it holds what CloudFormation does not know. What it parses to takes
/// many times as much room as its text.
///
/// # Errors
/// When it is no YAML.
pub fn read(templates: &Templates, rendered: &Rendered) -> Result<Result<Template, Finding>, RenderFailure> {
    let source = &rendered.source;
    match long_form(&source.text) {
        Ok(value) => Ok(Ok(Template { part: rendered.part, source: Arc::clone(source), value })),
        Err(NoLongForm::NotCloudformation { path, message }) => {
            let place = Outline::read(source).place(&format!("/{path}"));
            let help = "use the YAML that CloudFormation reads: scalar keys, finite numbers, and the tags of its own functions";
            Ok(Err(Finding::new(Rule::TemplateNotCloudformation, message).at(place).help(help)))
        }
        Err(NoLongForm::NotYaml(error)) => {
            let offset = offset_of(&source.text, &error);
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
fn offset_of(text: &str, error: &serde_yaml::Error) -> usize {
    let Some(location) = error.location().filter(|location| location.index() > 0) else {
        return text.find(|c: char| c.is_control() && !c.is_whitespace()).unwrap_or_default();
    };
    let start: usize = text.split_inclusive('\n').take(location.line().saturating_sub(1)).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    start + line.chars().take(location.column().saturating_sub(1)).map(char::len_utf8).sum::<usize>()
}

/// The text of a stack's template.
fn filled(templates: &Templates, plan: &AccountPlan<'_>, stack: &StackPlan<'_>) -> Result<String, RenderFailure> {
    let kind = stack.part.kind();
    let mut text = String::with_capacity(ROOM);
    text.push_str(&header(plan.account, stack));
    match stack.part {
        Part::Storage => templates.fill(kind, &context::storage(plan, stack), text),
        Part::Access => templates.fill(kind, &context::shared(plan, stack), text),
        Part::ServiceRoles | Part::RetiredRoles => templates.fill(kind, &context::roles(plan, stack), text),
        Part::Operations => {
            let code = templates.text(KEY_ROTATION_CODE);
            templates.fill(kind, &operations::operations(plan, stack, code), text)
        }
        Part::Users(_) => {
            let script = templates.text(NOTEBOOK_SCRIPT);
            templates.fill(kind, &context::users(plan, stack, script), text)
        }
    }
}

/// What the reader of a generated file must know first. Nothing in it changes with the day or with racestack's version.
fn header(account: &Account, stack: &StackPlan<'_>) -> String {
    let inputs: Vec<String> = account.inputs.iter().map(|path| path.display().to_string().replace('\\', "/")).collect();
    format!(
        "# Made by `racestack synth` from {}. Change those, not this file.\n# Stack {} in the account {}, {}.\n",
        inputs.join(", "),
        stack.name,
        account.id,
        account.region
    )
}
