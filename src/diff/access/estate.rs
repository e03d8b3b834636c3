//! Who has which policies in an account, as its templates say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::folder::{AccountFolder, Stack};
use super::super::references::references;
use super::super::resources::{property, resources, type_of};
use super::Kept;
use super::others::Other;

/// The principals of an account with their policies, and the policies of its buckets.
#[derive(Default)]
pub(super) struct Estate<'a> {
    /// By ARN.
    pub holders: BTreeMap<String, Holder<'a>>,
    /// The policies of all buckets.
    pub bucket_policies: Vec<Arc<Shared>>,
    /// What else has to do with access, by stack and logical ID.
    pub others: BTreeMap<(&'a str, &'a str), Other>,
    /// To whom policies are attached of whom it is not known who they are, each with its policy.
    pub unplaced: BTreeSet<String>,
    /// The names of the stacks.
    pub stacks: BTreeSet<&'a str>,
}

/// A policy that several may have.
#[derive(Debug)]
pub(super) struct Shared {
    /// The same for policies of the same text, on both sides.
    pub id: usize,
    pub value: Value,
}

/// The texts of policies, each with its number.
pub(super) type Texts = BTreeMap<String, usize>;

/// Policies that are attached from their side: to which kind of principal of which name, each with its key.
type Attachments = BTreeMap<(&'static str, String), Vec<(String, Arc<Shared>)>>;

fn shared(value: Value, texts: &mut Texts) -> Arc<Shared> {
    let next = texts.len();
    Arc::new(Shared { id: *texts.entry(value.to_string()).or_insert(next), value })
}

/// A user or a role.
pub(super) struct Holder<'a> {
    pub name: String,
    pub is_user: bool,
    pub stack: &'a Stack,
    pub logical_id: &'a str,
    /// Their own policies.
    pub inline: Vec<Value>,
    /// The policies that others may have, too.
    pub shared: BTreeMap<String, Arc<Shared>>,
    pub boundary: Option<Arc<Shared>>,
    /// Policies that no stack of the account defines.
    pub unknown: BTreeSet<String>,
    pub trust: Option<Value>,
    pub tags: Vec<(String, String)>,
}

/// What references in a stack lead to: by logical ID what `Ref` gives, and the ARN; empty where that is not known.
pub(super) struct Known<'a> {
    account: &'a AccountFolder,
    pub stack: &'a Stack,
    physical: BTreeMap<&'a str, (String, String)>,
    /// The logical IDs of roles and instance profiles.
    roles: BTreeSet<String>,
}

