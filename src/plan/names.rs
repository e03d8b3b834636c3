//! The physical names of what an account's stacks share. Stacks refer to each other by these names, which is why they
//! are made in one place.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::facts::SERVICE_ROLE_PATH;
use crate::inventory;
use crate::model::{Account, OLD_KEY, Profile, key_rotation_role, log_bucket};

/// What the names of the denials of notebook roles end with.
const NOTEBOOK_DENIALS: [&str; 2] = ["notebook-guardrails", "notebook-other-actions"];

/// What the names of managed policies end with that templates alone name: those of people on their access keys, their folder, their
/// notebook, what else a day's work needs, the bucket's key, shared folders, signing in, and their boundary; what denies them the
/// tags of identities, other instance types, and training jobs in other networks, with other keys or for too long; the policy of
/// notebook roles and their boundary; and what denies a suspended person's notebook everything.
const POLICIES: &str = "access-keys s3-folder sagemaker daily-work bucket-key shared-folders sign-in boundary identity-tags \
                        instance-types training notebook notebook-boundary suspended-notebook";

/// The name of the function that rotates access keys, and of its schedule.
const KEY_ROTATION: &str = "racestack-key-rotation";

/// The physical names of an account's shared resources, and the ARNs made of them.
#[expect(missing_docs, reason = "most names say what they are of")]
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(Default))]
pub struct Names {
    /// The partition of the region: `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// What the names of the partition's service endpoints end with.
    pub dns_suffix: String,
    pub account_id: String,
    pub region: String,
    pub bucket: String,
    pub bucket_arn: String,
    pub group: String,
    pub group_arn: String,
    /// The path of the group and the policies.
    pub iam_path: String,
    /// The path of the users.
    pub user_path: String,
    /// The path of the notebook roles.
    pub notebook_role_path: String,
    /// The path of the service roles.
    pub service_role_path: String,
    /// What the names of the secrets with people's first passwords begin with.
    pub secrets_path: String,
    /// The managed policies of denials that notebook roles have where the company's boundary takes the place of theirs: what is
    /// not theirs, and actions that none needs.
    pub notebook_denials: [String; 2],
    pub notebook_denial_arns: [String; 2],
    /// The ARN of the company's boundary of all roles; empty where there is none.
    pub company_boundary: String,
    /// The ARNs of the company's policies that people have.
    pub extra_people_policies: Vec<String>,
    /// The ARNs of the company's policies that notebook roles have.
    pub extra_notebook_policies: Vec<String>,
    /// What templates alone name: the managed policies of `POLICIES`, as `WORD_policy` and `WORD_policy_arn`, and what stands in
    /// `Names::of`.
    #[serde(flatten)]
    pub others: BTreeMap<String, String>,
    /// The lifecycle configuration of all notebooks.
    pub notebook_lifecycle: String,
    /// The managed policy that denies a suspended person everything.
    pub suspended_user_policy: String,
    pub suspended_user_policy_arn: String,
    /// The managed policy that denies a suspended person's notebook everything but to stop itself.
    pub suspended_notebook_policy: String,
    /// The managed policy that denies what nobody may.
    pub guardrails_policy: String,
    pub boundary_arn: String,
    pub budgets_topic_arn: String,
    /// The path of the roles of the operations stack.
    pub operations_role_path: String,
    pub notices_topic_arn: String,
    /// The function that rotates access keys, the rule that calls it, and the queue of calls that could not be delivered. The DeepRacer
    /// service may use functions whose names have `deepracer` or `dr-` in them, so the company's name is no part of this one.
    pub key_rotation_function: String,
    pub key_rotation_role: String,
}

