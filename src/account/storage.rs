//! The bucket, and the policies of keys and topics.

use serde::Deserialize;
use serde_json::Value;

use super::reading::{ExportReader, LiveTag, document};
use crate::files::FileError;
use crate::source::Place;

/// The bucket, as it is.
#[derive(Debug, Default)]
pub struct BucketDetail {
    /// Its policy, with where it is told.
    pub policy: Option<(Value, Place)>,
    /// Which ways for the public are blocked, with where it is told.
    pub public_access_block: Option<(Value, Place)>,
    /// Whether it keeps older versions: `Enabled` where it does.
    pub versioning: Option<String>,
    /// The names at its top that end with a slash, without it.
    pub folders: Vec<String>,
    /// Where the folders are told.
    pub folders_place: Option<Place>,
    pub access_points: Vec<AccessPoint>,
    /// Whether there is such a bucket.
    pub exists: bool,
    /// The KMS key that it encrypts with, where it does so with one.
    pub kms_key: Option<String>,
    /// The bucket that the log of its requests is written to.
    pub log_bucket: Option<String>,
    /// The names of its lifecycle rules.
    pub lifecycle_rules: Vec<String>,
    pub tags: Vec<LiveTag>,
}

/// An access point of the bucket.
#[derive(Debug)]
pub struct AccessPoint {
    pub name: String,
    pub policy: Option<Value>,
    /// Where it is told.
    pub place: Place,
}

/// The policy of a KMS key or an SNS topic.
#[derive(Debug)]
pub struct PolicyOf {
    /// The ARN of the key or topic.
    pub arn: String,
    /// What it says.
    pub policy: Option<Value>,
    /// Where it is told.
    pub place: Place,
}

/// An answer that holds a policy as a text; none where there is no policy.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    policy: Option<Value>,
    attributes: Option<Attributes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    policy: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PublicAccess {
    public_access_block_configuration: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioning {
    status: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Encryption {
    server_side_encryption_configuration: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Logging {
    logging_enabled: Option<LogTarget>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogTarget {
    target_bucket: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Lifecycle {
    #[serde(default)]
    rules: Vec<LifecycleRule>,
}

#[derive(Deserialize)]
struct LifecycleRule {
    #[serde(rename = "ID", default)]
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagSet {
    #[serde(default)]
    tag_set: Vec<LiveTag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FolderList {
    /// `null` where there are none; of a bucket that is not there, the key is missing.
    #[serde(default, deserialize_with = "present")]
    common_prefixes: Option<Prefixes>,
    next_token: Option<Value>,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Prefixes(Option<Vec<Prefix>>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Prefix {
    prefix: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPointList {
    #[serde(default)]
    access_point_list: Vec<AccessPointSummary>,
    next_token: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AccessPointSummary {
    name: String,
}

impl ExportReader {
    pub(super) fn bucket(&mut self) -> Result<BucketDetail, FileError> {
        let mut bucket = BucketDetail::default();
        if let Some((source, answer)) = self.json::<Answer>("bucket-policy.json")? {
            bucket.policy = answer.policy.map(|policy| (document(policy), Place::whole(&source)));
        }
        if let Some((source, answer)) = self.json::<PublicAccess>("bucket-public-access-block.json")? {
            let block = answer.public_access_block_configuration;
            bucket.public_access_block = Some((block.unwrap_or_default(), Place::whole(&source)));
        }
        if let Some((_, answer)) = self.json::<Versioning>("bucket-versioning.json")? {
            bucket.versioning = answer.status;
        }
        if let Some((source, list)) = self.json::<FolderList>("bucket-folders.json")? {
            self.refuse_part(&source, list.next_token.is_some());
            bucket.exists = list.common_prefixes.is_some();
            let folders = list.common_prefixes.and_then(|list| list.0).unwrap_or_default().into_iter();
            bucket.folders = folders.map(|one| one.prefix.trim_end_matches('/').to_owned()).collect();
            bucket.folders_place = Some(Place::whole(&source));
        }
        if let Some((_, answer)) = self.json::<Encryption>("bucket-encryption.json")? {
            const KEY: &str = "/Rules/0/ApplyServerSideEncryptionByDefault/KMSMasterKeyID";
            let key = answer.server_side_encryption_configuration.as_ref().and_then(|one| one.pointer(KEY));
            bucket.kms_key = key.and_then(Value::as_str).map(str::to_owned);
        }
        if let Some((_, answer)) = self.json::<Logging>("bucket-logging.json")? {
            bucket.log_bucket = answer.logging_enabled.map(|target| target.target_bucket);
        }
        if let Some((_, answer)) = self.json::<Lifecycle>("bucket-lifecycle.json")? {
            bucket.lifecycle_rules = answer.rules.into_iter().map(|rule| rule.id).collect();
        }
        if let Some((_, answer)) = self.json::<TagSet>("bucket-tags.json")? {
            bucket.tags = answer.tag_set;
        }
        if let Some((source, list)) = self.json::<AccessPointList>("access-points.json")? {
            self.refuse_part(&source, list.next_token.is_some());
            for AccessPointSummary { name } in list.access_point_list {
                let Some((source, answer)) = self.json::<Answer>(&format!("access-points/{name}.json"))? else {
                    continue;
                };
                let policy = answer.policy.map(document);
                bucket.access_points.push(AccessPoint { name, policy, place: Place::whole(&source) });
            }
        }
        Ok(bucket)
    }

    /// The policies of KMS keys and SNS topics, by their ARNs.
    pub(super) fn policies(&mut self, arns: &[String]) -> Result<Vec<PolicyOf>, FileError> {
        let mut found = Vec::new();
        for arn in arns {
            let Some((source, answer)) = self.json::<Answer>(&policy_file(arn))? else { continue };
            let policy = answer.policy.or(answer.attributes.and_then(|attributes| attributes.policy)).map(document);
            found.push(PolicyOf { arn: arn.clone(), policy, place: Place::whole(&source) });
        }
        Ok(found)
    }
}

/// The file of the policy of a key or topic: `policies/` and the end of its ARN.
fn policy_file(arn: &str) -> String {
    format!("policies/{}.json", arn.rsplit([':', '/']).next().unwrap_or_default())
}

/// A value that is there, whether it is `null` or not.
fn present<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
