//! The long form of a template: YAML, with its short forms such as `!Ref` written out, as the JSON that CloudFormation
//! reads. It is made as the text is read: a value that holds the tags would only be walked through once more, and takes
//! several times as much room.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::unsupported::unsupported;

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
    let mut strange = None;
    let read = Node(&mut strange).deserialize(serde_yaml::Deserializer::from_str(text));
    match (read, strange) {
        (Ok(value), _) => Ok(value),
        (Err(_), Some(Strange { mut path, message })) => {
            path.reverse();
            Err(NotExpanded::NotCloudformation { path: path.join("/"), message })
        }
        (Err(error), None) => Err(NotExpanded::NotYaml(error)),
    }
}

/// What CloudFormation does not know.
struct Strange {
    message: String,
    /// The keys that lead there, the last first: they are only asked for on the way back.
    path: Vec<String>,
}

/// Reads a value. What is strange about it is noted beside the error, which has no room for it.
struct Node<'s>(&'s mut Option<Strange>);

impl Node<'_> {
    fn refuse<E: Error>(self, message: String) -> E {
        let error = E::custom(&message);
        *self.0 = Some(Strange { message, path: Vec::new() });
        error
    }

    /// Notes on the way back that the way leads over `step`.
    fn stepped<T, E>(&mut self, result: Result<T, E>, step: impl FnOnce() -> String) -> Result<T, E> {
        if let (Err(_), Some(strange)) = (&result, self.0.as_mut()) {
            strange.path.push(step());
        }
        result
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("any YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, whole: i64) -> Result<Value, E> {
        Ok(Value::Number(whole.into()))
    }

    fn visit_u64<E>(self, whole: u64) -> Result<Value, E> {
        Ok(Value::Number(whole.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        match Number::from_f64(number) {
            Some(number) => Ok(Value::Number(number)),
            None => Err(self.refuse(format!("the number `{}` has no place in a template", yaml_number(number)))),
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<Value, A::Error> {
        let mut values = Vec::with_capacity(elements.size_hint().unwrap_or_default());
        loop {
            let next = elements.next_element_seed(Node(self.0));
            match self.stepped(next, || values.len().to_string())? {
                Some(value) => values.push(value),
                None => return Ok(Value::Array(values)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::with_capacity(entries.size_hint().unwrap_or_default());
        while let Some(key) = entries.next_key()? {
            // A scalar is the text that it is in JSON.
            let key = match key {
                serde_yaml::Value::String(text) => text,
                serde_yaml::Value::Bool(truth) => truth.to_string(),
                serde_yaml::Value::Number(number) => number.to_string(),
                _ => return Err(self.refuse("found a key that is no scalar".to_owned())),
            };
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate entry with key `{key}`")));
            }
            let value = entries.next_value_seed(Node(self.0));
            let value = self.stepped(value, || key.clone())?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Value, A::Error> {
        let (tag, value) = tagged.variant::<String>()?;
        let value = value.newtype_variant_seed(Node(self.0))?;
        let (key, value) = match tag.trim_start_matches('!') {
            name @ ("Ref" | "Condition") => (name.to_owned(), value),
            "GetAtt" => ("Fn::GetAtt".to_owned(), attribute(value)),
            name if FUNCTIONS.contains(&name) => (format!("Fn::{name}"), value),
            name => return Err(self.refuse(format!("found the tag `!{name}`, which CloudFormation does not know"))),
        };
        Ok(Value::Object(Map::from_iter([(key, value)])))
    }
}

fn yaml_number(number: f64) -> String {
    serde_yaml::Number::from(number).to_string()
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
    use proptest::prelude::*;
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

    /// The long form of a value that was read with its tags.
    fn long_form_of(value: &serde_yaml::Value) -> Value {
        match value {
            serde_yaml::Value::Tagged(tagged) => {
                let name = tagged.tag.to_string().replace('!', "");
                let (key, value) = (format!("Fn::{name}"), long_form_of(&tagged.value));
                match name.as_str() {
                    "Ref" => json!({"Ref": value}),
                    "GetAtt" => json!({key: attribute(value)}),
                    _ => json!({key: value}),
                }
            }
            serde_yaml::Value::Sequence(values) => values.iter().map(long_form_of).collect(),
            serde_yaml::Value::Mapping(map) => {
                map.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), long_form_of(value))).collect()
            }
            other => serde_json::to_value(other).unwrap(),
        }
    }

    fn a_value() -> impl Strategy<Value = serde_yaml::Value> {
        use serde_yaml::Value as Yaml;
        use serde_yaml::value::{Tag, TaggedValue};
        let scalar = prop_oneof![
            Just(Yaml::Null),
            any::<bool>().prop_map(Yaml::Bool),
            any::<i64>().prop_map(Yaml::from),
            any::<u64>().prop_map(Yaml::from),
            (-1e9..1e9_f64).prop_map(Yaml::from),
            ".{0,12}".prop_map(Yaml::from),
            "[A-Z][a-z]{0,3}[.:#]?[a-z ]{0,3}".prop_map(Yaml::from),
        ];
        scalar.prop_recursive(4, 40, 4, |inner| {
            let tag = prop_oneof![Just("Ref"), Just("GetAtt"), Just("Sub"), Just("Join")];
            let untagged = inner.clone().prop_filter("one tag is enough", |value| !matches!(value, Yaml::Tagged(_)));
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Yaml::Sequence),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| Yaml::Mapping(map.into_iter().map(|(key, value)| (key.into(), value)).collect())),
                (tag, untagged)
                    .prop_map(|(tag, value)| Yaml::Tagged(Box::new(TaggedValue { tag: Tag::new(tag), value }))),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_comes_out_as_it_would_by_way_of_its_tags(value in a_value()) {
            let text = serde_yaml::to_string(&value).unwrap();
            let read: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
            prop_assert_eq!(expand_short_tags(&text).unwrap(), long_form_of(&read), "{}", text);
        }
    }
}
