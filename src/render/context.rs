//! What the stack templates are filled with: every value that a template can name, typed. An optional value that is not
//! there is `null`, never missing, since strict mode cannot tell a missing value in `{{#if}}` from a false one.

use serde::Serialize;
use serde_json::json;

use crate::facts::NOTEBOOK_PLATFORM;
use crate::model::{
    Account, AllowedNetworks, AllowedTypes, FolderName, KmsKeyArn, MANAGED_BY, MANAGED_BY_RACESTACK, MetadataSettings,
    Mfa, Profile, SecurityGroupId, Service, StackNumber, SubnetId, Tag, USER, User, other_spellings,
};
use crate::plan::{Names, Part, is_retired};

/// The log groups that SageMaker writes to, by the logical IDs that they have here.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html>
const LOG_GROUPS: [(&str, &str); 2] =
    [("NotebookLogs", "/aws/sagemaker/NotebookInstances"), ("TrainingLogs", "/aws/sagemaker/TrainingJobs")];

/// What every stack template can name.
#[derive(Debug, Serialize)]
pub struct Shared<'a> {
    description: String,
    profile: &'static str,
    hardened: bool,
    names: &'a Names,
    tags: Vec<TagContext<'a>>,
    /// The checkers for which templates hold suppressions.
    metadata: MetadataSettings,
    bucket_kms_key: Option<&'a str>,
    notebook_kms_key: Option<&'a str>,
    /// The tag `user` in every other case.
    user_spellings: Vec<String>,
    /// Whether access keys are rotated.
    keys_rotated: bool,
    /// The key of secrets, topics and log groups.
    kms_key: Option<&'a str>,
    subnet_id: Option<&'a str>,
    security_group_ids: Vec<&'a str>,
    #[serde(flatten)]
    sharing: SharingContext<'a>,
    /// Whether there is anything about signing in that people may do themselves.
    sign_in: bool,
    #[serde(flatten)]
    sign_in_by: SignInContext,
    #[serde(flatten)]
    limits: LimitsContext,
    allowed_notebook_types: Option<Vec<&'a str>>,
    allowed_training_types: Option<Vec<&'a str>>,
}

/// What people sign in by.
#[derive(Debug, Serialize)]
struct SignInContext {
    /// Whether anybody gets a password for the AWS console.
    console: bool,
    /// Whether people can set up a second factor.
    mfa: bool,
    mfa_required: bool,
    /// The networks that people may use AWS from.
    allowed_networks: Option<AllowedNetworks>,
}

/// What people share in the bucket.
#[derive(Debug, Serialize)]
struct SharingContext<'a> {
    /// Whether there is anything that people share.
    sharing: bool,
    /// The folders that everybody reads.
    shared_folders: Vec<&'a str>,
    team_folders: bool,
}

/// What people and notebooks are limited to.
#[derive(Debug, Serialize)]
struct LimitsContext {
    /// Whether a notebook role may do nothing unless its tag `user` is its name.
    role_bound: bool,
    /// Whether there is a list of allowed instance types.
    instance_types_limited: bool,
    /// Whether training jobs are limited to a network, a key or a time.
    training_limited: bool,
    /// How long a training job may run, in seconds.
    max_runtime_seconds: Option<u32>,
}

/// What `storage.yaml.hbs` can name.
#[derive(Debug, Serialize)]
pub struct Storage<'a> {
    #[serde(flatten)]
    shared: Shared<'a>,
    old_version_days: u32,
    incomplete_upload_days: u32,
}

/// What `service-roles.yaml.hbs` and `retired-roles.yaml.hbs` can name.
#[derive(Debug, Serialize)]
pub struct Roles<'a> {
    #[serde(flatten)]
    shared: Shared<'a>,
    roles: Vec<RoleContext<'a>>,
}

#[derive(Debug, Serialize)]
struct RoleContext<'a> {
    logical_id: String,
    role_name: String,
    path: &'a str,
    policy_name: String,
    trust: String,
    permissions: String,
}

/// What `notebooks.yaml.hbs` can name.
#[derive(Debug, Serialize)]
pub struct Notebooks<'a> {
    #[serde(flatten)]
    shared: Shared<'a>,
    lifecycle_script: String,
    /// The log groups of notebooks and training jobs.
    log_groups: Vec<LogGroupContext>,
}

