//! A template as it is deployed with the defaults of its parameters: what refers to one of these has changed when the
//! default has.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Conditions that stand in conditions are followed so deep; CloudFormation refuses those that lead to themselves.
const DEEPEST: usize = 20;

/// The template with the defaults of its parameters, its mappings and its conditions filled in where its resources refer
/// to them. What is known only when it is deployed stays as it is. `pseudo` holds the pseudo parameters that are known, such
/// as `AWS::Region`.
pub(super) fn resolved(mut template: Value, pseudo: &[(&str, &str)]) -> Value {
    let names = Names::of(&template, pseudo);
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return template };
    resources.retain(|_, resource| {
        let condition = resource.get("Condition").and_then(Value::as_str);
        condition.and_then(|name| names.condition(name, 0)) != Some(false)
    });
    for resource in resources.values_mut() {
        *resource = names.fill(resource);
    }
    template
}

/// What the resources of a template may refer to.
struct Names {
    /// The defaults.
    parameters: BTreeMap<String, Value>,
    mappings: Value,
    conditions: Map<String, Value>,
    pseudo: BTreeMap<String, String>,
}

impl Names {
    fn of(template: &Value, pseudo: &[(&str, &str)]) -> Self {
        let section = |key: &str| template.get(key).and_then(Value::as_object).cloned().unwrap_or_default();
        let default = |(name, parameter): (String, Value)| {
            let default = parameter.get("Default")?;
            let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
            let is_list = kind == "CommaDelimitedList" || kind.starts_with("List<");
            let value = match default.as_str() {
                Some(text) if is_list => text.split(',').map(|one| Value::from(one.trim())).collect(),
                _ => default.clone(),
            };
            // What a parameter of SSM names is known only there.
            (!kind.starts_with("AWS::SSM::")).then_some((name, value))
        };
        Self {
            parameters: section("Parameters").into_iter().filter_map(default).collect(),
            mappings: Value::Object(section("Mappings")),
            conditions: section("Conditions"),
            pseudo: pseudo.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::Array(values) => {
                values.iter().map(|value| self.fill(value)).filter(|one| !is_nothing(one)).collect()
            }
            Value::Object(entries) => {
                let only = entries.iter().next().filter(|_| entries.len() == 1);
                if let Some(filled) = only.and_then(|(function, argument)| self.call(function, argument)) {
                    return filled;
                }
                let filled = entries.iter().map(|(key, value)| (key.clone(), self.fill(value)));
                Value::Object(filled.filter(|(_, value)| !is_nothing(value)).collect())
            }
            scalar => scalar.clone(),
        }
    }

    /// What a function gives; `None` where that is not known, or where it is no function.
    fn call(&self, function: &str, argument: &Value) -> Option<Value> {
        match (function, argument) {
            ("Ref", Value::String(name)) => self.parameters.get(name).cloned(),
            ("Fn::Sub", Value::String(text)) => self.substituted(text),
            ("Fn::FindInMap", Value::Array(keys)) => {
                let found = keys.iter().try_fold(&self.mappings, |map, key| map.get(self.text(key)?))?;
                Some(found.clone())
            }
            ("Fn::If", Value::Array(branches)) => {
                let [name, yes, no] = branches.as_slice() else { return None };
                let branch = if self.condition(name.as_str()?, 0)? { yes } else { no };
                Some(self.fill(branch))
            }
            ("Fn::Join", Value::Array(parts)) => {
                let [separator, list] = parts.as_slice() else { return None };
                let filled = self.fill(list);
                let texts: Option<Vec<&str>> = filled.as_array()?.iter().map(Value::as_str).collect();
                Some(Value::from(texts?.join(separator.as_str()?)))
            }
            _ => None,
        }
    }

