//! What is certain of a request of a person's day, whatever the need for it leaves open: so a denial that hangs on it is sure.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use super::kind::{PrincipalKind, Subject};
use super::reference::Need;
use crate::facts::actions::takes_no_resource;
use crate::facts::{TRAINING_INSTANCE_TYPES, region_of_iam};
use crate::iam::{Context, Dependence, Request, account_of};
use crate::inventory::{IdentityKind, LogGroup, Tag};
use crate::model::{MANAGED_BY, MANAGED_BY_RACESTACK, USER};
use crate::plan::Names;

/// In the ARNs of notebooks.
pub const NOTEBOOKS: &str = ":notebook-instance/";

/// The key of the tags that a request brings, and that of the own tag.
const TAG_KEYS: &str = "aws:tagkeys";
const OWN_TAG: &str = "aws:requesttag/user";

/// The keys that say where the credentials of a role were delivered to, whatever service is asked.
/// Sources: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policy-structure.html#amazon-ec2-keys>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html>
const OF_CREDENTIALS: [&str; 6] = [
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
];

/// What is known beforehand of a condition key.
enum ExpectedValues {
    /// Nothing: it may be as the company wants it.
    Any,
    /// Every such request has the key, with any value.
    Present,
    /// It has one of these values; `None` is a request without the key.
    OneOf(Vec<Option<String>>),
    /// There are requests with each of these.
    EachOf(Vec<Option<String>>),
}

/// How many requests of a need are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refused {
    /// Only those that nobody makes on the day.
    Never,
    /// That hangs on the hour, the network or the like.
    Sometimes,
    /// All.
    Always,
}

