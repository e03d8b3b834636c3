//! What people have, and what all people's access depends on: the things that nobody else is to reach, with the actions that are
//! about them.

use std::collections::BTreeMap;

use super::sides::Sides;
use crate::facts::actions::{ServiceAction, service_actions};
use crate::iam::{AccessLine, Context, Request};
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

/// A kind of thing, its service, and whether an action of that, by its name, does something with such a thing once it is there.
type ActionsOfKind = (BelongingKind, &'static str, fn(&str) -> bool);

/// The actions that are about each kind of thing.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
const KINDS: [ActionsOfKind; 13] = [
    (BelongingKind::Object, "s3", |name| {
        has(name, &["Object", "MultipartUploadParts", "AbortMultipart"]) && !has(name, &["Lambda", "Bucket"])
    }),
    (BelongingKind::List, "s3", |name| name.starts_with("ListBucket")),
    (BelongingKind::Bucket, "s3", |name| {
        begins(name, &["Put", "Delete"]) && (name.contains("Bucket") || name.ends_with("Configuration"))
    }),
    (BelongingKind::Notebook, "sagemaker", |name| {
        let of_notebooks = name.contains("NotebookInstance") && !name.contains("LifecycleConfig");
        tags(name) || of_notebooks && !begins(name, &["List", "CreateNotebook"])
    }),
    (BelongingKind::Job, "sagemaker", |name| {
        tags(name) || name.ends_with("TrainingJob") && !name.starts_with("Create") && !name.contains("Hyper")
    }),
    (BelongingKind::Lifecycle, "sagemaker", |name| {
        begins(name, &["Update", "Delete"]) && name.contains("NotebookInstanceLifecycleConfig")
    }),
    (BelongingKind::LogStream, "logs", |name| matches!(name, "GetLogEvents" | "DeleteLogStream")),
    (BelongingKind::LogGroup, "logs", |name| {
        matches!(name, "FilterLogEvents" | "StartQuery" | "StartLiveTail" | "DeleteLogGroup")
            || begins(name, &["PutSubscription", "PutRetention", "PutDataProtection", "CreateExport"])
    }),
    (BelongingKind::Secret, "secretsmanager", |name| {
        has(name, &["Secret", "ResourcePolicy"]) && !begins(name, &["List", "Describe", "Create", "ValidateR"])
    }),
    (BelongingKind::User, "iam", |name| {
        let of_user =
            ["User", "LoginProfile", "MFADevice", "SSHPublicKey", "ServiceSpecific", "SigningCert", "AccessKey"];
        has(name, &of_user) && (changes(name) || begins(name, &["CreateAccess", "CreateLogin", "CreateServiceSp"]))
    }),
    (BelongingKind::Role, "iam", |name| {
        has(name, &["Role", "AssumeRolePolicy"]) && changes(name) && !has(name, &["InstanceProfile", "Linked"])
    }),
    (BelongingKind::Group, "iam", |name| name.contains("Group") && changes(name)),
    (BelongingKind::Policy, "iam", |name| {
        matches!(name, "CreatePolicyVersion" | "DeletePolicy" | "DeletePolicyVersion" | "SetDefaultPolicyVersion")
    }),
];

fn has(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.contains(word))
}

fn begins(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.starts_with(word))
}

fn changes(name: &str) -> bool {
    !begins(name, &["Get", "List", "Create", "Generate", "Simulate"])
}

fn tags(name: &str) -> bool {
    matches!(name, "AddTags" | "DeleteTags")
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
    actions: BTreeMap<BelongingKind, Vec<ServiceAction>>,
}

impl<'a> Belongings<'a> {
    /// The things of an account's people.
    pub fn of(sides: &Sides<'a>) -> Self {
        let of_kind = |(kind, service, is_about): ActionsOfKind| {
            (kind, service_actions().filter(|action| action.service == service && is_about(action.name)).collect())
        };
        let mut all = shared(sides);
        for name in sides.people.keys() {
            all.extend(of_person(sides, name));
        }
        Self { all, actions: KINDS.map(of_kind).into_iter().collect() }
    }

