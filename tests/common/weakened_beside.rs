//! What a company's templates have beside racestack's own resources: what hands on what people have, and what does not.

use serde_json::json;

use super::more::{DAILY, LOGS, NETWORK, OPERATIONS};
use super::{BUCKET, DOUBTFUL, REFUSED, ROTATION, STORAGE, TOO_WIDE, UNDECIDED, USERS, Weakening};
use crate::common::edits::Edit;

const RESOURCES: &str = "Resources:\n";
/// Where the resources of each person begin.
const PEOPLE: &str = "{{#each users}}\n";
const OUTPUTS: &str = "Outputs:\n";
const LOOP_END: &str = "{{/each}}\n\nOutputs:";
const STRUCTURE: &str = "error[template::structure]";
const NOTEBOOKS: &str = "stacks/notebooks.yaml.hbs";
const ROLE: &str = "  CompanyRole:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-x\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n";
const FUNCTION: &str =
    "{Role: {Fn::GetAtt: [CompanyRole, Arn]}, Runtime: python3.13, Handler: index.handler, Code: {ZipFile: pass}}";
const OPENS_NOTEBOOK: &str = "Resources:\n  CompanyRole:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-x\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: states.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: x, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"sagemaker:CreatePresignedNotebookInstanceUrl\", Resource: \"*\"}]}}]\n\n  Opens:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {RoleArn: !GetAtt CompanyRole.Arn, DefinitionString: '{\"Parameters\": {\"NotebookInstanceName\": \"bob\"}}'}\n\n";
const NOTICES: &str = "policies/operations/notices.json.hbs";
/// What a role may read that is nobody's of the roster.
const READS: &str = "{Effect: Allow, Action: [\"cloudformation:DescribeStacks\", \"cloudformation:ListStacks\", \"codebuild:BatchGetBuilds\"], Resource: \"*\"}, {Effect: Allow, Action: [\"logs:FilterLogEvents\", \"logs:GetLogEvents\"], Resource: !Sub \"arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/company-fn:*\"}, {Effect: Allow, Action: \"secretsmanager:GetSecretValue\", Resource: !Sub \"arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:company/slack-*\"}, {Effect: Allow, Action: \"sagemaker:InvokeEndpoint\", Resource: \"arn:aws:sagemaker:ap-northeast-1:111122223333:endpoint/mine-*\"}, {Effect: Allow, Action: \"logs:GetLogEvents\", Resource: \"arn:aws:logs:*:111122223333:log-group:/company/*\"}, {Effect: Allow, Action: \"secretsmanager:GetSecretValue\", Resource: \"arn:aws:secretsmanager:*:111122223333:secret:company/*\"}, {Effect: Allow, Action: [\"ssm:DescribeAssociation\", \"ssm:ListAssociations\", \"ssm:ListInstanceAssociations\", \"ssm:UpdateInstanceAssociationStatus\"], Resource: \"*\"}, {Effect: Allow, Action: [\"logs:DeleteLogGroup\", \"logs:PutRetentionPolicy\", \"logs:StartLiveTail\", \"logs:TagResource\"], Resource: \"arn:aws:logs:*:111122223333:log-group:/company/*\"}, {Effect: Allow, Action: \"iam:CreateServiceLinkedRole\", Resource: \"arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/*\"}, {Effect: Allow, Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::company-reports/*\"}, {Effect: Allow, Action: \"sqs:SendMessage\", Resource: \"arn:aws:sqs:ap-northeast-1:999988887777:company\"}, {Effect: Allow, Action: \"ecr:BatchGetImage\", Resource: \"arn:aws:ecr:ap-northeast-1:763104351884:repository/pytorch-training\"}, {Effect: Allow, Action: \"sns:Publish\", Resource: \"arn:aws:sns:ap-northeast-1:111122223333:alarms\"}";
/// What stands before a person's user in the template of people.
const USER: &str = "  {{ids.user}}:\n    Type: AWS::IAM::User\n";

/// A resource that a template has besides: the template, its logical ID, its type, its properties, what it is found as, and
/// what is told of it.
type Besides = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const NAMES: &str = "what is racestack's own, and may hand it on";
const OPEN: &str = "what is known only when the stack is deployed, and may be racestack's own";