impl Names {
    /// The account that they are of.
    pub fn account(&self) -> inventory::Account<'_> {
        inventory::Account { id: &self.account_id, region: &self.region, partition: &self.partition }
    }

    /// The names for an account.
    pub fn of(account: &Account) -> Self {
        let partition = account.region.partition();
        let policy = |word: &str| format!("{}-deepracer-{word}", account.company);
        // The documented policy on access keys names `user/${aws:username}`, which no user with a path matches.
        let user_path = match account.policies {
            Profile::Hardened => account.iam_path.to_string(),
            Profile::Documented => "/".to_owned(),
        };
        let own = account.settings.role_path.as_ref();
        let role_path = own.unwrap_or(&account.iam_path);
        let service_role_path = own.map(|path| path.child("service-role").to_string());
        let arn = |name: &str| format!("arn:{partition}:iam::{}:policy{}{name}", account.id, account.iam_path);
        let named = |word: &str| {
            let key = format!("{}_policy", word.replace('-', "_"));
            [(format!("{key}_arn"), arn(&policy(word))), (key, policy(word))]
        };
        let others = [
            // What the names of the stacks begin with.
            ("stack_prefix", format!("{}-deepracer-", account.company)),
            // The bucket of the company that the log of requests is written to; empty where there is none.
            ("log_bucket", log_bucket(&account.settings).map(ToString::to_string).unwrap_or_default()),
            ("notebook_boundary_arn", arn(&policy("notebook-boundary"))),
            ("budgets_topic", policy("budgets")),
            ("account_budget", format!("{}-deepracer", account.company)),
            ("notices_topic", policy("notices")),
            ("undelivered_alarm", format!("{KEY_ROTATION}-undelivered")),
            ("key_rotation_log_group", format!("/aws/lambda/{KEY_ROTATION}")),
            ("old_key_tag", OLD_KEY.to_owned()),
        ];
        let others = others.map(|(key, name)| (key.to_owned(), name));
        let topic_arn = |name: &str| format!("arn:{partition}:sns:{}:{}:{name}", account.region, account.id);
        Self {
            partition: partition.to_owned(),
            dns_suffix: account.region.dns_suffix().to_owned(),
            account_id: account.id.to_string(),
            region: account.region.to_string(),
            bucket: account.bucket.to_string(),
            bucket_arn: format!("arn:{partition}:s3:::{}", account.bucket),
            group: policy("users"),
            group_arn: format!("arn:{partition}:iam::{}:group{}{}", account.id, account.iam_path, policy("users")),
            iam_path: account.iam_path.to_string(),
            user_path,
            notebook_role_path: role_path.child("notebook").to_string(),
            service_role_path: service_role_path.unwrap_or_else(|| SERVICE_ROLE_PATH.to_owned()),
            secrets_path: account.secrets_path(),
            notebook_denial_arns: NOTEBOOK_DENIALS.map(|word| arn(&policy(word))),
            notebook_denials: NOTEBOOK_DENIALS.map(policy),
            company_boundary: account.company_policies.boundary.clone().unwrap_or_default(),
            extra_people_policies: account.company_policies.people.clone(),
            extra_notebook_policies: account.company_policies.notebooks.clone(),
            others: POLICIES.split(' ').flat_map(named).chain(others).collect(),
            notebook_lifecycle: policy("notebooks"),
            suspended_user_policy: policy("suspended-user"),
            suspended_user_policy_arn: arn(&policy("suspended-user")),
            suspended_notebook_policy: policy("suspended-notebook"),
            guardrails_policy: policy("guardrails"),
            boundary_arn: arn(&policy("boundary")),
            budgets_topic_arn: topic_arn(&policy("budgets")),
            operations_role_path: role_path.child("operations").to_string(),
            notices_topic_arn: topic_arn(&policy("notices")),
            key_rotation_function: KEY_ROTATION.to_owned(),
            key_rotation_role: key_rotation_role(&account.company),
        }
    }

    /// The ARNs of the company's policies, which other stacks define.
    pub fn company_policies(&self) -> impl Iterator<Item = &String> {
        let extra = self.extra_people_policies.iter().chain(&self.extra_notebook_policies);
        extra.chain(Some(&self.company_boundary).filter(|boundary| !boundary.is_empty()))
    }
}
