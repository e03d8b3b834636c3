//! What many accounts share is proven once in a run: without it, a company of a hundred accounts waits for each.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::path::Path;

use racestack::check::{Proofs, isolation};
use racestack::config;
use racestack::model;
use racestack::plan::{self, Names, Part};
use racestack::render::{self, People, Templates};
use serde_json::Value;

use crate::common::Workspace;

const ROSTER: &[u8] = b"name,state,notebook\nbob,,\neve,suspended,\nzoe,,false\n";

/// The findings about each account, and what is remembered after it.
#[track_caller]
fn proven(workspace: &Workspace) -> Vec<(usize, String)> {
    let (mut findings, folder) = (Vec::new(), workspace.path("config"));
    let config = config::read(&folder, &[], &mut findings).unwrap();
    let (templates, proofs) = (Templates::new(Vec::new()).unwrap(), Proofs::default());
    let prove = |account| {
        let people = config::people(&folder, account, &mut findings).unwrap();
        let Some(account) = model::account(account, &people, &mut findings) else { panic!("{findings:?}") };
        let people = People::render(&templates, &account, &Names::of(&account), &account.users).unwrap();
        let placed = plan::place(&account, render::capacity(&account, &people), |user| people.size(user));
        let plan = plan::plan(&account, Path::new("out"), placed.stacks);
        let stacks = plan.stacks.iter().filter(|stack| !matches!(stack.part, Part::Users(_)));
        let resources = |stack| {
            let rendered = render::fill(&templates, &plan, stack, &people).unwrap();
            render::read(&templates, &rendered).unwrap().unwrap().value["Resources"].take()
        };
        let stacks: Vec<(Part, Value)> = stacks.map(|stack| (stack.part, resources(stack))).collect();
        let (_, prototypes) = render::resources_of_prototypes(&templates, &people).unwrap();
        let mut told = 0;
        isolation::each_problem(&plan, &stacks, &prototypes, &proofs, |_, _, _| told += 1).unwrap();
        (told, format!("{proofs:?}"))
    };
    config.accounts.iter().map(prove).collect()
}

#[test]
fn what_is_alike_in_two_accounts_is_proven_once() {
    let of_people =
        "console: true\nmfa: required\nbucket: {shared_folders: [materials]}\nallowed_networks: [203.0.113.0/24]\n";
    let of_jobs = "training: {allowed_instance_types: [ml.c5.*], max_runtime_minutes: 60}\nnotebooks: {allowed_instance_types: [ml.t3.*]}\n";
    let of_operations = "access_keys: {notify: a@example.com}\nbudgets: {monthly_usd: 100, notify: a@example.com}\nlogs: {retention_days: 30}\n";
    let all = [of_people, of_jobs, of_operations].concat();
    for settings in ["", of_people, of_jobs, of_operations, &all] {
        let workspace = Workspace::new(&format!("policies: hardened\n{settings}"), "roster.csv", ROSTER);
        let other = workspace.read("config/accounts/tokyo/settings.yaml").replace("111122223333", "444455556666");
        let other = other.replace("20221130201905", "20230102030405");
        workspace.write("config/accounts/yokohama/settings.yaml", other.as_bytes());
        workspace.write("config/accounts/yokohama/roster.csv", ROSTER);
        let [(0, first), (0, second)] = &proven(&workspace)[..] else { panic!("{settings}: there are findings") };
        assert_ne!(*first, format!("{:?}", Proofs::default()), "{settings}: nothing is remembered of the first");
        assert_eq!(first, second, "{settings}: the second was proven by itself");
    }
}
