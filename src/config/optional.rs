//! How the JSON Schemas say that a key may be left out.

use serde_json::{Value, json};

/// Gives `null` to each key that may be left out, and to those of maps of any keys, as they are read: a key without a value
/// counts as not set, and in an account's settings unsets what the company's say.
pub(super) fn allow_null(mut schema: Value) -> Value {
    match &mut schema {
        Value::Array(values) => values.iter_mut().for_each(|value| *value = allow_null(value.take())),
        Value::Object(map) => {
            map.values_mut().for_each(|value| *value = allow_null(value.take()));
            let required = map.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            let keys = map.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
            keys.filter(|(key, _)| !required.iter().any(|one| one == key.as_str()))
                .for_each(|(_, value)| or_null(value));
            map.get_mut("additionalProperties").into_iter().for_each(or_null);
        }
        _ => {}
    }
    schema
}

/// The same schema, or `null`.
fn or_null(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.push(json!({"type": "null"}));
    } else if let Some(kind) = map.get("type").filter(|_| !map.contains_key("enum")).cloned() {
        map.insert("type".to_owned(), json!([kind, "null"]));
    } else {
        let description = map.shift_remove("description");
        let own = std::mem::take(map);
        map.extend(description.map(|text| ("description".to_owned(), text)));
        map.insert("anyOf".to_owned(), json!([own, {"type": "null"}]));
    }
}

/// Takes `null` out of what schemars makes of an `Option`: a key without a value counts as not set, whatever
/// its type, which [`allow_null`] says. Its defaults go, too: those that hold are in the built-in settings.
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