impl<'a> Estate<'a> {
    /// What an account's stacks make, and what is `kept` of what those of `before` made.
    pub(super) fn of(
        account: Option<&'a AccountFolder>,
        kept: &[Kept<'a>],
        before: Option<&'a AccountFolder>,
        texts: &mut Texts,
    ) -> Self {
        let mut estate = Self::default();
        let mut stacks: Vec<(Known<'a>, Vec<(&'a str, &'a Value)>)> = Vec::new();
        for kept in kept.chunk_by(|a, b| a.stack.name == b.stack.name) {
            let all = kept.iter().map(|kept| (kept.logical_id, kept.resource)).collect();
            stacks.extend(before.zip(kept.first()).map(|(before, first)| (Known::of(before, first.stack), all)));
        }
        for (account, stack) in
            account.into_iter().flat_map(|account| account.stacks.iter().map(move |one| (account, one)))
        {
            let all = resources(Some(stack)).map(|(id, resource)| (id.as_str(), resource)).collect();
            stacks.push((Known::of(account, stack), all));
        }
        let mut managed: BTreeMap<String, Arc<Shared>> = BTreeMap::new();
        let mut attached = Attachments::new();
        for (known, all) in &stacks {
            estate.stacks.insert(&known.stack.name);
            for (id, resource) in all.iter().copied() {
                if let Some(other) = Other::of(known, id, resource) {
                    estate.others.insert((&known.stack.name, id), other);
                }
                let Some(document) = property(resource, "PolicyDocument") else { continue };
                let document = shared(known.filled(document), texts);
                let arn = known.physical.get(id).map(|(_, arn)| arn.clone()).unwrap_or_default();
                let key = if arn.is_empty() { format!("{} {id}", known.stack.name) } else { arn };
                match type_of(resource) {
                    "AWS::S3::BucketPolicy" => estate.bucket_policies.push(Arc::clone(&document)),
                    "AWS::IAM::ManagedPolicy" => {
                        managed.insert(key.clone(), Arc::clone(&document));
                    }
                    _ => {}
                }
                for (list, to) in [
                    ("Users", "user"),
                    ("Groups", "group"),
                    ("Roles", "role"),
                    ("UserName", "user"),
                    ("GroupName", "group"),
                    ("RoleName", "role"),
                ] {
                    for name in one_or_more(property(resource, list)) {
                        let Some(name) = known.text(name) else {
                            estate.unplaced.insert(format!("{name} {}", document.value));
                            continue;
                        };
                        attached.entry((to, name)).or_default().push((key.clone(), Arc::clone(&document)));
                    }
                }
            }
        }
        let mut groups: BTreeMap<String, Holder<'a>> = BTreeMap::new();
        let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (known, all) in &stacks {
            for (id, resource) in all.iter().copied() {
                let (kind, key) = match type_of(resource) {
                    "AWS::IAM::User" => ("user", "UserName"),
                    "AWS::IAM::Role" => ("role", "RoleName"),
                    "AWS::IAM::Group" => ("group", "GroupName"),
                    "AWS::IAM::UserToGroupAddition" => {
                        let group =
                            property(resource, "GroupName").and_then(|name| known.text(name)).unwrap_or_default();
                        for user in one_or_more(property(resource, "Users")) {
                            match known.text(user) {
                                Some(user) => members.entry(user).or_default().push(group.clone()),
                                None => _ = estate.unplaced.insert(format!("{user} {group}")),
                            }
                        }
                        continue;
                    }
                    _ => continue,
                };
                let name = named(resource, id, key);
                let mut holder = known.holder(id, resource, &name, &managed);
                holder.is_user = kind == "user";
                holder.shared.extend(attached.get(&(kind, name.clone())).into_iter().flatten().cloned());
                if kind == "group" {
                    groups.insert(name, holder);
                    continue;
                }
                if kind == "user" {
                    let listed = one_or_more(property(resource, "Groups"));
                    let listed = listed.map(|group| known.text(group).unwrap_or_else(|| group.to_string()));
                    members.entry(name).or_default().extend(listed);
                }
                let arn = known.physical.get(id).map(|(_, arn)| arn.clone()).unwrap_or_default();
                estate.holders.insert(arn, holder);
            }
        }
        estate.join(&groups, &members, texts);
        estate
    }

    /// Gives the members of groups what the groups have.
    fn join(
        &mut self,
        groups: &BTreeMap<String, Holder<'a>>,
        members: &BTreeMap<String, Vec<String>>,
        texts: &mut Texts,
    ) {
        for holder in self.holders.values_mut().filter(|holder| holder.is_user) {
            for name in members.get(&holder.name).into_iter().flatten() {
                match groups.get(name) {
                    Some(group) => {
                        holder.shared.extend(group.shared.iter().map(|(key, value)| (key.clone(), Arc::clone(value))));
                        let inline = group.inline.iter().enumerate();
                        holder
                            .shared
                            .extend(inline.map(|(at, value)| (format!("{name} {at}"), shared(value.clone(), texts))));
                        holder.unknown.extend(group.unknown.iter().cloned());
                    }
                    None => {
                        holder.unknown.insert(format!("the group {name}"));
                    }
                }
            }
        }
    }
}

impl<'a> Known<'a> {
    fn of(account: &'a AccountFolder, stack: &'a Stack) -> Self {
        let partition = &account.partition;
        let iam = |kind: &str, id: &str, resource: &Value, key: &str| {
            let path = property(resource, "Path").and_then(Value::as_str).unwrap_or("/");
            let name = named(resource, id, key);
            (name.clone(), format!("arn:{partition}:iam::{}:{kind}{path}{name}", account.id))
        };
        let regional =
            |service: &str, name: &str| format!("arn:{partition}:{service}:{}:{}:{name}", account.region, account.id);
        let physical = resources(Some(stack)).map(|(id, resource)| {
            let both = match type_of(resource) {
                "AWS::IAM::User" => iam("user", id, resource, "UserName"),
                "AWS::IAM::Group" => iam("group", id, resource, "GroupName"),
                "AWS::IAM::Role" => iam("role", id, resource, "RoleName"),
                "AWS::IAM::InstanceProfile" => iam("instance-profile", id, resource, "InstanceProfileName"),
                "AWS::IAM::ManagedPolicy" => {
                    let (_, arn) = iam("policy", id, resource, "ManagedPolicyName");
                    (arn.clone(), arn)
                }
                "AWS::S3::Bucket" => {
                    let name = named(resource, id, "BucketName");
                    (name.clone(), format!("arn:{partition}:s3:::{name}"))
                }
                "AWS::SNS::Topic" => {
                    let arn = regional("sns", &named(resource, id, "TopicName"));
                    (arn.clone(), arn)
                }
                "AWS::Lambda::Function" => {
                    let name = named(resource, id, "FunctionName");
                    (name.clone(), regional("lambda", &format!("function:{name}")))
                }
                "AWS::SQS::Queue" => (String::new(), regional("sqs", &named(resource, id, "QueueName"))),
                _ => (String::new(), String::new()),
            };
            (id.as_str(), both)
        });
        let is_role = |one: &Value| matches!(type_of(one), "AWS::IAM::Role" | "AWS::IAM::InstanceProfile");
        let roles = resources(Some(stack)).filter(|(_, one)| is_role(one)).map(|(id, _)| id.clone()).collect();
        Self { account, stack, physical: physical.collect(), roles }
    }

    /// Whether a value refers to a role of the stack, or to an instance profile.
    pub(super) fn refers_to_role(&self, value: &Value) -> bool {
        let mut found = Vec::new();
        references(value, &mut Vec::new(), &self.roles, &mut found);
        !found.is_empty()
    }

    fn holder(&self, id: &'a str, resource: &Value, name: &str, managed: &BTreeMap<String, Arc<Shared>>) -> Holder<'a> {
        let mut unknown = BTreeSet::new();
        let mut find = |value: &Value| {
            let arn = self.text(value).unwrap_or_else(|| value.to_string());
            let found = managed.get(&arn).map(|document| (arn.clone(), Arc::clone(document)));
            if found.is_none() {
                unknown.insert(arn);
            }
            found
        };
        let shared = one_or_more(property(resource, "ManagedPolicyArns")).filter_map(&mut find).collect();
        let boundary = property(resource, "PermissionsBoundary").and_then(&mut find).map(|(_, policy)| policy);
        let inline = one_or_more(property(resource, "Policies")).filter_map(|policy| policy.get("PolicyDocument"));
        let text = |value: Option<&Value>| value.and_then(|value| self.text(value)).unwrap_or_default();
        Holder {
            name: name.to_owned(),
            is_user: false,
            stack: self.stack,
            logical_id: id,
            inline: inline.map(|document| self.filled(document)).collect(),
            shared,
            boundary,
            unknown,
            trust: property(resource, "AssumeRolePolicyDocument").map(|document| self.filled(document)),
            tags: one_or_more(property(resource, "Tags"))
                .map(|tag| (text(tag.get("Key")), text(tag.get("Value"))))
                .collect(),
        }
    }

    /// A value with the references filled in that lead somewhere.
    pub(super) fn filled(&self, value: &Value) -> Value {
        if let Some(text) = self.text(value) {
            return Value::String(text);
        }
        match value {
            Value::Array(values) => Value::Array(values.iter().map(|value| self.filled(value)).collect()),
            Value::Object(entries) => Value::Object(
                entries.iter().map(|(key, value)| (key.clone(), self.filled(value))).collect::<Map<_, _>>(),
            ),
            other => other.clone(),
        }
    }

    /// A text, or what a reference gives.
    pub(super) fn text(&self, value: &Value) -> Option<String> {
        if let Some(text) = value.as_str() {
            return Some(text.to_owned());
        }
        let (function, argument) = value.as_object().filter(|entries| entries.len() == 1)?.iter().next()?;
        match (function.as_str(), argument) {
            ("Ref", Value::String(id)) => self.reference(id),
            ("Fn::GetAtt", Value::Array(steps)) => {
                self.reference(&format!("{}.{}", steps.first()?.as_str()?, steps.get(1)?.as_str()?))
            }
            ("Fn::Sub", Value::String(text)) => {
                let mut filled = String::new();
                let mut rest = text.as_str();
                while let Some((before, behind)) = rest.split_once("${") {
                    let (name, after) = behind.split_once('}')?;
                    filled += before;
                    match name.strip_prefix('!') {
                        Some(literal) => filled.extend(["${", literal, "}"]),
                        None => filled += &self.reference(name)?,
                    }
                    rest = after;
                }
                Some(filled + rest)
            }
            _ => None,
        }
    }

    fn reference(&self, name: &str) -> Option<String> {
        let found = match name {
            "AWS::AccountId" => self.account.id.clone(),
            "AWS::Region" => self.account.region.clone(),
            "AWS::Partition" => self.account.partition.clone(),
            _ => match name.split_once('.') {
                None => self.physical.get(name)?.0.clone(),
                Some((id, "Arn")) => self.physical.get(id)?.1.clone(),
                Some(_) => return None,
            },
        };
        Some(found).filter(|found| !found.is_empty())
    }
}

/// A name that stands in the template; without one, a name that is nobody's.
fn named(resource: &Value, id: &str, key: &str) -> String {
    property(resource, key).and_then(Value::as_str).map_or_else(|| format!("unnamed-{id}"), str::to_owned)
}

pub(super) fn one_or_more(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one): (&[Value], Option<&Value>) = match value {
        Some(Value::Array(values)) => (values, None),
        Some(Value::Null) | None => (&[], None),
        one => (&[], one),
    };
    list.iter().chain(one)
}
