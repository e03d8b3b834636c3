//! The `Principal` and `NotPrincipal` of a statement.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value;

use super::grammar::{Malformed, texts};
use super::request::Principal;

/// Whom a statement names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Principals {
    /// `*`: everybody.
    pub everyone: bool,
    /// ARNs and account IDs.
    pub aws: Vec<String>,
    /// Services.
    pub services: Vec<String>,
    /// Identity providers and canonical users, which no request here comes from.
    pub others: Vec<String>,
}

/// How a statement names whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// It does not.
    Not,
    /// By the account, which leaves it to the account's own policies.
    ByAccount,
    /// By the ARN of the role whose session asks.
    ByRole,
    /// Themselves, or everybody.
    Directly,
}

impl Principals {
    pub(super) fn parse(value: &Value, path: &str) -> Result<Self, Malformed> {
        if value.as_str() == Some("*") {
            return Ok(Self { everyone: true, ..Self::default() });
        }
        let map = value.as_object().ok_or_else(|| Malformed::at(path, "found no principals"))?;
        let mut principals = Self::default();
        for (kind, value) in map {
            let list = texts(value, &format!("{path}/{kind}"))?;
            match kind.as_str() {
                "AWS" => {
                    principals.everyone |= list.iter().any(|name| name == "*");
                    principals.aws.extend(list.into_iter().filter(|name| name != "*"));
                }
                "Service" => principals.services.extend(list),
                "Federated" | "CanonicalUser" => principals.others.extend(list),
                other => return Err(Malformed::at(path, format!("found `{other}`, which is no kind of principal"))),
            }
        }
        Ok(principals)
    }

    /// How these name whoever asks. Names are compared as they stand: an ARN takes no wildcards here.
    pub(super) fn name(&self, principal: &Principal) -> Named {
        if self.everyone {
            return Named::Directly;
        }
        let mut named = Named::Not;
        match principal {
            Principal::Service(service) => {
                if self.services.contains(service) {
                    named = Named::Directly;
                }
            }
            Principal::User { arn, account } => {
                for name in &self.aws {
                    named = named.max(if is_account(name, account) { Named::ByAccount } else { Named::Not });
                    named = named.max(if name == arn { Named::Directly } else { Named::Not });
                }
            }
            Principal::Role { arn, session, account } => {
                for name in &self.aws {
                    named = named.max(if is_account(name, account) { Named::ByAccount } else { Named::Not });
                    named = named.max(if name == arn { Named::ByRole } else { Named::Not });
                    let by_session = session.as_ref() == Some(name);
                    named = named.max(if by_session { Named::Directly } else { Named::Not });
                }
            }
        }
        named
    }
}

/// Whether a principal is the account itself: its ID, or the ARN of its root user.
fn is_account(name: &str, account: &str) -> bool {
    let root = || name.starts_with("arn:") && name.ends_with(&format!(":iam::{account}:root"));
    name == account || root()
}
