//! Guard rules in the style of public rule sets, against the engine's own command: which resources break them, each by itself,
//! and what is left of that when some are suppressed.
#![allow(clippy::unwrap_used, reason = "a test may stop at what should not be")]

use std::collections::{BTreeMap, BTreeSet};

use crate::common::guard_command::reports;
use racestack::check::Suppressions;
use racestack::check::guard::{RuleSet, evaluate, findings};
use racestack::model::{SuppressedRule, Suppression};
use racestack::plan::Part;
use racestack::render::{Template, expand_short_tags};
use racestack::source::{Place, SourceFile};
use serde_json::{Value, json};

/// What the rules are about: a type, and properties of it.
const TYPES: [(&str, [&str; 3]); 4] = [
    ("AWS::IAM::User", ["Path", "PermissionsBoundary", "UserName"]),
    ("AWS::IAM::Role", ["Path", "PermissionsBoundary", "RoleName"]),
    ("AWS::S3::Bucket", ["BucketName", "AccessControl", "OwnershipControls"]),
    ("AWS::SageMaker::NotebookInstance", ["RootAccess", "KmsKeyId", "SubnetId"]),
];

/// What a rule asks of a resource; `<P>`, `<Q>` and `<R>` stand for its properties.
const CLAUSES: [&str; 14] = [
    "Properties.<P> exists",
    "Properties.<P> not exists",
    "Properties.<P> == 'a'",
    "Properties.<P> != 'a'",
    "Properties.<P> in ['a', 'b', /^c/]",
    "Properties.<P> not in ['a', 'b']",
    "Properties.<P> == /^[ab]$/",
    "Properties.<P> exists\n Properties.<Q> == 'b'",
    "Properties.<P> == 'a' or Properties.<Q> == 'b'",
    "Properties.<P> not exists or Properties.<Q> not exists or Properties.<R> == 'c'",
    "when Properties.<P> exists { Properties.<Q> exists }",
    "Properties { <P> exists or <Q> exists\n <R> exists }",
    "Properties.<P> is_string or Properties.<P> not exists",
    "Properties.<P> !empty\n Metadata.allowed not exists or Metadata.allowed == true",
];

/// How a rule reaches the resources of a type, as public rule sets do: `<T>` stands for the type, `<C>` for the clause.
const SHAPES: [&str; 4] = [
    "let them = Resources.*[ Type == '<T>' ]\nrule <NAME> when %them !empty { %them { <C> } }",
    "let them = Resources.*[ Type == '<T>'\n Metadata.guard.SuppressedRules not exists or Metadata.guard.SuppressedRules.* != '<NAME>' ]\n\
     rule <NAME> when %them !empty { %them { <C>\n <<\n Violation: the property is not as it should be.\n Fix: set it.\n >> } }",
    "rule <NAME> { <T> { <C> } }",
    "let types = ['<T>']\nrule <NAME> { Resources.*[ Type IN %types ] { <C> } }",
];

fn rules() -> Vec<(String, String)> {
    const WORDS: &str = "\n <<\n Violation: the property is not as it should be.\n Fix: set it.\n >>";
    let mut rules = Vec::new();
    for (of, (name, [p, q, r])) in TYPES.iter().enumerate() {
        for (at, clause) in CLAUSES.iter().enumerate() {
            for (shape, text) in SHAPES.iter().enumerate() {
                let rule = format!("RULE_{of}_{at}_{shape}");
                // Words belong to one clause, and to no block.
                let is_one = !clause.contains('\n') && !clause.contains('{');
                let text = if is_one { text.to_string() } else { text.replace(WORDS, "") };
                let all = [("<C>", *clause), ("<T>", name), ("<NAME>", &rule), ("<P>", p), ("<Q>", q), ("<R>", r)];
                let text = all.iter().fold(text, |text, (from, to)| text.replace(from, to));
                rules.push((rule, text));
            }
        }
    }
    rules
}

/// Resources that differ in what rules ask for.
fn resources() -> BTreeMap<String, Value> {
    let mut resources = BTreeMap::new();
    let values = [None, Some("a"), Some("b"), Some("cc")];
    for (of, (name, [p, q, r])) in TYPES.iter().enumerate() {
        for index in 0..12_usize {
            let mut properties = json!({});
            for (key, value) in [(p, values[index % 4]), (q, values[index / 2 % 4]), (r, values[index / 3 % 4])] {
                if let Some(value) = value {
                    properties[*key] = json!(if *key == *r && value == "cc" { "c" } else { value });
                }
            }
            let mut resource = json!({"Type": name, "Properties": properties});
            if index % 5 == 0 {
                resource["Metadata"] = json!({"allowed": index == 0});
            }
            resources.insert(format!("Of{of}N{index:02}"), resource);
        }
    }
    resources
}

