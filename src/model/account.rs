//! An account: its settings, validated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::bucket::Bucket;
use super::company_policies::CompanyPolicies;
use super::instance_types::{self, AllowedTypesOfAccount};
use super::lock::PlacementLock;
use super::names::{
    AccountId, AccountName, BucketName, Company, IamPath, InstanceType, KmsKeyArn, PrincipalPattern, Region,
    RepositoryPath, RoleSuffix,
};
use super::network::{AllowedNetworks, NotebookNetwork};
use super::operations::{self, Budgets, KeyRotation};
use super::quotas::Quotas;
use super::reader::Reader;
use super::services;
use super::sharing::{ReservedName, SharedFolders};
use super::tags::{self, Tag};
use super::unique;
use super::users::{self, User};
use crate::config::{AccountConfig, Language, MetadataSettings, Mfa, Node, Part, People, Profile, Service, suggest};
use crate::facts::{self, limits};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// An AWS account with everything that its stacks are made of.
#[expect(missing_docs, reason = "the settings say what each is")]
#[derive(Debug, Clone)]
pub struct Account {
    pub name: AccountName,
    pub id: AccountId,
    pub region: Region,
    pub company: Company,
    pub bucket: Bucket,
    pub shared_folders: SharedFolders,
    pub language: Language,
    pub policies: Profile,
    /// The services that get a role, each with the place that names it.
    pub services: BTreeMap<Service, Place>,
    /// Appended to the service roles' names.
    pub service_role_suffix: String,
    /// The path of the group, the policies and, with `policies: hardened`, the users.
    pub iam_path: IamPath,
    /// The path that all roles begin with; `None` where it is `iam_path`, and `/` for the service roles.
    pub role_path: Option<IamPath>,
    pub company_policies: CompanyPolicies,
    pub idle_stop_minutes: u32,
    pub adapt_sdk: bool,
    pub network: NotebookNetwork,
    /// The key that encrypts the notebooks' volumes, if not an AWS managed one.
    pub notebook_kms_key: Option<KmsKeyArn>,
    /// The key of secrets, topics and log groups, if not an AWS managed one.
    pub kms_key: Option<KmsKeyArn>,
    /// Where the settings say that a notebook role's tag is not bound to its name; `None` where it is bound.
    pub unbound_roles: Option<Place>,
    /// The networks that people may use AWS from; any where there is no list.
    pub allowed_networks: Option<AllowedNetworks>,
    pub mfa: Mfa,
    /// After how many days the logs of notebooks and training jobs are deleted; `None` where SageMaker makes their groups.
    pub log_days: Option<u32>,
    /// When access keys are deactivated; `None` where nobody asked for it.
    pub key_rotation: Option<KeyRotation>,
    /// What may be spent; `None` where nobody asked for it.
    pub budgets: Option<Budgets>,
    pub allowed_types: AllowedTypesOfAccount,
    /// How long a training job may run; `None` as long as SageMaker lets it.
    pub max_runtime_minutes: Option<u32>,
    pub metadata: MetadataSettings,
    /// The tags of everything that takes tags, besides those that racestack sets.
    pub tags: Vec<Tag>,
    /// The bucket that templates are put into first; without one, they are handed over directly.
    pub template_bucket: Option<BucketName>,
    /// The out folder's path from the root of its repository, where CloudFormation's Git sync deploys the stacks.
    pub git_sync: Option<RepositoryPath>,
    pub stack_sets: BTreeSet<Part>,
    pub contact: Option<String>,
    pub trusted: Vec<String>,
    pub users: Vec<User>,
    /// Which users stack each user is in, as the lock has it.
    pub lock: PlacementLock,
    pub lock_source: Arc<SourceFile>,
    pub lock_exists: bool,
    pub quotas: Quotas,
    /// The roster, for findings about all its people together.
    pub roster_place: Option<Place>,
    /// The files that the account was read from, relative to the config folder.
    pub inputs: Vec<PathBuf>,
    /// The settings as they were read, for the places of values.
    pub settings: Node,
}

impl Account {
    /// Whether anybody gets a password for the AWS console.
    pub fn has_console(&self) -> bool {
        self.users.iter().any(|user| user.console)
    }

    /// Whether training jobs must have a network, a key or a run time.
    pub fn limits_training(&self) -> bool {
        self.network.subnet_id.is_some()
            || self.notebook_kms_key.is_some()
            || self.bucket.kms_key.is_some()
            || self.max_runtime_minutes.is_some()
    }

    /// How long a training job may run, in seconds.
    pub fn max_runtime_seconds(&self) -> Option<u32> {
        self.max_runtime_minutes.map(|minutes| minutes.saturating_mul(60))
    }

    /// The most bytes that a template may have.
    pub fn template_bytes(&self) -> usize {
        if self.template_bucket.is_some() { limits::TEMPLATE_BYTES_BUCKET } else { limits::TEMPLATE_BYTES_DIRECT }
    }
}

/// The name of an account's bucket, as far as its settings say it.
pub(super) fn bucket_name(config: &AccountConfig) -> Option<BucketName> {
    Reader { config, people: &People::default(), findings: &mut Vec::new() }.bucket_name()
}