#[rustfmt::skip]
const BESIDES: &[Besides] = &[
    // What looks into the account for others.
    (STORAGE, "Master", "GuardDuty::Master", "{DetectorId: d, MasterId: \"999988887777\"}", UNDECIDED, "shows another account"),
    (STORAGE, "Assessment", "AuditManager::Assessment", "{Name: a}", UNDECIDED, "looks into logs"),
    (STORAGE, "Certificate", "IoT::Certificate", "{Status: ACTIVE}", UNDECIDED, "lets identities of elsewhere in"),
    (STORAGE, "Greengrass", "GreengrassV2::Deployment", "{TargetArn: a}", UNDECIDED, "runs code on devices"),
    // What serves, copies or fills the bucket.
    (STORAGE, "Cdn", "CloudFront::Distribution", "{DistributionConfig: {Enabled: true, Origins: [{Id: b, DomainName: !GetAtt Bucket.RegionalDomainName, S3OriginConfig: {}}]}}", UNDECIDED, NAMES),
    (STORAGE, "CdnByName", "CloudFront::Distribution", "{DistributionConfig: {Enabled: true, Origins: [{Id: b, DomainName: {{names.bucket}}.s3.amazonaws.com}]}}", UNDECIDED, NAMES),
    (STORAGE, "Method", "ApiGateway::Method", "{HttpMethod: GET, Integration: {Type: AWS, Uri: \"arn:aws:apigateway:ap-northeast-1:s3:path/{{names.bucket}}/any\"}}", UNDECIDED, NAMES),
    (STORAGE, "Sftp", "Transfer::User", "{ServerId: s, UserName: bob, HomeDirectory: !Sub \"/${Bucket}/bob\"}", UNDECIDED, NAMES),
    (STORAGE, "Flow", "AppFlow::Flow", "{FlowName: f, SourceFlowConfig: {ConnectorType: S3, SourceConnectorProperties: {S3: {BucketName: {{names.bucket}}}}}}", UNDECIDED, NAMES),
    (STORAGE, "Crawler", "Glue::Crawler", "{Targets: {S3Targets: [{Path: !Join [\"\", [\"s3://\", !Ref Bucket]]}]}}", UNDECIDED, NAMES),
    (STORAGE, "Table", "Glue::Table", "{DatabaseName: d, TableInput: {Name: t, StorageDescriptor: {Location: \"s3://{{names.bucket}}/\"}}}", UNDECIDED, NAMES),
    (STORAGE, "Athena", "Athena::WorkGroup", "{Name: w, WorkGroupConfiguration: {ResultConfiguration: {OutputLocation: \"s3://{{names.bucket}}/bob/\"}}}", UNDECIDED, NAMES),
    (STORAGE, "Backups", "Backup::BackupSelection", "{BackupPlanId: p, BackupSelection: {SelectionName: s, Resources: [!GetAtt Bucket.Arn]}}", UNDECIDED, NAMES),
    (STORAGE, "Hose", "KinesisFirehose::DeliveryStream", "{S3DestinationConfiguration: {BucketARN: !GetAtt Bucket.Arn, Prefix: bob/}}", UNDECIDED, NAMES),
    (STORAGE, "Logged", "S3::Bucket", "{BucketName: mycompany-other, LoggingConfiguration: {DestinationBucketName: !Ref Bucket, LogFilePrefix: bob/}}", UNDECIDED, NAMES),
    (STORAGE, "Counted", "S3::Bucket", "{BucketName: mycompany-third, InventoryConfigurations: [{Id: a, Destination: {BucketArn: !GetAtt Bucket.Arn, Prefix: bob/}}]}", UNDECIDED, NAMES),
    (STORAGE, "Model", "SageMaker::Model", "{PrimaryContainer: {Image: a, ModelDataUrl: \"s3://{{names.bucket}}/bob/model.tar.gz\"}}", UNDECIDED, NAMES),
    (STORAGE, "Features", "SageMaker::FeatureGroup", "{FeatureGroupName: f, OfflineStoreConfig: {S3StorageConfig: {S3Uri: \"s3://{{names.bucket}}/bob/\"}}}", UNDECIDED, NAMES),
    (STORAGE, "Channel", "Config::DeliveryChannel", "{S3BucketName: {{names.bucket}}, S3KeyPrefix: bob}", UNDECIDED, NAMES),
    (STORAGE, "Scan", "GuardDuty::MalwareProtectionPlan", "{ProtectedResource: {S3Bucket: {BucketName: {{names.bucket}}}}}", UNDECIDED, NAMES),
    (STORAGE, "Endpoint", "DMS::Endpoint", "{EndpointType: source, EngineName: s3, S3Settings: {BucketName: {{names.bucket}}}}", UNDECIDED, NAMES),
    (STORAGE, "Project", "CodeBuild::Project", "{Source: {Type: S3, Location: {{names.bucket}}/bob/model.tar.gz}}", UNDECIDED, NAMES),
    (STORAGE, "Locations", "DataSync::LocationS3", "{S3BucketArn: !GetAtt Bucket.Arn}", UNDECIDED, NAMES),
    (STORAGE, "Dataset", "Personalize::Dataset", "{Name: d, DatasetImportJob: {DataSource: {DataLocation: \"s3://{{names.bucket}}/bob\"}}}", UNDECIDED, NAMES),
    (STORAGE, "Knowledge", "Bedrock::DataSource", "{Name: k, DataSourceConfiguration: {S3Configuration: {BucketArn: !GetAtt Bucket.Arn}}}", UNDECIDED, NAMES),
    // The same, by names that functions put together.
    (STORAGE, "InCapitals", "CloudFront::Distribution", "{A: MYCOMPANY-aws-deepracer-test-20221130201905.S3.amazonaws.com}", UNDECIDED, NAMES),
    (STORAGE, "PercentEncoded", "CloudFront::Distribution", "{A: /mycompany%2Daws%2ddeepracer-test-20221130201905}", UNDECIDED, NAMES),
    (STORAGE, "Joined", "CloudFront::Distribution", "{A: !Join [\"-\", [mycompany, aws-deepracer, !Join [\"-\", [test, \"20221130201905\"]]]]}", UNDECIDED, NAMES),
    (STORAGE, "Substituted", "CloudFront::Distribution", "{A: !Sub [\"${A}-aws-deepracer-${B}-20221130201905.s3\", {A: mycompany, B: !Select [1, [any, test]]}]}", UNDECIDED, NAMES),
    (STORAGE, "Selected", "CloudFront::Distribution", "{A: [!Select [\"1\", [any, !Join [\"-\", [mycompany, aws-deepracer-test, \"20221130201905\"]]]]]}", UNDECIDED, NAMES),
    (STORAGE, "Split", "CloudFront::Distribution", "{A: !Join [\"-\", !Split [\"/\", mycompany/aws/deepracer/test/20221130201905]]}", UNDECIDED, NAMES),
    (STORAGE, "SplitList", "CloudFront::Distribution", "{A: !Split [\"/\", !Join [\"-\", [any/mycompany, aws-deepracer-test, \"20221130201905\"]]]}", UNDECIDED, NAMES),
    (STORAGE, "Encoded", "CloudFront::Distribution", "{A: {Fn::Base64: !Join [\"-\", [mycompany, aws-deepracer-test, \"20221130201905\"]]}}", UNDECIDED, NAMES),
    (STORAGE, "Perhaps", "CloudFront::Distribution", "{A: !If [Any, any, !Join [\"-\", [mycompany, aws-deepracer-test, \"20221130201905\"]]]}", UNDECIDED, NAMES),
    (STORAGE, "InAKey", "CloudFront::Distribution", "{A: {mycompany-aws-deepracer-test-20221130201905: any}}", UNDECIDED, NAMES),
    (STORAGE, "Escaped", "CloudFront::Distribution", "{A: '{\"b\": [\"mycompany\\u002daws-deepracer-test-20221130201905\"]}'}", UNDECIDED, NAMES),
    (STORAGE, "ByParameter", "CloudFront::Distribution", "{A: !GetAtt Held.Value}\n\n  Held:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: !Ref Bucket}", UNDECIDED, NAMES),
    (STORAGE, "Notebook", "CloudFront::Distribution", "{A: !Join [\"/\", [!Sub \"arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:notebook-instance\", bob]]}", UNDECIDED, NAMES),
    (STORAGE, "User", "CloudFront::Distribution", "{A: !Sub \"arn:aws:iam::${AWS::AccountId}:user/deepracer/bob\"}", UNDECIDED, NAMES),
    // And by what nobody knows before the stack is deployed.
    (STORAGE, "Imported", "CloudFront::Distribution", "{A: !ImportValue any}", UNDECIDED, OPEN),
    (STORAGE, "ImportedInPart", "CloudFront::Distribution", "{A: !Sub [\"${A}.s3\", {A: !ImportValue any}]}", UNDECIDED, OPEN),
    (STORAGE, "Resolved", "CloudFront::Distribution", "{A: \"\\{{resolve:ssm:/any}}\"}", UNDECIDED, OPEN),
    (STORAGE, "Mapped", "CloudFront::Distribution", "{A: !FindInMap [Any, any, any]}", UNDECIDED, OPEN),
    (STORAGE, "AsJson", "CloudFront::Distribution", "{A: {Fn::ToJsonString: {a: any}}}", UNDECIDED, OPEN),
    (STORAGE, "Round", "CloudFront::Distribution", "{AName: !GetAtt Round.AName}", UNDECIDED, OPEN),
    (STORAGE, "Carried", "DynamoDB::Table", "{TableName: copy, ImportSourceSpecification: {S3BucketSource: {S3Bucket: !Ref Carrier}}}\n\n  Carrier:\n    Type: AWS::Budgets::Budget\n    Properties: {Budget: {BudgetName: {{names.bucket}}}}", UNDECIDED, OPEN),
    (STORAGE, "Halves", "Lambda::LayerVersion", "{Content: {S3Bucket: !Sub \"${Half}deepracer-test-20221130201905\"}}\n\n  Half:\n    Type: AWS::Glue::Database\n    Properties: {DatabaseInput: {Name: mycompany-aws-}}", UNDECIDED, OPEN),
    (STORAGE, "NamedHalves", "Lambda::LayerVersion", "{Content: {S3Bucket: !Sub \"${NamedHalf}deepracer-test-20221130201905\"}}\n\n  NamedHalf:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: mycompany-aws-}", UNDECIDED, NAMES),
    (STORAGE, "PartOfArn", "CloudFront::Distribution", "{A: !Select [1, !Split [north, !Ref ArnInParts]]}\n\n  ArnInParts:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: any}", UNDECIDED, OPEN),
    // Secrets of which nobody knows before that whose they are.
    (STORAGE, "WhichOne", "SSM::Parameter", "{Type: String, Value: !Sub [\"\\{{resolve:secretsmanager:${A}:SecretString:password}}\", {A: !ImportValue any}]}", UNDECIDED, "may hand on somebody's first password"),
    (STORAGE, "WhichTold", "CloudWatch::Alarm", "{AlarmDescription: !Join [\"\", [\"\\{{resolve:secrets\", !ImportValue any]]}", UNDECIDED, "may hand on somebody's first password"),
    (STORAGE, "WhichKept", "Lambda::Function", "{Environment: {Variables: {A: !Sub [\"${A}manager:any}}\", {A: !ImportValue any}]}}}", UNDECIDED, "may hand on somebody's first password"),
    (STORAGE, "WhichShown", "SNS::Topic", "{DisplayName: !Sub [\"\\{{resolve:ssm-secure:${A}}}\", {A: !ImportValue any}]}", UNDECIDED, "may hand on somebody's first password"),
    // Who is told of keys.
    (OPERATIONS, "Eve", "SNS::Subscription", "{TopicArn: {{names.notices_topic_arn}}, Protocol: email, Endpoint: eve@example.org}", DOUBTFUL, NAMES),
    (OPERATIONS, "SecondPolicy", "SNS::TopicPolicy", "{Topics: [{{names.notices_topic_arn}}], PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Principal: \"*\", Action: \"sns:Publish\", Resource: \"*\"}]}}", UNDECIDED, NAMES),
    // Roles by the names of options.
    (STORAGE, "Options", "RDS::OptionGroup", "{OptionConfigurations: [{OptionSettings: [{Name: IAM_ROLE_ARN, Value: Admin}]}]}", UNDECIDED, "acts as `Admin`, which no stack defines"),
    (STORAGE, "Fields", "StepFunctions::Activity", "{Name: a, Fields: [{Key: resourceRole, StringValue: Admin}]}", UNDECIDED, "acts as `Admin`, which no stack defines"),
    // Logs and events.
    (STORAGE, "Figures", "Logs::MetricFilter", "{LogGroupName: /aws/sagemaker/ProcessingJobs}", UNDECIDED, "makes figures of logs"),
    (STORAGE, "FiguresLater", "Logs::MetricFilter", "{LogGroupName: !ImportValue any}", UNDECIDED, "makes figures of logs"),
    (STORAGE, "FoundTold", "Events::Rule", "{EventPattern: {source: [aws.securityhub]}}", UNDECIDED, "hands on what is told of people's jobs"),
    (STORAGE, "TagsTold", "Events::Rule", "{EventPattern: {source: [aws.tag]}}", UNDECIDED, "hands on what is told of people's jobs"),
    (STORAGE, "Jobs", "Logs::LogGroup", "{LogGroupName: /aws/sagemaker/TrainingJobs, RetentionInDays: 1}", REFUSED, NAMES),
    (STORAGE, "Infrequent", "Logs::LogGroup", "{LogGroupName: /aws/sagemaker/NotebookInstances, LogGroupClass: DELIVERY}", REFUSED, NAMES),
    (STORAGE, "Transformer", "Logs::Transformer", "{LogGroupIdentifier: /aws/sagemaker/TrainingJobs}", UNDECIDED, NAMES),
    (STORAGE, "Anomalies", "Logs::LogAnomalyDetector", "{LogGroupArnList: [\"arn:aws:logs:ap-northeast-1:111122223333:log-group:/aws/sagemaker/TrainingJobs\"]}", UNDECIDED, NAMES),
    (STORAGE, "Queries", "Logs::ScheduledQuery", "{Name: q, LogGroupIdentifiers: [/aws/sagemaker/*], QueryString: a}", UNDECIDED, NAMES),
    (STORAGE, "Insights", "CloudWatch::InsightRule", "{RuleName: r, RuleState: ENABLED, RuleBody: \"{}\"}", UNDECIDED, "makes figures of logs"),
    (STORAGE, "JobsTold", "Events::Rule", "{EventPattern: {source: [aws.sagemaker]}}", UNDECIDED, "hands on what is told of people's jobs"),
    (STORAGE, "KeysTold", "Events::Rule", "{EventPattern: {source: [aws.health, aws.kms]}}", UNDECIDED, "hands on what is told of people's jobs"),
    (STORAGE, "CallsTold", "Events::Rule", "{EventPattern: {detail-type: [AWS API Call via CloudTrail]}}", UNDECIDED, "hands on what is told of people's jobs"),
    (STORAGE, "SomeTold", "Events::Rule", "{EventPattern: {source: [{prefix: aws}]}}", UNDECIDED, "hands on what is told of people's jobs"),
    (STORAGE, "Pattern", "Events::Rule", "{EventPattern: !Ref \"AWS::Region\"}", UNDECIDED, "hands on what is told of people's jobs"),
    // What runs something.
    (STORAGE, "Page", "Lambda::Url", "{AuthType: NONE, TargetFunctionArn: any}", UNDECIDED, "lets others call a function"),
    (STORAGE, "App", "SageMaker::App", "{AppName: default, AppType: JupyterServer, DomainId: d-1, UserProfileName: bob}", UNDECIDED, "lets its user act as a role"),
    (STORAGE, "Task", "SSM::MaintenanceWindowTask", "{WindowId: w, TaskType: RUN_COMMAND, TaskArn: AWS-RunShellScript, Priority: 1}", UNDECIDED, "runs commands on instances and notebooks"),
    (STORAGE, "Code", "SageMaker::CodeRepository", "{GitConfig: {RepositoryUrl: \"https://example.com/a.git\", SecretArn: \"arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:mycompany-deepracer/bob/password\"}}", TOO_WIDE, "hands on somebody's first password"),
    (STORAGE, "Bus", "Events::EventBusPolicy", "{StatementId: a, Principal: \"*\", Action: \"events:PutEvents\"}", UNDECIDED, "racestack does not know"),
    (STORAGE, "LogPolicy", "Logs::ResourcePolicy", "{PolicyName: a, PolicyDocument: '{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"logs:*\",\"Resource\":\"*\"}]}'}", UNDECIDED, "racestack does not know"),
    (STORAGE, "Replica", "KMS::ReplicaKey", "{PrimaryKeyArn: a, KeyPolicy: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {AWS: \"*\"}, Action: \"kms:*\", Resource: \"*\"}]}}", UNDECIDED, "racestack does not know"),
    (STORAGE, "Images", "ECR::Repository", "{RepositoryPolicyText: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"ecr:*\"}]}}", UNDECIDED, "racestack does not know"),
    (STORAGE, "Rcp", "Organizations::Policy", "{Name: a, Type: RESOURCE_CONTROL_POLICY, Content: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"*\", Resource: \"*\"}]}}", UNDECIDED, "racestack does not know"),
    (STORAGE, "Link", "Oam::Link", "{LabelTemplate: a, ResourceTypes: [\"AWS::Logs::LogGroup\"], SinkIdentifier: any}", UNDECIDED, "hands on logs"),
    (STORAGE, "Mirror", "EC2::TrafficMirrorSession", "{NetworkInterfaceId: eni-1, SessionNumber: 1, TrafficMirrorFilterId: f, TrafficMirrorTargetId: t}", UNDECIDED, "copies what it is pointed at"),
    (STORAGE, "Traffic", "EC2::FlowLog", "{ResourceId: vpc-1, ResourceType: VPC, LogDestinationType: s3, LogDestination: !GetAtt Bucket.Arn}", UNDECIDED, NAMES),
    (STORAGE, "Sheets", "QuickSight::DataSource", "{Type: S3, DataSourceParameters: {S3Parameters: {ManifestFileLocation: {Bucket: {{names.bucket}}, Key: bob/m}}}}", UNDECIDED, "reads files"),
    // The function that rotates access keys.
    (OPERATIONS, "RotationPage", "Lambda::Url", "{AuthType: AWS_IAM, TargetFunctionArn: !Ref KeyRotation}", UNDECIDED, "lets others call a function"),
    (OPERATIONS, "Source", "Lambda::EventSourceMapping", "{EventSourceArn: \"arn:aws:sqs:ap-northeast-1:111122223333:q\", FunctionName: !Ref KeyRotation}", UNDECIDED, NAMES),
    (OPERATIONS, "Alias", "Lambda::Alias", "{FunctionName: !Sub \"${KeyRotation.Arn}\", FunctionVersion: \"1\", Name: a}", UNDECIDED, NAMES),
    (OPERATIONS, "Results", "Lambda::EventInvokeConfig", "{FunctionName: !GetAtt KeyRotation.Arn, Qualifier: \"1\", DestinationConfig: {OnSuccess: {Destination: any}}}", DOUBTFUL, NAMES),
    (OPERATIONS, "Again", "Events::Rule", "{ScheduleExpression: rate(1 minute), Targets: [{Id: a, Arn: !GetAtt KeyRotation.Arn}]}", DOUBTFUL, NAMES),
    (OPERATIONS, "Web", "SNS::Subscription", "{TopicArn: !Ref Notices, Protocol: https, Endpoint: \"https://example.com\"}", DOUBTFUL, NAMES),
    (OPERATIONS, "Caller", "Lambda::Permission", "{FunctionName: !GetAtt KeyRotation.Arn, Action: \"lambda:InvokeFunction\", Principal: sns.amazonaws.com, SourceArn: \"arn:aws:s3:::mycompany-x\"}", TOO_WIDE, "lets somebody in by itself"),
    (OPERATIONS, "Schedule", "Scheduler::Schedule", "{Target: {Arn: \"arn:aws:scheduler:::aws-sdk:iam:createAccessKey\", RoleArn: !GetAtt KeyRotationRole.Arn}}", UNDECIDED, "which is a role of racestack's own"),
    // First passwords.
    (USERS, "{{ids.user}}Parameter", "SSM::Parameter", "{Type: String, Value: {{password.reference}}}", TOO_WIDE, "`BobUserParameter` hands on somebody's first password"),
    (USERS, "{{ids.user}}Joined", "SSM::Parameter", "{Type: String, Value: !Join [\"\", [\"\\{{resolve:secretsmanager:\", !Ref {{ids.password}}, \":SecretString:password}}\"]]}", TOO_WIDE, "`BobUserJoined` hands on somebody's first password"),
    (USERS, "{{ids.user}}Copy", "SecretsManager::Secret", "{Name: copy/{{name}}, SecretString: {{password.reference}}}", TOO_WIDE, "`BobUserCopy` hands on somebody's first password"),
    (USERS, "{{ids.user}}Second", "IAM::User", "{UserName: \"{{name}}-x\"}", UNDECIDED, "is a user besides the person's own"),
    (USERS, "{{ids.user}}Twin", "IAM::User", "{UserName: twin-of-{{name}}, LoginProfile: {Password: {{password.reference}}}}", TOO_WIDE, "`BobUserTwin` hands on somebody's first password"),
    (USERS, "{{ids.user}}Turns", "SecretsManager::RotationSchedule", "{SecretId: !Ref {{ids.password}}, RotationLambdaARN: any}", TOO_WIDE, "`BobUserTurns` hands on somebody's first password"),
];