fn template(resources: &BTreeMap<String, Value>) -> Template {
    let text = serde_json::to_string_pretty(&json!({"Resources": resources})).unwrap();
    let value = expand_short_tags(&text).unwrap();
    Template::new(Part::Users(1), SourceFile::new("out/tokyo/users-001.yaml", text), value)
}

/// Which of the documents the command itself finds to break a rule.
fn broken_for_the_command(rule: &str, documents: &[String]) -> Vec<bool> {
    reports(rule, documents).iter().map(|report| report["status"] == "FAIL").collect()
}

/// The resources of which a rule tells, besides those that are suppressed.
fn told(rules: &RuleSet, template: &Template, rule: &str, suppressed: &BTreeSet<String>) -> BTreeSet<String> {
    let (outcomes, unreadable) = evaluate(rules, &[template]);
    assert!(unreadable.is_empty(), "{unreadable:?}");
    let place = Place::whole(&SourceFile::new("suppressions.yaml", ""));
    let suppression = |id: &String| Suppression {
        rule: SuppressedRule::Guard(rule.to_owned()),
        resource: format!("tokyo/users-001/{id}"),
        reason: "a test".to_owned(),
        owner: "nobody".to_owned(),
        expires: "2099-12-31".parse().unwrap(),
        place: place.clone(),
        expires_place: place.clone(),
    };
    let suppressions = Suppressions::new(suppressed.iter().map(suppression).collect(), None);
    let found = findings(rules, &[(&template.source, &outcomes[0])], &suppressions);
    let named = found.iter().filter_map(|finding| finding.resource.as_ref()?.rsplit('/').next().map(str::to_owned));
    named.filter(|id| !suppressed.contains(id)).collect()
}

#[test]
fn each_resource_breaks_a_rule_that_breaks_it_for_the_command() {
    let all = rules();
    assert!(all.len() >= 200, "{} rules", all.len());
    let resources = resources();
    let (mut compared, mut broken) = (0, 0);
    for (at, (name, text)) in all.iter().enumerate() {
        let rules = RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text.as_str())])
            .unwrap_or_else(|findings| panic!("{text}: {findings:?}"));
        // Five at most are told of one by one.
        let some: BTreeMap<String, Value> =
            resources.iter().skip(at % 12).step_by(4).map(|(id, resource)| (id.clone(), resource.clone())).collect();
        for some in
            [some.clone().into_iter().take(5).collect::<BTreeMap<_, _>>(), some.into_iter().skip(5).take(5).collect()]
        {
            let documents: Vec<String> =
                some.iter().map(|(id, resource)| json!({"Resources": {id.as_str(): resource}}).to_string()).collect();
            let by_command = broken_for_the_command(text, &documents);
            let expected: BTreeSet<String> =
                some.keys().zip(by_command).filter(|(_, broken)| *broken).map(|(id, _)| id.clone()).collect();
            let template = template(&some);
            assert_eq!(told(&rules, &template, name, &BTreeSet::new()), expected, "{text}");
            if let Some(first) = expected.first() {
                let rest: BTreeSet<String> = expected.iter().skip(1).cloned().collect();
                assert_eq!(told(&rules, &template, name, &BTreeSet::from([first.clone()])), rest, "{first}: {text}");
            }
            compared += some.len();
            broken += expected.len();
        }
    }
    assert!(broken * 10 > compared, "of {compared}, {broken} break a rule");
    assert!(broken * 2 < compared, "of {compared}, {broken} break a rule");
}

#[test]
fn who_breaks_an_alternative_of_all_is_told_though_another_is_suppressed() {
    let text = "let users = Resources.*[ Type == 'AWS::IAM::User' ]\nrule A when %users !empty {\n  %users.Properties.B not exists or \
                %users.Properties.Path == '/c/'\n}\n";
    let rules = RuleSet::from_files(vec![SourceFile::new("rules/a.guard", text)]).unwrap();
    let user = json!({"Type": "AWS::IAM::User", "Properties": {"Path": "/a/", "B": "b"}});
    let template = template(&["Mei", "Taro", "Hana"].map(|id| (id.to_owned(), user.clone())).into());
    let of =
        |suppressed: &[&str]| told(&rules, &template, "A", &suppressed.iter().map(|id| (*id).to_owned()).collect());
    let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(of(&[]), names(&["Mei", "Taro", "Hana"]));
    assert_eq!(of(&["Mei"]), names(&["Taro", "Hana"]));
    assert_eq!(of(&["Mei", "Hana"]), names(&["Taro"]));
}
