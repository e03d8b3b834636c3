//! What changes in access from one set of policies to another, decided by the evaluator and not by the text.
//!
//! What a decision rests on are comparisons of the policies' patterns with the request's action, resource and context. So
//! requests with which all of these come out the same are decided the same, and it is enough to decide one of each class.
//! Which classes there are is not guessed: see `iam::automaton`. See docs/decisions/0016-access-compared-by-classes.md.

mod axis;
mod cell;
mod classes;
mod dependence;
mod lacking;
mod side;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::decide::{NOT_BY_POLICIES, Policies, Statements};
use super::pattern::Filled;
use super::request::{Context, Principal, Request};
use cell::{Comparison, Region};
use classes::{Classes, PatternLists, singles};
pub use dependence::Dependence;
pub use lacking::allowed_with;
use side::ClauseSet;

/// Who gains or loses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// What was denied is allowed.
    Widened,
    /// It cannot be told.
    #[default]
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
    actions: Arc<Classes>,
    resources: Arc<Classes>,
}

impl Space {
    /// A request of these classes and this region.
    fn example(&self, action: usize, resource: usize, region: &Region, principal: &Principal) -> Request {
        Request {
            principal: principal.clone(),
            action: self.actions.witnesses[action].clone(),
            resource: self.resources.witnesses[resource].clone(),
            context: region.example.clone(),
        }
    }
}

impl AccessLine {
    /// Whether the line tells of an action, of some resource and in some circumstances.
    pub fn names_action(&self, action: &str) -> bool {
        let class = self.space.actions.class_of(&action.to_ascii_lowercase());
        self.regions.iter().any(|(of_action, ..)| Some(*of_action) == class)
    }

    /// Whether the line tells of a request.
    pub fn covers(&self, request: &Request) -> bool {
        self.regions_of(&request.action, &request.resource).any(|region| region.holds(&request.context))
    }

    /// Whether the line tells of an action on a resource in some circumstances in which the request says this under these keys,
    /// or nothing.
    pub fn tells(&self, action: &str, resource: &str, said: &[(&str, Option<&str>)]) -> bool {
        self.regions_of(action, resource).any(|region| {
            let context = said.iter().fold(region.example.clone(), |context, (key, value)| match value {
                Some(value) => context.with(key, *value),
                None => context.without(key),
            });
            region.holds(&context)
        })
    }

    /// The conditions, of which those with many alternatives are told by that of the example.
    pub fn short_conditions(&self) -> Vec<String> {
        self.regions.first().map(|(.., region)| region.short_labels.clone()).unwrap_or_default()
    }

    fn regions_of(&self, action: &str, resource: &str) -> impl Iterator<Item = &Region> {
        let class = self.space.actions.class_of(&action.to_ascii_lowercase());
        let class = class.zip(self.space.resources.class_of(resource));
        self.regions
            .iter()
            .filter(move |(action, resource, _)| class == Some((*action, *resource)))
            .map(|(.., one)| one)
    }

    /// A request of each class that the line tells of, with the condition keys on which it depends.
    pub fn examples(&self) -> impl Iterator<Item = (Request, Vec<Dependence<'_>>)> {
        self.regions.iter().map(|(action, resource, region)| {
            let example = self.space.example(*action, *resource, region, &self.example.principal);
            let keys = region.within.iter().map(|(axis, classes)| Dependence { axis, classes });
            (example, keys.collect())
        })
    }
}

impl Direction {
    /// Whether somebody gains something, or may.
    pub fn is_gain(self) -> bool {
        matches!(self, Direction::Widened | Direction::Unknown)
    }
}