/// What stands in a template beside racestack's own, all of a kind in one.
pub fn of_besides() -> Vec<Weakening> {
    let mut all: Vec<Weakening> = Vec::new();
    for (file, id, kind, properties, found_as, told) in BESIDES {
        let shown = if *file == USERS { String::new() } else { format!("`{id}`") };
        let name = format!("{found_as} beside {file}");
        let resource = format!("  {id}:\n    Type: AWS::{kind}\n    Properties: {properties}\n\n");
        let resource =
            if *file == USERS { format!("  {{{{#if password}}}}\n{resource}  {{{{/if}}}}\n") } else { resource };
        let index = all.iter().position(|one| one.name == name).unwrap_or_else(|| {
            let before = if *file == USERS { USER } else { RESOURCES };
            let edits = vec![(*file, before.to_owned(), before.to_owned())];
            let settings = if *file == OPERATIONS { ROTATION } else { "" };
            all.push(Weakening { edits, ..Weakening::new(&name, &[], found_as, &[]) }.with(settings));
            all.last_mut().unwrap().told.clear();
            all.len() - 1
        });
        let one = &mut all[index];
        let (_, before, text) = &mut one.edits[0];
        *text = if *file == USERS {
            format!("{resource}{text}")
        } else {
            text.replacen(before.as_str(), &format!("{before}{resource}"), 1)
        };
        one.told.push(vec![shown, (*told).to_owned()]);
    }
    all
}

