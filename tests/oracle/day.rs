//! The racer's day with each setting: every request that `racestack limits --needs` stands for is allowed, by the evaluator and by
//! the oracle, with each setting alone and with all of them, in each partition.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::common::settings::{REGIONS, SETTINGS, Setting, has, workspace};
use crate::common::{Workspace, in_short, is_slow, racestack};
use crate::oracle::case::{Case, Request};
use crate::oracle::corpus::{Corpus, Policies};
use crate::oracle::notebooks::{case, decided};
use crate::oracle::settings::moved;
use crate::oracle::who::{Kind, Who};
use crate::oracle::words::ACCOUNT;

const OWNER: &str = "bob";
/// What stands for a `*` of a resource or value.
const ANY: &str = "j";

#[test]
fn the_day_passes_with_each_setting_alone_and_with_all() {
    let mut actions = BTreeSet::new();
    for place in &REGIONS {
        let (partition, region) = *place;
        let all: Vec<&Setting> = SETTINGS.iter().copied().filter(|setting| has(region, setting)).collect();
        let alone = all.iter().map(|setting| vec![*setting]);
        // What a partition changes is the same with each setting: alone, some settings of one partition are asked, unless there is time.
        let alone = in_short(alone.filter(|_| is_slow() || partition == "aws"), 6);
        let taken = alone.into_iter().chain([Vec::new(), all.clone()]);
        let mut cases: Vec<Case> = Vec::new();
        for settings in taken {
            let workspace = workspace(region, partition, &settings);
            let files = workspace.synthesised();
            for policies in Corpus::of(&files).policies.iter().filter(|policies| policies.name == OWNER) {
                let who = who(policies, &settings);
                let asked = day(&workspace, policies).into_iter().map(|asked| request(&who, asked));
                cases.extend(asked.map(|request| case(policies, moved(request, place))));
            }
        }
        let count = cases.len();
        let counts = decided(&mut cases, |case, decision| {
            assert_eq!(decision, "Allowed", "{place:?}: {}", case.json());
            actions.insert(case.request.action.clone());
        });
        // The oracle knows no type for some resources.
        assert!(counts["Allowed"] * 100 > count * 85, "{counts:?}");
    }
    assert!(actions.len() > 60, "{actions:?}");
}

/// A request: an action, a resource, and the context that it needs.
type Asked = (String, String, Map<String, Json>);

/// What a person, or their notebook, needs on a day.
#[track_caller]
fn day(workspace: &Workspace, policies: &Policies) -> Vec<Asked> {
    let (config, kind) = (workspace.path("config"), if policies.is_role { "notebook" } else { "person" });
    let config = config.to_str().unwrap();
    let printed = racestack(&["limits", "--account", "tokyo", "--needs", "--kind", kind, "--config", config]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let needs: Json = serde_json::from_str(&printed.stdout).unwrap();
    let statements = needs["Statement"].as_array().unwrap();
    assert!(statements.len() > 20, "{needs}");
    let (denials, needed): (Vec<&Json>, Vec<&Json>) = statements.iter().partition(|one| one["Effect"] == "Deny");
    let mut asked = Vec::new();
    for statement in needed {
        for action in texts(&statement["Action"]) {
            let ways: Vec<_> = denials.iter().map(|denial| ways_past(denial, &action)).collect();
            let most = ways.iter().map(Vec::len).max().unwrap_or(1);
            for (resource, nth) in
                texts(&statement["Resource"]).iter().flat_map(|one| (0..most).map(move |nth| (one, nth)))
            {
                let mut context = context(&statement["Condition"]);
                context.extend(ways.iter().flat_map(|of_denial| of_denial[nth % of_denial.len()].clone()));
                asked.push((action.clone(), filled(resource), context));
            }
        }
    }
    asked
}

/// The ways in which a denial among the needs is not about an action: for each of its conditions what a request says.
fn ways_past(denial: &Json, action: &str) -> Vec<Map<String, Json>> {
    let is_named =
        |key: &str| denial.get(key).is_some_and(|all| texts(all).iter().any(|one| one == "*" || one == action));
    let mut ways = Vec::new();
    if denial.get("NotAction").is_some() || is_named("Action") {
        for (operator, keys) in denial["Condition"].as_object().unwrap() {
            for (key, values) in keys.as_object().unwrap() {
                let said = match operator.as_str() {
                    "Null" => None,
                    "Bool" | "BoolIfExists" => Some(json!("true")),
                    _ => Some(json!(filled(&texts(values)[0]).replace("/24", ""))),
                };
                ways.push(said.map(|said| (key.clone(), said)).into_iter().collect());
            }
        }
    }
    if ways.is_empty() || is_named("NotAction") {
        ways.push(Map::new());
    }
    ways
}

fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Array(values) => values.iter().map(|value| value.as_str().unwrap().to_owned()).collect(),
        value => vec![value.as_str().unwrap().to_owned()],
    }
}

/// A text with the owner's names for variables, and something for wildcards. A resource that is `*` stays so.
fn filled(text: &str) -> String {
    let variables = ["${aws:username}", "${aws:PrincipalTag/user}", "${aws:PrincipalTag/notebook}"];
    let named = variables.iter().fold(text.to_owned(), |text, variable| text.replace(variable, OWNER));
    let named = named.replace("${aws:PrincipalTag/team}", "red");
    if named == "*" { named } else { named.replace('*', ANY) }
}

/// A context that a condition is true of.
fn context(condition: &Json) -> Map<String, Json> {
    let mut context = Map::new();
    for (operator, keys) in condition.as_object().into_iter().flatten() {
        for (key, values) in keys.as_object().unwrap() {
            let of_set = operator.strip_prefix("ForAllValues:");
            let first = || filled(&texts(values)[0]).replace("/24", "");
            match of_set.unwrap_or(operator) {
                // What need not be there is not.
                "Null" => {}
                operator if operator.ends_with("IfExists") => {}
                "StringNotEquals" => _ = context.insert(key.clone(), json!(["user"])),
                _ if of_set.is_some() => _ = context.insert(key.clone(), json!([first()])),
                _ => _ = context.insert(key.clone(), json!(first())),
            }
        }
    }
    context
}

fn who(policies: &Policies, settings: &[&Setting]) -> Who {
    let tags = [("user", OWNER), ("notebook", OWNER), ("team", "red")];
    let tags: BTreeMap<String, String> = tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    let is_moved = settings.iter().any(|setting| setting.iter().any(|(_, line)| line.starts_with("role_path")));
    if policies.is_role {
        let path = if is_moved { "managed" } else { "deepracer" };
        return Who::role(&format!("{path}/notebook/{OWNER}"), tags);
    }
    let arn = format!("arn:aws:iam::{ACCOUNT}:user/deepracer/{OWNER}");
    Who { principal: arn.clone(), account: Some(ACCOUNT), name: OWNER.to_owned(), arn, kind: Kind::User, tags }
}

fn request(who: &Who, (action, resource, asked): Asked) -> Request {
    let mut context = who.context();
    context.insert("aws:SecureTransport".to_owned(), json!("true"));
    context.extend(asked);
    Request { who: who.clone(), action, resource, account: ACCOUNT.to_owned(), context, possible: Vec::new() }
}
