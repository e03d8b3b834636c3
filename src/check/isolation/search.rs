//! The search for requests that are decided otherwise than they must be.

use std::collections::{BTreeMap, BTreeSet};

use super::Kin;
use super::asks::{Ask, Hints, Over, Scene, Whose};
use super::estate::{Agent, Estate, Holdings, Notebook, Role, Secret};
use super::exceptions::{Exceptions, Index, Register, exceptions};
use super::marks::{Cast, MARKS, OTHER_NAME, OWN_NAME, as_other};
use super::ruling::{Actor, Asker, Held, Ruling, has_a_chance, rule};
use crate::iam::{Comparison, Decision, Notes};
use crate::model::User;
use crate::plan::Names;

/// A request that is decided otherwise than it must be.
pub(crate) struct Problem<'a> {
    pub(crate) what: What,
    pub(crate) asker: Asker,
    pub(crate) own: &'a User,
    pub(crate) other: Option<&'a User>,
    /// What the request is for, in words, with marks.
    pub(crate) kind: String,
    /// The same, with names.
    pub(crate) verb: String,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) ruling: Ruling,
    /// Where it hands over a role: what whoever asks can then do as that role, in words.
    pub(crate) reaches: Vec<String>,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// It is allowed and must not be.
    TooWide,
    /// It is denied, and must not be.
    OwnRefused,
    /// It must be denied, and it cannot be told whether it is.
    Undecided,
    /// It must be allowed, and it cannot be told whether it is.
    OwnUndecided,
}

/// How a request must be decided.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Allowed,
    Denied,
}

/// The exceptions of comparisons that were looked at before, for one kin of askers and one of others.
type Memory = BTreeMap<Comparison, Exceptions>;

#[derive(Clone, Copy)]
struct Search<'a, 'e> {
    names: &'e Names,
    estate: &'e Estate,
    kin: &'e Kin<'a>,
    own: &'e Register<'a>,
    /// `None` for requests in which no other takes part.
    other: Option<&'e Register<'a>>,
    held: Held<'e>,
    generic: &'e Actor<'e>,
    /// With and without a second factor; or one of them, where no policy could tell.
    factors: &'static [bool],
}

/// All problems of an account: for each kind of request and pair of forms at most one.
pub(crate) fn search<'a>(names: &Names, estate: &Estate, kin: &[Kin<'a>]) -> Vec<Problem<'a>> {
    let hints = Hints::of(estate);
    let scene = Scene { names, estate, hints: &hints };
    let others: Vec<_> = kin
        .iter()
        .map(|kin| (as_others(estate, kin), as_other_tags(&kin.tags), as_other_tags(&kin.user_tags)))
        .collect();
    let factors: &[bool] = if estate.asks_for_a_second_factor() { &[true, false] } else { &[true] };
    let mut problems = Vec::new();
    for one in kin {
        let Some(holdings) = estate.people.get(&one.form) else { continue };
        let whose = Whose { holdings, tags: &one.tags, user_tags: &one.user_tags, name: OWN_NAME };
        for held in actors(estate, holdings, kin) {
            let generic = Actor::new(estate, held, Cast::default());
            let own = Register::new(one.people.clone());
            let search = Search { names, estate, kin: one, own: &own, other: None, held, generic: &generic, factors };
            let mut memory = Memory::new();
            let mut chances: BTreeMap<(String, Over), bool> = BTreeMap::new();
            let mut has_a_chance = |ask: &Ask| match chances.get(&(ask.action.clone(), ask.over)) {
                Some(chance) => *chance,
                None => *chances
                    .entry((ask.action.clone(), ask.over))
                    .or_insert_with(|| has_a_chance(estate, &generic, ask)),
            };
            for ask in scene.own(&whose, held.asker == Asker::Notebook) {
                if let Some(wanted) = wanted_of_own(one, held.asker, &ask) {
                    problems.extend(search.look(&ask, wanted, &mut memory));
                }
            }
            for ask in scene.shared(&whose).into_iter().filter(&mut has_a_chance) {
                if let Some(mut problem) = search.look(&ask, Wanted::Denied, &mut memory) {
                    problem.reaches = through(&scene, kin, &search, &ask, &problem);
                    problems.push(problem);
                }
            }
            // Others of whose things the same is asked are one.
            let mut asked: BTreeMap<Vec<Ask>, Vec<&'a User>> = BTreeMap::new();
            for ((holdings, tags, user_tags), kin) in others.iter().zip(kin) {
                let mut asks = scene.others(&whose, &Whose { holdings, tags, user_tags, name: OTHER_NAME });
                asks.retain(&mut has_a_chance);
                asked.entry(asks).or_default().extend(&kin.people);
            }
            for (asks, people) in asked {
                let register = Register::new(people);
                let search = Search { other: Some(&register), ..search };
                let mut memory = Memory::new();
                for ask in asks {
                    problems.extend(search.look(&ask, Wanted::Denied, &mut memory));
                }
            }
        }
    }
    problems
}

