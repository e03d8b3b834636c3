//! What watches over an account besides its users' stacks, where the settings ask for it.

use super::account::Reader;
use super::names::{Company, EmailAddress};
use crate::config::AccessKeySettings;
use crate::finding::{Finding, Rule};

/// The age at which an access key is deactivated, in days, unless the settings say otherwise. It is no built-in default
/// of the settings, since `access_keys` alone asks for the rotation.
/// Source: <https://docs.aws.amazon.com/config/latest/developerguide/access-keys-rotated.html>
const MAX_AGE_DAYS: u32 = 90;
/// How many days before that the warnings begin, unless the settings say otherwise.
const WARN_DAYS: u32 = 14;

/// When access keys are deactivated, and who is told.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    /// The age of a key, in days, at which it is deactivated.
    pub max_age_days: u32,
    /// How many days before that the warnings begin: fewer than `max_age_days`.
    pub warn_days: u32,
    /// Who is told.
    pub notify: EmailAddress,
}

/// The name of the role of the function that rotates access keys.
pub fn key_rotation_role(company: &Company) -> String {
    format!("{company}-deepracer-key-rotation")
}

impl Reader<'_> {
    /// The rotation of access keys, where the settings ask for it.
    pub(super) fn key_rotation(&mut self, asked: Option<&AccessKeySettings>) -> Option<KeyRotation> {
        let asked = asked?;
        let max_age_days = asked.max_age_days.unwrap_or(MAX_AGE_DAYS);
        let warn_days = asked.warn_days.unwrap_or(WARN_DAYS);
        if warn_days >= max_age_days {
            let message = format!(
                "found warnings {warn_days} days before keys are {max_age_days} days old, allowed are fewer days than these"
            );
            let key = ["access_keys.warn_days", "access_keys.max_age_days"]
                .into_iter()
                .find(|key| self.config.node.get(key).is_some())
                .unwrap_or("access_keys");
            let finding = Finding::new(Rule::SettingsContradiction, message).at(self.config.node.place_of(key));
            self.findings.push(finding.help("lower `access_keys.warn_days`, or raise `access_keys.max_age_days`"));
        }
        let notify = self.required("access_keys.notify", asked.notify.as_deref(), EmailAddress::parse)?;
        Some(KeyRotation { max_age_days, warn_days, notify })
    }
}
