//! Isolation: what a person, and a person's notebook, may do lies between two policies. What they need for their day
//! (`needs`) is allowed, and nothing beyond what isolation permits (`limits`) is: for the very policies that are written.
//!
//! Policies are compared as sets of requests, over all actions, resources and conditions; no list of requests is tried.
//! People are of kinds: a prototype, whose name stands in no policy, is compared for each, and `structure` has checked that
//! every person's resources are their prototype's but for their own values. See docs/isolation.md.

mod access;
mod beside;
mod certain;
mod deployed;
mod distinguished;
mod findings;
mod kind;
mod nets;
mod own;
mod principals;
mod problem;
mod proof;
mod reference;
mod resources;
mod shared;
mod table;
mod tags;
mod trust;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value;

use crate::finding::{Finding, Rule};
use crate::inventory::{Documents, IamInventory, Location, Sections};
use crate::model::User;
use crate::plan::{AccountPlan, Part};
use crate::render::{Rendered, Templates, UserShape};
use distinguished::Distinguishing;
use findings::Sites;
use reference::References;

pub use deployed::{allowed, deployed};
pub use findings::{across_accounts, of_template};
pub(super) use kind::Subject;
pub use kind::{PrincipalKind, own_role};
pub use problem::Problem;
use problem::SAME_OF_ALL;
pub use reference::{Bound, reference_policy};
pub use shared::Proofs;
pub use table::{Extent, Owner, Row, rows};

/// So many people of whom policies say something else are looked at, each in a proof of their own.
const MOST_DISTINGUISHED: usize = 32;

/// Checks the isolation of an account's people. `stacks` are the resources of the templates that hold no people,
/// `prototypes` those of a template with a prototype of each shape, and `sections` what the resources of templates refer to.
/// Returned is what is proven of policies, and what differs from the built-in templates.
pub fn check(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    stacks: &[(Part, Value)],
    prototypes: &BTreeMap<UserShape, Value>,
    (sections, proofs): (&[(Part, Sections)], &Proofs),
) -> (Vec<Finding>, Vec<Finding>) {
    let parts = stacks.iter().map(|(part, _)| *part).collect();
    let mut sites = Sites { plan, templates, rendered, parts, people: None, origins: None };
    let mut found: Vec<Finding> = Vec::new();
    let proven = each_problem(plan, stacks, prototypes, proofs, |problem, inventory, people| {
        sites.people = people;
        found.push(sites.finding(problem, inventory));
    });
    found.extend(proven.err().map(|why| findings::unusable(plan, &why)));
    let differences = own::check(plan, templates, stacks, prototypes, sections);
    let mut told = BTreeSet::new();
    let compared = differences.map_or_else(
        |failure| vec![*failure.finding],
        |differences| {
            let new = differences.into_iter().filter(|(problem, _)| told.insert(problem.key()));
            let finding = |(problem, shape): (Problem, Option<_>)| {
                sites.people = shape.map(|shape| (shape, None));
                sites.finding(&problem, &IamInventory::default())
            };
            new.map(finding).collect()
        },
    );
    (found, compared)
}

