//! The requests that the isolation of people is made of: what of another's nobody may, what of everybody's nobody may, and
//! what everybody may of their own. Where one can ask for the same in several ways, each is a request of its own.
//! Actions, their resources and condition keys:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

mod actions;

use actions::{
    BUCKET, CREDENTIALS, DELETE, GROUP, JOB, KEYS, LIFECYCLE, LIST, NOTEBOOK, PASSED_TO, POLICY, READ, ROLE, USER,
    WRITE,
};

use super::estate::{Estate, Holdings};
use super::marks::{OTHER_NAME, OWN_NAME};
use crate::plan::Names;

/// A request, with marks in the place of names.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What it is for, such as "read the folder of" somebody.
    pub verb: String,
    /// The action.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: String,
    /// What AWS says of the request besides who asks.
    pub context: Vec<Key>,
    /// Whose policy takes part in the decision.
    pub over: Over,
}

/// A key of the context.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<String>,
    /// Whether it is one of several values.
    pub multiple: bool,
}

/// The policy of the resource that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
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
pub struct Scene<'a> {
    /// The account's names.
    pub names: &'a Names,
    /// Its principals and policies.
    pub estate: &'a Estate,
    /// What may follow a folder's name in a key.
    pub tails: &'a [String],
}

/// A person as the requests name them.
pub struct Whose<'a> {
    /// What the person has.
    pub holdings: &'a Holdings,
    /// The tags of their things, as far as a policy asks for them.
    pub tags: &'a [(String, String)],
    /// The tags of their IAM user, likewise.
    pub user_tags: &'a [(String, String)],
    /// Stands for their name.
    pub name: char,
}

/// Whom a tag `user` may name.
const BOTH: [char; 2] = [OWN_NAME, OTHER_NAME];

fn one(name: &str, value: impl Into<String>) -> Key {
    Key { name: name.to_owned(), values: vec![value.into()], multiple: false }
}

fn several(name: &str, value: impl Into<String>) -> Key {
    Key { name: name.to_owned(), values: vec![value.into()], multiple: true }
}

