//! An account: its settings, validated.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use regex::Regex;

use super::names::{
    AccountId, AccountName, BucketName, Company, IamPath, InstanceType, KmsKeyArn, Refusal, Region, SecurityGroupId,
    SubnetId,
};
use super::tags::{self, Tag};
use super::users::{self, User};
use crate::config::{AccountConfig, Profile, Service, did_you_mean, shorten};
use crate::facts::{self, limits};
use crate::finding::{Finding, Rule, any_error};
use crate::source::Place;

/// An AWS account with everything that its stacks are made of.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name of its folder.
    pub name: AccountName,
    /// Its ID.
    pub id: AccountId,
    /// Where its stacks are deployed.
    pub region: Region,
    /// The company's short name.
    pub company: Company,
    /// The bucket with a folder per person.
    pub bucket: Bucket,
    /// Which policies people and services get.
    pub policies: Profile,
    /// The services that get a role, each with the place that names it.
    pub services: BTreeMap<Service, Place>,
    /// Appended to the service roles' names.
    pub service_role_suffix: String,
    /// The path of the group, the policies, the notebook roles and, with `policies: hardened`, the users.
    pub iam_path: IamPath,
    /// After how many idle minutes a notebook stops; 0 never stops it.
    pub idle_stop_minutes: u32,
    /// The network of the notebooks.
    pub network: NotebookNetwork,
    /// The key that encrypts the notebooks' volumes, if not an AWS managed one.
    pub notebook_kms_key: Option<KmsKeyArn>,
    /// The tags of everything that takes tags, besides those that racestack sets.
    pub tags: Vec<Tag>,
    /// The bucket that templates may be handed over through.
    pub template_bucket: TemplateBucket,
    /// The people, by name.
    pub users: Vec<User>,
    /// The files that the account was read from, relative to the config folder.
    pub inputs: Vec<PathBuf>,
    /// Where `policies` is set.
    pub policies_place: Place,
}

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
}

/// The network of the notebooks.
#[derive(Debug, Clone)]
pub struct NotebookNetwork {
    /// The subnet; without one, SageMaker's own network.
    pub subnet_id: Option<SubnetId>,
    /// The security groups, at most five.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// Whether notebooks reach the internet directly; only with a subnet may they not.
    pub direct_internet_access: bool,
}

/// How templates reach CloudFormation.
#[derive(Debug, Clone)]
pub enum TemplateBucket {
    /// Handed over directly, at most 51,200 bytes each.
    None,
    /// Put into this bucket first, at most 1,000,000 bytes each.
    Named(BucketName),
}

impl TemplateBucket {
    /// The most bytes that a template may have.
    pub fn template_bytes(&self) -> usize {
        match self {
            TemplateBucket::None => limits::TEMPLATE_BYTES_DIRECT,
            TemplateBucket::Named(_) => limits::TEMPLATE_BYTES_BUCKET,
        }
    }
}

/// What an account claims for itself alone.
pub(super) struct Claims {
    pub account_id: Option<(String, Place)>,
    pub bucket: Option<(String, Place)>,
}

/// The claims of an account, as far as its settings say them.
pub(super) fn claims(config: &AccountConfig) -> Claims {
    let mut ignored = Vec::new();
    let mut reader = Reader { config, findings: &mut ignored };
    Claims {
        account_id: config.settings.account_id.clone().map(|id| (id, config.node.place_of("account_id"))),
        bucket: reader.bucket_name().map(|name| (name.to_string(), reader.bucket_place())),
    }
}

/// Validates an account. `None`, with findings, when something essential is missing or wrong.
pub(super) fn build(config: &AccountConfig, findings: &mut Vec<Finding>) -> Option<Account> {
    let mut own = Vec::new();
    let account = Reader { config, findings: &mut own }.account();
    let failed = any_error(&own);
    findings.append(&mut own);
    account.filter(|_| !failed)
}

