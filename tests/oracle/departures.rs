//! Where the oracle departs from what AWS documents. The oracle is then asked something of the same meaning that it gets
//! right; each time is counted, by what it departs from.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::oracle::aim::texts;
use crate::oracle::case::Case;

/// How often each departure was met.
pub type Departures = BTreeMap<&'static str, usize>;

/// "Inverted condition operators like `StringNotEquals` or `StringNotLike` do match against a null value", and a variable
/// without a value is one; the oracle lets no operator match.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-no-value>
const NO_VALUE: &str = "a variable without a value, in a negated condition";

/// An ARN of nothing.
const NO_ARN: &str = "arn:aws:none:none:000000000000:no-value";

/// Of any operator with `IfExists`: "If the key is not present, evaluate the condition element as true"; the oracle passes
/// over it behind `ForAnyValue`.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IfExists>
const ANY_IF_EXISTS: &str = "`ForAnyValue` with `IfExists`, without the key";

/// `Null` asks whether "the key exists and its value is not null"; an empty list is a null dataset, which the oracle takes for
/// a value.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_Null>
const EMPTY_LIST: &str = "`Null` of an empty list";

/// "If you specify an IP address without the associated routing prefix, IAM uses the default prefix value of /32"; the oracle
/// then lets `NotIpAddress` match no address of the other version.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_IPAddress>
const NO_PREFIX: &str = "`NotIpAddress` of an address without a prefix";

/// A key has a policy, which as AWS makes it "enables IAM policies" of its account; without one, the oracle denies.
/// Source: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-root-enable-iam>
const KEY_POLICY: &str = "a key without the policy that AWS gives it";

/// The case as the oracle is to be asked it.
pub fn without(case: &Case, met: &mut Departures) -> Case {
    let mut asked = case.clone();
    let context = &case.request.context;
    let resource = &case.request.resource;
    if asked.resource_policy.is_none() && resource.contains(":kms:") && resource.contains(":key/") {
        *met.entry(KEY_POLICY).or_default() += 1;
        let root = json!({"AWS": format!("arn:aws:iam::{}:root", case.request.account)});
        let statement = json!({"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"});
        asked.resource_policy = Some(json!({"Version": "2012-10-17", "Statement": [statement]}));
    }
    let policies = asked.identity.iter_mut().chain(&mut asked.boundary).chain(&mut asked.resource_policy);
    for policy in policies {
        let statements = match &mut policy["Statement"] {
            Json::Array(statements) => statements.iter_mut().collect(),
            only => vec![only],
        };
        for statement in statements {
            if let Some(Json::Object(conditions)) = statement.get_mut("Condition") {
                for (operator, keys) in conditions.iter_mut() {
                    keys.as_object_mut().unwrap().retain(|key, values| keep(operator, key, values, context, met));
                }
                conditions.retain(|_, keys| keys.as_object().is_some_and(|keys| !keys.is_empty()));
            }
        }
    }
    asked
}

/// Whether the oracle is asked about one key of an operator; its values may have become others.
fn keep(operator: &str, key: &str, values: &mut Json, context: &Map<String, Json>, met: &mut Departures) -> bool {
    let mut count = |departure| *met.entry(departure).or_default() += 1;
    let said = value(context, key);
    if said.is_none() && operator.starts_with("ForAnyValue:") && operator.ends_with("IfExists") {
        count(ANY_IF_EXISTS);
        return false;
    }
    if operator == "Null" && said.and_then(Json::as_array).is_some_and(Vec::is_empty) {
        count(EMPTY_LIST);
        let swapped = texts(values).into_iter().map(|text| if text == "true" { "false" } else { "true" });
        *values = swapped.collect();
    }
    let is_negated = operator.contains("Not");
    let others: Vec<String> = texts(values)
        .into_iter()
        .map(|text| {
            if is_negated && lacks_a_value(text, context) {
                count(NO_VALUE);
                let none =
                    if operator.contains("Arn") { NO_ARN } else { "no value, which nothing is equal to or like" };
                none.to_owned()
            } else if operator.contains("NotIpAddress") && !text.contains('/') {
                count(NO_PREFIX);
                format!("{text}/{}", if text.contains(':') { 128 } else { 32 })
            } else {
                text.to_owned()
            }
        })
        .collect();
    *values = json!(others);
    true
}

fn value<'a>(context: &'a Map<String, Json>, key: &str) -> Option<&'a Json> {
    context.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value)
}

fn lacks_a_value(text: &str, context: &Map<String, Json>) -> bool {
    let variables = text.split("${").skip(1).filter_map(|part| part.split_once('}'));
    variables
        .filter(|(inside, _)| !inside.contains(',') && !matches!(*inside, "*" | "?" | "$"))
        .any(|(key, _)| value(context, key).is_none())
}
