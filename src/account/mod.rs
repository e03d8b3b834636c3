//! An account as it is: what the AWS CLI wrote of it into a folder, by the script of `racestack audit --script`.
//!
//! Nothing here asks AWS. What the folder lacks, or cannot be read, is a finding: nothing is taken to be absent because its
//! file is.

mod credentials;
mod identities;
mod inventory;
mod notebooks;
mod reading;
mod storage;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::facts::date::Date;
use crate::files::FileError;
use crate::finding::Finding;
use crate::source::Place;
use reading::{Described, ExportReader, place_of};

pub use credentials::{AccessKey, Credentials};
pub use identities::{Identities, IdentityDetail, path_of};
pub use notebooks::{LiveNotebook, PROPERTIES as NOTEBOOK_PROPERTIES};
pub use reading::{LiveTag, percent_decoded};
pub use storage::BucketDetail;

/// The file that says of what account an export is, and of what day.
pub const EXPORT_FILE: &str = "export.json";
/// What `iam get-account-authorization-details` wrote.
pub const IDENTITIES_FILE: &str = "identities.json";

/// An account, as an export tells of it.
#[derive(Debug)]
pub struct Export {
    /// The account's ID.
    pub account_id: String,
    pub region: String,
    pub bucket_name: String,
    /// The day on which it was taken.
    pub taken: Date,
    /// The users, groups, roles and managed policies.
    pub identities: Identities,
    /// Passwords, second factors and access keys, by the name of the user; `<root_account>` is the root user.
    pub credentials: BTreeMap<String, Credentials>,
    /// The notebook instances, by name.
    pub notebooks: BTreeMap<String, LiveNotebook>,
    /// The tags of the training jobs that were running.
    pub jobs: Described<Vec<LiveTag>>,
    /// The scripts of the lifecycle configurations, in Base64.
    pub lifecycles: Described<Vec<String>>,
    pub bucket: BucketDetail,
    /// The policies of KMS keys and SNS topics, by their ARNs.
    pub policies: Described<Option<Value>>,
    /// Where the credential report stands.
    pub credentials_place: Place,
    /// The file of the identities.
    identities_place: Place,
    /// Where each ARN stands in it first.
    arns: BTreeMap<String, usize>,
}

/// What an export must be of.
#[derive(Debug)]
pub struct ExpectedExport<'a> {
    /// The account's ID.
    pub account_id: &'a str,
    pub region: &'a str,
    pub bucket: &'a str,
    /// The KMS keys and SNS topics whose policies are looked at.
    pub policies: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(expecting = "a map with `account`, `region`, `bucket` and `taken`")]
struct Header {
    account: String,
    region: String,
    bucket: String,
    taken: String,
}

impl Export {
    /// Reads a folder. Where it is not a whole export, or of another account than is wanted, returned is what is wrong with it.
    /// `script` is the command that prints the script which writes one.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn read(
        folder: &Path,
        wanted: Option<&ExpectedExport<'_>>,
        script: &str,
    ) -> Result<Result<Self, Vec<Finding>>, FileError> {
        let mut reader = ExportReader::new(folder, script);
        let export = reader.export(wanted)?;
        Ok(export.ok_or(reader.findings))
    }

    /// Where something with an ARN is told of: a user, group, role or managed policy.
    pub fn place(&self, arn: &str) -> Place {
        let found = self.arns.get(arn).map(|at| Place::new(&self.identities_place.source, *at..*at + arn.len()));
        found.unwrap_or_else(|| self.identities_place.clone())
    }
}

/// Where each value of a key `Arn` stands first.
fn arns(text: &str) -> BTreeMap<String, usize> {
    const KEY: &str = "\"Arn\":";
    let mut found = BTreeMap::new();
    for (at, _) in text.match_indices(KEY) {
        let behind = &text[at + KEY.len()..];
        let Some(value) = behind.trim_start().strip_prefix('"') else { continue };
        let arn = value.split('"').next().unwrap_or_default();
        found.entry(arn.to_owned()).or_insert(at + KEY.len() + (behind.len() - value.len()));
    }
    found
}

impl ExportReader {
    fn export(&mut self, wanted: Option<&ExpectedExport<'_>>) -> Result<Option<Export>, FileError> {
        let Some((header, place)) = self.json::<Header>(EXPORT_FILE)? else { return Ok(None) };
        let of = wanted.map(|wanted| {
            [
                ("account", &header.account, wanted.account_id),
                ("region", &header.region, wanted.region),
                ("bucket", &header.bucket, wanted.bucket),
            ]
        });
        for (key, found, allowed) in of.into_iter().flatten().filter(|(_, found, allowed)| found != allowed) {
            let message = format!("the export is of the {key} `{found}`, and the configuration has `{allowed}`");
            self.refuse_other(place_of(&place.source, &format!("\"{found}\"")), message);
        }
        let taken = header.taken.parse::<Date>().map_err(|allowed| {
            self.refuse(place, format!("found `{}` for `taken`, {allowed}", header.taken));
        });
        // Everything that is missing is told at once.
        let identities = self.json::<Identities>(IDENTITIES_FILE)?;
        if let Some((identities, place)) = &identities {
            self.refuse_part(place, identities.more());
            self.refuse_elsewhere(place, identities.arns(), (&header.account, ""));
        }
        let credentials = self.credentials()?;
        let notebooks = self.notebooks((&header.account, &header.region))?;
        let jobs = self.jobs()?;
        let lifecycles = self.lifecycles()?;
        let bucket = self.bucket()?;
        let policies = self.policies(wanted.map(|wanted| wanted.policies.as_slice()).unwrap_or_default())?;
        if !self.findings.is_empty() {
            return Ok(None);
        }
        let (Ok(taken), Some((identities, identities_place))) = (taken, identities) else { return Ok(None) };
        let Some((credentials, credentials_place)) = credentials else { return Ok(None) };
        Ok(Some(Export {
            account_id: header.account,
            region: header.region,
            bucket_name: header.bucket,
            taken,
            identities,
            credentials,
            notebooks,
            jobs,
            lifecycles,
            bucket,
            policies,
            credentials_place,
            arns: arns(&identities_place.source.text),
            identities_place,
        }))
    }
}