struct Reader<'a> {
    config: &'a AccountConfig,
    findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    fn account(&mut self) -> Option<Account> {
        let settings = &self.config.settings;
        let name = self.account_name();
        let id = self.required("account_id", settings.account_id.as_deref(), AccountId::parse);
        let region = self.required("region", settings.region.as_deref(), Region::parse);
        if let Some(region) = region.as_ref().filter(|region| !region.is_known()) {
            self.unknown_region(region);
        }
        let company = self.required("company", settings.company.as_deref(), Company::parse);
        let bucket = self.bucket(region.as_ref());
        let iam_path = self.required("iam_path", settings.iam_path.as_deref(), IamPath::parse);
        let suffix = self.service_role_suffix();
        let network = self.network();
        let notebooks = settings.notebooks.as_ref();
        let notebook_kms_key =
            self.optional("notebooks.kms_key", notebooks.and_then(|n| n.kms_key.as_deref()), KmsKeyArn::parse);
        let template_bucket = settings.deploy.as_ref().and_then(|deploy| deploy.template_bucket.as_deref());
        let template_bucket = match self.optional("deploy.template_bucket", template_bucket, BucketName::parse) {
            Some(name) => TemplateBucket::Named(name),
            None => TemplateBucket::None,
        };
        let (tags, mut tag_findings) =
            tags::read(settings.tags.as_ref(), self.config.node.get("tags"), Rule::SettingsInvalidTag);
        self.findings.append(&mut tag_findings);
        let instance_type = notebooks.and_then(|notebooks| notebooks.instance_type.as_deref());
        let instance_type = self.required("notebooks.instance_type", instance_type, InstanceType::parse);
        if let Some(instance_type) = &instance_type {
            let place = self.config.node.place_of("notebooks.instance_type");
            self.findings.extend(users::check_instance_type(instance_type, &place));
        }
        let role_names = service_role_names(&suffix);
        let defaults = users::Defaults {
            instance_type,
            volume_gb: notebooks.and_then(|notebooks| notebooks.volume_gb),
            tags: &tags,
            reserved_names: &role_names,
        };
        let roster = self.config.roster.as_ref();
        let users = roster.map(|roster| users::build(roster, &defaults, self.findings)).unwrap_or_default();
        Some(Account {
            name: name?,
            id: id?,
            region: region?,
            company: company?,
            bucket: bucket?,
            policies: settings.policies?,
            services: self.services(),
            service_role_suffix: suffix,
            iam_path: iam_path?,
            idle_stop_minutes: notebooks.and_then(|notebooks| notebooks.idle_stop_minutes)?,
            network,
            notebook_kms_key,
            tags,
            template_bucket,
            users,
            inputs: self.config.inputs.clone(),
            policies_place: self.config.node.place_of("policies"),
        })
    }

    fn account_name(&mut self) -> Option<AccountName> {
        AccountName::parse(&self.config.name)
            .map_err(|refusal| {
                let message =
                    format!("found the account folder `{}`, allowed are {}", self.config.name, refusal.allowed);
                let finding = Finding::new(Rule::AccountInvalidName, message);
                self.findings.push(finding.at(Place::whole(&self.config.source)).help("rename the folder"));
            })
            .ok()
    }

    fn unknown_region(&mut self, region: &Region) {
        let help = match did_you_mean(region.as_str(), facts::REGIONS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? Otherwise check `region`"),
            None => "check `region`".to_owned(),
        };
        self.findings.push(
            Finding::new(Rule::SettingsUnknownRegion, format!("the region `{region}` is not among those known"))
                .at(self.config.node.place_of("region"))
                .help(help),
        );
    }

    fn bucket(&mut self, region: Option<&Region>) -> Option<Bucket> {
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
        let kms_key = self.optional("bucket.kms_key", settings.kms_key.as_deref(), KmsKeyArn::parse);
        if let (Some(key), Some(region)) = (&kms_key, region)
            && key.as_str().split(':').nth(3) != Some(region.as_str())
        {
            let message = format!("the bucket is in `{region}`, but its key is not: `{key}`");
            let finding = Finding::new(Rule::SettingsContradiction, message);
            let place = self.config.node.place_of("bucket.kms_key");
            self.findings.push(finding.at(place).help("name a key of the bucket's region in `bucket.kms_key`"));
        }
        Some(Bucket {
            name: name?,
            kms_key,
            old_version_days: settings.old_version_days?,
            incomplete_upload_days: settings.incomplete_upload_days?,
        })
    }

    /// The name given, or the one made of its parts.
    fn bucket_name(&mut self) -> Option<BucketName> {
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
        self.required("bucket.purpose", Some(&name), BucketName::parse)
    }

    fn bucket_place(&self) -> Place {
        let node = &self.config.node;
        let key = if node.get("bucket.name").is_some() { "bucket.name" } else { "bucket.created" };
        node.place_of(key)
    }

    fn service_role_suffix(&mut self) -> String {
        // The longest of the console's names, AWSDeepRacerCloudFormationAccessRole, has 36 of IAM's 64 characters.
        const ALLOWED: &str = "up to 28 of `A-Z a-z 0-9 _ + = , . @ -`";
        let suffix = self.config.settings.service_roles.as_ref().and_then(|roles| roles.suffix.as_deref());
        self.optional("service_roles.suffix", suffix, |text| {
            let valid = text.len() <= 28 && text.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c));
            if valid { Ok(text.to_owned()) } else { Err(Refusal { allowed: ALLOWED }) }
        })
        .unwrap_or_default()
    }

    fn network(&mut self) -> NotebookNetwork {
        let notebooks = self.config.settings.notebooks.as_ref();
        let subnet_id = notebooks.and_then(|notebooks| notebooks.subnet_id.as_deref());
        let subnet_id = self.optional("notebooks.subnet_id", subnet_id, SubnetId::parse);
        let listed = notebooks.and_then(|notebooks| notebooks.security_group_ids.as_deref()).unwrap_or_default();
        let security_group_ids: Vec<SecurityGroupId> = listed
            .iter()
            .filter_map(|id| self.optional("notebooks.security_group_ids", Some(id), SecurityGroupId::parse))
            .collect();
        let direct_internet_access = notebooks.and_then(|notebooks| notebooks.direct_internet_access).unwrap_or(true);
        let mut contradict = |message: String, key: &str, help: &str| {
            let finding = Finding::new(Rule::SettingsContradiction, message).help(help);
            self.findings.push(finding.at(self.config.node.place_of(key)));
        };
        if subnet_id.is_none() && !direct_internet_access {
            let message = "without direct internet access, a notebook needs a subnet".to_owned();
            contradict(message, "notebooks.direct_internet_access", "set `notebooks.subnet_id`");
        }
        if subnet_id.is_none() && !security_group_ids.is_empty() {
            let message = "security groups belong to a subnet, and there is none".to_owned();
            contradict(message, "notebooks.security_group_ids", "set `notebooks.subnet_id`");
        }
        if listed.len() > limits::NOTEBOOK_SECURITY_GROUPS {
            let message =
                format!("found {} security groups, allowed are {}", listed.len(), limits::NOTEBOOK_SECURITY_GROUPS);
            contradict(message, "notebooks.security_group_ids", "shorten `notebooks.security_group_ids`");
        }
        NotebookNetwork { subnet_id, security_group_ids, direct_internet_access }
    }

    fn services(&self) -> BTreeMap<Service, Place> {
        let listed = self.config.settings.services.as_deref().unwrap_or_default();
        let place = self.config.node.place_of("services");
        listed.iter().map(|service| (*service, place.clone())).collect()
    }

    /// A name that must be there.
    fn required<T>(&mut self, key: &str, text: Option<&str>, parse: fn(&str) -> Result<T, Refusal>) -> Option<T> {
        if text.is_none() {
            self.findings.push(
                Finding::new(Rule::SettingsMissingKey, format!("`{key}` is missing"))
                    .at(Place::whole(&self.config.source))
                    .help(format!("add `{key}` here, or to the company's settings where it holds for all accounts")),
            );
        }
        self.optional(key, text, parse)
    }

    fn optional<T>(&mut self, key: &str, text: Option<&str>, parse: fn(&str) -> Result<T, Refusal>) -> Option<T> {
        let text = text?;
        match parse(text) {
            Ok(name) => Some(name),
            Err(refusal) => {
                let message = format!("found `{}` for `{key}`, allowed is {}", shorten(text), refusal.allowed);
                let finding = Finding::new(Rule::SettingsInvalidName, message).help(format!("correct `{key}`"));
                self.findings.push(finding.at(self.config.node.place_of(key)));
                None
            }
        }
    }
}

