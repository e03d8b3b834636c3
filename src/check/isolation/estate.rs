//! An account's principals and policies, as its templates have them. People of one form have the same, but for their
//! names: these are marks.

mod resources;

use std::collections::BTreeMap;

use serde_json::Value;

pub(super) use resources::one_or_more;
use resources::{Resource, Resources};

use super::marks::{OWN_BOOK, OWN_NAME, map_texts};
use super::{ShapeId, shape_ids};
use crate::iam::Document;
use crate::plan::Names;
use crate::render::{PROTOTYPE_ID, PROTOTYPE_NAME, PROTOTYPE_NOTEBOOK, UserShape};

/// Everything in an account that decides about a request.
#[derive(Debug, Default)]
pub struct Estate {
    /// All policies.
    pub policies: Vec<Policy>,
    /// What a person of each form has.
    pub people: BTreeMap<ShapeId, Holdings>,
    /// The shapes of people.
    pub shapes: BTreeMap<UserShape, ShapeId>,
    /// The roles that are nobody's, such as those of services.
    pub roles: Vec<Role>,
    /// The ARNs of the groups.
    pub groups: Vec<String>,
    /// The managed policies: ARN, and index.
    pub managed: Vec<(String, usize)>,
    /// The buckets, by name.
    pub buckets: Vec<String>,
    /// The policies of buckets, by the bucket's name.
    pub bucket_policies: Vec<(String, usize)>,
    /// What could not be read, and where.
    pub doubts: Vec<(String, Home)>,
}

/// What a person has.
#[derive(Debug, Default)]
pub struct Holdings {
    /// The IAM users; one, unless the template makes more.
    pub users: Vec<Agent>,
    /// The roles.
    pub roles: Vec<Role>,
    /// The notebooks.
    pub notebooks: Vec<Notebook>,
    /// The names of the secrets.
    pub secrets: Vec<String>,
}

/// Who has policies.
#[derive(Debug, Clone)]
pub struct Agent {
    /// The ARN.
    pub arn: String,
    /// The policies, as indexes.
    pub policies: Vec<usize>,
    /// The permissions boundary.
    pub boundary: Option<usize>,
}

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// What it may do.
    pub agent: Agent,
    /// Who may take it.
    pub trust: Option<usize>,
}

/// A notebook.
#[derive(Debug, Clone)]
pub struct Notebook {
    /// Its name.
    pub name: String,
    /// The ARN of the role that it acts as.
    pub role: String,
}

/// A policy, and where it stands.
#[derive(Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub home: Home,
    /// What it says, as it stands there.
    pub value: Value,
    /// What it says.
    pub document: Document,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// In which resources.
    pub scope: Scope,
    /// The path of keys in these.
    pub path: String,
}

/// Resources that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Those of a template that holds no people, by its index.
    Stack(usize),
    /// Those of each person of this form.
    People(ShapeId),
}