#[derive(Debug, Serialize)]
struct LogGroupContext {
    logical_id: &'static str,
    name: &'static str,
    retention_days: u32,
}

/// What `users.yaml.hbs` can name.
#[derive(Debug, Serialize)]
pub struct UsersStack<'a> {
    #[serde(flatten)]
    shared: Shared<'a>,
    platform: &'static str,
    direct_internet_access: &'static str,
    /// One `UserContext` while a person is rendered.
    users: [(); 0],
}

#[derive(Debug, Serialize)]
pub(super) struct UserContext<'a> {
    name: &'a str,
    ids: Ids,
    suspended: bool,
    tags: Vec<TagContext<'a>>,
    user_tags: Vec<TagContext<'a>>,
    password: Option<PasswordContext>,
    notebook: Option<NotebookContext<'a>>,
    budget: Option<BudgetContext>,
}

/// A person's first password, which Secrets Manager makes up: racestack never sees it.
#[derive(Debug, Serialize)]
struct PasswordContext {
    secret_name: String,
    /// What the secret holds besides the password: JSON.
    secret_template: String,
    /// What CloudFormation puts the password in the place of.
    reference: String,
}

#[derive(Debug, Serialize)]
struct Ids {
    user: String,
    password: String,
    notebook_role: String,
    notebook: String,
}

#[derive(Debug, Serialize)]
struct NotebookContext<'a> {
    name: &'a str,
    instance_type: &'a str,
    volume_gb: u32,
    existing: bool,
}

/// What a person may spend.
#[derive(Debug, Serialize)]
struct BudgetContext {
    id: String,
    name: String,
    usd: u32,
    /// The tag that says what is spent by the person, as AWS Budgets writes a tag that is not AWS's own.
    tag: String,
}

#[derive(Debug, Serialize)]
struct TagContext<'a> {
    key: &'a str,
    value: &'a str,
}

/// The context of the stacks that need nothing of their own.
pub fn shared<'a>(account: &'a Account, names: &'a Names, part: Part) -> Shared<'a> {
    let mut tags = vec![TagContext { key: MANAGED_BY, value: MANAGED_BY_RACESTACK }];
    tags.extend(tag_contexts(&account.tags));
    Shared {
        description: format!("AWS DeepRacer training environment of {}: {}", account.company, describe(part)),
        profile: account.policies.as_str(),
        hardened: account.policies == Profile::Hardened,
        names,
        tags,
        metadata: account.metadata,
        bucket_kms_key: account.bucket.kms_key.as_ref().map(KmsKeyArn::as_str),
        notebook_kms_key: account.notebook_kms_key.as_ref().map(KmsKeyArn::as_str),
        user_spellings: other_spellings(USER),
        keys_rotated: account.key_rotation.is_some(),
        kms_key: account.kms_key.as_ref().map(KmsKeyArn::as_str),
        subnet_id: account.network.subnet_id.as_ref().map(SubnetId::as_str),
        security_group_ids: account.network.security_group_ids.iter().map(SecurityGroupId::as_str).collect(),
        sharing: SharingContext {
            sharing: !account.shared_folders.is_empty(),
            shared_folders: account.shared_folders.of_everybody.iter().map(FolderName::as_str).collect(),
            team_folders: account.shared_folders.of_teams,
        },
        sign_in: account.has_console() || account.mfa != Mfa::Off || account.allowed_networks.is_some(),
        sign_in_by: SignInContext {
            console: account.has_console(),
            mfa: account.mfa != Mfa::Off,
            mfa_required: account.mfa == Mfa::Required,
            allowed_networks: account.allowed_networks.clone(),
        },
        limits: LimitsContext {
            role_bound: account.unbound_roles.is_none(),
            instance_types_limited: account.allowed_types.notebooks.is_some()
                || account.allowed_types.training.is_some(),
            training_limited: account.limits_training(),
            max_runtime_seconds: account.max_runtime_seconds(),
        },
        allowed_notebook_types: account.allowed_types.notebooks.as_ref().map(patterns),
        allowed_training_types: account.allowed_types.training.as_ref().map(patterns),
    }
}

/// The context of the storage stack.
pub fn storage<'a>(account: &'a Account, names: &'a Names) -> Storage<'a> {
    Storage {
        shared: shared(account, names, Part::Storage),
        old_version_days: account.bucket.old_version_days,
        incomplete_upload_days: account.bucket.incomplete_upload_days,
    }
}

