//! How many resources an account may hold.

use std::collections::BTreeMap;

use crate::config::QuotaSettings;
use crate::facts::limits;

/// How many resources an account may hold.
#[derive(Debug, Clone)]
pub struct Quotas {
    /// IAM users.
    pub users: usize,
    /// IAM roles.
    pub roles: usize,
    /// Customer managed policies.
    pub policies: usize,
    /// Stacks in the region.
    pub stacks: usize,
    /// Notebook instances by type, where the settings name the type.
    pub notebooks: BTreeMap<String, usize>,
}

impl Quotas {
    /// What AWS grants by itself, but for what the settings say that it has raised.
    pub(super) fn raised(raised: Option<&QuotaSettings>) -> Self {
        let of = |raised: Option<u32>, default: usize| raised.and_then(|n| usize::try_from(n).ok()).unwrap_or(default);
        Self {
            users: limits::ACCOUNT_USERS,
            roles: of(raised.and_then(|raised| raised.roles), limits::ACCOUNT_ROLES),
            policies: of(raised.and_then(|raised| raised.policies), limits::ACCOUNT_POLICIES),
            stacks: of(raised.and_then(|raised| raised.stacks), limits::ACCOUNT_STACKS),
            notebooks: raised
                .and_then(|raised| raised.notebooks.as_ref())
                .into_iter()
                .flatten()
                .map(|(instance_type, quota)| (instance_type.clone(), usize::try_from(*quota).unwrap_or(usize::MAX)))
                .collect(),
        }
    }
}
