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
    /// The company's short name, in lower case. The names of the bucket, stacks, group and policies start with it.
    pub company: Option<Company>,
    /// The AWS region that the stacks are deployed to, such as `ap-northeast-1`.
    pub region: Option<Region>,
    /// The bucket that holds a folder per person.
    pub bucket: BucketSettings,
    /// The language of what racers read: the first files on their notebooks, and the pages that `racestack handout` writes.
    pub language: Language,
    /// The encoding of rosters in CSV, such as `cp932` or `cp949`. If not set: UTF-8, or the encoding that racestack detects with
    /// certainty.
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
    /// The IAM path of all roles, such as `/managed/`. Set it if your organisation allows roles only below a path. If not set:
    /// `iam_path`, and `/` for service roles. Set it before the first deployment, because IAM cannot move a role.
    pub role_path: Option<IamPath>,
    /// The permissions boundary for all roles, if your organisation requires one: an ARN, or a path and name such as
    /// `company/Boundary`, which each account then has. Save the policy document as `policies/NAME.json` in the config
    /// folder.
    pub permissions_boundary: Option<PolicyPath>,
    /// Your own managed policies, attached in addition to those of racestack.
    pub extra_policies: ExtraPolicySettings,
    /// The defaults for all notebooks. The roster can change some of them for a person.
    pub notebooks: NotebookSettings,
    /// Whether people get a password for the AWS console. The roster can change it for a person.
    pub console: bool,
    /// The networks that people may use AWS from: public address ranges such as `203.0.113.0/24`, and VPC endpoints such as
    /// `vpce-0123456789abcdef0`. Notebooks and training jobs are not limited. Without it, from anywhere.
    pub allowed_networks: Option<Vec<Network>>,
    /// Whether people must use MFA (a second factor), may use it, or cannot set it up. If not set: `optional` if anybody has a
    /// password for the console, otherwise `off`.
    pub mfa: Option<Mfa>,
    /// The contact for questions, on one line: a name, an e-mail address or a chat channel. The pages of `racestack handout`
    /// show it.
    pub contact: Option<Contact>,
    /// Limits for training jobs.
    pub training: TrainingSettings,
    /// Creates the log groups of notebooks and training jobs in a stack. If not set, SageMaker creates them and keeps logs forever.
    pub logs: Option<LogSettings>,
    /// Deactivates access keys that are too old, after warnings by e-mail.
    pub access_keys: Option<AccessKeySettings>,
    /// Makes budgets: AWS sends an e-mail when the costs come near them, and stops nothing.
    pub budgets: Option<BudgetSettings>,
    /// For each of these checkers, the templates get suppressions, with reasons, of what racestack does on purpose.
    pub metadata: MetadataSettings,
    /// Tags on everything that takes tags: key to value.
    pub tags: BTreeMap<String, String>,
    /// How the stacks are deployed.
    pub deploy: DeploySettings,
    /// The account's quotas, where AWS has raised them.
    pub quotas: QuotaSettings,
    /// Administrators and services that may reach people's data: ARNs of users and roles, with `*` and `?` as wildcards, such as
    /// `arn:aws:iam::111122223333:role/Admin*`. `racestack audit` reports all others that can.
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
    /// A timestamp of 14 digits (`YYYYMMDDhhmmss`) that makes the bucket's name unique. Choose it once, then never change it.
    pub created: Option<BucketCreated>,
    /// The full name of the bucket. If not set: `COMPANY-aws-deepracer-PURPOSE-CREATED`.
    pub name: Option<BucketName>,
    /// The ARN of a KMS key that encrypts the bucket (SSE-KMS). Uploads and outputs of training jobs with another key are denied.
    /// If not set, S3 uses its own keys (SSE-S3).
    pub kms_key: Option<KmsKeyArn>,
    /// After how many days an old version of an object is deleted.
    #[schemars(range(min = 1, max = 36500))]
    pub old_version_days: u32,
    /// A bucket, in the same account and region, for the S3 access logs. If not set, you cannot find out later who read a file, and
    /// synth reminds you. To turn the reminder off, set `none`.
    pub access_logs: Option<BucketName>,
    /// After how many days an upload that was never completed is deleted.
    #[schemars(range(min = 1, max = 365))]
    pub incomplete_upload_days: u32,
    /// Folders at the top of the bucket that everybody can read and only administrators can write, such as `[materials]`. You
    /// cannot use these names as user names.
    pub shared_folders: Vec<FolderName>,
    /// Whether people with the same `team` share the folder `teams/TEAM/`. You then cannot use `teams` as a user name.
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
    /// Whether notebooks adapt the SageMaker SDK. Names of training jobs then start with the notebook's name and `--`, because
    /// people can read only the logs of such jobs. Version 3 of the SDK also sets the tags of the defaults file.
    pub adapt_sdk: bool,
    /// The subnet of notebooks and training jobs, such as `subnet-0123456789abcdef0`. Without it, SageMaker's own network for
    /// notebooks, and any for training jobs. Set it before the first deployment, because a notebook cannot get another one.
    pub subnet_id: Option<SubnetId>,
    /// The security groups of notebooks and training jobs; needs `subnet_id`. Set them before the first deployment, because a
    /// notebook cannot get other ones.
    pub security_group_ids: Vec<SecurityGroupId>,
    /// Whether notebooks reach the internet directly. `false` needs `subnet_id`. Set it before the first deployment, because a
    /// notebook cannot change it.
    pub direct_internet_access: Option<bool>,
    /// The ARN of a KMS key that encrypts the volumes of notebooks and training jobs. Without it, an AWS managed key does. Set it
    /// before the first deployment, because a notebook cannot get another one.
    pub kms_key: Option<KmsKeyArn>,
    /// Whether a notebook role is denied everything if its tag `user` is not the role's name. Keep `true`. Set `false` only if AWS
    /// denies everything to notebooks in your account: docs/upgrade.md shows how to check.
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
    /// The longest time, in minutes, that a training job may run (at most 28 days). Each job must then set its run time, and cannot
    /// keep its instances after its end. If not set, SageMaker's own limit applies.
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
    /// How many days to keep logs: a number that AWS allows, such as 90. If `logs` is set: 365 unless set.
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
    /// The e-mail address for the notices, once its owner has confirmed it: deactivated keys, warnings and failures.
    pub notify: Option<EmailAddress>,
    /// Whether you get an e-mail, at the same address, if the daily check has not succeeded for two days. Needs `kms_key`, because
    /// alarms cannot publish to a topic that has SNS's own key.
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
    /// The e-mail address that receives the notices, once its owner has confirmed it: at 80 % and at 100 %, and of the whole
    /// account also when the forecast exceeds 100 %.
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
