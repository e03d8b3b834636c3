//! What watches over an account besides its users' stacks, where the settings ask for it.

use super::reader::Reader;
use crate::config::{Company, Region};
use crate::facts::{REGIONS_WITHOUT_BUDGETS, RETENTION_DAYS};
use crate::finding::{Finding, Rule};

/// The name of the role of the function that rotates access keys.
pub fn key_rotation_role(company: &Company) -> String {
    format!("{company}-deepracer-key-rotation")
}

impl Reader<'_> {
    /// Checks for how long logs are kept, the budgets and the rotation of access keys.
    pub(super) fn operations(&mut self, region: Option<&Region>) {
        let settings = &self.config.settings;
        if let Some(days) = settings.logs.as_ref().map(|logs| logs.retention_days)
            && !RETENTION_DAYS.contains(&days)
        {
            let message = format!("found {days} for `logs.retention_days`, which CloudWatch Logs does not know");
            let above = RETENTION_DAYS.iter().find(|known| **known > days);
            let below = RETENTION_DAYS.iter().rfind(|known| **known < days);
            let near: Vec<String> = below.into_iter().chain(above).map(ToString::to_string).collect();
            let help = format!("write {}", near.join(" or "));
            self.find(Rule::SettingsWrongType, "logs.retention_days", message, help);
        }
        if let Some(budgets) = &settings.budgets {
            // An amount that is wrong is a finding already.
            let amounts = ["budgets.monthly_usd", "budgets.monthly_usd_per_user"];
            if self.config.complete && !amounts.iter().any(|amount| self.config.node.stands_in(amount)) {
                let help = "add `monthly_usd` or `monthly_usd_per_user` to `budgets`";
                self.find(Rule::SettingsMissingKey, "budgets", "`budgets` names no amount", help);
            }
            if let Some(region) = region.filter(|region| REGIONS_WITHOUT_BUDGETS.contains(&region.as_str())) {
                let (account, place) = (&self.config.name, self.config.node.place_of("budgets"));
                let message = format!(
                    "CloudFormation has no `AWS::Budgets::Budget` in the region `{region}` of the account `{account}`, as far as \
                     racestack knows"
                );
                let own = self.config.source.path.display();
                let help = format!("write `budgets: null` into `{own}`, and watch the account's costs from another");
                let finding = Finding::new(Rule::BudgetUnavailable, message).at(place).help(help);
                self.findings.push(finding.about(format!("{account}/budgets")));
            }
            self.required("budgets.notify", budgets.notify.as_ref());
        }
        if let Some(keys) = &settings.access_keys {
            if keys.warn_days >= keys.max_age_days {
                let message = format!(
                    "found {} for `access_keys.warn_days`, allowed are fewer days than the {} of `access_keys.max_age_days`",
                    keys.warn_days, keys.max_age_days
                );
                let both = ["access_keys.warn_days", "access_keys.max_age_days"];
                let key = both.into_iter().find(|key| self.config.node.stands_in(key)).unwrap_or("access_keys");
                self.contradict(key, message, "lower `access_keys.warn_days`, or raise `access_keys.max_age_days`");
            }
            if keys.alarm && !self.config.node.stands_in("kms_key") && self.config.complete {
                // Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
                let message = "the alarm needs your own key: CloudWatch cannot publish to a topic that is encrypted with SNS's own key";
                self.contradict("access_keys.alarm", message, "set `kms_key`, or leave `access_keys.alarm` out");
            }
            self.required("access_keys.notify", keys.notify.as_ref());
        }
    }
}