/// What a role of the company's own may call, by which somebody acts as another role, signs in as another or reads what people do.
pub fn of_actions() -> Weakening {
    const ACTIONS: [&str; 69] = [
        "airflow-serverless:StartWorkflowRun",
        "airflow:CreateCliToken",
        "apigateway:PATCH",
        "apprunner:UpdateService",
        "athena:StartSession",
        "bedrock-agentcore:InvokeCodeInterpreter",
        "bedrock:CreateDataSource",
        "cloudformation:UpdateStack",
        "cloudtrail:PutEventSelectors",
        "cloudtrail:StartQuery",
        "cloudwatch:GetInsightRuleReport",
        "codebuild:StartBuild",
        "codeconnections:UpdateSyncConfiguration",
        "codepipeline:GetJobDetails",
        "codepipeline:StartPipelineExecution",
        "codestar-connections:UpdateSyncConfiguration",
        "cognito-identity:GetCredentialsForIdentity",
        "databrew:StartJobRun",
        "datasync:CreateTask",
        "datasync:StartTaskExecution",
        "datasync:UpdateTask",
        "datazone:GetEnvironmentCredentials",
        "deadline:AssumeQueueRoleForUser",
        "dms:StartReplicationTask",
        "ec2:CreateLaunchTemplateVersion",
        "eks-auth:AssumeRoleForPodIdentity",
        "eks:CreateAccessEntry",
        "elasticbeanstalk:UpdateEnvironment",
        "events:CreateArchive",
        "fis:StartExperiment",
        "glue:CreateTrigger",
        "glue:StartJobRun",
        "glue:StartTrigger",
        "glue:UpdateTrigger",
        "imagebuilder:CreateImage",
        "imagebuilder:CreateImagePipeline",
        "imagebuilder:StartImagePipelineExecution",
        "imagebuilder:UpdateImagePipeline",
        "iot:AttachPrincipalPolicy",
        "iot:CreatePolicyVersion",
        "kendra:StartDataSourceSyncJob",
        "kinesisanalytics:StartApplication",
        "lakeformation:GrantPermissions",
        "logs:GetQueryResults",
        "logs:PutSubscriptionFilter",
        "neptune-db:StartLoaderJob",
        "oam:CreateLink",
        "observabilityadmin:CreateTelemetryPipeline",
        "qbusiness:StartDataSourceSyncJob",
        "rds-data:ExecuteStatement",
        "rds-db:connect",
        "s3:PutStorageLensConfiguration",
        "sagemaker:CreateApp",
        "sagemaker:CreateMonitoringSchedule",
        "sagemaker:CreateSpace",
        "sagemaker:CreateTransformJob",
        "sagemaker:InvokeEndpointAsync",
        "sagemaker:StartMonitoringSchedule",
        "sagemaker:StartPipelineExecution",
        "sagemaker:UpdateMonitoringSchedule",
        "sagemaker:UpdatePipeline",
        "securitylake:CreateAwsLogSource",
        "sns:Unsubscribe",
        "ssm:CreateAssociation",
        "ssm:UpdateAssociation",
        "ssm:UpdateDocumentDefaultVersion",
        "sso-directory:UpdatePassword",
        "synthetics:StartCanaryDryRun",
        "transfer:StartFileTransfer",
    ];
    let statement = |action: &&str| {
        // Of SageMaker, all is more than what a company has.
        let resource =
            action.split_once("sagemaker:").map_or("*", |_| "arn:aws:sagemaker:*:111122223333:pipeline/mine");
        format!("{{Effect: Allow, Action: \"{action}\", Resource: \"{resource}\"}}")
    };
    let statements: Vec<String> = ACTIONS.iter().map(statement).collect();
    let role = with_statements(&statements.join(", "));
    let all = Weakening {
        edits: vec![(STORAGE, RESOURCES.to_owned(), role)],
        ..Weakening::new("actions", &[], TOO_WIDE, &[])
    };
    ACTIONS.iter().fold(all, |all, action| all.and_told(&[&format!("`{action}`")]))
}