impl<'a> Search<'a, '_> {
    /// One problem with a request, if there is one, with and without a second factor.
    fn look(&self, ask: &Ask, wanted: Wanted, memory: &mut Memory) -> Option<Problem<'a>> {
        let factors = match (wanted, self.held.asker) {
            (Wanted::Denied, Asker::User) => self.factors,
            _ => &[true],
        };
        factors.iter().find_map(|mfa| self.among(ask, (wanted, *mfa), (None, None), memory))
    }

    /// One problem among those who are not named yet, and then among the exceptions.
    fn among(
        &self,
        ask: &Ask,
        how: (Wanted, bool),
        (own, other): (Option<Index>, Option<Index>),
        memory: &mut Memory,
    ) -> Option<Problem<'a>> {
        let person = |register: Option<&Register<'a>>, index: Option<Index>| {
            index.and_then(|index| register?.people.get(index).copied())
        };
        let cast = Cast { own: person(Some(self.own), own), other: person(self.other, other) };
        if cast.own.zip(cast.other).is_some_and(|(own, other)| own.name == other.name) {
            return None;
        }
        let mut notes = Notes::of(&MARKS);
        let ruling = self.rule(ask, how, cast, &mut notes);
        let mut except = Exceptions::default();
        for comparison in &notes.comparisons {
            let nobody = Register::new(Vec::new());
            let found = memory
                .entry(comparison.clone())
                .or_insert_with(|| exceptions(comparison, self.own, self.other.unwrap_or(&nobody)));
            except.extend(found);
        }
        if let Some(what) = is_wrong(how.0, ruling.decision)
            && let Some(cast) = self.example((own, other), &except)
        {
            // Once more, with names, for what is told of it.
            let ruling = self.rule(ask, how, cast, &mut Notes::default());
            return Some(Problem {
                what,
                asker: self.held.asker,
                own: cast.own?,
                other: cast.other.filter(|_| (ask.verb.clone() + &ask.resource).contains(OTHER_NAME)),
                kind: ask.verb.clone(),
                verb: cast.fill(&ask.verb),
                action: ask.action.clone(),
                resource: cast.fill(&ask.resource),
                ruling,
                reaches: Vec::new(),
            });
        }
        let one_side = except.own.iter().map(|x| (Some(*x), other)).chain(except.other.iter().map(|y| (own, Some(*y))));
        let both = except.pairs.iter().map(|(x, y)| (Some(*x), Some(*y)));
        let next: BTreeSet<(Option<Index>, Option<Index>)> = one_side.chain(both).collect();
        next.into_iter().find_map(|pair| self.among(ask, how, pair, memory))
    }

    fn rule(&self, ask: &Ask, (_, mfa): (Wanted, bool), cast: Cast<'_>, notes: &mut Notes) -> Ruling {
        let named;
        let actor = if cast.own.is_some() {
            named = Actor::new(self.estate, self.held, cast);
            &named
        } else {
            self.generic
        };
        rule(self.names, self.estate, (actor, self.kin), ask, (cast, mfa), notes)
    }

    /// Two people for whom the marks speak: no exceptions, and not one and the same.
    fn example(&self, (own, other): (Option<Index>, Option<Index>), except: &Exceptions) -> Option<Cast<'a>> {
        let all = |register: &Register<'a>, fixed: Option<Index>| match fixed {
            Some(index) => index..index + 1,
            None => 0..register.people.len(),
        };
        for x in all(self.own, own).filter(|x| own.is_some() || !except.own.contains(x)) {
            let asks = self.own.people.get(x).copied();
            let Some(register) = self.other else { return Some(Cast { own: asks, other: None }) };
            let mut others = all(register, other)
                .filter(|y| (other.is_some() || !except.other.contains(y)) && !except.pairs.contains(&(x, *y)))
                .filter_map(|y| register.people.get(y).copied());
            let found = others.find(|other| asks.is_some_and(|asks| asks.name != other.name));
            if found.is_some() {
                return Some(Cast { own: asks, other: found });
            }
        }
        None
    }
}

