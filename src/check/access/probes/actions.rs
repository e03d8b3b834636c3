//! The actions that are asked for, some with the word for what they do.

pub(super) const READ: [&str; 14] = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectTagging",
    "s3:GetObjectAcl",
    "s3:GetObjectAttributes",
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
    "s3:GetObjectVersionTorrent",
    "s3:ListMultipartUploadParts",
];
pub(super) const WRITE: [&str; 12] = [
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:RestoreObject",
    "s3:InitiateReplication",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:ReplicateObject",
    "s3:ReplicateTags",
];
pub(super) const DELETE: [&str; 7] = [
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:AbortMultipartUpload",
    "s3:BypassGovernanceRetention",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:ReplicateDelete",
];
pub(super) const LIST: [(&str, &str); 2] =
    [("s3:ListBucket", "list"), ("s3:ListBucketVersions", "list the versions in")];

pub(super) const NOTEBOOK: [(&str, &str); 6] = [
    ("CreatePresignedNotebookInstanceUrl", "open"),
    ("StartNotebookInstance", "start"),
    ("StopNotebookInstance", "stop"),
    ("UpdateNotebookInstance", "change"),
    ("DeleteNotebookInstance", "delete"),
    ("DescribeNotebookInstance", "describe"),
];
pub(super) const JOB: [(&str, &str); 3] =
    [("DescribeTrainingJob", "describe"), ("StopTrainingJob", "stop"), ("UpdateTrainingJob", "change")];
pub(super) const LIFECYCLE: [&str; 3] = [
    "CreateNotebookInstanceLifecycleConfig",
    "UpdateNotebookInstanceLifecycleConfig",
    "DeleteNotebookInstanceLifecycleConfig",
];

pub(super) const KEYS: [(&str, &str); 4] = [
    ("CreateAccessKey", "make"),
    ("ListAccessKeys", "list"),
    ("UpdateAccessKey", "change"),
    ("DeleteAccessKey", "delete"),
];
pub(super) const CREDENTIALS: [&str; 12] = [
    "ChangePassword",
    "CreateLoginProfile",
    "UpdateLoginProfile",
    "DeleteLoginProfile",
    "EnableMFADevice",
    "ResyncMFADevice",
    "DeactivateMFADevice",
    "UploadSSHPublicKey",
    "UploadSigningCertificate",
    "CreateServiceSpecificCredential",
    "ResetServiceSpecificCredential",
    "UpdateSSHPublicKey",
];
/// What makes a user somebody else.
pub(super) const USER: [&str; 10] = [
    "AttachUserPolicy",
    "DetachUserPolicy",
    "PutUserPolicy",
    "DeleteUserPolicy",
    "PutUserPermissionsBoundary",
    "DeleteUserPermissionsBoundary",
    "TagUser",
    "UntagUser",
    "UpdateUser",
    "DeleteUser",
];
pub(super) const ROLE: [&str; 9] = [
    "AttachRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "DeleteRolePolicy",
    "UpdateAssumeRolePolicy",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    "TagRole",
    "UntagRole",
];
pub(super) const GROUP: [&str; 6] = [
    "AddUserToGroup",
    "RemoveUserFromGroup",
    "AttachGroupPolicy",
    "DetachGroupPolicy",
    "PutGroupPolicy",
    "DeleteGroupPolicy",
];
pub(super) const POLICY: [&str; 4] =
    ["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion", "DeletePolicy"];
pub(super) const BUCKET: [&str; 18] = [
    "DeleteBucket",
    "PutBucketPolicy",
    "DeleteBucketPolicy",
    "PutBucketAcl",
    "PutBucketPublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutBucketVersioning",
    "PutBucketNotification",
    "PutLifecycleConfiguration",
    "PutReplicationConfiguration",
    // These write lists of all keys, or of all requests, to another bucket.
    "PutAnalyticsConfiguration",
    "PutBucketLogging",
    "PutInventoryConfiguration",
    "PutBucketCORS",
    "PutBucketObjectLockConfiguration",
    "PutBucketTagging",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
];
/// Other ways to a bucket, with the kinds of resource that they make.
pub(super) const ACCESS_POINT: [(&str, &str); 5] = [
    ("CreateAccessPoint", "accesspoint/any"),
    ("PutAccessPointPolicy", "accesspoint/any"),
    ("CreateAccessGrant", "access-grants/default"),
    ("GetDataAccess", "access-grants/default"),
    ("CreateJob", "job/any"),
];
pub(super) const SECRET: [(&str, &str); 7] = [
    ("GetSecretValue", "read"),
    ("PutSecretValue", "change"),
    ("UpdateSecret", "change"),
    ("UpdateSecretVersionStage", "change"),
    ("PutResourcePolicy", "change"),
    ("DeleteSecret", "delete"),
    ("RestoreSecret", "change"),
];
/// What is done with the log of one notebook, and with that of one training job.
pub(super) const LOG_STREAM: [(&str, &str); 3] =
    [("GetLogEvents", "read"), ("PutLogEvents", "write into"), ("DeleteLogStream", "delete")];
/// What is done with the logs of all.
pub(super) const LOG_GROUP: [(&str, &str); 7] = [
    ("FilterLogEvents", "read"),
    ("StartLiveTail", "read"),
    ("StartQuery", "read"),
    ("CreateExportTask", "read"),
    ("PutSubscriptionFilter", "read"),
    ("DeleteLogGroup", "delete"),
    ("PutRetentionPolicy", "delete"),
];
/// Who changes a function, or a stack, acts as its role.
pub(super) const FUNCTION: [&str; 6] = [
    "CreateFunction",
    "GetFunction",
    "InvokeFunction",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
    "AddPermission",
];
pub(super) const STACK: [&str; 5] =
    ["CreateChangeSet", "ExecuteChangeSet", "UpdateStack", "DeleteStack", "SetStackPolicy"];
/// Services that a role could be passed to.
pub(super) const PASSED_TO: [&str; 3] = ["sagemaker.amazonaws.com", "lambda.amazonaws.com", "ec2.amazonaws.com"];
