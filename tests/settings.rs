//! Every setting that limits or adds something, alone and together with all others, in each partition: synth proves that access is
//! within the limits and that the day still works, and warns of nothing.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::BTreeMap;

use crate::common::settings::{REGIONS, SETTINGS, Setting, has, workspace};
use crate::common::{in_short, json as as_json, resources};
use serde_json::Value;

/// What synth writes with these settings in a region.
#[track_caller]
fn synthesised(region: &str, partition: &str, settings: &[&Setting]) -> BTreeMap<String, String> {
    let workspace = workspace(region, partition, settings);
    let outcome = workspace.synth(&[]);
    // Retired services, and budgets where CloudFormation has none, are known and warned of.
    let expected = ["isolation::", "limit::", "guard::", "template::", "settings::", "reference::", "policy::"];
    let found = outcome.stderr.lines().find(|line| expected.iter().any(|area| line.contains(area)));
    assert_eq!((outcome.code, found), (0, None), "{partition}: {settings:?}{}", outcome.stderr);
    workspace.files()
}

#[test]
fn each_setting_holds_alone_in_each_partition() {
    std::thread::scope(|scope| {
        for (partition, region) in REGIONS {
            scope.spawn(move || {
                let every = if partition == "aws" { 1 } else { 3 };
                for setting in in_short(SETTINGS.iter().filter(|setting| has(region, setting)), every) {
                    synthesised(region, partition, &[setting]);
                }
            });
        }
    });
}

#[test]
fn all_settings_hold_together_in_each_partition() {
    for (partition, region) in REGIONS {
        let all: Vec<&Setting> = SETTINGS.iter().copied().filter(|setting| has(region, setting)).collect();
        assert!(all.len() + 1 >= SETTINGS.len());
        let files = synthesised(region, partition, &all);
        let policies = resources(&files["access.yaml"]).into_values().filter_map(|one| {
            one.get("Properties").and_then(|properties| properties.get("PolicyDocument")).map(as_json)
        });
        let of_bucket = as_json(&resources(&files["storage.yaml"])["BucketPolicy"]["Properties"]["PolicyDocument"]);
        for document in policies.chain([of_bucket]) {
            // Checkers take a denial for one of all that stands behind it.
            let effects: Vec<&Value> =
                document["Statement"].as_array().unwrap().iter().map(|statement| &statement["Effect"]).collect();
            assert!(effects.is_sorted_by_key(|effect| *effect == "Deny"), "{document}");
            let text = document.to_string();
            assert!(partition == "aws" || !text.contains("arn:aws:"), "{partition}: {text}");
        }
    }
}
