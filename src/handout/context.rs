//! What the templates of a page are filled with. Every value but `display_name`, `contact` and `team` has a type that keeps it to
//! characters which are harmless in Markdown's code, in a shell and in YAML's double quotes. A team's name may have spaces; what else
//! means something in a shell, no tag takes (`model::tags`).

use serde_json::{Value, json};

use crate::config::quoted;
use crate::facts::CONSOLES;
use crate::model::{
    Account, FolderName, JobNaming, Mfa, NOTEBOOK_SEPARATOR, Notebook, Profile, SecurityGroupId, SubnetId, TEAM, User,
    example_of_training,
};
use crate::plan::Names;

pub(super) fn of(account: &Account, user: &User) -> Value {
    let settings = &account.settings;
    let (region, bucket) = (&account.region, &account.bucket);
    // What the addresses in the console end with; none in a partition whose console is not known.
    let console = CONSOLES.iter().find(|(partition, ..)| *partition == region.partition()).filter(|_| user.console);
    let in_console = |path: &str| console.map(|(_, domain, _)| format!("https://{region}.{domain}/{path}"));
    // As a part of a query: no other character of a name means something there.
    // Source: <https://www.rfc-editor.org/rfc/rfc3986#section-2.3>
    let prefix = user.name.as_str().replace('+', "%2B").replace('=', "%3D").replace('@', "%40");
    let team = user.tags.iter().find(|tag| tag.key == TEAM).filter(|_| settings.bucket.team_folders);
    let notebook = user.notebook.as_ref();
    let naming = notebook.map_or(JobNaming::Impossible, |notebook| notebook.name.job_naming());
    let subnet = settings.notebooks.subnet_id.as_ref().map(SubnetId::as_str);
    let groups: Vec<&str> = settings.notebooks.security_group_ids.iter().map(SecurityGroupId::as_str).collect();
    let shared: Vec<&str> = settings.bucket.shared_folders.iter().map(FolderName::as_str).collect();
    json!({
        "name": user.name.as_str(),
        "display_name": user.display_name.as_deref().unwrap_or(user.name.as_str()),
        "account_id": account.id.as_str(),
        "region": region.as_str(),
        "bucket": bucket.as_str(),
        // The networks that the person may use AWS from, where they are limited.
        "allowed_networks": account.allowed_networks.as_ref().map(|one| quoted(one.ranges.iter().chain(&one.endpoints))),
        "shares": team.is_some() || !shared.is_empty(),
        "shared_folders": shared,
        "team": team.map(|tag| &tag.value),
        "suspended": user.suspended,
        "hardened": account.policies == Profile::Hardened,
        // Whether the person has a password. Addresses in the console are there with one, as far as they are known.
        "console": user.console,
        "sign_in": console.map(|(.., domain)| format!("https://{}.{domain}/console", account.id)),
        // The prefix ends with a slash: the console lists it as it is given, and a person may list nothing shorter.
        "folder_console": in_console(&format!("s3/buckets/{bucket}?region={region}&prefix={prefix}/")),
        // Whether they may set up a second factor, and whether they must; it has the name of its user.
        "mfa": account.mfa != Mfa::Off,
        "mfa_required": account.mfa == Mfa::Required,
        "mfa_arn": format!("arn:{}:iam::{}:mfa/{}", region.partition(), account.id, user.name),
        // The profile of the AWS CLI that holds the access key. Where a second factor is required, temporary credentials are
        // in the profile `deepracer`.
        "key_profile": if account.mfa == Mfa::Required { "deepracer-key" } else { "deepracer" },
        "notebook": notebook.map(|notebook| {
            let console = in_console(&format!("sagemaker/home?region={region}#/notebook-instances/{}", notebook.name));
            notebook_context(account, user, notebook, console.as_deref())
        }),
        // Whether jobs get their name and tag by themselves on the notebook.
        "adapt_sdk": settings.notebooks.adapt_sdk && naming <= JobNaming::AdaptedSdk,
        // Whether `base_job_name` can begin the names of jobs; what they begin with, if there are such names.
        "base_job_name": naming == JobNaming::BaseName,
        "job_prefix": notebook
            .filter(|_| naming < JobNaming::Impossible)
            .map(|notebook| format!("{}{NOTEBOOK_SEPARATOR}", notebook.name)),
        "volume_kms_key": settings.notebooks.kms_key,
        "output_kms_key": settings.bucket.kms_key,
        "job_subnet": subnet,
        // A job's network needs both. Without groups of one's own, the notebook has the network's.
        "network": subnet
            .filter(|_| !groups.is_empty())
            .map(|subnet| json!({"subnet_id": subnet, "security_group_ids": groups})),
        "max_runtime_seconds": account.max_runtime_seconds(),
        // Whether training jobs must have a network, a key or a run time.
        "job_limited": account.limits_training(),
        // The instance types of training jobs, where they are limited, and one for the example of a job.
        "training_types": settings.training.allowed_instance_types.as_ref().map(quoted),
        "job_instance_type": example_of_training(settings),
        "key_rotation": settings
            .access_keys
            .as_ref()
            .map(|keys| json!({"max_age_days": keys.max_age_days, "warn_days": keys.warn_days})),
        "old_version_days": settings.bucket.old_version_days,
        "contact": settings.contact.as_ref().map(|contact| contact.as_str().trim()),
    })
}

fn notebook_context(account: &Account, user: &User, notebook: &Notebook, console: Option<&str>) -> Value {
    let Names { partition, account_id, notebook_role_path, .. } = Names::of(account);
    json!({
        "name": notebook.name.as_str(),
        "instance_type": notebook.instance_type.as_str(),
        "console": console,
        "role_arn": format!("arn:{partition}:iam::{account_id}:role{notebook_role_path}{}", user.name),
        // After how many idle minutes it stops; never, without.
        "idle_stop_minutes": Some(account.settings.notebooks.idle_stop_minutes).filter(|minutes| *minutes > 0),
    })
}
