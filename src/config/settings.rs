//! The shape of the settings files: these types are the JSON Schema that `racestack schema` prints, and what the files
//! are checked against. What the values must be beyond their types, `model` says.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::choices::{Language, Mfa, Part, Profile, Service};
use super::names::{
    AccountId, BucketCreated, BucketName, BucketPurpose, Company, Contact, EmailAddress, FolderName, IamPath,
    InstanceType, KmsKeyArn, Network, PolicyPath, PrincipalPattern, Region, RepositoryPath, RoleSuffix,
    SecurityGroupId, SubnetId, TypePattern,
};
use super::schema::Schema;
use crate::facts::limits;

/// The settings: what a settings file may say, and what holds for an account once its file is laid over the company's
/// and the built-in defaults.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "racestack account settings")]
pub struct Settings {
    /// The ID of the AWS account, 12 digits. Only in an account's own settings.
    pub account_id: Option<AccountId>,
    /// The company's short name, in lower case: begins the names of the bucket, the stacks, the group and the policies.
    pub company: Option<Company>,
    /// The AWS region that the stacks are deployed to, such as `ap-northeast-1`.
    pub region: Option<Region>,
    /// The bucket that holds a folder per person.
    pub bucket: BucketSettings,
    /// The language of what racers read: the first files on their notebooks, and the pages that `racestack handout` writes.
    pub language: Language,
    /// The encoding of the rosters in CSV, such as `cp932` or `cp949`. Without it, UTF-8, or the one that a roster is certain
    /// to be in.
    pub roster_encoding: Option<String>,
    /// The ARN of a KMS key for the secrets with first passwords, the topics and the log groups that the stacks make. Without it,
    /// AWS managed keys.
    pub kms_key: Option<KmsKeyArn>,
    /// Which policies the people and the service roles get.
    pub policies: Profile,
    /// The services that get a role. Leave one out to turn its role off.
    pub services: Vec<Service>,
    /// How the service roles are named.
    pub service_roles: ServiceRoleSettings,
    /// The IAM path of the group, the policies, the notebook roles and (with `policies: hardened`) the users.
    pub iam_path: Option<IamPath>,
    /// The IAM path that all roles begin with, such as `/managed/`, for an organisation that allows roles below a path alone.
    /// Without it, `iam_path`, and `/` for the service roles. Choose it before the first deployment: IAM moves no role.
    pub role_path: Option<IamPath>,
    /// The permissions boundary that an organisation demands for all roles: the ARN of a policy of the account, or its path and
    /// name, such as `company/Boundary`, for that of each account. What it says is in `policies/NAME.json` of the config
    /// folder.
    pub permissions_boundary: Option<PolicyPath>,
    /// Managed policies of the company's that people and notebooks get besides.
    pub extra_policies: ExtraPolicySettings,
    /// What every notebook instance is like, unless the roster says otherwise for a person.
    pub notebooks: NotebookSettings,
    /// Whether people get a password for the AWS console, unless the roster says otherwise for a person.
    pub console: bool,
    /// The networks that people may use AWS from: public address ranges such as `203.0.113.0/24`, and VPC endpoints such as
    /// `vpce-0123456789abcdef0`. Notebooks and training jobs are not limited. Without it, from anywhere.
    pub allowed_networks: Option<Vec<Network>>,
    /// What a second factor (MFA) is to the people. Without it, `optional` where anybody gets a password for the console,
    /// `off` elsewhere.
    pub mfa: Option<Mfa>,
    /// Whom people ask when something does not work, on one line: a name, an e-mail address, a channel. It is on the pages
    /// that `racestack handout` writes.
    pub contact: Option<Contact>,
    /// What training jobs may be like.
    pub training: TrainingSettings,
    /// Makes the log groups of notebooks and training jobs, which SageMaker otherwise makes itself and keeps for ever.
    pub logs: Option<LogSettings>,
    /// Rotates access keys: one that is too old is deactivated, after warnings.
    pub access_keys: Option<AccessKeySettings>,
    /// Makes budgets: AWS sends an e-mail when the costs come near them, and stops nothing.
    pub budgets: Option<BudgetSettings>,
    /// The checkers that others wrote for which templates hold suppressions of what is by design, with reasons.
    pub metadata: MetadataSettings,
    /// Tags on everything that takes tags: key to value.
    pub tags: BTreeMap<String, String>,
    /// How the stacks are deployed.
    pub deploy: DeploySettings,
    /// The account's quotas, where AWS has raised them.
    pub quotas: QuotaSettings,
    /// The administrators and services that may reach what people have, as ARNs of users and roles in which `*` and `?` are
    /// wildcards, such as `arn:aws:iam::111122223333:role/Admin*`. `racestack audit` reports everybody else who can.
    pub trusted: Vec<PrincipalPattern>,
}

