//! The answers to a question: who may make a request, by the policies of the account, and the statements that say so.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::people::{Who, principals, unread};
use super::resource_policy::{is_assume_role, policy_of_resource};
use crate::check::company;
use crate::facts::region_of_iam;
use crate::iam::{
    Context, Decision, Document, Policies, Request, StatementSource, account_of, allowed_with, decide,
    is_beyond_policies,
};
use crate::inventory::{IamInventory, IdentityKind, Location, Principal, Tag, sid};
use crate::model::{Account, Network, User};
use crate::plan::{AccountPlan, Names};
use crate::render::Rendered;
use crate::render::span_index::SpanIndex;
use crate::source::Place;

/// Whether who asks has a second factor, and for how many seconds. The second key is there with the first alone.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthage>
const SECOND_FACTOR: &str = "aws:MultiFactorAuthPresent";
const SECOND_FACTOR_AGE: &str = "aws:MultiFactorAuthAge";

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

impl Question<'_> {
    fn says_any(&self, keys: [&str; 2]) -> bool {
        self.context.iter().any(|(given, _)| keys.iter().any(|key| key.eq_ignore_ascii_case(given)))
    }
}

/// The network that people are taken to come from, where the settings allow some alone and the question names none: a
/// condition key and its value.
pub fn assumed_network(account: &Account, question: &Question<'_>) -> Option<(&'static str, String)> {
    let networks = account.allowed_networks.as_ref()?;
    let (address, endpoint) = ("aws:SourceIp", "aws:SourceVpce");
    if question.says_any([address, endpoint]) {
        return None;
    }
    let of_range = |range: &Network| (address, range.as_str().split('/').next().unwrap_or_default().to_owned());
    let of_ranges = networks.ranges.first().map(of_range);
    of_ranges.or_else(|| networks.endpoints.first().map(|one| (endpoint, one.to_string())))
}

