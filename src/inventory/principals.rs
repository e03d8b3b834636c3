//! The IAM users, roles and groups, with the policies that they have.

use std::collections::{BTreeMap, BTreeSet};

use super::attachments::Attachments;
use super::documents::{PolicyKind, PolicyList};
use super::model::{Boundary, Doubt, Group, IdentityKind, Location, Principal, Undefined};
use super::return_values::ReturnValues;
use super::template::Resource;

/// What the identities of an account are read by.
pub struct IdentityReader<'a, 'd, 'r> {
    /// The policies that stand by themselves.
    pub attachments: &'r Attachments,
    /// Where the others are added.
    pub list: &'r mut PolicyList<'a, 'd>,
    /// Where it is added what could not be read.
    pub doubts: &'r mut Vec<Doubt<'a>>,
}

/// Who is in which group.
#[derive(Default)]
pub struct Memberships<'a> {
    pub groups: Vec<Group<'a>>,
    /// Their indexes by their names.
    by_name: BTreeMap<String, Vec<usize>>,
    /// By the name of a user: the groups that it is added to by resources of their own, each with where that stands.
    added: BTreeMap<String, Vec<(Location<'a>, String)>>,
    /// References to users of which it is known only when the stack is deployed who they are, each with the group.
    pub unresolved: Vec<(String, String)>,
}

/// What an identity has besides what other resources attach to it.
struct Attached {
    policies: Vec<usize>,
    undefined: BTreeSet<Undefined>,
}

impl<'a> Memberships<'a> {
    /// Takes in a resource, if it is a group or adds users to one.
    pub fn read(
        &mut self,
        values: &ReturnValues<'a>,
        resource: &Resource<'a>,
        reader: &mut IdentityReader<'a, '_, '_>,
    ) {
        match resource.kind {
            "AWS::IAM::Group" => {
                let physical = values.physical(resource.logical_id);
                let Attached { policies, undefined } = reader.attached(values, resource, IdentityKind::Group);
                self.by_name.entry(physical.name.clone()).or_default().push(self.groups.len());
                self.groups.push(Group {
                    arn: physical.arn.clone(),
                    name: physical.name.clone(),
                    is_named: physical.is_named,
                    location: resource.location(""),
                    policies,
                    undefined,
                });
            }
            "AWS::IAM::UserToGroupAddition" => {
                let group = resource.property("GroupName").map(|name| values.text_or_reference(name));
                let group = group.unwrap_or_default();
                for (path, user) in resource.list("Users") {
                    if let Some(name) = values.text(user) {
                        self.added.entry(name).or_default().push((resource.location(path), group.clone()));
                    } else {
                        let message =
                            format!("`{user}`, which leads to no user of its stack, is added to the group `{group}`");
                        reader.doubts.push(Doubt { message, location: resource.location(path) });
                        self.unresolved.push((user.to_string(), group.clone()));
                    }
                }
            }
            _ => {}
        }
    }

    /// The group of a name, as a stack sees it.
    fn group(&self, name: &str, stack: usize) -> Option<&Group<'a>> {
        let groups = self.by_name.get(name)?.iter().rev().filter_map(|index| self.groups.get(*index));
        groups.into_iter().find(|group| group.is_named || group.location.stack == stack)
    }

    /// The users that are added to groups by name, each with where that stands.
    pub fn added(&self) -> impl Iterator<Item = (&str, &Location<'a>)> {
        self.added.iter().flat_map(|(name, all)| all.iter().map(move |(location, _)| (name.as_str(), location)))
    }
}

