//! What a person may do, and who may do something: the answers of `racestack access`.

use super::account_inventory::AccountInventory;
use super::classes::{PrincipalClass, classes};
use super::evaluation::{ActingAs, Actor, Asker, Evaluation, SECOND_FACTOR, SECOND_FACTOR_AGE, SignedIn, evaluate};
use super::placeholders::{ACTOR_NAME, Substitution, TARGET_NAME};
use super::places::Places;
use super::probes::{AccessProbe, Key, ProbeBuilder, ProbedPerson, ResourcePolicyRef};
use super::roles::{acting_principals, as_target_tags, as_targets};
use crate::iam::{Decision, has_several_values};
use crate::model::{Account, User};
use crate::plan::AccountPlan;
use crate::render::Rendered;
use crate::source::Place;

/// A decision about a request of a person's.
#[derive(Debug)]
pub struct Answer {
    /// As what the person asks.
    pub asker: Asker,
    /// Whose thing it is about.
    pub whose: Owner,
    /// What the request is for, in words; empty where it was given as an action.
    pub verb: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Whether the IAM user has a second factor; `None` where that makes no difference, or where the question says it.
    pub second_factor: Option<bool>,
    /// The decision.
    pub decision: Decision,
    /// The statements that made it.
    pub statements: Vec<Reason>,
    /// Why it is unknown.
    pub doubts: Vec<String>,
}

/// A statement that made a decision.
#[derive(Debug)]
pub struct Reason {
    /// The name of its policy.
    pub policy: String,
    /// Its own name.
    pub sid: Option<String>,
    /// Where it stands.
    pub place: Option<Place>,
}

/// Whose thing a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The person's own.
    Own,
    /// Another person's.
    Others,
    /// Everybody's, or nobody's.
    Shared,
}

/// A request that somebody wants to know about.
#[derive(Debug)]
pub struct Question<'a> {
    /// The action.
    pub action: &'a str,
    /// The ARN of the resource, or `*`.
    pub resource: &'a str,
    /// Keys of the context, each with a value; a key may stand several times.
    pub context: &'a [(String, String)],
}

/// A principal of the account, and the decision about it.
#[derive(Debug)]
pub struct ActingPrincipal {
    /// Who it is.
    pub who: Who,
    /// As that of an `Answer`.
    pub second_factor: Option<bool>,
    /// The decision.
    pub decision: Decision,
    /// The statements that made it.
    pub statements: Vec<Reason>,
    /// Why it is unknown.
    pub doubts: Vec<String>,
}

/// A principal of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// A person's IAM user, by the person's name.
    User(String),
    /// The role that a person's notebook acts as, by the person's name.
    Notebook(String),
    /// A role that is nobody's, such as a service's, by its ARN.
    Role(String),
}

/// The network that people are taken to come from, where the settings allow some alone and the question names none: a
/// condition key and its value.
pub fn assumed_network(account: &Account, question: Option<&Question<'_>>) -> Option<(&'static str, String)> {
    let networks = account.allowed_networks.as_ref()?;
    let (address, endpoint) = ("aws:SourceIp", "aws:SourceVpce");
    let is_given = |key: &str| [address, endpoint].iter().any(|one| one.eq_ignore_ascii_case(key));
    if question.is_some_and(|question| question.context.iter().any(|(key, _)| is_given(key))) {
        return None;
    }
    let of_range = |range: &String| (address, range.split('/').next().unwrap_or_default().to_owned());
    let of_ranges = networks.ranges.first().map(of_range);
    of_ranges.or_else(|| networks.endpoints.first().map(|one| (endpoint, one.clone())))
}

/// Where it is told who may do what.
pub(crate) struct AccessExplainer<'a> {
    plan: &'a AccountPlan<'a>,
    account_inventory: &'a AccountInventory,
    classes: Vec<PrincipalClass<'a>>,
    places: Places<'a>,
}

