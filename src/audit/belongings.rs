//! What people have, and what all people's access depends on: the things that nobody else is to reach, with the actions that are
//! about them.

use std::collections::BTreeMap;

use super::sides::{Sides, role_arn};
use crate::facts::actions::{ServiceAction, service_actions};
use crate::iam::{AccessLine, Context, Request, is_like_pattern};
use crate::inventory::PolicyKind;
use crate::model::USER;

/// What a thing is: by that, it is known which actions are about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum BelongingKind {
    Object,
    List,
    Bucket,
    Notebook,
    Job,
    Lifecycle,
    LogStream,
    LogGroup,
    Secret,
    User,
    Role,
    Group,
    Policy,
}

/// Of each kind of thing its service, and the actions of that which do something with such a thing once it is there. Behind a `!`
/// stands what is not meant.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const KINDS: [(BelongingKind, &str, &str); 13] = [
    (BelongingKind::Object, "s3", "*Object* AbortMultipartUpload ListMultipartUploadParts !*Bucket* !*Lambda*"),
    (BelongingKind::List, "s3", "ListBucket*"),
    (BelongingKind::Bucket, "s3", "Delete*Bucket* Delete*Configuration Put*Bucket* Put*Configuration"),
    (
        BelongingKind::Notebook,
        "sagemaker",
        "*NotebookInstance* AddTags DeleteTags !*LifecycleConfig* !CreateNotebook* !List*",
    ),
    (BelongingKind::Job, "sagemaker", "*TrainingJob AddTags DeleteTags !*Hyper* !Create*"),
    (
        BelongingKind::Lifecycle,
        "sagemaker",
        "DeleteNotebookInstanceLifecycleConfig UpdateNotebookInstanceLifecycleConfig",
    ),
    (BelongingKind::LogStream, "logs", "DeleteLogStream GetLogEvents"),
    (
        BelongingKind::LogGroup,
        "logs",
        "CreateExport* DeleteLogGroup FilterLogEvents PutDataProtection* PutRetention* PutSubscription* StartLiveTail \
         StartQuery",
    ),
    (BelongingKind::Secret, "secretsmanager", "*ResourcePolicy* *Secret* !Create* !Describe* !List* !Validate*"),
    (
        BelongingKind::User,
        "iam",
        "*AccessKey* *LoginProfile* *MFADevice* *SSHPublicKey* *ServiceSpecific* *SigningCert* *User* !CreateUser \
         !CreateVirtual* !Get* !List*",
    ),
    (BelongingKind::Role, "iam", "*Role* !*InstanceProfile* !*Linked* !Create* !Generate* !Get* !List*"),
    (BelongingKind::Group, "iam", "*Group* !Create* !Get* !List*"),
    (BelongingKind::Policy, "iam", "CreatePolicyVersion DeletePolicy DeletePolicyVersion SetDefaultPolicyVersion"),
];

/// Whether an action of a service is one of these.
fn is_about(action: &ServiceAction, service: &str, patterns: &str) -> bool {
    let (but, about): (Vec<&str>, Vec<&str>) = patterns.split(' ').partition(|pattern| pattern.starts_with('!'));
    let is_like = |pattern: &&str| is_like_pattern(pattern.trim_start_matches('!'), action.name);
    action.service == service && about.iter().any(is_like) && !but.iter().any(is_like)
}

/// Something that nobody else is to reach.
#[derive(Debug)]
pub struct Belonging<'a> {
    kind: BelongingKind,
    arn: String,
    /// The tags that requests about it have.
    tags: Vec<(String, String)>,
    /// Whose it is; nobody's where all people's access depends on it.
    pub owner: Option<&'a str>,
}

/// All of these, and the actions that are about them.
pub struct Belongings<'a> {
    all: Vec<Belonging<'a>>,
    actions: BTreeMap<BelongingKind, Vec<String>>,
}

impl<'a> Belongings<'a> {
    /// The things of an account's people.
    pub fn of(sides: &Sides<'a>) -> Self {
        let of_kind = |(kind, service, patterns): (BelongingKind, &str, &str)| {
            let about = service_actions().filter(|action| is_about(action, service, patterns));
            (kind, about.map(|action| action.to_string()).collect())
        };
        let of_people = sides.people.keys().flat_map(|name| of_person(sides, name));
        Self { all: shared(sides).into_iter().chain(of_people).collect(), actions: KINDS.map(of_kind).into() }
    }

    /// Those that a line tells of, each with a request.
    pub fn covered<'s>(&'s self, line: &'s AccessLine) -> impl Iterator<Item = (&'s Belonging<'a>, Request)> {
        // Actions of one line have the same resources and conditions: one of them speaks for all.
        let named = |(kind, actions): (&BelongingKind, &'s Vec<String>)| {
            Some((*kind, actions.iter().find(|action| line.names_action(action))?))
        };
        let actions: BTreeMap<BelongingKind, &String> = self.actions.iter().filter_map(named).collect();
        self.all.iter().filter_map(move |belonging| {
            let request = belonging.covered(line, actions.get(&belonging.kind)?)?;
            Some((belonging, request))
        })
    }
}

