//! What templates have beside racestack's own resources: by which somebody gets at what people have, without any policy that is
//! compared; and what the bucket's rules take from people.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::problem::Problem;
use crate::account::percent_decoded;
use crate::facts::other_ways::other_way;
use crate::facts::{NOTEBOOK_TYPE, SECRET_TYPE};
use crate::finding::Rule;
use crate::inventory::{DYNAMIC_REFERENCE, OPEN, Resource, Texts, one_or_more, perhaps_reads_secret, type_of};
use crate::model::{BucketSettings, SecurityGroupId};
use crate::plan::AccountPlan;

/// What to do with what is no part of racestack's.
pub const ELSEWHERE: &str = "make it in a stack that racestack does not write, if it must be";

const NAMED: &str = "what is racestack's own, and may hand it on";
const ONLY_THEN: &str = "what is known only when the stack is deployed, and may be racestack's own";

/// What becomes of a difference: a rule, and whether somebody may answer for it.
pub type Verdict = (Rule, bool);
/// What nobody may answer for, since it is not known what it opens.
pub const UNDECIDED: Verdict = (Rule::IsolationUndecided, false);

/// Of the types of `facts::other_ways`, those that are about the one group of logs that they name.
const OF_ONE_GROUP: [&str; 2] = ["AWS::Logs::MetricFilter", "AWS::Logs::SubscriptionFilter"];
/// What the names of the log groups of people's notebooks and jobs begin with.
pub const OF_SAGEMAKER: &str = "/aws/sagemaker/";

/// Types, or what they begin with, whose policies are compared: whatever these name they open to nobody.
const PROVEN: [&str; 8] = [
    "AWS::EC2::VPCEndpoint",
    "AWS::IAM::",
    "AWS::KMS::Key",
    "AWS::S3::BucketPolicy",
    NOTEBOOK_TYPE,
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];

/// Types, or what they begin with, that hold names, or figures of what is named.
const OF_FIGURES: [&str; 6] = [
    "AWS::Budgets::",
    "AWS::CE::",
    "AWS::CloudWatch::",
    "AWS::Logs::QueryDefinition",
    "AWS::ResourceGroups::Group",
    "AWS::SSM::Parameter",
];

/// Keys of which no value names what is racestack's own. What a function is told says nothing of what its role may do.
const OF_NOTHING: [&str; 12] = [
    "AvailabilityZone",
    "AvailabilityZones",
    "CertificateArn",
    "Environment",
    "KmsKeyArn",
    "KmsKeyId",
    "KmsMasterKeyId",
    "SecurityGroupIds",
    "SubnetId",
    "SubnetIds",
    "Subnets",
    "VpcId",
];

/// The services of which events say nothing of what people do. A source of a company's own does not begin with `aws.`.
const OF_NOBODY: [&str; 21] = [
    "aws.acm",
    "aws.autoscaling",
    "aws.backup",
    "aws.batch",
    "aws.cloudformation",
    "aws.cloudwatch",
    "aws.codebuild",
    "aws.codecommit",
    "aws.codedeploy",
    "aws.codepipeline",
    "aws.dms",
    "aws.ec2",
    "aws.ecr",
    "aws.ecs",
    "aws.elasticloadbalancing",
    "aws.glue",
    "aws.health",
    "aws.rds",
    "aws.redshift",
    "aws.states",
    "aws.trustedadvisor",
];

/// The classes of storage in which objects are read at once, and lie in more than one place.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html>
const READ_AT_ONCE: [&str; 2] = ["INTELLIGENT_TIERING", "STANDARD_IA"];

/// What racestack's own resources are called in a template.
pub struct OwnResources<'k> {
    secrets_path: &'k str,
    /// The logical IDs of those that are no identities: who acts as a role, `resources` looks at.
    ids: BTreeSet<&'k str>,
    /// Names of what people have, and of what is about them.
    words: Vec<String>,
}

