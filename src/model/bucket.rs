//! The bucket that holds a folder per person: its name, made or given.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::names::{BucketName, Company, KmsKeyArn, Refusal, Region};
use super::reader::Reader;
use crate::config::DEFAULTS_PATH;
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
        let settings = self.config.settings.bucket.as_ref()?;
        let name = self.bucket_name();
        if let Some(name) = name.as_ref().filter(|name| !name.as_str().contains("deepracer")) {
            self.findings.push(
                Finding::new(
                    Rule::SettingsBucketWithoutDeepracer,
                    format!("the bucket name `{name}` lacks `deepracer`"),
                )
                .at(self.bucket_place())
                .help("put `deepracer` into `bucket.name`, unless no service has to reach the bucket")
                .note("the DeepRacer and RoboMaker roles reach `*deepracer*` buckets only"),
            );
        }
        let kms_key = self.kms_key("bucket.kms_key", settings.kms_key.as_deref(), region);
        let access_logs = settings.access_logs.as_deref().filter(|name| *name != NO_LOGS);
        let access_logs = self.optional("bucket.access_logs", access_logs, BucketName::parse);
        if access_logs.is_some() && access_logs == name {
            // Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
            let message = "the bucket would log into itself, and each line would be a request of its own".to_owned();
            let finding = Finding::new(Rule::SettingsContradiction, message);
            let place = self.config.node.place_of("bucket.access_logs");
            self.findings.push(finding.at(place).help("name another bucket in `bucket.access_logs`"));
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
    pub(super) fn kms_key(&mut self, name: &str, text: Option<&str>, region: Option<&Region>) -> Option<KmsKeyArn> {
        let key = self.optional(name, text, KmsKeyArn::parse)?;
        let of_key = key.as_str().split(':').nth(3).unwrap_or_default();
        if let Some(region) = region.filter(|region| region.as_str() != of_key) {
            let message = format!("found a key in `{of_key}` for `{name}`, allowed is one in `{region}`");
            let finding = Finding::new(Rule::SettingsContradiction, message);
            let place = self.config.node.place_of(name);
            self.findings.push(finding.at(place).help(format!("name a key of the account's region in `{name}`")));
        }
        Some(key)
    }

    /// The name given, or the one made of its parts.
    pub(super) fn bucket_name(&mut self) -> Option<BucketName> {
        let settings = &self.config.settings;
        let bucket = settings.bucket.as_ref();
        if let Some(name) = bucket.and_then(|bucket| bucket.name.as_deref()) {
            return self.required("bucket.name", Some(name), BucketName::parse);
        }
        let created = bucket.and_then(|bucket| bucket.created.as_deref());
        let created = self.required("bucket.created", created, |text| {
            let digits = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits {
                Ok(text.to_owned())
            } else {
                Err(Refusal { allowed: "14 digits, `YYYYMMDDhhmmss`, in quotes" })
            }
        });
        if let Some(created) = created.as_deref().filter(|created| !is_date(created)) {
            self.findings.push(
                Finding::new(Rule::SettingsUnlikelyDate, format!("`{created}` is 14 digits, but no date and time"))
                    .at(self.config.node.place_of("bucket.created"))
                    .help("leave `bucket.created` if a bucket of this name exists; otherwise write a real time"),
            );
        }
        let company = Company::parse(settings.company.as_deref()?).ok()?;
        let purpose = bucket.and_then(|bucket| bucket.purpose.as_deref())?;
        let name = format!("{company}-aws-deepracer-{purpose}-{}", created?);
        let parsed = BucketName::parse(&name);
        if let Err(refusal) = &parsed {
            let message = format!("the bucket would be named `{name}`, allowed is {}", refusal.allowed);
            let purpose = self.config.node.place_of("bucket.purpose");
            // The default purpose is no mistake of the user's: then the company's name is too long.
            let place =
                if purpose.path() == Path::new(DEFAULTS_PATH) { self.config.node.place_of("company") } else { purpose };
            let finding = Finding::new(Rule::SettingsInvalidName, message).at(place);
            self.findings.push(finding.help("change `bucket.purpose` or `company`, or set `bucket.name`"));
        }
        parsed.ok()
    }

    pub(super) fn bucket_place(&self) -> Place {
        let node = &self.config.node;
        let key = if node.get("bucket.name").is_some() { "bucket.name" } else { "bucket.created" };
        node.place_of(key)
    }
}

fn is_date(created: &str) -> bool {
    #[expect(clippy::expect_used, reason = "the expression is a constant that the tests run")]
    static PARTS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^([0-9]{4})(..)(..)(..)(..)(..)$").expect("a valid expression"));
    let Some(parts) = PARTS.captures(created) else { return false };
    let part = |index: usize| parts.get(index).and_then(|part| part.as_str().parse::<u32>().ok()).unwrap_or(u32::MAX);
    let (year, month, day) = (part(1), part(2), part(3));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && part(4) < 24 && part(5) < 60 && part(6) < 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_exist() {
        for date in ["20221130201905", "20240229000000", "20000229235959"] {
            assert!(is_date(date), "{date}");
        }
        for date in ["20221131201905", "20230229000000", "19000229000000", "20221301000000", "20221130240000"] {
            assert!(!is_date(date), "{date}");
        }
    }
}
