//! Weakenings by names, services, passwords and what a day needs, as a table.

use serde_json::{Value as Json, json};

use super::{
    BUCKET, DOUBTFUL, MFA, NOTEBOOK, NOTEBOOK_BOUNDARY, REFUSED, ROTATION, SIGN_IN, STATEMENT, STORAGE, TOO_WIDE,
    UNDECIDED, USERS, Weakening,
};
use crate::common::edits::Edit;

const FOLDER: &str = "policies/user/s3-folder.hardened.json.hbs";
pub const DAILY: &str = "policies/user/daily-work.json.hbs";
const SAGEMAKER: &str = "policies/user/sagemaker.hardened.json.hbs";
const TRUST: &str = "policies/notebook/trust.json.hbs";
const ROTATION_POLICY: &str = "policies/operations/key-rotation.json.hbs";
const ROLES: &str = "stacks/service-roles.yaml.hbs";
pub const OPERATIONS: &str = "stacks/operations.yaml.hbs";
const BOUND: &str = "\"ArnNotEquals\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}\"";
const NETWORKS: &str = "allowed_networks: [203.0.113.0/24]\n";
pub const LOGS: &str = "logs: {retention_days: 30}\n";
pub const NETWORK: &str = "notebooks: {subnet_id: subnet-0123456789abcdef0, security_group_ids: [sg-0123456789abcdef0], direct_internet_access: false}\n";
const BUDGETS: &str = "budgets: {monthly_usd: 100, notify: a@example.com}\n";
const NO_NETS: [Edit<'static>; 2] = [
    (USERS, "      PermissionsBoundary: {{@root.names.boundary_arn}}\n", ""),
    ("stacks/access.yaml.hbs", "        - !Ref GuardrailsPolicy\n", ""),
];

fn weakening(name: &str, edit: Edit<'static>, found_as: &'static str, told: &[&str]) -> Weakening {
    Weakening::new(name, &[edit], found_as, told)
}

/// Comparisons of a principal's name with more, or less, than the name at the end of its ARN.
pub fn of_names() -> Vec<Weakening> {
    let some = "depends on the value of their `aws:PrincipalArn`";
    let objects = |operator: &str, arn: &str| json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*", "Condition": {operator: {"aws:PrincipalArn": arn}}});
    let notebooks = "arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}";
    let mut all: Vec<Weakening> = [
        ("StringLike", format!("{notebooks}${{aws:PrincipalTag/user}}*")),
        ("ArnLike", format!("{notebooks}${{aws:PrincipalTag/user}}*")),
        ("ArnLike", format!("{notebooks}*${{aws:PrincipalTag/user}}")),
        ("StringLike", "*${aws:PrincipalTag/user}*".to_owned()),
        ("StringNotLike", "*${aws:PrincipalTag/user}*/*".to_owned()),
        ("ArnLike", "arn:{{partition}}:iam::{{account_id}}:role/deepracer/${aws:PrincipalTag/user}/*".to_owned()),
        (
            "StringEquals",
            "arn:{{partition}}:iam::{{account_id}}:role/deepracer/${aws:PrincipalTag/user}/notebook".to_owned(),
        ),
        (
            "StringLike",
            "arn:{{partition}}:iam::{{account_id}}:role/deepracer/note${aws:PrincipalTag/user}/?*".to_owned(),
        ),
        ("ArnEquals", "${aws:PrincipalTag/user}".to_owned()),
    ]
    .into_iter()
    .map(|(operator, arn)| {
        let name = format!("notebooks where {operator} of {arn}");
        Weakening::new(name, &[], UNDECIDED, &["a notebook", some]).and_in(&[NOTEBOOK], &objects(operator, &arn))
    })
    .collect();
    let of_people = "arn:{{partition}}:iam::{{account_id}}:user/*${aws:username}*";
    all.extend([
        Weakening::new("people whose name is in a path", &NO_NETS, UNDECIDED, &["a person", some])
            .and_in(&[FOLDER], &objects("StringLike", of_people)),
        Weakening::new("a bucket for those whose name is in a path", &[], UNDECIDED, &["a person", some]).and_in(
            &[BUCKET],
            &json!({"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*", "Condition": {"ArnLike": {"aws:PrincipalArn": of_people}}}),
        ),
    ]);
    for (key, fixed) in [("home", "Account"), ("kind", "Type")] {
        let tag = format!("${{aws:PrincipalTag/{key}}}");
        let is_tag = json!({"StringEquals": {format!("aws:Principal{fixed}"): tag}});
        let told = format!("depends on the value of their `aws:Principal{fixed}`");
        let name = format!("notebooks whose tag is their {fixed}");
        all.push(Weakening::new(name, &[], UNDECIDED, &["a notebook", &told]).and_in(
            &[NOTEBOOK, NOTEBOOK_BOUNDARY],
            &json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*", "Condition": is_tag}),
        ));
    }
    all.push(weakening(
        "the word for everybody's name",
        (FOLDER, "${aws:username}", "q7person"),
        UNDECIDED,
        &["has the word `q7person`"],
    ));
    all.push(three_at_once());
    // Most notebooks are named like their person, and a tag of a company's may be the name of the bucket.
    for (tag, spared) in [
        ("notebook", "{{bucket_arn}}/${aws:PrincipalTag/notebook}/*"),
        ("home", "arn:aws:s3:::${aws:PrincipalTag/home}/*"),
    ] {
        let to = format!(
            "\"Effect\": \"Deny\",\n      \"NotAction\": \"s3:*\",\n      \"Resource\": \"*\"\n    }},\n    {{\n      \"Effect\": \"Deny\",\n      \"Action\": \"s3:*\",\n      \"NotResource\": \"{spared}\""
        );
        let from = "\"Effect\": \"Deny\",\n      \"Action\": \"*\",\n      \"Resource\": \"*\"";
        let told = format!("depends on the value of their `aws:PrincipalTag/{tag}`");
        let name = format!("a suspended person's folder by the tag {tag}");
        let edits = vec![("policies/user/suspended.json.hbs", from.to_owned(), to)];
        all.push(Weakening { edits, ..Weakening::new(name, &[], UNDECIDED, &["a suspended person", &told]) });
    }
    for (name, to, rule) in [
        (
            "a word of the path",
            "\"ArnNotLike\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role/deepracer/${aws:PrincipalTag/user}/*\"",
            REFUSED,
        ),
        (
            "a name behind another word",
            "\"ArnNotEquals\": {\n          \"aws:PrincipalArn\": [\"arn:{{partition}}:iam::{{account_id}}:role/deepracer/${aws:PrincipalTag/user}\", \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}\"]",
            UNDECIDED,
        ),
        (
            "no case",
            "\"StringNotEqualsIgnoreCase\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}\"",
            TOO_WIDE,
        ),
        (
            "another tag",
            "\"ArnNotEquals\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/notebook}\"",
            UNDECIDED,
        ),
        (
            "a name in the middle",
            "\"ArnNotLike\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}*${aws:PrincipalTag/user}*\"",
            TOO_WIDE,
        ),
        (
            "a name of other accounts",
            "\"ArnNotLike\": {\n          \"aws:PrincipalArn\": \"arn:{{partition}}:iam::*:role{{notebook_role_path}}${aws:PrincipalTag/user}\"",
            UNDECIDED,
        ),
        (
            "a list of names",
            "\"ArnNotEquals\": {\n          \"aws:PrincipalArn\": [\"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}bo*\", \"arn:{{partition}}:iam::{{account_id}}:role{{notebook_role_path}}${aws:PrincipalTag/user}\"]",
            UNDECIDED,
        ),
    ] {
        all.push(Weakening {
            edits: vec![(NOTEBOOK_BOUNDARY, BOUND.to_owned(), to.to_owned())],
            ..Weakening::new(format!("a role is bound to {name}"), &[], rule, &["a notebook"])
        });
    }
    all.push(weakening(
        "some actions are bound to a role's name",
        (
            NOTEBOOK_BOUNDARY,
            "\"Sid\": \"DenyUnlessTaggedWithOwnName\",\n      \"Effect\": \"Deny\",\n      \"Action\": \"*\"",
            "\"Effect\": \"Deny\",\n      \"NotAction\": \"s3:GetObject\"",
        ),
        TOO_WIDE,
        &["with the tag `user` of somebody else"],
    ));
    all
}