impl<'a> AccessExplainer<'a> {
    pub(crate) fn new(
        plan: &'a AccountPlan<'a>,
        rendered: &'a [Rendered],
        account_inventory: &'a AccountInventory,
    ) -> Self {
        let people: Vec<&User> = plan.stacks.iter().flat_map(|stack| stack.users.iter().copied()).collect();
        Self {
            plan,
            account_inventory,
            classes: classes(account_inventory, &people),
            places: Places::new(plan, rendered, account_inventory),
        }
    }

    /// What a person may do to their own, to another's and to shared things; with a second factor, if one is asked for.
    pub(crate) fn table(&self, user: &User) -> Vec<Answer> {
        let builder = ProbeBuilder {
            names: &self.plan.names,
            shared_folders: &self.plan.account.shared_folders,
            account_inventory: self.account_inventory,
        };
        let Some((own, resources)) = self.own(user) else { return Vec::new() };
        let actor = ProbedPerson { resources, tags: &own.tags, user_tags: &own.user_tags, name: ACTOR_NAME };
        // Somebody with a notebook shows most.
        let others = self.classes.iter().flat_map(|class| class.people.iter().map(move |other| (class, *other)));
        let other = others
            .filter(|(_, other)| other.name != user.name)
            .min_by_key(|(_, other)| (other.notebook.is_none(), &other.name));
        let mut probes: Vec<(Owner, AccessProbe)> = Vec::new();
        probes.extend(builder.own(&actor, false).into_iter().map(|probe| (Owner::Own, probe)));
        if let Some((class, _)) = other {
            let of_target = as_targets(self.account_inventory, class);
            let (tags, user_tags) = (as_target_tags(&class.tags), as_target_tags(&class.user_tags));
            let theirs = ProbedPerson { resources: &of_target, tags: &tags, user_tags: &user_tags, name: TARGET_NAME };
            probes.extend(builder.others(&actor, &theirs).into_iter().map(|probe| (Owner::Others, probe)));
        }
        probes.extend(builder.shared(&actor).into_iter().map(|probe| (Owner::Shared, probe)));
        let substitution = Substitution { own: Some(user), other: other.map(|(_, other)| other) };
        self.answer(&probes, (user, substitution), None)
    }

    /// The answer to one question: as a user, and from a notebook if there is one.
    pub(crate) fn one(&self, user: &User, question: &Question<'_>) -> Vec<Answer> {
        let substitution = Substitution { own: Some(user), other: None };
        self.answer(&[(Owner::Own, self.probe(question))], (user, substitution), Some(question))
    }

    /// The decision about every principal of the account: the users by their names, the notebooks, and the roles.
    pub(crate) fn all(&self, question: &Question<'_>) -> Vec<ActingPrincipal> {
        let probe = self.probe(question);
        let mut holders = Vec::new();
        for class in &self.classes {
            let Some(resources) = self.account_inventory.people.get(&class.form) else { continue };
            let all = acting_principals(self.account_inventory, resources, &self.classes);
            for (user, acting_as) in
                class.people.iter().flat_map(|user| all.iter().map(move |acting_as| (*user, *acting_as)))
            {
                let substitution = Substitution { own: Some(user), other: None };
                let actor = Actor::new(self.account_inventory, acting_as, Some(class), substitution);
                let name = user.name.to_string();
                let who = if acting_as.asker == Asker::User { Who::User(name) } else { Who::Notebook(name) };
                holders.extend(self.holders(&who, &actor, (&probe, question), (Some(user), substitution)));
            }
        }
        for role in &self.account_inventory.roles {
            let acting_as = ActingAs { asker: Asker::Notebook, principal: &role.principal, of: None };
            let actor = Actor::new(self.account_inventory, acting_as, None, Substitution::default());
            let who = Who::Role(role.principal.arn.clone());
            holders.extend(self.holders(&who, &actor, (&probe, question), (None, Substitution::default())));
        }
        holders.sort_by(|one, other| one.who.cmp(&other.who));
        holders
    }