/// A decision about a request of somebody's.
#[derive(Debug, Serialize)]
pub struct Answer {
    /// Who asks.
    #[serde(flatten)]
    pub who: Who,
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
    pub doubts: BTreeSet<String>,
    /// The condition keys, each with a value, with which a request that lacks them would be allowed.
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

/// The answers to a question, as a user, and from a notebook if there is one; without a person, those of every principal of the account.
/// `inventory` is of the stacks of the plan, in their order, and of the company's policies behind them.
pub fn answers(
    plan: &AccountPlan<'_>,
    rendered: &[Rendered],
    inventory: &IamInventory<'_>,
    (user, question): (Option<&User>, &Question<'_>),
) -> Vec<Answer> {
    let mut unread = unread(inventory);
    let of_resource = policy_of_resource(inventory, &plan.names, question.action, question.resource);
    let of_resource = of_resource.unwrap_or_else(|why| {
        unread.insert(why);
        None
    });
    let evaluator = Evaluator {
        plan,
        templates: rendered.iter().map(|one| (one, OnceCell::new())).collect(),
        inventory,
        question,
        network: assumed_network(plan.account, question),
        of_resource,
        unread,
    };
    principals(plan, inventory, user).iter().flat_map(|(who, actor)| evaluator.answers(who, actor)).collect()
}

/// A question, and what decides about it.
struct Evaluator<'a> {
    plan: &'a AccountPlan<'a>,
    /// The templates, each with its spans once these have been asked for.
    templates: Vec<(&'a Rendered, OnceCell<SpanIndex>)>,
    inventory: &'a IamInventory<'a>,
    question: &'a Question<'a>,
    /// The network that people are taken to come from.
    network: Option<(&'static str, String)>,
    /// The policy of what is asked for, by its index.
    of_resource: Option<usize>,
    /// What could not be read.
    unread: BTreeSet<String>,
}

impl Evaluator<'_> {
    /// What is decided: with and without a second factor, where a user asks, the question leaves that open and it makes a difference.
    fn answers(&self, who: &Who, actor: &Principal<'_>) -> Vec<Answer> {
        let with = self.answer(who, actor, true);
        if !self.question.says_any([SECOND_FACTOR, SECOND_FACTOR_AGE]) {
            let without = self.answer(who, actor, false);
            if with.decision != without.decision {
                // Without a second factor, that is what is lacking first.
                let allowed_with = BTreeMap::new();
                return vec![
                    Answer { second_factor: Some(true), ..with },
                    Answer { second_factor: Some(false), allowed_with, ..without },
                ];
            }
        }
        vec![with]
    }

    /// Decides it as a principal's, which an IAM user makes with a second factor, or without.
    fn answer(&self, who: &Who, actor: &Principal<'_>, second_factor: bool) -> Answer {
        let Names { account_id, region, partition, .. } = &self.plan.names;
        let Question { action, resource, .. } = *self.question;
        // IAM is asked in one region of each partition.
        let region = region_of_iam(partition).filter(|_| action.to_lowercase().starts_with("iam:")).unwrap_or(region);
        let (principal, base) = actor.asking(account_id);
        let owner = account_of(resource).unwrap_or(account_id);
        let mut context = base
            .with("aws:ResourceAccount", owner)
            .with("aws:RequestedRegion", region)
            .with("aws:SecureTransport", "true")
            .with("aws:ViaAWSService", "false");
        if action.to_lowercase().starts_with("s3:") {
            context = context.with("s3:ResourceAccount", owner);
        }
        if actor.kind == IdentityKind::User {
            let said = second_factor.then(|| (SECOND_FACTOR, "true".to_owned()));
            let said = said.into_iter().chain(self.network.clone());
            context = said.fold(context, |context, (key, value)| context.with(key, value));
        }
        context = context.and(&self.context());
        // Whoever has a second factor has given it some seconds ago.
        let has_second_factor = context.get(SECOND_FACTOR).is_some_and(|values| values.list == ["true"]);
        if has_second_factor && context.get(SECOND_FACTOR_AGE).is_none() {
            context = context.with(SECOND_FACTOR_AGE, "0");
        }
        let (action, resource) = (action.to_owned(), resource.to_owned());
        let request = Request { principal, action, resource, context };
        // A policy that cannot be read allows nothing, and is doubtful.
        let read = |index: usize| Some((index, self.inventory.parsed(index)?));
        let policies: Vec<(usize, &Document)> = actor.policies.iter().copied().filter_map(read).collect();
        let boundary = actor.boundary_policy().and_then(read);
        let resource_must_allow = is_assume_role(&request.action);
        let of_resource = self.of_resource.and_then(read);
        // What has no policy that is known here leaves everything to this account.
        let left = Document::of_other_accounts(account_id);
        let resource = Some(of_resource.map_or(&left, |(_, document)| document));
        let identity: Vec<&Document> = policies.iter().map(|(_, document)| *document).collect();
        let boundary_document = boundary.map(|(_, document)| document);
        let all = Policies { identity: &identity, boundary: boundary_document, resource, resource_must_allow };
        let outcome = decide(&request, &all);
        let reason = |(source, statement): &(StatementSource, usize)| {
            let (policy, _) = match source {
                StatementSource::Identity(index) => *policies.get(*index)?,
                StatementSource::Boundary => boundary?,
                StatementSource::Resource => of_resource?,
            };
            self.reason(policy, *statement)
        };
        let statements = outcome.statements.iter().filter_map(reason).collect();
        // What of the templates could not be read may allow or deny; what is denied explicitly is denied all the same.
        let is_settled = outcome.decision == Decision::ExplicitlyDenied || is_beyond_policies(&request.action);
        let decision = if is_settled || self.unread.is_empty() { outcome.decision } else { Decision::Unknown };
        let (mut doubts, mut lacking) = (BTreeSet::new(), BTreeMap::new());
        match decision {
            Decision::Unknown => doubts.extend(outcome.doubts.into_iter().chain(self.unread.iter().cloned())),
            Decision::ExplicitlyDenied | Decision::ImplicitlyDenied if self.unread.is_empty() => {
                lacking = allowed_with(&request, &all);
            }
            _ => {}
        }
        let Request { action, resource, .. } = request;
        let who = who.clone();
        Answer { who, action, resource, second_factor: None, decision, statements, doubts, allowed_with: lacking }
    }

    /// A statement of a policy, with where it stands: in a template, or of the company's policies, in their files.
    fn reason(&self, policy: usize, statement: usize) -> Option<Reason> {
        let of = self.inventory.policies.get(policy)?;
        let sid = of.document.statements().nth(statement).and_then(sid).map(str::to_owned);
        let Location { stack, logical_id, path } = &of.location;
        let path = format!("{logical_id}/{path}/Statement/{statement}");
        let place: Option<Place> = match self.templates.get(*stack) {
            Some((rendered, spans)) => {
                let spans = spans.get_or_init(|| SpanIndex::read(&rendered.source));
                Some(spans.place(&format!("/Resources/{path}")))
            }
            None => company::place(self.plan, &path),
        };
        let path = place.as_ref().map(|place| place.path().display().to_string());
        Some(Reason { policy: of.name.clone(), sid, path, line: place.map(|place| place.line_column().0) })
    }

    /// What AWS says of the request besides who asks. What is asked for by its ARN has the tags that its template gives it, unless the
    /// question says otherwise.
    fn context(&self) -> Context {
        let Question { resource, context: given, .. } = self.question;
        let service = resource.split(':').nth(2).unwrap_or_default();
        let mut context = given.iter().fold(Context::new(), |context, (key, value)| context.also(key, value));
        for tag in self.tags() {
            let Some(key) = &tag.key else { continue };
            for name in ["aws", service].map(|prefix| format!("{prefix}:ResourceTag/{key}")) {
                // A tag is the same by the key of all services and by that of its own.
                let said = given.iter().filter(|(other, _)| is_same_tag(other, &name)).map(|(_, value)| value);
                let said: Vec<&String> = said.collect();
                context = match (&tag.value, said.as_slice()) {
                    (_, [_, ..]) if context.get(&name).is_some() => context,
                    (_, [_, ..]) => said.into_iter().fold(context, |context, value| context.also(&name, value)),
                    (Some(value), []) => context.with(&name, value.as_ref()),
                    (None, []) => context.with_unknown(&name),
                };
            }
        }
        context
    }

    /// The tags of what is asked for: a user, a role, or a notebook.
    fn tags(&self) -> &[Tag<'_>] {
        let resource = self.question.resource;
        let identity = self.inventory.principals.iter().find(|one| one.arn == resource).map(|one| &one.tags);
        let name = resource.split_once(":notebook-instance/").map(|(_, name)| name);
        let notebook = self.inventory.notebooks.iter().find(|one| Some(one.name.as_str()) == name).map(|one| &one.tags);
        identity.or(notebook).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether two keys of a context are of one tag of a resource, such as `aws:ResourceTag/user` and
/// `sagemaker:ResourceTag/user`; or are the same.
fn is_same_tag(one: &str, other: &str) -> bool {
    let tag = |key: &str| key.to_lowercase().split_once(":resourcetag/").map(|(_, tag)| tag.to_owned());
    one.eq_ignore_ascii_case(other) || tag(one).is_some_and(|of_one| tag(other) == Some(of_one))
}