impl Scene<'_> {
    fn ask(&self, verb: impl Into<String>, action: &str, resource: impl Into<String>, context: Vec<Key>) -> Ask {
        let over = match action.strip_prefix("s3:").and(self.estate.bucket_policies.first()) {
            Some((_, policy)) => Over::Bucket(*policy),
            None => Over::Nothing,
        };
        Ask { verb: verb.into(), action: action.to_owned(), resource: resource.into(), context, over }
    }

    /// What nobody may of another's.
    pub fn others(&self, own: &Whose<'_>, other: &Whose<'_>) -> Vec<Ask> {
        let who = OTHER_NAME;
        let bucket = &self.names.bucket_arn;
        let mut asks = Vec::new();
        for (actions, verb) in [
            (&READ[..], "read the folder of"),
            (&WRITE, "write into the folder of"),
            (&DELETE, "delete in the folder of"),
        ] {
            for action in actions {
                for tail in self.tails {
                    let key = format!("{bucket}/{who}/{tail}");
                    asks.push(self.ask(format!("{verb} `{who}`"), action, key, Vec::new()));
                }
            }
        }
        for (action, verb) in LIST {
            let verb = format!("{verb} the folder of `{who}`");
            let prefixes = self.tails.iter().map(|tail| format!("{who}/{tail}"));
            for prefix in prefixes.chain([who.to_string()]) {
                asks.push(self.ask(verb.clone(), action, bucket, vec![one("s3:prefix", prefix)]));
            }
        }
        for notebook in &other.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            for (action, verb) in NOTEBOOK {
                let verb = format!("{verb} the notebook of `{who}`");
                asks.push(self.ask(verb, &format!("sagemaker:{action}"), &arn, resource_tags("sagemaker", other.tags)));
            }
            asks.extend(self.tagging(&format!("the notebook of `{who}`"), &arn, other.tags, &BOTH));
        }
        let job = self.sagemaker(&format!("training-job/{who}-job"));
        for (action, verb) in JOB {
            let verb = format!("{verb} a training job of `{who}`");
            asks.push(self.ask(verb, &format!("sagemaker:{action}"), &job, resource_tags("sagemaker", other.tags)));
        }
        // A denial of other instance types must not hide what is allowed with these.
        for instance_type in [None].into_iter().chain(self.estate.instance_types().into_iter().map(Some)) {
            let mut context = vec![one("aws:RequestTag/user", who), several("aws:TagKeys", "user")];
            context.extend(instance_type.map(|instance_type| several("sagemaker:InstanceTypes", instance_type)));
            let verb = format!("make a training job in the name of `{who}`");
            asks.push(self.ask(verb, "sagemaker:CreateTrainingJob", &job, context));
        }
        asks.extend(self.tagging(&format!("a training job of `{who}`"), &job, other.tags, &BOTH));
        for notebook in &own.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            asks.extend(self.tagging(&format!("their own notebook to `{who}`"), &arn, own.tags, &[OTHER_NAME]));
        }
        for user in &other.holdings.users {
            let tags = || resource_tags("iam", other.user_tags);
            for (action, verb) in KEYS {
                let verb = format!("{verb} the access keys of `{who}`");
                asks.push(self.ask(verb, &format!("iam:{action}"), &user.arn, tags()));
            }
            for action in CREDENTIALS {
                let verb = format!("change the credentials of `{who}`");
                asks.push(self.ask(verb, &format!("iam:{action}"), &user.arn, tags()));
            }
            asks.extend(self.identity(&format!("the user `{who}`"), &USER, &user.arn, &tags()));
        }
        let mfa = format!("arn:{}:iam::{}:mfa/{who}", self.names.partition, self.names.account_id);
        for action in ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"] {
            asks.push(self.ask(format!("change the credentials of `{who}`"), action, &mfa, Vec::new()));
        }
        for role in &other.holdings.roles {
            let tags = || resource_tags("iam", other.tags);
            asks.extend(self.pass(&format!("the notebook role of `{who}`"), &role.agent.arn, &tags()));
            asks.push(Ask {
                over: role.trust.map_or(Over::UnknownRole, Over::Role),
                ..self.ask(format!("take on the notebook role of `{who}`"), "sts:AssumeRole", &role.agent.arn, tags())
            });
            asks.extend(self.identity(&format!("the notebook role of `{who}`"), &ROLE, &role.agent.arn, &tags()));
        }
        asks
    }

    /// What nobody may of what belongs to everybody, and of their own that says who they are.
    pub fn shared(&self, own: &Whose<'_>) -> Vec<Ask> {
        let who = OWN_NAME;
        let (partition, account) = (&self.names.partition, &self.names.account_id);
        let bucket = &self.names.bucket_arn;
        let mut asks = Vec::new();
        for (action, verb) in LIST {
            let verb = format!("{verb} the root of the bucket");
            asks.push(self.ask(verb.clone(), action, bucket, Vec::new()));
            for prefix in [String::new(), who.to_string()] {
                asks.push(self.ask(verb.clone(), action, bucket, vec![one("s3:prefix", prefix)]));
            }
        }
        for action in BUCKET {
            asks.push(self.ask("change or delete the bucket", &format!("s3:{action}"), bucket, Vec::new()));
        }
        for name in [self.names.bucket.as_str(), "another-bucket"] {
            let arn = format!("arn:{partition}:s3:::{name}");
            asks.push(self.ask("make a bucket", "s3:CreateBucket", arn, Vec::new()));
        }
        let lifecycle = self.sagemaker("notebook-instance-lifecycle-config/any");
        for action in LIFECYCLE {
            let action = format!("sagemaker:{action}");
            asks.push(self.ask("write lifecycle configurations", &action, &lifecycle, Vec::new()));
        }
        for notebook in &own.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            asks.extend(self.tagging("their own notebook", &arn, own.tags, &[OWN_NAME]));
        }
        for group in &self.estate.groups {
            asks.extend(self.identity("groups", &GROUP, group, &[]));
        }
        for (policy, _) in &self.estate.managed {
            asks.extend(self.identity("policies", &POLICY, policy, &[]));
        }
        for user in &own.holdings.users {
            asks.extend(self.identity("their own user", &USER, &user.arn, &resource_tags("iam", own.user_tags)));
        }
        for role in &own.holdings.roles {
            asks.extend(self.identity(
                "their own notebook role",
                &ROLE,
                &role.agent.arn,
                &resource_tags("iam", own.tags),
            ));
        }
        for (verb, action, kind) in [
            ("make users", "iam:CreateUser", "user/any"),
            ("make roles", "iam:CreateRole", "role/any"),
            ("make policies", "iam:CreatePolicy", "policy/any"),
            ("make groups", "iam:CreateGroup", "group/any"),
        ] {
            let arn = format!("arn:{partition}:iam::{account}:{kind}");
            asks.push(self.ask(verb, action, arn, Vec::new()));
        }
        let foreign = format!("arn:{partition}:iam::{account}:role/any");
        let roles =
            self.estate.roles.iter().map(|role| (&role.agent.arn, role.trust.map_or(Over::UnknownRole, Over::Role)));
        for (arn, over) in roles.chain([(&foreign, Over::UnknownRole)]) {
            asks.extend(self.pass("roles that are not theirs", arn, &[]));
            let take = self.ask("take on roles that are not theirs", "sts:AssumeRole", arn, Vec::new());
            asks.push(Ask { over, ..take });
        }
        asks
    }

    /// What everybody may of their own: as a user, or from their notebook.
    pub fn own(&self, own: &Whose<'_>, from_notebook: bool) -> Vec<Ask> {
        let who = own.name;
        let bucket = &self.names.bucket_arn;
        let mut asks = vec![
            self.ask("read their own folder", "s3:GetObject", format!("{bucket}/{who}/model.tar.gz"), Vec::new()),
            self.ask("write into their own folder", "s3:PutObject", format!("{bucket}/{who}/model.tar.gz"), Vec::new()),
            self.ask(
                "delete in their own folder",
                "s3:DeleteObject",
                format!("{bucket}/{who}/model.tar.gz"),
                Vec::new(),
            ),
            self.ask("list their own folder", "s3:ListBucket", bucket, vec![one("s3:prefix", format!("{who}/"))]),
        ];
        for notebook in &own.holdings.notebooks {
            let arn = self.sagemaker(&format!("notebook-instance/{}", notebook.name));
            for (action, verb) in NOTEBOOK {
                let changes = action.starts_with("Update") || action.starts_with("Delete");
                let from_outside = action.starts_with("Create") || action.starts_with("Start");
                if !(changes || from_notebook && from_outside) {
                    let verb = format!("{verb} their own notebook");
                    let tags = resource_tags("sagemaker", own.tags);
                    asks.push(self.ask(verb, &format!("sagemaker:{action}"), &arn, tags));
                }
            }
        }
        if !from_notebook {
            for user in &own.holdings.users {
                for (action, verb) in KEYS {
                    let verb = format!("{verb} their own access keys");
                    asks.push(self.ask(verb, &format!("iam:{action}"), &user.arn, resource_tags("iam", own.user_tags)));
                }
            }
        }
        for role in own.holdings.roles.iter().filter(|_| !own.holdings.notebooks.is_empty()) {
            let mut context = resource_tags("iam", own.tags);
            context.push(one("iam:PassedToService", PASSED_TO[0]));
            asks.push(self.ask("pass their own notebook role", "iam:PassRole", &role.agent.arn, context));
        }
        asks
    }

    fn sagemaker(&self, resource: &str) -> String {
        let Names { partition, region, account_id, .. } = self.names;
        format!("arn:{partition}:sagemaker:{region}:{account_id}:{resource}")
    }

    /// Adding and removing the tag `user`, whoever it then names: in any case, since AWS compares the keys of tags so in
    /// conditions, on its own and while something is made.
    fn tagging(&self, of: &str, arn: &str, tags: &[(String, String)], names: &[char]) -> Vec<Ask> {
        let mut asks = Vec::new();
        for key in ["user", "User"] {
            for name in names {
                for making in [None, Some("CreateNotebookInstance")] {
                    let mut context = resource_tags("sagemaker", tags);
                    context.push(several("aws:TagKeys", key));
                    context.push(one(&format!("aws:RequestTag/{key}"), *name));
                    context.extend(making.map(|making| one("sagemaker:TaggingAction", making)));
                    let verb = format!("set the tag `user` of {of}");
                    asks.push(self.ask(verb, "sagemaker:AddTags", arn, context));
                }
            }
            // To remove it, nobody is named.
            if names.contains(&OWN_NAME) {
                let mut context = resource_tags("sagemaker", tags);
                context.push(several("aws:TagKeys", key));
                let verb = format!("remove the tag `user` of {of}");
                asks.push(self.ask(verb, "sagemaker:DeleteTags", arn, context));
            }
        }
        asks
    }

    fn identity(&self, of: &str, actions: &[&str], arn: &str, context: &[Key]) -> Vec<Ask> {
        let ask = |action: &&str| self.ask(format!("change {of}"), &format!("iam:{action}"), arn, context.to_vec());
        actions.iter().map(ask).collect()
    }

    fn pass(&self, what: &str, arn: &str, context: &[Key]) -> Vec<Ask> {
        let to = |service: &&str| {
            let mut context = context.to_vec();
            context.push(one("iam:PassedToService", *service));
            self.ask(format!("pass {what}"), "iam:PassRole", arn, context)
        };
        PASSED_TO.iter().map(to).collect()
    }
}

/// The tags of a thing, as the condition keys of all services and of its own have them.
fn resource_tags(service: &str, tags: &[(String, String)]) -> Vec<Key> {
    let key = |prefix: &str, (key, value): &(String, String)| one(&format!("{prefix}:ResourceTag/{key}"), value);
    let both = |tag: &(String, String)| [key("aws", tag), key(service, tag)];
    tags.iter().flat_map(both).collect()
}