/// Everything in which the decisions about a principal differ in the directions that are `wanted`. `base` is what the context of
/// all the principal's requests holds, such as `aws:username`; of a principal's own keys (`aws:PrincipalTag/…`), those that are
/// not in it are absent, but for those that vary.
///
/// Each request that is decided otherwise is covered by one line; each line covers at least one. What cannot be decided is
/// a line of its own.
///
/// # Errors
/// If there are more combinations of wildcards than can be tried.
pub fn access_delta(
    principal: &Principal,
    base: &Context,
    old: &Policies<'_>,
    new: &Policies<'_>,
    wanted: impl Fn(Direction) -> bool,
) -> Result<Vec<AccessLine>, TooManyWays> {
    let request =
        Request { principal: principal.clone(), action: String::new(), resource: String::new(), context: base.clone() };
    let mut action_lists = singles(NOT_BY_POLICIES.map(str::to_ascii_lowercase));
    let mut resource_patterns = BTreeSet::new();
    let [of_old, of_new] = [old, new].map(Statements::of);
    for (_, statement) in of_old.list.iter().chain(&of_new.list) {
        action_lists.insert(statement.actions.list.iter().cloned().collect());
        let filled = statement.resource_patterns().iter().map(|pattern| pattern.fill(&request, true));
        resource_patterns.extend(filled.filter_map(|filled| match filled {
            Filled::Text(text) => Some(text),
            Filled::Nothing | Filled::Unknown(_) => None,
        }));
    }
    let resources = Arc::new(Classes::of_resources(resource_patterns, &request).ok_or(TooManyWays)?);
    let lines_by = |lists: PatternLists| {
        let actions = Classes::of_actions(lists).ok_or(TooManyWays)?;
        Ok(lines(&Arc::new(Space { actions, resources: Arc::clone(&resources) }), &request, [old, new], &wanted))
    };
    // Decisions rest on which lists name an action. Naming what is decided otherwise takes the single patterns, which have
    // many more combinations: where these are too many, it is named by the lists.
    let by_lists = lines_by(action_lists.clone())?;
    if by_lists.is_empty() {
        return Ok(by_lists);
    }
    Ok(lines_by(singles(action_lists.into_iter().flatten())).unwrap_or(by_lists))
}

/// There are more combinations of wildcards than can be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyWays;

/// Of each class of actions the classes of resources.
type RegionsByAction = BTreeMap<usize, BTreeMap<usize, Region>>;

fn lines<'a>(
    space: &Arc<Space>,
    request: &'a Request,
    sides: [&Policies<'a>; 2],
    wanted: &impl Fn(Direction) -> bool,
) -> Vec<AccessLine> {
    let about = (space.actions.witnesses.as_slice(), space.resources.witnesses.as_slice());
    let mut comparison = Comparison::of(request, sides, about, is_fixed);
    // What the same is said of is decided the same.
    let mut known: BTreeMap<([ClauseSet; 2], bool), Vec<Region>> = BTreeMap::new();
    // By direction and condition.
    let mut found: BTreeMap<(Direction, Vec<String>), RegionsByAction> = BTreeMap::new();
    // What no policy decides is no change.
    let apart = NOT_BY_POLICIES.map(str::to_ascii_lowercase);
    let of_no_matter: BTreeSet<usize> = apart.iter().filter_map(|action| space.actions.class_of(action)).collect();
    let elsewhere: Vec<bool> = space.resources.witnesses.iter().map(|one| space.resources.is_elsewhere(one)).collect();
    for at_action in (0..space.actions.witnesses.len()).filter(|class| !of_no_matter.contains(class)) {
        for (at_resource, is_elsewhere) in elsewhere.iter().enumerate() {
            let said = comparison.said(at_action, at_resource);
            let new = |(said, is_elsewhere): &_| comparison.regions(said, *is_elsewhere, wanted);
            for region in known.entry((said, *is_elsewhere)).or_insert_with_key(new) {
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
            let example = space.example(*action, *resource, region, &request.principal);
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

/// Whether a key, in lower case, is the same in all requests of a principal. Which organization an account is in, nobody
/// here knows: those keys may be anything.
fn is_fixed(key: &str, base: &Context) -> bool {
    let of_organization = matches!(key, "aws:principalorgid" | "aws:principalorgpaths");
    let is_principals = key.starts_with("aws:principal") && !of_organization;
    !base.varying.contains(key)
        && (is_principals || matches!(key, "aws:username" | "aws:userid") || base.iter().any(|(given, _)| given == key))
}