/// A role of the company's own with these statements.
fn with_statements(statements: &str) -> String {
    format!(
        "{RESOURCES}{ROLE}      Policies: [{{PolicyName: x, PolicyDocument: {{Version: \"2012-10-17\", Statement: [{statements}]}}}}]\n\n"
    )
}

/// What is changed in racestack's own.
pub fn of_changes() -> Vec<Weakening> {
    let weakening =
        |name: &str, edit: Edit<'static>, found_as, told: &[&str]| Weakening::new(name, &[edit], found_as, told);
    let output = |name: &str, text: &'static str| {
        weakening(name, (USERS, OUTPUTS, text), TOO_WIDE, &["by `Outputs`, whoever may see the stack reads a secret"])
    };
    let kept: &str = "    DeletionPolicy: RetainExceptOnCreate\n    UpdateReplacePolicy: Retain\n";
    let lets = |name: &str, principal: serde_json::Value, condition: serde_json::Value| {
        Weakening::new(name, &[], TOO_WIDE, &["the policy of `BucketPolicy` lets somebody in by itself"])
            .and_in(&[BUCKET], &json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "{{bucket_arn}}/*", "Condition": condition}))
    };
    let in_rotation = |name: &str, from: &'static str, to: &'static str, told: &str| {
        weakening(name, (OPERATIONS, from, to), DOUBTFUL, &[told]).with(ROTATION)
    };
    let other_policy = |name: &str, file: &'static str, bucket: &str| Weakening {
        edits: vec![(
            file,
            RESOURCES.to_owned(),
            format!(
                "Resources:\n  Other:\n    Type: AWS::S3::BucketPolicy\n    Properties: {{Bucket: {bucket}, PolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Deny, Principal: \"*\", Action: \"s3:*\", Resource: \"*\", Condition: {{Bool: {{\"aws:SecureTransport\": \"false\"}}}}}}]}}}}\n\n"
            ),
        )],
        ..Weakening::new(name, &[], UNDECIDED, &["are policies of the bucket, and S3 keeps one"])
    };
    let denial = |id: &str, (name, attached): (&str, &str), action: &str| {
        format!(
            "  {id}:\n    Type: AWS::IAM::Policy\n    Properties: {{PolicyName: {name}, {attached}, PolicyDocument: {{Version: \"2012-10-17\", Statement: [{{Effect: Deny, Action: \"{action}\", Resource: \"*\"}}]}}}}\n\n"
        )
    };
    let two_policies = |name: &str, (file, at): (&'static str, &str), id: &str, [first, second]: [String; 2]| {
        let one = denial(&format!("{id}One"), ("company", &first), "s3:PutBucketPolicy");
        let two = denial(&format!("{id}Two"), ("Company", &second), "s3:DeleteBucket");
        let aux = if id.is_empty() { String::new() } else { format!("  {id}Aux:\n    Type: AWS::IAM::Group\n\n") };
        Weakening {
            edits: vec![(file, at.to_owned(), [at, "\n", &one, &two, &aux].concat())],
            ..Weakening::new(name, &[], UNDECIDED, &["has two inline policies `Company`"])
        }
    };
    let (of_group, of_user) = ("Groups: [!Ref Group]", "Users: [!Ref {{ids.user}}]");
    let with_group = format!("{of_user}, Groups: [!Ref {{{{ids.user}}}}Aux]");
    vec![
        other_policy("a second policy of the bucket", STORAGE, "!Ref Bucket"),
        other_policy("a second policy of the bucket in another stack", NOTEBOOKS, "{{names.bucket}}"),
        two_policies("two inline policies of one name", ("stacks/access.yaml.hbs", RESOURCES), "", [of_group.to_owned(), of_group.to_owned()]),
        two_policies("two inline policies of one name, one of them of a group, too", (USERS, PEOPLE), "{{ids.user}}", [with_group, of_user.to_owned()]),
        output("a password in the outputs", "Outputs:\n  Password:\n    Value: \"\\{{resolve:secretsmanager:mycompany-deepracer/bob/password:SecretString:password}}\"\n"),
        output("a password in the outputs, in parts", "Outputs:\n  Password:\n    Value: !Join [\"\", [\"\\{{resolve:secretsmanager:mycompany-deepracer/\", bob, \"/password}}\"]]\n"),
        weakening("a password in a parameter", (USERS, "Resources:\n", "Parameters:\n  A:\n    Type: String\n    Default: \"\\{{resolve:secretsmanager:mycompany-deepracer/bob/password}}\"\nResources:\n"), TOO_WIDE, &["by `Parameters`"]),
        weakening("a password in a tag", (USERS, "        {{tags user_tags indent=8}}\n", "        {{#if password}}\n        - {Key: pw, Value: {{password.reference}}}\n        {{/if}}\n        {{tags user_tags indent=8}}\n"), TOO_WIDE, &["by `Tags`, `BobUser` hands on somebody's first password"]),
        weakening("a secret in another region", (USERS, "      GenerateSecretString:\n", "      ReplicaRegions: [{Region: us-east-1}]\n      GenerateSecretString:\n"), TOO_WIDE, &["`ReplicaRegions` of the secret"]),
        lets("the bucket for the account", json!({"AWS": "{{account_id}}"}), json!({})),
        lets("the bucket for the account's root", json!({"AWS": "arn:{{partition}}:iam::{{account_id}}:root"}), json!({})),
        lets("the bucket for all of the account", json!("*"), json!({"StringEquals": {"aws:PrincipalAccount": "{{account_id}}"}})),
        lets("the bucket for an administrator", json!({"AWS": "*"}), json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}})),
        lets("the bucket for a canonical user", json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}), json!({})),
        lets("the bucket for a distribution", json!({"Service": "cloudfront.amazonaws.com"}), json!({"StringEquals": {"aws:SourceAccount": "{{account_id}}"}})),
        lets("the bucket for logs", json!({"Service": "logging.s3.amazonaws.com"}), json!({"StringEquals": {"aws:SourceAccount": "{{account_id}}"}})),
        weakening("a bucket that goes with its stack", (STORAGE, kept, "    DeletionPolicy: Delete\n    UpdateReplacePolicy: Retain\n"), UNDECIDED, &["`DeletionPolicy` of the bucket `Bucket` is `Delete`"]),
        weakening("a bucket that goes when it is replaced", (STORAGE, kept, "    DeletionPolicy: Retain\n"), UNDECIDED, &["`UpdateReplacePolicy` of the bucket `Bucket` is missing"]),
        weakening("logs that go with their stack", (NOTEBOOKS, kept, "    DeletionPolicy: Delete\n    UpdateReplacePolicy: Retain\n"), REFUSED, &["`DeletionPolicy` of the log group"]).with(LOGS),
        weakening("a bucket with another key", (STORAGE, "              SSEAlgorithm: AES256", "              SSEAlgorithm: aws:kms\n              KMSMasterKeyID: arn:aws:kms:ap-northeast-1:999988887777:key/a"), UNDECIDED, &["/SSEAlgorithm` of the bucket"]),
        in_rotation("a topic that tells others", "      TopicName: {{names.notices_topic}}\n", "      TopicName: {{names.notices_topic}}\n      Subscription: [{Protocol: https, Endpoint: \"https://example.com\"}]\n", "`Subscription` of the topic `Notices`"),
        in_rotation("failures told elsewhere", "          Destination: !Ref Notices", "          Destination: any", "`DestinationConfig/OnFailure/Destination` of the invocation settings `KeyRotationFailures` is `any`"),
        in_rotation("code of others in the function", "      Timeout: 900\n", "      Timeout: 900\n      Layers: [\"any\"]\n", "`Layers` of the function"),
        in_rotation("files of others in the function", "      Timeout: 900\n", "      Timeout: 900\n      FileSystemConfigs: [{Arn: any, LocalMountPath: /mnt/a}]\n", "`FileSystemConfigs` of the function"),
        in_rotation("other words for the function", "        - Id: key-rotation\n", "        - Id: key-rotation\n          Input: \"{}\"\n", "`Targets/Input` of the rule"),
        in_rotation("another function is called", "      FunctionName: !Ref KeyRotation\n      Principal", "      FunctionName: any\n      Principal", "`FunctionName` of the permission"),
        weakening("the first version of metadata", (USERS, "        MinimumInstanceMetadataServiceVersion: \"2\"\n      {{#if @root.subnet_id}}", "        MinimumInstanceMetadataServiceVersion: \"1\"\n      {{#if @root.subnet_id}}"), DOUBTFUL, &["`InstanceMetadataServiceConfiguration/MinimumInstanceMetadataServiceVersion` of the notebook"]),
        weakening("the bucket by a parameter", (STORAGE, RESOURCES, "Parameters: {A: {Type: String, AllowedValues: [aws-deepracer]}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Sub \"mycompany-${A}-test-20221130201905\"}\n\n"), UNDECIDED, &["`Cdn`", NAMES]),
        weakening("the bucket by one value of two parameters", (STORAGE, RESOURCES, "Parameters: {A: {Type: String, AllowedValues: [any, aws]}, B: {Type: String, AllowedValues: [any, deepracer, other]}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Sub \"mycompany-${A}-${B}-test-20221130201905\"}\n\n"), UNDECIDED, &["`Cdn`", NAMES]),
        weakening("a parameter that keeps an earlier value", (STORAGE, RESOURCES, "Parameters: {A: {Type: String, Default: any}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Ref A}\n\n"), UNDECIDED, &["`Cdn`", OPEN]),
        weakening("a list that keeps an earlier value", (STORAGE, RESOURCES, "Parameters: {A: {Type: CommaDelimitedList, Default: \"any, other\"}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Select [1, !Ref A]}\n\n"), UNDECIDED, &["`Cdn`", OPEN]),
        weakening("a part of a text that a parameter may split", (STORAGE, RESOURCES, "Parameters: {P: {Type: String, Default: a}}\n\nResources:\n  Reader:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-reader\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"secretsmanager:GetSecretValue\", Resource: !Select [1, !Split [\"|\", !Sub \"${P}|arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:company/x\"]]}]}}]\n\n"), UNDECIDED, &["the policy `p` cannot be read: found what is no text"]),
        weakening("an entry behind one that may be left out", (STORAGE, RESOURCES, "Resources:\n  Reader:\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: mycompany-reader\n      AssumeRolePolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: \"sts:AssumeRole\"}]}\n      Policies: [{PolicyName: p, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Action: \"secretsmanager:GetSecretValue\", Resource: !Select [1, [!If [C, !Ref \"AWS::NoValue\", x], \"arn:aws:secretsmanager:ap-northeast-1:111122223333:secret:company/x\", \"*\"]]}]}}]\n\n"), UNDECIDED, &["the policy `p` cannot be read: found what is no text"]),
        weakening("logs by a name without one of its parts", (STORAGE, RESOURCES, "Resources:\n  Tap:\n    Type: AWS::Logs::SubscriptionFilter\n    Properties: {FilterPattern: \"\", DestinationArn: \"arn:aws:kinesis:ap-northeast-1:111122223333:stream/x\", LogGroupName: !Join [\"\", [/aws/sage, !Ref \"AWS::NoValue\", maker/NotebookInstances]]}\n\n"), UNDECIDED, &["`Tap`"]),
        weakening("logs by a name with nothing in it", (STORAGE, RESOURCES, "Resources:\n  Tap:\n    Type: AWS::Logs::SubscriptionFilter\n    Properties: {FilterPattern: \"\", DestinationArn: \"arn:aws:kinesis:ap-northeast-1:111122223333:stream/x\", LogGroupName: !Sub \"/aws/sage${AWS::NoValue}maker/NotebookInstances\"}\n\n"), UNDECIDED, &["`Tap`"]),
        weakening("logs by a letter of the stack's ID", (STORAGE, RESOURCES, "Resources:\n  Tap:\n    Type: AWS::Logs::SubscriptionFilter\n    Properties: {FilterPattern: \"\", DestinationArn: \"arn:aws:kinesis:ap-northeast-1:111122223333:stream/x\", LogGroupName: !Join [\"\", [/, !Select [0, !Split [\"rn:\", !Ref \"AWS::StackId\"]], ws/sagemaker/NotebookInstances]]}\n\n"), UNDECIDED, &["`Tap`"]),
        weakening("logs by a letter of a subnet's ID", (STORAGE, RESOURCES, "Parameters: {A: {Type: \"AWS::EC2::Subnet::Id\"}}\n\nResources:\n  Tap:\n    Type: AWS::Logs::SubscriptionFilter\n    Properties: {FilterPattern: \"\", DestinationArn: \"arn:aws:kinesis:ap-northeast-1:111122223333:stream/x\", LogGroupName: !Join [\"\", [/aw, !Select [0, !Split [ubnet-, !Ref A]], /sagemaker/NotebookInstances]]}\n\n"), UNDECIDED, &["`Tap`"]),
        weakening("logs by a letter of a zone", (STORAGE, RESOURCES, "Resources:\n  Tap:\n    Type: AWS::Logs::SubscriptionFilter\n    Properties: {FilterPattern: \"\", DestinationArn: \"arn:aws:kinesis:ap-northeast-1:111122223333:stream/x\", LogGroupName: !Join [\"\", [/, !Select [0, !Split [p-, !Select [0, !GetAZs \"\"]]], ws/sagemaker/NotebookInstances]]}\n\n"), UNDECIDED, &["`Tap`"]),
        // The loop ends in a comment, so that the first line of everybody but the first person is one.
        Weakening::new("a line of the first person in what is nobody's", &[(USERS, "Resources:\n{{#each users}}\n", "Resources:\n  Shared:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n          - Effect: Deny\n            Action: s3:GetObject\n            Resource:\n              - any\n{{#each users}}\n              - arn:aws:s3:::{{@root.names.bucket}}/{{name}}/*\n"), (USERS, LOOP_END, "  # {{~/each}}\n\nOutputs:")], STRUCTURE, &["what belongs to nobody is other in `Resources/Shared`"]),
        Weakening::new("a section that is there without people alone", &[(USERS, LOOP_END, "  # {{~/each}}Conditions: {Never: !Equals [a, b]}\n\nOutputs:")], STRUCTURE, &["what belongs to nobody is other in `Conditions`"]),
        weakening("a list of allowed values", (STORAGE, RESOURCES, "Parameters: {A: {Type: CommaDelimitedList, Default: \"any, other\", AllowedValues: [any, other]}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Join [\"\", !Ref A]}\n\n"), UNDECIDED, &["`Cdn`", OPEN]),
        weakening("the bucket by one of many values", (STORAGE, RESOURCES, "Parameters: {A: {Type: Number, AllowedValues: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63, 64]}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Ref A}\n\n"), UNDECIDED, &["`Cdn`", OPEN]),
        weakening("the bucket by a mapping", (STORAGE, RESOURCES, "Mappings: {M: {ap-northeast-1: {a: mycompany-aws-deepracer-test-20221130201905}}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !FindInMap [M, !Ref \"AWS::Region\", a]}\n\n"), UNDECIDED, &["`Cdn`", NAMES]),
        weakening("a parameter without a value", (STORAGE, RESOURCES, "Parameters: {A: {Type: String}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Ref A}\n\n"), UNDECIDED, &["`Cdn`", OPEN]),
        weakening("a parameter of Systems Manager", (STORAGE, RESOURCES, "Parameters: {A: {Type: \"AWS::SSM::Parameter::Value<String>\", Default: /any, AllowedValues: [/any]}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Ref A}\n\n"), UNDECIDED, &["`Cdn`", OPEN]),
        weakening("the bucket by a parameter, for each person", (USERS, RESOURCES, "Parameters: {A: {Type: String, AllowedValues: [mycompany-aws-deepracer-test-20221130201905]}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Ref A}\n\n"), UNDECIDED, &["`Cdn`", NAMES]),
        weakening("others are told of keys", (NOTICES, "\"sns:Endpoint\": \"{{notices_address}}\"", "\"sns:Endpoint\": [\"{{notices_address}}\", \"eve@example.org\"]"), TOO_WIDE, &["the topic policy `NoticesPolicy` lacks the denial `DenyOtherSubscribers`"]).with(ROTATION),
        weakening("anybody is told of keys", (NOTICES, "\"Action\": \"sns:Subscribe\"", "\"Action\": \"sns:Unsubscribe\""), TOO_WIDE, &["the topic policy `NoticesPolicy` lacks the denial `DenyOtherSubscribers`"]).with(ROTATION),
        output("a secret in the outputs, in parts", "Outputs:\n  Leak:\n    Value: !Join [\"\", [\"\\{{resolve:secrets\", \"manager:any:SecretString:password}}\"]]\n"),
        output("a secret in the outputs, known later", "Outputs:\n  Leak:\n    Value: !Sub [\"\\{{resolve:${A}:${B}}}\", {A: secretsmanager, B: !ImportValue any}]\n"),
        output("a secret in the outputs, of which half is known", "Outputs:\n  Leak:\n    Value: !Sub [\"${A}retsmanager:any}}\", {A: !ImportValue any}]\n"),
        // The bare name of a notebook, which may be any word, opens nothing: whoever uses it does so as a role, and that one's policies are
        // compared.
        weakening("a notebook by its bare name", (STORAGE, RESOURCES, OPENS_NOTEBOOK), TOO_WIDE, &["sagemaker:CreatePresignedNotebookInstanceUrl"]),
        weakening("a notebook by its bare name, as a role of elsewhere", (STORAGE, RESOURCES, "Resources:\n  Opens:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {RoleArn: !ImportValue any, DefinitionString: '{\"Parameters\": {\"NotebookInstanceName\": \"bob\"}}'}\n\n"), UNDECIDED, &["`Opens` acts as", "which no stack defines"]),
        weakening("a notebook by its bare name, to code of somebody's", (STORAGE, RESOURCES, "Resources:\n  Opens:\n    Type: Custom::Any\n    Properties: {ServiceToken: any, Notebook: bob}\n\n"), UNDECIDED, &["is made by code that no template here shows"]),
        weakening("notebooks open to everybody", (STORAGE, RESOURCES, "Resources:\n  Open:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {GroupId: sg-0123456789abcdef0, IpProtocol: \"-1\", CidrIp: 0.0.0.0/0}\n\n"), UNDECIDED, &["`Open`", NAMES]).with(NETWORK),
    ]
}

