//! Isolation: what a person, and a person's notebook, may do lies between two policies. What they need for their day
//! (`needs`) is allowed, and nothing beyond what isolation permits (`limits`) is: for the very policies that are written.
//!
//! Policies are compared as sets of requests, over all actions, resources and conditions; no list of requests is tried.
//! People are of kinds: a prototype, whose name stands in no policy, is compared for each, and `structure` has checked that
//! every person's resources are their prototype's but for their own values. See docs/isolation.md.

mod findings;
mod kind;
mod problem;
mod proof;
mod reference;
mod resources;
mod scripts;
mod shared;
mod trust;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use serde_json::Value;

use crate::finding::Finding;
use crate::inventory::{Account, Documents, IamInventory, Stack};
use crate::plan::{AccountPlan, Part};
use crate::render::{self, Rendered, Templates, UserShape};
use findings::Sites;
use kind::Subject;
use problem::Problem;
use reference::References;

pub use findings::across_accounts;
pub use kind::Kind;
pub use reference::{Bound, reference_policy};
pub use shared::Proofs;

/// Checks the isolation of an account's people. `stacks` are the resources of the templates that hold no people,
/// `prototypes` those of a template with a prototype of each shape.
pub fn check(
    plan: &AccountPlan<'_>,
    templates: &Templates,
    rendered: &[Rendered],
    stacks: &[(Part, Value)],
    prototypes: &BTreeMap<UserShape, Value>,
    proofs: &Proofs,
) -> Vec<Finding> {
    let names = &plan.names;
    let account = Account { id: &names.account_id, region: &names.region, partition: &names.partition };
    let references = match References::of(plan) {
        Ok(references) => references,
        Err(why) => return vec![findings::unusable(plan, &why)],
    };
    let mut documents = Documents::default();
    let mut sites = Sites::new(plan, templates, rendered, stacks);
    let start_script = render::start_script(plan.account);
    let mut found: Vec<Finding> = Vec::new();
    let mut proven = BTreeSet::new();
    let mut told = BTreeSet::new();
    // Prototypes have the same names, so that there is an inventory with each of them, and one without any.
    for shape in std::iter::once(None).chain(prototypes.iter().map(Some)) {
        let shared = stacks.iter().map(|(_, resources)| resources);
        let all: Vec<Stack<'_>> = shared
            .chain(shape.map(|(_, resources)| resources))
            .map(|resources| Stack { account, name: "", resources, only: None })
            .collect();
        let inventory = IamInventory::of(&all, &mut documents);
        sites.shape = shape.map(|(shape, _)| shape);
        let mut subjects = Vec::new();
        for principal in &inventory.principals {
            let subject =
                Subject::of(principal, &inventory, names, sites.is_personal(&principal.location), sites.shape);
            if proven.insert(subject.key()) {
                subjects.push(subject);
            }
        }
        let of_subjects: Vec<Vec<Problem>> = subjects
            .par_iter()
            .map(|subject| {
                let key = shared::key(subject, &references.filled, plan);
                if key.as_ref().is_some_and(|key| proofs.holds(key)) {
                    return Vec::new();
                }
                let mut problems = proof::check(subject, &references, plan);
                problems.extend(trust::check(subject, names));
                if let Some(key) = key.filter(|_| problems.is_empty()) {
                    proofs.remember(key);
                }
                problems
            })
            .collect();
        let mut problems: Vec<Problem> = of_subjects.into_iter().flatten().collect();
        problems.extend(resources::check(&inventory, &all, names, |location| sites.is_personal(location)));
        problems.extend(scripts::check(&all, &start_script));
        for problem in problems {
            if told.insert(problem.key()) {
                found.push(sites.finding(&problem, &inventory));
            }
        }
    }
    found
}
