//! The network of an account's notebooks, and those that its people come from.

use std::net::IpAddr;

use serde::Serialize;

use super::names::{Refusal, SecurityGroupId, SubnetId};
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

/// The networks that people may use AWS from; at least one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AllowedNetworks {
    /// Ranges of public addresses, in CIDR notation.
    pub ranges: Vec<String>,
    /// IDs of VPC endpoints.
    pub endpoints: Vec<String>,
}

/// A range of addresses that AWS can see a request come from.
fn range(text: &str) -> Result<String, Refusal> {
    let is_public = |address: IpAddr, length: u8| match address {
        IpAddr::V4(address) => length <= 32 && !address.is_private(),
        IpAddr::V6(address) => length <= 128 && !address.is_unique_local(),
    };
    let parts = text.split_once('/').and_then(|(address, length)| Some((address.parse().ok()?, length.parse().ok()?)));
    if parts.is_some_and(|(address, length)| is_public(address, length)) {
        return Ok(text.to_owned());
    }
    let allowed =
        "a range of public addresses, such as `203.0.113.0/24`, or a VPC endpoint, such as `vpce-0123456789abcdef0`";
    Err(Refusal { allowed })
}

fn is_endpoint(text: &str) -> bool {
    text.strip_prefix("vpce-").is_some_and(|id| id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Reader<'_> {
    /// What the settings say of the networks of people.
    pub(super) fn allowed_networks(&mut self) -> Option<AllowedNetworks> {
        const KEY: &str = "allowed_networks";
        let listed = self.config.settings.allowed_networks.as_deref()?;
        if listed.is_empty() {
            let finding = Finding::new(Rule::SettingsContradiction, format!("`{KEY}` allows no network at all"));
            let place = self.config.node.place_of(KEY);
            self.findings.push(finding.at(place).help(format!("name a network in `{KEY}`, or leave it out")));
        }
        let (endpoints, ranges): (Vec<String>, Vec<String>) =
            listed.iter().cloned().partition(|text| is_endpoint(text));
        let ranges = ranges.iter().filter_map(|text| self.optional(KEY, Some(text), range)).collect();
        Some(AllowedNetworks { ranges, endpoints })
    }

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
        if subnet_id.is_some() && listed.is_empty() {
            let message = "the notebooks have a subnet and no security group: with that of the network, machines in it may reach each other";
            let finding = Finding::new(Rule::SettingsDefaultSecurityGroup, message);
            let place = self.config.node.place_of("notebooks.subnet_id");
            let help = "set `notebooks.security_group_ids`: until then, training jobs may have any group, too";
            self.findings.push(finding.at(place).help(help));
        }
        NotebookNetwork { subnet_id, security_group_ids, direct_internet_access }
    }
}