/// Tells of each problem once, with the inventory that it is in, and the shape of the people there; where it is not everybody's of
/// them, with whose it is.
///
/// # Errors
/// Why a reference policy cannot be used, which is a fault of the program.
pub fn each_problem<'a>(
    plan: &AccountPlan<'a>,
    stacks: &[(Part, Value)],
    prototypes: &'a BTreeMap<UserShape, Value>,
    proofs: &Proofs,
    mut tell: impl FnMut(&Problem, &IamInventory<'_>, Option<(&'a UserShape, Option<&'a User>)>),
) -> Result<(), String> {
    let names = &plan.names;
    // Few accounts need them: most are like one that was proven.
    let references = LazyLock::new(|| References::of(plan));
    // Whatever the proof reads of the plan is part of this.
    let of_account = shared::of_account(plan, stacks);
    let mut documents = Documents::default();
    let mut proven = BTreeSet::new();
    let (mut told, mut of_everybody) = (BTreeSet::new(), BTreeSet::new());
    // Whether all that was proven of people so far holds for every account that is like this one: what is proven of somebody is
    // not proven again of those behind who have the same.
    let mut is_shared = true;
    let is_personal = |location: &Location<'_>| location.stack >= stacks.len();
    // Prototypes have the same names, so that there is an inventory with each of them, and one without any.
    for people in std::iter::once(None).chain(prototypes.iter().map(Some)) {
        let of_shape = |user: &&User| people.is_some_and(|(shape, _)| UserShape::of(user) == *shape);
        let users = || plan.account.users.iter().filter(of_shape);
        let common = people.map(|(shape, resources)| {
            let words = distinguished::common_words(users(), plan.account.stack_tags());
            (shape, distinguished::with_values(resources, &words))
        });
        let people = common.as_ref().map(|(shape, resources)| (*shape, resources));
        let key = of_account.filter(|_| !shared::is_own_somebodys(users(), names));
        let key = key.map(|account| shared::with_people(&account, people, names));
        if key.is_some_and(|key| proofs.hold(&key, |names| names.distinguished(users()).is_empty())) {
            continue;
        }
        let references = references.as_ref().map_err(String::clone)?;
        let with_people = stacks.iter().map(|(_, one)| one).chain(people.map(|(_, one)| one));
        let inventory = plan.inventory(with_people, &mut documents);
        let shape = people.map(|(shape, _)| shape);
        let subject = |principal| Subject::of(principal, &inventory, plan, is_personal(&principal.location), shape);
        let subjects: Vec<Subject<'_, '_>> = inventory.principals.iter().map(subject).collect();
        let new: Vec<_> = subjects.iter().filter(|subject| proven.insert(subject.key())).collect();
        let problems = new.par_iter().flat_map_iter(|subject| {
            proof::check(subject, references, plan).into_iter().chain(trust::check(subject, plan))
        });
        let mut problems: Vec<Problem> = problems.collect();
        let operations = stacks.iter().position(|(part, _)| *part == Part::Operations);
        let operations = operations.and_then(|index| Some((index, &stacks.get(index)?.1)));
        problems.extend(resources::check(&inventory, operations, plan, &is_personal));
        let distinguishing = Distinguishing::of(&subjects, references, shape);
        let distinguished = distinguishing.distinguished(users());
        let holds = problems.is_empty() && distinguished.is_empty();
        let is_alike = holds && shared::is_alike(&subjects, &inventory, references, names);
        // What is without people, each account looks at by itself where it is not known to hold.
        is_shared &= is_alike || people.is_none();
        if let Some(key) = key.filter(|_| is_alike && is_shared) {
            proofs.remember(key, distinguishing);
        }
        of_everybody.extend(problems.iter().map(Problem::requests));
        for problem in problems.iter().filter(|problem| told.insert(problem.key())) {
            tell(problem, &inventory, shape.map(|shape| (shape, None)));
        }
        if let Some(subject) = subjects.last().filter(|_| distinguished.len() > MOST_DISTINGUISHED) {
            let message = format!("policies say something else of {} people than of others", distinguished.len());
            let problem = Problem::at(Rule::IsolationUndecided, message, SAME_OF_ALL, &subject.identity.location);
            if told.insert(problem.key()) {
                tell(&problem, &inventory, shape.map(|shape| (shape, None)));
            }
        }
        let looked_at = distinguished.into_iter().take(MOST_DISTINGUISHED);
        for (user, (_, resources)) in looked_at.zip(std::iter::repeat(people).flatten()) {
            let resources = distinguished::resources_of(resources, user);
            let with_user = stacks.iter().map(|(_, one)| one).chain([&resources]);
            let inventory = plan.inventory(with_user, &mut documents);
            let own = inventory.principals.iter().filter(|principal| is_personal(&principal.location));
            let subjects: Vec<Subject<'_, '_>> =
                own.map(|one| Subject::of(one, &inventory, plan, true, shape)).collect();
            let of_subject = |subject: &Subject<'_, '_>| {
                let problems = proof::check(subject, references, plan).into_iter();
                let new = problems.filter(|problem| !of_everybody.contains(&problem.requests()));
                new.map(|problem| problem.of(subject.kind, &user.name)).collect::<Vec<_>>()
            };
            let problems: Vec<Problem> = subjects.par_iter().flat_map_iter(of_subject).collect();
            for problem in problems.iter().filter(|problem| told.insert(problem.key())) {
                tell(problem, &inventory, shape.map(|shape| (shape, Some(user))));
            }
        }
    }
    Ok(())
}
