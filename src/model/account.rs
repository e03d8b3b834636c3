//! An account: its settings, validated.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::company_policies::CompanyPolicies;
use super::lock::PlacementLock;
use super::network::AllowedNetworks;
use super::operations;
use super::reader::Reader;
use super::services;
use super::sharing::ReservedName;
use super::tags::{self, Tag};
use super::unique;
use super::users::{self, User};
use crate::config::{
    AccountId, AccountName, BucketName, Company, IamPath, Mfa, Node, Profile, Region, RoleSuffix, Service, Settings,
    UserName, suggest,
};
use crate::facts::{self, limits};
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// The account ID that `racestack init` writes, in the place of the account's own.
pub const PLACEHOLDER_ID: &str = "000000000000";

/// An AWS account with everything that its stacks are made of.
#[expect(missing_docs, reason = "the settings say what each is")]
#[derive(Debug, Clone)]
pub struct Account {
    pub name: AccountName,
    pub id: AccountId,
    pub region: Region,
    pub company: Company,
    /// The name of the bucket, given or made of its parts.
    pub bucket: BucketName,
    /// The path of the group, the policies and, with `policies: hardened`, the users.
    pub iam_path: IamPath,
    pub policies: Profile,
    /// What else the settings say.
    pub settings: Settings,
    /// The settings as they were read, for the places of values.
    pub node: Node,
    /// The services that get a role, each with the place that names it.
    pub services: BTreeMap<Service, Place>,
    /// Appended to the service roles' names.
    pub service_role_suffix: String,
    pub company_policies: CompanyPolicies,
    /// Where the settings say that a notebook role's tag is not bound to its name; `None` where it is bound.
    pub unbound_roles: Option<Place>,
    /// The networks that people may use AWS from; any where there is no list.
    pub allowed_networks: Option<AllowedNetworks>,
    pub mfa: Mfa,
    /// The tags of everything that takes tags, besides those that racestack sets.
    pub tags: Vec<Tag>,
    pub users: Vec<User>,
    /// Which users stack each user is in, as the lock has it.
    pub lock: PlacementLock,
    pub lock_source: Arc<SourceFile>,
    pub lock_exists: bool,
    /// The roster, for findings about all its people together.
    pub roster_place: Option<Place>,
    /// The files that the account was read from, relative to the config folder.
    pub inputs: Vec<PathBuf>,
}

impl Account {
    /// The tags of the stacks themselves, whatever deploys them, which CloudFormation gives to what they make. A stack takes no empty
    /// value.
    pub fn stack_tags(&self) -> impl Iterator<Item = Tag> {
        let taken = self.tags.iter().filter(|tag| !tag.value.is_empty());
        std::iter::once(Tag::new(tags::MANAGED_BY, tags::MANAGED_BY_RACESTACK)).chain(taken.cloned())
    }

    /// The person of a name.
    pub fn user(&self, name: &str) -> Option<&User> {
        let at = self.users.binary_search_by(|user| user.name.as_str().cmp(name)).ok()?;
        self.users.get(at)
    }

    /// What the names of the secrets with first passwords begin with.
    pub fn secrets_path(&self) -> String {
        format!("{}-deepracer/", self.company)
    }

    /// The secret that holds a person's first password. It ends with a word of its own: Secrets Manager takes a hyphen and
    /// six characters at the end of a name for what it appends itself.
    /// Source: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
    pub fn password_secret(&self, user: &UserName) -> String {
        format!("{}{user}/password", self.secrets_path())
    }

    /// Whether anybody gets a password for the AWS console.
    pub fn has_console(&self) -> bool {
        self.users.iter().any(|user| user.console)
    }

    /// Whether training jobs must have a network, a key or a run time.
    pub fn limits_training(&self) -> bool {
        let Settings { notebooks, bucket, .. } = &self.settings;
        notebooks.subnet_id.is_some()
            || notebooks.kms_key.is_some()
            || bucket.kms_key.is_some()
            || self.max_runtime_seconds().is_some()
    }

    /// How long a training job may run, in seconds.
    pub fn max_runtime_seconds(&self) -> Option<u32> {
        self.settings.training.max_runtime_minutes.map(|minutes| minutes.saturating_mul(60))
    }

    /// Whether people share folders of the bucket.
    pub fn shares_folders(&self) -> bool {
        self.settings.bucket.team_folders || !self.settings.bucket.shared_folders.is_empty()
    }