impl<'a> IdentityReader<'a, '_, '_> {
    /// A user or a role; `None` of any other resource.
    pub fn principal(
        &mut self,
        values: &ReturnValues<'a>,
        resource: &Resource<'a>,
        memberships: &Memberships<'a>,
    ) -> Option<Principal<'a>> {
        let kind = match resource.kind {
            "AWS::IAM::User" => IdentityKind::User,
            "AWS::IAM::Role" => IdentityKind::Role,
            _ => return None,
        };
        let physical = values.physical(resource.logical_id);
        let attached = self.attached(values, resource, kind);
        let trust = resource.property("AssumeRolePolicyDocument").map(|document| {
            let name = format!("trust of {}", physical.name);
            let document = ("Properties/AssumeRolePolicyDocument".to_owned(), document);
            self.list.add(values, resource, (PolicyKind::Trust, name), document)
        });
        let mut principal = Principal {
            kind,
            arn: physical.arn.clone(),
            name: physical.name.clone(),
            is_named: physical.is_named,
            location: resource.location(""),
            tags: values.tags(resource),
            policies: attached.policies,
            boundary: self.boundary(values, resource),
            trust,
            groups: BTreeSet::new(),
            undefined: attached.undefined,
        };
        if kind == IdentityKind::User {
            self.join(&mut principal, values, resource, memberships);
        }
        Some(principal)
    }

    /// Gives a user what its groups have.
    fn join(
        &mut self,
        user: &mut Principal<'a>,
        values: &ReturnValues<'a>,
        resource: &Resource<'a>,
        memberships: &Memberships<'a>,
    ) {
        let listed = resource.list("Groups").map(|(_, group)| (resource.stack, values.text_or_reference(group)));
        let added = memberships.added.get(&user.name).into_iter().flatten();
        let added = added.filter(|(by, _)| user.is_named || by.stack == resource.stack);
        for (by, name) in listed.chain(added.map(|(by, group)| (by.stack, group.clone()))) {
            if let Some(group) = memberships.group(&name, by) {
                add_new(&mut user.policies, group.policies.iter().copied());
                user.undefined.extend(group.undefined.iter().cloned());
                user.groups.insert(name);
            } else {
                let message = format!("a user is in the group `{name}`, which no stack defines");
                self.doubts.push(Doubt { message, location: resource.location("Properties/Groups") });
                user.undefined.insert(Undefined::Group(name));
            }
        }
    }

    /// The inline and managed policies of an identity.
    fn attached(&mut self, values: &ReturnValues<'a>, resource: &Resource<'a>, kind: IdentityKind) -> Attached {
        let mut attached = Attached { policies: Vec::new(), undefined: BTreeSet::new() };
        for (path, inline) in resource.list("Policies") {
            let Some(document) = inline.get("PolicyDocument") else {
                let message = "an inline policy has no `PolicyDocument`".to_owned();
                self.doubts.push(Doubt { message, location: resource.location(path) });
                continue;
            };
            let name = inline.get("PolicyName").map(|name| values.text_or_reference(name)).unwrap_or_default();
            let document = (format!("{path}/PolicyDocument"), document);
            attached.policies.push(self.list.add(values, resource, (PolicyKind::Inline, name), document));
        }
        for (path, value) in resource.list("ManagedPolicyArns") {
            let arn = values.text_or_reference(value);
            if let Some(policy) = self.attachments.managed(&arn, resource.stack) {
                add_new(&mut attached.policies, [policy]);
            } else {
                let message = format!("the policy `{arn}` is attached, which no stack defines");
                self.doubts.push(Doubt { message, location: resource.location(path) });
                attached.undefined.insert(Undefined::Policy(arn));
            }
        }
        let physical = values.physical(resource.logical_id);
        let of_policies = self.attachments.of(kind, (&physical.name, physical.is_named), resource.stack);
        add_new(&mut attached.policies, of_policies);
        attached
    }

    fn boundary(&mut self, values: &ReturnValues<'a>, resource: &Resource<'a>) -> Option<Boundary> {
        let arn = values.text_or_reference(resource.property("PermissionsBoundary")?);
        Some(self.attachments.managed(&arn, resource.stack).map_or_else(
            || {
                let message = format!("the permissions boundary is `{arn}`, which no stack defines");
                let location = resource.location("Properties/PermissionsBoundary");
                self.doubts.push(Doubt { message, location });
                Boundary::Undefined(arn)
            },
            Boundary::Policy,
        ))
    }
}

fn add_new(policies: &mut Vec<usize>, more: impl IntoIterator<Item = usize>) {
    for policy in more {
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }
}
