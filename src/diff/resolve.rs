//! A template with what is known of it filled in: what refers to the default of a parameter has changed when that has. A
//! condition that hangs on a parameter stays open, since a stack that exists keeps the value that it has.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Conditions that stand in conditions are followed so deep; CloudFormation refuses those that lead to themselves.
const DEEPEST: usize = 12;

/// The template with the defaults of its parameters, its mappings and its conditions filled in where its resources refer
/// to them. What is known only when it is deployed stays as it is; of a condition stands what it asks, and not its name.
/// `pseudo` holds the pseudo parameters that are known, such as `AWS::Region`.
pub(super) fn resolved(mut template: Value, pseudo: &[(&str, &str)]) -> Value {
    let names = TemplateNames::of(&template, pseudo);
    let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return template };
    let condition = |resource: &Value| Some(names.meaning(resource.get("Condition")?.as_str()?));
    resources.retain(|_, resource| condition(resource) != Some(Value::Bool(false)));
    for resource in resources.values_mut() {
        let condition = condition(resource);
        *resource = names.fill(resource);
        match (condition, resource.as_object_mut()) {
            (Some(Value::Bool(_)), Some(entries)) => entries.retain(|key, _| key != "Condition"),
            (Some(open), Some(entries)) => _ = entries.insert("Condition".to_owned(), open),
            _ => {}
        }
    }
    template
}

/// What the resources of a template may refer to.
struct TemplateNames {
    /// The defaults.
    parameters: BTreeMap<String, Value>,
    mappings: Value,
    /// What each condition asks; `true` or `false` where that is known.
    conditions: BTreeMap<String, Value>,
    pseudo: BTreeMap<String, String>,
}

impl TemplateNames {
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
        let mut names = Self {
            parameters: BTreeMap::new(),
            mappings: Value::Object(section("Mappings")),
            conditions: BTreeMap::new(),
            pseudo: pseudo.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        // A default decides no condition: as long as these are read, no parameter has a value.
        let conditions = section("Conditions");
        let asked = |(name, condition): (&String, &Value)| (name.clone(), names.asked(condition, &conditions, 0));
        names.conditions = conditions.iter().map(asked).collect();
        names.parameters = section("Parameters").into_iter().filter_map(default).collect();
        names
    }

