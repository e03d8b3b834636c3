//! Who can become somebody else, and who can give themselves, or a role that they can become, what they do not have: what can be
//! reached so is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::belongings::Belongings;
use super::observation::{Observation, Thing};
use super::reach::{Reached, Whose};
use super::sides::{SERVICE_LINKED, Sides, boundary_arn, policy_arn};
use super::steps::{Does, JOIN, Lines, PASS, STEPS, TAKE, is_of_services, names, services, session, tell, that};
use crate::check::{PrincipalKind, allowed, deployed};
use crate::finding::Rule;
use crate::iam::AccessLine;
use crate::inventory::{Documents, IamInventory, IdentityKind, Location, Policy, PolicyKind, Principal};

/// The users and roles of an account, and what they reach by themselves.
pub struct Escalation<'s, 'a> {
    pub sides: &'s Sides<'a>,
    /// What each of them is for.
    pub kinds: &'s [Option<PrincipalKind>],
    /// Their policies, with the actions of `STEPS` alone.
    pub steps: &'s IamInventory<'a>,
    /// What each of those reaches who are no people.
    pub reach: &'s BTreeMap<usize, Whose<'a>>,
}

/// A step of one principal to another.
struct Becoming {
    to: usize,
    /// In words, before the other's name.
    how: String,
    topic: &'static str,
}

/// What somebody can make of a principal.
struct Escalated {
    of: usize,
    /// Whether it has any policy then.
    everything: bool,
    /// Whether it has no boundary then.
    unbound: bool,
    /// The groups that it is in besides.
    groups: Vec<usize>,
}

