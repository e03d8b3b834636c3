//! Templates that are alike to the rules, of which the engine evaluates one: the findings must be the same as when it
//! evaluates each.

#![allow(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use proptest::prelude::*;
use racestack::check::guard::RuleSet;
use racestack::finding::{Finding, Rule};
use racestack::plan::Part;
use racestack::render::{Template, expand_short_tags};
use racestack::source::SourceFile;
use serde_json::{Value, json};

use crate::common::guard_findings;

/// What rules compare with, what they do not, and what is nearly the same.
const TEXTS: [&str; 12] = ["tanaka", "suzuki", "sato", "user", "USER", "/x/", "/x/y", "s3:Get", "*", "", "1", "a\u{1}"];

/// Rule files that compare in all the ways there are, whether racestack sees through them or not.
const RULES: [&str; 37] = [
    "rule A when %users !empty { %users.Properties { let name = Name\n some Tags[*].Key == 'user'\n Tags[ Key == 'user' ] { Value == %name } } }",
    "rule A { %users.Properties { Name == Other or Name exists\n Path == /^.x./ } }",
    "rule A { some %users.Properties.Name == 'sato' }",
    "rule A { %users.Properties.Name IN ['sato', /^s/, {'Name': 'user'}] }",
    "rule A { %users.Properties { Name IN Tags[*].Value } }",
    "rule A { %users { Properties.Statement[ Effect != 'user' ] empty } }",
    "rule A { %users.Properties { let part = substring(Action[*], 0, 3)\n Action exists\n %part not IN ['s3:'] } }",
    "rule A { %users.Properties { let n = count(Tags[*])\n %n == 2 } }",
    "rule A { %users.Properties { Size >= 5\n Size < 50 } }",
    "rule A { %users.Properties { when Name == 'tanaka' { Tags !empty } } }",
    "rule A when B { %users.Properties.Path exists }\nrule B { %roles empty }",
    "rule A when Metadata.part == 'users' { %users.Properties.Tags[0].Key == 'user' }",
    "rule A { %users[0].Properties.Name == 'sato' }",
    "rule A { %users.Properties[ keys == /^T/ ] !empty }",
    "rule A { %users.Properties.* { this exists\n this !empty } }",
    "rule A { AWS::IAM::User { Properties.Name == 'user' or Properties.Path exists } }",
    "rule A { AWS::IAM::User when Properties.Name == 'user' { Properties.Path exists } }",
    "rule A { %users.Properties { Name is_string\n Tags is_list } }",
    "let n = count(%users)\nrule A { %n == 1 }",
    "let names = %roles.Properties.Name\nrule A { %users.Properties.Name IN %names }",
    "rule A { %users.Properties { let n = Name\n %roles[ Properties.Name == %n ] empty } }",
    "rule A { %users.Properties { Name IN 'sato suzuki' } }",
    "rule A { %users.Properties { Name < 'sb' } }",
    "rule A { %users.Properties { Name <= Other } }",
    "rule A { %users.Properties { let n = Name\n %n exists\n this.%n exists } }",
    "rule A { %users.Properties { let l = to_lower(Name)\n Other == %l } }",
    "rule A { %users.Properties { let l = to_upper(Name)\n %l == 'USER' } }",
    "rule A { %users.Properties { let l = to_lower(Name)\n let o = Other\n %l { this == %o } } }",
    "rule A { %users.Properties.Actions exists }",
    "rule A { Outputs.*[ Export exists ] empty }",
    "rule A { Outputs.* { Value == 'sato' or Export exists } }",
    "rule A { Outputs.A.Value == Outputs.B.Value }",
    "rule A { Outputs { A.Value == B.Value } }",
    "rule A { Outputs.* { Value == Export } }",
    "rule A when Outputs.A.Value == /^s/ { Metadata { part == 'users' or part == other } }",
    "let values = Outputs.*.Value\nrule A { %users.Properties.Name IN %values }",
    "rule p(x) { %x == 'sato' }\nrule A { p(%users.Properties.Name) }",
];

fn rules(text: &str) -> RuleSet {
    let variables =
        ["users", "roles"].map(|of| format!("let {of} = Resources.*[ Type == 'AWS::IAM::{}' ]\n", kind(of == "users")));
    RuleSet::from_files(vec![SourceFile::new("rules/a.guard", variables.concat() + text)]).unwrap()
}

fn kind(is_user: bool) -> &'static str {
    if is_user { "User" } else { "Role" }
}

/// A rule with a parameter, of which nothing is known what it sees.
const OPAQUE: &str = "rule opaque(x) { %x exists }";

/// The findings as text, but for the rule that only one side has.
fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{finding:?}").replace(OPAQUE, "")).collect()
}

/// Asserts that `text` finds the same in `templates`, evaluated each, and with one standing for those that are alike.
#[track_caller]
fn same(text: &str, templates: &[Template]) -> Vec<Finding> {
    // So no template is like another.
    let each = guard_findings(&rules(&format!("{text}\n{OPAQUE}")), templates);
    let alike = rules(&format!("{text}\n"));
    assert_eq!(told(&guard_findings(&alike, templates)), told(&each), "{text}");
    assert_eq!(told(&guard_findings(&alike, templates)), told(&each), "by what is known of them: {text}");
    each
}

fn template(index: usize, value: &Value) -> Template {
    // JSON is YAML.
    let text = serde_json::to_string_pretty(value).unwrap();
    let value = expand_short_tags(&text).unwrap();
    Template::new(Part::Users(1), SourceFile::new(format!("{index}.yaml"), text), value)
}

