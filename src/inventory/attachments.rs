//! Policies that are resources of their own, and whom they attach themselves to.

use std::collections::BTreeMap;

use super::documents::PolicyKind;
use super::model::IdentityKind;
use super::reader::Reader;
use super::return_values::{ReturnValues, unnamed};
use super::template::Resource;

/// The properties that attach a policy, with the kind of identity that they name.
type AttachingProperties = &'static [(&'static str, IdentityKind)];

const ATTACHING: AttachingProperties =
    &[("Users", IdentityKind::User), ("Groups", IdentityKind::Group), ("Roles", IdentityKind::Role)];

/// The types of policies: the property that names the policy, and those that attach it.
const TYPES: &[(&str, &str, AttachingProperties)] = &[
    ("AWS::IAM::ManagedPolicy", "ManagedPolicyName", ATTACHING),
    ("AWS::IAM::Policy", "PolicyName", ATTACHING),
    ("AWS::IAM::UserPolicy", "PolicyName", &[("UserName", IdentityKind::User)]),
    ("AWS::IAM::GroupPolicy", "PolicyName", &[("GroupName", IdentityKind::Group)]),
    ("AWS::IAM::RolePolicy", "PolicyName", &[("RoleName", IdentityKind::Role)]),
];

/// Managed policies by their ARNs, and what is attached from the side of the policy.
#[derive(Default)]
pub struct Attachments {
    /// By ARN: the stacks that define the policy, each with the index of the policy.
    managed: BTreeMap<String, Vec<(usize, usize)>>,
    /// By kind and name of an identity: the stacks that name it, each with the index of the policy.
    by_identity: BTreeMap<(IdentityKind, String), Vec<(usize, usize)>>,
    /// The policies whose identity is known only when the stack is deployed, by their indexes, each with the reference.
    pub unresolved: Vec<(usize, String)>,
}

impl Attachments {
    /// Takes in a resource, if it is a policy.
    pub fn read<'a>(&mut self, values: &ReturnValues<'a>, resource: &Resource<'a>, reader: &mut Reader<'a, '_>) {
        let Some((_, name, attaching)) = TYPES.iter().find(|(of, ..)| *of == resource.kind) else { return };
        let Some(document) = resource.property("PolicyDocument") else { return };
        let name = resource.property(name).map_or_else(|| unnamed(resource), |name| values.text_or_reference(name));
        let arn = &values.physical(resource.logical_id).arn;
        let kind = if arn.is_empty() { PolicyKind::Inline } else { PolicyKind::Managed(arn.clone()) };
        let document = ("Properties/PolicyDocument".to_owned(), document);
        let policy = reader.add(values, resource, (kind, name), document);
        if !arn.is_empty() {
            self.managed.entry(arn.clone()).or_default().push((resource.stack, policy));
        }
        for (property, kind) in *attaching {
            for (_, to) in resource.list(property) {
                match values.text(to) {
                    Some(name) => {
                        self.by_identity.entry((*kind, name)).or_default().push((resource.stack, policy));
                    }
                    None => self.unresolved.push((policy, to.to_string())),
                }
            }
        }
    }

    /// The managed policy of an ARN, as a stack sees it. Where several define it, the stack's own one, or else the last.
    pub fn managed(&self, arn: &str, stack: usize) -> Option<usize> {
        let all = self.managed.get(arn)?;
        all.iter().rev().find(|(of, _)| *of == stack).or(all.last()).map(|(_, policy)| *policy)
    }

    /// The policies that are attached to an identity of `stack`. One that the template names nothing is known to its own
    /// stack alone.
    pub fn of<'s>(
        &'s self,
        kind: IdentityKind,
        (name, is_named): (&str, bool),
        stack: usize,
    ) -> impl Iterator<Item = usize> + 's {
        let all = self.by_identity.get(&(kind, name.to_owned())).into_iter().flatten();
        all.filter(move |(by, _)| is_named || *by == stack).map(|(_, policy)| *policy)
    }

    /// Whom policies are attached to by name, each with the policy and the stack that says so.
    pub fn named(&self) -> impl Iterator<Item = (IdentityKind, &str, usize, usize)> {
        self.by_identity.iter().flat_map(|((kind, name), all)| {
            all.iter().map(move |(stack, policy)| (*kind, name.as_str(), *stack, *policy))
        })
    }
}
