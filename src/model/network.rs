//! The network of an account's notebooks, and those that its people come from.

use serde::Serialize;

use super::reader::Reader;
use crate::config::Network;
use crate::facts::limits;
use crate::finding::Rule;

/// The networks that people may use AWS from; at least one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AllowedNetworks {
    /// Ranges of public addresses, in CIDR notation.
    pub ranges: Vec<Network>,
    /// IDs of VPC endpoints.
    pub endpoints: Vec<Network>,
}

impl Reader<'_> {
    /// What the settings say of the networks of people.
    pub(super) fn allowed_networks(&mut self) -> Option<AllowedNetworks> {
        const KEY: &str = "allowed_networks";
        let networks = self.config.settings.allowed_networks.as_ref()?;
        if self.config.node.values_of(KEY)?.is_empty() {
            let help = format!("name a network in `{KEY}`, or leave it out");
            self.contradict(KEY, format!("`{KEY}` allows no network at all"), help);
        }
        let (endpoints, ranges) = networks.iter().cloned().partition(Network::is_endpoint);
        Some(AllowedNetworks { ranges, endpoints })
    }

    /// Checks what the settings say of the notebooks' network.
    pub(super) fn notebook_network(&mut self) {
        const SUBNET: &str = "notebooks.subnet_id";
        const GROUPS: &str = "notebooks.security_group_ids";
        let node = &self.config.node;
        // One that is wrong is told of as such, and as nothing else.
        let has_subnet = node.stands_in(SUBNET);
        let count = node.values_of(GROUPS).unwrap_or_default().len();
        if !has_subnet && self.config.settings.notebooks.direct_internet_access == Some(false) {
            let message = "without direct internet access, a notebook needs a subnet";
            self.contradict("notebooks.direct_internet_access", message, "set `notebooks.subnet_id`");
        }
        if !has_subnet && count > 0 {
            let message = "security groups belong to a subnet, and there is none";
            self.contradict(GROUPS, message, "set `notebooks.subnet_id`");
        }
        if count > limits::NOTEBOOK_SECURITY_GROUPS {
            let message = format!("found {count} security groups, allowed are {}", limits::NOTEBOOK_SECURITY_GROUPS);
            self.contradict(GROUPS, message, format!("shorten `{GROUPS}`"));
        }
        if self.config.settings.notebooks.subnet_id.is_some() && count == 0 {
            let message = "`notebooks.subnet_id` is set without security groups: AWS then uses the default security group of the network, which may let its machines reach each other";
            let help = format!("set `{GROUPS}`: until then, training jobs may have any group, too");
            self.find(Rule::SettingsDefaultSecurityGroup, SUBNET, message, help);
        }
    }
}
