//! The long form of a template: YAML, with its short forms such as `!Ref` written out, as the JSON that CloudFormation reads.

use granit_parser::{Event, Parser};
use serde_json::{Map, Value};
use serde_yaml::Value as Yaml;

/// The short forms whose long form is `Fn::NAME`. `!Ref` and `!Condition` keep their bare names.
const FUNCTIONS: &str = "And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap GetAZs GetAtt If ImportValue Join \
    Length Not Or RefAll Select Split Sub ToJsonString Transform ValueOf ValueOfAll";

/// How many brackets may be open at once, those in texts and comments included. Readers of YAML take time by the square of it.
const MOST_OPEN: usize = 1_000;

/// Why a text has no long form.
#[derive(Debug)]
pub enum NotExpanded {
    /// It is no YAML.
    NotYaml(serde_yaml::Error),
    /// It holds what CloudFormation does not know, such as an unknown tag or a key that is no scalar.
    NotCloudformation {
        /// The keys that lead there, with `/` between them.
        path: String,
        /// What was found.
        message: String,
    },
}

/// Reads a text of YAML into long form.
///
/// # Errors
/// When it is no YAML, or not of the kind that CloudFormation reads.
pub fn expand_short_tags(text: &str) -> Result<Value, NotExpanded> {
    if let Some(message) = unsupported(text) {
        return Err(NotExpanded::NotCloudformation { path: String::new(), message });
    }
    let value = serde_yaml::from_str(text).map_err(NotExpanded::NotYaml)?;
    let mut path = Vec::new();
    expand(value, &mut path).map_err(|message| NotExpanded::NotCloudformation { path: path.join("/"), message })
}

/// What CloudFormation has no use for and takes a reader time out of all proportion, in words: what is nested beyond all measure,
/// and aliases, which make much of little. `None` where there is neither.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>, "supported YAML features"
fn unsupported(text: &str) -> Option<String> {
    let mut open = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MOST_OPEN {
            return Some(format!("brackets are nested more than {MOST_OPEN} deep"));
        }
    }
    // Few templates have what an alias could stand for: the others are read once.
    let mut events = Parser::new_from_str(text).map_while(Result::ok).map(|(event, _)| event);
    let is_alias = |event| matches!(event, Event::Alias(..) | Event::UnresolvedAlias(..));
    (text.contains('&') && events.any(is_alias))
        .then(|| "found an alias (`*NAME`), which CloudFormation does not support".to_owned())
}

/// The long form of a value. An error says what is no template's, and then `path` leads there.
fn expand(value: Yaml, path: &mut Vec<String>) -> Result<Value, String> {
    let mut below = |step: String, value: Yaml| {
        path.push(step);
        let value = expand(value, path)?;
        path.pop();
        Ok(value)
    };
    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(truth) => truth.into(),
        Yaml::Number(number) => match serde_json::to_value(&number) {
            Ok(Value::Number(number)) => number.into(),
            _ => return Err(format!("the number `{number}` has no place in a template")),
        },
        Yaml::String(text) => text.into(),
        Yaml::Sequence(values) => {
            let values = values.into_iter().enumerate().map(|(index, value)| below(index.to_string(), value));
            values.collect::<Result<_, String>>()?
        }
        Yaml::Mapping(entries) => {
            let mut map = Map::with_capacity(entries.len());
            for (key, value) in entries {
                // A scalar is the text that it is in JSON.
                let key = match key {
                    Yaml::String(text) => text,
                    Yaml::Bool(truth) => truth.to_string(),
                    Yaml::Number(number) => number.to_string(),
                    _ => return Err("found a key that is no scalar".to_owned()),
                };
                let value = below(key.clone(), value)?;
                if map.contains_key(&key) {
                    return Err(format!("found the key `{key}` twice"));
                }
                map.insert(key, value);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => {
            let tag = tagged.tag.to_string();
            let value = expand(tagged.value, path)?;
            let (key, value) = match tag.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => (name.to_owned(), value),
                "GetAtt" => ("Fn::GetAtt".to_owned(), attribute(value)),
                name if FUNCTIONS.split(' ').any(|function| function == name) => (format!("Fn::{name}"), value),
                name => return Err(format!("found the tag `!{name}`, which CloudFormation does not know")),
            };
            Value::Object(Map::from_iter([(key, value)]))
        }
    })
}

/// `Resource.Attribute` as the list that the long form of `Fn::GetAtt` takes.
fn attribute(value: Value) -> Value {
    match value.as_str().and_then(|text| text.split_once('.')) {
        Some((resource, attribute)) => Value::Array(vec![resource.into(), attribute.into()]),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
            ("!Select {A: 1}", json!({"Fn::Select": {"A": 1}})),
            ("{1: 1.5, true: null, 0.5: -1}", json!({"1": 1.5, "true": null, "0.5": -1})),
            ("A: !!str 1\nB: '2'\nC: 18446744073709551615", json!({"A": "1", "B": "2", "C": u64::MAX})),
            ("", Value::Null),
            ("A:\nB: ~\nC: ''", json!({"A": null, "B": null, "C": ""})),
        ];
        for (short, long) in cases {
            assert_eq!(expand_short_tags(short).unwrap(), long, "{short}");
        }
    }

    #[track_caller]
    fn strange(text: &str) -> (String, String) {
        match expand_short_tags(text) {
            Err(NotExpanded::NotCloudformation { path, message }) => (path, message),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_cloudformation_does_not_know_is_found_where_it_is() {
        let cases = [
            ("!Reff C", "", "found the tag `!Reff`, which CloudFormation does not know"),
            ("A:\n  - 1\n  - B: !Reff C\n", "A/1/B", "found the tag `!Reff`, which CloudFormation does not know"),
            ("A: !If [1, !Reff C]", "A/1", "found the tag `!Reff`, which CloudFormation does not know"),
            ("A: .inf", "A", "the number `.inf` has no place in a template"),
            ("A: [.nan]", "A/0", "the number `.nan` has no place in a template"),
            ("A: {[a]: 1}", "A", "found a key that is no scalar"),
            ("A: {{a: 1}: 1}", "A", "found a key that is no scalar"),
            ("A: {~: 1}", "A", "found a key that is no scalar"),
            ("A: {!Ref a : 1}", "A", "found a key that is no scalar"),
        ];
        for (text, path, message) in cases {
            assert_eq!(strange(text), (path.to_owned(), message.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml_is_told_by_the_reader() {
        for text in ["A: ]", "A: 1\nA: 2", "A: 1\n---\nB: 2", "A: *nothing", "A: \"", "\u{7}"] {
            assert!(matches!(expand_short_tags(text), Err(NotExpanded::NotYaml(_))), "{text}");
        }
    }

    #[test]
    fn aliases_and_towers_are_refused_and_what_looks_like_them_is_not() {
        let said = unsupported("a: &a {b: 1}\nc: [*a, *a]\n").unwrap();
        assert!(said.contains("alias"), "{said}");
        for name in ["_a", "-a", "é", "0"] {
            assert!(unsupported(&format!("a: &{name} 1\nc: *{name}\n")).is_some(), "{name}");
        }
        assert!(unsupported(&"[".repeat(100_000)).unwrap().contains("deep"));
        for text in ["a: '*b'\n", "a: s3:*x\n", "a: |\n  rm *b\n  [ *c ]\n", "# *a\na: 1\n", "a: [\"*\", '*']\n"] {
            assert_eq!(unsupported(text), None, "{text}");
        }
    }
}
