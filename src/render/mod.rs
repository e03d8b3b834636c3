//! Rendering: from a plan to templates, as text and as the value that the text parses back to.

mod context;
mod engine;
mod policy;
mod template;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

pub use engine::{RenderFailure, Templates};
pub use template::Template;

use crate::finding::{Finding, Rule};
use crate::model::{Account, User, UserName};
use crate::plan::{AccountPlan, Capacity, Part, StackPlan, plan};
use crate::source::{Place, SourceFile};

/// The script that the notebooks run at each start.
const NOTEBOOK_SCRIPT: &str = "scripts/notebook-on-start.sh";

/// Renders one stack of a plan.
///
/// # Errors
/// When its template cannot be filled, or what it gives is no YAML.
pub fn render(templates: &Templates, plan: &AccountPlan<'_>, stack: &StackPlan<'_>) -> Result<Template, RenderFailure> {
    let mut text = header(plan.account, stack);
    text.push_str(&body(templates, plan, stack)?);
    let source = SourceFile::new(plan.folder.join(stack.file()), text);
    match serde_yaml::from_str(&source.text) {
        Ok(value) => Ok(Template { part: stack.part, source, value }),
        Err(error) => {
            let offset = error.location().map_or(0, |location| location.index());
            let message = format!("the rendered template is no YAML: {error}");
            let finding = Finding::new(Rule::TemplateFill, message).at(Place::new(&source, offset..offset + 1));
            Err(templates.failure(finding.help("mend the template that this is rendered from")))
        }
    }
}

fn body(templates: &Templates, plan: &AccountPlan<'_>, stack: &StackPlan<'_>) -> Result<String, RenderFailure> {
    let kind = stack.part.kind();
    match stack.part {
        Part::Storage => templates.fill(kind, &context::storage(plan, stack)),
        Part::Access => templates.fill(kind, &context::shared(plan, stack)),
        Part::ServiceRoles | Part::RetiredRoles => templates.fill(kind, &context::roles(plan, stack)),
        Part::Users(_) => {
            let script = templates.text(NOTEBOOK_SCRIPT);
            templates.fill(kind, &context::users(plan, stack, script))
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

/// What a users stack of the account has room for, and what each user takes of it.
///
/// # Errors
/// When the template of the users stacks cannot be filled.
pub fn measure<'a>(
    templates: &'a Templates,
    account: &'a Account,
) -> Result<(Capacity, impl Fn(&User) -> Capacity + 'a), RenderFailure> {
    let plan = plan(account, Path::new(""), vec![Vec::new()]);
    let stack = plan.stacks.iter().find(|stack| matches!(stack.part, Part::Users(_))).cloned();
    let size = |users: Vec<&User>| -> Result<usize, RenderFailure> {
        let Some(stack) = &stack else { return Ok(0) };
        let stack = StackPlan { part: stack.part, name: stack.name.clone(), users };
        Ok(header(account, &stack).len() + body(templates, &plan, &stack)?.len())
    };
    let empty = size(Vec::new())?;
    let room = account.template_bucket.template_bytes().saturating_sub(empty);
    let capacity = Capacity { bytes: room, resources: crate::facts::limits::TEMPLATE_RESOURCES - 1 };
    // The users template repeats a block per user, so that one user's bytes are those that they add.
    let bytes = |user: &User| size(vec![user]).map_or(room, |bytes| bytes.saturating_sub(empty));
    let sizes: BTreeMap<&UserName, usize> = account.users.par_iter().map(|user| (&user.name, bytes(user))).collect();
    let of_user = move |user: &User| Capacity {
        bytes: sizes.get(&user.name).copied().unwrap_or(room),
        resources: if user.notebook.is_some() { 3 } else { 1 },
    };
    Ok((capacity, of_user))
}