/// The schema of an account's settings file, and of the settings that hold for it.
pub fn account_schema() -> Schema {
    Schema::of::<Settings>()
}

/// The schema of the company's settings file: an account's, without what is one account's alone.
pub fn company_schema() -> Schema {
    Schema::of::<Settings>().without("account_id", "racestack company settings")
}

/// The bucket: named `COMPANY-aws-deepracer-PURPOSE-CREATED`, or as `name` says.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BucketSettings {
    /// What the bucket is for: a part of its name.
    pub purpose: Option<BucketPurpose>,
    /// When the bucket was first planned, 14 digits (`YYYYMMDDhhmmss`): a part of its name, and what makes it unique.
    pub created: Option<BucketCreated>,
    /// The whole name of the bucket, instead of one made of the parts.
    pub name: Option<BucketName>,
    /// The ARN of a KMS key to encrypt with (SSE-KMS): uploads and what training jobs write have this key or are refused. Without
    /// it, S3's own keys do (SSE-S3).
    pub kms_key: Option<KmsKeyArn>,
    /// After how many days an old version of an object is deleted.
    #[schemars(range(min = 1, max = 36500))]
    pub old_version_days: u32,
    /// The bucket, in the same account and region, that S3 writes a log of all requests to. Without it, nobody can show later who
    /// read what, as synth notes; `none` says that this is known.
    pub access_logs: Option<BucketName>,
    /// After how many days an upload that was never completed is deleted.
    #[schemars(range(min = 1, max = 365))]
    pub incomplete_upload_days: u32,
    /// Folders at the top of the bucket that everybody reads and administrators alone write, such as `[materials]`. Nobody can
    /// have a user name of theirs.
    pub shared_folders: Vec<FolderName>,
    /// Whether people of one `team` share the folder `teams/TEAM/`, by the tag `team` of the IAM user and the notebook role.
    /// Nobody can then have the user name `teams`.
    pub team_folders: bool,
}

/// How the service roles are named.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceRoleSettings {
    /// Appended to the console's role names, for an account where the console has already made roles of these names.
    pub suffix: Option<RoleSuffix>,
}

/// Managed policies of the account that other stacks make. What they say is in `policies/NAME.json` of the config folder.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ExtraPolicySettings {
    /// Those that the group of all people gets: ARNs, or paths and names such as `company/Denials`.
    pub people: Vec<PolicyPath>,
    /// Those that each notebook role gets.
    pub notebooks: Vec<PolicyPath>,
}

/// What a notebook instance is like.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotebookSettings {
    /// The instance type, such as `ml.t3.medium`.
    pub instance_type: Option<InstanceType>,
    /// The size of the volume in GB, 5 to 16,384.
    #[schemars(range(min = 5, max = 16384))]
    pub volume_gb: u32,
    /// After how many idle minutes the instance stops; 0 never stops it.
    #[schemars(range(min = 0, max = 10080))]
    pub idle_stop_minutes: u32,
    /// Whether a notebook's kernels adapt the SageMaker SDK: the names that it makes for training jobs begin with the
    /// notebook's name and `--`, since a person can read the logs of such jobs alone, and its version 3 gives them the tags
    /// of its defaults file.
    pub adapt_sdk: bool,
    /// The subnet of notebooks and training jobs, such as `subnet-0123456789abcdef0`. Without it, SageMaker's own network for
    /// notebooks, and any for training jobs.
    pub subnet_id: Option<SubnetId>,
    /// The security groups of notebooks and training jobs; needs `subnet_id`.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// Whether notebooks reach the internet directly. `false` needs `subnet_id`.
    pub direct_internet_access: Option<bool>,
    /// The ARN of a KMS key that encrypts the volumes of notebooks and training jobs. Without it, an AWS managed key does.
    pub kms_key: Option<KmsKeyArn>,
    /// Whether a notebook's role may do nothing unless its tag `user` is its own name, as it should be. `false` is for an
    /// account in which AWS denies notebooks everything for it: then nothing but IAM's denials keeps the tag as it is.
    pub bind_roles: Option<bool>,
    /// The instance types that notebooks may have, such as `ml.t3.medium`, or `ml.t3.*` for all of a family. Without it,
    /// any.
    pub allowed_instance_types: Option<Vec<TypePattern>>,
}