/// What whoever can pass or take on a service's role, as `problem` says, can do as that role: to others, and to what is
/// everybody's. Nothing where the role does not trust the service that it is passed to.
fn through(
    scene: &Scene<'_>,
    kin: &[Kin<'_>],
    search: &Search<'_, '_>,
    ask: &Ask,
    problem: &Problem<'_>,
) -> Vec<String> {
    let estate = scene.estate;
    let role = estate.roles.iter().find(|role| role.agent.arn == problem.resource);
    let Some(role) = role.filter(|role| problem.what == What::TooWide && is_handed_over(estate, role, ask)) else {
        return Vec::new();
    };
    let held = Held { asker: Asker::Notebook, agent: &role.agent, of: None };
    let generic = Actor::new(estate, held, Cast::default());
    // A service's role is nobody's: it has the tags of its template alone.
    let nobody = Kin { form: search.kin.form, tags: Vec::new(), user_tags: Vec::new(), people: Vec::new() };
    let asker = Register::new(vec![problem.own]);
    let search = Search { kin: &nobody, own: &asker, held, generic: &generic, ..*search };
    let own = Whose { holdings: &Holdings::default(), tags: &[], user_tags: &[], name: OWN_NAME };
    let mut reached: Vec<String> = Vec::new();
    let mut tell = |search: &Search<'_, '_>, asks: Vec<Ask>| {
        let mut memory = Memory::new();
        for ask in asks.iter().filter(|ask| has_a_chance(estate, &generic, ask)) {
            match search.look(ask, Wanted::Denied, &mut memory) {
                Some(found) if found.what == What::TooWide && !reached.contains(&found.verb) => {
                    reached.push(found.verb);
                }
                _ => {}
            }
        }
    };
    // One other shows all, if they have a notebook.
    let is_other = |kin: &&Kin<'_>| kin.people.iter().any(|user| user.name != problem.own.name);
    let other = kin.iter().filter(is_other).min_by_key(|kin| !kin.form.notebook);
    if let Some(other) = other {
        let register = Register::new(other.people.clone());
        let search = Search { other: Some(&register), ..search };
        let (tags, user_tags) = (as_other_tags(&other.tags), as_other_tags(&other.user_tags));
        let holdings = as_others(estate, other);
        let whose = Whose { holdings: &holdings, tags: &tags, user_tags: &user_tags, name: OTHER_NAME };
        tell(&search, scene.others(&own, &whose));
    }
    tell(&search, scene.shared(&own));
    reached
}

/// Whether a service's role, passed as `ask` says, is one that the service can then take on.
fn is_handed_over(estate: &Estate, role: &Role, ask: &Ask) -> bool {
    if ask.action != "iam:PassRole" {
        return ask.action == "sts:AssumeRole";
    }
    let service = ask.context.iter().find(|key| key.name == "iam:PassedToService").and_then(|key| key.values.first());
    let trust = role.trust.and_then(|trust| estate.policies.get(trust));
    service.zip(trust).is_some_and(|(service, trust)| trust.document.names_service(service))
}

pub(super) fn as_other_tags(tags: &[(String, String)]) -> Vec<(String, String)> {
    tags.iter().map(|(key, value)| (key.clone(), as_other(value))).collect()
}

/// How a request for one's own must be decided, if it must be one way.
pub(super) fn wanted_of_own(kin: &Kin<'_>, asker: Asker, ask: &Ask) -> Option<Wanted> {
    // An idle notebook of somebody who is suspended stops itself.
    let stops = asker == Asker::Notebook && ask.action.ends_with(":StopNotebookInstance");
    match kin.form.suspended {
        true if stops => None,
        true => Some(Wanted::Denied),
        false => Some(Wanted::Allowed),
    }
}

pub(super) fn is_wrong(wanted: Wanted, decision: Decision) -> Option<What> {
    match (wanted, decision) {
        (Wanted::Denied, Decision::Unknown) => Some(What::Undecided),
        (Wanted::Allowed, Decision::Unknown) => Some(What::OwnUndecided),
        (Wanted::Denied, Decision::Allowed) => Some(What::TooWide),
        (Wanted::Allowed, Decision::ExplicitlyDenied | Decision::ImplicitlyDenied) => Some(What::OwnRefused),
        (Wanted::Denied, Decision::ExplicitlyDenied | Decision::ImplicitlyDenied)
        | (Wanted::Allowed, Decision::Allowed) => None,
    }
}

/// The users of a form, and the roles that its notebooks act as. A notebook whose role is not found is nobody here;
/// `findings` reports it.
pub(crate) fn actors<'e>(estate: &'e Estate, holdings: &'e Holdings, kin: &[Kin<'e>]) -> Vec<Held<'e>> {
    let users = holdings.users.iter().map(|agent| Held { asker: Asker::User, agent, of: None });
    let notebooks = holdings.notebooks.iter().filter_map(|notebook| role_of(estate, holdings, notebook, kin));
    users.chain(notebooks).collect()
}

