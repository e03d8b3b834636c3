//! Statements drawn around a request, so that many match it and many just do not.

use serde_json::{Map, Value as Json, json};

use crate::oracle::case::Request;
use crate::oracle::catalogue::Catalogue;
use crate::oracle::chance::Chance;
use crate::oracle::condition;
use crate::oracle::who::Who;
use crate::oracle::words::{self, ACCOUNT, OTHER_ACCOUNT};

/// What a statement is part of.
#[derive(Clone, Copy, PartialEq)]
pub enum Place {
    Identity,
    Bucket,
    Trust,
}

pub fn statement(place: Place, request: &Request, who: &Who, catalogue: &Catalogue, chance: &mut Chance) -> Json {
    let mut statement = Map::new();
    let denies = chance.percent(30);
    statement.insert("Effect".to_owned(), json!(if denies { "Deny" } else { "Allow" }));
    if place != Place::Identity {
        let element = if denies && chance.percent(45) { "NotPrincipal" } else { "Principal" };
        statement.insert(element.to_owned(), principal(who, chance));
    }
    let element = if place == Place::Identity && chance.percent(15) { "NotAction" } else { "Action" };
    let actions: Vec<String> =
        (0..=chance.below(3)).map(|_| action(place, &request.action, catalogue, chance)).collect();
    statement.insert(element.to_owned(), one_or_many(&actions, chance));
    if place != Place::Trust {
        let element = if chance.percent(15) { "NotResource" } else { "Resource" };
        let mut resources: Vec<String> =
            (0..=chance.below(3)).map(|_| resource(place, &request.resource, who, chance)).collect();
        resources.dedup();
        statement.insert(element.to_owned(), one_or_many(&resources, chance));
    }
    let conditions = chance.pick(&[0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3]);
    for _ in 0..conditions {
        condition::add(&mut statement, request, catalogue, chance);
    }
    Json::Object(statement)
}

/// A list, or the only one without a list around it.
pub fn one_or_many(values: &[String], chance: &mut Chance) -> Json {
    match values {
        [only] if chance.percent(60) => json!(only),
        _ => json!(values),
    }
}

pub fn action(place: Place, action: &str, catalogue: &Catalogue, chance: &mut Chance) -> String {
    let (service, name) = action.split_once(':').unwrap();
    let half = &name[..name.len() / 2];
    match chance.below(if place == Place::Identity { 12 } else { 8 }) {
        0..=2 => action.to_owned(),
        3 => format!("{service}:*"),
        4 => format!("{service}:{half}*"),
        5 => format!("{service}:?{}", &name[1..]),
        6 => action.to_uppercase(),
        7 if place == Place::Trust => "sts:TagSession".to_owned(),
        7 | 8 => format!("{service}:*{}", &name[half.len()..]),
        9 => "*".to_owned(),
        10 => format!("{service}:{half}"),
        _ => chance.one(&catalogue.actions).name.clone(),
    }
}

/// The part of an ARN that says which one of its type it is starts here: no wildcard stands before that.
fn start_of_name(arn: &str) -> usize {
    let part = arn.match_indices(':').nth(4).map_or(0, |(colon, _)| colon + 1);
    if arn.contains(":s3:::") {
        return part;
    }
    part + arn[part..].find(['/', ':']).map_or(0, |end| end + 1)
}

pub fn resource(place: Place, arn: &str, who: &Who, chance: &mut Chance) -> String {
    if arn == "*" || chance.percent(12) {
        let other = format!("arn:aws:s3:::{}/*", words::BUCKET);
        return if place == Place::Bucket || chance.percent(10) { other } else { "*".to_owned() };
    }
    let (kind, name) = arn.split_at(start_of_name(arn));
    let half = &name[..name.len() / 2];
    let name = match chance.below(15) {
        0 | 1 => name.to_owned(),
        2 => "*".to_owned(),
        3 => format!("{half}*"),
        4 => format!("*{}", &name[half.len()..]),
        5 if !name.is_empty() => format!("?{}", &name[1..]),
        6..=8 if name.contains(&who.name) => name.replace(&who.name, variable(chance)),
        6 | 7 => format!("{}{}", variable(chance), name.find('/').map_or("", |slash| &name[slash..])),
        9 => name.rfind('/').map_or_else(|| format!("{name}*"), |slash| format!("{}*", &name[..=slash])),
        // Nothing below a wildcard: what stands before a slash may be the type.
        10 if !name.starts_with('*') => format!("{name}/*"),
        11 => words::near(name, chance),
        12 => name.replace(chance.pick(&words::NAMES), "${aws:username, 'bob'}"),
        13 => name.replace(&who.name, &format!("${{aws:PrincipalTag/team, '{}'}}", who.name)),
        _ => name.replace('?', "${?}"),
    };
    let kind = match chance.below(6) {
        0 => kind.replace(ACCOUNT, "*"),
        1 => words::REGIONS.iter().fold(kind.to_owned(), |kind, region| kind.replace(region, "*")),
        _ => kind.to_owned(),
    };
    kind + &name
}

/// A policy variable, often of the person's name, sometimes one that the request has no value for.
pub fn variable(chance: &mut Chance) -> &'static str {
    chance.pick(&[
        "${aws:username}",
        "${aws:username}",
        "${aws:username}",
        "${aws:UserName}",
        "${aws:PrincipalTag/user}",
        "${aws:PrincipalTag/user}",
        "${aws:principaltag/User}",
        "${aws:PrincipalTag/notebook}",
        "${aws:PrincipalTag/user, 'bob'}",
        "${aws:PrincipalTag/team, 'bobby'}",
        "${aws:username, 'tanaka.taro'}",
    ])
}

fn principal(who: &Who, chance: &mut Chance) -> Json {
    let other = Who::user(chance).arn;
    match chance.below(11) {
        0 => json!("*"),
        1 => json!({"AWS": "*"}),
        2 => json!({"AWS": ACCOUNT}),
        3 => json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}),
        4 => json!({"AWS": [other, format!("arn:aws:iam::{OTHER_ACCOUNT}:root")]}),
        5 => json!({"AWS": other}),
        6 => json!({"Service": chance.pick(&words::SERVICE_PRINCIPALS)}),
        7 => json!({"Service": words::SERVICE_PRINCIPALS[..2], "AWS": other}),
        _ if who.account.is_none() => json!({"Service": [who.principal]}),
        8 => json!({"AWS": [other, who.arn]}),
        _ => json!({"AWS": who.arn}),
    }
}
