//! What an inventory holds: the types that all of its readers share.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::iam::{self, Context};

/// The type of the policies of buckets.
pub const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";

/// The account that a stack is deployed to: what the pseudo parameters of CloudFormation return there.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// `AWS::AccountId`.
    pub id: &'a str,
    /// `AWS::Region`.
    pub region: &'a str,
    /// `AWS::Partition`.
    pub partition: &'a str,
}

/// A stack, as an inventory reads it.
#[derive(Debug, Clone)]
pub struct Stack<'a> {
    /// Where it is deployed.
    pub account: Account<'a>,
    /// The `Resources` of its template, in long form.
    pub resources: &'a Value,
    /// The keys and values of its own tags, which CloudFormation gives to each of its resources that has no other tag of that key.
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html>
    pub tags: Vec<(String, String)>,
    /// The logical IDs of the resources that are taken into the inventory; all of them with `None`. References lead to
    /// the others, too.
    pub only: Option<BTreeSet<&'a str>>,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location<'a> {
    /// The index of the stack.
    pub stack: usize,
    /// The logical ID of the resource.
    pub logical_id: &'a str,
    /// The keys and indexes that lead to it from the resource, with `/` between them; empty for the resource itself.
    pub path: String,
}

impl Location<'_> {
    /// Whether it is at another place, or in what stands there.
    pub fn is_within(&self, other: &Location<'_>) -> bool {
        (self.stack, self.logical_id) == (other.stack, other.logical_id) && self.path.starts_with(&other.path)
    }
}

/// A tag. `None` is a key or a value that is known only when the stack is deployed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag<'a> {
    /// Its key.
    pub key: Option<Cow<'a, str>>,
    /// Its value.
    pub value: Option<Cow<'a, str>>,
}

impl Tag<'_> {
    /// Whether it has this key: IAM compares the keys of tags without regard to case.
    pub fn has_key(&self, key: &str) -> bool {
        self.key.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(key))
    }
}

/// What kind of IAM identity something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IdentityKind {
    /// A user.
    User,
    /// A group of users.
    Group,
    /// A role.
    Role,
}

/// Something that is attached to an identity and that no stack defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undefined {
    /// A managed policy: its ARN, or the reference to it.
    Policy(String),
    /// A group: its name, or the reference to it.
    Group(String),
}

/// A permissions boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// A managed policy, by its index.
    Policy(usize),
    /// One that no stack defines: its ARN, or the reference to it.
    Undefined(String),
}

/// An IAM user, role or group.
#[derive(Debug, Clone)]
pub struct Principal<'a> {
    /// Which of them it is.
    pub kind: IdentityKind,
    /// The ARN.
    pub arn: String,
    /// The name.
    pub name: String,
    /// Whether the template tells the name and the path. Otherwise the name is one that nobody has.
    pub is_named: bool,
    /// The resource.
    pub location: Location<'a>,
    /// The tags that its template gives it.
    pub tags: Vec<Tag<'a>>,
    /// The identity policies, by their indexes: its own, the attached ones, and those of its groups, each once.
    pub policies: Vec<usize>,
    /// How many of these, the first, templates attach to itself, and not to a group of its.
    pub attached: usize,
    /// The permissions boundary.
    pub boundary: Option<Boundary>,
    /// The trust policy, by its index.
    pub trust: Option<usize>,
    /// The names of a user's groups, as far as stacks define them.
    pub groups: BTreeSet<String>,
    /// What is attached besides, to it or to its groups, and no stack defines.
    pub undefined: BTreeSet<Undefined>,
}

impl<'a> Principal<'a> {
    /// One of a name and an ARN that has nothing yet.
    pub(crate) fn new(kind: IdentityKind, (name, arn): (String, String), location: Location<'a>) -> Self {
        Self {
            kind,
            arn,
            name,
            is_named: true,
            location,
            tags: Vec::new(),
            policies: Vec::new(),
            attached: 0,
            boundary: None,
            trust: None,
            groups: BTreeSet::new(),
            undefined: BTreeSet::new(),
        }
    }

    /// Who asks when it does, and what all of its requests say, by the ID of its account.
    pub fn asking(&self, account: &str) -> (iam::Principal, Context) {
        let (arn, account) = (self.arn.clone(), account.to_owned());
        let principal = match self.kind {
            IdentityKind::User => iam::Principal::User { arn, account },
            IdentityKind::Group | IdentityKind::Role => iam::Principal::Role { arn, session: None, account },
        };
        let context = self.tags.iter().fold(principal.context(&self.name), |context, tag| {
            // A tag whose key is not known is a doubt of its own.
            let Some(key) = tag.key.as_ref().map(|key| format!("aws:PrincipalTag/{key}")) else { return context };
            match &tag.value {
                Some(value) => context.with(&key, value.as_ref()),
                None => context.with_unknown(&key),
            }
        });
        (principal, context)
    }

    /// The permissions boundary, by its index, if a stack defines it.
    pub fn boundary_policy(&self) -> Option<usize> {
        match self.boundary {
            Some(Boundary::Policy(index)) => Some(index),
            Some(Boundary::Undefined(_)) | None => None,
        }
    }

    /// All policies that decide about its requests, and about who may be it, by their indexes.
    pub fn all_policies(&self) -> impl Iterator<Item = usize> {
        self.policies.iter().copied().chain(self.boundary_policy()).chain(self.trust)
    }

    /// Gives it a policy, unless it has it.
    pub(crate) fn attach(&mut self, policy: usize) {
        if !self.policies.contains(&policy) {
            self.policies.push(policy);
        }
    }

    /// Gives a user what the group of this name has; `None` of one that no stack defines.
    pub(crate) fn join(&mut self, name: String, group: Option<&Self>) {
        let Some(group) = group else {
            self.undefined.insert(Undefined::Group(name));
            return;
        };
        group.policies.iter().for_each(|policy| self.attach(*policy));
        self.undefined.extend(group.undefined.iter().cloned());
        self.groups.insert(name);
    }
}

/// The policies of a resource.
#[derive(Debug)]
pub struct ResourcePolicy<'a> {
    /// The type of the resource that holds them.
    pub resource_type: &'a str,
    /// The resource that holds them.
    pub location: Location<'a>,
    /// What they are about: ARNs or names, as the template has them. `None` is one that is not known, as that of each
    /// type that this program knows nothing of.
    pub targets: Vec<Option<String>>,
    /// The policies, by their indexes.
    pub policies: Vec<usize>,
}

/// A role, or an instance profile, that a resource acts as or hands on.
#[derive(Debug)]
pub struct ServiceRole<'a> {
    /// The type of the resource.
    pub resource_type: &'a str,
    /// The resource.
    pub location: Location<'a>,
    /// The property that says so.
    pub property: String,
    /// The ARN or the name, or the reference to it.
    pub role: String,
}

/// A notebook instance.
#[derive(Debug)]
pub struct Notebook<'a> {
    /// The name.
    pub name: String,
    /// The resource.
    pub location: Location<'a>,
    /// The ARN of the role that it acts as, if that is known.
    pub role_arn: Option<String>,
    /// The tags that its template gives it.
    pub tags: Vec<Tag<'a>>,
}

/// A log group.
#[derive(Debug)]
pub struct LogGroup<'a> {
    /// The name.
    pub name: String,
    /// The tags that its template gives it.
    pub tags: Vec<Tag<'a>>,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt<'a> {
    /// What, in words.
    pub message: String,
    /// Where it stands.
    pub location: Location<'a>,
    /// Whether it may give access that nothing else in the inventory shows.
    pub hides_access: bool,
}