impl Reader<'_> {
    /// The region; one that is not known is a finding.
    fn region(&mut self) -> Option<Region> {
        let region = self.required("region", Region::parse);
        if let Some(region) = region.as_ref().filter(|region| !region.is_known()) {
            let message = format!("the region `{region}` is not among those known");
            let help = suggest(region.as_str(), facts::REGIONS.iter().copied(), "check `region`");
            self.find(Rule::SettingsUnknownRegion, "region", message, help);
        }
        region
    }

    /// The account. `None`, with findings, when something essential is missing or wrong.
    pub(super) fn account(&mut self) -> Option<Account> {
        let (settings, people, node) = (&self.config.settings, self.people, &self.config.node);
        let notebooks = &settings.notebooks;
        let name = self.account_name();
        let id = self.required("account_id", AccountId::parse);
        let region = self.region();
        let company = self.required("company", Company::parse);
        let bucket = self.bucket(region.as_ref());
        let iam_path = self.required("iam_path", IamPath::parse);
        let suffix = self.optional("service_roles.suffix", RoleSuffix::parse);
        let suffix = suffix.map(|suffix| suffix.as_str().to_owned()).unwrap_or_default();
        let tags = tags::read(settings.tags.as_ref(), node.get("tags"), Rule::SettingsInvalidTag, self.findings);
        let allowed_types = self.all_allowed_types();
        let instance_type = self.required("notebooks.instance_type", InstanceType::parse);
        if let Some(instance_type) = &instance_type {
            let place = node.place_of("notebooks.instance_type");
            self.findings.extend(instance_types::check(instance_type, allowed_types.notebooks.as_ref(), &place));
        }
        let lock = match people.lock.as_ref().filter(|_| people.lock_exists) {
            Some(source) => PlacementLock::read(source, self.findings),
            None => Some(PlacementLock::default()),
        };
        // A damaged lock is a finding, and then nothing is written; the roster is checked all the same.
        let lock_failed = lock.is_none();
        let lock = lock.unwrap_or_default();
        let key_rotation = self.key_rotation(settings.access_keys.as_ref());
        let mut role_names = services::role_names(&suffix);
        if let (Some(_), Some(company)) = (&key_rotation, &company) {
            role_names.push(operations::key_rotation_role(company));
        }
        let (shared_folders, mut reserved_names) = self.shared_folders(&lock);
        reserved_names.extend(role_names.into_iter().map(ReservedName::of_service_role));
        let defaults = users::Defaults {
            instance_type,
            allowed_types: allowed_types.notebooks.as_ref(),
            volume_gb: notebooks.volume_gb,
            console: settings.console.unwrap_or_default(),
            tags: &tags,
            reserved_names: &reserved_names,
            team_folders: shared_folders.of_teams,
            lock: &lock,
        };
        let roster = people.roster.as_ref();
        let users = roster.map(|roster| users::build(roster, &defaults, self.findings)).unwrap_or_default();
        unique::check(&users, self.findings);
        // Whatever finds something stands before what there may be none of.
        Some(Account {
            role_path: self.role_path(iam_path.as_ref()),
            company_policies: self.company_policies(id.as_ref(), region.as_ref()),
            network: self.network(),
            notebook_kms_key: self.kms_key("notebooks.kms_key", region.as_ref()),
            kms_key: self.kms_key("kms_key", region.as_ref()),
            allowed_networks: self.allowed_networks(),
            log_days: self.log_days(settings.logs.as_ref()),
            budgets: self.budgets(settings.budgets.as_ref(), region.as_ref()),
            template_bucket: self.optional("deploy.template_bucket", BucketName::parse),
            git_sync: self.optional("deploy.git_sync", RepositoryPath::parse),
            contact: self.optional("contact", contact),
            trusted: self.list("trusted", principal_pattern),
            name: name?,
            id: id?,
            region: region?,
            company: company?,
            bucket: bucket?,
            shared_folders,
            language: settings.language?,
            policies: settings.policies?,
            services: self.services(),
            service_role_suffix: suffix,
            iam_path: iam_path?,
            idle_stop_minutes: notebooks.idle_stop_minutes?,
            adapt_sdk: notebooks.adapt_sdk?,
            unbound_roles: (notebooks.bind_roles == Some(false)).then(|| node.place_of("notebooks.bind_roles")),
            mfa: settings.mfa.unwrap_or(if users.iter().any(|user| user.console) { Mfa::Optional } else { Mfa::Off }),
            key_rotation,
            allowed_types,
            max_runtime_minutes: settings.training.max_runtime_minutes,
            metadata: settings.metadata,
            tags,
            stack_sets: settings.deploy.stack_sets.iter().flatten().copied().collect(),
            users,
            lock: Some(lock).filter(|_| !lock_failed)?,
            lock_source: people.lock.clone()?,
            lock_exists: people.lock_exists,
            quotas: Quotas::raised(&settings.quotas),
            roster_place: roster.map(|roster| Place::whole(&roster.source)),
            inputs: people.inputs.clone(),
            settings: node.clone(),
        })
    }

    fn account_name(&mut self) -> Option<AccountName> {
        AccountName::parse(&self.config.name)
            .map_err(|allowed| {
                let message = format!("found the account folder `{}`, allowed are {allowed}", self.config.name);
                let finding = Finding::new(Rule::AccountInvalidName, message);
                self.findings.push(finding.at(Place::whole(&self.config.source)).help("rename the folder"));
            })
            .ok()
    }
}

fn principal_pattern(text: &str) -> Result<String, &'static str> {
    PrincipalPattern::parse(text).map(|pattern| pattern.as_str().to_owned())
}

fn contact(text: &str) -> Result<String, &'static str> {
    let valid = !text.trim().is_empty() && text.chars().count() <= 200 && !text.contains(char::is_control);
    if valid { Ok(text.trim().to_owned()) } else { Err("one line of 1 to 200 characters") }
}