/// What becomes of one of the `needs` of a kind, of which a request like `example` is refused where these keys are so.
///
/// It is refused only where all of the keys are so at once: the key of which that is the least certain decides. Without any key, all such
/// requests are refused.
pub fn refused(
    subject: &Subject<'_, '_>,
    names: &Names,
    (needs, need): (&[Need], &Need),
    (example, keys): (&Request, &[Dependence<'_>]),
) -> Refused {
    let of_key = |depends: &Dependence<'_>| {
        let key = depends.key();
        let of_all = |some: usize, all: usize| match some {
            0 => Refused::Never,
            some if some == all => Refused::Always,
            _ => Refused::Sometimes,
        };
        // What is needed is what the need allows, and no denial of the needs denies: a request that is refused here has of their keys
        // what they ask for, or leave. What a denial leaves by `NotAction` is needed whatever its keys are: they count for that, too.
        let is_about = |one: &&Need| one.actions.is_empty() || one.document.is_about(&example.action);
        let denials = needs.iter().filter(|one| one.is_denial).filter(is_about);
        // Who has no notebook asks for none, whatever tags it would have.
        if !subject.has_notebook() && example.resource.contains(NOTEBOOKS) && key.contains("resourcetag/") {
            return Refused::Never;
        }
        // Who makes a training job gives it the own tag, and needs no other.
        if key == TAG_KEYS && need.keys.contains(OWN_TAG) {
            let is_refused =
                depends.includes(Some(USER)) || depends.includes_all(&Context::new().with_all(key, [USER]));
            return if is_refused { Refused::Always } else { Refused::Sometimes };
        }
        // "You cannot limit permissions to pass a role based on tags attached to the role": no request need have them.
        // Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
        let is_passed = example.action.eq_ignore_ascii_case("iam:PassRole") && key.contains("resourcetag/");
        if is_passed && depends.includes(None) || std::iter::once(need).chain(denials).any(|one| one.keys.contains(key))
        {
            return Refused::Always;
        }
        match expected(subject, names, need, (example, key)) {
            ExpectedValues::OneOf(values) => {
                of_all(values.iter().filter(|value| depends.includes(value.as_deref())).count(), values.len())
            }
            ExpectedValues::EachOf(values) => {
                let is_refused = values.iter().any(|value| depends.includes(value.as_deref()));
                if is_refused { Refused::Always } else { Refused::Never }
            }
            ExpectedValues::Present => {
                let (some, all) = depends.included();
                of_all(some, all)
            }
            // A tag that is no part of isolation is in nobody's request, and most uploads say nothing of these.
            ExpectedValues::Any if is_left_out(&example.action, key) && depends.includes(None) => Refused::Always,
            ExpectedValues::Any => Refused::Sometimes,
        }
    };
    keys.iter().map(of_key).min().unwrap_or(Refused::Always)
}

/// Whether a request of the day may leave out a condition key, in lower case: a tag of a request, or of a resource that nobody tags, such
/// as a training job; or what an upload has that brings tags, names a key, or copies a file that is in S3 already.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys>
fn is_left_out(action: &str, key: &str) -> bool {
    let of_upload = [
        "s3:requestobjecttag/",
        "s3:requestobjecttagkeys",
        "s3:x-amz-copy-source",
        "s3:x-amz-server-side-encryption-aws",
    ];
    // Images, networks, KMS keys, and log groups that no template makes.
    let is_of_company = ["ec2:", "ecr:", "kms:", "logs:"].iter().any(|service| action.starts_with(service));
    let may_be_tagged = is_of_company && !takes_no_resource(action);
    key.contains("requesttag/")
        || key.contains("resourcetag/") && !may_be_tagged
        || is_upload(action) && of_upload.iter().any(|one| key.starts_with(one))
}

/// Whether a request may bring tags, by the name of its action: what makes a thing, or gives it tags.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tagkeys>
fn may_bring_tags(name: &str) -> bool {
    let name = name.to_lowercase();
    let begins = |verbs: &[&str]| verbs.iter().any(|verb| name.starts_with(verb));
    let untagged = ["accesskey", "grant", "logstream", "networkinterfacepermission", "presigned"];
    let makes = name.strip_prefix("create").is_some_and(|what| !untagged.iter().any(|one| what.starts_with(one)));
    // Those of objects have keys of S3's own.
    // Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-actions-as-permissions>
    makes || name.contains("tag") && !name.contains("object") && !begins(&["delete", "describe", "get", "list"])
}

fn is_upload(action: &str) -> bool {
    action.eq_ignore_ascii_case("s3:PutObject")
}

fn expected(subject: &Subject<'_, '_>, names: &Names, need: &Need, (example, key): (&Request, &str)) -> ExpectedValues {
    let through_service = need.keys.contains("kms:viaservice");
    let (service, name) = example.action.split_once(':').unwrap_or_default();
    let is = |value: &str| ExpectedValues::OneOf(vec![Some(value.to_owned())]);
    let is_absent = || ExpectedValues::OneOf(vec![None]);
    // SageMaker has two keys for one tag of its things, and a need names the own value of the other.
    // Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemakerai.html#amazonsagemakerai-policy-keys>
    let other_key = key
        .split_once(":resourcetag/")
        .map(|(service, tag)| format!("{}:resourcetag/{tag}", if service == "aws" { "sagemaker" } else { "aws" }));
    let other_key = other_key.filter(|other| service == "sagemaker" && need.keys.contains(other));
    let of_other_key = other_key.and_then(|other| Some(example.context.get(&other)?.list.first()?.clone()));
    let is_role = subject.kind.active() == PrincipalKind::Notebook;
    // Where a role's credentials were delivered to goes with requests to all services. Else, a request has global keys, and its service's.
    if OF_CREDENTIALS.contains(&key) {
        return if is_role { ExpectedValues::Any } else { is_absent() };
    }
    if key.split_once(':').is_some_and(|(of, _)| of != "aws" && !of.eq_ignore_ascii_case(service)) {
        return is_absent();
    }
    match key {
        // What asks without it, no SDK and no console, is denied by the bucket.
        "aws:securetransport" => is("true"),
        "aws:viaawsservice" => is(&through_service.to_string()),
        "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" if !through_service => is_absent(),
        // They are "only available when the call to your resource is made directly by an AWS service principal".
        "aws:sourceaccount" | "aws:sourcearn" | "aws:sourceorgid" | "aws:sourceorgpaths" if !through_service => {
            is_absent()
        }
        _ if (key == TAG_KEYS || key.starts_with("aws:requesttag/")) && !may_bring_tags(name) => is_absent(),
        // A user asks by themselves, and a service takes the role of a notebook by `sts:AssumeRole` (`trust`): neither is from an identity
        // provider, and a service has no second factor. AWS says of temporary credentials that they have this key, and not of those that
        // a service gets without a second factor.
        "aws:multifactorauthage" if is_role => is_absent(),
        "aws:multifactorauthpresent" if is_role => ExpectedValues::OneOf(vec![None, Some("false".to_owned())]),
        // IAM is asked in one region of each partition.
        "aws:requestedregion" if service == "iam" => region_of_iam(&names.partition).map_or(ExpectedValues::Any, is),
        "aws:requestedregion" => is(&names.region),
        // What a training job makes is encrypted with the account's key of S3 where the job names none: AWS says to let in `aws:kms`, and not
        // whether the request names that key.
        // Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/API_OutputDataConfig.html>
        "s3:x-amz-server-side-encryption" if is_role && is_upload(&example.action) => {
            ExpectedValues::EachOf(vec![None, Some("aws:kms".to_owned())])
        }
        "s3:x-amz-server-side-encryption-aws-kms-key-id" if is_role && is_upload(&example.action) => {
            ExpectedValues::Any
        }
        // No identity provider is who lets people or notebooks in. A source identity is set by who takes a role and may
        // `sts:SetSourceIdentity`, which the trust policies of notebooks do not allow. The rest is what no client sends unless it is told to.
        // Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html>
        "aws:federatedprovider"
        | "aws:sourceidentity"
        | "s3:x-amz-acl"
        | "s3:x-amz-server-side-encryption"
        | "s3:x-amz-server-side-encryption-aws-kms-key-id"
        | "s3:x-amz-server-side-encryption-customer-algorithm"
        | "s3:x-amz-storage-class" => is_absent(),
        key if key.starts_with("s3:x-amz-grant-") => is_absent(),
        // Version 2 is no longer supported.
        // Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/bucket-policy-s3-sigv4-conditions.html>
        "s3:signatureversion" => is("AWS4-HMAC-SHA256"),
        // No endpoint of AWS's takes an older version.
        // Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingEncryptionInTransit.html>
        "s3:tlsversion" => ExpectedValues::OneOf(["1.2", "1.3"].map(|one| Some(one.to_owned())).into()),
        // A role's credentials are temporary.
        // Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-tokenissuetime>
        "aws:tokenissuetime" if is_role => ExpectedValues::Present,
        // A training job has instances, all of them of types for training.
        // Source: <https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html>
        "sagemaker:instancetypes" if example.action.eq_ignore_ascii_case("sagemaker:CreateTrainingJob") => {
            ExpectedValues::OneOf(TRAINING_INSTANCE_TYPES.iter().map(|one| Some((*one).to_owned())).collect())
        }
        // Images of training jobs are those of AWS's accounts. A key may be another account's.
        "aws:resourceaccount" | "s3:resourceaccount" if service != "ecr" => {
            is(account_of(&example.resource).unwrap_or(&names.account_id))
        }
        _ if of_other_key.is_some() => of_other_key.map_or(ExpectedValues::Any, |value| is(&value)),
        _ => match key.split_once("resourcetag/").zip(tags(subject, &example.resource)) {
            Some(((_, tag), tags)) => {
                let is_it = |own: &&Tag| own.key.is_none() || own.has_key(tag);
                match tags.iter().find(is_it) {
                    None => is_absent(),
                    Some(_) if tag == MANAGED_BY => is(MANAGED_BY_RACESTACK),
                    Some(Tag { value: Some(value), .. }) => is(value),
                    Some(_) => ExpectedValues::Present,
                }
            }
            None => ExpectedValues::Any,
        },
    }
}

/// The tags of one's own user, of the role of one's notebook, of the notebook, and of log groups, as their template has them.
fn tags<'i>(subject: &Subject<'i, '_>, resource: &str) -> Option<&'i [Tag<'i>]> {
    let inventory = subject.inventory;
    if let Some((_, name)) = resource.split_once(":log-group:") {
        let is_it = |group: &&LogGroup| name.split(':').next() == Some(group.name.as_str());
        return inventory.log_groups.iter().find(is_it).map(|one| one.tags.as_slice());
    }
    if resource.contains(NOTEBOOKS) {
        let is_own = |tag: &Tag| {
            tag.key.as_ref().is_some_and(|key| key == USER)
                && tag.value.as_deref() == Some(subject.identity.name.as_str())
        };
        return inventory.notebooks.iter().find(|one| one.tags.iter().any(is_own)).map(|one| one.tags.as_slice());
    }
    let mut identities = inventory.principals.iter().filter(|one| one.kind != IdentityKind::Group);
    identities.find(|one| one.arn == resource).map(|one| one.tags.as_slice())
}

#[cfg(test)]
mod tests {
    use super::OF_CREDENTIALS;
    use crate::facts::condition_keys::condition_key;

    #[test]
    fn every_key_of_credentials_is_known() {
        for key in OF_CREDENTIALS {
            assert!(condition_key(key).is_some(), "{key}");
        }
    }
}