impl<'k> OwnResources<'k> {
    /// `own` are racestack's own resources of the template.
    pub fn of(plan: &'k AccountPlan<'_>, own: impl Iterator<Item = Resource<'k>>) -> Self {
        let names = &plan.names;
        let groups = ["/aws/sagemaker/NotebookInstances", "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/*"];
        let topics = [&names.budgets_topic_arn, &names.notices_topic_arn];
        let of_account = [&names.bucket, &names.secrets_path, &names.key_rotation_function];
        let of_account = of_account.into_iter().chain(topics).map(String::as_str);
        let of_network = plan.account.settings.notebooks.security_group_ids.iter().map(SecurityGroupId::as_str);
        let of_people = [":notebook-instance/", ":training-job/"];
        let all = of_account.chain(groups).chain(of_network).chain(of_people).map(str::to_owned);
        // Of users without a path of their own, others have the same.
        let of_users = Some(&names.user_path).filter(|path| *path != "/").map(|path| format!(":user{path}"));
        let words = all.chain(of_users).chain([format!(":role{}", names.notebook_role_path)]).collect();
        let own = own.filter(|resource| !resource.kind.starts_with("AWS::IAM::"));
        Self { secrets_path: &names.secrets_path, ids: own.map(|resource| resource.logical_id).collect(), words }
    }

    /// What a resource hands on by itself. `texts` are those of its template, `own` is what becomes of differences in racestack's
    /// own of its type.
    pub fn handed_on_by(
        &self,
        resource: &Resource<'_>,
        texts: &Texts<'_>,
        is_own: bool,
        own: Option<Verdict>,
    ) -> Option<Problem> {
        let Resource { logical_id: id, kind, value, .. } = *resource;
        let is_of = |types: &[&str]| types.iter().any(|of| kind.starts_with(of));
        let problem = |(rule, is_warning): Verdict, message: String, path: String| {
            Some(Problem { is_warning, ..Problem::at(rule, message, ELSEWHERE, &resource.location(path)) })
        };
        let properties = || value.get("Properties").and_then(Value::as_object).into_iter().flat_map(Map::iter);
        let is_secret =
            |id: &&str| self.ids.contains(id) && texts.resources.get(id).is_some_and(|one| type_of(one) == SECRET_TYPE);
        let is_read =
            |text: &str| text.contains(DYNAMIC_REFERENCE) || !is_of(&PROVEN) && text.contains("secretsmanager");
        let is_password = |_: &str, text: &str, targets: &[&str]| {
            is_read(text) && text.contains(self.secrets_path) || !is_of(&PROVEN) && targets.iter().any(is_secret)
        };
        let is_perhaps_one = |_: &str, text: &str, _: &[&str]| {
            perhaps_reads_secret(text) || is_read(text) && text.contains(OPEN) && text.contains(self.secrets_path)
        };
        let of_password = |(key, value): &(&String, &Value)| {
            let (is_it, may_be) = (texts.any(key, value, &is_password), texts.any(key, value, &is_perhaps_one));
            (is_it || may_be) && (*key != "LoginProfile" || !is_own)
        };
        if let Some((key, value)) = properties().find(of_password) {
            let (rule, hands) = if texts.any(key, value, &is_password) {
                (Rule::IsolationTooWide, "hands on")
            } else {
                (Rule::IsolationUndecided, "may hand on")
            };
            let message = format!("by `{key}`, `{id}` {hands} somebody's first password");
            let problem = problem((rule, false), message, format!("Properties/{key}"));
            return problem.map(|one| Problem { help: "name the secret of a password in `LoginProfile` alone", ..one });
        }
        if is_own {
            return None;
        }
        let names = |_: &str, text: &str, targets: &[&str]| {
            targets.iter().any(|target| self.ids.contains(target)) || self.words.iter().any(|word| has_word(text, word))
        };
        let is_open = |key: &str, text: &str, _: &[&str]| {
            (text.contains(OPEN) || text.contains(DYNAMIC_REFERENCE)) && !OF_NOTHING.contains(&key)
        };
        let group = OF_ONE_GROUP.contains(&kind).then(|| resource.property("LogGroupName")).flatten();
        let is_of_others = group.is_some_and(|group| {
            let is_persons = |key: &str, text: &str, targets: &[&str]| {
                names(key, text, targets) || is_open(key, text, targets) || text.starts_with(OF_SAGEMAKER)
            };
            !texts.any("LogGroupName", group, &is_persons)
        });
        if let Some(why) = other_way(kind).filter(|_| !is_of_others) {
            return problem(UNDECIDED, format!("`{id}`, an `{kind}`, {why}"), String::new());
        }
        if resource.property("EventPattern").is_some_and(hears_of_people) {
            let message = format!("`{id}`, an `{kind}`, hands on what is told of people's jobs and files");
            return problem(UNDECIDED, message, "Properties/EventPattern".to_owned());
        }
        // The second of two policies takes what the first denies away.
        let is_of_topic = ["AWS::SNS::TopicInlinePolicy", "AWS::SNS::TopicPolicy"].contains(&kind);
        if is_of(&PROVEN) && !is_of_topic || is_of(&OF_FIGURES) {
            return None;
        }
        // Whom the policy lets in, `resources` looks at.
        let properties = || properties().filter(|(key, _)| !is_of_topic || *key != "PolicyDocument");
        let of_something = properties().filter(|(key, _)| !OF_NOTHING.contains(&key.as_str()));
        let own_name = properties().find(|(key, value)| texts.any(key, value, &names));
        let own_name = own_name.map(|(key, _)| (key, NAMED));
        let open = || of_something.clone().find(|(key, value)| texts.any(key, value, &is_open));
        let (key, what) = own_name.or_else(|| open().map(|(key, _)| (key, ONLY_THEN)))?;
        let message = format!("`{id}`, an `{kind}`, names by `{key}` {what}");
        problem(own.unwrap_or(UNDECIDED), message, format!("Properties/{key}"))
    }
}

