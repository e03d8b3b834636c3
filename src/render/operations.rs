//! What the template of the operations stack is filled with.

use serde::Serialize;

use super::context::{Shared, shared};
use crate::facts::LAMBDA_RUNTIME;
use crate::model::{Account, Budgets, KeyRotation};
use crate::plan::{Names, Part};

/// What `operations.yaml.hbs` can name.
#[derive(Debug, Serialize)]
pub struct Operations<'a> {
    #[serde(flatten)]
    shared: Shared<'a>,
    runtime: &'static str,
    key_rotation: Option<KeyRotationContext<'a>>,
    budgets: Option<BudgetsContext<'a>>,
    /// Whether an alarm watches over the rotation of access keys.
    rotation_alarm: bool,
    /// The addresses that are told of access keys and of budgets.
    notices_address: Option<&'a str>,
    budgets_address: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct KeyRotationContext<'a> {
    /// Texts, since they become the variables of a function.
    max_age_days: String,
    warn_days: String,
    notify: &'a str,
    code: &'a str,
}

#[derive(Debug, Serialize)]
struct BudgetsContext<'a> {
    notify: &'a str,
    account_usd: Option<u32>,
}

/// The context of the operations stack. `code` is the function that rotates access keys.
pub fn operations<'a>(account: &'a Account, names: &'a Names, code: &'a str) -> Operations<'a> {
    let key_rotation = |rotation: &'a KeyRotation| KeyRotationContext {
        max_age_days: rotation.max_age_days.to_string(),
        warn_days: rotation.warn_days.to_string(),
        notify: rotation.notify.as_str(),
        code,
    };
    let budgets =
        |budgets: &'a Budgets| BudgetsContext { notify: budgets.notify.as_str(), account_usd: budgets.monthly_usd };
    Operations {
        shared: shared(account, names, Part::Operations),
        runtime: LAMBDA_RUNTIME,
        key_rotation: account.key_rotation.as_ref().map(key_rotation),
        budgets: account.budgets.as_ref().map(budgets),
        rotation_alarm: account.key_rotation.as_ref().is_some_and(|rotation| rotation.alarm),
        notices_address: account.key_rotation.as_ref().map(|rotation| rotation.notify.as_str()),
        budgets_address: account.budgets.as_ref().map(|budgets| budgets.notify.as_str()),
    }
}
