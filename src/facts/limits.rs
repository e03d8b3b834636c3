//! Limits of CloudFormation, IAM, S3 and SageMaker. Where two sources disagreed, the stricter figure stands.

use serde::{Deserialize, Serialize};

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// What is there.
    pub used: usize,
    /// What is allowed.
    pub limit: usize,
}

/// A template's bytes when `aws cloudformation deploy` hands it over directly.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const TEMPLATE_BYTES_DIRECT: usize = 51_200;
/// A template's bytes when it is handed over through a bucket. Source: as above; cfn-lint's E1002 enforces it.
pub const TEMPLATE_BYTES_BUCKET: usize = 1_000_000;
/// Resources in a template. Source: as above.
pub const TEMPLATE_RESOURCES: usize = 500;
/// Parameters in a template. Source: as above.
pub const TEMPLATE_PARAMETERS: usize = 200;
/// Outputs in a template. Source: as above.
pub const TEMPLATE_OUTPUTS: usize = 200;
/// Mappings in a template. Source: as above.
pub const TEMPLATE_MAPPINGS: usize = 200;
/// Bytes of the description of a template or an output. Source: as above.
pub const DESCRIPTION_BYTES: usize = 1_024;
/// Characters of a parameter's, output's or mapping's name. Source: as above.
pub const TEMPLATE_NAME_CHARACTERS: usize = 255;
/// Characters of a logical ID.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html>
pub const LOGICAL_ID_CHARACTERS: usize = 255;
/// Dynamic references (`{{resolve:…}}`) in a template.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub const TEMPLATE_DYNAMIC_REFERENCES: usize = 60;
/// Stacks in an account and region.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const ACCOUNT_STACKS: usize = 2_000;
/// Characters of a stack's name.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
pub const STACK_NAME_CHARACTERS: usize = 128;

/// IAM users in an account.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const ACCOUNT_USERS: usize = 5_000;
/// IAM roles in an account; AWS raises it on request. Source: as above.
pub const ACCOUNT_ROLES: usize = 1_000;
/// Customer managed policies in an account; AWS raises it on request. Source: as above.
pub const ACCOUNT_POLICIES: usize = 1_500;
/// Groups that a user is in. Source: as above.
pub const USER_GROUPS: usize = 10;
/// Managed policies attached to a user, a role or a group. Source: as above.
pub const ATTACHED_POLICIES: usize = 10;
/// Characters of a managed policy, white space not counted. Source: as above.
pub const MANAGED_POLICY_CHARACTERS: usize = 6_144;
/// Characters of a user's inline policies in all, white space not counted. Source: as above.
pub const USER_INLINE_POLICY_CHARACTERS: usize = 2_048;
/// Characters of a group's inline policies in all, white space not counted. Source: as above.
pub const GROUP_INLINE_POLICY_CHARACTERS: usize = 5_120;
/// Characters of a role's inline policies in all, white space not counted. Source: as above.
pub const ROLE_INLINE_POLICY_CHARACTERS: usize = 10_240;
/// Characters of a role's trust policy, white space not counted. Source: as above.
pub const TRUST_POLICY_CHARACTERS: usize = 2_048;
/// Characters of a user's or a role's name. Source: as above.
pub const USER_NAME_CHARACTERS: usize = 64;
/// Characters of a group's or a managed policy's name. Source: as above.
pub const GROUP_NAME_CHARACTERS: usize = 128;
/// Characters of an IAM path. Source: as above.
pub const IAM_PATH_CHARACTERS: usize = 512;
/// Tags on one resource.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules>
pub const TAGS: usize = 50;
/// Characters of a tag's key. Source: as above.
pub const TAG_KEY_CHARACTERS: usize = 128;
/// Characters of a tag's value. Source: as above.
pub const TAG_VALUE_CHARACTERS: usize = 256;

/// The fewest and the most characters of a bucket's name.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
pub const BUCKET_NAME_CHARACTERS: std::ops::RangeInclusive<usize> = 3..=63;
/// Prefixes that S3 reserves. Source: as above.
pub const BUCKET_NAME_PREFIXES: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// Suffixes that S3 reserves. Source: as above.
pub const BUCKET_NAME_SUFFIXES: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
/// Bytes of a bucket policy.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html>
pub const BUCKET_POLICY_BYTES: usize = 20 * 1_024;

/// Bytes of a function's code that stands in the template itself. Today's documentation says 4 MB of the zip file that is
/// made of it, the older one 4,096 characters: the stricter figure stands.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-code.html>
pub const LAMBDA_INLINE_BYTES: usize = 4_096;
/// Characters of a budget's name.
/// Source: <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html>
pub const BUDGET_NAME_CHARACTERS: usize = 100;
/// Notifications of a budget. Each has at most one SNS topic and ten e-mail addresses as subscribers.
/// Source: <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html>
pub const BUDGET_NOTIFICATIONS: usize = 5;
/// Characters of an e-mail address.
/// Source: <https://www.rfc-editor.org/errata/eid1690>
pub const EMAIL_CHARACTERS: usize = 254;

/// Characters of a secret's name, which are `A-Z a-z 0-9 / _ + = . @ -`.
/// Source: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html>
pub const SECRET_NAME_CHARACTERS: usize = 512;
/// Characters of an IAM user's password, whatever the account's password policy asks for.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateLoginProfile.html>
pub const PASSWORD_CHARACTERS: usize = 128;

/// Characters of the name of a notebook instance or of a lifecycle configuration.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html>
pub const NOTEBOOK_NAME_CHARACTERS: usize = 63;
/// Characters of the name of a training job, which begins and ends with a letter or digit.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html>
pub const TRAINING_JOB_NAME_CHARACTERS: usize = 63;
/// Security groups of a notebook instance.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html>
pub const NOTEBOOK_SECURITY_GROUPS: usize = 5;
/// GB of a notebook instance's volume, the fewest and the most. Source: as above.
pub const NOTEBOOK_VOLUME_GB: std::ops::RangeInclusive<u64> = 5..=16_384;
/// Characters of a lifecycle script, base64-encoded.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_NotebookInstanceLifecycleHook.html>
pub const LIFECYCLE_SCRIPT_CHARACTERS: usize = 16_384;
