//! What changes in access from one set of policies to another, decided by the evaluator and not by the text.
//!
//! What a decision rests on are comparisons of the policies' patterns with the request's action, resource and context. So
//! requests with which all of these come out the same are decided the same, and it is enough to decide one of each class.
//! Which classes there are is not guessed: see `automaton`. See docs/decisions/0016-access-compared-by-classes.md.

mod automaton;
mod axis;
mod cell;
mod classes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::comparison::{Notes, Truth};
use super::decide::{ALWAYS_ALLOWED, Policies, ResourcePolicy};
use super::document::{Document, Listed, Statement};
use super::pattern::{Filled, Pattern};
use super::request::{Context, Principal, Request};
use cell::{Region, Relevant};
use classes::Classes;

/// Who gains or loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// What was denied is allowed.
    Widened,
    /// It cannot be told.
    Unknown,
    /// It cannot be told whether what was allowed is denied; nobody gains anything.
    PerhapsNarrowed,
    /// What was allowed is denied.
    Narrowed,
}

/// Requests that are decided otherwise, all in the same direction.
#[derive(Debug, Clone)]
pub struct AccessLine {
    /// In which direction.
    pub direction: Direction,
    /// The actions, as patterns in lower case, with what is not meant of them.
    pub actions: Vec<String>,
    /// The resources, likewise.
    pub resources: Vec<String>,
    /// When, if not always.
    pub conditions: Vec<String>,
    /// One of the requests.
    pub example: Request,
    space: Arc<Space>,
    /// For each class of actions and of resources, when.
    regions: Vec<(usize, usize, Region)>,
}

/// How requests are told apart.
#[derive(Debug)]
struct Space {
    actions: Classes,
    resources: Classes,
}

impl AccessLine {
    /// Whether the line tells of a request.
    pub fn covers(&self, request: &Request) -> bool {
        let action = self.space.actions.class_of(&request.action.to_ascii_lowercase());
        let resource = self.space.resources.class_of(&request.resource);
        self.regions.iter().any(|(of_action, of_resource, region)| {
            Some(*of_action) == action && Some(*of_resource) == resource && region.holds(&request.context)
        })
    }
}

/// Everything in which the decisions about a principal differ. `base` is what the context of all the principal's requests
/// holds, such as `aws:username`; of a principal's own keys (`aws:PrincipalTag/…`), those that are not in it are absent.
///
/// Each request that is decided otherwise is covered by one line; each line covers at least one. What cannot be decided is
/// a line of its own.
pub fn access_delta(
    principal: &Principal,
    base: &Context,
    old: &Policies<'_>,
    new: &Policies<'_>,
) -> Result<Vec<AccessLine>, TooManyWays> {
    let statements: Vec<&Statement> = of_side(old).chain(of_side(new)).collect();
    let request =
        Request { principal: principal.clone(), action: String::new(), resource: String::new(), context: base.clone() };
    let mut action_patterns = BTreeSet::from([ALWAYS_ALLOWED.to_ascii_lowercase()]);
    let mut resource_patterns = BTreeSet::new();
    for statement in &statements {
        let (Listed::These(patterns) | Listed::AllBut(patterns)) = &statement.actions;
        action_patterns.extend(patterns.iter().cloned());
        if let Some(Listed::These(patterns) | Listed::AllBut(patterns)) = &statement.resources {
            resource_patterns.extend(patterns.iter().filter_map(|pattern| match pattern.fill(&request, true) {
                Filled::Text(text) => Some(text),
                Filled::Nothing | Filled::Unknown(_) => None,
            }));
        }
    }
    let space = Arc::new(Space {
        actions: Classes::of_actions(action_patterns).ok_or(TooManyWays)?,
        resources: Classes::of_resources(resource_patterns, &request).ok_or(TooManyWays)?,
    });
    Ok(lines(&space, &request, old, new))
}

/// There are more combinations of wildcards than can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyWays;

/// Of each class of actions the classes of resources.
type Found = BTreeMap<usize, BTreeMap<usize, Region>>;

