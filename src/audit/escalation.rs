//! Who can become somebody else, and who can give themselves, or a role that they can become, what they do not have: what can be
//! reached so is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::affected::{AffectedOwners, affected_owners};
use super::belongings::Belongings;
use super::observation::{Observation, ResourceKind};
use super::sides::{Sides, boundary_arn, policy_arn};
use super::steps::{
    JOIN, Lines, PASS, STEPS, StepEffect, TAKE, actions_with, is_of_services, may, names, principals, session, tell,
};
use crate::check::{PrincipalKind, allowed, deployed};
use crate::facts::SERVICE_LINKED;
use crate::finding::Rule;
use crate::iam::AccessLine;
use crate::inventory::{Documents, IamInventory, IdentityKind, Location, Policy, PolicyKind, Principal};

const HELP: &str =
    "narrow what it may do, or name it in `trusted` of the settings if it is an administrator or a service";

/// The users and roles of an account, and what they reach by themselves. All indexes of principals are those of `sides.live`, which
/// `steps` has in the same order.
pub struct Escalation<'s, 'a> {
    sides: &'s Sides<'a>,
    /// What each of them is for.
    kinds: &'s [Option<PrincipalKind>],
    /// Their policies, with the actions of `STEPS` alone.
    steps: &'s IamInventory<'a>,
    /// What each of those reaches who are no people.
    affected: &'s BTreeMap<usize, AffectedOwners<'a>>,
    /// What those may do by themselves of whom all steps are looked at.
    lines: BTreeMap<usize, Lines>,
}

/// A step of one principal to another.
struct EscalationStep {
    to: usize,
    /// In words, before the other's name.
    how: String,
    topic: &'static str,
}

/// What somebody can make of a principal.
struct EscalatedPrincipal {
    who: usize,
    of: usize,
    /// Whether it has any policy then.
    everything: bool,
    /// Whether it has no boundary then.
    unbound: bool,
    /// The groups that it is in besides.
    groups: Vec<usize>,
}

/// That a principal reaches something.
pub fn told(sides: &Sides<'_>, principal: &Principal<'_>, topic: &str, what: String) -> Observation {
    let one = Observation::of(Rule::AuditReached, ResourceKind::of(principal), topic, what);
    one.at(sides.export.place(&principal.arn), HELP)
}

impl<'s, 'a> Escalation<'s, 'a> {
    /// What they may do besides. What people and racestack's roles may do with IAM is held to their limits; who reaches what
    /// everybody's access depends on needs no step.
    pub fn of(
        sides: &'s Sides<'a>,
        kinds: &'s [Option<PrincipalKind>],
        steps: &'s IamInventory<'a>,
        affected: &'s BTreeMap<usize, AffectedOwners<'a>>,
    ) -> Self {
        let is_followed = |index: &usize| {
            let reaches_all = affected.get(index).is_some_and(|owners| owners.of_all);
            kinds.get(*index) == Some(&Some(PrincipalKind::External)) && !reaches_all
        };
        let followed = (0..kinds.len()).filter(is_followed);
        let lines = followed.map(|index| (index, allowed(sides.plan, steps, index, None))).collect();
        Self { sides, kinds, steps, affected, lines }
    }