    fn fill(&self, value: &Value) -> Value {
        match value {
            // No more room than is needed: there are as many of these as in all templates of both sides.
            Value::Array(values) => {
                let mut filled = Vec::with_capacity(values.len());
                filled.extend(values.iter().map(|value| self.fill(value)).filter(|one| !is_nothing(one)));
                Value::Array(filled)
            }
            Value::Object(entries) => {
                let only = entries.iter().next().filter(|_| entries.len() == 1);
                if let Some(filled) = only.and_then(|(function, argument)| self.call(function, argument)) {
                    return filled;
                }
                let mut filled = Map::with_capacity(entries.len());
                let all = entries.iter().map(|(key, value)| (key.clone(), self.fill(value)));
                filled.extend(all.filter(|(_, value)| !is_nothing(value)));
                Value::Object(filled)
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
                match self.meaning(name.as_str()?) {
                    Value::Bool(holds) => Some(self.fill(if holds { yes } else { no })),
                    open => Some(json!({"Fn::If": [open, self.fill(yes), self.fill(no)]})),
                }
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

    /// What the condition of that name asks; of one that is not there, its name.
    fn meaning(&self, name: &str) -> Value {
        self.conditions.get(name).cloned().unwrap_or_else(|| Value::from(name))
    }

    /// What a condition asks, with the conditions in it filled in; `true` or `false` if no parameter decides it.
    fn asked(&self, condition: &Value, all: &Map<String, Value>, depth: usize) -> Value {
        let only = condition.as_object().and_then(|entries| entries.iter().next());
        let Some((function, argument)) = only else { return condition.clone() };
        if function == "Condition" {
            let inner = argument.as_str().and_then(|name| all.get(name)).filter(|_| depth < DEEPEST);
            return inner.map_or_else(|| condition.clone(), |inner| self.asked(inner, all, depth + 1));
        }
        let Some(parts) = argument.as_array() else { return condition.clone() };
        let inner = |part: &Value| self.asked(part, all, depth + 1);
        match (function.as_str(), parts.as_slice()) {
            ("Fn::Equals", [one, other]) => match (self.text(one), self.text(other)) {
                (Some(one), Some(other)) => Value::Bool(one == other),
                _ => condition.clone(),
            },
            ("Fn::Not", [one]) => match inner(one) {
                Value::Bool(holds) => Value::Bool(!holds),
                open => json!({"Fn::Not": [open]}),
            },
            ("Fn::And" | "Fn::Or", parts) if depth < DEEPEST => {
                // One that fails decides that not all hold; one that holds, that any does.
                let decides = Value::Bool(function == "Fn::Or");
                let mut open: Vec<Value> = Vec::new();
                for part in parts.iter().map(inner) {
                    if part == decides {
                        return decides;
                    }
                    if !part.is_boolean() && !open.contains(&part) {
                        open.push(part);
                    }
                }
                match open.len() {
                    0 => Value::Bool(function == "Fn::And"),
                    1 => open.remove(0),
                    _ => json!({function: open}),
                }
            }
            _ => condition.clone(),
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
                "IsAl2": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu"]},
                "ByDefault": {"Fn::Equals": [{"Ref": "Type"}, "al2"]},
                "Never": {"Fn::And": [{"Condition": "ByDefault"}, {"Condition": "IsNot"}]},
                "Both": {"Fn::And": [{"Condition": "ByDefault"}, {"Condition": "IsAl2"}]},
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
        fills(&json!({"Fn::If": ["Never", 1, 2]}), &json!(2));
        fills(&json!({"Fn::Join": ["-", ["a", {"Ref": "Type"}]]}), &json!("a-al2"));
    }

    #[test]
    fn no_default_decides_a_condition() {
        let asked = json!({"Fn::Equals": [{"Ref": "Type"}, "al2"]});
        for name in ["ByDefault", "Both"] {
            fills(
                &json!({"Fn::If": [name, {"Ref": "Type"}, {"Ref": "AWS::NoValue"}]}),
                &json!({"Fn::If": [asked, "al2", {"Ref": "AWS::NoValue"}]}),
            );
        }
        fills(&json!({"Fn::If": ["Open", 1, 2]}), &json!({"Fn::If": [{"Fn::Equals": [{"Ref": "Asked"}, "x"]}, 1, 2]}));
        fills(&json!({"Fn::If": ["Round", 1, 2]}), &json!({"Fn::If": [{"Condition": "Round"}, 1, 2]}));
    }

    #[test]
    fn what_is_not_known_stays() {
        for value in [
            json!({"Ref": "Asked"}),
            json!({"Ref": "Image"}),
            json!({"Ref": "Bucket"}),
            json!({"Fn::Sub": "${Asked} ${AWS::Region}"}),
            json!({"Fn::Sub": "unclosed ${Type"}),
            json!({"Fn::FindInMap": ["ByRegion", {"Ref": "Asked"}, "Name"]}),
            json!({"Fn::Join": ["-", [{"Ref": "Bucket"}]]}),
        ] {
            fills(&value, &value);
        }
    }

    #[test]
    fn a_resource_is_left_out_only_where_its_condition_can_never_hold() {
        let asked = json!({"Fn::Equals": [{"Ref": "On"}, "yes"]});
        let template = |condition: &Value| {
            json!({
                "Parameters": {"On": {"Type": "String", "Default": "no"}},
                "Conditions": {"On": condition},
                "Resources": {"A": {"Condition": "On", "Type": "AWS::SNS::Topic"}},
            })
        };
        let found = |condition: &Value| resolved(template(condition), &[("AWS::Region", "eu")])["Resources"].clone();
        let here = |region: &str| json!({"Fn::Equals": [{"Ref": "AWS::Region"}, region]});
        assert_eq!(found(&asked), json!({"A": {"Condition": asked, "Type": "AWS::SNS::Topic"}}));
        assert_eq!(found(&here("eu")), json!({"A": {"Type": "AWS::SNS::Topic"}}));
        assert_eq!(found(&here("us")), json!({}));
    }
}