/// Tags that are given where there are three keys at once, and none where there are fewer.
fn three_at_once() -> Weakening {
    let add = |effect: &str, operator: &str, keys: &[&str]| json!({"Effect": effect, "Action": "sagemaker:AddTags", "Resource": "*", "Condition": {operator: {"aws:TagKeys": keys}, "StringNotEquals": {"sagemaker:TaggingAction": "CreateTrainingJob"}}});
    let files = [NOTEBOOK, NOTEBOOK_BOUNDARY];
    let keys = ["user", "Project", "CostCenter", "Team", "Stage", "Owner"];
    let all = Weakening::new("tags with three keys at once", &[], TOO_WIDE, &["a notebook", "`sagemaker:AddTags`"])
        .and_in(&files, &add("Allow", "ForAllValues:StringEquals", &keys));
    keys[..3].iter().fold(all, |all, key| all.and_in(&files, &add("Deny", "ForAllValues:StringNotEquals", &[key])))
}

/// Where people may come from.
pub fn of_networks() -> Vec<Weakening> {
    let condition = "\"NotIpAddress\": {\n          \"aws:SourceIp\": [{{#each allowed_networks.ranges}}\"{{this}}\"{{#unless @last}}, {{/unless}}{{/each}}]\n        },";
    let change = |name: &str, to: &str, found_as: &'static str, told: &str| {
        let edits = vec![(SIGN_IN, condition.to_owned(), to.to_owned())];
        Weakening { edits, ..Weakening::new(name, &[], found_as, &["a person", told]) }.with(NETWORKS)
    };
    let ranges = |operator: &str, ranges: &str| format!("\"{operator}\": {{\"aws:SourceIp\": [{ranges}]}},");
    let and_known = ranges("NotIpAddress", "\"203.0.113.0/24\"");
    vec![
        change("a wider network", &ranges("NotIpAddress", "\"203.0.113.0/23\""), TOO_WIDE, "s3:GetObject"),
        change("any network", &ranges("NotIpAddress", "\"0.0.0.0/0\""), TOO_WIDE, "s3:GetObject"),
        change(
            "another network besides",
            &ranges("NotIpAddress", "\"203.0.113.0/24\", \"198.51.100.7\""),
            TOO_WIDE,
            "s3:GetObject",
        ),
        change(
            "networks of IPv6 besides",
            &ranges("NotIpAddress", "\"203.0.113.0/24\", \"::/0\""),
            TOO_WIDE,
            "s3:GetObject",
        ),
        change("the other way round", &ranges("IpAddress", "\"203.0.113.0/24\""), TOO_WIDE, "s3:GetObject"),
        change(
            "no address is no matter",
            &format!("{and_known} \"Null\": {{\"aws:SourceIp\": \"false\"}},"),
            TOO_WIDE,
            "s3:GetObject",
        ),
        change(
            "of all of no addresses",
            &ranges("ForAnyValue:NotIpAddress", "\"203.0.113.0/24\""),
            TOO_WIDE,
            "s3:GetObject",
        ),
        change("no condition", "", REFUSED, "cannot"),
        weakening(
            "the denial is dropped",
            (
                SIGN_IN,
                "\"Sid\": \"DenyOtherNetworks\",\n      \"Effect\": \"Deny\",\n      \"Action\": \"*\"",
                "\"Effect\": \"Deny\",\n      \"Action\": \"nothing:AtAll\"",
            ),
            TOO_WIDE,
            &["a person can", "s3:GetObject"],
        )
        .with(NETWORKS),
        weakening(
            "what a service does",
            (SIGN_IN, "\"aws:ViaAWSService\": \"false\"", "\"aws:ViaAWSService\": \"true\""),
            TOO_WIDE,
            &["a person can"],
        )
        .with(NETWORKS),
    ]
}

/// What acts as another role, or tells of people.
#[rustfmt::skip]
const OTHER_ACTIONS: [&str; 44] = [
    "aidevops:SendMessage", "aiops:GetInvestigationEvent", "amplifybackend:UpdateBackendAPI", "appsync:UpdateResolver",
    "bedrock:UpdateAgentActionGroup", "config:StartRemediationExecution", "logs:ListAnomalies", "states:RedriveExecution",
    "states:StartExecution", "states:StartSyncExecution", "transfer:UpdateServer",
    "auditmanager:GetEvidence", "ec2:CreateReplaceRootVolumeTask", "ecs:RunTask", "emr-containers:StartJobRun", "greengrass:CreateDeployment",
    "guardduty:CreateMembers", "iot:AttachPolicy", "securityhub:InviteMembers",
    "batch:SubmitJob", "cloud9:CreateEnvironmentMembership", "cloudformation:ContinueUpdateRollback", "ec2-instance-connect:SendSSHPublicKey",
    "ec2:CreateTrafficMirrorSession", "ec2:ModifyInstanceAttribute", "ecs:ExecuteCommand", "elasticmapreduce:AddJobFlowSteps",
    "events:DisableRule", "events:PutRule", "glue:RunStatement", "glue:UpdateDevEndpoint",
    "identitystore:CreateGroupMembership", "kms:RevokeGrant", "lakeformation:GetDataAccess", "macie2:CreateClassificationJob",
    "rolesanywhere:CreateTrustAnchor", "sagemaker:Search", "servicecatalog:ProvisionProduct", "sns:Subscribe",
    "ssm:RegisterTaskWithMaintenanceWindow", "ssm:UpdateDocument", "sso:CreateAccountAssignment", "sts:AssumeRoot",
    "transfer:ImportSshPublicKey",
];