    /// What is found of all of them. `inventory` is that by which it is decided what they reach, in the order of `sides.live`: whom
    /// somebody can make of another is put behind all others.
    ///
    /// # Errors
    /// As of `check::deployed`.
    pub fn observations(
        &self,
        mut inventory: IamInventory<'a>,
        belongings: &Belongings<'a>,
    ) -> Result<Vec<Observation>, String> {
        let targets = self.targets();
        let steps: Vec<Vec<EscalationStep>> =
            (0..self.kinds.len()).map(|index| self.steps_of(index, &targets)).collect();
        let changes: Vec<EscalatedPrincipal> =
            self.lines.keys().flat_map(|who| self.changes(*who, &closure(*who, &steps))).collect();
        let added = add_changed(&mut inventory, &changes);
        let problems = deployed(self.sides.plan, &inventory, &added)?;
        let mut found = Vec::new();
        let mut affected = self.affected.clone();
        for (change, problems) in changes.iter().zip(problems) {
            let (of, _) = affected_owners(&inventory, &problems, belongings);
            let (Some(principal), Some(whose)) = (self.principal(change.who), of.in_words()) else { continue };
            affected.entry(change.who).or_default().extend(&of);
            let what = format!("{}, and so has access to {whose}", self.change_in_words(change));
            found.push(told(self.sides, principal, "escalation", what));
        }
        for (index, lines) in &self.lines {
            if let (Some(made), Some(principal)) = (self.makes(lines), self.principal(*index)) {
                affected.entry(*index).or_default().of_all = true;
                let what = format!(
                    "can make a {made} with any policy, and so has access to what all people's access depends on"
                );
                found.push(told(self.sides, principal, "escalation", what));
            }
        }
        for (index, own) in steps.iter().enumerate() {
            for step in own {
                let (Some(principal), Some(other)) = (self.principal(index), self.principal(step.to)) else { continue };
                let Some(why) = self.why(principal, (step.to, &steps), &affected) else { continue };
                let what = format!("{} the {} `{}`, {why}", step.how, ResourceKind::of(other).0.words()[0], other.name);
                found.push(told(self.sides, principal, &format!("{}-{}", step.topic, other.name), what));
            }
        }
        Ok(found)
    }

    fn principal(&self, index: usize) -> Option<&'s Principal<'a>> {
        self.sides.live.principals.get(index)
    }

    fn is_person(&self, index: usize) -> bool {
        self.kinds.get(index).copied().flatten().is_some_and(PrincipalKind::is_persons)
    }

    /// Why it matters that somebody becomes another, and so all whom that one can become; `None` where all that these reach is
    /// their own.
    fn why(
        &self,
        who: &Principal<'_>,
        (to, steps): (usize, &[Vec<EscalationStep>]),
        affected: &BTreeMap<usize, AffectedOwners<'a>>,
    ) -> Option<String> {
        let mut owners = AffectedOwners::default();
        for index in &closure(to, steps) {
            let other = self.principal(*index)?;
            if self.is_person(*index) {
                owners.owners.insert(&other.name);
            } else if self.sides.is_trusted(&other.arn) {
                let through =
                    format!("and so can become the {} `{}`, ", ResourceKind::of(other).0.words()[0], other.name);
                return Some(if *index == to { String::new() } else { through } + "which the settings trust");
            }
            affected.get(index).into_iter().for_each(|more| owners.extend(more));
        }
        owners.owners.remove(who.name.as_str());
        Some(format!("and so has access to {}", owners.in_words()?))
    }

