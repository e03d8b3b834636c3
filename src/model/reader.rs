//! Reading an account's settings into validated values.

use crate::config::{AccountConfig, Content, Node, People, SETTINGS_FILE, shorten};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// Reads one account's settings into validated values, and collects what is wrong.
pub(super) struct Reader<'a> {
    pub(super) config: &'a AccountConfig,
    pub(super) people: &'a People,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// A text that must be set, checked as `optional` does. Where it is not set, that is a finding of `settings::missing-key`.
    pub(super) fn required<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        // What could not be read, or has the wrong type, is a finding already.
        if self.config.complete && !self.config.node.stands_in(key) {
            let help = match key {
                "account_id" => "add `account_id`: each account has its own".to_owned(),
                "bucket.created" => "add `bucket: {created: \"YYYYMMDDhhmmss\"}` or `bucket: {name: …}`".to_owned(),
                "company" => "add `company` here".to_owned(),
                _ => format!("add `{key}` here, or to the company's settings where it holds for all accounts"),
            };
            let finding = Finding::new(Rule::SettingsMissingKey, format!("`{key}` is missing"));
            // The company is the same for all accounts, and so is missing once.
            let own = &self.config.source;
            let of_all = own.path.ancestors().nth(3).filter(|_| key == "company");
            let source = of_all.map_or_else(|| own.clone(), |folder| SourceFile::new(folder.join(SETTINGS_FILE), ""));
            self.findings.push(finding.at(Place::whole(&source)).help(help));
        }
        self.optional(key, parse)
    }

    /// The text under `key`, if one is set, as the value that `parse` makes of it. What `parse` refuses is a finding of
    /// `settings::invalid-name` there.
    pub(super) fn optional<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        self.parsed(key, self.config.node.get(key)?, parse)
    }

    /// The texts of the list under `key`, checked as `optional` does.
    pub(super) fn list<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, &'static str>) -> Vec<T> {
        self.placed_list(key, parse).into_iter().map(|(value, _)| value).collect()
    }

    /// The same, each with its place.
    pub(super) fn placed_list<T>(
        &mut self,
        key: &str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Vec<(T, Place)> {
        let nodes = self.config.node.values_of(key).unwrap_or_default().iter();
        nodes.filter_map(|node| Some((self.parsed(key, node, &parse)?, node.place.clone()))).collect()
    }

    fn parsed<T>(&mut self, key: &str, node: &Node, parse: impl Fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let Content::Scalar { text, .. } = &node.content else { return None };
        let refused = |allowed: &str| {
            let message = format!("found `{}` for `{key}`, allowed is {allowed}", shorten(text));
            let finding = Finding::new(Rule::SettingsInvalidName, message).at(node.place.clone());
            self.findings.push(finding.help(format!("correct `{key}`")));
        };
        parse(text).map_err(refused).ok()
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
