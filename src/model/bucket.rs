//! The bucket that holds a folder per person: its name, made or given.

use std::path::Path;

use chrono::NaiveDateTime;

use super::names::{BucketName, Company, KmsKeyArn, Region};
use super::reader::Reader;
use crate::config::{DEFAULTS_PATH, Node};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// What `bucket.access_logs` says where nobody is to log who reads what.
const NO_LOGS: &str = "none";

/// The bucket that holds a folder per person.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: BucketName,
    /// The key that encrypts it; without one, S3's own keys do.
    pub kms_key: Option<KmsKeyArn>,
    /// After how many days an old version of an object is deleted.
    pub old_version_days: u32,
    /// After how many days an upload that was never completed is deleted.
    pub incomplete_upload_days: u32,
    /// The bucket that a log of all requests is written to.
    pub access_logs: Option<BucketName>,
}

impl Reader<'_> {
    pub(super) fn bucket(&mut self, region: Option<&Region>) -> Option<Bucket> {
        let settings = &self.config.settings.bucket;
        let name = self.bucket_name();
        if let Some(name) = name.as_ref().filter(|name| !name.as_str().contains("deepracer")) {
            self.findings.push(
                Finding::new(
                    Rule::SettingsBucketWithoutDeepracer,
                    format!("the bucket name `{name}` lacks `deepracer`"),
                )
                .at(bucket_place(&self.config.node))
                .help("put `deepracer` into `bucket.name`, unless no service has to reach the bucket")
                .note("the DeepRacer and RoboMaker roles reach `*deepracer*` buckets only"),
            );
        }
        let kms_key = self.kms_key("bucket.kms_key", region);
        let logs = |name: &str| if name == NO_LOGS { Ok(None) } else { BucketName::parse(name).map(Some) };
        let access_logs = self.optional("bucket.access_logs", logs).flatten();
        if access_logs.is_some() && access_logs == name {
            // Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
            let message = "the bucket would log into itself, and each line would be a request of its own";
            self.contradict("bucket.access_logs", message, "name another bucket in `bucket.access_logs`");
        }
        Some(Bucket {
            name: name?,
            kms_key,
            old_version_days: settings.old_version_days?,
            incomplete_upload_days: settings.incomplete_upload_days?,
            access_logs,
        })
    }

    /// A key of the account's region.
    pub(super) fn kms_key(&mut self, name: &str, region: Option<&Region>) -> Option<KmsKeyArn> {
        let key = self.optional(name, KmsKeyArn::parse)?;
        let of_key = key.as_str().split(':').nth(3).unwrap_or_default();
        if let Some(region) = region.filter(|region| region.as_str() != of_key) {
            let message = format!("found a key in `{of_key}` for `{name}`, allowed is one in `{region}`");
            self.contradict(name, message, format!("name a key of the account's region in `{name}`"));
        }
        Some(key)
    }

    /// The name given, or the one made of its parts.
    pub(super) fn bucket_name(&mut self) -> Option<BucketName> {
        let settings = &self.config.settings;
        let bucket = &settings.bucket;
        if bucket.name.is_some() {
            return self.optional("bucket.name", BucketName::parse);
        }
        let created = self.required("bucket.created", |text| {
            let digits = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.to_owned()).ok_or("14 digits, `YYYYMMDDhhmmss`, in quotes")
        });
        if let Some(created) = created.as_deref()
            && NaiveDateTime::parse_from_str(created, "%Y%m%d%H%M%S").is_err()
        {
            let message = format!("`{created}` is 14 digits, but no date and time");
            let help = "leave `bucket.created` if a bucket of this name exists; otherwise write a real time";
            self.find(Rule::SettingsUnlikelyDate, "bucket.created", message, help);
        }
        let company = Company::parse(settings.company.as_deref()?).ok()?;
        let purpose = bucket.purpose.as_deref()?;
        let name = format!("{company}-aws-deepracer-{purpose}-{}", created?);
        let parsed = BucketName::parse(&name);
        if let Err(allowed) = &parsed {
            let message = format!("the bucket would be named `{name}`, allowed is {allowed}");
            let purpose = self.config.node.place_of("bucket.purpose");
            // The default purpose is no mistake of the user's: then the company's name is too long.
            let place =
                if purpose.path() == Path::new(DEFAULTS_PATH) { self.config.node.place_of("company") } else { purpose };
            let finding = Finding::new(Rule::SettingsInvalidName, message).at(place);
            self.findings.push(finding.help("change `bucket.purpose` or `company`, or set `bucket.name`"));
        }
        parsed.ok()
    }
}

/// Where the settings name the bucket.
pub fn bucket_place(settings: &Node) -> Place {
    let key = if settings.get("bucket.name").is_some() { "bucket.name" } else { "bucket.created" };
    settings.place_of(key)
}