/// The context of a stack of service roles.
pub fn roles<'a>(account: &'a Account, names: &'a Names, part: Part) -> Roles<'a> {
    let retired = part == Part::RetiredRoles;
    let services = account.services.keys().filter(|service| is_retired(**service) == retired);
    let suffix = &account.service_role_suffix;
    let role = |service: &Service| RoleContext {
        logical_id: format!("{}Role", logical_word(*service)),
        role_name: format!("{}{suffix}", service.role_name()),
        path: &names.service_role_path,
        policy_name: format!("{}Policy", service.role_name()),
        trust: format!("trust/{}", service.as_str()),
        permissions: format!("service/{}", service.as_str()),
    };
    Roles { shared: shared(account, names, part), roles: services.map(role).collect() }
}

/// The context of the notebooks stack, with the script that notebooks run at each start.
pub fn notebooks<'a>(account: &'a Account, names: &'a Names, lifecycle_script: String) -> Notebooks<'a> {
    let group = |(logical_id, name), retention_days| LogGroupContext { logical_id, name, retention_days };
    let log_groups = account.log_days.map(|days| LOG_GROUPS.map(|each| group(each, days)).into()).unwrap_or_default();
    Notebooks { shared: shared(account, names, Part::Notebooks), lifecycle_script, log_groups }
}

/// The context of a users stack without anybody in it.
pub fn users<'a>(account: &'a Account, names: &'a Names) -> UsersStack<'a> {
    UsersStack {
        shared: shared(account, names, Part::Users(StackNumber::MIN)),
        platform: NOTEBOOK_PLATFORM,
        direct_internet_access: if account.network.direct_internet_access { "Enabled" } else { "Disabled" },
        users: [],
    }
}

/// The context of a person.
pub(super) fn user_context<'a>(account: &Account, user: &'a User) -> UserContext<'a> {
    let id = |suffix: &str| format!("{}{suffix}", user.logical_id);
    UserContext {
        name: user.name.as_str(),
        ids: Ids {
            user: id("User"),
            password: id("Password"),
            notebook_role: id("NotebookRole"),
            notebook: id("Notebook"),
        },
        suspended: user.suspended,
        tags: tag_contexts(&user.tags).collect(),
        user_tags: tag_contexts(&user.tags).chain(tag_contexts(&user.person_tags)).collect(),
        password: user.console.then(|| password_context(account, user)),
        notebook: user.notebook.as_ref().map(|notebook| NotebookContext {
            name: notebook.name.as_str(),
            instance_type: notebook.instance_type.as_str(),
            volume_gb: notebook.volume_gb,
            existing: notebook.existing,
        }),
        budget: account.budgets.as_ref().and_then(|budgets| budgets.monthly_usd_per_user).map(|usd| BudgetContext {
            id: id("Budget"),
            name: format!("deepracer-{}", user.name),
            usd,
            tag: format!("user:{USER}${}", user.name),
        }),
    }
}

fn password_context(account: &Account, user: &User) -> PasswordContext {
    let secret_name = Names::password_secret(account, &user.name);
    PasswordContext {
        secret_template: json!({ "user": user.name.as_str() }).to_string(),
        reference: format!("{{{{resolve:secretsmanager:{secret_name}:SecretString:password}}}}"),
        secret_name,
    }
}

fn patterns(allowed: &AllowedTypes) -> Vec<&str> {
    allowed.patterns().collect()
}

fn tag_contexts(tags: &[Tag]) -> impl Iterator<Item = TagContext<'_>> {
    tags.iter().map(|tag| TagContext { key: &tag.key, value: &tag.value })
}

fn logical_word(service: Service) -> &'static str {
    match service {
        Service::Deepracer => "DeepRacer",
        Service::Lambda => "Lambda",
        Service::Sagemaker => "SageMaker",
        Service::Robomaker => "RoboMaker",
        Service::Cloudformation => "CloudFormation",
    }
}

fn describe(part: Part) -> &'static str {
    match part {
        Part::Storage => "the bucket with a folder per person",
        Part::Access => "what its users may do",
        Part::Notebooks => "what its notebooks run at each start",
        Part::ServiceRoles => "the roles of the services",
        Part::Operations => "what watches over it",
        Part::Users(_) => "users, their notebook roles and their notebooks",
        Part::RetiredRoles => "the roles of services that AWS has retired",
    }
}
