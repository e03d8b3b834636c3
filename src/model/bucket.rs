//! The bucket that holds a folder per person: its name, made or given.

use std::path::Path;

use chrono::NaiveDateTime;

use super::reader::Reader;
use crate::config::{BucketName, DEFAULTS_PATH, Node, Region, Service, Settings};
use crate::finding::{Finding, Rule};
use crate::source::Place;

/// What `bucket.access_logs` says where nobody is to log who reads what.
const NO_LOGS: &str = "none";

/// The name of the bucket, given or made of its parts, or what is wrong with it. `None` where a part is missing.
pub fn bucket_name(settings: &Settings, node: &Node) -> Option<Result<BucketName, String>> {
    let bucket = &settings.bucket;
    // A name that is wrong is none of parts, either.
    if node.stands_in("bucket.name") {
        return bucket.name.clone().map(Ok);
    }
    let (company, purpose) = (settings.company.as_ref()?, bucket.purpose.as_ref()?);
    let named = |created: &str| format!("{company}-aws-deepracer-{purpose}-{created}");
    // The same in all accounts of the company.
    let refused = |allowed| format!("the bucket would be named `{}`, allowed is {allowed}", named("YYYYMMDDhhmmss"));
    Some(BucketName::parse(&named(bucket.created.as_ref()?.as_str())).map_err(refused))
}

/// Where the settings name the bucket.
pub(super) fn bucket_place(settings: &Node) -> Place {
    let key = if settings.stands_in("bucket.name") { "bucket.name" } else { "bucket.created" };
    settings.place_of(key)
}

/// The bucket that the log of all requests is written to, if there is one.
pub fn log_bucket(settings: &Settings) -> Option<&BucketName> {
    settings.bucket.access_logs.as_ref().filter(|name| name.as_str() != NO_LOGS)
}

impl Reader<'_> {
    /// The name of the bucket, with findings of what speaks against it.
    pub(super) fn bucket(&mut self) -> Option<BucketName> {
        let (settings, node) = (&self.config.settings, &self.config.node);
        if !node.stands_in("bucket.name") {
            let created = self.required("bucket.created", settings.bucket.created.as_ref());
            if let Some(created) =
                created.filter(|one| NaiveDateTime::parse_from_str(one.as_str(), "%Y%m%d%H%M%S").is_err())
            {
                let message = format!("`{created}` is 14 digits, but no date and time");
                let help = "leave `bucket.created` if a bucket of this name exists; otherwise write a real time";
                self.find(Rule::SettingsUnlikelyDate, "bucket.created", message, help);
            }
        }
        let name = bucket_name(settings, node)?.map_err(|message| {
            // The default purpose is no mistake of the user's: then the company's name is too long.
            let is_default = node.place_of("bucket.purpose").path() == Path::new(DEFAULTS_PATH);
            let key = if is_default { "company" } else { "bucket.purpose" };
            let help = "change `bucket.purpose` or `company`, or set `bucket.name`";
            self.find(Rule::SettingsInvalidName, key, message, help);
        });
        let name = name.ok()?;
        let reaches = |service: &Service| matches!(service, Service::Deepracer | Service::Robomaker);
        if !name.as_str().contains("deepracer") && settings.services.iter().any(reaches) {
            let message = format!("the bucket name `{name}` lacks `deepracer`");
            let finding = Finding::new(Rule::SettingsBucketWithoutDeepracer, message)
                .at(bucket_place(node))
                .help("put `deepracer` into `bucket.name`, unless no service has to reach the bucket");
            self.findings.push(finding.note("the DeepRacer and RoboMaker roles reach `*deepracer*` buckets only"));
        }
        if log_bucket(settings) == Some(&name) {
            // Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
            let message = "the bucket would log into itself, and each line would be a request of its own";
            self.contradict("bucket.access_logs", message, "name another bucket in `bucket.access_logs`");
        }
        Some(name)
    }

    /// Checks that the keys are of the account's partition and region.
    pub(super) fn kms_keys(&mut self, region: &Region) {
        let settings = &self.config.settings;
        let keys = [
            ("bucket.kms_key", &settings.bucket.kms_key),
            ("notebooks.kms_key", &settings.notebooks.kms_key),
            ("kms_key", &settings.kms_key),
        ];
        for (name, key) in keys {
            let parts: Vec<&str> = key.iter().flat_map(|key| key.as_str().split(':')).collect();
            let [_, partition, _, of_key, ..] = parts.as_slice() else { continue };
            if (*partition, *of_key) != (region.partition(), region.as_str()) {
                let found = if *partition == region.partition() { of_key } else { partition };
                let message = format!("found a key in `{found}` for `{name}`, allowed is one in `{region}`");
                self.contradict(name, message, format!("name a key of the account's region in `{name}`"));
            }
        }
    }
}
