//! What a person may do, and who may do something: the answers of `racestack access`.

use super::asks::{Ask, Key, Over, Scene, Whose, is_multiple};
use super::estate::Estate;
use super::kin::{Kin, kin};
use super::marks::{Cast, OTHER_NAME, OWN_NAME};
use super::places::Places;
use super::roles::{actors, as_other_tags, as_others};
use super::ruling::{Actor, Asker, Held, Ruling, rule};
use crate::iam::{Decision, Notes};
use crate::model::User;
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
pub struct Holder {
    /// Who it is.
    pub who: Who,
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

/// Where it is told who may do what.
pub(crate) struct Desk<'a> {
    plan: &'a AccountPlan<'a>,
    estate: &'a Estate,
    kin: Vec<Kin<'a>>,
    places: Places<'a>,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(plan: &'a AccountPlan<'a>, rendered: &'a [Rendered], estate: &'a Estate) -> Self {
        let people: Vec<&User> = plan.stacks.iter().flat_map(|stack| stack.users.iter().copied()).collect();
        Self { plan, estate, kin: kin(estate, &people), places: Places::new(plan, rendered, estate) }
    }

    /// What a person may do to their own, to another's and to shared things; with a second factor, if one is asked for.
    pub(crate) fn table(&self, user: &User) -> Vec<Answer> {
        let scene = Scene { names: &self.plan.names, estate: self.estate };
        let Some((own, holdings)) = self.own(user) else { return Vec::new() };
        let whose = Whose { holdings, tags: &own.tags, user_tags: &own.user_tags, name: OWN_NAME };
        // Somebody with a notebook shows most.
        let others = self.kin.iter().flat_map(|kin| kin.people.iter().map(move |other| (kin, *other)));
        let other = others
            .filter(|(_, other)| other.name != user.name)
            .min_by_key(|(_, other)| (other.notebook.is_none(), &other.name));
        let mut asks: Vec<(Owner, Ask)> = Vec::new();
        asks.extend(scene.own(&whose, false).into_iter().map(|ask| (Owner::Own, ask)));
        if let Some((kin, _)) = other {
            let held = as_others(self.estate, kin);
            let (tags, user_tags) = (as_other_tags(&kin.tags), as_other_tags(&kin.user_tags));
            let theirs = Whose { holdings: &held, tags: &tags, user_tags: &user_tags, name: OTHER_NAME };
            asks.extend(scene.others(&whose, &theirs).into_iter().map(|ask| (Owner::Others, ask)));
        }
        asks.extend(scene.shared(&whose).into_iter().map(|ask| (Owner::Shared, ask)));
        let cast = Cast { own: Some(user), other: other.map(|(_, other)| other) };
        self.answer(&asks, (user, cast), true)
    }

    /// The answer to one question: as a user, and from a notebook if there is one.
    pub(crate) fn one(&self, user: &User, question: &Question<'_>) -> Vec<Answer> {
        let cast = Cast { own: Some(user), other: None };
        self.answer(&[(Owner::Own, self.ask(question))], (user, cast), false)
    }

    /// The decision about every principal of the account: the users by their names, the notebooks, and the roles.
    pub(crate) fn all(&self, question: &Question<'_>) -> Vec<Holder> {
        let ask = self.ask(question);
        let mut holders = Vec::new();
        for kin in &self.kin {
            let Some(holdings) = self.estate.people.get(&kin.form) else { continue };
            let held = actors(self.estate, holdings, &self.kin);
            for (user, held) in kin.people.iter().flat_map(|user| held.iter().map(move |held| (*user, *held))) {
                let cast = Cast { own: Some(user), other: None };
                let actor = Actor::new(self.estate, held, Some(kin), cast);
                let name = user.name.to_string();
                let who = if held.asker == Asker::User { Who::User(name) } else { Who::Notebook(name) };
                holders.push(self.holder(who, &actor, &ask, (Some(user), cast)));
            }
        }
        for role in &self.estate.roles {
            let held = Held { asker: Asker::Notebook, agent: &role.agent, of: None };
            let actor = Actor::new(self.estate, held, None, Cast::default());
            holders.push(self.holder(Who::Role(role.agent.arn.clone()), &actor, &ask, (None, Cast::default())));
        }
        holders.sort_by(|one, other| one.who.cmp(&other.who));
        holders
    }

    fn holder(&self, who: Who, actor: &Actor<'_>, ask: &Ask, (user, cast): (Option<&User>, Cast<'_>)) -> Holder {
        let ruling = rule(&self.plan.names, self.estate, actor, ask, (cast, false), &mut Notes::default());
        let statements = self.reasons(&ruling, user, cast);
        Holder { who, decision: ruling.decision, statements, doubts: ruling.doubts }
    }

    fn reasons(&self, ruling: &Ruling, user: Option<&User>, cast: Cast<'_>) -> Vec<Reason> {
        let reason = |(policy, statement, _): &(usize, usize, bool)| {
            let of = self.estate.policies.get(*policy)?;
            let sid = of.document.statements.get(*statement).and_then(|statement| statement.sid.clone());
            Some(Reason { policy: cast.fill(&of.name), sid, place: self.places.of((*policy, *statement), user) })
        };
        ruling.statements.iter().filter_map(reason).collect()
    }

    /// The request of a question. What is asked for by its ARN has the tags that its template gives it, unless the question
    /// says otherwise.
    fn ask(&self, question: &Question<'_>) -> Ask {
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
                    multiple: is_multiple(&name.to_lowercase()),
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
        Ask {
            verb: String::new(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
            over: self.over(action, resource),
        }
    }

    fn own(&self, user: &User) -> Option<(&Kin<'a>, &'a super::estate::Holdings)> {
        let own = self.kin.iter().find(|kin| kin.people.iter().any(|one| one.name == user.name))?;
        Some((own, self.estate.people.get(&own.form)?))
    }

    fn answer(&self, asks: &[(Owner, Ask)], (user, cast): (&User, Cast<'_>), second_factor: bool) -> Vec<Answer> {
        let Some((own, holdings)) = self.own(user) else { return Vec::new() };
        let mut answers = Vec::new();
        for held in actors(self.estate, holdings, &self.kin) {
            let actor = Actor::new(self.estate, held, Some(own), cast);
            for (whose, ask) in asks {
                let how = (cast, second_factor);
                let ruling = rule(&self.plan.names, self.estate, &actor, ask, how, &mut Notes::default());
                answers.push(Answer {
                    asker: held.asker,
                    whose: *whose,
                    verb: cast.fill(&ask.verb),
                    action: ask.action.clone(),
                    resource: cast.fill(&ask.resource),
                    decision: ruling.decision,
                    statements: self.reasons(&ruling, Some(user), cast),
                    doubts: ruling.doubts,
                });
            }
        }
        answers
    }

    /// The tags of a thing, by its ARN: a notebook's, a user's, a role's.
    fn tags_of(&self, arn: &str) -> Vec<(String, String)> {
        let service = arn.split(':').nth(2).unwrap_or_default();
        for kin in &self.kin {
            let Some(holdings) = self.estate.people.get(&kin.form) else { continue };
            for user in &kin.people {
                let cast = Cast { own: Some(user), other: None };
                let is = |marked: &str| cast.fill(marked) == arn;
                let is_notebook = |name: &str| {
                    arn.strip_suffix(&cast.fill(name)).is_some_and(|rest| rest.ends_with(":notebook-instance/"))
                };
                let notebook = holdings.notebooks.iter().find(|notebook| is_notebook(&notebook.name));
                let agents = holdings.users.iter().chain(holdings.roles.iter().map(|role| &role.agent));
                let identity = agents.into_iter().find(|agent| is(&agent.arn)).map(|agent| &agent.tags);
                if let Some(tags) = notebook.map(|notebook| &notebook.tags).or(identity) {
                    let tags = tags.of(&kin.tags, &kin.user_tags).into_iter();
                    let tags = tags.map(|(key, value)| (key, cast.fill(&value)));
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

    fn over(&self, action: &str, resource: &str) -> Over {
        if action.to_lowercase().starts_with("s3:") {
            let of_bucket = |(bucket, _): &&(String, usize)| {
                let behind = resource.split_once(":::").map_or("", |(_, behind)| behind);
                behind.split('/').next() == Some(bucket)
            };
            let policy = self.estate.bucket_policies.iter().find(of_bucket);
            return policy.map_or(Over::Nothing, |(_, policy)| Over::Bucket(*policy));
        }
        if !action.eq_ignore_ascii_case("sts:AssumeRole") {
            return Over::Nothing;
        }
        let trust = |role: &super::estate::Role| role.trust.map_or(Over::UnknownRole, Over::Role);
        let shared = self.estate.roles.iter().find(|role| role.agent.arn == resource);
        let personal = self.kin.iter().find_map(|kin| {
            let roles = &self.estate.people.get(&kin.form)?.roles;
            roles.iter().find(|role| {
                kin.people.iter().any(|user| Cast { own: Some(user), other: None }.fill(&role.agent.arn) == resource)
            })
        });
        shared.or(personal).map_or(Over::UnknownRole, trust)
    }
}

/// Whether two keys of a context are of one tag of a resource, such as `aws:ResourceTag/user` and
/// `sagemaker:ResourceTag/user`; or are the same.
fn is_same_tag(one: &str, other: &str) -> bool {
    let tag = |key: &str| key.to_lowercase().split_once(":resourcetag/").map(|(_, tag)| tag.to_owned());
    one.eq_ignore_ascii_case(other) || tag(one).is_some_and(|of_one| tag(other) == Some(of_one))
}
