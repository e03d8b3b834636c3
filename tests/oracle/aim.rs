//! Requests that a given statement speaks of, and requests right beside those.

use serde_json::{Value as Json, json};

use crate::oracle::case::{ALWAYS, Request, said};
use crate::oracle::catalogue::Catalogue;
use crate::oracle::chance::Chance;
use crate::oracle::who::{TAG, Who};
use crate::oracle::words;

/// A request that a statement of this policy speaks of, as far as its elements are plain.
pub fn request(policy: &Json, who: &Who, catalogue: &Catalogue, chance: &mut Chance) -> Request {
    let statement = chance.pick(&statements(policy));
    let (action, resource) = target(statement, who, catalogue, chance);
    let mut request = Request::new(who, &action, &resource, catalogue, chance);
    if chance.percent(85) {
        satisfy(&mut request, statement, who, catalogue, chance);
    }
    request
}

pub fn statements(policy: &Json) -> Vec<&Json> {
    match &policy["Statement"] {
        Json::Array(statements) => statements.iter().collect(),
        only => vec![only],
    }
}

pub fn texts(value: &Json) -> Vec<&str> {
    match value {
        Json::Array(values) => values.iter().filter_map(Json::as_str).collect(),
        only => only.as_str().into_iter().collect(),
    }
}

fn target(statement: &Json, who: &Who, catalogue: &Catalogue, chance: &mut Chance) -> (String, String) {
    let named = texts(&statement["Action"]);
    for _ in 0..8 {
        // An action that the statement names; without an `Action`, any of S3, SageMaker or IAM.
        let pattern =
            if named.is_empty() { chance.pick(&["s3:*", "sagemaker:*", "iam:*"]) } else { chance.pick(&named) };
        let actions = catalogue.matching(pattern);
        if actions.is_empty() {
            continue;
        }
        let action = &catalogue.actions[chance.pick(&actions)];
        let resources = texts(&statement["Resource"]);
        let resource = match resources.as_slice() {
            [] | ["*"] => action.resource(chance),
            some => filled(chance.pick(some), who, chance),
        };
        if action.takes(&resource) {
            return (action.name.clone(), resource);
        }
    }
    let action = &catalogue.actions[chance.pick(&catalogue.matching("s3:*Object"))];
    (action.name.clone(), action.resource(chance))
}

/// A text that a pattern with wildcards and variables matches.
fn filled(pattern: &str, who: &Who, chance: &mut Chance) -> String {
    let mut pattern = pattern.replace("${aws:username}", &who.name);
    for (key, value) in &who.tags {
        pattern = pattern.replace(&format!("${{{TAG}{key}}}"), value);
    }
    // A tag that the person does not have: somebody has it.
    for key in ["user", "notebook"] {
        pattern = pattern.replace(&format!("${{{TAG}{key}}}"), chance.pick(&words::NAMES));
    }
    if !pattern.starts_with("arn:") {
        return pattern.replace('*', chance.pick(&words::NAMES));
    }
    let mut parts = pattern.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
    for (part, value) in parts.iter_mut().zip(["arn", "aws", "", chance.pick(&words::REGIONS), words::ACCOUNT]) {
        *part = part.replace('*', value);
    }
    if let Some(name) = parts.get_mut(5) {
        *name = name.replace('*', chance.pick(&words::NAMES));
    }
    parts.join(":")
}

/// Says under each key of the statement's conditions what the condition asks for.
fn satisfy(request: &mut Request, statement: &Json, who: &Who, catalogue: &Catalogue, chance: &mut Chance) {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let conditions = operators.flat_map(|(operator, conditions)| {
        conditions.as_object().into_iter().flatten().map(move |(key, values)| (operator, key, values))
    });
    for (operator, key, values) in conditions {
        let values = texts(values);
        let is_name = ["aws:username", "aws:PrincipalArn"].iter().any(|name| key.eq_ignore_ascii_case(name));
        if values.is_empty() || is_name {
            continue;
        }
        if operator == "Null" {
            if values.contains(&"true") {
                request.context.retain(|known, _| !known.eq_ignore_ascii_case(key));
            }
            continue;
        }
        let value = filled(chance.pick(&values), who, chance);
        let value = if catalogue.kind(key).starts_with("ArrayOf") { json!([value]) } else { json!(value) };
        let known = request.context.keys().find(|known| known.eq_ignore_ascii_case(key)).cloned();
        request.context.insert(known.unwrap_or_else(|| key.clone()), value);
    }
}

/// Changes one or two things about a request: its resource, its action, or what it says.
pub fn aside(request: &mut Request, catalogue: &Catalogue, chance: &mut Chance) {
    for _ in 0..=chance.below(2) {
        let keys: Vec<String> =
            request.context.keys().filter(|key| !key.starts_with("aws:Principal")).cloned().collect();
        match chance.below(8) {
            0..=2 => {
                let resource = words::near(&request.resource, chance);
                let known = catalogue.matching(&request.action);
                if known.first().is_some_and(|place| catalogue.actions[*place].takes(&resource)) {
                    request.resource = resource;
                }
            }
            3 => {
                let service = request.action.split(':').next().unwrap_or_default();
                let actions = catalogue.matching(&format!("{service}:*"));
                let action = &catalogue.actions[chance.pick(&actions)];
                if action.takes(&request.resource) {
                    request.action.clone_from(&action.name);
                }
            }
            4 if !keys.is_empty() => {
                let key = chance.one(&keys);
                if !ALWAYS.contains(&key.as_str()) {
                    request.context.remove(key);
                }
            }
            5 | 6 if !keys.is_empty() => {
                let key = chance.one(&keys);
                let value = match &request.context[key] {
                    Json::String(text) if catalogue.kind(key) == "String" => {
                        json!(words::near(text, chance))
                    }
                    _ => said(key, catalogue, chance),
                };
                request.context.insert(key.clone(), value);
            }
            _ => {
                let key = chance.one(&request.possible).clone();
                if key != "aws:username" && !request.context.keys().any(|known| known.eq_ignore_ascii_case(&key)) {
                    request.context.insert(key.clone(), said(&key, catalogue, chance));
                }
            }
        }
    }
}