/// Roles of services, and helpers beside them.
pub fn of_services() -> Vec<Weakening> {
    let role = |name: &str, more: &str| {
        format!(
            "Resources:\n  Helper:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: {name}\n      Path: /service-role/\n      AssumeRolePolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Principal: {{Service: lambda.amazonaws.com}}, Action: \"sts:AssumeRole\"}}]}}\n{more}\n"
        )
    };
    let allows = |action: &str, resource: &str| {
        format!(
            "      Policies:\n        - PolicyName: helper\n          PolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Allow, Action: \"{action}\", Resource: \"{resource}\"}}]}}\n"
        )
    };
    let made = |name: &str, text: String, found_as, told: &[&str]| Weakening {
        edits: vec![(STORAGE, "Resources:\n".to_owned(), text)],
        ..Weakening::new(name, &[], found_as, told)
    };
    let helper = |action: &str, resource: &str| {
        let told = ["which is nobody's of the roster, can", action];
        made(
            &format!("a helper with {action} on {resource}"),
            role("helper", &allows(action, resource)),
            TOO_WIDE,
            &told,
        )
    };
    let bucket = "arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905/*";
    let statements = OTHER_ACTIONS.map(|action| format!("{{Effect: Allow, Action: \"{action}\", Resource: \"*\"}}"));
    let policy = format!(
        "      Policies:\n        - PolicyName: helper\n          PolicyDocument: {{Version: \"2012-10-17\", Statement: [{}]}}\n",
        statements.join(", ")
    );
    let told = |all: Weakening, action: &&str| all.and_told(&["which is nobody's of the roster, can", action]);
    let others = made("a helper with ways to others", role("helper", &policy), TOO_WIDE, &[]);
    vec![
        OTHER_ACTIONS.iter().fold(others, told),
        helper("sagemaker:AddTags", "arn:aws:sagemaker:*:111122223333:experiment-trial-component/*"),
        helper("sagemaker:DescribeTrialComponent", "arn:aws:sagemaker:*:111122223333:experiment-trial-component/*"),
        helper("s3:GetObject", bucket),
        helper("s3:*", "*"),
        helper("s3:GetObjectVersion", "arn:aws:s3:::*deepracer*"),
        helper("s3:PutObject", "arn:aws:s3:::mycompany-aws-deepracer-test-20221130201905/bob/*"),
        helper("sagemaker:CreatePresignedNotebookInstanceUrl", "*"),
        helper("sagemaker:StopTrainingJob", "*"),
        helper("sagemaker:UpdateNotebookInstanceLifecycleConfig", "*"),
        helper("logs:GetLogEvents", "*"),
        helper("logs:FilterLogEvents", "arn:aws:logs:*:*:log-group:/aws/sagemaker/TrainingJobs:*"),
        helper("iam:PassRole", "*"),
        helper("iam:CreateAccessKey", "*"),
        helper("secretsmanager:GetSecretValue", "*"),
        made("a helper with a policy of AWS's own", role("helper", "      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AdministratorAccess\"]\n"), UNDECIDED, &["which is nobody's of the roster, has the policy"]),
        weakening("a service's role with more", ("policies/service/lambda.hardened.json.hbs", STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"*\"},"), TOO_WIDE, &["a service can", "s3:GetObject"]),
        weakening("a service's role takes others", ("policies/service/lambda.hardened.json.hbs", STATEMENT, "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"sts:AssumeRole\", \"Resource\": \"*\"},"), TOO_WIDE, &["a service can", "sts:AssumeRole"]),
        weakening("SageMaker's role opens notebooks", ("policies/service/sagemaker.hardened.json.hbs", "\"sagemaker:CreatePresignedNotebookInstanceUrl\",", ""), TOO_WIDE, &["a service can", "CreatePresignedNotebookInstanceUrl"]),
        weakening("all roles of services with a policy of AWS's own", (ROLES, "      Path: {{path}}\n", "      Path: {{path}}\n      ManagedPolicyArns: [\"arn:aws:iam::aws:policy/AmazonS3FullAccess\"]\n"), UNDECIDED, &["a service has the policy"]),
        weakening("a role of Lambda for SageMaker", ("policies/trust/lambda.json.hbs", "lambda.amazonaws.com", "sagemaker.amazonaws.com"), TOO_WIDE, &["the role of a service can be taken"]),
        made("a function acts as a role of elsewhere", "Resources:\n  Copies:\n    Type: AWS::Lambda::Function\n    Properties: {Role: !ImportValue administrator, Runtime: python3.13, Handler: index.handler, Code: {ZipFile: pass}}\n".to_owned(), UNDECIDED, &["`Copies` acts as", "which no stack defines"]),
        made("a function acts as one of two roles", "Resources:\n  Copies:\n    Type: AWS::Lambda::Function\n    Properties: {Role: !Select [0, [!ImportValue administrator, \"arn:aws:iam::111122223333:role/aws-service-role/any\"]], Runtime: python3.13, Handler: index.handler, Code: {ZipFile: pass}}\n".to_owned(), UNDECIDED, &["`Copies` acts as", "which no stack defines"]),
        weakening("everybody's function acts as their notebook", (USERS, "  {{ids.notebook}}:\n", "  {{ids.notebook}}Model:\n    Type: AWS::SageMaker::Model\n    Properties: {ExecutionRoleArn: {Fn::GetAtt: [{{ids.notebook_role}}, Arn]}}\n\n  {{ids.notebook}}:\n"), UNDECIDED, &["which is the role of a person's notebook"]),
        // What a service does for whoever asks it from elsewhere.
        weakening("SageMaker for other accounts", ("policies/trust/sagemaker.hardened.json.hbs", ",\n      \"Condition\": {\n        \"StringEquals\": {\n          \"aws:SourceAccount\": \"{{account_id}}\"\n        }\n      }", ""), TOO_WIDE, &["the role of a service can be taken"]),
        weakening("SageMaker for another account", ("policies/trust/sagemaker.hardened.json.hbs", "{{account_id}}", "999988887777"), TOO_WIDE, &["the role of a service can be taken"]),
        weakening("SageMaker for this account, if it says so", ("policies/trust/sagemaker.hardened.json.hbs", "\"StringEquals\"", "\"StringEqualsIfExists\""), TOO_WIDE, &["the role of a service can be taken"]),
        weakening("budgets of other accounts", ("policies/operations/budget-notices.json.hbs", ",\n      \"Condition\": {\n        \"StringEquals\": {\n          \"aws:SourceAccount\": \"{{account_id}}\"\n        },\n        \"ArnLike\": {\n          \"aws:SourceArn\": \"arn:{{partition}}:budgets::{{account_id}}:*\"\n        }\n      }", ""), TOO_WIDE, &["lets somebody in by itself"]).with(BUDGETS),
        weakening("budgets of every account", ("policies/operations/budget-notices.json.hbs", "\"StringEquals\": {\n          \"aws:SourceAccount\": \"{{account_id}}\"\n        },\n        \"ArnLike\": {\n          \"aws:SourceArn\": \"arn:{{partition}}:budgets::{{account_id}}:*\"", "\"ArnLike\": {\n          \"aws:SourceArn\": \"arn:{{partition}}:budgets::*:*\""), TOO_WIDE, &["lets somebody in by itself"]).with(BUDGETS),
        weakening("a rule of another account", (OPERATIONS, "SourceArn: {Fn::GetAtt: [KeyRotationDaily, Arn]}", "SourceArn: arn:aws:events:ap-northeast-1:999988887777:rule/any"), TOO_WIDE, &["the policy of `KeyRotationByRule` lets somebody in by itself"]).with(ROTATION),
        weakening("any rule", (OPERATIONS, "      SourceArn: {Fn::GetAtt: [KeyRotationDaily, Arn]}\n", ""), TOO_WIDE, &["the policy of `KeyRotationByRule` lets somebody in by itself"]).with(ROTATION),
        weakening("a rule that is not known", (OPERATIONS, "SourceArn: {Fn::GetAtt: [KeyRotationDaily, Arn]}", "SourceArn: !ImportValue any"), TOO_WIDE, &["the policy of `KeyRotationByRule` lets somebody in by itself"]).with(ROTATION),
    ]
}