    fn holders(
        &self,
        who: &Who,
        actor: &Actor<'_>,
        (probe, question): (&AccessProbe, &Question<'_>),
        (user, substitution): (Option<&User>, Substitution<'_>),
    ) -> Vec<ActingPrincipal> {
        let holder = |(second_factor, evaluation): (Option<bool>, Evaluation)| ActingPrincipal {
            who: who.clone(),
            second_factor,
            decision: evaluation.decision,
            statements: self.reasons(&evaluation, user, substitution),
            doubts: evaluation.doubts,
        };
        self.evaluations(actor, (probe, Some(question)), substitution).into_iter().map(holder).collect()
    }

    /// What is decided of a request: with and without a second factor, where a user makes it, the question leaves that open and
    /// it makes a difference. Without a question, with one.
    fn evaluations(
        &self,
        actor: &Actor<'_>,
        (probe, question): (&AccessProbe, Option<&Question<'_>>),
        substitution: Substitution<'_>,
    ) -> Vec<(Option<bool>, Evaluation)> {
        let network = assumed_network(self.plan.account, question);
        let decide = |second_factor| {
            let signed_in = SignedIn { second_factor, network: network.clone() };
            let (names, how) = (&self.plan.names, (substitution, &signed_in));
            evaluate(names, self.account_inventory, actor, probe, how)
        };
        let with = decide(true);
        let says = |(key, _): &(String, String)| {
            [SECOND_FACTOR, SECOND_FACTOR_AGE].iter().any(|one| one.eq_ignore_ascii_case(key))
        };
        if question.is_none_or(|question| question.context.iter().any(says)) {
            return vec![(None, with)];
        }
        let without = decide(false);
        if with.decision == without.decision {
            vec![(None, with)]
        } else {
            vec![(Some(true), with), (Some(false), without)]
        }
    }

    fn reasons(&self, evaluation: &Evaluation, user: Option<&User>, substitution: Substitution<'_>) -> Vec<Reason> {
        let reason = |(policy, statement, _): &(usize, usize, bool)| {
            let of = self.account_inventory.policies.get(*policy)?;
            let sid = of.document.statements.get(*statement).and_then(|statement| statement.sid.clone());
            Some(Reason {
                policy: substitution.fill(&of.name),
                sid,
                place: self.places.of((*policy, *statement), user),
            })
        };
        evaluation.statements.iter().filter_map(reason).collect()
    }

    /// The request of a question. What is asked for by its ARN has the tags that its template gives it, unless the question
    /// says otherwise.
    fn probe(&self, question: &Question<'_>) -> AccessProbe {
        let (resource, action) = (question.resource, question.action);
        let known = self.tags_of(resource);
        let stated = |name: &str| question.context.iter().any(|(given, _)| is_same_tag(given, name));
        let mut context: Vec<Key> = Vec::new();
        for (name, value) in question.context.iter().chain(known.iter().filter(|(name, _)| !stated(name))) {
            match context.iter_mut().find(|key| key.name.eq_ignore_ascii_case(name)) {
                Some(key) => {
                    key.values.push(value.clone());
                    key.multiple = true;
                }
                None => context.push(Key {
                    name: name.clone(),
                    values: vec![value.clone()],
                    multiple: has_several_values(&name.to_lowercase()),
                }),
            }
        }
        // A tag is the same by the key of all services and by that of its own.
        let same = known.iter().filter(|(name, _)| stated(name));
        for (name, _) in same {
            let given = context.iter().find(|key| is_same_tag(&key.name, name)).cloned();
            if !context.iter().any(|key| key.name.eq_ignore_ascii_case(name)) {
                context.extend(given.map(|key| Key { name: name.clone(), ..key }));
            }
        }
        AccessProbe {
            verb: String::new(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
            over: self.over(action, resource),
        }
    }

    fn own(&self, user: &User) -> Option<(&PrincipalClass<'a>, &'a super::account_inventory::PersonResources)> {
        let own = self.classes.iter().find(|class| class.people.iter().any(|one| one.name == user.name))?;
        Some((own, self.account_inventory.people.get(&own.form)?))
    }

    fn answer(
        &self,
        probes: &[(Owner, AccessProbe)],
        (user, substitution): (&User, Substitution<'_>),
        question: Option<&Question<'_>>,
    ) -> Vec<Answer> {
        let Some((own, resources)) = self.own(user) else { return Vec::new() };
        let mut answers = Vec::new();
        for acting_as in acting_principals(self.account_inventory, resources, &self.classes) {
            let actor = Actor::new(self.account_inventory, acting_as, Some(own), substitution);
            for (whose, probe) in probes {
                let evaluations = self.evaluations(&actor, (probe, question), substitution);
                answers.extend(evaluations.into_iter().map(|(second_factor, evaluation)| Answer {
                    asker: acting_as.asker,
                    whose: *whose,
                    verb: substitution.fill(&probe.verb),
                    action: probe.action.clone(),
                    resource: substitution.fill(&probe.resource),
                    second_factor,
                    decision: evaluation.decision,
                    statements: self.reasons(&evaluation, Some(user), substitution),
                    doubts: evaluation.doubts,
                }));
            }
        }
        answers
    }

    /// The tags of a thing, by its ARN: a notebook's, a user's, a role's.
    fn tags_of(&self, arn: &str) -> Vec<(String, String)> {
        let service = arn.split(':').nth(2).unwrap_or_default();
        for class in &self.classes {
            let Some(resources) = self.account_inventory.people.get(&class.form) else { continue };
            for user in &class.people {
                let substitution = Substitution { own: Some(user), other: None };
                let is = |with_placeholders: &str| substitution.fill(with_placeholders) == arn;
                let is_notebook = |name: &str| {
                    arn.strip_suffix(&substitution.fill(name)).is_some_and(|rest| rest.ends_with(":notebook-instance/"))
                };
                let notebook = resources.notebooks.iter().find(|notebook| is_notebook(&notebook.name));
                let principals = resources.users.iter().chain(resources.roles.iter().map(|role| &role.principal));
                let identity =
                    principals.into_iter().find(|principal| is(&principal.arn)).map(|principal| &principal.tags);
                if let Some(tags) = notebook.map(|notebook| &notebook.tags).or(identity) {
                    let tags = tags.of(&class.tags, &class.user_tags).into_iter();
                    let tags = tags.map(|(key, value)| (key, substitution.fill(&value)));
                    let both = |(key, value): (String, String)| {
                        [
                            (format!("aws:ResourceTag/{key}"), value.clone()),
                            (format!("{service}:ResourceTag/{key}"), value),
                        ]
                    };
                    return tags.flat_map(both).collect();
                }
            }
        }
        Vec::new()
    }

    fn over(&self, action: &str, resource: &str) -> ResourcePolicyRef {
        if action.to_lowercase().starts_with("s3:") {
            let of_bucket = |(bucket, _): &&(String, usize)| {
                let behind = resource.split_once(":::").map_or("", |(_, behind)| behind);
                behind.split('/').next() == Some(bucket)
            };
            let policy = self.account_inventory.bucket_policies.iter().find(of_bucket);
            return policy.map_or(ResourcePolicyRef::Nothing, |(_, policy)| ResourcePolicyRef::Bucket(*policy));
        }
        if !action.eq_ignore_ascii_case("sts:AssumeRole") {
            return ResourcePolicyRef::Nothing;
        }
        let trust = |role: &super::account_inventory::Role| {
            role.trust.map_or(ResourcePolicyRef::UnknownRole, ResourcePolicyRef::Role)
        };
        let shared = self.account_inventory.roles.iter().find(|role| role.principal.arn == resource);
        let personal = self.classes.iter().find_map(|class| {
            let roles = &self.account_inventory.people.get(&class.form)?.roles;
            roles.iter().find(|role| {
                class
                    .people
                    .iter()
                    .any(|user| Substitution { own: Some(user), other: None }.fill(&role.principal.arn) == resource)
            })
        });
        shared.or(personal).map_or(ResourcePolicyRef::UnknownRole, trust)
    }
}

/// Whether two keys of a context are of one tag of a resource, such as `aws:ResourceTag/user` and
/// `sagemaker:ResourceTag/user`; or are the same.
fn is_same_tag(one: &str, other: &str) -> bool {
    let tag = |key: &str| key.to_lowercase().split_once(":resourcetag/").map(|(_, tag)| tag.to_owned());
    one.eq_ignore_ascii_case(other) || tag(one).is_some_and(|of_one| tag(other) == Some(of_one))
}
