//! The bucket, and the policies of keys and topics.

use serde::Deserialize;
use serde_json::Value;

use super::reading::{ACCESS_POINTS, ExportReader, LiveTag, document};
use crate::files::FileError;
use crate::source::{Place, SourceFile};

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

/// What the AWS CLI writes of a bucket, an access point, a key or a topic: each file holds some of it, or nothing.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    /// A policy as a text.
    policy: Option<Value>,
    attributes: Option<Box<Answer>>,
    public_access_block_configuration: Option<Value>,
    status: Option<String>,
    server_side_encryption_configuration: Option<Value>,
    logging_enabled: Option<LogTarget>,
    rules: Option<Vec<LifecycleRule>>,
    tag_set: Option<Vec<LiveTag>>,
    /// `null` where there are none; of a bucket that is not there, the key is missing.
    #[serde(default, deserialize_with = "present")]
    common_prefixes: Option<Prefixes>,
    next_token: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LogTarget {
    target_bucket: String,
}

#[derive(Deserialize)]
struct LifecycleRule {
    #[serde(rename = "ID", default)]
    id: String,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Prefixes(Option<Vec<Prefix>>);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Prefix {
    prefix: String,
}

impl Answer {
    fn policy(self) -> Option<Value> {
        self.policy.or(self.attributes.and_then(|attributes| attributes.policy)).map(document)
    }
}

impl ExportReader {
    pub(super) fn bucket(&mut self) -> Result<BucketDetail, FileError> {
        const KEY: &str = "/Rules/0/ApplyServerSideEncryptionByDefault/KMSMasterKeyID";
        // Without a file of these there is no export: nothing is taken for what it would tell.
        let mut told = |word: &str| {
            let told = self.json::<Answer>(&format!("bucket-{word}.json"))?;
            let told = told.unwrap_or_else(|| (SourceFile::new(word, ""), Answer::default()));
            self.refuse_part(&told.0, told.1.next_token.is_some());
            Ok((told.1, Place::whole(&told.0)))
        };
        let (policy, policy_place) = told("policy")?;
        let (block, block_place) = told("public-access-block")?;
        let (folders, folders_place) = told("folders")?;
        let encryption = told("encryption")?.0.server_side_encryption_configuration;
        let mut bucket = BucketDetail {
            policy: policy.policy().map(|policy| (policy, policy_place)),
            public_access_block: Some((block.public_access_block_configuration.unwrap_or_default(), block_place)),
            versioning: told("versioning")?.0.status,
            exists: folders.common_prefixes.is_some(),
            folders_place: Some(folders_place),
            kms_key: encryption.as_ref().and_then(|one| one.pointer(KEY)?.as_str()).map(str::to_owned),
            log_bucket: told("logging")?.0.logging_enabled.map(|target| target.target_bucket),
            lifecycle_rules: told("lifecycle")?.0.rules.into_iter().flatten().map(|rule| rule.id).collect(),
            tags: told("tags")?.0.tag_set.unwrap_or_default(),
            ..BucketDetail::default()
        };
        let folders = folders.common_prefixes.and_then(|list| list.0).into_iter().flatten();
        bucket.folders = folders.map(|one| one.prefix.trim_end_matches('/').to_owned()).collect();
        let points = self.described::<Answer>("access-points", (ACCESS_POINTS, "Name"))?.into_iter();
        let point = |(name, (source, answer)): (_, (_, Answer))| AccessPoint {
            name,
            policy: answer.policy(),
            place: Place::whole(&source),
        };
        bucket.access_points = points.map(point).collect();
        Ok(bucket)
    }

    /// The policies of KMS keys and SNS topics, by their ARNs.
    pub(super) fn policies(&mut self, arns: &[String]) -> Result<Vec<PolicyOf>, FileError> {
        let mut found = Vec::new();
        for arn in arns {
            if let Some((source, answer)) = self.json::<Answer>(&policy_file(arn))? {
                found.push(PolicyOf { arn: arn.clone(), policy: answer.policy(), place: Place::whole(&source) });
            }
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