    /// A text with the parameters filled in; `None` if it names none.
    fn substituted(&self, text: &str) -> Option<Value> {
        let mut filled = String::new();
        let (mut any, mut all) = (false, true);
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, after) = behind.split_once('}')?;
            filled += before;
            if let Some(value) = self.parameters.get(name).and_then(plain) {
                any = true;
                filled += &value;
            } else {
                all &= name.starts_with('!');
                filled.extend(["${", name, "}"]);
            }
            rest = after;
        }
        filled += rest;
        match (any, all) {
            (false, _) => None,
            (true, true) => Some(Value::from(filled.replace("${!", "${"))),
            (true, false) => Some(Value::Object(Map::from_iter([("Fn::Sub".to_owned(), Value::from(filled))]))),
        }
    }

    /// Whether a condition holds.
    fn condition(&self, name: &str, depth: usize) -> Option<bool> {
        self.holds(self.conditions.get(name).filter(|_| depth < DEEPEST)?, depth)
    }

    fn holds(&self, condition: &Value, depth: usize) -> Option<bool> {
        let (function, argument) = condition.as_object()?.iter().next()?;
        if function == "Condition" {
            return self.condition(argument.as_str()?, depth + 1);
        }
        let parts = argument.as_array()?;
        let mut each = parts.iter().map(|part| self.holds(part, depth));
        match function.as_str() {
            "Fn::Equals" => Some(self.text(parts.first()?)? == self.text(parts.get(1)?)?),
            "Fn::Not" => each.next()?.map(|holds| !holds),
            "Fn::And" => each.try_fold(true, |all, one| Some(all && one?)),
            "Fn::Or" => each.try_fold(false, |any, one| Some(any || one?)),
            _ => None,
        }
    }

    fn text(&self, value: &Value) -> Option<String> {
        let pseudo = value.get("Ref").and_then(Value::as_str).and_then(|name| self.pseudo.get(name));
        pseudo.cloned().or_else(|| plain(&self.fill(value)))
    }
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether a value stands for that there is none.
fn is_nothing(value: &Value) -> bool {
    value.get("Ref").and_then(Value::as_str) == Some("AWS::NoValue")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn fills(value: &Value, expected: &Value) {
        let template = json!({
            "Parameters": {
                "Type": {"Type": "String", "Default": "al2"},
                "Size": {"Type": "Number", "Default": 5},
                "Groups": {"Type": "CommaDelimitedList", "Default": "a, b"},
                "Asked": {"Type": "String"},
                "Image": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"},
            },
            "Mappings": {"ByRegion": {"eu": {"Name": "b"}}},
            "Conditions": {
                "IsAl2": {"Fn::Equals": [{"Ref": "Type"}, "al2"]},
                "IsNot": {"Fn::Not": [{"Condition": "IsAl2"}]},
                "Open": {"Fn::Equals": [{"Ref": "Asked"}, "x"]},
                "Round": {"Condition": "Round"},
            },
            "Resources": {"A": {"Properties": {"Value": value}}},
        });
        let found = resolved(template, &[("AWS::Region", "eu")]);
        assert_eq!(found["Resources"]["A"]["Properties"].get("Value"), Some(expected).filter(|one| !one.is_null()));
    }

    #[test]
    fn defaults_mappings_and_conditions_are_filled_in() {
        fills(&json!({"Ref": "Type"}), &json!("al2"));
        fills(&json!({"Ref": "Size"}), &json!(5));
        fills(&json!({"Ref": "Groups"}), &json!(["a", "b"]));
        fills(&json!({"Fn::Sub": "${!x}-${Type}-${Size}"}), &json!("${x}-al2-5"));
        fills(&json!({"Fn::Sub": "${Type}/${Bucket.Arn}"}), &json!({"Fn::Sub": "al2/${Bucket.Arn}"}));
        fills(&json!({"Fn::FindInMap": ["ByRegion", {"Ref": "AWS::Region"}, "Name"]}), &json!("b"));
        fills(&json!({"Fn::If": ["IsNot", 1, {"Ref": "Type"}]}), &json!("al2"));
        fills(&json!({"Fn::If": ["IsNot", 1, {"Ref": "AWS::NoValue"}]}), &Value::Null);
        fills(&json!({"Fn::Join": ["-", ["a", {"Ref": "Type"}]]}), &json!("a-al2"));
    }

    #[test]
    fn what_is_not_known_stays() {
        for value in [
            json!({"Ref": "Asked"}),
            json!({"Ref": "Image"}),
            json!({"Ref": "Bucket"}),
            json!({"Fn::Sub": "${Asked} ${AWS::Region}"}),
            json!({"Fn::Sub": "unclosed ${Type"}),
            json!({"Fn::If": ["Open", 1, 2]}),
            json!({"Fn::If": ["Round", 1, 2]}),
            json!({"Fn::FindInMap": ["ByRegion", {"Ref": "Asked"}, "Name"]}),
            json!({"Fn::Join": ["-", [{"Ref": "Bucket"}]]}),
        ] {
            fills(&value, &value);
        }
    }

    #[test]
    fn a_resource_whose_condition_does_not_hold_is_none() {
        let template = |default: &str| {
            json!({
                "Parameters": {"On": {"Type": "String", "Default": default}},
                "Conditions": {"On": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
                "Resources": {"A": {"Condition": "On", "Type": "AWS::SNS::Topic"}},
            })
        };
        assert_eq!(resolved(template("no"), &[])["Resources"], json!({}));
        assert!(resolved(template("yes"), &[])["Resources"]["A"].is_object());
    }
}
