//! The condition keys that are known. Of all others nobody here can say whether a request has them.

/// When a request has a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// In every request.
    Always,
    /// In some: whoever makes a request says so, or it is not there.
    Sometimes,
    /// It is not in the table.
    Unheard,
}

/// Global keys that every request has, whatever their values.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const ALWAYS: &[&str] = &[
    "aws:currenttime",
    "aws:epochtime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principaltype",
    "aws:requestedregion",
    "aws:securetransport",
    "aws:useragent",
    "aws:userid",
    "aws:viaawsservice",
];

/// Other keys. A `/` or `:` at the end: what follows is the key of a tag, or the like. `[]` at the end: the key may have several
/// values, since its type is `ArrayOf…`, or the page of the global keys calls it multivalued; all others have one.
/// Sources: the page above, and for each service its page of
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const SOMETIMES: &[&str] = &[
    "aws:calledvia[]",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths[]",
    "aws:principalservicename",
    "aws:principalservicenameslist[]",
    "aws:principaltag/",
    "aws:referer",
    "aws:requesttag/",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths[]",
    "aws:resourcetag/",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths[]",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:tagkeys[]",
    "aws:tokenissuetime",
    "aws:username",
    "aws:vpcsourceip",
    "cloudwatch:namespace",
    "ec2:authorizedservice",
    "ec2:subnet",
    "iam:associatedresourcearn",
    "iam:awsservicename",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "iam:policyarn",
    "iam:registersecuritykey",
    "iam:resourcetag/",
    "kms:calleraccount",
    "kms:encryptioncontext:",
    "kms:encryptioncontextkeys[]",
    "kms:grantisforawsresource",
    "kms:grantoperations[]",
    "kms:resourcealiases[]",
    "kms:viaservice",
    "lambda:functionarn",
    "s3:authtype",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:delimiter",
    "s3:existingobjecttag/",
    "s3:max-keys",
    "s3:prefix",
    "s3:requestobjecttag/",
    "s3:requestobjecttagkeys[]",
    "s3:resourceaccount",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:tlsversion",
    "s3:versionid",
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-storage-class",
    "sagemaker:acceleratortypes[]",
    "sagemaker:directinternetaccess",
    "sagemaker:instancetypes[]",
    "sagemaker:keepaliveperiod",
    "sagemaker:maxruntimeinseconds",
    "sagemaker:minimuminstancemetadataserviceversion",
    "sagemaker:networkisolation",
    "sagemaker:outputkmskey",
    "sagemaker:resourcetag/",
    "sagemaker:rootaccess",
    "sagemaker:taggingaction",
    "sagemaker:volumekmskey",
    "sagemaker:vpcsecuritygroupids[]",
    "sagemaker:vpcsubnets[]",
    "sts:externalid",
    "sts:rolesessionname",
    "sts:sourceidentity",
    "sts:transitivetagkeys[]",
];

/// What marks a key of several values.
const SEVERAL: &str = "[]";

/// Whether a key, whose name is in lower case, may have several values.
pub fn has_several_values(key: &str) -> bool {
    SOMETIMES.iter().any(|known| known.strip_suffix(SEVERAL) == Some(key))
}

/// Whether a key, whose name is in lower case, is known to have no more than one value.
pub(super) fn has_one_value(key: &str) -> bool {
    presence(key) != Presence::Unheard && !has_several_values(key)
}

/// When a request has a key, whose name is in lower case.
pub(super) fn presence(key: &str) -> Presence {
    let stem = key.split_inclusive('/').next().unwrap_or(key);
    let before_colon = key.rsplit_once(':').map_or(key, |(stem, _)| key.get(..=stem.len()).unwrap_or(key));
    let is_known = |known: &&str| [key, stem, before_colon].contains(&known.trim_end_matches(SEVERAL));
    if ALWAYS.contains(&key) {
        Presence::Always
    } else if SOMETIMES.iter().any(is_known) {
        Presence::Sometimes
    } else {
        Presence::Unheard
    }
}