/// What a company may add or write otherwise.
pub fn harmless() -> Vec<Weakening> {
    let fine = |name: &str, edits: &[Edit<'static>]| Weakening::new(name, edits, "", &[]);
    let of_text = |name: &str, file: &'static str, change: &dyn Fn(String) -> String| {
        let path = format!("{}/templates/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        Weakening { edits: vec![(file, text.clone(), change(text))], ..Weakening::new(name, &[], "", &[]) }
    };
    let added = |name: &str, file: &'static str, resources: &[(&str, &str, &str)]| {
        let one = |(id, kind, properties): &(&str, &str, &str)| {
            format!("  {id}:\n    Type: AWS::{kind}\n    Properties: {properties}\n\n")
        };
        let text = format!("{RESOURCES}{ROLE}\n{}", resources.iter().map(one).collect::<String>());
        Weakening { edits: vec![(file, RESOURCES.to_owned(), text)], ..Weakening::new(name, &[], "", &[]) }
    };
    let rules = "        Rules:\n          - Id: expire-old-versions";
    let rule = |rule: &str| {
        (
            STORAGE,
            rules.to_owned(),
            format!(
                "        Rules:\n          - {{Id: more, Status: Enabled, {rule}}}\n          - Id: expire-old-versions"
            ),
        )
    };
    let denied = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["{{bucket_arn}}", "{{bucket_arn}}/*"], "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}});
    vec![
        of_text("another logical ID of the bucket", STORAGE, &|text| text.replace("  Bucket:\n", "  Files:\n").replace("!Ref Bucket\n", "!Ref Files\n")),
        of_text("other logical IDs of the rotation", OPERATIONS, &|text| text.replace("KeyRotationDaily", "Daily").replace("KeyRotationRole", "RoleOfRotation").replace("  KeyRotation:", "  Rotate:").replace("!Ref KeyRotation\n", "!Ref Rotate\n").replace("[KeyRotation, Arn]", "[Rotate, Arn]")).with(ROTATION),
        of_text("another logical ID of notebooks", USERS, &|text| text.replace("{{ids.notebook}}:", "{{ids.notebook}}Own:")),
        Weakening { edits: vec![rule("Transitions: [{StorageClass: STANDARD_IA, TransitionInDays: 30}]")], ..fine("files that are rarely read", &[]) },
        Weakening { edits: vec![rule("Prefix: bob/, NoncurrentVersionTransitions: [{StorageClass: INTELLIGENT_TIERING, TransitionInDays: 30}]")], ..fine("older versions that are rarely read", &[]) },
        of_text("other logical IDs of the bucket and its policy", STORAGE, &|text| text.replace("  Bucket:\n", "  Files:\n").replace("!Ref Bucket\n", "!Ref Files\n").replace("  BucketPolicy:\n", "  Policy:\n")),
        fine("some older versions for longer", &[(STORAGE, "NoncurrentDays: {{number old_version_days}}", "NoncurrentDays: {{number old_version_days}}\n              NewerNoncurrentVersions: 5")]),
        added("a name with a part of the stack's ID", STORAGE, &[("Other", "S3::Bucket", "{BucketName: !Join [-, [mycompany, !Select [2, !Split [/, !Ref \"AWS::StackId\"]]]]}")]),
        fine("older versions for longer, as a text", &[(STORAGE, "NoncurrentDays: {{number old_version_days}}", "NoncurrentDays: \"3650\"")]),
        fine("logs for longer", &[(NOTEBOOKS, "RetentionInDays: {{number retention_days}}", "RetentionInDays: 3653")]).with(LOGS),
        fine("logs for ever", &[(NOTEBOOKS, "      RetentionInDays: {{number retention_days}}\n", "")]).with(LOGS),
        fine("a bucket that stays whatever becomes of its stack", &[(STORAGE, "    DeletionPolicy: RetainExceptOnCreate\n", "    DeletionPolicy: Retain\n")]),
        fine("longer passwords", &[(USERS, "PasswordLength: 32", "PasswordLength: 64")]),
        fine("the age of keys as a number", &[(OPERATIONS, "MAX_AGE_DAYS: {{key_rotation.max_age_days}}", "MAX_AGE_DAYS: 90")]).with(ROTATION),
        fine("more memory for the function, and more tries", &[(OPERATIONS, "MemorySize: 256", "MemorySize: 512\n      TracingConfig: {Mode: Active}"), (OPERATIONS, "MaximumRetryAttempts: 0", "MaximumRetryAttempts: 2")]).with(ROTATION),
        fine("the bucket for web pages of the company", &[(STORAGE, "      VersioningConfiguration:", "      CorsConfiguration: {CorsRules: [{AllowedMethods: [GET], AllowedOrigins: [\"https://example.com\"]}]}\n      VersioningConfiguration:")]),
        fine("the bucket's name in the outputs", &[(STORAGE, OUTPUTS, "Outputs:\n  Bucket:\n    Value: !Ref Bucket\n    Export: {Name: bucket-of-deepracer}\n")]),
        fine("nothing over an old version of TLS", &[]).and_in(&[BUCKET], &denied),
        fine("nothing over an old version of TLS, for people", &[]).and_in(&[DAILY], &json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}})),
        fine("a role of Lambda for this account", &[("policies/operations/trust.json.hbs", "\"Principal\": {\n        \"Service\": \"lambda.amazonaws.com\"\n      }", "\"Condition\": {\"StringEquals\": {\"aws:SourceAccount\": \"{{account_id}}\"}}, \"Principal\": {\n        \"Service\": \"lambda.amazonaws.com\"\n      }")]).with(ROTATION),
        fine("parameters of which it is known what they may be", &[(STORAGE, RESOURCES, "Parameters: {Stage: {Type: String, Default: dev, AllowedValues: [dev, prod]}, Vpc: {Type: \"AWS::EC2::VPC::Id\"}, Zones: {Type: \"List<AWS::EC2::AvailabilityZone::Name>\"}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Sub \"mycompany-${Stage}\", B: !Ref Vpc, C: !Ref Zones, D: !Select [0, !Ref Zones]}\n\n")]),
        added("an alarm about the function", OPERATIONS, &[("Alarm", "CloudWatch::Alarm", "{Namespace: AWS/Lambda, MetricName: Errors, Dimensions: [{Name: FunctionName, Value: !Ref KeyRotation}], AlarmActions: [!Ref Notices], ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, Threshold: 0, Period: 60, Statistic: Sum}")]).with(ROTATION),
        added("a dashboard and a parameter with the bucket's name", STORAGE, &[("Board", "CloudWatch::Dashboard", "{DashboardBody: !Sub '{\"a\": \"${Bucket}\"}'}"), ("Parameter", "SSM::Parameter", "{Type: String, Value: !Ref Bucket}")]),
        added("a function that a rule of its own calls", STORAGE, &[("Function", "Lambda::Function", FUNCTION), ("Rule", "Events::Rule", "{ScheduleExpression: rate(1 day), Targets: [{Id: a, Arn: !GetAtt Function.Arn}]}"), ("Permission", "Lambda::Permission", "{FunctionName: !Ref Function, Action: \"lambda:InvokeFunction\", Principal: events.amazonaws.com, SourceArn: !GetAtt Rule.Arn}")]),
        added("a function that a topic of its own calls", STORAGE, &[("Topic", "SNS::Topic", "{TopicName: mycompany-x}"), ("Function", "Lambda::Function", FUNCTION), ("Permission", "Lambda::Permission", "{FunctionName: !Ref Function, Action: \"lambda:InvokeFunction\", Principal: sns.amazonaws.com, SourceArn: \"arn:aws:sns:ap-northeast-1:111122223333:mycompany-x\"}")]),
        Weakening { edits: vec![(STORAGE, RESOURCES.to_owned(), "Parameters: {A: {Type: String, Default: any, AllowedValues: [any]}, B: {Type: String}}\n\nMappings: {M: {any: {a: other}}}\n\nResources:\n  Cdn:\n    Type: AWS::CloudFront::Distribution\n    Properties: {A: !Sub \"${A}.${AWS::StackName}.example.com\", B: !FindInMap [M, !Ref A, a], C: !Select [0, !GetAZs \"\"], CertificateArn: !Ref B, VpcId: !ImportValue any}\n\n".to_owned())], ..fine("names of others that functions put together", &[]) },
        added("a log group that is nobody's", STORAGE, &[("Logs", "Logs::LogGroup", "{LogGroupName: /aws/lambda/x, RetentionInDays: 1}")]),
        added("figures of another's logs", STORAGE, &[("Group", "Logs::LogGroup", "{LogGroupName: /company/cloudtrail, RetentionInDays: 365}"), ("Figures", "Logs::MetricFilter", "{LogGroupName: !Ref Group, FilterPattern: a, MetricTransformations: [{MetricName: root, MetricNamespace: Company, MetricValue: \"1\"}]}")]),
        Weakening { edits: vec![(STORAGE, RESOURCES.to_owned(), with_statements(READS))], ..fine("a role that reads the company's own, and how things are set up", &[]) },
        added("roles in words", STORAGE, &[("Alarm", "CloudWatch::Alarm", "{Namespace: a, MetricName: b, Dimensions: [{Name: Role, Value: web}], Tags: [{Key: role, Value: web}], ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, Threshold: 0, Period: 60, Statistic: Sum}"), ("Rule", "Events::Rule", "{EventPattern: {source: [mycompany.shop, aws.ec2]}}")]),
        added("a secret that the template makes", STORAGE, &[("Made", "SecretsManager::Secret", "{GenerateSecretString: {}}"), ("Function", "Lambda::Function", "{Role: {Fn::GetAtt: [CompanyRole, Arn]}, Runtime: python3.13, Handler: index.handler, Code: {ZipFile: pass}, Environment: {Variables: {A: !Sub \"\\{{resolve:secretsmanager:${Made}:SecretString:a}}\"}}}")]),
        added("what AWS tells of its health", STORAGE, &[("Queue", "SQS::Queue", "{QueueName: x}"), ("Rule", "Events::Rule", "{EventPattern: {source: [aws.health]}, Targets: [{Id: a, Arn: !GetAtt Queue.Arn}]}")]),
        added("a secret of the company's own", STORAGE, &[("Secret", "SecretsManager::Secret", "{Name: mycompany/webhook, GenerateSecretString: {}}"), ("Function", "Lambda::Function", "{Role: {Fn::GetAtt: [CompanyRole, Arn]}, Runtime: python3.13, Handler: index.handler, Code: {ZipFile: pass}, Environment: {Variables: {A: \"\\{{resolve:secretsmanager:mycompany/webhook}}\"}}}"), ("Denied", "SecretsManager::ResourcePolicy", "{SecretId: !Ref Secret, ResourcePolicy: {Version: \"2012-10-17\", Statement: [{Effect: Deny, Principal: \"*\", Action: \"secretsmanager:*\", Resource: \"*\"}]}}")]),
        added("networks and rules", STORAGE, &[("Vpc", "EC2::VPC", "{CidrBlock: 10.0.0.0/16}"), ("Group", "EC2::SecurityGroup", "{GroupDescription: a, VpcId: !Ref Vpc}"), ("Rule", "Config::ConfigRule", "{Source: {Owner: AWS, SourceIdentifier: S3_BUCKET_VERSIONING_ENABLED}}"), ("Endpoint", "EC2::VPCEndpoint", "{VpcId: vpc-1, ServiceName: com.amazonaws.ap-northeast-1.s3, PolicyDocument: {Version: \"2012-10-17\", Statement: [{Effect: Allow, Principal: \"*\", Action: \"s3:*\", Resource: !Sub \"${Bucket.Arn}/*\"}]}}")]),
        added("steps with a role of their own", STORAGE, &[("Steps", "StepFunctions::StateMachine", "{RoleArn: !GetAtt CompanyRole.Arn, DefinitionString: \"{}\"}"), ("Images", "ECR::Repository", "{RepositoryName: x}")]),
        fine("truths as texts", &[(STORAGE, "BlockPublicAcls: true", "BlockPublicAcls: \"true\"")]),
        fine("an alarm for each person", &[(USERS, USER, "  {{#if notebook}}\n  {{ids.user}}Alarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties: {AlarmName: \"notebook-{{name}}\", Namespace: any, MetricName: any, Dimensions: [{Name: Notebook, Value: {{notebook.name}}}], ComparisonOperator: GreaterThanThreshold, EvaluationPeriods: 1, Threshold: 0, Period: 60, Statistic: Sum}\n\n  {{/if}}\n  {{ids.user}}:\n    Type: AWS::IAM::User\n")]),
    ]
}