    /// Those that a line tells of, each with a request.
    pub fn covered<'s>(&'s self, line: &'s AccessLine) -> impl Iterator<Item = (&'s Belonging<'a>, Request)> {
        // Actions of one line have the same resources and conditions: one of them speaks for all.
        let actions: BTreeMap<BelongingKind, String> = self
            .actions
            .iter()
            .filter_map(|(kind, actions)| {
                let action = actions.iter().map(ToString::to_string).find(|action| line.names_action(action))?;
                Some((*kind, action))
            })
            .collect();
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
    let mut all = Vec::new();
    let mut add = |kind: BelongingKind, arn: String| all.push(Belonging { kind, arn, tags: Vec::new(), owner: None });
    let lifecycle = format!("notebook-instance-lifecycle-config/{}", names.notebook_lifecycle);
    add(BelongingKind::Lifecycle, regional(sides, "sagemaker", &lifecycle));
    add(BelongingKind::Group, names.group_arn.clone());
    add(BelongingKind::Bucket, names.bucket_arn.clone());
    for group in ["NotebookInstances", "TrainingJobs"] {
        for end in ["", ":*"] {
            add(BelongingKind::LogGroup, regional(sides, "logs", &format!("log-group:/aws/sagemaker/{group}{end}")));
        }
    }
    for policy in &sides.declared.policies {
        if let PolicyKind::Managed(arn) = &policy.kind {
            add(BelongingKind::Policy, arn.clone());
        }
    }
    all
}

/// What a person has: a folder, a user, a notebook with its role, training jobs, logs, a secret.
fn of_person<'a>(sides: &Sides<'a>, name: &'a str) -> Vec<Belonging<'a>> {
    let names = &sides.plan.names;
    let mut all = Vec::new();
    let mut add = |kind: BelongingKind, arn: String, tags: Vec<(String, String)>| {
        all.push(Belonging { kind, arn, tags, owner: Some(name) });
    };
    add(BelongingKind::Object, format!("{}/{name}/x", names.bucket_arn), Vec::new());
    add(BelongingKind::List, names.bucket_arn.clone(), Vec::new());
    for point in &sides.export.bucket.access_points {
        let arn = regional(sides, "s3", &format!("accesspoint/{}", point.name));
        add(BelongingKind::Object, format!("{arn}/object/{name}/x"), Vec::new());
        add(BelongingKind::List, arn, Vec::new());
    }
    if let Some(arn) = sides.users.get(name) {
        add(BelongingKind::User, arn.clone(), Vec::new());
    }
    let secret = format!("secret:{}{name}/password-AbCdEf", names.secrets_path);
    add(BelongingKind::Secret, regional(sides, "secretsmanager", &secret), Vec::new());
    let Some(notebook) = sides.notebook_of(name) else { return all };
    let path = &names.notebook_role_path;
    add(BelongingKind::Role, format!("arn:{}:iam::{}:role{path}{name}", names.partition, names.account_id), Vec::new());
    let own = vec![(USER.to_owned(), name.to_owned())];
    let live = sides.live_notebooks.get(notebook);
    let tags = live.map(|one| one.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect());
    let arn = regional(sides, "sagemaker", &format!("notebook-instance/{notebook}"));
    add(BelongingKind::Notebook, arn, tags.unwrap_or_else(|| own.clone()));
    add(BelongingKind::Job, regional(sides, "sagemaker", &format!("training-job/{notebook}--x")), own);
    for (group, stream) in
        [("NotebookInstances", format!("{notebook}/x")), ("TrainingJobs", format!("{notebook}--x/x"))]
    {
        let stream = format!("log-group:/aws/sagemaker/{group}:log-stream:{stream}");
        add(BelongingKind::LogStream, regional(sides, "logs", &stream), Vec::new());
    }
    all
}

fn regional(sides: &Sides<'_>, service: &str, rest: &str) -> String {
    let names = &sides.plan.names;
    format!("arn:{}:{service}:{}:{}:{rest}", names.partition, names.region, names.account_id)
}