impl Belonging<'_> {
    /// A request about it that the line tells of.
    fn covered(&self, line: &AccessLine, action: &str) -> Option<Request> {
        let context = self.tags.iter().fold(line.example.context.clone(), |context, (key, value)| {
            let service = self.arn.split(':').nth(2).unwrap_or_default();
            context.with(&format!("aws:ResourceTag/{key}"), value).with(&format!("{service}:ResourceTag/{key}"), value)
        });
        let request = |resource: String, context: Context| Request {
            action: action.to_owned(),
            resource,
            context,
            principal: line.example.principal.clone(),
        };
        let asked = |one: &Request| line.covers(one);
        match (self.kind, self.owner) {
            // Of a list, the prefix counts: none lists everything.
            (BelongingKind::List, Some(owner)) => {
                let prefixed = context.clone().with("s3:prefix", format!("{owner}/"));
                let all = [context.without("s3:prefix"), prefixed];
                all.into_iter().map(|context| request(self.arn.clone(), context)).find(asked)
            }
            // Of an object, what the line says of the path below the folder.
            (BelongingKind::Object, Some(owner)) => {
                let folder = self.arn.strip_suffix('x').unwrap_or(&self.arn);
                let bucket = folder.strip_suffix(&format!("{owner}/")).unwrap_or(folder);
                let below = line.example.resource.strip_prefix(bucket).and_then(|rest| rest.split_once('/'));
                let below = below.map(|(_, below)| format!("{folder}{below}"));
                let all = std::iter::once(self.arn.clone()).chain(below);
                all.map(|arn| request(arn, context.clone())).find(asked)
            }
            _ => Some(request(self.arn.clone(), context)).filter(asked),
        }
    }
}

/// What is nobody's, and what everybody's access depends on: whoever changes it reaches what people have.
fn shared<'a>(sides: &Sides<'_>) -> Vec<Belonging<'a>> {
    let names = &sides.plan.names;
    let lifecycle = format!("notebook-instance-lifecycle-config/{}", names.notebook_lifecycle);
    let mut all = vec![
        (BelongingKind::Lifecycle, regional(sides, "sagemaker", &lifecycle)),
        (BelongingKind::Group, names.group_arn.clone()),
        (BelongingKind::Bucket, names.bucket_arn.clone()),
    ];
    for group in ["NotebookInstances", "NotebookInstances:*", "TrainingJobs", "TrainingJobs:*"] {
        all.push((BelongingKind::LogGroup, regional(sides, "logs", &format!("log-group:/aws/sagemaker/{group}"))));
    }
    all.extend(sides.declared.policies.iter().filter_map(|policy| match &policy.kind {
        PolicyKind::Managed(arn) => Some((BelongingKind::Policy, arn.clone())),
        _ => None,
    }));
    all.into_iter().map(|(kind, arn)| Belonging { kind, arn, tags: Vec::new(), owner: None }).collect()
}

/// What a person has: a folder, a user, a notebook with its role, training jobs, logs, a secret.
fn of_person<'a>(sides: &Sides<'a>, name: &'a str) -> Vec<Belonging<'a>> {
    let names = &sides.plan.names;
    let own = |kind: BelongingKind, arn: String| Belonging { kind, arn, tags: Vec::new(), owner: Some(name) };
    let secret = format!("secret:{}{name}/password-AbCdEf", names.secrets_path);
    let mut all = vec![
        own(BelongingKind::Object, format!("{}/{name}/x", names.bucket_arn)),
        own(BelongingKind::List, names.bucket_arn.clone()),
        own(BelongingKind::Secret, regional(sides, "secretsmanager", &secret)),
    ];
    for point in sides.export.bucket.access_points.keys() {
        let arn = regional(sides, "s3", &format!("accesspoint/{point}"));
        all.push(own(BelongingKind::Object, format!("{arn}/object/{name}/x")));
        all.push(own(BelongingKind::List, arn));
    }
    all.extend(sides.users.get(name).map(|arn| own(BelongingKind::User, arn.clone())));
    let Some(notebook) = sides.notebook_of(name) else { return all };
    let tag = vec![(USER.to_owned(), name.to_owned())];
    let live = sides.export.notebooks.get(notebook);
    let tags = live.map(|one| one.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect());
    let tags = tags.unwrap_or_else(|| tag.clone());
    let of_sagemaker = |rest: String| regional(sides, "sagemaker", &rest);
    let stream = |of: String| regional(sides, "logs", &format!("log-group:/aws/sagemaker/{of}/x"));
    all.extend([
        own(BelongingKind::Role, role_arn(sides.plan, &names.notebook_role_path) + name),
        Belonging { tags, ..own(BelongingKind::Notebook, of_sagemaker(format!("notebook-instance/{notebook}"))) },
        Belonging { tags: tag, ..own(BelongingKind::Job, of_sagemaker(format!("training-job/{notebook}--x"))) },
        own(BelongingKind::LogStream, stream(format!("NotebookInstances:log-stream:{notebook}"))),
        own(BelongingKind::LogStream, stream(format!("TrainingJobs:log-stream:{notebook}--x"))),
    ]);
    all
}

fn regional(sides: &Sides<'_>, service: &str, rest: &str) -> String {
    let names = &sides.plan.names;
    format!("arn:{}:{service}:{}:{}:{rest}", names.partition, names.region, names.account_id)
}
