//! The policies that `racestack limits` prints are valid IAM policies. Which these are, the cases `limits` and
//! `limits-with-mfa` hold.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "a test reads files and may fail")]

use std::collections::BTreeSet;

use racestack::iam::Document;
use racestack::inventory::{one_or_more, sid};
use serde_json::Value;

use crate::common::case;

#[test]
fn the_printed_policies_are_valid() {
    for case in ["limits", "limits-with-mfa"] {
        let mut cases = case::all().into_iter().flat_map(|(_, cases)| cases);
        let text = cases.find(|found| found.name == case).unwrap().printed(|run| &run.stdout);
        let policies: Vec<Value> =
            serde_json::Deserializer::from_str(&text).into_iter::<Value>().collect::<Result<_, _>>().unwrap();
        assert!(policies.len() > 1);
        for policy in policies {
            // It refuses keys that IAM does not have, such as that of a comment.
            let document = Document::parse(&policy).unwrap();
            assert!(!document.statements.is_empty());
            let mut sids = BTreeSet::new();
            for sid in one_or_more(policy.get("Statement")).filter_map(sid) {
                assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()), "{case}: `{sid}`");
                assert!(sids.insert(sid), "{case}: two statements are called `{sid}`");
            }
            assert!(!text.contains("{{"), "{case}: something is not filled");
        }
    }
}
