//! What people have, and what all people's access depends on: the things that nobody else is to reach, with the actions that are
//! about them.

use std::collections::BTreeMap;

use super::owners::{Owners, notebook_of};
use super::sides::Sides;
use crate::facts::actions::{ServiceAction, service_actions};
use crate::iam::{AccessLine, Context, Request};
use crate::inventory::PolicyKind;
use crate::model::USER;

/// What a thing is: by that, it is known which actions are about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
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

const KINDS: [Kind; 13] = [
    Kind::Object,
    Kind::List,
    Kind::Bucket,
    Kind::Notebook,
    Kind::Job,
    Kind::Lifecycle,
    Kind::LogStream,
    Kind::LogGroup,
    Kind::Secret,
    Kind::User,
    Kind::Role,
    Kind::Group,
    Kind::Policy,
];

impl Kind {
    /// Whether an action does something with such a thing, once it is there.
    /// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>
    fn is_of(self, action: ServiceAction) -> bool {
        let name = action.name;
        let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
        let begins = |words: &[&str]| words.iter().any(|word| name.starts_with(word));
        let changes = !begins(&["Get", "List", "Create", "Generate", "Simulate"]);
        let tags = matches!(name, "AddTags" | "DeleteTags");
        match (self, action.service) {
            (Kind::Object, "s3") => {
                has(&["Object", "MultipartUploadParts", "AbortMultipart"]) && !has(&["Lambda", "Bucket"])
            }
            (Kind::List, "s3") => begins(&["ListBucket"]),
            (Kind::Bucket, "s3") => begins(&["Put", "Delete"]) && (has(&["Bucket"]) || name.ends_with("Configuration")),
            (Kind::Notebook, "sagemaker") => {
                tags || has(&["NotebookInstance"]) && !has(&["LifecycleConfig"]) && !begins(&["List", "CreateNotebook"])
            }
            (Kind::Job, "sagemaker") => {
                tags || name.ends_with("TrainingJob") && !begins(&["Create"]) && !has(&["Hyper"])
            }
            (Kind::Lifecycle, "sagemaker") => {
                begins(&["Update", "Delete"]) && has(&["NotebookInstanceLifecycleConfig"])
            }
            (Kind::LogStream, "logs") => matches!(name, "GetLogEvents" | "DeleteLogStream"),
            (Kind::LogGroup, "logs") => {
                matches!(name, "FilterLogEvents" | "StartQuery" | "StartLiveTail" | "DeleteLogGroup")
                    || begins(&["PutSubscription", "PutRetention", "PutDataProtection", "CreateExport"])
            }
            (Kind::Secret, "secretsmanager") => {
                has(&["Secret", "ResourcePolicy"]) && !begins(&["List", "Describe", "Create", "ValidateR"])
            }
            (Kind::User, "iam") => {
                let of_user =
                    has(&["User", "LoginProfile", "MFADevice", "SSHPublicKey", "ServiceSpecific", "SigningCert"]);
                (of_user || has(&["AccessKey"]))
                    && (changes || begins(&["CreateAccess", "CreateLogin", "CreateServiceSp"]))
            }
            (Kind::Role, "iam") => {
                has(&["Role", "AssumeRolePolicy"]) && changes && !has(&["InstanceProfile", "Linked"])
            }
            (Kind::Group, "iam") => has(&["Group"]) && changes,
            (Kind::Policy, "iam") => {
                matches!(
                    name,
                    "CreatePolicyVersion" | "DeletePolicy" | "DeletePolicyVersion" | "SetDefaultPolicyVersion"
                )
            }
            _ => false,
        }
    }
}

/// Something that nobody else is to reach.
#[derive(Debug)]
pub struct Belonging<'a> {
    kind: Kind,
    arn: String,
    /// The tags that requests about it have.
    tags: Vec<(String, String)>,
    /// Whose it is; nobody's where all people's access depends on it.
    pub owner: Option<&'a str>,
}

/// All of these, and the actions that are about them.
pub struct Belongings<'a> {
    all: Vec<Belonging<'a>>,
    actions: BTreeMap<Kind, Vec<ServiceAction>>,
}