/// First passwords.
pub fn of_passwords() -> Vec<Weakening> {
    let told = ["`LoginProfile/Password` of the user `BobUser`"];
    let reference = "        Password: {{password.reference}}\n";
    let password = |name: &str, to: &'static str| weakening(name, (USERS, reference, to), TOO_WIDE, &told);
    vec![
        password("one password", "        Password: Welcome-2026\n"),
        password("the name as the password", "        Password: \"{{name}}-2026!\"\n"),
        password(
            "one secret",
            "        Password: \"\\{{resolve:secretsmanager:mycompany-deepracer/all/password:SecretString:password}}\"\n",
        ),
        weakening(
            "a password in the template",
            (
                USERS,
                "      GenerateSecretString:\n        SecretStringTemplate: {{password.secret_template}}\n        GenerateStringKey: password\n",
                "      SecretString: Welcome-2026\n      GenerateSecretStrings:\n",
            ),
            TOO_WIDE,
            &["`GenerateSecretString` of the secret `BobPassword` is missing"],
        ),
        weakening(
            "a password beside the one that is made up",
            (USERS, "        GenerateStringKey: password\n", "        GenerateStringKey: other\n"),
            TOO_WIDE,
            &["`GenerateSecretString/GenerateStringKey` of the secret `BobPassword`"],
        ),
        weakening(
            "no password",
            (
                USERS,
                "      {{#if password}}\n      LoginProfile:\n        Password: {{password.reference}}\n        PasswordResetRequired: true\n      {{/if}}\n",
                "",
            ),
            REFUSED,
            &["`LoginProfile` of the user `BobUser` is missing"],
        ),
    ]
}

