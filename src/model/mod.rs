//! The validated domain: accounts, each with its users and their notebooks. What stands here is right: past
//! these types, nothing is checked again.

mod account;
mod bucket;
mod company_policies;
mod fleet;
mod ids;
mod instance_types;
mod job_names;
mod lock;
mod network;
mod operations;
mod reader;
mod renames;
mod services;
mod sharing;
mod suppressions;
mod tags;
mod unique;
mod users;

pub use crate::config::{
    AccountId, AccountName, BucketName, BucketSettings, Company, EmailAddress, FolderName, IamPath, InstanceType,
    KmsKeyArn, Language, LogicalId, MetadataSettings, Mfa, Network, NotebookName, Part, Profile, Region,
    RepositoryPath, SecurityGroupId, Service, Settings, StackName, SubnetId, UserName,
};
pub use account::{Account, PLACEHOLDER_ID};
pub use bucket::{bucket_name, log_bucket};
pub use company_policies::CompanyPolicies;
pub use fleet::clashes;
pub use ids::NOTEBOOK_SEPARATOR;
pub use instance_types::example_of_training;
pub use job_names::JobNaming;
pub use lock::{FEW_LEAVERS, FEW_LEAVERS_PERCENT, LockEntry, PlacementLock, StackNumber, stack_number, stack_word};
pub use network::AllowedNetworks;
pub use operations::key_rotation_role;
pub use renames::{Rename, left_in_merge};
pub use sharing::TEAMS_FOLDER;
pub use suppressions::{SuppressedRule, Suppression, suppressed_names, suppressions};
pub use tags::{
    DISPLAY_NAME, EMAIL, MANAGED_BY, MANAGED_BY_RACESTACK, NOTEBOOK, OF_TEMPLATES as TAGS_OF_TEMPLATES, OLD_KEY, TEAM,
    Tag, USER, is_reserved as is_reserved_tag, other_spellings,
};
pub use users::{Notebook, User};

use crate::config::{AccountConfig, People};
use crate::finding::{Finding, any_error};
use reader::Reader;

/// Validates what was read of an account. `None`, with findings, when something essential is missing or wrong.
pub fn account(config: &AccountConfig, people: &People, findings: &mut Vec<Finding>) -> Option<Account> {
    let mut own = Vec::new();
    let account = Reader { config, people, findings: &mut own }.account();
    if let (Some(account), Some(roster)) = (&account, &people.roster) {
        own.extend(renames::check(account, roster));
    }
    let failed = any_error(&own);
    findings.append(&mut own);
    // What its files lack is told as well; but stacks of half a roster would tell nothing true.
    account.filter(|_| !failed && config.sound && people.sound)
}
