//! The bucket, and the policies of access points, keys and topics.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::reading::{ACCESS_POINTS, Described, ExportReader, LiveTag, document, place_of};
use crate::files::FileError;
use crate::source::Place;

/// The bucket, as it is.
#[derive(Debug)]
pub struct BucketDetail {
    /// Its policy, with where it is told.
    pub policy: Option<(Value, Place)>,
    /// Which ways for the public are blocked, with where it is told.
    pub public_access_block: (Value, Place),
    /// Whether it keeps older versions, `Enabled` where it does, with where it is told.
    pub versioning: (Option<String>, Place),
    /// The names at its top that end with a slash, without it.
    pub folders: Vec<String>,
    /// Where the folders are told.
    pub folders_place: Place,
    /// Whether there is such a bucket.
    pub exists: bool,
    /// How it encrypts, such as `aws:kms`, with where it is told.
    pub encryption: (Option<String>, Place),
    /// The KMS key that it encrypts with, where it does so with one.
    pub kms_key: Option<String>,
    /// The bucket that the log of its requests is written to.
    pub log_bucket: Option<String>,
    /// The names of its lifecycle rules, with where they are told.
    pub lifecycle_rules: (Vec<String>, Place),
    pub tags: Vec<LiveTag>,
    /// The policies of its access points, by their names.
    pub access_points: Described<Option<Value>>,
}

/// A list of objects, of which some values are looked at.
type List = Vec<Map<String, Value>>;

/// What the AWS CLI writes of an access point, a key or a topic, or of nothing.
type Answer = Map<String, Value>;

impl ExportReader {
    pub(super) fn bucket(&mut self) -> Result<BucketDetail, FileError> {
        const RULE: &str = "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault";
        let (policy, policy_place) = self.of_bucket::<Option<Value>>("policy", "/Policy")?;
        // There is `null` where there are no folders; of a bucket that is not there, nothing.
        let (folders, folders_place) = self.of_bucket::<BTreeMap<String, Option<List>>>("folders", "")?;
        let points = self.described("access-points", (ACCESS_POINTS, "Name"))?;
        let (rules, rules_place) = self.of_bucket::<List>("lifecycle", "/Rules")?;
        Ok(BucketDetail {
            policy: self.policy(policy, &policy_place).map(|policy| (policy, policy_place)),
            public_access_block: self.of_bucket("public-access-block", "/PublicAccessBlockConfiguration")?,
            versioning: self.of_bucket("versioning", "/Status")?,
            exists: !folders.is_empty(),
            folders: texts(folders.into_values().flatten().flatten(), "Prefix")
                .map(|name| name.trim_end_matches('/').to_owned())
                .collect(),
            folders_place,
            encryption: self.of_bucket("encryption", &format!("{RULE}/SSEAlgorithm"))?,
            kms_key: self.of_bucket("encryption", &format!("{RULE}/KMSMasterKeyID"))?.0,
            log_bucket: self.of_bucket("logging", "/LoggingEnabled/TargetBucket")?.0,
            lifecycle_rules: (texts(rules, "ID").collect(), rules_place),
            tags: self.of_bucket("tags", "/TagSet")?.0,
            access_points: points
                .into_iter()
                .map(|(name, (answer, place))| (name, (self.policy(policy_of(answer), &place), place)))
                .collect(),
        })
    }

    /// What an answer about the bucket says at a pointer, and where; the default, where it says nothing there.
    fn of_bucket<T: DeserializeOwned + Default>(&mut self, word: &str, at: &str) -> Result<(T, Place), FileError> {
        let name = format!("bucket-{word}.json");
        // Without a file of these there is no export: nothing is taken for what it would tell.
        let Some((mut answer, place)) = self.json::<Map<String, Value>>(&name)? else {
            return Ok((T::default(), Place::of_file(name)));
        };
        let more = answer.remove("NextToken");
        self.refuse_part(&place, [more.as_ref()]);
        let told = Value::from(answer).pointer_mut(at).map(Value::take).filter(|told| !told.is_null());
        let told = told.map(serde_json::from_value).transpose().unwrap_or_else(|error| {
            let key = at.rsplit('/').next().unwrap_or_default();
            self.refuse_form(&place_of(&place.source, &format!("\"{key}\"")), &error);
            None
        });
        Ok((told.unwrap_or_default(), place))
    }

    /// The policy document that an answer has. What is none is a finding.
    fn policy(&mut self, policy: Option<Value>, file: &Place) -> Option<Value> {
        let policy = policy.map(document).transpose();
        policy.unwrap_or_else(|error| {
            self.refuse_form(&place_of(&file.source, "\"Policy\""), &error);
            None
        })
    }

    /// The policies of KMS keys and SNS topics, by their ARNs.
    pub(super) fn policies(&mut self, arns: &[String]) -> Result<Described<Option<Value>>, FileError> {
        let mut found = Described::new();
        for arn in arns {
            let name = arn.rsplit([':', '/']).next().unwrap_or_default();
            if let Some((answer, place)) = self.json(&format!("policies/{name}.json"))? {
                found.insert(arn.clone(), (self.policy(policy_of(answer), &place), place));
            }
        }
        Ok(found)
    }
}

/// The policy in an answer: of a topic, it is among its attributes.
fn policy_of(mut answer: Answer) -> Option<Value> {
    let of_topic = answer.get_mut("Attributes").and_then(|attributes| attributes.get_mut("Policy")).map(Value::take);
    [answer.remove("Policy"), of_topic].into_iter().flatten().find(|policy| !policy.is_null())
}

fn texts(list: impl IntoIterator<Item = Map<String, Value>>, key: &str) -> impl Iterator<Item = String> {
    list.into_iter().filter_map(move |one| one.get(key)?.as_str().map(str::to_owned))
}
