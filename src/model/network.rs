//! The network of an account's notebooks, and those that its people come from.

use std::net::IpAddr;

use serde::Serialize;

use super::names::{SecurityGroupId, SubnetId};
use super::reader::Reader;
use crate::facts::limits;
use crate::finding::Rule;

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

/// What the ID of a VPC endpoint begins with.
const ENDPOINT: &str = "vpce-";

/// A VPC endpoint, or a range of addresses that AWS can see a request come from.
fn network(text: &str) -> Result<String, &'static str> {
    let is_public = |address: IpAddr, length: u8| match address {
        IpAddr::V4(address) => length <= 32 && !address.is_private(),
        IpAddr::V6(address) => length <= 128 && !address.is_unique_local(),
    };
    let parts = text.split_once('/').and_then(|(address, length)| Some((address.parse().ok()?, length.parse().ok()?)));
    let is_range = parts.is_some_and(|(address, length)| is_public(address, length));
    let id = text.strip_prefix(ENDPOINT).unwrap_or_default();
    if is_range || (id.len() >= 8 && id.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Ok(text.to_owned());
    }
    let allowed =
        "a range of public addresses, such as `203.0.113.0/24`, or a VPC endpoint, such as `vpce-0123456789abcdef0`";
    Err(allowed)
}

impl Reader<'_> {
    /// What the settings say of the networks of people.
    pub(super) fn allowed_networks(&mut self) -> Option<AllowedNetworks> {
        const KEY: &str = "allowed_networks";
        if self.config.settings.allowed_networks.as_ref()?.is_empty() {
            let help = format!("name a network in `{KEY}`, or leave it out");
            self.contradict(KEY, format!("`{KEY}` allows no network at all"), help);
        }
        let networks = self.list(KEY, network).into_iter();
        let (endpoints, ranges) = networks.partition(|network| network.starts_with(ENDPOINT));
        Some(AllowedNetworks { ranges, endpoints })
    }

    /// What the settings say of the network.
    pub(super) fn network(&mut self) -> NotebookNetwork {
        const GROUPS: &str = "notebooks.security_group_ids";
        let subnet_id = self.optional("notebooks.subnet_id", SubnetId::parse);
        let security_group_ids = self.list(GROUPS, SecurityGroupId::parse);
        let direct_internet_access = self.config.settings.notebooks.direct_internet_access.unwrap_or(true);
        let count = self.config.node.values_of(GROUPS).unwrap_or_default().len();
        if subnet_id.is_none() && !direct_internet_access {
            let message = "without direct internet access, a notebook needs a subnet";
            self.contradict("notebooks.direct_internet_access", message, "set `notebooks.subnet_id`");
        }
        if subnet_id.is_none() && !security_group_ids.is_empty() {
            let message = "security groups belong to a subnet, and there is none";
            self.contradict(GROUPS, message, "set `notebooks.subnet_id`");
        }
        if count > limits::NOTEBOOK_SECURITY_GROUPS {
            let message = format!("found {count} security groups, allowed are {}", limits::NOTEBOOK_SECURITY_GROUPS);
            self.contradict(GROUPS, message, format!("shorten `{GROUPS}`"));
        }
        if subnet_id.is_some() && count == 0 {
            let message = "the notebooks have a subnet and no security group: with that of the network, machines in it may reach each other";
            let help = format!("set `{GROUPS}`: until then, training jobs may have any group, too");
            self.find(Rule::SettingsDefaultSecurityGroup, "notebooks.subnet_id", message, help);
        }
        NotebookNetwork { subnet_id, security_group_ids, direct_internet_access }
    }
}
