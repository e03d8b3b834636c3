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
use crate::inventory::{Documents, IamInventory, Principal, Sections};
use crate::model::User;
use crate::plan::{AccountPlan, Part};
use crate::render::{Rendered, Substitution, Templates, UserShape};
use distinguished::Distinguishing;
use findings::Sites;
use reference::References;

pub use deployed::{allowed, deployed};
pub use findings::{across_accounts, of_template};
pub(super) use kind::Subject;
pub use kind::{PrincipalKind, own_role};
pub use principals::DNS_SUFFIX;
pub use problem::Problem;
use problem::{SAME_OF_ALL, Statements};
pub use reference::{Bound, reference_policy};
pub use resources::NARROWING;
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
    // The keys of the subjects that were looked at. Who has one of them again, in another shape, is not looked at again.
    let mut known = BTreeSet::new();
    // Whether what was proven of all shapes so far holds in every account that is like this one. If not, no later shape is remembered: what
    // was proven of it left out the subjects that were known, and an account that has the later shape need not have the earlier one.
    let mut is_shared = true;
    // The problems that were told, and the requests of those that are everybody's: these are not told again of somebody.
    let (mut told, mut of_everybody) = (BTreeSet::new(), BTreeSet::new());
    // Prototypes have the same names, so that there is an inventory with each of them, and one without any.
    for people in std::iter::once(None).chain(prototypes.iter().map(Some)) {
        let shape = people.map(|(shape, _)| shape);
        let is_of_shape = |user: &&User| shape.is_some_and(|shape| UserShape::of(user) == *shape);
        let users = || plan.account.users.iter().filter(is_of_shape);
        let resources =
            people.map(|(shape, resources)| distinguished::common_values(shape, plan.account).value(resources));
        let key = of_account.filter(|_| !shared::is_own_somebodys(users(), names));
        let key = key.map(|account| shared::with_people(&account, shape.zip(resources.as_ref()), names));
        if key.is_some_and(|key| proofs.hold(&key, |names| names.distinguished(users()).is_empty())) {
            continue;
        }
        let references = references.as_ref().map_err(String::clone)?;
        let is_personal = |one: &Principal<'_>| one.location.stack >= stacks.len();
        let inventory = plan.inventory(stacks.iter().map(|(_, one)| one).chain(&resources), &mut documents);
        let subject = |one| Subject::of(one, &inventory, plan, is_personal(one), shape);
        let subjects: Vec<Subject<'_, '_>> = inventory.principals.iter().map(subject).collect();
        let new: Vec<_> = subjects.iter().filter(|subject| known.insert(subject.key())).collect();
        let mut problems = problems_of_all(&new, &inventory, stacks, references, plan);
        let distinguishing = Distinguishing::of(&subjects, references, shape);
        let distinguished = distinguishing.distinguished(users());
        let holds = problems.is_empty() && distinguished.is_empty();
        let is_alike = holds && shared::is_alike(&subjects, &inventory, references, names);
        // Where what is without people is not remembered, an account that is like this one looks at it by itself, and before all shapes.
        is_shared &= is_alike || people.is_none();
        if let Some(key) = key.filter(|_| is_alike && is_shared) {
            proofs.remember(key, distinguishing);
        }
        of_everybody.extend(problems.iter().map(Problem::requests));
        problems.extend(subjects.last().filter(|_| distinguished.len() > MOST_DISTINGUISHED).map(|subject| {
            let message = format!("policies say something else of {} people than of others", distinguished.len());
            Problem::at(Rule::IsolationUndecided, message, SAME_OF_ALL, &subject.identity.location)
        }));
        for problem in problems.iter().filter(|problem| told.insert(problem.key())) {
            tell(problem, &inventory, shape.map(|shape| (shape, None)));
        }
        for user in distinguished.into_iter().take(MOST_DISTINGUISHED) {
            let resources = resources.as_ref().map(|resources| Substitution::of(user).value(resources));
            let inventory = plan.inventory(stacks.iter().map(|(_, one)| one).chain(&resources), &mut documents);
            let own = inventory.principals.iter().filter(|one| is_personal(one));
            let subjects: Vec<Subject<'_, '_>> =
                own.map(|one| Subject::of(one, &inventory, plan, true, shape)).collect();
            let problems = problems_of_one(user, &subjects, &of_everybody, references, plan);
            for problem in problems.iter().filter(|problem| told.insert(problem.key())) {
                tell(problem, &inventory, shape.map(|shape| (shape, Some(user))));
            }
        }
    }
    Ok(())
}

/// The problems of these subjects, and of all resources of the inventory.
fn problems_of_all(
    subjects: &[&Subject<'_, '_>],
    inventory: &IamInventory<'_>,
    stacks: &[(Part, Value)],
    references: &References,
    plan: &AccountPlan<'_>,
) -> Vec<Problem> {
    let of_subject = |subject: &&Subject<'_, '_>| {
        proof::check(subject, references, plan).into_iter().chain(trust::check(subject, plan))
    };
    let mut problems: Vec<Problem> = subjects.par_iter().flat_map_iter(of_subject).collect();
    let operations = stacks.iter().position(|(part, _)| *part == Part::Operations);
    let operations = operations.and_then(|index| Some((index, &stacks.get(index)?.1)));
    problems.extend(resources::check(inventory, operations, plan, stacks.len()));
    problems
}

/// The problems of one person's user and role, but for those that are everybody's.
fn problems_of_one(
    user: &User,
    subjects: &[Subject<'_, '_>],
    of_everybody: &BTreeSet<(Rule, String, Statements)>,
    references: &References,
    plan: &AccountPlan<'_>,
) -> Vec<Problem> {
    let of_subject = |subject: &Subject<'_, '_>| {
        let problems = proof::check(subject, references, plan).into_iter();
        let new = problems.filter(|problem| !of_everybody.contains(&problem.requests()));
        new.map(|problem| problem.of(subject.kind, &user.name)).collect::<Vec<_>>()
    };
    subjects.par_iter().flat_map_iter(of_subject).collect()
}