impl Service {
    /// The word that the settings use.
    pub fn as_str(self) -> &'static str {
        match self {
            Service::Deepracer => "deepracer",
            Service::Lambda => "lambda",
            Service::Sagemaker => "sagemaker",
            Service::Robomaker => "robomaker",
            Service::Cloudformation => "cloudformation",
        }
    }

    /// The name that the DeepRacer console gives the service's role.
    /// Source: <https://docs.aws.amazon.com/deepracer/latest/developerguide/deepracer-understand-required-permissions-and-iam-roles.html>
    pub fn role_name(self) -> &'static str {
        match self {
            Service::Deepracer => "AWSDeepRacerServiceRole",
            Service::Lambda => "AWSDeepRacerLambdaAccessRole",
            Service::Sagemaker => "AWSDeepRacerSageMakerAccessRole",
            Service::Robomaker => "AWSDeepRacerRoboMakerAccessRole",
            Service::Cloudformation => "AWSDeepRacerCloudFormationAccessRole",
        }
    }

    /// All services, in the order of the settings.
    pub const ALL: [Service; 5] =
        [Service::Deepracer, Service::Lambda, Service::Sagemaker, Service::Robomaker, Service::Cloudformation];
}

fn service_role_names(suffix: &str) -> Vec<String> {
    Service::ALL.iter().map(|service| format!("{}{suffix}", service.role_name())).collect()
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