    /// Whom somebody becomes in one step.
    fn steps_of(&self, index: usize, targets: &[(usize, &Principal<'_>)]) -> Vec<EscalationStep> {
        let kind = self.kinds.get(index).copied().flatten();
        let is_looked_at = kind.is_some() && (kind != Some(PrincipalKind::External) || self.lines.contains_key(&index));
        let Some(own) = self.principal(index).filter(|_| is_looked_at) else { return Vec::new() };
        let may_take = own
            .policies
            .iter()
            .filter_map(|policy| self.steps.parsed(*policy))
            .any(|document| document.may_allow(TAKE));
        let others = targets.iter().filter(|(to, _)| *to != index);
        others.filter_map(|to| self.step((index, own, may_take), *to)).collect()
    }

    /// Whom somebody may become. What is done to people's users and roles is told as theirs, and their roles are SageMaker's, unless a trust
    /// policy says otherwise.
    fn targets(&self) -> Vec<(usize, &'s Principal<'a>)> {
        let is_target = |(index, other): &(usize, &Principal<'_>)| {
            let trust = other.trust.and_then(|policy| self.steps.policies.get(policy));
            let is_open = trust.is_some_and(|trust| !is_of_services(&trust.document));
            (is_open || !self.is_person(*index)) && !other.arn.contains(SERVICE_LINKED)
        };
        self.sides.live.principals.iter().enumerate().filter(is_target).collect()
    }

    fn step(
        &self,
        (index, own, may_take): (usize, &Principal<'_>, bool),
        (to, other): (usize, &Principal<'_>),
    ) -> Option<EscalationStep> {
        let perhaps = |is_known: bool| if is_known { "" } else { "perhaps " };
        let trust = other.trust.and_then(|policy| Some(&self.steps.policies.get(policy)?.document));
        if let Some(trust) = trust.filter(|trust| may_take || names(trust, own)) {
            let document = trust.parsed().ok()?;
            let taking = allowed(self.sides.plan, self.steps, index, Some((document, session(trust, own))));
            if let Some(is_known) = tell(&taking, TAKE, &other.arn, &[]) {
                return Some(EscalationStep { to, how: format!("{}takes", perhaps(is_known)), topic: "assume" });
            }
        }
        let lines = self.lines.get(&index).filter(|_| !self.is_person(to))?;
        STEPS.iter().find_map(|(action, effect)| {
            let StepEffect::Become(kind, how) = effect else { return None };
            let is_known = match *action {
                TAKE => None,
                _ if *kind != other.kind => None,
                PASS => {
                    let pass = |service| tell(lines, PASS, &other.arn, &[("iam:PassedToService", Some(service))]);
                    trust.and_then(|trust| principals(trust, "Service").filter_map(pass).max())
                }
                action => tell(lines, action, &other.arn, &[]),
            }?;
            Some(EscalationStep { to, how: format!("{}{how}", perhaps(is_known)), topic: "become" })
        })
    }

    /// What somebody who can become all of these can make of each of them, by the policies of all.
    fn changes(&self, who: usize, all: &BTreeSet<usize>) -> Vec<EscalatedPrincipal> {
        let powers: Vec<&Lines> = all.iter().filter_map(|one| self.lines.get(one)).collect();
        // AWS's own policies are of an account called `aws`.
        let is_own = |arn: &str| arn.split(':').nth(4) == Some(&self.sides.plan.names.account_id);
        let rewrites =
            |arn: &str| is_own(arn) && actions_with(StepEffect::Rewrite).any(|action| may(&powers, action, arn, None));
        let [administrator, _] = self.any_policy();
        let change = |of: &usize| {
            let principal = self.steps.principals.get(*of).filter(|_| self.lines.contains_key(of))?;
            let (kind, arn) = (principal.kind, principal.arn.as_str());
            let bound = boundary_arn(self.steps, principal);
            let unbinds = |action: &str, bound: &str| {
                let set = if action.starts_with("iam:Put") { administrator.as_str() } else { bound };
                may(&powers, action, arn, Some(set))
            };
            let (own, others): (Vec<_>, Vec<_>) =
                self.steps.groups.iter().enumerate().partition(|(_, group)| principal.groups.contains(&group.name));
            let joins = |group: &Principal<'_>| kind == IdentityKind::User && may(&powers, JOIN, &group.arn, None);
            let change = EscalatedPrincipal {
                who,
                of: *of,
                everything: self.gives(&powers, (kind, arn), bound)
                    || principal.policies.iter().filter_map(|own| policy_arn(self.steps, *own)).any(rewrites)
                    || own.iter().any(|(_, group)| self.gives(&powers, (IdentityKind::Group, &group.arn), bound)),
                unbound: bound.is_some_and(|arn| {
                    rewrites(arn) || actions_with(StepEffect::Unbind(kind)).any(|action| unbinds(action, arn))
                }),
                groups: others.into_iter().filter(|(_, group)| joins(group)).map(|(index, _)| index).collect(),
            };
            (change.everything || change.unbound || !change.groups.is_empty()).then_some(change)
        };
        all.iter().filter_map(change).collect()
    }

    /// The ARNs of a policy of AWS's, and of one of the account, that can allow everything.
    fn any_policy(&self) -> [String; 2] {
        let names = &self.sides.plan.names;
        let any = [("aws", "AdministratorAccess"), (names.account_id.as_str(), "any")];
        any.map(|(account, name)| format!("arn:{}:iam::{account}:policy/{name}", names.partition))
    }

    /// Whether an identity, which has this permissions boundary, can be given any policy: an inline one, or one of AWS's or of the
    /// account that is attached.
    fn gives(&self, powers: &[&Lines], (kind, arn): (IdentityKind, &str), bound: Option<&str>) -> bool {
        let policies = self.any_policy();
        actions_with(StepEffect::Give(kind)).any(|action| {
            let mut said =
                policies.iter().map(|policy| [("iam:PermissionsBoundary", bound), ("iam:PolicyARN", Some(policy))]);
            said.any(|said| powers.iter().any(|lines| tell(lines, action, arn, &said).is_some()))
        })
    }

    /// The word for what somebody can make, and give any policy, without a boundary.
    fn makes(&self, lines: &Lines) -> Option<&'static str> {
        let Ok(all) = lines else { return Some("role") };
        let made = [("role", IdentityKind::Role), ("user", IdentityKind::User)].into_iter().find(|(_, kind)| {
            actions_with(StepEffect::Make(*kind)).any(|action| {
                let makes = all.iter().filter(|line| line.names_action(action)).flat_map(AccessLine::examples);
                makes
                    .map(|(request, _)| request.resource)
                    .any(|arn| may(&[lines], action, &arn, None) && self.gives(&[lines], (*kind, &arn), None))
            })
        });
        made.map(|(word, _)| word)
    }

    fn change_in_words(&self, change: &EscalatedPrincipal) -> String {
        let of = match self.principal(change.of) {
            Some(other) if change.of != change.who => {
                format!("{} `{}`, which it can become,", ResourceKind::of(other).0.words()[0], other.name)
            }
            _ => "itself".to_owned(),
        };
        let groups = change.groups.iter().filter_map(|group| self.steps.groups.get(*group));
        let groups: Vec<String> = groups.map(|group| format!("`{}`", group.name)).collect();
        let ways = [
            change.everything.then(|| format!("can give {of} any policy")),
            change.unbound.then(|| format!("can take the permissions boundary from {of}")),
            (!groups.is_empty()).then(|| format!("can put {of} into the group {}", groups.join(", "))),
        ];
        ways.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Adds those that are changed to the inventory; returns their indexes.
fn add_changed(inventory: &mut IamInventory<'_>, changes: &[EscalatedPrincipal]) -> Vec<(usize, PrincipalKind)> {
    let everything = serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let location = Location { stack: 0, logical_id: "", path: String::new() };
    let (kind, name) = (PolicyKind::Inline, "any".to_owned());
    let document = Documents::default().of(everything);
    let any = inventory.policies.len();
    inventory.policies.push(Policy { kind, name, location, document });
    let mut indexes = Vec::new();
    for change in changes {
        let Some(mut principal) = inventory.principals.get(change.of).cloned() else { continue };
        let joined = change.groups.iter().filter_map(|group| inventory.groups.get(*group));
        principal.policies.extend(joined.flat_map(|group| &group.policies));
        principal.policies.extend(change.everything.then_some(any));
        principal.boundary = principal.boundary.filter(|_| !change.unbound);
        indexes.push((inventory.principals.len(), PrincipalKind::External));
        inventory.principals.push(principal);
    }
    indexes
}

/// Somebody, and all whom they can become, step by step.
fn closure(from: usize, steps: &[Vec<EscalationStep>]) -> BTreeSet<usize> {
    let (mut all, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(one) = open.pop() {
        let next = steps.get(one).into_iter().flatten().map(|step| step.to);
        open.extend(next.filter(|to| all.insert(*to)));
    }
    all
}
