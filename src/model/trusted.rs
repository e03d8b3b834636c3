//! Whom the settings trust with what people have.

use super::reader::Reader;
use crate::config::{Content, shorten};
use crate::finding::{Finding, Rule};

impl Reader<'_> {
    /// The ARNs, with wildcards, of those who may reach it.
    pub(super) fn trusted(&mut self) -> Vec<String> {
        let listed = self.config.settings.trusted.as_deref().unwrap_or_default();
        let places = self.config.node.get("trusted").map(|node| &node.content);
        for (index, text) in listed.iter().enumerate().filter(|(_, text)| !is_principal_pattern(text)) {
            let place = match places {
                Some(Content::Sequence(values)) => values.get(index).map(|value| value.place.clone()),
                _ => None,
            };
            let message = format!(
                "found `{}` in `trusted`, allowed are ARNs of IAM users and roles, in which `*` and `?` are wildcards",
                shorten(text)
            );
            let finding = Finding::new(Rule::SettingsInvalidName, message)
                .at(place.unwrap_or_else(|| self.config.node.place_of("trusted")))
                .help("name whom you trust: `arn:aws:iam::ACCOUNT-ID:role/NAME`, or `:user/NAME`");
            self.findings.push(finding);
        }
        listed.to_vec()
    }
}

/// Whether a text is the ARN of an IAM user or role, perhaps with wildcards behind the account's ID. One that could mean
/// everybody of an account would keep an audit from finding anything.
fn is_principal_pattern(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, name] = parts.as_slice() else { return false };
    let id = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let named = ["user/", "role/"].iter().find_map(|kind| name.strip_prefix(kind));
    *arn == "arn"
        && partition.starts_with("aws")
        && *service == "iam"
        && region.is_empty()
        && id
        && named.is_some_and(|name| name.chars().any(|c| !matches!(c, '*' | '?' | '/')))
}
