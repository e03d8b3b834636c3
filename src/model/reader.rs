//! What the checks of an account's settings share.

use std::path::Path;

use crate::config::{AccountConfig, Content, DEFAULTS_PATH, People, SETTINGS_FILE};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// Checks what one account's settings say together, and collects what is wrong.
pub(super) struct Reader<'a> {
    pub(super) config: &'a AccountConfig,
    pub(super) people: &'a People,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// The value of a key that must be set. Where it is not set, that is a finding of `settings::missing-key`.
    pub(super) fn required<T: Clone>(&mut self, key: &str, value: Option<&T>) -> Option<T> {
        // What could not be read, or is no such value, is a finding already.
        if self.config.complete && !self.config.node.stands_in(key) {
            let help = match key {
                "account_id" => "add `account_id`: each account has its own".to_owned(),
                "bucket.created" => "add `bucket: {created: \"YYYYMMDDhhmmss\"}` or `bucket: {name: …}`".to_owned(),
                "company" => "add `company: mycompany` here, with the company's short name".to_owned(),
                "access_keys.notify" => "add `notify: admins@example.com` to `access_keys`".to_owned(),
                "budgets.notify" => "add `notify: costs@example.com` to `budgets`".to_owned(),
                _ => format!("add `{key}` here, or to the company's settings where it holds for all accounts"),
            };
            let finding = Finding::new(Rule::SettingsMissingKey, format!("`{key}` is missing"));
            // The company is the same for all accounts, and so is missing once.
            let own = &self.config.source;
            let of_all = own.path.ancestors().nth(3).filter(|_| key == "company");
            let file = of_all.map_or_else(|| Place::whole(own), |folder| Place::of_file(folder.join(SETTINGS_FILE)));
            let place = self.map_of(key).unwrap_or(file);
            self.findings.push(finding.at(place).help(help));
        }
        value.cloned()
    }

    /// The place of the map that `key` belongs into, where a settings file has it.
    fn map_of(&self, key: &str) -> Option<Place> {
        let map = self.config.node.get(key.rsplit_once('.')?.0)?;
        let is_written = matches!(map.content, Content::Map(_)) && map.place.path() != Path::new(DEFAULTS_PATH);
        is_written.then(|| map.place.clone())
    }

    /// The name under `key`, or those of the list there, each with its place. What is no name is a finding already.
    pub(super) fn placed<T>(&self, key: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Vec<(T, Place)> {
        let nodes = match self.config.node.get(key).map(|node| (node, &node.content)) {
            Some((_, Content::Sequence(values))) => values.as_slice(),
            Some((node, _)) => std::slice::from_ref(node),
            None => &[],
        };
        let named = nodes.iter().filter_map(|node| match &node.content {
            Content::Scalar { text, .. } => Some((parse(text).ok()?, node.place.clone())),
            _ => None,
        });
        named.collect()
    }

    /// Adds a finding of `rule` at the place of `key`.
    pub(super) fn find(&mut self, rule: Rule, key: &str, message: impl Into<String>, help: impl Into<String>) {
        let finding = Finding::new(rule, message).at(self.config.node.place_of(key));
        self.findings.push(finding.help(help));
    }

    /// Adds a finding of two settings that cannot hold together.
    pub(super) fn contradict(&mut self, key: &str, message: impl Into<String>, help: impl Into<String>) {
        self.find(Rule::SettingsContradiction, key, message, help);
    }
}
