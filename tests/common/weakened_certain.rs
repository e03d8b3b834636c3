//! Denials that hang on what is certain of every request of the day, and such that no request of the day meets.

use serde_json::{Value as Json, json};

use super::more::{DAILY, NETWORK};
use super::{NOTEBOOK, REFUSED, UNDECIDED, Weakening};

const SOMETIMES: &str = "warning[isolation::own-refused]";
const PERHAPS: &str = "warning[isolation::undecided]";
const TAGGED_LOGS: &str = "tags: {CostCenter: \"4711\"}\nlogs: {retention_days: 365}\n";
const TAGS: &str = "tags: {CostCenter: \"4711\"}\n";
const OTHERS_KEY: &str =
    "bucket: {kms_key: \"arn:aws:kms:ap-northeast-1:999988887777:key/0123abcd-0123-0123-0123-0123456789ab\"}\n";
const OWN_KEY: &str =
    "bucket: {kms_key: \"arn:aws:kms:ap-northeast-1:111122223333:key/0123abcd-0123-0123-0123-0123456789ab\"}\n";
const JOBS: &str = "arn:{{partition}}:sagemaker:{{region}}:{{account_id}}:training-job/*";

fn denied(name: &str, file: &'static str, (action, resource): (Json, Json), condition: &Json) -> Weakening {
    let mut statement = json!({"Effect": "Deny"});
    statement["Action"] = action;
    statement["Resource"] = resource;
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    Weakening::new(name, &[], "", &[]).and_in(&[file], &statement)
}

fn found(weakening: Weakening, found_as: &'static str, told: &str) -> Weakening {
    Weakening { found_as, ..weakening }.and_told(&[told])
}

/// What an action that is about no resource is asked with is `*`: a denial of ARNs does not apply, and one of all but some does.
fn of_resources() -> Vec<Weakening> {
    let all_but = |name: &str, file, action: &str, told| {
        let statement =
            json!({"Effect": "Deny", "Action": action, "NotResource": "arn:aws:kms:ap-northeast-1:111122223333:key/1"});
        found(Weakening::new(name, &[], "", &[]).and_in(&[file], &statement), REFUSED, told)
    };
    let images = denied(
        "no images of AWS's",
        NOTEBOOK,
        (json!("ecr:BatchGetImage"), json!("arn:aws:ecr:*:*:repository/sagemaker-*")),
        &Json::Null,
    );
    let interfaces = denied(
        "no deletion of own interfaces",
        NOTEBOOK,
        (json!("ec2:DeleteNetworkInterface"), json!("arn:aws:ec2:*:*:network-interface/*")),
        &Json::Null,
    );
    vec![
        all_but("no keys but one", DAILY, "kms:*", "a person cannot see networks and keys in the console"),
        all_but("no registry", NOTEBOOK, "ecr:GetAuthorizationToken", "a notebook cannot sign in to the registries"),
        all_but("no network", NOTEBOOK, "ec2:Describe*", "a notebook cannot use the network").with(NETWORK),
        all_but(
            "no end of what is lent",
            NOTEBOOK,
            "ec2:DeleteNetworkInterfacePermission",
            "a notebook cannot delete what lends these interfaces",
        )
        .with(NETWORK),
        found(images, REFUSED, "a notebook cannot pull the images"),
        found(interfaces, REFUSED, "a notebook cannot delete these interfaces").with(NETWORK),
    ]
}

