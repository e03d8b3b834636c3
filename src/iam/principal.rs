//! The `Principal` and `NotPrincipal` of a statement.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde_json::Value;

use super::grammar::{Malformed, texts};
use super::request::Principal;

/// Whom a statement names.
#[derive(Debug, Clone, Default)]
pub(super) struct Principals {
    /// `*`: everybody.
    everyone: bool,
    /// ARNs and account IDs.
    aws: Vec<String>,
    services: Vec<String>,
}

/// How a statement names whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PrincipalMatch {
    /// It does not.
    No,
    /// By the account, which leaves it to the account's own policies.
    ByAccount,
    /// By the ARN of the role whose session asks.
    ByRole,
    /// Themselves, or everybody.
    Directly,
}

impl Principals {
    /// An account.
    pub(super) fn account(id: &str) -> Self {
        Self { aws: vec![id.to_owned()], ..Self::default() }
    }

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
                // No request here comes from an identity provider or a canonical user.
                "Federated" | "CanonicalUser" => {}
                other => return Err(Malformed::at(path, format!("found `{other}`, which is no kind of principal"))),
            }
        }
        Ok(principals)
    }

    /// The ARNs and account IDs that it names.
    pub(super) fn arns(&self) -> impl Iterator<Item = &str> {
        self.aws.iter().map(String::as_str)
    }

    /// How these name whoever asks. Names are compared as they stand: an ARN takes no wildcards here.
    pub(super) fn name(&self, principal: &Principal) -> PrincipalMatch {
        let (role, own, account) = match principal {
            _ if self.everyone => return PrincipalMatch::Directly,
            Principal::Service(service) if self.services.contains(service) => return PrincipalMatch::Directly,
            Principal::Service(_) => return PrincipalMatch::No,
            Principal::User { arn, account } => (None, Some(arn), account),
            Principal::Role { arn, session, account } => (Some(arn), session.as_ref(), account),
        };
        let named = self.aws.iter().map(|name| match name {
            _ if own == Some(name) => PrincipalMatch::Directly,
            _ if role == Some(name) => PrincipalMatch::ByRole,
            _ if is_account(name, account) => PrincipalMatch::ByAccount,
            _ => PrincipalMatch::No,
        });
        named.max().unwrap_or(PrincipalMatch::No)
    }
}

/// Whether a principal is the account itself: its ID, or the ARN of its root user.
fn is_account(name: &str, account: &str) -> bool {
    let root = || name.starts_with("arn:") && name.ends_with(&format!(":iam::{account}:root"));
    name == account || root()
}
