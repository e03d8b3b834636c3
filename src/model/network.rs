//! The network of an account's notebooks.

use super::names::{SecurityGroupId, SubnetId};
use super::reader::Reader;
use crate::facts::limits;
use crate::finding::{Finding, Rule};

/// The network of the notebooks.
#[derive(Debug, Clone)]
pub struct NotebookNetwork {
    /// The subnet; without one, SageMaker's own network.
    pub subnet_id: Option<SubnetId>,
    /// The security groups, at most five.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// Whether notebooks reach the internet directly; only with a subnet may they not.
    pub direct_internet_access: bool,
}

impl Reader<'_> {
    /// What the settings say of the network.
    pub(super) fn network(&mut self) -> NotebookNetwork {
        let notebooks = self.config.settings.notebooks.as_ref();
        let subnet_id = notebooks.and_then(|notebooks| notebooks.subnet_id.as_deref());
        let subnet_id = self.optional("notebooks.subnet_id", subnet_id, SubnetId::parse);
        let listed = notebooks.and_then(|notebooks| notebooks.security_group_ids.as_deref()).unwrap_or_default();
        let security_group_ids: Vec<SecurityGroupId> = listed
            .iter()
            .filter_map(|id| self.optional("notebooks.security_group_ids", Some(id), SecurityGroupId::parse))
            .collect();
        let direct_internet_access = notebooks.and_then(|notebooks| notebooks.direct_internet_access).unwrap_or(true);
        let mut contradict = |message: String, key: &str, help: &str| {
            let finding = Finding::new(Rule::SettingsContradiction, message).help(help);
            self.findings.push(finding.at(self.config.node.place_of(key)));
        };
        if subnet_id.is_none() && !direct_internet_access {
            let message = "without direct internet access, a notebook needs a subnet".to_owned();
            contradict(message, "notebooks.direct_internet_access", "set `notebooks.subnet_id`");
        }
        if subnet_id.is_none() && !security_group_ids.is_empty() {
            let message = "security groups belong to a subnet, and there is none".to_owned();
            contradict(message, "notebooks.security_group_ids", "set `notebooks.subnet_id`");
        }
        if listed.len() > limits::NOTEBOOK_SECURITY_GROUPS {
            let message =
                format!("found {} security groups, allowed are {}", listed.len(), limits::NOTEBOOK_SECURITY_GROUPS);
            contradict(message, "notebooks.security_group_ids", "shorten `notebooks.security_group_ids`");
        }
        NotebookNetwork { subnet_id, security_group_ids, direct_internet_access }
    }
}