impl<'s, 'a> Escalation<'s, 'a> {
    /// What is found of all of them. `inventory` is that by which it is decided what they reach.
    ///
    /// # Errors
    /// As of `check::deployed`.
    pub fn observations(
        &self,
        mut inventory: IamInventory<'a>,
        belongings: &Belongings<'a>,
        help: &'static str,
    ) -> Result<Vec<Observation>, String> {
        let lines: BTreeMap<usize, Lines> = (0..self.kinds.len())
            .filter(|index| self.is_followed(*index))
            .map(|index| (index, allowed(self.sides.plan, self.steps, index, None)))
            .collect();
        let targets = self.targets();
        let steps: Vec<Vec<Becoming>> =
            (0..self.kinds.len()).map(|index| self.steps_of(index, &targets, &lines)).collect();
        let mut changes: Vec<(usize, Escalated)> = Vec::new();
        for index in lines.keys() {
            let all = closure(*index, &steps);
            changes.extend(all.iter().filter_map(|of| Some((*index, self.change(&all, *of, &lines)?))));
        }
        let indexes = add_changed(&mut inventory, &changes);
        let problems = deployed(self.sides.plan, &inventory, &indexes)?;
        let mut found = Vec::new();
        let reached = |principal: &Principal<'_>, topic: &str, what: String| {
            let one = Observation::of(Rule::AuditReached, Thing::of(principal), topic, what);
            one.at(self.sides.export.place(&principal.arn), help)
        };
        let mut reach = self.reach.clone();
        for ((index, change), problems) in changes.iter().zip(problems) {
            let Reached { whose: of, .. } = Reached::of(&inventory, &problems, belongings);
            let (Some(principal), Some(whose)) = (self.principal(*index), of.in_words()) else { continue };
            reach.entry(*index).or_default().extend(&of);
            let what = format!("{}, and so has access to {whose}", self.change_in_words(*index, change));
            found.push(reached(principal, "escalation", what));
        }
        for (index, lines) in &lines {
            if let (Some(kind), Some(principal)) = (self.makes(lines), self.principal(*index)) {
                reach.entry(*index).or_default().of_all = true;
                let word = if kind == IdentityKind::User { Thing::User } else { Thing::Role }.word();
                let what = format!(
                    "can make a {word} with any policy, and so has access to what all people's access depends on"
                );
                found.push(reached(principal, "escalation", what));
            }
        }
        for (index, own) in steps.iter().enumerate() {
            let Some(principal) = self.principal(index) else { continue };
            for step in own {
                let Some(other) = self.principal(step.to) else { continue };
                let Some(why) = self.why(principal, (step.to, &steps), &reach) else { continue };
                let what = format!("{} the {} `{}`, {why}", step.how, Thing::of(other).0.word(), other.name);
                found.push(reached(principal, &format!("{}-{}", step.topic, other.name), what));
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

    /// Whether all steps of somebody are looked at. What people and racestack's roles may do with IAM is held to their limits; who
    /// reaches what everybody's access depends on needs no step.
    fn is_followed(&self, index: usize) -> bool {
        let reaches_all = self.reach.get(&index).is_some_and(|whose| whose.of_all);
        self.kinds.get(index) == Some(&Some(PrincipalKind::Stranger)) && !reaches_all
    }

    /// Why it matters that somebody becomes another, and so all whom that one can become; `None` where all that these reach is
    /// their own.
    fn why(
        &self,
        who: &Principal<'_>,
        (to, steps): (usize, &[Vec<Becoming>]),
        reach: &BTreeMap<usize, Whose<'a>>,
    ) -> Option<String> {
        let mut whose = Whose::default();
        for index in &closure(to, steps) {
            let other = self.principal(*index)?;
            if self.sides.is_trusted(&other.arn) && !self.is_person(*index) {
                let through = format!("and so can become the {} `{}`, ", Thing::of(other).0.word(), other.name);
                return Some(if *index == to { String::new() } else { through } + "which the settings trust");
            }
            if self.is_person(*index) {
                whose.owners.insert(&other.name);
            }
            reach.get(index).into_iter().for_each(|more| whose.extend(more));
        }
        whose.owners.remove(who.name.as_str());
        Some(format!("and so has access to {}", whose.in_words()?))
    }

    /// Whom somebody becomes in one step.
    fn steps_of(
        &self,
        index: usize,
        targets: &[(usize, &Principal<'_>)],
        lines: &BTreeMap<usize, Lines>,
    ) -> Vec<Becoming> {
        let kind = self.kinds.get(index).copied().flatten();
        let Some(own) = self.principal(index).filter(|_| kind.is_some()) else { return Vec::new() };
        if kind == Some(PrincipalKind::Stranger) && !lines.contains_key(&index) {
            return Vec::new();
        }
        let document = |policy: &usize| self.steps.policies.get(*policy)?.document.parsed().ok();
        let may_take = own.policies.iter().filter_map(document).any(|document| document.may_allow(TAKE));
        let others = targets.iter().filter(|(to, _)| *to != index);
        others.filter_map(|to| self.step((index, own, may_take), *to, lines.get(&index))).collect()
    }

    /// Whom somebody may become. What is done to people's users and roles is told as theirs, and their roles are SageMaker's, unless a trust
    /// policy says otherwise.
    fn targets(&self) -> Vec<(usize, &'s Principal<'a>)> {
        let is_target = |(index, other): &(usize, &Principal<'_>)| {
            let trust = other.trust.and_then(|policy| self.steps.policies.get(policy));
            let is_open = trust.is_some_and(|trust| !is_of_services(&trust.document.value));
            (is_open || !self.is_person(*index)) && !other.arn.contains(SERVICE_LINKED)
        };
        self.sides.live.principals.iter().enumerate().filter(is_target).collect()
    }

    fn step(
        &self,
        (index, own, may_take): (usize, &Principal<'_>, bool),
        (to, other): (usize, &Principal<'_>),
        lines: Option<&Lines>,
    ) -> Option<Becoming> {
        let perhaps = |is_known: bool| if is_known { "" } else { "perhaps " };
        let trust = other.trust.and_then(|policy| Some(&self.steps.policies.get(policy)?.document));
        if let Some(trust) = trust.filter(|trust| may_take || names(&trust.value, own)) {
            let Ok(document) = trust.parsed() else { return None };
            let taking = allowed(self.sides.plan, self.steps, index, Some((document, session(&trust.value, own))));
            if let Some(is_known) = tell(&taking, TAKE, &other.arn, &[]) {
                return Some(Becoming { to, how: format!("{}takes", perhaps(is_known)), topic: "assume" });
            }
        }
        let lines = lines.filter(|_| !self.is_person(to))?;
        STEPS.iter().find_map(|(action, does)| {
            let Does::Become(kind, how) = does else { return None };
            let is_known = if *action == TAKE || *kind != other.kind {
                None
            } else if *action == PASS {
                let services = trust.map(|trust| services(&trust.value)).unwrap_or_default();
                let pass = |service: &str| tell(lines, action, &other.arn, &[("iam:PassedToService", Some(service))]);
                services.into_iter().filter_map(pass).max()
            } else {
                tell(lines, action, &other.arn, &[])
            }?;
            Some(Becoming { to, how: format!("{}{how}", perhaps(is_known)), topic: "become" })
        })
    }

    /// What those of `all` can make of one of them, by the policies of all.
    fn change(&self, all: &BTreeSet<usize>, of: usize, lines: &BTreeMap<usize, Lines>) -> Option<Escalated> {
        let principal = self.steps.principals.get(of).filter(|_| self.is_followed(of))?;
        let arn_of = |policy: &usize| policy_arn(self.steps, *policy);
        let bound = boundary_arn(self.steps, principal);
        let may = |action: &str, resource: &str, bound: Option<&str>| {
            let said = [("iam:PermissionsBoundary", bound)];
            all.iter().filter_map(|one| lines.get(one)).any(|lines| tell(lines, action, resource, &said).is_some())
        };
        let gives = |kind: IdentityKind, arn: &str| {
            all.iter().filter_map(|one| lines.get(one)).any(|lines| self.gives(lines, (kind, arn), bound))
        };
        // AWS's own policies are of an account called `aws`.
        let is_own = |arn: &str| arn.split(':').nth(4) == Some(&self.sides.plan.names.account_id);
        let rewrites = |arn: &str| is_own(arn) && that(Does::Rewrite).any(|action| may(action, arn, None));
        let is_in = |group: &Principal<'_>| principal.groups.contains(&group.name);
        let groups = self.steps.groups.iter();
        let everything = gives(principal.kind, &principal.arn)
            || principal.policies.iter().filter_map(arn_of).any(rewrites)
            || groups.clone().filter(|group| is_in(group)).any(|group| gives(IdentityKind::Group, &group.arn));
        let [administrator, _] = self.any_policy();
        let unbinds = |action: &str, bound: &str| {
            let set = if action.starts_with("iam:Put") { administrator.as_str() } else { bound };
            may(action, &principal.arn, Some(set))
        };
        let unbound = bound
            .is_some_and(|arn| rewrites(arn) || that(Does::Unbind(principal.kind)).any(|action| unbinds(action, arn)));
        let joins = |group: &Principal<'_>| {
            principal.kind == IdentityKind::User && !is_in(group) && may(JOIN, &group.arn, None)
        };
        let groups: Vec<usize> = groups.enumerate().filter(|(_, group)| joins(group)).map(|(index, _)| index).collect();
        (everything || unbound || !groups.is_empty()).then_some(Escalated { of, everything, unbound, groups })
    }

    /// The ARNs of a policy of AWS's, and of one of the account, that can allow everything.
    fn any_policy(&self) -> [String; 2] {
        let names = &self.sides.plan.names;
        let any = [("aws", "AdministratorAccess"), (names.account_id.as_str(), "any")];
        any.map(|(account, name)| format!("arn:{}:iam::{account}:policy/{name}", names.partition))
    }

    /// Whether lines tell that an identity, which has this permissions boundary, can be given any policy: by an inline one, or by
    /// one of AWS's or of the account that is attached.
    fn gives(&self, lines: &Lines, (kind, arn): (IdentityKind, &str), bound: Option<&str>) -> bool {
        that(Does::Give(kind)).any(|action| {
            self.any_policy().iter().any(|policy| {
                let said = [("iam:PermissionsBoundary", bound), ("iam:PolicyARN", Some(policy.as_str()))];
                tell(lines, action, arn, &said).is_some()
            })
        })
    }

    /// What somebody can make, and give any policy, without a boundary.
    fn makes(&self, lines: &Lines) -> Option<IdentityKind> {
        let Ok(all) = lines else { return Some(IdentityKind::Role) };
        let mut made = STEPS.iter().filter_map(|(action, does)| {
            let Does::Make(kind) = does else { return None };
            let makes = all.iter().filter(|line| line.names_action(action)).flat_map(AccessLine::examples);
            let can = makes.map(|(request, _)| request.resource).any(|arn| {
                let made = tell(lines, action, &arn, &[("iam:PermissionsBoundary", None)]);
                made.is_some() && self.gives(lines, (*kind, &arn), None)
            });
            can.then_some(*kind)
        });
        made.next_back()
    }

    fn change_in_words(&self, index: usize, change: &Escalated) -> String {
        let of = match self.principal(change.of) {
            Some(other) if change.of != index => {
                format!("{} `{}`, which it can become,", Thing::of(other).0.word(), other.name)
            }
            _ => "itself".to_owned(),
        };
        let groups = change.groups.iter().filter_map(|group| self.steps.groups.get(*group));
        let groups: Vec<String> = groups.map(|group| format!("`{}`", group.name)).collect();
        let policy = change.everything.then(|| format!("can give {of} any policy"));
        let unbound = change.unbound.then(|| format!("can take the permissions boundary from {of}"));
        let joins = (!groups.is_empty()).then(|| format!("can put {of} into the group {}", groups.join(", ")));
        policy.into_iter().chain(unbound).chain(joins).collect::<Vec<_>>().join(", ")
    }
}

/// Adds those that are changed to the inventory; returns their indexes.
fn add_changed(inventory: &mut IamInventory<'_>, changes: &[(usize, Escalated)]) -> Vec<(usize, PrincipalKind)> {
    let everything = serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let location = Location { stack: 0, logical_id: "", path: String::new() };
    let (kind, name) = (PolicyKind::Inline, "any".to_owned());
    let document = Documents::default().of(everything);
    inventory.policies.push(Policy { kind, name, location, document });
    let any = inventory.policies.len() - 1;
    let mut indexes = Vec::new();
    for (_, change) in changes {
        let Some(principal) = inventory.principals.get(change.of) else { continue };
        let mut another = principal.clone();
        let joined = change.groups.iter().filter_map(|group| inventory.groups.get(*group));
        another.policies.extend(joined.flat_map(|group| &group.policies));
        if change.everything {
            another.policies.push(any);
        }
        if change.unbound {
            another.boundary = None;
        }
        indexes.push((inventory.principals.len(), PrincipalKind::Stranger));
        inventory.principals.push(another);
    }
    indexes
}

/// Somebody, and all whom they can become, step by step.
fn closure(from: usize, steps: &[Vec<Becoming>]) -> BTreeSet<usize> {
    let (mut all, mut open) = (BTreeSet::from([from]), vec![from]);
    while let Some(one) = open.pop() {
        let next = steps.get(one).into_iter().flatten().map(|step| step.to);
        open.extend(next.filter(|to| all.insert(*to)));
    }
    all
}
