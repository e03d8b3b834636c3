//! The resources of a template as they are written.

use serde_json::{Map, Value};

use super::model::Location;

/// What CloudFormation fills in from Systems Manager or Secrets Manager.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub const DYNAMIC_REFERENCE: &str = "{{resolve:";
/// In a text, what is known only when the stack is deployed, and may be anything.
pub const OPEN: char = '\u{1}';
/// In a text, what AWS makes up, such as the ID of a resource.
pub const MADE_UP: char = '\u{2}';

/// What the key of a loop begins with, which makes resources as the stack is deployed.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html>
pub const LOOP: &str = "Fn::ForEach";

/// A resource of a template.
#[derive(Debug, Clone, Copy)]
pub struct Resource<'a> {
    /// The index of its stack.
    pub stack: usize,
    /// Its logical ID.
    pub logical_id: &'a str,
    /// Its type; empty where it has none.
    pub kind: &'a str,
    /// All of it.
    pub value: &'a Value,
}

impl<'a> Resource<'a> {
    /// The value of a property.
    pub fn property(&self, key: &str) -> Option<&'a Value> {
        self.value.get("Properties")?.get(key)
    }

    /// What `path` leads to in the resource; itself, where that is empty.
    pub fn location(&self, path: impl Into<String>) -> Location<'a> {
        Location { stack: self.stack, logical_id: self.logical_id, path: path.into() }
    }

    /// The values of a property that is a list, each with the path to it from the resource. One value may stand without
    /// its list.
    pub fn list(&self, key: &str) -> impl Iterator<Item = (String, &'a Value)> + use<'a> {
        let value = self.property(key);
        let is_list = value.is_some_and(Value::is_array);
        let path = format!("Properties/{key}");
        one_or_more(value)
            .enumerate()
            .map(move |(index, one)| (if is_list { format!("{path}/{index}") } else { path.clone() }, one))
    }
}

/// The type of a resource; empty where it has none.
pub fn type_of(resource: &Value) -> &str {
    resource.get("Type").and_then(Value::as_str).unwrap_or_default()
}

/// The resources of a template, in its order.
pub fn resources_of(stack: usize, resources: &Value) -> impl Iterator<Item = Resource<'_>> {
    resources.as_object().into_iter().flat_map(Map::iter).map(move |(logical_id, value)| Resource {
        stack,
        logical_id,
        kind: type_of(value),
        value,
    })
}

/// The notebook instance that acts as a role and is in no stack, as the metadata of the role tells of it: a resource, but for
/// its role.
pub fn existing_notebook(role: &Value) -> Option<&Value> {
    role.get("Metadata")?.get("ExistingNotebook")
}

/// The values of a list; a value that is none stands for itself.
pub fn one_or_more(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (list, one): (&[Value], Option<&Value>) = match value {
        Some(Value::Array(values)) => (values, None),
        Some(Value::Null) | None => (&[], None),
        one => (&[], one),
    };
    list.iter().chain(one)
}

/// A value within a text: a string without quotes.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The function of CloudFormation's that a value is, such as `{"Ref": …}`, with its argument.
pub fn function(value: &Value) -> Option<(&str, &Value)> {
    let (name, argument) = value.as_object().filter(|entries| entries.len() == 1)?.iter().next()?;
    (name == "Ref" || name.starts_with("Fn::")).then_some((name, argument))
}

/// Whether the value is a function of CloudFormation's.
pub fn is_intrinsic(value: &Value) -> bool {
    function(value).is_some()
}

/// Looks at a value and at all values within it, each before those within it.
pub fn walk<'v>(value: &'v Value, look: &mut impl FnMut(&'v Value)) {
    look(value);
    match value {
        Value::Object(entries) => entries.values().for_each(|inner| walk(inner, look)),
        Value::Array(values) => values.iter().for_each(|inner| walk(inner, look)),
        _ => {}
    }
}

/// The value with what `of` makes of each value that stands in it, by its key, if it has one: in the whole of it, where `of` does
/// the same.
pub fn with_inner<'v>(value: &'v Value, mut of: impl FnMut(&'v str, &'v Value) -> Value) -> Value {
    match value {
        Value::Object(entries) => entries.iter().map(|(key, inner)| (key.clone(), of(key, inner))).collect(),
        Value::Array(values) => values.iter().map(|inner| of("", inner)).collect(),
        other => other.clone(),
    }
}

/// Calls `found` with each map within a value, which itself may be one.
pub fn each_map<'v>(value: &'v Value, found: &mut impl FnMut(&'v Map<String, Value>)) {
    walk(value, &mut |inner| inner.as_object().into_iter().for_each(&mut *found));
}

/// The keys that lead to a macro, if the template has one.
pub fn transform(template: &Value) -> Option<Vec<String>> {
    let of_all = template.get("Transform").map(|_| vec!["Transform".to_owned()]);
    of_all.or_else(|| path_to(template, &|key, _| key == "Fn::Transform"))
}

/// The keys and indexes that lead to the first value inside of which `is_it` holds, given its key or index, and itself.
pub fn path_to(value: &Value, is_it: &impl Fn(&str, &Value) -> bool) -> Option<Vec<String>> {
    // The words of the path are made on the way back alone: most values hold nothing of the kind.
    let inside = |key: &str, inner: &Value| if is_it(key, inner) { Some(Vec::new()) } else { path_to(inner, is_it) };
    let (step, mut path) = match value {
        Value::Object(entries) => entries.iter().find_map(|(key, inner)| Some((key.clone(), inside(key, inner)?)))?,
        Value::Array(values) => values
            .iter()
            .enumerate()
            .find_map(|(at, inner)| Some((inside("", inner)?, at)))
            .map(|(path, at)| (at.to_string(), path))?,
        _ => return None,
    };
    path.insert(0, step);
    Some(path)
}