/// Whether a text has a word that does not go on as a longer name; as a part of an address, which is the same in any case and may be
/// encoded.
/// Sources: <https://www.rfc-editor.org/rfc/rfc4343>, <https://www.rfc-editor.org/rfc/rfc3986#section-2.1>
fn has_word(text: &str, word: &str) -> bool {
    let (text, word) = (percent_decoded(text).to_lowercase(), word.to_lowercase());
    let goes_on = |after: &str| after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '-');
    let ends = word.ends_with(['*', '/']);
    text.match_indices(&word).any(|(at, _)| ends || text.get(at + word.len()..).is_some_and(|after| !goes_on(after)))
}

/// Whether a pattern may match events that say what people do.
fn hears_of_people(pattern: &Value) -> bool {
    let is_other = |source: &Value| {
        source.as_str().is_some_and(|source| !source.starts_with("aws.") || OF_NOBODY.contains(&source))
    };
    let sources = pattern.get("source").and_then(Value::as_array);
    !sources.is_some_and(|sources| sources.iter().all(is_other))
}

/// What of people's files the rules of a bucket take away: whatever is not known to leave all of them as readable.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-rule.html>
pub fn lost_by(bucket: &Resource<'_>, set: &BucketSettings) -> Vec<Problem> {
    let is_kept = |(key, value): (&String, &Value)| {
        // Beside the number of days stands at most how many are kept longer: what is deleted exceeds both.
        // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-actions>
        let days = |key: &str, least: u32| {
            let only =
                |of: &Map<String, Value>| of.keys().all(|one| [key, "NewerNoncurrentVersions"].contains(&one.as_str()));
            let days = value.as_object().map_or(Some(value), |of| value.get(key).filter(|_| only(of)));
            days.and_then(number).is_some_and(|days| days >= least.into())
        };
        match key.as_str() {
            "ExpiredObjectDeleteMarker"
            | "Filter"
            | "Id"
            | "ObjectSizeGreaterThan"
            | "ObjectSizeLessThan"
            | "Prefix"
            | "Status"
            | "TagFilters" => true,
            "AbortIncompleteMultipartUpload" => days("DaysAfterInitiation", set.incomplete_upload_days),
            "NoncurrentVersionExpiration" => days("NoncurrentDays", set.old_version_days),
            "NoncurrentVersionExpirationInDays" => days("", set.old_version_days),
            "NoncurrentVersionTransition" | "NoncurrentVersionTransitions" | "Transition" | "Transitions" => {
                let class = |one: &Value| one.get("StorageClass").and_then(Value::as_str).map(str::to_owned);
                one_or_more(Some(value))
                    .all(|one| class(one).is_some_and(|class| READ_AT_ONCE.contains(&class.as_str())))
            }
            _ => false,
        }
    };
    let rules = bucket.property("LifecycleConfiguration");
    let rules = one_or_more(rules.and_then(|all| all.get("Rules").or(Some(all)))).enumerate();
    let on = rules.filter(|(_, rule)| rule.get("Status").is_none_or(|status| status != "Disabled"));
    let lost = on.filter_map(|(index, rule)| {
        let (key, _) = rule.as_object()?.iter().find(|one| !is_kept(*one))?;
        let message = format!("by `{key}` in a rule of the bucket, files or older versions of them are lost sooner than the settings say, or cannot be read at once");
        let path = format!("Properties/LifecycleConfiguration/Rules/{index}/{key}");
        let help = "leave what people have to them; `bucket.old_version_days` and `bucket.incomplete_upload_days` say what is deleted when";
        Some(Problem::at(Rule::IsolationOwnRefused, message, help, &bucket.location(path)))
    });
    lost.collect()
}

/// A number, which may be written as a text.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
