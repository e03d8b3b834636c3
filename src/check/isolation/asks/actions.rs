//! The actions that are asked for, some with the word for what they do.

pub(super) const READ: [&str; 4] = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectAcl"];
pub(super) const WRITE: [&str; 4] = ["s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:RestoreObject"];
pub(super) const DELETE: [&str; 3] = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"];
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
pub(super) const BUCKET: [&str; 10] = [
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
];
/// Services that a role could be passed to.
pub(super) const PASSED_TO: [&str; 3] = ["sagemaker.amazonaws.com", "lambda.amazonaws.com", "ec2.amazonaws.com"];