    /// The most bytes that a template may have.
    pub fn template_bytes(&self) -> usize {
        let bucket = &self.settings.deploy.template_bucket;
        if bucket.is_some() { limits::TEMPLATE_BYTES_BUCKET } else { limits::TEMPLATE_BYTES_DIRECT }
    }
}

impl Reader<'_> {
    /// The account's ID; the one that `racestack init` writes is a finding.
    fn id(&mut self) -> Option<AccountId> {
        let id = self.required("account_id", self.config.settings.account_id.as_ref());
        if id.as_ref().is_some_and(|id| id.as_str() == PLACEHOLDER_ID) {
            let message =
                format!("`{PLACEHOLDER_ID}` stands for the ID of your AWS account: nothing can be deployed with it");
            let help = "set `account_id` to what `aws sts get-caller-identity --query Account` prints, then run `racestack synth`";
            self.find(Rule::SettingsPlaceholderId, "account_id", message, help);
        }
        id
    }

    /// The region; one that is not known is a finding.
    fn region(&mut self) -> Option<Region> {
        let region = self.required("region", self.config.settings.region.as_ref());
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
        let name = self.account_name();
        let id = self.id();
        let region = self.region();
        let company = self.required("company", settings.company.as_ref());
        let bucket = self.bucket();
        let iam_path = self.required("iam_path", settings.iam_path.as_ref());
        let tags = tags::read(&settings.tags, node.get("tags"), Rule::SettingsInvalidTag, self.findings);
        self.instance_types();
        self.notebook_network();
        self.paths();
        self.operations(region.as_ref());
        let mut company_policies = None;
        if let Some(region) = &region {
            self.kms_keys(region);
        }
        if let (Some(id), Some(region)) = (&id, &region) {
            company_policies = Some(self.company_policies(id, region));
        }
        let lock = match people.lock.as_ref().filter(|_| people.lock_exists) {
            Some(source) => PlacementLock::read(source, self.findings),
            None => Some(PlacementLock::default()),
        };
        // A damaged lock is a finding, and then nothing is written; the roster is checked all the same.
        let lock_failed = lock.is_none();
        let lock = lock.unwrap_or_default();
        let suffix = settings.service_roles.suffix.as_ref().map_or("", RoleSuffix::as_str);
        let mut role_names = services::role_names(suffix);
        if let (Some(_), Some(company)) = (&settings.access_keys, &company) {
            role_names.push(operations::key_rotation_role(company));
        }
        let mut reserved_names = self.shared_folders(&lock);
        reserved_names.extend(role_names.into_iter().map(ReservedName::of_service_role));
        let context = users::RosterContext { settings, tags: &tags, reserved_names: &reserved_names, lock: &lock };
        let roster = people.roster.as_ref();
        let users = roster.map(|roster| users::build(roster, &context, self.findings)).unwrap_or_default();
        unique::check(&users, self.findings);
        self.unused_key(&users);
        // Whatever finds something stands before what there may be none of.
        Some(Account {
            allowed_networks: self.allowed_networks(),
            name: name?,
            id: id?,
            region: region?,
            company: company?,
            bucket: bucket?,
            iam_path: iam_path?,
            policies: settings.policies,
            settings: settings.clone(),
            node: node.clone(),
            services: self.services(),
            service_role_suffix: suffix.to_owned(),
            company_policies: company_policies?,
            unbound_roles: (settings.notebooks.bind_roles == Some(false))
                .then(|| node.place_of("notebooks.bind_roles")),
            mfa: settings.mfa.unwrap_or(if users.iter().any(|user| user.console) { Mfa::Optional } else { Mfa::Off }),
            tags,
            users,
            lock: Some(lock).filter(|_| !lock_failed)?,
            lock_source: people.lock.clone()?,
            lock_exists: people.lock_exists,
            roster_place: roster.map(|roster| Place::whole(&roster.source)),
            inputs: people.inputs.clone(),
        })
    }

    /// Warns of the account's own key where there is nothing that it encrypts. One of the company's may be for other accounts.
    fn unused_key(&mut self, users: &[User]) {
        let settings = &self.config.settings;
        let is_own = self.config.node.place_of("kms_key").path() == self.config.source.path;
        let is_used = settings.access_keys.is_some() || settings.budgets.is_some() || settings.logs.is_some();
        if settings.kms_key.is_some() && is_own && !is_used && !users.iter().any(|user| user.console) {
            let message = "nothing in these settings uses `kms_key`, the key of secrets, topics and log groups";
            let help = "leave it out; the bucket's key is `bucket.kms_key`, that of notebooks `notebooks.kms_key`";
            self.find(Rule::SettingsNoEffect, "kms_key", message, help);
        }
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