impl<'a> Belongings<'a> {
    /// The things of an account's people.
    pub fn of(sides: &Sides<'a>, owners: &Owners<'a>) -> Self {
        let of_kind = |kind: Kind| (kind, service_actions().filter(|action| kind.is_of(*action)).collect());
        let mut all = shared(sides);
        for name in owners.people.keys() {
            all.extend(of_person(sides, owners, name));
        }
        Self { all, actions: KINDS.map(of_kind).into_iter().collect() }
    }

    /// Those that a line tells of, each with a request.
    pub fn covered<'s>(&'s self, line: &'s AccessLine) -> impl Iterator<Item = (&'s Belonging<'a>, Request)> {
        // Actions of one line have the same resources and conditions: one of them speaks for all.
        let actions: BTreeMap<Kind, String> = self
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
            (Kind::List, Some(owner)) => {
                let prefixed = context.clone().with("s3:prefix", format!("{owner}/"));
                let all = [context.without("s3:prefix"), prefixed];
                all.into_iter().map(|context| request(self.arn.clone(), context)).find(asked)
            }
            // Of an object, what the line says of the path below the folder.
            (Kind::Object, Some(owner)) => {
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
    let mut add = |kind: Kind, arn: String| all.push(Belonging { kind, arn, tags: Vec::new(), owner: None });
    let lifecycle = format!("notebook-instance-lifecycle-config/{}", names.notebook_lifecycle);
    add(Kind::Lifecycle, regional(sides, "sagemaker", &lifecycle));
    add(Kind::Group, names.group_arn.clone());
    add(Kind::Bucket, names.bucket_arn.clone());
    for group in ["NotebookInstances", "TrainingJobs"] {
        for end in ["", ":*"] {
            add(Kind::LogGroup, regional(sides, "logs", &format!("log-group:/aws/sagemaker/{group}{end}")));
        }
    }
    for policy in &sides.declared.policies {
        if let PolicyKind::Managed(arn) = &policy.kind {
            add(Kind::Policy, arn.clone());
        }
    }
    all
}

/// What a person has: a folder, a user, a notebook with its role, training jobs, logs, a secret.
fn of_person<'a>(sides: &Sides<'a>, owners: &Owners<'a>, name: &'a str) -> Vec<Belonging<'a>> {
    let names = &sides.plan.names;
    let mut all = Vec::new();
    let mut add = |kind: Kind, arn: String, tags: Vec<(String, String)>| {
        all.push(Belonging { kind, arn, tags, owner: Some(name) });
    };
    add(Kind::Object, format!("{}/{name}/x", names.bucket_arn), Vec::new());
    add(Kind::List, names.bucket_arn.clone(), Vec::new());
    for point in &sides.export.bucket.access_points {
        let arn = regional(sides, "s3", &format!("accesspoint/{}", point.name));
        add(Kind::Object, format!("{arn}/object/{name}/x"), Vec::new());
        add(Kind::List, arn, Vec::new());
    }
    if let Some(arn) = sides.users.get(name) {
        add(Kind::User, arn.clone(), Vec::new());
    }
    let secret = format!("secret:{}{name}/password-AbCdEf", names.secrets_path);
    add(Kind::Secret, regional(sides, "secretsmanager", &secret), Vec::new());
    let Some(notebook) = notebook_of(sides.export, name, owners.people.get(name).copied()) else { return all };
    let path = &names.notebook_role_path;
    add(Kind::Role, format!("arn:{}:iam::{}:role{path}{name}", names.partition, names.account_id), Vec::new());
    let own = vec![(USER.to_owned(), name.to_owned())];
    let live = sides.live_notebook(notebook);
    let tags = live.map(|one| one.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect());
    let arn = regional(sides, "sagemaker", &format!("notebook-instance/{notebook}"));
    add(Kind::Notebook, arn, tags.unwrap_or_else(|| own.clone()));
    add(Kind::Job, regional(sides, "sagemaker", &format!("training-job/{notebook}--x")), own);
    for (group, stream) in
        [("NotebookInstances", format!("{notebook}/x")), ("TrainingJobs", format!("{notebook}--x/x"))]
    {
        let stream = format!("log-group:/aws/sagemaker/{group}:log-stream:{stream}");
        add(Kind::LogStream, regional(sides, "logs", &stream), Vec::new());
    }
    all
}

fn regional(sides: &Sides<'_>, service: &str, rest: &str) -> String {
    let names = &sides.plan.names;
    format!("arn:{}:{service}:{}:{}:{rest}", names.partition, names.region, names.account_id)
}