/// The role that a notebook acts as: its person's own, nobody's, or another person's, whom it names.
pub(crate) fn role_of<'e>(
    estate: &'e Estate,
    holdings: &'e Holdings,
    notebook: &Notebook,
    kin: &[Kin<'e>],
) -> Option<Held<'e>> {
    let held = |role: &'e Role, of| Held { asker: Asker::Notebook, agent: &role.agent, of };
    let own = holdings.roles.iter().chain(&estate.roles).find(|role| role.agent.arn == notebook.role);
    if let Some(role) = own {
        return Some(held(role, None));
    }
    kin.iter().find_map(|kin| {
        let roles = &estate.people.get(&kin.form)?.roles;
        kin.people.iter().find_map(|user| {
            let cast = Cast { own: Some(user), other: None };
            let role = roles.iter().find(|role| cast.fill(&role.agent.arn) == notebook.role)?;
            Some(held(role, Some(*user)))
        })
    })
}

/// What people of a kin have, as the other's.
pub(crate) fn as_others(estate: &Estate, kin: &Kin<'_>) -> Holdings {
    let Some(holdings) = estate.people.get(&kin.form) else { return Holdings::default() };
    let agent = |agent: &Agent| Agent { arn: as_other(&agent.arn), tags: agent.tags.map(as_other), ..agent.clone() };
    Holdings {
        users: holdings.users.iter().map(agent).collect(),
        roles: holdings.roles.iter().map(|role| Role { agent: agent(&role.agent), trust: role.trust }).collect(),
        notebooks: holdings
            .notebooks
            .iter()
            .map(|notebook| Notebook {
                name: as_other(&notebook.name),
                role: as_other(&notebook.role),
                tags: notebook.tags.map(as_other),
            })
            .collect(),
        secrets: holdings
            .secrets
            .iter()
            .map(|secret| Secret { name: as_other(&secret.name), tags: secret.tags.map(as_other) })
            .collect(),
    }
}
