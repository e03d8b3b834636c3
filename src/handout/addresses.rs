//! Addresses of the AWS console.

use std::fmt::Write;

use crate::facts::CONSOLES;
use crate::model::{Account, NotebookName, UserName};

/// The consoles of an account's partition and region.
#[derive(Debug, Clone, Copy)]
pub(super) struct Console<'a> {
    account: &'a Account,
    domain: &'static str,
    sign_in: &'static str,
}

impl<'a> Console<'a> {
    /// `None` in a partition whose console is not known.
    pub(super) fn of(account: &'a Account) -> Option<Self> {
        let partition = account.region.partition();
        let (_, domain, sign_in) = *CONSOLES.iter().find(|(name, _, _)| *name == partition)?;
        Some(Self { account, domain, sign_in })
    }

    /// Where the people of the account sign in.
    pub(super) fn sign_in(self) -> String {
        format!("https://{}.{}/console", self.account.id, self.sign_in)
    }

    /// A person's folder in the bucket. The prefix ends with a slash: the console lists it as it is given, and a person may
    /// list nothing shorter.
    pub(super) fn folder(self, user: &UserName) -> String {
        let (region, bucket) = (&self.account.region, &self.account.bucket.name);
        let prefix = percent_encoded(user.as_str());
        format!("https://{region}.{}/s3/buckets/{bucket}?region={region}&prefix={prefix}/", self.domain)
    }

    pub(super) fn notebook(self, notebook: &NotebookName) -> String {
        let region = &self.account.region;
        format!("https://{region}.{}/sagemaker/home?region={region}#/notebook-instances/{notebook}", self.domain)
    }
}

/// The text as a part of a query.
/// Source: <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