/// What training jobs may be like.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSettings {
    /// The instance types that people's training jobs may have, such as `ml.c5.xlarge`, or `ml.c5.*` for all of a family.
    /// Without it, any.
    pub allowed_instance_types: Option<Vec<TypePattern>>,
    /// How many minutes a training job may run, at most 28 days. A job must then say how long it may run, and cannot keep its
    /// instances after its end. Without it, as long as SageMaker lets it.
    #[schemars(range(min = 1, max = 40320))]
    pub max_runtime_minutes: Option<u32>,
}

/// Suppressions of what checkers report by design, as metadata of resources.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MetadataSettings {
    /// Whether for the rules of the AWS Guard registry.
    pub guard: Option<bool>,
    /// Whether for checkov.
    pub checkov: Option<bool>,
    /// Whether for version 2 of cdk-nag, which reads them; version 3 does not.
    pub cdk_nag: Option<bool>,
}

/// The log groups of notebooks and training jobs.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// After how many days what they hold is deleted: a number that AWS knows, such as 90; 365 unless set.
    pub retention_days: u32,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { retention_days: 365 }
    }
}

/// Which access keys are too old.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccessKeySettings {
    /// The age, in days, at which an access key is deactivated; 90 unless set. It is never deleted.
    #[schemars(range(min = 1, max = 3650))]
    pub max_age_days: u32,
    /// How many days before that the warnings begin; 14 unless set.
    #[schemars(range(min = 0, max = 3650))]
    pub warn_days: u32,
    /// The e-mail address that receives what was deactivated, what will be, and what failed.
    pub notify: Option<EmailAddress>,
    /// Whether an alarm goes to the same address when no run has ended well for two days. Needs `kms_key`, since alarms cannot
    /// publish to a topic with SNS's own key.
    pub alarm: bool,
}

/// It is no built-in default of the settings, since `access_keys` alone asks for the rotation.
impl Default for AccessKeySettings {
    fn default() -> Self {
        // Source: https://docs.aws.amazon.com/config/latest/developerguide/access-keys-rotated.html
        Self { max_age_days: 90, warn_days: 14, notify: None, alarm: false }
    }
}

/// Budgets, in US dollars a month. At least one of the amounts must be set.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// What the whole account may cost.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub monthly_usd: Option<u32>,
    /// What each person's notebook and training jobs may cost, by the tag `user`. It counts nothing until the tag is
    /// activated as a cost allocation tag in the billing console.
    #[schemars(range(min = 1, max = 100_000_000))]
    pub monthly_usd_per_user: Option<u32>,
    /// The e-mail address that receives a notice at 80 % and at 100 %.
    pub notify: Option<EmailAddress>,
}

/// How the stacks are deployed.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DeploySettings {
    /// A bucket that `aws cloudformation deploy` may put templates into. Raises the limit of a template from 51,200 to
    /// 1,000,000 bytes.
    pub template_bucket: Option<BucketName>,
    /// The out folder's path from the root of its Git repository, such as `out`: writes a deployment file for
    /// CloudFormation's Git sync beside each template.
    pub git_sync: Option<RepositoryPath>,
    /// The parts that StackSets deploy: `deploy.sh`, the cloud assembly and the files for Git sync leave them out.
    pub stack_sets: Vec<Part>,
}

/// The account's quotas, where AWS has raised them. The quota of users, 5,000, is fixed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct QuotaSettings {
    /// IAM roles; 1,000 unless AWS raised it.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub roles: usize,
    /// Customer managed policies; 1,500 unless AWS raised it.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub policies: usize,
    /// CloudFormation stacks in the region; 2,000 unless AWS raised it.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub stacks: usize,
    /// Notebook instances by type, such as `ml.t3.medium: 20`. A type that is not named is not checked, since its quota
    /// differs from account to account.
    #[schemars(with = "BTreeMap<String, usize>", extend("propertyNames" = {"$ref": "#/$defs/InstanceType"}))]
    pub notebooks: BTreeMap<InstanceType, usize>,
}

impl Default for QuotaSettings {
    fn default() -> Self {
        Self {
            roles: limits::ACCOUNT_ROLES,
            policies: limits::ACCOUNT_POLICIES,
            stacks: limits::ACCOUNT_STACKS,
            notebooks: BTreeMap::new(),
        }
    }
}
