//! What watches over an account besides its users' stacks, where the settings ask for it.

use super::names::{Company, EmailAddress, Region};
use super::reader::Reader;
use crate::config::{AccessKeySettings, BudgetSettings, LogSettings};
use crate::facts::{REGIONS_WITHOUT_BUDGETS, RETENTION_DAYS};
use crate::finding::Rule;

/// The age at which an access key is deactivated, in days, unless the settings say otherwise. It is no built-in default
/// of the settings, since `access_keys` alone asks for the rotation.
/// Source: <https://docs.aws.amazon.com/config/latest/developerguide/access-keys-rotated.html>
pub const MAX_AGE_DAYS: u32 = 90;
/// How many days before that the warnings begin, unless the settings say otherwise.
const WARN_DAYS: u32 = 14;

/// After how many days logs are deleted, unless the settings say otherwise.
const LOG_DAYS: u32 = 365;

/// When access keys are deactivated, and who is told.
#[derive(Debug, Clone)]
pub struct KeyRotation {
    /// The age of a key, in days, at which it is deactivated.
    pub max_age_days: u32,
    /// How many days before that the warnings begin: fewer than `max_age_days`.
    pub warn_days: u32,
    /// Who is told.
    pub notify: EmailAddress,
    /// Whether an alarm tells them when no run has ended well.
    pub alarm: bool,
}

/// What may be spent before somebody is told.
#[derive(Debug, Clone)]
pub struct Budgets {
    /// By the whole account, in US dollars a month.
    pub monthly_usd: Option<u32>,
    /// By each person, in US dollars a month.
    pub monthly_usd_per_user: Option<u32>,
    /// Who is told.
    pub notify: EmailAddress,
}

/// The name of the role of the function that rotates access keys.
pub fn key_rotation_role(company: &Company) -> String {
    format!("{company}-deepracer-key-rotation")
}

impl Reader<'_> {
    /// After how many days the logs of notebooks and training jobs are deleted, where the settings ask for their groups.
    pub(super) fn log_days(&mut self, asked: Option<&LogSettings>) -> Option<u32> {
        let days = asked?.retention_days.unwrap_or(LOG_DAYS);
        if !RETENTION_DAYS.contains(&days) {
            let message = format!("found {days} days for `logs.retention_days`, which CloudWatch Logs does not know");
            let near = RETENTION_DAYS.iter().find(|known| **known > days).or(RETENTION_DAYS.last());
            let help = format!("the next that it knows is {}", near.unwrap_or(&LOG_DAYS));
            self.find(Rule::SettingsWrongType, "logs.retention_days", message, help);
        }
        Some(days)
    }

    /// The budgets, where the settings ask for them.
    pub(super) fn budgets(&mut self, asked: Option<&BudgetSettings>, region: Option<&Region>) -> Option<Budgets> {
        let asked = asked?;
        if asked.monthly_usd.is_none() && asked.monthly_usd_per_user.is_none() && self.config.complete {
            let help = "add `monthly_usd` or `monthly_usd_per_user` to `budgets`";
            self.find(Rule::SettingsMissingKey, "budgets", "`budgets` names no amount", help);
        }
        if let Some(region) = region.filter(|region| REGIONS_WITHOUT_BUDGETS.contains(&region.as_str())) {
            let message = format!("CloudFormation was not known to have budgets in the region `{region}`");
            let help = "remove `budgets` from this account, and watch its costs from another";
            self.find(Rule::BudgetUnavailable, "budgets", message, help);
        }
        let notify = self.required("budgets.notify", EmailAddress::parse)?;
        Some(Budgets { monthly_usd: asked.monthly_usd, monthly_usd_per_user: asked.monthly_usd_per_user, notify })
    }

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
            self.contradict(key, message, "lower `access_keys.warn_days`, or raise `access_keys.max_age_days`");
        }
        let alarm = asked.alarm.unwrap_or_default();
        if alarm && self.config.settings.kms_key.is_none() && self.config.complete {
            // Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
            let message = "CloudWatch cannot publish to a topic that has SNS's own key";
            self.contradict("access_keys.alarm", message, "set `kms_key`, or leave `access_keys.alarm` out");
        }
        let notify = self.required("access_keys.notify", EmailAddress::parse)?;
        Some(KeyRotation { max_age_days, warn_days, notify, alarm })
    }
}
