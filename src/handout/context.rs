//! What the templates of a page are filled with. Every value but `display_name`, `contact` and `team` has a type that keeps it to
//! characters which are harmless in Markdown's code, in a shell and in YAML's double quotes. A team's name may have spaces; what else
//! means something in a shell, no tag takes (`model::tags`).

use serde::Serialize;

use super::addresses::Console;
use crate::model::{
    Account, DISPLAY_NAME, FolderName, KmsKeyArn, Mfa, Notebook, Profile, SecurityGroupId, SubnetId, TEAM, User,
};
use crate::plan::Names;

/// The most characters of a notebook's name with which the names of its training jobs begin by themselves: see
/// `templates/scripts/notebook/prepare.py`.
const LONGEST_ADAPTED_NAME: usize = 53;

#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a condition of the templates")]
pub(super) struct HandoutContext<'a> {
    /// The name of the IAM user.
    name: &'a str,
    /// What the person is called.
    display_name: &'a str,
    account_id: &'a str,
    region: &'a str,
    bucket: &'a str,
    /// The networks that the person may use AWS from, where they are limited.
    allowed_networks: Option<String>,
    /// The folders of the bucket that everybody reads.
    shared_folders: Vec<&'a str>,
    /// Whether there is any folder that the person shares.
    shares: bool,
    /// The name of the person's team, where it has a folder.
    team: Option<&'a str>,
    suspended: bool,
    hardened: bool,
    /// Whether the person has a password.
    console: bool,
    /// Where they sign in, if that is known.
    sign_in: Option<String>,
    /// Their folder in the console, if they have a password and its address is known.
    folder_console: Option<String>,
    /// Whether they may set up a second factor, and whether they must.
    mfa: bool,
    mfa_required: bool,
    /// The second factor, which has the name of its user.
    mfa_arn: String,
    /// The profile of the AWS CLI that holds the access key. Where a second factor is required, temporary credentials are in
    /// the profile `deepracer`.
    key_profile: &'static str,
    notebook: Option<NotebookContext<'a>>,
    /// Whether jobs get their name and tag by themselves on the notebook.
    adapt_sdk: bool,
    /// The key of the volumes of training jobs.
    volume_kms_key: Option<&'a str>,
    /// The key of what training jobs write.
    output_kms_key: Option<&'a str>,
    /// The subnet of training jobs.
    job_subnet: Option<&'a str>,
    network: Option<NetworkContext<'a>>,
    /// How long a training job may run, in seconds.
    max_runtime_seconds: Option<u32>,
    /// Whether training jobs must have a network, a key or a run time.
    job_limited: bool,
    /// The instance types of training jobs, where they are limited.
    training_types: Option<String>,
    /// One that the example of a training job may have.
    job_instance_type: String,
    key_rotation: Option<KeyRotationContext>,
    old_version_days: u32,
    contact: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct NotebookContext<'a> {
    name: &'a str,
    instance_type: &'a str,
    /// Its page in the console, if the person has a password and its address is known.
    console: Option<String>,
    role_arn: String,
    /// After how many idle minutes it stops; `None` never.
    idle_stop_minutes: Option<u32>,
}

#[derive(Debug, Serialize)]
struct NetworkContext<'a> {
    subnet_id: &'a str,
    security_group_ids: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct KeyRotationContext {
    max_age_days: u32,
    warn_days: u32,
}

pub(super) fn of<'a>(account: &'a Account, user: &'a User) -> HandoutContext<'a> {
    let console = Console::of(account).filter(|_| user.console);
    let display_name = user.person_tags.iter().find(|tag| tag.key == DISPLAY_NAME && !tag.value.is_empty());
    let team = user.tags.iter().find(|tag| tag.key == TEAM).filter(|_| account.shared_folders.of_teams);
    let network = &account.network;
    let groups: Vec<&str> = network.security_group_ids.iter().map(SecurityGroupId::as_str).collect();
    HandoutContext {
        name: user.name.as_str(),
        display_name: display_name.map_or(user.name.as_str(), |tag| &tag.value),
        account_id: account.id.as_str(),
        region: account.region.as_str(),
        bucket: account.bucket.name.as_str(),
        allowed_networks: account.allowed_networks.as_ref().map(|one| listed(one.ranges.iter().chain(&one.endpoints))),
        shared_folders: account.shared_folders.of_everybody.iter().map(FolderName::as_str).collect(),
        shares: team.is_some() || !account.shared_folders.of_everybody.is_empty(),
        team: team.map(|tag| tag.value.as_str()),
        suspended: user.suspended,
        hardened: account.policies == Profile::Hardened,
        console: user.console,
        sign_in: console.map(Console::sign_in),
        folder_console: console.map(|console| console.folder(&user.name)),
        mfa: account.mfa != Mfa::Off,
        mfa_required: account.mfa == Mfa::Required,
        mfa_arn: format!("arn:{}:iam::{}:mfa/{}", account.region.partition(), account.id, user.name),
        key_profile: if account.mfa == Mfa::Required { "deepracer-key" } else { "deepracer" },
        notebook: user.notebook.as_ref().map(|notebook| notebook_context(account, user, notebook, console)),
        adapt_sdk: account.adapt_sdk
            && user.notebook.as_ref().is_some_and(|notebook| notebook.name.as_str().len() <= LONGEST_ADAPTED_NAME),
        volume_kms_key: account.notebook_kms_key.as_ref().map(KmsKeyArn::as_str),
        output_kms_key: account.bucket.kms_key.as_ref().map(KmsKeyArn::as_str),
        job_subnet: network.subnet_id.as_ref().map(SubnetId::as_str),
        max_runtime_seconds: account.max_runtime_seconds(),
        job_limited: account.limits_training(),
        network: network
            .subnet_id
            .as_ref()
            // A job's network needs both. Without groups of one's own, the notebook has the network's.
            .filter(|_| !groups.is_empty())
            .map(|subnet| NetworkContext { subnet_id: subnet.as_str(), security_group_ids: groups }),
        training_types: account.allowed_types.training.as_ref().map(|types| listed(types.patterns())),
        job_instance_type: account.allowed_types.example_of_training(),
        key_rotation: account
            .key_rotation
            .as_ref()
            .map(|keys| KeyRotationContext { max_age_days: keys.max_age_days, warn_days: keys.warn_days }),
        old_version_days: account.bucket.old_version_days,
        contact: account.contact.as_deref(),
    }
}

/// Texts as Markdown's code, one behind the other.
fn listed<T: std::fmt::Display>(texts: impl Iterator<Item = T>) -> String {
    texts.map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

fn notebook_context<'a>(
    account: &Account,
    user: &User,
    notebook: &'a Notebook,
    console: Option<Console<'_>>,
) -> NotebookContext<'a> {
    let Names { partition, account_id, notebook_role_path, .. } = Names::of(account);
    NotebookContext {
        name: notebook.name.as_str(),
        instance_type: notebook.instance_type.as_str(),
        console: console.map(|console| console.notebook(&notebook.name)),
        role_arn: format!("arn:{partition}:iam::{account_id}:role{notebook_role_path}{}", user.name),
        idle_stop_minutes: Some(account.idle_stop_minutes).filter(|minutes| *minutes > 0),
    }
}