fn lines(space: &Arc<Space>, request: &Request, old: &Policies<'_>, new: &Policies<'_>) -> Vec<AccessLine> {
    // What the same statements are about is decided the same.
    let mut known: BTreeMap<(String, String, bool), Vec<Region>> = BTreeMap::new();
    // By direction and condition.
    let mut found: BTreeMap<(Direction, Vec<String>), Found> = BTreeMap::new();
    // What is always allowed is no change.
    let always = ALWAYS_ALLOWED.to_ascii_lowercase();
    let of_no_matter: BTreeSet<usize> = space.actions.class_of(&always).into_iter().collect();
    for (at_action, action) in space.actions.witnesses.iter().enumerate().filter(|(_, action)| **action != always) {
        let (old, new) = (about(old, action), about(new, action));
        for (at_resource, resource) in space.resources.witnesses.iter().enumerate() {
            let asked = Request { action: action.clone(), resource: resource.clone(), ..request.clone() };
            let (old, new) = (old.on(&asked), new.on(&asked));
            let elsewhere = space.resources.is_elsewhere(resource);
            let regions = known.entry((old.meaning(), new.meaning(), elsewhere)).or_insert_with(|| {
                cell::compare((&old, &new), (action, resource), &request.principal, &request.context)
            });
            for region in regions.iter() {
                let by_conditions = found.entry((region.direction, region.labels.clone())).or_default();
                by_conditions.entry(at_action).or_default().insert(at_resource, region.clone());
            }
        }
    }
    let mut lines = Vec::new();
    for ((direction, conditions), by_action) in found {
        let mut by_resources: BTreeMap<BTreeSet<usize>, BTreeSet<usize>> = BTreeMap::new();
        for (action, resources) in &by_action {
            by_resources.entry(resources.keys().copied().collect()).or_default().insert(*action);
        }
        for (resources, actions) in by_resources {
            let cells = actions.iter().filter_map(|action| by_action.get(action).map(|regions| (*action, regions)));
            let regions: Vec<(usize, usize, Region)> = cells
                .flat_map(|(action, regions)| {
                    regions.iter().map(move |(resource, region)| (action, *resource, region.clone()))
                })
                .collect();
            let Some((action, resource, region)) = regions.first() else { continue };
            let example = Request {
                principal: request.principal.clone(),
                action: space.actions.witnesses[*action].clone(),
                resource: space.resources.witnesses[*resource].clone(),
                context: region.example.clone(),
            };
            lines.push(AccessLine {
                direction,
                actions: space.actions.labels(&actions, &of_no_matter),
                resources: space.resources.labels(&resources, &BTreeSet::new()),
                conditions: conditions.clone(),
                example,
                space: Arc::clone(space),
                regions,
            });
        }
    }
    lines
}

/// Whether a key is the same in all requests of a principal.
fn is_fixed(key: &str, base: &Context) -> bool {
    key.starts_with("aws:principal")
        || matches!(key, "aws:username" | "aws:userid")
        || base.iter().any(|(given, _)| given == key)
}

impl Statement {
    /// Whether the statement has a variable whose value is not the same in all requests of a principal.
    fn open_variables(&self, base: &Context) -> bool {
        let in_resources = match &self.resources {
            Some(Listed::These(patterns) | Listed::AllBut(patterns)) => patterns.as_slice(),
            None => &[],
        };
        let in_conditions = self.conditions.iter().flat_map(|condition| &condition.values);
        let mut variables = in_resources.iter().chain(in_conditions).flat_map(Pattern::variables);
        variables.any(|key| !is_fixed(&key.to_lowercase(), base))
    }
}

fn of_side<'a>(side: &Policies<'a>) -> impl Iterator<Item = &'a Statement> {
    let resource = side.resource.map(|policy| resource_document(policy).0);
    let documents = side.identity.iter().map(|attached| attached.document);
    documents.chain(side.boundary.map(|attached| attached.document)).chain(resource).flat_map(|one| &one.statements)
}

fn resource_document(policy: ResourcePolicy<'_>) -> (&Document, bool) {
    match policy {
        ResourcePolicy::Sufficient(attached) => (attached.document, false),
        ResourcePolicy::Required(attached) => (attached.document, true),
    }
}

/// The statements of a side that are about an action.
struct About<'a> {
    identity: Vec<&'a Statement>,
    boundary: Option<Vec<&'a Statement>>,
    resource: Option<Vec<&'a Statement>>,
    required: bool,
}

fn about<'a>(side: &Policies<'a>, action: &str) -> About<'a> {
    let action = action.to_ascii_lowercase();
    let of = |document: &'a Document| -> Vec<&'a Statement> {
        document.statements.iter().filter(|statement| statement.names_action(&action)).collect()
    };
    let resource = side.resource.map(resource_document);
    About {
        identity: side.identity.iter().flat_map(|attached| of(attached.document)).collect(),
        boundary: side.boundary.map(|attached| of(attached.document)),
        resource: resource.map(|(document, _)| of(document)),
        required: resource.is_some_and(|(_, required)| required),
    }
}

impl<'a> About<'a> {
    fn on(&self, request: &Request) -> Relevant<'a> {
        let on = |statements: &Vec<&'a Statement>| -> Vec<(&'a Statement, Truth)> {
            let truths = statements.iter().map(|one| (*one, one.reaches_resource(request)));
            truths.filter(|(_, truth)| *truth != Truth::No).collect()
        };
        Relevant {
            identity: on(&self.identity),
            boundary: self.boundary.as_ref().map(on),
            resource: self.resource.as_ref().map(on),
            required: self.required,
        }
    }
}

impl Statement {
    /// Whether the statement is about a resource. One with variables that nobody knows may be.
    fn reaches_resource(&self, request: &Request) -> Truth {
        if self.open_variables(&request.context) && self.resources.is_some() {
            return Truth::Unknown;
        }
        self.names_resource(request, &mut Notes::default())
    }
}