fn a_text() -> impl Strategy<Value = Value> {
    // The last ones are rare.
    prop_oneof![
        8 => (0..3_usize).prop_map(|index| json!(TEXTS[index])),
        4 => (3..TEXTS.len() - 2).prop_map(|index| json!(TEXTS[index])),
        1 => (TEXTS.len() - 2..TEXTS.len()).prop_map(|index| json!(TEXTS[index])),
    ]
}

fn a_tag() -> impl Strategy<Value = Value> {
    (a_text(), a_text()).prop_map(|(key, value)| json!({"Key": key, "Value": value}))
}

fn one_or_more() -> impl Strategy<Value = Value> {
    prop_oneof![a_text(), prop::collection::vec(a_text(), 0..3).prop_map(Value::Array)]
}

fn a_resource() -> impl Strategy<Value = Value> {
    let properties = [
        ("Name", a_text().boxed()),
        ("Other", a_text().boxed()),
        ("Path", a_text().boxed()),
        ("Tags", prop::collection::vec(a_tag(), 0..3).prop_map(Value::Array).boxed()),
        ("Action", one_or_more().boxed()),
        ("action", one_or_more().boxed()),
        (
            "Statement",
            prop::collection::vec(a_text().prop_map(|it| json!({"Effect": it})), 0..3).prop_map(Value::Array).boxed(),
        ),
        ("Size", prop_oneof![Just(json!(5)), Just(json!(50)), Just(json!("5"))].boxed()),
        ("tanaka", Just(json!(true)).boxed()),
    ];
    let properties: Vec<_> = properties
        .into_iter()
        .map(|(key, value)| prop::option::weighted(0.6, value).prop_map(move |value| Some((key.to_owned(), value?))))
        .collect();
    (any::<bool>(), properties).prop_map(|(is_user, properties)| {
        let properties: serde_json::Map<String, Value> = properties.into_iter().flatten().collect();
        json!({"Type": format!("AWS::IAM::{}", kind(is_user)), "Properties": properties})
    })
}

fn an_output() -> impl Strategy<Value = Value> {
    (a_text(), prop::option::of(a_text())).prop_map(|(value, export)| match export {
        Some(export) => json!({"Value": value, "Export": export}),
        None => json!({ "Value": value }),
    })
}

fn a_template() -> impl Strategy<Value = Value> {
    let sections = (prop::option::of(a_text()), a_text(), an_output(), an_output());
    (sections, prop::collection::vec(a_resource(), 0..4)).prop_map(|((part, other, first, second), resources)| {
        let resources = resources.into_iter().enumerate().map(|(index, resource)| (format!("R{index}"), resource));
        let resources: serde_json::Map<String, Value> = resources.collect();
        json!({
            "Metadata": {"part": part.unwrap_or(json!("users")), "other": other},
            "Resources": resources,
            "Outputs": {"A": first, "B": second},
        })
    })
}

/// The same with other names, so that it may be alike: each with the one `steps` further on.
fn renamed(value: &Value, steps: usize) -> Value {
    match value {
        Value::String(text) => match TEXTS[..3].iter().position(|name| name == text) {
            Some(index) => json!(TEXTS[(index + steps) % 3]),
            None => value.clone(),
        },
        Value::Array(values) => values.iter().map(|value| renamed(value, steps)).collect(),
        Value::Object(entries) => entries.iter().map(|(key, value)| (key.clone(), renamed(value, steps))).collect(),
        other => other.clone(),
    }
}

/// Templates that may be alike, or seem so: with other names, and with names that are others in each resource.
fn variants(value: &Value) -> [Value; 4] {
    let mut apart = value.clone();
    for (index, resource) in apart["Resources"].as_object_mut().unwrap().values_mut().enumerate() {
        *resource = renamed(resource, index);
    }
    [value.clone(), renamed(value, 1), renamed(value, 2), apart]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 32, ..ProptestConfig::default() })]

    #[test]
    fn findings_are_the_same_whether_each_template_is_evaluated_or_one_of_those_that_are_alike(
        values in prop::collection::vec(a_template(), 1..4),
    ) {
        let values: Vec<Value> = values.iter().flat_map(variants).collect();
        let templates: Vec<Template> = values.iter().enumerate().map(|(index, value)| template(index, value)).collect();
        for text in RULES {
            same(text, &templates);
        }
    }
}

#[test]
fn a_violation_names_every_resource_of_those_that_are_alike() {
    let users = |names: [&str; 3]| {
        let user = |name: &str| json!({"Type": "AWS::IAM::User", "Properties": {"Name": name}});
        let resources: serde_json::Map<String, Value> =
            names.iter().map(|name| ((*name).to_owned(), user(name))).collect();
        json!({ "Resources": resources })
    };
    let templates = [template(1, &users(["A", "B", "C"])), template(2, &users(["D", "E", "F"]))];
    let findings = same("rule A { %users.Properties { Name == 'nobody' <<x>> } }", &templates);
    let findings: Vec<_> = findings.iter().filter(|finding| finding.rule == Rule::GuardViolation).collect();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.starts_with("6 resources break the guard rule `A`, such as `A`, `B`, `C`"));
    let findings = same("rule A { %users.Properties { Name != 'E' <<x>> } }", &templates);
    let findings: Vec<_> = findings.iter().filter(|finding| finding.rule == Rule::GuardViolation).collect();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].message.starts_with("`E` breaks the guard rule `A`"), "{}", findings[0].message);
}
