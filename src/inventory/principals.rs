//! The IAM users, roles and groups, with the policies that they have.

use std::collections::BTreeMap;

use super::attachments::Attachments;
use super::documents::PolicyKind;
use super::model::{Boundary, IdentityKind, Location, Principal, Undefined};
use super::reader::Reader;
use super::return_values::ReturnValues;
use super::template::Resource;
use super::texts::Physical;

/// Who is in which group.
#[derive(Default)]
pub struct Memberships<'a> {
    pub groups: Vec<Principal<'a>>,
    /// By the name of a user: the groups that it is added to by resources of their own, each with where that stands.
    added: BTreeMap<String, Vec<(Location<'a>, String)>>,
    /// References to users of which it is known only when the stack is deployed who they are, each with the group.
    pub unresolved: Vec<(String, String)>,
}

impl<'a> Memberships<'a> {
    /// Takes in a resource, if it is a group or adds users to one.
    pub fn read(
        &mut self,
        values: &ReturnValues<'a>,
        resource: &Resource<'a>,
        attachments: &Attachments,
        reader: &mut Reader<'a, '_>,
    ) {
        if resource.kind == "AWS::IAM::Group" {
            self.groups.push(identity(values, (resource, IdentityKind::Group), attachments, reader));
        }
        if resource.kind != "AWS::IAM::UserToGroupAddition" {
            return;
        }
        let group = resource.property("GroupName").map(|name| values.text_or_reference(name)).unwrap_or_default();
        for (path, user) in resource.list("Users") {
            if let Some(name) = values.text(user) {
                self.added.entry(name).or_default().push((resource.location(path), group.clone()));
            } else {
                let message = format!("`{user}`, which leads to no user of its stack, is added to the group `{group}`");
                reader.doubt(message, resource.location(path));
                self.unresolved.push((user.to_string(), group.clone()));
            }
        }
    }

    /// The group of a name, as a stack sees it.
    fn group(&self, name: &str, stack: usize) -> Option<&Principal<'a>> {
        let is_it = |group: &&Principal<'_>| group.name == name && (group.is_named || group.location.stack == stack);
        self.groups.iter().rev().find(is_it)
    }

    /// The users that are added to groups by name, each with where that stands.
    pub fn added(&self) -> impl Iterator<Item = (&str, &Location<'a>)> {
        self.added.iter().flat_map(|(name, all)| all.iter().map(move |(location, _)| (name.as_str(), location)))
    }
}

/// Takes in a resource, if it is a user or a role.
pub fn read<'a>(
    values: &ReturnValues<'a>,
    resource: &Resource<'a>,
    (attachments, memberships): (&Attachments, &Memberships<'a>),
    reader: &mut Reader<'a, '_>,
) {
    let kind = match resource.kind {
        "AWS::IAM::User" => IdentityKind::User,
        "AWS::IAM::Role" => IdentityKind::Role,
        _ => return,
    };
    let mut principal = identity(values, (resource, kind), attachments, reader);
    if kind == IdentityKind::User {
        let listed = resource.list("Groups").map(|(_, group)| (resource.stack, values.text_or_reference(group)));
        let added = memberships.added.get(&principal.name).into_iter().flatten();
        let is_named = principal.is_named;
        let added = added.filter(|(by, _)| is_named || by.stack == resource.stack);
        for (by, name) in listed.chain(added.map(|(by, group)| (by.stack, group.clone()))) {
            let group = memberships.group(&name, by);
            if group.is_none() {
                let message = format!("a user is in the group `{name}`, which no stack defines");
                reader.doubt(message, resource.location("Properties/Groups"));
            }
            principal.join(name, group);
        }
    }
    reader.inventory.principals.push(principal);
}

/// A user, role or group with its inline and managed policies.
fn identity<'a>(
    values: &ReturnValues<'a>,
    (resource, kind): (&Resource<'a>, IdentityKind),
    attachments: &Attachments,
    reader: &mut Reader<'a, '_>,
) -> Principal<'a> {
    let Physical { name, arn, is_named, .. } = values.physical(resource.logical_id).clone();
    let mut found = Principal { is_named, ..Principal::new(kind, (name, arn), resource.location("")) };
    for (path, inline) in resource.list("Policies") {
        let Some(document) = inline.get("PolicyDocument") else {
            let message = "an inline policy has no `PolicyDocument`".to_owned();
            reader.doubt(message, resource.location(path));
            continue;
        };
        let name = inline.get("PolicyName").map(|name| values.text_or_reference(name)).unwrap_or_default();
        let document = (format!("{path}/PolicyDocument"), document);
        found.attach(reader.add(values, resource, (PolicyKind::Inline, name), document));
    }
    for (path, value) in resource.list("ManagedPolicyArns") {
        let arn = values.text_or_reference(value);
        if let Some(policy) = attachments.managed(&arn, resource.stack) {
            found.attach(policy);
        } else {
            let message = format!("the policy `{arn}` is attached, which no stack defines");
            reader.doubt(message, resource.location(path));
            found.undefined.insert(Undefined::Policy(arn));
        }
    }
    for policy in attachments.of(kind, (&found.name, is_named), resource.stack) {
        found.attach(policy);
    }
    found.attached = found.policies.len();
    found.trust = resource.property("AssumeRolePolicyDocument").map(|document| {
        let name = format!("trust of {}", found.name);
        let document = ("Properties/AssumeRolePolicyDocument".to_owned(), document);
        reader.add(values, resource, (PolicyKind::Trust, name), document)
    });
    found.tags = values.tags(resource);
    found.boundary = resource.property("PermissionsBoundary").map(|value| {
        let arn = values.text_or_reference(value);
        if let Some(policy) = attachments.managed(&arn, resource.stack) {
            return Boundary::Policy(policy);
        }
        let message = format!("the permissions boundary is `{arn}`, which no stack defines");
        reader.doubt(message, resource.location("Properties/PermissionsBoundary"));
        Boundary::Undefined(arn)
    });
    found
}
