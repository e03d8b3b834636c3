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
    pub(super) fn raised(raised: &QuotaSettings) -> Self {
        let of = |raised: Option<u32>, default: usize| raised.and_then(|n| usize::try_from(n).ok()).unwrap_or(default);
        let notebooks = raised.notebooks.iter().flatten();
        Self {
            users: limits::ACCOUNT_USERS,
            roles: of(raised.roles, limits::ACCOUNT_ROLES),
            policies: of(raised.policies, limits::ACCOUNT_POLICIES),
            stacks: of(raised.stacks, limits::ACCOUNT_STACKS),
            notebooks: notebooks.map(|(kind, quota)| (kind.clone(), of(Some(*quota), usize::MAX))).collect(),
        }
    }
}
