//! What AWS says, as named constants with their sources: limits, retirements, names that exist. No other module states
//! such a fact.

pub mod actions;
pub mod condition_keys;
pub mod date;
pub mod limits;
pub mod other_ways;
pub mod replacement;
pub mod retired;
pub mod return_values;

use std::sync::LazyLock;

/// The lines of a table, each of `N` columns.
pub fn rows<const N: usize>(text: &'static str, between: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    text.lines().filter_map(move |line| line.split(between).collect::<Vec<_>>().try_into().ok())
}

/// The regions that botocore 1.43.11 knows for EC2 or SageMaker, in all partitions (`botocore/data/endpoints.json`).
pub static REGIONS: LazyLock<Vec<&str>> = LazyLock::new(|| include_str!("regions.txt").lines().collect());

/// How the regions of the partitions besides `aws` begin, the partition, and the suffix of its endpoints
/// (`botocore/data/partitions.json` and `endpoints.json`, botocore 1.43.11).
pub const PARTITIONS: [(&str, &str, &str); 7] = [
    ("cn-", "aws-cn", "amazonaws.com.cn"),
    ("us-gov-", "aws-us-gov", "amazonaws.com"),
    ("us-isob-", "aws-iso-b", "sc2s.sgov.gov"),
    ("us-isof-", "aws-iso-f", "csp.hci.ic.gov"),
    ("us-iso-", "aws-iso", "c2s.ic.gov"),
    ("eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"),
    ("eusc-", "aws-eusc", "amazonaws.eu"),
];

/// What the names of service endpoints end with in a partition.
pub fn dns_suffix(partition: &str) -> &'static str {
    PARTITIONS.iter().find(|(_, of, _)| *of == partition).map_or("amazonaws.com", |(.., suffix)| suffix)
}

/// The region that IAM is asked in, by partition. No other partition's is known.
/// Sources: <https://docs.aws.amazon.com/general/latest/gr/iam-service.html>, `botocore/data/endpoints.json` of botocore 1.43.11.
pub fn region_of_iam(partition: &str) -> Option<&'static str> {
    Some(match partition {
        "aws" => "us-east-1",
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-f" => "us-isof-south-1",
        _ => return None,
    })
}

/// Where people reach the AWS console, by partition: what the names of the regions' consoles end with, and of the pages on
/// which IAM users sign in. No other partition's are known.
/// Sources: <https://docs.aws.amazon.com/general/latest/gr/mgmt-console.html>,
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/console.html>,
/// <https://docs.amazonaws.cn/en_us/aws/latest/userguide/getting-started.html>,
/// <https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-console.html>
pub const CONSOLES: [(&str, &str, &str); 3] = [
    ("aws", "console.aws.amazon.com", "signin.aws.amazon.com"),
    ("aws-cn", "console.amazonaws.cn", "signin.amazonaws.cn"),
    ("aws-us-gov", "console.amazonaws-us-gov.com", "signin.amazonaws-us-gov.com"),
];

/// The instance types that botocore 1.43.11 knows for notebooks (shape `InstanceType` of
/// `botocore/data/sagemaker/2017-07-24/service-2.json`).
pub static NOTEBOOK_INSTANCE_TYPES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("notebook-instance-types.txt").lines().collect());

/// The instance types that botocore 1.44.5 knows for training jobs (shape `TrainingInstanceType` of the same file).
pub static TRAINING_INSTANCE_TYPES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("training-instance-types.txt").lines().collect());

/// Families whose sizes are all in these lists: newer generations have come since, and AWS has added none to these for years.
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-types.html>, previous and current generations
pub const COMPLETE_FAMILIES: [&str; 10] = ["t2", "t3", "m4", "m5", "m5d", "c4", "c5", "c5d", "r5", "p3"];

/// The platform of new notebook instances.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/nbi.html>
pub const NOTEBOOK_PLATFORM: &str = "notebook-al2023-v1";

/// The runtime of functions: Lambda keeps it up until 2029-06-30.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>, and the dates that cfn-lint 1.58.0 ships
/// (`cfnlint/data/AdditionalSpecs/LmbdRuntimeLifecycle.json`).
pub const LAMBDA_RUNTIME: &str = "python3.14";

/// The regions whose CloudFormation has no `AWS::Budgets::Budget`, by the resource schemas that cfn-lint 1.58.0 ships
/// (schemas of 2026-10-20).
pub static REGIONS_WITHOUT_BUDGETS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("regions-without-budgets.txt").lines().collect());

/// The numbers of days after which AWS can delete what a log group holds.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
pub const RETENTION_DAYS: [u32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Types of resources that several modules look for.
pub const USER_TYPE: &str = "AWS::IAM::User";
pub const ROLE_TYPE: &str = "AWS::IAM::Role";
pub const NOTEBOOK_TYPE: &str = "AWS::SageMaker::NotebookInstance";
pub const SECRET_TYPE: &str = "AWS::SecretsManager::Secret";

/// The types of racestack's stacks that CloudFormation can import, each with the property that tells it which resource is meant.
/// Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html>, and
/// `primaryIdentifier` of the resource schemas that cfn-lint 1.58.0 ships (schemas of 2026-10-20).
///
/// That page does not list `AWS::SageMaker::NotebookInstance` and `AWS::SageMaker::NotebookInstanceLifecycleConfig`, whose schemas
/// have no handlers: a change set with them fails with "The following resource types are not supported for resource import".
pub const IMPORTABLE: [(&str, &str); 6] = [
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::ManagedPolicy", "PolicyArn"),
    (ROLE_TYPE, "RoleName"),
    (USER_TYPE, "UserName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::S3::BucketPolicy", "Bucket"),
];

/// The path under which the console makes service roles.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names>
pub const SERVICE_ROLE_PATH: &str = "/service-role/";

/// What is in the ARN of a role that AWS made for one of its services, and that AWS alone takes and changes.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>
pub const SERVICE_LINKED: &str = ":role/aws-service-role/";

#[cfg(test)]
mod tests {
    #[test]
    fn every_line_of_a_table_has_all_columns() {
        for (text, between, columns) in [
            (include_str!("condition-keys.txt"), " ", 5),
            (include_str!("other-ways.txt"), "; ", 2),
            (include_str!("replacement.txt"), " ", 4),
            (include_str!("retired.txt"), "; ", 6),
            (include_str!("return-values.txt"), " ", 4),
        ] {
            assert!(text.lines().count() > 0);
            for line in text.lines() {
                assert_eq!(line.split(between).count(), columns, "{line}");
            }
        }
    }
}
