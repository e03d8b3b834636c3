//! Requests: who asks for what, and what AWS says about the asking.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::condition_keys::condition_key;

/// A request to AWS.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// For what, such as `s3:GetObject`.
    pub action: String,
    /// Of which resource: an ARN, or `*` for an action that knows no resource.
    pub resource: String,
    /// What else AWS says about the request.
    pub context: Context,
}

/// Who asks.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An IAM user.
    User {
        /// The user's ARN.
        arn: String,
        /// The ID of the user's account.
        account: String,
    },
    /// A role that somebody took.
    Role {
        /// The role's ARN.
        arn: String,
        /// The ARN of the session, if a policy may name it.
        session: Option<String>,
        /// The ID of the role's account.
        account: String,
    },
    /// A service of AWS, such as `sagemaker.amazonaws.com`.
    Service(String),
}

impl Principal {
    /// The ID of their account; a service has none.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::User { account, .. } | Self::Role { account, .. } => Some(account),
            Self::Service(_) => None,
        }
    }

    /// What all of its requests say of who asks; `name` is that of a user.
    pub fn context(&self, name: &str) -> Context {
        let (arn, account, kind) = match self {
            Self::User { arn, account } => (arn, account, "User"),
            Self::Role { arn, account, .. } => (arn, account, "AssumedRole"),
            Self::Service(_) => return Context::new(),
        };
        let context = Context::new()
            .with("aws:PrincipalArn", arn.as_str())
            .with("aws:PrincipalAccount", account.as_str())
            .with("aws:PrincipalType", kind)
            // In every signed request: `false` but for services that ask for themselves.
            // <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice>
            .with("aws:PrincipalIsAWSService", "false");
        if kind == "User" { context.with("aws:username", name) } else { context }
    }
}

/// The values of a context key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The values.
    pub list: Vec<String>,
    /// Whether the key is one of several values, such as `aws:TagKeys`, however many it has here.
    pub multiple: bool,
}

/// The context of a request: the values of its keys. Names of keys are compared without regard to case.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
#[derive(Debug, Clone, Default)]
pub struct Context {
    given: BTreeMap<String, Option<Values>>,
    /// Keys, in lower case, that are not the same in all requests of who asks.
    pub(super) varying: BTreeSet<String>,
}

/// What is known of a key.
pub(super) enum KeyValues<'a> {
    Values(&'a Values),
    Absent,
    Unknown(String),
}

impl Context {
    /// A context without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same context, with a key of one value.
    pub fn with(mut self, key: &str, value: impl Into<String>) -> Self {
        let values = Values { list: vec![value.into()], multiple: false };
        self.given.insert(key.to_lowercase(), Some(values));
        self
    }

    /// The same context, with a key that may have several values.
    pub fn with_all<T: Into<String>>(mut self, key: &str, values: impl IntoIterator<Item = T>) -> Self {
        let list = values.into_iter().map(Into::into).collect();
        self.given.insert(key.to_lowercase(), Some(Values { list, multiple: true }));
        self
    }

    /// The same context, with one more value of a key.
    pub fn also(mut self, key: &str, value: impl Into<String>) -> Self {
        match self.given.entry(key.to_lowercase()).or_insert(None) {
            Some(values) => {
                values.list.push(value.into());
                values.multiple = true;
            }
            new => {
                let multiple = condition_key(&key.to_lowercase()).is_some_and(|key| key.has_several_values);
                *new = Some(Values { list: vec![value.into()], multiple });
            }
        }
        self
    }

    /// The same context with all keys of another.
    pub fn and(mut self, other: &Self) -> Self {
        self.given.extend(other.given.clone());
        self.varying.extend(other.varying.clone());
        self
    }

    /// What is known to be the values of a key.
    pub fn get(&self, key: &str) -> Option<&Values> {
        self.given.get(&key.to_lowercase())?.as_ref()
    }

    /// The same context, in which nobody knows what the key is, or whether it is there.
    pub fn with_unknown(mut self, key: &str) -> Self {
        self.given.insert(key.to_lowercase(), None);
        self
    }

    /// The same context, of somebody of whom nobody knows whether they have this tag: `access_delta` compares requests with and without
    /// it. A single request has the key only if the context holds it.
    pub fn with_varying(mut self, key: &str) -> Self {
        self.varying.insert(key.to_lowercase());
        self
    }

    /// The same context without a key.
    pub fn without(mut self, key: &str) -> Self {
        self.given.remove(&key.to_lowercase());
        self
    }

    /// The keys, in lower case, with their values; `None` where they are unknown.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&Values>)> {
        self.given.iter().map(|(key, values)| (key.as_str(), values.as_ref()))
    }
}

impl Request {
    /// What is known of a key: given, known to be absent, or neither. A key that every request has (a time, an address) is
    /// never absent, and one that is not in the table of keys is unknown.
    pub(super) fn find(&self, key: &str) -> KeyValues<'_> {
        let lower = key.to_lowercase();
        match self.context.given.get(&lower) {
            Some(Some(values)) => KeyValues::Values(values),
            Some(None) => KeyValues::Unknown(format!("nothing is known of `{key}` in this request")),
            // What makes a user or role may give it tags of AWS's own, which no template tells.
            None if lower.starts_with("aws:principaltag/aws:") => {
                KeyValues::Unknown(format!("`{key}` is a tag of AWS's own, and it is not known whether it is there"))
            }
            None => match condition_key(&lower) {
                Some(known) if !known.is_always_there => KeyValues::Absent,
                Some(_) => KeyValues::Unknown(format!("the request has a `{key}`, but it is not said which")),
                None => KeyValues::Unknown(format!("the condition key `{key}` is not known here")),
            },
        }
    }
}