/// What is attached from the policy's side: the key of the list, the name in it, the policy.
type Attachments = Vec<(&'static str, String, usize)>;

impl Estate {
    /// Whether some policy may tell who has a second factor from who has none: by a condition on a key of that, or by its
    /// value as a variable. No other word in a policy stands for it.
    pub(super) fn asks_for_a_second_factor(&self) -> bool {
        self.policies.iter().any(|policy| policy.value.to_string().to_lowercase().contains("aws:multifactorauth"))
    }

    /// The estate of these stacks and of these people, who are given by the resources of a twin.
    pub fn of(names: &Names, stacks: &[(usize, Value)], prototypes: &BTreeMap<UserShape, Value>) -> Self {
        let shapes = shape_ids(prototypes);
        let twins: Vec<(ShapeId, Value)> = shapes
            .values()
            .zip(prototypes.values())
            .map(|(form, value)| {
                let marked = |text: &str| {
                    text.replace(PROTOTYPE_NAME, &OWN_NAME.to_string())
                        .replace(PROTOTYPE_NOTEBOOK, &OWN_BOOK.to_string())
                };
                (*form, map_texts(value, &marked))
            })
            .collect();
        let stacks = stacks.iter().map(|(index, json)| Resources::of(names, Scope::Stack(*index), json));
        let twins = twins.iter().map(|(form, json)| Resources::of(names, Scope::People(*form), json));
        let scopes: Vec<Resources<'_>> = stacks.chain(twins).collect();
        let mut estate = Self { shapes, ..Self::default() };
        let mut attachments = Attachments::new();
        for scope in &scopes {
            estate.read_policies(names, scope, &mut attachments);
        }
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for scope in &scopes {
            for resource in scope.of_type("AWS::IAM::Group") {
                let name = resource.name("GroupName");
                let policies = estate.attached(scope, resource, "Groups", &name, &attachments);
                estate.groups.push(scope.physical.get(resource.id).map(|(_, arn)| arn.clone()).unwrap_or_default());
                groups.entry(name).or_default().extend(policies);
            }
        }
        for scope in &scopes {
            estate.read_principals(scope, &groups, &attachments);
        }
        estate.doubt_attachments(&scopes, &attachments);
        estate
    }

    fn doubt(&mut self, message: String, scope: Scope, path: String) {
        self.doubts.push((message, Home { scope, path }));
    }

    fn read_policies(&mut self, names: &Names, scope: &Resources<'_>, attachments: &mut Attachments) {
        for resource in &scope.list {
            let path = format!("{}/Properties/PolicyDocument", resource.id);
            let (name_key, lists): (_, &[(&str, &'static str)]) = match resource.kind {
                "AWS::IAM::ManagedPolicy" => {
                    ("ManagedPolicyName", &[("Users", "Users"), ("Groups", "Groups"), ("Roles", "Roles")])
                }
                "AWS::IAM::Policy" => ("PolicyName", &[("Users", "Users"), ("Groups", "Groups"), ("Roles", "Roles")]),
                "AWS::IAM::UserPolicy" => ("PolicyName", &[("UserName", "Users")]),
                "AWS::IAM::GroupPolicy" => ("PolicyName", &[("GroupName", "Groups")]),
                "AWS::IAM::RolePolicy" => ("PolicyName", &[("RoleName", "Roles")]),
                "AWS::S3::BucketPolicy" => ("", &[]),
                "AWS::S3::Bucket" => {
                    self.buckets.extend(scope.physical.get(resource.id).map(|(name, _)| name.clone()));
                    continue;
                }
                _ => continue,
            };
            let name = if name_key.is_empty() { "bucket policy".to_owned() } else { resource.name(name_key) };
            let Some(index) = self.add(scope.scope, name, path, resource.properties.get("PolicyDocument")) else {
                continue;
            };
            if resource.kind == "AWS::S3::BucketPolicy" {
                let bucket = resource.properties.get("Bucket").and_then(|value| scope.text(value));
                self.bucket_policies.push((bucket.unwrap_or_else(|| names.bucket.clone()), index));
            }
            if resource.kind == "AWS::IAM::ManagedPolicy" {
                let arn = scope.physical.get(resource.id).map(|(_, arn)| arn.clone()).unwrap_or_default();
                self.managed.push((arn, index));
            }
            for (key, list) in lists {
                for value in one_or_more(resource.properties.get(*key)) {
                    let name = scope.text(value).unwrap_or_default();
                    attachments.push((list, name, index));
                }
            }
        }
    }

    fn read_principals(
        &mut self,
        scope: &Resources<'_>,
        groups: &BTreeMap<String, Vec<usize>>,
        attachments: &Attachments,
    ) {
        let mut holdings = Holdings::default();
        for resource in &scope.list {
            let properties = resource.properties;
            let arn = scope.physical.get(resource.id).map(|(_, arn)| arn.clone()).unwrap_or_default();
            match resource.kind {
                "AWS::IAM::User" => {
                    let name = resource.name("UserName");
                    let mut policies = self.attached(scope, resource, "Users", &name, attachments);
                    let listed = one_or_more(properties.get("Groups")).map(|value| scope.text(value));
                    let added = scope.of_type("AWS::IAM::UserToGroupAddition").filter_map(|addition| {
                        let mut users = one_or_more(addition.properties.get("Users"));
                        let names_it = users.any(|user| scope.text(user).as_ref() == Some(&name));
                        names_it.then(|| addition.properties.get("GroupName").and_then(|value| scope.text(value)))
                    });
                    for group in listed.chain(added) {
                        if let Some(of_group) = group.and_then(|group| groups.get(&group)) {
                            policies.extend(of_group);
                        } else {
                            let message = "a user is in a group that no stack defines".to_owned();
                            self.doubt(message, scope.scope, format!("{}/Properties/Groups", resource.id));
                        }
                    }
                    let boundary = self.boundary(scope, resource);
                    holdings.users.push(Agent { arn, policies, boundary });
                }
                "AWS::IAM::Role" => {
                    let name = resource.name("RoleName");
                    let policies = self.attached(scope, resource, "Roles", &name, attachments);
                    let path = format!("{}/Properties/AssumeRolePolicyDocument", resource.id);
                    let trust = properties.get("AssumeRolePolicyDocument");
                    let trust = self.add(scope.scope, format!("trust of {name}"), path, trust);
                    let boundary = self.boundary(scope, resource);
                    let role = Role { agent: Agent { arn, policies, boundary }, trust };
                    match scope.scope {
                        Scope::Stack(_) => self.roles.push(role),
                        Scope::People(_) => holdings.roles.push(role),
                    }
                }
                "AWS::SageMaker::NotebookInstance" => {
                    let role = properties.get("RoleArn").and_then(|value| scope.text(value));
                    let Some(role) = role else {
                        let message = "it cannot be told which role a notebook acts as".to_owned();
                        self.doubt(message, scope.scope, format!("{}/Properties/RoleArn", resource.id));
                        continue;
                    };
                    holdings.notebooks.push(Notebook { name: resource.name("NotebookInstanceName"), role });
                }
                "AWS::SecretsManager::Secret" => holdings.secrets.push(resource.name("Name")),
                _ => {}
            }
        }
        if let Scope::People(form) = scope.scope {
            self.people.insert(form, holdings);
        }
    }

    /// A policy document, unless it is missing or no policy: that is doubtful.
    fn add(&mut self, scope: Scope, name: String, path: String, value: Option<&Value>) -> Option<usize> {
        let value = value?;
        let home = Home { scope, path };
        // People of several forms often have one policy: it is kept once.
        let is_it = |known: &Policy| {
            matches!((known.home.scope, scope), (Scope::People(_), Scope::People(_)))
                && known.home.path == home.path
                && known.name == name
                && known.value == *value
        };
        if let Some(index) = self.policies.iter().position(is_it) {
            return Some(index);
        }
        match Document::parse(value) {
            Ok(document) => {
                self.policies.push(Policy { name, home, value: value.clone(), document });
                Some(self.policies.len() - 1)
            }
            Err(malformed) => {
                let path = format!("{}/{}", home.path, malformed.path);
                self.doubt(format!("a policy cannot be read: {}", malformed.message), scope, path);
                None
            }
        }
    }

    /// The inline and managed policies of a user, role or group.
    fn attached(
        &mut self,
        scope: &Resources<'_>,
        resource: &Resource<'_>,
        list: &str,
        name: &str,
        attachments: &Attachments,
    ) -> Vec<usize> {
        let properties = resource.properties;
        let mut policies = Vec::new();
        for (index, inline) in one_or_more(properties.get("Policies")).enumerate() {
            let policy_name = inline.get("PolicyName").and_then(Value::as_str).unwrap_or_default();
            let path = format!("{}/Properties/Policies/{index}/PolicyDocument", resource.id);
            policies.extend(self.add(scope.scope, policy_name.to_owned(), path, inline.get("PolicyDocument")));
        }
        for (index, value) in one_or_more(properties.get("ManagedPolicyArns")).enumerate() {
            let arn = scope.text(value);
            if let Some((_, policy)) = self.managed.iter().find(|(managed, _)| Some(managed) == arn.as_ref()) {
                policies.push(*policy);
            } else {
                let shown = arn.unwrap_or_else(|| value.to_string());
                let path = format!("{}/Properties/ManagedPolicyArns/{index}", resource.id);
                self.doubt(format!("what the policy `{shown}` says is not known here"), scope.scope, path);
            }
        }
        policies.extend(attachments.iter().filter(|(of, to, _)| *of == list && to == name).map(|(.., policy)| policy));
        policies
    }

    fn boundary(&mut self, scope: &Resources<'_>, resource: &Resource<'_>) -> Option<usize> {
        let value = resource.properties.get("PermissionsBoundary")?;
        let arn = scope.text(value);
        let found = self.managed.iter().find(|(managed, _)| Some(managed) == arn.as_ref()).map(|(_, policy)| *policy);
        if found.is_none() {
            let path = format!("{}/Properties/PermissionsBoundary", resource.id);
            self.doubt("what a permissions boundary says is not known here".to_owned(), scope.scope, path);
        }
        found
    }

    /// What a policy that stands apart attaches to somebody by name, who was not found by that name.
    fn doubt_attachments(&mut self, scopes: &[Resources<'_>], attachments: &Attachments) {
        let exists = |list: &str, name: &str, own: Scope| {
            let (kind, key) = match list {
                "Users" => ("AWS::IAM::User", "UserName"),
                "Groups" => ("AWS::IAM::Group", "GroupName"),
                _ => ("AWS::IAM::Role", "RoleName"),
            };
            scopes
                .iter()
                .filter(|scope| scope.scope == own || matches!(scope.scope, Scope::Stack(_)))
                .any(|scope| scope.of_type(kind).any(|resource| resource.name(key) == name))
        };
        let doubtful: Vec<(String, Home)> = attachments
            .iter()
            .filter_map(|(list, name, policy)| {
                let policy = self.policies.get(*policy)?;
                let message = format!("the policy `{}` is attached to `{name}`, whom no stack names so", policy.name);
                (!exists(list, name, policy.home.scope)).then(|| (message, policy.home.clone()))
            })
            .collect();
        self.doubts.extend(doubtful);
    }
}

/// The part of a logical ID that says what a thing of a person's is.
pub fn suffix(path: &str) -> Option<&str> {
    path.strip_prefix(PROTOTYPE_ID)
}
