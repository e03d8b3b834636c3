//! Changes to policies that were written on purpose: what a slip of a hand, or of a template, makes of them.

use serde_json::{Map, Value as Json, json};

use crate::oracle::aim::texts;
use crate::oracle::case::Request;
use crate::oracle::catalogue::Catalogue;
use crate::oracle::chance::Chance;
use crate::oracle::condition;
use crate::oracle::statement::{self, Place, one_or_many};
use crate::oracle::who::Who;

/// Changes one statement of a policy, or adds one.
pub fn policy(
    policy: Option<&mut Json>,
    place: Place,
    request: &Request,
    who: &Who,
    catalogue: &Catalogue,
    chance: &mut Chance,
) {
    let Some(Json::Array(statements)) = policy.map(|policy| &mut policy["Statement"]) else { return };
    if chance.percent(15) {
        statements.push(statement::statement(place, request, who, catalogue, chance));
        return;
    }
    if statements.len() > 1 && chance.percent(10) {
        statements.remove(chance.below(statements.len()));
        return;
    }
    let index = chance.below(statements.len());
    let Some(statement) = statements[index].as_object_mut() else { return };
    match chance.below(10) {
        0 => {
            let effect = if statement["Effect"] == "Deny" { "Allow" } else { "Deny" };
            statement.insert("Effect".to_owned(), json!(effect));
        }
        1 => rename(statement, "Action", "NotAction"),
        2 => rename(statement, "Resource", "NotResource"),
        3 => {
            statement.remove("Condition");
        }
        4 => condition::add(statement, request, catalogue, chance),
        5 | 6 => operators(statement, chance),
        7 => change(statement, "Action", chance, |action, chance| {
            if action == "*" { action.to_owned() } else { statement::action(place, action, catalogue, chance) }
        }),
        _ => change(statement, "Resource", chance, |resource, chance| {
            if resource.contains('$') && chance.percent(50) {
                let variable = statement::variable(chance);
                return resource.replace("${aws:username}", variable).replace("${aws:PrincipalTag/user}", variable);
            }
            statement::resource(place, resource, who, chance)
        }),
    }
}

fn rename(statement: &mut Map<String, Json>, element: &str, other: &str) {
    let (from, to) = if statement.contains_key(element) { (element, other) } else { (other, element) };
    if let Some(value) = statement.remove(from) {
        statement.insert(to.to_owned(), value);
    }
}

fn change(
    statement: &mut Map<String, Json>,
    element: &str,
    chance: &mut Chance,
    with: impl Fn(&str, &mut Chance) -> String,
) {
    let Some(value) = statement.get(element) else { return };
    let mut values: Vec<String> = texts(value).into_iter().map(str::to_owned).collect();
    let place = chance.below(values.len());
    values[place] = with(&values[place], chance);
    let values = one_or_many(&values, chance);
    statement.insert(element.to_owned(), values);
}

/// Swaps the operators of the conditions for others of their kind.
fn operators(statement: &mut Map<String, Json>, chance: &mut Chance) {
    let Some(Json::Object(conditions)) = statement.get_mut("Condition") else { return };
    let swapped = std::mem::take(conditions).into_iter().map(|(operator, keys)| {
        let (set, base) = operator.split_once(':').map_or(("", operator.as_str()), |(set, base)| (set, base));
        let operator = match chance.below(6) {
            0 => format!("{operator}IfExists"),
            1 if base.contains("Not") => operator.replace("Not", ""),
            1 if base.starts_with("String") => operator.replace("String", "StringNot"),
            2 if set == "ForAnyValue" => format!("ForAllValues:{base}"),
            2 => format!("ForAnyValue:{base}"),
            3 if base.starts_with("String") => "StringLike".to_owned(),
            4 if base.starts_with("String") => "StringEqualsIgnoreCase".to_owned(),
            _ => operator,
        };
        (operator.replace("IfExistsIfExists", "IfExists"), keys)
    });
    *conditions = swapped.collect();
}
