//! How the JSON Schemas say that a key may be left out.

use serde_json::Value;

/// Takes `null` out of what schemars makes of an `Option`: a key without a value counts as not set, so that the schema
/// need not offer a second way to say it. Its defaults go, too: those that hold are in the built-in settings.
pub(super) fn forbid_null(schema: &mut Value) {
    if let Value::Object(map) = schema {
        map.shift_remove("default");
        if let Some(Value::Array(types)) = map.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                map.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
            choices.retain(|choice| choice.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                map.remove("anyOf");
                map.extend(only);
            }
        }
    }
    match schema {
        Value::Object(map) => map.values_mut().for_each(forbid_null),
        Value::Array(values) => values.iter_mut().for_each(forbid_null),
        _ => {}
    }
}