/// What a day needs, and is taken away.
pub fn of_needs() -> Vec<Weakening> {
    let by = |condition: Json| json!({"Effect": "Deny", "Action": ["s3:*", "sagemaker:*", "iam:*", "logs:*"], "Resource": "*", "Condition": condition});
    let denied = |name: &str, file, condition: Json, told: &str| {
        Weakening::new(name, &[], REFUSED, &[told]).and_in(&[file], &by(condition))
    };
    let without = |action: &str, before: &str, told: &str| {
        let edits = vec![(SIGN_IN, format!("{before}\"iam:{action}\",\n"), before.to_owned())];
        let name = format!("no {action} on the way to a second factor");
        Weakening { edits, ..Weakening::new(name, &[], REFUSED, &["a person cannot ", told]) }.with(MFA)
    };
    let rule = |name: &str, rule: &str, told: &str| Weakening {
        edits: vec![(
            STORAGE,
            "        Rules:\n          - Id: expire-old-versions".to_owned(),
            format!(
                "        Rules:\n          - {{Id: more, Status: Enabled, {rule}}}\n          - Id: expire-old-versions"
            ),
        )],
        ..Weakening::new(name, &[], REFUSED, &["in a rule of the bucket, files or older versions", told])
    };
    let service = "\"Principal\": {\n        \"Service\": \"sagemaker.amazonaws.com\"\n      },";
    vec![
        // On what is certain of every request of the day.
        denied("nothing over TLS", DAILY, json!({"Bool": {"aws:SecureTransport": "true"}}), "a person cannot "),
        denied("nothing in the account's region", DAILY, json!({"StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}), "a person cannot "),
        denied("nothing in IAM's region", DAILY, json!({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}), "a person cannot create, list, deactivate"),
        denied("nothing outside of the account's region", DAILY, json!({"StringNotEquals": {"aws:RequestedRegion": "ap-northeast-1"}}), "a person cannot create, list, deactivate"),
        denied("nothing by oneself", DAILY, json!({"Bool": {"aws:ViaAWSService": "false"}}), "a person cannot "),
        denied("nothing with a time", DAILY, json!({"Null": {"aws:CurrentTime": "false"}}), "a person cannot "),
        denied("nothing of the own account", DAILY, json!({"StringEquals": {"aws:ResourceAccount": "{{account_id}}"}}), "a person cannot "),
        denied("nothing that is managed", DAILY, json!({"StringEquals": {"aws:ResourceTag/managed-by": "racestack"}}), "a person cannot open, start"),
        denied("no notebook that is managed", NOTEBOOK, json!({"StringEquals": {"aws:ResourceTag/managed-by": "racestack"}}), "a notebook cannot describe and stop itself"),
        denied("no notebook over TLS", NOTEBOOK, json!({"Bool": {"aws:SecureTransport": "true"}}), "a notebook cannot "),
        without("EnableMFADevice", "\"iam:DeleteVirtualMFADevice\",\n        ", "put their own second factor to use"),
        without("CreateVirtualMFADevice", "\"iam:ChangePassword\",\n        ", "make and delete their own virtual MFA device"),
        without("ListMFADevices", "\"iam:GetUser\",\n        ", "see their own user and its second factors"),
        without("ChangePassword", "\"NotAction\": [\n        ", "change their own password"),
        // Roles.
        weakening("no notebook takes its role", (TRUST, STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"sts:*\"},"), REFUSED, &["cannot take on the role of a notebook"]),
        weakening("another account's notebooks take a role", (TRUST, service, "\"Condition\": {\"StringEquals\": {\"aws:SourceAccount\": \"999988887777\"}}, \"Principal\": {\"Service\": \"sagemaker.amazonaws.com\"},"), REFUSED, &["cannot take on the role of a notebook"]),
        weakening("training jobs do not take a role", (TRUST, service, "\"Condition\": {\"ArnLike\": {\"aws:SourceArn\": \"arn:aws:sagemaker:*:111122223333:notebook-instance/*\"}}, \"Principal\": {\"Service\": \"sagemaker.amazonaws.com\"},"), REFUSED, &["for a training-job"]),
        weakening("the rotation's function does not take its role", ("policies/operations/trust.json.hbs", STATEMENT, "\"Statement\": [{\"Effect\": \"Deny\", \"Principal\": {\"Service\": \"lambda.amazonaws.com\"}, \"Action\": \"sts:AssumeRole\"},"), REFUSED, &["cannot take on the role of the function"]).with(ROTATION),
        weakening("users elsewhere", (USERS, "      Path: {{@root.names.user_path}}", "      Path: /other/"), REFUSED, &["`Path` of the user `BobUser` is `/other/`"]),
        // Steps.
        weakening("no metrics of trial components", (SAGEMAKER, ",\n        \"arn:{{partition}}:sagemaker:{{region}}:{{account_id}}:experiment-trial-component/*\"", ""), REFUSED, &["the metrics of the trial components"]),
        weakening("the suspended never stop", ("policies/notebook/suspended.json.hbs", "\"NotAction\": \"sagemaker:StopNotebookInstance\"", "\"Action\": \"*\""), REFUSED, &["the notebook of a suspended person cannot stop itself"]),
        weakening("no keys are listed", (ROTATION_POLICY, "\"iam:ListAccessKeys\",\n        ", ""), REFUSED, &["the function that rotates access keys cannot list"]).with(ROTATION),
        weakening("nobody is found whose keys are old", (ROTATION_POLICY, "iam:GetGroup", "iam:GetUser"), REFUSED, &["cannot find out who the people are"]).with(ROTATION),
        weakening("nobody is told of old keys", (ROTATION_POLICY, "sns:Publish", "sns:ListTopics"), REFUSED, &["cannot send its notices"]).with(ROTATION),
        weakening("keys of whom racestack does not manage", (ROTATION_POLICY, "StringEquals", "StringEqualsIfExists"), TOO_WIDE, &["the function that rotates access keys can"]).with(ROTATION),
        Weakening::new("somebody's folder", &[], REFUSED, &["`bob` cannot read, write"]).and_in(&[DAILY], &json!({"Effect": "Deny", "Action": "s3:*", "Resource": "{{bucket_arn}}/bob/*"})),
        Weakening::new("folders that begin like somebody's", &[], REFUSED, &["`bob` cannot read, write"]).and_in(&[DAILY], &json!({"Effect": "Deny", "Action": "s3:*", "Resource": "{{bucket_arn}}/bo*"})),
        denied("no notebook with a tag that each has", DAILY, json!({"Null": {"aws:ResourceTag/notebook": "false"}}), "a person cannot open, start"),
        denied("no notebook with any tag that each has", DAILY, json!({"StringLike": {"aws:ResourceTag/notebook": "*"}}), "a person cannot open, start"),
        denied("nothing with temporary credentials", NOTEBOOK, json!({"Null": {"aws:TokenIssueTime": "false"}}), "a notebook cannot"),
        denied("no jobs that name instances", DAILY, json!({"Null": {"sagemaker:InstanceTypes": "false"}}), "a person cannot create training jobs"),
        denied("no jobs on any instance", DAILY, json!({"ForAnyValue:StringLike": {"sagemaker:InstanceTypes": "ml.*"}}), "a person cannot create training jobs"),
        denied("nothing that is signed", DAILY, json!({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}), "a person cannot read, write"),
        Weakening::new("no upload without a header", &[], REFUSED, &["a person cannot read, write"]).and_in(&[DAILY], &json!({"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*", "Condition": {"Null": {"s3:x-amz-acl": "true"}}})),
        // What is lost.
        weakening("logs are deleted", ("stacks/notebooks.yaml.hbs", "RetentionInDays: {{number retention_days}}", "RetentionInDays: 1"), REFUSED, &["`RetentionInDays` of the log group", "is `1`, and `30`"]).with(LOGS),
        weakening("logs are not read", ("stacks/notebooks.yaml.hbs", "RetentionInDays: {{number retention_days}}", "RetentionInDays: {{number retention_days}}\n      LogGroupClass: INFREQUENT_ACCESS"), REFUSED, &["`LogGroupClass` of the log group", "is `INFREQUENT_ACCESS`"]).with(LOGS),
        rule("files are deleted", "ExpirationInDays: 1", "by `ExpirationInDays`"),
        rule("files are deleted on a day", "ExpirationDate: 2027-01-01", "by `ExpirationDate`"),
        rule("older versions are deleted", "NoncurrentVersionExpiration: {NoncurrentDays: 1}", "by `NoncurrentVersionExpiration`"),
        rule("older versions are deleted, by the older property", "NoncurrentVersionExpirationInDays: 1", "by `NoncurrentVersionExpirationInDays`"),
        rule("files go to an archive", "Transitions: [{StorageClass: DEEP_ARCHIVE, TransitionInDays: 1}]", "Transitions`"),
        rule("uploads are broken off", "AbortIncompleteMultipartUpload: {DaysAfterInitiation: 1}", "by `AbortIncompleteMultipartUpload`"),
        rule("files go where nobody knows", "Transitions: [{StorageClass: !Ref \"AWS::Region\", TransitionInDays: 1}]", "Transitions`"),
        weakening("rules that are known later", (STORAGE, "        Rules:\n          - Id: expire-old-versions", "        Rules:\n          - !If [Late, {Id: a, Status: Enabled, ExpirationInDays: 1}, !Ref \"AWS::NoValue\"]\n          - Id: expire-old-versions"), REFUSED, &["by `Fn::If` in a rule of the bucket"]),
        rule("older versions go to an archive", "NoncurrentVersionTransitions: [{StorageClass: GLACIER, TransitionInDays: 1}]", "Transitions`"),
        rule("files go to an archive that is read at once", "Transitions: [{StorageClass: GLACIER_IR, TransitionInDays: 1}]", "by `Transitions`"),
        rule("files lie in one place", "Transition: {StorageClass: ONEZONE_IA, TransitionInDays: 30}", "by `Transition`"),
        rule("older versions lie in one place", "NoncurrentVersionTransition: {StorageClass: ONEZONE_IA, TransitionInDays: 30}", "by `NoncurrentVersionTransition`"),
        rule("some older versions are kept", "NoncurrentVersionExpiration: {NoncurrentDays: 1, NewerNoncurrentVersions: 5}", "by `NoncurrentVersionExpiration`"),
        rule("a key that is new", "Vaporization: {InDays: 1}", "by `Vaporization`"),
        // What comes to notebooks.
        weakening("somebody's code", (USERS, "\n      RootAccess: Disabled\n", "\n      RootAccess: Disabled\n      DefaultCodeRepository: https://example.com/any.git\n"), DOUBTFUL, &["`DefaultCodeRepository` of the notebook `BobNotebook`"]),
        weakening("somebody's code besides", (USERS, "\n      RootAccess: Disabled\n", "\n      RootAccess: Disabled\n      AdditionalCodeRepositories: [https://example.com/any.git]\n"), DOUBTFUL, &["`AdditionalCodeRepositories` of the notebook `BobNotebook`"]),
        weakening("a notebook beside the network", (USERS, "      SubnetId: {{@root.subnet_id}}\n", ""), TOO_WIDE, &["`SubnetId` of the notebook"]).with(NETWORK),
        weakening("a notebook with direct internet access", (USERS, "DirectInternetAccess: {{@root.direct_internet_access}}", "DirectInternetAccess: Enabled"), TOO_WIDE, &["`DirectInternetAccess` of the notebook"]).with(NETWORK),
        weakening("a notebook of another group", (USERS, "        {{#each @root.security_group_ids}}\n        - {{this}}\n        {{/each}}\n", "        - sg-00000000000000000\n"), TOO_WIDE, &["`SecurityGroupIds` of the notebook"]).with(NETWORK),
        weakening("no start script", (USERS, "\n      LifecycleConfigName: {{@root.names.notebook_lifecycle}}\n", "\n"), DOUBTFUL, &["`LifecycleConfigName` of the notebook `BobNotebook` is missing"]),
        weakening("users without the tag of rotation", (USERS, "        {{tags user_tags indent=8}}\n", "        - {Key: user, Value: {{name}}}\n        - {Key: notebook, Value: {{notebook.name}}}\n"), REFUSED, &["are not rotated"]).with(ROTATION),
    ]
}

/// What a person cannot do whose files are denied.
const FILES: &str = "read, write and delete in their own folder";

/// Denials that are about somebody of the roster, and not about the prototype.
pub fn of_named() -> Vec<Weakening> {
    let equals = |key: &str, value: &str| json!({"StringEquals": {key: value}});
    let like = |key: &str, value: &str| json!({"StringLike": {key: value}});
    let denied = |action: &str, resource: (&str, &str), condition: Option<Json>, what: &str| {
        let mut statement = json!({"Effect": "Deny", "Action": action, resource.0: resource.1});
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        let told = format!("`bob` cannot {what}");
        Weakening::new(format!("{statement}"), &[], REFUSED, &[&told]).and_in(&[DAILY], &statement)
    };
    let log = "arn:aws:logs:*:*:log-group:/aws/sagemaker/NotebookInstances:log-stream:bob/*";
    vec![
        denied("s3:*", ("Resource", "{{bucket_arn}}/?ob/*"), None, FILES),
        denied("s3:*Object", ("Resource", "{{bucket_arn}}/b*/models/*"), None, FILES),
        denied("s3:GetObject", ("NotResource", "{{bucket_arn}}/q*/*"), None, FILES),
        denied("s3:GetObject", ("NotResource", "{{bucket_arn}}/????????/*"), None, FILES),
        denied("s3:ListBucket", ("Resource", "*"), Some(like("s3:prefix", "bob/*")), "list"),
        denied("s3:ListBucket", ("Resource", "*"), Some(json!({"StringNotLike": {"s3:prefix": "q*"}})), "list"),
        denied("sagemaker:*TrainingJob", ("Resource", "*"), Some(equals("aws:RequestTag/user", "bob")), ""),
        denied("sagemaker:Stop*", ("Resource", "*"), Some(like("AWS:ResourceTag/User", "b?b")), ""),
        denied("iam:PassRole", ("Resource", "arn:aws:iam::*:role/deepracer/notebook/bob"), None, "pass"),
        denied("iam:*AccessKey", ("Resource", "arn:aws:iam::*:user/deepracer/bo?"), None, ""),
        denied("logs:*", ("Resource", log), None, "read"),
        // Nobody has such a tag, and no person is a service: what stands there is the default.
        denied(
            "s3:ListBucket",
            ("Resource", "*"),
            Some(like("s3:prefix", "bo${aws:PrincipalTag/none, 'b'}/*")),
            "list",
        ),
        denied("s3:GetObject", ("Resource", "{{bucket_arn}}/${aws:PrincipalServiceName, 'bob'}/*"), None, FILES),
        denied(
            "iam:*AccessKey",
            ("Resource", "arn:aws:iam::*:user/deepracer/bo${aws:PrincipalTag/none, 'b'}"),
            None,
            "",
        ),
        denied("sagemaker:Stop*", ("Resource", "*"), Some(json!({"StringEqualsIgnoreCase": {"aws:ResourceTag/user": "BOB"}})), ""),
        denied("s3:ListBucket", ("Resource", "*"), Some(json!({"StringEqualsIgnoreCase": {"s3:prefix": "BOB/"}})), "list"),
        Weakening::new("a policy of one's own that means one's notebook", &[(USERS, "      Path: {{@root.names.user_path}}\n", "      Path: {{@root.names.user_path}}\n      Policies: [{PolicyName: own, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::{{@root.names.bucket}}/{{notebook.name}}/*\"}]}}]\n")], REFUSED, &["`bob` cannot read, write"]),
        Weakening::new("a bucket that is closed to somebody", &[], REFUSED, &["`bob` cannot read, write"])
            .and_in(&[BUCKET], &json!({"Effect": "Deny", "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:user/deepracer/bob"}}, "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*"})),
        // The tags that a notebook has are those of its person.
        denied("sagemaker:*Notebook*", ("Resource", "*"), Some(equals("aws:ResourceTag/notebook", "bob")), "open, start"),
        // The company's are everybody's.
        Weakening::new("no notebook with the company's tag", &[], REFUSED, &["a person cannot open, start"])
            .and_in(&[DAILY], &json!({"Effect": "Deny", "Action": "sagemaker:*Notebook*", "Resource": "*", "Condition": equals("aws:ResourceTag/dept:name", "x1")}))
            .with("tags: {\"dept:name\": x1}\n"),
        // Beside a variable with a wildcard, a name that begins with somebody's.
        Weakening::new("what is named like somebody, and more", &[], TOO_WIDE, &["`bob` can", "sagemaker:StopTrainingJob"])
            .and_in(&[DAILY, "policies/user/boundary.json.hbs"], &json!({"Effect": "Allow", "Action": "sagemaker:StopTrainingJob", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/user": "bobby"}, "StringLike": {"aws:ResourceTag/user": "${aws:username}*"}}})),
        Weakening::new("logs that are named like somebody's, and more", &[], TOO_WIDE, &["`bob` can", "logs:GetLogEvents"])
            .and_in(&[DAILY, "policies/user/boundary.json.hbs"], &json!({"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": "arn:aws:logs:*:111122223333:log-group:/aws/sagemaker/NotebookInstances:log-stream:bobby/*"}))
            .and_in(&[DAILY, "policies/user/boundary.json.hbs"], &json!({"Effect": "Deny", "Action": "logs:GetLogEvents", "NotResource": "arn:aws:logs:*:111122223333:log-group:/aws/sagemaker/NotebookInstances:log-stream:${aws:PrincipalTag/notebook}*"})),
    ]
}

/// What the tags of stacks open, which CloudFormation gives to what has no such tag in the template.
pub fn of_stack_tags() -> Vec<Weakening> {
    let by_tag = json!({
        "Effect": "Allow", "Action": ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"], "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/user": "${aws:PrincipalTag/boss}"}},
    });
    let own = "        - {Key: user, Value: {{name}}}\n        - {Key: notebook, Value: {{notebook.name}}}\n";
    let role = "Resources:\n  Helper:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: read, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::{{names.bucket}}/${aws:PrincipalTag/boss}/*\"}]}}]\n";
    let with_tag = |weakening: Weakening| weakening.with("tags: {boss: bobby}\n");
    vec![
        with_tag(
            weakening(
                "people",
                (USERS, "        {{tags user_tags indent=8}}\n", own),
                TOO_WIDE,
                &["a person can", "sagemaker:StopTrainingJob"],
            )
            .and_in(&[DAILY, "policies/user/boundary.json.hbs"], &by_tag),
        ),
        with_tag(weakening(
            "a helper",
            (STORAGE, "Resources:\n", role),
            TOO_WIDE,
            &["which is nobody's of the roster, can", "s3:GetObject"],
        )),
    ]
}

/// Texts with two names of a person's that are the same for some people: a notebook is named like its person unless somebody wants another.
pub fn of_coincidences() -> Vec<Weakening> {
    const SUSPENDED: &str = "policies/user/suspended.json.hbs";
    let of_both = json!({
        "Effect": "Allow", "Action": "cloudformation:CreateStack", "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:UserAgent": "${aws:PrincipalTag/notebook}"},
            "StringLike": {"aws:UserAgent": "${aws:PrincipalTag/user}"},
        },
    });
    let denied = |action: &str, resource: &str, key: &str, value: &str| {
        let mut statement = json!({"Effect": "Deny", "Action": action, "Resource": resource});
        if !key.is_empty() {
            statement["Condition"] = json!({"StringLike": {key: value}});
        }
        statement
    };
    let log = "arn:{{partition}}:logs:{{region}}:{{account_id}}:log-group:/aws/sagemaker/NotebookInstances:log-stream:${aws:PrincipalTag/user}/*";
    let but = |tag: &str| json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringNotEquals": {"aws:ResourceTag/user": format!("${{aws:PrincipalTag/{tag}}}")}}});
    let halves = format!(
        "\"Statement\": [{},{},{{\"Effect\": \"Deny\", \"Action\": \"nothing:AtAll\",",
        but("user"),
        but("notebook")
    );
    let in_two =
        Weakening::new("suspended people denied in two halves", &[], TOO_WIDE, &["`eve`, who is suspended, can"]);
    let whole = "\"Statement\": [\n    {\n      \"//\": \"The person is suspended.\",\n      \"Effect\": \"Deny\",\n      \"Action\": \"*\",";
    vec![
        Weakening::new(
            "stacks of whoever has two names that are the same",
            &[],
            TOO_WIDE,
            &["`bob` can", "cloudformation:CreateStack"],
        )
        .and_told(&["the permissions boundary alone would let `bob`"])
        .and_in(&[DAILY, "policies/user/boundary.json.hbs"], &of_both),
        Weakening { edits: vec![(SUSPENDED, whole.to_owned(), halves)], ..in_two },
        Weakening::new("no lists of what is named like the notebook", &[], REFUSED, &["`bob` cannot"])
            .and_in(&[DAILY], &denied("s3:ListBucket", "*", "s3:prefix", "${aws:PrincipalTag/notebook}/*")),
        Weakening::new("no keys of who is named like the notebook", &[], REFUSED, &["`bob` cannot"]).and_in(
            &[DAILY],
            &denied("iam:CreateAccessKey", "arn:aws:iam::*:user/deepracer/${aws:PrincipalTag/notebook}", "", ""),
        ),
        Weakening::new("no logs of what is named like the person", &[], REFUSED, &["the notebook of `bob` cannot"])
            .and_in(&[NOTEBOOK], &denied("logs:*", log, "", "")),
    ]
}

/// What racestack's own resources are made of.
pub fn of_own() -> Vec<Weakening> {
    [of_rotation(), of_people(), of_storage()].into_iter().flatten().collect()
}

fn of_rotation() -> Vec<Weakening> {
    let in_rotation = |name: &str, from: &str, to: &str, found_as, told: &str| {
        let edits = vec![(OPERATIONS, from.to_owned(), to.to_owned())];
        Weakening { edits, ..Weakening::new(name, &[], found_as, &[told]) }.with(ROTATION)
    };
    let other = "  Other:\n    Type: AWS::Lambda::Function\n    Properties: {Role: {Fn::GetAtt: [KeyRotationRole, Arn]}, Runtime: python3.13, Handler: index.handler, Code: {ZipFile: pass}}\n\n  KeyRotationDaily:\n";
    vec![
        in_rotation(
            "rotation that is off",
            "State: ENABLED",
            "State: DISABLED",
            TOO_WIDE,
            "`State` of the rule `KeyRotationDaily` is `DISABLED`, and `ENABLED`",
        ),
        in_rotation(
            "rotation once a year",
            "rate(1 day)",
            "rate(365 days)",
            DOUBTFUL,
            "`ScheduleExpression` of the rule `KeyRotationDaily` is `rate(365 days)`",
        ),
        in_rotation(
            "rotation of nothing",
            "Arn: {Fn::GetAtt: [KeyRotation, Arn]}",
            "Arn: any",
            TOO_WIDE,
            "`Targets/Arn` of the rule",
        ),
        in_rotation(
            "no rule",
            "  KeyRotationDaily:\n    Type: AWS::Events::Rule\n",
            "  KeyRotationDaily:\n    Type: AWS::Events::Connection\n",
            DOUBTFUL,
            "the rule `KeyRotationDaily` is missing",
        ),
        in_rotation(
            "rotation of keys that are very old",
            "MAX_AGE_DAYS: {{key_rotation.max_age_days}}",
            "MAX_AGE_DAYS: \"3650\"",
            TOO_WIDE,
            "`Environment/Variables/MAX_AGE_DAYS` of the function `KeyRotation` is `3650`, and `90`",
        ),
        in_rotation(
            "rotation of nobody",
            "GROUP: {{names.group}}",
            "GROUP: nobody",
            TOO_WIDE,
            "`Environment/Variables/GROUP` of the function",
        ),
        in_rotation(
            "a function without its settings",
            "      Environment:\n",
            "      Elsewhere:\n",
            TOO_WIDE,
            "`Environment` of the function `KeyRotation` is missing",
        ),
        in_rotation(
            "other code",
            "          {{block key_rotation.code indent=10}}",
            "          def handler(event, context): pass",
            DOUBTFUL,
            "`Code/ZipFile` of the function `KeyRotation` is not that of",
        ),
        in_rotation(
            "another role",
            "Role: {Fn::GetAtt: [KeyRotationRole, Arn]}",
            "Role: arn:aws:iam::111122223333:role/service-role/AWSDeepRacerLambdaAccessRole",
            TOO_WIDE,
            "`Role` of the function",
        ),
        in_rotation(
            "a function that never runs",
            "      Timeout: 900\n",
            "      Timeout: 900\n      ReservedConcurrentExecutions: 0\n",
            DOUBTFUL,
            "`ReservedConcurrentExecutions` of the function",
        ),
        in_rotation("another function with its role", "  KeyRotationDaily:\n", other, UNDECIDED, "`Other` acts as"),
        in_rotation(
            "somebody else is told of keys",
            "Endpoint: {{key_rotation.notify}}",
            "Endpoint: b@example.com",
            DOUBTFUL,
            "`Endpoint` of the subscription `NoticesByMail` is `b@example.com`",
        ),
        weakening(
            "another rotation",
            ("scripts/rotate-keys.py", "import ", "import os\nimport "),
            DOUBTFUL,
            &["`Code/ZipFile` of the function"],
        )
        .with(ROTATION),
    ]
}

fn of_people() -> Vec<Weakening> {
    const TYPE: &str = "      InstanceType: {{notebook.instance_type}}\n      VolumeSizeInGB: {{number notebook.volume_gb}}\n      {{#if @root.notebook_kms_key}}";
    const BESIDE_ROOT: &str = "      RootAccess: Disabled\n      InstanceMetadataServiceConfiguration:\n        MinimumInstanceMetadataServiceVersion: \"2\"\n      {{#if @root.subnet_id}}";
    let second = "  {{ids.notebook}}Second:\n    Type: AWS::SageMaker::NotebookInstance\n    Properties: {NotebookInstanceName: \"{{notebook.name}}-2\", InstanceType: ml.p3.16xlarge, RoleArn: {Fn::GetAtt: [{{ids.notebook_role}}, Arn]}, Tags: [{Key: user, Value: {{name}}}, {Key: notebook, Value: \"{{notebook.name}}-2\"}]}\n\n  {{ids.notebook}}:\n";
    vec![
        weakening(
            "notebooks of another type",
            (
                USERS,
                TYPE,
                "      InstanceType: ml.p3.16xlarge\n      VolumeSizeInGB: 5\n      {{#if @root.notebook_kms_key}}",
            ),
            TOO_WIDE,
            &["`InstanceType` of the notebook `BobNotebook` is `ml.p3.16xlarge`, and `ml.t3.medium`"],
        ),
        weakening(
            "notebooks with a large volume",
            (
                USERS,
                TYPE,
                "      InstanceType: {{notebook.instance_type}}\n      VolumeSizeInGB: 5000\n      {{#if @root.notebook_kms_key}}",
            ),
            // It costs more, and lets nobody do anything.
            "error[template::structure]",
            &["`VolumeSizeInGB` of the notebook `BobNotebook` is `5000`, and `5`"],
        ),
        weakening(
            "notebooks with another platform",
            (USERS, "{{@root.platform}}", "notebook-al2-v3"),
            DOUBTFUL,
            &["`PlatformIdentifier` of the notebook"],
        ),
        weakening(
            "notebooks with a root user",
            (USERS, BESIDE_ROOT, "      RootAccess: Enabled\n      {{#if @root.subnet_id}}"),
            DOUBTFUL,
            &["`RootAccess` of the notebook"],
        ),
        weakening(
            "notebooks in a network",
            (USERS, BESIDE_ROOT, "      RootAccess: Disabled\n      SubnetId: subnet-1\n      {{#if @root.subnet_id}}"),
            DOUBTFUL,
            &["`SubnetId` of the notebook"],
        ),
        weakening(
            "a second notebook",
            (USERS, "  {{ids.notebook}}:\n", second),
            TOO_WIDE,
            &["`InstanceType` of the notebook `BobNotebookSecond`"],
        ),
        weakening(
            "a first password that stays",
            (USERS, "PasswordResetRequired: true", "PasswordResetRequired: false"),
            TOO_WIDE,
            &["`LoginProfile/PasswordResetRequired` of the user"],
        ),
        weakening(
            "a short first password",
            (USERS, "PasswordLength: 32", "PasswordLength: 8"),
            TOO_WIDE,
            &["`GenerateSecretString/PasswordLength` of the secret"],
        ),
    ]
}

fn of_storage() -> Vec<Weakening> {
    let in_storage = |name: &str, from: &str, to: &str, told: &str| Weakening {
        edits: vec![(STORAGE, from.to_owned(), to.to_owned())],
        ..Weakening::new(name, &[], UNDECIDED, &[told])
    };
    let of_bucket = |key: &str, value: &str| {
        let to = format!("      {key}: {value}\n      VersioningConfiguration:");
        in_storage(key, "      VersioningConfiguration:", &to, &format!("`{key}` of the bucket `Bucket` is"))
    };
    vec![
        of_bucket("ObjectLockEnabled", "true"),
        of_bucket(
            "ObjectLockConfiguration",
            "{ObjectLockEnabled: Enabled, Rule: {DefaultRetention: {Mode: COMPLIANCE, Years: 9}}}",
        ),
        of_bucket(
            "IntelligentTieringConfigurations",
            "[{Id: a, Status: Enabled, Tierings: [{AccessTier: ARCHIVE_ACCESS, Days: 90}]}]",
        ),
        of_bucket("AccessControl", "AuthenticatedRead"),
        of_bucket("WebsiteConfiguration", "{IndexDocument: a}"),
        in_storage(
            "objects of those who write them",
            "BucketOwnerEnforced",
            "ObjectWriter",
            "`OwnershipControls/Rules/ObjectOwnership` of the bucket",
        ),
        in_storage(
            "public lists",
            "BlockPublicAcls: true",
            "BlockPublicAcls: false",
            "`PublicAccessBlockConfiguration/BlockPublicAcls` of the bucket",
        ),
        in_storage(
            "no older versions",
            "        Status: Enabled\n      LifecycleConfiguration",
            "        Status: Suspended\n      LifecycleConfiguration",
            "`VersioningConfiguration/Status` of the bucket",
        ),
        in_storage(
            "a policy of another bucket",
            "      Bucket: !Ref Bucket\n",
            "      Bucket: mycompany-other\n",
            "`Bucket` of the bucket policy",
        ),
    ]
}

/// The same in other words, or narrower where it may be.
pub fn harmless() -> Vec<Weakening> {
    let fine = |name: &str, edit: Edit<'static>| weakening(name, edit, "", &[]);
    let denied = |name: &str, condition: Json| {
        Weakening::new(name, &[], "", &[]).and_in(
            &[DAILY],
            &json!({"Effect": "Deny", "Action": ["s3:*", "sagemaker:*", "logs:*"], "Resource": "*", "Condition": condition}),
        )
    };
    vec![
        fine("the role's name as a text", (NOTEBOOK_BOUNDARY, "\"ArnNotEquals\"", "\"StringNotEquals\"")),
        fine(
            "the role's name as a pattern without wildcards",
            (NOTEBOOK_BOUNDARY, "\"ArnNotEquals\"", "\"ArnNotLike\""),
        ),
        fine(
            "people by their own ARN",
            (
                FOLDER,
                STATEMENT,
                "\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"s3:*\", \"Resource\": \"*\", \"Condition\": {\"ArnNotEquals\": {\"aws:PrincipalArn\": \"arn:{{partition}}:iam::{{account_id}}:user{{user_path}}${aws:username}\"}}},",
            ),
        ),
        fine(
            "a role of Lambda with what is nobody's",
            (
                "policies/service/lambda.hardened.json.hbs",
                STATEMENT,
                "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": [\"dynamodb:GetItem\", \"lambda:InvokeFunction\"], \"Resource\": \"*\"},",
            ),
        ),
        fine(
            "a role of Lambda with another bucket",
            (
                "policies/service/lambda.hardened.json.hbs",
                STATEMENT,
                "\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"s3:GetObject\", \"Resource\": \"arn:{{partition}}:s3:::mycompany-other/*\"},",
            ),
        ),
        fine(
            "a role of Lambda with less",
            ("policies/service/lambda.hardened.json.hbs", "\"logs:CreateLogGroup\",", ""),
        ),
        fine(
            "SageMaker for this account, by a source",
            (
                "policies/trust/sagemaker.hardened.json.hbs",
                "\"StringEquals\": {\n          \"aws:SourceAccount\": \"{{account_id}}\"",
                "\"ArnLike\": {\n          \"aws:SourceArn\": \"arn:{{partition}}:sagemaker:{{region}}:{{account_id}}:*\"",
            ),
        ),
        fine(
            "notebooks for this account",
            (
                TRUST,
                "\"Principal\": {\n        \"Service\": \"sagemaker.amazonaws.com\"\n      },",
                "\"Condition\": {\"StringEquals\": {\"aws:SourceAccount\": \"111122223333\"}}, \"Principal\": {\"Service\": \"sagemaker.amazonaws.com\"},",
            ),
        ),
        fine(
            "a rule by its ARN",
            (
                OPERATIONS,
                "SourceArn: {Fn::GetAtt: [KeyRotationDaily, Arn]}",
                "SourceArn: arn:aws:events:ap-northeast-1:111122223333:rule/racestack-key-rotation",
            ),
        )
        .with(ROTATION),
        fine(
            "rules that are off",
            (
                STORAGE,
                "        Rules:\n          - Id: expire-old-versions",
                "        Rules:\n          - {Id: more, Status: Disabled, ExpirationInDays: 1}\n          - Id: expire-old-versions",
            ),
        ),
        fine(
            "older versions for longer",
            (STORAGE, "NoncurrentDays: {{number old_version_days}}", "NoncurrentDays: 3650"),
        ),
        Weakening::new("nobody's folder", &[], "", &[])
            .and_in(&[DAILY], &json!({"Effect": "Deny", "Action": "s3:*", "Resource": "{{bucket_arn}}/archive/*"})),
        denied("no upload that others may read", json!({"StringEquals": {"s3:x-amz-acl": "public-read"}})),
        denied("nothing without TLS", json!({"Bool": {"aws:SecureTransport": "false"}})),
        denied("nothing in another region", json!({"StringNotEquals": {"aws:RequestedRegion": "ap-northeast-1"}})),
        denied("nothing of another account", json!({"StringNotEquals": {"aws:ResourceAccount": "{{account_id}}"}})),
    ]
}
