//! Properties of whole runs: no value of a roster changes the structure of what is written, and no order does.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test reads files and may fail")]

use crate::common::{Workspace, resources};
use proptest::prelude::*;
use serde_yaml::Value;

/// Texts that YAML, JSON, CSV, a shell or a template could take for something else, and any others.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "[a-zA-Z0-9_+=,.@-]{1,64}",
        prop::sample::select(vec![
            "yes",
            "null",
            "~",
            "1e3",
            "012345670123",
            "2012-10-17",
            "12:30",
            "a: b",
            "- a",
            "#x",
            "!Ref X",
            "*a",
            "&a",
            "{{name}}",
            "${aws:username}",
            "x\n  Evil: 1",
            "a\r\nb",
            "\u{2028}",
            "\u{85}",
            "'; rm -rf /",
            "$(id)",
            "`id`",
            "\"",
            "\\",
            "田中",
            "김",
            "{{resolve:ssm:x}}",
            "a\tb",
            "",
            " ",
            "<script>",
            "%0A",
        ])
        .prop_map(str::to_owned),
    ]
}

/// As many cases as `make test` has time for; `PROPTEST_CASES` asks for more.
fn cases(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// The value without its scalars.
fn shape(value: &Value) -> Value {
    match value {
        Value::Mapping(map) => Value::Mapping(map.iter().map(|(key, value)| (key.clone(), shape(value))).collect()),
        Value::Sequence(values) => Value::Sequence(values.iter().map(shape).collect()),
        Value::Tagged(tagged) => shape(&tagged.value),
        _ => Value::Null,
    }
}

fn tag(resource: &Value, key: &str) -> Option<String> {
    let tags = resource["Properties"]["Tags"].as_sequence()?;
    tags.iter().find(|tag| tag["Key"] == key)?["Value"].as_str().map(str::to_owned)
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_value_gives_the_same_structure_and_comes_back(
        name in prop_oneof!["[a-zA-Z0-9_+=,.@-]{1,64}", nasty()],
        display in nasty(),
        email in nasty(),
        team in nasty(),
        cost in nasty(),
    ) {
        let row = serde_json::json!([{
            "name": name, "display_name": display, "email": email, "team": team, "tags": {"cost": cost},
        }]);
        let plain = serde_json::json!([{
            "name": "plain", "display_name": "plain", "email": "plain", "team": "plain", "tags": {"cost": "plain"},
        }]);
        let workspace = Workspace::new("", "roster.json", row.to_string().as_bytes());
        let outcome = workspace.synth(&[]);
        // What AWS refuses is a finding, and then nothing is written; it is never a fault of ours.
        prop_assert!(outcome.code < 2, "{}", outcome.stderr);
        prop_assert_eq!(outcome.code == 0, workspace.out().exists());
        if outcome.code == 0 && !outcome.stderr.contains("roster::untaggable") {
            let users = |files: &std::collections::BTreeMap<String, String>| resources(&files["users-001.yaml"]);
            let found = users(&workspace.files());
            let expected = users(&Workspace::new("", "roster.json", plain.to_string().as_bytes()).synthesised());
            let shapes = |resources: &std::collections::BTreeMap<String, Value>| {
                let mut shapes: Vec<String> =
                    resources.values().map(|value| serde_yaml::to_string(&shape(value)).unwrap()).collect();
                shapes.sort();
                shapes
            };
            prop_assert_eq!(shapes(&found), shapes(&expected));
            let user = found.values().find(|resource| resource["Type"] == "AWS::IAM::User").unwrap();
            prop_assert_eq!(user["Properties"]["UserName"].as_str(), Some(name.as_str()));
            for (key, value) in
                [("user", &name), ("display-name", &display), ("email", &email), ("team", &team), ("cost", &cost)]
            {
                prop_assert_eq!(tag(user, key), Some(value.clone()), "{}", key);
            }
        }
    }

    #[test]
    fn any_bytes_are_findings_or_a_roster_never_a_fault(
        bytes in prop_oneof![any::<Vec<u8>>(), nasty().prop_map(String::into_bytes)],
        file in prop::sample::select(vec!["roster.csv", "roster.yaml", "roster.json"]),
        header in any::<bool>(),
    ) {
        let roster = if header && file == "roster.csv" { [b"name,team\n".as_slice(), &bytes].concat() } else { bytes };
        let outcome = Workspace::new("", file, &roster).synth(&[]);
        prop_assert!(outcome.code < 2, "{}", outcome.stderr);
    }

    #[test]
    fn any_settings_are_findings_or_settings_never_a_fault(key in nasty(), value in nasty()) {
        let settings = format!("tags: {}\n{}\n", serde_json::json!({ &key: &value }), value);
        let outcome = Workspace::new(&settings, "roster.csv", b"name\na\n").synth(&[]);
        prop_assert!(outcome.code < 2, "{}", outcome.stderr);
    }

}

proptest! {
    #![proptest_config(cases(6))]

    #[test]
    fn the_order_of_the_roster_does_not_matter(
        rows in Just((0..40).map(|n| format!("user-{n:02},team-{}", n % 3)).collect::<Vec<_>>()).prop_shuffle()
    ) {
        let csv = |rows: &[String]| format!("name,team\n{}\n", rows.join("\n"));
        let mut sorted = rows.clone();
        sorted.sort();
        let shuffled = Workspace::new("", "roster.csv", csv(&rows).as_bytes()).synthesised();
        prop_assert_eq!(shuffled, Workspace::new("", "roster.csv", csv(&sorted).as_bytes()).synthesised());
    }
}