/// Denials that certainly refuse what the day needs, and one that may.
#[rustfmt::skip]
pub fn of_certain() -> Vec<Weakening> {
    let everything = || (json!("*"), json!("*"));
    let upload = || (json!("s3:PutObject"), json!("*"));
    let jobs = || (json!(["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]), json!(JOBS));
    let new_job = || (json!("sagemaker:CreateTrainingJob"), json!("*"));
    let pass = || (json!("iam:PassRole"), json!("*"));
    let start = || (json!("sagemaker:StartNotebookInstance"), json!("*"));
    let cases = [
        // Who asks, and how.
        ("without a second factor", NOTEBOOK, everything(), json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), REFUSED, "a notebook cannot "),
        ("with a second factor that is not", NOTEBOOK, everything(), json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}}), SOMETIMES, "a notebook cannot always "),
        ("without the age of a second factor", NOTEBOOK, everything(), json!({"Null": {"aws:MultiFactorAuthAge": "true"}}), REFUSED, "a notebook cannot "),
        ("people without a second factor", DAILY, everything(), json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}), SOMETIMES, "a person cannot always "),
        ("from no account", DAILY, everything(), json!({"StringNotEquals": {"aws:SourceAccount": "{{account_id}}"}}), REFUSED, "a person cannot "),
        ("from no source", NOTEBOOK, everything(), json!({"Null": {"aws:SourceArn": "true"}}), REFUSED, "a notebook cannot "),
        ("from no identity provider", DAILY, everything(), json!({"Null": {"aws:FederatedProvider": "true"}}), REFUSED, "a person cannot "),
        ("notebooks from no identity provider", NOTEBOOK, everything(), json!({"Null": {"aws:FederatedProvider": "true"}}), REFUSED, "a notebook cannot "),
        // Keys of another service than is asked.
        ("but of own buckets", DAILY, everything(), json!({"StringNotEquals": {"s3:ResourceAccount": "{{account_id}}"}}), REFUSED, "a person cannot create training jobs"),
        ("of old signatures", NOTEBOOK, everything(), json!({"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}), REFUSED, "a notebook cannot create training jobs"),
        ("of old TLS", DAILY, (json!("sagemaker:CreateTrainingJob"), json!("*")), json!({"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}}), REFUSED, "a person cannot create training jobs"),
        ("without a prefix", DAILY, (json!("iam:*"), json!("*")), json!({"Null": {"s3:prefix": "true"}}), REFUSED, "a person cannot pass their own notebook role"),
        // Where credentials are.
        ("but from functions", DAILY, new_job(), json!({"Null": {"lambda:SourceFunctionArn": "true"}}), REFUSED, "a person cannot create training jobs"),
        ("but from instances", NOTEBOOK, new_job(), json!({"Null": {"ec2:SourceInstanceARN": "true"}}), SOMETIMES, "a notebook cannot always create training jobs"),
        ("but from networks of instances", DAILY, everything(), json!({"StringNotEquals": {"aws:EC2InstanceSourceVPC": "vpc-1"}}), REFUSED, "a person cannot "),
        ("from no source identity", NOTEBOOK, everything(), json!({"StringNotEquals": {"aws:SourceIdentity": "a"}}), REFUSED, "a notebook cannot "),
        // What is uploaded.
        ("without a tag", DAILY, upload(), json!({"StringNotEquals": {"s3:RequestObjectTag/project": "deepracer"}}), REFUSED, "a person cannot read, write"),
        ("without tags", NOTEBOOK, upload(), json!({"Null": {"s3:RequestObjectTagKeys": "true"}}), REFUSED, "a notebook cannot read, write"),
        ("no upload", DAILY, upload(), json!({"Null": {"s3:x-amz-copy-source": "true"}}), REFUSED, "a person cannot read, write"),
        ("no copy", DAILY, upload(), json!({"Null": {"s3:x-amz-copy-source": "false"}}), SOMETIMES, "a person cannot always read, write"),
        // What training jobs make is encrypted by KMS, and what else a notebook uploads says nothing of it.
        ("that names an encryption", NOTEBOOK, upload(), json!({"Null": {"s3:x-amz-server-side-encryption": "false"}}), REFUSED, "a notebook cannot read, write"),
        ("that KMS encrypts", NOTEBOOK, upload(), json!({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}), REFUSED, "a notebook cannot read, write"),
        ("that names no encryption", NOTEBOOK, upload(), json!({"Null": {"s3:x-amz-server-side-encryption": "true"}}), REFUSED, "a notebook cannot read, write"),
        ("that names a key", NOTEBOOK, upload(), json!({"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"}}), SOMETIMES, "a notebook cannot always read, write"),
        ("that names no key", NOTEBOOK, upload(), json!({"Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"}}), REFUSED, "a notebook cannot read, write"),
        // The tag of the own training job, by the other key.
        ("of somebody's jobs", DAILY, jobs(), json!({"StringEquals": {"sagemaker:ResourceTag/user": "bob"}}), REFUSED, "`bob` cannot describe and stop their own training jobs"),
        ("of all jobs but somebody's", DAILY, jobs(), json!({"StringNotEquals": {"sagemaker:ResourceTag/user": "bob"}}), REFUSED, "a person cannot describe and stop their own training jobs"),
        ("of jobs with the tag", DAILY, jobs(), json!({"Null": {"sagemaker:ResourceTag/user": "false"}}), REFUSED, "a person cannot describe and stop their own training jobs"),
        ("of own jobs", NOTEBOOK, jobs(), json!({"StringEquals": {"sagemaker:ResourceTag/user": "${aws:PrincipalTag/user}"}}), REFUSED, "a notebook cannot describe and stop their own training jobs"),
        // The tags of a role that is passed.
        ("of a role without the own tag", DAILY, pass(), json!({"StringNotEquals": {"iam:ResourceTag/user": "${aws:username}"}}), REFUSED, "a person cannot pass their own notebook role"),
        ("of a role that is not managed", NOTEBOOK, pass(), json!({"StringNotEquals": {"aws:ResourceTag/managed-by": "racestack"}}), REFUSED, "a notebook cannot pass their own notebook role"),
        ("of a role with the own tag", DAILY, pass(), json!({"StringEquals": {"iam:ResourceTag/user": "${aws:username}"}}), REFUSED, "a person cannot pass their own notebook role"),
        // The tags of a new training job.
        ("of jobs with other tags", DAILY, new_job(), json!({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["user"]}}), SOMETIMES, "a person cannot always create training jobs"),
        ("of jobs with the own tag", DAILY, new_job(), json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["user"]}}), REFUSED, "a person cannot create training jobs"),
        ("of jobs with few tags", DAILY, new_job(), json!({"ForAllValues:StringEquals": {"aws:TagKeys": ["user", "CostCenter"]}}), REFUSED, "a person cannot create training jobs"),
        // Tags of what the company has made, and of what it has not.
        ("with another key", DAILY, (json!("kms:*"), json!("arn:aws:kms:*:*:key/*")), json!({"StringNotEquals": {"aws:ResourceTag/Project": "deepracer"}}), SOMETIMES, "a person cannot always use the bucket's key through S3"),
        ("in another network", NOTEBOOK, (json!("ec2:CreateNetworkInterface"), json!("arn:aws:ec2:*:*:subnet/*")), json!({"StringNotEquals": {"aws:ResourceTag/Purpose": "ml"}}), PERHAPS, "a notebook perhaps cannot create interfaces"),
        ("of other networks", DAILY, (json!("ec2:*"), json!("*")), json!({"StringNotEquals": {"aws:ResourceTag/Purpose": "ml"}}), REFUSED, "a person cannot see networks and keys"),
        ("in others' logs", NOTEBOOK, (json!("logs:CreateLogStream"), json!("*")), json!({"StringNotEquals": {"aws:ResourceTag/managed-by": "racestack"}}), SOMETIMES, "a notebook cannot always make streams in the log group of notebooks"),
        ("in own logs", NOTEBOOK, (json!("logs:CreateLogStream"), json!("*")), json!({"StringEquals": {"aws:ResourceTag/managed-by": "racestack", "aws:ResourceTag/CostCenter": "4711"}}), REFUSED, "a notebook cannot make streams in the log group of notebooks"),
        ("of jobs of no project", DAILY, jobs(), json!({"StringNotEquals": {"aws:ResourceTag/Project": "deepracer"}}), REFUSED, "a person cannot describe and stop their own training jobs"),
        // A tag that everybody has.
        ("to who has another's tag", DAILY, everything(), json!({"StringNotEquals": {"aws:PrincipalTag/CostCenter": "5000"}}), REFUSED, "a person cannot "),
        ("to who is not named like a tag", DAILY, everything(), json!({"StringNotEquals": {"aws:PrincipalTag/managed-by": "${aws:username}"}}), UNDECIDED, "`aws:PrincipalTag/managed-by`"),
        ("to who has not the team", DAILY, everything(), json!({"StringNotEquals": {"aws:PrincipalTag/team": "red"}}), UNDECIDED, "`aws:PrincipalTag/team`"),
        ("of what has the company's tag", DAILY, start(), json!({"StringEquals": {"aws:ResourceTag/CostCenter": "4711"}}), REFUSED, "a person cannot open, start"),
        ("of what has not another's tag", DAILY, start(), json!({"StringNotEquals": {"aws:ResourceTag/CostCenter": "5000"}}), REFUSED, "a person cannot open, start"),
        ("of logs with a tag", NOTEBOOK, (json!("logs:CreateLogGroup"), json!("*")), json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project"]}}), SOMETIMES, "a notebook cannot always make the log group"),
        ("without a key of one's own", DAILY, upload(), json!({"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "true"}}), REFUSED, "a person cannot "),
        ("of jobs with tags", NOTEBOOK, new_job(), json!({"Null": {"aws:TagKeys": "false"}}), REFUSED, "a notebook cannot create training jobs"),
    ];
    let cases = cases.into_iter().map(|(name, file, what, condition, found_as, told)| {
        let settings = match name {
            "with another key" => OWN_KEY,
            "in another network" => NETWORK,
            "in own logs" => TAGGED_LOGS,
            _ if condition.to_string().contains("CostCenter\":\"") => TAGS,
            _ => "",
        };
        found(denied(&format!("nothing {name}"), file, what, &condition), found_as, told).with(settings)
    });
    let in_other_account = found(
        denied("nothing of other accounts, as the key is", DAILY, everything(), &json!({"StringNotEquals": {"aws:ResourceAccount": "{{account_id}}"}})),
        REFUSED,
        "a person cannot use the bucket's key through S3",
    );
    cases.chain(of_resources()).chain([in_other_account.with(OTHERS_KEY)]).collect()
}

/// Denials that no request of the day meets.
#[rustfmt::skip]
pub fn harmless() -> Vec<Weakening> {
    let of_others = [
        ("ec2:*", json!("arn:aws:ec2:*:*:instance/*")),
        ("kms:*", json!("arn:aws:kms:ap-northeast-1:111122223333:key/0123")),
        ("sagemaker:*", json!(["arn:aws:sagemaker:*:*:endpoint/*", "arn:aws:sagemaker:*:*:domain/*"])),
        ("iam:*", json!("arn:aws:iam::111122223333:role/OrganizationAccountAccessRole")),
        ("*", json!(["arn:aws:iam::111122223333:role/OrganizationAccountAccessRole", "arn:aws:secretsmanager:*:*:secret:prod/*", "arn:aws:s3:::secret-*"])),
    ];
    let of_others = of_others.map(|(action, resource)| json!({"Effect": "Deny", "Action": action, "Resource": resource}));
    let all = |name: &str| {
        of_others.iter().fold(Weakening::new(name, &[], "", &[]), |all, one| all.and_in(&[DAILY, NOTEBOOK], one))
    };
    let jobs = (json!(["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"]), json!(JOBS));
    let others = |key: &str| json!({"StringNotEquals": {key: "{{account_id}}"}});
    let of_s3 = (json!("s3:*"), json!("*"));
    let everything = || (json!("*"), json!("*"));
    let upload = || (json!("s3:PutObject"), json!("*"));
    let logs = (json!("logs:CreateLogStream"), json!("*"));
    vec![
        denied("nothing of other accounts", DAILY, everything(), &others("aws:ResourceAccount")).with(OWN_KEY),
        denied("no buckets of other accounts", DAILY, of_s3.clone(), &others("s3:ResourceAccount")),
        denied("no buckets by old TLS", DAILY, of_s3, &json!({"NumericLessThanIfExists": {"s3:TlsVersion": "1.2"}})),
        denied("nothing with a prefix of S3", DAILY, (json!("iam:*"), json!("*")), &json!({"Null": {"s3:prefix": "false"}})),
        all("nothing of others"),
        all("nothing of others in a network").with(NETWORK),
        denied("no jobs without the own tag, by the other key", DAILY, jobs, &json!({"StringNotEquals": {"sagemaker:ResourceTag/user": "${aws:username}"}})),
        denied("nothing with a tag", NOTEBOOK, (json!(["s3:List*", "s3:Get*", "s3:Delete*", "s3:PutObject", "kms:*", "logs:PutLogEvents", "logs:CreateLogStream", "sagemaker:Stop*"]), json!("*")), &json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project"]}})),
        denied("no use of things with a tag", DAILY, (json!(["iam:ChangePassword", "iam:CreateAccessKey", "iam:EnableMFADevice", "iam:UpdateAccessKey", "s3:AbortMultipartUpload", "sagemaker:CreatePresigned*", "sagemaker:St*"]), json!("*")), &json!({"ForAnyValue:StringEquals": {"aws:TagKeys": ["Project"]}})),
        denied("nothing of S3 with a tag", DAILY, (json!("s3:*"), json!("*")), &json!({"ForAnyValue:StringLike": {"aws:TagKeys": "Cost*"}})),
        denied("nothing with credentials of instances", DAILY, everything(), &json!({"NumericLessThan": {"ec2:RoleDelivery": "2.0"}})),
        denied("nothing with credentials of managed instances", DAILY, everything(), &json!({"Null": {"ssm:SourceInstanceARN": "false"}})),
        denied("no upload with a key of one's own", NOTEBOOK, upload(), &json!({"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}})),
        denied("no upload for others", DAILY, upload(), &json!({"StringLike": {"s3:x-amz-grant-read": "*"}})),
        denied("nothing from other instances", DAILY, everything(), &json!({"Null": {"ec2:SourceInstanceARN": "false", "aws:EC2InstanceSourceVPC": "false"}, "StringNotEquals": {"aws:EC2InstanceSourceVPC": "${aws:SourceVpc}"}})),
        denied("nothing as somebody else", NOTEBOOK, everything(), &json!({"StringLike": {"aws:SourceIdentity": "*"}})),
        denied("no download by KMS", NOTEBOOK, (json!("s3:GetObject"), json!("*")), &json!({"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})),
        denied("no upload with a key of S3's", NOTEBOOK, upload(), &json!({"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}})),
        denied("no upload that names an encryption", DAILY, upload(), &json!({"Null": {"s3:x-amz-server-side-encryption": "false"}})),
        denied("no logs of others", NOTEBOOK, logs, &json!({"StringNotEquals": {"aws:ResourceTag/managed-by": "racestack", "aws:ResourceTag/CostCenter": "4711"}})).with(TAGGED_LOGS),
        denied("nothing to who is not managed", DAILY, everything(), &json!({"StringNotLike": {"aws:PrincipalTag/managed-by": "racestack"}})),
        denied("nothing to notebooks that are not managed", NOTEBOOK, everything(), &json!({"StringNotEquals": {"aws:PrincipalTag/managed-by": "racestack"}})),
        denied("nothing to who has not the company's tag", DAILY, everything(), &json!({"StringNotEquals": {"aws:PrincipalTag/CostCenter": "4711"}})).with(TAGS),
        denied("no notebook without the company's tag", DAILY, (json!("sagemaker:StartNotebookInstance"), json!("*")), &json!({"StringNotEquals": {"aws:ResourceTag/CostCenter": "4711"}})).with(TAGS),
    ]
}
