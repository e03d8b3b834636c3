//! The isolation check: that it notices every way in which the hardened policies could be weakened, and none in which they
//! are merely written otherwise.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use crate::common::edits::{Edit, ROSTER, edited, message, synth_of, synth_with};
use crate::common::{Workspace, in_short, racestack};
use serde_json::json;

const FOLDER: &str = "policies/user/s3-folder.hardened.json.hbs";
const SAGEMAKER: &str = "policies/user/sagemaker.hardened.json.hbs";
const KEYS: &str = "policies/user/access-keys.hardened.json.hbs";
const BOUNDARY: &str = "policies/user/boundary.json.hbs";
const DAILY: &str = "policies/user/daily-work.json.hbs";
const NOTEBOOK: &str = "policies/notebook/access.json.hbs";
const NOTEBOOK_BOUNDARY: &str = "policies/notebook/boundary.json.hbs";
const ACTOR_NAME: &str = "\"ArnNotEquals\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}\"";
const SUSPENDED: &str = "policies/user/suspended.json.hbs";
const BUCKET: &str = "policies/bucket/policy.json.hbs";
const USERS: &str = "stacks/users.yaml.hbs";
const ACCESS: &str = "stacks/access.yaml.hbs";

/// The nets under the policies: taken away, they show what a policy alone lets through.
const NO_BOUNDARY: Edit<'static> = (USERS, "      PermissionsBoundary: {{@root.names.boundary_arn}}\n", "");
const NO_GUARDRAILS: Edit<'static> = (ACCESS, "        - !Ref GuardrailsPolicy\n", "");
const NETS: &[Edit<'static>] = &[NO_BOUNDARY, NO_GUARDRAILS];
/// The same for notebooks.
const NO_NOTEBOOK_BOUNDARY: Edit<'static> =
    (USERS, "      PermissionsBoundary: {{@root.names.notebook_boundary_arn}}\n", "");
const NOTEBOOK_NET: &[Edit<'static>] = &[NO_NOTEBOOK_BOUNDARY];
const NONE: &[Edit<'static>] = &[];
/// The same where people have passwords, and no policy denies the secrets that hold them.
const NO_DENIAL: Edit<'static> = (
    "policies/user/sign-in.json.hbs",
    "\"Sid\": \"DenyFirstPasswords\",\n      \"Effect\": \"Deny\",\n      \"Action\": \"secretsmanager:*\"",
    "\"Effect\": \"Deny\",\n      \"Action\": \"secretsmanager:CreateSecret\"",
);
const PASSWORDS: &[Edit<'static>] = &[NO_BOUNDARY, NO_GUARDRAILS, NO_DENIAL];

/// The same with a tag of people of which the value is known only when they are made.
const UNKNOWN_TAG: &[Edit<'static>] = &[
    NO_BOUNDARY,
    NO_GUARDRAILS,
    (
        USERS,
        OF_PERSON,
        "        - Key: cost-center\n          Value: '\\{{resolve:ssm:/cost-center}}'\n        {{tags user_tags indent=8}}\n",
    ),
];

const STATEMENT: &str = "\"Statement\": [";
const OWN_PREFIX: &str = "\"s3:prefix\": \"${aws:username}/*\"";
const OWN_RESOURCE: &str = "\"Resource\": \"{{bucket_arn}}/${aws:username}/*\"";
const OWN_OBJECTS: &str = "{{bucket_arn}}/${aws:username}/*";
const OWN_CONDITION: &str =
    "\"StringEquals\": {\n          \"sagemaker:ResourceTag/user\": \"${aws:username}\"\n        }";
/// The tags of a person's notebook, with what follows.
const TAGS_OF_NOTEBOOK: &str =
    "      Tags:\n        {{tags tags indent=8}}\n  {{/unless}}\n  {{/if}}\n  {{#if budget}}";
const UNTAGGED: Edit<'static> = (USERS, TAGS_OF_NOTEBOOK, "  {{/unless}}\n  {{/if}}\n  {{#if budget}}");
const NESTED: Edit<'static> =
    ("stacks/storage.yaml.hbs", "Resources:\n", "Resources:\n  Nested:\n    Type: AWS::CloudFormation::Stack\n\n");
const OWN_ROLE: &str = "role{{notebook_role_path}}${aws:username}";
/// The two log groups, and everything whose name begins so.
const LOG_GROUPS: &str = "log-group:/aws/sagemaker/NotebookInstances*\",\n        \"arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/TrainingJobs*\"";
/// The two exactly, in both of the forms in which AWS names a log group.
const EXACT_GROUPS: &str = "log-group:/aws/sagemaker/NotebookInstances\",\n        \"arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/TrainingJobs\"";
const INSIDE_GROUPS: &str = "log-group:/aws/sagemaker/NotebookInstances:*\",\n        \"arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/TrainingJobs:*\"";
/// One in each form.
const BOTH_FORMS: &str = "log-group:/aws/sagemaker/NotebookInstances:*\",\n        \"arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/TrainingJobs\"";
const STORAGE: &str = "stacks/storage.yaml.hbs";
const RESOURCES: &str = "Resources:\n";
const OF_PERSON: &str = "        {{tags user_tags indent=8}}\n";
/// What a company has of its own in templates of its own.
const COMPANYS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com, AWS: \"arn:aws:iam::111122223333:root\"}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: [\"cloudwatch:GetMetricData\", \"sqs:*\", \"kms:Decrypt\"], Resource: \"*\"}, {Effect: Allow, Action: [\"logs:CreateLogStream\", \"logs:PutLogEvents\"], Resource: \"arn:aws:logs:*:*:log-group:/aws/lambda/report:*\"}, {Effect: Allow, Action: \"s3:*\", Resource: !Sub \"arn:${AWS::Partition}:s3:::mycompany-reports/*\"}]}}]\n\n";
const COMPANYS_TOPIC: &str = "Resources:\n  Alarms:\n    Type: AWS::SNS::Topic\n\n  AlarmsPolicy:\n    Type: AWS::SNS::TopicPolicy\n    Properties:\n      Topics: [!Ref Alarms]\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: [cloudwatch.amazonaws.com, events.amazonaws.com], AWS: !Sub \"arn:${AWS::Partition}:iam::${AWS::AccountId}:root\"}, Action: \"sns:Publish\", Resource: !Ref Alarms}]}\n\n";
const COMPANYS_QUEUE: &str = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n\n  JobsPolicy:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [!Ref Jobs]\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: \"sqs:SendMessage\", Resource: \"*\"}, {Effect: Allow, Principal: {AWS: !Sub \"arn:aws:iam::${AWS::AccountId}:role/mycompany-report\"}, Action: \"sqs:*\", Resource: \"*\"}]}\n\n";
const COMPANYS_KEY: &str = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: !Join [\"\", [\"arn:aws:iam::\", !Ref \"AWS::AccountId\", \":root\"]]}, Action: \"kms:*\", Resource: \"*\"}, {Effect: Allow, Principal: {Service: !Sub \"logs.${AWS::Region}.${AWS::URLSuffix}\"}, Action: \"kms:Encrypt*\", Resource: \"*\"}]}\n\n";
/// The same, weakened.
const READING_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::mycompany-*\"}]}}]\n\n";
const PATTERNS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: [\"s3:*Bucket*\", \"s3:*Get*\", \"s3:*Tag*\", \"s3:*Vers*\", \"s3:*List*\", \"s3:*Put*\", \"s3:*Conf*\", \"s3:*Acl*\", \"s3:*Ret*\", \"s3:*Upl*\"], Resource: \"*\"}]}}]\n\n";
const NARROW_PATTERNS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: [\"s3:*Bucket*\", \"s3:*Get*\", \"s3:*Tag*\", \"s3:*Vers*\", \"s3:*List*\", \"s3:*Put*\", \"s3:*Conf*\", \"s3:*Acl*\", \"s3:*Ret*\", \"s3:*Upl*\"], Resource: \"arn:aws:s3:::reports-*\"}]}}]\n\n";
const STATEMENTS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:*Bucket*\", Resource: \"arn:aws:s3:::reports-0-*\"}, {Effect: Allow, Action: \"s3:*Get*\", Resource: \"arn:aws:s3:::reports-1-*\"}, {Effect: Allow, Action: \"s3:*Tag*\", Resource: \"arn:aws:s3:::reports-2-*\"}, {Effect: Allow, Action: \"s3:*Vers*\", Resource: \"arn:aws:s3:::reports-3-*\"}, {Effect: Allow, Action: \"s3:*List*\", Resource: \"arn:aws:s3:::reports-4-*\"}, {Effect: Allow, Action: \"s3:*Put*\", Resource: \"arn:aws:s3:::reports-5-*\"}, {Effect: Allow, Action: \"s3:*Conf*\", Resource: \"arn:aws:s3:::reports-6-*\"}, {Effect: Allow, Action: \"s3:*Acl*\", Resource: \"arn:aws:s3:::reports-7-*\"}, {Effect: Allow, Action: \"s3:*Ret*\", Resource: \"arn:aws:s3:::reports-8-*\"}, {Effect: Allow, Action: \"s3:*Upl*\", Resource: \"arn:aws:s3:::reports-9-*\"}, {Effect: Allow, Action: \"s3:*Lock*\", Resource: \"arn:aws:s3:::reports-10-*\"}, {Effect: Allow, Action: \"s3:*Own*\", Resource: \"arn:aws:s3:::reports-11-*\"}]}}]\n\n";
const OPEN_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"*\"}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"cloudwatch:GetMetricData\", Resource: \"*\"}]}}]\n\n";
const PERSONS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:user/deepracer/bob\"}, Action: \"sts:AssumeRole\"}]}\n\n";
const TAGGED_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: [\"sts:AssumeRole\", \"sts:TagSession\"]}]}\n\n";
const TAKING_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"sts:AssumeRole\", Resource: \"*\"}]}}]\n\n";
const LATER_TAGGED_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905/${aws:PrincipalTag/user}/*\"}]}}]\n      Tags: {Fn::If: [Any, [{Key: user, Value: bob}], []]}\n\n";
const MORE_PATTERNS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::reports-*\"}, {Effect: Deny, Action: \"s3:GetObject\", Resource: [\"arn:aws:s3:::*a1*\", \"arn:aws:s3:::*b2*\", \"arn:aws:s3:::*c3*\", \"arn:aws:s3:::*d4*\", \"arn:aws:s3:::*e5*\", \"arn:aws:s3:::*f6*\", \"arn:aws:s3:::*g7*\", \"arn:aws:s3:::*h8*\", \"arn:aws:s3:::*i9*\", \"arn:aws:s3:::*j0*\", \"arn:aws:s3:::*k1*\", \"arn:aws:s3:::*l2*\", \"arn:aws:s3:::*m3*\", \"arn:aws:s3:::*n4*\", \"arn:aws:s3:::*o5*\", \"arn:aws:s3:::*p6*\"]}]}}]\n\n";
const RESOURCES_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: [\"arn:aws:s3:::*a1*\", \"arn:aws:s3:::*b2*\", \"arn:aws:s3:::*c3*\", \"arn:aws:s3:::*d4*\", \"arn:aws:s3:::*e5*\", \"arn:aws:s3:::*f6*\", \"arn:aws:s3:::*g7*\", \"arn:aws:s3:::*h8*\", \"arn:aws:s3:::*i9*\", \"arn:aws:s3:::*j0*\", \"arn:aws:s3:::*k1*\", \"arn:aws:s3:::*l2*\", \"arn:aws:s3:::*m3*\", \"arn:aws:s3:::*n4*\", \"arn:aws:s3:::*o5*\", \"arn:aws:s3:::*p6*\"]}]}}]\n\n";
const OWN_NAME_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::mycompany-aws-deepracer-tset-20221130201905/*\"}]}}]\n\n";
const ELSEWHERES_POLICY_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      ManagedPolicyArns: [\"arn:aws:iam::111122223333:policy/elsewhere\"]\n\n";
const ELSEWHERES_TOPIC: &str = "Resources:\n  AlarmsPolicy:\n    Type: AWS::SNS::TopicPolicy\n    Properties:\n      Topics: [\"arn:aws:sns:ap-northeast-1:111122223333:any\"]\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::999988887777:root\"}, Action: \"sns:*\", Resource: \"*\"}]}\n\n";
const LOGS_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: report, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"logs:GetLogEvents\", Resource: [\"arn:aws:logs:*:111122223333:log-group:/company/orders-*:log-stream:*\", \"arn:aws:logs:*:111122223333:log-group:/company/billing-*:log-stream:*\", \"arn:aws:logs:*:111122223333:log-group:/company/search-*:log-stream:*\", \"arn:aws:logs:*:111122223333:log-group:/company/mail-*:log-stream:*\"]}]}}]\n\n";
const MANAGED_ROLE: &str = "Resources:\n  Report:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-report\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n\n";
const PERSONS_TOPIC: &str = "Resources:\n  AlarmsPolicy:\n    Type: AWS::SNS::TopicPolicy\n    Properties:\n      Topics: [\"arn:aws:sns:ap-northeast-1:111122223333:any\"]\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::111122223333:role/deepracer/notebook/bob\"}, Action: \"sns:*\", Resource: \"*\"}]}\n\n";
const OPEN_QUEUE: &str = "Resources:\n  JobsPolicy:\n    Type: AWS::SQS::QueuePolicy\n    Properties:\n      Queues: [any]\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"sqs:*\", Resource: \"*\"}]}\n\n";
const OPEN_KEY: &str = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"arn:aws:iam::999988887777:root\"}, Action: \"kms:*\", Resource: \"*\"}]}\n\n";
const TOO_WIDE: &str = "isolation::too-wide";
const REFUSED: &str = "isolation::own-refused";
const UNDECIDED: &str = "isolation::undecided";

/// What weakens the policies: a name, the nets that are taken away first, the edit, the rule that must find it, and a
/// request that must be told.
type Mutant = (&'static str, &'static [Edit<'static>], Edit<'static>, &'static str, &'static str);

#[rustfmt::skip]
const MUTANTS: &[Mutant] = &[
    // The folder in the bucket.
    ("the slash of the prefix is dropped", NETS, (FOLDER, OWN_PREFIX, "\"s3:prefix\": \"${aws:username}*\""), TOO_WIDE, ""),
    ("the prefix of a name is enough", NETS, (FOLDER, OWN_PREFIX, "\"s3:prefix\": \"${aws:username}*\""), TOO_WIDE, ""),
    ("the condition on the prefix is dropped", NETS, (FOLDER, "\"Resource\": \"{{bucket_arn}}\",\n      \"Condition\": {\n        \"StringLike\": {\n          \"s3:prefix\": \"${aws:username}/*\"\n        }\n      }", "\"Resource\": \"{{bucket_arn}}\""), TOO_WIDE, ""),
    ("the prefix is asked for if it exists", NETS, (FOLDER, "\"StringLike\"", "\"StringLikeIfExists\""), TOO_WIDE, ""),
    ("the root may be listed with a delimiter", NETS, (FOLDER, OWN_PREFIX, "\"s3:prefix\": [\"\", \"${aws:username}/*\"]"), TOO_WIDE, ""),
    ("of a prefix that is not there, all values are like it", NETS, (FOLDER, "\"StringLike\"", "\"ForAllValues:StringLike\""), TOO_WIDE, ""),
    ("one of the values is another", NETS, (FOLDER, "\"StringLike\"", "\"ForAnyValue:StringNotLike\""), TOO_WIDE, ""),
    ("the condition is negated", NETS, (FOLDER, "\"StringLike\"", "\"StringNotLike\""), TOO_WIDE, ""),
    ("versions may be listed", NETS, (FOLDER, "\"Action\": \"s3:ListBucket\",\n      \"Resource\": \"{{bucket_arn}}\",\n", "\"Action\": [\"s3:ListBucket\", \"s3:ListBucketVersions\"],\n      \"Resource\": \"*\",\n      \"NotPrefix\": 1,\n"), UNDECIDED, ""),
    ("a star instead of the slash", NETS, (FOLDER, OWN_OBJECTS, "{{bucket_arn}}/${aws:username}*"), TOO_WIDE, ""),
    ("all objects of the bucket", NETS, (FOLDER, OWN_OBJECTS, "{{bucket_arn}}/*"), TOO_WIDE, ""),
    ("a name that is a variable without a value", NETS, (FOLDER, OWN_OBJECTS, "{{bucket_arn}}/${aws:userid}/*"), UNDECIDED, ""),
    ("the name stands anywhere in the key", NETS, (FOLDER, OWN_OBJECTS, "{{bucket_arn}}/*${aws:username}/*"), TOO_WIDE, ""),
    ("a kind of file of everybody's", NETS, (FOLDER, OWN_RESOURCE, "\"Resource\": [\"{{bucket_arn}}/*/public/*\", \"{{bucket_arn}}/${aws:username}/*\"]"), TOO_WIDE, ""),
    ("some names by their beginning", NETS, (FOLDER, OWN_RESOURCE, "\"Resource\": [\"{{bucket_arn}}/bobb*\", \"{{bucket_arn}}/${aws:username}/*\"]"), TOO_WIDE, ""),
    ("all of S3 in the group's policy", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("everything but IAM", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"NotAction\": \"iam:*\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("all resources but one", NETS, (FOLDER, "\"Resource\": \"{{bucket_arn}}/${aws:username}/*\"", "\"NotResource\": \"{{bucket_arn}}/admin/*\""), TOO_WIDE, ""),
    ("the older version, in which a variable is a text", NETS, (FOLDER, "2012-10-17", "2008-10-17"), REFUSED, ""),
    ("some files of one person's", NETS, (FOLDER, OWN_RESOURCE, "\"Resource\": [\"{{bucket_arn}}/bob/models/*\", \"{{bucket_arn}}/${aws:username}/*\"]"), TOO_WIDE, ""),
    ("a list of some files of one person's", NETS, (FOLDER, OWN_PREFIX, "\"s3:prefix\": [\"bob/models/*\", \"${aws:username}/*\"]"), TOO_WIDE, ""),
    ("a list of whoever begins so, as nobody does yet", NETS, (FOLDER, OWN_PREFIX, "\"s3:prefix\": [\"zo*\", \"${aws:username}/*\"]"), TOO_WIDE, ""),
    ("a list of whoever begins so, with that beginning alone", NETS, (FOLDER, "\"StringLike\": {\n          \"s3:prefix\": \"${aws:username}/*\"", "\"StringEquals\": {\n          \"s3:prefix\": [\"bobb\", \"${aws:username}/\"]"), TOO_WIDE, ""),
    ("the root may be listed with a delimiter alone", NETS, (FOLDER, "\"StringLike\": {\n          \"s3:prefix\": \"${aws:username}/*\"", "\"StringEquals\": {\n          \"s3:delimiter\": \"/\", \"s3:prefix\": [\"\", \"${aws:username}/\"]"), TOO_WIDE, ""),
    ("uploads of everybody are listed", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:ListBucketMultipartUploads\", \"Resource\": \"{{bucket_arn}}\"},"), TOO_WIDE, ""),
    ("parts of everybody's uploads are listed", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:List*Parts\", \"Resource\": \"{{bucket_arn}}/*\"},"), TOO_WIDE, ""),
    ("tags of objects are removed", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:DeleteObjectTagging\", \"Resource\": \"{{bucket_arn}}/*\"},"), TOO_WIDE, ""),
    ("a legal hold is laid on everybody's objects", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:PutObjectLegalHold\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("older versions by their attributes", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObjectVersionAttributes\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("an action on objects that is newer than the list of actions", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:SummonObject*\", \"Resource\": \"{{bucket_arn}}/*\"},"), TOO_WIDE, ""),
    ("all objects to who comes from a network", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:SourceVpce\": \"vpce-1\"}}},"), TOO_WIDE, ""),
    ("all objects to who comes from a network with a word", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringLike\": {\"aws:SourceVpc\": \"vpc-*\", \"aws:Referer\": \"let me in\"}}},"), TOO_WIDE, ""),
    ("all objects to two networks, each with an organization", NONE, (BUCKET, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:SourceVpce\": \"vpce-a\", \"aws:PrincipalOrgID\": \"o-z\"}}},{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:SourceVpce\": \"vpce-b\", \"aws:PrincipalOrgID\": \"o-a\"}}},"), TOO_WIDE, ""),
    ("all objects to a network, of which one word takes the half away", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:SourceVpce\": \"vpce-a\", \"aws:PrincipalOrgID\": \"o-z\"}}},{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/${aws:username}/*\", \"Condition\": {\"StringEquals\": {\"aws:Referer\": \"another\", \"aws:SourceVpce\": \"vpce-b\"}}},{\"Effect\": \"Deny\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringNotEquals\": {\"aws:Referer\": \"the word\"}}},"), TOO_WIDE, ""),
    ("all objects where a key is absent", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:SourceVpce\": \"vpce-a\", \"aws:PrincipalOrgID\": \"o-z\"}, \"Null\": {\"aws:Referer\": true}, \"StringNotEquals\": {\"aws:SourceVpc\": \"vpc-b\"}}},"), TOO_WIDE, ""),
    ("all objects soon after the second factor", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"NumericLessThan\": {\"aws:MultiFactorAuthAge\": 3600}}},"), TOO_WIDE, ""),
    ("all objects soon but not at once after the second factor", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"NumericLessThan\": {\"aws:MultiFactorAuthAge\": \"1.5\"}, \"NumericGreaterThan\": {\"aws:MultiFactorAuthAge\": \"1.25\"}}},"), TOO_WIDE, ""),
    ("all objects soon after the second factor, if that is said", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}, \"NumericLessThanIfExists\": {\"aws:MultiFactorAuthAge\": 3600}}},"), TOO_WIDE, ""),
    ("all objects with a tool that is no role", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringLike\": {\"aws:UserAgent\": \"Boto3*\"}, \"ArnNotLike\": {\"aws:UserAgent\": \"arn:aws:iam::*:role/x\"}}},"), TOO_WIDE, ""),
    ("all objects a time after the second factor that begins with 7", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringLike\": {\"aws:MultiFactorAuthAge\": \"7*\"}, \"NumericGreaterThan\": {\"aws:MultiFactorAuthAge\": 50}}},"), UNDECIDED, ""),
    ("all objects without a second factor", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"Null\": {\"aws:MultiFactorAuthPresent\": \"true\"}}},"), TOO_WIDE, ""),
    ("all objects with a second factor", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"Bool\": {\"AWS:MultiFactorAuthPresent\": \"true\"}}},"), TOO_WIDE, ""),
    ("all objects with a new kind of encryption", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"NumericGreaterThan\": {\"s3:TlsVersion\": \"1.2\"}}},"), TOO_WIDE, ""),
    ("all objects with a new token", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"DateGreaterThan\": {\"aws:TokenIssueTime\": \"2026-01-01T00:00:00Z\"}}},"), TOO_WIDE, ""),
    ("all objects from some addresses", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"IpAddress\": {\"aws:VpcSourceIp\": \"10.1.2.3/8\"}}},"), TOO_WIDE, ""),
    ("all objects from other addresses", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"NotIpAddress\": {\"aws:VpcSourceIp\": \"10.0.0.0/8\"}, \"StringEquals\": {\"aws:SourceVpc\": \"vpc-a\"}, \"Null\": {\"aws:VpcSourceIp\": \"false\"}}},"), TOO_WIDE, ""),
    // Buckets.
    ("all of an organization reads, by the bucket policy", NONE, (BUCKET, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalOrgID\": \"o-a1b2c3d4e5\"}}},"), TOO_WIDE, ""),
    ("lists of all keys are written elsewhere", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:PutInventoryConfiguration\", \"Resource\": \"{{bucket_arn}}\"},"), TOO_WIDE, ""),
    ("access points are made", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*AccessPoint*\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("buckets may be made", NETS, (FOLDER, "\"Sid\": \"DenyBuckets\",\n      \"Effect\": \"Deny\"", "\"Sid\": \"DenyBuckets\",\n      \"Effect\": \"Allow\""), TOO_WIDE, ""),
    ("the bucket policy is opened to the account's users", NONE, (BUCKET, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\"},"), TOO_WIDE, ""),
    ("the bucket policy lets all but one list", NONE, (BUCKET, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"NotPrincipal\": {\"AWS\": \"arn:{{partition}}:iam::{{account_id}}:user{{user_path}}eve\"}, \"Action\": \"s3:ListBucket\", \"Resource\": \"{{bucket_arn}}\"},"), TOO_WIDE, ""),
    ("the bucket policy names one notebook's role", NOTEBOOK_NET, (BUCKET, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": {\"AWS\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}bobby\"}, \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/bob/*\"},"), TOO_WIDE, ""),
    ("a permission that reaches nobody", NETS, (SAGEMAKER, "\"kms:ListAliases\",", "\"kms:ListAliases\",\n        \"ec2:DescribeRegions\","), TOO_WIDE, ""),
    ("a folder for everybody", NOTEBOOK_NET, (NOTEBOOK, "\"Resource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\"", "\"Resource\": [\"{{bucket_arn}}/${aws:PrincipalTag/user}/*\", \"{{bucket_arn}}/+shared+/*\"]"), TOO_WIDE, ""),
    // Notebooks and their tag.
    ("the condition on the tag is dropped", NETS, (SAGEMAKER, OWN_CONDITION, "\"Bool\": {\"aws:SecureTransport\": \"true\"}"), TOO_WIDE, ""),
    ("the tag is swapped", NETS, (SAGEMAKER, "sagemaker:ResourceTag/user", "sagemaker:ResourceTag/owner"), REFUSED, ""),
    ("the tag is asked for if it exists, under another key", NETS, (SAGEMAKER, OWN_CONDITION, "\"StringEqualsIfExists\": {\"sagemaker:ResourceTag/owner\": \"${aws:username}\"}"), TOO_WIDE, ""),
    ("the tag only has to begin so", NETS, (SAGEMAKER, OWN_CONDITION, "\"StringLike\": {\"sagemaker:ResourceTag/user\": \"${aws:username}*\"}"), TOO_WIDE, ""),
    ("the tag only has to be there", NETS, (SAGEMAKER, OWN_CONDITION, "\"Null\": {\"sagemaker:ResourceTag/user\": \"false\"}"), TOO_WIDE, ""),
    ("all of SageMaker", NETS, (SAGEMAKER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sagemaker:*\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("lifecycle configurations", NETS, (SAGEMAKER, "\"sagemaker:ListNotebookInstances\",", "\"sagemaker:*LifecycleConfig\","), TOO_WIDE, ""),
    ("tags at any time", NETS, (DAILY, "training-job/*\",\n      \"Condition\": {\n        \"StringEquals\": {\n          \"sagemaker:TaggingAction\": \"CreateTrainingJob\",", "*\",\n      \"Condition\": {\n        \"StringEquals\": {"), TOO_WIDE, ""),
    ("tags may be removed", NETS, (SAGEMAKER, "\"sagemaker:ListNotebookInstances\",", "\"sagemaker:DeleteTags\","), TOO_WIDE, ""),
    ("notebooks have no tags", NONE, UNTAGGED, "isolation::wrong-tag", ""),
    ("notebooks have a tag of which the value is known only when they are made", NONE, (USERS, TAGS_OF_NOTEBOOK, "      Tags:\n        Fn::If: [A, [], []]\n  {{/unless}}\n  {{/if}}\n  {{#if budget}}"), "isolation::wrong-tag", ""),
    ("training jobs of everybody", NETS, (SAGEMAKER, "\"sagemaker:ListNotebookInstances\",", "\"sagemaker:*TrainingJob\","), TOO_WIDE, ""),
    ("training jobs in another's name", NETS, (SAGEMAKER, "\"aws:RequestTag/user\": \"${aws:username}\"\n        }\n      }\n    },\n    {\n      \"//\": \"One's own training jobs", "\"aws:RequestTag/user\": [\"${aws:username}\", \"bob\"]\n        }\n      }\n    },\n    {\n      \"//\": \"One's own training jobs"), TOO_WIDE, ""),
    ("notebooks in another's name", NETS, (SAGEMAKER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sagemaker:CreateNotebookInstance\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("training jobs in another's name, with a tag besides", NETS, (SAGEMAKER, "\"StringEquals\": {\n          \"aws:RequestTag/user\": \"${aws:username}\"\n        }\n      }\n    },\n    {\n      \"//\": \"One's own training jobs", "\"StringLike\": {\n          \"aws:RequestTag/project\": \"?*\"\n        }\n      }\n    },\n    {\n      \"//\": \"One's own training jobs"), TOO_WIDE, ""),
    // Secrets, logs, functions, stacks.
    ("secrets are read", PASSWORDS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"secretsmanager:GetSecretValue\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("secrets of who begins so are read", PASSWORDS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"secretsmanager:*\", \"Resource\": \"arn:{{partition}}:secretsmanager:*:*:secret:{{secrets_path}}${aws:username}*\"},"), TOO_WIDE, ""),
    ("logs of everybody are read", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"logs:FilterLogEvents\", \"Resource\": \"arn:{{partition}}:logs:*:*:log-group:/aws/sagemaker/TrainingJobs:*\"},"), TOO_WIDE, ""),
    ("a log of whoever begins so is read", NETS, (SAGEMAKER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"logs:GetLogEvents\", \"Resource\": \"arn:{{partition}}:logs:*:*:log-group:/aws/sagemaker/NotebookInstances:log-stream:${aws:username}*\"},"), TOO_WIDE, ""),
    ("the notebook writes into all logs", NOTEBOOK_NET, (NOTEBOOK, "/aws/sagemaker/TrainingJobs:log-stream:*", "/aws/sagemaker/*"), TOO_WIDE, ""),
    ("the notebook writes into the logs of who begins so", NOTEBOOK_NET, (NOTEBOOK, "log-stream:${aws:PrincipalTag/notebook}/*", "log-stream:${aws:PrincipalTag/notebook}*"), TOO_WIDE, ""),
    ("the notebook writes no log", NOTEBOOK_NET, (NOTEBOOK, "log-stream:${aws:PrincipalTag/notebook}/*", "log-stream:${aws:PrincipalTag/user}-*"), REFUSED, ""),
    ("functions are changed", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"lambda:UpdateFunctionCode\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("reward functions are read", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"lambda:Get*\", \"Resource\": \"arn:{{partition}}:lambda:*:*:function:*deepracer*\"},"), TOO_WIDE, ""),
    ("stacks are changed", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"cloudformation:*\", \"Resource\": \"arn:{{partition}}:cloudformation:*:*:stack/mycompany-*\"},"), TOO_WIDE, ""),
    // Roles.
    ("service roles are passed to a service of their own", NETS, (SAGEMAKER, "\"Resource\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:username}\",\n      \"Condition\": {\n        \"StringEquals\": {\n          \"iam:PassedToService\": \"sagemaker.amazonaws.com\"", "\"Resource\": [\"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:username}\", \"arn:{{partition}}:iam::{{account_id}}:role/service-role/*\"],\n      \"Condition\": {\n        \"StringEquals\": {\n          \"iam:PassedToService\": \"states.amazonaws.com\""), TOO_WIDE, ""),
    ("roles are taken on with a word", NETS, ("policies/notebook/trust.json.hbs", "\"Principal\": {\n        \"Service\": \"sagemaker.amazonaws.com\"\n      },", "\"Principal\": {\"AWS\": \"*\"}, \"Condition\": {\"StringEquals\": {\"sts:ExternalId\": \"a word\"}},"), TOO_WIDE, ""),
    ("any role is passed", NETS, (SAGEMAKER, "arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:username}", "*"), TOO_WIDE, ""),
    ("any notebook's role is passed", NETS, (SAGEMAKER, OWN_ROLE, "role{{notebook_role_path}}*"), TOO_WIDE, ""),
    ("a role that begins like one's own is passed", NETS, (SAGEMAKER, OWN_ROLE, "role{{notebook_role_path}}${aws:username}*"), TOO_WIDE, ""),
    ("service roles are passed", NETS, (SAGEMAKER, OWN_ROLE, "role/service-role/*"), TOO_WIDE, ""),
    ("what a service's role reaches is told", NETS, (SAGEMAKER, OWN_ROLE, "role/service-role/*"), TOO_WIDE, ""),
    ("roles are taken on", NETS, (SAGEMAKER, "\"iam:PassRole\",", "\"sts:AssumeRole\","), REFUSED, ""),
    ("any role is taken on", NETS, (SAGEMAKER, "\"sagemaker:ListNotebookInstances\",", "\"sts:AssumeRole\","), TOO_WIDE, ""),
    ("users trust each notebook's role", NETS, ("policies/notebook/trust.json.hbs", "\"Service\": \"sagemaker.amazonaws.com\"", "\"AWS\": \"*\""), TOO_WIDE, ""),
    ("one role for all notebooks is not their own", NONE, (USERS, "RoleArn: {Fn::GetAtt: [{{ids.notebook_role}}, Arn]}", "RoleArn: arn:aws:iam::111122223333:role/deepracer/notebook/bob"), UNDECIDED, ""),
    ("a service's role for all notebooks", NONE, (USERS, "RoleArn: {Fn::GetAtt: [{{ids.notebook_role}}, Arn]}", "RoleArn: arn:aws:iam::111122223333:role/service-role/AWSDeepRacerSageMakerAccessRole"), UNDECIDED, ""),
    ("a role that no stack defines", NONE, (USERS, "RoleArn: {Fn::GetAtt: [{{ids.notebook_role}}, Arn]}", "RoleArn: arn:aws:iam::111122223333:role/aws-service-role/any"), UNDECIDED, ""),
    // Access keys and identity.
    ("everybody's access keys", NETS, (KEYS, "user{{user_path}}${aws:username}", "user{{user_path}}*"), TOO_WIDE, ""),
    ("access keys of who begins so", NETS, (KEYS, "user{{user_path}}${aws:username}", "user{{user_path}}${aws:username}*"), TOO_WIDE, ""),
    ("access keys by another path", NETS, (KEYS, "user{{user_path}}${aws:username}", "user/${aws:username}"), REFUSED, ""),
    ("all of IAM", NETS, (KEYS, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"iam:*\", \"Resource\": \"*\"},"), TOO_WIDE, ""),
    ("all of IAM on oneself", NETS, (KEYS, "\"iam:CreateAccessKey\",", "\"iam:*\","), TOO_WIDE, ""),
    ("group membership", NETS, (KEYS, "\"iam:GetAccountPasswordPolicy\",", "\"iam:AddUserToGroup\","), TOO_WIDE, ""),
    ("versions of policies", NETS, (KEYS, "\"iam:GetAccountPasswordPolicy\",", "\"iam:*PolicyVersion\","), TOO_WIDE, ""),
    ("the suspended open S3 to the whole group", NETS, (USERS, "  {{ids.user}}:\n", "  {{#if suspended}}\n  {{ids.user}}Group:\n    Type: AWS::IAM::GroupPolicy\n    Properties:\n      PolicyName: wide\n      GroupName: {{@root.names.group}}\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:*\", Resource: \"*\"}]}\n  {{/if}}\n\n  {{ids.user}}:\n"), UNDECIDED, ""),
    // From a notebook.
    ("the notebook lists without the slash", NOTEBOOK_NET, (NOTEBOOK, "\"s3:prefix\": \"${aws:PrincipalTag/user}/*\"", "\"s3:prefix\": \"${aws:PrincipalTag/user}*\""), TOO_WIDE, ""),
    ("the notebook reads the bucket", NOTEBOOK_NET, (NOTEBOOK, "{{bucket_arn}}/${aws:PrincipalTag/user}/*", "{{bucket_arn}}/*"), TOO_WIDE, ""),
    ("the notebook reads who begins so", NOTEBOOK_NET, (NOTEBOOK, "{{bucket_arn}}/${aws:PrincipalTag/user}/*", "{{bucket_arn}}/${aws:PrincipalTag/user}*"), TOO_WIDE, ""),
    ("the notebook has a variable that roles do not have", NOTEBOOK_NET, (NOTEBOOK, "{{bucket_arn}}/${aws:PrincipalTag/user}/*", "{{bucket_arn}}/${aws:username}/*"), REFUSED, ""),
    ("the notebook passes all notebooks' roles", NOTEBOOK_NET, (NOTEBOOK, "role{{notebook_role_path}}${aws:PrincipalTag/user}", "role{{notebook_role_path}}*"), TOO_WIDE, ""),
    ("the notebook stops others", NOTEBOOK_NET, (NOTEBOOK, "\"aws:ResourceTag/user\": \"${aws:PrincipalTag/user}\"", "\"aws:ResourceTag/user\": \"*\", \"aws:ResourceTag/team\": \"a\""), REFUSED, ""),
    ("the notebook stops any", NOTEBOOK_NET, (NOTEBOOK, "\"StringEquals\": {\n          \"aws:ResourceTag/user\": \"${aws:PrincipalTag/user}\"", "\"StringLike\": {\n          \"aws:ResourceTag/user\": \"*\""), TOO_WIDE, ""),
    ("all of S3 in the notebooks' shared policy", NOTEBOOK_NET, (NOTEBOOK, "\"cloudwatch:PutMetricData\"", "\"s3:*\""), TOO_WIDE, ""),
    // A day's work.
    ("versions are listed without the slash", NETS, (DAILY, OWN_PREFIX, "\"s3:prefix\": \"${aws:username}*\""), TOO_WIDE, "s3:ListBucketVersions"),
    ("versions are deleted", NETS, (DAILY, "\"s3:GetObjectVersion\",", "\"s3:GetObjectVersion\", \"s3:DeleteObjectVersion\","), TOO_WIDE, "s3:DeleteObjectVersion"),
    ("whatever is done with versions", NETS, (DAILY, "\"s3:GetObjectVersion\",", "\"s3:*ObjectVersion*\","), TOO_WIDE, "s3:*objectversion*"),
    ("versions of everybody are read", NETS, (DAILY, OWN_OBJECTS, "{{bucket_arn}}/*"), TOO_WIDE, "s3:GetObjectVersion"),
    ("versions are not read", NETS, (DAILY, "\"s3:GetObjectVersion\",", ""), REFUSED, "read older versions"),
    ("versions are not listed", NONE, (DAILY, "\"s3:ListBucketVersions\"", "\"s3:ListBucket\""), REFUSED, "list older versions"),
    ("uploads are not aborted", NONE, (DAILY, "\"s3:AbortMultipartUpload\",", ""), REFUSED, "abort and resume uploads"),
    ("the bucket is not found", NONE, (DAILY, "s3:GetBucketLocation", "s3:GetBucketVersioning"), REFUSED, "the bucket's region"),
    ("the log of a longer name is read", NETS, (DAILY, "${aws:PrincipalTag/notebook}/*", "${aws:PrincipalTag/notebook}*"), TOO_WIDE, "logs:GetLogEvents"),
    ("logs of jobs are read behind one hyphen", NETS, (DAILY, "${aws:PrincipalTag/notebook}--*", "${aws:PrincipalTag/notebook}-*"), TOO_WIDE, "logs:GetLogEvents"),
    ("logs of all jobs are read", NETS, (DAILY, "${aws:PrincipalTag/notebook}--*", "*"), TOO_WIDE, "logs:GetLogEvents"),
    ("logs of jobs are read by the user's name", NETS, (DAILY, "${aws:PrincipalTag/notebook}--*", "${aws:username}--*"), TOO_WIDE, "logs:GetLogEvents"),
    ("logs of one's own jobs are not read", NETS, (DAILY, "${aws:PrincipalTag/notebook}--*", "${aws:PrincipalTag/notebook}--job*"), REFUSED, "read the logs"),
    ("logs are filtered", NETS, (DAILY, "\"logs:GetLogEvents\"", "[\"logs:GetLogEvents\", \"logs:FilterLogEvents\"]"), TOO_WIDE, "logs:FilterLogEvents"),
    ("streams of all log groups are listed", NETS, (DAILY, "log-group:/aws/sagemaker/TrainingJobs*", "log-group:*"), TOO_WIDE, "logs:DescribeLogStreams"),
    ("streams are not found", NETS, (DAILY, "logs:DescribeLogStreams", "logs:DescribeLogGroups"), REFUSED, "find streams in the log group of training jobs"),
    ("users are looked at", NETS, (DAILY, "user{{user_path}}${aws:username}", "user{{user_path}}*"), TOO_WIDE, "iam:GetUser"),
    ("networks are not seen", NONE, (SAGEMAKER, "\"ec2:DescribeSubnets\",", ""), REFUSED, "see networks and keys"),
    ("metrics are not read", NONE, (SAGEMAKER, "\"sagemaker:BatchGetMetrics\",", ""), REFUSED, "read and write their metrics"),
    ("jobs are not changed", NONE, (SAGEMAKER, "\"sagemaker:UpdateTrainingJob\",", ""), REFUSED, "change their own training jobs"),
    ("tags of the own notebook are not seen", NONE, (SAGEMAKER, "\"sagemaker:StopNotebookInstance\",\n        \"sagemaker:ListTags\"", "\"sagemaker:StopNotebookInstance\""), REFUSED, "see its tags"),
    ("counts are not seen", NONE, (KEYS, "\"iam:GetAccountPasswordPolicy\",\n        \"iam:GetAccountSummary\"", "\"iam:GetAccountPasswordPolicy\""), REFUSED, "the account's password policy and counts"),
    ("when the password was made is not seen", NONE, ("policies/user/sign-in.json.hbs", "\"iam:ChangePassword\",\n        \"iam:GetLoginProfile\"", "\"iam:ChangePassword\""), REFUSED, "change their own password"),
    ("one log group alone is looked through", NONE, (DAILY, LOG_GROUPS, "log-group:/aws/sagemaker/TrainingJobs*\""), REFUSED, "find streams in the log group of notebooks"),
    ("one's own user is not looked at", NONE, (DAILY, "\"iam:GetUser\",", ""), REFUSED, "see their own user"),
    ("the notebook deletes versions", NOTEBOOK_NET, (NOTEBOOK, "\"s3:GetObjectVersion\",", "\"s3:GetObjectVersion\", \"s3:DeleteObjectVersion\","), TOO_WIDE, "s3:DeleteObjectVersion"),
    ("the notebook reads the log of a longer name", NOTEBOOK_NET, (NOTEBOOK, "\"logs:GetLogEvents\",\n      \"Resource\": [\n        \"arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/NotebookInstances:log-stream:${aws:PrincipalTag/notebook}/*\"", "\"logs:GetLogEvents\",\n      \"Resource\": [\n        \"arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/NotebookInstances:log-stream:${aws:PrincipalTag/notebook}*\""), TOO_WIDE, "logs:GetLogEvents"),
    ("the notebook reads logs of jobs behind one hyphen", NOTEBOOK_NET, (NOTEBOOK, "${aws:PrincipalTag/notebook}--*", "${aws:PrincipalTag/notebook}-*"), TOO_WIDE, "logs:GetLogEvents"),
    ("the notebook reads no log of a job", NOTEBOOK_NET, (NOTEBOOK, "${aws:PrincipalTag/notebook}--*", "${aws:PrincipalTag/notebook}--job*"), REFUSED, "read the logs"),
    ("the notebook makes any log group", NOTEBOOK_NET, (NOTEBOOK, "log-group:/aws/sagemaker/NotebookInstances*", "log-group:*"), TOO_WIDE, "logs:CreateLogGroup"),
    ("the notebook lists no jobs", NONE, (NOTEBOOK, "sagemaker:ListTrainingJobs", "sagemaker:ListTags"), REFUSED, "list training jobs"),
    // Nets, and people who are suspended.
    ("the nets are down and all is open", NETS, (BOUNDARY, STATEMENT, "\"Statement\": [{\"Effect\": \"Maybe\", \"Action\": \"*\", \"Resource\": \"*\"},"), UNDECIDED, ""),
    ("the boundary forgets the folder", NONE, (BOUNDARY, "{{bucket_arn}}/${aws:username}/*", "{{bucket_arn}}/${aws:username}/models/*"), REFUSED, ""),
    // What a statement says of one person, and not of another.
    ("the suspended are denied unless they have a tag", NONE, (SUSPENDED, "\"Resource\": \"*\"", "\"Resource\": \"*\", \"Condition\": {\"StringNotEquals\": {\"aws:PrincipalTag/managed-by\": \"racestack\"}}"), TOO_WIDE, "a suspended person can"),
    ("notebooks with a tag that all have reach the bucket", NOTEBOOK_NET, (NOTEBOOK, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalTag/managed-by\": \"racestack\"}}},"), TOO_WIDE, "a notebook can"),
    ("one name reaches all folders", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringLike\": {\"aws:username\": \"a*\"}}},"), UNDECIDED, "`aws:username`"),
    ("a team reaches all folders", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalTag/team\": \"red\"}}},"), UNDECIDED, "`aws:PrincipalTag/team`"),
    ("one notebook role reaches all folders", NONE, (NOTEBOOK, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"ArnLike\": {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/deepracer/notebook/a*\"}}},"), UNDECIDED, "`aws:PrincipalArn`"),
    ("a tag by which policies know a user is known later", NONE, (USERS, OF_PERSON, "        - Key: user\n          Value: '\\{{resolve:ssm:/user}}'\n        {{tags user_tags indent=8}}\n"), "isolation::wrong-tag", ""),
    ("a folder by a tag that is known later", UNKNOWN_TAG, (FOLDER, OWN_RESOURCE, "\"Resource\": [\"{{bucket_arn}}/${aws:username}/*\", \"{{bucket_arn}}/${aws:PrincipalTag/cost-center}/*\"]"), UNDECIDED, "s3:GetObject"),
    ("a tag that none of one's own has, besides", NETS, (SAGEMAKER, OWN_CONDITION, "\"StringEquals\": {\n          \"sagemaker:ResourceTag/user\": \"${aws:username}\", \"aws:ResourceTag/managed-by\": \"somebody\"\n        }"), REFUSED, "a person cannot open, start"),
    ("a role of the company's own reads the bucket", NONE, (STORAGE, RESOURCES, READING_ROLE), TOO_WIDE, "role/mycompany-report`, which is nobody's of the roster, can call `s3:GetObject`"),
    ("a role of the company's own with many patterns", NONE, (STORAGE, RESOURCES, PATTERNS_ROLE), TOO_WIDE, "role/mycompany-report`, which is nobody's of the roster, can call `s3:"),
    ("a role of the company's own is anybody's", NONE, (STORAGE, RESOURCES, OPEN_ROLE), TOO_WIDE, "allowed is `sts:AssumeRole` by services of AWS, this account, and roles of it that are no notebook's"),
    ("a role of the company's own is a person's", NONE, (STORAGE, RESOURCES, PERSONS_ROLE), TOO_WIDE, "can be taken by somebody else"),
    ("a role of the company's own takes tags", NONE, (STORAGE, RESOURCES, TAGGED_ROLE), TOO_WIDE, "can be taken by somebody else"),
    ("a role of the company's own takes others", NONE, (STORAGE, RESOURCES, TAKING_ROLE), TOO_WIDE, "can call `sts:AssumeRole`"),
    ("a role of the company's own with tags that are known later", NONE, (STORAGE, RESOURCES, LATER_TAGGED_ROLE), "isolation::wrong-tag", "the tag `user` of `Report` is no literal text"),
    ("a role of the company's own with more patterns than can be compared", NONE, (STORAGE, RESOURCES, MORE_PATTERNS_ROLE), UNDECIDED, "role/mycompany-report`, which is nobody's of the roster, may do cannot be compared"),
    ("a role of the company's own with many resources", NONE, (STORAGE, RESOURCES, RESOURCES_ROLE), TOO_WIDE, "role/mycompany-report`, which is nobody's of the roster, can call `s3:GetObject`"),
    ("a role of the company's own for another's bucket of racestack's", NONE, (STORAGE, RESOURCES, OWN_NAME_ROLE), "reference::unresolved", "no stack of this account defines `mycompany-aws-deepracer-tset-20221130201905`"),
    ("a topic of the company's own for another account", NONE, (STORAGE, RESOURCES, ELSEWHERES_TOPIC), TOO_WIDE, "999988887777"),
    ("a role of the company's own with a policy of elsewhere", NONE, (STORAGE, RESOURCES, ELSEWHERES_POLICY_ROLE), UNDECIDED, "arn:aws:iam::111122223333:policy/elsewhere"),
    ("the bucket policy of racestack's own under another logical ID", NONE, (STORAGE, "  BucketPolicy:\n    Type: AWS::S3::BucketPolicy\n", "  Policy:\n    Type: AWS::S3::BucketPolicy\n    Metadata: {any: \"arn:aws:s3:::mycompany-other\"}\n"), "reference::unresolved", "no stack of this account defines `mycompany-other`"),
    ("a role of the company's own has what no stack defines", NONE, (STORAGE, RESOURCES, MANAGED_ROLE), UNDECIDED, "arn:aws:iam::aws:policy/AdministratorAccess"),
    ("a topic of the company's own is a person's", NONE, (STORAGE, RESOURCES, PERSONS_TOPIC), TOO_WIDE, "the policy of `AlarmsPolicy` lets somebody in"),
    ("a queue of the company's own is everybody's", NONE, (STORAGE, RESOURCES, OPEN_QUEUE), TOO_WIDE, "the policy of `JobsPolicy` lets somebody in"),
    ("a key of the company's own is another account's", NONE, (STORAGE, RESOURCES, OPEN_KEY), TOO_WIDE, "the policy of `Key` lets somebody in"),
    ("a team is denied everything", NONE, (DAILY, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalTag/team\": \"red\"}}},"), UNDECIDED, "`aws:PrincipalTag/team`"),
    ("the role's name ends with the tag", NONE, (NOTEBOOK_BOUNDARY, ACTOR_NAME, "\"StringNotLike\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}*${aws:PrincipalTag/user}\""), TOO_WIDE, "with the tag `user` of somebody else"),
    ("the role's name begins with the tag", NONE, (NOTEBOOK_BOUNDARY, ACTOR_NAME, "\"ArnNotLike\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}*\""), TOO_WIDE, "with the tag `user` of somebody else"),
    ("the tag is the role's name in another case", NONE, (NOTEBOOK_BOUNDARY, ACTOR_NAME, "\"StringNotEqualsIgnoreCase\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}\""), TOO_WIDE, "with the tag `user` of somebody else"),
    ("the suspended may read", NONE, (SUSPENDED, "\"Action\": \"*\"", "\"NotAction\": \"s3:GetObject\""), TOO_WIDE, ""),
    ("the suspended are denied on a day", NONE, (SUSPENDED, "\"Resource\": \"*\"", "\"Resource\": \"*\", \"Condition\": {\"DateLessThan\": {\"aws:CurrentTime\": \"2027-01-01\"}}"), TOO_WIDE, ""),
    ("an operator that is not known", NETS, (FOLDER, "\"StringLike\"", "\"StringMatches\""), UNDECIDED, ""),
    ("a policy of AWS's own is attached", NONE, (ACCESS, "        - !Ref S3FolderPolicy\n", "        - !Ref S3FolderPolicy\n        - arn:aws:iam::aws:policy/AmazonS3FullAccess\n"), UNDECIDED, ""),
];

/// What says the same in other words.
#[rustfmt::skip]
const HARMLESS: &[(&str, &[Edit<'static>], Edit<'static>)] = &[
    ("nothing is changed", NONE, (FOLDER, STATEMENT, STATEMENT)),
    ("without the nets", NETS, (FOLDER, STATEMENT, STATEMENT)),
    ("notebooks with a tag that all have reach what the boundary leaves", NONE, (NOTEBOOK, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalTag/managed-by\": \"racestack\"}}},")),
    ("an action in another case", NETS, (FOLDER, "\"s3:GetObject\",", "\"S3:getobject\",")),
    ("a statement in two", NETS, (FOLDER, "\"s3:PutObject\",\n        \"s3:DeleteObject\"\n      ],\n      \"Resource\": \"{{bucket_arn}}/${aws:username}/*\"", "\"s3:PutObject\"\n      ],\n      \"Resource\": \"{{bucket_arn}}/${aws:username}/*\"\n    },\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"s3:DeleteObject\",\n      \"Resource\": [\"{{bucket_arn}}/${aws:username}/*\"]")),
    ("a denial with a condition that always holds", NETS, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"NotResource\": [\"{{bucket_arn}}\", \"{{bucket_arn}}/${aws:username}/*\"]},")),
    ("a default that is never used", NETS, (FOLDER, "{{bucket_arn}}/${aws:username}/*", "{{bucket_arn}}/${aws:username, 'nobody'}/*")),
    ("statements in another order", NONE, (NOTEBOOK, STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"cloudwatch:PutMetricData\", \"Resource\": \"*\"},")),
    ("a list of one in the place of a text", NONE, (NOTEBOOK, "\"Action\": \"s3:GetBucketLocation\",\n      \"Resource\": \"{{bucket_arn}}\"", "\"Action\": [\"s3:GetBucketLocation\"],\n      \"Resource\": [\"{{bucket_arn}}\"]")),
    ("a text in the place of a list", NOTEBOOK_NET, (NOTEBOOK, "\"s3:PutObject\",\n        \"s3:PutObjectTagging\"\n      ],\n      \"Resource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\"", "\"s3:PutObject\"\n      ],\n      \"Resource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\"\n    },\n    {\n      \"Effect\": \"Allow\",\n      \"Action\": \"s3:PutObjectTagging\",\n      \"Resource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\"")),
    ("a denial of what nobody has", NONE, (NOTEBOOK, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"iam:*User*\", \"Resource\": \"*\"},")),
    ("a denial of others' folders", NOTEBOOK_NET, (NOTEBOOK, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"s3:*Object\", \"NotResource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\"},")),
    ("a comparison with wildcards, without any", NOTEBOOK_NET, (NOTEBOOK, "\"StringEquals\": {\n          \"aws:ResourceTag/user\"", "\"StringLike\": {\n          \"aws:ResourceTag/user\"")),
    ("a comparison without wildcards, in the boundary", NONE, ("policies/notebook/boundary.json.hbs", "\"StringEquals\": {\n          \"aws:RequestTag/user\"", "\"StringLike\": {\n          \"aws:RequestTag/user\"")),
    ("the key of the tag in another case", NOTEBOOK_NET, (NOTEBOOK, "\"aws:ResourceTag/user\": \"${aws:PrincipalTag/user}\"", "\"AWS:resourcetag/User\": \"${AWS:principaltag/User}\"")),
    ("a condition that is asked for twice", NETS, (FOLDER, "\"StringLike\": {\n          \"s3:prefix\": \"${aws:username}/*\"", "\"Null\": {\"s3:prefix\": \"false\"},\n        \"StringLike\": {\n          \"s3:prefix\": \"${aws:username}/*\"")),
    ("a narrower folder besides", NETS, (FOLDER, OWN_RESOURCE, "\"Resource\": [\"{{bucket_arn}}/${aws:username}/models/*\", \"{{bucket_arn}}/${aws:username}/*\"]")),
    ("a key of one value as a set", NETS, (FOLDER, "\"StringLike\"", "\"ForAnyValue:StringLike\"")),
    ("the log groups exactly", NETS, (DAILY, LOG_GROUPS, EXACT_GROUPS)),
    ("what is in the log groups", NETS, (DAILY, LOG_GROUPS, INSIDE_GROUPS)),
    ("the notebook's log groups exactly", NOTEBOOK_NET, (NOTEBOOK, LOG_GROUPS, EXACT_GROUPS)),
    ("what is in the notebook's log groups", NOTEBOOK_NET, (NOTEBOOK, LOG_GROUPS, INSIDE_GROUPS)),
    ("the log groups, each in another form", NETS, (DAILY, LOG_GROUPS, BOTH_FORMS)),
    ("the notebook's log groups, each in another form", NOTEBOOK_NET, (NOTEBOOK, LOG_GROUPS, BOTH_FORMS)),
    ("a tag that nothing hangs on, known later", NONE, (USERS, OF_PERSON, "        - Key: cost-center\n          Value: '\\{{resolve:ssm:/cost-center}}'\n        {{tags user_tags indent=8}}\n")),
    ("a tag that all of one's own have, besides", NETS, (SAGEMAKER, OWN_CONDITION, "\"StringEquals\": {\n          \"sagemaker:ResourceTag/user\": \"${aws:username}\", \"aws:ResourceTag/managed-by\": \"racestack\"\n        }")),
    ("taking a role in another case", NONE, ("policies/notebook/trust.json.hbs", "sts:AssumeRole", "STS:assumerole")),
    ("the account by its root user", NONE, (BUCKET, "\"Principal\": \"*\"", "\"Principal\": {\"AWS\": \"arn:{{partition}}:iam::{{account_id}}:root\"}")),
    ("a role of the company's own with many patterns", NONE, (STORAGE, RESOURCES, NARROW_PATTERNS_ROLE)),
    ("a role of the company's own with many patterns, each in a statement", NONE, (STORAGE, RESOURCES, STATEMENTS_ROLE)),
    ("a role of the company's own with several groups of logs", NONE, (STORAGE, RESOURCES, LOGS_ROLE)),
    ("a role of the company's own", NONE, (STORAGE, RESOURCES, COMPANYS_ROLE)),
    ("a topic of the company's own", NONE, (STORAGE, RESOURCES, COMPANYS_TOPIC)),
    ("a queue of the company's own", NONE, (STORAGE, RESOURCES, COMPANYS_QUEUE)),
    ("a key of the company's own", NONE, (STORAGE, RESOURCES, COMPANYS_KEY)),
    ("the policy of an endpoint", NONE, (STORAGE, RESOURCES, "Resources:\n  Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      VpcId: vpc-1\n      ServiceName: com.amazonaws.ap-northeast-1.s3\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"*\", Resource: \"*\"}]}\n\n")),
    ("what a topic does with personal data", NONE, (STORAGE, RESOURCES, "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: alarms\n      DataProtectionPolicy: {Name: a, Version: \"2021-06-01\", Statement: [{DataDirection: Inbound, Principal: [\"*\"], DataIdentifier: [\"arn:aws:dataprotection::aws:data-identifier/EmailAddress\"], Operation: {Deny: {}}}]}\n\n")),
    ("a guardrail that administrators are not bound by", NONE, (FOLDER, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"cloudtrail:StopLogging\", \"Resource\": \"*\", \"Condition\": {\"ArnNotLike\": {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/Admin*\"}}},")),
    ("a bucket for the paths of people alone", NONE, (BUCKET, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"{{bucket_arn}}/*\", \"Condition\": {\"ArnNotLike\": {\"aws:PrincipalArn\": [\"arn:aws:iam::{{account_id}}:user/deepracer/*\", \"arn:aws:iam::{{account_id}}:role/deepracer/notebook/*\", \"arn:aws:iam::{{account_id}}:role/service-role/*\", \"arn:aws:iam::*:role/Admin*\"]}}},")),
    ("a folder in the organization alone", NONE, (NOTEBOOK, "\"Resource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\"", "\"Resource\": \"{{bucket_arn}}/${aws:PrincipalTag/user}/*\", \"Condition\": {\"StringEquals\": {\"aws:ResourceOrgID\": \"${aws:PrincipalOrgID}\"}}")),
    ("a resource that is nobody's, and begins as people's do", NONE, (USERS, "{{/each}}\n\nOutputs:", "{{/each}}\n\n  QuotaHandle:\n    Type: AWS::CloudFormation::WaitConditionHandle\n\nOutputs:")),
    ("the tag by the key of all services", NETS, (SAGEMAKER, "sagemaker:ResourceTag/user", "aws:ResourceTag/User")),
];

/// What synth reports with these edits, finding by finding.
#[track_caller]
fn synth(name: &str, edits: &[Edit<'_>]) -> Vec<String> {
    synth_with("", name, edits)
}

/// What is found with these nets taken away and nothing else changed.
fn baseline(nets: &'static [Edit<'static>]) -> Vec<String> {
    let mut edits = nets.to_vec();
    edits.push((FOLDER, STATEMENT, STATEMENT));
    synth("baseline", &edits)
}

/// What is told where a weakening is not found: `known` is what is found without it.
fn missed((name, nets, edit, rule, request): &Mutant, known: &[String]) -> Option<String> {
    let edits: Vec<Edit> = nets.iter().copied().chain([*edit]).collect();
    let findings = synth(name, &edits);
    let is_new = |finding: &&String| !known.iter().any(|one| message(one) == message(finding));
    let is_it = |finding: &&String| finding.contains(&format!("error[{rule}]")) && finding.contains(request);
    let found = findings.iter().filter(is_new).any(|finding| is_it(&finding));
    (!found).then(|| format!("## {name}: no {rule} with {request} in\n{}", findings.join("\n\n")))
}

#[test]
fn every_weakening_is_found_by_the_rule_and_with_the_request() {
    let known = [NONE, NETS, NOTEBOOK_NET, PASSWORDS, UNKNOWN_TAG].map(|nets| (nets, baseline(nets)));
    let missed = |mutant: &'static Mutant| {
        let (_, known) = known.iter().find(|(nets, _)| *nets == mutant.1).unwrap();
        missed(mutant, known)
    };
    // A run leaves cores idle: several at once take half the time.
    let mutants: Vec<&'static Mutant> = in_short(MUTANTS, 3);
    let missed: Vec<String> = std::thread::scope(|scope| {
        let missed_of = |mutants: &'_ [&'static Mutant]| mutants.iter().copied().filter_map(missed).collect::<Vec<_>>();
        let parts: Vec<_> =
            mutants.chunks(mutants.len() / 4 + 1).map(|part| scope.spawn(move || missed_of(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(MUTANTS.len() >= 110, "{} mutants", MUTANTS.len());
}

#[test]
fn what_is_merely_written_otherwise_is_not_reported() {
    let known = [NONE, NETS, NOTEBOOK_NET].map(|nets| (nets, baseline(nets)));
    let mut all = Vec::new();
    for (name, nets, edit) in in_short(HARMLESS, 3) {
        let (_, known) = known.iter().find(|(known, _)| known == nets).unwrap();
        let edits: Vec<Edit> = nets.iter().copied().chain([*edit]).collect();
        let findings = synth(name, &edits);
        let is_new = |finding: &&String| !known.iter().any(|one| message(one) == message(finding));
        let found: Vec<&String> = findings.iter().filter(|one| one.contains("error[")).filter(is_new).collect();
        all.extend(found.iter().map(|finding| format!("{name}: {finding}")));
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Where and how a mistake is told: a name, the nets that are taken away first, the edit, and what one finding says.
type Told = (&'static str, &'static [Edit<'static>], Edit<'static>, &'static [&'static str]);

#[rustfmt::skip]
const TOLD: &[Told] = &[
    // The same document is that of another policy template.
    ("a trust policy in the template itself", NONE, (USERS, "AssumeRolePolicyDocument: {{policy \"notebook/trust\"}}", "AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}"),
        &[TOO_WIDE, "/out/tokyo/users-001.yaml:", "its template is `", "stacks/users.yaml.hbs`", "allowed is `sts:AssumeRole` by `sagemaker.amazonaws.com`"]),
    ("a trust policy that is named by a value", NONE, ("policies/trust/lambda.json.hbs", "\"lambda.amazonaws.com\"", "\"lambda.amazonaws.com\", \"ec2.amazonaws.com\""),
        &[TOO_WIDE, "/templates/policies/trust/lambda.json.hbs:", "ec2.amazonaws.com"]),
    ("a denial of the suspended with a gap", NONE, (SUSPENDED, "\"Action\": \"*\"", "\"NotAction\": \"s3:GetObject\""),
        &[TOO_WIDE, "a suspended person can call `s3:GetObject`", "/templates/policies/user/suspended.json.hbs:6:", "let the policy of suspended people deny it"]),
    ("a condition that refuses what is needed", NETS, (SAGEMAKER, "sagemaker:ResourceTag/user", "sagemaker:ResourceTag/owner"),
        &[REFUSED, "open, start, stop", "/templates/policies/user/sagemaker.hardened.json.hbs:", "\"Sid\": \"UseOwnNotebook\"", "racestack templates --export DIR"]),
    ("a boundary that refuses what is needed", NONE, (BOUNDARY, "{{bucket_arn}}/${aws:username}/*", "{{bucket_arn}}/${aws:username}/models/*"),
        &[REFUSED, "read, write and delete", "/templates/policies/user/boundary.json.hbs:", "\"Sid\": \"UseOwnFolder\""]),
    ("an action that is gone", NETS, (DAILY, "\"s3:GetObjectVersion\",", ""),
        &[REFUSED, "read older versions", "/templates/policies/user/daily-work.json.hbs:", "\"Sid\": \"UseOwnVersionsTagsAndUploads\""]),
    ("a resource that is known later", NONE, (FOLDER, OWN_RESOURCE, "\"Resource\": \"\\{{resolve:ssm:/folder}}\""),
        &[UNDECIDED, "`Resource` of an `AWS::IAM::ManagedPolicy`, `{{resolve:ssm:/folder}}`, is known only when the stack is deployed"]),
    ("a role that is not one's own", NONE, (USERS, "RoleArn: {Fn::GetAtt: [{{ids.notebook_role}}, Arn]}", "RoleArn: arn:aws:iam::111122223333:role/aws-service-role/any"),
        &[UNDECIDED, "the notebook `bob` acts as `arn:aws:iam::111122223333:role/aws-service-role/any`"]),
    ("guardrails that are not attached", NONE, NO_GUARDRAILS,
        &[TOO_WIDE, "does not have the policy `mycompany-deepracer-guardrails`", "`- !Ref GuardrailsPolicy` in its `ManagedPolicyArns`"]),
    ("a user without tags", NONE, (USERS, "      Tags:\n        {{tags user_tags indent=8}}\n", ""),
        &["isolation::wrong-tag", "`BoUser` is missing", "{{#each user_tags}}"]),
    ("a notebook without tags", NONE, UNTAGGED,
        &["isolation::wrong-tag", "`BobNotebook` is missing", "{{#each tags}}"]),
];

#[test]
fn a_finding_names_the_file_and_what_to_do() {
    for (name, nets, edit, told) in TOLD {
        let edits: Vec<Edit> = nets.iter().copied().chain([*edit]).collect();
        let findings = synth(name, &edits);
        let root = |finding: &String| told.iter().all(|part| finding.contains(part));
        assert!(findings.iter().any(root), "{name}: {told:?} in\n{}", findings.join("\n\n"));
    }
}

#[test]
fn the_age_of_a_second_factor_says_whether_there_is_one() {
    const SIGN_IN: &str = "policies/user/sign-in.json.hbs";
    const WITHOUT: &str = "\"BoolIfExists\": {\n          \"aws:MultiFactorAuthPresent\": \"false\"\n        }\n      }\n    }{{#if console}}";
    let said = |operator: &str, key: &str, value: &str| {
        let condition = format!(
            "\"{operator}\": {{\n          \"{key}\": \"{value}\"\n        }}\n      }}\n    }}{{{{#if console}}}}"
        );
        let findings = synth_with("mfa: required\n", "by the age", &[(SIGN_IN, WITHOUT, &condition)]);
        findings.into_iter().filter(|finding| finding.contains("isolation::")).collect::<Vec<_>>()
    };
    let by_age = |value: &str| said("Null", "aws:MultiFactorAuthAge", value);
    assert_eq!(by_age("true"), Vec::<String>::new());
    for (operator, value) in [("StringEqualsIfExists", "false"), ("StringNotEquals", "true")] {
        assert_eq!(said(operator, "aws:MultiFactorAuthPresent", value), Vec::<String>::new());
    }
    let other_way_round = by_age("false");
    for rule in [TOO_WIDE, REFUSED] {
        assert!(other_way_round.iter().any(|finding| finding.contains(rule)), "{rule}: {other_way_round:?}");
    }
}

#[test]
fn a_list_of_instance_types_hides_nothing_and_refuses_nothing_of_ones_own() {
    let lists = "notebooks: {allowed_instance_types: [ml.t3.*]}\ntraining: {allowed_instance_types: [ml.c5.*]}\n";
    let findings = synth_with(lists, "lists alone", &[(FOLDER, STATEMENT, STATEMENT)]);
    let found: Vec<&String> = findings.iter().filter(|finding| finding.contains("isolation::")).collect();
    assert!(found.is_empty(), "{found:?}");
    let of_training = |name: &str| name.starts_with("training jobs");
    let weakened: Vec<_> = MUTANTS.iter().filter(|(name, ..)| of_training(name)).collect();
    assert_eq!(weakened.len(), 3);
    for (name, nets, edit, rule, request) in weakened {
        let mut without = nets.to_vec();
        without.push((FOLDER, STATEMENT, STATEMENT));
        let known = synth_with(lists, "baseline", &without);
        let edits: Vec<Edit> = nets.iter().copied().chain([*edit]).collect();
        let findings = synth_with(lists, name, &edits);
        let is_it = |finding: &String| {
            let is_new = !known.iter().any(|one| message(one) == message(finding));
            is_new && finding.contains(&format!("error[{rule}]")) && finding.contains(request)
        };
        assert!(findings.iter().any(is_it), "{name}: {findings:?}");
    }
}

#[test]
fn access_takes_the_tags_of_a_notebook_from_its_template_and_doubts_what_it_cannot_read() {
    let notebook = "arn:aws:sagemaker:ap-northeast-1:111122223333:notebook-instance/bob";
    for (name, edit, expected) in [
        ("tagged", (FOLDER, STATEMENT, STATEMENT), "`bob`: allowed"),
        ("untagged", UNTAGGED, "`bob`: explicitly denied"),
        ("with what cannot be read", NESTED, "`bob`: unknown"),
    ] {
        let workspace = edited(ROSTER, "", name, &[edit]);
        let config = workspace.path("config");
        let of = ["access", "--config", config.to_str().unwrap(), "--account", "tokyo", "--user", "bob"];
        let asked = ["--action", "sagemaker:StartNotebookInstance", "--resource", notebook];
        let outcome = racestack(&[&of[..], &asked].concat());
        assert!(outcome.stdout.starts_with(expected), "{name}: {} {}", outcome.stdout, outcome.stderr);
    }
}

/// Settings by which an account has budgets.
const BUDGETS: &str = "budgets: {monthly_usd_per_user: 10, notify: a@example.com}\n";

/// Adds three accounts that are like `tokyo`, but for their IDs, their buckets' names and this region, with more settings.
#[track_caller]
fn with_alike(workspace: &Workspace, region: &str, more: &str) {
    for digit in ['1', '2', '3'] {
        let settings = workspace.read("config/accounts/tokyo/settings.yaml").replace("ap-northeast-1", region);
        let settings = settings.replace("111122223333", &format!("44445555666{digit}"));
        let settings = settings.replace("20221130", &format!("2023010{digit}")) + more;
        workspace.write(&format!("config/accounts/yokohama{digit}/settings.yaml"), settings.as_bytes());
        let roster = workspace.read("config/accounts/tokyo/roster.csv");
        workspace.write(&format!("config/accounts/yokohama{digit}/roster.csv"), roster.as_bytes());
    }
}

/// Asserts that isolation fails in the three accounts, and in them alone.
#[track_caller]
fn assert_told_of_three(workspace: &Workspace, rule: &str) -> String {
    let outcome = workspace.synth(&[]);
    let is_told = outcome.stderr.contains(&format!("error[isolation::{rule}]: in the account `yokohama"));
    assert!(is_told && outcome.stderr.contains("the same in 2 more accounts"), "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("the account `tokyo`"), "{}", outcome.stderr);
    outcome.stderr
}

#[test]
fn a_warning_of_one_account_hides_no_error_of_the_others() {
    let open =
        "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\"},";
    let edits = [(NOTEBOOK, STATEMENT, open), (NOTEBOOK_BOUNDARY, STATEMENT, open)];
    let workspace = edited(ROSTER, "", "a warning of one account", &edits);
    with_alike(&workspace, "ap-northeast-1", "");
    let settings = workspace.read("config/accounts/tokyo/settings.yaml") + "policies: documented\n";
    workspace.write("config/accounts/tokyo/settings.yaml", settings.as_bytes());
    let outcome = workspace.synth(&[]);
    assert!(outcome.stderr.contains("warning[isolation::too-wide]: in the account `tokyo`"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("error[isolation::too-wide]: in the account `yokohama1`"), "{}", outcome.stderr);
    assert!(!workspace.path("out/yokohama1").exists());
}

#[test]
fn what_is_suppressed_of_one_account_is_told_of_the_others() {
    let workspace = edited(ROSTER, "", "what one account answers for", NONE);
    with_alike(&workspace, "ap-northeast-1", "");
    let settings = workspace.read("config/settings.yaml").replace("policies: hardened", "policies: documented");
    workspace.write("config/settings.yaml", settings.as_bytes());
    let suppression = "- {rule: isolation::too-wide, resource: tokyo/mycompany-deepracer-sagemaker/4, reason: nobody may make roles, owner: a, expires: 2027-01-31}\n";
    workspace.write("config/suppressions.yaml", suppression.as_bytes());
    let told = workspace.synth(&["--today", "2026-11-24"]).stderr;
    assert!(told.contains("suppressed[isolation::too-wide]"), "{told}");
    let of_others = "warning[isolation::too-wide]: in the account `yokohama1`, a person can call `iam:ListRoles`";
    assert!(told.contains(of_others), "{told}");
}

#[test]
fn what_a_denial_names_of_the_region_of_others_is_proven_for_each() {
    for (name, condition) in [
        ("the region of one account", r#""StringLike": {"aws:RequestedRegion": "us-*"}"#),
        ("in another case", r#""StringEqualsIgnoreCase": {"aws:RequestedRegion": "US-WEST-2"}"#),
        ("in pieces", r#""StringEquals": {"aws:RequestedRegion": "us-west-${aws:PrincipalTag/nr, '2'}"}"#),
    ] {
        let denial = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"#;
        let denial = format!("{STATEMENT}{denial}{condition}}}}},");
        let workspace = edited(ROSTER, "", name, &[(DAILY, STATEMENT, &denial)]);
        with_alike(&workspace, "us-west-2", "");
        assert_told_of_three(&workspace, "own-refused");
    }
}

#[test]
fn what_the_region_of_iam_allows_is_proven_for_each() {
    // Of `tokyo`, it is the region itself.
    let denial = "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\", \"Condition\": {\"StringNotEquals\": {\"aws:RequestedRegion\": \"{{region}}\"}}},";
    let workspace = edited(ROSTER, "", "the region of IAM", &[(DAILY, STATEMENT, denial)]);
    let settings = workspace.read("config/accounts/tokyo/settings.yaml").replace("ap-northeast-1", "us-east-1");
    workspace.write("config/accounts/tokyo/settings.yaml", settings.as_bytes());
    with_alike(&workspace, "us-east-1", "");
    for digit in ['1', '2', '3'] {
        let file = format!("config/accounts/yokohama{digit}/settings.yaml");
        workspace.write(&file, workspace.read(&file).replace("us-east-1", "us-west-2").as_bytes());
    }
    assert_told_of_three(&workspace, "own-refused");
}

#[test]
fn what_names_one_account_is_proven_for_each() {
    let account =
        format!("{OWN_RESOURCE}, \"Condition\": {{\"StringEquals\": {{\"aws:ResourceAccount\": \"111122223333\"}}}}");
    let workspace = edited(ROSTER, "", "what names one account", &[(FOLDER, OWN_RESOURCE, &account)]);
    with_alike(&workspace, "ap-northeast-1", "");
    assert_told_of_three(&workspace, "own-refused");
}

#[test]
fn what_one_account_proves_of_some_people_holds_for_no_other_where_it_does_not_hold_of_all() {
    // Of the first account's bucket, this allows what everybody needs; of the others', nothing.
    let wildcard = "\"Resource\": \"arn:aws:s3:::*test-2022113*/${aws:username}/*\"";
    let edits = [(FOLDER, OWN_RESOURCE, wildcard)];
    for alone in ["bob,true", "bob,false"] {
        let workspace = edited(b"name,console\nbob,true\neve,false\n", "", "people of two kinds", &edits);
        with_alike(&workspace, "ap-northeast-1", "");
        for digit in ['1', '2', '3'] {
            let roster = format!("name,console\n{alone}\n");
            workspace.write(&format!("config/accounts/yokohama{digit}/roster.csv"), roster.as_bytes());
        }
        assert_told_of_three(&workspace, "own-refused");
    }
}

#[test]
fn a_denial_that_names_somebody_of_one_account_is_found_there() {
    let denial = "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"iam:*AccessKey*\", \"Resource\": \"arn:aws:iam::4*:user/deepracer/bob\"},";
    let workspace = edited(b"name\nbob\n", "", "a denial about somebody", &[(DAILY, STATEMENT, denial)]);
    with_alike(&workspace, "ap-northeast-1", "");
    assert_told_of_three(&workspace, "own-refused");
}

#[test]
fn who_is_in_a_later_account_alone_is_looked_at_there() {
    // For the first account, whose policies are the same, all holds.
    let denial =
        "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/bob/*\"},";
    let workspace = edited(b"name\nbob\n", "", "a denial about somebody", &[(DAILY, STATEMENT, denial)]);
    with_alike(&workspace, "ap-northeast-1", "");
    workspace.write("config/accounts/tokyo/roster.csv", b"name\nanna\n");
    let told = assert_told_of_three(&workspace, "own-refused");
    assert!(told.contains("`bob` cannot read, write and delete in their own folder"), "{told}");
}

#[test]
fn of_more_people_than_are_looked_at_nothing_is_known() {
    // The others could still be refused what they need: what is denied here, nobody does.
    let names: Vec<String> = (10..43).map(|number| format!("u{number}")).collect();
    let resources: Vec<String> = names.iter().map(|name| format!("{{{{bucket_arn}}}}/{name}/*")).collect();
    let denial = json!({"Effect": "Deny", "Action": "s3:DeleteObjectVersion", "Resource": resources});
    let first = format!("{STATEMENT}{denial},");
    let found = |count: usize| {
        let roster = format!("name,notebook\n{},false\n", names[..count].join(",false\n"));
        let edits = [(DAILY, STATEMENT, first.as_str())];
        edited(roster.as_bytes(), "", "a denial about many", &edits).synth(&["--format", "json"]).stdout
    };
    let undecided = "policies say something else of 33 people than of others";
    assert!(found(33).contains(undecided));
    assert!(!found(32).contains("isolation::"));
}

#[test]
fn what_the_settings_of_some_accounts_open_is_found() {
    let hole = "{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\"},";
    let statement = format!("{STATEMENT}{{{{#if budgets_address}}}}{hole}{{{{/if}}}}");
    let workspace = edited(b"name\nbob\n", "", "what settings open", &[(BUCKET, STATEMENT, statement.as_str())]);
    with_alike(&workspace, "ap-northeast-1", BUDGETS);
    assert_told_of_three(&workspace, "too-wide");
}

#[test]
fn what_a_role_of_a_service_has_of_the_companys_is_proven_for_each() {
    // What the built-in policy allows on buckets by their names is all that permits it, and is in this one no more.
    let sagemaker = "policies/service/sagemaker.hardened.json.hbs";
    let built_in = std::fs::read_to_string(format!("{}/templates/{sagemaker}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let own = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\"}]}";
    let workspace = edited(b"name\nbob\n", "", "a role of a service", &[(sagemaker, &built_in, own)]);
    with_alike(&workspace, "ap-northeast-1", "");
    let settings = workspace.read("config/accounts/tokyo/settings.yaml");
    let named = settings.replace("{created: \"20221130201905\"}", "{name: mycompany-sagemaker}");
    assert_ne!(settings, named);
    workspace.write("config/accounts/tokyo/settings.yaml", named.as_bytes());
    assert_told_of_three(&workspace, "too-wide");
}

#[test]
fn what_several_statements_allow_is_told_once() {
    let reads = "{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905/*\"}, ";
    let with_both = STATEMENTS_ROLE.replacen(
        "Statement: [{Effect: Allow, Action: \"s3:*Bucket*\"",
        &format!("Statement: [{reads}{reads}{{Effect: Allow, Action: \"s3:*Bucket*\""),
        1,
    );
    assert_ne!(with_both, STATEMENTS_ROLE);
    let findings = synth("several statements", &[(STORAGE, RESOURCES, &with_both)]);
    let found = findings.iter().find(|finding| finding.contains("can call `s3:GetObject`"));
    let notes: Vec<&str> = found.unwrap().lines().filter(|line| line.contains("= note: `")).collect();
    let distinct: std::collections::BTreeSet<&&str> = notes.iter().collect();
    assert!(!notes.is_empty() && notes.len() == distinct.len(), "{notes:#?}");
}

#[test]
fn what_the_tag_of_a_role_refuses_is_found_beside_roles_without_it() {
    let tags = "        {{tags tags indent=8}}\n  {{#unless notebook.existing}}";
    let locked = format!(
        "        {{{{#if notebook.existing}}}}\n        - Key: locked\n          Value: \"yes\"\n        {{{{/if}}}}\n{tags}"
    );
    let denial = format!(
        "{STATEMENT}{{\"Effect\": \"Deny\", \"Action\": \"iam:PassRole\", \"Resource\": \"*\", \"Condition\": {{\"StringEquals\": {{\"iam:ResourceTag/locked\": \"yes\"}}}}}},"
    );
    let edits = [(USERS, tags, locked.as_str()), (DAILY, STATEMENT, denial.as_str())];
    for roster in [&b"name,notebook.existing\nann,true\n"[..], b"name,notebook.existing\nann,true\nbob,\n"] {
        let findings = synth_of(roster, "", "a role with a tag", &edits);
        assert!(findings.iter().any(|finding| finding.starts_with("error[isolation::own-refused]")), "{findings:#?}");
    }
}

#[test]
fn what_a_denial_by_the_values_of_a_tag_refuses_to_nobody_is_not_told() {
    let denial = |action: &str, condition: &str| {
        format!("{STATEMENT}{{\"Effect\": \"Deny\", \"Action\": \"{action}\", \"Resource\": \"*\"{condition}}},")
    };
    let by_tag = |tag: &str| {
        denial(
            "*",
            &format!(", \"Condition\": {{\"StringNotEquals\": {{\"aws:PrincipalTag/{tag}\": [\"red\", \"green\"]}}}}"),
        )
    };
    let roster = b"name,notebook,tags.dept\nbob,,red\nann,,green\n";
    let told = |edits: &[Edit<'_>], part: &str| {
        synth_of(roster, "", "by a tag", edits).iter().filter(|finding| finding.contains(part)).count()
    };
    let of_dept = by_tag("dept");
    let depends = "depends on the value of their `aws:PrincipalTag/dept`";
    assert_eq!(told(&[(DAILY, STATEMENT, &of_dept)], depends), 1);
    assert_eq!(told(&[(DAILY, STATEMENT, &of_dept)], REFUSED), 0);
    // Beside what is refused anyway, and where the tag is one's own.
    let both = of_dept.clone() + &denial("s3:ListBucket", "").replacen(STATEMENT, "", 1);
    assert_eq!(told(&[(DAILY, STATEMENT, &both)], "a person cannot list their own folder"), 1);
    assert!(told(&[(DAILY, STATEMENT, &by_tag("user"))], REFUSED) > 0);
}

#[test]
fn what_the_tags_of_one_account_refuse_is_proven_for_each() {
    // What stands in no policy and in no tag of a user or role, and the account's own ID.
    for (value, denied, more) in [
        ("'{{#if budget}}yes{{else}}no{{/if}}'", "{\"StringEquals\": {\"aws:ResourceTag/mark\": \"yes\"}}", BUDGETS),
        ("{{@root.names.account_id}}", "{\"StringLike\": {\"aws:ResourceTag/mark\": \"4444*\"}}", ""),
    ] {
        let marked =
            TAGS_OF_NOTEBOOK.replacen("Tags:\n", &format!("Tags:\n        - Key: mark\n          Value: {value}\n"), 1);
        let denial = format!(
            "{STATEMENT}{{\"Effect\": \"Deny\", \"Action\": \"sagemaker:StartNotebookInstance\", \"Resource\": \"*\", \"Condition\": {denied}}},"
        );
        let edits = [(USERS, TAGS_OF_NOTEBOOK, marked.as_str()), (DAILY, STATEMENT, denial.as_str())];
        let workspace = edited(b"name\nbob\n", "", value, &edits);
        with_alike(&workspace, "ap-northeast-1", more);
        assert_told_of_three(&workspace, "own-refused");
    }
}

#[test]
fn what_holds_for_the_bucket_of_one_account_alone_is_proven_for_each() {
    const GUARDRAILS: &str = "policies/user/guardrails.json.hbs";
    let edit = (GUARDRAILS, "\"Resource\": \"{{bucket_arn}}\",", "\"Resource\": \"arn:aws:s3:::*20221130201905*\",");
    let workspace = edited(ROSTER, "", "the bucket of one account", &[edit]);
    with_alike(&workspace, "ap-northeast-1", "");
    let told = assert_told_of_three(&workspace, "too-wide");
    assert_eq!(told.matches("isolation::too-wide").count(), 1, "{told}");
}

#[test]
fn what_tells_accounts_apart_by_no_wildcard_is_proven_for_each() {
    let reads = "\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"{{bucket_arn}}/*\"";
    for condition in [
        "\"NumericGreaterThan\": {\"aws:PrincipalAccount\": 200000000000}",
        "\"NumericGreaterThanIfExists\": {\"aws:ResourceAccount\": \"200000000000\", \"aws:PrincipalAccount\": \"200000000000\"}",
        "\"ForAnyValue:DateGreaterThan\": {\"aws:PrincipalAccount\": \"200000000000\"}",
    ] {
        let statement = format!("{STATEMENT}{{{reads}, \"Condition\": {{{condition}}}}},");
        let edits = [(NOTEBOOK, STATEMENT, statement.as_str()), (NOTEBOOK_BOUNDARY, STATEMENT, statement.as_str())];
        let workspace = edited(b"name\nbob\n", "", condition, &edits);
        with_alike(&workspace, "ap-northeast-1", "");
        assert_told_of_three(&workspace, "too-wide");
    }
}

#[test]
fn what_a_role_with_the_accounts_id_in_its_name_may_do_is_proven_for_each() {
    let role = READING_ROLE.replacen("mycompany-report", "!Sub \"mycompany-${AWS::AccountId}\"", 1).replacen(
        "\"arn:aws:s3:::mycompany-*\"",
        "!Sub \"arn:aws:s3:::${Bucket}/*\", Condition: {ArnLike: {\"aws:PrincipalArn\": \"arn:aws:iam::*:role/mycompany-4*\"}}",
        1,
    );
    let workspace = edited(b"name\nbob\n", "", "an ID in a name", &[(STORAGE, RESOURCES, &role)]);
    with_alike(&workspace, "ap-northeast-1", "");
    // Each account's role has another ARN, so that these are findings of their own.
    let said = workspace.synth(&[]).stderr;
    let told = |account: &str| said.contains(&format!("error[isolation::too-wide]: in the account `{account}`"));
    assert!(["yokohama1", "yokohama2", "yokohama3"].into_iter().all(told) && !told("tokyo"), "{said}");
}

#[test]
fn nothing_takes_the_place_of_what_a_stack_defines() {
    let twice = |what: &str| format!("the {what} is defined twice");
    let wide = "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"},";
    let edits = [(NOTEBOOK, STATEMENT, wide), (NOTEBOOK_BOUNDARY, STATEMENT, wide)];
    for name in ["mycompany-deepracer-notebook-boundary", "MyCompany-DeepRacer-Notebook-Boundary"] {
        let settings = format!("extra_policies: {{notebooks: [deepracer/{name}]}}\n");
        let workspace = edited(b"name\nbob\n", &settings, name, &edits);
        let nothing = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"sns:Subscribe\", \"Resource\": \"*\"}]}";
        workspace.write(&format!("config/policies/{name}.json"), nothing.as_bytes());
        let outcome = workspace.synth(&[]);
        assert!(
            outcome.code == 1 && outcome.stderr.contains(&twice(&format!("policy `{name}`"))),
            "{}",
            outcome.stderr
        );
    }
    for (what, resource) in [
        (
            "group `mycompany-deepracer-users`",
            "Type: AWS::IAM::Group\n    Properties: {GroupName: mycompany-deepracer-users}",
        ),
        (
            "policy `mycompany-deepracer-boundary`",
            "Type: AWS::IAM::ManagedPolicy\n    Properties:\n      ManagedPolicyName: mycompany-deepracer-boundary\n      PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Action: \"sns:*\", Resource: \"*\"}]}",
        ),
        (
            "role `AWSDeepRacerLambdaAccessRole`",
            "Type: AWS::IAM::Role\n    Properties:\n      RoleName: AWSDeepRacerLambdaAccessRole\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}",
        ),
    ] {
        let added = format!("{RESOURCES}  Another:\n    {resource}\n\n");
        let findings = synth(what, &[("stacks/notebooks.yaml.hbs", RESOURCES, &added)]);
        let is_told = findings.iter().any(|finding| finding.contains(UNDECIDED) && finding.contains(&twice(what)));
        assert!(is_told, "{what}: {findings:?}");
    }
}

#[test]
fn only_the_very_role_and_function_have_what_the_rotation_of_keys_has() {
    const OPERATIONS: &str = "stacks/operations.yaml.hbs";
    const ROTATED: &str = "access_keys: {notify: a@example.com}\n";
    let powers = "Path: {{names.operations_role_path}}\n      Policies: [{PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"iam:UpdateAccessKey\", Resource: \"arn:aws:iam::111122223333:user{{names.user_path}}*\", Condition: {StringEquals: {\"aws:ResourceTag/managed-by\": racestack}}}]}}]\n\n";
    let role = |name: &str| {
        format!("{}      {powers}", OPEN_ROLE.split("      Policies:").next().unwrap())
            .replace("mycompany-report", name)
            .replace("AWS: \"*\"", "Service: lambda.amazonaws.com")
    };
    let acting = |role: &str| {
        format!(
            "Resources:\n  Another:\n    Type: AWS::Lambda::Function\n    Properties:\n      FunctionName: {{{{names.key_rotation_function}}}}\n      Runtime: python3.13\n      Handler: index.handler\n      Role: {role}\n      Code: {{ZipFile: pass}}\n\n"
        )
    };
    for (name, more, edit, told) in [
        (
            "a role beside that of the rotation",
            ROTATED,
            (STORAGE, role("mycompany-op")),
            "can call `iam:UpdateAccessKey`",
        ),
        (
            "a role of its name without rotation",
            "",
            (STORAGE, role("{{names.key_rotation_role}}")),
            "can call `iam:UpdateAccessKey`",
        ),
        (
            "a function of its name beside it",
            ROTATED,
            (OPERATIONS, acting("!GetAtt KeyRotationRole.Arn")),
            "`Another` acts as",
        ),
    ] {
        let findings = synth_with(more, name, &[(edit.0, RESOURCES, &edit.1)]);
        let is_told = findings.iter().any(|finding| finding.starts_with("error[isolation::") && finding.contains(told));
        assert!(is_told, "{name}: {}", findings.join("\n\n"));
    }
}

#[test]
fn whoever_differs_from_others_in_digits_alone_is_named() {
    let denial = format!(
        "{STATEMENT}{{\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"{{{{bucket_arn}}}}/racer*\"}},"
    );
    let workspace = edited(b"name\nann\nracer1\n", "", "racers", &[(DAILY, STATEMENT, &denial)]);
    with_alike(&workspace, "ap-northeast-1", "");
    for (account, racer) in [("yokohama1", 2), ("yokohama2", 2), ("yokohama3", 3)] {
        let roster = format!("name\nann\nracer{racer}\n");
        workspace.write(&format!("config/accounts/{account}/roster.csv"), roster.as_bytes());
    }
    let told = workspace.synth(&[]).stderr;
    for racer in ["racer1", "racer2", "racer3"] {
        assert!(told.contains(&format!("`{racer}` cannot read")), "{racer}: {told}");
    }
    assert!(told.contains("the same in 1 more account"), "{told}");
}

#[test]
fn whoever_is_named_like_a_value_of_their_account_is_proven_there() {
    for (value, name) in [("{{account_id}}", "444455556661"), ("{{region}}", "us-west-2")] {
        let denial = format!(
            "{STATEMENT}{{\"Effect\": \"Deny\", \"Action\": \"sagemaker:StartNotebookInstance\", \"Resource\": \"*\", \
             \"Condition\": {{\"StringEquals\": {{\"sagemaker:ResourceTag/user\": \"{value}\"}}}}}},"
        );
        let workspace = edited(b"name\nann\n", "", value, &[(DAILY, STATEMENT, &denial)]);
        with_alike(&workspace, "us-west-2", "");
        let roster = format!("name\nann\n{name}\n");
        workspace.write("config/accounts/yokohama1/roster.csv", roster.as_bytes());
        let told = workspace.synth(&[]).stderr;
        assert!(told.contains(&format!("in the account `yokohama1`, `{name}` cannot open, start")), "{told}");
    }
}

#[test]
fn whose_name_completes_a_value_of_their_account_is_proven_there() {
    // Of all accounts but one, no bucket is named so, whoever asks.
    let bucket = "arn:aws:s3:::${aws:username}-aws-deepracer-test-20230101201905/*";
    let denial = format!("{STATEMENT}{{\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"{bucket}\"}},");
    let workspace = edited(b"name\nann\nmycompany\n", "", "completed", &[(DAILY, STATEMENT, &denial)]);
    with_alike(&workspace, "ap-northeast-1", "");
    let told = workspace.synth(&[]).stderr;
    assert!(told.contains("in the account `yokohama1`, `mycompany` cannot read"), "{told}");
    assert!(!told.contains("more account"), "{told}");
}

#[test]
fn what_three_texts_have_in_common_for_some_is_looked_at_for_them() {
    // Of ten characters, a prefix of `elevenchars` is none, and one of `eightlet` ends with none but one of its own: for these, each two of
    // the texts are as they are for `bob`, and nothing is like all three.
    let denial = "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"s3:ListBucket\", \"Resource\": \"*\", \"Condition\": {\"StringLike\": {\"s3:prefix\": \"*ab\"}, \"StringLikeIfExists\": {\"s3:prefix\": \"??????????\"}}},";
    let told = synth_of(b"name\nbob\neightlet\nelevenchars\n", "", "three texts", &[(DAILY, STATEMENT, denial)]);
    let is_told = |who: &str| told.iter().any(|one| one.contains(&format!("`{who}` cannot list their own folder")));
    assert!(is_told("bob") && !is_told("eightlet") && !is_told("elevenchars"), "{told:?}");
    // With two of them, pairs are enough.
    let both = denial.replace("??????????", "*");
    let told = synth_of(b"name\nbob\neightlet\n", "", "two texts", &[(DAILY, STATEMENT, &both)]);
    assert!(told.iter().any(|one| one.contains("a person cannot list their own folder")), "{told:?}");
}
