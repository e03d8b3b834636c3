//! What a person may do, and who may do something: the answers of `racestack access`.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use serde::Serialize;

use super::evaluation::{Asker, Evaluation, SECOND_FACTOR, SECOND_FACTOR_AGE, SignedIn, evaluate};
use super::owned::{OwnedInventory, ResourcePolicyRef};
pub use super::probes::Owner;
use super::probes::{AccessProbe, probes, tag_keys};
use crate::check::company;
use crate::iam::{Context, Decision};
use crate::inventory::{IamInventory, Location, Principal};
use crate::model::{Account, User};
use crate::plan::AccountPlan;
use crate::render::Rendered;
use crate::render::span_index::SpanIndex;
use crate::source::Place;

/// A decision about a request of somebody's.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// Who asks.
    #[serde(flatten)]
    pub who: Who,
    /// Whose thing it is about; `None` where it was given as an action.
    #[serde(rename = "of")]
    pub whose: Option<Owner>,
    /// What the request is for, in words; empty where it was given as an action.
    #[serde(rename = "what")]
    pub verb: String,
    /// The action.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// Whether the IAM user has a second factor; `None` where that makes no difference, or where the question says it.
    pub second_factor: Option<bool>,
    /// The decision.
    #[serde(serialize_with = "shown")]
    pub decision: Decision,
    /// The statements that made it.
    pub statements: Vec<Reason>,
    /// Why it is unknown.
    pub doubts: Vec<String>,
    /// The condition keys, each with a value, with which a request that was given as an action, and lacks them, would be allowed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub allowed_with: BTreeMap<String, String>,
}

fn shown<S: serde::Serializer>(decision: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(decision)
}

/// A statement that made a decision.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The name of its policy.
    pub policy: String,
    /// Its own name.
    pub sid: Option<String>,
    /// The file that it stands in.
    pub path: Option<String>,
    /// Its line there, counted from 1.
    pub line: Option<usize>,
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

/// A principal of an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "as", content = "name", rename_all = "lowercase")]
pub enum Who {
    /// A person's IAM user, by the person's name.
    User(String),
    /// The role that a person's notebook acts as, by the person's name.
    Notebook(String),
    /// A role that is nobody's, such as a service's, by its ARN.
    Role(String),
}

impl Who {
    /// As what a person asks; `None` of a role that is nobody's.
    pub fn asker(&self) -> Option<Asker> {
        match self {
            Who::User(_) => Some(Asker::User),
            Who::Notebook(_) => Some(Asker::Notebook),
            Who::Role(_) => None,
        }
    }
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

/// Another person than `user`, with a notebook if anybody has one: they show most.
pub(crate) fn other<'a>(plan: &AccountPlan<'a>, user: &User) -> Option<&'a User> {
    let others = plan.stacks.iter().flat_map(|stack| &stack.users).filter(|other| other.name != user.name);
    others.min_by_key(|other| (other.notebook.is_none(), &other.name)).copied()
}

/// Where it is told who may do what.
pub(crate) struct AccessExplainer<'a> {
    plan: &'a AccountPlan<'a>,
    account: OwnedInventory<'a>,
    /// The templates, each with its spans once these have been asked for.
    templates: Vec<(&'a Rendered, OnceCell<SpanIndex>)>,
}

impl<'a> AccessExplainer<'a> {
    /// `inventory` is of the stacks of the plan, in their order, and of the company's policies behind them.
    pub(crate) fn new(plan: &'a AccountPlan<'a>, rendered: &'a [Rendered], inventory: &'a IamInventory<'a>) -> Self {
        let templates = rendered.iter().map(|one| (one, OnceCell::new())).collect();
        Self { plan, account: OwnedInventory::of(plan, inventory), templates }
    }

    /// The answer to one question, as a user, and from a notebook if there is one; or without one, to what a person may do to their
    /// own, to another's and to shared things, with a second factor, if one is asked for. Without a person, the answers of every
    /// principal of the account: the users by their names, the notebooks, and the roles.
    pub(crate) fn answers(&self, user: Option<&User>, question: Option<&Question<'_>>) -> Vec<Answer> {
        let probes = match (question, user) {
            (Some(question), _) => vec![(None, self.probe(question))],
            (None, Some(user)) => {
                let probes = probes(self.plan, &self.account, user, other(self.plan, user));
                probes.into_iter().map(|(whose, probe)| (Some(whose), probe)).collect()
            }
            (None, None) => Vec::new(),
        };
        let users = self.plan.stacks.iter().flat_map(|stack| &stack.users);
        let users = users.filter(|one| user.is_none_or(|user| user.name == one.name));
        let roles = self.account.roles.iter().map(|role| (Who::Role(role.arn.clone()), *role));
        let roles = roles.filter(|_| user.is_none());
        let mut principals: Vec<_> = users.flat_map(|user| self.acting_principals(user)).chain(roles).collect();
        if user.is_none() {
            principals.sort_by(|(one, _), (other, _)| one.cmp(other));
        }
        let mut answers = Vec::new();
        for (who, principal) in &principals {
            for (whose, probe) in &probes {
                let evaluations = self.evaluations(principal, probe, question).into_iter();
                answers.extend(evaluations.map(|(second_factor, evaluation)| Answer {
                    who: who.clone(),
                    whose: *whose,
                    verb: probe.verb.clone(),
                    action: probe.action.clone(),
                    resource: probe.resource.clone(),
                    second_factor,
                    decision: evaluation.decision,
                    statements: self.reasons(&evaluation),
                    doubts: evaluation.doubts,
                    // Without a second factor, that is what is lacking first.
                    allowed_with: if second_factor == Some(false) { BTreeMap::new() } else { evaluation.allowed_with },
                }));
            }
        }
        answers
    }

