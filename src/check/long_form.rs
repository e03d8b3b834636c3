//! The long form of a template: YAML short forms such as `!Ref` written out as the JSON that CloudFormation reads.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use serde_yaml::Value as Yaml;

use crate::check::outline::Outline;
use crate::finding::{Finding, Rule};
use crate::render::Template;
use crate::source::SourceFile;

/// The short forms whose long form is `Fn::NAME`. `!Ref` and `!Condition` keep their bare names.
const FUNCTIONS: &[&str] = &[
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// The template as JSON in long form; a finding at its line when it holds what CloudFormation does not know, such as
/// an unknown tag or a key that is no scalar.
pub fn long_form(template: &Template) -> Result<Json, Finding> {
    let mut path = Vec::new();
    convert(&template.value, &mut path).map_err(|message| finding(&template.source, &path, &message))
}

/// A value as JSON in long form.
///
/// # Errors
/// The path to what CloudFormation does not know, with `/` between the steps, and what it is.
pub fn long_form_of(value: &Yaml) -> Result<Json, (String, String)> {
    let mut path = Vec::new();
    convert(value, &mut path).map_err(|message| (path.join("/"), message))
}

fn finding(source: &Arc<SourceFile>, path: &[String], message: &str) -> Finding {
    Finding::new(Rule::TemplateNotCloudformation, message)
        .at(Outline::read(source).place(&format!("/{}", path.join("/"))))
        .help("use the YAML that CloudFormation reads: scalar keys, finite numbers, and the tags of its own functions")
}

/// Converts `value`. On an error `path` is left at the value that could not be converted.
fn convert(value: &Yaml, path: &mut Vec<String>) -> Result<Json, String> {
    match value {
        Yaml::Null => Ok(Json::Null),
        Yaml::Bool(truth) => Ok(Json::Bool(*truth)),
        Yaml::Number(number) => convert_number(number),
        Yaml::String(text) => Ok(Json::String(text.clone())),
        Yaml::Sequence(values) => convert_sequence(values, path),
        Yaml::Mapping(entries) => convert_mapping(entries, path),
        Yaml::Tagged(tagged) => convert_tagged(tagged, path),
    }
}

fn convert_number(number: &serde_yaml::Number) -> Result<Json, String> {
    let converted = if let Some(whole) = number.as_i64() {
        Some(serde_json::Number::from(whole))
    } else if let Some(whole) = number.as_u64() {
        Some(serde_json::Number::from(whole))
    } else {
        number.as_f64().and_then(serde_json::Number::from_f64)
    };
    converted.map(Json::Number).ok_or_else(|| format!("the number `{number}` has no place in a template"))
}

fn convert_sequence(values: &[Yaml], path: &mut Vec<String>) -> Result<Json, String> {
    let mut converted = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        path.push(index.to_string());
        converted.push(convert(value, path)?);
        path.pop();
    }
    Ok(Json::Array(converted))
}

fn convert_mapping(entries: &serde_yaml::Mapping, path: &mut Vec<String>) -> Result<Json, String> {
    let mut converted = Map::with_capacity(entries.len());
    for (key, value) in entries {
        let key = match key {
            Yaml::String(key) => key.clone(),
            Yaml::Number(key) => key.to_string(),
            Yaml::Bool(key) => key.to_string(),
            _ => return Err("found a key that is no scalar".to_owned()),
        };
        path.push(key.clone());
        let value = convert(value, path)?;
        path.pop();
        converted.insert(key, value);
    }
    Ok(Json::Object(converted))
}

fn convert_tagged(tagged: &serde_yaml::value::TaggedValue, path: &mut Vec<String>) -> Result<Json, String> {
    let tag = tagged.tag.to_string();
    let name = tag.trim_start_matches('!');
    let value = convert(&tagged.value, path)?;
    let (key, value) = match name {
        "Ref" | "Condition" => (name.to_owned(), value),
        "GetAtt" => ("Fn::GetAtt".to_owned(), attribute(value)),
        _ if FUNCTIONS.contains(&name) => (format!("Fn::{name}"), value),
        _ => return Err(format!("found the tag `!{name}`, which CloudFormation does not know")),
    };
    Ok(Json::Object(Map::from_iter([(key, value)])))
}

/// `Resource.Attribute` as the list that the long form of `Fn::GetAtt` takes.
fn attribute(value: Json) -> Json {
    match value.as_str().and_then(|text| text.split_once('.')) {
        Some((resource, attribute)) => Json::Array(vec![resource.into(), attribute.into()]),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> Template {
        Template {
            part: crate::plan::Part::Storage,
            source: SourceFile::new("tokyo/a.yaml", text),
            value: serde_yaml::from_str(text).unwrap(),
        }
    }

    #[test]
    fn short_forms_become_the_objects_that_cloudformation_reads() {
        let cases = [
            ("!Ref A", json!({"Ref": "A"})),
            ("!Condition A", json!({"Condition": "A"})),
            ("!GetAtt A.Arn", json!({"Fn::GetAtt": ["A", "Arn"]})),
            ("!GetAtt A.Outputs.B", json!({"Fn::GetAtt": ["A", "Outputs.B"]})),
            ("!GetAtt [A, Arn]", json!({"Fn::GetAtt": ["A", "Arn"]})),
            ("!Sub 'a ${B}'", json!({"Fn::Sub": "a ${B}"})),
            ("!Join ['', [a, !Ref B]]", json!({"Fn::Join": ["", ["a", {"Ref": "B"}]]})),
            ("!If [A, 1, !Ref AWS::NoValue]", json!({"Fn::If": ["A", 1, {"Ref": "AWS::NoValue"}]})),
            ("{1: 1.5, true: null}", json!({"1": 1.5, "true": null})),
        ];
        for (short, long) in cases {
            assert_eq!(long_form(&template(short)).unwrap(), long, "{short}");
        }
    }

    #[test]
    fn an_unknown_tag_is_found_at_its_line() {
        let finding = long_form(&template("Resources:\n  A:\n    - 1\n    - B: !Reff C\n")).unwrap_err();
        assert_eq!(finding.rule, Rule::TemplateNotCloudformation);
        assert_eq!(finding.message, "found the tag `!Reff`, which CloudFormation does not know");
        assert_eq!(finding.place.unwrap().line_column(), (4, 7));
    }

    #[test]
    fn a_number_or_key_that_json_cannot_hold_is_found() {
        assert!(long_form(&template("A: .inf")).is_err());
        assert!(long_form(&template("{[a]: 1}")).is_err());
    }
}
