//! How much of a users stack a user takes, reckoned without rendering the user: the template is rendered for a twin of the
//! user's form, in which the words of the twin are counted. So many bytes does one more character of each value cost.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use super::engine::{RenderFailure, Templates};
use super::filled;
use super::twin::{
    Form, TWIN_ID, TWIN_KEY, TWIN_NAME, TWIN_NOTEBOOK, TWIN_PERSON_TAG, TWIN_TAG, TWIN_TYPE, TWIN_VOLUME,
};
use super::yaml::scalar;
use crate::model::{Account, User};
use crate::plan::{Part, Size, plan};

/// Tells the sizes of an account's users.
pub struct Sizer<'a> {
    templates: &'a Templates,
    account: &'a Account,
    /// What a users stack takes without any user.
    pub empty: Size,
    forms: RefCell<BTreeMap<Form, Rates>>,
}

/// The dynamic references that a password takes. They are reckoned for everybody: who has no password today may get one,
/// and cannot move to another stack then.
const PASSWORD_REFERENCES: usize = 1;

/// The size of a twin without its volume's, and how often each of its values stands there.
#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    twin: Size,
    name: usize,
    logical_id: usize,
    tag: usize,
    person_tag: usize,
    notebook_name: usize,
    instance_type: usize,
    volume: usize,
}

impl<'a> Sizer<'a> {
    /// A sizer for an account.
    ///
    /// # Errors
    /// When the users template cannot be filled.
    pub fn new(templates: &'a Templates, account: &'a Account) -> Result<Self, RenderFailure> {
        let (empty, _) = measure(templates, account, Vec::new())?;
        Ok(Self { templates, account, empty, forms: RefCell::default() })
    }

    /// What a user takes. Where a value's characters must be escaped it may be reckoned a little high, never low.
    pub fn size(&self, user: &User) -> Size {
        let form = Form::of(user);
        let known = self.forms.borrow().get(&form).copied();
        let rates = known.unwrap_or_else(|| {
            let rates = self.rates(form).unwrap_or_default();
            self.forms.borrow_mut().insert(form, rates);
            rates
        });
        let more = |text: &str, word: &str| scalar(text).len().saturating_sub(word.len());
        let tags = |tags: &[crate::model::Tag]| -> usize {
            tags.iter().map(|tag| more(&tag.key, TWIN_KEY) + more(&tag.value, TWIN_TAG)).sum()
        };
        let mut bytes = rates.twin.bytes
            + rates.name * more(user.name.as_str(), TWIN_NAME)
            + rates.logical_id * more(user.logical_id.as_str(), TWIN_ID)
            + rates.tag * tags(&user.tags)
            + rates.person_tag * tags(&user.person_tags);
        if let Some(notebook) = &user.notebook {
            bytes += rates.notebook_name * more(notebook.name.as_str(), TWIN_NOTEBOOK)
                + rates.instance_type * more(notebook.instance_type.as_str(), TWIN_TYPE)
                + rates.volume * notebook.volume_gb.to_string().len();
        }
        Size { bytes, references: rates.twin.references.max(PASSWORD_REFERENCES), ..rates.twin }
    }

    fn rates(&self, form: Form) -> Option<Rates> {
        let twin = form.twin()?;
        let (size, text) = measure(self.templates, self.account, vec![&twin]).ok()?;
        let count = |word: &str| text.matches(word).count();
        let (volume, digits) = (TWIN_VOLUME.to_string(), TWIN_VOLUME.to_string().len());
        Some(Rates {
            twin: Size {
                bytes: size.bytes.saturating_sub(self.empty.bytes + count(&volume) * digits),
                resources: size.resources.saturating_sub(self.empty.resources),
                references: size.references.saturating_sub(self.empty.references),
            },
            name: count(TWIN_NAME),
            logical_id: count(TWIN_ID),
            tag: count(TWIN_TAG).div_ceil(form.tags.max(1)),
            person_tag: count(TWIN_PERSON_TAG).div_ceil(form.person_tags.max(1)),
            notebook_name: count(TWIN_NOTEBOOK),
            instance_type: count(TWIN_TYPE),
            volume: count(&volume),
        })
    }
}

/// The size of a users stack of these users, and its text.
fn measure(templates: &Templates, account: &Account, users: Vec<&User>) -> Result<(Size, String), RenderFailure> {
    let plan = plan(account, Path::new(""), vec![users]);
    let Some(stack) = plan.stacks.iter().find(|stack| matches!(stack.part, Part::Users(_))) else {
        return Ok((Size::default(), String::new()));
    };
    let text = filled(templates, &plan, stack)?;
    let size = Size {
        bytes: text.len(),
        // A resource is a line `Type:` at the depth of a resource's keys: the template is not parsed for a measure.
        resources: text.matches("\n    Type: ").count(),
        references: text.matches("{{resolve:").count(),
    };
    Ok((size, text))
}