    /// As whom a person acts: as their users, and from their notebooks as the roles of these. A notebook whose role is not found
    /// is nobody here; `findings` reports it.
    fn acting_principals(&self, user: &User) -> Vec<(Who, &Principal<'a>)> {
        let Some(resources) = self.account.of_person(user.name.as_str()) else { return Vec::new() };
        let roles = resources.notebooks.iter().filter_map(|one| self.account.role(one.role_arn.as_deref()?));
        let users = resources.users.iter().map(|one| (Who::User(user.name.to_string()), *one));
        users.chain(roles.map(|role| (Who::Notebook(user.name.to_string()), role))).collect()
    }

    /// What is decided of a request: with and without a second factor, where a user makes it, the question leaves that open and
    /// it makes a difference. Without a question, with one.
    fn evaluations(
        &self,
        actor: &Principal<'_>,
        probe: &AccessProbe,
        question: Option<&Question<'_>>,
    ) -> Vec<(Option<bool>, Evaluation)> {
        let network = assumed_network(self.plan.account, question);
        let decide = |second_factor| {
            let signed_in = SignedIn { second_factor, network: network.clone() };
            evaluate(&self.plan.names, &self.account, actor, probe, &signed_in)
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

    fn reasons(&self, evaluation: &Evaluation) -> Vec<Reason> {
        let reason = |(policy, statement): &(usize, usize)| {
            let of = self.account.inventory.policies.get(*policy)?;
            let sid = self.account.document(*policy)?.statements.get(*statement).and_then(|one| one.sid.clone());
            let place = self.place(&of.location, *statement);
            let path = place.as_ref().map(|place| place.path().display().to_string());
            Some(Reason { policy: of.name.clone(), sid, path, line: place.map(|place| place.line_column().0) })
        };
        evaluation.statements.iter().filter_map(reason).collect()
    }

    /// Where a statement of a policy stands: in a template, or of the company's policies, in their files.
    fn place(&self, Location { stack, logical_id, path }: &Location<'_>, statement: usize) -> Option<Place> {
        let path = format!("{logical_id}/{path}/Statement/{statement}");
        let Some((rendered, spans)) = self.templates.get(*stack) else { return company::place(self.plan, &path) };
        let spans = spans.get_or_init(|| SpanIndex::read(&rendered.source));
        Some(spans.place(&format!("/Resources/{path}")))
    }

    /// The request of a question. What is asked for by its ARN has the tags that its template gives it, unless the question
    /// says otherwise.
    fn probe(&self, question: &Question<'_>) -> AccessProbe {
        let (resource, action) = (question.resource, question.action);
        let service = resource.split(':').nth(2).unwrap_or_default();
        let known: Vec<_> = tag_keys(service, &self.account.tags_of(resource)).collect();
        let stated = |name: &str| question.context.iter().any(|(given, _)| is_same_tag(given, name));
        let unstated = known.iter().filter(|(name, _)| !stated(name));
        let all = question.context.iter().chain(unstated);
        let mut context = all.fold(Context::new(), |context, (name, value)| context.also(name, value));
        // A tag is the same by the key of all services and by that of its own.
        for (name, _) in known.iter().filter(|(name, _)| stated(name)) {
            let same = context.iter().find(|(key, _)| is_same_tag(key, name)).and_then(|(_, values)| values.cloned());
            let same = same.filter(|_| context.get(name).is_none()).map(|values| values.list).unwrap_or_default();
            context = same.into_iter().fold(context, |context, value| context.also(name, value));
        }
        AccessProbe {
            verb: String::new(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
            over: self.over(action, resource),
        }
    }

    fn over(&self, action: &str, resource: &str) -> ResourcePolicyRef {
        if action.to_lowercase().starts_with("s3:") {
            let of_bucket = |(bucket, _): &&(String, usize)| {
                let behind = resource.split_once(":::").map_or("", |(_, behind)| behind);
                behind.split('/').next() == Some(bucket)
            };
            let policy = self.account.bucket_policies.iter().find(of_bucket);
            return policy.map_or(ResourcePolicyRef::Nothing, |(_, policy)| ResourcePolicyRef::Bucket(*policy));
        }
        if !action.eq_ignore_ascii_case("sts:AssumeRole") {
            return ResourcePolicyRef::Nothing;
        }
        self.account.role(resource).map_or(ResourcePolicyRef::UnknownRole, |role| self.account.trust(role))
    }
}

/// Whether two keys of a context are of one tag of a resource, such as `aws:ResourceTag/user` and
/// `sagemaker:ResourceTag/user`; or are the same.
fn is_same_tag(one: &str, other: &str) -> bool {
    let tag = |key: &str| key.to_lowercase().split_once(":resourcetag/").map(|(_, tag)| tag.to_owned());
    one.eq_ignore_ascii_case(other) || tag(one).is_some_and(|of_one| tag(other) == Some(of_one))
}
