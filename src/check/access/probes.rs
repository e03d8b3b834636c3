//! The requests that the isolation of people is made of: what of another's nobody may, what of everybody's nobody may, and
//! what everybody may of their own. Where one can ask for the same in several ways, each is a request of its own.
//! Actions, their resources and condition keys:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

mod actions;
mod others;
mod own;
mod shared;

use super::owned::{OwnedInventory, PersonResources};
use crate::inventory::Notebook;
use crate::model::{SharedFolders, TEAM, TEAMS_FOLDER, Tag, User};
use crate::plan::Names;
use actions::PASSED_TO;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessProbe {
    /// What it is for, such as "read the folder of" somebody.
    pub verb: String,
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// What AWS says of the request besides who asks.
    pub context: Vec<Key>,
    /// Whose policy takes part in the decision.
    pub over: ResourcePolicyRef,
}

/// A key of the context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub name: String,
    pub values: Vec<String>,
    /// Whether it is one of several values.
    pub multiple: bool,
}

/// The policy of the resource that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourcePolicyRef {
    /// It has none.
    Nothing,
    /// A bucket policy, by its index.
    Bucket(usize),
    /// A trust policy, by its index.
    Role(usize),
    /// The trust policy of a role that no stack defines: taken to trust the whole account.
    UnknownRole,
}

/// What the requests are made of.
pub struct ProbeBuilder<'a> {
    /// The account's names.
    pub names: &'a Names,
    /// The folders that its people share.
    pub shared_folders: &'a SharedFolders,
    /// Its principals and policies.
    pub account: &'a OwnedInventory<'a>,
}

/// A person as the requests name them.
pub struct ProbedPerson<'a> {
    pub resources: &'a PersonResources<'a>,
    /// The tags that their things may get, as far as a policy asks for them.
    pub tags: Vec<(String, String)>,
    /// Their team, where a policy asks for it.
    pub team: Option<&'a str>,
    pub name: &'a str,
}

fn one(name: &str, value: impl Into<String>) -> Key {
    Key { name: name.to_owned(), values: vec![value.into()], multiple: false }
}

fn several(name: &str, value: impl Into<String>) -> Key {
    Key { name: name.to_owned(), values: vec![value.into()], multiple: true }
}

impl ProbeBuilder<'_> {
    fn probe(
        &self,
        verb: impl Into<String>,
        action: &str,
        resource: impl Into<String>,
        context: Vec<Key>,
    ) -> AccessProbe {
        let over = match action.strip_prefix("s3:").and(self.account.bucket_policies.first()) {
            Some((_, policy)) => ResourcePolicyRef::Bucket(*policy),
            None => ResourcePolicyRef::Nothing,
        };
        AccessProbe { verb: verb.into(), action: action.to_owned(), resource: resource.into(), context, over }
    }

    fn sagemaker(&self, resource: &str) -> String {
        self.arn("sagemaker", resource)
    }

    /// The ARN of something in the account and its region.
    fn arn(&self, service: &str, resource: &str) -> String {
        let Names { partition, region, account_id, .. } = self.names;
        format!("arn:{partition}:{service}:{region}:{account_id}:{resource}")
    }

    /// A usual object of a team's folder.
    fn of_team(&self, team: &str) -> String {
        format!("{}/{TEAMS_FOLDER}/{team}/model.tar.gz", self.names.bucket_arn)
    }

    /// What is done with a stream of the logs of SageMaker.
    fn log_stream(&self, of: &str, stream: &str, actions: &[(&str, &str)]) -> Vec<AccessProbe> {
        let arn = self.arn("logs", &format!("log-group:/aws/sagemaker/{stream}"));
        let probe = |(action, verb): &(&str, &str)| {
            self.probe(format!("{verb} {of}"), &format!("logs:{action}"), arn.clone(), Vec::new())
        };
        actions.iter().map(probe).collect()
    }

    /// Adding and removing the tag `user`, whoever it then names: in any case, since AWS compares the keys of tags so in
    /// conditions, on its own and while something is made.
    fn tagging(
        &self,
        of: &str,
        arn: &str,
        tags: &[(String, String)],
        (own, other): (Option<&str>, Option<&str>),
    ) -> Vec<AccessProbe> {
        let mut probes = Vec::new();
        for key in ["user", "User"] {
            for name in own.iter().chain(&other) {
                for making in [None, Some("CreateNotebookInstance")] {
                    let mut context = resource_tags("sagemaker", tags);
                    context.push(several("aws:TagKeys", key));
                    context.push(one(&format!("aws:RequestTag/{key}"), *name));
                    context.extend(making.map(|making| one("sagemaker:TaggingAction", making)));
                    let verb = format!("set the tag `user` of {of}");
                    probes.push(self.probe(verb, "sagemaker:AddTags", arn, context));
                }
            }
            // To remove it, nobody is named.
            if own.is_some() {
                let mut context = resource_tags("sagemaker", tags);
                context.push(several("aws:TagKeys", key));
                let verb = format!("remove the tag `user` of {of}");
                probes.push(self.probe(verb, "sagemaker:DeleteTags", arn, context));
            }
        }
        probes
    }

    fn identity(&self, of: &str, actions: &[&str], arn: &str, context: &[Key]) -> Vec<AccessProbe> {
        let probe = |action: &&str| self.probe(format!("change {of}"), &format!("iam:{action}"), arn, context.to_vec());
        actions.iter().map(probe).collect()
    }

    fn pass(&self, what: &str, arn: &str, context: &[Key]) -> Vec<AccessProbe> {
        let to = |service: &&str| {
            let mut context = context.to_vec();
            context.push(one("iam:PassedToService", *service));
            self.probe(format!("pass {what}"), "iam:PassRole", arn, context)
        };
        PASSED_TO.iter().map(to).collect()
    }
}

/// The stream of a notebook's log: it begins with the notebook's name.
/// Source: <https://docs.aws.amazon.com/sagemaker/latest/dg/logging-cloudwatch.html>
fn notebook_log(notebook: &Notebook) -> String {
    format!("NotebookInstances:log-stream:{}/jupyter.log", notebook.name)
}

/// The stream of the log of a training job of a notebook's, whose name begins with the notebook's name.
fn job_log(notebook: &Notebook) -> String {
    format!("TrainingJobs:log-stream:{}--job/algo-1-1764000000", notebook.name)
}

impl<'a> ProbedPerson<'a> {
    pub fn of(user: &'a User, account: &'a OwnedInventory<'a>) -> Option<Self> {
        let asked = |tag: &&Tag| account.tag_keys.contains(&tag.key.to_lowercase());
        let tags = user.tags.iter().filter(asked).map(|tag| (tag.key.clone(), tag.value.clone())).collect();
        let team = user.tags.iter().chain(&user.person_tags).filter(asked).find(|tag| tag.key == TEAM);
        let (name, team) = (user.name.as_str(), team.map(|tag| tag.value.as_str()));
        Some(Self { resources: account.of_person(name)?, tags, team, name })
    }
}

/// The tags of a thing, as the condition keys of all services and of its own have them.
fn resource_tags(service: &str, tags: &[(String, String)]) -> Vec<Key> {
    let key = |prefix: &str, (key, value): &(String, String)| one(&format!("{prefix}:ResourceTag/{key}"), value);
    let both = |tag: &(String, String)| [key("aws", tag), key(service, tag)];
    tags.iter().flat_map(both).collect()
}
