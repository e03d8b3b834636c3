//! Conditions drawn around what a request says of itself.

use serde_json::{Map, Value as Json, json};

use crate::oracle::case::Request;
use crate::oracle::catalogue::Catalogue;
use crate::oracle::chance::Chance;
use crate::oracle::statement::{one_or_many, variable};
use crate::oracle::words;

const TEXTS: [&str; 6] = [
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];
const ARNS: [&str; 6] = ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "StringLike", "StringNotEquals"];
const NUMBERS: [&str; 6] = [
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
const DATES: [&str; 6] =
    ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"];
const ADDRESSES: [&str; 2] = ["IpAddress", "NotIpAddress"];

/// Adds one condition to a statement, about a key that the request has, or one that it could have had.
pub fn add(statement: &mut Map<String, Json>, request: &Request, catalogue: &Catalogue, chance: &mut Chance) {
    let key = key(request, catalogue, chance);
    let said: Vec<&str> = match request.context.get(&key) {
        Some(Json::Array(values)) => values.iter().filter_map(Json::as_str).collect(),
        Some(value) => value.as_str().into_iter().collect(),
        None => Vec::new(),
    };
    let kind = catalogue.kind(&key);
    let (operator, values) = if chance.percent(7) {
        ("Null".to_owned(), json!(chance.pick(&["true", "false"])))
    } else {
        let base = base(kind, chance);
        let values: Vec<String> = (0..=chance.below(3)).map(|_| value(&key, kind, base, &said, chance)).collect();
        (modified(base, kind.starts_with("ArrayOf"), chance), one_or_many(&values, chance))
    };
    let key = match chance.below(12) {
        0 => key.to_ascii_lowercase(),
        1 => key.to_ascii_uppercase(),
        _ => key,
    };
    let conditions = statement.entry("Condition").or_insert_with(|| json!({})).as_object_mut().unwrap();
    let of_operator = conditions.entry(operator).or_insert_with(|| json!({})).as_object_mut().unwrap();
    if !of_operator.keys().any(|known| known.eq_ignore_ascii_case(&key)) {
        of_operator.insert(key, values);
    }
}

/// A key that the request has, or that it could have had; now and then one of those with many values.
fn key(request: &Request, catalogue: &Catalogue, chance: &mut Chance) -> String {
    let keys = request.context.keys().chain(&request.possible);
    let is_present = |key: &&String| request.context.keys().any(|known| known.eq_ignore_ascii_case(key));
    let (present, absent): (Vec<&String>, Vec<&String>) = keys.partition(is_present);
    let of_many = present.iter().chain(&absent).copied().filter(|key| catalogue.kind(key).starts_with("ArrayOf"));
    let of_many: Vec<&String> = of_many.collect();
    match chance.below(10) {
        0 | 1 if !of_many.is_empty() => chance.pick(&of_many).clone(),
        2..=4 if !absent.is_empty() => chance.pick(&absent).clone(),
        _ => chance.pick(&present).clone(),
    }
}

fn base(kind: &str, chance: &mut Chance) -> &'static str {
    match kind.strip_prefix("ArrayOf").unwrap_or(kind) {
        "ARN" => chance.pick(&ARNS),
        "Numeric" => chance.pick(&NUMBERS),
        "Date" => chance.pick(&DATES),
        "IPAddress" => chance.pick(&ADDRESSES),
        "Bool" if chance.percent(80) => "Bool",
        _ => chance.pick(&TEXTS),
    }
}

/// The operator with what may stand before and after it: a key of many values nearly always needs what stands before.
fn modified(base: &str, many: bool, chance: &mut Chance) -> String {
    let set = match (many, chance.below(20)) {
        (true, 0..=9) | (false, 0) => "ForAnyValue:",
        (true, 10..=18) | (false, 1) => "ForAllValues:",
        _ => "",
    };
    format!("{set}{base}{}", if chance.percent(20) { "IfExists" } else { "" })
}

fn value(key: &str, kind: &str, operator: &str, said: &[&str], chance: &mut Chance) -> String {
    let is_text = TEXTS.contains(&operator);
    let takes_patterns = operator.ends_with("Like") || operator.starts_with("Arn");
    if is_text && chance.percent(15) {
        let variable = variable(chance);
        return match chance.below(4) {
            0 if takes_patterns => format!("{variable}/*"),
            1 => format!("{variable}/"),
            _ => variable.to_owned(),
        };
    }
    if operator.starts_with("Arn") && chance.percent(35) {
        // The ARN of whoever has the tag.
        let arn = said.first().map_or_else(|| words::arn(chance), |arn| (*arn).to_owned());
        let (start, _) = arn.rsplit_once('/').unwrap_or((&arn, ""));
        return format!("{start}/{}", variable(chance));
    }
    if operator.ends_with("IpAddress") && chance.percent(70) {
        return chance.pick(&words::NETWORKS).to_owned();
    }
    if said.is_empty() || chance.percent(25) {
        return words::value(key, kind, chance);
    }
    let said = chance.pick(said).to_owned();
    let half = said.char_indices().nth(said.chars().count() / 2).map_or(0, |(at, _)| at);
    match chance.below(9) {
        0 if takes_patterns && is_text => format!("{}*", &said[..half]),
        1 if takes_patterns && is_text => format!("*{}", &said[half..]),
        2 if takes_patterns => said.replace("bob", "???"),
        3 if takes_patterns && is_text => format!("{said}*"),
        4 if takes_patterns => said.replace("bob", "*"),
        5 | 6 if is_text => words::near(&said, chance),
        7 if is_text => said.to_uppercase(),
        8 if is_text => format!("${{aws:PrincipalTag/team, '{said}'}}"),
        _ => said,
    }
}
