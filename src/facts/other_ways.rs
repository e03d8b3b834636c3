//! Types of resources by which somebody gets at what people have without any policy that is compared.

/// Types, or all of a service that ends with `::`, by which somebody gets at what people have, whatever they name. The actions that do the
/// same are in `src/check/isolation/reference/limits-company.json.hbs`.
const OTHER_WAYS: &[(&str, &[&str])] = &[
    ("copies what it is pointed at to elsewhere", &["AWS::DataSync::Task", "AWS::FSx::DataRepositoryAssociation"]),
    // `ImportPath` and `ExportPath` of a Lustre file system are buckets, and whoever mounts it is asked for no policy.
    ("copies what it is pointed at to elsewhere", &["AWS::FSx::FileSystem"]),
    ("grants access to the bucket by itself", &["AWS::LakeFormation::"]),
    ("grants access to the bucket by itself", &["AWS::S3::AccessGrant", "AWS::S3::AccessGrantsInstance"]),
    ("grants access to the bucket by itself", &["AWS::S3::AccessGrantsLocation"]),
    ("copies what it is pointed at to elsewhere", &["AWS::EC2::TrafficMirrorSession"]),
    ("hands on logs", &["AWS::Logs::Delivery", "AWS::Logs::SubscriptionFilter", "AWS::Oam::Link"]),
    ("hands on logs", &["AWS::ObservabilityAdmin::", "AWS::SecurityLake::"]),
    ("is another way to a bucket", &["AWS::S3Express::AccessPoint", "AWS::S3Files::"]),
    ("is another way to the bucket", &["AWS::S3::AccessPoint", "AWS::S3::MultiRegionAccessPoint"]),
    ("is another way to the bucket", &["AWS::S3ObjectLambda::AccessPoint"]),
    ("lets others call a function by an address", &["AWS::Lambda::Url"]),
    ("lets identities of elsewhere in", &["AWS::IAM::OIDCProvider", "AWS::IAM::SAMLProvider"]),
    ("lets identities of elsewhere in", &["AWS::IdentityStore::", "AWS::IoT::Certificate", "AWS::IoT::RoleAlias"]),
    ("lets identities of elsewhere in", &["AWS::RolesAnywhere::", "AWS::SSO::"]),
    ("lets instances act as a role", &["AWS::AutoScaling::AutoScalingGroup", "AWS::EC2::LaunchTemplate"]),
    ("lets instances act as a role", &["AWS::DataPipeline::Pipeline", "AWS::ElasticBeanstalk::"]),
    ("lets instances act as a role", &["AWS::EC2::EC2Fleet", "AWS::EC2::SpotFleet", "AWS::IAM::InstanceProfile"]),
    ("lets its user act as a role", &["AWS::Cloud9::EnvironmentEC2", "AWS::SageMaker::App", "AWS::SageMaker::Space"]),
    ("lets its user act as a role", &["AWS::SageMaker::UserProfile"]),
    ("lets its users act as a role", &["AWS::BedrockAgentCore::", "AWS::DataZone::", "AWS::Deadline::"]),
    ("lets its users act as a role", &["AWS::EKS::AccessEntry", "AWS::EKS::PodIdentityAssociation"]),
    ("lets its users act as a role", &["AWS::SageMaker::Domain"]),
    ("lets whoever is on it act as its role", &["AWS::EC2::Instance"]),
    ("makes an access key, whose secret the template hands on", &["AWS::IAM::AccessKey"]),
    ("makes a second factor, whose seed whoever makes it knows", &["AWS::IAM::VirtualMFADevice"]),
    ("makes figures of logs, which others see", &["AWS::CloudWatch::InsightRule", "AWS::Logs::MetricFilter"]),
    ("looks into logs", &["AWS::AuditManager::Assessment", "AWS::Detective::", "AWS::DevOpsGuru::"]),
    ("looks into logs", &["AWS::GuardDuty::Detector", "AWS::GuardDuty::PublishingDestination"]),
    ("hands on what is told of people's jobs and files", &["AWS::Events::Archive", "AWS::Notifications::EventRule"]),
    ("makes what another template says", &["AWS::CloudFormation::TypeActivation", "AWS::LaunchWizard::"]),
    ("makes what another template says", &["AWS::SageMaker::Project", "AWS::SSMQuickSetup::"]),
    ("makes what another template says", &["AWS::ServiceCatalog::CloudFormationProvisionedProduct"]),
    ("may hand on logs", &["AWS::Logs::AccountPolicy"]),
    // Without being pointed at anything, it looks into every bucket of the account.
    ("reads files", &["AWS::Macie::"]),
    ("reads files", &["AWS::QuickSight::DataSource"]),
    ("records the names of files, and for whom", &["AWS::CloudTrail::"]),
    ("records the names of files, and for whom", &["AWS::S3::StorageLens", "AWS::S3::StorageLensGroup"]),
    ("runs code on devices, which act as a role", &["AWS::GreengrassV2::Deployment"]),
    ("runs commands on instances and notebooks", &["AWS::SSM::Association", "AWS::SSM::MaintenanceWindowTask"]),
    ("shows another account what is found in logs", &["AWS::GuardDuty::Master", "AWS::GuardDuty::Member"]),
    ("shares what it names with other accounts", &["AWS::Config::AggregationAuthorization", "AWS::RAM::"]),
];

/// What a resource of this type does by itself, in words, if somebody gets at what people have by it.
pub fn other_way(kind: &str) -> Option<&'static str> {
    let is_it = |of: &&str| kind == *of || of.ends_with("::") && kind.starts_with(*of);
    OTHER_WAYS.iter().find(|(_, kinds)| kinds.iter().any(is_it)).map(|(why, _)| *why)
}
